"""Visits and findings, question time, inquiries, appraisal from outside, learning, terms on task forces."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from domain import identifiers
from domain.campaign import Campaign, TaskForceMember, TaskForceRole
from domain.supervision.appraisal import GradeCount, PanelGroup, PanelSeats, UnitScore
from domain.supervision.exchange import MOST_QUESTIONS
from domain.supervision.inquiry import InquiryRating
from domain.supervision.learning import TrainingCourse
from domain.supervision.question_time import QuestionRota, QuestionTime
from domain.supervision.visit import MOST_FINDINGS, FindingKind, Visit
from tests.domain import examples as city
from tests.domain import supervised as x
from tests.domain.scenario import Command, given

LATE = city.JUNE
FORMED: tuple[Command, ...] = (city.launched(), lambda c: c.form_task_force(city.members(), city.MARCH))
SESSION: tuple[Command, ...] = (x.session_scheduled,)
ASKED: tuple[Command, ...] = (*SESSION, x.asked)
ANSWERED: tuple[Command, ...] = (*ASKED, x.answered)
INQUIRY: tuple[Command, ...] = (x.inquiry_convened(),)


def answers(unit: Any, number: int = 1, at: Any = LATE) -> Command:
    return lambda s: s.answer(number, unit, "答复。", at)


def completes(unit: Any, number: int = 1) -> Command:
    return lambda s: s.complete_follow_up(number, unit, "办结。", LATE)


def rates(unit: Any, at: Any = LATE) -> Command:
    return lambda i: i.rate(unit, InquiryRating.SATISFIED, "", at)


def results(*grades: GradeCount) -> Command:
    return lambda a: a.record_result(grades, "", LATE)


def reports(*scores: UnitScore) -> Command:
    return lambda e: e.report(LATE.date(), "报告。", scores, LATE)


def panel(*seats: PanelSeats) -> Command:
    return x.appraisal_scheduled(panel=seats)


DEPUTIES = PanelSeats(PanelGroup.DEPUTIES, 20)
GOOD = GradeCount(city.LEAD, "好", 20)
PUBLISHED = lambda e: e.publish("潍坊日报", LATE)  # noqa: E731
FULL = (x.visited(), *(x.found(FindingKind.PROGRESS) for _ in range(MOST_FINDINGS)))
PERSON: dict[str, Any] = {"official_id": city.OFFICIALS[0]}
TALKATIVE = (*SESSION, *[x.asked] * MOST_QUESTIONS)
NEW = TaskForceMember(city.OFFICIALS[8], TaskForceRole.STAFF, date(2020, 6, 1))


def scheduled_on(day: date) -> Command:
    return lambda _: TrainingCourse.schedule("course.1", "培训", day, city.LEAD, None, city.MAY)


def appointed(**changes: Any) -> Command:
    return lambda c: c.appoint_member(replace(NEW, **changes), LATE)


def released(official: Any, until: date = date(2020, 5, 31)) -> Command:
    return lambda c: c.release_member(official, until, LATE)


# What the driver takes for infinities.
FIRST, LAST = date.min, date.max
REFUSED: list[tuple[tuple[Command, ...], Command, str, str]] = [
    # visits
    ((), x.visited(unit_ids=[]), "visit.nobody", "units"),
    ((), x.visited(unit_ids=[city.LEAD] * 2), "visit.unit_twice", "units"),
    ((), x.visited(on=date(2020, 5, 21)), "supervision.not_yet", "on"),
    ((x.visited(),), x.found(unit_id=city.OTHER), "visit.unit_not_visited", "unit"),
    ((x.visited(),), x.found(group_id=city.OTHER), "visit.not_your_group", "group"),
    ((x.visited(),), x.found(**PERSON), "finding.official_of_other_kind", "official"),
    (
        (x.visited(),),
        x.found(FindingKind.OPINION, problem_id=x.PROBLEM),
        "finding.lists_no_problem",
        "problemCode",
    ),
    (FULL, x.found(), "visit.too_many_findings", "visit"),
    # question time
    ((x.rota_opened,), lambda r: r.assign_turn(city.START, {}, None, LATE), "question_time.nobody", "unit"),
    ((x.rota_opened, x.turn(city.START)), x.turn(city.START), "question_time.week_taken", "day"),
    (
        (x.rota_opened, x.turn(city.START)),
        x.turn(date(2020, 4, 2), city.LEAD),
        "question_time.turn_taken",
        "unit",
    ),
    ((x.rota_opened,), x.turn(city.START, city.GROUP), "unit.has_no_leading_official", "unit"),
    (SESSION, answers(city.LEAD), "question.unknown", "number"),
    (ASKED, answers(city.OTHER), "question.not_your_unit", "unit"),
    (ANSWERED, answers(city.LEAD), "question.answered", "number"),
    (ASKED, answers(city.LEAD, at=city.MAY), "question_time.not_held_yet", "session"),
    (TALKATIVE, x.asked, "question.too_many", "text"),
    (
        SESSION,
        lambda s: s.assign_follow_up(city.LEAD, "办。", city.MAY.date(), LATE),
        "follow_up.deadline_past",
        "deadline",
    ),
    (SESSION, completes(city.LEAD), "follow_up.unknown", "number"),
    ((*SESSION, x.promised), completes(city.OTHER), "follow_up.not_your_unit", "unit"),
    ((*SESSION, x.promised, x.kept), completes(city.LEAD), "follow_up.completed", "number"),
    (SESSION, lambda s: s.conclude(LATE), "question_time.no_question", "session"),
    (ASKED, lambda s: s.conclude(LATE), "question_time.unanswered", "session"),
    (ASKED, lambda s: s.conclude(city.MAY), "question_time.not_held_yet", "session"),
    ((*ANSWERED, lambda s: s.conclude(LATE)), x.asked, "question_time.concluded", "session"),
    # inquiries
    ((), x.inquiry_convened(departments=[city.LEAD]), "inquiry.too_few_departments", "units"),
    ((), x.inquiry_convened(unit_ids=[city.LEAD]), "inquiry.too_few_departments", "units"),
    ((), x.inquiry_convened(unit_ids=[city.LEAD] * 2), "inquiry.unit_twice", "units"),
    (INQUIRY, lambda i: i.ask(city.OTHER, "问。", "", LATE), "inquiry.unit_not_asked", "unit"),
    (INQUIRY, rates(city.LEAD), "inquiry.not_questioned", "unit"),
    ((*INQUIRY, x.asked_by_squad), rates(city.LEAD), "inquiry.unanswered", "unit"),
    ((*INQUIRY, x.asked_by_squad, x.answered, x.rated), rates(city.LEAD), "inquiry.rated", "unit"),
    (
        (x.inquiry_convened(on=date(2020, 6, 11)), x.asked_by_squad, x.answered),
        rates(city.LEAD),
        "inquiry.not_held_yet",
        "inquiry",
    ),
    # third parties
    ((), x.commissioned(unit_ids=[]), "appraisal.no_unit", "units"),
    ((), x.commissioned(unit_ids=[city.LEAD] * 2), "appraisal.unit_twice", "units"),
    ((x.commissioned(),), reports(), "third_party_evaluation.not_these_units", "scores"),
    (
        (x.commissioned(),),
        reports(UnitScore(city.LEAD, Decimal(101), "依据。")),
        "third_party_evaluation.score_out_of_range",
        "scores.0.score",
    ),
    ((x.commissioned(), x.evaluated), x.evaluated, "third_party_evaluation.reported", "evaluation"),
    ((x.commissioned(),), PUBLISHED, "third_party_evaluation.not_reported", "evaluation"),
    ((x.commissioned(), x.evaluated, PUBLISHED), PUBLISHED, "supervision.published", "evaluation"),
    # public appraisal
    ((), panel(), "public_appraisal.no_panel", "panel"),
    ((), panel(DEPUTIES, DEPUTIES), "public_appraisal.group_twice", "panel"),
    ((), panel(replace(DEPUTIES, seats=0)), "public_appraisal.seats_out_of_range", "panel"),
    ((x.appraisal_scheduled(),), results(), "public_appraisal.units", "grades"),
    ((x.appraisal_scheduled(),), results(GOOD, GOOD), "public_appraisal.grade_twice", "grades"),
    (
        (x.appraisal_scheduled(),),
        results(replace(GOOD, count=1), replace(GOOD, grade=" 好 ", count=1)),
        "public_appraisal.grade_twice",
        "grades",
    ),
    (
        (x.appraisal_scheduled(),),
        results(replace(GOOD, count=31)),
        "public_appraisal.too_many_ballots",
        "grades",
    ),
    (
        (x.appraisal_scheduled(),),
        results(replace(GOOD, count=-1)),
        "public_appraisal.count_out_of_range",
        "grades.0.count",
    ),
    ((x.appraisal_scheduled(), x.appraised), x.appraised, "public_appraisal.recorded", "appraisal"),
    (
        (x.appraisal_scheduled(on=date(2020, 6, 11)),),
        x.appraised,
        "public_appraisal.not_held_yet",
        "appraisal",
    ),
    ((x.appraisal_scheduled(),), PUBLISHED, "public_appraisal.no_result", "appraisal"),
    # learning
    ((x.nominated, x.selected), x.selected, "exemplary_case.selected", "case"),
    ((x.nominated,), PUBLISHED, "exemplary_case.not_selected", "case"),
    ((), x.exchanged(case_ids=[]), "exchange_meeting.no_case", "cases"),
    ((), x.exchanged(case_ids=[x.PROBLEM] * 2), "exchange_meeting.case_twice", "cases"),
    (
        (x.course_scheduled, lambda c: c.cancel("取消。", city.MAY)),
        lambda c: c.complete(LATE.date(), 9, LATE),
        "training_course.not_scheduled",
        "course",
    ),
    (
        (x.course_scheduled,),
        lambda c: c.complete(LATE.date(), 0, LATE),
        "training_course.attendance",
        "attendance",
    ),
    (
        (x.course_scheduled,),
        lambda c: c.require_of(city.OTHER),
        "training_course.not_your_unit",
        "unit",
    ),
    # days that nobody counts
    ((), x.visited(on=FIRST), "date.out_of_range", "on"),
    ((x.rota_opened,), x.turn(LAST), "date.out_of_range", "day"),
    (SESSION, lambda s: s.assign_follow_up(city.LEAD, "办。", LAST, LATE), "date.out_of_range", "deadline"),
    ((), x.inquiry_convened(on=LAST), "date.out_of_range", "on"),
    ((), x.commissioned(due=LAST), "date.out_of_range", "due"),
    ((x.commissioned(),), lambda e: e.report(FIRST, "报告。", [], LATE), "date.out_of_range", "on"),
    ((), x.appraisal_scheduled(on=FIRST), "date.out_of_range", "on"),
    ((), x.exchanged(on=FIRST), "date.out_of_range", "on"),
    ((), scheduled_on(LAST), "date.out_of_range", "on"),
    ((x.course_scheduled,), lambda c: c.complete(FIRST, 9, LATE), "date.out_of_range", "on"),
    # task forces
    (FORMED, appointed(official_id=city.OFFICIALS[1]), "task_force.member_twice", "official"),
    ((*FORMED, appointed(official_id=city.LEAD)), appointed(), "task_force.full", "official"),
    (FORMED, appointed(role=TaskForceRole.LEADER), "task_force.leader_in_office", "role"),
    (FORMED, appointed(until=date(2020, 5, 1)), "task_force.term_ends_before_start", "until"),
    (FORMED, released(city.LEAD), "task_force.no_member", "official"),
    (
        FORMED,
        released(city.OFFICIALS[1], date(2020, 1, 1)),
        "task_force.term_ends_before_start",
        "until",
    ),
]


@pytest.mark.parametrize(("history", "command", "code", "field"), REFUSED)
def test_bad_input_is_refused_with_its_code(
    history: tuple[Command, ...], command: Command, code: str, field: str
) -> None:
    given(*history).when(command).then_refused(code, field=field)


def test_a_new_member_takes_the_place_that_has_been_free_the_longest() -> None:
    history = (*FORMED, appointed(official_id=city.LEAD))
    # The first to be named is still in office, and no longer when the new one comes.
    leaving = released(city.OFFICIALS[1], date(2020, 6, 20)), released(city.OFFICIALS[3], date(2020, 5, 31))
    given(*history, *leaving).when(appointed(since=date(2020, 6, 21))).then(Campaign.MemberAppointed, place=3)


# -- the rota


def test_every_head_is_on_once_before_any_is_on_twice() -> None:
    rota = x.rota_opened(None)
    weeks = [city.START + timedelta(7 * n) for n in range(7)]
    on = [x.turn(week)(rota) for week in weeks]
    assert on[:3] == on[3:6] == list(x.HEADS)
    assert on[6] == on[0]
    assert rota.round == 3


def test_a_head_may_come_earlier_in_the_round() -> None:
    given(x.rota_opened).when(x.turn(city.START, city.OTHER)).then(
        QuestionRota.TurnAssigned, unit_id=city.OTHER, round=1, week=date(2020, 3, 23)
    )
    given(x.rota_opened, x.turn(city.START, city.OTHER)).when(x.turn(date(2020, 4, 2))).then(
        QuestionRota.TurnAssigned, unit_id=city.LEAD
    )


def test_a_session_is_concluded_when_all_is_answered() -> None:
    given(*ANSWERED).when(lambda s: s.conclude(LATE)).then(QuestionTime.Concluded, on=LATE.date())


# -- findings


def test_a_finding_is_of_one_of_five_kinds() -> None:
    assert len(FindingKind) == 5
    outcome = given(x.visited()).when(x.found(FindingKind.PERSON, **PERSON))
    outcome.then(Visit.FindingRecorded, official_id=city.OFFICIALS[0], problem_id=None)
    assert outcome.answer == identifiers.finding_id(identifiers.visit_id("dd.1"), 2)


# -- task forces


def test_a_place_that_was_left_is_taken_anew() -> None:
    first = city.OFFICIALS[1]
    given(*FORMED, appointed(official_id=city.LEAD), released(first)).when(appointed()).then(
        Campaign.MemberAppointed, place=1, member=NEW
    )


def test_a_free_place_is_taken_first() -> None:
    given(*FORMED).when(appointed()).then(Campaign.MemberAppointed, place=7)


def test_a_leader_is_followed_by_another() -> None:
    leader = city.members()[0]
    assert leader.role is TaskForceRole.LEADER
    given(*FORMED, released(leader.official_id)).when(appointed(role=TaskForceRole.LEADER)).then(
        Campaign.MemberAppointed
    )


# -- courses


def test_a_course_is_held() -> None:
    given(x.course_scheduled).when(lambda c: c.complete(LATE.date(), 86, LATE)).then(
        TrainingCourse.Completed, attendance=86
    )
