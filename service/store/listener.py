"""How a process learns that the log has grown: one LISTEN connection for all who follow, and a look every
second.

A notification may be lost with the connection that would have brought it; the look finds what it announced.
The connection is made anew whenever it is gone.
"""

import asyncio
import logging
from contextlib import suppress
from typing import Any
from weakref import WeakSet

import asyncpg

from service.store.database import Database

log = logging.getLogger(__name__)

CHANNEL = "duban_log"
NAME = "duban log listener"
POLL_S = 1.0
RETRY_S = 0.25
ANSWER_S = 5.0

LAST_POSITION = "select coalesce(max(position), 0) from log.event"

# What a connection raises that is lost, refused, or too slow to be of use.
LOST = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)


class Listener:
    """The last position this process has heard of. It only grows."""

    def __init__(self, database: Database, *, poll_s: float = POLL_S):
        self.position = 0
        self._database = database
        self._poll_s = poll_s
        self._bells: WeakSet[asyncio.Event] = WeakSet()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="log listener")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    def hear(self, position: int) -> None:
        """The log has grown to this position: wake everyone who waits."""
        if position > self.position:
            self.position = position
            for bell in self._bells:
                bell.set()

    def bell(self) -> asyncio.Event:
        """An event that is set whenever the log has grown, for as long as somebody holds it. Whoever takes it
        clears it."""
        bell = asyncio.Event()
        self._bells.add(bell)
        return bell

    async def _run(self) -> None:
        while True:
            try:
                await self._follow()
            except LOST as error:
                log.warning("the log listener lost its connection: %s", error or type(error).__name__)
            await asyncio.sleep(RETRY_S)

    async def _follow(self) -> None:
        connection = await self._database.connect(NAME)
        try:
            gone = asyncio.Event()
            connection.add_termination_listener(lambda _: gone.set())
            await connection.add_listener(CHANNEL, self._notified)
            while not gone.is_set():
                self.hear(await connection.fetchval(LAST_POSITION, timeout=ANSWER_S))
                with suppress(TimeoutError):
                    await asyncio.wait_for(gone.wait(), self._poll_s)
        finally:
            connection.terminate()

    def _notified(self, _connection: Any, _process: int, _channel: str, payload: object) -> None:
        self.hear(int(str(payload)))
