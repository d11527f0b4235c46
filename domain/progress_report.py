"""Progress reports (进度报告) of one task: which of them count, and where the indicators stand by them."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from typing import Any
from uuid import UUID

from domain.indicator import Indicator, IndicatorValue, Standing, completion, overall
from domain.period import Period, month_number, period_of, require_period
from domain.refusal import require


class ReportStatus(StrEnum):
    SUBMITTED = "submitted"  # 已报送
    VERIFIED = "verified"  # 已核实
    DISPUTED = "disputed"  # 有异议
    WITHDRAWN = "withdrawn"  # 已撤回


@dataclass(frozen=True)
class Report:
    period: Period
    status: ReportStatus
    values: tuple[IndicatorValue, ...]
    published: bool = False

    @property
    def counts(self) -> bool:
        return self.status in (ReportStatus.SUBMITTED, ReportStatus.VERIFIED)


@dataclass
class Reports:
    """The reports of a task, by id."""

    by_id: dict[UUID, Report] = field(default_factory=dict)

    def put(self, report_id: UUID, report: Report) -> None:
        self.by_id[report_id] = report

    def change(self, report_id: UUID, **changes: Any) -> None:
        self.by_id[report_id] = replace(self.by_id[report_id], **changes)

    def standing(self, report_id: UUID) -> Report:
        """The report, unless it is unknown or withdrawn."""
        report = self.by_id.get(report_id)
        require(
            report is not None,
            "report.unknown",
            "The task has no such report.",
            "报告不存在。",
            field="report",
        )
        assert report is not None
        require(
            report.status is not ReportStatus.WITHDRAWN,
            "report.withdrawn",
            "The report was withdrawn.",
            "该报告已撤回。",
            field="report",
        )
        return report

    def require_open(self, period: Period, start: date, today: date) -> None:
        """The period may be reported now: within the task's months so far, and not reported yet."""
        require_period(period)
        first, now = period_of(start), period_of(today)
        require(
            month_number(first) <= month_number(period) <= month_number(now),
            "report.period_outside",
            f"A report's period lies between the task's first month ({first}) and this month ({now}).",
            f"报告期须在任务首月({first})与本月({now})之间。",
            field="period",
        )
        taken = any(
            r.period == period and r.status is not ReportStatus.WITHDRAWN for r in self.by_id.values()
        )
        require(
            not taken,
            "report.period_taken",
            f"{period} has been reported; correct or withdraw that report.",
            f"{period} 已报送,请更正或撤回原报告。",
            field="period",
        )

    def outcome(self, indicators: Sequence[Indicator], changed: dict[UUID, Report]) -> dict[str, Any]:
        """Where the indicators stand by the reports that count, `changed` among them, and the completion."""
        counting = sorted((r for r in {**self.by_id, **changed}.values() if r.counts), key=lambda r: r.period)
        latest = {v.indicator: (v.value, r.period) for r in counting for v in r.values}
        standings = []
        for indicator in indicators:
            value, period = latest.get(indicator.code, (None, None))
            standings.append(Standing(indicator.code, value, period, completion(indicator, value).figure))
        return {
            "standings": tuple(standings),
            "completion": overall(indicators, [s.completion for s in standings]),
        }
