"""Meetings and ratings in the read tables: what the aggregates know, however the events arrive."""

from datetime import UTC, datetime
from typing import Any

import pytest

from domain.aggregate import Event
from domain.rating_box import RatingBox
from projections.fold import Folding
from projections.meetings import MEETINGS
from projections.projection import Fact, Projection
from projections.ratings import RATINGS
from tests.domain import test_meeting as meetings
from tests.domain import test_rating_box as ratings
from tests.domain.scenario import given

RECORDED = datetime(2020, 5, 29, 1, tzinfo=UTC)


def facts(events: list[Event]) -> list[Fact[Any]]:
    return [
        Fact(event, type(event).TOPIC, position, RECORDED, "office")  # type: ignore[attr-defined]
        for position, event in enumerate(events, 1)
    ]


def shown(projection: Projection, batches: list[list[Fact[Any]]]) -> dict[str, list[Any]]:
    folding = Folding(projection, complete=True)
    for batch in batches:
        folding.fold(batch)
    return {changes.table.name: [row for row, *_ in changes.new] for changes in folding.drain()}


def meeting() -> Any:
    return given(
        meetings.scheduled(),
        lambda m: m.revise_roll(meetings.PEOPLE[:5], meetings.NOON),
        meetings.frozen,
        meetings.drawn,
        meetings.presented,
        lambda m: m.record_comment(m.drawn_unit_ids[0], None, meetings.GROUP, "点评", meetings.NOON),
        meetings.evaluated,
        lambda m: m.set_follow_up(meetings.TASK, meetings.NOON),
        meetings.minuted,
    )


def box() -> Any:
    return given(
        ratings.opened(),
        lambda b: b.strike(ratings.ROLL[7], False, "请假。", ratings.MORNING),
        ratings.collected,
        ratings.sealed("eegp", "gg", ratings.CLOSES),
        ratings.destroyed,
        ratings.revealed,
        ratings.published,
    )


def test_a_meeting_as_it_stands() -> None:
    told = meeting()
    rows = shown(MEETINGS, [facts(told.events)])
    [row] = rows["review_meeting"]
    known = told.aggregate
    assert (row.id, row.status, row.attendee_ids) == (known.id, known.status.value, known.attendee_ids)
    assert (row.commitment, row.announced) == (known.frozen.commitment, known.frozen.sources)
    assert (row.secret, row.sources) == (str(meetings.SECRET), meetings.SOURCES)
    assert (row.evaluated_by_id, row.minutes) == (meetings.PEOPLE[0], "会议纪要。")
    drawn = sorted(rows["drawn_unit"], key=lambda r: r.ordinal)
    assert tuple(r.unit_id for r in drawn) == known.drawn_unit_ids
    assert {r.unit_id for r in drawn if r.presented} == known.presented
    assert [r.group_id for r in rows["meeting_comment"]] == [meetings.GROUP]
    assert [r.task_id for r in rows["meeting_follow_up"]] == [meetings.TASK]


def test_a_box_as_it_stands() -> None:
    told = box()
    rows = shown(RATINGS, [facts(told.events)])
    [row] = rows["rating_box"]
    known = told.aggregate
    assert (row.id, row.phase, row.turnout) == (known.id, known.phase.value, known.turnout)
    assert (row.eligible, row.settled) == (len(known.roll), 2)
    assert (row.by_phone, row.by_card, row.cards_printed, row.cards_returned) == (3, 1, 2, 1)
    first, second = sorted(rows["rated_unit"], key=lambda r: r.ordinal)
    assert (first.unit_id, first.state, first.ballots) == (ratings.UNITS[0], "sealed", 4)
    assert {c.grade: c.ballots for c in first.histogram if c.ballots} == dict(known.sealed[ratings.UNITS[0]])
    assert (second.state, second.ballots, second.histogram, second.score) == ("voided", 2, (), None)


def test_what_a_box_gave_is_not_shown_before_it_is_published() -> None:
    events = [e for e in box().events if not isinstance(e, RatingBox.RatingResultPublished)]
    for row in shown(RATINGS, [facts(events)])["rated_unit"]:
        assert (row.histogram, row.score, row.turnout) == ((), None, None)


@pytest.mark.parametrize(("projection", "scenario"), [(MEETINGS, meeting), (RATINGS, box)])
def test_one_by_one_is_the_same_as_all_at_once(projection: Projection, scenario: Any) -> None:
    told = facts(scenario().events)
    assert shown(projection, [told]) == shown(projection, [[fact] for fact in told])
