"""Putting a plan on the list: all of it or nothing, once, and the same after whatever has happened since."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from domain import identifiers
from domain.campaign import Campaign, TaskForceMember, TaskForceRole
from domain.documents import Document
from domain.task import Task
from service import commands as given
from service.desk import Commands
from service.errors import Forbidden
from service.identity import Role, Viewer
from service.plans import WEIFANG_2020, importer
from service.plans.entries import NOUNS, assumed_below, assumed_columns, entries
from service.plans.faults import PlanRefused, TakenInPart
from service.plans.importer import AT_ONCE, Imported, at_once, import_file, import_plan, known_to
from service.plans.rows import CampaignRow, PlanDocument, TaskRow
from service.plans.sheet import read_plan, write_plan
from service.store.clock import SimulatedClock
from service.store.database import Database
from service.store.recorder import Recorder
from tests.service.plans.small_plan import YAML, line_of, small

ZONE = ZoneInfo("Asia/Shanghai")
SPRING = datetime(2020, 3, 25, 9, tzinfo=ZONE)
OFFICE = Viewer(Role.OFFICE, "office")
PAPER = Document("演示〔2020〕7号", "关于调整的通知（演示）", date(2020, 3, 25))
TASK = given.TaskId(identifiers.task_id("17.1"))
NOTHING = dict.fromkeys(NOUNS, 0)
SMALL = {
    "units": 4,
    "officials": 8,
    "appointments": 1,
    "campaigns": 2,
    "task_forces": 1,
    "groups": 1,
    "tasks": 2,
}


@pytest.fixture
async def commands(database: Database) -> AsyncIterator[Commands]:
    clock = SimulatedClock(SPRING)
    async with Recorder.open(database, clock) as recorder:
        yield Commands(recorder, clock, ZONE)


async def size(commands: Commands) -> int:
    return await commands.recorder.max_notification_id() or 0


async def listed(commands: Commands, kind: type[Any], code: str) -> Any:
    """The aggregate of this code."""
    identities: dict[Any, Callable[[str], UUID]] = {
        Task: identifiers.task_id,
        Campaign: identifiers.campaign_id,
    }
    identity = identities[kind]
    return await commands.streams.load(kind, identity(code), "code")


async def facts(commands: Commands) -> set[tuple[str, Any, int, bytes]]:
    """What the log holds, whatever the order."""
    recorded = await commands.recorder.select_notifications(1, 10_000)
    return {(r.topic, r.originator_id, r.originator_version, r.state) for r in recorded}


def with_task(plan: PlanDocument, code: str, **changes: Any) -> PlanDocument:
    """The plan with one task changed."""
    rows = tuple(replace(row, **changes) if row.code == code else row for row in plan.tasks)
    return replace(plan, tasks=rows)


def indicators_with(row: TaskRow, **changes: Any) -> tuple[Any, ...]:
    return (replace(row.indicators[0], **changes), *row.indicators[1:])


async def refusals(commands: Commands, plan: PlanDocument) -> list[tuple[str, int, str, str]]:
    """Where and why the plan is refused; nothing was written."""
    before = await size(commands)
    with pytest.raises(PlanRefused) as refused:
        await import_plan(commands, plan, OFFICE)
    assert await size(commands) == before
    return [(e.sheet, e.row, e.column, e.code) for e in refused.value.errors]


# -- put on the list, once


async def test_everything_the_plan_lists_is_put_on_the_list(commands: Commands) -> None:
    assert await import_plan(commands, small(), OFFICE) == Imported(SMALL, NOTHING)

    task = await listed(commands, Task, "17.1")
    assert (task.title, task.start, task.deadline) == ("农村改厕", date(2020, 3, 25), date(2020, 12, 31))
    assert task.lead_unit_id == identifiers.unit_id("dept.c")
    assert [i.target for i in task.indicators] == [Decimal(57000), Decimal(3)]
    assert [m.assumed for m in task.milestones] == [True, False]
    campaign = await listed(commands, Campaign, "c1")
    assert len(campaign.task_force) == 7
    assert not campaign.demonstration


async def test_the_same_plan_twice_changes_nothing(commands: Commands) -> None:
    await import_plan(commands, small(), OFFICE)
    before = await facts(commands)
    assert await import_plan(commands, small(), OFFICE) == Imported(NOTHING, SMALL)
    assert await import_plan(commands, small(), replace(OFFICE, actor="another")) == Imported(NOTHING, SMALL)
    assert await facts(commands) == before


async def test_a_plan_that_another_lists_meanwhile_is_no_fault(
    commands: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    look = importer._first_facts

    async def outrun(*arguments: Any) -> Any:
        first = await look(*arguments)
        monkeypatch.setattr(importer, "_first_facts", look)
        await import_plan(commands, small(), OFFICE)
        return first

    monkeypatch.setattr(importer, "_first_facts", outrun)
    assert await import_plan(commands, small(), OFFICE) == Imported(NOTHING, SMALL)


async def test_who_was_quicker_leaves_a_part_to_be_taken_in(
    commands: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = importer._write
    first, *others = small().units
    other = replace(small(), units=(replace(first, name="别的名称"), *others))

    async def outrun(*arguments: Any) -> None:
        monkeypatch.setattr(importer, "_write", write)
        await import_plan(commands, other, OFFICE)
        await write(*arguments)

    monkeypatch.setattr(importer, "_write", outrun)
    with pytest.raises(TakenInPart) as refused:
        await import_plan(commands, small(), OFFICE)
    assert [(e.row, e.code) for e in refused.value.errors] == [(first.place.row, "unit.exists")]


async def test_the_shipped_plan_is_taken_twice_and_listed_once(commands: Commands) -> None:
    told: list[tuple[int, int]] = []
    plan = read_plan(WEIFANG_2020, "yaml")
    done = await import_plan(commands, plan, OFFICE, progress=lambda *counts: told.append(counts))
    assert done.created["tasks"] == len(plan.tasks)
    assert sum(done.created.values()) == len(entries(plan)) == len(told)
    assert told[-1] == (len(told), len(told))

    before = await size(commands)
    again = await import_file(commands, WEIFANG_2020, OFFICE)
    assert again == Imported(NOTHING, done.created)
    assert await size(commands) == before


async def test_new_rows_join_those_that_are_listed(commands: Commands) -> None:
    plan = small()
    await import_plan(commands, replace(plan, tasks=plan.tasks[:1]), OFFICE)
    done = await import_plan(commands, plan, OFFICE)
    assert done.created == NOTHING | {"tasks": 1}
    assert done.unchanged == SMALL | {"tasks": 1}


async def test_the_mark_of_a_demonstration_is_not_of_the_file(commands: Commands) -> None:
    await import_plan(commands, small(), OFFICE, demonstration=True)
    assert (await listed(commands, Campaign, "c1")).demonstration
    assert await import_plan(commands, small(), OFFICE) == Imported(NOTHING, SMALL)


async def test_two_at_once_list_it_once(commands: Commands) -> None:
    await asyncio.gather(*(import_plan(commands, small(), OFFICE) for _ in range(3)))
    # A stream for the directory, which is opened first, and a fact for everything else.
    assert await size(commands) == sum(SMALL.values()) + 1


class Cut(Exception):
    """The run ends here."""


@pytest.mark.parametrize("after", [1, 6, 13, 15, 18])
async def test_a_run_that_was_cut_short_is_completed_by_the_next(commands: Commands, after: int) -> None:
    def cut(done: int, _: int) -> None:
        if done == after:
            raise Cut

    with pytest.raises(Cut):
        await import_plan(commands, small(), OFFICE, progress=cut)
    assert after <= await size(commands) <= sum(SMALL.values()) + 1

    done = await import_plan(commands, small(), OFFICE)
    assert {n: done.created[n] + done.unchanged[n] for n in NOUNS} == SMALL
    assert await size(commands) == sum(SMALL.values()) + 1
    assert await import_plan(commands, small(), OFFICE) == Imported(NOTHING, SMALL)


# -- what was listed is compared with what was first listed


async def changed_since(commands: Commands) -> None:
    """Everything that may change after the listing changes."""
    commands.clock.moment = datetime(2020, 6, 1, 9, tzinfo=ZONE)  # type: ignore[attr-defined]
    county, department = (given.UnitId(identifiers.unit_id(code)) for code in ("county.a", "dept.d"))
    campaign = given.CampaignId(identifiers.campaign_id("c1"))
    group = given.GroupId(identifiers.group_id("g1"))
    officials = [identifiers.official_id(f"o{n}") for n in range(1, 9)]
    roles = [TaskForceRole.STAFF] * 7 + [TaskForceRole.LEADER]
    members = tuple(
        TaskForceMember(o, role, date(2020, 6, 1)) for o, role in zip(officials, roles, strict=True)
    )
    changes = [
        given.ReviseTarget(task=TASK, indicator="17.1.1", target=Decimal(60000), document=PAPER),
        given.ReassignTask(task=TASK, lead_unit=department, document=PAPER),
        given.ExtendDeadline(
            task=given.TaskId(identifiers.task_id("17.2")), deadline=date(2020, 9, 30), document=PAPER
        ),
        given.RenameUnit(unit=county, name="甲市"),
        given.ReleaseOfficial(unit=county, until=date(2020, 5, 31)),
        given.AppointOfficial(
            official=given.OfficialId(officials[1]), unit=county, post="负责人", since=date(2020, 6, 1)
        ),
        given.ChangeGroupCoverage(group=group, campaigns=(campaign,), units=()),
        given.FormTaskForce(campaign=campaign, members=members),
    ]
    for number, change in enumerate(changes):
        await commands.handle(change, OFFICE, f"change {number}")


async def test_a_plan_changed_by_later_commands_is_unchanged(commands: Commands) -> None:
    await import_plan(commands, small(), OFFICE)
    await changed_since(commands)
    before = await size(commands)
    assert await import_plan(commands, small(), OFFICE) == Imported(NOTHING, SMALL)
    assert await size(commands) == before


async def test_all_rows_that_differ_are_told_before_anything_is_written(commands: Commands) -> None:
    await import_plan(commands, small(), OFFICE)
    text = YAML
    for old, new in [
        ("name: 甲县", "name: 甲市"),
        ("post: 主要负责人", "post: 负责人"),
        ("goal: 目标", "goal: 另一目标"),
        ("role: staff, since: 2020-03-25, until", "role: responsible, since: 2020-03-25, until"),
        ("units: [county.a, dept.c]", "units: [county.a]"),
        ("title: 农村改厕", "title: 改厕"),
        ("lead: dept.c\n    supporting", "lead: dept.d\n    supporting"),
        ("target: 57000", "target: 58000"),
        ("weight: 60", "weight: 50"),
        ("weight: 40", "weight: 50"),
        ("share: 0.8", "share: 0.7"),
        ("deadline: 2020-06-30", "deadline: 2020-07-31"),
        ("note: 备注", "note: 另一备注"),
    ]:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    new_row = text[text.index('  - code: "17.2"') :].replace("17.2", "17.3")
    found = await refusals(commands, read_plan((text + new_row).encode(), "yaml"))
    assert found == [
        ("units", line_of(text, "name: 甲市"), "name", "row.differs"),
        ("officials", line_of(text, "post: 负责人"), "post", "row.differs"),
        ("campaigns", line_of(text, "goal:"), "goal", "row.differs"),
        ("campaigns", line_of(text, "task_force:"), "task_force", "row.differs"),
        ("groups", line_of(text, "units: [county.a]"), "units", "row.differs"),
        ("tasks", line_of(text, "title: 改厕"), "title", "row.differs"),
        ("tasks", line_of(text, "lead: dept.d"), "lead", "row.differs"),
        ("tasks", line_of(text, "milestones:"), "milestones", "row.differs"),
        ("indicators", line_of(text, "target: 58000"), "target", "row.differs"),
        ("indicators", line_of(text, "target: 58000"), "weight", "row.differs"),
        ("indicators", line_of(text, "baseline: 9"), "weight", "row.differs"),
        ("tasks", line_of(text, "deadline: 2020-07-31"), "deadline", "row.differs"),
        ("tasks", line_of(text, "note: 另一备注"), "note", "row.differs"),
    ]


async def test_a_row_that_differs_is_told_which_command_changes_it(commands: Commands) -> None:
    await import_plan(commands, small(), OFFICE)
    row = small().tasks[0]
    plan = with_task(small(), "17.1", indicators=indicators_with(row, target=Decimal(58000)), title="改厕")
    with pytest.raises(PlanRefused) as refused:
        await import_plan(commands, plan, OFFICE)
    title, target = refused.value.errors
    assert "does not change" in title.message_en
    assert "不可更改" in title.message_zh
    assert "listed: 57000; file: 58000" in target.message_en
    assert "reviseTarget with a document" in target.message_en
    assert "依据文件" in target.message_zh
    assert "调整目标值" in target.message_zh


async def test_order_where_it_says_nothing_is_no_difference(commands: Commands) -> None:
    await import_plan(commands, small(), OFFICE)
    row = small().tasks[0]
    plan = with_task(small(), "17.1", supporting=row.supporting[::-1], indicators=row.indicators)
    assert await import_plan(commands, plan, OFFICE) == Imported(NOTHING, SMALL)


async def test_other_indicators_are_one_difference(commands: Commands) -> None:
    await import_plan(commands, small(), OFFICE)
    row = small().tasks[0]
    plan = with_task(small(), "17.1", indicators=indicators_with(row, code="17.1.9"))
    assert [fault[2:] for fault in await refusals(commands, plan)] == [("indicators", "row.differs")]


# -- what the log would refuse


CSV = """\
任务编号,攻坚战,条目,任务名称,牵头单位,开始日期,完成时限,指标编号,指标名称,方向,目标值,计量单位,权重
18.1,c1,18,外贸,丙局,2020-03-25,2020-12-31,18.1.1,进出口,不低于,100,亿元,100
"""


async def test_a_sheet_may_refer_to_what_the_log_holds(commands: Commands, tmp_path: Path) -> None:
    await import_plan(commands, small(), OFFICE)
    await changed_since(commands)
    path = tmp_path / "tasks.csv"
    path.write_text(CSV.replace("丙局", "甲市"), encoding="utf-8")
    assert (await import_file(commands, path, OFFICE)).created == NOTHING | {"tasks": 1}
    assert (await listed(commands, Task, "18.1")).lead_unit_id == identifiers.unit_id("county.a")


async def test_what_the_log_would_refuse_is_told_of_every_row(commands: Commands) -> None:
    await import_plan(commands, small(), OFFICE)
    lines = CSV.splitlines()
    bad = "\n".join(
        [lines[0], lines[1].replace("2020-12-31", "2021-01-31"), lines[1].replace("18.1", "18.2")]
    )
    # Without what the log holds, the file alone breaks no rule.
    plan = read_plan(bad.replace("丙局", "dept.x").encode(), "csv")
    assert await refusals(commands, plan) == [
        ("tasks", 2, "deadline", "campaign.date_outside"),
        ("tasks", 3, "lead", "unit.unknown"),
    ]


async def test_who_may_not_is_told_so_before_anything_is_written(commands: Commands) -> None:
    with pytest.raises(Forbidden):
        await import_plan(commands, small(), Viewer(Role.INTEGRATOR, "a system"))
    assert await size(commands) == 0


async def test_what_the_log_holds_is_known(commands: Commands) -> None:
    await import_plan(commands, small(), OFFICE)
    await changed_since(commands)
    known = await known_to(commands.recorder)
    assert known.units["county.a"] == "甲市"
    assert known.officials["o8"] == "人员八"
    assert known.campaigns["c1"].end == date(2020, 12, 31)


# -- the parts


def test_keys_follow_content_row_and_plan() -> None:
    def keys(plan: PlanDocument, code: str = "small") -> dict[tuple[str, str], str]:
        return {(e.noun, e.row.code): e.key(code) for e in entries(plan)}

    plain, revised = keys(small()), keys(with_task(small(), "17.1", title="改厕"))
    assert keys(small()) == plain
    assert {key for key in plain if plain[key] != revised[key]} == {("tasks", "17.1")}
    assert not set(plain.values()) & set(keys(small(), "other").values())
    assert len(set(plain.values())) == len(plain)


def test_what_is_assumed_of_a_part_is_found_again() -> None:
    row = small().tasks[0]
    partly = indicators_with(row, assumed=("unit_of_measure",))
    wholly = (partly[0], replace(partly[1], assumed=("name", "direction", "target", "unit_of_measure")))
    (task,) = (
        e.command
        for e in entries(with_task(small(), "17.1", indicators=wholly))
        if isinstance(e.command, given.ListTask) and e.command.code == "17.1"
    )
    assert task.assumed == ("leadUnit", "supportingUnits", "indicators.0.unitOfMeasure")
    assert assumed_columns(task.assumed) == ("lead", "supporting")
    found = [assumed_below(task.assumed, "indicators", n, i.assumed) for n, i in enumerate(task.indicators)]
    assert found == [("unit_of_measure",), ("name", "direction", "target", "unit_of_measure")]
    stones = [assumed_below(task.assumed, "milestones", n, m.assumed) for n, m in enumerate(task.milestones)]
    assert stones == [("share",), ()]


async def test_the_work_is_done_so_many_at_a_time_and_ends_at_an_error() -> None:
    under_way, most, done = 0, 0, []

    async def work(item: int) -> None:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0)
        under_way -= 1
        if item == 70:
            raise Cut
        done.append(item)

    await at_once(work, range(60))
    assert (sorted(done), most) == (list(range(60)), AT_ONCE)
    with pytest.raises(Cut):
        await at_once(work, range(60, 1000))
    assert max(done) < 70 + 2 * AT_ONCE


def test_a_campaign_whose_heading_is_lost_says_so() -> None:
    (row,) = (c for c in small().campaigns if c.code == "c1")
    lost = replace(row, missing=True)
    assert isinstance(lost, CampaignRow)
    launched = [
        e.command
        for e in entries(replace(small(), campaigns=(lost,)))
        if isinstance(e.command, given.LaunchCampaign)
    ]
    assert [c.name_missing for c in launched] == [True]


async def test_the_moment_is_the_clocks(commands: Commands) -> None:
    await import_plan(commands, small(), OFFICE)
    recorded = await commands.recorder.select_notifications(1, 100)
    assert {r.recorded_at for r in recorded} == {SPRING.astimezone(UTC)}
    assert {r.actor for r in recorded} == {"office"}


def test_the_small_plan_is_written_as_it_is_read() -> None:
    assert read_plan(write_plan(small(), "yaml"), "yaml") == small()
