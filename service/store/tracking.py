"""How far a consumer of the log has come, kept with what it has made of it (the library's tracking
recorder)."""

import asyncio
import time
from typing import Any, Protocol

from eventsourcing.persistence import IntegrityError, Tracking, WaitInterruptedError

from service.store.database import Database

INSERT = """
insert into log.tracking as t (application_name, notification_id) values ($1, $2)
on conflict (application_name) do update set notification_id = excluded.notification_id
where t.notification_id < excluded.notification_id returning 1"""
MAX = "select notification_id from log.tracking where application_name = $1"

POLL_SECONDS = 0.05


class Interrupt(Protocol):
    def is_set(self) -> bool: ...


class TrackingRecorder:
    """Positions by the name of the application whose log is followed."""

    def __init__(self, database: Database):
        self.database = database

    async def insert_tracking(self, tracking: Tracking, connection: Any = None) -> None:
        """Move on to the position; IntegrityError unless it lies ahead. With `connection`: in its
        transaction."""
        source = connection or self.database
        moved = await source.fetchval(INSERT, tracking.application_name, tracking.notification_id)
        if moved is None:
            raise IntegrityError(f"{tracking.application_name} has passed {tracking.notification_id}")

    async def max_tracking_id(self, application_name: str) -> int | None:
        position: int | None = await self.database.fetchval(MAX, application_name)
        return position

    async def has_tracking_id(self, application_name: str, notification_id: int | None) -> bool:
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
        """Wait for the position; TimeoutError, or WaitInterruptedError where `interrupt` is set."""
        deadline = time.monotonic() + timeout
        while not await self.has_tracking_id(application_name, notification_id):
            if interrupt is not None and interrupt.is_set():
                raise WaitInterruptedError
            if time.monotonic() >= deadline:
                raise TimeoutError(f"{application_name} has not reached {notification_id}")
            await asyncio.sleep(POLL_SECONDS)
