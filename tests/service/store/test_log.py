"""The log under load and under fire: one order, one winner, nothing lost, nothing twice."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import asyncpg
import pytest

from service.store.clock import SimulatedClock
from service.store.database import Database
from service.store.recorder import (
    CommandKey,
    IdempotencyConflict,
    Origin,
    Positions,
    Recorder,
    Unstorable,
    VersionConflict,
)
from tests.service.store.events import ORIGIN, event
from tests.service.store.soundness import require_sound


async def test_one_of_many_wins_each_version_of_a_stream(recorder: Recorder, database: Database) -> None:
    stream = uuid4()
    for version in range(1, 6):
        attempts = [recorder.insert_events([event(stream, version)]) for _ in range(64)]
        answers = await asyncio.gather(*attempts, return_exceptions=True)
        kinds = Counter(type(answer) for answer in answers)
        assert kinds == {Positions: 1, VersionConflict: 63}
    assert await require_sound(database) == 5


async def test_many_streams_at_once_are_dense_and_in_the_order_of_commits(
    recorder: Recorder, database: Database
) -> None:
    seen: list[int] = []

    async def watch() -> None:
        async for recorded in recorder.subscribe():
            seen.append(recorded.id)
            if len(seen) == 640:
                return

    watching = asyncio.create_task(watch())

    async def append() -> list[int]:
        return [p for _ in range(10) for p in await recorder.insert_events([event()])]

    positions = await asyncio.gather(*(append() for _ in range(64)))
    await asyncio.wait_for(watching, 30)
    assert seen == list(range(1, 641))
    assert sorted(p for own in positions for p in own) == seen
    assert await require_sound(database) == 640


async def test_two_writers_share_the_head(recorder: Recorder, database: Database) -> None:
    async with Recorder.open(database, SimulatedClock(datetime(2020, 5, 1, tzinfo=UTC))) as other:
        work = [r.insert_events([event()]) for _ in range(100) for r in (recorder, other)]
        await asyncio.gather(*work)
    assert await require_sound(database) == 200


async def test_an_item_that_conflicts_is_refused_alone(recorder: Recorder, database: Database) -> None:
    stream = uuid4()
    answers = await asyncio.gather(
        recorder.insert_events([event()]),
        recorder.insert_events([event(stream, 1), event(stream, 3)]),
        recorder.insert_events([event(stream, 1), event(stream, 2)]),
        recorder.insert_events([event()]),
        return_exceptions=True,
    )
    assert [type(a) for a in answers] == [Positions, VersionConflict, Positions, Positions]
    assert await require_sound(database) == 4


async def test_a_key_brings_the_same_answer_and_no_second_event(
    recorder: Recorder, database: Database
) -> None:
    key = CommandKey("a-key-of-mine", b"digest")
    work = [recorder.insert_events([event()], origin=ORIGIN, command=key) for _ in range(32)]
    answers = await asyncio.gather(*work)
    assert answers == [[1]] * 32
    assert await recorder.answered("office", key) == [1]
    with pytest.raises(IdempotencyConflict):
        await recorder.insert_events(
            [event()], origin=ORIGIN, command=CommandKey("a-key-of-mine", b"another")
        )
    # The key belongs to its actor: it tells another actor nothing.
    assert await recorder.insert_events([event()], origin=Origin("b", uuid4()), command=key) == [2]
    assert await require_sound(database) == 2


@pytest.mark.parametrize(
    "statement",
    [
        "update log.event set actor = 'x'",
        "delete from log.event",
        "truncate log.event",
        "update log.head set size = 0",
        "delete from log.head",
        "truncate log.head",
    ],
)
@pytest.mark.parametrize("as_replica", [False, True], ids=["", "with ordinary triggers off"])
async def test_the_database_refuses_to_change_what_is_recorded(
    recorder: Recorder, database: Database, statement: str, as_replica: bool
) -> None:
    await recorder.insert_events([event()], origin=ORIGIN, command=CommandKey("a-key-of-mine", b"d"))
    async with database.acquire() as connection, connection.transaction():
        if as_replica:
            await connection.execute("set local session_replication_role = replica")
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="append-only"):
            async with connection.transaction():
                await connection.execute(statement)
    assert await require_sound(database) == 1


async def test_recorded_time_never_goes_back(database: Database) -> None:
    clock = SimulatedClock(datetime(2020, 5, 2, tzinfo=UTC))
    async with Recorder.open(database, clock) as recorder:
        await recorder.insert_events([event()])
        clock.moment -= timedelta(days=1)
        await recorder.insert_events([event()])
        first, second = await recorder.select_notifications(1, 2)
        assert first.recorded_at == second.recorded_at
        assert await recorder.position_at(datetime(2020, 5, 1, tzinfo=UTC)) == 0
        assert await recorder.position_at(datetime(2020, 5, 3, tzinfo=UTC)) == 2


async def test_what_cannot_be_stored_is_refused_before_it_meets_others(recorder: Recorder) -> None:
    for bad in ("", "a\0b", "x" * 501):
        with pytest.raises(Unstorable):
            await recorder.insert_events([event()], origin=Origin(bad, uuid4()))
    assert await recorder.max_notification_id() is None


async def cut(database: Database, name: str) -> int:
    """End the sessions of this name, as a failing network would."""
    return len(
        await database.fetch(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where datname = current_database() and application_name = $1",
            name,
        )
    )


async def test_a_lost_notification_costs_no_event(recorder: Recorder, database: Database) -> None:
    """Events of a writer that never notifies are found by looking."""
    await recorder.insert_events([event()])
    subscription = recorder.subscribe()
    assert (await anext(subscription)).id == 1
    waiting = asyncio.ensure_future(anext(subscription))
    await cut(database, "duban log listener")
    async with Recorder.open(database, recorder.writer._clock) as other:
        other.writer.committed = lambda _: None
        await other.insert_events([event()])
    assert (await asyncio.wait_for(waiting, 10)).id == 2
    await subscription.aclose()
