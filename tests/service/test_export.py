"""What leaves the system: the ledger as a sheet, and the plan as a file that another log takes."""

import csv
import io
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from openpyxl import load_workbook

from domain import identifiers
from domain.documents import Document
from domain.indicator import IndicatorValue
from domain.task import Task
from service import BadInput
from service import commands as given
from service.desk import Commands
from service.identity import Role, Viewer
from service.plans import WEIFANG_2020
from service.plans.export import export_plan
from service.plans.importer import import_plan
from service.plans.rows import PlanDocument
from service.plans.sheet import read_plan
from service.sheets.sheet import neutral
from service.store.clock import SimulatedClock
from service.store.database import Database
from service.store.recorder import Recorder
from service.tables.rebuild import rebuild
from service.workbooks.ledger import HEADINGS, export_ledger
from tests.databases import MIGRATED, READY, Preparation, new_database
from tests.service.plans.small_plan import small

ZONE = ZoneInfo("Asia/Shanghai")
OFFICE = Viewer(Role.OFFICE, "office")
PAPER = Document("演示〔2020〕7号", "关于调整的通知（演示）", date(2020, 3, 25))
TASK, OTHER = (given.TaskId(identifiers.task_id(code)) for code in ("17.1", "17.2"))
JULY = date(2020, 7, 5)


@pytest.fixture
def like() -> Preparation:
    return READY


@pytest.fixture
async def commands(database: Database) -> AsyncIterator[Commands]:
    clock = SimulatedClock(datetime(2020, 3, 25, 9, tzinfo=ZONE))
    async with Recorder.open(database, clock) as recorder:
        yield Commands(recorder, clock, ZONE)


@pytest.fixture
async def elsewhere(server: str) -> AsyncIterator[Commands]:
    """Another log, in a database of its own."""
    clock = SimulatedClock(datetime(2021, 1, 4, 9, tzinfo=ZONE))
    async with (
        new_database(server, MIGRATED) as dsn,
        await Database.open(dsn, size=2) as database,
        Recorder.open(database, clock) as recorder,
    ):
        yield Commands(recorder, clock, ZONE)


async def give(commands: Commands, at: date, *given_commands: given.Command) -> None:
    commands.clock.moment = datetime(at.year, at.month, at.day, 9, tzinfo=ZONE)  # type: ignore[attr-defined]
    for number, command in enumerate(given_commands):
        await commands.handle(command, OFFICE, f"{at} {number}")


def report(task: given.TaskId, period: str, **values: str) -> given.ReportProgress:
    code = {TASK: "17.1", OTHER: "17.2"}[task]
    figures = tuple(IndicatorValue(f"{code}.{name[1:]}", Decimal(v)) for name, v in values.items())
    return given.ReportProgress(task=task, period=period, values=figures, narrative="进展")


def content(plan: PlanDocument) -> PlanDocument:
    """The plan without what the log does not know: its header, what is assumed of campaigns and groups."""
    return replace(
        plan,
        header=None,
        campaigns=tuple(sorted((replace(c, assumed=()) for c in plan.campaigns), key=lambda c: c.code)),
        groups=tuple(replace(g, assumed=()) for g in plan.groups),
        tasks=tuple(sorted(plan.tasks, key=lambda t: t.code)),
    )


# -- the plan


@pytest.mark.parametrize("kind", ["yaml", "xlsx"])
async def test_a_plan_goes_from_log_to_log(commands: Commands, elsewhere: Commands, kind: Any) -> None:
    await import_plan(commands, small(), OFFICE)
    file = await export_plan(commands.recorder, ZONE, kind)
    await import_plan(elsewhere, read_plan(file, kind), OFFICE)
    assert await export_plan(elsewhere.recorder, ZONE) == await export_plan(commands.recorder, ZONE)


async def test_the_shipped_plan_comes_out_as_it_went_in(commands: Commands) -> None:
    plan = read_plan(WEIFANG_2020, "yaml")
    await import_plan(commands, plan, OFFICE)
    exported = read_plan(await export_plan(commands.recorder, ZONE), "yaml")
    assert content(exported) == content(plan)
    assert exported.header is not None
    assert (exported.header.start, exported.header.end) == (date(2020, 3, 25), date(2020, 12, 31))


async def changed(commands: Commands) -> None:
    unit = given.UnitId(identifiers.unit_id("dept.d"))
    county = given.UnitId(identifiers.unit_id("county.a"))
    later = date(2020, 9, 30)
    await give(
        commands,
        date(2020, 6, 1),
        given.ReviseTarget(task=TASK, indicator="17.1.1", target=Decimal(60000), document=PAPER),
        given.ReassignTask(task=TASK, lead_unit=unit, supporting_units=(county,), document=PAPER),
        given.ExtendDeadline(task=OTHER, deadline=later, document=PAPER),
        given.RenameUnit(unit=county, name="甲市"),
        given.ReleaseOfficial(unit=county, until=date(2020, 5, 31)),
        given.ChangeGroupCoverage(
            group=given.GroupId(identifiers.group_id("g1")),
            campaigns=(given.CampaignId(identifiers.campaign_id("c1")),),
        ),
    )


async def test_as_listed_the_same_log_finds_nothing_new_in_it(commands: Commands) -> None:
    await import_plan(commands, small(), OFFICE)
    await changed(commands)
    exported = read_plan(await export_plan(commands.recorder, ZONE), "yaml")
    assert content(exported) == content(small())
    before = await commands.recorder.max_notification_id()
    done = await import_plan(commands, exported, OFFICE)
    assert not any(done.created.values())
    assert await commands.recorder.max_notification_id() == before


async def test_as_it_stands_another_log_begins_with_what_has_changed(
    commands: Commands, elsewhere: Commands
) -> None:
    await import_plan(commands, small(), OFFICE)
    await changed(commands)
    plan = read_plan(await export_plan(commands.recorder, ZONE, as_listed=False), "yaml")
    first, second = plan.tasks
    assert (first.lead, first.supporting) == ("dept.d", ("county.a",))
    assert first.indicators[0].target == 60000
    assert first.milestones == small().tasks[0].milestones
    assert second.deadline == date(2020, 9, 30)
    assert plan.units[0].name == "甲市"
    assert plan.officials[0].leads is None
    assert plan.groups[0].units == ()
    await import_plan(elsewhere, plan, OFFICE)
    exported = read_plan(await export_plan(elsewhere.recorder, ZONE), "yaml")
    assert content(exported) == content(plan)


async def test_an_empty_log_has_an_empty_plan(commands: Commands) -> None:
    assert await export_plan(commands.recorder, ZONE) == b"{}\n"


async def test_a_log_of_several_years_has_no_header(commands: Commands) -> None:
    plan = small()
    spring = replace(
        plan.campaigns[1], code="c9", number=9, name="第九战", start=date(2021, 3, 1), end=date(2021, 12, 1)
    )
    await import_plan(commands, replace(plan, header=None, campaigns=(*plan.campaigns, spring)), OFFICE)
    assert read_plan(await export_plan(commands.recorder, ZONE), "yaml").header is None


# -- the ledger


async def ledger(commands: Commands, on: date = JULY, campaign: str | None = None) -> list[dict[str, str]]:
    """The ledger's CSV after all that has happened, by heading."""
    database = commands.recorder.database
    await rebuild(database, commands.recorder)
    text = (await export_ledger(database, "csv", on, campaign)).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


async def test_the_ledger_has_a_row_for_each_indicator(commands: Commands) -> None:
    await import_plan(commands, small(), OFFICE)
    await give(commands, date(2020, 6, 5), report(TASK, "2020-05", _1="28500", _2="6"))
    rows = await ledger(commands)
    assert [(r["任务编码"], r["指标"]) for r in rows] == [
        ("17.1", "改厕"),
        ("17.1", "诉"),
        ("17.2", "缺失的指标"),
    ]
    assert rows[0] == {
        "任务编码": "17.1",
        "条目": "17",
        "任务名称": "农村改厕",
        "攻坚战": "第一战",
        "牵头单位": "丙局",
        "配合单位": "甲县、乙开发区",
        "指标": "改厕",
        "目标": "不低于57000户",
        "现值": "28500",
        "完成率": "50.00%",
        "应完成率": "30.00%",
        "进度偏差": "20.00%",
        "逾期天数": "0",
        "欠报期数": "3",
        "状态": "推进中",
        "完成时限": "2020-12-31",
        "数据性质": "正式数据",
        "亮牌": "",
    }
    assert (rows[1]["目标"], rows[1]["现值"]) == ("不高于3起", "6")
    lost = rows[2]
    assert (lost["目标"], lost["现值"], lost["完成率"]) == ("（方案文本缺失）个", "", "")
    assert (lost["应完成率"], lost["进度偏差"], lost["逾期天数"]) == ("100.00%", "", "5")


async def test_the_ledger_is_that_of_the_day_it_is_asked_for(commands: Commands) -> None:
    await import_plan(commands, small(), OFFICE)
    days = [date(2020, 4, 29), date(2020, 4, 30), date(2020, 12, 31), date(2021, 1, 10)]
    rows = [(await ledger(commands, day))[0] for day in days]
    assert [r["应完成率"] for r in rows] == ["0.00%", "30.00%", "100.00%", "100.00%"]
    assert [r["进度偏差"] for r in rows] == ["0.00%", "-30.00%", "-100.00%", "-100.00%"]
    assert [r["逾期天数"] for r in rows] == ["0", "0", "0", "10"]
    assert [r["欠报期数"] for r in rows] == ["1", "1", "9", "10"]


async def test_the_ledger_of_one_campaign(commands: Commands) -> None:
    await import_plan(commands, small(), OFFICE)
    assert len(await ledger(commands, campaign="c1")) == 3
    assert await ledger(commands, campaign="part.1") == []
    with pytest.raises(BadInput, match="c7"):
        await export_ledger(commands.recorder.database, "csv", JULY, "c7")


@pytest.mark.parametrize("played", [True, False])
async def test_a_demonstration_says_so(commands: Commands, played: bool) -> None:
    await import_plan(commands, small(), OFFICE, demonstration=played)
    mark = "演示数据" if played else "正式数据"
    assert {row["数据性质"] for row in await ledger(commands)} == {mark}
    book = load_workbook(io.BytesIO(await export_ledger(commands.recorder.database, "xlsx", JULY)))
    assert book.sheetnames == ["电子台账（演示数据）" if played else "电子台账"]


async def test_the_workbook_has_numbers_dates_and_a_frozen_header(commands: Commands) -> None:
    await import_plan(commands, small(), OFFICE)
    await give(commands, date(2020, 6, 5), report(TASK, "2020-05", _1="28500", _2="6"))
    await ledger(commands)
    content = await export_ledger(commands.recorder.database, "xlsx", JULY)
    sheet = load_workbook(io.BytesIO(content)).worksheets[0]
    assert tuple(cell.value for cell in sheet[1]) == HEADINGS
    assert sheet.freeze_panes == "A2"
    row = dict(zip(HEADINGS, sheet[2], strict=True))
    assert (row["现值"].value, row["完成率"].value, row["完成率"].number_format) == (28500, 0.5, "0.00%")
    assert row["完成时限"].value == datetime(2020, 12, 31)  # noqa: DTZ001
    assert sheet.cell(4, HEADINGS.index("完成率") + 1).value is None


FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "＝1+1", " =1+1", "\t=1"]


@pytest.mark.parametrize("text", FORMULAS)
def test_what_looks_like_a_formula_is_neutralised(text: str) -> None:
    assert neutral(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "甲=乙", "5-6月", "甲", "'", " 甲"])
def test_other_text_is_left_alone(text: str) -> None:
    assert neutral(text) == text


async def test_no_cell_of_the_ledger_is_a_formula(commands: Commands) -> None:
    await import_plan(commands, small(), OFFICE)
    task = await commands.streams.load(Task, OTHER, "task")
    await give(
        commands,
        date(2020, 4, 1),
        given.RenameUnit(unit=given.UnitId(identifiers.unit_id("dept.c")), name="=丙局()"),
        given.ListTask(
            code="9.9",
            campaign=given.CampaignId(identifiers.campaign_id("c1")),
            article=9,
            title="@任务",
            lead_unit=given.UnitId(identifiers.unit_id("dept.c")),
            indicators=(replace(task.indicators[0], name="-指标"),),
            start=task.start,
            deadline=task.deadline,
        ),
    )
    found = (await ledger(commands))[0]
    assert (found["任务名称"], found["牵头单位"], found["指标"]) == ("'@任务", "'=丙局()", "'-指标")
    content = await export_ledger(commands.recorder.database, "xlsx", JULY)
    cells = [cell for row in load_workbook(io.BytesIO(content)).worksheets[0] for cell in row]
    assert not [cell.value for cell in cells if cell.data_type == "f"]
