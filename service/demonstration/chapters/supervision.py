"""The chapter of supervision: daily sweeps by the scheme, urges acknowledged, problems from visit to closing.

Every morning of a workday the days since the last sweep are swept. On Fridays units acknowledge what they
were urged to. Each month the groups visit whom cards were shown to and find problems; on Wednesdays problems
take their next step; near the 20th the list is frozen, and before the 30th the joint conference decides.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import partial
from random import Random
from typing import Any
from uuid import UUID

from domain import identifiers
from domain.documents import Document
from domain.period import last_day, period_numbered
from domain.supervision.card_scheme import GREEN, RED, YELLOW
from domain.supervision.conference import Decision
from domain.supervision.problem import ProblemStatus
from domain.supervision.visit import FindingKind
from projections.supervision.cards import CARDED_AMONG, TO_ACKNOWLEDGE
from projections.supervision.problems import ON_LIST, UNDER_WAY
from service.commands import (
    AcknowledgeUrge,
    AdoptCardScheme,
    CampaignId,
    CloseProblem,
    Command,
    CompileProblemList,
    HoldJointConference,
    PlanMeasures,
    RecordFinding,
    RecordVisit,
    ResolveProblem,
    ReturnProblem,
    UnitId,
)
from service.daily import sweep_until
from service.demonstration.acts import Act, Stage
from service.demonstration.setting import OFFICE, Setting, supervisor
from service.demonstration.wording import marked
from service.demonstration.workdays import SITTINGS, is_workday, workday, workdays_after
from service.identity import Role, Viewer
from service.plans.importer import at_once
from service.plans.rows import GroupRow, PlanDocument
from service.store.clock import DEMONSTRATION
from service.tables.asked import ReadTables

_FIRST = date(2020, 3, 27)
_DAY = timedelta(days=1)
_MORNING = time(8, 30)
# Tasks are reported once a month, by about the 10th: what a task should do meanwhile, a ninth of it in a plan
# of nine months, is no reason for a card yet.
_GRACE_DAYS = 10
_LADDER = (GREEN, replace(YELLOW, behind=Decimal("0.2")), replace(RED, behind=Decimal("0.35")))
_FINDINGS = (
    (FindingKind.PROGRESS, "现场施工有序，台账与实物基本一致。"),
    (FindingKind.EXPERIENCE, "建立“日清日结、周调度”机制，做法可供借鉴。"),
    (FindingKind.PERSON, "一线负责同志连续驻点推进，干部群众评价较好。"),
    (FindingKind.OPINION, "企业和群众建议进一步精简资料、加快答复。"),
)
_PROBLEMS = (
    "进度滞后于计划，前期手续衔接不紧",
    "资金拨付不及时，影响现场组织",
    "部门协同不够，个别事项久拖未决",
    "台账更新不及时，佐证材料不完整",
)
_MEASURES = ("倒排工期，增派力量，每周报送进展。", "成立工作小组现场办公，限期打通堵点。")
_RESULTS = ("问题已整改到位，相关手续办结。", "已按要求补齐进度，材料完整。")
_DECISIONS = ("由责任单位限期整改，攻坚办跟踪督办。", "相关部门联合会商，月底前解决。")


def chapter(document: PlanDocument, setting: Setting) -> Iterator[Act]:
    last = setting.last_day
    yield Act(_at(setting, _FIRST, SITTINGS[0]), "scheme", partial(_adopt, _FIRST))
    day = workdays_after(_FIRST, 1)
    while day <= last:
        yield Act(_at(setting, day, _MORNING), f"sweep/{day}", partial(_sweep, day - _DAY), repeatable=True)
        if day.weekday() == 4:
            acts = partial(_acknowledge, setting, day)
            yield Act(_at(setting, day, SITTINGS[2]), f"acknowledged/{day}", acts, repeatable=True)
        if day.weekday() == 2:
            acts = partial(_go_on, setting, day)
            yield Act(_at(setting, day, SITTINGS[1]), f"problems/{day}", acts, repeatable=True)
        day = workdays_after(day, 1)
    # The year may end on a day off: a service that is started on it finds nothing left to sweep.
    end = datetime.combine(last, _MORNING, setting.zone)
    yield Act(end, "sweep/last", partial(_sweep, last - _DAY), repeatable=True)
    for month in range(4, 13):
        yield from _month(document, setting, month)


def _month(document: PlanDocument, setting: Setting, month: int) -> Iterator[Act]:
    period = period_numbered(2020 * 12 + month - 1)
    for number, group in enumerate(document.groups):
        day = workdays_after(date(2020, month, 6 + number), 1)
        name = f"visit/{period}/{group.code}"
        yield Act(_at(setting, day, SITTINGS[1]), name, partial(_visit, setting, group, period, day))
    frozen = date(2020, month, 20)
    while not is_workday(frozen):
        frozen -= _DAY
    yield Act(_at(setting, frozen, SITTINGS[2]), f"list/{period}", partial(_freeze, period))
    held = date(2020, month, 27)
    while not is_workday(held):
        held += _DAY
    assert held <= last_day(period)
    acts = partial(_confer, document, setting, period, held)
    yield Act(_at(setting, held, SITTINGS[0]), f"conference/{period}", acts)


def _at(setting: Setting, day: date, at: time) -> datetime:
    return datetime.combine(workday(day), at, setting.zone)


async def _tables(stage: Stage) -> ReadTables:
    """The read tables, with everything that was done before."""
    tables = stage.commands.around.tables
    assert tables is not None
    await tables.settled(await stage.commands.recorder.max_notification_id() or 0)
    return tables


async def _once(stage: Stage, command: Command, viewer: Viewer, what: object) -> None:
    """A command of a repeatable act, under a key that names what it is about."""
    await stage.commands.handle(command, viewer, f"{stage.key}/{what}")


def _reporter(unit: UUID) -> Viewer:
    return Viewer(Role.REPORTER, f"{DEMONSTRATION}reporter:{unit}", unit_id=unit)


# -- sweeps and urges


async def _adopt(day: date, stage: Stage) -> None:
    document = Document("演示〔2020〕1001号", "关于印发亮牌办法的通知（演示）", day)
    scheme = AdoptCardScheme(levels=_LADDER, report_grace_days=_GRACE_DAYS, document=document)
    await stage.close(scheme, OFFICE)


async def _sweep(day: date, stage: Stage) -> None:
    tables = await _tables(stage)
    await sweep_until(stage.commands, tables.database, day, OFFICE)


async def _acknowledge(setting: Setting, day: date, stage: Stage) -> None:
    async def acknowledge(row: Any) -> None:
        rng = Random(f"{setting.seed}/urge/{row['id']}/{day}")
        if rng.random() < 0.75:
            remark = marked(rng.choice(("已知悉，立即落实。", "收到，正抓紧推进。")))
            viewer = _reporter(row["unit_id"])
            await _once(stage, AcknowledgeUrge(urge=row["id"], remark=remark), viewer, row["id"])

    await at_once(acknowledge, await (await _tables(stage)).rows(TO_ACKNOWLEDGE, day))


# -- visits and problems


async def _visit(setting: Setting, group: GroupRow, period: str, day: date, stage: Stage) -> None:
    """The group visits the unit of its coverage that has most cards, and finds what it finds."""
    covered = [identifiers.campaign_id(code) for code in group.campaigns]
    units = [identifiers.unit_id(code) for code in group.units]
    tables, viewer = await _tables(stage), supervisor(group.code)
    carded = await tables.rows(CARDED_AMONG, covered, units)
    rng = Random(f"{setting.seed}/visit/{group.code}/{period}")
    campaign, unit = (carded[0]["campaign_id"], carded[0]["unit_id"]) if carded else (covered[0], units[0])
    code = f"demo.{period}.{group.code}"
    visit = RecordVisit(
        code=code,
        campaign=CampaignId(campaign),
        units=(UnitId(unit),),
        on=day,
        place=marked("随机抽查点位"),
        summary=marked("听取汇报、查阅台账、实地查看。"),
    )
    await stage.give(visit, viewer)
    named: dict[str, Any] = {"visit": identifiers.visit_id(code), "unit": unit}
    tasks = [r["task_id"] for r in carded if (r["campaign_id"], r["unit_id"]) == (campaign, unit)][:2]
    for number, task in enumerate(tasks, 1):
        text = marked(rng.choice(_PROBLEMS))
        listed = f"wt.{period}.{group.code}.{number}"
        found = RecordFinding(kind=FindingKind.PROBLEM, text=text, task=task, problem_code=listed, **named)
        await stage.give(found, viewer)
    kind, text = rng.choice(_FINDINGS)
    await stage.close(RecordFinding(kind=kind, text=marked(text), **named), viewer)


async def _go_on(setting: Setting, day: date, stage: Stage) -> None:
    """Every problem that is under way takes its next step, or waits for another week."""

    async def go_on(row: Any) -> None:
        given = _next_step(row, day, Random(f"{setting.seed}/problem/{row['code']}/{day}"))
        if given is not None:
            await _once(stage, *given, row["code"])

    await at_once(go_on, await (await _tables(stage)).rows(UNDER_WAY))


def _next_step(row: Any, day: date, rng: Random) -> tuple[Command, Viewer] | None:
    problem, unit = row["id"], row["unit_id"]
    waits = rng.random()
    if row["status"] == ProblemStatus.RESOLVED.value:
        if row["group_code"] is None or waits < 0.4:
            return None
        group = supervisor(row["group_code"])
        if waits < 0.5:
            return ReturnProblem(problem=problem, reason=marked("抽查仍有短板，请继续整改。")), group
        return CloseProblem(problem=problem, remark=marked("核查属实，同意销号。")), group
    if row["measures"] is None:
        deadline = day + timedelta(days=rng.randint(15, 40))
        measures = marked(rng.choice(_MEASURES))
        return PlanMeasures(problem=problem, measures=measures, deadline=deadline), _reporter(unit)
    if waits < 0.7:
        return None
    return ResolveProblem(problem=problem, on=day, result=marked(rng.choice(_RESULTS))), _reporter(unit)


async def _freeze(period: str, stage: Stage) -> None:
    await stage.close(CompileProblemList(period=period), OFFICE)


async def _confer(document: PlanDocument, setting: Setting, period: str, day: date, stage: Stage) -> None:
    tables = await _tables(stage)
    rows = await tables.rows(ON_LIST, identifiers.problem_list_id(period))
    rng = Random(f"{setting.seed}/conference/{period}")
    decisions = tuple(Decision(row["id"], marked(rng.choice(_DECISIONS))) for row in rows)
    units = {row["unit_id"] for row in rows if row["unit_id"] is not None}
    attendees = sorted(units) or [identifiers.unit_id(document.units[0].code)]
    conference = HoldJointConference(period=period, on=day, attendees=tuple(attendees), decisions=decisions)
    await stage.close(conference, OFFICE)
