"""Connections that break, servers that are away, callers that leave: every answer is still the truth."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from service.store import writer as writer_module
from service.store.clock import SystemClock
from service.store.database import Database
from service.store.recorder import (
    CommandKey,
    OutcomeUnknown,
    Positions,
    Recorder,
    StoreUnavailable,
    Unstorable,
)
from service.store.writer import NAME
from tests.patience import PATIENCE_S
from tests.service.store.events import ORIGIN, event
from tests.service.store.proxy import Message, Proxy, When, commit, end_of_rows, proxied
from tests.service.store.soundness import require_sound
from tests.service.store.waiting import until


@pytest.fixture
async def proxy(database: Database) -> AsyncIterator[Proxy]:
    async with proxied(database.dsn) as opened:
        yield opened


@pytest.fixture
async def distant(proxy: Proxy) -> AsyncIterator[Recorder]:
    """A recorder that reaches its database through the proxy."""
    async with (
        await Database.open(proxy.dsn, size=1) as database,
        Recorder.open(database, SystemClock()) as recorder,
    ):
        yield recorder


async def sessions(database: Database, condition: str) -> int:
    """How many of the writer's sessions meet the condition on pg_stat_activity."""
    count: int = await database.fetchval(
        "select count(*) from pg_stat_activity where datname = current_database()"
        f" and application_name = $1 and {condition}",
        NAME,
    )
    return count


async def closed(recorder: Recorder) -> bool:
    """Whether the writer's side has noticed the end of its connection."""
    return bool(recorder.writer._connection.is_closed())


@pytest.mark.parametrize("when", ["before", "after", "at once"])
@pytest.mark.parametrize("message", [end_of_rows, commit])
async def test_a_connection_lost_around_the_commit_neither_loses_nor_doubles(
    distant: Recorder, proxy: Proxy, database: Database, message: Message, when: When
) -> None:
    """The first batch of a writer reads the facts and ends with `commit`; the following are one COPY."""
    if message is end_of_rows:
        assert await distant.insert_events([event()]) == [1]
    first = await database.fetchval("select size + 1 from log.head")
    fault = proxy.fail(message, when)
    stream = uuid4()
    work = [
        distant.insert_events([event(stream, 1), event(stream, 2)]),
        distant.insert_events([event()], origin=ORIGIN, command=CommandKey("key", b"digest")),
    ]
    answers = await asyncio.gather(*work)
    assert fault.struck.is_set()
    assert answers == [[first, first + 1], [first + 2]]
    assert not answers[1].repeated
    assert [e.originator_version for e in await distant.select_events(stream)] == [1, 2]
    assert await require_sound(database) == first + 2
    # And the writer goes on as before.
    assert await distant.insert_events([event()]) == [first + 3]
    assert await distant.insert_events([event()]) == [first + 4]
    assert await require_sound(database) == first + 4


async def test_every_fault_at_once(distant: Recorder, proxy: Proxy, database: Database) -> None:
    """One after another, on the retries of the same batch too."""
    faults = [proxy.fail(message, when) for message, when in FAULTS]
    positions: list[int] = []
    while not all(fault.struck.is_set() for fault in faults):
        # After it, the batch is tried again in a transaction, which ends with `commit`.
        proxy.fail(end_of_rows, "before")
        for answer in await asyncio.gather(*(distant.insert_events([event()]) for _ in range(8))):
            positions += answer
    assert positions == list(range(1, len(positions) + 1))
    assert await require_sound(database) == len(positions)


FAULTS: list[tuple[Message, When]] = [
    (commit, "before"),
    (end_of_rows, "at once"),
    (commit, "after"),
    (end_of_rows, "before"),
    (commit, "at once"),
    (end_of_rows, "after"),
]

SLOW_COMMIT = """
create function slow() returns trigger language plpgsql as $$
begin
    perform pg_advisory_xact_lock_shared(2020);
    return null;
end $$;
create constraint trigger slow after insert on log.event deferrable initially deferred
    for each row execute function slow()"""


@pytest.mark.parametrize("ended", ["commits", "dies"])
@pytest.mark.parametrize("believing", [False, True])
async def test_a_commit_that_is_still_under_way_is_waited_for(
    distant: Recorder, proxy: Proxy, database: Database, believing: bool, ended: str
) -> None:
    """The client has lost its connection, the server still commits: asked too early, the log would say no."""
    if believing:
        await distant.insert_events([event()])
    await database.execute(SLOW_COMMIT)
    async with database.acquire() as held:
        await held.execute("select pg_advisory_lock(2020)")
        appending = asyncio.create_task(distant.insert_events([event()]))
        await until(lambda: sessions(database, "wait_event = 'advisory'"))
        proxy.cut()
        # The next connection waits behind the one that is still committing.
        await until(lambda: sessions(database, "wait_event = 'transactionid'"))
        if ended == "dies":
            await database.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity where wait_event = 'advisory'"
            )
            await until(lambda: sessions(database, "wait_event = 'advisory'"))
        assert not appending.done()
        await held.execute("select pg_advisory_unlock(2020)")
        assert await appending == [1 + believing]
    assert await require_sound(database) == 1 + believing


async def test_nothing_is_lost_or_doubled_while_the_writers_sessions_are_ended(
    recorder: Recorder, database: Database
) -> None:
    rounds = 10

    async def append() -> list[int]:
        positions: list[int] = []
        while rounds:
            positions += await recorder.insert_events([event()])
        return positions

    appending = [asyncio.create_task(append()) for _ in range(32)]
    size = 0
    while rounds:
        # Each session is ended at work: after it has written something, and before the next thing.
        await until(partial(grown, database, size))
        size = await database.fetchval("select size from log.head")
        await database.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where datname = current_database() and application_name = $1",
            NAME,
        )
        rounds -= 1
    positions = sorted(p for own in await asyncio.gather(*appending) for p in own)
    assert positions == list(range(1, len(positions) + 1))
    assert await require_sound(database) == len(positions)


async def grown(database: Database, size: int) -> bool:
    return bool(await database.fetchval("select size > $1 from log.head", size))


@pytest.fixture
def impatient() -> float:
    """Enough to connect and append where nothing is wrong, on a busy machine too."""
    return 1.5


@pytest.fixture
async def hasty(proxy: Proxy, impatient: float) -> AsyncIterator[Recorder]:
    """As `distant`, with little patience; for connecting it had all the time it needed."""
    async with (
        await Database.open(proxy.dsn, size=1) as database,
        Recorder.open(database, SystemClock(), patience_s=impatient) as recorder,
    ):
        await recorder.writer._connected()
        yield recorder


def is_back(proxy: Proxy, recorder: Recorder) -> None:
    """The database answers again, and there is time again to reach it."""
    proxy.refusing = False
    recorder.writer._patience_s = PATIENCE_S


async def test_a_database_that_stays_away_is_said_to_be_unavailable(
    hasty: Recorder, proxy: Proxy, database: Database
) -> None:
    assert await hasty.insert_events([event()]) == [1]
    proxy.refusing = True
    proxy.cut()
    await until(lambda: closed(hasty))
    work = [hasty.insert_events([event()]) for _ in range(5)]
    answers = await asyncio.gather(*work, return_exceptions=True)
    assert [type(answer) for answer in answers] == [StoreUnavailable] * 5
    is_back(proxy, hasty)
    assert await hasty.insert_events([event()]) == [2]
    assert await require_sound(database) == 2


async def test_a_commit_nobody_can_ask_about_is_said_to_be_unknown(
    hasty: Recorder, proxy: Proxy, database: Database
) -> None:
    key = CommandKey("key", b"digest")
    fault = proxy.fail(commit, "after")
    appending = asyncio.create_task(hasty.insert_events([event()], origin=ORIGIN, command=key))

    async def struck() -> bool:
        return fault.struck.is_set() or appending.done()

    await until(struck)
    proxy.refusing = True
    proxy.cut()
    with pytest.raises(OutcomeUnknown):
        await appending
    is_back(proxy, hasty)
    again = await hasty.insert_events([event()], origin=ORIGIN, command=key)
    assert (again, again.repeated) == ([1], True)
    assert await require_sound(database) == 1


async def test_a_head_that_is_held_too_long_leaves_nothing_behind(
    hasty: Recorder, proxy: Proxy, database: Database
) -> None:
    async with database.acquire() as held, held.transaction():
        await held.fetchrow("select size from log.head for update")
        with pytest.raises(StoreUnavailable) as refused:
            await hasty.insert_events([event()])
        assert type(refused.value) is StoreUnavailable
    is_back(proxy, hasty)
    assert await hasty.insert_events([event()]) == [1]
    assert await require_sound(database) == 1


async def test_a_process_that_stops_in_mid_transaction_does_not_stop_the_others(
    hasty: Recorder, proxy: Proxy, database: Database
) -> None:
    """Its session, with the same settings, is ended by the server, and the head is free."""
    stopped = hasty.writer
    connection = await stopped._connected()
    await connection.execute("begin")
    await connection.fetchrow("select size from log.head for update")
    async with Recorder.open(database, SystemClock()) as other:
        assert await other.insert_events([event()]) == [1]
    is_back(proxy, hasty)
    assert await hasty.insert_events([event()]) == [2]


POISON = "alter table log.event add constraint no_poison check (topic <> 'poison')"


@pytest.mark.parametrize("believing", [False, True])
async def test_what_the_database_refuses_does_not_fail_its_neighbours(
    recorder: Recorder, database: Database, believing: bool
) -> None:
    if believing:
        await recorder.insert_events([event()])
    await database.execute(POISON)
    work = [recorder.insert_events([event(topic="poison" if n in (3, 5) else "sound")]) for n in range(8)]
    answers = await asyncio.gather(*work, return_exceptions=True)
    assert [type(a) for a in answers] == [Unstorable if n in (3, 5) else Positions for n in range(8)]
    assert await require_sound(database) == 6 + believing


async def held_up(recorder: Recorder, database: Database, held: asyncpg.Connection) -> Any:
    """Hold the head, and give the writer a batch to wait with."""
    await held.fetchrow("select size from log.head for update")
    waiting = asyncio.create_task(recorder.insert_events([event()]))
    await until(lambda: sessions(database, "wait_event_type = 'Lock'"))
    return waiting


async def test_a_caller_that_leaves_does_not_break_its_batch(recorder: Recorder, database: Database) -> None:
    async with database.acquire() as held, held.transaction():
        in_flight = await held_up(recorder, database, held)
        queued = [asyncio.create_task(recorder.insert_events([event()])) for _ in range(4)]
        await asyncio.sleep(0)
        in_flight.cancel()
        queued[1].cancel()
        await asyncio.sleep(0)
    answers = await asyncio.gather(*queued, return_exceptions=True)
    # What was already on its way is recorded; what still queued is not.
    assert [a if isinstance(a, list) else type(a) for a in answers] == [
        [2],
        asyncio.CancelledError,
        [3],
        [4],
    ]
    assert await require_sound(database) == 4


async def test_the_queue_is_bounded_and_those_outside_wait(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer_module, "QUEUE_APPENDS", 10)
    async with Recorder.open(database, SystemClock()) as recorder:
        async with database.acquire() as held, held.transaction():
            first = await held_up(recorder, database, held)
            rest = [asyncio.create_task(recorder.insert_events([event()])) for _ in range(50)]
            await asyncio.sleep(0)
            assert len(recorder.writer._queue) == 10
            rest[20].cancel()
        answers = await asyncio.gather(first, *rest, return_exceptions=True)
    assert [a[0] for a in answers if isinstance(a, Positions)] == list(range(1, 51))
    assert await require_sound(database) == 50


async def test_closing_finishes_what_is_queued(database: Database) -> None:
    async with Recorder.open(database, SystemClock()) as recorder:
        work = [asyncio.create_task(recorder.insert_events([event()])) for _ in range(600)]
        await asyncio.sleep(0)
    assert sorted(p for own in await asyncio.gather(*work) for p in own) == list(range(1, 601))
    with pytest.raises(StoreUnavailable):
        await recorder.insert_events([event()])
    assert await require_sound(database) == 600


async def test_the_log_is_durable_whatever_the_databases_default(
    recorder: Recorder, database: Database
) -> None:
    name = await database.fetchval("select current_database()")
    await database.execute(f'alter database "{name}" set synchronous_commit = off')
    await database.execute("create table seen (setting text)")
    await database.execute(
        "create function see() returns trigger language plpgsql as $$ begin"
        " insert into seen values (current_setting('synchronous_commit')); return null; end $$"
    )
    await database.execute(
        "create trigger see after insert on log.event for each statement execute function see()"
    )
    await recorder.insert_events([event()])
    assert [row[0] for row in await database.fetch("select setting from seen")] == ["on"]
