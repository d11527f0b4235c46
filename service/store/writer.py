"""Group commit: one writer per process, one transaction for all who wait.

Appends queue; the writer drains up to `BATCH` of them, locks the head, reads what it must decide by, refuses
the items that conflict and only them, gives out dense positions, hashes the leaves, writes, and commits; then
every waiter gets its own answer. While one batch commits, the next gathers. Positions are in the order of
commits, because the head stays locked until the commit.

When the connection is lost before the commit was sent, nothing has happened and the batch is tried again.
When it is lost during the commit, the log itself is asked: the salts of a batch are random, so its rows are
known again.
"""

import asyncio
import logging
import os
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
from eventsourcing.persistence import IntegrityError, StoredEvent

from service import Failure
from service.log.entry import entry, moment
from service.log.merkle import Frontier, leaf
from service.store.clock import Clock

log = logging.getLogger(__name__)

BATCH = 512
QUEUE = 10_000
PATIENCE_SECONDS = 15.0
CHANNEL = "duban_log"
MAX_VERSION = 2**31 - 1

# What a lost, refused or failing connection raises.
UNREACHABLE = (
    OSError,
    TimeoutError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)

LOCK_HEAD = "select size, frontier, recorded_at from log.head for update"
VERSIONS = """
select s.stream_id, (select e.stream_version from log.event e where e.stream_id = s.stream_id
    order by e.stream_version desc limit 1)
from unnest($1::uuid[]) s(stream_id)"""
COMMANDS = """
select c.actor, c.key, c.digest, c.first_position, c.last_position
from unnest($1::text[], $2::text[]) k(actor, key) join log.command c using (actor, key)"""
INSERT_EVENTS = """
insert into log.event (position, stream_id, stream_version, topic, recorded_at, actor, correlation, causation, salt,
    state, leaf_hash)
select p, s, v, t, $5, a, c, u, x, b, h
from unnest($1::bigint[], $2::uuid[], $3::integer[], $4::text[], $6::text[], $7::uuid[], $8::bigint[], $9::bytea[],
    $10::bytea[], $11::bytea[]) as e(p, s, v, t, a, c, u, x, b, h)"""
INSERT_COMMANDS = """
insert into log.command (actor, key, digest, first_position, last_position)
select * from unnest($1::text[], $2::text[], $3::bytea[], $4::bigint[], $5::bigint[])"""
MOVE_HEAD = """
update log.head set size = $1, frontier = $2, recorded_at = $3
returning pg_notify($4, size::text)"""
FIND_SALT = "select position from log.event where stream_id = $1 and stream_version = $2 and salt = $3"


class StoreUnavailable(Failure):
    """The database could not be reached in time. The append was not acknowledged."""


class VersionConflict(IntegrityError):
    """The stream does not continue with this version: somebody was quicker, or the caller skipped one."""

    def __init__(self, stream_id: UUID, expected: int, actual: int | None):
        super().__init__(f"stream {stream_id} is at version {actual}, not before {expected}")
        self.stream_id = stream_id
        self.expected = expected
        self.actual = actual


class IdempotencyConflict(IntegrityError):
    """The key was used before, for another command."""


@dataclass(frozen=True)
class Origin:
    """On whose behalf: the actor, what belongs together (a request), and the event that caused it, if one
    did."""

    actor: str
    correlation: UUID
    causation: int | None = None


@dataclass(frozen=True)
class CommandKey:
    """The client's idempotency key, unique for the actor, and the digest of what came with it."""

    key: str
    digest: bytes


@dataclass
class Append:
    """One request to append, its answer, and the salts that tell its rows from any others."""

    events: Sequence[StoredEvent]
    origin: Origin
    command: CommandKey | None
    answer: asyncio.Future[list[int]]
    salts: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        random = os.urandom(16 * len(self.events))
        self.salts = [random[i : i + 16] for i in range(0, len(random), 16)]


class Writer:
    """Appends to the log, batch by batch, over a connection of its own."""

    def __init__(self, dsn: str, clock: Clock):
        self._dsn = dsn
        self._clock = clock
        self._queue: asyncio.Queue[Append] = asyncio.Queue(QUEUE)
        self._connection: Any = None
        self._task: asyncio.Task[None] | None = None
        # Called with the position of the last event after each commit.
        self.committed: Any = lambda position: None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="log writer")

    async def stop(self) -> None:
        """Finish what is queued, then end."""
        if self._task is None:
            return
        await self._queue.join()
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task
        if self._connection is not None:
            with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await self._connection.close(timeout=5)

    async def append(
        self, events: Sequence[StoredEvent], origin: Origin, command: CommandKey | None
    ) -> list[int]:
        """The positions; VersionConflict, IdempotencyConflict or StoreUnavailable when nothing was
        recorded."""
        _require_storable(events, origin, command)
        answer = asyncio.get_running_loop().create_future()
        await self._queue.put(Append(events, origin, command, answer))
        return await answer

    # -- the loop

    async def _run(self) -> None:
        while True:
            items = [await self._queue.get()]
            while len(items) < BATCH and not self._queue.empty():
                items.append(self._queue.get_nowait())
            wanted = [item for item in items if not item.answer.done()]
            try:
                await self._record(wanted)
            except Exception as error:  # the writer must outlive whatever goes wrong with one batch
                log.exception("a batch of %d appends failed", len(wanted))
                _fail(wanted, error)
            finally:
                for _ in items:
                    self._queue.task_done()

    async def _record(self, items: list[Append]) -> None:
        """Record the batch, through lost connections, until the patience is out."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        refusal: Exception | None = None
        while items:
            try:
                await self._transact(await self._connected(), items)
                return
            except UNREACHABLE as error:
                if not self._is_lost(error):
                    refusal = error
                    break
                self._drop()
                if time.monotonic() >= deadline:
                    _fail(items, StoreUnavailable(f"the log cannot be reached: {error}"))
                    return
                await asyncio.sleep(0.05)
                items = await self._undecided(items, deadline)
        if refusal is not None and len(items) == 1:
            _fail(items, refusal)
            return
        # The database refuses the batch: one of them is at fault, and alone each gets its own answer.
        for item in items:
            await self._record([item])

    def _is_lost(self, error: BaseException) -> bool:
        """Whether the connection is at fault, and not what was sent over it."""
        interrupted = isinstance(error, (asyncpg.OperatorInterventionError, asyncpg.PostgresConnectionError))
        refused = isinstance(error, asyncpg.PostgresError) and not interrupted
        return not refused or self._connection is None or self._connection.is_closed()

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.terminate()
        self._connection = None

    async def _connected(self) -> Any:
        if self._connection is None or self._connection.is_closed():
            self._connection = await asyncpg.connect(
                self._dsn,
                timeout=5,
                command_timeout=30,
                server_settings={"jit": "off", "application_name": "duban log writer"},
            )
        return self._connection

    async def _undecided(self, items: list[Append], deadline: float) -> list[Append]:
        """Ask the log which items of a batch with an unknown outcome it holds, and answer those."""
        while True:
            try:
                connection = await self._connected()
                async with connection.transaction():
                    # Waits for a commit that may still be under way.
                    await connection.fetchrow(LOCK_HEAD)
                    found = [await self._found(connection, item) for item in items]
                break
            except UNREACHABLE as error:
                self._drop()
                if time.monotonic() >= deadline:
                    _fail(items, StoreUnavailable(f"the log cannot be reached: {error}"))
                    return []
                await asyncio.sleep(0.1)
        for item, first in zip(items, found, strict=True):
            if first is not None and not item.answer.done():
                item.answer.set_result(list(range(first, first + len(item.events))))
        return [item for item, first in zip(items, found, strict=True) if first is None]

    async def _found(self, connection: Any, item: Append) -> int | None:
        event = item.events[0]
        position: int | None = await connection.fetchval(
            FIND_SALT, event.originator_id, event.originator_version, item.salts[0]
        )
        return position

    # -- one transaction

    async def _transact(self, connection: Any, items: list[Append]) -> None:
        batch = _Batch(items)
        async with connection.transaction():
            size, frontier, last = await connection.fetchrow(LOCK_HEAD)
            batch.decide(
                size,
                dict(await connection.fetch(VERSIONS, batch.streams())),
                await connection.fetch(COMMANDS, *keys) if (keys := batch.keys()) else [],
            )
            if batch.accepted:
                tree = Frontier(size, frontier)
                now = (
                    max(self._clock.now(), last) if isinstance(last, datetime) and size else self._clock.now()
                )
                await connection.execute(INSERT_EVENTS, *batch.columns(tree, now))
                if batch.commands:
                    await connection.execute(INSERT_COMMANDS, *zip(*batch.commands, strict=True))
                await connection.execute(MOVE_HEAD, tree.size, tree.hashes, now, CHANNEL)
        batch.answer()
        if batch.accepted:
            self.committed(batch.accepted[-1][1] + len(batch.accepted[-1][0].events) - 1)


class _Batch:
    """The items of one transaction, and what becomes of each."""

    def __init__(self, items: list[Append]):
        self.items = items
        self.accepted: list[tuple[Append, int]] = []
        self.answers: list[tuple[Append, list[int] | Exception]] = []
        self.commands: list[tuple[str, str, bytes, int, int]] = []

    def streams(self) -> list[UUID]:
        return list({stream_of(event) for item in self.items for event in item.events})

    def keys(self) -> tuple[list[str], list[str]] | None:
        keyed = {(item.origin.actor, item.command.key) for item in self.items if item.command is not None}
        if not keyed:
            return None
        actors, keys = zip(*keyed, strict=True)
        return list(actors), list(keys)

    def decide(self, size: int, versions: dict[UUID, int | None], known: Sequence[Any]) -> None:
        """Accept or refuse each item in turn; what is accepted counts for those behind it."""
        commands = {(actor, key): (bytes(digest), first, last) for actor, key, digest, first, last in known}
        for item in self.items:
            key = None if item.command is None else (item.origin.actor, item.command.key)
            if key in commands:
                digest, first, last = commands[key]
                same = item.command is not None and digest == item.command.digest
                self.answers.append(
                    (item, list(range(first, last + 1)) if same else IdempotencyConflict(key[1]))
                )
                continue
            conflict = _advance(versions, item.events)
            if conflict is not None:
                self.answers.append((item, conflict))
                continue
            first, size = size + 1, size + len(item.events)
            self.accepted.append((item, first))
            self.answers.append((item, list(range(first, size + 1))))
            if item.command is not None:
                commands[item.origin.actor, item.command.key] = (item.command.digest, first, size)
                self.commands.append((item.origin.actor, item.command.key, item.command.digest, first, size))

    def columns(self, tree: Frontier, now: datetime) -> tuple[Any, ...]:
        """The arguments of INSERT_EVENTS; the tree grows by the leaves."""
        at = moment(now)
        rows = []
        for item, first in self.accepted:
            origin = item.origin
            for offset, (event, salt) in enumerate(zip(item.events, item.salts, strict=True)):
                position = first + offset
                hashed = leaf(
                    entry(
                        position,
                        stream_of(event),
                        event.originator_version,
                        event.topic,
                        at,
                        origin.actor,
                        origin.correlation,
                        origin.causation,
                        salt,
                        event.state,
                    )
                )
                tree.append(hashed)
                rows.append(
                    (
                        position,
                        event.originator_id,
                        event.originator_version,
                        event.topic,
                        origin.actor,
                        origin.correlation,
                        origin.causation,
                        salt,
                        event.state,
                        hashed,
                    )
                )
        columns = list(zip(*rows, strict=True))
        return *columns[:4], now, *columns[4:]

    def answer(self) -> None:
        for item, answer in self.answers:
            if item.answer.done():
                continue
            if isinstance(answer, Exception):
                item.answer.set_exception(answer)
            else:
                item.answer.set_result(answer)


def stream_of(event: StoredEvent) -> UUID:
    """The stream of an event; the library allows names as well, this log does not."""
    stream = event.originator_id
    if not isinstance(stream, UUID):
        raise TypeError("a stream is named by a UUID")
    return stream


def _advance(versions: dict[UUID, int | None], events: Sequence[StoredEvent]) -> VersionConflict | None:
    """Move the streams on by the events, or leave them all and say which does not fit.

    A stream that has events goes on with the next version; a new one may begin with any, as the library
    allows.
    """
    moved: dict[UUID, int | None] = {}
    for event in events:
        stream = stream_of(event)
        actual = moved.get(stream, versions.get(stream))
        if actual is not None and event.originator_version != actual + 1:
            return VersionConflict(stream, event.originator_version, actual)
        moved[stream] = event.originator_version
    versions.update(moved)
    return None


def _require_storable(events: Sequence[StoredEvent], origin: Origin, command: CommandKey | None) -> None:
    """What PostgreSQL or the leaf cannot hold is refused before it meets others in a batch."""
    texts = [origin.actor, *(event.topic for event in events), *([command.key] if command else [])]
    for text in texts:
        if "\0" in text or not text.isprintable() or not 0 < len(text) <= 500:
            raise ValueError("actor, topic and key are 1 to 500 printable characters")
    for event in events:
        stream_of(event)
        if not 0 <= event.originator_version <= MAX_VERSION:
            raise ValueError(f"a stream version is 0 to {MAX_VERSION}")


def _fail(items: list[Append], error: Exception) -> None:
    for item in items:
        if not item.answer.done():
            item.answer.set_exception(error)
