"""The rating box: roll, barrier, sealing, voiding, what comes after, and the scale."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from domain import identifiers, rating_scale
from domain.rating_box import Ballot, Cards, IssuerKey, Occasion, RatingBox, RatingPhase, require_grade
from domain.rating_scale import DEFAULT_SCALE, Grade, GradeCount
from domain.refusal import Refusal
from tests.domain.scenario import Command, Scenario, given

MORNING = datetime(2020, 5, 29, 9, 0, 17, 123456, tzinfo=timezone(timedelta(hours=8)))
NOON = MORNING.replace(hour=12)
CLOSES = MORNING.replace(hour=17, minute=30, second=0, microsecond=0)
BOX = identifiers.rating_id("box")
MEETING = identifiers.meeting_id("2020-05")
UNITS = (identifiers.unit_id("u1"), identifiers.unit_id("u2"))
ROLL = tuple(sorted(identifiers.official_id(f"o{n}") for n in range(8)))
KEYS = tuple(IssuerKey(unit, "service", bytes([n]) * 8) for n, unit in enumerate(UNITS))
CARDS = Cards(2, 1, (bytes(32), bytes([1]) * 32))


def opened(**changes: Any) -> Callable[[Any], RatingBox]:
    facts: dict[str, Any] = {
        "code": "box",
        "title": "五月评估",
        "meeting_id": MEETING,
        "period": "2020-05",
        "unit_ids": UNITS,
        "scale": DEFAULT_SCALE,
        "threshold": 3,
        "roll": ROLL[::-1],
        "closes_at": CLOSES.replace(second=59),
        "suite": "RSABSSA-SHA384-PSSZERO-Deterministic",
        "issuers": ("service",),
        "keys": KEYS,
        "at": MORNING,
    }
    return lambda _: RatingBox.open(**facts | changes)


def collected(box: RatingBox) -> None:
    box.close_collection(ROLL[3:0:-1], ROLL[:1], CARDS, NOON)


def ballots(grades: str) -> list[Ballot]:
    """A ballot for each letter, the first of a grade's code, in an order that is not that of keys."""
    by_letter = {grade.code[0]: grade.code for grade in DEFAULT_SCALE}
    return [
        Ballot(bytes([200 - n]) * 32, (bytes(4),), by_letter[letter], bytes(8))
        for n, letter in enumerate(grades)
    ]


def sealed(first: str = "eegp", second: str = "ggff", at: datetime = NOON) -> Callable[[RatingBox], None]:
    return lambda box: box.seal({UNITS[0]: ballots(first), UNITS[1]: ballots(second)}, at)


def destroyed(box: RatingBox) -> None:
    box.record_keys_destroyed(NOON)


def revealed(box: RatingBox) -> None:
    box.reveal_unused(["0" * 20], NOON)


# -- opening


def test_a_box_is_opened_with_a_sorted_roll_and_a_moment_of_a_minute() -> None:
    outcome = given().when(opened())
    outcome.then(
        RatingBox.RatingOpened, roll=ROLL, closes_at=CLOSES, occasion=Occasion.MEETING, unit_ids=UNITS
    )
    given().when(opened(meeting_id=None)).then(RatingBox.RatingOpened, occasion=Occasion.APPRAISAL)


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"unit_ids": ()}, "rating.unit_count", "units"),
        ({"unit_ids": UNITS[:1] * 2}, "rating.unit_twice", "units"),
        ({"threshold": 1}, "rating.threshold_out_of_range", "threshold"),
        ({"threshold": 101}, "rating.threshold_out_of_range", "threshold"),
        ({"roll": ROLL[:2]}, "rating.roll_size", "roll"),
        ({"closes_at": MORNING}, "rating.closes_in_past", "closesAt"),
        ({"closes_at": datetime(9999, 12, 31, 23, 59, tzinfo=UTC)}, "rating.closes_too_late", "closesAt"),
        ({"scale": DEFAULT_SCALE[:3]}, "rating.grade_count", "scale"),
        ({"title": "a\nb"}, "text.several_lines", "title"),
    ],
)
def test_how_a_box_is_not_opened(changes: dict[str, Any], code: str, field: str) -> None:
    given().when(opened(**changes)).then_refused(code, field)


# -- the scale


def scale(*changes: tuple[int, dict[str, Any]]) -> tuple[Grade, ...]:
    grades = list(DEFAULT_SCALE)
    for place, change in changes:
        grades[place] = replace(grades[place], **change)
    return tuple(grades)


@pytest.mark.parametrize(
    ("grades", "code", "field"),
    [
        (scale((1, {"code": "excellent"})), "rating.grade_twice", "scale"),
        (scale((0, {"points": Decimal(101)})), "rating.points_out_of_range", "scale.0.points"),
        (scale((3, {"points": Decimal(-1)})), "rating.points_out_of_range", "scale.3.points"),
        (scale((1, {"points": Decimal(100)})), "rating.points_not_falling", "scale"),
        (scale((2, {"code": "Fair"})), "rating.grade_code", "scale.2.code"),
        (scale((2, {"code": "优"})), "rating.grade_code", "scale.2.code"),
        (scale((2, {"zh": ""})), "text.empty", "scale.2.zh"),
    ],
)
def test_a_scale_that_is_none(grades: Sequence[Grade], code: str, field: str) -> None:
    given().when(opened(scale=grades)).then_refused(code, field)


def test_a_score_is_the_mean_of_the_points() -> None:
    histogram = rating_scale.counts(DEFAULT_SCALE, {"excellent": 2, "poor": 1})
    assert [count.ballots for count in histogram] == [2, 0, 0, 1]
    # (100 + 100 + 50) / 3
    assert rating_scale.score(DEFAULT_SCALE, histogram) == Decimal("83.33")


def test_only_grades_of_the_scale_are_grades() -> None:
    require_grade(DEFAULT_SCALE, "good")
    with pytest.raises(Refusal) as refused:
        require_grade(DEFAULT_SCALE, "splendid")
    assert refused.value.code == "rating.grade_unknown"


# -- the roll and the barrier


def test_a_rater_without_credentials_is_struck_off() -> None:
    rater = ROLL[0]
    outcome = given(opened()).when(lambda b: b.strike(rater, False, "请假", MORNING))
    outcome.then(RatingBox.RaterStruck, rater_id=rater, timestamp=MORNING.replace(second=0, microsecond=0))
    outcome.when(lambda b: b.strike(rater, False, "请假", NOON)).then_refused("rating.not_on_roll", "rater")
    given(opened()).when(lambda b: b.strike(rater, True, "请假", NOON)).then_refused(
        "rating.rater_holds_credentials", "rater"
    )
    given(opened(), collected).when(lambda b: b.strike(rater, False, "请假", NOON)).then_refused(
        "rating.collection_closed", "box"
    )


def test_the_barrier_is_one_sorted_fact_of_a_minute() -> None:
    outcome = given(opened()).when(collected)
    outcome.then(
        RatingBox.CredentialsCollected,
        by_phone=ROLL[1:4],
        by_card=ROLL[:1],
        cards=CARDS,
        timestamp=NOON.replace(second=0, microsecond=0),
    )
    assert outcome.aggregate.turnout == 4
    outcome.when(collected).then_refused("rating.collection_closed", "box")


@pytest.mark.parametrize(
    ("phone", "card", "cards", "code", "field"),
    [
        (ROLL[:2], ROLL[1:2], CARDS, "rating.rater_twice", "box"),
        ((UNITS[0],), (), Cards(), "rating.not_on_roll", "rater"),
        (ROLL[:2], ROLL[2:3], Cards(3, 1), "rating.cards_do_not_add_up", "cardsReturned"),
        (ROLL[:2], ROLL[2:3], Cards(0, -1), "rating.cards_do_not_add_up", "cardsReturned"),
        ((), (), Cards(2, 2), "rating.nobody_collected", "box"),
    ],
)
def test_a_barrier_that_does_not_add_up(
    phone: Sequence[UUID], card: Sequence[UUID], cards: Cards, code: str, field: str
) -> None:
    given(opened()).when(lambda b: b.close_collection(phone, card, cards, NOON)).then_refused(code, field)


# -- sealing


def test_ballots_enter_the_log_sorted_by_their_keys() -> None:
    box = given(opened(unit_ids=UNITS[:1]), collected).when(
        lambda b: b.seal({UNITS[0]: ballots("eegp")}, NOON)
    )
    box.then(RatingBox.BallotBoxSealed, unit_id=UNITS[0], closes_at=CLOSES)
    keys = [ballot.key for ballot in box.recorded[0].ballots]  # type: ignore[attr-defined]
    assert keys == sorted(keys)
    assert box.aggregate.phase is RatingPhase.SEALED
    assert box.recorded[0].timestamp == NOON.replace(second=0, microsecond=0)


def test_a_unit_below_the_threshold_is_voided_alone() -> None:
    box = given(opened(), collected).when(sealed("eegp", "gg", CLOSES))
    assert [type(event) for event in box.recorded] == [RatingBox.BallotBoxSealed, RatingBox.RatingVoided]
    assert (box.recorded[1].ballots, box.recorded[1].threshold) == (2, 3)  # type: ignore[attr-defined]
    box.when(destroyed).then(RatingBox.IssuerKeysDestroyed, issuers=("service",))


def test_when_a_box_is_not_sealed() -> None:
    given(opened()).when(sealed()).then_refused("rating.not_casting_yet", "box")
    casting = given(opened(), collected)
    casting.when(sealed("eeg")).then_refused("rating.sealed_too_early", "box")
    casting.when(sealed("eegpp")).then_refused("rating.more_ballots_than_raters", "box")
    given(opened(), collected, sealed()).when(sealed()).then_refused("rating.sealed", "box")


# -- afterwards


def ended(*more: Callable[[RatingBox], None]) -> Scenario:
    return given(opened(), collected, sealed(), *more)


def test_keys_are_destroyed_once_after_sealing() -> None:
    given(opened(), collected).when(destroyed).then_refused("rating.not_sealed", "box")
    ended(destroyed).when(destroyed).then_refused("rating.keys_destroyed_already", "box")


def reveals(seeds: Sequence[str]) -> Command:
    return lambda box: box.reveal_unused(seeds, NOON)


def test_every_card_that_came_back_is_revealed_once() -> None:
    ended().when(revealed).then_refused("rating.keys_not_destroyed", "box")
    ended(destroyed).when(revealed).then(RatingBox.UnusedCredentialsRevealed, seeds=("0" * 20,))
    ended(destroyed, revealed).when(revealed).then_refused("rating.revealed_already", "seeds")
    for seeds in ([], ["0" * 20, "1" * 20]):
        ended(destroyed).when(reveals(seeds)).then_refused("rating.seeds_incomplete", "seeds")


def published(box: RatingBox) -> None:
    box.publish_results(NOON)


def test_results_carry_what_a_score_needs() -> None:
    outcome = ended(destroyed, revealed).when(published)
    first, second = outcome.recorded
    assert isinstance(first, RatingBox.RatingResultPublished)
    assert isinstance(second, RatingBox.RatingResultPublished)
    assert (first.unit_id, first.period, first.ballots, first.turnout) == (UNITS[0], "2020-05", 4, 4)
    assert first.histogram == (
        GradeCount("excellent", 2),
        GradeCount("good", 1),
        GradeCount("fair", 0),
        GradeCount("poor", 1),
    )
    # (100 + 100 + 85 + 50) / 4 and (85 + 85 + 70 + 70) / 4
    assert (first.score, second.score) == (Decimal("83.75"), Decimal("77.50"))
    outcome.when(published).then_refused("rating.published", "box")


def test_results_wait_for_what_comes_before_them() -> None:
    ended().when(published).then_refused("rating.keys_not_destroyed", "box")
    ended(destroyed).when(published).then_refused("rating.cards_not_revealed", "box")
    voided = given(opened(), collected, sealed("", "g", CLOSES), destroyed)
    voided.when(published).then_refused("rating.all_voided", "box")
    with_void = given(opened(), collected, sealed("eegp", "g", CLOSES), destroyed, revealed)
    with_void.when(published).then(RatingBox.RatingResultPublished, unit_id=UNITS[0])


# -- paper


def keyed(box: RatingBox) -> None:
    box.key_papers("b1", 1, "甲", NOON)


def confirmed(box: RatingBox) -> None:
    box.confirm_papers("b1", 1, "乙", NOON)


def test_a_batch_of_papers_is_keyed_by_one_and_confirmed_by_another() -> None:
    outcome = given(opened(), collected).when(keyed)
    outcome.then(RatingBox.PaperBatchKeyed, batch="b1", papers=1, keyed_by="甲")
    outcome.when(lambda b: b.confirm_papers("b1", 1, "甲", NOON)).then_refused("rating.one_person")
    outcome.when(lambda b: b.confirm_papers("b1", 2, "乙", NOON)).then_refused(
        "rating.counts_differ", "papers"
    )
    outcome.when(lambda b: b.confirm_papers("b2", 1, "乙", NOON)).then_refused(
        "rating.batch_unknown", "batch"
    )
    done = outcome.when(confirmed)
    done.then(RatingBox.PaperBatchConfirmed, papers=1, keyed_by="甲", confirmed_by="乙")
    done.when(confirmed).then_refused("rating.batch_confirmed", "batch")
    done.when(keyed).then_refused("rating.batch_exists", "batch")


@pytest.mark.parametrize("papers", [0, -1, 2])
def test_a_batch_has_as_many_papers_as_cards_were_handed_out_at_most(papers: int) -> None:
    given(opened(), collected).when(lambda b: b.key_papers("b", papers, "甲", NOON)).then_refused(
        "rating.paper_count", "papers"
    )


def test_papers_are_keyed_while_ballots_are_cast() -> None:
    given(opened()).when(keyed).then_refused("rating.not_casting_yet", "box")
    given(opened(), collected, keyed, sealed()).when(confirmed).then_refused("rating.sealed", "box")
    given(opened(), collected).when(lambda b: b.key_papers("B 1", 1, "甲", NOON)).then_refused(
        "code.malformed", "batch"
    )
