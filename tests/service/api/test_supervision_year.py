"""A year of cards, month by month through GraphQL, against a calculation of the test's own; and the read tables
built anew against those that were followed.

Of three tasks one is steady, one stalls and recovers, and one is late and delivered in November.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from domain import identifiers
from service.store.clock import SimulatedClock
from service.tables.rebuild import rebuild
from tests.projections.read_tables import shown
from tests.service.api.carded import adopt
from tests.service.api.city import campaign, official, task, unit
from tests.service.api.client import Insider, reporter, supervisor
from tests.service.api.small import listing, report

ZONE = ZoneInfo("Asia/Shanghai")
DAY = timedelta(days=1)
START, LAST = date(2020, 4, 1), date(2020, 12, 20)


@dataclass
class Ladder:
    """One task's cards, told again without the domain: yellow at 10 % behind, 1 day late or 2 reports missing;
    red at 25 %, 15 days or 3; one step a day; shown again after 30 days; the second yellow is a red, the third
    red an interview."""

    deadline: date
    delivered: date | None = None
    done: dict[date, Decimal] = field(default_factory=dict)
    months: dict[int, date] = field(default_factory=dict)
    level: int = 0
    shown_on: date = START
    yellows: int = 0
    reds: int = 0
    told: list[tuple[str, str, str]] = field(default_factory=list)

    def sweep(self, on: date) -> None:
        earned = self._earned(on)
        if self.level == 0 and earned:
            self._show(on, 1, "RAISED")
        elif self.level and not earned:
            self.told.append(("LIFTED", ("", "yellow", "red")[self.level], str(on)))
            self.level = 0
        elif self.level and earned > self.level:
            self._show(on, 2, "ESCALATED")
        elif self.level and (on - self.shown_on).days >= 30:
            self._show(on, self.level, "REPEATED")

    def _earned(self, on: date) -> int:
        if self.delivered is not None and on >= self.delivered:
            return 0
        done = max((v for day, v in self.done.items() if day <= on), default=Decimal(0))
        gone = Decimal((on - START).days) / (self.deadline - START).days
        expected = Decimal(1) if on >= self.deadline else round(gone, 4)
        behind = expected - done
        late = max((on - self.deadline).days, 0)
        graced = on - 4 * DAY
        missing = sum(
            1 for m in range(START.month, graced.month) if not (m in self.months and self.months[m] <= on)
        )
        if behind >= Decimal("0.25") or late >= 15 or missing >= 3:
            return 2
        return int(behind >= Decimal("0.1") or late >= 1 or missing >= 2)

    def _show(self, on: date, level: int, kind: str) -> None:
        if level == 1:
            self.yellows += 1
            if self.yellows == 2:
                self.yellows, level = 0, 2
                kind = "RAISED" if self.level == 0 else "ESCALATED"
        self.told.append((kind, ("", "yellow", "red")[level], str(on)))
        if level == 2:
            self.reds += 1
            if self.reds == 3:
                self.reds = 0
                self.told.append(("INTERVIEW_ORDERED", "red", str(on)))
        self.level, self.shown_on = level, on


async def found(service: Insider, clock: SimulatedClock) -> None:
    clock.moment = datetime.combine(START, time(8), ZONE)
    for code in ("dept.a", "dept.b", "dept.c"):
        await service.give("registerUnit", {"code": code, "name": f"单位 {code}", "category": "DEPARTMENT"})
    await service.give("registerOfficial", {"code": "o1", "name": "某某"})
    launched = {"code": "c1", "number": 1, "name": "攻坚战", "start": "2020-03-25", "end": "2020-12-31"}
    await service.give("launchCampaign", launched)
    covered = {"leader": official("o1"), "campaigns": [campaign("c1")]}
    await service.give("formSupervisionGroup", {"code": "g1", "name": "第一组", **covered})
    for code, deadline in (("1.1", "2020-12-31"), ("1.2", "2020-12-31"), ("1.3", "2020-09-30")):
        await service.give("listTask", listing(code, deadline=deadline))
    await adopt(service)


# By task: how many of a hundred are reported on the 3rd of a month, for the month before; none: no report.
REPORTED = {
    "1.1": {5: 12, 6: 23, 7: 34, 8: 45, 9: 56, 10: 67, 11: 79, 12: 90},
    "1.2": {5: 10, 6: 12, 7: 12, 10: 60, 11: 80, 12: 92},
    "1.3": {5: 15, 6: 25, 7: 35, 8: 45, 9: 55, 10: 70, 11: 90},
}
STEPS = """query ($p: Position) { tasks(minPosition: $p) { nodes { code
    card { level raisedOn } cards { nodes { steps { kind level on position } } } urges { totalCount } } } }"""


async def test_the_cards_of_a_year_are_those_of_an_independent_calculation(
    service: Insider, clock: SimulatedClock
) -> None:
    await found(service, clock)
    ladders = {code: Ladder(date(2020, 12, 31)) for code in ("1.1", "1.2")}
    ladders["1.3"] = Ladder(date(2020, 9, 30))
    day, lists = START, 0
    while day <= LAST:
        clock.moment = datetime.combine(day, time(9), ZONE)
        if day.day == 3 and day.month >= 5:
            await _report(service, ladders, day)
        if day == date(2020, 11, 20):
            delivered = {"task": task("1.3"), "deliveredOn": str(day), "statement": "完成"}
            await service.give("deliverTask", delivered, role=reporter("dept.a"))
            ladders["1.3"].delivered = day
        lists += await _rhythm(service, day)
        await service.give("sweepDay", {"day": str(day)})
        for ladder in ladders.values():
            ladder.sweep(day)
        day += DAY
        if day.day == 1 or day > LAST:
            assert await _told(service) == {code: ladder.told for code, ladder in ladders.items()}
    # The year has seen everything that can happen to a card by itself.
    kinds = {kind for ladder in ladders.values() for kind, *_ in ladder.told}
    assert kinds == {"RAISED", "ESCALATED", "REPEATED", "LIFTED", "INTERVIEW_ORDERED"}
    assert lists == 9
    await _as_rebuilt(service)


async def _report(service: Insider, ladders: dict[str, Ladder], day: date) -> None:
    for code, by_month in REPORTED.items():
        value = by_month.get(day.month)
        if value is not None:
            period = f"2020-{day.month - 1:02}"
            await service.give("reportProgress", report(code, period, str(value)), role=reporter("dept.a"))
            ladders[code].done[day] = Decimal(value) / 100
            ladders[code].months[day.month - 1] = day


async def _rhythm(service: Insider, day: date) -> int:
    """The month's problem: listed on the 10th, on the list on the 20th, decided on the 28th, closed then."""
    code, period = f"wt.{day:%m}", f"{day:%Y-%m}"
    problem = f"problem:{identifiers.problem_id(code)}"
    if day.day == 10:
        told = {"code": code, "title": "问题", "description": "描述。", "source": "OFFICE"}
        await service.give("listProblem", {**told, "task": task("1.1")})
        await service.give("assignProblem", {"problem": problem, "unit": unit("dept.a")})
    if day.day == 20:
        await service.give("compileProblemList", {"period": period})
        return 1
    if day.day == 28:
        decided = [{"problem": problem, "text": "限期整改。"}]
        held = {"period": period, "on": str(day), "attendees": [unit("dept.a")]}
        await service.give("holdJointConference", {**held, "decisions": decided})
        measures = {"problem": problem, "measures": "措施。", "deadline": str(day)}
        await service.give("planMeasures", measures, role=reporter("dept.a"))
        resolved = {"problem": problem, "on": str(day), "result": "完成。"}
        await service.give("resolveProblem", resolved, role=reporter("dept.a"))
        await service.give("closeProblem", {"problem": problem}, role=supervisor("g1"))
    return 0


async def _told(service: Insider) -> dict[str, list[tuple[str, str, str]]]:
    data = await service.ask(STEPS, {"p": await service.position()})
    told: dict[str, Any] = {}
    for node in data["tasks"]["nodes"]:
        steps = [step for card in node["cards"]["nodes"] for step in card["steps"]]
        steps.sort(key=lambda step: step["position"])
        told[node["code"]] = [(step["kind"], step["level"], step["on"]) for step in steps]
    return told


async def _as_rebuilt(service: Insider) -> None:
    """The read tables are those that are built anew from the log."""
    app = service.app
    await service.settled()
    followed = await shown(app.database)
    assert followed["card"]
    assert followed["problem_list"]
    await rebuild(app.database, app.recorder)
    assert await shown(app.database) == followed
