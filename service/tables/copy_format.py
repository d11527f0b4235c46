"""Rows in the binary format of PostgreSQL's COPY.

Written here because a rebuild would otherwise spend most of its time on it: the driver takes more than a
microsecond for each timestamp, number or array. So every table gets a function of its own, generated from its
columns, that turns a row into bytes without a call for each column.

Format: https://www.postgresql.org/docs/current/sql-copy.html, "Binary Format"; each value is written as its
type's own `send` function would: a length of four bytes (−1 for null), then the value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache, lru_cache
from struct import Struct
from typing import Any

import msgspec

from projections.columns import Column, part_of, row_columns
from projections.projection import Table

HEADER = b"PGCOPY\n\xff\r\n\0" + b"\0" * 8
TRAILER = b"\xff\xff"

REMEMBERED_PARTS = 50_000

RowWriter = Callable[[tuple[Any, ...]], bytes]

_smallint = Struct(">h").pack
_numeric_head = Struct(">ihhhH").pack
_array_head = Struct(">iiiiii").pack
_NEGATIVE = 0x4000
_ELEMENT_TYPE = {  # oids of the built-in types: they never change
    "bigint": 20,
    "integer": 23,
    "text": 25,
    "date": 1082,
    "numeric": 1700,
    "uuid": 2950,
}


@lru_cache(maxsize=50_000)
def _numeric(text: str) -> bytes:
    """A decimal, by its text, because 0.5 and 0.50 are equal and are not the same: groups of four decimal
    digits; the weight is that of the first group, the scale counts digits after the point."""
    sign, digits, exponent = Decimal(text).as_tuple()
    if not isinstance(exponent, int):
        raise ValueError(f"not a finite number: {text}")
    scale = max(-exponent, 0)
    whole = "".join(map(str, digits)) + "0" * max(exponent, 0)
    before, after = (whole[:-scale], whole[-scale:].rjust(scale, "0")) if scale else (whole, "")
    before = before.rjust(-(-len(before) // 4) * 4, "0")
    after = after.ljust(-(-len(after) // 4) * 4, "0")
    weight = len(before) // 4 - 1
    groups = [int((before + after)[n : n + 4]) for n in range(0, len(before) + len(after), 4)]
    while groups and groups[0] == 0:
        groups.pop(0)
        weight -= 1
    while groups and groups[-1] == 0:
        groups.pop()
    if not groups:
        weight, sign = 0, 0
    head = _numeric_head(8 + 2 * len(groups), len(groups), weight, sign * _NEGATIVE, scale)
    return head + b"".join(map(_smallint, groups))


def _text(value: str) -> bytes:
    encoded = value.encode()
    return _NAMES["length"](len(encoded)) + encoded


def _date(value: date) -> bytes:
    return _NAMES["four"](4, value.toordinal() - _NAMES["EPOCH_DAY"])


_ELEMENT: dict[str, Callable[[Any], bytes]] = {
    "bigint": lambda value: _NAMES["eight"](8, value),
    "text": _text,
    "date": _date,
    "numeric": lambda value: _numeric(str(value)),
    "uuid": lambda value: _NAMES["UUID_LENGTH"] + value.int.to_bytes(16),
}


@cache
def _packer(count: int) -> Callable[..., bytes]:
    return Struct(f">{2 * count}i").pack


def _integers(values: Sequence[int]) -> bytes:
    cells = [4] * (2 * len(values))
    cells[1::2] = values
    return _packer(len(values))(*cells)


def _moment_writer() -> Callable[[datetime], bytes]:
    """Events that were recorded together have one moment, the same object: it is written once."""
    last: datetime | None = None
    written = b""

    def write_moment(moment: datetime) -> bytes:
        nonlocal last, written
        if moment is not last:
            since = moment - _NAMES["EPOCH"]
            microseconds = (since.days * 86400 + since.seconds) * 1000000 + since.microseconds
            last, written = moment, _NAMES["eight"](8, microseconds)
        return written

    return write_moment


def _array_writer(element_type: str) -> Callable[[Sequence[Any]], bytes]:
    oid, write = _ELEMENT_TYPE[element_type], _ELEMENT.get(element_type)
    empty = Struct(">iiii").pack(12, 0, 0, oid)

    def write_array(values: Sequence[Any]) -> bytes:
        if not values:
            return empty
        elements = _integers(values) if write is None else b"".join(map(write, values))
        return _array_head(20 + len(elements), 1, 0, oid, len(values), 1) + elements

    return write_array


# What the generated functions know by name. PostgreSQL counts days and microseconds from the year 2000.
_NAMES: dict[str, Any] = {
    "NULL": b"\xff\xff\xff\xff",
    "TRUE": b"\0\0\0\1\1",
    "FALSE": b"\0\0\0\1\0",
    "UUID_LENGTH": b"\0\0\0\x10",
    "EPOCH": datetime(2000, 1, 1, tzinfo=UTC),
    "EPOCH_DAY": date(2000, 1, 1).toordinal(),
    "length": Struct(">i").pack,
    "four": Struct(">ii").pack,
    "eight": Struct(">iq").pack,
    "json_head": Struct(">ib").pack,  # the length, and jsonb's version
    "encode_json": msgspec.json.Encoder(decimal_format="string").encode,
    "numeric": _numeric,
    **{f"array_of_{kind}": _array_writer(kind) for kind in _ELEMENT_TYPE},
}

# A value to the pieces of its column, as expressions; {v} is the value, {n} the number of the column.
_PIECES = {
    "boolean": ("TRUE if {v} else FALSE",),
    "integer": ("four(4, {v})",),
    "bigint": ("eight(8, {v})",),
    "text": ("length(len(b{n} := {v}.encode()))", "b{n}"),
    "bytea": ("length(len({v}))", "{v}"),
    "date": ("four(4, {v}.toordinal() - EPOCH_DAY)",),
    "timestamptz": (
        "eight(8, ((b{n} := {v} - EPOCH).days * 86400 + b{n}.seconds) * 1000000 + b{n}.microseconds)",
    ),
    "numeric": ("numeric(str({v}))",),
    "uuid": ("UUID_LENGTH", "{v}.int.to_bytes(16)"),  # as `bytes` does, without its call
    "jsonb": ("json_head(len(b{n} := encode_json({v})) + 1, 1)", "b{n}"),
}


def _pieces(column: Column, value: str, n: int) -> str:
    """The expressions that write a column, separated by commas."""
    element, array, _ = column.type.partition("[]")
    pieces = (f"array_of_{element}({{v}})",) if array else _PIECES[column.type]
    if not column.nullable:
        return ", ".join(piece.format(v=value, n=n) for piece in pieces)
    whole = " + ".join(f"({piece.format(v=f'v{n}', n=n)})" for piece in pieces)
    return f"NULL if (v{n} := {value}) is None else {whole}"


def row_writer(table: Table[Any], *, versions: bool = False) -> RowWriter:
    """A function from a stored row (`projections.fold.Stored` or, with `versions`, `Version`) to its bytes.

    The part of a row that seldom changes is written once, and remembered until it has changed.
    """
    part = part_of(table)
    described = row_columns(table)
    in_part = 0 if part is None else len(part.__struct_fields__)
    own = [c for c in described[in_part:] if not (versions and c.name in table.unversioned)]
    pieces = [_pieces(c, f"row.{c.name}", n) for n, c in enumerate(own)]
    pieces += ["eight(8, position)", "moment(changed_at)"]
    if versions:
        pieces += ["eight(8, position)", "eight(8, valid_to)"]
    lines = [
        "def write(stored):",
        f"    row, position, changed_at{', valid_to' if versions else ''} = stored",
    ]
    if part is not None:
        of_part = [_pieces(c, f"part.{c.name}", n) for n, c in enumerate(described[:in_part])]
        lines += [
            f"    part = row.{table.row.__struct_fields__[0]}",
            "    known = memory.get(id(part))",
            "    if known is None:",
            f"        if len(memory) >= {REMEMBERED_PARTS}: memory.clear()",
            # With the part itself, so that its id stays its own.
            f"        memory[id(part)] = known = part, join((COUNT, {', '.join(of_part)}))",
        ]
    lines.append(f"    return join(({'COUNT' if part is None else 'known[1]'}, {', '.join(pieces)}))")
    count = in_part + len(own) + (4 if versions else 2)
    names: dict[str, Any] = {
        **_NAMES,
        "COUNT": _smallint(count),
        "join": b"".join,
        "memory": {},
        "moment": _moment_writer(),
    }
    exec("\n".join(lines), names)
    write: RowWriter = names["write"]
    return write


def copy_chunks(write: RowWriter, rows: Sequence[tuple[Any, ...]], at_once: int = 100) -> Iterator[bytes]:
    """The rows as a stream of bytes for `COPY … FROM STDIN (FORMAT binary)`."""
    yield HEADER
    for start in range(0, len(rows), at_once):
        yield b"".join(map(write, rows[start : start + at_once]))
    yield TRAILER
