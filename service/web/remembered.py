"""Answers that many ask for at once: made once, and kept while the stream they tell of stands where it stood
(and no longer than they are good for).

A hall of five hundred phones asks every few seconds where its box stands, and within seconds of the seal for
the whole of it. All of them get the same; nothing is remembered of who asked.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID

import orjson

from service.store.database import Database

# A sealed box of a large hall is some megabytes.
MOST_KEPT = 8
_VERSION = """
select stream_version from log.event where stream_id = $1 order by stream_version desc limit 1"""


@dataclass(frozen=True)
class Made:
    """An answer, to be written as JSON, and for how many seconds it is good."""

    body: object
    good_for_s: float = math.inf


@dataclass(frozen=True)
class _Kept:
    version: int
    body: bytes
    until_s: float


class Remembered:
    """The bodies of one path, by stream."""

    def __init__(self, database: Database, make: Callable[[UUID], Awaitable[Made]]):
        self._database = database
        self._make = make
        self._kept: dict[UUID, _Kept] = {}
        # Who comes while an answer is made waits for it, and makes no other.
        self._making = asyncio.Lock()

    async def body(self, stream: UUID) -> bytes:
        """The answer as JSON; what `make` raises where there is none."""
        # Asked before the answer is made: an event in between makes the answer younger than its version says,
        # and the next one makes it anew.
        version: int | None = await self._database.fetchval(_VERSION, stream)
        if (known := self._still(stream, version)) is not None:
            return known
        async with self._making:
            if (known := self._still(stream, version)) is not None:
                return known
            made = await self._make(stream)
            body = orjson.dumps(made.body)
            if version is not None:
                self._kept.pop(stream, None)
                if len(self._kept) >= MOST_KEPT:
                    self._kept.pop(next(iter(self._kept)))
                self._kept[stream] = _Kept(version, body, time.monotonic() + made.good_for_s)
            return body

    def _still(self, stream: UUID, version: int | None) -> bytes | None:
        known = self._kept.get(stream)
        if known is None or known.version != version or time.monotonic() >= known.until_s:
            return None
        return known.body
