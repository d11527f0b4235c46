"""Rows of the read tables in and out of PostgreSQL, in bulk.

New rows go in by COPY, changed ones by prepared upserts sent in one go; both in the caller's transaction.
"""

from __future__ import annotations

import struct
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from functools import cache
from itertools import compress
from typing import Any

import asyncpg
import msgspec
from msgspec.structs import astuple

from projections.columns import Column, columns, key_columns, part_of, version_columns
from projections.fold import Changes, Folding, Stored, Version
from projections.projection import VALID_FROM, VALID_TO, Key, Table
from service.store.database import Database
from service.tables.copy_format import RowWriter, copy_chunks, row_writer
from service.tables.schema import listed, quoted, version_name

FEW_ROWS = 8
"""Up to so many new rows are inserted one by one, which takes fewer round trips than COPY."""

# What says that the rows of a projection cannot be read, encoded or written, however often it is tried.
# Everything else is the connection's, or the server's, and passes.
REFUSED = (
    asyncpg.DataError,
    asyncpg.IntegrityConstraintViolationError,
    asyncpg.SyntaxOrAccessError,
    asyncpg.ProgramLimitExceededError,
    ArithmeticError,
    AttributeError,
    LookupError,
    TypeError,
    ValueError,
    msgspec.MsgspecError,
    struct.error,
)

# PostgreSQL's binary form of jsonb: a version byte, then the JSON text.
_JSONB_VERSION = b"\x01"
_encode_json = msgspec.json.Encoder(decimal_format="string").encode


@asynccontextmanager
async def own_connection(database: Database) -> AsyncIterator[asyncpg.Connection]:
    """A connection of one's own, for the advisory locks and the transactions of projections.

    Its commits do not wait for the disk: what a crash loses is folded again from the log.
    """
    connection = await database.connect("duban projections", synchronous_commit="off")
    try:
        await connection.set_type_codec(
            "jsonb",
            schema="pg_catalog",
            encoder=lambda value: _JSONB_VERSION + _encode_json(value),
            decoder=lambda stored: stored[1:],
            format="binary",
        )
        yield connection
    finally:
        await connection.close(timeout=5)


async def hold_rows(
    connection: asyncpg.Connection, schema: str, folding: Folding, wanted: list[tuple[Table[Any], list[Key]]]
) -> None:
    """Give the folding the stored rows it wants; keys that are not there are left out."""
    for table, keys in wanted:
        arguments = [keys] if len(table.key) == 1 else [list(values) for values in zip(*keys, strict=True)]
        build = _builder(table)
        for stored in await connection.fetch(_select(schema, table), *arguments):
            folding.hold(table, *build(stored))


async def write_changes(connection: asyncpg.Connection, schema: str, changes: Changes) -> None:
    """Write what has changed in one table, and its versions."""
    table = changes.table
    if changes.gone:
        await connection.executemany(_delete(schema, table), [_as_tuple(table, key) for key in changes.gone])
    if changes.changed:
        await connection.executemany(_upsert(schema, table), map(_values(table), changes.changed))
    if changes.new:
        await _insert(connection, schema, table, changes.new)
    if changes.closed:
        await connection.executemany(
            _close_version(schema, table),
            [(*_as_tuple(table, key), start, end) for key, start, end in changes.closed],
        )
    if changes.versions:
        await _insert(connection, schema, table, changes.versions, versions=True)


async def _insert(
    connection: asyncpg.Connection,
    schema: str,
    table: Table[Any],
    rows: Sequence[tuple[Any, ...]],
    *,
    versions: bool = False,
) -> None:
    if len(rows) > FEW_ROWS:
        chunks = copy_chunks(_writer(table, versions), rows)
        await copy_in(connection, schema, table, chunks, versions=versions)
        return
    name, described = _stored_as(table, versions)
    values = _version_values(table) if versions else _values(table)
    await connection.executemany(_insert_statement(schema, name, described), map(values, rows))


async def copy_in(
    connection: asyncpg.Connection,
    schema: str,
    table: Table[Any],
    chunks: Iterable[bytes],
    *,
    versions: bool = False,
) -> None:
    """COPY what `service.tables.copy_format` has written into a table, or into its table of versions."""
    name, described = _stored_as(table, versions)

    async def source() -> AsyncIterator[bytes]:
        for chunk in chunks:
            yield chunk

    await connection.copy_to_table(
        name, schema_name=schema, columns=[c.name for c in described], source=source(), format="binary"
    )


def _stored_as(table: Table[Any], versions: bool) -> tuple[str, tuple[Column, ...]]:
    return (version_name(table), version_columns(table)) if versions else (table.name, columns(table))


@cache
def _writer(table: Table[Any], versions: bool) -> RowWriter:
    return row_writer(table, versions=versions)


@cache
def _values(table: Table[Any]) -> Callable[[Stored], tuple[Any, ...]]:
    """From a stored row to the values of all columns."""
    if part_of(table) is None:
        return lambda stored: (*astuple(stored[0]), *stored[1:])

    def values(stored: Stored) -> tuple[Any, ...]:
        part, *others = astuple(stored[0])
        return (*astuple(part), *others, *stored[1:])

    return values


@cache
def _version_values(table: Table[Any]) -> Callable[[Version], tuple[Any, ...]]:
    """From a version to the values of all columns that are kept."""
    of_row = _values(table)
    kept = [column.name not in table.unversioned for column in columns(table)]

    def values(version: Version) -> tuple[Any, ...]:
        row, position, changed_at, valid_to = version
        return (*compress(of_row((row, position, changed_at)), kept), position, valid_to)

    return values


def _as_tuple(table: Table[Any], key: Key) -> tuple[Any, ...]:
    return (key,) if len(table.key) == 1 else tuple(key)  # type: ignore[arg-type]


@cache
def _builder(table: Table[Any]) -> Callable[[asyncpg.Record], tuple[Key, msgspec.Struct, int, Any]]:
    """From a stored record to key, row, position and time of change."""
    converters = [_converter(column) for column in columns(table)]
    part = part_of(table)
    size = 0 if part is None else len(part.__struct_fields__)
    names = [column.name for column in columns(table)]
    places = [names.index(name) for name in table.key]

    def build(stored: asyncpg.Record) -> tuple[Key, msgspec.Struct, int, Any]:
        values = [
            convert(value) if convert and value is not None else value
            for convert, value in zip(converters, stored, strict=True)
        ]
        key = values[places[0]] if len(places) == 1 else tuple(values[place] for place in places)
        changed_at, position = values.pop(), values.pop()
        row = table.row(*values) if part is None else table.row(part(*values[:size]), *values[size:])
        return key, row, position, changed_at

    return build


def _converter(column: Column) -> Callable[[Any], Any] | None:
    if column.objects is not None:
        return msgspec.json.Decoder(column.objects).decode
    return tuple if column.type.endswith("[]") else None


@cache
def _select(schema: str, table: Table[Any]) -> str:
    selected = ", ".join(f"t.{quoted(c.name)}" for c in columns(table))
    source = f"select {selected} from {schema}.{quoted(table.name)} t"
    keys = key_columns(table)
    if len(keys) == 1:
        return f"{source} where t.{quoted(keys[0].name)} = any($1::{keys[0].type}[])"
    arrays = ", ".join(f"${n}::{c.type}[]" for n, c in enumerate(keys, 1))
    return f"{source} join unnest({arrays}) as k({listed(table.key)}) using ({listed(table.key)})"


@cache
def _insert_statement(schema: str, name: str, described: tuple[Column, ...]) -> str:
    values = ", ".join(f"${n}" for n in range(1, len(described) + 1))
    return f"insert into {schema}.{quoted(name)} ({listed(c.name for c in described)}) values ({values})"


@cache
def _upsert(schema: str, table: Table[Any]) -> str:
    described = columns(table)
    changed = [quoted(c.name) for c in described if c.name not in table.key]
    return (
        f"{_insert_statement(schema, table.name, described)} on conflict ({listed(table.key)}) do update set "
        + ", ".join(f"{name} = excluded.{name}" for name in changed)
    )


@cache
def _delete(schema: str, table: Table[Any]) -> str:
    return f"delete from {schema}.{quoted(table.name)} where {_matching(table)}"


@cache
def _close_version(schema: str, table: Table[Any]) -> str:
    n = len(table.key)
    return (
        f"update {schema}.{quoted(version_name(table))} set {VALID_TO} = ${n + 2}"
        f" where {_matching(table)} and {VALID_FROM} = ${n + 1}"
    )


def _matching(table: Table[Any]) -> str:
    return " and ".join(f"{quoted(name)} = ${n}" for n, name in enumerate(table.key, 1))
