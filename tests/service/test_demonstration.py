"""The demonstration year: one script for one seed, accepted by the rules, played once, and no real one."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterable
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from domain.directory import Category
from domain.indicator import ONE, Direction, Indicator, completion
from domain.period import last_day
from domain.task import Task, TaskStatus
from service import commands as given
from service.config import Settings
from service.demonstration.script import KEYS, Step, script
from service.demonstration.setting import ACTORS, OFFICE
from service.demonstration.values import Course
from service.demonstration.workdays import SITTINGS, is_workday, workdays_after
from service.demonstration.year import UNTIL, NotADemonstration, Played, play, run
from service.desk import Commands
from service.identity import Role, Viewer, reach_of
from service.plans import WEIFANG_2020
from service.plans.entries import entries
from service.plans.rehearsal import Rehearsal
from service.plans.rows import PlanDocument
from service.plans.sheet import read_plan
from service.store.clock import SimulatedClock, SystemClock
from service.store.database import Database
from service.store.recorder import Recorder

ZONE = ZoneInfo("Asia/Shanghai")
DAWN = datetime(2020, 1, 1, tzinfo=ZONE)
SUMMER = date(2020, 7, 15)


@pytest.fixture(autouse=True)
def _the_stories_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """The chapters have tests of their own."""
    monkeypatch.setattr("service.demonstration.acts.CHAPTERS", {})


@cache
def weifang() -> PlanDocument:
    return read_plan(WEIFANG_2020, "yaml")


@cache
def steps(seed: int = 2020, until: date = UNTIL) -> tuple[Step, ...]:
    return tuple(script(weifang(), seed, until, ZONE))


@cache
def few() -> PlanDocument:
    """A dozen tasks of the plan, with what they refer to."""
    plan = weifang()
    early = [row for row in plan.tasks if row.deadline < date(2020, 8, 1)][:6]
    tasks = tuple(early + [row for row in plan.tasks if row.article == 18][:6])
    campaigns = tuple(replace(c, task_force=()) for c in plan.campaigns)
    leaders = {g.leader for g in plan.groups}
    officials = tuple(o for o in plan.officials if o.code in leaders)
    return replace(plan, officials=officials, campaigns=campaigns, tasks=tasks)


def by_name(told: Iterable[Step], name: str) -> list[Any]:
    return [step.given.command for step in told if name == step.given.command.NAME]


@pytest.fixture(autouse=True)
def script_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Here the stories of tasks are played; the chapters have tests of their own."""
    monkeypatch.setattr("service.demonstration.acts.CHAPTERS", {})


# -- the script


def test_one_seed_tells_one_story() -> None:
    assert list(steps()) == script(read_plan(WEIFANG_2020, "yaml"), 2020, UNTIL, ZONE)


def test_another_seed_tells_another() -> None:
    other = steps(2021)
    assert [s.given.command for s in other] != [s.given.command for s in steps()]
    assert not {s.key for s in other} & {s.key for s in steps()}


def test_a_shorter_year_is_the_beginning_of_the_longer() -> None:
    short = steps(until=SUMMER)
    assert short == steps()[: len(short)]
    assert steps()[len(short)].given.moment.date() > SUMMER


def test_no_two_things_are_done_to_a_task_at_one_sitting() -> None:
    moments = [s.given.moment for s in steps()]
    assert moments == sorted(moments)
    assert max(Counter((s.given.moment, s.given.task) for s in steps()).values()) == 1
    assert len({s.key for s in steps()}) == len(steps())
    assert all(is_workday(m.date()) and m.timetz().replace(tzinfo=None) in SITTINGS for m in moments)


async def told(plan: PlanDocument, told_steps: Iterable[Step]) -> Rehearsal:
    """The streams after the plan and the steps, each given by whoever gives it in the script; raises where a
    command is not accepted."""
    rehearsal = Rehearsal(None)

    async def give(command: given.Command, viewer: Viewer, at: datetime) -> list[Any]:
        reach = reach_of(viewer.role, command.NAME)
        assert reach is not None, f"{viewer.role} may not {command.NAME}"
        return await rehearsal.give(command, viewer, reach, at)

    opening = datetime(2020, 3, 25, 9, tzinfo=ZONE)
    for entry in entries(plan, demonstration=True):
        await give(entry.command, OFFICE, opening)
    for step in told_steps:
        (event,) = await give(step.given.command, step.given.viewer, step.given.moment)
        assert event.originator_version == step.given.number
    return rehearsal


async def tasks_after(plan: PlanDocument, told_steps: Iterable[Step]) -> dict[str, Task]:
    streams = await told(plan, told_steps)
    listed = [e.command for e in entries(plan) if isinstance(e.command, given.ListTask)]
    return {command.code: await streams.load(Task, command.subject(), "task") for command in listed}


@pytest.mark.parametrize("seed", [2020, 7, 99])
async def test_the_domain_accepts_every_command(seed: int) -> None:
    tasks = await tasks_after(weifang(), steps(seed))
    statuses = Counter(task.status for task in tasks.values())
    assert set(statuses) == {TaskStatus.OPEN, TaskStatus.DELIVERED, TaskStatus.ACCEPTED}
    assert statuses[TaskStatus.OPEN] > len(tasks) / 2


async def test_a_plan_of_few_tasks_is_played_as_well() -> None:
    for count in range(4):
        plan = replace(few(), tasks=few().tasks[:count])
        await told(plan, script(plan, 1, UNTIL, ZONE))


async def test_the_year_is_like_a_year() -> None:
    tasks = await tasks_after(weifang(), steps())
    count = Counter(step.given.command.NAME for step in steps())
    assert count["publishTask"] == len(tasks)
    assert count["reportProgress"] > 8 * len(tasks)
    assert count["verifyReport"] > 0.8 * count["reportProgress"]
    assert 0.02 < count["disputeReport"] / count["reportProgress"] < 0.1
    assert count["correctReport"] > count["disputeReport"] / 2
    assert count["publishReport"] > 0.4 * count["reportProgress"]
    assert (count["withdrawReport"], count["returnTask"], count["reassignTask"]) == (2, 2, 1)
    assert (count["reviseTarget"], count["extendDeadline"]) == (6, 3)
    assert count["deliverTask"] > count["acceptTask"] > 10

    may = [c for c in by_name(steps(), "reportProgress") if c.period == "2020-05"]
    assert len(tasks) > len(may) > 0.9 * len(tasks)
    december = [c for c in by_name(steps(), "reportProgress") if c.period == "2020-12"]
    assert 0 < len(december) < 0.1 * len(tasks)
    late = [t for t in tasks.values() if t.status is TaskStatus.OPEN and t.deadline < UNTIL]
    assert late, "no task is overdue"


def test_reports_come_in_the_first_days_of_the_next_month() -> None:
    days = Counter(
        (step.given.moment.date() - last_day(step.given.command.period)).days
        for step in steps()
        if isinstance(step.given.command, given.ReportProgress)
    )
    in_time = sum(count for day, count in days.items() if 3 <= day <= 12)
    assert in_time > 0.8 * sum(days.values())


def test_tasks_are_published_in_spring() -> None:
    published = [s.given.moment.date() for s in steps() if s.given.command.NAME == "publishTask"]
    assert max(published) < date(2020, 4, 30)


def test_a_returned_task_is_delivered_again() -> None:
    returned = {c.task for c in by_name(steps(), "returnTask")}
    delivered = Counter(c.task for c in by_name(steps(), "deliverTask") if c.task in returned)
    assert set(delivered.values()) == {2}


def test_a_withdrawn_period_is_reported_again() -> None:
    for withdrawn in by_name(steps(), "withdrawReport"):
        periods = [c.period for c in by_name(steps(), "reportProgress") if c.task == withdrawn.task]
        assert max(Counter(periods).values()) == 2


def test_indicators_without_a_target_get_values_too() -> None:
    without = {
        (row.code, indicator.code)
        for row in weifang().tasks
        for indicator in row.indicators
        if indicator.target is None
    }
    valued = {
        (step.given.task, value.indicator)
        for step in steps()
        if isinstance(step.given.command, given.ReportProgress)
        for value in step.given.command.values
        if value.value > 0
    }
    assert without
    assert without <= valued


def test_counts_grow_and_are_whole() -> None:
    counted = {
        (row.code, i.code)
        for row in weifang().tasks
        for i in row.indicators
        if i.unit_of_measure in ("个", "家", "户", "处") and i.direction is not Direction.AT_MOST
    }
    seen: dict[tuple[str, str], list[tuple[str, Any]]] = defaultdict(list)
    revised = {c.task for c in by_name(steps(), "reviseTarget")}
    for step in steps():
        command = step.given.command
        if isinstance(command, given.ReportProgress) and command.task not in revised:
            for value in command.values:
                if (step.given.task, value.indicator) in counted:
                    seen[step.given.task, value.indicator].append((command.period, value.value))
    assert len(seen) > 20
    for values in seen.values():
        figures = [figure for _, figure in sorted(values)]
        assert figures == sorted(figures)
        assert all(figure == int(figure) for figure in figures)


@pytest.mark.parametrize("direction", list(Direction))
@pytest.mark.parametrize("target", ["0", "1", "28", "48.2", "57000"])
@pytest.mark.parametrize("unit", ["个", "%", "微克/立方米"])
def test_an_indicator_meets_its_target_when_the_task_is_done(
    direction: Direction, target: str, unit: str
) -> None:
    goal = Decimal(target)
    indicator = Indicator("i", "指标", direction, unit, goal, Decimal(100))
    for seed in range(20):
        course = Course(indicator, Random(seed))
        assert completion(indicator, course.value(goal, ONE)).figure == 1
        assert course.value(goal, Decimal("0.3")) >= 0


def test_nobody_and_nothing_in_it_is_real() -> None:
    for step in steps():
        command = step.given.command
        assert step.given.viewer.actor.startswith(ACTORS)
        assert step.key.startswith(KEYS)
        for piece in getattr(command, "evidence", ()):
            assert piece.url.startswith("https://example.invalid/")
            assert len(bytes.fromhex(piece.sha256)) == hashlib.sha256().digest_size
            assert piece.title.startswith("演示·")
        if hasattr(command, "document"):
            assert command.document.number.startswith("演示〔2020〕")
            assert command.document.title.endswith("（演示）")
        if hasattr(command, "narrative"):
            assert command.narrative.startswith("【演示】")
    numbers = [c.document.number for s in steps() if hasattr(c := s.given.command, "document")]
    assert numbers == [f"演示〔2020〕{n}号" for n in range(1, len(numbers) + 1)]


def test_sentences_vary() -> None:
    words = [c.narrative for c in by_name(steps(), "reportProgress")]
    assert len(set(words)) > 0.95 * len(words)


def test_workdays_pass_over_weekends_and_holidays() -> None:
    assert workdays_after(date(2020, 9, 29), 2) == date(2020, 10, 9)
    assert not is_workday(date(2020, 5, 1))
    assert not is_workday(date(2020, 12, 20))


# -- played into a log: the stories of the tasks, without the chapters, which have tests of their own


@pytest.fixture(autouse=True)
def _no_chapters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.demonstration.acts.CHAPTERS", {})


@pytest.fixture
async def commands(database: Database) -> AsyncIterator[Commands]:
    clock = SimulatedClock(DAWN)
    async with Recorder.open(database, clock) as recorder:
        yield Commands(recorder, clock, ZONE)


async def streams(commands: Commands) -> dict[Any, list[tuple[int, str, bytes, datetime, str]]]:
    """What the log holds, stream by stream: everything but what differs from log to log (order, salts)."""
    found: dict[Any, list[tuple[int, str, bytes, datetime, str]]] = defaultdict(list)
    for r in await commands.recorder.select_notifications(1, 100_000):
        found[r.originator_id].append((r.originator_version, r.topic, r.state, r.recorded_at, r.actor))
    return found


async def test_it_is_played_once(commands: Commands) -> None:
    told_of: list[tuple[int, int]] = []
    script_of_it = script(few(), 2020, SUMMER, ZONE)
    done = await play(commands, few(), until=SUMMER, progress=lambda *counts: told_of.append(counts))
    assert done == Played(len(script_of_it), 0)
    assert told_of[-1] == (len(script_of_it), len(script_of_it))

    before = await commands.recorder.max_notification_id()
    assert await play(commands, few(), until=SUMMER) == Played(0, len(script_of_it))
    assert await commands.recorder.max_notification_id() == before


async def test_time_in_the_log_is_the_years(commands: Commands) -> None:
    await play(commands, few(), until=SUMMER)
    recorded = await commands.recorder.select_notifications(1, 10_000)
    times = [r.recorded_at for r in recorded]
    assert times == sorted(times)
    assert times[0] == datetime(2020, 3, 25, 9, tzinfo=ZONE).astimezone(UTC)
    assert times[-1] == script(few(), 2020, SUMMER, ZONE)[-1].given.moment
    assert all(r.actor.startswith(ACTORS) for r in recorded)
    for stored in recorded:
        event_at = datetime.fromisoformat(content(stored.state)["timestamp"])
        assert event_at == stored.recorded_at


def content(state: bytes) -> dict[str, Any]:
    decoded: dict[str, Any] = msgspec.json.decode(state)
    return decoded


async def test_campaigns_say_that_they_are_a_demonstration(commands: Commands) -> None:
    await play(commands, few(), until=date(2020, 4, 1))
    launched = await commands.recorder.select_notifications(1, 100, topics=["campaign.launched"])
    assert launched
    assert all(content(r.state)["demonstration"] is True for r in launched)


class Cut(Exception):
    """The run ends here."""


@pytest.mark.parametrize("cuts", [(1,), (20, 60)])
async def test_a_year_that_was_cut_short_ends_in_the_same_state(
    commands: Commands, cuts: tuple[int, ...]
) -> None:
    for cut in cuts:

        def stop(done: int, _: int, cut: int = cut) -> None:
            if done >= cut:
                raise Cut

        with pytest.raises(Cut):
            await play(commands, few(), until=SUMMER, progress=stop)
    # In the middle of a sitting: of several things that are done together, one is done.
    pending = script(few(), 2020, SUMMER, ZONE)
    keys = {r["key"] for r in await commands.recorder.database.fetch("select key from log.command")}
    step = next(s for s in pending if s.key not in keys)
    commands.clock.moment = step.given.moment  # type: ignore[attr-defined]
    await commands.handle(step.given.command, step.given.viewer, step.key)
    await play(commands, few(), until=SUMMER)
    continued = await streams(commands)

    # The same in one go, in memory.
    memory = await told(few(), pending)
    assert sum(map(len, continued.values())) == len(entries(few())) + len(pending) + 1
    for row in few().tasks:
        (listed,) = (e.command for e in entries(few()) if e.noun == "tasks" and e.row.code == row.code)
        in_memory = await memory.load(Task, listed.subject(), "task")
        assert in_memory == await commands.streams.load(Task, listed.subject(), "task")
        times = [at for _, _, _, at, _ in continued[listed.subject()]]
        assert times == sorted(times)


async def test_a_longer_year_goes_on_where_the_shorter_ended(commands: Commands) -> None:
    await play(commands, few(), until=date(2020, 5, 31))
    done = await play(commands, few(), until=SUMMER)
    assert done.before == len(script(few(), 2020, date(2020, 5, 31), ZONE))
    assert done.given > 0


LIVED = given.RegisterUnit(code="dept.real", name="实有单位", category=Category.DEPARTMENT)


async def lived(commands: Commands) -> int:
    """Something that is no demonstration happens; the size of the log."""
    await commands.handle(LIVED, Viewer(Role.OFFICE, "office"), "lived")
    return await commands.recorder.max_notification_id() or 0


async def test_a_log_that_holds_anything_else_is_refused(commands: Commands) -> None:
    before = await lived(commands)
    with pytest.raises(NotADemonstration, match="event 1"):
        await play(commands, few(), until=SUMMER)
    assert await commands.recorder.max_notification_id() == before


async def test_a_year_in_the_middle_of_which_something_else_happened_is_refused(commands: Commands) -> None:
    await play(commands, few(), until=date(2020, 5, 31))
    before = await lived(commands)
    with pytest.raises(NotADemonstration):
        await play(commands, few(), until=SUMMER)
    assert await commands.recorder.max_notification_id() == before


async def test_a_complete_year_in_which_somebody_worked_since_is_left_alone(commands: Commands) -> None:
    await play(commands, few(), until=date(2020, 5, 31))
    before = await lived(commands)
    assert (await play(commands, few(), until=date(2020, 5, 31))).given == 0
    assert await commands.recorder.max_notification_id() == before


async def test_another_seed_or_plan_on_the_same_log_is_refused(commands: Commands) -> None:
    await play(commands, few(), until=date(2020, 4, 20))
    before = await commands.recorder.max_notification_id()
    with pytest.raises(NotADemonstration, match="another plan or seed"):
        await play(commands, few(), until=SUMMER, seed=1)
    with pytest.raises(NotADemonstration, match="another plan or seed"):
        await play(commands, replace(few(), tasks=few().tasks[1:]), until=SUMMER)
    assert await commands.recorder.max_notification_id() == before


async def test_it_is_not_played_by_the_real_clock(recorder: Recorder) -> None:
    with pytest.raises(TypeError):
        await play(Commands(recorder, SystemClock(), ZONE), few())
    assert await recorder.max_notification_id() is None


# -- into the database that the settings name


def settings(dsn: str, **more: str) -> Settings:
    return Settings.from_environment({"DATABASE_URL": dsn, "DUBAN_POOL_SIZE": "4", **more})


async def test_the_settings_to_serve_it_with_live_on_its_last_day(dsn: str) -> None:
    day = date(2020, 3, 30)
    served = await run(settings(dsn), until=day)
    assert served == replace(settings(dsn), demonstration_date=day)
    assert await run(settings(dsn), until=day, if_empty=True) == served
    named = settings(dsn, DUBAN_DEMONSTRATION_DATE="2020-06-01")
    assert await run(named, until=day) == named


async def test_a_year_that_has_been_played_is_not_told_again(
    dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    day = date(2020, 3, 30)
    served = await run(settings(dsn), until=day)

    def told(*_: object) -> None:
        raise AssertionError("the story is told again")

    with monkeypatch.context() as patched:
        patched.setattr("service.demonstration.year.script", told)
        assert await run(settings(dsn), until=day) == served
        # Another plan, story, seed or day is another year.
        with pytest.raises(AssertionError, match="told again"):
            await run(settings(dsn), until=date(2020, 4, 1))


async def test_a_log_that_is_no_demonstration_is_left_alone_if_asked(commands: Commands, dsn: str) -> None:
    before = await lived(commands)
    with pytest.raises(NotADemonstration):
        await run(settings(dsn), until=date(2020, 3, 30))
    assert await run(settings(dsn), until=date(2020, 3, 30), if_empty=True) == settings(dsn)
    assert await commands.recorder.max_notification_id() == before
