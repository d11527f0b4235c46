"""Rebuild without a stop: projections are built anew beside the live ones, and switched.

1. The tables are made in `read_next`, without indexes; whatever an earlier rebuild left is dropped.
2. The whole log is folded once for all of them; rows go in by COPY. Rows that may change again stay in memory
   as long as there is room.
3. Indexes are made, statistics gathered, and the events that came meanwhile are folded.
4. For each projection, in one transaction: its checkpoint is locked, so that the live one stands still; the
   last events are folded; the live tables are dropped and the new ones take their place.

A crash before the fourth step leaves the live tables as they were. A projection whose fold fails is left out;
the others are switched all the same, and `RebuildFailed` names it.
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg

from projections import PROJECTIONS
from projections.fold import Changes, Folding
from projections.projection import AnyFact, Projection, Table
from service import BadInput, Failure
from service.copy_format import HEADER, TRAILER, row_writer
from service.facts import Row, Stop, facts_of, fold_facts, handled_topics, read_log
from service.read_rows import copy_in, hold_rows, own_connection, write_changes
from service.read_schema import (
    LOCK_CHECKPOINT,
    NEXT,
    REBUILD_LOCK,
    Checkpoint,
    create_indexes,
    create_keys,
    create_tables,
    drop_tables,
    lock_number,
    open_read_schema,
    replace_live_tables,
    table_names,
)
from service.store.database import Database
from service.store.recorder import Recorder

PAGE = 1_000
"""Events read at once."""

SLICE = 200
"""Events decoded and folded at once: few, so that they are still in the processor's cache when they are
written, and so that whoever else runs in this process waits some milliseconds at most."""

CATCH_UP = 1_000
"""Events folded at once when little is left to do."""

HELD_ROWS = 50_000
"""Rows of one projection kept in memory before they are written and forgotten."""

BUFFER_BYTES = 1_000_000
SWITCH_ATTEMPTS = 600
SWITCH_PAUSE_SECONDS = 0.1

Progress = Callable[[int, int], None]
"""Told how many events are folded, and how many there are."""


class RebuildUnderWay(Failure):
    """Another process is rebuilding the projection."""


class RebuildFailed(Failure):
    """Some projections could not be built; their live tables are untouched."""


async def rebuild(
    database: Database,
    recorder: Recorder,
    names: Iterable[str] = (),
    progress: Progress | None = None,
    projections: Sequence[Projection] = PROJECTIONS,
) -> None:
    """Build the projections of these names anew (all, when none is named) and switch to them.

    Raises BadInput for an unknown name, RebuildUnderWay, RebuildFailed.
    """
    chosen = _chosen(tuple(names), projections)
    async with own_connection(database) as connection:
        await open_read_schema(connection, projections)
        for projection in chosen:
            await _claim(connection, projection)
        await Rebuild(database, connection, recorder, chosen, progress or (lambda done, total: None)).run()


def _chosen(names: tuple[str, ...], projections: Sequence[Projection]) -> list[Projection]:
    known = {p.name: p for p in projections}
    if unknown := [name for name in names if name not in known]:
        raise BadInput(f"no such projection: {', '.join(unknown)}; there are {', '.join(known)}")
    return [p for p in projections if not names or p.name in names]


async def _claim(connection: asyncpg.Connection, projection: Projection) -> None:
    number = lock_number(projection.name)
    if not await connection.fetchval("select pg_try_advisory_lock($1, $2)", REBUILD_LOCK, number):
        raise RebuildUnderWay(f"{projection.name} is being rebuilt by another process")


@contextmanager
def _rare_collection() -> Iterator[None]:
    """With the cyclic garbage collector at work a hundred times less often. Folding makes no cycles, but it
    keeps many small objects for a while, and walking through them again and again takes half the time."""
    thresholds = gc.get_threshold()
    gc.set_threshold(100 * thresholds[0], *thresholds[1:])
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)


class _Loader:
    """One table being filled by COPY; rows gather until there are enough of them."""

    def __init__(self, connection: asyncpg.Connection, table: Table[Any], *, versions: bool):
        self._connection = connection
        self._table = table
        self._versions = versions
        self._write = row_writer(table, versions=versions)
        self._chunks: list[bytes] = []
        self.size = 0

    def add(self, rows: Sequence[tuple[Any, ...]]) -> None:
        if rows:
            chunk = b"".join(map(self._write, rows))
            self._chunks.append(chunk)
            self.size += len(chunk)

    async def flush(self) -> None:
        if self._chunks:
            chunks, self._chunks, self.size = self._chunks, [], 0
            chunks = [HEADER, *chunks, TRAILER]
            await copy_in(self._connection, NEXT, self._table, chunks, versions=self._versions)


@dataclass
class _Work:
    """One projection being built: what is folded so far, up to which position."""

    projection: Projection
    folding: Folding
    loaders: dict[str, tuple[_Loader, _Loader | None]]
    position: int = 0
    stop: Stop | None = None


class Rebuild:
    """One rebuild of some projections, over one connection that holds their rebuild locks."""

    def __init__(
        self,
        database: Database,
        connection: asyncpg.Connection,
        recorder: Recorder,
        projections: Sequence[Projection],
        progress: Progress,
    ):
        self._database = database
        self._connection = connection
        self._recorder = recorder
        self._progress = progress
        self._copying: asyncio.Task[None] | None = None
        self._works = [_Work(p, Folding(p, complete=True), self._loaders(p)) for p in projections]

    def _loaders(self, projection: Projection) -> dict[str, tuple[_Loader, _Loader | None]]:
        connection = self._connection
        return {
            t.name: (
                _Loader(connection, t, versions=False),
                _Loader(connection, t, versions=True) if t.keep_versions else None,
            )
            for t in projection.tables
        }

    @property
    def _alive(self) -> list[_Work]:
        return [work for work in self._works if work.stop is None]

    async def run(self) -> None:
        for work in self._works:
            await drop_tables(self._connection, NEXT, work.projection)
            await create_tables(self._connection, NEXT, work.projection)
        try:
            with _rare_collection():
                await self._load()
        finally:
            if self._copying is not None:
                self._copying.cancel()
                await asyncio.wait([self._copying])
        for work in self._alive:
            await create_indexes(self._connection, NEXT, work.projection)
            for name in table_names(work.projection):
                await self._connection.execute(f'analyze {NEXT}."{name}"')
        for work in self._alive:
            await self._catch_up(work)
            await self._switch(work)
        stopped = {work.projection: work.stop for work in self._works if work.stop is not None}
        for projection in stopped:
            await drop_tables(self._connection, NEXT, projection)
        if stopped:
            raise RebuildFailed(
                "; ".join(
                    f"{p.name}: {s.topic} at position {s.position}: {s.error}" for p, s in stopped.items()
                )
            )

    # -- the bulk of the log
    async def _load(self) -> None:
        """Fold the log as it is now; the rows go into the tables of `read_next`."""
        handled = handled_topics(work.projection for work in self._works)
        total = await self._recorder.max_notification_id() or 0
        self._progress(0, total)
        async for page in self._pages(total):
            for start in range(0, len(page), SLICE):
                await self._fold_slice(page[start : start + SLICE], handled)
                # The sockets of the next page and of the rows under way get their turn.
                await asyncio.sleep(0)
            await self._copied()
            self._copying = asyncio.create_task(self._copy_full())
            self._progress(page[-1][0], total)
        await self._copied()
        for work in self._alive:
            await self._put(work, work.folding.drain())
            await self._flush(work)

    async def _pages(self, total: int) -> AsyncIterator[list[Row]]:
        """The log up to `total`, a page at a time; the next one is read while this one is folded."""
        position = 0
        coming = asyncio.create_task(read_log(self._database, position, PAGE, total))
        try:
            while page := await coming:
                position = page[-1][0]
                coming = asyncio.create_task(read_log(self._database, position, PAGE, total))
                yield page
        finally:
            coming.cancel()

    async def _fold_slice(self, page: list[Row], handled: frozenset[str]) -> None:
        facts = facts_of(page, handled)
        for work in self._alive:
            if wanted := work.folding.wants(facts):
                await self._flush(work)
                for table, _ in wanted:
                    await create_keys(self._connection, NEXT, table)
                await hold_rows(self._connection, NEXT, work.folding, wanted)
            _fold(work, facts)
            if work.stop is None:
                await self._put(work, work.folding.spill(HELD_ROWS))

    async def _put(self, work: _Work, drained: list[Changes]) -> None:
        """Gather new rows for COPY; write at once what changes stored rows."""
        for changes in drained:
            rows, versions = work.loaders[changes.table.name]
            rows.add(changes.new)
            if versions is not None:
                versions.add(changes.versions)
            if changes.changed or changes.gone or changes.closed:
                await self._flush(work)
                await create_keys(self._connection, NEXT, changes.table)
                await write_changes(self._connection, NEXT, changes.of_stored_rows())

    async def _flush(self, work: _Work) -> None:
        await self._copied()
        for loaders in work.loaders.values():
            for loader in loaders:
                if loader is not None:
                    await loader.flush()

    async def _copy_full(self) -> None:
        for work in self._alive:
            for loaders in work.loaders.values():
                for loader in loaders:
                    if loader is not None and loader.size >= BUFFER_BYTES:
                        await loader.flush()

    async def _copied(self) -> None:
        """Wait until the COPY under way, if any, is done: the connection does one thing at a time."""
        copying, self._copying = self._copying, None
        if copying is not None:
            await copying

    # -- the rest of it, and the switch

    async def _catch_up(self, work: _Work, at_least: int = 0) -> None:
        """Fold what has come since; at the end little or nothing is left, and `at_least` is reached."""
        handled = handled_topics([work.projection])
        while True:
            page = await read_log(self._database, work.position, CATCH_UP)
            facts = facts_of(page, handled)
            await hold_rows(self._connection, NEXT, work.folding, work.folding.wants(facts))
            _fold(work, facts)
            if work.stop is not None:
                return
            for changes in work.folding.drain():
                await write_changes(self._connection, NEXT, changes)
            if len(page) < CATCH_UP and work.position >= at_least:
                return

    async def _switch(self, work: _Work) -> None:
        """Put the new tables in the place of the live ones."""
        for _ in range(SWITCH_ATTEMPTS):
            reached = work.position
            try:
                async with self._connection.transaction():
                    # Shorter than PostgreSQL's deadlock_timeout, so that it is never a reader who gives way.
                    await self._connection.execute("set local lock_timeout = '200ms'")
                    live = Checkpoint(*await self._connection.fetchrow(LOCK_CHECKPOINT, work.projection.name))
                    await self._catch_up(work, live.position)
                    if work.stop is None:
                        await replace_live_tables(self._connection, work.projection, live, work.position)
                return
            except (asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError):
                # What was folded within the transaction is undone with it.
                work.folding, work.position = Folding(work.projection), reached
                await asyncio.sleep(SWITCH_PAUSE_SECONDS)
        raise RebuildFailed(
            f"{work.projection.name}: the live tables are in use all the time; try again later"
        )


def _fold(work: _Work, facts: Sequence[AnyFact]) -> None:
    if facts:
        work.stop = fold_facts(work.folding, facts)
        work.position = facts[-1].position
