"""Filling new tables by COPY, beside whoever makes the rows: they are encoded here, and sent over a
connection that does nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from projections.fold import Changes
from projections.projection import Projection, Table
from service.store.listener import LOST
from service.tables.copy_format import HEADER, TRAILER, row_writer
from service.tables.rows import copy_in

BUFFER_BYTES = 500_000
"""So much of one table is sent at once."""

QUEUED = 8
"""So many buffers wait to be sent; then whoever makes rows waits."""


class _Buffer:
    """The encoded rows of one table, or of its versions, that are not sent yet."""

    def __init__(self, table: Table[Any], *, versions: bool):
        self.table = table
        self.versions = versions
        self.write = row_writer(table, versions=versions)
        self.chunks: list[bytes] = []
        self.size = 0

    def add(self, rows: Sequence[tuple[Any, ...]]) -> None:
        if rows:
            chunk = b"".join(map(self.write, rows))
            self.chunks.append(chunk)
            self.size += len(chunk)

    def take(self) -> list[bytes]:
        chunks, self.chunks, self.size = self.chunks, [], 0
        return chunks


class BulkLoad:
    """New rows on their way into the tables of some projections. Open it with `BulkLoad.open`."""

    def __init__(self, connection: asyncpg.Connection, schema: str, projections: Sequence[Projection]):
        self._connection = connection
        self._schema = schema
        self._buffers = {
            (table.name, versions): _Buffer(table, versions=versions)
            for projection in projections
            for table in projection.tables
            for versions in (False, True)
            if table.keep_versions or not versions
        }
        self._queue: asyncio.Queue[tuple[_Buffer, list[bytes]]] = asyncio.Queue(QUEUED)
        self._error: Exception | None = None

    @classmethod
    @asynccontextmanager
    async def open(
        cls, connection: asyncpg.Connection, schema: str, projections: Sequence[Projection]
    ) -> AsyncIterator[BulkLoad]:
        """Over this connection, which is used for nothing else meanwhile. What is not flushed at the end is
        lost."""
        load = cls(connection, schema, projections)
        sending = asyncio.create_task(load._send())
        try:
            yield load
        finally:
            sending.cancel()
            await asyncio.wait([sending])

    async def add(self, changes: Changes) -> None:
        """The new rows and versions among the changes of a table."""
        for versions, rows in ((False, changes.new), (True, changes.versions)):
            if rows:
                buffer = self._buffers[changes.table.name, versions]
                buffer.add(rows)
                if buffer.size >= BUFFER_BYTES:
                    await self._queue.put((buffer, buffer.take()))

    async def flush(self) -> None:
        """Return when everything that was added is in the tables; raises what has gone wrong."""
        for buffer in self._buffers.values():
            if buffer.chunks:
                await self._queue.put((buffer, buffer.take()))
        await self._queue.join()
        if self._error is not None:
            raise self._error

    async def _send(self) -> None:
        while True:
            buffer, chunks = await self._queue.get()
            try:
                if self._error is None:
                    whole = [HEADER, *chunks, TRAILER]
                    await copy_in(
                        self._connection, self._schema, buffer.table, whole, versions=buffer.versions
                    )
            except LOST as error:
                self._error = error
            finally:
                self._queue.task_done()
