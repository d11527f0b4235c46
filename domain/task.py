"""Tasks (攻坚任务): listed, broken down, assigned, reported, inspected, delivered, closed.

Rules (articles 25, 45, 48):
- A task belongs to one campaign, has one lead unit (牵头单位) and any number of supporting units (配合单位),
  is measured by indicators and scheduled to a deadline.
- A unit of the task reports once for each period, with a value for every indicator; what was reported is
  corrected or withdrawn by a new fact, never changed.
- A supervision group verifies or disputes a report. A disputed report does not count until it is corrected
  or verified; a withdrawn one never counts.
- Target, deadline and assignment change only on an authorising document.
- The lead unit delivers; the office or a group accepts (销号) or returns.

Every event that moves the figures carries the outcome: where each indicator stands, and the completion of
the task. Replay and projections never judge again.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Self
from uuid import UUID

from eventsourcing.domain import event

from domain import identifiers
from domain.aggregate import Aggregate, Created, Event
from domain.documents import Document, Evidence, require_document, require_evidence
from domain.indicator import (
    Indicator,
    IndicatorValue,
    Standing,
    find_indicator,
    require_indicators,
    require_values,
)
from domain.period import Period
from domain.progress_report import Report, Reports, ReportStatus
from domain.refusal import require, require_figure, require_optional_text, require_text
from domain.schedule import Milestone, require_schedule


class TaskStatus(StrEnum):
    OPEN = "open"  # 推进中
    DELIVERED = "delivered"  # 已交账,待验收
    RETURNED = "returned"  # 退回,继续推进
    ACCEPTED = "accepted"  # 已销号


class Task(Aggregate):
    TOPIC = "task"

    # -- events

    class Listed(Created):
        """Put on the list (立项), broken down (分解) and assigned (交办)."""

        TOPIC = "task.listed"
        code: str
        campaign_id: UUID
        article: int
        title: str
        lead_unit_id: UUID
        supporting_unit_ids: tuple[UUID, ...]
        indicators: tuple[Indicator, ...]
        milestones: tuple[Milestone, ...]
        start: date
        deadline: date
        standings: tuple[Standing, ...]
        completion: Decimal | None
        key_task: bool = False
        # Names of the fields that were not in the plan's text but filled in by whoever loaded it.
        assumed: tuple[str, ...] = ()
        note: str = ""

    class Published(Event):
        """Made known to the public (公布, article 50)."""

        TOPIC = "task.published"
        outlet: str

    class ProgressReported(Event):
        TOPIC = "task.progress_reported"
        report_id: UUID
        period: Period
        unit_id: UUID
        values: tuple[IndicatorValue, ...]
        narrative: str
        evidence: tuple[Evidence, ...]
        standings: tuple[Standing, ...]
        completion: Decimal | None

    class ReportCorrected(Event):
        TOPIC = "task.report_corrected"
        report_id: UUID
        unit_id: UUID
        values: tuple[IndicatorValue, ...]
        narrative: str
        evidence: tuple[Evidence, ...]
        reason: str
        standings: tuple[Standing, ...]
        completion: Decimal | None

    class ReportWithdrawn(Event):
        TOPIC = "task.report_withdrawn"
        report_id: UUID
        reason: str
        standings: tuple[Standing, ...]
        completion: Decimal | None

    class ReportPublished(Event):
        TOPIC = "task.report_published"
        report_id: UUID
        outlet: str

    class ReportVerified(Event):
        TOPIC = "task.report_verified"
        report_id: UUID
        group_id: UUID
        remark: str
        standings: tuple[Standing, ...]
        completion: Decimal | None

    class ReportDisputed(Event):
        TOPIC = "task.report_disputed"
        report_id: UUID
        group_id: UUID
        reason: str
        standings: tuple[Standing, ...]
        completion: Decimal | None

    class TargetRevised(Event):
        TOPIC = "task.target_revised"
        indicator: str
        target: Decimal
        document: Document
        standings: tuple[Standing, ...]
        completion: Decimal | None

    class DeadlineExtended(Event):
        TOPIC = "task.deadline_extended"
        deadline: date
        milestones: tuple[Milestone, ...]
        document: Document

    class Reassigned(Event):
        TOPIC = "task.reassigned"
        lead_unit_id: UUID
        supporting_unit_ids: tuple[UUID, ...]
        document: Document

    class Delivered(Event):
        TOPIC = "task.delivered"
        delivered_on: date
        statement: str

    class Accepted(Event):
        """Closed (销号). `group_id` None: by the office itself."""

        TOPIC = "task.accepted"
        group_id: UUID | None
        remark: str

    class Returned(Event):
        TOPIC = "task.returned"
        group_id: UUID | None
        reason: str

    # -- commands

    @classmethod
    def put_on_list(
        cls,
        code: str,
        campaign_id: UUID,
        article: int,
        title: str,
        lead_unit_id: UUID,
        supporting_unit_ids: Sequence[UUID],
        indicators: Sequence[Indicator],
        milestones: Sequence[Milestone],
        start: date,
        deadline: date,
        at: datetime,
        key_task: bool = False,
        assumed: Sequence[str] = (),
        note: str = "",
    ) -> Self:
        identifiers.require_code(code)
        require_indicators(indicators)
        require_schedule(start, deadline, milestones)
        _require_units(lead_unit_id, supporting_unit_ids)
        require(
            1 <= article <= 999,
            "task.article_out_of_range",
            "The article of the plan is a number from 1 to 999.",
            "条目序号须为 1 至 999。",
            field="article",
        )
        return cls.create(
            cls.Listed,
            identifiers.task_id(code),
            at,
            code=code,
            campaign_id=campaign_id,
            article=article,
            title=require_text(title, "title", most=200),
            lead_unit_id=lead_unit_id,
            supporting_unit_ids=tuple(supporting_unit_ids),
            indicators=tuple(indicators),
            milestones=tuple(milestones),
            start=start,
            deadline=deadline,
            key_task=key_task,
            assumed=tuple(assumed),
            note=require_optional_text(note, "note", most=2000),
            **Reports().outcome(indicators, {}),
        )

    def publish(self, outlet: str, at: datetime) -> None:
        require(not self.published, "task.published", "The task is public already.", "该任务已公布。")
        self.trigger(Task.Published, at, outlet=require_text(outlet, "outlet", most=200))

    def report_progress(
        self,
        unit_id: UUID,
        period: Period,
        values: Sequence[IndicatorValue],
        narrative: str,
        evidence: Sequence[Evidence],
        at: datetime,
    ) -> UUID:
        self._require_in_progress()
        self._require_own_unit(unit_id)
        self.reports.require_open(period, self.start, at.date())
        require_values(self.indicators, values)
        require_evidence(tuple(evidence))
        report_id = identifiers.report_id(self.id, self.version + 1)
        report = Report(period, ReportStatus.SUBMITTED, tuple(values))
        self.trigger(
            Task.ProgressReported,
            at,
            report_id=report_id,
            period=period,
            unit_id=unit_id,
            values=tuple(values),
            narrative=require_text(narrative, "narrative", most=4000),
            evidence=tuple(evidence),
            **self.reports.outcome(self.indicators, {report_id: report}),
        )
        return report_id

    def correct_report(
        self,
        report_id: UUID,
        unit_id: UUID,
        values: Sequence[IndicatorValue],
        narrative: str,
        evidence: Sequence[Evidence],
        reason: str,
        at: datetime,
    ) -> None:
        report = self.reports.standing(report_id)
        self._require_in_progress()
        self._require_own_unit(unit_id)
        require_values(self.indicators, values)
        require_evidence(tuple(evidence))
        corrected = replace(report, status=ReportStatus.SUBMITTED, values=tuple(values))
        self.trigger(
            Task.ReportCorrected,
            at,
            report_id=report_id,
            unit_id=unit_id,
            values=tuple(values),
            narrative=require_text(narrative, "narrative", most=4000),
            evidence=tuple(evidence),
            reason=require_text(reason, "reason", most=1000),
            **self.reports.outcome(self.indicators, {report_id: corrected}),
        )

    def withdraw_report(self, report_id: UUID, unit_id: UUID, reason: str, at: datetime) -> None:
        report = self.reports.standing(report_id)
        self._require_in_progress()
        self._require_own_unit(unit_id)
        require(
            report.status is not ReportStatus.VERIFIED,
            "report.verified",
            "A verified report cannot be withdrawn; correct it instead.",
            "已核实的报告不能撤回,请作更正。",
            field="report",
        )
        self.trigger(
            Task.ReportWithdrawn,
            at,
            report_id=report_id,
            reason=require_text(reason, "reason", most=1000),
            **self.reports.outcome(
                self.indicators, {report_id: replace(report, status=ReportStatus.WITHDRAWN)}
            ),
        )

    def publish_report(self, report_id: UUID, unit_id: UUID, outlet: str, at: datetime) -> None:
        report = self.reports.standing(report_id)
        self._require_own_unit(unit_id)
        require(
            self.published,
            "task.not_published",
            "Publish the task before its progress.",
            "须先公布任务,再公布进度。",
            field="report",
            article=50,
        )
        require(
            not report.published,
            "report.published",
            "The report is public already.",
            "该进度报告已公布。",
            field="report",
        )
        self.trigger(
            Task.ReportPublished, at, report_id=report_id, outlet=require_text(outlet, "outlet", most=200)
        )

    def verify_report(self, report_id: UUID, group_id: UUID, remark: str, at: datetime) -> None:
        report = self.reports.standing(report_id)
        require(
            report.status is not ReportStatus.VERIFIED,
            "report.verified",
            "The report is verified already.",
            "该报告已核实。",
            field="report",
        )
        self.trigger(
            Task.ReportVerified,
            at,
            report_id=report_id,
            group_id=group_id,
            remark=require_optional_text(remark, "remark", most=1000),
            **self.reports.outcome(
                self.indicators, {report_id: replace(report, status=ReportStatus.VERIFIED)}
            ),
        )

    def dispute_report(self, report_id: UUID, group_id: UUID, reason: str, at: datetime) -> None:
        report = self.reports.standing(report_id)
        require(
            report.status is not ReportStatus.DISPUTED,
            "report.disputed",
            "The report is disputed already.",
            "该报告已提出异议。",
            field="report",
        )
        self.trigger(
            Task.ReportDisputed,
            at,
            report_id=report_id,
            group_id=group_id,
            reason=require_text(reason, "reason", most=1000),
            **self.reports.outcome(
                self.indicators, {report_id: replace(report, status=ReportStatus.DISPUTED)}
            ),
        )

    def revise_target(self, indicator: str, target: Decimal, document: Document, at: datetime) -> None:
        self._require_not_accepted()
        require_document(document, at.date())
        require_figure(target, "target")
        known = find_indicator(self.indicators, indicator)
        require(
            target != known.target,
            "indicator.target_unchanged",
            "The target is this already.",
            "目标值未变化。",
            field="target",
        )
        revised = _with_target(self.indicators, indicator, target)
        self.trigger(
            Task.TargetRevised,
            at,
            indicator=indicator,
            target=target,
            document=document,
            **self.reports.outcome(revised, {}),
        )

    def extend_deadline(
        self, deadline: date, milestones: Sequence[Milestone] | None, document: Document, at: datetime
    ) -> None:
        """`milestones` None keeps those that are."""
        self._require_not_accepted()
        require_document(document, at.date())
        require(
            deadline > self.deadline,
            "task.deadline_not_later",
            f"An extended deadline lies after the present one ({self.deadline}).",
            f"延长后的时限须晚于现时限({self.deadline})。",
            field="deadline",
        )
        kept = self.milestones if milestones is None else tuple(milestones)
        require_schedule(self.start, deadline, kept)
        self.trigger(Task.DeadlineExtended, at, deadline=deadline, milestones=kept, document=document)

    def reassign(
        self, lead_unit_id: UUID, supporting_unit_ids: Sequence[UUID], document: Document, at: datetime
    ) -> None:
        self._require_not_accepted()
        require_document(document, at.date())
        _require_units(lead_unit_id, supporting_unit_ids)
        supporting = tuple(supporting_unit_ids)
        require(
            (lead_unit_id, supporting) != (self.lead_unit_id, self.supporting_unit_ids),
            "task.assignment_unchanged",
            "The task is assigned like this already.",
            "责任分工未变化。",
            field="leadUnit",
        )
        self.trigger(
            Task.Reassigned, at, lead_unit_id=lead_unit_id, supporting_unit_ids=supporting, document=document
        )

    def deliver(self, unit_id: UUID, delivered_on: date, statement: str, at: datetime) -> None:
        self._require_in_progress()
        require(
            unit_id == self.lead_unit_id,
            "task.not_lead_unit",
            "Only the lead unit delivers a task.",
            "须由牵头单位交账。",
            field="unit",
            article=45,
        )
        require(
            self.start <= delivered_on <= at.date(),
            "task.delivered_outside",
            f"The day of delivery lies between the start ({self.start}) and today ({at.date()}).",
            f"完成日期须在开始日期({self.start})与今日({at.date()})之间。",
            field="deliveredOn",
        )
        self.trigger(
            Task.Delivered,
            at,
            delivered_on=delivered_on,
            statement=require_text(statement, "statement", most=4000),
        )

    def accept(self, group_id: UUID | None, remark: str, at: datetime) -> None:
        self._require_delivered()
        self.trigger(
            Task.Accepted, at, group_id=group_id, remark=require_optional_text(remark, "remark", most=1000)
        )

    def return_to_unit(self, group_id: UUID | None, reason: str, at: datetime) -> None:
        self._require_delivered()
        self.trigger(Task.Returned, at, group_id=group_id, reason=require_text(reason, "reason", most=1000))

    # -- guards

    def _require_in_progress(self) -> None:
        require(
            self.status in (TaskStatus.OPEN, TaskStatus.RETURNED),
            "task.closed",
            "The task is delivered or closed; nothing more is reported for it.",
            "该任务已交账或销号,不再接受报送。",
            field="task",
        )

    def _require_not_accepted(self) -> None:
        require(
            self.status is not TaskStatus.ACCEPTED,
            "task.accepted",
            "The task is closed; it is not changed any more.",
            "该任务已销号,不得再作调整。",
            field="task",
        )

    def _require_delivered(self) -> None:
        require(
            self.status is TaskStatus.DELIVERED,
            "task.not_delivered",
            "Only a delivered task can be accepted or returned.",
            "任务尚未交账,不能验收或退回。",
            field="task",
        )

    def _require_own_unit(self, unit_id: UUID) -> None:
        require(
            unit_id == self.lead_unit_id or unit_id in self.supporting_unit_ids,
            "task.not_your_unit",
            "The unit neither leads nor supports this task.",
            "该单位不是此任务的牵头或配合单位。",
            field="unit",
            article=45,
        )

    # -- how events change the state

    @event(Listed)
    def __init__(
        self,
        code: str,
        campaign_id: UUID,
        title: str,
        lead_unit_id: UUID,
        supporting_unit_ids: tuple[UUID, ...],
        indicators: tuple[Indicator, ...],
        milestones: tuple[Milestone, ...],
        start: date,
        deadline: date,
    ) -> None:
        self.code = code
        self.campaign_id = campaign_id
        self.title = title
        self.lead_unit_id = lead_unit_id
        self.supporting_unit_ids = supporting_unit_ids
        self.indicators = indicators
        self.milestones = milestones
        self.start = start
        self.deadline = deadline
        self.status = TaskStatus.OPEN
        self.delivered_on: date | None = None
        self.published = False
        self.reports = Reports()

    @event(Published)
    def _published(self) -> None:
        self.published = True

    @event(ProgressReported)
    def _progress_reported(self, report_id: UUID, period: Period, values: tuple[IndicatorValue, ...]) -> None:
        self.reports.put(report_id, Report(period, ReportStatus.SUBMITTED, values))

    @event(ReportCorrected)
    def _report_corrected(self, report_id: UUID, values: tuple[IndicatorValue, ...]) -> None:
        self.reports.change(report_id, status=ReportStatus.SUBMITTED, values=values)

    @event(ReportWithdrawn)
    def _report_withdrawn(self, report_id: UUID) -> None:
        self.reports.change(report_id, status=ReportStatus.WITHDRAWN)

    @event(ReportVerified)
    def _report_verified(self, report_id: UUID) -> None:
        self.reports.change(report_id, status=ReportStatus.VERIFIED)

    @event(ReportDisputed)
    def _report_disputed(self, report_id: UUID) -> None:
        self.reports.change(report_id, status=ReportStatus.DISPUTED)

    @event(ReportPublished)
    def _report_published(self, report_id: UUID) -> None:
        self.reports.change(report_id, published=True)

    @event(TargetRevised)
    def _target_revised(self, indicator: str, target: Decimal) -> None:
        self.indicators = _with_target(self.indicators, indicator, target)

    @event(DeadlineExtended)
    def _deadline_extended(self, deadline: date, milestones: tuple[Milestone, ...]) -> None:
        self.deadline = deadline
        self.milestones = milestones

    @event(Reassigned)
    def _reassigned(self, lead_unit_id: UUID, supporting_unit_ids: tuple[UUID, ...]) -> None:
        self.lead_unit_id = lead_unit_id
        self.supporting_unit_ids = supporting_unit_ids

    @event(Delivered)
    def _delivered(self, delivered_on: date) -> None:
        self.status = TaskStatus.DELIVERED
        self.delivered_on = delivered_on

    @event(Accepted)
    def _accepted(self) -> None:
        self.status = TaskStatus.ACCEPTED

    @event(Returned)
    def _returned(self) -> None:
        self.status = TaskStatus.RETURNED
        self.delivered_on = None


def _with_target(indicators: tuple[Indicator, ...], code: str, target: Decimal) -> tuple[Indicator, ...]:
    return tuple(replace(i, target=target) if i.code == code else i for i in indicators)


def _require_units(lead_unit_id: UUID, supporting_unit_ids: Sequence[UUID]) -> None:
    named = [lead_unit_id, *supporting_unit_ids]
    require(
        len(set(named)) == len(named),
        "task.unit_twice",
        "A unit is named twice among lead and supporting units.",
        "牵头单位与配合单位重复。",
        field="supportingUnits",
        article=45,
    )
