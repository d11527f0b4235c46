"""The city's supervision, as the examples live it: schemes, cards, problems, visits, oversight, learning."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from domain import identifiers
from domain.supervision.appraisal import (
    GradeCount,
    PanelGroup,
    PanelSeats,
    PublicAppraisal,
    ThirdPartyEvaluation,
    UnitScore,
)
from domain.supervision.card_scheme import DEFAULT, CardScheme, Scheme
from domain.supervision.cards import Cards, Figures, Subject
from domain.supervision.conference import Decision, JointConference, ProblemList
from domain.supervision.inquiry import Inquiry, InquiryRating, Squad
from domain.supervision.learning import ExchangeMeeting, ExemplaryCase, TrainingCourse
from domain.supervision.monthly_report import (
    CardLine,
    Contents,
    FindingLine,
    Line,
    MonthlyReport,
    ProblemLine,
    TaskLine,
)
from domain.supervision.problem import Problem, ProblemSource
from domain.supervision.question_time import QuestionRota, QuestionTime
from domain.supervision.sweep import Sweep, Tally
from domain.supervision.urge import Occasion, Urge
from domain.supervision.visit import FindingKind, Visit
from tests.domain import examples as city

TASK = identifiers.task_id("17.1")
FINE = Figures(Decimal("0.5"), Decimal("0.5"), Decimal(0), 0, 0)
BEHIND = Figures(Decimal("0.35"), Decimal("0.5"), Decimal("-0.15"), 0, 0)
FAR_BEHIND = Figures(Decimal("0.2"), Decimal("0.5"), Decimal("-0.3"), 0, 0)

Command = Callable[[Any], Any]

# -- cards


def subject(*, key_task: bool = False) -> Subject:
    return Subject(TASK, city.CAMPAIGN, city.LEAD, key_task)


def adopted(scheme: Scheme = DEFAULT) -> Command:
    return lambda s: s.adopt(scheme, city.DOCUMENT, city.MAY)


def scheme_opened(_: Any) -> CardScheme:
    return CardScheme.open(city.MARCH)


def cards_opened(_: Any) -> Cards:
    return Cards.open(TASK, city.MARCH)


def swept(
    figures: Figures | None, days: int = 0, scheme: Scheme = DEFAULT, *, key_task: bool = False
) -> Command:
    """The end of a day, so many days after 20 May."""
    at = city.MAY + timedelta(days)
    whose = subject(key_task=key_task)
    return lambda c: c.sweep(1, scheme, whose, figures, at.date(), at)


def shown(level: str, days: int = 0, reason: str = "现场督导发现停工", *, key_task: bool = False) -> Command:
    at = city.MAY + timedelta(days)
    whose = subject(key_task=key_task)
    return lambda c: c.show(level, city.GROUP, reason, 1, DEFAULT, whose, FINE, at)


def lifted(
    days: int = 0, reason: str = "已整改到位", scheme: Scheme = DEFAULT, *, mistaken: bool = False
) -> Command:
    at = city.MAY + timedelta(days)
    return lambda c: c.lift(city.GROUP, reason, 1, scheme, subject(), FINE, at, mistaken=mistaken)


def urged(_: Any) -> Urge:
    id_ = identifiers.urge_id(TASK, "report/2020-04")
    due = date(2020, 5, 5)
    return Urge.issue(
        id_,
        TASK,
        city.CAMPAIGN,
        city.LEAD,
        Occasion.REPORT_MISSING,
        due,
        due,
        "请补报。",
        city.MAY,
        edition=1,
    )


def swept_day(_: Any) -> Sweep:
    return Sweep.conduct(date(2020, 5, 19), 42, 1, Tally(tasks=1, raised=1), city.MAY)


# -- problems

PROBLEM = identifiers.problem_id("wt.1")


def problem_listed(**changes: Any) -> Command:
    told: dict[str, Any] = {
        "code": "wt.1",
        "source": ProblemSource.GROUP,
        "title": "配套管网滞后",
        "description": "3个村配套管网尚未开工。",
        "campaign_id": city.CAMPAIGN,
        "task_id": TASK,
        "found_by": city.GROUP,
        "source_id": None,
        "at": city.MAY,
        **changes,
    }
    return lambda _: Problem.list_(**told)


def problem_assigned(problem: Problem) -> None:
    problem.assign(city.LEAD, "限期整改。", city.MAY)


def measures_planned(problem: Problem) -> None:
    problem.plan_measures(city.LEAD, "增派两个施工队。", city.JUNE.date(), city.MAY)


def problem_resolved(problem: Problem) -> None:
    problem.resolve(city.LEAD, city.JUNE.date(), "管网已贯通。", city.JUNE)


def problem_closed(problem: Problem) -> None:
    problem.close(city.GROUP, "现场核查属实。", city.JUNE)


PERIOD = "2020-05"


def list_compiled(_: Any) -> ProblemList:
    return ProblemList.compile(PERIOD, [PROBLEM], city.MAY)


def conference_convened(**changes: Any) -> Command:
    told: dict[str, Any] = {
        "problems": list_compiled(None),
        "on": date(2020, 5, 27),
        "attendee_ids": [city.LEAD, city.SUPPORT],
        "decisions": [Decision(PROBLEM, "6月底前贯通管网。", city.LEAD, date(2020, 6, 30))],
        "open_ids": [PROBLEM],
        "at": city.JUNE,
        **changes,
    }
    return lambda _: JointConference.convene(**told)


# -- visits and oversight


def visited(**changes: Any) -> Command:
    told: dict[str, Any] = {
        "code": "dd.1",
        "group_id": city.GROUP,
        "campaign_id": city.CAMPAIGN,
        "unit_ids": [city.LEAD],
        "on": city.MAY.date(),
        "place": "临朐县东城街道",
        "summary": "实地查看5个村。",
        "at": city.MAY,
        **changes,
    }
    return lambda _: Visit.conduct(**told)


def found(kind: FindingKind = FindingKind.PROBLEM, **changes: Any) -> Command:
    told: dict[str, Any] = {
        "group_id": city.GROUP,
        "kind": kind,
        "unit_id": city.LEAD,
        "text": "配套管网滞后。",
        "task_id": TASK,
        "official_id": None,
        "problem_id": None,
        "at": city.MAY,
        **changes,
    }
    return lambda v: v.record_finding(**told)


HEADS = {city.LEAD: city.OFFICIALS[0], city.SUPPORT: city.OFFICIALS[1], city.OTHER: city.OFFICIALS[2]}


def rota_opened(_: Any) -> QuestionRota:
    return QuestionRota.open(city.MARCH)


def turn(day: date, unit: Any = None) -> Command:
    return lambda r: r.assign_turn(day, HEADS, unit, city.MARCH)


def session_scheduled(_: Any) -> QuestionTime:
    return QuestionTime.schedule(date(2020, 5, 21), 1, city.LEAD, city.OFFICIALS[0], "潍坊电视台", city.MAY)


def asked(session: Any) -> None:
    session.ask("村里厕所何时改造？", "市民", city.MAY)


def answered(session: Any) -> None:
    session.answer(1, city.LEAD, "6月底前完成。", city.JUNE)


def promised(session: Any) -> None:
    session.assign_follow_up(city.LEAD, "逐村公示进度。", date(2020, 7, 1), city.JUNE)


def kept(session: Any) -> None:
    session.complete_follow_up(1, city.LEAD, "已公示。", city.JUNE)


def inquiry_convened(**changes: Any) -> Command:
    told: dict[str, Any] = {
        "code": "xw.1",
        "squad": Squad.CONGRESS,
        "theme": "农村人居环境",
        "on": city.MAY.date(),
        "unit_ids": [city.LEAD, city.SUPPORT],
        "departments": [city.LEAD, city.SUPPORT],
        "at": city.MAY,
        **changes,
    }
    return lambda _: Inquiry.convene(**told)


def asked_by_squad(inquiry: Inquiry) -> None:
    inquiry.ask(city.LEAD, "资金是否到位？", "市人大代表", city.MAY)


def rated(inquiry: Inquiry) -> None:
    inquiry.rate(city.LEAD, InquiryRating.SATISFIED, "答复清楚。", city.JUNE)


def commissioned(**changes: Any) -> Command:
    told: dict[str, Any] = {
        "code": "pg.1",
        "agency": "某评估公司",
        "subject": "农村改厕质量",
        "unit_ids": [city.LEAD],
        "due": date(2020, 6, 30),
        "at": city.MAY,
        **changes,
    }
    return lambda _: ThirdPartyEvaluation.commission(**told)


def evaluated(evaluation: ThirdPartyEvaluation) -> None:
    scores = [UnitScore(city.LEAD, Decimal("91.5"), "抽查合格率高。")]
    evaluation.report(city.JUNE.date(), "总体良好。", scores, city.JUNE)


def appraisal_scheduled(**changes: Any) -> Command:
    told: dict[str, Any] = {
        "code": "py.1",
        "theme": "上半年攻坚成效",
        "on": city.MAY.date(),
        "unit_ids": [city.LEAD],
        "panel": [PanelSeats(PanelGroup.DEPUTIES, 20), PanelSeats(PanelGroup.FIRMS, 10)],
        "at": city.MAY,
        **changes,
    }
    return lambda _: PublicAppraisal.schedule(**told)


def appraised(appraisal: PublicAppraisal) -> None:
    grades = [GradeCount(city.LEAD, "好", 20), GradeCount(city.LEAD, "较好", 8)]
    appraisal.record_result(grades, "session.1", city.JUNE)


# -- learning


def nominated(_: Any) -> ExemplaryCase:
    return ExemplaryCase.nominate(
        "al.1", city.CAMPAIGN, city.LEAD, TASK, "整村推进改厕", "一村一策。", city.MAY
    )


def selected(case: ExemplaryCase) -> None:
    case.select("做法可复制。", city.JUNE)


def exchanged(**changes: Any) -> Command:
    told: dict[str, Any] = {
        "code": "gm.1",
        "on": city.MAY.date(),
        "place": "青州市",
        "case_ids": [identifiers.exemplary_case_id("al.1")],
        "unit_ids": [city.LEAD, city.SUPPORT],
        "at": city.JUNE,
        **changes,
    }
    return lambda _: ExchangeMeeting.convene(**told)


def course_scheduled(_: Any) -> TrainingCourse:
    return TrainingCourse.schedule(
        "px.1", "项目管理实务", date(2020, 6, 1), city.LEAD, city.CAMPAIGN, city.MAY
    )


# -- monthly reports

REPORT_TEXT = "# 第一督导评估组督导月报（2020年5月）\n"
_TOTAL = Line("合计", 1, 0, Decimal("0.35"), Decimal("0.5"), 1, 0, 1)
CONTENTS = Contents(
    group="第一督导评估组",
    period=PERIOD,
    position=42,
    demonstration=False,
    total=_TOTAL,
    campaigns=(_TOTAL,),
    units=(_TOTAL,),
    furthest_behind=(
        TaskLine("17.1", "农村厕所改造", "市城管局", city.DEADLINE, Decimal("0.35"), Decimal("0.5"), 0),
    ),
    due_next=(),
    cards=(CardLine("黄牌", 1, 1),),
    problems_listed=1,
    problems_closed=0,
    problems_standing=1,
    problems_open=(ProblemLine("wt.1", "配套管网滞后", "市城管局", city.MAY.date(), None),),
    visits=1,
    findings=(FindingLine("问题", "市城管局", "配套管网滞后。"),),
    assessment="总体平稳。",
    suggestions="",
)


def report_opened(_: Any) -> MonthlyReport:
    return MonthlyReport.open(city.GROUP, PERIOD, city.JUNE)


def report_generated(text: str = REPORT_TEXT) -> Command:
    return lambda r: r.generate(CONTENTS, text, city.JUNE)


def report_reviewed(report: MonthlyReport) -> None:
    report.review(report.sha256, city.OFFICIALS[0], "数据属实。", city.JUNE)


def report_submitted(report: MonthlyReport) -> None:
    report.submit(report.sha256, "市委、市政府", city.JUNE)
