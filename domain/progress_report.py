"""Progress reports (进度报告) of one task: which of them count, and where the indicators stand by them.

Rules: one report for each period, of the months since the task's start. What is submitted or verified counts;
what is disputed does not until it is corrected or verified, what is withdrawn never does. An indicator stands
at its value in the latest period that counts. The unit that made a report, or the lead unit, corrects or
withdraws it; a correction changes something.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from domain.documents import Evidence, require_evidence
from domain.indicator import Indicator, IndicatorValue, Standing, completion, overall, require_values
from domain.period import Period, month_number, period_of, require_period
from domain.refusal import Refusal, require, require_text


class ReportStatus(StrEnum):
    SUBMITTED = "submitted"  # 已报送
    VERIFIED = "verified"  # 已核实
    DISPUTED = "disputed"  # 有异议
    WITHDRAWN = "withdrawn"  # 已撤回


@dataclass(frozen=True)
class Content:
    """What a report says: a value for each indicator, in words what was done, and what shows it."""

    values: tuple[IndicatorValue, ...]
    narrative: str
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True)
class Report:
    """A report as it stands. `unit_id` is the unit that made it."""

    period: Period
    unit_id: UUID
    content: Content
    status: ReportStatus = ReportStatus.SUBMITTED
    published: bool = False

    @property
    def counts(self) -> bool:
        return self.status in (ReportStatus.SUBMITTED, ReportStatus.VERIFIED)

    def corrected(self, content: Content) -> "Report":
        """With this content, and to be verified again."""
        return replace(self, content=content, status=ReportStatus.SUBMITTED)

    def require_in_hand_of(self, unit_id: UUID, lead_unit_id: UUID) -> None:
        require(unit_id in (self.unit_id, lead_unit_id), "report.not_yours", field="unit")


def require_content(
    indicators: Sequence[Indicator],
    values: Sequence[IndicatorValue],
    narrative: str,
    evidence: Sequence[Evidence],
) -> Content:
    """The content as it is recorded."""
    return Content(
        require_values(indicators, values),
        require_text(narrative, "narrative", most=4000),
        require_evidence(evidence),
    )


@dataclass
class Reports:
    """The reports of a task, by id."""

    by_id: dict[UUID, Report] = field(default_factory=dict)

    def put(self, report_id: UUID, report: Report) -> None:
        self.by_id[report_id] = report

    def correct(self, report_id: UUID, content: Content) -> None:
        self.by_id[report_id] = self.by_id[report_id].corrected(content)

    def change(self, report_id: UUID, **changes: Any) -> None:
        self.by_id[report_id] = replace(self.by_id[report_id], **changes)

    def standing(self, report_id: UUID) -> Report:
        """The report, unless it is unknown or withdrawn."""
        report = self.by_id.get(report_id)
        if report is None:
            raise Refusal("report.unknown", field="report")
        require(report.status is not ReportStatus.WITHDRAWN, "report.withdrawn", field="report")
        return report

    def require_open(self, period: Period, start: date, today: date) -> None:
        """The period may be reported now: within the task's months so far, and not reported yet."""
        require_period(period)
        first, now = period_of(start), period_of(today)
        begun = month_number(first) <= month_number(period) <= month_number(now)
        require(begun, "report.period_outside", field="period", first=first, now=now)
        standing = (r for r in self.by_id.values() if r.status is not ReportStatus.WITHDRAWN)
        taken = any(r.period == period for r in standing)
        require(not taken, "report.period_taken", field="period", period=period)

    def latest(self, changed: Mapping[UUID, Report] = {}) -> dict[str, tuple[Decimal, Period]]:
        """Each indicator's value in the latest period that counts, and that period, `changed` in place."""
        counting = sorted((r for r in {**self.by_id, **changed}.values() if r.counts), key=lambda r: r.period)
        return {v.indicator: (v.value, r.period) for r in counting for v in r.content.values}

    def outcome_with(
        self, indicators: Sequence[Indicator], report_id: UUID, status: ReportStatus
    ) -> dict[str, Any]:
        """The outcome once this report has this status."""
        return self.outcome(indicators, {report_id: replace(self.by_id[report_id], status=status)})

    def outcome(self, indicators: Sequence[Indicator], changed: Mapping[UUID, Report] = {}) -> dict[str, Any]:
        """Where the indicators stand by the reports that count, `changed` in place, and the completion."""
        latest = self.latest(changed)
        standings = []
        for indicator in indicators:
            value, period = latest.get(indicator.code, (None, None))
            standings.append(Standing(indicator.code, value, period, completion(indicator, value).figure))
        return {
            "standings": tuple(standings),
            "completion": overall(indicators, [s.completion for s in standings]),
        }
