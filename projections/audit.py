"""What an auditor finds events by (审计): kind, person, request, whom and what they concern, what is written.

The log itself has an index for positions, streams and moments; more would cost every append. What else one
searches by is kept here, behind the log. The texts are those of the facts: what is erased from a fact is gone
from here when the projection has been built anew, which an erasure does at once.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import cache
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

Read = Callable[[Any], Iterator[Any]]


@cache
def _values(kind: Any, wanted: type) -> Read | None:
    """A function that gives every value of the wanted type in a value of this kind; None: there are none."""
    if kind is wanted:
        return lambda value: iter((value,))
    if dataclasses.is_dataclass(kind):
        hints = get_type_hints(kind)
        parts = [
            (field.name, read)
            for field in dataclasses.fields(kind)
            if field.name not in UNSAID and (read := _values(hints[field.name], wanted)) is not None
        ]
        return _of_parts(parts) if parts else None
    inner = [read for a in get_args(kind) if a not in (..., type(None)) and (read := _values(a, wanted))]
    if not inner:
        return None
    if get_origin(kind) is tuple:
        return lambda value: (found for item in value for found in inner[0](item))
    return lambda value: iter(()) if value is None else inner[0](value)


def _of_parts(parts: list[tuple[str, Read]]) -> Read:
    def values(value: Any) -> Iterator[Any]:
        for name, read in parts:
            yield from read(getattr(value, name))

    return values


def _nothing(_: Any) -> Iterator[Any]:
    return iter(())


def _row_of(kind: type) -> Callable[[AnyFact], EventRow]:
    ids, texts = _values(kind, UUID) or _nothing, _values(kind, str) or _nothing

    def row(fact: AnyFact) -> EventRow:
        event = fact.event
        return EventRow(
            fact.topic,
            fact.actor,
            fact.correlation,
            tuple(dict.fromkeys(ids(event))),
            # To be searched, in any case of letters.
            "\n".join(text for text in texts(event) if text).lower(),
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


AUDIT = Projection("audit", version=1, tables=(AUDIT_EVENT,))
"""By itself, so that a fold of one of the others that stops leaves the auditor what there is."""

ERASURES = Projection("erasures", version=1, tables=(ERASURE,), follows=(Erasure,))
