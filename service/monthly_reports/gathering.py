"""What a month's report of a group says, read as of the month's end."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import groupby
from typing import Any

from domain.indicator import share
from domain.period import first_day, last_day, period_of
from domain.supervision.monthly_report import (
    CardLine,
    Contents,
    FindingLine,
    Line,
    ProblemLine,
    TaskLine,
)
from domain.supervision.sweep import IN_PROGRESS
from domain.supervision.visit import FindingKind
from domain.supervision_group import SupervisionGroup
from domain.task import TaskStatus
from projections.supervision.monthly_reports import (
    CARDS_AT_END,
    FINDINGS_IN_MONTH,
    LEVEL_NAMES,
    PROBLEMS_AT_END,
    TASKS_AT_END,
    VISITS_IN_MONTH,
)
from service.desk import Desk
from service.store.as_of import POSITION_OF_DATE

MOST_TASKS, MOST_PROBLEMS, MOST_FINDINGS = 10, 50, 60
BEHIND = Decimal("-0.05")
"""A task is told as behind when it is more than this short of what is expected (5 percentage points)."""

_ENDED = f"select {POSITION_OF_DATE.format(v='$1::date')} as position"

FINDINGS = {
    FindingKind.PROGRESS.value: "进展",
    FindingKind.EXPERIENCE.value: "经验",
    FindingKind.PERSON.value: "典型人物",
    FindingKind.PROBLEM.value: "问题",
    FindingKind.OPINION.value: "意见建议",
}


@dataclass(frozen=True)
class Words:
    """What the group itself adds to the figures."""

    assessment: str
    suggestions: str


async def gathered(desk: Desk, group: SupervisionGroup, period: str, words: Words) -> Contents:
    """The report's contents; the read tables are settled before they are asked."""
    _, tables = await desk.settled()
    first, end = first_day(period), last_day(period)
    (ended,) = await tables.rows(_ENDED, end)
    position = ended["position"]
    # What it covered then; one that was formed later, what it covers now.
    group = await desk.streams.as_of(SupervisionGroup, group.id, end) or group
    scope = (position, end, list(group.campaigns), list(group.units), first)
    tasks = await tables.rows(TASKS_AT_END, *scope)
    cards = await tables.rows(CARDS_AT_END, *scope)
    names = {row["code"]: row["name"] for row in await tables.rows(LEVEL_NAMES, position)}
    problems = await tables.rows(PROBLEMS_AT_END, *scope)
    (visits,) = await tables.rows(VISITS_IN_MONTH, group.id, first, end)
    findings = await tables.rows(FINDINGS_IN_MONTH, group.id, first, end, position)
    still_open = [p for p in problems if p["kind"] != "closed"]
    return Contents(
        group=group.name,
        period=period,
        position=position,
        demonstration=any(task["demonstration"] for task in tasks),
        total=_line("合计", tasks),
        campaigns=tuple(_lines(tasks, "campaign")),
        units=tuple(_lines(sorted(tasks, key=lambda t: t["unit"]), "unit")),
        furthest_behind=_furthest_behind(tasks),
        due_next=_due_next(tasks, end),
        cards=tuple(CardLine(names.get(c["level"], c["level"]), c["shown"], c["standing"]) for c in cards),
        problems_listed=sum(p["is_new"] for p in problems),
        problems_closed=sum(p["kind"] == "closed" and p["on"] >= first for p in problems),
        problems_standing=len(still_open),
        problems_open=tuple(
            ProblemLine(p["code"], p["title"], p["unit"] or "", p["listed_on"], p["deadline"])
            for p in still_open[:MOST_PROBLEMS]
        ),
        visits=visits[0],
        findings=tuple(
            FindingLine(FINDINGS[f["kind"]], f["unit"], f["text"]) for f in findings[:MOST_FINDINGS]
        ),
        assessment=words.assessment,
        suggestions=words.suggestions,
    )


def _lines(tasks: Sequence[Any], by: str) -> Iterable[Line]:
    """A line for each run of tasks with the same name."""
    for name, some in groupby(tasks, key=lambda task: task[by]):
        yield _line(name, list(some))


def _line(name: str, tasks: Sequence[Any]) -> Line:
    return Line(
        name=name,
        tasks=len(tasks),
        accepted=sum(task["status"] == TaskStatus.ACCEPTED.value for task in tasks),
        completion=_mean([task["completion"] for task in tasks if task["completion"] is not None]),
        expected=_mean([task["expected"] for task in tasks]),
        behind=sum(_gap(task) < BEHIND for task in tasks),
        overdue=sum(task["days_overdue"] > 0 for task in tasks),
        reports_missing=sum(task["reports_missing"] for task in tasks),
    )


def _mean(shares: Sequence[Decimal]) -> Decimal | None:
    return share(sum(shares, Decimal(0)) / len(shares)) if shares else None


def _gap(task: Any) -> Decimal:
    """Completion less expectation; 0 where it is unknown, or nothing is to be done any more."""
    if task["completion"] is None or task["status"] not in IN_PROGRESS:
        return Decimal(0)
    return Decimal(task["completion"] - task["expected"])


def _furthest_behind(tasks: Sequence[Any]) -> tuple[TaskLine, ...]:
    behind = sorted((task for task in tasks if _gap(task) < BEHIND), key=_gap)
    return tuple(_task_line(task) for task in behind[:MOST_TASKS])


def _due_next(tasks: Sequence[Any], end: date) -> tuple[TaskLine, ...]:
    """The tasks in hand whose deadline lies in the month after."""
    coming = period_of(end + timedelta(days=1))
    due = [t for t in tasks if t["status"] in IN_PROGRESS and period_of(t["deadline"]) == coming]
    return tuple(_task_line(t) for t in sorted(due, key=lambda t: t["deadline"])[:MOST_TASKS])


def _task_line(task: Any) -> TaskLine:
    return TaskLine(
        task["code"],
        task["title"],
        task["unit"],
        task["deadline"],
        task["completion"],
        task["expected"],
        task["days_overdue"],
    )
