"""Rebuilding projections: they are built anew beside the live ones, and switched.

1. The tables are made in `read_next`, without indexes; whatever an earlier rebuild left is dropped.
2. The log is folded once for all of them, here or in several processes; rows go in by COPY. Rows that may
   change again stay in memory as long as there is room.
3. Indexes are made, statistics gathered, and the events that came meanwhile are folded.
4. For each projection, in one transaction: its checkpoint is locked, so that the live one stands still; the
   last events are folded; the live tables are dropped and the new ones take their place.

A crash before the fourth step leaves the live tables as they were. A projection whose fold fails is left out;
the others are switched all the same, and `RebuildFailed` names it.
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import aclosing, contextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg

from projections.fold import Changes, Folding
from projections.projection import FOREVER, AnyFact, Projection, Table
from service import Failure
from service.store.database import Database
from service.tables.bulk_load import BulkLoad
from service.tables.facts import (
    Row,
    Share,
    Stop,
    facts_of,
    fold_facts,
    handled_topics,
    ignored_topics,
    read_log,
    read_share,
)
from service.tables.rows import REFUSED, hold_rows, own_connection, write_changes
from service.tables.schema import (
    LOCK_CHECKPOINT,
    NEXT,
    REBUILD_LOCK,
    Checkpoint,
    create_indexes,
    create_key,
    create_tables,
    drop_tables,
    lock_number,
    quoted,
    replace_live_tables,
    stored_as,
    stored_tables,
)

PAGE = 1_000
"""Events read at once, by each who reads a share."""

SLICE = 100
"""Events decoded and folded at once: few, so that they are still in the processor's cache when they are
written, and so that whoever else runs in this process waits some milliseconds at most."""

CATCH_UP = 1_000
"""Events folded at once when little is left to do."""

HELD_ROWS = 50_000
"""Rows of one projection kept in memory before they are written and forgotten."""

STATISTICS = 20
"""How closely new tables are looked at: enough for the first plans; autovacuum looks again."""

SWITCH_ATTEMPTS = 600
SWITCH_PAUSE_SECONDS = 0.1

Progress = Callable[[int, int], None]
"""Told how many events are folded, and how many there are."""

Load = Callable[[asyncpg.Connection, Sequence[Projection]], Awaitable[Mapping[str, Stop]]]
"""Folds the log up to the position that is known as its last into the tables of `read_next`, which are there
and empty. Those that stopped, by name. The connection holds the rebuild locks."""


class RebuildUnderWay(Failure):
    """Another process is rebuilding the projection."""


class RebuildFailed(Failure):
    """Some projections could not be built; their live tables are untouched."""


async def rebuild_by(load: Load, database: Database, projections: Sequence[Projection], total: int) -> None:
    """Build these projections anew from the log, whose last position is `total` or more by now. The read
    schema is there.

    Raises RebuildUnderWay, RebuildFailed.
    """
    async with own_connection(database) as connection:
        for projection in projections:
            number = lock_number(projection.name)
            if not await connection.fetchval("select pg_try_advisory_lock($1, $2)", REBUILD_LOCK, number):
                raise RebuildUnderWay(f"{projection.name} is being rebuilt by another process")
        try:
            await Rebuild(database, connection, projections, total).run(load)
        except REFUSED as error:
            raise RebuildFailed(f"the rows are refused: {error}") from error


@contextmanager
def _rare_collection() -> Iterator[None]:
    """With the cyclic garbage collector at work much less often. Folding makes no cycles, but it
    keeps many small objects for a while, and walking through them again and again takes half the time."""
    thresholds = gc.get_threshold()
    gc.set_threshold(100 * thresholds[0], *(10 * threshold for threshold in thresholds[1:]))
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)


@dataclass
class _Work:
    """One projection being built: what is folded so far, up to which position, and where it stopped."""

    projection: Projection
    folding: Folding
    position: int = 0
    stop: Stop | None = None

    def fold(self, facts: Sequence[AnyFact]) -> None:
        if facts:
            self.stop = fold_facts(self.folding, facts)
            self.position = facts[-1].position


class Loading:
    """One reading of the log, or of a share of its streams, folded into the tables of `read_next`."""

    def __init__(
        self,
        database: Database,
        connection: asyncpg.Connection,
        projections: Sequence[Projection],
        total: int,
        progress: Progress,
        share: Share,
    ):
        self._database = database
        self._connection = connection
        self._total = total
        self._progress = progress
        self._share = share
        self._ignored = ignored_topics(projections)
        self._works = [_Work(p, Folding(p, complete=True)) for p in projections]

    @property
    def _alive(self) -> list[_Work]:
        return [work for work in self._works if work.stop is None]

    async def run(self) -> dict[str, Stop]:
        """Those that stopped, by name."""
        async with own_connection(self._database) as other:
            projections = [work.projection for work in self._works]
            async with BulkLoad.open(other, NEXT, projections) as load:
                with _rare_collection():
                    await self._load(load)
        return {work.projection.name: work.stop for work in self._works if work.stop is not None}

    async def _load(self, load: BulkLoad) -> None:
        handled = handled_topics(work.projection for work in self._works)
        self._progress(0, self._total)
        async with aclosing(self._pages()) as pages:
            async for last, page in pages:
                for start in range(0, len(page), SLICE):
                    facts = facts_of(page[start : start + SLICE], handled)
                    topics = frozenset([fact.topic for fact in facts])
                    for work in self._alive:
                        # Most projections care for few kinds of events, which come seldom.
                        if not work.folding.ignores(topics):
                            await self._fold(load, work, facts)
                    # The sockets of the next page and of the rows under way get their turn.
                    await asyncio.sleep(0)
                self._progress(last, self._total)
        for work in self._alive:
            await self._put(load, work.folding.drain())
        await load.flush()

    async def _pages(self) -> AsyncGenerator[tuple[int, list[Row]]]:
        """The log as it is now, a page at a time, and how far the page reaches; the next one is read while
        this one is folded."""
        ends = [*range(PAGE * self._share.of, self._total, PAGE * self._share.of), self._total]
        coming = asyncio.create_task(self._page(0, ends[0]))
        try:
            for last, then in zip(ends, [*ends[1:], self._total], strict=True):
                page = await coming
                coming = asyncio.create_task(self._page(last, then))
                yield last, page
        finally:
            coming.cancel()
            await asyncio.wait([coming])

    async def _page(self, after: int, last: int) -> list[Row]:
        return await read_share(self._database, after, last, self._share, self._ignored)

    async def _fold(self, load: BulkLoad, work: _Work, facts: list[AnyFact]) -> None:
        if wanted := work.folding.wants(facts):
            await load.flush()
            for table, _ in wanted:
                await self._key(table)
            await hold_rows(self._connection, NEXT, work.folding, wanted)
        work.fold(facts)
        if work.stop is None:
            try:
                await self._put(load, work.folding.spill(HELD_ROWS))
            except REFUSED as error:
                work.stop = Stop(facts[0].position, facts[0].topic, f"its rows are refused: {error}")

    async def _put(self, load: BulkLoad, drained: list[Changes]) -> None:
        """New rows are sent by and by; what changes stored rows is written at once."""
        for changes in drained:
            await load.add(changes)
            if changes.changed or changes.gone or changes.closed:
                await load.flush()
                await self._key(changes.table)
                await write_changes(self._connection, NEXT, changes.of_stored_rows())

    async def _key(self, table: Table[Any]) -> None:
        for stored in stored_as(table):
            await create_key(self._connection, NEXT, stored)


class Rebuild:
    """One rebuild of some projections, over a connection that holds their rebuild locks."""

    def __init__(
        self,
        database: Database,
        connection: asyncpg.Connection,
        projections: Sequence[Projection],
        total: int,
    ):
        self._database = database
        self._connection = connection
        # As they are once the log is loaded.
        self._works = [_Work(p, Folding(p), total) for p in projections]

    @property
    def _alive(self) -> list[_Work]:
        return [work for work in self._works if work.stop is None]

    async def run(self, load: Load) -> None:
        projections = [work.projection for work in self._works]
        for projection in projections:
            await drop_tables(self._connection, NEXT, projection)
            await create_tables(self._connection, NEXT, projection)
        stops = await load(self._connection, projections)
        for work in self._works:
            work.stop = stops.get(work.projection.name)
        await self._index()
        for work in self._alive:
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

    async def _index(self) -> None:
        """Indexes and statistics, over two connections at once."""
        tables = iter([stored for work in self._alive for stored in stored_tables(work.projection)])

        async def finish(connection: asyncpg.Connection) -> None:
            await connection.execute(f"set default_statistics_target = {STATISTICS}")
            for stored in tables:
                await create_indexes(connection, NEXT, stored)
                await connection.execute(f"analyze {NEXT}.{quoted(stored.name)}")

        async with own_connection(self._database) as other:
            await asyncio.gather(finish(self._connection), finish(other))

    # -- the rest of it, and the switch

    async def _catch_up(self, work: _Work, at_least: int = 0, until: int = FOREVER) -> None:
        """Fold what has come since, up to and with `until`; at the end little or nothing is left, and
        `at_least` is reached."""
        handled = handled_topics([work.projection])
        while True:
            page = await read_log(self._database, work.position, CATCH_UP, until)
            facts = facts_of(page, handled)
            await hold_rows(self._connection, NEXT, work.folding, work.folding.wants(facts))
            work.fold(facts)
            if work.stop is not None:
                return
            for changes in work.folding.drain():
                await write_changes(self._connection, NEXT, changes)
            if len(page) < CATCH_UP and work.position >= at_least:
                return

    async def _switch(self, work: _Work) -> None:
        """Put the new tables in the place of the live ones."""
        await self._catch_up(work)
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
