"""Target, deadline and assignment change on an authorising document, and nothing else changes them."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from domain.documents import Document
from domain.indicator import Direction, Indicator, Standing
from domain.schedule import expected
from domain.task import Task
from tests.domain.examples import (
    DEADLINE,
    DOCUMENT,
    LEAD,
    MAY,
    OTHER,
    PM25,
    SUPPORT,
    TOILETS,
    accepted,
    delivered,
    listed,
    milestones,
    reassigned,
    reported,
)
from tests.domain.scenario import given

NEXT_YEAR = date(2021, 6, 30)


def revised(target: str, indicator: str = "toilets", document: Document = DOCUMENT) -> Any:
    return lambda t: t.revise_target(indicator, Decimal(target), document, MAY)


def extended(deadline: date = NEXT_YEAR, anew: Any = None, document: Document = DOCUMENT) -> Any:
    return lambda t: t.extend_deadline(deadline, anew, document, MAY)


def assigned(lead: Any, *supporting: Any, document: Document = DOCUMENT) -> Any:
    return lambda t: t.reassign(lead, supporting, document, MAY)


# -- the document


@pytest.mark.parametrize("change", [revised("1", document=d) for d in [DOCUMENT]] + [extended(), reassigned])
def test_a_change_of_terms_carries_its_document(change: Any) -> None:
    outcome = given(listed()).when(change)
    assert outcome.recorded[0].document == DOCUMENT  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("wrong", "code", "field"),
    [
        (replace(DOCUMENT, number=" "), "text.empty", "document.number"),
        (replace(DOCUMENT, title=""), "text.empty", "document.title"),
        (replace(DOCUMENT, title="长" * 201), "text.too_long", "document.title"),
        (replace(DOCUMENT, issued_on=date(2020, 5, 21)), "document.issued_in_future", "document.issuedOn"),
        (replace(DOCUMENT, issued_on=date.min), "date.out_of_range", "document.issuedOn"),
    ],
)
def test_a_document_has_number_and_title_and_is_not_of_tomorrow(
    wrong: Document, code: str, field: str
) -> None:
    for change in (revised("1", document=wrong), extended(document=wrong), assigned(OTHER, document=wrong)):
        given(listed()).when(change).then_refused(code, field=field)


def test_a_document_of_today_will_do_and_is_recorded_without_outer_blanks() -> None:
    today = Document(" 7号 ", "通知\u3000", MAY.date())
    given(listed()).when(revised("1", document=today)).then(
        Task.TargetRevised, document=Document("7号", "通知", MAY.date())
    )


@pytest.mark.parametrize("change", [revised("1"), extended(), assigned(OTHER)])
def test_the_terms_of_a_closed_task_stay(change: Any) -> None:
    given(listed(), delivered, accepted).when(change).then_refused("task.accepted", field="task")
    given(listed(), delivered).when(change)


# -- target


def test_a_revised_target_measures_what_was_reported_anew() -> None:
    outcome = (
        given(listed(), reported())
        .when(revised("3.8E+4"))
        .then(
            Task.TargetRevised,
            indicator="toilets",
            target=Decimal(38000),
            standings=(
                Standing("toilets", Decimal(28500), "2020-04", Decimal("0.75")),
                Standing("pm25", Decimal(54), "2020-04", Decimal("0.5")),
            ),
            completion=Decimal("0.65"),
        )
    )
    assert outcome.aggregate.indicators == (replace(TOILETS, target=Decimal(38000)), PM25)
    assert str(outcome.aggregate.indicators[0].target) == "38000"


def test_a_target_that_the_text_lost_is_given_by_a_document() -> None:
    lost = Indicator("projects", "引进项目", Direction.AT_LEAST, "个", None, Decimal(100))
    given(listed(indicators=(lost,))).when(revised("10", "projects")).then(
        Task.TargetRevised, completion=Decimal(0)
    )


def test_a_target_revised_within_the_baseline_is_to_be_kept() -> None:
    improved = given(listed(), reported(pm25=54)).when(revised("60", "pm25"))
    improved.then(Task.TargetRevised, completion=Decimal("0.7"))
    improved.when(reported("2020-05", pm25="60.1")).then(Task.ProgressReported, completion=Decimal("0.3"))


def test_a_revision_changes_the_target_of_an_indicator_there_is() -> None:
    given(listed()).when(revised("57000.0")).then_refused("indicator.target_unchanged", field="target")
    given(listed()).when(revised("1", "trees")).then_refused(
        "indicator.unknown", field="indicator", says="该任务无编码为trees的指标"
    )
    given(listed()).when(revised("1", "树\ud800")).then_refused("code.malformed", field="indicator")


@pytest.mark.parametrize("target", ["NaN", "sNaN", "-Infinity", "1E+400000"])
def test_a_revised_target_is_a_sane_number(target: str) -> None:
    given(listed()).when(revised(target)).then_refused("figure.out_of_range", field="target")


def test_a_revised_target_of_what_is_counted_is_not_below_zero() -> None:
    given(listed()).when(revised("-1")).then_refused("indicator.negative_count", field="target")
    given(listed()).when(revised("0")).then(Task.TargetRevised, target=Decimal(0))


# -- deadline


def test_a_deadline_is_extended() -> None:
    outcome = given(listed()).when(extended()).then(Task.DeadlineExtended, deadline=NEXT_YEAR, milestones=())
    assert outcome.aggregate.deadline == NEXT_YEAR


@pytest.mark.parametrize("deadline", [DEADLINE, date(2020, 12, 30)])
def test_an_extended_deadline_is_later(deadline: date) -> None:
    given(listed()).when(extended(deadline)).then_refused(
        "task.deadline_not_later", field="deadline", says="2020年12月31日"
    )
    given(listed()).when(extended(date(2200, 1, 1))).then_refused("date.out_of_range", field="deadline")


def test_milestones_are_kept_when_they_leave_something_for_the_new_deadline() -> None:
    half = milestones((date(2020, 6, 30), "0.5"))
    given(listed(milestones=half)).when(extended()).then(Task.DeadlineExtended, milestones=half)


def test_milestones_that_leave_nothing_for_the_new_deadline_are_given_anew() -> None:
    whole = milestones((date(2020, 6, 30), "0.5"), (DEADLINE, "1"))
    anew = milestones((date(2020, 6, 30), "0.4"), (date(2021, 3, 31), "0.9"))
    scenario = given(listed(milestones=whole))
    scenario.when(extended()).then_refused("task.milestones_outdated", field="milestones")
    scenario.when(extended(anew=anew)).then(Task.DeadlineExtended, milestones=anew)
    task = scenario.aggregate
    assert expected(task.start, task.deadline, task.milestones, DEADLINE).figure == Decimal("0.4")


def test_milestones_given_anew_may_be_those_there_were_or_none() -> None:
    whole = milestones((DEADLINE, "1"))
    given(listed(milestones=whole)).when(extended(anew=whole)).then(Task.DeadlineExtended, milestones=whole)
    given(listed(milestones=whole)).when(extended(anew=())).then(Task.DeadlineExtended, milestones=())


def test_milestones_given_anew_lie_within_the_new_deadline() -> None:
    given(listed()).when(extended(anew=milestones((date(2021, 7, 1), "1")))).then_refused(
        "milestone.out_of_order", field="milestones.0.due"
    )
    given(listed()).when(extended(anew=milestones((NEXT_YEAR, "1")))).then(Task.DeadlineExtended)


# -- assignment


def test_a_task_is_assigned_to_other_units() -> None:
    outcome = (
        given(listed())
        .when(assigned(OTHER, LEAD))
        .then(Task.Reassigned, lead_unit_id=OTHER, supporting_unit_ids=(LEAD,))
    )
    assert outcome.aggregate.lead_unit_id == OTHER


def test_a_reassignment_names_each_unit_once() -> None:
    given(listed()).when(assigned(OTHER, SUPPORT, SUPPORT)).then_refused(
        "task.unit_twice", field="supportingUnits"
    )


def test_the_same_units_in_another_order_are_no_reassignment() -> None:
    scenario = given(listed(supporting_unit_ids=(SUPPORT, OTHER)))
    scenario.when(assigned(LEAD, OTHER, SUPPORT)).then_refused("task.assignment_unchanged", field="leadUnit")
    scenario.when(assigned(LEAD, OTHER)).then(Task.Reassigned)
