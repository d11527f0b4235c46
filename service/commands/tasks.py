"""Commands on tasks and their reports."""

from datetime import date
from decimal import Decimal
from uuid import UUID

from domain import identifiers
from domain.campaign import Campaign
from domain.documents import Document, Evidence
from domain.indicator import Indicator, IndicatorValue
from domain.schedule import Milestone
from domain.supervision_group import SupervisionGroup
from domain.task import Task
from service.commands.command import (
    CampaignId,
    Command,
    GroupId,
    ReportId,
    TaskId,
    UnitId,
    about,
    command,
    directory_of,
    require_new,
)
from service.desk import Desk


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
        await require_new(desk, Task, self.subject())
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
    directory = await directory_of(desk)
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
