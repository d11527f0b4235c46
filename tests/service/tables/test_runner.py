"""The runner on a real log and real tables: whatever happens to it, every event is folded exactly once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from eventsourcing.persistence import StoredEvent
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

import service.tables.runner
from projections import PROJECTIONS
from projections.columns import columns
from projections.ledger import TASK
from projections.projection import Projection
from service.store.database import Database
from service.store.recorder import Recorder
from service.tables.positions import ProjectionStopped
from service.tables.rebuild import RebuildFailed, rebuild
from service.tables.runner import Runner, _Outcome
from service.tables.schema import RUNNER_LOCK
from tests.databases import MIGRATED
from tests.patience import PATIENCE_S
from tests.projections.histories import City
from tests.projections.read_tables import city_log, positions, record, shown, until

LARGE = 400


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 10**6), st.integers(1, 60), st.sampled_from((1, 3, 17, 2000)))
async def test_followed_live_is_rebuilt_whatever_the_batches(
    server: str, seed: int, piece: int, batch: int
) -> None:
    events = City(seed).live(120).events
    async with city_log(server) as log:
        async with Runner(log.database, log, batch=batch) as runner:
            for start in range(0, len(events), piece):
                last = await record(log, events[start : start + piece])
            await runner.wait_for(last, PATIENCE_S)
            followed = await shown(log.database)
        await rebuild(log.database, log)
        assert await shown(log.database) == followed
        assert set((await positions(log.database)).values()) == {last}


async def test_the_size_of_batches_makes_no_difference(recorder: Recorder) -> None:
    last = await record(recorder, City(3).live(LARGE).events)
    tables = []
    for batch in (1, 7, 100, 2000):
        async with Runner(recorder.database, recorder, batch=batch) as runner:
            await runner.wait_for(last, PATIENCE_S)
            tables.append(await shown(recorder.database))
        await recorder.database.execute("drop schema read cascade")
    assert all(each == tables[0] for each in tables)


async def test_the_ledger_as_of_every_position_is_the_ledger_of_then(recorder: Recorder) -> None:
    events = City(9).live(150).events
    kept = ", ".join(f't."{c.name}"' for c in columns(TASK) if c.name not in TASK.unversioned)
    now = f"select ({kept})::text from read.task t order by t.id"
    as_of = (
        f"select ({kept})::text from read.task_version t where valid_from <= $1 and $1 < valid_to order by id"
    )
    then = {}
    async with Runner(recorder.database, recorder) as runner:
        for event in events:
            position = await record(recorder, [event])
            await runner.wait_for(position, PATIENCE_S)
            then[position] = await recorder.database.fetch(now)
    for _ in ("followed", "rebuilt"):
        for position, rows in then.items():
            assert await recorder.database.fetch(as_of, position) == rows
        await rebuild(recorder.database, recorder)


async def test_rows_that_are_no_longer_held_are_read_again(
    recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service.tables.runner, "HELD_ROWS", 2)
    last = await record(recorder, City(4).live(LARGE).events)
    async with Runner(recorder.database, recorder, batch=20) as runner:
        await runner.wait_for(last, PATIENCE_S)
        followed = await shown(recorder.database)
    await rebuild(recorder.database, recorder)
    assert await shown(recorder.database) == followed


# -- exactly once


class Faulty(Runner):
    """Loses its connection now and then: before the commit, or after it, when the answer is lost."""

    faults = ("", "before", "after", "", "before", "before", "after", "after")
    written = 0

    async def _write(self, connection: asyncpg.Connection, outcomes: Iterable[_Outcome]) -> None:
        Faulty.written += 1
        fault = self.faults[Faulty.written % len(self.faults)]
        if fault == "before":
            await connection.close()
        await super()._write(connection, outcomes)
        if fault == "after":
            await connection.close()
            raise ConnectionResetError


async def test_a_lost_connection_folds_nothing_twice_and_leaves_nothing_out(recorder: Recorder) -> None:
    last = await record(recorder, City(11).live(60).events)
    async with Faulty(recorder.database, recorder, batch=20) as runner:
        await runner.wait_for(last, PATIENCE_S)
    followed = await shown(recorder.database)
    await rebuild(recorder.database, recorder)
    assert await shown(recorder.database) == followed


async def test_the_same_batch_twice_is_refused(recorder: Recorder) -> None:
    events = City(12).live(LARGE).events
    half = len(events) // 2
    async with Runner(recorder.database, recorder) as runner:
        first = await record(recorder, events[:half])
        await runner.wait_for(first, PATIENCE_S)
        once = await shown(recorder.database)
        # As if the runner had forgotten that it has been here.
        for follower in runner._followers:
            follower.position = 0
            follower.forget()

        async def remembers() -> bool:
            return all(follower.position == first for follower in runner._followers)

        await until(remembers)
        assert await shown(recorder.database) == once
        last = await record(recorder, events[half:])
        await runner.wait_for(last, PATIENCE_S)
        followed = await shown(recorder.database)
    await rebuild(recorder.database, recorder)
    assert await shown(recorder.database) == followed


# -- one at a time


async def test_a_second_runner_stands_by_and_takes_over(recorder: Recorder) -> None:
    events = City(21).live(150).events
    first, second = (Runner(recorder.database, recorder) for _ in range(2))
    await first.__aenter__()
    last = await record(recorder, events[:100])
    await first.wait_for(last, PATIENCE_S)
    async with second:
        assert await lock_holders(recorder.database) == len(PROJECTIONS)
        # One waits for what the other folds.
        last = await record(recorder, events[100:150])
        await second.wait_for(last, PATIENCE_S)
        await first.__aexit__(None, None, None)
        last = await record(recorder, events[150:])
        await second.wait_for(last, PATIENCE_S)
        followed = await shown(recorder.database)
    await rebuild(recorder.database, recorder)
    assert await shown(recorder.database) == followed


async def lock_holders(database: Database) -> int:
    count: int = await database.fetchval(
        "select count(*) from pg_locks where locktype = 'advisory' and classid = $1 and granted"
        " and database = (select oid from pg_database where datname = current_database())",
        RUNNER_LOCK,
    )
    return count


async def test_a_runner_whose_connection_is_cut_begins_anew(recorder: Recorder) -> None:
    events = City(22).live(100).events
    async with Runner(recorder.database, recorder) as runner:
        await runner.wait_for(await record(recorder, events[:50]), PATIENCE_S)
        await recorder.database.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where application_name = 'duban projections' and datname = current_database()"
        )
        await runner.wait_for(await record(recorder, events[50:]), PATIENCE_S)
        followed = await shown(recorder.database)
    await rebuild(recorder.database, recorder)
    assert await shown(recorder.database) == followed


# -- reading one's own writes, and the lag


async def test_waiting_for_a_position_that_does_not_come_ends(recorder: Recorder) -> None:
    async with Runner(recorder.database, recorder) as runner:
        last = await record(recorder, City(31).live(10).events)
        await runner.wait_for(last, PATIENCE_S)
        began = time.monotonic()
        with pytest.raises(TimeoutError, match="ledger"):
            await runner.wait_for(last + 1, 0.05)
        assert time.monotonic() - began < PATIENCE_S


async def test_many_wait_at_once(recorder: Recorder) -> None:
    events = City(32).live(100).events
    async with Runner(recorder.database, recorder) as runner:
        waiting = [asyncio.create_task(runner.wait_for(n, PATIENCE_S)) for n in range(1, len(events) + 1)]
        for event in events:
            await record(recorder, [event])
        await asyncio.gather(*waiting)
        assert await runner.lag() == dict.fromkeys((p.name for p in PROJECTIONS), 0)


async def test_a_runner_at_rest_goes_on_for_whoever_waits(recorder: Recorder) -> None:
    events = City(8).live(60).events
    async with Runner(recorder.database, recorder, rest=PATIENCE_S * 100) as runner:
        for some in (events[:20], events[20:40], events[40:]):
            await runner.wait_for(await record(recorder, some), PATIENCE_S)


async def test_the_lag_counts_what_is_not_folded_yet(recorder: Recorder) -> None:
    events = City(33).live(LARGE).events
    async with Runner(recorder.database, recorder) as runner:
        await runner.wait_for(await record(recorder, events[:20]), PATIENCE_S)
    await record(recorder, events[20:50])
    assert await runner.lag() == dict.fromkeys((p.name for p in PROJECTIONS), 30)


# -- a projection that cannot go on


def broken_at(topic: str, fold: Callable[..., Any]) -> list[Projection]:
    """The projections; that of the reports folds the events of a topic like this."""
    broken = []
    for projection in PROJECTIONS:
        copy = Projection(projection.name, projection.version, projection.tables)
        copy.by_topic = dict(projection.by_topic)
        if projection.name == "reports":
            (table, handler), *others = copy.by_topic[topic]
            copy.by_topic[topic] = ((table, type(handler)(handler.does, handler.key, fold)), *others)
        broken.append(copy)
    return broken


def fail(*_: object) -> None:
    raise ArithmeticError("cannot be folded")


async def test_an_error_stops_one_projection_and_no_other(recorder: Recorder) -> None:
    events = City(41).live(150).events
    topics = [event.TOPIC for event in events]  # type: ignore[attr-defined]
    at = topics.index("task.report_verified") + 1
    async with Runner(recorder.database, recorder, broken_at("task.report_verified", fail)) as runner:
        last = await record(recorder, events)
        others = [p.name for p in PROJECTIONS if p.name != "reports"]
        await runner.wait_for(last, PATIENCE_S, others)
        with pytest.raises(
            ProjectionStopped, match=f"task.report_verified at position {at}: ArithmeticError"
        ):
            await runner.wait_for(last, PATIENCE_S)
        assert await runner.lag() == {**dict.fromkeys(others, 0), "reports": last - at + 1}
    stopped = await recorder.database.fetchrow("select * from read.checkpoint where projection = 'reports'")
    assert (stopped["position"], stopped["failed_position"]) == (at - 1, at)
    assert (stopped["failed_event"], stopped["error"]) == (
        "task.report_verified",
        "ArithmeticError: cannot be folded",
    )
    # Elsewhere one learns of it as well.
    elsewhere = Runner(recorder.database, recorder)
    with pytest.raises(ProjectionStopped):
        await elsewhere.wait_for(last, PATIENCE_S, ["reports"])
    # A new start with code that can fold it goes on from there.
    async with Runner(recorder.database, recorder) as runner:
        await runner.wait_for(last, PATIENCE_S)
        followed = await shown(recorder.database)
    await rebuild(recorder.database, recorder)
    assert await shown(recorder.database) == followed
    healed = await recorder.database.fetchrow("select * from read.checkpoint where projection = 'reports'")
    assert healed["failed_position"] is None


async def test_rows_that_postgresql_refuses_stop_one_projection_right_before_the_event(
    recorder: Recorder,
) -> None:
    events = City(42).live(200).events
    corrected = [n for n, e in enumerate(events, 1) if e.TOPIC == "task.report_corrected"]  # type: ignore[attr-defined]
    async with Runner(recorder.database, recorder) as runner:
        await recorder.database.execute(
            "alter table read.report add constraint no_revision check (revision = 0)"
        )
        last = await record(recorder, events)
        await runner.wait_for(last, PATIENCE_S, ["ledger", "directory"])
        with pytest.raises(ProjectionStopped, match="no_revision"):
            await runner.wait_for(last, PATIENCE_S)
        assert (await positions(recorder.database))["reports"] == corrected[0] - 1
    await recorder.database.execute("alter table read.report drop constraint no_revision")
    async with Runner(recorder.database, recorder) as runner:
        await runner.wait_for(last, PATIENCE_S)
        followed = await shown(recorder.database)
    await rebuild(recorder.database, recorder)
    assert await shown(recorder.database) == followed


@pytest.mark.parametrize(
    "wrong",
    [
        {"revision": 2**40},
        {"narrative": None},
        {"narrative": "nul \0"},
        {"completion": "much"},
        {"values": (1j,)},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
@pytest.mark.parametrize("batch", [1, 2000])
async def test_rows_that_cannot_be_encoded_stop_one_projection(
    recorder: Recorder, wrong: dict[str, Any], batch: int
) -> None:
    events = City(45).live(LARGE).events
    at = [event.TOPIC for event in events].index("task.report_verified") + 1  # type: ignore[attr-defined]
    broken = broken_at("task.report_verified", lambda row, fact: replace(row, **wrong))
    async with Runner(recorder.database, recorder, broken, batch=batch) as runner:
        last = await record(recorder, events)
        await runner.wait_for(last, PATIENCE_S, ["ledger", "directory"])
        with pytest.raises(ProjectionStopped, match=rf"task\.report_verified at position {at}: "):
            await runner.wait_for(last, PATIENCE_S)
        with pytest.raises(RebuildFailed, match="refused"):
            await rebuild(recorder.database, recorder, ["reports"], projections=broken)
        await rebuild(recorder.database, recorder, projections=PROJECTIONS)
    async with Runner(recorder.database, recorder) as runner:
        await runner.wait_for(last, PATIENCE_S)


async def test_an_unknown_topic_and_a_broken_state_stop_who_takes_them(recorder: Recorder) -> None:
    last = await record(recorder, City(43).live(30).events)
    async with Runner(recorder.database, recorder) as runner:
        await recorder.insert_events([StoredEvent(uuid4(), 1, "group.formed", b'{"broken": true}')])
        broken = last + 1
        # The directory alone takes it.
        await runner.wait_for(broken, PATIENCE_S, ["ledger", "reports"])
        with pytest.raises(ProjectionStopped, match=r"group\.formed"):
            await runner.wait_for(broken, PATIENCE_S, ["directory"])
        await recorder.insert_events([StoredEvent(uuid4(), 1, "nobody.knows", b"{}")])
        for name in ("ledger", "reports"):
            with pytest.raises(ProjectionStopped, match=r"nobody.knows at position \d+: UnknownEvent"):
                await runner.wait_for(broken + 1, PATIENCE_S, [name])


async def test_dropped_tables_stop_the_projection_and_a_rebuild_heals_it_while_it_runs(
    recorder: Recorder,
) -> None:
    events = City(44).live(LARGE).events
    half = len(events) // 2
    async with Runner(recorder.database, recorder) as runner:
        await runner.wait_for(await record(recorder, events[:half]), PATIENCE_S)
        await recorder.database.execute("drop table read.report")
        last = await record(recorder, events[half:])
        with pytest.raises(ProjectionStopped):
            await runner.wait_for(last, PATIENCE_S, ["reports"])
        await rebuild(recorder.database, recorder, ["reports"])

        async def healed() -> bool:
            try:
                await runner.wait_for(last, PATIENCE_S)
            except ProjectionStopped:
                return False
            return True

        await until(healed)


async def test_the_tables_that_are_missing_are_made(server: str) -> None:
    """Where there is nothing but the log."""
    async with city_log(server, MIGRATED) as log:
        last = await record(log, City(11).live(20).events)
        async with Runner(log.database, log) as runner:
            await runner.wait_for(last, PATIENCE_S)
        assert set((await positions(log.database)).values()) == {last}
        assert any((await shown(log.database)).values())
