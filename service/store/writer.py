"""Group commit: one writer per process, one transaction for all who wait.

Appends queue; the writer takes what has gathered, plans it (`batch`), and sends it as one COPY, in which
PostgreSQL takes the head's lock, checks, inserts, moves the head, notifies and commits. Then every waiter
gets its own answer. The writer believes that it alone writes; when the database says otherwise, nothing was
recorded, and the batch is planned again on facts read under the lock, refusing those that conflict and only
them.

When the connection is lost, the outcome of what was on its way is unknown. The next connection takes the
head's lock, which waits for a commit that may still be under way, and looks the batch up by the random salt
of its first event: if it is there, the plan has come true; if not, nothing of it was recorded, and it is
planned again.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any, cast
from uuid import UUID

import asyncpg
from eventsourcing.persistence import StoredEvent

from service.store.batch import BATCH_APPENDS, BATCH_EVENTS, Append, Facts, Head, Plan, Stale
from service.store.clock import Clock
from service.store.database import CLOSE_TIMEOUT_S, Database
from service.store.envelope import CommandKey, Origin, Positions, require_storable
from service.store.errors import OutcomeUnknown, StoreUnavailable, Unstorable
from service.store.gate import Gate
from service.tlog.merkle import Frontier

log = logging.getLogger(__name__)

QUEUE_APPENDS = 4_096
# From so many on, half of those who wait go first, so that this process and PostgreSQL work at the same time
# from then on; with fewer, what each batch costs by itself would weigh more.
SPLIT_APPENDS = 48
PATIENCE_S = 15.0
RETRY_S = 0.02
RETRY_MOST_S = 0.5

NAME = "duban log writer"

# What says that the connection or the server is at fault, and not what was sent: SQLSTATE and its classes.
PASSING = ("08", "25006", "40", "53", "55P03", "57", "58")

LOCK_HEAD = "select size, nullif(recorded_at, '-infinity') from log.head for update"
FRONTIER = "select log.frontier($1)"
VERSIONS = """
select s.stream_id, (select e.stream_version from log.event e where e.stream_id = s.stream_id
    order by e.stream_version desc limit 1)
from unnest($1::uuid[]) s(stream_id)"""
COMMANDS = """
select c.actor, c.key, c.digest, c.first_position, c.last_position
from unnest($1::text[], $2::text[]) k(actor, key) join log.command c using (actor, key)"""
IS_RECORDED = "select exists (select from log.event where position = $1 and salt = $2)"


class _Lost(Exception):
    """The connection is gone, or cannot be made."""


class Writer:
    """Appends to the log, batch by batch, over a connection of its own."""

    def __init__(self, database: Database, clock: Clock, *, patience_s: float = PATIENCE_S):
        """`patience_s`: how long a database that is away is waited for, before appends fail."""
        self.committed: Callable[[int], object] = lambda position: None
        self._database = database
        self._clock = clock
        self._patience_s = patience_s
        self._queue: deque[Append] = deque()
        self._room = Gate(QUEUE_APPENDS)
        self._arrived = asyncio.Event()
        self._emptied = asyncio.Event()
        self._emptied.set()
        self._closing = False
        self._task: asyncio.Task[None] | None = None
        self._connection: Any = None
        # Where the log ended when this writer last looked, and whether it is believed to end there still.
        self._head: Head | None = None
        self._believing = True
        # The plan that is on its way, or was when something broke.
        self._unsettled: Plan | None = None
        # The plan that goes on from there: the next batch, as it gathers.
        self._ready: Plan | None = None
        self._away_since: float | None = None

    def start(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._task = asyncio.create_task(self._run(), name="log writer")

    async def stop(self) -> None:
        """Take no more, finish what is queued, end."""
        self._closing = True
        if self._task is None:
            return
        await self._emptied.wait()
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task
        if self._connection is not None:
            with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await self._connection.close(timeout=CLOSE_TIMEOUT_S)

    def append(
        self, events: Sequence[StoredEvent], origin: Origin, command: CommandKey | None
    ) -> Awaitable[Positions]:
        """Append all the events or none; their positions, to be awaited. See `Recorder.insert_events`."""
        require_storable(events)
        if self._closing:
            raise StoreUnavailable("the store is closing")
        append = Append(events, origin, command, self._loop.create_future())
        if not self._room.try_enter():
            return self._append_later(append)
        self._enqueue(append)
        return append.answer

    async def _append_later(self, append: Append) -> Positions:
        """When the queue is full, whoever comes waits here, in order."""
        await self._room.enter()
        self._enqueue(append)
        return await append.answer

    def _enqueue(self, append: Append) -> None:
        if self._queue or not self._take_ready(append):
            self._queue.append(append)
        if self._emptied.is_set():
            self._emptied.clear()
            self._arrived.set()

    def _take_ready(self, append: Append) -> bool:
        """Plan it at once, while the batch before it is on its way; False where that cannot be."""
        ready = self._ready
        if ready is None or ready.is_full:
            return False
        try:
            ready.take(append)
        except Stale:
            return False
        return True

    # -- the loop

    async def _run(self) -> None:
        while True:
            appends, plan = await self._gathered()
            try:
                if appends:
                    await self._record(appends, plan)
            except Exception as error:  # the writer must outlive whatever goes wrong with one batch
                log.exception("a batch of %d appends failed", len(appends))
                self._forget()
                _fail(appends, error)

    async def _gathered(self) -> tuple[list[Append], Plan | None]:
        """The next batch, as soon as there is something for it; planned already, if it gathered while another
        was on its way."""
        ready, self._ready = self._ready, None
        if ready is not None and ready.appends:
            self._room.leave(len(ready.appends))
            # Otherwise what it was to go on from has not come true.
            return ready.appends, ready if ready.base is self._head else None
        most = BATCH_APPENDS
        if not self._queue:
            self._emptied.set()
            self._arrived.clear()
            await self._arrived.wait()
            if len(self._queue) >= SPLIT_APPENDS:
                most = len(self._queue) // 2
        return self._from_queue(most), None

    def _from_queue(self, most: int) -> list[Append]:
        """What has queued, within the bounds of a batch, without those nobody waits for any more."""
        appends: list[Append] = []
        taken = events = 0
        while self._queue and taken < most and events < BATCH_EVENTS:
            append = self._queue.popleft()
            taken += 1
            if not append.answer.done():
                appends.append(append)
                events += len(append.events)
        self._room.leave(taken)
        return appends

    async def _record(self, appends: list[Append], plan: Plan | None = None) -> None:
        """Record the batch, through lost connections, until the patience is out. Every append has its answer
        afterwards."""
        pause_s = 0.0
        began = asyncio.get_running_loop().time()
        while True:
            try:
                await self._attempt(appends, plan)
                self._away_since = None
                return
            except _Lost as lost:
                plan = None
                self._drop()
                if self._is_out_of_patience(began):
                    self._give_up(appends, lost)
                    return
                await asyncio.sleep(pause_s)
                pause_s = min(2 * pause_s + RETRY_S, RETRY_MOST_S)
            except asyncpg.PostgresError as refusal:
                self._forget()
                if len(appends) == 1:
                    appends[0].fail(Unstorable(f"the database refuses the events: {refusal}"))
                    return
                # One of them is at fault; alone, each gets its own answer.
                for append in appends:
                    await self._record([append])
                return

    def _is_out_of_patience(self, began: float) -> bool:
        if self._away_since is None:
            self._away_since = began
        return asyncio.get_running_loop().time() - self._away_since >= self._patience_s

    def _give_up(self, appends: list[Append], lost: _Lost) -> None:
        unknown = self._unsettled is not None
        self._unsettled = None
        log.error("the database is away: %s", lost)
        kind = OutcomeUnknown if unknown else StoreUnavailable
        said = "was lost during the commit" if unknown else "cannot be reached; nothing was recorded"
        _fail(appends, kind(f"the database {said}: {lost}"))

    # -- one attempt

    async def _attempt(self, appends: list[Append], plan: Plan | None) -> None:
        """One try on one connection. Raises _Lost where another try may help, PostgresError where the
        database refuses what it was sent."""
        try:
            async with asyncio.timeout(self._patience_s):
                connection = await self._connected()
                if not await self._record_on_belief(connection, appends, plan):
                    await self._record_on_facts(connection, appends)
        except asyncpg.PostgresError as error:
            if _is_definite(error):
                self._unsettled = None
            if self._connection is None or error.sqlstate is None or error.sqlstate.startswith(PASSING):
                raise _Lost(str(error) or type(error).__name__) from error
            raise
        except (OSError, asyncpg.InterfaceError, asyncpg.InternalClientError) as error:
            raise _Lost(str(error) or type(error).__name__) from error

    async def _connected(self) -> Any:
        if self._connection is None or self._connection.is_closed():
            self._connection = None
            patience_ms = str(int(self._patience_s * 1000))
            connection = await self._database.connect(
                NAME,
                default_transaction_isolation="read committed",
                # Statistics lag behind a log that grows fast; every statement here has its index.
                enable_seqscan="off",
                # A process that stops in mid-transaction must not keep the head from the others.
                idle_in_transaction_session_timeout=patience_ms,
                lock_timeout=patience_ms,
                statement_timeout=patience_ms,
            )
            # What is acknowledged is on disk, whatever the database's own default.
            await connection.execute(
                "select set_config('synchronous_commit', 'on', false)"
                " where current_setting('synchronous_commit') = 'off'"
            )
            self._connection = connection
        return self._connection

    async def _record_on_belief(self, connection: Any, appends: list[Append], plan: Plan | None) -> bool:
        """In one round trip, if the log is as this writer left it and nothing conflicts; False, with nothing
        recorded, if not."""
        if self._head is None or not self._believing or self._unsettled is not None:
            return False
        try:
            plan = plan or _planned(Plan(self._head, self._clock), appends)
        except Stale:
            return False
        rows = plan.finish()
        if rows is None:
            return False
        # All of it is sent in one go, so from here on its outcome is the server's to tell.
        self._unsettled = plan
        self._ready = Plan(plan.head, self._clock)
        try:
            await _copy(connection, rows)
        except asyncpg.PostgresError as error:
            if not _is_definite(error):
                raise
            self._unsettled = None
            return False
        self._settle(plan)
        return True

    async def _record_on_facts(self, connection: Any, appends: list[Append]) -> None:
        """Under the head's lock, with what the log says about every stream and key of the batch."""
        await connection.execute("begin")
        try:
            size, recorded_at = await connection.fetchrow(LOCK_HEAD)
            known = self._unsettled
            if known is not None and await _is_recorded(connection, known):
                await connection.execute("rollback")
                self._believing = known.head.tree.size == size
                self._settle(known)
                return
            self._unsettled = None
            self._believing = self._head is None or self._head.tree.size == size
            head = Head(Frontier(size, await connection.fetchval(FRONTIER, size)), recorded_at)
            plan = _planned(Plan(head, self._clock, await _facts(connection, appends)), appends)
            rows = plan.finish()
            if rows is not None:
                await _copy(connection, rows)
                self._unsettled = plan
            await connection.execute("commit")
        except asyncpg.PostgresError:
            if not connection.is_closed():
                await connection.execute("rollback")
            raise
        self._settle(plan)

    def _settle(self, plan: Plan) -> None:
        """The plan has come true: go on from there, and tell everyone, but first let the next batch be sent,
        so that PostgreSQL works meanwhile."""
        self._unsettled = None
        self._head = plan.head
        self._loop.call_soon(self._tell, plan)

    def _tell(self, plan: Plan) -> None:
        plan.answer()
        self.committed(plan.head.tree.size)

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.terminate()
        self._connection = None

    def _forget(self) -> None:
        """Start the next batch from what the log says."""
        self._unsettled = None
        self._head = None


def _planned(plan: Plan, appends: Sequence[Append]) -> Plan:
    for append in appends:
        plan.take(append)
    return plan


async def _copy(connection: Any, rows: memoryview) -> None:
    await connection.copy_to_table("event", schema_name="log", source=rows, format="binary")


async def _is_recorded(connection: Any, plan: Plan) -> bool:
    return plan.mark is not None and bool(await connection.fetchval(IS_RECORDED, *plan.mark))


async def _facts(connection: Any, appends: Sequence[Append]) -> Facts:
    """What the log says about the streams and the keys; to be read under the head's lock."""
    streams = {event.originator_id for append in appends for event in append.events}
    versions: dict[UUID, int | None] = dict(await connection.fetch(VERSIONS, list(streams)))
    keyed = {(a.origin.actor, a.command.key) for a in appends if a.command is not None}
    if not keyed:
        return Facts(versions)
    actors, keys = zip(*keyed, strict=True)
    commands = {
        (actor, key): (cast(bytes, digest), Positions(range(first, last + 1)))
        for actor, key, digest, first, last in await connection.fetch(COMMANDS, actors, keys)
    }
    return Facts(versions, commands)


def _is_definite(error: asyncpg.PostgresError) -> bool:
    """The server has refused and lives on: what was on its way is rolled back. (A fatal error may follow on
    a commit.)"""
    return getattr(error, "severity_en", None) == "ERROR"


def _fail(appends: Sequence[Append], error: Exception) -> None:
    for append in appends:
        append.fail(error)
