"""Lawful erasure of personal data (依法删除个人信息): ordered by one person, confirmed by another.

Rules: an erasure rests on a document with its number and names the events, by their positions in the log,
each of a kind that holds personal data. Nobody confirms what they have ordered. What is confirmed carries
what is left of each fact, so that replay never judges again: from then on the store gives that in place of
the fact. The leaf of an erased event stays in the log's tree, and so does the erasure itself.

Neither the ground nor the document's title may repeat what is to go: they stay.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self
from uuid import UUID

from eventsourcing.domain import event

from domain import identifiers
from domain.aggregate import Aggregate, Created, Event
from domain.documents import Document, require_document
from domain.personal import holds_personal_data
from domain.refusal import Refusal, require, require_text

MOST_EVENTS = 200


@dataclass(frozen=True)
class Named:
    """An event as the log has it, that an erasure names. `erased`: its personal data has gone before."""

    position: int
    topic: str
    erased: bool


@dataclass(frozen=True)
class Remains:
    """What is left of the event at a position: a state of the same topic, as JSON."""

    position: int
    topic: str
    state: str


class Erasure(Aggregate):
    TOPIC = "erasure"

    # -- events

    class Ordered(Created):
        TOPIC = "erasure.ordered"
        code: str
        document: Document
        ground: str
        positions: tuple[int, ...]
        ordered_by: str

    class PersonalDataErased(Event):
        """Confirmed by a second person: state and salt of these events go."""

        TOPIC = "erasure.personal_data_erased"
        remains: tuple[Remains, ...]
        ordered_by: str
        confirmed_by: str

    # -- commands

    @classmethod
    def order(
        cls, code: str, document: Document, ground: str, named: Sequence[Named], by: str, at: datetime
    ) -> Self:
        _require_erasable(named)
        return cls.create(
            cls.Ordered,
            identifiers.erasure_id(code),
            at,
            code=code,
            document=require_document(document, at.date()),
            ground=require_text(ground, "ground", most=500),
            positions=tuple(sorted(n.position for n in named)),
            ordered_by=by,
        )

    def confirm(self, named: Sequence[Named], remains: Sequence[Remains], by: str, at: datetime) -> None:
        """`named` and `remains` are those of the order's events, as they are now."""
        require(by != self.ordered_by, "erasure.one_person")
        require(not self.confirmed, "erasure.confirmed")
        _require_erasable(named)
        self.trigger(
            Erasure.PersonalDataErased,
            at,
            remains=tuple(remains),
            ordered_by=self.ordered_by,
            confirmed_by=by,
        )

    # -- how events change the state

    @event(Ordered)
    def __init__(
        self, code: str, document: Document, ground: str, positions: tuple[int, ...], ordered_by: str
    ) -> None:
        self.code = code
        self.positions = positions
        self.ordered_by = ordered_by
        self.confirmed = False

    @event(PersonalDataErased)
    def _erased(self) -> None:
        self.confirmed = True


def require_named(asked: Sequence[int], found: Sequence[Named]) -> None:
    """The events that are asked for are there, at least one, and each once."""
    require(0 < len(asked) <= MOST_EVENTS, "erasure.size", field="events", most=MOST_EVENTS)
    require(len(set(asked)) == len(asked), "erasure.event_twice", field="events")
    known = {n.position for n in found}
    for position in asked:
        require(position in known, "erasure.no_such_event", field="events", position=position)


def _require_erasable(named: Sequence[Named]) -> None:
    for n in named:
        if not holds_personal_data(n.topic):
            raise Refusal("erasure.nothing_personal", field="events", position=n.position, topic=n.topic)
        require(not n.erased, "erasure.erased_before", field="events", position=n.position)


def stream_of(code: str) -> UUID:
    return identifiers.erasure_id(code)
