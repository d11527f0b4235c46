"""The chapter of the monthly reports: each group generates, reviews and submits its report on the last month,
early in the next, with a sentence of its own."""

from collections.abc import Iterator
from datetime import date, datetime
from functools import partial
from random import Random

from domain import identifiers
from domain.period import first_day, month_number, period_numbered, period_of
from domain.supervision.monthly_report import MonthlyReport
from service.commands import (
    GenerateMonthlyReport,
    GroupId,
    MonthlyReportId,
    ReviewMonthlyReport,
    SubmitMonthlyReport,
)
from service.demonstration.acts import Act, Stage
from service.demonstration.setting import Setting, supervisor
from service.demonstration.wording import marked
from service.demonstration.workdays import SITTINGS, workday, workdays_after
from service.plans.rows import PlanDocument

_FIRST = date(2020, 4, 1)
_DAYS = (3, 4, 5)
_ASSESSMENTS = (
    "总体推进有序，多数任务符合序时进度，个别任务需加力赶进度。",
    "重点任务势头良好，滞后任务集中在前期手续环节，需部门协同攻坚。",
    "本月整改力度加大，问题销号较快，基层反映的堵点正逐项打通。",
)
_SUGGESTIONS = (
    "对滞后任务实行挂图作战，由牵头单位主要负责同志包靠推进。",
    "推广先进单位做法，适时召开现场观摩会。",
    "对到期未销号问题提级督办，结果纳入综合考核。",
)


def chapter(document: PlanDocument, setting: Setting) -> Iterator[Act]:
    month = month_number(period_of(_FIRST))
    while first_day(period_numbered(month)) <= setting.last_day:
        after = workday(first_day(period_numbered(month)))
        period = period_numbered(month - 1)
        for number, group in enumerate(document.groups):
            # The act lies well before the tenth, when the report is due.
            day = workdays_after(after, _DAYS[number % len(_DAYS)] - 2)
            moment = datetime.combine(day, SITTINGS[1], setting.zone)
            yield Act(moment, f"{period}/{group.code}", partial(_reported, setting, group.code, period))
        month += 1


async def _reported(setting: Setting, group: str, period: str, stage: Stage) -> None:
    rng = Random(f"{setting.seed}/monthly-report/{group}/{period}")
    viewer = supervisor(group)
    group_id = identifiers.group_id(group)
    report = MonthlyReportId(identifiers.monthly_report_id(group_id, period))
    generated = GenerateMonthlyReport(
        period=period,
        group=GroupId(group_id),
        assessment=marked(rng.choice(_ASSESSMENTS)),
        suggestions=marked(rng.choice(_SUGGESTIONS)),
    )
    done = await stage.give(generated, viewer)
    sha256 = next(e.sha256 for e in done.events if isinstance(e, MonthlyReport.Generated))
    remark = marked("数据属实，同意报送。")
    reviewed = ReviewMonthlyReport(monthly_report=report, sha256=sha256, remark=remark)
    await stage.give(reviewed, viewer)
    await stage.close(SubmitMonthlyReport(monthly_report=report, sha256=sha256), viewer)
