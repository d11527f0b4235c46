"""Rebuilding beside the live tables, and putting the new ones in their place, while everything goes on."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any
from uuid import uuid4

import asyncpg
import msgspec
import pytest
from eventsourcing.persistence import StoredEvent

import service.tables.bulk_load
import service.tables.rebuild
import service.tables.rebuild_work
from projections import PROJECTIONS
from projections.directory import DIRECTORY
from projections.ledger import LEDGER, TASK
from projections.projection import Index, Projection, Table
from service import BadInput
from service.store.recorder import Recorder
from service.tables.facts import Share, handled_topics, ignored_topics, read_log, read_share
from service.tables.rebuild import Errand, Job, RebuildFailed, RebuildUnderWay, rebuild
from service.tables.rows import own_connection
from service.tables.runner import Runner
from service.tables.schema import NEXT, REBUILD_LOCK, create_tables, lock_number, open_read_schema
from tests.patience import PATIENCE_S
from tests.projections.histories import City
from tests.projections.read_tables import (
    next_tables,
    positions,
    record,
    shown,
    until,
)

STEPS = 300


async def followed(recorder: Recorder, seed: int, steps: int = STEPS) -> int:
    """A city's history, recorded and followed to its end."""
    last = await record(recorder, City(seed).live(steps).events)
    async with Runner(recorder.database, recorder) as runner:
        await runner.wait_for(last, PATIENCE_S)
    return last


async def test_nothing_recorded_nothing_built(recorder: Recorder) -> None:
    await rebuild(recorder.database, recorder)
    assert not any((await shown(recorder.database)).values())
    assert set((await positions(recorder.database)).values()) == {0}


async def test_progress_is_told_up_to_the_end(recorder: Recorder) -> None:
    last = await followed(recorder, 1)
    told: list[tuple[int, int]] = []
    await rebuild(recorder.database, recorder, progress=lambda done, total: told.append((done, total)))
    assert told[0] == (0, last)
    assert told[-1] == (last, last)
    assert [done for done, _ in told] == sorted(done for done, _ in told)


async def test_one_by_name(recorder: Recorder) -> None:
    await followed(recorder, 2)
    before = await shown(recorder.database)
    oids = "select relname, oid from pg_class where relnamespace = 'read'::regnamespace"
    old = dict(await recorder.database.fetch(oids))
    await rebuild(recorder.database, recorder, ["ledger"])
    new = dict(await recorder.database.fetch(oids))
    assert await shown(recorder.database) == before
    assert new["task"] != old["task"]
    assert new["report"] == old["report"]
    assert set(new) == set(old), "the same tables, keys and indexes"
    assert await next_tables(recorder.database) == set()


async def test_an_unknown_name_is_refused(recorder: Recorder) -> None:
    with pytest.raises(BadInput, match="weather"):
        await rebuild(recorder.database, recorder, ["ledger", "weather"])


async def test_one_rebuild_of_a_projection_at_a_time(recorder: Recorder) -> None:
    await followed(recorder, 3, 20)
    async with own_connection(recorder.database) as other:
        await other.execute("select pg_advisory_lock($1, $2)", REBUILD_LOCK, lock_number("ledger"))
        with pytest.raises(RebuildUnderWay, match="ledger"):
            await rebuild(recorder.database, recorder)
        await rebuild(recorder.database, recorder, ["reports"])


@pytest.mark.parametrize("held", [1, 5, 40])
async def test_rows_that_have_no_room_in_memory(
    recorder: Recorder, monkeypatch: pytest.MonkeyPatch, held: int
) -> None:
    await followed(recorder, 4)
    before = await shown(recorder.database)
    monkeypatch.setattr(service.tables.rebuild_work, "HELD_ROWS", held)
    monkeypatch.setattr(service.tables.rebuild_work, "PAGE", 30)
    monkeypatch.setattr(service.tables.rebuild_work, "SLICE", 7)
    monkeypatch.setattr(service.tables.bulk_load, "BUFFER_BYTES", 2000)
    await rebuild(recorder.database, recorder)
    assert await shown(recorder.database) == before


async def test_while_events_are_recorded_and_followed(
    recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service.tables.rebuild_work, "CATCH_UP", 3)
    events = City(5).live(STEPS).events
    half = len(events) // 2
    last = await record(recorder, events[:half])

    async def go_on() -> int:
        position = last
        for event in events[half:]:
            position = await record(recorder, [event])
        return position

    async with Runner(recorder.database, recorder) as runner:
        going = asyncio.create_task(go_on())
        rebuilt = 0
        while not going.done():
            await rebuild(recorder.database, recorder)
            rebuilt += 1
        end = await going
        await runner.wait_for(end, PATIENCE_S)
        tables = await shown(recorder.database)
    assert rebuilt
    await rebuild(recorder.database, recorder)
    assert await shown(recorder.database) == tables


async def test_readers_with_prepared_statements_see_no_difference(recorder: Recorder) -> None:
    await followed(recorder, 6)
    statement = (
        "select t.id, t.completion, (select count(*) from read.report r where r.task_id = t.id),"
        " (select count(*) from read.task_version v where v.id = t.id) from read.task t order by t.id"
    )
    plain = "select id, title, indicators, completion from read.task where id = $1"
    expected = await recorder.database.fetch(statement)
    assert expected
    stop = asyncio.Event()

    async def read() -> int:
        connection = await asyncpg.connect(recorder.database.dsn)
        try:
            joined, one = await connection.prepare(statement), await connection.prepare(plain)
            row = await one.fetchrow(expected[0]["id"])
            rounds = 0
            while not stop.is_set():
                assert await joined.fetch() == expected
                assert await one.fetchrow(expected[0]["id"]) == row
                rounds += 1
            return rounds
        finally:
            await connection.close()

    readers = [asyncio.create_task(read()) for _ in range(4)]
    for _ in range(5):
        await rebuild(recorder.database, recorder)
    stop.set()
    assert all(rounds > 0 for rounds in await asyncio.gather(*readers))


async def test_a_reader_in_a_long_transaction_delays_the_switch_and_is_not_hurt(recorder: Recorder) -> None:
    await followed(recorder, 7, 60)
    before = await shown(recorder.database)
    reader = await asyncpg.connect(recorder.database.dsn)
    transaction = reader.transaction()
    await transaction.start()
    rows = await reader.fetch("select * from read.task")
    building = asyncio.create_task(rebuild(recorder.database, recorder))

    async def tried() -> bool:
        return bool(
            await reader.fetchval(
                "select exists (select from pg_locks where not granted and relation = 'read.task'::regclass)"
            )
        )

    await until(tried)
    assert await reader.fetch("select * from read.task") == rows
    await transaction.rollback()
    await building
    await reader.close()
    assert await shown(recorder.database) == before


async def test_a_rebuild_that_is_broken_off_leaves_the_live_tables_and_the_next_begins_anew(
    recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    await followed(recorder, 8)
    before = await shown(recorder.database)
    monkeypatch.setattr(service.tables.rebuild_work, "PAGE", 20)
    monkeypatch.setattr(service.tables.bulk_load, "BUFFER_BYTES", 1)
    midway = asyncio.Event()

    def tell(done: int, total: int) -> None:
        if done > total // 2:
            midway.set()

    building = asyncio.create_task(rebuild(recorder.database, recorder, progress=tell))
    await midway.wait()
    building.cancel()
    with suppress(asyncio.CancelledError):
        await building
    assert await next_tables(recorder.database)
    assert await shown(recorder.database) == before
    await rebuild(recorder.database, recorder)
    assert await shown(recorder.database) == before
    assert await next_tables(recorder.database) == set()


async def test_a_fold_that_fails_leaves_its_live_tables_and_the_others_are_switched(
    recorder: Recorder,
) -> None:
    await followed(recorder, 9)
    before = await shown(recorder.database)
    generations = "select projection, generation from read.checkpoint"

    def fail(*_: object) -> None:
        raise ArithmeticError("cannot be folded")

    broken = Projection(LEDGER.name, LEDGER.version, LEDGER.tables)
    broken.by_topic = dict(LEDGER.by_topic)
    table, handler = broken.by_topic["task.progress_reported"][0]
    broken.by_topic["task.progress_reported"] = ((table, type(handler)(handler.does, handler.key, fail)),)
    projections = [broken if p.name == "ledger" else p for p in PROJECTIONS]
    with pytest.raises(
        RebuildFailed, match=r"ledger: task\.progress_reported at position \d+: ArithmeticError"
    ):
        await rebuild(recorder.database, recorder, projections=projections)
    assert await shown(recorder.database) == before
    switched = dict.fromkeys((p.name for p in PROJECTIONS), 2)
    assert dict(await recorder.database.fetch(generations)) == {**switched, "ledger": 1}
    assert await next_tables(recorder.database) == set()


# -- new code


class Titled(msgspec.Struct, frozen=True):
    """What a later version of the ledger might keep."""

    id: Any
    title: str


def later_ledger(version: int = LEDGER.version + 1) -> list[Projection]:
    """The projections with another ledger: an index more, and a table that was not there."""
    task = Table("task", TASK.row, TASK.key, keep_versions=True, unversioned=TASK.unversioned)
    task.handlers = TASK.handlers
    task.indexes = (*TASK.indexes, Index(("title",)))
    ignores = [event for event in _classes() if event not in TASK.handlers]
    return [Projection("ledger", version, (task,), ignores) if p.name == "ledger" else p for p in PROJECTIONS]


def _classes() -> list[Any]:
    from domain.registry import EVENTS

    return list(EVENTS.values())


async def test_a_changed_projection_is_rebuilt_beside_the_live_one_when_new_code_starts(
    recorder: Recorder,
) -> None:
    last = await followed(recorder, 10)
    before = await shown(recorder.database)
    projections = later_ledger()
    async with Runner(recorder.database, recorder, projections) as runner:

        async def switched() -> bool:
            found = await recorder.database.fetchval(
                "select version from read.checkpoint where projection = 'ledger'"
            )
            return bool(found == LEDGER.version + 1)

        await until(switched)
        assert await shown(recorder.database) == before
        more = await record(recorder, City(10).live(STEPS + 30).events[last:])
        await runner.wait_for(more, PATIENCE_S)
    indexes = await recorder.database.fetch("select indexdef from pg_indexes where schemaname = 'read'")
    assert any("(title)" in row[0] for row in indexes)


async def test_old_code_stands_by_when_new_code_has_taken_over(recorder: Recorder) -> None:
    events = City(14).live(STEPS).events
    third = len(events) // 3
    async with Runner(recorder.database, recorder) as old:
        await old.wait_for(await record(recorder, events[:third]), PATIENCE_S)
        async with Runner(recorder.database, recorder, later_ledger()) as new:
            last = await record(recorder, events[third : 2 * third])
            # Whoever folds it, both see it.
            await new.wait_for(last, PATIENCE_S)
            await old.wait_for(last, PATIENCE_S)

            async def taken_over() -> bool:
                follower = next(f for f in new._followers if f.name == "ledger")
                return follower.generation is not None

            await until(taken_over)
            assert next(f for f in old._followers if f.name == "ledger").generation is None
            last = await record(recorder, events[2 * third :])
            await new.wait_for(last, PATIENCE_S)
            await old.wait_for(last, PATIENCE_S)
            tables = await shown(recorder.database)
    # Started again, the old code leaves the newer tables alone.
    async with own_connection(recorder.database) as connection:
        assert await open_read_schema(connection, PROJECTIONS) == ()
    await rebuild(recorder.database, recorder, projections=later_ledger())
    assert await shown(recorder.database) == tables


# -- in several processes


@pytest.fixture
def in_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service.tables.rebuild, "LONG_LOG", 1)
    monkeypatch.setattr(service.tables.rebuild, "_processors", lambda: 2)


@pytest.mark.usefixtures("in_processes")
async def test_built_in_processes_is_built_here(recorder: Recorder) -> None:
    last = await followed(recorder, 15)
    before = await shown(recorder.database)
    told: list[tuple[int, int]] = []
    await rebuild(recorder.database, recorder, progress=lambda done, total: told.append((done, total)))
    assert await shown(recorder.database) == before
    assert set((await positions(recorder.database)).values()) == {last}
    assert (told[0], told[-1]) == ((0, last), (last, last))
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    generations = await recorder.database.fetch("select generation from read.checkpoint")
    assert [row[0] for row in generations] == [2] * len(PROJECTIONS)


@pytest.mark.usefixtures("in_processes")
async def test_what_fails_in_a_process_is_told(recorder: Recorder) -> None:
    last = await followed(recorder, 16, 50)
    before = await shown(recorder.database)
    async with own_connection(recorder.database) as other:
        await other.execute("select pg_advisory_lock($1, $2)", REBUILD_LOCK, lock_number("ledger"))
        with pytest.raises(RebuildUnderWay, match="ledger"):
            await rebuild(recorder.database, recorder)
    await recorder.insert_events([StoredEvent(uuid4(), 1, "nobody.knows", b"{}")])
    with pytest.raises(RebuildFailed, match=rf"ledger: nobody\.knows at position {last + 1}: UnknownEvent"):
        await rebuild(recorder.database, recorder)
    assert await shown(recorder.database) == before


@pytest.mark.usefixtures("in_processes")
async def test_processes_end_with_the_rebuild_that_started_them(recorder: Recorder) -> None:
    await followed(recorder, 17, 50)
    building = asyncio.create_task(rebuild(recorder.database, recorder))

    async def connections() -> int:
        count: int = await recorder.database.fetchval(
            "select count(*) from pg_stat_activity"
            " where application_name = 'duban projections' and datname = current_database()"
        )
        return count

    async def at_work() -> bool:
        return building.done() or await connections() > 1

    async def gone() -> bool:
        return await connections() == 0

    await until(at_work)
    building.cancel()
    with suppress(asyncio.CancelledError):
        await building
    await until(gone)
    await rebuild(recorder.database, recorder)


@pytest.mark.usefixtures("in_processes")
async def test_a_process_that_outlives_its_rebuild_keeps_the_next_one_out(recorder: Recorder) -> None:
    await followed(recorder, 18, 50)
    async with own_connection(recorder.database) as survivor:
        await survivor.execute("select pg_advisory_lock_shared($1, $2)", REBUILD_LOCK, lock_number("ledger"))
        with pytest.raises(RebuildUnderWay, match="ledger"):
            await rebuild(recorder.database, recorder)
    await rebuild(recorder.database, recorder)


async def test_a_process_that_comes_too_late_writes_nothing(recorder: Recorder) -> None:
    last = await followed(recorder, 19, 50)
    async with own_connection(recorder.database) as connection:
        await create_tables(connection, NEXT, LEDGER)
    errands = [Errand(["ledger"], Share())]
    job = Job(recorder.database.dsn, recorder.database.time_zone, errands, last, {"task": 1})
    with pytest.raises(RebuildFailed, match="is over"):
        await service.tables.rebuild._load(job)
    assert not await recorder.database.fetchval("select count(*) from read_next.task")


async def test_shares_of_the_log_are_the_log(recorder: Recorder) -> None:
    last = await followed(recorder, 20, 100)
    whole = [tuple(row) for row in await read_log(recorder.database, 0, last)]
    shares = [await read_share(recorder.database, 0, last, Share(n, 3), []) for n in range(3)]
    assert all(shares)
    assert sorted(tuple(row) for share in shares for row in share) == whole
    spared = await read_share(recorder.database, 0, last, Share(), ignored_topics([LEDGER]))
    assert {row[1] for row in spared} <= handled_topics([LEDGER])


def test_every_event_is_folded_once_for_each_projection() -> None:
    for processes in (1, 2, 3, 9):
        shared_out = service.tables.rebuild._shared_out(PROJECTIONS, processes)
        assert len(shared_out) == processes
        for projection in PROJECTIONS:
            shares = [e.share for errands in shared_out for e in errands if projection.name in e.names]
            parts = processes if projection.by_stream else 1
            assert shares == [Share(n, parts) for n in range(parts)]


def test_a_process_without_a_share_is_not_started() -> None:
    assert service.tables.rebuild._shared_out([DIRECTORY], 2) == [[Errand(["directory"], Share())]]
