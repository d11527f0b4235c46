"""Published rankings and notices: once the time is over, edition by edition, the ones before untouched."""

from decimal import Decimal
from uuid import UUID

import pytest

from domain.assessment.notice import Notice
from domain.assessment.points import Given
from domain.assessment.ranking import Ranking, inputs_of
from domain.assessment.span import SpanKind, months_of, spoken_span
from domain.directory import Category
from domain.period import month_number
from domain.refusal import Refusal
from tests.domain import examples as city
from tests.domain.assessment.schemes import INPUTS, RANKED, issued, published, reissued, republished
from tests.domain.scenario import given

FIRST, SECOND = UUID(int=1), UUID(int=2)


def test_a_ranking_is_published_when_its_time_is_over() -> None:
    given().when(published()).then(
        Ranking.Published, edition=1, category=Category.DEPARTMENT, inputs=INPUTS, units=(RANKED,)
    )
    for span in ("2020-05", "2020-Q2", "2020"):
        given().when(published(span=span)).then_refused("ranking.period_not_over", "period")
    given().when(published(units=())).then_refused("ranking.nobody_ranked", "period")
    given().when(published(span="2020-00")).then_refused("span.malformed", "period")


def test_it_is_published_anew_with_a_reason_when_the_inputs_have_changed() -> None:
    history = given(published())
    history.when(republished(inputs=INPUTS)).then_refused("ranking.unchanged", "period")
    history.when(republished(reason="")).then_refused("text.empty", "reason")
    history.when(republished()).then(Ranking.Republished, edition=2, reason="更正评分。")
    history.when(republished()).then_refused("ranking.unchanged", "period")
    again = inputs_of(30, [])
    history.when(republished(inputs=again)).then(Ranking.Republished, edition=3)


def test_inputs_are_the_same_in_any_order_and_any_way_of_writing() -> None:
    one = Given(FIRST, 3, month_number("2020-04"), "supervision", Decimal("90.50"))
    two = Given(SECOND, 2, month_number("2020-04"), "supervision", Decimal(100))
    other = Given(FIRST, 3, month_number("2020-04"), "supervision", Decimal("90.5"))
    assert inputs_of(5, [(city.LEAD, one), (city.OTHER, two)]) == inputs_of(
        5, [(city.OTHER, two), (city.LEAD, other)]
    )
    assert inputs_of(5, [(city.LEAD, one)]).digest != inputs_of(5, [(city.OTHER, one)]).digest


@pytest.mark.parametrize(
    ("span", "kind", "first", "last", "zh"),
    [
        ("2020-05", SpanKind.MONTH, "2020-05", "2020-05", "2020年5月"),
        ("2020-Q4", SpanKind.QUARTER, "2020-10", "2020-12", "2020年第四季度"),
        ("2020", SpanKind.YEAR, "2020-01", "2020-12", "2020年度"),
    ],
)
def test_spans(span: str, kind: SpanKind, first: str, last: str, zh: str) -> None:
    months = months_of(span)
    assert (months.kind, months.first, months.last) == (kind, month_number(first), month_number(last))
    assert (months.before.last, spoken_span(span)) == (months.first - 1, zh)


@pytest.mark.parametrize(
    "span", ["", "2020-13", "2020-Q5", "2020-Q", "1899", "２０２０", "2020-5", "2020-05\n"]
)
def test_what_is_no_span(span: str) -> None:
    with pytest.raises(Refusal) as refused:
        months_of(span)
    assert refused.value.code == "span.malformed"


def test_a_notice_is_issued_anew_when_a_ranking_has_changed() -> None:
    history = given(issued())
    history.when(reissued(rankings=history.aggregate.rankings)).then_refused("notice.unchanged", "period")
    history.when(reissued(number="演示〔2020〕9号")).then_refused("notice.number_used", "number")
    history.when(reissued()).then(Notice.Reissued, edition=2, number="演示〔2020〕10号")
    given().when(issued(number="")).then_refused("text.empty", "number")
