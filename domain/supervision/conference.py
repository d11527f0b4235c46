"""The monthly problem list (问题清单) and the joint conference on it (联席会议, article 25).

Rules: each month on the 20th the open problems are frozen into a list; it may be compiled from the 15th on,
where the 20th is no workday, and only once. The joint conference is held on that list before the 30th, once a
month, and decides on every problem of it that is still open; on a closed problem, or one that is not on the
list, it decides nothing.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Self
from uuid import UUID

from eventsourcing.domain import event

from domain import identifiers
from domain.aggregate import Aggregate, Created
from domain.period import Period, first_day, require_period
from domain.refusal import require, require_day, require_text

EARLIEST_DAY = 15


class ProblemList(Aggregate):
    """The problems of one month."""

    TOPIC = "problem_list"

    class Compiled(Created):
        TOPIC = "problem_list.compiled"
        period: Period
        on: date
        problem_ids: tuple[UUID, ...]

    @classmethod
    def compile(cls, period: Period, problem_ids: Sequence[UUID], at: datetime) -> Self:
        require_list_due(period, at.date())
        return cls.create(
            cls.Compiled,
            identifiers.problem_list_id(period),
            at,
            period=period,
            on=at.date(),
            problem_ids=tuple(problem_ids),
        )

    @event(Compiled)
    def __init__(self, period: Period, on: date, problem_ids: tuple[UUID, ...]) -> None:
        self.period = period
        self.compiled_on = on
        self.problem_ids = problem_ids


def require_list_due(period: Period, today: date) -> None:
    """From the 15th of the month on its list may be compiled."""
    earliest = first_day(require_period(period)).replace(day=EARLIEST_DAY)
    require(today >= earliest, "problem_list.too_early", field="period", earliest=earliest)


@dataclass(frozen=True)
class Decision:
    """What the conference decides on a problem: who puts it right, by when; None: as it was."""

    problem_id: UUID
    text: str
    unit_id: UUID | None = None
    deadline: date | None = None


class JointConference(Aggregate):
    """The conference on one month's list."""

    TOPIC = "joint_conference"

    class Convened(Created):
        TOPIC = "joint_conference.convened"
        period: Period
        on: date
        attendee_ids: tuple[UUID, ...]
        decisions: tuple[Decision, ...]

    @classmethod
    def convene(
        cls,
        problems: ProblemList,
        on: date,
        attendee_ids: Sequence[UUID],
        decisions: Sequence[Decision],
        open_ids: Collection[UUID],
        at: datetime,
    ) -> Self:
        """`open_ids`: the problems of the list that are still open."""
        since = problems.compiled_on
        require(since <= on <= at.date(), "joint_conference.day_outside", field="on", since=since)
        require(bool(attendee_ids), "joint_conference.nobody", field="attendees")
        require(len(set(attendee_ids)) == len(attendee_ids), "joint_conference.unit_twice", field="attendees")
        decided = [decision.problem_id for decision in decisions]
        for n, id in enumerate(decided):
            field = f"decisions.{n}.problem"
            require(id in problems.problem_ids, "joint_conference.not_on_list", field=field)
            require(id in open_ids, "problem.closed", field=field)
        require(len(set(decided)) == len(decided), "joint_conference.problem_twice", field="decisions")
        left = len(set(open_ids) - set(decided))
        require(left == 0, "joint_conference.undecided", field="decisions", left=left)
        return cls.create(
            cls.Convened,
            identifiers.joint_conference_id(problems.period),
            at,
            period=problems.period,
            on=on,
            attendee_ids=tuple(attendee_ids),
            decisions=tuple(_require_decision(d, n, on) for n, d in enumerate(decisions)),
        )

    @event(Convened)
    def __init__(self, period: Period, on: date, decisions: tuple[Decision, ...]) -> None:
        self.period = period
        self.on = on
        self.decisions = decisions


def _require_decision(decision: Decision, n: int, on: date) -> Decision:
    if decision.deadline is not None:
        require_day(decision.deadline, f"decisions.{n}.deadline")
        require(decision.deadline >= on, "problem.deadline_past", field=f"decisions.{n}.deadline")
    return replace(decision, text=require_text(decision.text, f"decisions.{n}.text", most=2000))
