"""So many at a time, first come, first served.

`asyncio.Semaphore` keeps the order too, but costs a coroutine and a generator where nobody waits.
"""

import asyncio
from collections import deque


class GateClosed(Exception):
    """Nobody is let in any more."""


class Gate:
    """`places` to be taken and given back."""

    def __init__(self, places: int):
        self._places = places
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._closed = False

    def try_enter(self) -> bool:
        """Take a place if one is free now; otherwise `enter`, which waits."""
        if self._places == 0 or self._closed:
            return False
        self._places -= 1
        return True

    async def enter(self) -> None:
        """Take a place once one is free, behind those who wait already. GateClosed if it closes before."""
        if self.try_enter():
            return
        if self._closed:
            raise GateClosed
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled() and turn.exception() is None:
                self.leave()
            raise

    def leave(self, places: int = 1) -> None:
        """Give places back."""
        while places and self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                # Handed on, and never free in between: who comes now stands behind.
                turn.set_result(None)
                places -= 1
        self._places += places

    def close(self) -> None:
        """Turn away those who wait, and whoever comes."""
        self._closed = True
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_exception(GateClosed())
