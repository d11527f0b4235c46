"""The rows of a plan as commands, and the facts that list a plan as rows: two directions of one table.

What a row says and an event does not is kept in `Task.Listed.assumed`, as names of the API's own (camelCase)
fields. An indicator or milestone that is assumed in the ordinary way says so itself; one that is assumed in
part is named there by path, counted from 0: `indicators.1.target`.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from domain import identifiers
from domain.campaign import TaskForceMember
from domain.indicator import Indicator
from domain.schedule import Milestone
from service.commands import (
    AppointOfficial,
    CampaignId,
    Command,
    FormSupervisionGroup,
    FormTaskForce,
    LaunchCampaign,
    ListTask,
    OfficialId,
    RegisterOfficial,
    RegisterUnit,
    UnitId,
)
from service.plans.rows import (
    CampaignRow,
    GroupRow,
    IndicatorRow,
    MilestoneRow,
    OfficialRow,
    PlanDocument,
    TaskRow,
    UnitRow,
)

NOUNS = ("units", "officials", "appointments", "campaigns", "task_forces", "groups", "tasks")
"""What a plan lists, in the order in which it is listed: each refers only to those before it."""

OUTER_NAMES: Mapping[str, str] = {
    "lead": "leadUnit",
    "supporting": "supportingUnits",
    "key_task": "keyTask",
    "unit_of_measure": "unitOfMeasure",
}
"""A column's name in the API, where the two differ."""
COLUMN_NAMES: Mapping[str, str] = {outer: column for column, outer in OUTER_NAMES.items()}

# What is assumed of an indicator that is not in the text at all, and of a milestone that names no share.
WHOLE_INDICATOR = ("name", "direction", "target", "unit_of_measure")
SHARE_ONLY = ("share",)

AnyRow = UnitRow | OfficialRow | CampaignRow | GroupRow | TaskRow


@dataclass(frozen=True)
class Entry:
    """One thing that a row lists: the noun it belongs to, the row, and the command that lists it."""

    noun: str
    row: AnyRow
    command: Command

    def key(self, plan: str) -> str:
        """The idempotency key: the same for the same content of the same row of the same plan."""
        content = msgspec.json.encode([self.command.NAME, self.command])
        return f"plan/{plan}/{self.noun}/{self.row.code}/{hashlib.sha256(content).hexdigest()[:32]}"


def entries(document: PlanDocument, *, demonstration: bool = False) -> list[Entry]:
    """Everything that the document lists, in order of `NOUNS`."""
    leading = [row for row in document.officials if row.leads is not None]
    staffed = [row for row in document.campaigns if row.task_force]
    return [
        *(Entry("units", row, _register_unit(row)) for row in document.units),
        *(
            Entry("officials", row, RegisterOfficial(code=row.code, name=row.name))
            for row in document.officials
        ),
        *(Entry("appointments", row, _appoint(row)) for row in leading),
        *(Entry("campaigns", row, _launch(row, demonstration)) for row in document.campaigns),
        *(Entry("task_forces", row, _form_task_force(row)) for row in staffed),
        *(Entry("groups", row, _form_group(row)) for row in document.groups),
        *(Entry("tasks", row, _list_task(row)) for row in document.tasks),
    ]


def _register_unit(row: UnitRow) -> RegisterUnit:
    return RegisterUnit(code=row.code, name=row.name, category=row.category)


def _register_official(row: OfficialRow) -> RegisterOfficial:
    return RegisterOfficial(code=row.code, name=row.name)


def _appoint(row: OfficialRow) -> AppointOfficial:
    if row.leads is None or row.since is None:
        raise ValueError(f"official {row.code} leads no unit, or since no day: check the document first")
    return AppointOfficial(
        official=OfficialId(identifiers.official_id(row.code)),
        unit=_unit(row.leads),
        post=row.post,
        since=row.since,
    )


def _launch(row: CampaignRow, demonstration: bool) -> LaunchCampaign:
    return LaunchCampaign(
        code=row.code,
        number=row.number,
        name=row.name,
        goal=row.goal,
        start=row.start,
        end=row.end,
        name_missing=row.missing,
        demonstration=demonstration,
    )


def _form_task_force(row: CampaignRow) -> FormTaskForce:
    members = tuple(
        TaskForceMember(identifiers.official_id(m.official), m.role, m.since, m.until) for m in row.task_force
    )
    return FormTaskForce(campaign=CampaignId(identifiers.campaign_id(row.code)), members=members)


def _form_group(row: GroupRow) -> FormSupervisionGroup:
    return FormSupervisionGroup(
        code=row.code,
        name=row.name,
        leader=OfficialId(identifiers.official_id(row.leader)),
        campaigns=tuple(CampaignId(identifiers.campaign_id(code)) for code in row.campaigns),
        units=tuple(_unit(code) for code in row.units),
    )


def _list_task(row: TaskRow) -> ListTask:
    return ListTask(
        code=row.code,
        campaign=CampaignId(identifiers.campaign_id(row.campaign)),
        article=row.article,
        title=row.title,
        lead_unit=_unit(row.lead),
        supporting_units=tuple(_unit(code) for code in row.supporting),
        indicators=tuple(_indicator(i) for i in row.indicators),
        milestones=tuple(Milestone(m.title, m.due, m.share, bool(m.assumed)) for m in row.milestones),
        start=row.start,
        deadline=row.deadline,
        key_task=row.key_task,
        assumed=tuple(_assumed(row)),
        note=row.note,
    )


def _unit(code: str) -> UnitId:
    return UnitId(identifiers.unit_id(code))


def _indicator(row: IndicatorRow) -> Indicator:
    return Indicator(
        code=row.code,
        name=row.name,
        direction=row.direction,
        unit_of_measure=row.unit_of_measure,
        target=row.target,
        weight=row.weight,
        baseline=row.baseline,
        assumed=bool(row.assumed),
    )


# -- what is assumed, in one list and back


def _assumed(task: TaskRow) -> Iterable[str]:
    yield from (OUTER_NAMES.get(name, name) for name in task.assumed)
    below: tuple[tuple[str, Sequence[IndicatorRow | MilestoneRow], tuple[str, ...]], ...] = (
        ("indicators", task.indicators, WHOLE_INDICATOR),
        ("milestones", task.milestones, SHARE_ONLY),
    )
    for name, rows, ordinary in below:
        for i, row in enumerate(rows):
            if row.assumed != ordinary:
                yield from (f"{name}.{i}.{OUTER_NAMES.get(field, field)}" for field in row.assumed)


def assumed_columns(assumed: Sequence[str]) -> tuple[str, ...]:
    """The assumed columns of the task's own row."""
    return tuple(COLUMN_NAMES.get(name, name) for name in assumed if "." not in name)


def assumed_below(assumed: Sequence[str], name: str, place: int, marked: bool) -> tuple[str, ...]:
    """The assumed columns of the indicator or milestone (`name`: indicators, milestones) at this place;
    `marked`: it says itself that it is assumed."""
    prefix = f"{name}.{place}."
    named = [path.removeprefix(prefix) for path in assumed if path.startswith(prefix)]
    if named:
        return tuple(COLUMN_NAMES.get(field, field) for field in named)
    ordinary = WHOLE_INDICATOR if name == "indicators" else SHARE_ONLY
    return ordinary if marked else ()


# -- where a field of a command stands in the file

_COLUMN_OF_FIELD: Mapping[str, Mapping[str, str]] = {
    "appointments": {"official": "code", "unit": "leads"},
    "task_forces": {"members": "task_force", "campaign": "code"},
}


def cell_of(entry: Entry, field: str | None) -> tuple[Any, str]:
    """The place and the column that a refusal's field (`indicators.0.target`) speaks of."""
    row: Any = entry.row
    parts = (field or "code").split(".")
    columns = _COLUMN_OF_FIELD.get(entry.noun, {})
    while parts:
        outer = parts.pop(0)
        name = columns.get(outer) or COLUMN_NAMES.get(outer, outer)
        below = getattr(row, name, None)
        deeper = len(parts) > 1 and parts[0].isdecimal() and isinstance(below, tuple)
        if not deeper or below is None or int(parts[0]) >= len(below):
            return row.place, name
        row = below[int(parts.pop(0))]
    return row.place, "code"
