"""The log under load and under fire: one order, one winner, nothing lost, nothing twice."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from eventsourcing.persistence import StoredEvent

from service.log.entry import entry, moment
from service.log.merkle import Frontier, leaf
from service.store.clock import SimulatedClock
from service.store.database import Database
from service.store.recorder import (
    CommandKey,
    IdempotencyConflict,
    Origin,
    Recorder,
    StoreUnavailable,
    VersionConflict,
)
from service.store.writer import MOVE_HEAD

ORIGIN = Origin("office", UUID(int=7))


def event(stream: UUID | None = None, version: int = 1, state: bytes = b"{}") -> StoredEvent:
    return StoredEvent(stream or uuid4(), version, "task.published", state)


async def require_sound(database: Database) -> int:
    """Positions dense, every leaf its entry's hash, the head the tree of the leaves; how many events."""
    rows = await database.fetch(
        "select position, stream_id, stream_version, topic, recorded_at, actor, correlation, causation, salt,"
        " state, leaf_hash from log.event order by position"
    )
    tree = Frontier()
    last = datetime.min.replace(tzinfo=UTC)
    for index, (position, stream, version, topic, at, *rest, leaf_hash) in enumerate(rows, start=1):
        assert position == index
        assert at >= last
        last = at
        assert leaf_hash == leaf(entry(position, stream, version, topic, moment(at), *rest))
        tree.append(leaf_hash)
    size, frontier = await database.fetchrow("select size, frontier from log.head")
    assert (size, list(frontier)) == (tree.size, tree.hashes)
    return len(rows)


async def test_one_of_many_wins_each_version_of_a_stream(recorder: Recorder, database: Database) -> None:
    stream = uuid4()
    for version in range(1, 6):
        attempts = [recorder.insert_events([event(stream, version)]) for _ in range(64)]
        answers = await asyncio.gather(*attempts, return_exceptions=True)
        kinds = Counter(type(answer) for answer in answers)
        assert kinds == {list: 1, VersionConflict: 63}
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
    assert [type(a) for a in answers] == [list, VersionConflict, list, list]
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
    "statement", ["update log.event set actor = 'x'", "delete from log.event", "truncate log.event"]
)
@pytest.mark.parametrize("table", ["event", "command"])
async def test_the_database_refuses_to_change_what_is_recorded(
    recorder: Recorder, database: Database, statement: str, table: str
) -> None:
    await recorder.insert_events([event()], origin=ORIGIN, command=CommandKey("a-key-of-mine", b"d"))
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="append-only"):
        await database.execute(statement.replace("log.event", f"log.{table}"))
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
        with pytest.raises(ValueError, match="printable"):
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


async def test_nothing_is_lost_or_doubled_when_the_writers_connection_is_cut(
    recorder: Recorder, database: Database
) -> None:
    cuts = 0

    async def append() -> list[int]:
        positions = []
        while cuts < 5:
            positions += await recorder.insert_events([event()])
        return positions

    appending = [asyncio.create_task(append()) for _ in range(32)]
    while cuts < 5:
        # Long enough for the writer to have come back, short enough to hit it at work.
        await asyncio.sleep(0.1)
        cuts += await cut(database, "duban log writer")
    positions = sorted(p for own in await asyncio.gather(*appending) for p in own)
    assert positions == list(range(1, len(positions) + 1))
    assert await require_sound(database) == len(positions)


@pytest.mark.parametrize("lost", ["before", "after"])
async def test_a_commit_of_unknown_outcome_is_looked_up(
    recorder: Recorder, database: Database, lost: str
) -> None:
    """The connection is cut around the commit; the waiter is told what the log holds."""
    await recorder.insert_events([event()])
    striking = Striking(recorder.writer._connection, database, lost)
    recorder.writer._connection = striking
    assert await recorder.insert_events([event(), event()]) == [2, 3]
    assert striking.struck
    assert await require_sound(database) == 3


class Striking:
    """A connection that is cut right before, or right after, its transaction is committed."""

    def __init__(self, connection: Any, database: Database, lost: str):
        self.connection = connection
        self.database = database
        self.lost = lost
        self.struck = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self.connection, name)

    async def execute(self, statement: str, *arguments: object) -> None:
        await self.connection.execute(statement, *arguments)
        if statement == MOVE_HEAD:
            self.struck = True
            if self.lost == "after":
                await self.connection.execute("commit")
            await cut(self.database, "duban log writer")


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


async def test_a_database_that_stays_away_is_said_to_be_unavailable(
    dsn: str, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.store.writer.PATIENCE_SECONDS", 0.3)
    async with Recorder.open(database, SimulatedClock(datetime(2020, 5, 1, tzinfo=UTC))) as recorder:
        recorder.writer._dsn = dsn.replace("/test_", "/gone_")
        with pytest.raises(StoreUnavailable):
            await recorder.insert_events([event()])
        recorder.writer._dsn = dsn
        assert await recorder.insert_events([event()]) == [1]
