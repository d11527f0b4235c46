"""The plan that a log holds, as rows: the facts that listed it and, on request, what has changed since.

The log does not know what only the file says: where the plan comes from (the header is made up of what is
there), which fields of campaigns and groups are assumed, and which entries are parts of the plan and no
campaigns: of two entries with one number, the one without a task force is taken for such a part.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import singledispatchmethod
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from domain.campaign import Campaign, TaskForceMember
from domain.directory import Directory
from domain.supervision_group import SupervisionGroup
from domain.task import Task
from domain.terms import with_target
from projections.ledger import code_key
from service.plans.entries import assumed_below, assumed_columns
from service.plans.importer import facts
from service.plans.rows import (
    CampaignKind,
    CampaignRow,
    GroupRow,
    IndicatorRow,
    MemberRow,
    MilestoneRow,
    OfficialRow,
    PlanDocument,
    PlanHeader,
    TaskRow,
    UnitRow,
)
from service.store.recorder import Recorder

LISTING = (
    Directory.UnitRegistered,
    Directory.OfficialRegistered,
    Directory.OfficialAppointed,
    Campaign.Launched,
    Campaign.TaskForceFormed,
    SupervisionGroup.Formed,
    Task.Listed,
)
CHANGING = (
    Directory.UnitRenamed,
    Directory.OfficialReleased,
    SupervisionGroup.CoverageChanged,
    Task.TargetRevised,
    Task.DeadlineExtended,
    Task.Reassigned,
)


async def listed_plan(recorder: Recorder, zone: ZoneInfo, *, as_listed: bool = True) -> PlanDocument:
    """The plan that the log holds: as it was first listed or, not `as_listed`, as it stands now."""
    plan = _Plan(zone, later=not as_listed)
    async for fact in facts(recorder, *LISTING, *(() if as_listed else CHANGING)):
        plan.take(fact)
    return plan.document()


class _Terms:
    """The fact that listed something, and those of its terms that later facts change."""

    def __init__(self, fact: Any, **terms: Any):
        self.fact = fact
        self.terms = terms

    def change(self, **terms: Any) -> None:
        self.terms |= terms


class _Plan:
    """What the facts have listed so far. `later`: later terms of office and task forces replace the first."""

    def __init__(self, zone: ZoneInfo, later: bool):
        self.zone = zone
        self.later = later
        self.units: dict[UUID, UnitRow] = {}
        self.officials: dict[UUID, OfficialRow] = {}
        self.campaigns: dict[UUID, Campaign.Launched] = {}
        self.forces: dict[UUID, tuple[TaskForceMember, ...]] = {}
        self.groups: dict[UUID, _Terms] = {}
        self.tasks: dict[UUID, _Terms] = {}

    # -- facts in

    @singledispatchmethod
    def take(self, fact: Any) -> None:
        raise TypeError(f"{type(fact)} is no part of a plan")

    @take.register
    def _(self, fact: Directory.UnitRegistered) -> None:
        self.units[fact.unit_id] = UnitRow(fact.code, fact.name, fact.category)

    @take.register
    def _(self, fact: Directory.UnitRenamed) -> None:
        self.units[fact.unit_id] = replace(self.units[fact.unit_id], name=fact.name)

    @take.register
    def _(self, fact: Directory.OfficialRegistered) -> None:
        self.officials[fact.official_id] = OfficialRow(fact.code, fact.name)

    @take.register
    def _(self, fact: Directory.OfficialAppointed) -> None:
        official, unit = self.officials[fact.official_id], self.units[fact.unit_id].code
        first = official.leads is None and all(o.leads != unit for o in self.officials.values())
        if self.later or first:
            appointed = replace(official, leads=unit, post=fact.post, since=fact.since)
            self.officials[fact.official_id] = appointed

    @take.register
    def _(self, fact: Directory.OfficialReleased) -> None:
        released = replace(self.officials[fact.official_id], leads=None, post="", since=None)
        self.officials[fact.official_id] = released

    @take.register
    def _(self, fact: Campaign.Launched) -> None:
        self.campaigns[fact.originator_id] = fact

    @take.register
    def _(self, fact: Campaign.TaskForceFormed) -> None:
        if self.later or fact.originator_id not in self.forces:
            self.forces[fact.originator_id] = fact.members

    @take.register
    def _(self, fact: SupervisionGroup.Formed) -> None:
        self.groups[fact.originator_id] = _Terms(fact, campaigns=fact.campaigns, units=fact.units)

    @take.register
    def _(self, fact: SupervisionGroup.CoverageChanged) -> None:
        self.groups[fact.originator_id].change(campaigns=fact.campaigns, units=fact.units)

    @take.register
    def _(self, fact: Task.Listed) -> None:
        self.tasks[fact.originator_id] = _Terms(
            fact,
            lead=fact.lead_unit_id,
            supporting=fact.supporting_unit_ids,
            indicators=fact.indicators,
            milestones=fact.milestones,
            deadline=fact.deadline,
        )

    @take.register
    def _(self, fact: Task.TargetRevised) -> None:
        task = self.tasks[fact.originator_id]
        task.change(indicators=with_target(task.terms["indicators"], fact.indicator, fact.target))

    @take.register
    def _(self, fact: Task.DeadlineExtended) -> None:
        self.tasks[fact.originator_id].change(deadline=fact.deadline, milestones=fact.milestones)

    @take.register
    def _(self, fact: Task.Reassigned) -> None:
        self.tasks[fact.originator_id].change(lead=fact.lead_unit_id, supporting=fact.supporting_unit_ids)

    # -- rows out

    def document(self) -> PlanDocument:
        launched = sorted(self.campaigns.values(), key=lambda c: (c.number, code_key(c.code)))
        groups = sorted(self.groups.values(), key=lambda g: code_key(g.fact.code))
        tasks = sorted(self.tasks.values(), key=lambda t: code_key(t.fact.code))
        return PlanDocument(
            _header(launched, self.zone),
            tuple(self.units.values()),
            tuple(self.officials.values()),
            tuple(self._campaigns(launched)),
            tuple(self._group(group) for group in groups),
            tuple(self._task(task) for task in tasks),
        )

    def _campaigns(self, launched: Sequence[Campaign.Launched]) -> Iterable[CampaignRow]:
        taken = [c.number for c in launched if c.originator_id in self.forces]
        for fact in launched:
            force = self.forces.get(fact.originator_id, ())
            a_part = not force and fact.number in taken
            if not force:
                taken.append(fact.number)
            yield CampaignRow(
                code=fact.code,
                number=fact.number,
                name=fact.name,
                start=fact.start,
                end=fact.end,
                kind=CampaignKind.PART if a_part else CampaignKind.CAMPAIGN,
                missing=fact.name_missing,
                goal=fact.goal,
                task_force=tuple(
                    MemberRow(self.officials[m.official_id].code, m.role, m.since, m.until) for m in force
                ),
            )

    def _group(self, group: _Terms) -> GroupRow:
        return GroupRow(
            code=group.fact.code,
            name=group.fact.name,
            leader=self.officials[group.fact.leader_id].code,
            campaigns=tuple(self.campaigns[c].code for c in group.terms["campaigns"]),
            units=tuple(self.units[u].code for u in group.terms["units"]),
        )

    def _task(self, task: _Terms) -> TaskRow:
        fact, terms = task.fact, task.terms
        return TaskRow(
            code=fact.code,
            campaign=self.campaigns[fact.campaign_id].code,
            article=fact.article,
            title=fact.title,
            lead=self.units[terms["lead"]].code,
            start=fact.start,
            deadline=terms["deadline"],
            indicators=tuple(_indicators(fact, terms["indicators"])),
            supporting=tuple(self.units[u].code for u in terms["supporting"]),
            milestones=tuple(_milestones(fact, terms["milestones"])),
            key_task=fact.key_task,
            assumed=assumed_columns(fact.assumed),
            note=fact.note,
        )


def _indicators(fact: Any, indicators: Sequence[Any]) -> Iterable[IndicatorRow]:
    for place, i in enumerate(indicators):
        yield IndicatorRow(
            code=i.code,
            name=i.name,
            direction=i.direction,
            target=i.target,
            unit_of_measure=i.unit_of_measure,
            weight=i.weight,
            missing=i.target is None,
            baseline=i.baseline,
            assumed=assumed_below(fact.assumed, "indicators", place, i.assumed),
        )


def _milestones(fact: Any, milestones: Sequence[Any]) -> Iterable[MilestoneRow]:
    for place, m in enumerate(milestones):
        # Milestones that were given anew have nothing to do with what was assumed of the first ones.
        assumed = fact.assumed if milestones is fact.milestones else ()
        yield MilestoneRow(m.due, m.share, m.title, assumed_below(assumed, "milestones", place, m.assumed))


def _header(launched: Sequence[Campaign.Launched], zone: ZoneInfo) -> PlanHeader | None:
    """A header for what is there; None where it spans no single year, because a plan is of one year."""
    years = {day.year for c in launched for day in (c.start, c.end)}
    if len(years) != 1:
        return None
    (year,) = years
    return PlanHeader(
        code=f"plan-{year}",
        name=f"{year}年攻坚方案",
        source="由督办系统事件日志导出",
        year=year,
        start=min(c.start for c in launched),
        end=max(c.end for c in launched),
        time_zone=zone.key,
    )
