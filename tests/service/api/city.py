"""A small city and half a year of its work, brought about by mutations only.

Three campaigns, 8 units, 3 groups, 25 tasks, some 120 reports of every fate: verified, disputed, corrected,
withdrawn, published. By a seed, so that it is the same in every run.
"""

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from domain import identifiers
from service.store.clock import SimulatedClock
from tests.service.api.client import OFFICE, Insider, Person, reporter, supervisor

ZONE = ZoneInfo("Asia/Shanghai")
LAST_DAY = date(2020, 9, 20)

UNITS = {
    "dept.ecology": ("市生态环境局", "DEPARTMENT"),
    "dept.finance": ("市财政局", "DEPARTMENT"),
    "dept.housing": ("市住房和城乡建设局", "DEPARTMENT"),
    "dept.water": ("市水利局", "DEPARTMENT"),
    "county.linqu": ("临朐县", "COUNTY"),
    "county.qingzhou": ("青州市", "COUNTY"),
    "zone.binhai": ("滨海经济技术开发区", "ZONE"),
    "zone.gaoxin": ("高新区 High-Tech Zone", "ZONE"),
}
CAMPAIGNS = {
    "c1": (1, "乡村振兴攻坚战", "2020-03-25", "2020-12-31"),
    "c2": (2, "污染防治攻坚战", "2020-03-25", "2020-12-31"),
    "c3": (3, "重点项目攻坚战", "2020-04-01", "2020-10-31"),
}
GROUPS = {
    "group.1": ("第一督导评估组", ["c1", "c2"], []),
    "group.2": ("第二督导评估组", ["c3"], ["dept.housing", "zone.binhai", "zone.gaoxin", "county.linqu"]),
    "group.3": ("第三督导评估组", ["c3", "c1"], []),
}
TITLES = (
    "农村厕所改造",
    "细颗粒物治理",
    "污水处理厂提标改造",
    "湿地保护",
    "清洁取暖 100% 覆盖",
    "高标准农田_建设",
    "老旧小区改造",
    "水库除险加固",
)
INDICATORS: tuple[dict[str, Any], ...] = (
    {
        "code": "households",
        "name": "改造户数",
        "direction": "AT_LEAST",
        "unitOfMeasure": "户",
        "target": "5700",
    },
    {
        "code": "pm25",
        "name": "年均浓度",
        "direction": "AT_MOST",
        "unitOfMeasure": "微克/立方米",
        "target": "49",
        "baseline": "59",
    },
    {"code": "plants", "name": "提标数量", "direction": "REACH", "unitOfMeasure": "座", "target": "70"},
    {
        "code": "rate",
        "name": "保护率",
        "direction": "AT_LEAST",
        "unitOfMeasure": "%",
        "target": "70.5",
        "assumed": True,
    },
    {"code": "lost", "name": "新增面积", "direction": "AT_LEAST", "unitOfMeasure": "亩", "target": None},
)


def unit(code: str) -> str:
    return f"unit:{identifiers.unit_id(code)}"


def official(code: str) -> str:
    return f"official:{identifiers.official_id(code)}"


def campaign(code: str) -> str:
    return f"campaign:{identifiers.campaign_id(code)}"


def group(code: str) -> str:
    return f"group:{identifiers.group_id(code)}"


def task(code: str) -> str:
    return f"task:{identifiers.task_id(code)}"


def problem(code: str) -> str:
    return f"problem:{identifiers.problem_id(code)}"


def report_id(listed: "ListedTask", version: int) -> str:
    """The id of the report that this version of the task's stream brought, or would have."""
    return f"report:{identifiers.report_id(identifiers.task_id(listed.code), version)}"


@dataclass
class Snapshot:
    """What the ledger showed at the end of a day, and the position that it showed."""

    day: date
    position: int
    lines: list[dict[str, Any]]


@dataclass
class ListedTask:
    code: str
    campaign: str
    lead: str
    supporting: list[str]
    indicators: list[dict[str, Any]]
    start: date
    deadline: date
    published: bool = False
    closed: bool = False
    months: set[str] = field(default_factory=set)

    @property
    def id(self) -> str:
        return task(self.code)


@dataclass
class City:
    """The application with its history, and what is known of it."""

    client: Insider
    clock: SimulatedClock
    tasks: list[ListedTask]
    snapshots: list[Snapshot]

    @asynccontextmanager
    async def on(self, moment: datetime) -> AsyncIterator[None]:
        """Ask on another day."""
        before, self.clock.moment = self.clock.moment, moment
        try:
            yield
        finally:
            self.clock.moment = before


LEDGER_LINES = """
query ($asOf: AsOfInput, $minPosition: Position) {
  ledger(asOf: $asOf, minPosition: $minPosition) {
    date position totalCount
    nodes {
      id code title status deadline deliveredOn acceptedOn completion expected deviation daysOverdue
      reportsMissing reportCount lastPeriod lastReportedAt changedAt position version published
      leadUnit { code } supportingUnits { code }
      indicators { code target value period completion } milestones { title due share }
    }
  }
}"""


def at(day: date, hour: int = 9, minute: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=ZONE)


async def build(client: Insider, clock: SimulatedClock) -> City:
    """Live through the half year, day by day."""
    story = _Story(City(client, clock, [], []))
    await story.found()
    day = date(2020, 4, 10)
    while day <= LAST_DAY:
        clock.moment = at(day)
        await story.live(day)
        if day.toordinal() % 4 == 0:
            await story.remember(day)
        day += timedelta(days=5)
    clock.moment = at(LAST_DAY, 18)
    await client.ask(
        "query ($p: Position) { tasks(first: 1, minPosition: $p) { totalCount } }",
        {"p": await client.position()},
    )
    return story.city


class _Story:
    def __init__(self, city: City):
        self.city = city
        self.random = random.Random(2020)
        self.reports: list[tuple[ListedTask, str, str]] = []

    async def give(
        self, mutation: str, input: dict[str, Any], selection: str = "", role: Person = OFFICE
    ) -> dict[str, Any]:
        # A minute for each command, so that moments differ.
        self.city.clock.moment += timedelta(minutes=1)
        return await self.city.client.give(mutation, input, selection, role)

    # -- before the campaigns

    async def found(self) -> None:
        for code, (name, category) in UNITS.items():
            await self.give("registerUnit", {"code": code, "name": name, "category": category})
        for n in range(1, 11):
            await self.give("registerOfficial", {"code": f"o{n}", "name": f"干部{n}"})
        for n, code in enumerate(list(UNITS)[:5], 1):
            appointment = {
                "official": official(f"o{n}"),
                "unit": unit(code),
                "post": "局长",
                "since": "2019-01-01",
            }
            await self.give("appointOfficial", appointment)
        await self.give("releaseOfficial", {"unit": unit("dept.water"), "until": "2020-03-01"})
        for code, (number, name, start, end) in CAMPAIGNS.items():
            launched = {
                "code": code,
                "number": number,
                "name": name,
                "start": start,
                "end": end,
                "goal": "年底前完成",
            }
            await self.give("launchCampaign", {**launched, "demonstration": code == "c3"})
        for code in ("c1", "c3"):
            await self.give("formTaskForce", {"campaign": campaign(code), "members": _members(8)})
        await self.give("formTaskForce", {"campaign": campaign("c3"), "members": _members(7)})
        for code, (name, campaigns, units) in GROUPS.items():
            covered = {"campaigns": [campaign(c) for c in campaigns], "units": [unit(u) for u in units]}
            await self.give(
                "formSupervisionGroup", {"code": code, "name": name, "leader": official("o10"), **covered}
            )
        for n in range(25):
            await self.list_task(n)

    async def list_task(self, n: int) -> None:
        rng = self.random
        start = date(2020, 4, 1) + timedelta(days=rng.randrange(0, 40))
        deadline = start + timedelta(days=rng.randrange(40, 170))
        units = rng.sample(list(UNITS), 1 + n % 3)
        chosen = rng.sample(INDICATORS, 1 + n % 2)
        if n == 4:
            chosen = [INDICATORS[4]]
        weights = {1: ["100"], 2: ["60", "40"]}[len(chosen)]
        listed = ListedTask(
            code=f"{8 + n // 2}.{n % 12 + 1}" if n != 7 else "annex-b",
            campaign=("c1", "c2", "c3")[n % 3],
            lead=units[0],
            supporting=units[1:],
            indicators=[{**i, "weight": w} for i, w in zip(chosen, weights, strict=True)],
            start=start,
            deadline=deadline,
        )
        middle = start + (deadline - start) / 2
        milestones = [
            {"title": "过半", "due": str(middle), "share": "0.5"},
            {"title": "收尾", "due": str(deadline), "share": "1"},
        ]
        await self.give(
            "listTask",
            {
                "code": listed.code,
                "campaign": campaign(listed.campaign),
                "article": 8 + n % 5,
                "title": f"{TITLES[n % len(TITLES)]} {n}",
                "leadUnit": unit(listed.lead),
                "supportingUnits": [unit(u) for u in listed.supporting],
                "indicators": listed.indicators,
                "milestones": milestones if n % 4 == 1 else [],
                "start": str(start),
                "deadline": str(deadline),
                "keyTask": n % 5 == 0,
                "assumed": ["leadUnit"] if n % 2 else [],
                "note": "内部备注" if n % 3 == 0 else "",
            },
        )
        self.city.tasks.append(listed)

    # -- day by day

    async def live(self, day: date) -> None:
        rng = self.random
        for listed in self.city.tasks:
            if listed.closed or day < listed.start:
                continue
            if not listed.published and rng.random() < 0.12:
                outlet = {"task": listed.id, "outlet": "潍坊日报"}
                await self.give("publishTask", outlet, role=reporter(listed.lead))
                listed.published = True
            if f"{day:%Y-%m}" not in listed.months and rng.random() < 0.3:
                await self.report(listed, day)
        for made in list(self.reports):
            if made[0].closed or rng.random() < 0.4:
                self.reports.remove(made)
            if not made[0].closed and made not in self.reports:
                await self.follow(*made, day)
        if 15 <= day.day < 20:
            await self.decide(day)

    def values(self, listed: ListedTask, day: date) -> list[dict[str, str]]:
        part = min(max((day - listed.start).days / (listed.deadline - listed.start).days, 0), 1)
        part *= self.random.uniform(0.5, 1.1)
        figures = {
            "households": f"{round(5700 * part)}",
            "pm25": f"{59 - 10 * part:.1f}",
            "plants": f"{round(70 * part)}",
            "rate": f"{60 + 11 * part:.2f}",
            "lost": f"{round(300 * part)}",
        }
        return [{"indicator": i["code"], "value": figures[i["code"]]} for i in listed.indicators]

    async def report(self, listed: ListedTask, day: date) -> None:
        who = self.random.choice([listed.lead, *listed.supporting])
        evidence = [{"url": "https://example.org/验收.pdf", "sha256": "ab" * 32, "title": "验收单"}]
        given = await self.give(
            "reportProgress",
            {
                "task": listed.id,
                "period": f"{day:%Y-%m}",
                "values": self.values(listed, day),
                "narrative": f"{day.month}月进展：完成一批",
                "evidence": evidence if self.random.random() < 0.4 else [],
            },
            "... on ReportPayload { report { id } }",
            reporter(who),
        )
        listed.months.add(f"{day:%Y-%m}")
        self.reports.append((listed, given["report"]["id"], f"{day:%Y-%m}"))

    async def follow(self, listed: ListedTask, report: str, period: str, day: date) -> None:
        """What becomes of a report some days later."""
        rng, named = self.random, {"task": listed.id, "report": report}
        lead = reporter(listed.lead)
        group_code = {"c1": "group.1", "c2": "group.1", "c3": "group.3"}[listed.campaign]
        fate = rng.random()
        if fate < 0.45:
            await self.give(
                "verifyReport", {**named, "remark": rng.choice(["属实", ""])}, role=supervisor(group_code)
            )
            if listed.published and rng.random() < 0.6:
                await self.give("publishReport", {**named, "outlet": "政务网"}, role=lead)
        elif fate < 0.7:
            await self.give("disputeReport", {**named, "reason": "数据不符"}, role=supervisor(group_code))
            if rng.random() < 0.5:
                corrected = {"values": self.values(listed, day), "narrative": "更正后", "reason": "口径有误"}
                await self.give("correctReport", {**named, **corrected}, role=lead)
        elif fate < 0.85:
            await self.give("withdrawReport", {**named, "reason": "重复报送"}, role=lead)
            listed.months.remove(period)
            if rng.random() < 0.5:
                again = {
                    "task": listed.id,
                    "period": period,
                    "values": self.values(listed, day),
                    "narrative": "重新报送",
                }
                await self.give("reportProgress", again, role=lead)
                listed.months.add(period)
        elif listed.published:
            await self.give("publishReport", {**named, "outlet": "政务网"}, role=lead)

    async def decide(self, day: date) -> None:
        """What the office decides once a month."""
        running = [listed for listed in self.city.tasks if not listed.closed and listed.start < day]
        document = {
            "number": f"潍督发〔2020〕{day.month}号",
            "title": "关于调整攻坚任务的通知",
            "issuedOn": str(day),
        }
        revised, moved, done = self.random.sample(running, 3)
        indicator = revised.indicators[0]
        target = f"{self.random.randrange(60, 100)}.5"
        await self.give(
            "reviseTarget",
            {"task": revised.id, "indicator": indicator["code"], "target": target, "document": document},
        )
        if day.month % 2:
            last = date(2020, 10, 31)
            extension = {"task": moved.id, "deadline": str(last), "document": document}
            await self.give(
                "extendDeadline",
                {**extension, "milestones": [{"title": "新", "due": str(last), "share": "1"}]},
            )
        else:
            lead = next(u for u in UNITS if u not in (moved.lead, *moved.supporting))
            moved.supporting, moved.lead = [moved.lead], lead
            assignment = {
                "task": moved.id,
                "leadUnit": unit(lead),
                "supportingUnits": [unit(moved.supporting[0])],
            }
            await self.give("reassignTask", {**assignment, "document": document})
        delivery = {"task": done.id, "deliveredOn": str(day), "statement": "全部完成"}
        await self.give("deliverTask", delivery, role=reporter(done.lead))
        if day.month in (5, 8):
            await self.give("returnTask", {"task": done.id, "reason": "尚有缺项"})
            return
        done.closed = True
        if day.month != 9:
            await self.give("acceptTask", {"task": done.id, "remark": "同意销号"})

    # -- looking back

    async def remember(self, day: date) -> None:
        position = await self.city.client.position()
        data = await self.city.client.ask(LEDGER_LINES, {"minPosition": position})
        assert data["ledger"]["position"] == position
        self.city.snapshots.append(Snapshot(day, position, data["ledger"]["nodes"]))


def _members(count: int) -> list[dict[str, Any]]:
    return [
        {
            "official": official(f"o{n}"),
            "role": "LEADER" if n == 1 else "STAFF",
            "since": "2020-03-25",
            "until": "2020-12-31" if n % 2 else None,
        }
        for n in range(1, count + 1)
    ]
