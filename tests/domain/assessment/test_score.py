"""Scores: within their scale, by whom and when, corrected once; and the ledger's score with its inputs."""

from decimal import Decimal
from typing import Any

import pytest

from domain import identifiers
from domain.assessment.score import Evaluation, TaskInput, progress_score, task_input
from tests.domain import examples as city
from tests.domain.assessment.schemes import BASIS, corrected, progressed, scored
from tests.domain.scenario import given

TASK = identifiers.task_id("17.1")
OFFICE = {"component": "third_party", "group_id": None}


def test_a_score_is_a_fact() -> None:
    given().when(scored()).then(
        Evaluation.Scored, score=Decimal("90.5"), grade=None, edition=1, group_id=city.GROUP, basis=None
    )


def test_a_grade_stands_for_its_score() -> None:
    outcome = given().when(scored(score=None, grade="good"))
    outcome.then(Evaluation.Scored, score=Decimal(90), grade="good")


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"score": Decimal("100.0001")}, "evaluation.score_outside", "score"),
        ({"score": Decimal("-0.0001")}, "evaluation.score_outside", "score"),
        ({"score": Decimal("99.99999")}, "evaluation.score_too_fine", "score"),
        ({"score": Decimal("NaN")}, "figure.out_of_range", "score"),
        ({"score": None}, "evaluation.score_or_grade", "score"),
        ({"grade": "good"}, "evaluation.score_or_grade", "score"),
        ({"score": None, "grade": "best"}, "evaluation.grade_unknown", "grade"),
        ({"component": "leaders_evaluation"}, "evaluation.component_unknown", "component"),
        ({"component": "task_progress"}, "evaluation.not_by_hand", "component"),
        ({"component": "third_party"}, "evaluation.not_this_evaluator", "component"),
        ({"group_id": None}, "evaluation.not_this_evaluator", "component"),
        ({"period": "2020-06"}, "evaluation.period_not_begun", "period"),
    ],
)
def test_a_score_that_is_none(changes: dict[str, Any], code: str, field: str) -> None:
    given().when(scored(**changes)).then_refused(code, field)


def test_the_bounds_of_the_scale_are_within_it() -> None:
    for score in ("0", "100", "99.9999"):
        given().when(scored(score=Decimal(score))).then(Evaluation.Scored, score=Decimal(score))


def test_a_score_is_corrected_with_a_reason_once() -> None:
    history = given(scored())
    history.when(corrected()).then(
        Evaluation.Corrected, score=Decimal(80), reason="漏计扣分。", unit_id=city.LEAD, period="2020-04"
    )
    history.when(corrected(score=Decimal(70))).then_refused("evaluation.corrected_already", "evaluation")


def test_a_correction_says_why_and_changes_something() -> None:
    history = given(scored())
    history.when(corrected(reason=" ")).then_refused("text.empty", "reason")
    same = corrected(score=Decimal("90.50"))
    history.when(same).then_refused("evaluation.correction_unchanged", "score")
    history.when(corrected(score=Decimal(101))).then_refused("evaluation.score_outside", "score")


def test_a_group_corrects_its_own_and_the_office_corrects_all() -> None:
    other = identifiers.group_id("group.2")
    history = given(scored())
    history.when(corrected(group_id=other)).then_refused("evaluation.not_your_score", "evaluation")
    history.when(corrected(group_id=None)).then(Evaluation.Corrected, score=Decimal(80))
    given(scored(**OFFICE)).when(corrected()).then_refused("evaluation.not_your_score", "evaluation")


def test_evaluators_score_apart() -> None:
    first = identifiers.evaluation_id(city.LEAD, "2020-04", "supervision", city.GROUP)
    second = identifiers.evaluation_id(city.LEAD, "2020-04", "supervision", identifiers.group_id("group.2"))
    assert len({first, second, identifiers.evaluation_id(city.LEAD, "2020-04", "supervision", None)}) == 3


# -- the ledger's score


@pytest.mark.parametrize(
    ("completion", "expected", "score"),
    [
        ("0.5", "0.5", "100.0000"),
        ("0.9", "0.5", "100.0000"),
        ("0.29", "0.4833", "60.0041"),
        ("0", "0.5", "0.0000"),
        (None, "0.5", None),
        ("0.5", "0", None),
    ],
)
def test_a_task_is_scored_against_what_was_due(
    completion: str | None, expected: str, score: str | None
) -> None:
    made = task_input(TASK, None if completion is None else Decimal(completion), Decimal(expected))
    assert made.score == (None if score is None else Decimal(score))


def test_progress_is_the_mean_of_the_tasks_that_have_a_score() -> None:
    tasks = [
        TaskInput(TASK, None, Decimal(1), None if s is None else Decimal(s))
        for s in (None, "60.0041", "100.0000")
    ]
    # Half even: 80.00205 lies in the middle.
    assert progress_score(tasks) == Decimal("80.0020")
    assert progress_score(tasks[:1]) is None
    assert progress_score([]) is None


def test_progress_is_recorded_with_its_inputs_once_the_month_is_over() -> None:
    outcome = given().when(progressed)
    outcome.then(Evaluation.Scored, component="task_progress", basis=BASIS, score=Decimal("80.0000"))
    early = given().when(lambda _: progressed(_, at=city.MAY))
    early.then_refused("evaluation.period_not_over", "period")
