"""The bench's log and read tables: the history recorded by our own store, and folded by our own rebuild."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from itertools import islice
from time import perf_counter
from zoneinfo import ZoneInfo

import psycopg
from eventsourcing.persistence import StoredEvent

from domain.aggregate import Event
from projections.projection import topic_of
from service.bench.database import Database
from service.bench.history import TODAY, Extent, streams
from service.bench.peers.views import VIEWS
from service.store import database as pools
from service.store.clock import FixedDayClock
from service.store.codec import encode
from service.store.migrate import migrate
from service.store.recorder import Recorder
from service.tables.rebuild import rebuild

ZONE = ZoneInfo("Asia/Shanghai")
STREAMS_AT_ONCE = 64


@asynccontextmanager
async def recording(database: Database) -> AsyncIterator[tuple[pools.Database, Recorder]]:
    """Our pool and recorder on the database, its log migrated, on the bench's business date."""
    await migrate(database.dsn)
    pool = await pools.Database.open(database.dsn, time_zone=ZONE.key)
    async with pool, Recorder.open(pool, FixedDayClock(TODAY, ZONE)) as recorder:
        yield pool, recorder


def stored(event: Event) -> StoredEvent:
    """As the service stores it."""
    return StoredEvent(event.originator_id, event.originator_version, topic_of(type(event)), encode(event))


async def record(database: Database, extent: Extent) -> int:
    """Record the history; how many events it has. Whole streams queue together, so that commits are few."""
    async with recording(database) as (_, recorder):
        for some in _by_and_by(streams(extent)):
            await asyncio.gather(*(recorder.insert_events([stored(event) for event in one]) for one in some))
        return await recorder.max_notification_id() or 0


def _by_and_by(everything: Iterator[list[Event]]) -> Iterator[list[list[Event]]]:
    while some := list(islice(everything, STREAMS_AT_ONCE)):
        yield some


async def rebuilt_seconds(database: Database, names: Sequence[str] = ()) -> float:
    """How long it takes to build the projections of these names, or every one, anew from the log."""
    async with recording(database) as (pool, recorder):
        began = perf_counter()
        await rebuild(pool, recorder, names)
        return perf_counter() - began


def show_peers(database: Database) -> None:
    """Make the peers' views, and leave the tables as a database at rest has them."""
    with psycopg.connect(database.dsn, autocommit=True) as connection:
        connection.execute(VIEWS)
    settle(database)


def settle(database: Database) -> None:
    """Do at once what PostgreSQL does by and by in the background: vacuum, statistics, writing to disk."""
    with psycopg.connect(database.dsn, autocommit=True) as connection:
        connection.execute("vacuum analyze")
        connection.execute("checkpoint")
