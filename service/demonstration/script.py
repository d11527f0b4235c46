"""The script of the demonstration year: the stories of all tasks, in order of time.

A pure function of plan and seed. It casts the few turns that need the whole plan (who is revised, extended,
reassigned, returned, withdrawn, stalled), tells each task's story, and merges them. What is done at one
sitting concerns different tasks, so that it may be done together.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from zoneinfo import ZoneInfo

import msgspec

from domain.directory import Category
from service.commands import ListTask
from service.demonstration.setting import Given, Part, Setting, Turn
from service.demonstration.story import Story, revisable
from service.demonstration.workdays import workday
from service.plans.entries import entries
from service.plans.rows import PlanDocument, TaskRow

REVISED, EXTENDED, REASSIGNED, RETURNED, WITHDRAWN = 6, 3, 1, 2, 2
"""How many tasks are cast for each turn; one more is stalled."""

KEYS = "demonstration/"
"""Every key of idempotency begins so."""


@dataclass(frozen=True)
class Step:
    """A command of the script with its key. Steps of one moment concern different tasks."""

    given: Given
    key: str


def prefix(document: PlanDocument, seed: int) -> str:
    """What the keys of this plan's and seed's year begin with."""
    listed = [entry.command for entry in entries(document, demonstration=True)]
    digest = hashlib.sha256(msgspec.json.encode(listed)).hexdigest()
    return f"{KEYS}{seed}/{digest[:16]}/"


def setting_of(document: PlanDocument, seed: int, until: date, zone: ZoneInfo) -> Setting:
    """What the stories and acts of this plan's and seed's year have in common."""
    names = {unit.code: unit.name for unit in document.units}
    plan_end = max((row.deadline for row in document.tasks), default=until)
    return Setting(seed, zone, names, document.groups, plan_end, until)


def script(document: PlanDocument, seed: int, until: date, zone: ZoneInfo) -> list[Step]:
    """The steps from the plan's first day until the end of the day `until`, in order of time."""
    setting = setting_of(document, seed, until, zone)
    parts = _cast(document, seed)
    listed = {e.row.code: e.command for e in entries(document) if isinstance(e.command, ListTask)}
    given = [
        step
        for row in document.tasks
        for step in Story(row, listed[row.code], parts.get(row.code, Part()), setting).steps()
    ]
    given.sort(key=lambda g: (g.moment, g.task))
    begin = prefix(document, seed)
    return [Step(g, f"{begin}{g.task}/{g.number:03}/{g.command.NAME}") for g in given]


# -- the cast


def _cast(document: PlanDocument, seed: int) -> dict[str, Part]:
    """By code, the parts of the tasks that have one; no task has two turns. What the plan has no task for is
    left out."""
    rng = Random(f"{seed}/cast")
    ends = {campaign.code: campaign.end for campaign in document.campaigns}
    listed = {e.row.code: e.command for e in entries(document) if isinstance(e.command, ListTask)}
    free = list(document.tasks)

    def draw(count: int, among: Iterable[TaskRow]) -> list[TaskRow]:
        fitting = [row for row in among if row in free]
        drawn = rng.sample(fitting, min(count, len(fitting)))
        for row in drawn:
            free.remove(row)
        return drawn

    early = [row for row in free if row.deadline <= ends[row.campaign] - timedelta(days=60)]
    turns: list[tuple[date, Turn, TaskRow]] = []
    turns += [
        (row.deadline, Turn.STALLED, row)
        for row in draw(1, (row for row in early if (row.deadline - row.start).days >= 80))
    ]
    turns += [(row.deadline, Turn.RETURNED, row) for row in draw(RETURNED, early)]
    turns += [
        (workday(row.deadline - timedelta(days=10)), Turn.EXTENDED, row) for row in draw(EXTENDED, early)
    ]
    late = [row for row in free if row not in early]
    turns += [(row.deadline, Turn.WITHDRAWN, row) for row in draw(WITHDRAWN, late)]
    turns += [
        (_some_day(rng, row, 70, 190), Turn.REVISED, row)
        for row in draw(REVISED, (row for row in late if any(map(revisable, listed[row.code].indicators))))
    ]
    turns += [
        (_some_day(rng, row, 90, 150), Turn.REASSIGNED, row)
        for row in draw(REASSIGNED, (row for row in late if _successors(document, row)))
    ]
    return _parts(document, rng, turns)


def _some_day(rng: Random, row: TaskRow, least: int, most: int) -> date:
    return workday(row.start + timedelta(days=rng.randint(least, most)))


def _parts(
    document: PlanDocument, rng: Random, turns: Sequence[tuple[date, Turn, TaskRow]]
) -> dict[str, Part]:
    """The parts, the documents numbered in the order of their days."""
    parts = {}
    documented = (Turn.REVISED, Turn.EXTENDED, Turn.REASSIGNED)
    number = 0
    for day, turn, row in sorted(turns, key=lambda t: (t[0], t[2].code)):
        number += turn in documented
        successor = rng.choice(_successors(document, row)) if turn is Turn.REASSIGNED else ""
        parts[row.code] = Part({turn: (day, number)}, successor)
    return parts


def _successors(document: PlanDocument, row: TaskRow) -> list[str]:
    """The departments that might take the task over: covered by the group that covers it now."""
    group = next(
        (g for g in document.groups if row.campaign in g.campaigns and (not g.units or row.lead in g.units)),
        None,
    )
    return [
        unit.code
        for unit in document.units
        if unit.category is Category.DEPARTMENT
        and unit.code != row.lead
        and (group is None or not group.units or unit.code in group.units)
    ]
