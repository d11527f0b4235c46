"""The columns of a read table, derived from the annotations of its row.

- UUID, str, bytes, bool: uuid, text, bytea, boolean; date, datetime, Decimal: date, timestamptz, numeric
- int: integer; `BigInt`: bigint
- tuple[X, ...] of one of these: an array of it
- tuple[X, ...] of objects (msgspec structs, dataclasses): jsonb, an array of objects with Decimals as
  strings; a struct says `rename="camel"` for names of two words
- X | None: the same, nullable; everything else is not null
- a struct as the first field of the row: its fields, in its place
"""

from __future__ import annotations

import dataclasses
import hashlib
import types
import typing
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Annotated, Any, get_args, get_origin
from uuid import UUID

import msgspec

from projections.projection import CHANGED_AT, POSITION, VALID_FROM, VALID_TO, Projection, Table

BigInt = Annotated[int, "bigint"]

_SCALARS: dict[Any, str] = {
    UUID: "uuid",
    str: "text",
    bytes: "bytea",
    bool: "boolean",
    int: "integer",
    BigInt: "bigint",
    date: "date",
    datetime: "timestamptz",
    Decimal: "numeric",
}


@dataclass(frozen=True)
class Column:
    """`objects` is the annotation of a jsonb column, which says how to decode it; None for all others."""

    name: str
    type: str
    nullable: bool = False
    objects: Any = None


_FRAMEWORK = (Column(POSITION, "bigint"), Column(CHANGED_AT, "timestamptz"))
_VALIDITY = (Column(VALID_FROM, "bigint"), Column(VALID_TO, "bigint"))


@cache
def part_of(table: Table[Any]) -> type[msgspec.Struct] | None:
    """The struct that is the first field of the row, if there is one."""
    first = typing.get_type_hints(table.row)[table.row.__struct_fields__[0]]
    return first if isinstance(first, type) and issubclass(first, msgspec.Struct) else None


@cache
def row_columns(table: Table[Any]) -> tuple[Column, ...]:
    """The columns of the row itself, in the order of its fields."""
    part = part_of(table)
    if part is None:
        return _columns_of(table.row, table.row.__struct_fields__)
    return _columns_of(part, part.__struct_fields__) + _columns_of(table.row, table.row.__struct_fields__[1:])


def _columns_of(struct: type[msgspec.Struct], fields: tuple[str, ...]) -> tuple[Column, ...]:
    hints = typing.get_type_hints(struct, include_extras=True)
    return tuple(_column(struct, name, hints[name]) for name in fields)


def columns(table: Table[Any]) -> tuple[Column, ...]:
    """The columns of the table: those of the row, then `position` and `changed_at`."""
    return row_columns(table) + _FRAMEWORK


def version_columns(table: Table[Any]) -> tuple[Column, ...]:
    """The columns of the table of versions: those of the table that are kept, and the validity."""
    return tuple(c for c in columns(table) if c.name not in table.unversioned) + _VALIDITY


def key_columns(table: Table[Any]) -> tuple[Column, ...]:
    by_name = {column.name: column for column in columns(table)}
    return tuple(by_name[name] for name in table.key)


def _column(struct: type[msgspec.Struct], name: str, hint: Any) -> Column:
    nullable = False
    if get_origin(hint) in (typing.Union, types.UnionType):
        options = [option for option in get_args(hint) if option is not type(None)]
        nullable = len(options) < len(get_args(hint))
        hint = options[0] if len(options) == 1 else hint
    if hint in _SCALARS:
        return Column(name, _SCALARS[hint], nullable)
    if get_origin(hint) is tuple:
        element, *rest = get_args(hint)
        if rest == [...] and element in _SCALARS:
            return Column(name, f"{_SCALARS[element]}[]", nullable)
        if rest == [...] and _is_object(element):
            return Column(name, "jsonb", nullable, hint)
    raise TypeError(f"{struct.__name__}.{name}: no column type for {hint!r}")


@cache
def fingerprint(projection: Projection) -> str:
    """A digest of the declared version and of the shape of every table: it differs when either does."""
    lines = [f"{projection.name} {projection.version}"]
    for table in projection.tables:
        lines.append(f"{table.name} key {table.key} versions {table.keep_versions} {table.unversioned}")
        lines.extend(f"  {c.name} {c.type} {c.nullable} {_shape(c.objects)}" for c in columns(table))
        lines.extend(f"  index {index}" for index in (*table.indexes, *table.version_indexes))
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def _is_object(element: Any) -> bool:
    return isinstance(element, type) and (
        issubclass(element, msgspec.Struct) or dataclasses.is_dataclass(element)
    )


def _shape(objects: Any) -> str:
    """The JSON Schema of the objects, as text."""
    return "" if objects is None else str(msgspec.json.schema(objects))
