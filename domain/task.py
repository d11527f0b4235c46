"""Tasks (攻坚任务): listed, broken down, assigned, reported, inspected, delivered, closed.

Rules (articles 25, 45, 48, 50):
- A task belongs to one campaign, has one lead unit (牵头单位) and any number of supporting units (配合单位),
  is measured by indicators and scheduled to a deadline.
- A unit of the task reports once for each period, with a value for every indicator; what was reported is
  corrected or withdrawn by a new fact, never changed. Whoever takes a task over reports the periods still
  missing, those before it took over included.
- A supervision group verifies or disputes a report, until the task is closed. A disputed report does not
  count until it is corrected or verified; a withdrawn one never counts.
- The lead unit publishes the task and its progress; a disputed report is not published.
- Target, deadline and assignment change only on an authorising document.
- The lead unit delivers; the office or a group accepts (销号) or returns. What was returned cannot have been
  done before it was returned.

Every event that moves the figures carries the outcome: where each indicator stands, and the completion of
the task. Replay and projections never judge again.
"""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Self
from uuid import UUID

from eventsourcing.domain import event

from domain import identifiers, terms
from domain.aggregate import Aggregate, Created, Event
from domain.documents import Document, Evidence, require_document
from domain.indicator import Indicator, IndicatorValue, Standing, require_indicators
from domain.period import Period
from domain.progress_report import Content, Report, Reports, ReportStatus, require_content
from domain.refusal import require, require_line, require_optional_text, require_text
from domain.schedule import Milestone, require_delivery, require_schedule


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
        require(1 <= article <= 999, "task.article_out_of_range", field="article")
        supporting = terms.require_assignment(lead_unit_id, supporting_unit_ids)
        measures = require_indicators(indicators)
        return cls.create(
            cls.Listed,
            identifiers.task_id(code),
            at,
            code=code,
            campaign_id=campaign_id,
            article=article,
            title=require_line(title, "title", most=200),
            lead_unit_id=lead_unit_id,
            supporting_unit_ids=supporting,
            indicators=measures,
            milestones=require_schedule(start, deadline, milestones),
            start=start,
            deadline=deadline,
            key_task=key_task,
            assumed=terms.require_assumed(assumed),
            note=require_optional_text(note, "note", most=2000),
            **Reports().outcome(measures),
        )

    def publish(self, unit_id: UUID, outlet: str, at: datetime) -> None:
        self._require_publisher(unit_id)
        require(not self.published, "task.published", field="task")
        self.trigger(Task.Published, at, outlet=require_line(outlet, "outlet", most=200))

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
        content = require_content(self.indicators, values, narrative, evidence)
        report_id = identifiers.report_id(self.id, self.version + 1)
        self.trigger(
            Task.ProgressReported,
            at,
            report_id=report_id,
            period=period,
            unit_id=unit_id,
            values=content.values,
            narrative=content.narrative,
            evidence=content.evidence,
            **self.reports.outcome(self.indicators, {report_id: Report(period, unit_id, content)}),
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
        report = self._require_in_hand(report_id, unit_id)
        content = require_content(self.indicators, values, narrative, evidence)
        require(content != report.content, "report.correction_unchanged", field="values")
        self.trigger(
            Task.ReportCorrected,
            at,
            report_id=report_id,
            unit_id=unit_id,
            values=content.values,
            narrative=content.narrative,
            evidence=content.evidence,
            reason=require_text(reason, "reason", most=1000),
            **self.reports.outcome(self.indicators, {report_id: report.corrected(content)}),
        )

    def withdraw_report(self, report_id: UUID, unit_id: UUID, reason: str, at: datetime) -> None:
        report = self._require_in_hand(report_id, unit_id)
        require(report.status is not ReportStatus.VERIFIED, "report.verified", field="report")
        self.trigger(
            Task.ReportWithdrawn,
            at,
            report_id=report_id,
            reason=require_text(reason, "reason", most=1000),
            **self.reports.outcome_with(self.indicators, report_id, ReportStatus.WITHDRAWN),
        )

    def publish_report(self, report_id: UUID, unit_id: UUID, outlet: str, at: datetime) -> None:
        self._require_publisher(unit_id)
        require(self.published, "task.not_published", field="report")
        report = self.reports.standing(report_id)
        require(not report.published, "report.published", field="report")
        require(report.status is not ReportStatus.DISPUTED, "report.disputed", field="report")
        outlet = require_line(outlet, "outlet", most=200)
        self.trigger(Task.ReportPublished, at, report_id=report_id, outlet=outlet)

    def verify_report(self, report_id: UUID, group_id: UUID, remark: str, at: datetime) -> None:
        self._require_not_accepted()
        report = self.reports.standing(report_id)
        require(report.status is not ReportStatus.VERIFIED, "report.verified", field="report")
        self.trigger(
            Task.ReportVerified,
            at,
            report_id=report_id,
            group_id=group_id,
            remark=require_optional_text(remark, "remark", most=1000),
            **self.reports.outcome_with(self.indicators, report_id, ReportStatus.VERIFIED),
        )

    def dispute_report(self, report_id: UUID, group_id: UUID, reason: str, at: datetime) -> None:
        self._require_not_accepted()
        report = self.reports.standing(report_id)
        require(report.status is not ReportStatus.DISPUTED, "report.disputed", field="report")
        self.trigger(
            Task.ReportDisputed,
            at,
            report_id=report_id,
            group_id=group_id,
            reason=require_text(reason, "reason", most=1000),
            **self.reports.outcome_with(self.indicators, report_id, ReportStatus.DISPUTED),
        )

    def revise_target(self, indicator: str, target: Decimal, document: Document, at: datetime) -> None:
        self._require_not_accepted()
        target = terms.require_revision(self.indicators, indicator, target)
        self.trigger(
            Task.TargetRevised,
            at,
            indicator=indicator,
            target=target,
            document=require_document(document, at.date()),
            **self.reports.outcome(terms.with_target(self.indicators, indicator, target)),
        )

    def extend_deadline(
        self, deadline: date, milestones: Sequence[Milestone] | None, document: Document, at: datetime
    ) -> None:
        """`milestones` None keeps those that are."""
        self._require_not_accepted()
        planned = terms.require_extension(self.start, self.deadline, self.milestones, deadline, milestones)
        document = require_document(document, at.date())
        self.trigger(Task.DeadlineExtended, at, deadline=deadline, milestones=planned, document=document)

    def reassign(
        self, lead_unit_id: UUID, supporting_unit_ids: Sequence[UUID], document: Document, at: datetime
    ) -> None:
        self._require_not_accepted()
        supporting = terms.require_assignment(lead_unit_id, supporting_unit_ids)
        present = (self.lead_unit_id, set(self.supporting_unit_ids))
        require((lead_unit_id, set(supporting)) != present, "task.assignment_unchanged", field="leadUnit")
        self.trigger(
            Task.Reassigned,
            at,
            lead_unit_id=lead_unit_id,
            supporting_unit_ids=supporting,
            document=require_document(document, at.date()),
        )

    def deliver(self, unit_id: UUID, delivered_on: date, statement: str, at: datetime) -> None:
        self._require_in_progress()
        require(unit_id == self.lead_unit_id, "task.not_lead_unit", field="unit")
        require_delivery(self.start, self.returned_on, delivered_on, at.date())
        statement = require_text(statement, "statement", most=4000)
        self.trigger(Task.Delivered, at, delivered_on=delivered_on, statement=statement)

    def accept(self, group_id: UUID | None, remark: str, at: datetime) -> None:
        self._require_delivered()
        remark = require_optional_text(remark, "remark", most=1000)
        self.trigger(Task.Accepted, at, group_id=group_id, remark=remark)

    def return_to_unit(self, group_id: UUID | None, reason: str, at: datetime) -> None:
        self._require_delivered()
        self.trigger(Task.Returned, at, group_id=group_id, reason=require_text(reason, "reason", most=1000))

    # -- what others ask

    def latest_values(self) -> dict[str, Decimal]:
        """By indicator, the value in the latest period that counts; nothing for an indicator without one."""
        return {indicator: value for indicator, (value, _) in self.reports.latest().items()}

    # -- guards

    def _require_in_progress(self) -> None:
        in_progress = self.status in (TaskStatus.OPEN, TaskStatus.RETURNED)
        require(in_progress, "task.closed", field="task")

    def _require_not_accepted(self) -> None:
        require(self.status is not TaskStatus.ACCEPTED, "task.accepted", field="task")

    def _require_delivered(self) -> None:
        require(self.status is TaskStatus.DELIVERED, "task.not_delivered", field="task")

    def _require_own_unit(self, unit_id: UUID) -> None:
        own = unit_id == self.lead_unit_id or unit_id in self.supporting_unit_ids
        require(own, "task.not_your_unit", field="unit")

    def _require_publisher(self, unit_id: UUID) -> None:
        require(unit_id == self.lead_unit_id, "task.publisher_not_lead_unit", field="unit")

    def _require_in_hand(self, report_id: UUID, unit_id: UUID) -> Report:
        """The report, if this unit may correct or withdraw it now."""
        self._require_in_progress()
        self._require_own_unit(unit_id)
        report = self.reports.standing(report_id)
        report.require_in_hand_of(unit_id, self.lead_unit_id)
        return report

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
        key_task: bool = False,
    ) -> None:
        self.key_task = key_task
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
        self.returned_on: date | None = None
        self.published = False
        self.reports = Reports()

    @event(Published)
    def _published(self) -> None:
        self.published = True

    @event(ProgressReported)
    def _progress_reported(
        self,
        report_id: UUID,
        period: Period,
        unit_id: UUID,
        values: tuple[IndicatorValue, ...],
        narrative: str,
        evidence: tuple[Evidence, ...],
    ) -> None:
        self.reports.put(report_id, Report(period, unit_id, Content(values, narrative, evidence)))

    @event(ReportCorrected)
    def _report_corrected(
        self,
        report_id: UUID,
        values: tuple[IndicatorValue, ...],
        narrative: str,
        evidence: tuple[Evidence, ...],
    ) -> None:
        self.reports.correct(report_id, Content(values, narrative, evidence))

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
        self.indicators = terms.with_target(self.indicators, indicator, target)

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
    def _returned(self, timestamp: datetime) -> None:
        self.status = TaskStatus.RETURNED
        self.delivered_on = None
        self.returned_on = timestamp.date()
