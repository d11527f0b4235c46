"""Every command, in one place: what it carries, and which aggregates it works on.

A command is named like its mutation; its docstring and its fields' descriptions are what the schema says of
it. The rules are the domain's; here is only what a rule needs to be asked: other aggregates, the asking
unit or group.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, ClassVar, NewType, dataclass_transform
from uuid import UUID

from domain import identifiers
from domain.campaign import Campaign, TaskForceMember
from domain.directory import Category, Directory
from domain.documents import Document, Evidence
from domain.indicator import Indicator, IndicatorValue
from domain.refusal import Refusal
from domain.schedule import Milestone
from domain.supervision_group import SupervisionGroup
from domain.task import Task
from service.desk import Desk

UnitId = NewType("UnitId", UUID)
OfficialId = NewType("OfficialId", UUID)
CampaignId = NewType("CampaignId", UUID)
GroupId = NewType("GroupId", UUID)
TaskId = NewType("TaskId", UUID)
ReportId = NewType("ReportId", UUID)


def about(description: str, **default: Any) -> Any:
    """A field of a command, with what the schema says of it."""
    return field(metadata={"description": description}, **default)


@dataclass(frozen=True, kw_only=True)
class Command:
    """`NAME` is the mutation's; `subject` the stream whose version a client may expect."""

    NAME: ClassVar[str]

    async def handle(self, desk: Desk) -> None:
        raise TypeError("a command says how it is handled")

    def subject(self) -> UUID:
        raise TypeError("a command says what it changes")


COMMANDS: dict[str, type[Command]] = {}


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(about,))
def command(name: str) -> Callable[[type[Command]], type[Command]]:
    def register(cls: type[Command]) -> type[Command]:
        if name in COMMANDS:
            raise ValueError(f"two commands are called {name!r}")
        cls.NAME = name
        COMMANDS[name] = cls
        return dataclass(frozen=True, kw_only=True)(cls)

    return register


async def _directory(desk: Desk) -> Directory:
    directory = await desk.find(Directory, identifiers.DIRECTORY)
    if directory is None:
        directory = Directory.open(desk.at)
        desk.add(directory)
    return directory


async def _require_new(desk: Desk, kind: Any, id_: UUID) -> None:
    if await desk.streams.find(kind, id_) is not None:
        raise Refusal(f"{kind.TOPIC}.exists", field="code")


# -- directory


class _OfDirectory(Command):
    def subject(self) -> UUID:
        return identifiers.DIRECTORY


@command("registerUnit")
class RegisterUnit(_OfDirectory):
    """Register a unit. 登记单位"""

    code: str = about("Short code, unique: a-z, 0-9, point, hyphen, underscore.")
    name: str = about("Name.")
    category: Category = about("Category; units are ranked within it.")

    async def handle(self, desk: Desk) -> None:
        (await _directory(desk)).register_unit(self.code, self.name, self.category, desk.at)


@command("renameUnit")
class RenameUnit(_OfDirectory):
    """Give a unit another name. 单位更名"""

    unit: UnitId = about("The unit.")
    name: str = about("The new name.")

    async def handle(self, desk: Desk) -> None:
        (await _directory(desk)).rename_unit(self.unit, self.name, desk.at)


@command("registerOfficial")
class RegisterOfficial(_OfDirectory):
    """Register an official. 登记干部"""

    code: str = about("Short code, unique.")
    name: str = about("Name.")

    async def handle(self, desk: Desk) -> None:
        (await _directory(desk)).register_official(self.code, self.name, desk.at)


@command("appointOfficial")
class AppointOfficial(_OfDirectory):
    """Appoint an official as the leading official of a unit. 任命主要负责人"""

    official: OfficialId = about("The official.")
    unit: UnitId = about("The unit they lead.")
    post: str = about("The post.")
    since: date = about("First day in the post.")

    async def handle(self, desk: Desk) -> None:
        (await _directory(desk)).appoint_official(self.official, self.unit, self.post, self.since, desk.at)


@command("releaseOfficial")
class ReleaseOfficial(_OfDirectory):
    """Release the leading official of a unit from the post. 免去主要负责人"""

    unit: UnitId = about("The unit.")
    until: date = about("Last day in the post.")

    async def handle(self, desk: Desk) -> None:
        (await _directory(desk)).release_official(self.unit, self.until, desk.at)


# -- campaigns and groups


@command("launchCampaign")
class LaunchCampaign(Command):
    """Launch a campaign. 启动攻坚战"""

    code: str = about("Short code, unique.")
    number: int = about("Its number in the plan.")
    name: str = about("Name.")
    goal: str = about("What it is to achieve.", default="")
    start: date = about("First day.")
    end: date = about("Last day.")
    name_missing: bool = about("The plan's text lost the name.", default=False)
    demonstration: bool = about("Played, not lived.", default=False)

    async def handle(self, desk: Desk) -> None:
        identifiers.require_code(self.code)
        await _require_new(desk, Campaign, self.subject())
        desk.add(
            Campaign.launch(
                self.code,
                self.number,
                self.name,
                self.goal,
                self.start,
                self.end,
                desk.at,
                name_missing=self.name_missing,
                demonstration=self.demonstration,
            )
        )

    def subject(self) -> UUID:
        return identifiers.campaign_id(self.code)


@command("formTaskForce")
class FormTaskForce(Command):
    """Form a campaign's task force, or form it anew. 组建专班"""

    campaign: CampaignId = about("The campaign.")
    members: tuple[TaskForceMember, ...] = about("All its members: 7 or 8, one of them the leader.")

    async def handle(self, desk: Desk) -> None:
        campaign = await desk.load(Campaign, self.campaign, "campaign")
        directory = await _directory(desk)
        for i, member in enumerate(self.members):
            directory.require_official(member.official_id, f"members.{i}.official")
        campaign.form_task_force(self.members, desk.at)

    def subject(self) -> UUID:
        return self.campaign


@command("formSupervisionGroup")
class FormSupervisionGroup(Command):
    """Form a supervision and evaluation group. 设立督导评估组"""

    code: str = about("Short code, unique.")
    name: str = about("Name.")
    leader: OfficialId = about("Who leads it.")
    campaigns: tuple[CampaignId, ...] = about("The campaigns it covers.")
    units: tuple[UnitId, ...] = about("The units it covers; empty: all.", default=())

    async def handle(self, desk: Desk) -> None:
        identifiers.require_code(self.code)
        await _require_new(desk, SupervisionGroup, self.subject())
        (await _directory(desk)).require_official(self.leader, "leader")
        await _require_coverage(desk, self.campaigns, self.units)
        desk.add(
            SupervisionGroup.form(self.code, self.name, self.leader, self.campaigns, self.units, desk.at)
        )

    def subject(self) -> UUID:
        return identifiers.group_id(self.code)


@command("changeGroupCoverage")
class ChangeGroupCoverage(Command):
    """Change what a supervision group covers. 调整督导范围"""

    group: GroupId = about("The group.")
    campaigns: tuple[CampaignId, ...] = about("The campaigns it covers from now on.")
    units: tuple[UnitId, ...] = about("The units it covers from now on; empty: all.", default=())

    async def handle(self, desk: Desk) -> None:
        group = await desk.load(SupervisionGroup, self.group, "group")
        await _require_coverage(desk, self.campaigns, self.units)
        group.change_coverage(self.campaigns, self.units, desk.at)

    def subject(self) -> UUID:
        return self.group


async def _require_coverage(desk: Desk, campaigns: tuple[UUID, ...], units: tuple[UUID, ...]) -> None:
    directory = await _directory(desk)
    for i, unit in enumerate(units):
        directory.require_unit(unit, f"units.{i}")
    for i, campaign in enumerate(campaigns):
        await desk.load(Campaign, campaign, f"campaigns.{i}")


# -- tasks


@command("listTask")
class ListTask(Command):
    """Put a task on the list, with its indicators and schedule, and assign it. 立项、分解、交办"""

    code: str = about("Code in the plan, unique, such as `17.1`.")
    campaign: CampaignId = about("Its campaign.")
    article: int = about("Article of the plan.")
    title: str = about("Title.")
    lead_unit: UnitId = about("The unit that leads it.")
    supporting_units: tuple[UnitId, ...] = about("The units that support it.", default=())
    indicators: tuple[Indicator, ...] = about("Its measures; their weights sum to 100.")
    milestones: tuple[Milestone, ...] = about("Milestones in order of date; none: linear.", default=())
    start: date = about("First day.")
    deadline: date = about("Deadline.")
    key_task: bool = about("A key task.", default=False)
    assumed: tuple[str, ...] = about("Fields that were not in the plan's text but filled in.", default=())
    note: str = about("A remark.", default="")

    async def handle(self, desk: Desk) -> None:
        identifiers.require_code(self.code)
        await _require_new(desk, Task, self.subject())
        campaign = await desk.load(Campaign, self.campaign, "campaign")
        campaign.require_within(self.start, "start")
        campaign.require_within(self.deadline, "deadline")
        await _require_units(desk, self.lead_unit, self.supporting_units)
        desk.add(
            Task.put_on_list(
                self.code,
                self.campaign,
                self.article,
                self.title,
                self.lead_unit,
                self.supporting_units,
                self.indicators,
                self.milestones,
                self.start,
                self.deadline,
                desk.at,
                key_task=self.key_task,
                assumed=self.assumed,
                note=self.note,
            )
        )

    def subject(self) -> UUID:
        return identifiers.task_id(self.code)


class _OfTask(Command):
    task: TaskId

    def subject(self) -> UUID:
        return self.task

    async def loaded(self, desk: Desk) -> Task:
        return await desk.load(Task, self.task, "task")

    async def covered(self, desk: Desk, group: UUID) -> Task:
        """The task, if the group covers it."""
        task = await self.loaded(desk)
        covering = await desk.load(SupervisionGroup, group, "group")
        covering.require_covers(task.campaign_id, task.lead_unit_id)
        return task


async def _require_units(desk: Desk, lead: UUID, supporting: tuple[UUID, ...]) -> None:
    directory = await _directory(desk)
    directory.require_unit(lead, "leadUnit")
    for i, unit in enumerate(supporting):
        directory.require_unit(unit, f"supportingUnits.{i}")


_TASK = "The task."
_UNIT = "The unit that speaks; a reporter's own if left out, for the office the lead unit."
_REPORT = "The report."
_GROUP = "The supervision group that speaks; a supervisor's own if left out."
_DOCUMENT = "The document that authorises it."
_OUTLET = "Where it was made public: a newspaper, a site, a broadcast."


@command("publishTask")
class PublishTask(_OfTask):
    """Make a task known to the public. 公布任务"""

    task: TaskId = about(_TASK)
    outlet: str = about(_OUTLET)
    unit: UnitId | None = about(_UNIT, default=None)

    async def handle(self, desk: Desk) -> None:
        task = await self.loaded(desk)
        task.publish(desk.unit(self.unit, task.lead_unit_id), self.outlet, desk.at)


@command("reportProgress")
class ReportProgress(_OfTask):
    """Report a period's progress on a task. 报送进度"""

    task: TaskId = about(_TASK)
    period: str = about("The month reported on, such as `2020-05`.")
    values: tuple[IndicatorValue, ...] = about("A value for each indicator, cumulative since the start.")
    narrative: str = about("What was done.")
    evidence: tuple[Evidence, ...] = about("What shows it.", default=())
    unit: UnitId | None = about(_UNIT, default=None)

    async def handle(self, desk: Desk) -> None:
        task = await self.loaded(desk)
        unit = desk.unit(self.unit, task.lead_unit_id)
        task.report_progress(unit, self.period, self.values, self.narrative, self.evidence, desk.at)


@command("correctReport")
class CorrectReport(_OfTask):
    """Correct a report: the new figures stand in its place, the old ones stay in its history. 更正报告"""

    task: TaskId = about(_TASK)
    report: ReportId = about(_REPORT)
    values: tuple[IndicatorValue, ...] = about("A value for each indicator, cumulative since the start.")
    narrative: str = about("What was done.")
    evidence: tuple[Evidence, ...] = about("What shows it.", default=())
    reason: str = about("Why it is corrected.")
    unit: UnitId | None = about(_UNIT, default=None)

    async def handle(self, desk: Desk) -> None:
        task = await self.loaded(desk)
        unit = desk.unit(self.unit, task.lead_unit_id)
        task.correct_report(
            self.report, unit, self.values, self.narrative, self.evidence, self.reason, desk.at
        )


@command("withdrawReport")
class WithdrawReport(_OfTask):
    """Withdraw a report; its period may be reported again. 撤回报告"""

    task: TaskId = about(_TASK)
    report: ReportId = about(_REPORT)
    reason: str = about("Why it is withdrawn.")
    unit: UnitId | None = about(_UNIT, default=None)

    async def handle(self, desk: Desk) -> None:
        task = await self.loaded(desk)
        task.withdraw_report(self.report, desk.unit(self.unit, task.lead_unit_id), self.reason, desk.at)


@command("publishReport")
class PublishReport(_OfTask):
    """Make a report known to the public. 公布进度"""

    task: TaskId = about(_TASK)
    report: ReportId = about(_REPORT)
    outlet: str = about(_OUTLET)
    unit: UnitId | None = about(_UNIT, default=None)

    async def handle(self, desk: Desk) -> None:
        task = await self.loaded(desk)
        task.publish_report(self.report, desk.unit(self.unit, task.lead_unit_id), self.outlet, desk.at)


@command("verifyReport")
class VerifyReport(_OfTask):
    """Verify a report on behalf of a supervision group. 核实报告"""

    task: TaskId = about(_TASK)
    report: ReportId = about(_REPORT)
    remark: str = about("A remark.", default="")
    group: GroupId | None = about(_GROUP, default=None)

    async def handle(self, desk: Desk) -> None:
        group = desk.require_group(self.group)
        (await self.covered(desk, group)).verify_report(self.report, group, self.remark, desk.at)


@command("disputeReport")
class DisputeReport(_OfTask):
    """Dispute a report: its figures do not count until it is corrected or verified. 提出异议"""

    task: TaskId = about(_TASK)
    report: ReportId = about(_REPORT)
    reason: str = about("What is wrong with it.")
    group: GroupId | None = about(_GROUP, default=None)

    async def handle(self, desk: Desk) -> None:
        group = desk.require_group(self.group)
        (await self.covered(desk, group)).dispute_report(self.report, group, self.reason, desk.at)


@command("reviseTarget")
class ReviseTarget(_OfTask):
    """Revise the target of an indicator, on an authorising document. 调整目标值"""

    task: TaskId = about(_TASK)
    indicator: str = about("The indicator's code.")
    target: Decimal = about("The new target.")
    document: Document = about(_DOCUMENT)

    async def handle(self, desk: Desk) -> None:
        (await self.loaded(desk)).revise_target(self.indicator, self.target, self.document, desk.at)


@command("extendDeadline")
class ExtendDeadline(_OfTask):
    """Extend a task's deadline, on an authorising document. 延长时限"""

    task: TaskId = about(_TASK)
    deadline: date = about("The new deadline.")
    milestones: tuple[Milestone, ...] | None = about(
        "New milestones; left out: those that are.", default=None
    )
    document: Document = about(_DOCUMENT)

    async def handle(self, desk: Desk) -> None:
        task = await self.loaded(desk)
        campaign = await desk.load(Campaign, task.campaign_id, "campaign")
        campaign.require_within(self.deadline, "deadline")
        task.extend_deadline(self.deadline, self.milestones, self.document, desk.at)


@command("reassignTask")
class ReassignTask(_OfTask):
    """Assign a task to other units, on an authorising document. 调整责任单位"""

    task: TaskId = about(_TASK)
    lead_unit: UnitId = about("The unit that leads it from now on.")
    supporting_units: tuple[UnitId, ...] = about("The units that support it from now on.", default=())
    document: Document = about(_DOCUMENT)

    async def handle(self, desk: Desk) -> None:
        task = await self.loaded(desk)
        await _require_units(desk, self.lead_unit, self.supporting_units)
        task.reassign(self.lead_unit, self.supporting_units, self.document, desk.at)


@command("deliverTask")
class DeliverTask(_OfTask):
    """Deliver a task as done; it awaits acceptance. 交账"""

    task: TaskId = about(_TASK)
    delivered_on: date = about("The day it was done.")
    statement: str = about("What was achieved.")
    unit: UnitId | None = about(_UNIT, default=None)

    async def handle(self, desk: Desk) -> None:
        task = await self.loaded(desk)
        unit = desk.unit(self.unit, task.lead_unit_id)
        task.deliver(unit, self.delivered_on, self.statement, desk.at)


@command("acceptTask")
class AcceptTask(_OfTask):
    """Accept a delivered task and close it. 验收销号"""

    task: TaskId = about(_TASK)
    remark: str = about("A remark.", default="")
    group: GroupId | None = about(_GROUP, default=None)

    async def handle(self, desk: Desk) -> None:
        group = desk.group(self.group)
        task = await (self.loaded(desk) if group is None else self.covered(desk, group))
        task.accept(group, self.remark, desk.at)


@command("returnTask")
class ReturnTask(_OfTask):
    """Return a delivered task to its units. 退回"""

    task: TaskId = about(_TASK)
    reason: str = about("What is still to be done.")
    group: GroupId | None = about(_GROUP, default=None)

    async def handle(self, desk: Desk) -> None:
        group = desk.group(self.group)
        task = await (self.loaded(desk) if group is None else self.covered(desk, group))
        task.return_to_unit(group, self.reason, desk.at)
