"""What recurs (articles 25, 48, 49, 50): each duty of the year, when it is due, and what satisfies it.

Rules, as the plan has them: the problem list on the 20th of each month, the joint conference before the 30th
(in February by its last day), a review meeting each month, a report of each group on each month, question
time each week, an inquiry every two months, progress published. Two days the plan does not give, and they are
marked as assumed: a report on a month is due on the 10th of the next, and progress is published each month.

A duty has turns (a week, a month, two months); a turn opens and is due, as a pure function of the year. What
satisfies it is an event, the first that answers its turn: `SATISFIED_BY` is the one table of them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import cache, lru_cache
from typing import Any
from uuid import UUID

from domain import identifiers
from domain.aggregate import AnyEvent
from domain.assessment.grounds import Ground, register_ground
from domain.meeting import ReviewMeeting
from domain.period import first_day, last_day, month_number, period_numbered, period_of
from domain.supervision.conference import EARLIEST_DAY, JointConference, ProblemList
from domain.supervision.inquiry import Inquiry
from domain.supervision.monthly_report import MonthlyReport
from domain.supervision.question_time import QuestionTime
from domain.task import Task

LIST_DAY, CONFERENCE_DAY, REPORT_DAY = 20, 30, 10


class Duty(StrEnum):
    PROBLEM_LIST = "problem_list"  # 问题清单
    JOINT_CONFERENCE = "joint_conference"  # 联席会议
    REVIEW_MEETING = "review_meeting"  # 一月一点评
    GROUP_REPORT = "group_report"  # 督导月报
    QUESTION_TIME = "question_time"  # 问政
    INQUIRY = "inquiry"  # 工作问询
    PROGRESS_PUBLISHED = "progress_published"  # 进展公开


class Rhythm(StrEnum):
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    TWO_MONTHLY = "two_monthly"


@dataclass(frozen=True)
class Terms:
    """When the turns of a duty open and are due, by a turn's first day. `stream`: the one stream that can
    satisfy a turn, where there is one; otherwise any event of the turn does. `assumed`: the day is ours."""

    article: int
    rhythm: Rhythm
    opens: Callable[[date], date]
    due: Callable[[date], date]
    stream: Callable[[date], UUID] | None = None
    each_group: bool = False
    assumed: bool = False


def _itself(first: date) -> date:
    return first


def _month_end(first: date) -> date:
    return last_day(period_of(first))


def _next_month(first: date) -> date:
    return first_day(period_numbered(month_number(period_of(first)) + 1))


def _day(number: int) -> Callable[[date], date]:
    """This day of the month, or its last."""
    return lambda first: first.replace(day=min(number, _month_end(first).day))


DUTIES: Mapping[Duty, Terms] = {
    Duty.PROBLEM_LIST: Terms(
        25,
        Rhythm.MONTHLY,
        _day(EARLIEST_DAY),
        _day(LIST_DAY),
        stream=lambda first: identifiers.problem_list_id(period_of(first)),
    ),
    Duty.JOINT_CONFERENCE: Terms(
        25,
        Rhythm.MONTHLY,
        _day(LIST_DAY),
        _day(CONFERENCE_DAY),
        stream=lambda first: identifiers.joint_conference_id(period_of(first)),
    ),
    Duty.REVIEW_MEETING: Terms(49, Rhythm.MONTHLY, _itself, _month_end),
    Duty.GROUP_REPORT: Terms(
        48,
        Rhythm.MONTHLY,
        _next_month,
        lambda first: _next_month(first).replace(day=REPORT_DAY),
        each_group=True,
        assumed=True,
    ),
    Duty.QUESTION_TIME: Terms(
        50,
        Rhythm.WEEKLY,
        _itself,
        lambda first: first + timedelta(days=6),
        stream=identifiers.question_time_id,
    ),
    Duty.INQUIRY: Terms(50, Rhythm.TWO_MONTHLY, _itself, lambda first: _month_end(_next_month(first))),
    Duty.PROGRESS_PUBLISHED: Terms(50, Rhythm.MONTHLY, _itself, _month_end, assumed=True),
}


# -- turns


@dataclass(frozen=True)
class Turn:
    """One turn of a duty. `name` is that of the week's Monday or the month (`2020-05`; of two months the
    first); `key` is what an answer to it says, for a duty of each group followed by the group."""

    duty: Duty
    name: str
    first: date
    opens: date
    due: date
    key: str


def turn_of(duty: Duty, day: date) -> Turn:
    """The turn that a day lies in."""
    return _turn(duty, _first_day(DUTIES[duty].rhythm, day))


def _first_day(rhythm: Rhythm, day: date) -> date:
    """The day on which the turn begins that a day lies in."""
    if rhythm is Rhythm.WEEKLY:
        return day - timedelta(days=day.weekday())
    return day.replace(month=day.month - (rhythm is Rhythm.TWO_MONTHLY and day.month % 2 == 0), day=1)


def _turn(duty: Duty, first: date) -> Turn:
    terms = DUTIES[duty]
    name = first.isoformat() if terms.rhythm is Rhythm.WEEKLY else period_of(first)
    key = name if terms.stream is None else str(terms.stream(first))
    return Turn(duty, name, first, terms.opens(first), terms.due(first), key)


@cache
def turns_of(duty: Duty, year: int) -> tuple[Turn, ...]:
    """The turns that begin in a year, in order."""
    # A day of every week, up to that in which the year ends, and so one of every month.
    days = (date(year, 1, 1) + timedelta(weeks=n) for n in range(54))
    firsts = dict.fromkeys(_first_day(DUTIES[duty].rhythm, day) for day in days)
    return tuple(_turn(duty, first) for first in firsts if first.year == year)


@lru_cache(64)
def turns_between(since: date, start: date, end: date) -> tuple[Turn, ...]:
    """The turns of all duties that begin by `end`, end after `start`, and are due on `since` or later."""
    years = range(start.year - 1, end.year + 1)
    turns = (turn for duty in DUTIES for year in years for turn in turns_of(duty, year))
    return tuple(turn for turn in turns if turn.first <= end and turn.due >= max(start, since))


# -- what satisfies them


@dataclass(frozen=True)
class Answer:
    """An event answers a turn: by its key, on a day."""

    duty: Duty
    key: str
    on: date


def _stream(duty: Duty, event: Any) -> Answer:
    return Answer(duty, str(event.originator_id), event.on)


def _within(duty: Duty, on: date) -> Answer:
    return Answer(duty, turn_of(duty, on).key, on)


def group_key(key: str, group_id: UUID) -> str:
    """The key of a turn for one group."""
    return f"{key}/{group_id}"


def _review(event: ReviewMeeting.MinutesKept) -> Answer | None:
    """In the month in which the meeting was held; one that drew fewer units than asked for is none."""
    if event.held_on is None or not event.as_planned:
        return None
    return _within(Duty.REVIEW_MEETING, event.held_on)


SATISFIED_BY: dict[type[AnyEvent], Callable[[Any], Answer | None]] = {
    ProblemList.Compiled: lambda e: _stream(Duty.PROBLEM_LIST, e),
    JointConference.Convened: lambda e: _stream(Duty.JOINT_CONFERENCE, e),
    ReviewMeeting.MinutesKept: _review,
    QuestionTime.Concluded: lambda e: _stream(Duty.QUESTION_TIME, e),
    # An inquiry has at least two departments, or it is none (domain.supervision.inquiry).
    Inquiry.Convened: lambda e: _within(Duty.INQUIRY, e.on),
    MonthlyReport.Submitted: lambda e: Answer(
        Duty.GROUP_REPORT, group_key(e.period, e.group_id), e.timestamp.date()
    ),
    Task.Published: lambda e: _within(Duty.PROGRESS_PUBLISHED, e.timestamp.date()),
    Task.ReportPublished: lambda e: _within(Duty.PROGRESS_PUBLISHED, e.timestamp.date()),
}
"""Every event that satisfies a duty, by its class (whose `TOPIC` is for good); None: this one does not."""


MISSED_OBLIGATION = register_ground(Ground("missed_obligation", "missed obligation", "履职任务逾期"))
"""Nothing happened, and no event says so: a case names the obligation by its id."""
