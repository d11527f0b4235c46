"""The live read tables compared with what the log makes of them anew, without switching to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import asyncpg

from projections import PROJECTIONS
from projections.fold import Folding
from projections.projection import Projection
from service.store.database import Database
from service.tables.facts import Share, Stop
from service.tables.rebuild_work import Loading, Rebuild, RebuildFailed, RebuildUnderWay, _Work
from service.tables.rows import own_connection
from service.tables.schema import (
    LIVE,
    LOCK_CHECKPOINT,
    NEXT,
    REBUILD_LOCK,
    Checkpoint,
    checkpoints,
    drop_tables,
    listed,
    lock_number,
    quoted,
    stored_tables,
)

SHOWN = 20

Difference = tuple[str, str, int | None]
"""The projection, what is different, and the position of the event that the row is of."""


async def differences(
    database: Database, projections: Sequence[Projection] = PROJECTIONS
) -> list[Difference]:
    """What is different, at most some rows of each table; nothing for tables that nobody has built yet.

    Tables are built in the schema for rebuilds, under its locks, and dropped. While the rows of a projection
    are compared, the live one stands still.
    """
    found: list[Difference] = []
    async with own_connection(database) as connection:
        if await connection.fetchval("select to_regclass('read.checkpoint') is null"):
            return found
        known = await checkpoints(connection, projections)
        chosen = []
        for projection in projections:
            checkpoint = known.get(projection.name)
            if checkpoint is None or not checkpoint.fits(projection):
                found.append((projection.name, "its tables were built by other code, or not at all", None))
                continue
            if checkpoint.failed_position is not None:
                said = f"it has stopped: {checkpoint.failed_event}: {checkpoint.error}"
                found.append((projection.name, said, checkpoint.failed_position))
                continue
            if not await connection.fetchval(
                "select pg_try_advisory_lock($1, $2)", REBUILD_LOCK, lock_number(projection.name)
            ):
                raise RebuildUnderWay(f"{projection.name} is being rebuilt by another process")
            chosen.append(projection)
        # Where the hindmost live one is: none is behind what is folded at first.
        total = min((known[projection.name].position for projection in chosen), default=0)
        comparison = _Comparison(database, connection, chosen, total)

        async def load(own: asyncpg.Connection, built: Sequence[Projection]) -> Mapping[str, Stop]:
            return await Loading(database, own, built, total, lambda done, all_: None, Share()).run()

        try:
            await comparison.run(load)
        except RebuildFailed as failed:
            found.append((str(failed).partition(":")[0], f"it cannot be built anew: {failed}", None))
        return found + comparison.found


class _Comparison(Rebuild):
    """A rebuild that in the end compares instead of switching."""

    def __init__(self, *arguments: Any):
        super().__init__(*arguments)
        self.found: list[Difference] = []

    async def _switch(self, work: _Work) -> None:
        projection = work.projection
        async with self._connection.transaction():
            live = Checkpoint(*await self._connection.fetchrow(LOCK_CHECKPOINT, projection.name))
            await self._catch_up(work, until=live.position)
            if work.position != live.position:
                said = f"it says that it is at {live.position}; the log ends at {work.position}"
                self.found.append((projection.name, said, None))
            if work.stop is None:
                await self._compare(projection)
        work.folding = Folding(projection)
        await drop_tables(self._connection, NEXT, projection)

    async def _compare(self, projection: Projection) -> None:
        for stored in stored_tables(projection):
            columns = listed(column.name for column in stored.columns)
            sides = {LIVE: "is not what the log says", NEXT: "is missing, or is another"}
            for side, other in ((LIVE, NEXT), (NEXT, LIVE)):
                rows = await self._connection.fetch(
                    f"select {quoted('position')}, {listed(stored.key)} from ("
                    f"select {columns} from {side}.{quoted(stored.name)} except all"
                    f" select {columns} from {other}.{quoted(stored.name)}) t order by 1 limit {SHOWN}"
                )
                for row in rows:
                    key = ", ".join(str(value) for value in tuple(row)[1:])
                    said = f"row {key} of {stored.name} {sides[side]}"
                    self.found.append((projection.name, said, row[0]))
