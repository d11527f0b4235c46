"""Evaluation scores (考核评分): immutable facts, one for each unit, period, component and evaluator.

Rules (articles 48, 51):
- A score is in per cent (百分制, 0 to 100), or a grade of the scheme in force, which stands for a score.
- Who has scored does not score the same again: the score is corrected, with a reason, once. What was
  corrected is not corrected a second time.
- A supervision group gives the supervision score; everything else comes from the office. The score of task
  progress is computed from the ledger as of the end of the period, and records what it was computed from.
- A period can be scored once it has begun; the ledger's score is recorded once it is over.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Self
from uuid import UUID

from eventsourcing.domain import event

from domain import identifiers
from domain.aggregate import Aggregate, Created, Event
from domain.assessment.scheme import Edition
from domain.assessment.scheme_content import (
    HAVE_THEIR_OWN_SOURCE,
    SUPERVISION,
    TASK_PROGRESS,
    require_score,
)
from domain.indicator import FOUR_DIGITS, HUNDRED, ONE, ZERO
from domain.period import Period, first_day, last_day
from domain.refusal import Refusal, require, require_optional_text, require_text


@dataclass(frozen=True)
class TaskInput:
    """What one task came to at the period's end: completion against what should have been done by then.
    `score` None: nothing was due yet, or nothing could be measured; it is left out."""

    task_id: UUID
    completion: Decimal | None
    expected: Decimal
    score: Decimal | None


@dataclass(frozen=True)
class Basis:
    """What a computed score was computed from: the ledger up to a position of the log."""

    position: int
    tasks: tuple[TaskInput, ...]


def task_input(task_id: UUID, completion: Decimal | None, expected: Decimal) -> TaskInput:
    """The task with its score: completion ÷ expected in per cent, at most 100, four digits, half even."""
    if completion is None or expected <= 0:
        return TaskInput(task_id, completion, expected, None)
    score = min(completion / expected, ONE) * HUNDRED
    return TaskInput(task_id, completion, expected, score.quantize(FOUR_DIGITS, ROUND_HALF_EVEN))


def progress_score(tasks: Sequence[TaskInput]) -> Decimal | None:
    """The mean of the tasks that have a score, four digits, half even; None when none has."""
    scores = [task.score for task in tasks if task.score is not None]
    if not scores:
        return None
    return (sum(scores, ZERO) / len(scores)).quantize(FOUR_DIGITS, ROUND_HALF_EVEN)


class Evaluation(Aggregate):
    TOPIC = "evaluation"

    # -- events

    class Scored(Created):
        """`group_id` None: by the office. `grade` None: a score was given. `edition` of the scheme."""

        TOPIC = "evaluation.scored"
        unit_id: UUID
        period: Period
        component: str
        group_id: UUID | None
        score: Decimal
        grade: str | None
        edition: int
        remark: str
        basis: Basis | None = None

    class Corrected(Event):
        TOPIC = "evaluation.corrected"
        unit_id: UUID
        period: Period
        component: str
        score: Decimal
        grade: str | None
        edition: int
        reason: str

    # -- commands

    @classmethod
    def give(
        cls,
        unit_id: UUID,
        period: Period,
        component: str,
        group_id: UUID | None,
        score: Decimal | None,
        grade: str | None,
        edition: Edition,
        remark: str,
        at: datetime,
    ) -> Self:
        require(first_day(period) <= at.date(), "evaluation.period_not_begun", field="period")
        _require_component(edition, component)
        by_hand = component not in HAVE_THEIR_OWN_SOURCE
        require(by_hand, "evaluation.not_by_hand", field="component", component=component)
        own = (group_id is not None) == (component == SUPERVISION)
        require(own, "evaluation.not_this_evaluator", field="component")
        return cls.create(
            cls.Scored,
            identifiers.evaluation_id(unit_id, period, component, group_id),
            at,
            unit_id=unit_id,
            period=period,
            component=component,
            group_id=group_id,
            score=_score(edition, score, grade),
            grade=grade,
            edition=edition.number,
            remark=require_optional_text(remark, "remark", most=1000),
        )

    @classmethod
    def of_progress(
        cls, unit_id: UUID, period: Period, score: Decimal, basis: Basis, edition: Edition, at: datetime
    ) -> Self:
        """The ledger's score. `score` is `progress_score` of the basis."""
        require(last_day(period) < at.date(), "evaluation.period_not_over", field="period")
        _require_component(edition, TASK_PROGRESS)
        return cls.create(
            cls.Scored,
            identifiers.evaluation_id(unit_id, period, TASK_PROGRESS, None),
            at,
            unit_id=unit_id,
            period=period,
            component=TASK_PROGRESS,
            group_id=None,
            score=score,
            grade=None,
            edition=edition.number,
            remark="",
            basis=basis,
        )

    def correct(
        self,
        group_id: UUID | None,
        score: Decimal | None,
        grade: str | None,
        edition: Edition,
        reason: str,
        at: datetime,
    ) -> None:
        """`group_id` None: by the office, which may correct every score; a group corrects its own."""
        own = group_id is None or group_id == self.group_id
        require(own, "evaluation.not_your_score", field="evaluation")
        require(not self.corrected, "evaluation.corrected_already", field="evaluation")
        figure = _score(edition, score, grade)
        changed = (figure, grade) != (self.score, self.grade)
        require(changed, "evaluation.correction_unchanged", field="score")
        self.trigger(
            Evaluation.Corrected,
            at,
            unit_id=self.unit_id,
            period=self.period,
            component=self.component,
            score=figure,
            grade=grade,
            edition=edition.number,
            reason=require_text(reason, "reason", most=1000),
        )

    # -- how events change the state

    @event(Scored)
    def __init__(
        self,
        unit_id: UUID,
        period: Period,
        component: str,
        group_id: UUID | None,
        score: Decimal,
        grade: str | None,
    ) -> None:
        self.unit_id = unit_id
        self.period = period
        self.component = component
        self.group_id = group_id
        self.score = score
        self.grade = grade
        self.corrected = False

    @event(Corrected)
    def _corrected(self, score: Decimal, grade: str | None) -> None:
        self.score = score
        self.grade = grade
        self.corrected = True


def _require_component(edition: Edition, component: str) -> None:
    listed = {c.code for weighed in edition.content.categories for c in weighed.components}
    known = "、".join(sorted(listed))
    require(component in listed, "evaluation.component_unknown", field="component", known=known)


def _score(edition: Edition, score: Decimal | None, grade: str | None) -> Decimal:
    """The score that is given, or that the grade stands for; exactly one of both is given."""
    if (score is None) == (grade is None):
        raise Refusal("evaluation.score_or_grade", field="score")
    if grade is not None:
        return edition.content.require_grade(grade).score
    assert score is not None
    return require_score(score)
