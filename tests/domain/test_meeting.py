"""The review meeting: rolls, frozen lists, the draw, presentations, comments, evaluation, minutes."""

from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone
from typing import Any
from uuid import UUID, uuid5

import msgspec
import pytest

from domain import draw_pools, identifiers
from domain.directory import Category
from domain.draw_pools import (
    DEFAULT_RULE,
    DrawRule,
    Pool,
    Quota,
    Round,
    Source,
    commitment,
    pool_of,
    round_of,
)
from domain.meeting import AgendaItem, ReviewMeeting
from domain.refusal import Refusal
from tests.domain.scenario import given

NOON = datetime(2020, 5, 29, 12, tzinfo=timezone(timedelta(hours=8)))
MEETING = identifiers.meeting_id("2020-05")
PEOPLE = tuple(identifiers.official_id(f"o{n}") for n in range(6))
UNITS = tuple(identifiers.unit_id(f"u{n}") for n in range(5))
TASK = identifiers.task_id("99.1")
GROUP = identifiers.group_id("g1")
SECRET = 2**127 + 5
RULE = DrawRule("1", (Quota(Category.COUNTY, 2),))
SOURCES = (Source("福利彩票", (41, 9)), Source("骰子", (3,)))
NAMES = ("福利彩票", "骰子")

Command = Callable[[ReviewMeeting], Any]


def scheduled(
    attendees: tuple[UUID, ...] = PEOPLE, agenda: tuple[AgendaItem, ...] = (), title: str = "五月点评会"
) -> Callable[[Any], ReviewMeeting]:
    day = date(2020, 5, 29)
    return lambda _: ReviewMeeting.schedule(
        "2020-05", title, "2020-05", day, "会议中心", agenda, attendees, NOON
    )


def pools(units: tuple[UUID, ...] = UNITS, wanted: int = 2) -> tuple[Pool, ...]:
    return (pool_of(Quota(Category.COUNTY, wanted), units, Round()),)


def frozen(m: ReviewMeeting) -> None:
    m.freeze_candidates(RULE, pools(), commitment(MEETING, SECRET), NAMES, "办公室", NOON)


def drawn(m: ReviewMeeting) -> None:
    m.draw_units(SECRET, SOURCES, NOON)


def presented(m: ReviewMeeting) -> None:
    m.record_presentation(m.drawn_unit_ids[0], PEOPLE[0], "进展顺利。", NOON)


def evaluated(m: ReviewMeeting) -> None:
    m.evaluate_stage(PEOPLE[0], "下月抓紧。", NOON)


def minuted(m: ReviewMeeting) -> None:
    m.keep_minutes("会议纪要。", NOON)


# -- schedule and roll


def test_a_meeting_is_scheduled_with_its_roll() -> None:
    outcome = given().when(scheduled(agenda=(AgendaItem(" 现场汇报 ", "抽中单位"),)))
    outcome.then(ReviewMeeting.Scheduled, attendee_ids=PEOPLE, agenda=(AgendaItem("现场汇报", "抽中单位"),))


@pytest.mark.parametrize(
    ("attendees", "code"),
    [((), "meeting.roll_size"), ((PEOPLE[0], PEOPLE[0]), "meeting.attendee_twice")],
)
def test_a_roll_that_is_none(attendees: tuple[UUID, ...], code: str) -> None:
    given().when(scheduled(attendees)).then_refused(code, "attendees")
    given(scheduled()).when(lambda m: m.revise_roll(attendees, NOON)).then_refused(code, "attendees")


def test_a_roll_is_revised_until_the_minutes_are_kept() -> None:
    fewer = PEOPLE[:3]
    given(scheduled()).when(lambda m: m.revise_roll(fewer, NOON)).then(
        ReviewMeeting.RollRevised, attendee_ids=fewer
    )
    same = PEOPLE[::-1]
    given(scheduled()).when(lambda m: m.revise_roll(same, NOON)).then_refused(
        "meeting.roll_unchanged", "attendees"
    )
    ended = given(scheduled(), frozen, drawn, presented, evaluated, minuted)
    ended.when(lambda m: m.revise_roll(fewer, NOON)).then_refused("meeting.ended", "meeting")


def test_an_agenda_has_its_bounds() -> None:
    long = (AgendaItem("汇报"),) * 31
    given().when(scheduled(agenda=long)).then_refused("meeting.agenda_too_long", "agenda")
    empty = (AgendaItem(" "),)
    given().when(scheduled(agenda=empty)).then_refused("text.empty", "agenda.0.title", "标题")


# -- pools


def test_nobody_is_drawn_twice_before_all_were() -> None:
    draws: list[tuple[UUID, ...]] = []
    for n in range(10):
        pool = pool_of(Quota(Category.ZONE, 2), UNITS, round_of(draws))
        draws.append(draw_pools.draw(pool, SECRET + n, SOURCES).unit_ids)
        assert len(set(draws[-1])) == 2
    seen = [unit for drawn in draws for unit in drawn]
    for at in range(0, 20, 5):
        # Five units, two at a time: every five in a row are all of them.
        assert set(seen[at : at + 5]) == set(UNITS)


def test_a_unit_that_is_registered_late_is_not_drawn_until_it_has_caught_up() -> None:
    """It has not been drawn in the round, like others; and it is not behind by the rounds before."""
    new = identifiers.unit_id("new")
    draws: list[tuple[UUID, ...]] = []
    for n in range(24):
        units = UNITS if n < 11 else (*UNITS, new)
        pool = pool_of(Quota(Category.ZONE, 2), units, round_of(draws))
        draws.append(draw_pools.draw(pool, SECRET + n, SOURCES).unit_ids)
    # Twice in a row at most: as the last of one round and among the first of the next.
    of_new = [new in drawn for drawn in draws[11:]]
    assert 1 <= sum(of_new) <= 1 + -(-sum(len(drawn) for drawn in draws[11:]) // 6)
    counts = [sum(unit in drawn for drawn in draws[11:]) for unit in (*UNITS, new)]
    assert max(counts) - min(counts) <= 2


def test_a_round_goes_on_with_a_unit_that_came_late() -> None:
    new = identifiers.unit_id("new")
    in_round = Round(6, frozenset(UNITS[:2]))
    pool = pool_of(Quota(Category.COUNTY, 2), (*UNITS, new), in_round)
    assert (pool.round, pool.certain, pool.candidates) == (6, (), (*UNITS[2:], new))
    over = pool_of(Quota(Category.COUNTY, 2), (*UNITS, new), Round(6, frozenset(UNITS)))
    assert (over.round, over.certain, over.candidates, over.wanted) == (6, (new,), UNITS, 1)
    assert Round(6, frozenset(UNITS)).after((new, UNITS[3])) == Round(7, frozenset(UNITS[3:4]))


def test_the_last_of_a_round_are_certain_and_the_next_round_fills_up() -> None:
    pool = pool_of(Quota(Category.COUNTY, 2), UNITS, Round(1, frozenset(UNITS[:4])))
    assert (pool.round, pool.certain, pool.candidates, pool.wanted) == (1, UNITS[4:], UNITS[:4], 1)
    whole = pool_of(Quota(Category.COUNTY, 5), UNITS, Round())
    assert (whole.certain, whole.candidates, whole.wanted) == (UNITS, (), 0)
    # A round that ended with a draw: the next one begins with everybody.
    again = pool_of(Quota(Category.COUNTY, 2), UNITS, round_of([UNITS]))
    assert (again.round, again.certain, again.candidates) == (2, (), UNITS)


def test_more_than_there_are_cannot_be_drawn() -> None:
    with pytest.raises(Refusal) as refused:
        pool_of(Quota(Category.COUNTY, 6), UNITS, Round())
    assert refused.value.code == "draw.too_few_units"


def test_categories_do_not_share_a_draw() -> None:
    keys = {
        draw_pools.key_of(pool_of(Quota(category, 2), UNITS, Round()), SECRET, SOURCES)
        for category in Category
    }
    assert len(keys) == 3
    assert f"1./{SECRET}./9.41./3./" in keys


@pytest.mark.parametrize(
    ("quotas", "code", "field"),
    [
        ((), "draw.no_quota", "quotas"),
        ((Quota(Category.ZONE, 1), Quota(Category.ZONE, 2)), "draw.category_twice", "quotas"),
        ((Quota(Category.ZONE, 0),), "draw.quota_out_of_range", "quotas.0.units"),
        ((Quota(Category.ZONE, 21),), "draw.quota_out_of_range", "quotas.0.units"),
    ],
)
def test_a_rule_that_is_none(quotas: tuple[Quota, ...], code: str, field: str) -> None:
    rule = DrawRule("1", quotas)
    given(scheduled()).when(
        lambda m: m.freeze_candidates(rule, pools(), commitment(MEETING, SECRET), NAMES, "办公室", NOON)
    ).then_refused(code, field)


def test_the_name_of_the_usual_rule_is_no_other_rules() -> None:
    for quotas in (RULE.quotas, DEFAULT_RULE.quotas[:2]):
        with pytest.raises(Refusal) as refused:
            draw_pools.require_rule(DrawRule(DEFAULT_RULE.edition, quotas))
        assert (refused.value.code, refused.value.field) == ("draw.edition_of_other_quotas", "edition")
        assert draw_pools.require_rule(DrawRule("试行", quotas)).quotas == quotas
    assert draw_pools.require_rule(DrawRule(DEFAULT_RULE.edition, DEFAULT_RULE.quotas[::-1]))


def test_the_usual_rule_is_that_of_the_plan() -> None:
    assert {q.category: q.units for q in DEFAULT_RULE.quotas} == {
        Category.COUNTY: 2,
        Category.ZONE: 1,
        Category.DEPARTMENT: 3,
    }
    assert draw_pools.require_rule(DEFAULT_RULE) == DEFAULT_RULE


# -- the draw


def test_the_list_is_published_before_the_sources_are_known() -> None:
    given(scheduled()).when(frozen).then(
        ReviewMeeting.CandidatesFrozen, sources=NAMES, commitment=commitment(MEETING, SECRET), pools=pools()
    )
    given(scheduled(), frozen).when(frozen).then_refused("meeting.frozen_already", "meeting")
    given(scheduled()).when(drawn).then_refused("meeting.not_frozen", "meeting")


@pytest.mark.parametrize(
    ("names", "code"),
    [((), "draw.source_count"), (("甲",) * 2, "draw.source_twice"), (("甲",) * 11, "draw.source_count")],
)
def test_sources_are_announced(names: tuple[str, ...], code: str) -> None:
    given(scheduled()).when(
        lambda m: m.freeze_candidates(RULE, pools(), commitment(MEETING, SECRET), names, "办公室", NOON)
    ).then_refused(code, "sources")


def test_a_draw_is_the_rfcs_and_happens_once() -> None:
    outcome = given(scheduled(), frozen).when(drawn)
    expected = draw_pools.draw(pools()[0], SECRET, SOURCES)
    outcome.then(ReviewMeeting.UnitsDrawn, secret=str(SECRET), sources=SOURCES, drawn=(expected,))
    assert expected.key == f"1./{SECRET}./9.41./3./"
    outcome.when(drawn).then_refused("meeting.drawn_already", "meeting")


def test_the_order_in_which_sources_are_entered_does_not_matter() -> None:
    turned = SOURCES[::-1]
    given(scheduled(), frozen).when(lambda m: m.draw_units(SECRET, turned, NOON)).then(
        ReviewMeeting.UnitsDrawn, sources=SOURCES
    )


@pytest.mark.parametrize(
    ("sources", "code", "field"),
    [
        (SOURCES[:1], "draw.sources_differ", "sources"),
        ((*SOURCES, Source("又一次", (1,))), "draw.sources_differ", "sources"),
        ((SOURCES[0], SOURCES[0]), "draw.sources_differ", "sources"),
        ((SOURCES[0], Source("骰子", ())), "draw.number_count", "sources.1.numbers"),
        ((SOURCES[0], Source("骰子", (-1,))), "draw.number_out_of_range", "sources.1.numbers"),
        ((SOURCES[0], Source("骰子", (10**15,))), "draw.number_out_of_range", "sources.1.numbers"),
    ],
)
def test_sources_that_are_not_those_announced(sources: tuple[Source, ...], code: str, field: str) -> None:
    given(scheduled(), frozen).when(lambda m: m.draw_units(SECRET, sources, NOON)).then_refused(code, field)


def test_another_secret_than_the_one_committed_to_draws_nothing() -> None:
    given(scheduled(), frozen).when(lambda m: m.draw_units(SECRET + 1, SOURCES, NOON)).then_refused(
        "draw.secret_differs", "meeting"
    )
    assert commitment(MEETING, SECRET) != commitment(uuid5(MEETING, "another"), SECRET)


# -- the meeting itself


def test_drawn_units_present_once() -> None:
    meeting = given(scheduled(), frozen, drawn)
    outcome = meeting.when(presented)
    outcome.then(ReviewMeeting.UnitPresented, presenter_id=PEOPLE[0], summary="进展顺利。")
    outcome.when(presented).then_refused("meeting.presented_already", "unit")
    outsider = next(unit for unit in UNITS if unit not in outcome.aggregate.drawn_unit_ids)
    outcome.when(lambda m: m.record_presentation(outsider, None, "汇报", NOON)).then_refused(
        "meeting.unit_not_drawn", "unit"
    )
    given(scheduled(), frozen).when(
        lambda m: m.record_presentation(UNITS[0], None, "汇报", NOON)
    ).then_refused("meeting.not_drawn", "meeting")


def comments(official: UUID | None, group: UUID | None) -> Command:
    return lambda m: m.record_comment(m.drawn_unit_ids[0], official, group, "点评", NOON)


def test_comments_are_on_those_that_have_presented_by_a_leader_or_a_group() -> None:
    meeting = given(scheduled(), frozen, drawn, presented).when(
        lambda m: m.record_comment(m.drawn_unit_ids[0], PEOPLE[1], None, "短板明显。", NOON)
    )
    meeting.then(ReviewMeeting.CommentMade, official_id=PEOPLE[1], group_id=None, text="短板明显。")
    meeting.when(lambda m: m.record_comment(m.drawn_unit_ids[0], None, GROUP, "有亮点。", NOON)).then(
        ReviewMeeting.CommentMade, group_id=GROUP
    )
    for official, group in ((PEOPLE[1], GROUP), (None, None)):
        meeting.when(comments(official, group)).then_refused("meeting.one_commentator", "official")
    meeting.when(lambda m: m.record_comment(m.drawn_unit_ids[1], PEOPLE[1], None, "点评", NOON)).then_refused(
        "meeting.not_presented", "unit"
    )


def test_the_stage_is_evaluated_after_presentations_then_tasks_are_set() -> None:
    silent = given(scheduled(), frozen, drawn)
    silent.when(evaluated).then_refused("meeting.nobody_presented", "meeting")
    heard = given(scheduled(), frozen, drawn, presented)
    heard.when(lambda m: m.set_follow_up(TASK, NOON)).then_refused("meeting.not_evaluated", "meeting")
    heard.when(minuted).then_refused("meeting.not_evaluated", "meeting")
    outcome = heard.when(evaluated).then(ReviewMeeting.StageEvaluated, official_id=PEOPLE[0])
    outcome.when(lambda m: m.set_follow_up(TASK, NOON)).then(ReviewMeeting.FollowUpSet, task_id=TASK)


def test_the_minutes_end_the_meeting() -> None:
    ended = given(scheduled(), frozen, drawn, presented, evaluated).when(minuted)
    ended.then(ReviewMeeting.MinutesKept, text="会议纪要。")
    ended.when(minuted).then_refused("meeting.ended", "meeting")
    ended.when(lambda m: m.require_rateable()).then_refused("meeting.ended", "meeting")


def test_only_drawn_units_are_rated() -> None:
    given(scheduled(), frozen).when(lambda m: m.require_rateable()).then_refused(
        "meeting.not_drawn", "meeting"
    )


# -- a draw that is given up


def abandoned(m: ReviewMeeting, by: str = "监察员") -> None:
    m.abandon_draw(SECRET, "开奖推迟。", by, NOON)


def frozen_again(m: ReviewMeeting) -> None:
    m.freeze_candidates(RULE, pools(), commitment(MEETING, SECRET + 1), ("骰子",), "办公室", NOON)


def drawn_again(m: ReviewMeeting) -> None:
    m.draw_units(SECRET + 1, (Source("骰子", (6,)),), NOON)


def test_a_draw_is_abandoned_on_grounds_and_its_secret_is_revealed() -> None:
    outcome = given(scheduled(), frozen).when(abandoned)
    outcome.then(
        ReviewMeeting.DrawAbandoned,
        grounds="开奖推迟。",
        commitment=commitment(MEETING, SECRET),
        secret=str(SECRET),
        frozen_by="办公室",
        abandoned_by="监察员",
    )
    outcome.when(drawn).then_refused("meeting.not_frozen", "meeting")
    outcome.when(abandoned).then_refused("meeting.not_frozen", "meeting")


@pytest.mark.parametrize("kept", [None, SECRET + 9])
def test_a_secret_that_is_lost_or_another_is_marked_as_lost(kept: int | None) -> None:
    given(scheduled(), frozen).when(lambda m: m.abandon_draw(kept, "密值丢失。", "监察员", NOON)).then(
        ReviewMeeting.DrawAbandoned, secret=None
    )


def test_whoever_froze_the_list_does_not_abandon_the_draw() -> None:
    given(scheduled(), frozen).when(lambda m: abandoned(m, "办公室")).then_refused("meeting.one_person")
    given(scheduled()).when(abandoned).then_refused("meeting.not_frozen", "meeting")
    given(scheduled(), frozen, drawn).when(abandoned).then_refused("meeting.drawn_already", "meeting")
    given(scheduled(), frozen).when(lambda m: m.abandon_draw(SECRET, " ", "监察员", NOON)).then_refused(
        "text.empty", "grounds"
    )


def test_a_list_is_frozen_once_more_by_the_same_rule_with_another_secret() -> None:
    meeting = given(scheduled(), frozen, abandoned)
    meeting.when(frozen).then_refused("draw.secret_revealed", "meeting")
    other = DrawRule("2", RULE.quotas)
    meeting.when(
        lambda m: m.freeze_candidates(other, pools(), commitment(MEETING, SECRET + 1), NAMES, "办公室", NOON)
    ).then_refused("meeting.rule_differs", "quotas")
    again = meeting.when(frozen_again).then(ReviewMeeting.CandidatesFrozen, sources=("骰子",))
    again.when(drawn_again).then(ReviewMeeting.UnitsDrawn, secret=str(SECRET + 1))


def test_nobody_draws_until_the_result_pleases() -> None:
    twice = given(scheduled(), frozen, abandoned, frozen_again).when(
        lambda m: m.abandon_draw(SECRET + 1, "见证人缺席。", "监察员", NOON)
    )
    twice.when(
        lambda m: m.freeze_candidates(RULE, pools(), commitment(MEETING, 7), NAMES, "办公室", NOON)
    ).then_refused("meeting.abandoned_twice", "meeting")


def test_a_list_that_was_frozen_before_its_actor_was_written_is_abandoned_by_anybody() -> None:
    written = msgspec.to_builtins(given(scheduled(), frozen).events[-1])
    assert written.pop("frozen_by") == "办公室"
    older = msgspec.convert(written, ReviewMeeting.CandidatesFrozen)
    given(scheduled(), older).when(abandoned).then(ReviewMeeting.DrawAbandoned, frozen_by="")
