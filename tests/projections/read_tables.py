"""Recording histories in a real log, and looking at the read tables that come of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager

from eventsourcing.persistence import StoredEvent

from domain.aggregate import Event
from projections import PROJECTIONS
from projections.projection import Projection
from service.store.clock import SystemClock
from service.store.codec import encode
from service.store.database import Database
from service.store.recorder import Recorder
from service.tables.schema import LIVE, checkpoints, listed, quoted, table_names, version_name
from tests.databases import READY, Preparation, new_database
from tests.patience import PATIENCE_S

Shown = dict[str, list[str]]


@asynccontextmanager
async def city_log(server: str, like: Preparation = READY) -> AsyncIterator[Recorder]:
    """A recorder on a new database, for tests that need many."""
    async with (
        new_database(server, like) as dsn,
        await Database.open(dsn, size=4) as database,
        Recorder.open(database, SystemClock()) as log,
    ):
        yield log


async def record(recorder: Recorder, events: Sequence[Event]) -> int:
    """Append the events in one transaction; the position of the last."""
    stored = [
        StoredEvent(e.originator_id, e.originator_version, e.TOPIC, encode(e))  # type: ignore[attr-defined]
        for e in events
    ]
    positions = await recorder.insert_events(stored)
    return positions[-1] if positions else await recorder.max_notification_id() or 0


async def shown(
    database: Database, projections: Iterable[Projection] = PROJECTIONS, schema: str = LIVE
) -> Shown:
    """Every row of every table, versions included, as text."""
    tables: Shown = {}
    for projection in projections:
        for table in projection.tables:
            for name in (table.name, *([version_name(table)] if table.keep_versions else [])):
                key = listed((*table.key, *(["valid_from"] if name != table.name else [])))
                rows = await database.fetch(f"select t::text from {schema}.{quoted(name)} t order by {key}")
                tables[name] = [row[0] for row in rows]
    return tables


async def positions(database: Database, projections: Sequence[Projection] = PROJECTIONS) -> dict[str, int]:
    async with database.acquire() as connection:
        known = await checkpoints(connection, projections)
    return {name: checkpoint.position for name, checkpoint in known.items()}


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    """Wait until the condition holds."""
    async with asyncio.timeout(PATIENCE_S):
        while not await holds():  # noqa: ASYNC110 - it is PostgreSQL that is waited for
            await asyncio.sleep(0.01)


async def next_tables(database: Database, projections: Iterable[Projection] = PROJECTIONS) -> set[str]:
    """The tables of these projections that are in the making."""
    names = [name for projection in projections for name in table_names(projection)]
    rows = await database.fetch(
        "select tablename from pg_tables where schemaname = 'read_next' and tablename = any($1)", names
    )
    return {row[0] for row in rows}
