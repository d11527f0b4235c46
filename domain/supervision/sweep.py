"""The daily sweep (每日调度, articles 25, 45): at the end of a day every task is looked at once.

Rules: a day is swept once, after the days before it, and not before it has come. What it brings — cards
shown, escalated, shown again or lifted, units urged — follows from the tasks at the day's end, the cards and
urges there are, and the edition of the scheme in force; nothing else. The sweep itself is a fact, with the
position of the log up to which the ledger was read, so that it can be done again to the same result.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Self
from uuid import UUID

from eventsourcing.domain import event

from domain import identifiers
from domain.aggregate import Aggregate, Created
from domain.period import last_day, month_number, period_numbered
from domain.refusal import require
from domain.schedule import days_overdue, deviation, expected_share, months_missing
from domain.supervision.card_scheme import Scheme
from domain.supervision.cards import Figures, Subject
from domain.supervision.urge import Occasion, Urge
from domain.task import Task, TaskStatus

IN_PROGRESS = (TaskStatus.OPEN.value, TaskStatus.RETURNED.value)


@dataclass(frozen=True)
class TaskOnDay:
    """A task as the sweep sees it at the end of a day."""

    id: UUID
    campaign_id: UUID
    lead_unit_id: UUID
    key_task: bool
    start: date
    deadline: date
    milestone_dates: tuple[date, ...]
    milestone_shares: tuple[Decimal, ...]
    in_progress: bool
    delivered_on: date | None
    completion: Decimal | None
    reported_months: tuple[int, ...]

    @property
    def subject(self) -> Subject:
        return Subject(self.id, self.campaign_id, self.lead_unit_id, self.key_task)


def figures(task: TaskOnDay, scheme: Scheme, on: date) -> Figures:
    """What a card is decided on, by the rules of `domain.schedule`; a report is missing after its grace."""
    milestones = list(zip(task.milestone_dates, task.milestone_shares, strict=True))
    due = expected_share(task.start, task.deadline, milestones, on)
    return Figures(
        completion=task.completion,
        expected=due,
        deviation=deviation(task.completion, due),
        days_overdue=days_overdue(task.deadline, task.delivered_on, on),
        reports_missing=len(_missing(task, scheme, on)),
    )


def _missing(task: TaskOnDay, scheme: Scheme, on: date) -> list[int]:
    """The months that were over before the days of grace began, and are not reported."""
    ended = on - timedelta(days=scheme.report_grace_days - 1)
    return months_missing(task.start, task.delivered_on, task.reported_months, ended)


def task_on_day(task: Task) -> TaskOnDay:
    """The same from the aggregate: for cards by hand, and to do a sweep again from the log."""
    months = {
        month_number(report.period)
        for report in task.reports.by_id.values()
        if report.status.value != "withdrawn"
    }
    return TaskOnDay(
        id=task.id,
        campaign_id=task.campaign_id,
        lead_unit_id=task.lead_unit_id,
        key_task=task.key_task,
        start=task.start,
        deadline=task.deadline,
        milestone_dates=tuple(m.due for m in task.milestones),
        milestone_shares=tuple(m.share for m in task.milestones),
        in_progress=task.status.value in IN_PROGRESS,
        delivered_on=task.delivered_on,
        completion=task.reports.outcome(task.indicators)["completion"],
        reported_months=tuple(sorted(months)),
    )


def urges_due(
    task: TaskOnDay, scheme: Scheme, edition: int, known: Collection[UUID], on: date, at: datetime
) -> Iterator[Urge]:
    """The urges that the end of the day brings; none that was issued for the same occasion before."""
    if not task.in_progress or on < task.start:
        return
    left = (task.deadline - on).days
    notice = min((n for n in scheme.urge_days_before if 0 <= left <= n), default=None)
    if notice is not None:
        id = identifiers.urge_id(task.id, f"deadline/{task.deadline}/{notice}")
        if id not in known:
            text = "任务即将到期，请抓紧推进并按时交账。"
            yield _urge(id, task, Occasion.DEADLINE, text, task.deadline, edition, on, at)
    for month in _missing(task, scheme, on)[-1:]:
        period = period_numbered(month)
        due = last_day(period) + timedelta(days=scheme.report_grace_days)
        id = identifiers.urge_id(task.id, f"report/{period}")
        if id not in known:
            # The latest that is missing, which need not be last month's.
            text = f"{period[:4]}年{int(period[5:])}月进度尚未报送，请立即补报。"
            yield _urge(id, task, Occasion.REPORT_MISSING, text, due, edition, on, at)


def _urge(
    id: UUID, task: TaskOnDay, occasion: Occasion, text: str, due: date, edition: int, on: date, at: datetime
) -> Urge:
    return Urge.issue(
        id, task.id, task.campaign_id, task.lead_unit_id, occasion, on, due, text, at, edition=edition
    )


@dataclass(frozen=True)
class Tally:
    """What a sweep brought: how many tasks it looked at, and how many of each."""

    tasks: int = 0
    raised: int = 0
    escalated: int = 0
    repeated: int = 0
    lifted: int = 0
    interviews: int = 0
    urged: int = 0


class Sweep(Aggregate):
    """One day's sweep."""

    TOPIC = "sweep"

    class Conducted(Created):
        """`position`: how far the ledger was read; `edition`: of the scheme in force."""

        TOPIC = "sweep.conducted"
        on: date
        position: int
        edition: int
        tally: Tally

    @classmethod
    def conduct(cls, on: date, position: int, edition: int, tally: Tally, at: datetime) -> Self:
        # Days are swept in order: after a year mistyped, all the days since would have to be. (On the first
        # day of a log, yesterday is what a daily sweep is about.)
        told = position > 0 or on >= at.date() - timedelta(days=1)
        require(told, "sweep.before_the_log", field="day", on=on)
        return cls.create(
            cls.Conducted,
            identifiers.sweep_id(on),
            at,
            on=on,
            position=position,
            edition=edition,
            tally=tally,
        )

    @event(Conducted)
    def __init__(self, on: date) -> None:
        self.on = on
