"""The framework: handlers, versions, deletions, and what it refuses."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from msgspec import Struct
from msgspec.structs import replace

from projections.columns import BigInt, Column, columns, fingerprint, row_columns, version_columns
from projections.fold import Changes, Folding, RowExists, RowMissing
from projections.projection import (
    FOREVER,
    AnyFact,
    Fact,
    Index,
    Projection,
    Table,
    Undecodable,
    UnknownEvent,
)


class Opened:
    TOPIC = "test.opened"

    def __init__(self, key: int, size: int = 1):
        self.key, self.size = key, size


class Counted(Opened):
    TOPIC = "test.counted"


class Gone(Opened):
    TOPIC = "test.gone"


class Unheard(Opened):
    TOPIC = "test.unheard"


class Tally(Struct, frozen=True):
    key: int
    count: int


class Seat(Struct, frozen=True):
    key: int
    ordinal: int


def recorded(*events: Opened, after: int = 0) -> list[AnyFact]:
    moment = datetime(2020, 1, 1, tzinfo=UTC)
    return [Fact(e, e.TOPIC, n, moment, "someone") for n, e in enumerate(events, after + 1)]


def tallies(*, keep_versions: bool = True, ignores: tuple[Any, ...] = (Unheard,)) -> Projection:
    tally = Table("tally", Tally, ("key",), keep_versions=keep_versions)
    tally.begins(Opened, key=lambda fact: fact.event.key)(lambda fact: Tally(fact.event.key, 0))  # type: ignore
    tally.changes(Counted, key=lambda fact: fact.event.key)(  # type: ignore
        lambda row, fact: row if fact.event.size == 0 else replace(row, count=row.count + fact.event.size)
    )
    tally.changes(Gone, key=lambda fact: fact.event.key)(lambda row, fact: None)  # type: ignore
    return Projection("tallies", 1, (tally,), ignores)


def only(changes: list[Changes]) -> Changes:
    assert len(changes) == 1
    return changes[0]


def test_rows_and_their_versions() -> None:
    folding = Folding(tallies(), complete=True)
    folding.fold(recorded(Opened(7), Counted(7), Counted(7, 0), Counted(7, 5)))
    changes = only(folding.drain())
    moment = datetime(2020, 1, 1, tzinfo=UTC)
    assert changes.new == [(Tally(7, 6), 4, moment)]
    assert changes.versions == [
        (Tally(7, 0), 1, moment, 2),
        (Tally(7, 1), 2, moment, 4),
        (Tally(7, 6), 4, moment, FOREVER),
    ]
    assert not changes.changed
    assert not changes.closed
    assert folding.drain() == []


def test_a_stored_version_is_closed_by_the_next_batch() -> None:
    folding = Folding(tallies(), complete=True)
    folding.fold(recorded(Opened(7)))
    folding.drain()
    folding.fold(recorded(Counted(7), Counted(7), after=1))
    changes = only(folding.drain())
    assert [row.count for row, *_ in changes.changed] == [2]  # type: ignore[attr-defined]
    assert changes.closed == [(7, 1, 2)]
    assert [(position, to) for _, position, _, to in changes.versions] == [(2, 3), (3, FOREVER)]


def test_a_row_taken_away_and_begun_again() -> None:
    folding = Folding(tallies(), complete=True)
    folding.fold(recorded(Opened(7)))
    folding.drain()
    folding.fold(recorded(Gone(7), after=1))
    changes = only(folding.drain())
    assert changes.gone == [7]
    assert changes.closed == [(7, 1, 2)]
    folding.fold(recorded(Opened(7), Gone(7), Opened(7), after=2))
    changes = only(folding.drain())
    assert [position for _, position, _ in changes.new] == [5]
    assert [(position, to) for _, position, _, to in changes.versions] == [(3, 4), (5, FOREVER)]


def test_a_row_begun_and_taken_away_in_one_batch_leaves_only_its_version() -> None:
    folding = Folding(tallies(), complete=True)
    folding.fold(recorded(Opened(7), Gone(7)))
    changes = only(folding.drain())
    assert not changes.new
    assert not changes.gone
    assert [(position, to) for _, position, _, to in changes.versions] == [(1, 2)]


def test_the_rows_that_are_wanted() -> None:
    folding = Folding(tallies())
    table = folding.projection.tables[0]
    facts = recorded(Opened(1), Counted(1), Counted(2), Unheard(3), Counted(2))
    assert folding.wants(facts) == [(table, [2])]
    folding.hold(table, 2, Tally(2, 40), 9, datetime(2020, 1, 1, tzinfo=UTC))
    assert folding.wants(facts) == []
    folding.fold(facts)
    assert sorted(row.count for row, *_ in only(folding.drain()).changed) == [42]  # type: ignore[attr-defined]


def test_spilling_keeps_the_younger_half() -> None:
    folding = Folding(tallies(), complete=True)
    folding.fold(recorded(*(Opened(n) for n in range(10))))
    assert [row.key for row, *_ in only(folding.spill(9)).new] == [0, 1, 2, 3, 4]  # type: ignore[attr-defined]
    facts = recorded(Counted(1), Counted(7), after=10)
    table = folding.projection.tables[0]
    assert folding.wants(facts) == [(table, [1])]
    folding.hold(table, 1, Tally(1, 0), 2, datetime(2020, 1, 1, tzinfo=UTC))
    folding.fold(facts)
    changes = only(folding.drain())
    assert [row.key for row, *_ in changes.new] == [5, 6, 7, 8, 9]  # type: ignore[attr-defined]
    assert [row.key for row, *_ in changes.changed] == [1]  # type: ignore[attr-defined]


def test_several_rows_for_one_event() -> None:
    seat = Table("seat", Seat, ("key", "ordinal"))

    def sit(row: Seat | None, fact: AnyFact, key: tuple[int, int]) -> Seat | None:
        return Seat(*key) if key[1] < fact.event.size else None

    seat.each(Opened, keys=lambda fact: [(fact.event.key, n) for n in range(3)])(sit)  # type: ignore
    folding = Folding(Projection("seats", 1, (seat,)), complete=True)
    folding.fold(recorded(Opened(1, 3)))
    assert [row for row, *_ in only(folding.drain()).new] == [Seat(1, 0), Seat(1, 1), Seat(1, 2)]
    folding.fold(recorded(Opened(1, 1), after=1))
    assert only(folding.drain()).gone == [(1, 1), (1, 2)]


def test_what_is_only_begun_is_not_held() -> None:
    tally = Table("tally", Tally, ("key",))
    tally.begins(Opened, key=lambda fact: fact.event.key)(lambda fact: Tally(fact.event.key, 0))  # type: ignore
    folding = Folding(Projection("tallies", 1, (tally,)))
    facts = recorded(Opened(1), Opened(2))
    assert folding.wants(facts) == []
    folding.fold(facts)
    assert [row for row, *_ in only(folding.spill(1000)).new] == [Tally(1, 0), Tally(2, 0)]


@pytest.mark.parametrize(
    ("events", "raised", "folded"),
    [
        ([Opened(1), Counted(2)], RowMissing, 1),
        ([Opened(1), Counted(1), Opened(1)], RowExists, 2),
        ([Counted(1)], RowMissing, 0),
    ],
)
def test_a_fold_that_cannot_be_tells_how_far_it_came(
    events: list[Opened], raised: type[Exception], folded: int
) -> None:
    folding = Folding(tallies(), complete=True)
    with pytest.raises(raised):
        folding.fold(recorded(*events))
    assert folding.folded == folded


def test_an_unknown_event_raises() -> None:
    projection = tallies(ignores=())
    with pytest.raises(UnknownEvent, match=r"test\.unheard"):
        Folding(projection).fold(recorded(Unheard(1)))
    with pytest.raises(UnknownEvent):
        projection.handles("test.unheard")


def test_only_topics_that_change_nothing_and_stop_nothing_may_be_passed_over() -> None:
    folding = Folding(tallies())
    assert folding.ignores(frozenset({"test.unheard"}))
    assert not folding.ignores(frozenset({"test.unheard", "test.counted"}))
    assert not folding.ignores(frozenset({"test.unheard", "nobody.knows"}))


def test_an_event_that_cannot_be_decoded_stops_only_who_takes_it() -> None:
    broken: AnyFact = Fact(Undecodable(ValueError("broken")), "test.counted", 1, datetime.now(UTC), "x")
    ignored: AnyFact = Fact(Undecodable(ValueError("broken")), "test.unheard", 1, datetime.now(UTC), "x")
    Folding(tallies()).fold([ignored])
    with pytest.raises(ValueError, match="broken"):
        Folding(tallies()).fold([broken])
    assert Folding(tallies()).wants([broken]) == []


def test_declarations_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(ValueError, match="both handles and ignores"):
        tallies(ignores=(Unheard, Counted))
    table = tallies().tables[0]
    with pytest.raises(ValueError, match="twice"):
        table.begins(Opened)(lambda fact: Tally(1, 1))  # type: ignore


@dataclass(frozen=True)
class Piece:
    name: str
    size: Decimal


class Terms(Struct, frozen=True):
    id: UUID
    name: str


class Everything(Struct, frozen=True):
    terms: Terms
    number: int
    large: BigInt
    truth: bool
    day: date | None
    moment: datetime
    figure: Decimal
    days: tuple[date, ...]
    pieces: tuple[Piece, ...] | None
    packed: bytes


def test_columns_follow_from_annotations() -> None:
    table = Table("everything", Everything, ("id",), keep_versions=True, unversioned=("packed",))
    assert [(c.name, c.type, c.nullable) for c in columns(table)] == [
        ("id", "uuid", False),
        ("name", "text", False),
        ("number", "integer", False),
        ("large", "bigint", False),
        ("truth", "boolean", False),
        ("day", "date", True),
        ("moment", "timestamptz", False),
        ("figure", "numeric", False),
        ("days", "date[]", False),
        ("pieces", "jsonb", True),
        ("packed", "bytea", False),
        ("position", "bigint", False),
        ("changed_at", "timestamptz", False),
    ]
    assert [c.name for c in version_columns(table)][-4:] == [
        "position",
        "changed_at",
        "valid_from",
        "valid_to",
    ]
    assert "packed" not in {c.name for c in version_columns(table)}


def test_an_annotation_without_a_column_type_is_refused() -> None:
    class Odd(Struct, frozen=True):
        odd: complex

    with pytest.raises(TypeError, match=r"Odd\.odd"):
        row_columns(Table("odd", Odd, ("odd",)))


def test_the_fingerprint_differs_with_version_shape_and_indexes() -> None:
    def of(version: int = 1, row: type[Struct] = Tally, indexes: tuple[Index, ...] = ()) -> str:
        return fingerprint(Projection("p", version, (Table("t", row, ("key",), indexes=indexes),)))

    class Wider(Struct, frozen=True):
        key: int
        count: int
        pieces: tuple[Piece, ...]

    seen = {of(), of(version=2), of(row=Wider), of(indexes=(Index(("count",)),))}
    assert len(seen) == 4
    assert of() == of()
    assert Column("a", "text") == Column("a", "text")
