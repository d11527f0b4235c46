"""The chapter on merit and fault: accepted by the rules, invented throughout, and all of it told."""

from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, datetime, time
from decimal import Decimal
from zoneinfo import ZoneInfo

import msgspec
import pytest

from domain import identifiers
from domain.assessment.accountability_case import AccountabilityCase, CaseStatus
from domain.assessment.commendation import Commendation, CommendationStatus
from domain.assessment.scheme_content import AdjustmentCap, CategoryWeights, ComponentWeight, SchemeContent
from domain.directory import Category, Directory
from domain.documents import Document
from service.commands import AdoptScheme
from service.demonstration.acts import CHAPTERS, Act, Stage
from service.demonstration.chapters.accountability import NAME, chapter
from service.demonstration.chapters.measures import MEASURES
from service.demonstration.script import setting_of
from service.demonstration.setting import ACTORS, OFFICE, Setting
from service.demonstration.year import UNTIL
from service.desk import Commands
from service.plans import WEIFANG_2020
from service.plans.importer import import_plan
from service.plans.rows import PlanDocument
from service.plans.sheet import read_plan
from service.store.clock import SimulatedClock
from service.store.database import Database
from service.store.recorder import Recorder
from tests.service.demonstration.stories import require_one_story

ZONE = ZoneInfo("Asia/Shanghai")
PLAN = read_plan(WEIFANG_2020, "yaml")
SETTING = setting_of(PLAN, 2020, UNTIL, ZONE)
CONTENT = SchemeContent(
    tuple(CategoryWeights(c, (ComponentWeight("supervision", Decimal(100)),)) for c in Category),
    adjustments=(
        AdjustmentCap("commendation", Decimal(5), Decimal(0)),
        AdjustmentCap("penalty", Decimal(0), Decimal(10)),
    ),
    measures=MEASURES,
)
ADOPT = AdoptScheme(
    effective_from="2020-03",
    title="考核办法（演示）",
    document=Document("演示〔2020〕0号", "考核办法（演示）", date(2020, 3, 20)),
    content=CONTENT,
)


def acts(plan: PlanDocument = PLAN, setting: Setting = SETTING) -> list[Act]:
    return sorted(chapter(plan, setting), key=lambda act: act.moment)


def test_it_is_a_chapter_of_the_year() -> None:
    assert CHAPTERS[NAME] is chapter


def test_one_seed_tells_one_story_on_workdays_of_the_year() -> None:
    told = acts()
    require_one_story(told, acts())
    assert date(2020, 5, 1) < told[0].moment.date() < told[-1].moment.date() <= UNTIL


def test_a_plan_with_too_few_leaves_parts_out() -> None:
    bare = replace(PLAN, units=PLAN.units[:1], officials=(), groups=(), tasks=())
    names = {a.name.partition("/")[0] for a in acts(bare)}
    assert names == {"demo.merit.1"}
    assert not acts(replace(bare, units=()))


@pytest.fixture
async def commands(database: Database) -> AsyncIterator[Commands]:
    clock = SimulatedClock(datetime.combine(date(2020, 3, 25), time(9), ZONE))
    async with Recorder.open(database, clock) as recorder:
        yield Commands(recorder, clock, ZONE)


async def played(commands: Commands) -> None:
    for act in acts():
        commands.clock.moment = act.moment  # type: ignore[attr-defined]
        await act.play(Stage(commands, f"demonstration/test/{act.name}"))


async def test_the_rules_accept_it_and_its_end_is_as_told(commands: Commands) -> None:
    few = replace(PLAN, tasks=tuple(t for t in PLAN.tasks if t.deadline <= date(2020, 7, 31)))
    await import_plan(commands, few, OFFICE, demonstration=True)
    commands.clock.moment = datetime.combine(date(2020, 3, 26), time(9), ZONE)  # type: ignore[attr-defined]
    await commands.handle(ADOPT, OFFICE, "demonstration/test/scheme")
    before = await commands.recorder.max_notification_id() or 0
    await played(commands)
    end = await commands.recorder.max_notification_id()
    assert end == before + len(acts())

    merits = {
        code: await commands.streams.load(Commendation, identifiers.commendation_id(code), "code")
        for code in (f"demo.merit.{n}" for n in range(1, 6))
    }
    assert Counter(m.status for m in merits.values()) == {
        CommendationStatus.AWARDED: 3,
        CommendationStatus.REFUSED: 1,
        CommendationStatus.REVOKED: 1,
    }
    appeals = {}
    for n in range(1, 7):
        id_ = identifiers.accountability_case_id(f"demo.case.{n}")
        case = await commands.streams.load(AccountabilityCase, id_, "code")
        assert case.status is (CaseStatus.DROPPED if n == 6 else CaseStatus.CLOSED)
        for stored in await commands.recorder.select_events(id_):
            if stored.topic == "accountability_case.appeal_decided":
                appeals[n] = msgspec.json.decode(stored.state)["outcome"]
    assert appeals == {2: "overturned", 4: "changed", 5: "upheld"}

    recorded = await commands.recorder.select_notifications(before + 1, 10_000)
    assert all(r.actor.startswith(ACTORS) for r in recorded)
    for event in recorded:
        told = msgspec.json.decode(event.state)
        for field in ("title", "grounds", "fact", "summary", "statement"):
            assert told.get(field, "【演示】").startswith("【演示】")
        number = told.get("document", {}).get("number", "演示")
        assert number.startswith("演示")

    await played(commands)
    assert await commands.recorder.max_notification_id() == end


async def test_two_officials_change_places(commands: Commands) -> None:
    few = replace(PLAN, tasks=tuple(t for t in PLAN.tasks if t.deadline <= date(2020, 7, 31)))
    await import_plan(commands, few, OFFICE, demonstration=True)
    commands.clock.moment = datetime.combine(date(2020, 3, 26), time(9), ZONE)  # type: ignore[attr-defined]
    await commands.handle(ADOPT, OFFICE, "demonstration/test/scheme")
    await played(commands)
    directory = await commands.streams.load(Directory, identifiers.DIRECTORY, "directory")
    moved = [post.official_id for post in directory.past]
    assert len(moved) == 2
    here, there = (directory.post_held(o, date(2020, 10, 1)) for o in moved)
    now = [directory.post_held(o, date(2020, 11, 1)) for o in moved]
    assert [p and p.unit_id for p in now] == [there and there.unit_id, here and here.unit_id]
