"""Schedules (进度安排): what should be done by when, and how late a task is (articles 25, 45).

The expected completion at a date is a share between 0 and 1 with four digits:

    linear         days since the start ÷ days from start to deadline
    by milestones  the share of the last milestone that is due on or before the date; 0 before the first

On the deadline itself everything is expected and nothing is overdue; from the next day each day counts.
A period's report is missing once the period is over and nothing has been reported for it.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import lru_cache

from domain.indicator import ONE, ZERO, Explained, share
from domain.period import Period, month_number, period_numbered
from domain.refusal import require, require_day, require_figure, require_line
from domain.spoken import chinese


@dataclass(frozen=True)
class Milestone:
    """A date by which a share of the task (cumulative, 0 to 1) is to be done (节点)."""

    title: str
    due: date
    share: Decimal
    assumed: bool = False


def require_schedule(start: date, deadline: date, milestones: Sequence[Milestone]) -> tuple[Milestone, ...]:
    """The milestones as they are recorded: in order between start and deadline, their shares growing to at
    most 1. Refused as well when the deadline does not lie after the start."""
    require_day(start, "start")
    require_day(deadline, "deadline")
    ordered = start < deadline
    require(ordered, "task.deadline_before_start", field="deadline", start=start, deadline=deadline)
    require(len(milestones) <= 50, "task.too_many_milestones", field="milestones")
    sound: list[Milestone] = []
    done, last = ZERO, start
    for i, milestone in enumerate(milestones):
        field = f"milestones.{i}"
        title = require_line(milestone.title, f"{field}.title", most=200)
        cumulative = require_figure(milestone.share, f"{field}.share")
        require(last <= milestone.due <= deadline, "milestone.out_of_order", field=f"{field}.due")
        require(done < cumulative <= 1, "milestone.share_not_growing", field=f"{field}.share")
        sound.append(replace(milestone, title=title, share=cumulative))
        done, last = cumulative, milestone.due
    return tuple(sound)


def expected_share(
    start: date, deadline: date, milestones: Sequence[tuple[date, Decimal]], on: date
) -> Decimal:
    """What should be done by the end of the day `on`; of milestones the day and the share."""
    if on >= deadline:
        return share(ONE)
    if milestones:
        return share(next((done for due, done in reversed(milestones) if due <= on), ZERO))
    return _linear_share(start, deadline, on)


@lru_cache(4_096)
def _linear_share(start: date, deadline: date, on: date) -> Decimal:
    # Most tasks of a plan begin and end together, and a sweep asks for all of them.
    return share(Decimal((on - start).days) / (deadline - start).days)


def expected(start: date, deadline: date, milestones: Sequence[Milestone], on: date) -> Explained:
    """What should be done by the end of the day `on`, and why."""
    figure = expected_share(start, deadline, [(m.due, m.share) for m in milestones], on)
    en, zh = _why(start, deadline, milestones, on)
    return Explained(figure, f"{en}, expected {figure}", f"{zh}，应完成{figure}")


def _why(start: date, deadline: date, milestones: Sequence[Milestone], on: date) -> tuple[str, str]:
    if on >= deadline:
        return f"the deadline {deadline} has come", f"已到完成时限{chinese(deadline)}"
    due = [m for m in milestones if m.due <= on]
    if due:
        title, day = due[-1].title, due[-1].due
        return f"milestone “{title}” was due on {day}", f"节点“{title}”时限为{chinese(day)}"
    if milestones:
        first = milestones[0].due
        return f"the first milestone is due on {first}", f"首个节点时限为{chinese(first)}"
    gone, whole = (on - start).days, (deadline - start).days
    if gone <= 0:
        return f"the task begins on {start}", f"任务自{chinese(start)}开始"
    return f"{gone} of {whole} days have gone", f"总工期{whole}天，已过{gone}天"


def require_delivery(start: date, returned_on: date | None, day: date, today: date) -> None:
    """The day of delivery lies between the start and today, and not before the work was returned."""
    field = "deliveredOn"
    require(start <= day <= today, "task.delivered_outside", field=field, start=start, today=today)
    anew = returned_on is None or day >= returned_on
    require(anew, "task.delivered_before_return", field=field, returned_on=returned_on)


def deviation(completion: Decimal | None, expected_share: Decimal) -> Decimal | None:
    """Completion less expected completion: below zero is behind schedule (进度偏差). Unknown stays so."""
    return None if completion is None else completion - expected_share


def days_overdue(deadline: date, delivered_on: date | None, on: date) -> int:
    """Days past the deadline (逾期天数), counted to delivery or, before it, to `on`; 0 if in time."""
    return max(((delivered_on or on) - deadline).days, 0)


def periods_missing(
    start: date, delivered_on: date | None, reported: Collection[Period], on: date
) -> list[Period]:
    """The periods that are over by `on`, had to be reported, and were not (欠报).

    Every month from that of the start is to be reported, until the month of delivery: a task that is late
    goes on reporting.
    """
    months = months_missing(start, delivered_on, {month_number(p) for p in reported}, on)
    return [period_numbered(month) for month in months]


def months_missing(start: date, delivered_on: date | None, reported: Collection[int], on: date) -> list[int]:
    """The same in numbers of months (`domain.period.month_number`)."""
    last_over = _month(on) - 1
    if delivered_on is not None:
        last_over = min(last_over, _month(delivered_on))
    return [month for month in range(_month(start), last_over + 1) if month not in reported]


def _month(day: date) -> int:
    return day.year * 12 + day.month - 1
