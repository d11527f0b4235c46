"""Progress reports (进度报告): each as it stands, and step by step how it came to stand so."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from domain.documents import Evidence
from domain.indicator import IndicatorValue
from domain.period import month_number
from domain.progress_report import ReportStatus
from domain.task import Task
from projections.projection import Fact, Index, Key, Projection, Table


class ReportRow(Struct, frozen=True, gc=False):
    """A report as it stands.

    `unit_id` is the unit that made it. `completion` is that of the task right after the report was made or,
    later, corrected. `group_id` and `remark` are those of the last verification or dispute. `revision` is the
    number of corrections.
    """

    id: UUID
    task_id: UUID
    unit_id: UUID
    period: str
    month: int
    status: str
    values: tuple[IndicatorValue, ...]
    narrative: str
    evidence: tuple[Evidence, ...]
    reported_at: datetime
    completion: Decimal | None
    published: bool = False
    published_outlet: str | None = None
    group_id: UUID | None = None
    remark: str | None = None
    revision: int = 0


class ReportStepRow(Struct, frozen=True, gc=False):
    """A step in the life of a report, by the position of its event.

    `kind`: reported, corrected, verified, disputed, withdrawn, published. `text` is the narrative, the
    reason, the remark or the outlet; `values` those reported or corrected to. `at` is the command's moment.
    """

    report_id: UUID
    task_id: UUID
    kind: str
    at: datetime
    unit_id: UUID | None
    group_id: UUID | None
    text: str
    values: tuple[IndicatorValue, ...] | None
    actor: str


REPORT = Table(
    "report",
    ReportRow,
    ("id",),
    indexes=(
        Index(("task_id", "month", "id")),
        Index(("unit_id", "month")),
        Index(("month", "id")),
        Index(("reported_at", "id")),
    ),
)
REPORT_STEP = Table("report_step", ReportStepRow, ("report_id", "position"))


_month = cache(month_number)
_SUBMITTED, _VERIFIED = ReportStatus.SUBMITTED.value, ReportStatus.VERIFIED.value
_DISPUTED, _WITHDRAWN = ReportStatus.DISPUTED.value, ReportStatus.WITHDRAWN.value


def _report(fact: Fact[Any]) -> Key:
    report_id: UUID = fact.event.report_id
    return report_id


def _step_of_report(fact: Fact[Any]) -> Key:
    return fact.event.report_id, fact.position


# -- reports as they stand


@REPORT.begins(Task.ProgressReported, key=_report)
def _reported(fact: Fact[Task.ProgressReported]) -> ReportRow:
    event = fact.event
    return ReportRow(
        id=event.report_id,
        task_id=event.originator_id,
        unit_id=event.unit_id,
        period=event.period,
        month=_month(event.period),
        status=_SUBMITTED,
        values=event.values,
        narrative=event.narrative,
        evidence=event.evidence,
        reported_at=event.timestamp,
        completion=event.completion,
    )


@REPORT.changes(Task.ReportCorrected, key=_report)
def _corrected(row: ReportRow, fact: Fact[Task.ReportCorrected]) -> ReportRow:
    event = fact.event
    return replace(
        row,
        status=_SUBMITTED,
        values=event.values,
        narrative=event.narrative,
        evidence=event.evidence,
        completion=event.completion,
        revision=row.revision + 1,
    )


@REPORT.changes(Task.ReportVerified, key=_report)
def _verified(row: ReportRow, fact: Fact[Task.ReportVerified]) -> ReportRow:
    event = fact.event
    return replace(row, status=_VERIFIED, group_id=event.group_id, remark=event.remark)


@REPORT.changes(Task.ReportDisputed, key=_report)
def _disputed(row: ReportRow, fact: Fact[Task.ReportDisputed]) -> ReportRow:
    event = fact.event
    return replace(row, status=_DISPUTED, group_id=event.group_id, remark=event.reason)


@REPORT.changes(Task.ReportWithdrawn, key=_report)
def _withdrawn(row: ReportRow, fact: Fact[Task.ReportWithdrawn]) -> ReportRow:
    return replace(row, status=_WITHDRAWN)


@REPORT.changes(Task.ReportPublished, key=_report)
def _published(row: ReportRow, fact: Fact[Task.ReportPublished]) -> ReportRow:
    return replace(row, published=True, published_outlet=fact.event.outlet)


# -- step by step


@REPORT_STEP.begins(Task.ProgressReported, key=_step_of_report)
def _reported_step(fact: Fact[Task.ProgressReported]) -> ReportStepRow:
    event = fact.event
    return _step(fact, "reported", event.narrative, unit_id=event.unit_id, values=event.values)


@REPORT_STEP.begins(Task.ReportCorrected, key=_step_of_report)
def _corrected_step(fact: Fact[Task.ReportCorrected]) -> ReportStepRow:
    event = fact.event
    return _step(fact, "corrected", event.reason, unit_id=event.unit_id, values=event.values)


@REPORT_STEP.begins(Task.ReportVerified, key=_step_of_report)
def _verified_step(fact: Fact[Task.ReportVerified]) -> ReportStepRow:
    return _step(fact, "verified", fact.event.remark, group_id=fact.event.group_id)


@REPORT_STEP.begins(Task.ReportDisputed, key=_step_of_report)
def _disputed_step(fact: Fact[Task.ReportDisputed]) -> ReportStepRow:
    return _step(fact, "disputed", fact.event.reason, group_id=fact.event.group_id)


@REPORT_STEP.begins(Task.ReportWithdrawn, key=_step_of_report)
def _withdrawn_step(fact: Fact[Task.ReportWithdrawn]) -> ReportStepRow:
    return _step(fact, "withdrawn", fact.event.reason)


@REPORT_STEP.begins(Task.ReportPublished, key=_step_of_report)
def _published_step(fact: Fact[Task.ReportPublished]) -> ReportStepRow:
    return _step(fact, "published", fact.event.outlet)


def _step(
    fact: Fact[Any],
    kind: str,
    text: str,
    unit_id: UUID | None = None,
    group_id: UUID | None = None,
    values: tuple[IndicatorValue, ...] | None = None,
) -> ReportStepRow:
    event = fact.event
    return ReportStepRow(
        event.report_id,
        event.originator_id,
        kind,
        event.timestamp,
        unit_id,
        group_id,
        text,
        values,
        fact.actor,
    )


REPORTS = Projection(
    "reports",
    version=1,
    tables=(REPORT, REPORT_STEP),
    by_stream=True,
    follows=(Task,),
    ignores=(
        Task.Listed,
        Task.Published,
        Task.TargetRevised,
        Task.DeadlineExtended,
        Task.Reassigned,
        Task.Delivered,
        Task.Accepted,
        Task.Returned,
    ),
)
