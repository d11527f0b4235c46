"""The read schema: which tables the projections need, and how they come to be and are replaced.

Live tables are in the schema `read`, with a row for each projection in `read.checkpoint`. A projection that
is built anew grows in `read_next`, beside the live one, and is then moved in place of it in one transaction.

`generation` counts those moves: whoever writes to the live tables names the generation it knows, and is
refused when it has been superseded.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from zlib import crc32

import asyncpg

from projections.columns import Column, columns, fingerprint, version_columns
from projections.projection import VALID_FROM, Index, Projection, Table

LIVE = "read"
NEXT = "read_next"

CREATE_CHECKPOINT = f"""
create table if not exists {LIVE}.checkpoint (
    projection text primary key,
    version integer not null,
    fingerprint text not null,
    tables text[] not null,
    generation integer not null default 1,
    position bigint not null default 0,
    failed_position bigint,
    failed_event text,
    error text,
    updated_at timestamptz not null default clock_timestamp()
) with (fillfactor = 50)"""

SELECT_CHECKPOINTS = f"""
select projection, version, fingerprint, tables, generation, position, failed_position, failed_event, error,
    updated_at
from {LIVE}.checkpoint where projection = any($1::text[]) order by projection"""

OPEN_CHECKPOINT = f"""
insert into {LIVE}.checkpoint (projection, version, fingerprint, tables) values ($1, $2, $3, $4)"""

# A row that does not come back has been superseded, or belongs to another runner's past.
MOVE_CHECKPOINTS = f"""
update {LIVE}.checkpoint c
set position = m.position, failed_position = m.failed_position, failed_event = m.failed_event,
    error = m.error, updated_at = clock_timestamp()
from unnest($1::text[], $2::integer[], $3::bigint[], $4::bigint[], $5::bigint[], $6::text[], $7::text[])
    as m(projection, generation, known, position, failed_position, failed_event, error)
where c.projection = m.projection and c.generation = m.generation and c.position = m.known
returning c.projection"""

LOCK_CHECKPOINT = f"""
select projection, version, fingerprint, tables, generation, position, failed_position, failed_event, error,
    updated_at
from {LIVE}.checkpoint where projection = $1 for update"""

REPLACE_CHECKPOINT = f"""
update {LIVE}.checkpoint
set version = $2, fingerprint = $3, tables = $4, position = $5, generation = generation + 1,
    failed_position = null, failed_event = null, error = null, updated_at = clock_timestamp()
where projection = $1"""

HAS_KEY = "select exists (select from pg_constraint where conrelid = $1::regclass and contype = 'p')"

# Advisory locks are named by two integers; the first says what kind of lock it is.
RUNNER_LOCK, REBUILD_LOCK, SCHEMA_LOCK = 20_200_001, 20_200_002, 20_200_003


def lock_number(name: str) -> int:
    """The second integer of a projection's lock."""
    return crc32(name.encode()) - 2**31


@dataclass(frozen=True)
class Checkpoint:
    """How far a projection has come, and, if it has stopped, at which event and why."""

    projection: str
    version: int
    fingerprint: str
    tables: list[str]
    generation: int
    position: int
    failed_position: int | None
    failed_event: str | None
    error: str | None
    updated_at: Any

    def fits(self, projection: Projection) -> bool:
        """The live tables are those that this code writes."""
        return (self.version, self.fingerprint) == (projection.version, fingerprint(projection))

    def older_than(self, projection: Projection) -> bool:
        """The live tables were built by older code. (Changed without being raised counts too.)"""
        return not self.fits(projection) and self.version <= projection.version


async def checkpoints(
    connection: asyncpg.Connection, projections: Iterable[Projection]
) -> dict[str, Checkpoint]:
    """The checkpoints that there are, by projection."""
    rows = await connection.fetch(SELECT_CHECKPOINTS, [p.name for p in projections])
    return {row["projection"]: Checkpoint(*row) for row in rows}


async def open_read_schema(
    connection: asyncpg.Connection, projections: Sequence[Projection]
) -> tuple[Projection, ...]:
    """Create what is missing; which projections were built by older code and are to be built anew."""
    async with connection.transaction():
        await connection.execute("select pg_advisory_xact_lock($1, 0)", SCHEMA_LOCK)
        for schema in (LIVE, NEXT):
            # Asked first, because "if not exists" needs the right to create even if it exists.
            if await connection.fetchval("select to_regnamespace($1)::oid", schema) is None:
                await connection.execute(f"create schema {schema}")
        await connection.execute(CREATE_CHECKPOINT)
        known = await checkpoints(connection, projections)
        for projection in projections:
            if projection.name not in known:
                await create_tables(connection, LIVE, projection)
                for stored in stored_tables(projection):
                    await create_indexes(connection, LIVE, stored)
                await connection.execute(OPEN_CHECKPOINT, *identity(projection))
    return tuple(p for p in projections if p.name in known and known[p.name].older_than(p))


async def create_tables(connection: asyncpg.Connection, schema: str, projection: Projection) -> None:
    """The tables of a projection, without any index."""
    for stored in stored_tables(projection):
        lines = [f"{quoted(c.name)} {c.type}{'' if c.nullable else ' not null'}" for c in stored.columns]
        # Room on the page lets an update that touches no indexed column leave the indexes alone.
        room = " with (fillfactor = 80)" if stored.changes else ""
        name = f"{schema}.{quoted(stored.name)}"
        await connection.execute(f"create table {name} ({', '.join(lines)}){room}")
        spared = [f"alter {quoted(c.name)} set statistics 0" for c in stored.uncounted()]
        if spared:
            await connection.execute(f"alter table {name} {', '.join(spared)}")


async def create_key(connection: asyncpg.Connection, schema: str, stored: StoredTable) -> None:
    """The primary key, unless it is there. Several processes may want it at once."""
    name = f"{schema}.{quoted(stored.name)}"
    if await connection.fetchval(HAS_KEY, name):
        return
    async with connection.transaction():
        await connection.execute(f"lock table {name} in access exclusive mode")
        if not await connection.fetchval(HAS_KEY, name):
            await connection.execute(f"alter table {name} add primary key ({listed(stored.key)})")


async def create_indexes(connection: asyncpg.Connection, schema: str, stored: StoredTable) -> None:
    """The primary key and all other indexes."""
    await create_key(connection, schema, stored)
    for index in stored.indexes:
        columns = [name.partition(" ") for name in index.columns]
        ordered = ", ".join(f"{quoted(name)} {order}".strip() for name, _, order in columns)
        await connection.execute(
            f"create index on {schema}.{quoted(stored.name)} using {index.method} ({ordered})"
        )


async def drop_tables(connection: asyncpg.Connection, schema: str, projection: Projection) -> None:
    """Drop whatever tables of these names the schema has."""
    for name in table_names(projection):
        await connection.execute(f"drop table if exists {schema}.{quoted(name)}")


async def replace_live_tables(
    connection: asyncpg.Connection, projection: Projection, live: Checkpoint, position: int
) -> None:
    """Put the tables of `read_next`, which stand at `position`, in the place of the live ones. Within the
    caller's transaction, which has locked the checkpoint."""
    rows = await connection.fetch(
        "select tablename from pg_tables where schemaname = $1 and tablename = any($2::text[])",
        LIVE,
        [*live.tables, *table_names(projection)],
    )
    old = ", ".join(sorted(f"{LIVE}.{quoted(row['tablename'])}" for row in rows))
    if old:
        await connection.execute(f"lock table {old} in access exclusive mode")
        await connection.execute(f"drop table {old}")
    for name in table_names(projection):
        await connection.execute(f"alter table {NEXT}.{quoted(name)} set schema {LIVE}")
    await connection.execute(REPLACE_CHECKPOINT, *identity(projection), position)


def identity(projection: Projection) -> tuple[str, int, str, list[str]]:
    """Name, version, fingerprint and tables, as a checkpoint keeps them."""
    return projection.name, projection.version, fingerprint(projection), table_names(projection)


_LONG = ("jsonb", "bytea", "text")


@dataclass(frozen=True)
class StoredTable:
    """A table as PostgreSQL has it: that of the rows, or that of their versions."""

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    indexes: tuple[Index, ...]
    changes: bool

    def uncounted(self) -> list[Column]:
        """Columns that no plan depends on, and on which it takes long to gather statistics: long ones that
        are in no index."""
        indexed = {name.partition(" ")[0] for index in self.indexes for name in index.columns}
        long = [c for c in self.columns if c.type in _LONG or c.type.endswith("[]")]
        return [column for column in long if column.name not in indexed and column.name not in self.key]


def stored_tables(projection: Projection) -> list[StoredTable]:
    """Each table of the projection and, where it keeps them, its versions."""
    return [stored for table in projection.tables for stored in stored_as(table)]


def stored_as(table: Table[Any]) -> list[StoredTable]:
    rows = StoredTable(table.name, columns(table), table.key, table.indexes, not table.append_only)
    if not table.keep_versions:
        return [rows]
    key = (*table.key, VALID_FROM)
    name, described = version_name(table), version_columns(table)
    return [rows, StoredTable(name, described, key, table.version_indexes, changes=False)]


def table_names(projection: Projection) -> list[str]:
    return [stored.name for stored in stored_tables(projection)]


def version_name(table: Table[Any]) -> str:
    return f"{table.name}_version"


def quoted(name: str) -> str:
    return f'"{name}"'


def listed(names: Iterable[str]) -> str:
    return ", ".join(map(quoted, names))
