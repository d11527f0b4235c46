"""Schedules (进度安排): what should be done by when, and how late a task is (articles 25, 45).

The expected completion at a date is a share between 0 and 1 with four digits:

    linear         days since the start ÷ days from start to deadline
    by milestones  the share of the last milestone that is due on or before the date; 0 before the first

On the deadline itself everything is expected and nothing is overdue; from the next day each day counts.
A period's report is missing once the period is over and nothing has been reported for it.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from domain.indicator import ONE, ZERO, Explained, share
from domain.period import Period, month_number, period_numbered, period_of
from domain.refusal import require, require_text


@dataclass(frozen=True)
class Milestone:
    """A date by which a share of the task (cumulative, 0 to 1) is to be done (节点)."""

    title: str
    due: date
    share: Decimal
    assumed: bool = False


def require_schedule(start: date, deadline: date, milestones: Sequence[Milestone]) -> None:
    """Deadline after start; milestones in order within both, their shares growing to at most 1."""
    require(
        start < deadline,
        "task.deadline_before_start",
        f"The deadline {deadline} must lie after the start {start}.",
        f"完成时限 {deadline} 须晚于开始日期 {start}。",
        field="deadline",
        article=45,
    )
    require(
        len(milestones) <= 50,
        "task.too_many_milestones",
        "A task has at most 50 milestones.",
        "每项任务最多 50 个节点。",
        field="milestones",
    )
    done, last = ZERO, start
    for i, milestone in enumerate(milestones):
        field = f"milestones.{i}"
        require_text(milestone.title, f"{field}.title", most=200)
        require(
            last <= milestone.due <= deadline,
            "milestone.out_of_order",
            "Milestones must be in order of date, between start and deadline.",
            "节点须按日期先后排列,且在开始日期与完成时限之间。",
            field=f"{field}.due",
        )
        require(
            milestone.share.is_finite() and done < milestone.share <= 1,
            "milestone.share_not_growing",
            "A milestone's share must be above the one before it and at most 1.",
            "节点的累计进度须逐个递增,且不超过 1。",
            field=f"{field}.share",
        )
        done, last = milestone.share, milestone.due


def expected(start: date, deadline: date, milestones: Sequence[Milestone], on: date) -> Explained:
    """What should be done by the end of the day `on`, and why."""
    if on >= deadline:
        return Explained(share(ONE), f"the deadline {deadline} has come", f"已到完成时限 {deadline}")
    if milestones:
        due = [m for m in milestones if m.due <= on]
        if not due:
            first = milestones[0]
            return Explained(
                share(ZERO), f"the first milestone is due on {first.due}", f"首个节点时限为 {first.due}"
            )
        return Explained(
            share(due[-1].share),
            f"milestone “{due[-1].title}” was due on {due[-1].due}",
            f"节点“{due[-1].title}”时限为 {due[-1].due}",
        )
    gone, whole = max((on - start).days, 0), (deadline - start).days
    text = f"{gone} ÷ {whole}"
    return Explained(share(Decimal(gone) / whole), f"{text} days have gone", f"已过 {text} 天")


def deviation(completion: Decimal | None, expected_share: Decimal) -> Decimal | None:
    """Completion less expected completion: below zero is behind schedule (进度偏差). Unknown stays unknown."""
    return None if completion is None else completion - expected_share


def days_overdue(deadline: date, delivered_on: date | None, on: date) -> int:
    """Days past the deadline (逾期天数), counted to delivery or, while there is none, to `on`; 0 if in time."""
    return max(((delivered_on or on) - deadline).days, 0)


def periods_missing(
    start: date, delivered_on: date | None, reported: Collection[Period], on: date
) -> list[Period]:
    """The periods that are over by `on`, had to be reported, and were not (欠报).

    Every month from that of the start is to be reported, until the month of delivery: a task that is late
    goes on reporting.
    """
    last_over = month_number(period_of(on)) - 1
    if delivered_on is not None:
        last_over = min(last_over, month_number(period_of(delivered_on)))
    due = range(month_number(period_of(start)), last_over + 1)
    return [p for p in map(period_numbered, due) if p not in reported]
