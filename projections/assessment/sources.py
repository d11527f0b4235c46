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

What a source tells of its fact stands beside the points wherever these are explained.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from msgspec import Struct

from domain.aggregate import Event
from domain.assessment.accountability_case import AccountabilityCase, AppealOutcome
from domain.assessment.commendation import Commendation
from domain.assessment.effect import Effect
from domain.assessment.scheme_content import (
    ANONYMOUS_RATING,
    CARD,
    COMMENDATION,
    PENALTY,
    PUBLIC_APPRAISAL,
    THIRD_PARTY,
)
from domain.assessment.score import Evaluation
from domain.assessment.subject import Subject
from domain.identifiers import points_id
from domain.period import Period, month_number, period_of
from domain.rating_box import Occasion, RatingBox
from domain.supervision.appraisal import ThirdPartyEvaluation
from domain.supervision.card_scheme import DEFAULT
from domain.supervision.cards import Cards
from projections.projection import Fact

UNIT, OFFICIAL = "unit", "official"
COMPONENT, ADJUSTMENT = "component", "adjustment"


class Contribution(Struct, frozen=True, gc=False):
    """Points of one subject in one month, from one fact.

    `id` names it for good: the id of what gave it (an evaluation, a penalty), or, where one thing gives
    points to several, `uuid5` of that id and the subject's. `subject` is `UNIT` or `OFFICIAL`, `kind`
    `COMPONENT` or `ADJUSTMENT`; `month` counts as `domain.period.month_number` does; `points` has at most six
    decimals.
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
class Telling:
    """What a fact that gives points is, in words. `task` or `group`: whose name belongs to it, for events
    know no names."""

    en: str
    zh: str
    task: UUID | None = None
    group: UUID | None = None


def _tells_its_kind(event: Any) -> Telling:
    return Telling(event.TOPIC, event.TOPIC)


@dataclass(frozen=True)
class Source:
    """What an event class does to contributions: those it gives, and the ids of those it ends. `tells` says
    of an event that gives some what it is."""

    event: type[Event]
    gives: Callable[[Fact[Any]], Iterable[Contribution]] = _gives_nothing
    ends: Callable[[Fact[Any]], Iterable[UUID]] = _ends_nothing
    tells: Callable[[Any], Telling] = _tells_its_kind


# -- evaluation scores


def _scored(fact: Fact[Any]) -> Iterable[Contribution]:
    """A score, given or corrected: the correction replaces it."""
    event = fact.event
    return (
        contribution(
            event.originator_id, event.unit_id, event.period, COMPONENT, event.component, event.score
        ),
    )


def _tells_score(event: Evaluation.Scored) -> Telling:
    if event.basis is not None:
        counted = sum(task.score is not None for task in event.basis.tasks)
        return Telling(
            f"computed from {counted} tasks of the ledger, as of event {event.basis.position}",
            f"台账{counted}项任务进度计算，截至事件{event.basis.position}",
        )
    remark_en, remark_zh = (f": {event.remark}", f"：{event.remark}") if event.remark else ("", "")
    if event.group_id is not None:
        return Telling(f"scored by a group{remark_en}", f"督导组评分{remark_zh}", group=event.group_id)
    return Telling(f"scored by the office{remark_en}", f"办公室评分{remark_zh}")


def _tells_correction(event: Evaluation.Corrected) -> Telling:
    return Telling(f"corrected: {event.reason}", f"更正评分：{event.reason}")


# -- commendations and penalties: an award or penalty counts in the month its effect begins


def _commended(fact: Fact[Any]) -> Iterable[Contribution]:
    return (_of_effect(fact.event.subject, fact.event.effect, COMMENDATION),)


def _penalized(fact: Fact[Any]) -> Iterable[Contribution]:
    """A penalty, or the milder one that an appeal put in its place."""
    event = fact.event
    return () if event.effect is None else (_of_effect(event.subject, event.effect, PENALTY),)


def _tells_effect(event: Any) -> Telling:
    """By its name alone: who may read of a case, reads of it in the record."""
    effect: Effect = event.effect
    return Telling(effect.name_en, effect.name)


def _tells_change(event: AccountabilityCase.AppealDecided) -> Telling:
    assert event.effect is not None
    return Telling(f"on appeal changed to {event.effect.name_en}", f"申诉后变更为{event.effect.name}")


def _taken_back(fact: Fact[Any]) -> Iterable[UUID]:
    """The penalty that an appeal changed or overturned."""
    event = fact.event
    return () if event.outcome is AppealOutcome.UPHELD else (event.penalty_id,)


def _of_effect(subject: Subject, effect: Effect, code: str) -> Contribution:
    return contribution(
        effect.id,
        subject.id,
        period_of(effect.in_force_from),
        ADJUSTMENT,
        code,
        effect.points,
        subject=subject.kind.value,
    )


# -- ratings: each box counts in the month it rates; several of one unit in a month, by their mean

_RATED_ON = {Occasion.MEETING: ANONYMOUS_RATING, Occasion.APPRAISAL: PUBLIC_APPRAISAL}


def _rated(fact: Fact[Any]) -> Iterable[Contribution]:
    event = fact.event
    given = points_id(event.originator_id, event.unit_id)
    return (
        contribution(given, event.unit_id, event.period, COMPONENT, _RATED_ON[event.occasion], event.score),
    )


def _tells_rating(event: RatingBox.RatingResultPublished) -> Telling:
    return Telling(f"{event.ballots} anonymous ballots", f"无记名评价，{event.ballots}票")


# -- cards: each showing costs the points of its level, in the month of its day


def _carded(fact: Fact[Any]) -> Iterable[Contribution]:
    event = fact.event
    given = points_id(event.card_id, event.originator_version)
    return (contribution(given, event.unit_id, period_of(event.on), ADJUSTMENT, CARD, event.points),)


# What the levels that are adopted everywhere are called; any other is told by its code.
_LEVELS = {level.code: level for level in DEFAULT.levels}


def _tells_card(en: str, zh: str) -> Callable[[Any], Telling]:
    def tells(event: Any) -> Telling:
        level = _LEVELS.get(event.level)
        shown = event.level if level is None else level.name
        return Telling(f"{event.level} card {en} on {event.on}", f"{event.on}{zh}{shown}", task=event.task_id)

    return tells


def _card_taken_back(fact: Fact[Any]) -> Iterable[UUID]:
    return [points_id(fact.event.card_id, showing) for showing in fact.event.taken_back]


# -- evaluations by a third party: in the month in which it reported


def _evaluated(fact: Fact[Any]) -> Iterable[Contribution]:
    event = fact.event
    month = period_of(event.on)
    return [
        contribution(
            points_id(event.originator_id, each.unit_id),
            each.unit_id,
            month,
            COMPONENT,
            THIRD_PARTY,
            each.score,
        )
        for each in event.scores
    ]


def _tells_evaluation(_: Any) -> Telling:
    return Telling("reported by a third party", "第三方评估报告")


SOURCES: tuple[Source, ...] = (
    Source(Evaluation.Scored, gives=_scored, tells=_tells_score),
    Source(Evaluation.Corrected, gives=_scored, tells=_tells_correction),
    # -- accountability
    Source(Commendation.Awarded, gives=_commended, tells=_tells_effect),
    Source(Commendation.Revoked, ends=lambda fact: (fact.event.award_id,)),
    Source(AccountabilityCase.PenaltyImposed, gives=_penalized, tells=_tells_effect),
    Source(AccountabilityCase.AppealDecided, gives=_penalized, ends=_taken_back, tells=_tells_change),
    # -- ratings, cards, third parties
    Source(RatingBox.RatingResultPublished, gives=_rated, tells=_tells_rating),
    Source(Cards.Raised, gives=_carded, tells=_tells_card("shown", "亮")),
    Source(Cards.Escalated, gives=_carded, tells=_tells_card("shown in place of a lower one", "升为")),
    Source(Cards.Repeated, gives=_carded, tells=_tells_card("shown again", "再次亮")),
    Source(Cards.Lifted, ends=_card_taken_back),
    Source(ThirdPartyEvaluation.Reported, gives=_evaluated, tells=_tells_evaluation),
)
"""Every source; no event class stands here twice."""

_TELLS = {source.event: source.tells for source in SOURCES}


def telling_of(event: Event) -> Telling:
    """What an event that gives points is, in words."""
    return _TELLS.get(type(event), _tells_its_kind)(event)
