"""The chapter of oversight and learning: question time each week, inquiries every two months, courses,
exemplary cases, an evaluation by a third party, a public appraisal."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import partial
from random import Random

from domain import identifiers
from domain.directory import Category
from domain.supervision.appraisal import GradeCount, PanelGroup, PanelSeats, UnitScore
from domain.supervision.inquiry import InquiryRating, Squad
from service.commands import (
    AnswerAtInquiry,
    AnswerQuestion,
    AppraisalId,
    AskAtInquiry,
    AskQuestion,
    AssignFollowUp,
    CampaignId,
    CaseId,
    CommissionThirdPartyEvaluation,
    CompleteCourse,
    CompleteFollowUp,
    ConcludeQuestionTime,
    ConveneExchangeMeeting,
    ConveneInquiry,
    CourseId,
    InquiryId,
    NominateCase,
    PublishCase,
    PublishPublicAppraisal,
    PublishThirdPartyEvaluation,
    QuestionTimeId,
    RateAtInquiry,
    RecordAppraisalResult,
    ReportThirdPartyEvaluation,
    ScheduleCourse,
    SchedulePublicAppraisal,
    ScheduleQuestionTime,
    SelectCase,
    TaskId,
    ThirdPartyEvaluationId,
    UnitId,
)
from service.demonstration.acts import Act, Stage
from service.demonstration.setting import OFFICE, Setting, reporter
from service.demonstration.wording import marked, outlet
from service.demonstration.workdays import SITTINGS, workday, workdays_after
from service.plans.rows import PlanDocument

COURSES = 55
_FIRST_THURSDAY = date(2020, 4, 2)
_WEEK = timedelta(days=7)
_QUESTIONS = ("重点任务进度为何偏慢？", "群众反映的堵点何时解决？", "下一步有哪些硬措施？")
_ANSWERS = ("问题属实，已倒排工期，月底前见成效。", "已建立专人盯办机制，限时办结。")
_COURSES = ("项目管理与要素保障", "应急处置与安全生产", "营商环境政策解读", "污染防治实务", "乡村振兴实务")
_SQUADS = (Squad.CONGRESS, Squad.CPPCC, Squad.PARTIES)


def chapter(document: PlanDocument, setting: Setting) -> Iterator[Act]:
    heads = [official.leads for official in document.officials if official.leads is not None]
    order = [unit.code for unit in document.units if unit.code in heads]
    if order:
        yield from _question_times(setting, order)
    departments = [unit.code for unit in document.units if unit.category is Category.DEPARTMENT]
    if len(departments) >= 3:
        yield from _inquiries(setting, departments)
    if document.units:
        yield from _courses(document, setting)
        yield from _appraisals(document, setting)
    if document.campaigns and document.tasks:
        yield from _cases(document, setting)


def _at(setting: Setting, day: date, at: time) -> datetime:
    return datetime.combine(workday(day), at, setting.zone)


# -- ids, as commands name them


def _unit_id(code: str) -> UnitId:
    return UnitId(identifiers.unit_id(code))


def _session_id(day: date) -> QuestionTimeId:
    return QuestionTimeId(identifiers.question_time_id(day))


def _inquiry_id(code: str) -> InquiryId:
    return InquiryId(identifiers.inquiry_id(code))


def _course_id(code: str) -> CourseId:
    return CourseId(identifiers.training_course_id(code))


def _campaign_id(code: str) -> CampaignId:
    return CampaignId(identifiers.campaign_id(code))


def _task_id(code: str) -> TaskId:
    return TaskId(identifiers.task_id(code))


def _case_id(code: str) -> CaseId:
    return CaseId(identifiers.exemplary_case_id(code))


def _evaluation_id(code: str) -> ThirdPartyEvaluationId:
    return ThirdPartyEvaluationId(identifiers.third_party_evaluation_id(code))


def _appraisal_id(code: str) -> AppraisalId:
    return AppraisalId(identifiers.public_appraisal_id(code))


# -- question time


def _question_times(setting: Setting, order: Sequence[str]) -> Iterator[Act]:
    """The heads in the order of the rota, one each week; a week whose Thursday is a holiday has its session
    on a workday of the same week, or none."""
    day, number = _FIRST_THURSDAY, 0
    while day <= setting.last_day:
        held = workday(day)
        if held.isocalendar().week == day.isocalendar().week:
            unit = order[number % len(order)]
            acts = partial(_session, setting, held, unit)
            yield Act(_at(setting, held, SITTINGS[2]), f"question-time/{held}", acts)
            done = workdays_after(held, 8)
            acts = partial(_kept, held, unit)
            yield Act(_at(setting, done, SITTINGS[1]), f"question-time/{held}/kept", acts)
            number += 1
        day += _WEEK


async def _session(setting: Setting, day: date, unit: str, stage: Stage) -> None:
    rng = Random(f"{setting.seed}/question-time/{day}")
    session, unit_id = _session_id(day), _unit_id(unit)
    await stage.give(ScheduleQuestionTime(day=day, channel=marked("电视问政"), unit=unit_id), OFFICE)
    questions = rng.sample(_QUESTIONS, 2)
    for number, text in enumerate(questions, 1):
        await stage.give(AskQuestion(session=session, text=marked(text), asked_by="演示市民代表"), OFFICE)
        answer = AnswerQuestion(session=session, number=number, text=marked(rng.choice(_ANSWERS)))
        await stage.give(answer, reporter(unit))
    promised = AssignFollowUp(
        session=session,
        unit=unit_id,
        text=marked("对现场承诺事项限期办结并公开结果。"),
        deadline=day + timedelta(days=15),
    )
    await stage.give(promised, OFFICE)
    await stage.close(ConcludeQuestionTime(session=session), OFFICE)


async def _kept(day: date, unit: str, stage: Stage) -> None:
    session = _session_id(day)
    done = CompleteFollowUp(session=session, number=1, result=marked("承诺事项已办结，结果已公开。"))
    await stage.close(done, reporter(unit))


# -- inquiries


def _inquiries(setting: Setting, departments: Sequence[str]) -> Iterator[Act]:
    rng = Random(f"{setting.seed}/inquiries")
    for number, month in enumerate((4, 6, 8, 10, 12)):
        asked = rng.sample(departments, 2 + number % 2)
        day = workday(date(2020, month, 15))
        acts = partial(_inquiry, setting, number, day, asked)
        yield Act(_at(setting, day, SITTINGS[1]), f"inquiry/{day}", acts)


async def _inquiry(setting: Setting, number: int, day: date, asked: Sequence[str], stage: Stage) -> None:
    rng = Random(f"{setting.seed}/inquiry/{day}")
    code = f"demo.{day}"
    inquiry, units = _inquiry_id(code), [_unit_id(unit) for unit in asked]
    squad, theme = _SQUADS[number % len(_SQUADS)], marked("重点攻坚任务推进情况")
    convened = ConveneInquiry(code=code, squad=squad, theme=theme, on=day, units=tuple(units))
    await stage.give(convened, OFFICE)
    for place, unit in enumerate(asked, 1):
        question = AskAtInquiry(
            inquiry=inquiry, unit=units[place - 1], text=marked(rng.choice(_QUESTIONS)), asked_by="演示小分队"
        )
        await stage.give(question, OFFICE)
        reply = AnswerAtInquiry(inquiry=inquiry, number=place, text=marked(rng.choice(_ANSWERS)))
        await stage.give(reply, reporter(unit))
    for place, unit_id in enumerate(units, 1):
        rating = rng.choice((*[InquiryRating.SATISFIED] * 3, InquiryRating.FAIRLY_SATISFIED))
        rated = RateAtInquiry(inquiry=inquiry, unit=unit_id, rating=rating)
        await (stage.close if place == len(units) else stage.give)(rated, OFFICE)


# -- courses


def _courses(document: PlanDocument, setting: Setting) -> Iterator[Act]:
    rng = Random(f"{setting.seed}/courses")
    days = (date(2020, 12, 15) - _FIRST_THURSDAY).days
    for number in range(COURSES):
        day = workday(_FIRST_THURSDAY + timedelta(days=number * days // COURSES))
        unit = rng.choice(document.units).code
        acts = partial(
            _course, f"demo.{number + 1:02}", day, unit, rng.choice(_COURSES), rng.randint(40, 220)
        )
        yield Act(_at(setting, day, SITTINGS[2]), f"course/{number + 1:02}", acts)


async def _course(code: str, day: date, unit: str, title: str, attendance: int, stage: Stage) -> None:
    viewer, course = reporter(unit), _course_id(code)
    await stage.give(ScheduleCourse(code=code, title=marked(title), on=day), viewer)
    await stage.close(CompleteCourse(course=course, on=day, attendance=attendance), viewer)


# -- exemplary cases


def _cases(document: PlanDocument, setting: Setting) -> Iterator[Act]:
    rng = Random(f"{setting.seed}/cases")
    for half, (month, day) in enumerate(((7, 10), (11, 10)), 1):
        shown = []
        for campaign in document.campaigns:
            own = [row for row in document.tasks if row.campaign == campaign.code]
            if own:
                task = rng.choice(own)
                shown.append((f"demo.{half}.{campaign.code}", campaign.code, task.code, task.lead))
        held = workday(date(2020, month, day))
        acts = partial(_exchange, setting, held, half, shown)
        yield Act(_at(setting, held, SITTINGS[1]), f"cases/{half}", acts)


async def _exchange(
    setting: Setting, day: date, half: int, shown: Sequence[tuple[str, str, str, str]], stage: Stage
) -> None:
    rng = Random(f"{setting.seed}/exchange/{half}")
    cases, units = [], []
    for code, campaign, task, lead in shown:
        case = _case_id(code)
        nominated = NominateCase(
            code=code,
            campaign=_campaign_id(campaign),
            task=_task_id(task),
            title=marked("攻坚典型做法"),
            text=marked("建立清单、专班推进、现场调度，形成可复制做法。"),
        )
        await stage.give(nominated, reporter(lead))
        await stage.give(SelectCase(case=case, reason=marked("成效明显，可复制推广。")), OFFICE)
        await stage.give(PublishCase(case=case, outlet=outlet(rng)), OFFICE)
        cases.append(case)
        units.append(_unit_id(lead))
    meeting = ConveneExchangeMeeting(
        code=f"demo.{half}",
        on=day,
        place=marked("经验交流现场"),
        cases=tuple(cases),
        units=tuple(dict.fromkeys(units)),
    )
    await stage.close(meeting, OFFICE)


# -- appraisal from outside


def _appraisals(document: PlanDocument, setting: Setting) -> Iterator[Act]:
    rng = Random(f"{setting.seed}/appraisals")
    units = [unit.code for unit in rng.sample(document.units, min(8, len(document.units)))]
    day = workday(date(2020, 9, 15))
    everyone = [unit.code for unit in document.units]
    yield Act(_at(setting, day, SITTINGS[0]), "third-party", partial(_third_party, setting, day, everyone))
    for code, held in (("demo.1", date(2020, 7, 15)), ("demo.2", date(2020, 12, 10))):
        day = workday(held)
        acts = partial(_appraisal, setting, code, day, units)
        yield Act(_at(setting, day, SITTINGS[0]), f"appraisal/{code}", acts)


async def _third_party(setting: Setting, day: date, units: Sequence[str], stage: Stage) -> None:
    rng = Random(f"{setting.seed}/third-party")
    evaluation = _evaluation_id("demo.1")
    ids = tuple(_unit_id(unit) for unit in units)
    commissioned = CommissionThirdPartyEvaluation(
        code="demo.1", agency="演示评估机构", subject_matter=marked("攻坚任务质量"), units=ids, due=day
    )
    await stage.give(commissioned, OFFICE)
    scores = tuple(UnitScore(unit, Decimal(rng.randint(780, 970)) / 10, marked("抽样核查。")) for unit in ids)
    summary = marked("总体推进良好，个别环节需加强。")
    reported = ReportThirdPartyEvaluation(evaluation=evaluation, on=day, summary=summary, scores=scores)
    await stage.give(reported, OFFICE)
    await stage.close(PublishThirdPartyEvaluation(evaluation=evaluation, outlet=outlet(rng)), OFFICE)


async def _appraisal(setting: Setting, code: str, day: date, units: Sequence[str], stage: Stage) -> None:
    rng = Random(f"{setting.seed}/appraisal/{code}")
    appraisal = _appraisal_id(code)
    ids = tuple(_unit_id(unit) for unit in units)
    panel = (
        PanelSeats(PanelGroup.PARTY_DELEGATES, 10),
        PanelSeats(PanelGroup.DEPUTIES, 15),
        PanelSeats(PanelGroup.CPPCC_MEMBERS, 15),
        PanelSeats(PanelGroup.FIRMS, 10),
        PanelSeats(PanelGroup.PUBLIC, 10),
    )
    theme = marked("攻坚年社会评议")
    scheduled = SchedulePublicAppraisal(code=code, theme=theme, on=day, units=ids, panel=panel)
    await stage.give(scheduled, OFFICE)
    grades = []
    for unit in ids:
        good, fair = rng.randint(25, 40), rng.randint(8, 15)
        grades += [GradeCount(unit, "好", good), GradeCount(unit, "较好", fair)]
        grades.append(GradeCount(unit, "一般", 60 - good - fair))
    await stage.give(RecordAppraisalResult(appraisal=appraisal, grades=tuple(grades)), OFFICE)
    await stage.close(PublishPublicAppraisal(appraisal=appraisal, outlet=outlet(rng)), OFFICE)
