"""Obligations (履职任务): the turns of every duty, which groups owe a report, and what satisfied what.

Turns come with the campaigns: those of a campaign's span that are due on the day of its launch or later.
Whether a turn is met, due or missed depends on the day of asking, and is SQL over the three tables.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from typing import Any
from uuid import UUID

from msgspec import Struct

from domain.campaign import Campaign
from domain.registry import AGGREGATES, events_of
from domain.supervision.obligations import DUTIES, SATISFIED_BY, Duty, Turn, turns_between
from domain.supervision_group import SupervisionGroup
from projections.projection import Fact, Index, Projection, Table, topic_of


class TurnRow(Struct, frozen=True, gc=False):
    """A turn of a duty; `turn_key` is what an answer to it says."""

    duty: str
    name: str
    article: int
    first_on: date
    opens_on: date
    due_on: date
    turn_key: str
    each_group: bool
    assumed: bool


class ObligedGroupRow(Struct, frozen=True, gc=False):
    """A supervision group, which owes reports on the months since it was formed."""

    id: UUID
    formed_on: date


class SatisfactionRow(Struct, frozen=True, gc=False):
    """The first event that satisfied a turn."""

    duty: str
    turn_key: str
    topic: str
    met_on: date


DUTY_TURN = Table("duty_turn", TurnRow, ("duty", "name"), indexes=(Index(("due_on",)),))
OBLIGED_GROUP = Table("obliged_group", ObligedGroupRow, ("id",))
SATISFACTION = Table("duty_satisfaction", SatisfactionRow, ("duty", "turn_key"))

OBLIGATIONS = """(
    select d.duty || ':' || d.name || coalesce(':' || g.id, '') as id, d.duty, d.name as turn, d.article,
        d.opens_on, d.due_on, d.assumed, g.id as group_id, s.met_on, s.topic, s.position
    from read.duty_turn d
    left join read.obliged_group g on d.each_group
    left join read.duty_satisfaction s
        on s.duty = d.duty and s.turn_key = d.turn_key || coalesce('/' || g.id, '')
    where not d.each_group or g.formed_on < d.opens_on)"""
"""Every obligation: a turn of a duty, for a duty of each group once for each of them."""

# {t} is an obligation, {date} the day of asking.
_MET = "coalesce({t}.met_on <= {date}, false)"
STATUS = f"""(case
    when {_MET} and {{t}}.met_on <= {{t}}.due_on then 'met'
    when {_MET} then 'met_late'
    when {{date}} > {{t}}.due_on then 'missed'
    when {{date}} >= {{t}}.opens_on then 'due'
    else 'upcoming'
end)"""
"""How an obligation stands at {date}."""

MISSED_SINCE = f"""(case
    when not {_MET} and {{date}} > {{t}}.due_on then {{t}}.due_on + 1
end)"""
"""The first day on which an obligation that is still not met was late: date, or null."""

WAS_MISSED = (
    f"select from {OBLIGATIONS} o where o.id = $1 "
    f"and {STATUS.format(t='o', date='$2::date')} in ('missed', 'met_late')"
)
"""Whether the obligation $1 is missed on the day $2, or was met late."""

MET_ON = f"(case when {_MET} then {{t}}.met_on end)"
"""The day it was met, if it has come."""


def _turn_row(turn: Turn) -> TurnRow:
    terms = DUTIES[turn.duty]
    return TurnRow(
        duty=turn.duty.value,
        name=turn.name,
        article=terms.article,
        first_on=turn.first,
        opens_on=turn.opens,
        due_on=turn.due,
        turn_key=turn.key,
        each_group=terms.each_group,
        assumed=terms.assumed,
    )


def _turns(fact: Fact[Campaign.Launched]) -> dict[tuple[str, str], Turn]:
    event = fact.event
    return _turns_between(event.timestamp.date(), event.start, event.end)


@lru_cache(16)
def _turns_between(since: date, start: date, end: date) -> dict[tuple[str, str], Turn]:
    """By their keys; kept, because each key asks, and because campaigns are launched together."""
    return {(turn.duty.value, turn.name): turn for turn in turns_between(since, start, end)}


@DUTY_TURN.each(Campaign.Launched, keys=_turns)
def _launched(row: TurnRow | None, fact: Fact[Campaign.Launched], key: tuple[str, str]) -> TurnRow:
    """Campaigns of one year have the same turns: the first brings them."""
    return row or _turn_row(_turns(fact)[key])


@OBLIGED_GROUP.begins(SupervisionGroup.Formed)
def _formed(fact: Fact[SupervisionGroup.Formed]) -> ObligedGroupRow:
    return ObligedGroupRow(fact.event.originator_id, fact.event.timestamp.date())


_ANSWER = {topic_of(event): answer for event, answer in SATISFIED_BY.items()}


def _answered(fact: Fact[Any]) -> Iterable[tuple[str, str]]:
    answer = _ANSWER[fact.topic](fact.event)
    return [] if answer is None else [(answer.duty.value, answer.key)]


def _satisfied(row: SatisfactionRow | None, fact: Fact[Any], key: tuple[str, str]) -> SatisfactionRow:
    answer = _ANSWER[fact.topic](fact.event)
    assert answer is not None
    return row or SatisfactionRow(*key, fact.topic, answer.on)


for _event in SATISFIED_BY:
    SATISFACTION.each(_event, keys=_answered)(_satisfied)

_TAKEN = {Campaign.Launched, SupervisionGroup.Formed, *SATISFIED_BY}
_FOLLOWED = tuple(a for a in AGGREGATES if _TAKEN & set(events_of(a)))

DUTY_RECORD = Projection(
    "obligations",
    version=2,
    tables=(DUTY_TURN, OBLIGED_GROUP, SATISFACTION),
    follows=_FOLLOWED,
    # Which events satisfy a duty is said by `SATISFIED_BY`, and by nothing else.
    ignores=tuple(e for a in _FOLLOWED for e in events_of(a) if e not in _TAKEN),
)

__all__ = ["DUTY_RECORD", "MET_ON", "MISSED_SINCE", "OBLIGATIONS", "STATUS", "Duty"]
