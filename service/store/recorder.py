"""The library's application recorder, async: the log as everyone else sees it.

Same names and meaning as `eventsourcing.persistence.ApplicationRecorder`; notification ids are the positions.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import asyncpg
from eventsourcing.persistence import Notification, StoredEvent

from service.store.clock import Clock
from service.store.database import Database
from service.store.writer import (
    CHANNEL,
    UNREACHABLE,
    CommandKey,
    IdempotencyConflict,
    Origin,
    StoreUnavailable,
    VersionConflict,
    Writer,
)

__all__ = [
    "CommandKey",
    "IdempotencyConflict",
    "Origin",
    "Recorded",
    "Recorder",
    "StoreUnavailable",
    "VersionConflict",
]

POLL_SECONDS = 1.0
PAGE = 500

SELECT_STREAM = """
select stream_id, stream_version, topic, state from log.event
where stream_id = $1 and ($2::integer is null or stream_version > $2)
    and ($3::integer is null or stream_version <= $3)
order by stream_version {direction} limit $4"""
SELECT_LOG = """
select stream_id, stream_version, topic, state, position, recorded_at, actor, correlation, causation from
log.event
where position >= $1 and ($2::bigint is null or position <= $2) and ($3::text[] is null or topic = any($3))
order by position limit $4"""
MAX_POSITION = "select nullif(size, 0) from log.head"
POSITION_AT = """
select coalesce((select position from log.event where recorded_at <= $1
    order by recorded_at desc, position desc limit 1), 0)"""
SELECT_COMMAND = "select digest, first_position, last_position from log.command where actor = $1 and key = $2"


@dataclass(frozen=True)
class Recorded(Notification):
    """An event with its position (`id`) and the rest of its envelope."""

    recorded_at: datetime
    actor: str
    correlation: UUID
    causation: int | None


class Recorder:
    """The log. Open it with `Recorder.open`; one for each process."""

    def __init__(self, database: Database, clock: Clock):
        self.database = database
        self.writer = Writer(database.dsn, clock)
        self.writer.committed = self._wake
        # Replaced each time the log has grown, so that everyone who waits is woken once.
        self._grown = asyncio.Event()

    @classmethod
    @asynccontextmanager
    async def open(cls, database: Database, clock: Clock) -> AsyncIterator["Recorder"]:
        recorder = cls(database, clock)
        recorder.writer.start()
        listener = asyncio.create_task(recorder._listen(), name="log listener")
        try:
            yield recorder
        finally:
            listener.cancel()
            with suppress(asyncio.CancelledError):
                await listener
            await recorder.writer.stop()

    # -- writing

    async def insert_events(
        self,
        stored_events: Sequence[StoredEvent],
        *,
        origin: Origin | None = None,
        command: CommandKey | None = None,
    ) -> list[int]:
        """Append all or nothing; the positions. Without an origin the actor is `system`.

        A command key that was used before brings the positions it brought then. Raises VersionConflict,
        IdempotencyConflict, StoreUnavailable.
        """
        if not stored_events:
            return []
        return await self.writer.append(stored_events, origin or Origin("system", uuid4()), command)

    async def answered(self, actor: str, command: CommandKey) -> list[int] | None:
        """The positions the key has brought, or None; IdempotencyConflict if it was another command's."""
        row = await self.database.fetchrow(SELECT_COMMAND, actor, command.key)
        if row is None:
            return None
        if bytes(row[0]) != command.digest:
            raise IdempotencyConflict(command.key)
        return list(range(row[1], row[2] + 1))

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
        """A stream's events in the order of versions, or the other way round."""
        statement = SELECT_STREAM.format(direction="desc" if desc else "asc")
        rows = await self.database.fetch(statement, originator_id, gt, lte, limit)
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
        """Events from `start` to `stop`, at most `limit`, of these topics or of all."""
        first = (start or 0) + (0 if inclusive_of_start else 1)
        rows = await self.database.fetch(SELECT_LOG, first, stop, list(topics) or None, limit)
        return [Recorded(*row) for row in rows]

    async def max_notification_id(self) -> int | None:
        """The last position, or None while the log is empty."""
        position: int | None = await self.database.fetchval(MAX_POSITION)
        return position

    async def position_at(self, moment: datetime) -> int:
        """The last position recorded at or before the moment; 0 if there is none."""
        position: int = await self.database.fetchval(POSITION_AT, moment)
        return position

    # -- following

    async def subscribe(self, gt: int | None = None, topics: Sequence[str] = ()) -> AsyncIterator[Recorded]:
        """Every event behind `gt`, in order, for ever: those that are there, then those that come.

        Woken by the database; looks by itself as well, so that a lost wake-up costs a second, never an event.
        """
        position = gt or 0
        while True:
            grown = self._grown
            page = await self.select_notifications(position, PAGE, topics=topics, inclusive_of_start=False)
            for recorded in page:
                yield recorded
                position = recorded.id
            if len(page) < PAGE:
                with suppress(TimeoutError):
                    await asyncio.wait_for(grown.wait(), POLL_SECONDS)

    async def grown(self, timeout: float = POLL_SECONDS) -> None:  # noqa: ASYNC109
        """Return when the log may have grown: at once when it does, at the latest after `timeout` seconds."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._grown.wait(), timeout)

    def _wake(self, *_: Any) -> None:
        self._grown.set()
        self._grown = asyncio.Event()

    async def _listen(self) -> None:
        """Hear of other processes' commits; over a connection that is made anew whenever it is lost."""
        while True:
            with suppress(*UNREACHABLE):
                await self._listen_while_connected()
            await asyncio.sleep(POLL_SECONDS / 4)

    async def _listen_while_connected(self) -> None:
        connection = await asyncpg.connect(
            self.database.dsn, server_settings={"application_name": "duban log listener"}
        )
        try:
            lost = asyncio.Event()
            connection.add_termination_listener(lambda _: lost.set())
            await connection.add_listener(CHANNEL, self._wake)
            # What came before there was anyone to hear it.
            self._wake()
            await lost.wait()
        finally:
            connection.terminate()
