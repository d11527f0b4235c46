"""The arithmetic of rankings: shared weights, caps, rounding half even, ties, parts that sum to the total."""

from collections.abc import Iterable
from decimal import Decimal
from itertools import count
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.assessment.points import (
    Adjustment,
    Component,
    Given,
    Rule,
    Standing,
    Tallies,
    half_even,
    mean,
    micros,
    parts,
    ranked,
    rule_of,
    standings,
)
from domain.directory import Category
from tests.domain.assessment.schemes import CONTENT

FOUND = rule_of(CONTENT, Category.DEPARTMENT)
assert FOUND is not None
RULE: Rule = FOUND
NUMBERS = count(1)
APRIL, MAY = 24243, 24244


def gave(code: str, points: str, month: int = APRIL) -> Given:
    number = next(NUMBERS)
    return Given(UUID(int=number), number, month, code, Decimal(points))


def tallies_of(rule: Rule, given: Iterable[Given], unit: int) -> Tallies:
    """One unit's contributions, added up as the read tables' statement does it."""
    months: dict[str, dict[int, list[int]]] = {}
    tallies = Tallies()
    for one in given:
        if one.code in rule.weights:
            months.setdefault(one.code, {}).setdefault(one.month, []).append(micros(one.points))
        else:
            sums = tallies.given.setdefault(one.code, {unit: 0})
            sums[unit] += micros(one.points)
    for code, scores in months.items():
        score = mean(((len(s), sum(s)) for s in scores.values()), len(scores))
        tallies.scores[code] = {unit: score}
    return tallies


def standing(rule: Rule, given: Iterable[Given], unit: int = 0) -> Standing | None:
    return next(iter(standings(rule, tallies_of(rule, given, unit))), None)


def stands(*gaven: Given, rule: Rule = RULE, unit: int = 0) -> Standing:
    found = standing(rule, gaven, unit)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("numerator", "denominator", "rounded"),
    [(5, 10, 0), (15, 10, 2), (25, 10, 2), (26, 10, 3), (-5, 10, 0), (-15, 10, -2), (-25, 10, -2), (7, 7, 1)],
)
def test_half_even(numerator: int, denominator: int, rounded: int) -> None:
    assert half_even(numerator, denominator) == rounded


def test_the_weight_of_a_missing_component_is_shared_out() -> None:
    found = stands(gave("supervision", "90"), gave("third_party", "70"))
    assert [c.points for c in found.components] == [4500, 3500]
    assert (found.present_weight, found.total) == (micros(Decimal(60)), 8000)


def test_a_month_is_the_mean_of_its_scores_and_a_longer_time_that_of_its_months() -> None:
    april = [gave("supervision", s) for s in ("90", "60", "60")]
    found = stands(*april, gave("supervision", "100", MAY))
    assert found.components[0].points == 8500


def test_a_unit_without_a_score_has_no_standing() -> None:
    assert standing(RULE, [gave("penalty", "-1")]) is None
    assert standing(RULE, []) is None


def test_units_are_told_apart_whatever_each_has_a_score_for() -> None:
    tallies = Tallies()
    tallies.scores = {
        "supervision": {0: (90_000_000, 1), 1: (80_000_000, 1), 3: (100_000_000, 3)},
        "third_party": {1: (60_000_000, 1), 2: (70_000_000, 1)},
    }
    tallies.given = {"penalty": {0: -1_000_000, 2: -9_000_000, 4: -2_000_000}}
    found = {s.unit: s for s in standings(RULE, tallies)}
    assert {unit: s.total for unit, s in found.items()} == {0: 8900, 1: 7000, 2: 6500, 3: 3333}
    assert [(c.code, c.points) for c in found[2].components] == [("third_party", 7000)]
    assert [(a.given, a.points) for a in found[2].adjustments] == [(-9_000_000, -500)]


def test_what_the_scheme_does_not_list_does_not_count() -> None:
    assert stands(gave("supervision", "90"), gave("card", "-2"), gave("public_appraisal", "1")).total == 9000


def test_an_adjustment_is_bounded_and_the_cap_is_a_part_of_its_own() -> None:
    given_ = [gave("supervision", "90"), gave("penalty", "-3"), gave("penalty", "-4.005")]
    found = stands(*given_)
    assert found.adjustments[0].points == -500
    told = parts(RULE, found, given_)
    # -3, then -7.005 in all, which is -7.00 rounded half even.
    assert [p.points for p in told] == [9000, -300, -400, 200]
    assert [p.given is None for p in told] == [False, False, False, True]
    assert sum(p.points for p in told) == found.total == 8500


def test_thirds_sum_to_the_whole() -> None:
    given_ = [gave("supervision", "100"), gave("supervision", "100"), gave("supervision", "100")]
    told = parts(RULE, stands(*given_), given_)
    assert [p.points for p in told] == [3333, 3334, 3333]


def test_ties_share_a_rank_and_the_next_is_left_out() -> None:
    found = [stands(gave("supervision", s), unit=n) for n, s in enumerate(("80", "90", "90", "95"))]
    assert [(r.rank, r.standing.unit) for r in ranked(RULE, found)] == [(1, 3), (2, 1), (2, 2), (4, 0)]


def test_a_tie_is_broken_by_the_points_named_and_a_missing_score_is_the_least() -> None:
    even = [gave("task_progress", "80"), gave("supervision", "80"), gave("third_party", "80")]
    more = [gave("task_progress", "95"), gave("supervision", "60"), gave("third_party", "80")]
    none = [gave("supervision", "80"), gave("third_party", "80")]
    found = [stands(*g, unit=n) for n, g in enumerate((none, even, more))]
    assert {s.total for s in found} == {8000}
    assert [(r.rank, r.standing.unit) for r in ranked(RULE, found)] == [(1, 2), (2, 1), (3, 0)]


SCORES = st.decimals(0, 100, places=4)
CODES = st.sampled_from(("task_progress", "supervision", "third_party", "penalty"))
GIVEN = st.lists(st.tuples(CODES, SCORES, st.integers(APRIL, APRIL + 11)), max_size=30)


@given(GIVEN, st.integers(0, 4))
def test_parts_always_sum_exactly_to_the_points(several: list[tuple[str, Decimal, int]], digits: int) -> None:
    rule = Rule(RULE.weights, RULE.caps, RULE.tie_breakers, digits)
    given_ = [
        gave(code, f"{-points / 10 if code == 'penalty' else points:f}", month)
        for code, points, month in several
    ]
    found = standing(rule, given_)
    if found is None:
        return
    told = parts(rule, found, given_)
    assert sum(p.points for p in told) == found.total
    both: list[Component | Adjustment] = [*found.components, *found.adjustments]
    for own in both:
        assert sum(p.points for p in told if p.code == own.code) == own.points
    assert 0 <= sum(c.points for c in found.components) <= 100 * 10**digits + len(found.components)
