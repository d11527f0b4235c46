"""The chapter on assessment: accepted by the rules, invented throughout; and all of its rankings computed a
second time from the raw events."""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

import msgspec
import pytest

from domain.assessment.points import parts
from domain.directory import Category
from projections import PROJECTIONS
from service.ballots.composed import ballots
from service.config import Settings
from service.demonstration.acts import CHAPTERS, Act
from service.demonstration.chapters.assessment import CORRECTED, NAME, TIE, chapter
from service.demonstration.script import setting_of
from service.demonstration.setting import ACTORS
from service.demonstration.year import UNTIL, play
from service.desk import Commands, Surroundings
from service.plans import WEIFANG_2020
from service.plans.rows import PlanDocument
from service.plans.sheet import read_plan
from service.rankings import given_at, ranking_at
from service.store.clock import SimulatedClock
from service.store.database import Database
from service.store.recorder import Recorder
from service.tables.asked import ReadTables
from service.tables.runner import Runner
from tests.databases import READY, Preparation
from tests.projections.assessment.independent import Raw, World
from tests.projections.assessment.test_rankings import lines_of
from tests.service.demonstration.stories import require_one_story

ZONE = ZoneInfo("Asia/Shanghai")
DAWN = datetime(2020, 1, 1, tzinfo=ZONE)
PLAN = read_plan(WEIFANG_2020, "yaml")
SETTING = setting_of(PLAN, 2020, UNTIL, ZONE)
# Every unit and every fifth task: a year that is a fifth as long to play.
SHORT = replace(PLAN, tasks=PLAN.tasks[::5])
SPANS = [f"2020-{month:02}" for month in range(4, 12)] + ["2020-Q2", "2020-Q3"]


def acts(plan: PlanDocument = PLAN) -> list[Act]:
    return sorted(chapter(plan, SETTING), key=lambda act: act.moment)


def test_it_is_a_chapter_of_the_year() -> None:
    assert CHAPTERS[NAME] is chapter


def test_one_seed_tells_one_story_on_workdays_of_the_year() -> None:
    told = acts()
    require_one_story(told, acts())
    assert told[0].moment.date() == date(2020, 3, 27)
    assert told[-1].moment.date() <= UNTIL


def test_a_plan_without_groups_has_a_scheme_and_no_rankings() -> None:
    assert [a.name for a in acts(replace(PLAN, groups=()))] == ["scheme"]
    assert acts(replace(PLAN, units=(), groups=())) == []


@pytest.fixture
def like() -> Preparation:
    return READY


@pytest.fixture
async def commands(database: Database, dsn: str, tmp_path: Path) -> AsyncIterator[Commands]:
    clock = SimulatedClock(DAWN)
    settings = Settings.from_environment({"DATABASE_URL": dsn, "DUBAN_DATA": str(tmp_path)})
    async with AsyncExitStack() as opened:
        recorder = await opened.enter_async_context(Recorder.open(database, clock))
        runner = await opened.enter_async_context(Runner(database, recorder, PROJECTIONS))
        yield Commands(
            recorder,
            clock,
            ZONE,
            Surroundings(ReadTables(database, runner), ballots(settings, database, recorder)),
        )


async def raw(commands: Commands) -> list[Raw]:
    stored = await commands.recorder.select_notifications(1, 100_000)
    return [(r.id, r.topic, msgspec.json.decode(r.state)) for r in stored]


async def test_the_year_is_ranked_alike_by_another_implementation(commands: Commands) -> None:
    await play(commands, SHORT)
    events = await raw(commands)
    topics = Counter(topic for _, topic, _ in events)
    assert topics["ranking.published"] == 3 * len(SPANS)
    assert topics["notice.issued"] == len(SPANS)
    assert (topics["ranking.republished"], topics["notice.reissued"]) == (1, 1)
    for _, topic, event in events:
        if topic in ("ranking.published", "ranking.republished"):
            world = World(events, event["inputs"]["position"])
            lines = world.ranking(event["span"], event["category"])
            assert lines is not None
            assert [(u["unit_id"], u["rank"], u["total"]) for u in event["units"]] == [
                (line.unit, line.rank, f"{line.total:f}") for line in lines
            ]
    tables = commands.around.tables
    assert tables is not None
    await tables.settled(len(events))
    chance = Random(2020)
    for position in [len(events), *(chance.randint(1, len(events)) for _ in range(19))]:
        span, category = chance.choice(SPANS), chance.choice(list(Category))
        expected = World(events, position).ranking(span, category.value)
        if expected is None:
            continue
        ranking = await ranking_at(tables.rows, span, category, position)
        assert lines_of(ranking) == expected
        given = await given_at(tables.rows, ranking)
        for found in ranking.ranks:
            told = parts(ranking.rule, found.standing, given[ranking.unit_id(found)])
            assert sum(p.points for p in told) == found.standing.total
    await the_year_has_what_it_tells_of(commands, events)


async def the_year_has_what_it_tells_of(commands: Commands, events: list[Raw]) -> None:
    tables = commands.around.tables
    assert tables is not None
    tied = [
        e
        for _, topic, e in events
        if topic == "ranking.published" and e["span"] == TIE and e["category"] == "department"
    ]
    ranks = [unit["rank"] for unit in tied[0]["units"]]
    assert len(set(ranks)) < len(ranks)
    again = [e for _, topic, e in events if topic == "ranking.republished"]
    assert [(e["span"], e["edition"]) for e in again] == [(CORRECTED, 2)]
    actors = await tables.rows("select distinct actor from log.event")
    assert all(row["actor"].startswith(ACTORS) for row in actors)
    for _, topic, event in events:
        if topic in ("notice.issued", "notice.reissued"):
            assert event["number"].startswith("演示")
            assert event["text"].startswith("【演示】")
