"""The chapters of supervision and oversight: played through ordinary commands, once, and to be told apart."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, datetime
from functools import cache
from zoneinfo import ZoneInfo

import pytest

from projections import PROJECTIONS
from service.demonstration.acts import CHAPTERS, scenes
from service.demonstration.chapters import oversight, supervision
from service.demonstration.script import setting_of
from service.demonstration.setting import ACTORS
from service.demonstration.workdays import is_workday
from service.demonstration.year import UNTIL, play
from service.desk import Commands, Surroundings
from service.plans import WEIFANG_2020
from service.plans.rows import PlanDocument
from service.plans.sheet import read_plan
from service.store.clock import SimulatedClock
from service.store.database import Database
from service.store.recorder import Recorder
from service.tables.asked import ReadTables
from service.tables.runner import Runner
from tests.databases import READY, Preparation

ZONE = ZoneInfo("Asia/Shanghai")
SPRING = date(2020, 6, 5)
OWN = {"supervision": supervision.chapter, "oversight": oversight.chapter}


@pytest.fixture(autouse=True)
def _own_chapters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.demonstration.acts.CHAPTERS", OWN)


@cache
def some() -> PlanDocument:
    """Some tasks of the plan, with everything else there is but the task forces."""
    plan = read_plan(WEIFANG_2020, "yaml")
    early = [row for row in plan.tasks if row.deadline < date(2020, 8, 1)][:6]
    tasks = tuple(early + [row for row in plan.tasks if row.article == 18][:6])
    return replace(plan, campaigns=tuple(replace(c, task_force=()) for c in plan.campaigns), tasks=tasks)


def test_the_chapters_are_known() -> None:
    assert OWN.items() <= CHAPTERS.items()


def test_one_seed_names_the_same_acts_and_people_act_on_workdays() -> None:
    told = [
        [(scene.key, scene.act.moment) for scene in scenes(some(), setting_of(some(), 2020, UNTIL, ZONE), "")]
        for _ in range(2)
    ]
    assert told[0] == told[1]
    assert len({key for key, _ in told[0]}) == len(told[0]) > 300
    # The last sweep is the service's own, which has no days off.
    off = {key for key, moment in told[0] if not is_workday(moment.date())}
    assert off == {"supervision/sweep/last"}


@pytest.fixture
def like() -> Preparation:
    return READY


@pytest.fixture
async def commands(database: Database) -> AsyncIterator[Commands]:
    clock = SimulatedClock(datetime(2020, 1, 1, tzinfo=ZONE))
    async with Recorder.open(database, clock) as recorder, Runner(database, recorder, PROJECTIONS) as runner:
        yield Commands(recorder, clock, ZONE, Surroundings(ReadTables(database, runner)))


COUNTS = """select
    (select count(*) from read.sweep) as sweeps,
    (select count(*) from read.card) as cards,
    (select count(*) from read.urge where acknowledged_at is not null) as acknowledged,
    (select count(*) from read.visit) as visits,
    (select count(*) from read.problem where measures is not null) as planned,
    (select count(*) from read.problem_list) as lists,
    (select count(*) from read.joint_conference) as conferences,
    (select count(*) from read.question_time where concluded_on is not null) as question_times,
    (select count(*) from read.inquiry) as inquiries,
    (select count(*) from read.training_course where status = 'completed') as courses"""


async def test_a_spring_is_lived_once(commands: Commands) -> None:
    await play(commands, some(), until=SPRING)
    position = await commands.recorder.max_notification_id() or 0
    assert commands.around.tables is not None
    await commands.around.tables.settled(position)
    (row,) = await commands.around.tables.rows(COUNTS)
    counts = dict(row)
    # 29 March to 4 June, each day; three groups in April and in May.
    assert counts.pop("sweeps") == 68
    assert (counts.pop("visits"), counts.pop("lists"), counts.pop("conferences")) == (6, 2, 2)
    assert (counts.pop("inquiries"), counts.pop("question_times")) == (1, 10)
    assert all(count > 0 for count in counts.values()), counts
    actors = await commands.around.tables.rows("select distinct actor from log.event")
    assert all(row["actor"].startswith(ACTORS) for row in actors)

    await play(commands, some(), until=SPRING)
    assert await commands.recorder.max_notification_id() == position


async def test_what_was_cut_short_goes_on(commands: Commands) -> None:
    april = date(2020, 4, 30)
    await play(commands, some(), until=april)
    whole = await commands.recorder.max_notification_id() or 0
    await play(commands, some(), until=SPRING)
    assert (await commands.recorder.max_notification_id() or 0) > whole
    assert commands.around.tables is not None
    await commands.around.tables.settled(await commands.recorder.max_notification_id() or 0)
    (row,) = await commands.around.tables.rows(COUNTS)
    assert row["sweeps"] == 68
