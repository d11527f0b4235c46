"""Rows in and out of PostgreSQL: what is copied in, inserted or upserted comes back as it was."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import Struct
from msgspec.structs import replace

from projections.columns import BigInt
from projections.fold import Changes, Folding
from projections.projection import FOREVER, Projection, Table
from service.store.database import Database
from service.tables import rows as read_rows
from service.tables.copy_format import row_writer
from service.tables.rows import hold_rows, own_connection, write_changes
from service.tables.schema import create_indexes, create_tables, stored_tables


@dataclass(frozen=True)
class Piece:
    name: str
    size: Decimal | None


class Part(Struct, frozen=True):
    id: UUID
    name: str
    tags: tuple[str, ...]
    note: str | None


class Everything(Struct, frozen=True):
    part: Part
    ordinal: int
    large: BigInt
    truth: bool
    day: date | None
    moment: datetime
    figure: Decimal | None
    numbers: tuple[int, ...]
    ids: tuple[UUID, ...]
    days: tuple[date, ...]
    figures: tuple[Decimal, ...]
    pieces: tuple[Piece, ...] | None
    packed: bytes
    places: tuple[BigInt, ...] = ()


TABLE = Table("everything", Everything, ("id", "ordinal"), keep_versions=True, unversioned=("packed",))
PROJECTION = Projection("everything", 1, (TABLE,))

TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)
DAYS = st.dates()
FIGURES = st.decimals(allow_nan=False, allow_infinity=False, places=6) | st.decimals(
    allow_nan=False, allow_infinity=False
).filter(lambda d: abs(d.adjusted()) < 60)
MOMENTS = st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1)).flatmap(  # noqa: DTZ001 - the zone comes with it
    lambda naive: st.integers(-12, 14).map(lambda h: naive.replace(tzinfo=timezone(timedelta(hours=h))))
)


def some(values: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(values, max_size=4).map(tuple)


INTEGERS = st.integers(-(2**31), 2**31 - 1)
ROWS = st.builds(
    Everything,
    part=st.builds(Part, st.uuids(), TEXTS, some(TEXTS), st.none() | TEXTS),
    ordinal=INTEGERS,
    large=st.integers(-(2**63), 2**63 - 1),
    truth=st.booleans(),
    day=st.none() | DAYS,
    moment=MOMENTS,
    figure=st.none() | FIGURES,
    numbers=some(INTEGERS),
    ids=some(st.uuids()),
    days=some(DAYS),
    figures=some(FIGURES),
    pieces=st.none() | some(st.builds(Piece, TEXTS, st.none() | FIGURES)),
    packed=st.binary(max_size=30),
    places=some(st.integers(-(2**63), 2**63 - 1)),
)


@pytest.mark.parametrize("few", [0, 10_000], ids=["copied", "inserted"])
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(ROWS, min_size=1, max_size=12, unique_by=lambda row: (row.part.id, row.ordinal)),
    moment=MOMENTS,
)
async def test_what_is_written_comes_back(
    database: Database, monkeypatch: pytest.MonkeyPatch, few: int, rows: list[Everything], moment: datetime
) -> None:
    monkeypatch.setattr(read_rows, "FEW_ROWS", few)
    async with own_connection(database) as connection:
        transaction = connection.transaction()
        await transaction.start()
        await connection.execute("create schema scratch")
        await create_tables(connection, "scratch", PROJECTION)
        for stored_table in stored_tables(PROJECTION):
            await create_indexes(connection, "scratch", stored_table)
        stored: list[Any] = [(row, n, moment) for n, row in enumerate(rows, 1)]
        versions: list[Any] = [(row, n, moment, FOREVER) for n, row in enumerate(rows, 1)]
        await write_changes(connection, "scratch", Changes(TABLE, new=stored, versions=versions))
        assert await held(connection, rows) == stored
        changed: list[Any] = [
            (replace(row, truth=not row.truth, packed=b""), n + 50, moment) for row, n, _ in stored
        ]
        closed: list[Any] = [((row.part.id, row.ordinal), n, n + 50) for row, n, _ in stored]
        await write_changes(connection, "scratch", Changes(TABLE, changed=changed, closed=closed))
        assert await held(connection, rows) == changed
        kept = await connection.fetch("select position, valid_from, valid_to from scratch.everything_version")
        assert sorted(map(tuple, kept)) == [(n, n, n + 50) for _, n, _ in stored]
        await write_changes(connection, "scratch", Changes(TABLE, gone=[key for key, *_ in closed]))
        assert await held(connection, rows) == []
        await transaction.rollback()


async def held(connection: Any, rows: list[Everything]) -> list[Any]:
    folding = Folding(PROJECTION)
    await hold_rows(connection, "scratch", folding, [(TABLE, [(r.part.id, r.ordinal) for r in rows])])
    state = folding._states["everything"].rows.values()
    found = [(h.row, h.position, h.changed_at) for h in state]
    return sorted(found, key=lambda stored: stored[1])


async def test_digits_are_kept(database: Database) -> None:
    """0.5 and 0.50 are equal, and are not the same."""
    figures = tuple(
        map(Decimal, ("0.5", "0.50", "-0.0001", "10000", "1E+3", "123456789012345.654321", "0", "0.00"))
    )
    row = Everything(
        Part(UUID(int=1), "", (), None), 1, 1, True, None, datetime(2020, 1, 1, tzinfo=UTC), None,
        (), (), (), figures, None, b"",
    )  # fmt: skip
    async with own_connection(database) as connection:
        await connection.execute("create schema scratch")
        await create_tables(connection, "scratch", PROJECTION)
        rows: list[Any] = [(replace(row, ordinal=n), 1, row.moment) for n in range(20)]
        await write_changes(connection, "scratch", Changes(TABLE, new=rows))
        texts = await connection.fetchval("select figures::text[] from scratch.everything limit 1")
    assert texts == ["0.5", "0.50", "-0.0001", "10000", "1000", "123456789012345.654321", "0", "0.00"]


def test_a_part_is_written_again_only_when_it_has_changed() -> None:
    class Counting:
        count = 0

        def __init__(self, value: str):
            self.value = value

        def encode(self) -> bytes:
            Counting.count += 1
            return self.value.encode()

    write = row_writer(TABLE)
    moment = datetime(2020, 1, 1, tzinfo=UTC)
    part = Part(UUID(int=1), Counting("名称"), (), None)  # type: ignore[arg-type]
    row = Everything(part, 1, 1, True, None, moment, None, (), (), (), (), None, b"")
    first = write((row, 1, moment))
    assert write((replace(row), 1, moment)) == first
    assert Counting.count == 1
    assert write((replace(row, part=replace(part, note="备注")), 1, moment)) != first
    assert Counting.count == 2


def test_what_is_no_number_is_refused() -> None:
    row = Everything(
        Part(UUID(int=1), "", (), None), 1, 1, True, None, datetime(2020, 1, 1, tzinfo=UTC), Decimal("NaN"),
        (), (), (), (), None, b"",
    )  # fmt: skip
    with pytest.raises(ValueError, match="NaN"):
        row_writer(TABLE)((row, 1, row.moment))
