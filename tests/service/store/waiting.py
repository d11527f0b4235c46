"""Waiting for conditions, never for seconds."""

import asyncio
from collections.abc import Awaitable, Callable

from tests.patience import PATIENCE_S


async def until(condition: Callable[[], Awaitable[object]]) -> None:
    """Return once the condition holds; TimeoutError if it never does."""
    async with asyncio.timeout(PATIENCE_S):
        while not await condition():  # noqa: ASYNC110 - what is waited for happens in the database
            await asyncio.sleep(0.005)
