"""Problems from listed to closed, the month's list, and the joint conference on it."""

from datetime import date
from typing import Any

import pytest

from domain import identifiers
from domain.supervision.conference import Decision, JointConference, ProblemList
from domain.supervision.problem import Problem, ProblemStatus
from tests.domain import examples as city
from tests.domain.scenario import Command, given
from tests.domain.supervised import (
    PERIOD,
    PROBLEM,
    conference_convened,
    measures_planned,
    problem_assigned,
    problem_closed,
    problem_listed,
    problem_resolved,
)

LISTED: tuple[Command, ...] = (problem_listed(),)
ASSIGNED: tuple[Command, ...] = (*LISTED, problem_assigned)
PLANNED: tuple[Command, ...] = (*ASSIGNED, measures_planned)
RESOLVED: tuple[Command, ...] = (*PLANNED, problem_resolved)
CLOSED: tuple[Command, ...] = (*RESOLVED, problem_closed)


def planned_by(unit: Any, deadline: date = city.DEADLINE) -> Command:
    return lambda p: p.plan_measures(unit, "措施。", deadline, city.JUNE)


def resolved_by(unit: Any, on: date = date(2020, 6, 10)) -> Command:
    return lambda p: p.resolve(unit, on, "完成。", city.JUNE)


def discussed(on: date) -> Command:
    return lambda p: p.discuss(on, "意见。", city.JUNE)


def assigned(unit: Any) -> Command:
    return lambda p: p.assign(unit, "", city.JUNE)


def decided(problem: Problem) -> None:
    problem.decide(PROBLEM, "决定。", city.SUPPORT, None, city.JUNE)


def test_a_problem_lives_from_listed_to_closed() -> None:
    outcome = given(*RESOLVED).when(problem_closed).then(Problem.Closed, group_id=city.GROUP)
    assert outcome.aggregate.status is ProblemStatus.CLOSED


@pytest.mark.parametrize(
    ("history", "command", "code", "field"),
    [
        (CLOSED, assigned(city.OTHER), "problem.closed", "problem"),
        (CLOSED, discussed(city.JUNE.date()), "problem.closed", "problem"),
        (CLOSED, decided, "problem.closed", "problem"),
        (RESOLVED, assigned(city.OTHER), "problem.resolved", "problem"),
        (RESOLVED, planned_by(city.LEAD), "problem.resolved", "problem"),
        (ASSIGNED, assigned(city.LEAD), "problem.assignment_unchanged", "unit"),
        (LISTED, planned_by(city.LEAD), "problem.not_assigned", "problem"),
        (ASSIGNED, planned_by(city.OTHER), "problem.not_your_unit", "unit"),
        (ASSIGNED, planned_by(city.LEAD, city.MAY.date()), "problem.deadline_past", "deadline"),
        (ASSIGNED, planned_by(city.LEAD, date.max), "date.out_of_range", "deadline"),
        (ASSIGNED, resolved_by(city.LEAD), "problem.no_measures", "problem"),
        (PLANNED, resolved_by(city.LEAD, date(2020, 5, 1)), "problem.day_outside", "on"),
        (LISTED, discussed(date(2020, 7, 1)), "problem.day_outside", "on"),
        (PLANNED, problem_closed, "problem.not_resolved", "problem"),
        (RESOLVED, lambda p: p.reopen(None, "再查。", city.JUNE), "problem.not_closed", "problem"),
    ],
)
def test_a_problem_goes_its_way_and_no_other(
    history: tuple[Command, ...], command: Command, code: str, field: str
) -> None:
    given(*history).when(command).then_refused(code, field=field)


def test_what_is_returned_or_reopened_is_resolved_again() -> None:
    returned = lambda p: p.return_to_unit(city.GROUP, "未到位。", city.JUNE)  # noqa: E731
    given(*RESOLVED, returned).when(resolved_by(city.LEAD)).then(Problem.Resolved)
    reopened = lambda p: p.reopen(city.GROUP, "反弹。", city.JUNE)  # noqa: E731
    given(*CLOSED, reopened).when(resolved_by(city.LEAD)).then(Problem.Resolved)


def test_a_conference_may_name_the_unit_and_the_deadline() -> None:
    outcome = given(*LISTED).when(decided).then(Problem.Decided, unit_id=city.SUPPORT)
    assert (outcome.aggregate.status, outcome.aggregate.unit_id) == (ProblemStatus.ASSIGNED, city.SUPPORT)


@pytest.mark.parametrize("history", [ASSIGNED, PLANNED])
def test_a_conference_that_names_another_unit_assigns_the_problem_anew(history: tuple[Command, ...]) -> None:
    problem = given(*history).when(decided).aggregate
    assert (problem.status, problem.unit_id) == (ProblemStatus.ASSIGNED, city.SUPPORT)
    # What the unit before had planned is not the other's measures.
    assert problem.deadline is None
    given(*history, decided).when(resolved_by(city.SUPPORT)).then_refused(
        "problem.no_measures", field="problem"
    )


def test_a_unit_does_not_put_off_what_the_conference_has_set() -> None:
    ordered = lambda p: p.decide(PROBLEM, "抓紧。", None, date(2020, 6, 20), city.JUNE)  # noqa: E731
    given(*ASSIGNED, ordered).when(planned_by(city.LEAD, date(2020, 6, 21))).then_refused(
        "problem.deadline_ordered", field="deadline", says="2020年6月20日"
    )
    given(*ASSIGNED, ordered).when(planned_by(city.LEAD, date(2020, 6, 20))).then(Problem.MeasuresPlanned)
    # Once that day has passed, the unit says by when at last.
    late = lambda p: p.plan_measures(city.LEAD, "措施。", date(2020, 7, 31), city.on(7, 1))  # noqa: E731
    given(*ASSIGNED, ordered).when(late).then(Problem.MeasuresPlanned, deadline=date(2020, 7, 31))


def test_a_conference_that_names_the_same_unit_leaves_its_measures() -> None:
    same = lambda p: p.decide(PROBLEM, "抓紧。", city.LEAD, None, city.JUNE)  # noqa: E731
    problem = given(*PLANNED).when(same).aggregate
    assert (problem.status, problem.deadline) == (ProblemStatus.PLANNED, city.JUNE.date())


def test_a_conference_gives_nobody_else_what_is_put_right() -> None:
    given(*RESOLVED).when(decided).then_refused("problem.resolved", field="unit")


@pytest.mark.parametrize("history", [LISTED, ASSIGNED, PLANNED])
def test_a_deadline_of_the_conference_outlives_an_assignment(history: tuple[Command, ...]) -> None:
    ordered = lambda p: p.decide(PROBLEM, "月底前解决。", None, city.DEADLINE, city.JUNE)  # noqa: E731
    assert given(*history, ordered).when(assigned(city.OTHER)).aggregate.deadline == city.DEADLINE
    own = given(*history).when(assigned(city.OTHER)).aggregate
    assert own.deadline is None


# -- the month


@pytest.mark.parametrize(("day", "held"), [(14, False), (15, True), (20, True)])
def test_the_list_is_compiled_from_the_fifteenth_on(day: int, held: bool) -> None:
    outcome = given().when(lambda _: ProblemList.compile(PERIOD, [PROBLEM], city.on(5, day)))
    if held:
        outcome.then(ProblemList.Compiled, period=PERIOD, problem_ids=(PROBLEM,), on=date(2020, 5, day))
    else:
        outcome.then_refused("problem_list.too_early", field="period", says="2020年5月15日")


def test_a_month_is_written_as_one() -> None:
    given().when(lambda _: ProblemList.compile("2020-5", [], city.MAY)).then_refused(
        "period.malformed", field="period"
    )


OTHER = identifiers.problem_id("wt.2")


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"on": date(2020, 5, 19)}, "joint_conference.day_outside", "on"),
        ({"on": date(2020, 6, 11)}, "joint_conference.day_outside", "on"),
        ({"attendee_ids": []}, "joint_conference.nobody", "attendees"),
        ({"attendee_ids": [city.LEAD, city.LEAD]}, "joint_conference.unit_twice", "attendees"),
        ({"decisions": []}, "joint_conference.undecided", "decisions"),
        (
            {"decisions": [Decision(OTHER, "决定。")]},
            "joint_conference.not_on_list",
            "decisions.0.problem",
        ),
        (
            {"decisions": [Decision(PROBLEM, "一。"), Decision(PROBLEM, "二。")]},
            "joint_conference.problem_twice",
            "decisions",
        ),
        ({"open_ids": []}, "problem.closed", "decisions.0.problem"),
        (
            {"decisions": [Decision(PROBLEM, "决定。", None, date(2020, 5, 26))]},
            "problem.deadline_past",
            "decisions.0.deadline",
        ),
        (
            {"decisions": [Decision(PROBLEM, "决定。", None, date.max)]},
            "date.out_of_range",
            "decisions.0.deadline",
        ),
        ({"decisions": [Decision(PROBLEM, "")]}, "text.empty", "decisions.0.text"),
    ],
)
def test_a_conference_decides_on_each_open_problem_of_its_list(
    changes: dict[str, Any], code: str, field: str
) -> None:
    given().when(conference_convened(**changes)).then_refused(code, field=field)


def test_a_conference_is_held_with_its_decisions() -> None:
    outcome = given().when(conference_convened())
    outcome.then(JointConference.Convened, period=PERIOD, on=date(2020, 5, 27))
    assert outcome.aggregate.id == identifiers.joint_conference_id(PERIOD)
