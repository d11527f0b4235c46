"""Inquiries (工作问询, article 50): every two months a squad asks at least two departments, and rates them.

Rules: the squad is one of the People's Congress, the CPPCC or the democratic parties, and asks at least two
city departments, each named once. Its questions go to the units that are asked; each unit is rated once,
after it has answered all of its own questions; with every unit rated the inquiry is over.
"""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Self
from uuid import UUID

from eventsourcing.domain import event

from domain import identifiers
from domain.aggregate import Aggregate, Created, Event
from domain.refusal import require, require_day, require_line, require_optional_text
from domain.supervision.exchange import Exchanges, FollowUp, Question

LEAST_DEPARTMENTS = 2


class Squad(StrEnum):
    """Whose squad (小分队) asks."""

    CONGRESS = "congress"  # 市人大
    CPPCC = "cppcc"  # 市政协
    PARTIES = "parties"  # 各民主党派、工商联


class InquiryRating(StrEnum):
    SATISFIED = "satisfied"  # 满意
    FAIRLY_SATISFIED = "fairly_satisfied"  # 基本满意
    DISSATISFIED = "dissatisfied"  # 不满意


class Inquiry(Aggregate):
    TOPIC = "inquiry"

    # -- events

    class Convened(Created):
        TOPIC = "inquiry.convened"
        code: str
        squad: Squad
        theme: str
        on: date
        unit_ids: tuple[UUID, ...]

    class QuestionAsked(Event):
        TOPIC = "inquiry.question_asked"
        question: Question

    class QuestionAnswered(Event):
        TOPIC = "inquiry.question_answered"
        number: int
        text: str

    class FollowUpAssigned(Event):
        TOPIC = "inquiry.follow_up_assigned"
        follow_up: FollowUp

    class FollowUpCompleted(Event):
        TOPIC = "inquiry.follow_up_completed"
        number: int
        result: str

    class UnitRated(Event):
        TOPIC = "inquiry.unit_rated"
        unit_id: UUID
        rating: InquiryRating
        remark: str

    # -- commands

    @classmethod
    def convene(
        cls,
        code: str,
        squad: Squad,
        theme: str,
        on: date,
        unit_ids: Sequence[UUID],
        departments: Collection[UUID],
        at: datetime,
    ) -> Self:
        """`departments`: those of the units that are city departments."""
        require(len(set(unit_ids)) == len(unit_ids), "inquiry.unit_twice", field="units")
        require_day(on, "on")
        asked = len(set(unit_ids) & set(departments))
        require(asked >= LEAST_DEPARTMENTS, "inquiry.too_few_departments", field="units", asked=asked)
        return cls.create(
            cls.Convened,
            identifiers.inquiry_id(code),
            at,
            code=code,
            squad=squad,
            theme=require_line(theme, "theme", most=200),
            on=on,
            unit_ids=tuple(unit_ids),
        )

    def ask(self, unit_id: UUID, text: str, asked_by: str, at: datetime) -> None:
        self._require_asked(unit_id)
        require(unit_id not in self.rated, "inquiry.rated", field="unit")
        question = self.exchanges.question(unit_id, text, asked_by)
        self.trigger(Inquiry.QuestionAsked, at, question=question)

    def answer(self, number: int, unit_id: UUID, text: str, at: datetime) -> None:
        text = self.exchanges.answer(number, unit_id, text)
        self.trigger(Inquiry.QuestionAnswered, at, number=number, text=text)

    def assign_follow_up(self, unit_id: UUID, text: str, deadline: date, at: datetime) -> None:
        self._require_asked(unit_id)
        follow_up = self.exchanges.follow_up(unit_id, text, deadline, at.date())
        self.trigger(Inquiry.FollowUpAssigned, at, follow_up=follow_up)

    def complete_follow_up(self, number: int, unit_id: UUID, result: str, at: datetime) -> None:
        result = self.exchanges.completion(number, unit_id, result)
        self.trigger(Inquiry.FollowUpCompleted, at, number=number, result=result)

    def rate(self, unit_id: UUID, rating: InquiryRating, remark: str, at: datetime) -> None:
        self._require_asked(unit_id)
        require(unit_id not in self.rated, "inquiry.rated", field="unit")
        require(at.date() >= self.on, "inquiry.not_held_yet", field="inquiry")
        own = [q.number for q in self.exchanges.questions.values() if q.unit_id == unit_id]
        require(bool(own), "inquiry.not_questioned", field="unit")
        require(set(own) <= self.exchanges.answered, "inquiry.unanswered", field="unit")
        remark = require_optional_text(remark, "remark", most=1000)
        self.trigger(Inquiry.UnitRated, at, unit_id=unit_id, rating=rating, remark=remark)

    # -- guards

    def _require_asked(self, unit_id: UUID) -> None:
        require(unit_id in self.unit_ids, "inquiry.unit_not_asked", field="unit")

    # -- how events change the state

    @event(Convened)
    def __init__(self, on: date, unit_ids: tuple[UUID, ...]) -> None:
        self.on = on
        self.unit_ids = unit_ids
        self.exchanges = Exchanges()
        self.rated: set[UUID] = set()

    @event(QuestionAsked)
    def _question_asked(self, question: Question) -> None:
        self.exchanges.questions[question.number] = question

    @event(QuestionAnswered)
    def _question_answered(self, number: int) -> None:
        self.exchanges.answered.add(number)

    @event(FollowUpAssigned)
    def _follow_up_assigned(self, follow_up: FollowUp) -> None:
        self.exchanges.follow_ups[follow_up.number] = follow_up

    @event(FollowUpCompleted)
    def _follow_up_completed(self, number: int) -> None:
        self.exchanges.done.add(number)

    @event(UnitRated)
    def _unit_rated(self, unit_id: UUID) -> None:
        self.rated.add(unit_id)
