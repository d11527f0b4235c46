"""Question time (电视问政、网络问政, article 50): each week one head of a unit answers in public.

Rules: every head of a unit has a turn before any has a second; then a new round begins. A week has one
session. Its questions go to the unit whose turn it is; it is concluded when all are answered. What was
promised is followed up.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Self
from uuid import UUID

from eventsourcing.domain import event

from domain import identifiers
from domain.aggregate import Aggregate, Created, Event
from domain.refusal import Refusal, require, require_day
from domain.supervision.exchange import Exchanges, FollowUp, Question, require_channel


def week_of(day: date) -> date:
    """The Monday of the day's week."""
    return day - timedelta(days=day.weekday())


class QuestionRota(Aggregate):
    """Whose turn it is (轮流): one stream for the city."""

    TOPIC = "question_rota"

    class Opened(Created):
        TOPIC = "question_rota.opened"

    class TurnAssigned(Event):
        TOPIC = "question_rota.turn_assigned"
        round: int
        week: date
        unit_id: UUID
        official_id: UUID

    @classmethod
    def open(cls, at: datetime) -> Self:
        return cls.create(cls.Opened, identifiers.QUESTION_ROTA, at)

    def assign_turn(self, day: date, heads: Mapping[UUID, UUID], unit_id: UUID | None, at: datetime) -> UUID:
        """Give the week of `day` to a unit, or without one to the first whose turn has not come; the unit.
        `heads`: the leading official of each unit that has one, in the order of the rota."""
        week = week_of(require_day(day, "day"))
        require(week not in self.weeks, "question_time.week_taken", field="day")
        require(bool(heads), "question_time.nobody", field="unit")
        waiting = [unit for unit in heads if unit not in self.been]
        anew = not waiting
        chosen = unit_id or (waiting or list(heads))[0]
        if chosen not in heads:
            raise Refusal("unit.has_no_leading_official", field="unit")
        require(anew or chosen in waiting, "question_time.turn_taken", field="unit", left=len(waiting))
        self.trigger(
            QuestionRota.TurnAssigned,
            at,
            round=self.round + anew,
            week=week,
            unit_id=chosen,
            official_id=heads[chosen],
        )
        return chosen

    @event(Opened)
    def __init__(self) -> None:
        self.round = 1
        self.been: set[UUID] = set()
        self.weeks: set[date] = set()

    @event(TurnAssigned)
    def _turn_assigned(self, round: int, week: date, unit_id: UUID) -> None:
        if round > self.round:
            self.been = set()
        self.round = round
        self.been.add(unit_id)
        self.weeks.add(week)


class QuestionTime(Aggregate):
    """One week's session."""

    TOPIC = "question_time"

    # -- events

    class Scheduled(Created):
        TOPIC = "question_time.scheduled"
        week: date
        day: date
        round: int
        unit_id: UUID
        official_id: UUID
        channel: str

    class QuestionAsked(Event):
        TOPIC = "question_time.question_asked"
        question: Question

    class QuestionAnswered(Event):
        TOPIC = "question_time.question_answered"
        number: int
        text: str

    class FollowUpAssigned(Event):
        TOPIC = "question_time.follow_up_assigned"
        follow_up: FollowUp

    class FollowUpCompleted(Event):
        TOPIC = "question_time.follow_up_completed"
        number: int
        result: str

    class Concluded(Event):
        """It was held, and every question answered."""

        TOPIC = "question_time.concluded"
        on: date

    # -- commands

    @classmethod
    def schedule(
        cls, day: date, round: int, unit_id: UUID, official_id: UUID, channel: str, at: datetime
    ) -> Self:
        week = week_of(day)
        return cls.create(
            cls.Scheduled,
            identifiers.question_time_id(week),
            at,
            week=week,
            day=day,
            round=round,
            unit_id=unit_id,
            official_id=official_id,
            channel=require_channel(channel),
        )

    def ask(self, text: str, asked_by: str, at: datetime) -> None:
        require(not self.concluded, "question_time.concluded", field="session")
        question = self.exchanges.question(self.unit_id, text, asked_by)
        self.trigger(QuestionTime.QuestionAsked, at, question=question)

    def answer(self, number: int, unit_id: UUID, text: str, at: datetime) -> None:
        text = self.exchanges.answer(number, unit_id, text)
        require(at.date() >= self.day, "question_time.not_held_yet", field="session")
        self.trigger(QuestionTime.QuestionAnswered, at, number=number, text=text)

    def assign_follow_up(self, unit_id: UUID, text: str, deadline: date, at: datetime) -> None:
        follow_up = self.exchanges.follow_up(unit_id, text, deadline, at.date())
        self.trigger(QuestionTime.FollowUpAssigned, at, follow_up=follow_up)

    def complete_follow_up(self, number: int, unit_id: UUID, result: str, at: datetime) -> None:
        result = self.exchanges.completion(number, unit_id, result)
        self.trigger(QuestionTime.FollowUpCompleted, at, number=number, result=result)

    def conclude(self, at: datetime) -> None:
        require(not self.concluded, "question_time.concluded", field="session")
        require(at.date() >= self.day, "question_time.not_held_yet", field="session")
        require(bool(self.exchanges.questions), "question_time.no_question", field="session")
        left = self.exchanges.unanswered()
        require(left == 0, "question_time.unanswered", field="session", left=left)
        self.trigger(QuestionTime.Concluded, at, on=at.date())

    # -- how events change the state

    @event(Scheduled)
    def __init__(self, week: date, day: date, unit_id: UUID) -> None:
        self.week = week
        self.day = day
        self.unit_id = unit_id
        self.exchanges = Exchanges()
        self.concluded = False

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

    @event(Concluded)
    def _concluded(self) -> None:
        self.concluded = True


def heads_in_order(leading: Mapping[UUID, UUID], units: Sequence[UUID]) -> dict[UUID, UUID]:
    """The leading official of each unit that has one, in the order in which the units were registered."""
    return {unit: leading[unit] for unit in units if unit in leading}
