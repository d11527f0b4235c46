"""Following the log from a position on: every event, in order, for ever."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from types import TracebackType
from typing import Self

from service.store.envelope import Recorded
from service.store.listener import LOST, Listener

PAGE = 500
# How far one page looks for the topics it is asked for.
REACH = 10_000
RETRY_S = 0.25

Select = Callable[[int, int, int, Sequence[str]], Awaitable[list[Recorded]]]


class Subscription:
    """An async iterator over the events behind a position: those that are there, then those that come.

    It survives the database's absence, and ends when it is stopped or closed. One task reads it at a time.
    """

    def __init__(self, select: Select, listener: Listener, gt: int | None, topics: Sequence[str]):
        """`select(after, limit, until, topics)` reads a page of the log."""
        self._select = select
        self._listener = listener
        self._seen = gt or 0
        self._topics = tuple(topics)
        self._page: deque[Recorded] = deque()
        self._stopped = False
        self._bell = listener.bell()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Recorded:
        while not self._page and not self._stopped:
            await self._turn_page()
        if self._stopped:
            raise StopAsyncIteration
        return self._page.popleft()

    def stop(self) -> None:
        """End the iteration, also for whoever waits in it."""
        self._stopped = True
        self._bell.set()

    async def aclose(self) -> None:
        self.stop()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    async def _turn_page(self) -> None:
        self._bell.clear()
        until = self._listener.position
        if until <= self._seen:
            await self._bell.wait()
            return
        if self._topics:
            until = min(until, self._seen + REACH)
        try:
            page = await self._select(self._seen, PAGE, until, self._topics)
        except LOST:
            await asyncio.sleep(RETRY_S)
            return
        self._page.extend(page)
        # A page that is not full holds all there is up to `until`.
        self._seen = page[-1].id if len(page) == PAGE else until
