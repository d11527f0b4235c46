"""Where points come from: the registry of sources (得分来源), and what each fact contributes.

A source declares one event class and a pure function of the fact. What it gives are contributions: points of
a unit or an official in one month. What it ends are contributions given before (withdrawn, overturned): they
count no more from the position of this event on, and stay in the history. A contribution that is given again
under its id (corrected) replaces the one before, from this position on.

    SOURCES = (
        …,
        Source(PenaltyImposed, gives=lambda fact: [Contribution(…)]),
        Source(PenaltyOverturned, ends=lambda fact: [fact.event.penalty_id]),
    )

That is all: add a source for each event, at the end of `SOURCES`, and nothing else is touched. The table of
contributions keeps its versions, so that a ranking as of any position is a query; `position` and `valid_from`
are the event that gave the points. Raise the `version` of `projections.assessment.contributions` with it.

    component    a score of 0 to 100 (百分制). Several of one code in a month: their mean counts.
    adjustment   points added, or with a minus taken away. They are summed, and bounded by the scheme's caps.

A code that the scheme in force does not list does not count.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from msgspec import Struct

from domain.aggregate import Event
from domain.period import Period, month_number
from projections.projection import Fact

UNIT, OFFICIAL = "unit", "official"
COMPONENT, ADJUSTMENT = "component", "adjustment"


class Contribution(Struct, frozen=True, gc=False):
    """Points of one subject in one month, from one fact.

    `id` names it for good: the id of what gave it (an evaluation, a penalty), or, where one thing gives points
    to several, `uuid5` of that id and the subject's. `subject` is `UNIT` or `OFFICIAL`, `kind` `COMPONENT` or
    `ADJUSTMENT`; `month` counts as `domain.period.month_number` does; `points` has at most six decimals.
    """

    id: UUID
    subject_id: UUID
    subject: str
    month: int
    kind: str
    code: str
    points: Decimal


def contribution(
    id: UUID, subject_id: UUID, period: Period, kind: str, code: str, points: Decimal, subject: str = UNIT
) -> Contribution:
    """A contribution, checked: a source that breaks the contract must not be folded."""
    exponent = points.as_tuple().exponent
    if not isinstance(exponent, int) or exponent < -6:
        raise ValueError(f"{code}: {points} has more than six decimals")
    if kind == COMPONENT and not 0 <= points <= 100:
        raise ValueError(f"{code}: a component's score lies between 0 and 100, not at {points}")
    return Contribution(id, subject_id, subject, month_number(period), kind, code, points)


def _gives_nothing(_: Fact[Any]) -> Iterable[Contribution]:
    return ()


def _ends_nothing(_: Fact[Any]) -> Iterable[UUID]:
    return ()


@dataclass(frozen=True)
class Source:
    """What an event class does to contributions: those it gives, and the ids of those it ends."""

    event: type[Event]
    gives: Callable[[Fact[Any]], Iterable[Contribution]] = _gives_nothing
    ends: Callable[[Fact[Any]], Iterable[UUID]] = _ends_nothing


SOURCES: tuple[Source, ...] = ()
"""Every source; no event class stands here twice."""
