"""The history that the bench measures on: deterministic, made by the ordinary commands of the domain.

Ten campaigns of sixty tasks and one large campaign; every task has two indicators and, of three, one has
milestones; it is published, and reported on and verified once a month for five years: 122 events a task.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from uuid import UUID

from domain import identifiers
from domain.aggregate import Aggregate, Event
from domain.campaign import Campaign
from domain.directory import Category, Directory
from domain.indicator import Direction, Indicator, IndicatorValue
from domain.period import last_day, period_numbered
from domain.schedule import Milestone
from domain.task import Task

CAMPAIGNS = 10
TASKS_OF_A_CAMPAIGN = 60
REPORTS_OF_A_TASK = 60
UNITS = 48
EVENTS_OF_A_TASK = 2 + 2 * REPORTS_OF_A_TASK

FIRST_DAY = date(2020, 1, 1)
FIRST_MONTH = 2020 * 12
LAST_DAY = date(2031, 12, 31)
TODAY = date(2025, 6, 30)
"""The business date on which every server of the bench lives: half a year after the last report."""
CHINA = timezone(timedelta(hours=8))
OPENED = datetime(2020, 1, 1, 8, tzinfo=CHINA)
GROUP = identifiers.group_id("group-1")
NARRATIVE = "本月按计划推进,已完成阶段任务;资金到位,施工单位进场,下月继续推进剩余部分。"


@dataclass(frozen=True, slots=True)
class Extent:
    """How large the history is: `large` tasks in the eleventh campaign."""

    large: int

    @property
    def tasks(self) -> int:
        return CAMPAIGNS * TASKS_OF_A_CAMPAIGN + self.large


FULL = Extent(large=1_100)
QUICK = Extent(large=120)


def unit_code(number: int) -> str:
    return f"unit-{number:02}"


def campaign_code(number: int) -> str:
    return f"c{number:02}"


def task_code(campaign: int, number: int) -> str:
    return f"c{campaign:02}.t{number:04}"


def campaign_ids() -> list[UUID]:
    """The campaigns of sixty tasks."""
    return [identifiers.campaign_id(campaign_code(n)) for n in range(CAMPAIGNS)]


def task_ids() -> list[UUID]:
    """Every tenth task of the campaigns of sixty."""
    return [
        identifiers.task_id(task_code(campaign, number))
        for campaign in range(CAMPAIGNS)
        for number in range(0, TASKS_OF_A_CAMPAIGN, 10)
    ]


def streams(extent: Extent) -> Iterator[list[Event]]:
    """The events of one stream after the other, each in its order."""
    yield _recorded(_directory())
    for campaign in range(CAMPAIGNS + 1):
        yield _recorded(_campaign(campaign))
    for campaign in range(CAMPAIGNS + 1):
        for number in range(TASKS_OF_A_CAMPAIGN if campaign < CAMPAIGNS else extent.large):
            yield _recorded(reported_task(campaign, number))


def _recorded(aggregate: Aggregate) -> list[Event]:
    return list(aggregate.collect_events())  # type: ignore[arg-type]


def _directory() -> Directory:
    directory = Directory.open(OPENED)
    categories = tuple(Category)
    for n in range(UNITS):
        directory.register_unit(unit_code(n), f"第{n}责任单位", categories[n % 3], OPENED)
    return directory


def _campaign(number: int) -> Campaign:
    return Campaign.launch(
        campaign_code(number), number + 1, f"第{number + 1}攻坚战", "", FIRST_DAY, LAST_DAY, OPENED
    )


def listed_task(campaign: int, number: int) -> Task:
    """A task as it is put on the list, before anything is reported."""
    lead = (campaign * 7 + number) % UNITS
    return Task.put_on_list(
        code=task_code(campaign, number),
        campaign_id=identifiers.campaign_id(campaign_code(campaign)),
        article=number % 44 + 1,
        title=f"新建改造农村项目第{number}项,年底前完成既定目标",
        lead_unit_id=identifiers.unit_id(unit_code(lead)),
        supporting_unit_ids=[identifiers.unit_id(unit_code((lead + 1) % UNITS))],
        indicators=_indicators(number),
        milestones=_milestones() if number % 3 == 0 else (),
        start=FIRST_DAY,
        deadline=LAST_DAY,
        at=OPENED,
    )


def reported_task(campaign: int, number: int) -> Task:
    """A task with all of its reports, each verified."""
    task = listed_task(campaign, number)
    task.publish(task.lead_unit_id, "市政府网站", OPENED)
    for month in range(REPORTS_OF_A_TASK):
        period = period_numbered(FIRST_MONTH + month)
        at = datetime.combine(last_day(period), time(9, number % 60), CHINA)
        values = reported_values(number, month)
        report = task.report_progress(task.lead_unit_id, period, values, NARRATIVE, (), at)
        task.verify_report(report, GROUP, "", at + timedelta(hours=1))
    return task


def reported_values(number: int, month: int) -> list[IndicatorValue]:
    """What the task reports for its month-th period, both indicators, cumulative."""
    done = Decimal((month + 1) * (number % 17 + 3))
    return [IndicatorValue("built", done), IndicatorValue("pm25", Decimal(80) - Decimal(month) / 2)]


def _indicators(number: int) -> list[Indicator]:
    return [
        Indicator("built", "新建改造数量", Direction.AT_LEAST, "处", Decimal(1000 + number), Decimal(60)),
        Indicator(
            "pm25", "细颗粒物年均浓度", Direction.AT_MOST, "µg/m³", Decimal(49), Decimal(40), Decimal(80)
        ),
    ]


def _milestones() -> list[Milestone]:
    return [
        Milestone(title="完成三分之一", due=date(2024, 6, 30), share=Decimal("0.33")),
        Milestone(title="完成三分之二", due=date(2028, 6, 30), share=Decimal("0.66")),
    ]
