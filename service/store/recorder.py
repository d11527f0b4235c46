"""The library's application recorder, async: the log as everyone else sees it.

Same names and meaning as `eventsourcing.persistence.ApplicationRecorder`; notification ids are the positions,
dense and in the order of commits: whoever has seen a position can see all before it.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from typing import cast
from uuid import UUID, uuid4

from eventsourcing.persistence import StoredEvent

from service.store.clock import Clock
from service.store.database import Database
from service.store.envelope import LAST_VERSION, CommandKey, Origin, Positions, Recorded
from service.store.errors import (
    IdempotencyConflict,
    OutcomeUnknown,
    StoreUnavailable,
    Unstorable,
    VersionConflict,
)
from service.store.listener import POLL_S, Listener
from service.store.own import OwnWrites
from service.store.subscription import Subscription
from service.store.writer import PATIENCE_S, Writer

__all__ = [
    "CommandKey",
    "IdempotencyConflict",
    "Origin",
    "OutcomeUnknown",
    "Positions",
    "Recorded",
    "Recorder",
    "StoreUnavailable",
    "Subscription",
    "Unstorable",
    "VersionConflict",
]

LAST_POSITION = 2**63 - 1

SELECT_STREAM = """
select stream_id, stream_version, topic, state from log.fact
where stream_id = $1 and stream_version > $2 and stream_version <= $3
order by stream_version limit $4"""
SELECT_STREAM_BACKWARDS = """
select stream_id, stream_version, topic, state from log.fact
where stream_id = $1 and stream_version > $2 and stream_version <= $3
order by stream_version desc limit $4"""
SELECT_STREAMS = """
select stream_id, stream_version, topic, state from log.fact
where stream_id = any($1::uuid[])
order by stream_id, stream_version"""
SELECT_LOG = """
select stream_id, stream_version, topic, state, position, recorded_at, actor, correlation, causation
from log.fact
where position >= $1 and position <= $2
order by position limit $3"""
SELECT_TOPICS = """
select stream_id, stream_version, topic, state, position, recorded_at, actor, correlation, causation
from log.fact
where position >= $1 and position <= $2 and topic = any($4)
order by position limit $3"""
# Everybody reads `log.fact`: what is left of an erased event stands there in its place.
SELECT_POSITIONS = """
select stream_id, stream_version, topic, state, position, recorded_at, actor, correlation, causation
from log.fact where position = any($1) order by position"""
SELECT_STREAM_RECORDED = """
select stream_id, stream_version, topic, state, position, recorded_at, actor, correlation, causation
from log.fact where stream_id = $1 and stream_version between $2 and $3 order by stream_version"""
SIZE = "select nullif(size, 0) from log.head"
POSITION_AT = "select log.position_at($1)"
SELECT_COMMAND = """
select h.size, c.digest, c.first_position, c.last_position
from log.head h left join log.command c on c.actor = $1 and c.key = $2"""


class Recorder:
    """The log. Open it with `Recorder.open`; one for each process."""

    def __init__(self, database: Database, clock: Clock, *, patience_s: float = PATIENCE_S):
        self.database = database
        self.writer = Writer(database, clock, patience_s=patience_s)
        self.listener = Listener(database)
        self.own = OwnWrites()
        # What this process has written it need not be told.
        self.writer.committed = self.listener.hear

    @classmethod
    @asynccontextmanager
    async def open(
        cls, database: Database, clock: Clock, *, patience_s: float = PATIENCE_S
    ) -> AsyncIterator["Recorder"]:
        """A recorder at work. On leaving, what is queued is still written.

        `patience_s`: how long an append waits for a database that is away.
        """
        recorder = cls(database, clock, patience_s=patience_s)
        recorder.writer.start()
        recorder.listener.start()
        try:
            yield recorder
        finally:
            await recorder.listener.stop()
            await recorder.writer.stop()

    # -- writing

    async def insert_events(
        self,
        stored_events: Sequence[StoredEvent],
        *,
        origin: Origin | None = None,
        command: CommandKey | None = None,
    ) -> Positions:
        """Append all the events or none of them; their positions. Durable when it returns.

        A stream begins with version 0 or 1 and goes on with the next. A command key that its actor used
        before brings the positions it brought then, marked as repeated; no events bring no positions, and
        leave their key unused. Without an origin the actor is `system`.

        Raises VersionConflict (the library's IntegrityError), IdempotencyConflict, Unstorable (the library's
        DataError), StoreUnavailable: nothing was recorded; OutcomeUnknown: nobody can say yet.
        """
        if not stored_events:
            return Positions(())
        origin = origin or Origin("system", uuid4())
        positions = await self.writer.append(stored_events, origin, command)
        if not positions.repeated:
            self.own.wrote(positions, [cast(UUID, event.originator_id) for event in stored_events])
        return positions

    async def answered(self, actor: str, command: CommandKey) -> Positions | None:
        """The positions that the actor's key has brought, or None; IdempotencyConflict if it was another
        command's."""
        _, positions = await self.size_and_answer(actor, command)
        return positions

    async def size_and_answer(self, actor: str, command: CommandKey) -> tuple[int, Positions | None]:
        """How far the log goes, and what `answered` says, as of one moment."""
        size, digest, first, last = await self.database.fetchrow(SELECT_COMMAND, actor, command.key)
        if digest is None:
            return size, None
        if digest != command.digest:
            raise IdempotencyConflict(command.key)
        return size, Positions(range(first, last + 1)).again()

    # -- reading

    async def select_events(
        self,
        originator_id: UUID,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> list[StoredEvent]:
        """A stream's events, in the order of versions or the other way round."""
        statement = SELECT_STREAM_BACKWARDS if desc else SELECT_STREAM
        after = -1 if gt is None else gt
        last = LAST_VERSION if lte is None else lte
        rows = await self.database.fetch(statement, originator_id, after, last, limit)
        return [StoredEvent(*row) for row in rows]

    async def select_streams(self, originator_ids: Sequence[UUID]) -> list[StoredEvent]:
        """The events of several streams, one stream after the other, each in its order."""
        rows = await self.database.fetch(SELECT_STREAMS, list(originator_ids))
        return [StoredEvent(*row) for row in rows]

    async def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> list[Recorded]:
        """Events from `start` (or behind it) to `stop`, at most `limit`, of these topics or of all."""
        first = (start or 0) + (0 if inclusive_of_start else 1)
        last = LAST_POSITION if stop is None else stop
        if topics:
            rows = await self.database.fetch(SELECT_TOPICS, first, last, limit, list(topics))
        else:
            rows = await self.database.fetch(SELECT_LOG, first, last, limit)
        return [Recorded(*row) for row in rows]

    async def select_positions(self, positions: Sequence[int]) -> list[Recorded]:
        """The events at these positions, in order; those that are not there are left out."""
        return [Recorded(*row) for row in await self.database.fetch(SELECT_POSITIONS, list(positions))]

    async def select_stream(
        self, originator_id: UUID, last: int = LAST_VERSION, first: int = 0
    ) -> list[Recorded]:
        """A stream's events with their envelopes, from one version to another, both with it."""
        rows = await self.database.fetch(SELECT_STREAM_RECORDED, originator_id, first, last)
        return [Recorded(*row) for row in rows]

    async def max_notification_id(self) -> int | None:
        """The last position, or None while the log is empty."""
        position: int | None = await self.database.fetchval(SIZE)
        return position

    async def position_at(self, moment: datetime) -> int:
        """The last position recorded at or before the moment; 0 if there is none."""
        position: int = await self.database.fetchval(POSITION_AT, moment)
        return position

    # -- following

    def subscribe(self, gt: int | None = None, topics: Sequence[str] = ()) -> Subscription:
        """Every event behind `gt`, in order, for ever: those that are there, then those that come.

        Woken by the database; looks by itself as well, so that a lost notification costs a second, never an
        event.
        """
        return Subscription(self._page, self.listener, gt, topics)

    async def grown(self, timeout: float = POLL_S) -> None:  # noqa: ASYNC109
        """Return when the log has grown, at the latest after `timeout` seconds."""
        bell = self.listener.bell()
        with suppress(TimeoutError):
            await asyncio.wait_for(bell.wait(), timeout)

    async def _page(self, after: int, limit: int, until: int, topics: Sequence[str]) -> list[Recorded]:
        return await self.select_notifications(after, limit, until, topics, inclusive_of_start=False)
