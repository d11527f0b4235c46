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
                await create_indexes(connection, LIVE, projection)
                await connection.execute(OPEN_CHECKPOINT, *identity(projection))
    return tuple(p for p in projections if p.name in known and known[p.name].older_than(p))


async def create_tables(connection: asyncpg.Connection, schema: str, projection: Projection) -> None:
    """The tables of a projection, without any index."""
    for table in projection.tables:
        for name, described in _tables_of(table).items():
            # Room on the page lets an update that touches no indexed column leave the indexes alone.
            room = "" if table.append_only or name != table.name else " with (fillfactor = 80)"
            lines = [f"{quoted(c.name)} {c.type}{'' if c.nullable else ' not null'}" for c in described]
            await connection.execute(f"create table {schema}.{quoted(name)} ({', '.join(lines)}){room}")
            for column in described:
                if column.type in ("jsonb", "bytea"):
                    # Nobody asks for rows by these, and to gather statistics on them takes long.
                    await connection.execute(
                        f"alter table {schema}.{quoted(name)} alter {quoted(column.name)} set statistics 0"
                    )


async def create_keys(connection: asyncpg.Connection, schema: str, table: Table[Any]) -> None:
    """The primary keys of a table and of its versions, unless they are there."""
    for name in _tables_of(table):
        known = await connection.fetchval(HAS_KEY, f"{schema}.{quoted(name)}")
        if not known:
            key = table.key if name == table.name else (*table.key, VALID_FROM)
            await connection.execute(f"alter table {schema}.{quoted(name)} add primary key ({listed(key)})")


async def create_indexes(connection: asyncpg.Connection, schema: str, projection: Projection) -> None:
    """All keys and indexes of a projection's tables."""
    for table in projection.tables:
        await create_keys(connection, schema, table)
    for statement in index_statements(schema, projection):
        await connection.execute(statement)


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


def table_names(projection: Projection) -> list[str]:
    return [name for table in projection.tables for name in _tables_of(table)]


def _tables_of(table: Table[Any]) -> dict[str, tuple[Column, ...]]:
    """The table itself and, where it keeps them, its versions: name and columns."""
    if not table.keep_versions:
        return {table.name: columns(table)}
    return {table.name: columns(table), version_name(table): version_columns(table)}


def version_name(table: Table[Any]) -> str:
    return f"{table.name}_version"


def quoted(name: str) -> str:
    return f'"{name}"'


def listed(names: Iterable[str]) -> str:
    return ", ".join(map(quoted, names))


def index_statements(schema: str, projection: Projection) -> list[str]:
    """One statement for each secondary index."""
    statements = []
    for table in projection.tables:
        for index in table.indexes:
            statements.append(_create_index(schema, table.name, index))
        for index in table.version_indexes:
            statements.append(_create_index(schema, version_name(table), index))
    return statements


def _create_index(schema: str, name: str, index: Index) -> str:
    ordered = []
    for column in index.columns:
        plain, _, order = column.partition(" ")
        ordered.append(f"{quoted(plain)} {order}".strip())
    return f"create index on {schema}.{quoted(name)} using {index.method} ({', '.join(ordered)})"
