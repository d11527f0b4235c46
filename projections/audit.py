"""What an auditor finds events by (审计): kind, person, request, whom and what they concern, what is written.

The log itself has an index for positions and for streams; more would cost every append. What else one
searches by is kept here, behind the log. The texts are those of the facts: what is erased from a fact is gone
from here when the projection has been built anew, which an erasure does at once.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import datetime
from functools import cache
from operator import attrgetter
from typing import Any, get_args, get_origin, get_type_hints
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from domain.erasure import Erasure
from domain.registry import EVENTS
from projections.columns import BigInt
from projections.projection import AnyFact, Fact, Index, Projection, Table

UNSAID = frozenset({"originator_topic", "sha256", "period", "state", "actor", "role", "kind", "what"})
"""Texts that nobody has written for others to read."""


class EventRow(Struct, frozen=True, gc=False):
    """An event, by its position. `subjects`: its stream, and every unit, official, campaign, group, task and
    report that it names; `text`: what is written in it, a line for each text."""

    topic: str
    actor: str
    correlation: UUID | None
    subjects: tuple[UUID, ...]
    text: str


class ErasureRow(Struct, frozen=True, gc=False):
    """`positions` are the events named; `confirmed_by` None while nobody has confirmed."""

    id: UUID
    code: str
    document_number: str
    document_title: str
    ground: str
    positions: tuple[BigInt, ...]
    ordered_by: str
    ordered_at: datetime
    confirmed_by: str | None = None
    confirmed_at: datetime | None = None


AUDIT_EVENT = Table(
    "audit_event",
    EventRow,
    ("position",),
    indexes=(
        Index(("topic", "position")),
        Index(("actor", "position")),
        Index(("correlation",)),
        Index(("subjects",), "gin"),
    ),
)
ERASURE = Table("erasure", ErasureRow, ("id",), indexes=(Index(("ordered_at", "id")),))


# -- what an event speaks of, found by the types of its fields

Collect = Callable[[Any, list[Any]], None]
"""Adds the values that are looked for to the list; None among them where one is left out."""


@cache
def _collector(kind: Any, wanted: type) -> Collect | None:
    """How the wanted values are found in a value of this kind; None: there are none. What is found once for
    each class is done for every event."""
    single: list[str] = []
    parts: list[tuple[Callable[[Any], Any], Collect | None]] = []
    hints = get_type_hints(kind)
    for name in (field.name for field in dataclasses.fields(kind)):
        of, several = _element(hints[name])
        if name in UNSAID:
            continue
        if of is wanted and not several:
            single.append(name)
        elif of is wanted:
            parts.append((attrgetter(name), None))
        elif hasattr(of, "__dataclass_fields__") and (inner := _collector(of, wanted)) is not None:
            parts.append((attrgetter(name), _each(inner) if several else inner))
    if not single and not parts:
        return None
    read = attrgetter(*single, *single[:1]) if single else None

    def collect(value: Any, found: list[Any]) -> None:
        if read is not None:
            found += read(value)
        for part_of, inner in parts:
            part = part_of(value)
            if part is not None:
                if inner is None:
                    found += part
                else:
                    inner(part, found)

    return collect


def _element(hint: Any) -> tuple[Any, bool]:
    """The type within a hint, without None, and whether there are several of it."""
    arguments = [a for a in get_args(hint) if a not in (..., type(None))]
    several = get_origin(hint) is tuple
    return (arguments[0], several) if arguments else (hint, False)


def _each(collect: Collect) -> Collect:
    def collect_each(values: Any, found: list[Any]) -> None:
        for value in values:
            collect(value, found)

    return collect_each


def _nothing(_: Any, __: list[Any]) -> None:
    return


@cache
def _collectors(kind: type) -> tuple[Collect, Collect]:
    """How ids and texts are found in an event: looked for when the first comes, because there are many kinds,
    and every start of the service would look at all of them."""
    return _collector(kind, UUID) or _nothing, _collector(kind, str) or _nothing


def _row_of(kind: type) -> Callable[[AnyFact], EventRow]:
    def row(fact: AnyFact) -> EventRow:
        ids, texts = _collectors(kind)
        subjects: list[UUID | None] = []
        written: list[str | None] = []
        ids(fact.event, subjects)
        texts(fact.event, written)
        return EventRow(
            fact.topic,
            fact.actor,
            fact.correlation,
            tuple(dict.fromkeys(filter(None, subjects))),
            # To be searched, in any case of letters.
            "\n".join(dict.fromkeys(filter(None, written))).lower(),
        )

    return row


def _own_position(fact: AnyFact) -> int:
    return fact.position


for _event in EVENTS.values():
    AUDIT_EVENT.begins(_event, key=_own_position)(_row_of(_event))


# -- erasures


@ERASURE.begins(Erasure.Ordered)
def _ordered(fact: Fact[Erasure.Ordered]) -> ErasureRow:
    event = fact.event
    return ErasureRow(
        event.originator_id,
        event.code,
        event.document.number,
        event.document.title,
        event.ground,
        event.positions,
        event.ordered_by,
        event.timestamp,
    )


@ERASURE.changes(Erasure.PersonalDataErased)
def _erased(row: ErasureRow, fact: Fact[Erasure.PersonalDataErased]) -> ErasureRow:
    return replace(row, confirmed_by=fact.event.confirmed_by, confirmed_at=fact.event.timestamp)


AUDIT = Projection("audit", version=1, tables=(AUDIT_EVENT,), by_stream=True)
"""By itself, so that a fold of one of the others that stops leaves the auditor what there is."""

ERASURES = Projection("erasures", version=1, tables=(ERASURE,), follows=(Erasure,))
