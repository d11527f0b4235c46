"""Cards: the scheme, the climb up the ladder, repetition, by hand; urges; what a sweep decides."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from domain import identifiers
from domain.supervision.card_scheme import DEFAULT, GREEN, RED, YELLOW, CardScheme, Repetition, Scheme
from domain.supervision.cards import Cards, Cause, Figures, earned
from domain.supervision.sweep import Sweep, Tally, TaskOnDay, figures, task_on_day, urges_due
from domain.supervision.urge import Occasion, Urge
from tests.domain import examples as city
from tests.domain.scenario import Command, given
from tests.domain.supervised import (
    BEHIND,
    FAR_BEHIND,
    FINE,
    adopted,
    cards_opened,
    lifted,
    scheme_opened,
    shown,
    swept,
    urged,
)

KEY = replace(DEFAULT, key_task_steps=1)
TWICE_YELLOW = DEFAULT.repetitions[0]
OVERDUE = Figures(Decimal("0.9"), Decimal(1), Decimal("-0.1"), 16, 0)

# -- the scheme


def scheme(**changes: Any) -> Scheme:
    return replace(DEFAULT, **changes)


@pytest.mark.parametrize(
    ("wrong", "code", "field"),
    [
        (scheme(levels=(GREEN,)), "card_scheme.ladder_size", "levels"),
        (scheme(levels=(GREEN, YELLOW, replace(RED, code="yellow"))), "card_scheme.level_twice", "levels"),
        (scheme(levels=(YELLOW, RED)), "card_scheme.first_level", "levels.0"),
        (scheme(levels=(GREEN, RED, YELLOW)), "card_scheme.not_growing", "levels.2"),
        (
            scheme(levels=(GREEN, replace(YELLOW, behind=Decimal("1.1")))),
            "card_scheme.threshold_out_of_range",
            "levels.1.behind",
        ),
        (
            scheme(levels=(GREEN, replace(YELLOW, overdue_days=0))),
            "card_scheme.threshold_out_of_range",
            "levels.1.overdueDays",
        ),
        (
            scheme(levels=(GREEN, replace(YELLOW, points=Decimal(1)))),
            "card_scheme.points_out_of_range",
            "levels.1.points",
        ),
        (scheme(repeat_days=6), "card_scheme.days_out_of_range", "repeatDays"),
        (scheme(urge_days_before=(3, 3)), "card_scheme.days_out_of_range", "urgeDaysBefore"),
        (scheme(report_grace_days=0), "card_scheme.days_out_of_range", "reportGraceDays"),
        (scheme(key_task_steps=2), "card_scheme.key_task_steps", "keyTaskSteps"),
        (
            scheme(repetitions=(TWICE_YELLOW, TWICE_YELLOW)),
            "card_scheme.repetition_twice",
            "repetitions",
        ),
        (
            scheme(repetitions=(replace(TWICE_YELLOW, times=1),)),
            "card_scheme.times_out_of_range",
            "repetitions.0.times",
        ),
        (
            scheme(repetitions=(Repetition("red", 2, escalates_to="yellow"),)),
            "card_scheme.escalates_downward",
            "repetitions.0.escalatesTo",
        ),
        (scheme(repetitions=(Repetition("red", 2),)), "card_scheme.repetition_empty", "repetitions.0"),
        (
            scheme(repetitions=(Repetition("blue", 2, interview=True),)),
            "card.unknown_level",
            "repetitions.0.level",
        ),
    ],
)
def test_a_scheme_that_is_no_ladder_is_refused(wrong: Scheme, code: str, field: str) -> None:
    given(scheme_opened).when(adopted(wrong)).then_refused(code, field=field)


def test_a_scheme_is_adopted_edition_by_edition() -> None:
    four = scheme(levels=(GREEN, replace(YELLOW, code="blue"), YELLOW, RED))
    given(scheme_opened, adopted()).when(adopted(four)).then(CardScheme.Adopted, edition=2, scheme=four)


def test_the_same_scheme_is_no_new_edition() -> None:
    given(scheme_opened, adopted()).when(adopted()).then_refused("card_scheme.unchanged", field="levels")


def test_a_later_edition_keeps_the_levels_of_cards_that_stand() -> None:
    without = scheme(levels=(GREEN, RED), repetitions=())
    given(scheme_opened, adopted()).when(adopted(without)).then_refused(
        "card_scheme.level_dropped", field="levels"
    )


def test_without_a_scheme_nothing_is_in_force() -> None:
    given(scheme_opened).when(lambda s: s.require_in_force()).then_refused("card_scheme.none_adopted")


# -- the climb


@pytest.mark.parametrize(
    ("told", "step"),
    [
        (FINE, 0),
        (replace(FINE, deviation=Decimal("-0.0999")), 0),
        (replace(FINE, deviation=Decimal("-0.1")), 1),
        (replace(FINE, deviation=Decimal("-0.25")), 2),
        (replace(FINE, days_overdue=1), 1),
        (replace(FINE, days_overdue=15), 2),
        (replace(FINE, reports_missing=1), 0),
        (replace(FINE, reports_missing=2), 1),
        (replace(FINE, reports_missing=3), 2),
        (replace(FINE, deviation=None), 0),
    ],
)
def test_the_figures_earn_the_highest_level_of_which_a_threshold_is_met(told: Figures, step: int) -> None:
    assert earned(DEFAULT, told) == step


def test_a_card_is_shown_when_a_threshold_is_met() -> None:
    outcome = given(cards_opened).when(swept(BEHIND))
    outcome.then(
        Cards.Raised,
        level="yellow",
        points=Decimal(-1),
        cause=Cause.FIGURES,
        times=1,
        on=city.MAY.date(),
        edition=1,
        figures=BEHIND,
        unit_id=city.LEAD,
    )


def test_a_task_in_order_has_no_card() -> None:
    assert given(cards_opened).when(swept(FINE)).recorded == []


def test_the_same_day_twice_changes_nothing() -> None:
    assert given(cards_opened, swept(BEHIND)).when(swept(BEHIND)).recorded == []


def test_a_card_climbs_step_by_step() -> None:
    given(cards_opened).when(swept(FAR_BEHIND)).then(Cards.Raised, level="yellow")
    given(cards_opened, swept(FAR_BEHIND)).when(swept(FAR_BEHIND, 1)).then(
        Cards.Escalated, previous="yellow", level="red", points=Decimal(-2), cause=Cause.FIGURES
    )


def test_a_key_task_enters_higher() -> None:
    given(cards_opened).when(swept(BEHIND, scheme=KEY, key_task=True)).then(Cards.Raised, level="red")
    given(cards_opened).when(swept(BEHIND, scheme=KEY)).then(Cards.Raised, level="yellow")


def test_a_card_is_lifted_when_the_figures_are_in_order() -> None:
    given(cards_opened, swept(BEHIND)).when(swept(FINE, 3)).then(
        Cards.Lifted, level="yellow", figures=FINE, on=(city.MAY + timedelta(3)).date(), group_id=None
    )


def test_a_card_does_not_step_down() -> None:
    history = (cards_opened, swept(FAR_BEHIND), swept(FAR_BEHIND, 1))
    assert given(*history).when(swept(BEHIND, 2)).recorded == []


def test_a_delivered_task_has_no_card() -> None:
    given(cards_opened, swept(BEHIND)).when(swept(None, 3)).then(Cards.Lifted, figures=None)
    assert given(cards_opened).when(swept(None, 3)).recorded == []


# -- repetition


def test_a_card_that_stands_is_shown_again() -> None:
    patient = scheme(repetitions=())
    before = (cards_opened, swept(BEHIND, scheme=patient))
    assert given(*before).when(swept(BEHIND, 29, patient)).recorded == []
    given(*before).when(swept(BEHIND, 30, patient)).then(Cards.Repeated, level="yellow", times=2)


def test_two_yellows_make_a_red() -> None:
    history = (cards_opened, swept(BEHIND), swept(FINE, 1))
    given(*history).when(swept(BEHIND, 2)).then(
        Cards.Raised, level="red", cause=Cause.REPETITION, repeated="yellow", times=1
    )
    given(cards_opened, swept(BEHIND)).when(swept(BEHIND, 30)).then(
        Cards.Escalated, level="red", cause=Cause.REPETITION, repeated="yellow"
    )


def test_the_count_begins_anew_after_it_has_escalated() -> None:
    history = (cards_opened, swept(BEHIND), swept(BEHIND, 30), swept(FINE, 31))
    given(*history).when(swept(BEHIND, 32)).then(Cards.Raised, level="yellow", times=1)


def test_three_reds_bring_an_interview_and_a_written_report() -> None:
    history = (cards_opened, swept(OVERDUE), swept(OVERDUE, 1), swept(OVERDUE, 31))
    outcome = given(*history).when(swept(OVERDUE, 61))
    assert [type(event) for event in outcome.recorded] == [Cards.Repeated, Cards.InterviewOrdered]
    ordered = outcome.recorded[1]
    assert isinstance(ordered, Cards.InterviewOrdered)
    assert (ordered.level, ordered.times, ordered.written_report) == ("red", 3, True)
    late = city.MAY + timedelta(70)
    outcome.when(lambda c: c.conduct_interview(late.date(), "已约谈。", late)).then(Cards.InterviewConducted)
    outcome.when(lambda c: c.conduct_interview(late.date(), "再谈。", late)).then_refused(
        "card.no_interview_ordered", field="task"
    )
    outcome.when(lambda c: c.submit_written_report(city.LEAD, "说明。", late)).then(
        Cards.WrittenReportSubmitted
    )
    outcome.when(lambda c: c.submit_written_report(city.LEAD, "说明。", late)).then_refused(
        "card.no_report_ordered", field="task"
    )


def test_an_interview_is_not_recorded_before_it_is_held() -> None:
    eager = scheme(repetitions=(Repetition("yellow", 2, interview=True),))
    history = (cards_opened, swept(BEHIND, scheme=eager), swept(BEHIND, 30, eager))
    given(*history).when(lambda c: c.conduct_interview(city.JUNE.date(), "约谈。", city.MAY)).then_refused(
        "supervision.not_yet", field="on"
    )
    given(*history).when(lambda c: c.conduct_interview(date.min, "约谈。", city.MAY)).then_refused(
        "date.out_of_range", field="on"
    )


# -- by hand


def test_a_group_shows_a_card_with_a_reason() -> None:
    given(cards_opened).when(shown("yellow")).then(
        Cards.Raised, level="yellow", cause=Cause.HAND, group_id=city.GROUP, reason="现场督导发现停工"
    )
    given(cards_opened).when(shown("yellow", reason=" ")).then_refused("text.empty", field="reason")


@pytest.mark.parametrize(
    ("before", "level", "code"),
    [
        ((), "red", "card.ladder_skipped"),
        ((), "green", "card.first_level"),
        ((), "blue", "card.unknown_level"),
        ((shown("yellow"),), "yellow", "card.not_higher"),
    ],
)
def test_a_card_by_hand_goes_one_step_up(before: tuple[Command, ...], level: str, code: str) -> None:
    given(cards_opened, *before).when(shown(level)).then_refused(code, field="level")


def test_what_skips_the_ladder_hears_the_next_step() -> None:
    given(cards_opened).when(shown("red")).then_refused("card.ladder_skipped", field="level", says="黄牌")


def test_what_a_hand_has_shown_only_a_hand_lifts() -> None:
    assert given(cards_opened, shown("yellow")).when(swept(FINE, 1)).recorded == []
    given(cards_opened, shown("yellow")).when(lifted(2)).then(Cards.Lifted, group_id=city.GROUP)


def test_what_a_hand_has_lifted_the_figures_leave_alone_for_a_while() -> None:
    history = (cards_opened, swept(BEHIND), lifted(1))
    assert given(*history).when(swept(BEHIND, 31)).recorded == []
    given(*history).when(swept(BEHIND, 32)).then(Cards.Raised, level="red", cause=Cause.REPETITION)


def test_there_must_be_a_card_to_lift() -> None:
    given(cards_opened).when(lifted()).then_refused("card.none_shown", field="task")


# -- the figures of a day


def test_the_figures_are_those_of_the_schedule() -> None:
    task = city.listed()(None)
    told = figures(task_on_day(task), DEFAULT, date(2020, 6, 4))
    assert (told.reports_missing, told.days_overdue) == (2, 0)
    assert told.expected == Decimal("0.2527")
    assert figures(task_on_day(task), DEFAULT, date(2020, 6, 5)).reports_missing == 3
    assert task_on_day(city.listed(key_task=True)(None)).key_task


# -- urges


def on_day(**changes: Any) -> TaskOnDay:
    return replace(task_on_day(city.listed()(None)), **{"reported_months": (24242, 24243), **changes})


def due(task: TaskOnDay, on: date, known: tuple[Any, ...] = ()) -> list[tuple[str, str]]:
    found = urges_due(task, DEFAULT, 1, known, on, city.MAY)
    return [(e.occasion.value, str(e.due)) for urge in found for e in urge.collect_events()]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("on", "occasions"),
    [
        (date(2020, 5, 20), []),
        (date(2020, 6, 4), []),
        (date(2020, 6, 5), [("report_missing", "2020-06-05")]),
    ],
)
def test_a_missing_report_is_urged_after_the_days_of_grace(
    on: date, occasions: list[tuple[str, str]]
) -> None:
    assert due(on_day(), on) == occasions


def test_an_urge_names_the_month_that_is_missing() -> None:
    """April was reported and March never: in June that is not last month's."""
    task = on_day(start=date(2020, 3, 1), reported_months=(24243, 24244))
    (urge,) = urges_due(task, DEFAULT, 1, (), date(2020, 6, 10), city.MAY)
    (issued,) = urge.collect_events()
    assert issued.text == "2020年3月进度尚未报送，请立即补报。"  # type: ignore[attr-defined]


def test_a_deadline_is_urged_twice() -> None:
    task = on_day(reported_months=tuple(range(24242, 24252)))
    days = {day: due(task, date(2020, 12, day)) for day in (15, 16, 28, 31)}
    assert days == {
        15: [],
        16: [("deadline", "2020-12-31")],
        28: [("deadline", "2020-12-31")],
        31: [("deadline", "2020-12-31")],
    }
    first = identifiers.urge_id(task.id, "deadline/2020-12-31/15")
    assert due(task, date(2020, 12, 20), (first,)) == []
    assert due(task, date(2020, 12, 28), (first,)) == [("deadline", "2020-12-31")]


def test_nobody_is_urged_for_what_is_delivered() -> None:
    assert due(on_day(in_progress=False), date(2020, 12, 30)) == []


def test_the_unit_that_was_urged_acknowledges_once() -> None:
    acknowledged = lambda u: u.acknowledge(city.LEAD, "", city.JUNE)  # noqa: E731
    given(urged).when(acknowledged).then(Urge.Acknowledged, unit_id=city.LEAD)
    given(urged, acknowledged).when(acknowledged).then_refused("urge.acknowledged", field="urge")
    given(urged).when(lambda u: u.acknowledge(city.OTHER, "", city.JUNE)).then_refused(
        "urge.not_your_unit", field="unit"
    )
    assert urged(None).acknowledged is False
    assert Occasion.HAND.value == "hand"


# -- what lifting does to the points


def test_points_stay_when_a_card_is_lifted() -> None:
    history = (cards_opened, swept(BEHIND))
    given(*history).when(swept(FINE, 3)).then(Cards.Lifted, taken_back=())
    given(*history).when(lifted(1)).then(Cards.Lifted, taken_back=(), mistaken=False)


def test_a_card_shown_in_error_takes_the_points_of_all_its_showings_back() -> None:
    # An earlier card keeps its own.
    history = (cards_opened, swept(BEHIND), lifted(1), shown("yellow", 2), swept(BEHIND, 32))
    given(*history).when(lifted(33, mistaken=True)).then(Cards.Lifted, taken_back=(4, 5), mistaken=True)


def test_a_card_shown_in_error_is_no_first_of_two_and_no_third_of_three() -> None:
    in_error = (cards_opened, swept(BEHIND), lifted(1, mistaken=True))
    given(*in_error).when(swept(BEHIND, 32)).then(Cards.Raised, level="yellow", times=1, repeated=None)
    in_truth = (cards_opened, swept(BEHIND), lifted(1))
    given(*in_truth).when(swept(BEHIND, 32)).then(Cards.Raised, level="red", repeated="yellow")
    # The second yellow was the error: the first one counts on.
    second = (*in_truth, swept(BEHIND, 32), lifted(33, mistaken=True))
    given(*second).when(swept(BEHIND, 64)).then(Cards.Raised, level="red", repeated="yellow")


def test_an_interview_that_only_an_error_has_brought_is_not_due() -> None:
    scheme = replace(DEFAULT, repetitions=(Repetition("yellow", 2, interview=True, written_report=True),))
    once = (cards_opened, swept(BEHIND, 0, scheme), lifted(1, scheme=scheme), swept(BEHIND, 32, scheme))
    told = lambda c: c.conduct_interview(city.JUNE.date(), "约谈记录。", city.JUNE)  # noqa: E731
    given(*once).when(told).then(Cards.InterviewConducted)
    given(*once, lifted(33, scheme=scheme)).when(told).then(Cards.InterviewConducted)
    in_error = (*once, lifted(33, scheme=scheme, mistaken=True))
    given(*in_error).when(told).then_refused("card.no_interview_ordered", field="task")
    given(*in_error).when(lambda c: c.submit_written_report(city.LEAD, "说明。", city.JUNE)).then_refused(
        "card.no_report_ordered", field="task"
    )


def test_a_scheme_may_let_points_end_with_the_card() -> None:
    ends = replace(DEFAULT, points_end_with_card=True)
    given(cards_opened, swept(BEHIND)).when(swept(FINE, 3, ends)).then(Cards.Lifted, taken_back=(2,))
    given(cards_opened, swept(BEHIND)).when(lifted(1, scheme=ends)).then(
        Cards.Lifted, taken_back=(2,), mistaken=False
    )


def test_a_showing_says_whether_it_is_at_the_top_of_the_ladder() -> None:
    given(cards_opened).when(swept(BEHIND)).then(Cards.Raised, level="yellow", highest=False)
    history = (cards_opened, swept(FAR_BEHIND))
    given(*history).when(swept(FAR_BEHIND, 1)).then(Cards.Escalated, level="red", highest=True)
    given(*history, swept(FAR_BEHIND, 1)).when(swept(FAR_BEHIND, 31)).then(Cards.Repeated, highest=True)


# -- the sweep of a day


def test_a_day_from_before_the_log_is_not_swept() -> None:
    def of(on: date, position: int) -> Command:
        return lambda _: Sweep.conduct(on, position, 1, Tally(), city.MAY)

    given().when(of(date(1020, 5, 19), 0)).then_refused("sweep.before_the_log", field="day", says="1020年")
    given().when(of(city.MAY.date() - timedelta(days=1), 0)).then(Sweep.Conducted, position=0)
    given().when(of(date(1020, 5, 19), 1)).then(Sweep.Conducted, position=1)
