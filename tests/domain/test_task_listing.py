"""A task is put on the list, broken down into indicators and milestones, assigned, and made public."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from domain import identifiers
from domain.indicator import Direction, Indicator, Standing
from domain.task import Task, TaskStatus
from tests.domain.examples import (
    DEADLINE,
    INDICATORS,
    JUNE,
    LEAD,
    OTHER,
    PM25,
    START,
    SUPPORT,
    TOILETS,
    listed,
    milestones,
    published,
)
from tests.domain.scenario import given

MISSING = Indicator("projects", "引进项目", Direction.AT_LEAST, "个", None, Decimal(100))
ENDLESS = [Decimal(d) for d in ("NaN", "-NaN", "sNaN", "Infinity", "-Infinity")]
OUTSIZE = [Decimal(d) for d in ("1E15", "-1E15", "1E+999999", "9" * 16, "0.0000001", "1.0000001", "1E-9")]


def test_a_task_is_listed_with_nothing_reported_yet() -> None:
    outcome = (
        given()
        .when(listed(key_task=True, assumed=("lead_unit",), note="牵头单位为推定。"))
        .then(
            Task.Listed,
            article=17,
            lead_unit_id=LEAD,
            supporting_unit_ids=(SUPPORT,),
            indicators=INDICATORS,
            standings=(
                Standing("toilets", None, None, Decimal(0)),
                Standing("pm25", None, None, Decimal(0)),
            ),
            completion=Decimal(0),
            key_task=True,
            assumed=("lead_unit",),
        )
    )
    assert outcome.aggregate.id == identifiers.task_id("17.1")
    assert outcome.aggregate.status is TaskStatus.OPEN
    assert outcome.aggregate.latest_values() == {}


def test_what_is_recorded_is_written_plainly() -> None:
    told = replace(
        TOILETS, name=" 改厕 ", unit_of_measure=" 户", target=Decimal("5.7E+4"), baseline=Decimal("-0.0")
    )
    recorded = replace(TOILETS, name="改厕", unit_of_measure="户", target=Decimal(57000), baseline=Decimal(0))
    outcome = (
        given()
        .when(listed(title=" 改厕\u3000", indicators=[told, PM25]))
        .then(Task.Listed, title="改厕", indicators=(recorded, PM25))
    )
    assert [str(i.target) for i in outcome.aggregate.indicators] == ["57000", "49"]
    assert str(outcome.aggregate.indicators[0].baseline) == "0"


@pytest.mark.parametrize("article", [1, 999])
def test_the_first_article_and_the_last_possible_one_will_do(article: int) -> None:
    given().when(listed(article=article)).then(Task.Listed, article=article, key_task=False, note="")


@pytest.mark.parametrize("article", [0, -17, 1000])
def test_an_article_is_one_of_the_plan(article: int) -> None:
    given().when(listed(article=article)).then_refused("task.article_out_of_range", field="article")


def test_a_task_has_a_code_a_title_and_a_readable_note() -> None:
    given().when(listed(code="17。1")).then_refused("code.malformed", field="code")
    given().when(listed(title="")).then_refused("text.empty", field="title", says="请填写任务名称")
    given().when(listed(title="改厕\n二")).then_refused("text.several_lines", field="title")
    given().when(listed(note="好\0")).then_refused("text.unprintable", field="note")
    given().when(listed(note="长" * 2001)).then_refused("text.too_long", field="note", says="2001")


def test_what_is_assumed_is_named_within_measure() -> None:
    given().when(listed(assumed=["x"] * 50)).then(Task.Listed, assumed=("x",) * 50)
    given().when(listed(assumed=["x"] * 51)).then_refused("task.too_many_assumed", field="assumed")
    given().when(listed(assumed=["x", "\ud800"])).then_refused("text.unprintable", field="assumed.1")


@pytest.mark.parametrize("supporting", [(LEAD,), (SUPPORT, OTHER, SUPPORT)])
def test_a_unit_is_named_once(supporting: Any) -> None:
    given().when(listed(supporting_unit_ids=supporting)).then_refused(
        "task.unit_twice", field="supportingUnits"
    )


def test_a_task_needs_no_supporting_unit() -> None:
    given().when(listed(supporting_unit_ids=())).then(Task.Listed, supporting_unit_ids=())


# -- indicators


@pytest.mark.parametrize("indicators", [(), (TOILETS,) * 51])
def test_a_task_has_one_to_fifty_indicators(indicators: Any) -> None:
    given().when(listed(indicators=indicators)).then_refused("task.indicator_count", field="indicators")


def test_fifty_indicators_of_two_percent_are_a_task() -> None:
    fifty = [replace(TOILETS, code=f"i{n}", weight=Decimal(2)) for n in range(50)]
    given().when(listed(indicators=fifty)).then(Task.Listed, completion=Decimal(0))


def test_indicators_have_codes_of_their_own() -> None:
    given().when(listed(indicators=(TOILETS, replace(PM25, code="toilets")))).then_refused(
        "indicator.duplicate_code", field="indicators"
    )


@pytest.mark.parametrize("code", ["", "ｐm25", "pm25\u200b", "рm25", "PM25"])
def test_an_indicator_code_cannot_look_like_another(code: str) -> None:
    given().when(listed(indicators=(TOILETS, replace(PM25, code=code)))).then_refused(
        "code.malformed", field="indicators.1.code", says="第2项指标的编码"
    )


def test_an_indicator_has_a_name_and_a_unit_of_measure() -> None:
    given().when(listed(indicators=(TOILETS, replace(PM25, name=" ")))).then_refused(
        "text.empty", field="indicators.1.name", says="请填写第2项指标的名称"
    )
    given().when(listed(indicators=(TOILETS, replace(PM25, unit_of_measure="")))).then_refused(
        "text.empty", field="indicators.1.unitOfMeasure", says="计量单位"
    )


def planned(indicator: Indicator, name: str, figure: Decimal) -> Indicator:
    """With another figure under this name."""
    changes: dict[str, Any] = {name: figure}
    return replace(indicator, **changes)


@pytest.mark.parametrize("figure", ENDLESS + OUTSIZE, ids=str)
@pytest.mark.parametrize("name", ["target", "baseline", "weight"])
def test_a_figure_of_an_indicator_is_a_sane_number(name: str, figure: Decimal) -> None:
    given().when(listed(indicators=(TOILETS, planned(PM25, name, figure)))).then_refused(
        "figure.out_of_range", field=f"indicators.1.{name}"
    )


@pytest.mark.parametrize("name", ["target", "baseline"])
def test_what_is_counted_is_not_planned_below_zero(name: str) -> None:
    below = Decimal("-0.1")
    given().when(listed(indicators=(planned(TOILETS, name, below), PM25))).then_refused(
        "indicator.negative_count", field=f"indicators.0.{name}", says="以“户”计"
    )
    for rate in ("%", "％", " % ", "‰", "个百分点"):
        measured = planned(replace(TOILETS, unit_of_measure=rate), name, below)
        given().when(listed(indicators=(measured, PM25))).then(Task.Listed)


def test_a_weight_may_be_small() -> None:
    small = (
        replace(TOILETS, weight=Decimal("99.999999")),
        replace(PM25, weight=Decimal("0.000001")),
    )
    given().when(listed(indicators=small)).then(Task.Listed, completion=Decimal(0))


@pytest.mark.parametrize("weight", ["0", "-1"])
def test_a_weight_is_above_zero(weight: str) -> None:
    given().when(listed(indicators=(TOILETS, replace(PM25, weight=Decimal(weight))))).then_refused(
        "indicator.weight_not_positive", field="indicators.1.weight"
    )


def test_weights_sum_to_a_hundred() -> None:
    given().when(listed(indicators=(TOILETS, replace(PM25, weight=Decimal("39.999999"))))).then_refused(
        "indicator.weights_not_100", field="indicators", says="现为99.999999"
    )
    thirds = [
        replace(TOILETS, code=f"i{n}", weight=Decimal(w)) for n, w in enumerate(("33.3", "33.3", "33.4"))
    ]
    given().when(listed(indicators=thirds)).then(Task.Listed)


def test_a_task_whose_targets_are_all_lost_is_listed_with_its_completion_unknown() -> None:
    given().when(listed(indicators=(MISSING,))).then(
        Task.Listed, standings=(Standing("projects", None, None, None),), completion=None
    )


# -- schedule


@pytest.mark.parametrize("deadline", [START, date(2020, 3, 24)])
def test_a_deadline_lies_after_the_start(deadline: date) -> None:
    given().when(listed(deadline=deadline)).then_refused("task.deadline_before_start", field="deadline")


def test_a_schedule_lies_in_years_whose_months_can_be_reported() -> None:
    given().when(listed(start=date(1, 1, 1))).then_refused("date.out_of_range", field="start")
    given().when(listed(deadline=date(9999, 12, 31))).then_refused("date.out_of_range", field="deadline")


def test_milestones_may_lie_on_the_first_and_last_day_and_on_the_same_day() -> None:
    plan = milestones(
        (START, "0.000001"), (date(2020, 6, 30), "0.4"), (date(2020, 6, 30), "0.5"), (DEADLINE, "1")
    )
    given().when(listed(milestones=plan)).then(Task.Listed, milestones=plan)


@pytest.mark.parametrize(
    ("first", "second", "wrong"),
    [
        (date(2020, 3, 24), date(2020, 6, 30), 0),
        (date(2020, 6, 30), date(2020, 6, 29), 1),
        (date(2020, 6, 30), date(2021, 1, 1), 1),
    ],
)
def test_milestones_are_in_order_within_the_schedule(first: date, second: date, wrong: int) -> None:
    given().when(listed(milestones=milestones((first, "0.4"), (second, "0.8")))).then_refused(
        "milestone.out_of_order", field=f"milestones.{wrong}.due"
    )


@pytest.mark.parametrize(
    ("first", "second", "wrong"), [("0", "1", 0), ("-0.5", "1", 0), ("0.5", "0.5", 1), ("0.5", "1.000001", 1)]
)
def test_the_shares_of_milestones_grow_to_at_most_one(first: str, second: str, wrong: int) -> None:
    plan = milestones((date(2020, 6, 30), first), (date(2020, 9, 30), second))
    given().when(listed(milestones=plan)).then_refused(
        "milestone.share_not_growing", field=f"milestones.{wrong}.share"
    )


@pytest.mark.parametrize("share", ["NaN", "sNaN", "Infinity", "0." + "3" * 40])
def test_the_share_of_a_milestone_is_a_sane_number(share: str) -> None:
    given().when(listed(milestones=milestones((date(2020, 6, 30), share)))).then_refused(
        "figure.out_of_range", field="milestones.0.share", says="第1项节点的累计进度"
    )


def test_a_milestone_has_a_title() -> None:
    untitled = replace(milestones((date(2020, 6, 30), "0.5"))[0], title="")
    given().when(listed(milestones=(untitled,))).then_refused("text.empty", field="milestones.0.title")


def test_a_task_has_at_most_fifty_milestones() -> None:
    many = milestones(*((date(2020, 6, 30), f"0.{n:02}") for n in range(1, 52)))
    given().when(listed(milestones=many)).then_refused("task.too_many_milestones", field="milestones")
    given().when(listed(milestones=many[:50])).then(Task.Listed)


# -- made public


def test_the_lead_unit_makes_the_task_public() -> None:
    given(listed()).when(published).then(Task.Published, outlet="潍坊日报")


def test_a_task_is_made_public_once() -> None:
    given(listed(), published).when(published).then_refused("task.published", field="task")


@pytest.mark.parametrize("unit", [SUPPORT, OTHER])
def test_no_other_unit_makes_it_public(unit: Any) -> None:
    given(listed()).when(lambda t: t.publish(unit, "潍坊日报", JUNE)).then_refused(
        "task.publisher_not_lead_unit", field="unit"
    )


def test_a_task_is_made_public_somewhere() -> None:
    given(listed()).when(lambda t: t.publish(LEAD, "", JUNE)).then_refused("text.empty", field="outlet")
