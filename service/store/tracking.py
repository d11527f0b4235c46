"""How far a consumer of a log has come, kept with what it has made of it: the library's tracking recorder,
async.

With a connection of the caller's, the position moves in the caller's transaction: the rows and the position
are there together or not at all, which makes processing exactly-once.
"""

import asyncio
from collections import defaultdict
from typing import Protocol

import asyncpg
from eventsourcing.persistence import IntegrityError, Tracking, WaitInterruptedError

from service.store.database import Database

# Only ahead: what has been passed is not gone back to, nor filled in.
INSERT = """
insert into log.tracking as t (application_name, notification_id) values ($1, $2)
on conflict (application_name) do update set notification_id = excluded.notification_id
where t.notification_id < excluded.notification_id
returning true"""
MAX = "select notification_id from log.tracking where application_name = $1"

FIRST_LOOK_S = 0.002
LAST_LOOK_S = 0.1


class Interrupt(Protocol):
    """`asyncio.Event`, or the library's `threading.Event`."""

    def is_set(self) -> bool: ...


class TrackingRecorder:
    """Positions, by the name of the application whose log is followed."""

    def __init__(self, database: Database):
        self.database = database
        self._waiting: defaultdict[str, set[asyncio.Event]] = defaultdict(set)

    async def insert_tracking(self, tracking: Tracking, connection: asyncpg.Connection | None = None) -> None:
        """Move on to the position; IntegrityError unless it lies ahead.

        With `connection`: in its transaction; call `announce` once that is committed.
        """
        source = self.database if connection is None else connection
        if not await source.fetchval(INSERT, tracking.application_name, tracking.notification_id):
            raise IntegrityError(f"{tracking.application_name} has passed {tracking.notification_id} already")
        if connection is None:
            self.announce(tracking.application_name)

    def announce(self, application_name: str) -> None:
        """Wake those of this process who wait for the application, before they look by themselves."""
        for bell in self._waiting.get(application_name, ()):
            bell.set()

    async def max_tracking_id(self, application_name: str) -> int | None:
        """The position, or None where nothing was tracked."""
        position: int | None = await self.database.fetchval(MAX, application_name)
        return position

    async def has_tracking_id(self, application_name: str, notification_id: int | None) -> bool:
        """Whether the position has been reached; None always has."""
        if notification_id is None:
            return True
        reached = await self.max_tracking_id(application_name)
        return reached is not None and reached >= notification_id

    async def wait(
        self,
        application_name: str,
        notification_id: int | None,
        timeout: float = 1.0,  # noqa: ASYNC109 - the library's signature
        interrupt: Interrupt | None = None,
    ) -> None:
        """Return once the position has been reached. TimeoutError after `timeout` seconds,
        WaitInterruptedError when `interrupt` is set.

        Looks again after 2 ms, then ever less often, at least each tenth of a second; at once when announced.
        """
        deadline = asyncio.get_running_loop().time() + timeout
        bell, look_s = asyncio.Event(), FIRST_LOOK_S
        self._waiting[application_name].add(bell)
        try:
            while not await self.has_tracking_id(application_name, notification_id):
                if interrupt is not None and interrupt.is_set():
                    raise WaitInterruptedError
                remaining = deadline - asyncio.get_running_loop().time()
                if remaining <= 0:
                    raise TimeoutError(f"{application_name} has not reached {notification_id}")
                await _rung(bell, min(look_s, remaining))
                look_s = min(2 * look_s, LAST_LOOK_S)
        finally:
            self._waiting[application_name].discard(bell)


async def _rung(bell: asyncio.Event, seconds: float) -> None:
    """Return when the bell is rung, at the latest after so many seconds."""
    try:
        async with asyncio.timeout(seconds):
            await bell.wait()
    except TimeoutError:
        return
    bell.clear()
