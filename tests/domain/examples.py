"""The city that the examples live in: its units, officials, documents, and one task with two indicators."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from domain import identifiers
from domain.campaign import Campaign, TaskForceMember, TaskForceRole
from domain.directory import Category, Directory
from domain.documents import Document, Evidence
from domain.indicator import Direction, Indicator, IndicatorValue, Standing
from domain.period import period_of
from domain.schedule import Milestone
from domain.supervision_group import SupervisionGroup
from domain.task import Task

SHANGHAI = ZoneInfo("Asia/Shanghai")

LEAD = identifiers.unit_id("dept.housing")
SUPPORT = identifiers.unit_id("dept.finance")
OTHER = identifiers.unit_id("dept.ecology")
GROUP = identifiers.group_id("group.1")
CAMPAIGN = identifiers.campaign_id("c3")
OFFICIALS = [identifiers.official_id(f"official.{n}") for n in range(1, 10)]

START, DEADLINE = date(2020, 3, 25), date(2020, 12, 31)
DOCUMENT = Document("潍督发〔2020〕7号", "关于调整攻坚任务的通知", date(2020, 5, 1))
EVIDENCE = Evidence("https://example.org/acceptance.pdf", "ab" * 32, "验收单")

TOILETS = Indicator("toilets", "农村厕所改造", Direction.AT_LEAST, "户", Decimal(57000), Decimal(60))
PM25 = Indicator(
    "pm25", "细颗粒物年均浓度", Direction.AT_MOST, "微克/立方米", Decimal(49), Decimal(40), Decimal(59)
)
INDICATORS = (TOILETS, PM25)


def on(month: int, day: int, hour: int = 9) -> datetime:
    """A moment of 2020 in the plan's time zone."""
    return datetime(2020, month, day, hour, tzinfo=SHANGHAI)


MARCH, MAY, JUNE = on(3, 25), on(5, 20), on(6, 10)


def values(toilets: int | str, pm25: int | str) -> list[IndicatorValue]:
    return [IndicatorValue("toilets", Decimal(toilets)), IndicatorValue("pm25", Decimal(pm25))]


def listing(**changes: Any) -> dict[str, Any]:
    """What a task is put on the list with."""
    return {
        "code": "17.1",
        "campaign_id": CAMPAIGN,
        "article": 17,
        "title": "农村厕所改造",
        "lead_unit_id": LEAD,
        "supporting_unit_ids": (SUPPORT,),
        "indicators": INDICATORS,
        "milestones": (),
        "start": START,
        "deadline": DEADLINE,
        "at": MARCH,
        **changes,
    }


def listed(**changes: Any) -> Callable[[Any], Task]:
    return lambda _: Task.put_on_list(**listing(**changes))


def published(task: Task) -> None:
    task.publish(LEAD, "潍坊日报", MARCH)


def reported(
    period: str = "2020-04", toilets: int | str = 28500, pm25: int | str = 54, **changes: Any
) -> Callable[[Task], object]:
    """A report made five days after its month is over."""
    year, month = int(period[:4]), int(period[5:])
    over = datetime(year + month // 12, month % 12 + 1, 5, 9, tzinfo=SHANGHAI)
    return lambda task: task.report_progress(
        **{
            "unit_id": LEAD,
            "period": period,
            "values": values(toilets, pm25),
            "narrative": "按计划推进。",
            "evidence": (EVIDENCE,),
            "at": over,
            **changes,
        }
    )


def report_of(task: Task, period: str = "2020-04") -> Any:
    """The id of the period's latest report."""
    return [id_ for id_, report in task.reports.by_id.items() if report.period == period][-1]


def corrected(toilets: int | str = 30000, pm25: int | str = 54, **changes: Any) -> Callable[[Task], None]:
    return lambda task: task.correct_report(
        **{
            "report_id": report_of(task),
            "unit_id": LEAD,
            "values": values(toilets, pm25),
            "narrative": "按计划推进。",
            "evidence": (EVIDENCE,),
            "reason": "统计口径有误。",
            "at": MAY,
            **changes,
        }
    )


def withdrawn(task: Task) -> None:
    task.withdraw_report(report_of(task), LEAD, "重复报送。", MAY)


def verified(task: Task) -> None:
    task.verify_report(report_of(task), GROUP, "现场核实。", MAY)


def disputed(task: Task) -> None:
    task.dispute_report(report_of(task), GROUP, "与现场不符。", MAY)


def delivered(task: Task) -> None:
    task.deliver(LEAD, date(2020, 6, 1), "已全部完成。", JUNE)


def accepted(task: Task) -> None:
    task.accept(GROUP, "验收合格。", JUNE)


def returned(task: Task) -> None:
    task.return_to_unit(GROUP, "台账不全。", JUNE)


def reassigned(task: Task) -> None:
    """To another lead unit, the old one gone."""
    task.reassign(OTHER, (SUPPORT,), DOCUMENT, MAY)


def milestones(*points: tuple[date, str]) -> tuple[Milestone, ...]:
    return tuple(Milestone(f"节点{n}", due, Decimal(share)) for n, (due, share) in enumerate(points, 1))


def members(count: int = 7, leaders: int = 1) -> list[TaskForceMember]:
    return [
        TaskForceMember(
            OFFICIALS[n], TaskForceRole.LEADER if n < leaders else TaskForceRole.STAFF, START, DEADLINE
        )
        for n in range(count)
    ]


def launched(**changes: Any) -> Callable[[Any], Campaign]:
    launch = {
        "code": "c3",
        "number": 3,
        "name": "“三个模式”创新提升攻坚战",
        "goal": "打造乡村振兴齐鲁样板先行区。",
        "start": START,
        "end": DEADLINE,
        "at": MARCH,
    }
    return lambda _: Campaign.launch(**{**launch, **changes})


def formed(**changes: Any) -> Callable[[Any], SupervisionGroup]:
    group = {
        "code": "group.1",
        "name": "第一督导评估组",
        "leader_id": OFFICIALS[0],
        "campaigns": (CAMPAIGN,),
        "units": (LEAD, SUPPORT),
        "at": MARCH,
    }
    return lambda _: SupervisionGroup.form(**{**group, **changes})


def opened(_: Any) -> Directory:
    return Directory.open(MARCH)


def with_units(directory: Directory) -> None:
    directory.register_unit("dept.housing", "市住房城乡建设局", Category.DEPARTMENT, MARCH)
    directory.register_unit("dept.finance", "市财政局", Category.DEPARTMENT, MARCH)


def with_officials(directory: Directory) -> None:
    directory.register_official("official.1", "王一", MARCH)
    directory.register_official("official.2", "李二", MARCH)


def appointed(directory: Directory) -> None:
    directory.appoint_official(OFFICIALS[0], LEAD, "局长", date(2020, 1, 1), MARCH)


def released(directory: Directory) -> None:
    directory.release_official(LEAD, date(2020, 6, 30), JUNE)


def later(moment: datetime, **by: int) -> datetime:
    return moment + timedelta(**by)


def month_of(moment: datetime) -> str:
    return period_of(moment.date())


def standings(
    toilets: str | None, toilets_done: str, pm25: str | None, pm25_done: str, period: str | None
) -> tuple[Standing, ...]:
    def at(code: str, value: str | None, done: str) -> Standing:
        return Standing(code, None if value is None else Decimal(value), period, Decimal(done))

    return (at("toilets", toilets, toilets_done), at("pm25", pm25, pm25_done))


NONE_YET = standings(None, "0", None, "0", None)
APRIL = standings("28500", "0.5", "54", "0.5", "2020-04")
