"""Schemes: weights, codes, caps, tie-breakers; editions, the period they are for, and when that is closed."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from domain.assessment.scheme import AssessmentScheme
from domain.assessment.scheme_content import (
    AdjustmentCap,
    CategoryWeights,
    ComponentWeight,
    Grade,
    SchemeContent,
)
from domain.directory import Category
from domain.refusal import Refusal
from tests.domain import examples as city
from tests.domain.assessment.schemes import CONTENT, adopted, amended
from tests.domain.scenario import given

COUNTY = Category.COUNTY


def weighed(*weights: tuple[str, str]) -> SchemeContent:
    components = tuple(ComponentWeight(code, Decimal(weight)) for code, weight in weights)
    return replace(CONTENT, categories=(CategoryWeights(COUNTY, components),), tie_breakers=())


def test_a_scheme_is_adopted_with_its_edition() -> None:
    outcome = given().when(adopted())
    outcome.then(AssessmentScheme.Adopted, edition=1, effective_from="2020-04", content=CONTENT)


@pytest.mark.parametrize(
    ("content", "code", "field"),
    [
        (weighed(("a", "60"), ("b", "39.999999")), "scheme.weights_not_100", "categories.0.components"),
        (weighed(), "scheme.weights_not_100", "categories.0.components"),
        (weighed(("a", "100"), ("b", "0")), "scheme.weight_not_positive", "categories.0.components.1.weight"),
        (
            weighed(("a", "-1"), ("b", "101")),
            "scheme.weight_not_positive",
            "categories.0.components.0.weight",
        ),
        (weighed(("a", "50"), ("a", "50")), "scheme.code_twice", "categories.0.components"),
        (weighed(("A b", "100")), "code.malformed", "categories.0.components.0.code"),
        (weighed(("a", "NaN")), "figure.out_of_range", "categories.0.components.0.weight"),
        (replace(CONTENT, categories=()), "scheme.ranks_nobody", "categories"),
        (replace(CONTENT, categories=CONTENT.categories[:1] * 2), "scheme.code_twice", "categories"),
        (replace(CONTENT, digits=5), "scheme.digits", "digits"),
        (replace(CONTENT, digits=-1), "scheme.digits", "digits"),
        (replace(CONTENT, tie_breakers=("card",)), "scheme.tie_breaker_unknown", "tieBreakers.0"),
        (
            replace(CONTENT, grades=tuple(Grade(f"g{n}", "好", Decimal(n)) for n in range(31))),
            "scheme.too_many",
            "grades",
        ),
        (
            replace(CONTENT, grades=(Grade("good", "好", Decimal(101)),)),
            "evaluation.score_outside",
            "grades.0.score",
        ),
        (
            replace(CONTENT, adjustments=(AdjustmentCap("card", Decimal(-1), Decimal(0)),)),
            "scheme.cap_below_zero",
            "adjustments.0.mostAdded",
        ),
        (
            replace(CONTENT, adjustments=(AdjustmentCap("card", Decimal(0), Decimal(-1)),)),
            "scheme.cap_below_zero",
            "adjustments.0.mostDeducted",
        ),
        (
            replace(CONTENT, adjustments=(AdjustmentCap("supervision", Decimal(0), Decimal(1)),)),
            "scheme.code_twice",
            "adjustments.0.code",
        ),
    ],
)
def test_what_a_scheme_may_not_say(content: SchemeContent, code: str, field: str) -> None:
    given().when(adopted(content=content)).then_refused(code, f"content.{field}")


def test_a_further_edition_stands_for_itself() -> None:
    outcome = given(adopted()).when(amended())
    outcome.then(AssessmentScheme.Amended, edition=2, effective_from="2020-05")
    scheme = outcome.aggregate
    assert scheme.in_force("2020-04").number == 1
    assert scheme.in_force("2021-01").number == 2


def test_a_later_edition_for_an_earlier_period_wins() -> None:
    scheme = given(adopted(), amended(), amended(effective_from="2020-03")).aggregate
    assert scheme.in_force("2020-03").number == 3
    assert scheme.in_force("2020-06").number == 3


def test_there_is_no_scheme_before_the_first() -> None:
    scheme = given(adopted()).aggregate
    with pytest.raises(Refusal) as refused:
        scheme.in_force("2020-03")
    assert refused.value.code == "scheme.none_in_force"


def test_the_same_again_is_no_edition() -> None:
    same = amended(effective_from="2020-04", content=CONTENT)
    given(adopted()).when(same).then_refused("scheme.unchanged", "content")


def closed(period: str) -> Any:
    return lambda scheme: scheme.close_period(period, city.JUNE)


def test_a_published_period_keeps_its_scheme() -> None:
    history = given(adopted(), closed("2020-05"))
    history.when(amended()).then_refused("scheme.period_published", "effectiveFrom", says="2020-05")
    history.when(amended(effective_from="2020-04")).then_refused("scheme.period_published", "effectiveFrom")
    history.when(amended(effective_from="2020-06")).then(AssessmentScheme.Amended, edition=2)


def test_a_period_is_closed_once() -> None:
    history = given(adopted())
    history.when(closed("2020-05")).then(AssessmentScheme.PeriodClosed, period="2020-05")
    assert history.when(closed("2020-05")).recorded == []
    assert history.when(closed("2020-04")).recorded == []


def test_months_are_months() -> None:
    given().when(adopted(effective_from="2020-Q2")).then_refused("period.malformed", "effectiveFrom")


@pytest.mark.parametrize(
    ("category", "component", "code", "field"),
    [
        (COUNTY, "b", "evaluation.component_of_others", "component"),
        (Category.ZONE, "a", "scheme.category_not_ranked", "unit"),
    ],
)
def test_a_score_that_would_count_nowhere_is_refused(
    category: Category, component: str, code: str, field: str
) -> None:
    content = weighed(("a", "100"))
    content.require_weighed(COUNTY, "a")
    with pytest.raises(Refusal) as refused:
        content.require_weighed(category, component)
    assert (refused.value.code, refused.value.field) == (code, field)
