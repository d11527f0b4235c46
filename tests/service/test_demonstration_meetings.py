"""The chapter of the review meetings: played by the ordinary commands, and right in the inspector's eyes."""

from collections import Counter
from dataclasses import replace
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from domain.meeting import ReviewMeeting
from domain.rating_box import RatingBox
from service.ballots.boxes import Ballots
from service.ballots.lines import lines
from service.ballots.verify import verify
from service.ballots.verify_draw import verify_draws
from service.config import Settings
from service.demonstration.acts import CHAPTERS
from service.demonstration.chapters.meetings import MONTHS, VOIDED_MONTH, meetings
from service.demonstration.script import setting_of
from service.demonstration.year import SEED, UNTIL, run
from service.plans import WEIFANG_2020
from service.plans.sheet import read_plan
from service.store.codec import decode
from service.store.database import Database

ZONE = ZoneInfo("Asia/Shanghai")


def test_one_seed_has_one_list_of_acts() -> None:
    plan = read_plan(WEIFANG_2020, "yaml")
    setting = setting_of(plan, SEED, UNTIL, ZONE)
    told = [(act.moment, act.name) for act in meetings(plan, setting)]
    assert told == [(act.moment, act.name) for act in meetings(plan, setting)]
    assert len({name for _, name in told}) == len(told)
    assert all(date(2020, 3, 1) <= moment.date() <= UNTIL for moment, _ in told)


def test_a_plan_without_units_has_no_meetings() -> None:
    plan = replace(read_plan(WEIFANG_2020, "yaml"), units=())
    assert list(meetings(plan, setting_of(plan, SEED, UNTIL, ZONE))) == []


class _Killed(Exception):
    """Stands for the end of the process."""


@pytest.mark.parametrize("where", ["collect", "print_cards", "hand_out", "end_collecting", "cast"])
@pytest.mark.parametrize("how_far", [0, 1])
async def test_a_year_that_was_cut_short_while_people_rated_goes_on(
    where: str, how_far: int, dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.demonstration.acts.CHAPTERS", {"meetings": CHAPTERS["meetings"]})
    plan = replace(read_plan(WEIFANG_2020, "yaml"), tasks=())
    monkeypatch.setattr("service.demonstration.year.read_plan", lambda *_: plan)
    settings = Settings.from_environment(
        {"DATABASE_URL": dsn, "DUBAN_DATA": str(tmp_path), "DUBAN_POOL_SIZE": "4"}
    )
    done = getattr(Ballots, where)
    left = how_far

    async def cut_short(*arguments: object) -> object:
        nonlocal left
        if where in ("collect", "cast"):
            # Between two of them.
            if left == 0:
                raise _Killed
            left -= 1
            return await done(*arguments)
        # Before it, or right after it.
        if how_far:
            await done(*arguments)
        raise _Killed

    until = date(2020, MONTHS[0] + 1, 1)
    with monkeypatch.context() as killed:
        killed.setattr(Ballots, where, cut_short)
        with pytest.raises(_Killed):
            await run(settings, until=until)
    await run(settings, until=until)
    async with await Database.open(dsn, size=1) as database:
        log = [line async for line in lines(database)]
    report = verify(log)
    assert (report.faults, report.boxes) == ([], 1)


async def test_the_meetings_of_the_year(dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.demonstration.acts.CHAPTERS", {"meetings": CHAPTERS["meetings"]})
    # The tasks' stories are told elsewhere: here the plan has none.
    plan = replace(read_plan(WEIFANG_2020, "yaml"), tasks=())
    monkeypatch.setattr("service.demonstration.year.read_plan", lambda *_: plan)
    settings = Settings.from_environment(
        {"DATABASE_URL": dsn, "DUBAN_DATA": str(tmp_path), "DUBAN_POOL_SIZE": "4"}
    )
    # Cut in two: the second run goes on where the first ended.
    await run(settings, until=date(2020, 7, 1))
    await run(settings)
    async with await Database.open(dsn, size=1) as database:
        log = [line async for line in lines(database)]
    report, draws = verify(log), verify_draws(log)
    assert (report.faults, draws.faults) == ([], [])
    assert (draws.draws, draws.units) == (len(MONTHS), 6 * len(MONTHS))
    assert (report.boxes, report.voided) == (len(MONTHS) + 1, 1)
    events = [decode(line.topic, line.state.encode()) for line in log]
    voided = [e for e in events if isinstance(e, RatingBox.RatingVoided)]
    assert [e.timestamp.month for e in voided] == [VOIDED_MONTH]
    barriers = [e for e in events if isinstance(e, RatingBox.CredentialsCollected)]
    assert all(e.by_card for e in barriers)
    assert sum(isinstance(e, ReviewMeeting.MinutesKept) for e in events) == len(MONTHS)
    scored = Counter(e.unit_id for e in events if isinstance(e, RatingBox.RatingResultPublished))
    assert scored.total() == report.sealed
