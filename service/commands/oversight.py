"""Commands on the groups' visits, question time, inquiries, and appraisal from outside."""

from datetime import date
from uuid import UUID

from domain import identifiers
from domain.supervision.appraisal import (
    GradeCount,
    PanelSeats,
    PublicAppraisal,
    ThirdPartyEvaluation,
    UnitScore,
)
from domain.supervision.inquiry import Inquiry, InquiryRating, Squad
from domain.supervision.problem import Problem, ProblemSource
from domain.supervision.question_time import QuestionRota, QuestionTime, heads_in_order
from domain.supervision.visit import FindingKind, Visit
from domain.supervision_group import SupervisionGroup
from domain.task import Task
from projections.supervision.oversight import DEPARTMENTS_AMONG
from service.commands.command import (
    AppraisalId,
    CampaignId,
    Command,
    GroupId,
    InquiryId,
    OfficialId,
    QuestionTimeId,
    TaskId,
    ThirdPartyEvaluationId,
    UnitId,
    VisitId,
    about,
    command,
    directory_of,
    require_new,
)
from service.desk import Desk

_GROUP = "The supervision group that speaks; a supervisor's own if left out."
_UNIT = "The unit that speaks; a reporter's own if left out, for the office the one that was asked."
_OUTLET = "Where it was made public."
_NUMBER = "Its number in the session."
_NOBODY = UUID(int=0)


async def _require_units(desk: Desk, units: tuple[UUID, ...]) -> None:
    directory = await directory_of(desk)
    for n, unit in enumerate(units):
        directory.require_unit(unit, f"units.{n}")


# -- visits


@command("recordVisit")
class RecordVisit(Command):
    """Record a field visit of a supervision group. 登记督导"""

    code: str = about("Short code, unique.")
    campaign: CampaignId = about("The campaign that was inspected.")
    units: tuple[UnitId, ...] = about("The units that were visited.")
    on: date = about("The day.")
    place: str = about("Where.")
    summary: str = about("How it went.", default="")
    group: GroupId | None = about(_GROUP, default=None)

    async def handle(self, desk: Desk) -> None:
        group = desk.require_group(self.group)
        identifiers.require_code(self.code)
        await require_new(desk, Visit, self.subject())
        covering = await desk.load(SupervisionGroup, group, "group")
        await _require_units(desk, self.units)
        for unit in self.units:
            covering.require_covers(self.campaign, unit)
        desk.add(
            Visit.conduct(
                self.code, group, self.campaign, self.units, self.on, self.place, self.summary, desk.at
            )
        )

    def subject(self) -> UUID:
        return identifiers.visit_id(self.code)


@command("recordFinding")
class RecordFinding(Command):
    """Record what a visit found; a problem may go onto the list at once. 登记督导发现"""

    visit: VisitId = about("The visit.")
    kind: FindingKind = about("Which kind.")
    unit: UnitId = about("The unit it is about, one that was visited.")
    text: str = about("What was found.")
    task: TaskId | None = about("The task it is about, if one.", default=None)
    official: OfficialId | None = about("The official it is about, if it is a typical person.", default=None)
    problem_code: str | None = about("List the problem under this code, assigned to the unit.", default=None)
    group: GroupId | None = about(_GROUP, default=None)

    async def handle(self, desk: Desk) -> None:
        group = desk.require_group(self.group)
        visit = await desk.load(Visit, self.visit, "visit")
        campaign = visit.campaign_id
        if self.task is not None:
            # Perhaps of another campaign than the one that was inspected, if the group covers that as well.
            campaign = (await desk.load(Task, self.task, "task")).campaign_id
            covering = await desk.load(SupervisionGroup, group, "group")
            covering.require_covers(campaign, self.unit)
        if self.official is not None:
            (await directory_of(desk)).require_official(self.official)
        problem = None if self.problem_code is None else identifiers.problem_id(self.problem_code)
        if problem is not None:
            await require_new(desk, Problem, problem, "problemCode")
        finding = visit.record_finding(
            group, self.kind, self.unit, self.text, self.task, self.official, problem, desk.at
        )
        if self.problem_code is not None:
            desk.add(self._problem(self.problem_code, campaign, group, finding, desk))

    def _problem(self, code: str, campaign: UUID, group: UUID, finding: UUID, desk: Desk) -> Problem:
        title = self.text.strip().splitlines()[0][:100]
        problem = Problem.list_(
            code,
            ProblemSource.GROUP,
            title,
            self.text,
            campaign,
            self.task,
            group,
            finding,
            desk.at,
        )
        problem.assign(self.unit, "", desk.at)
        return problem

    def subject(self) -> UUID:
        return self.visit


# -- question time


@command("scheduleQuestionTime")
class ScheduleQuestionTime(Command):
    """Schedule a week's question time: the next head on the rota, or one whose turn has not come. 安排问政"""

    day: date = about("The day of the session; its week has no other.")
    channel: str = about("The station or site.")
    unit: UnitId | None = about("The unit; the next on the rota if left out.", default=None)

    async def handle(self, desk: Desk) -> None:
        await require_new(desk, QuestionTime, self.subject(), "day")
        directory = await directory_of(desk)
        heads = heads_in_order(
            {unit: post.official_id for unit, post in directory.leading.items()}, list(directory.units)
        )
        rota = await desk.find(QuestionRota, identifiers.QUESTION_ROTA)
        if rota is None:
            rota = QuestionRota.open(desk.at)
            desk.add(rota)
        unit = rota.assign_turn(self.day, heads, self.unit, desk.at)
        desk.add(QuestionTime.schedule(self.day, rota.round, unit, heads[unit], self.channel, desk.at))

    def subject(self) -> UUID:
        return identifiers.question_time_id(self.day)


class _OfSession(Command):
    session: QuestionTimeId

    def subject(self) -> UUID:
        return self.session

    async def loaded(self, desk: Desk) -> QuestionTime:
        return await desk.load(QuestionTime, self.session, "session")


_SESSION = "The question time."


@command("askQuestion")
class AskQuestion(_OfSession):
    """Record a question to the head of the unit. 登记提问"""

    session: QuestionTimeId = about(_SESSION)
    text: str = about("The question.")
    asked_by: str = about("Who asked, as far as it was said.", default="")

    async def handle(self, desk: Desk) -> None:
        (await self.loaded(desk)).ask(self.text, self.asked_by, desk.at)


@command("answerQuestion")
class AnswerQuestion(_OfSession):
    """Record the answer to a question. 登记答复"""

    session: QuestionTimeId = about(_SESSION)
    number: int = about(_NUMBER)
    text: str = about("The answer.")
    unit: UnitId | None = about(_UNIT, default=None)

    async def handle(self, desk: Desk) -> None:
        session = await self.loaded(desk)
        session.answer(self.number, desk.unit(self.unit, session.unit_id), self.text, desk.at)


@command("assignFollowUp")
class AssignFollowUp(_OfSession):
    """Assign what was promised at a question time. 问政交办"""

    session: QuestionTimeId = about(_SESSION)
    unit: UnitId = about("Who is to do it.")
    text: str = about("What is to be done.")
    deadline: date = about("By when.")

    async def handle(self, desk: Desk) -> None:
        (await directory_of(desk)).require_unit(self.unit)
        (await self.loaded(desk)).assign_follow_up(self.unit, self.text, self.deadline, desk.at)


@command("completeFollowUp")
class CompleteFollowUp(_OfSession):
    """Report a follow-up of a question time as done. 问政事项办结"""

    session: QuestionTimeId = about(_SESSION)
    number: int = about(_NUMBER)
    result: str = about("What was done.")
    unit: UnitId | None = about(_UNIT, default=None)

    async def handle(self, desk: Desk) -> None:
        session = await self.loaded(desk)
        follow_up = session.exchanges.follow_ups.get(self.number)
        unit = desk.unit(self.unit, follow_up.unit_id if follow_up else _NOBODY)
        session.complete_follow_up(self.number, unit, self.result, desk.at)


@command("concludeQuestionTime")
class ConcludeQuestionTime(_OfSession):
    """Conclude a question time: every question is answered. It is public from now on. 问政结束"""

    session: QuestionTimeId = about(_SESSION)

    async def handle(self, desk: Desk) -> None:
        (await self.loaded(desk)).conclude(desk.at)


# -- inquiries


@command("conveneInquiry")
class ConveneInquiry(Command):
    """Convene an inquiry of at least two departments. 组织工作问询"""

    code: str = about("Short code, unique.")
    squad: Squad = about("Whose squad asks.")
    theme: str = about("What about.")
    on: date = about("The day.")
    units: tuple[UnitId, ...] = about("The units that are asked, at least two of them city departments.")

    async def handle(self, desk: Desk) -> None:
        identifiers.require_code(self.code)
        await require_new(desk, Inquiry, self.subject())
        await _require_units(desk, self.units)
        _, tables = await desk.settled()
        departments = [row["id"] for row in await tables.rows(DEPARTMENTS_AMONG, list(self.units))]
        desk.add(
            Inquiry.convene(self.code, self.squad, self.theme, self.on, self.units, departments, desk.at)
        )

    def subject(self) -> UUID:
        return identifiers.inquiry_id(self.code)


class _OfInquiry(Command):
    inquiry: InquiryId

    def subject(self) -> UUID:
        return self.inquiry

    async def loaded(self, desk: Desk) -> Inquiry:
        return await desk.load(Inquiry, self.inquiry, "inquiry")


_INQUIRY = "The inquiry."


@command("askAtInquiry")
class AskAtInquiry(_OfInquiry):
    """Record a question to a unit at an inquiry. 登记问询"""

    inquiry: InquiryId = about(_INQUIRY)
    unit: UnitId = about("The unit that is asked.")
    text: str = about("The question.")
    asked_by: str = about("Who asked.", default="")

    async def handle(self, desk: Desk) -> None:
        (await self.loaded(desk)).ask(self.unit, self.text, self.asked_by, desk.at)


@command("answerAtInquiry")
class AnswerAtInquiry(_OfInquiry):
    """Record a unit's reply at an inquiry. 登记答复"""

    inquiry: InquiryId = about(_INQUIRY)
    number: int = about(_NUMBER)
    text: str = about("The reply.")
    unit: UnitId | None = about(_UNIT, default=None)

    async def handle(self, desk: Desk) -> None:
        inquiry = await self.loaded(desk)
        question = inquiry.exchanges.questions.get(self.number)
        unit = desk.unit(self.unit, question.unit_id if question else _NOBODY)
        inquiry.answer(self.number, unit, self.text, desk.at)


@command("assignInquiryFollowUp")
class AssignInquiryFollowUp(_OfInquiry):
    """Assign what was promised at an inquiry. 问询交办"""

    inquiry: InquiryId = about(_INQUIRY)
    unit: UnitId = about("Who is to do it, one of those asked.")
    text: str = about("What is to be done.")
    deadline: date = about("By when.")

    async def handle(self, desk: Desk) -> None:
        (await self.loaded(desk)).assign_follow_up(self.unit, self.text, self.deadline, desk.at)


@command("completeInquiryFollowUp")
class CompleteInquiryFollowUp(_OfInquiry):
    """Report a follow-up of an inquiry as done. 问询事项办结"""

    inquiry: InquiryId = about(_INQUIRY)
    number: int = about(_NUMBER)
    result: str = about("What was done.")
    unit: UnitId | None = about(_UNIT, default=None)

    async def handle(self, desk: Desk) -> None:
        inquiry = await self.loaded(desk)
        follow_up = inquiry.exchanges.follow_ups.get(self.number)
        unit = desk.unit(self.unit, follow_up.unit_id if follow_up else _NOBODY)
        inquiry.complete_follow_up(self.number, unit, self.result, desk.at)


@command("rateAtInquiry")
class RateAtInquiry(_OfInquiry):
    """Record how the squad rates a unit. 问询评价"""

    inquiry: InquiryId = about(_INQUIRY)
    unit: UnitId = about("The unit.")
    rating: InquiryRating = about("The rating.")
    remark: str = about("A remark.", default="")

    async def handle(self, desk: Desk) -> None:
        (await self.loaded(desk)).rate(self.unit, self.rating, self.remark, desk.at)


# -- third parties


@command("commissionThirdPartyEvaluation")
class CommissionThirdPartyEvaluation(Command):
    """Commission a third party to evaluate units. 委托第三方评估"""

    code: str = about("Short code, unique.")
    agency: str = about("Who evaluates.")
    subject_matter: str = about("What is evaluated.")
    units: tuple[UnitId, ...] = about("The units.")
    due: date = about("By when it reports.")

    async def handle(self, desk: Desk) -> None:
        identifiers.require_code(self.code)
        await require_new(desk, ThirdPartyEvaluation, self.subject())
        await _require_units(desk, self.units)
        desk.add(
            ThirdPartyEvaluation.commission(
                self.code, self.agency, self.subject_matter, self.units, self.due, desk.at
            )
        )

    def subject(self) -> UUID:
        return identifiers.third_party_evaluation_id(self.code)


class _OfEvaluation(Command):
    evaluation: ThirdPartyEvaluationId

    def subject(self) -> UUID:
        return self.evaluation

    async def loaded(self, desk: Desk) -> ThirdPartyEvaluation:
        return await desk.load(ThirdPartyEvaluation, self.evaluation, "evaluation")


@command("reportThirdPartyEvaluation")
class ReportThirdPartyEvaluation(_OfEvaluation):
    """Record what the third party reports. 第三方评估报告"""

    evaluation: ThirdPartyEvaluationId = about("The evaluation.")
    on: date = about("The day of the report.")
    summary: str = about("What it says.")
    scores: tuple[UnitScore, ...] = about("A score for each unit, with its grounds.")

    async def handle(self, desk: Desk) -> None:
        (await self.loaded(desk)).report(self.on, self.summary, self.scores, desk.at)


@command("publishThirdPartyEvaluation")
class PublishThirdPartyEvaluation(_OfEvaluation):
    """Make an evaluation public. 公布第三方评估"""

    evaluation: ThirdPartyEvaluationId = about("The evaluation.")
    outlet: str = about(_OUTLET)

    async def handle(self, desk: Desk) -> None:
        (await self.loaded(desk)).publish(self.outlet, desk.at)


# -- public appraisal


@command("schedulePublicAppraisal")
class SchedulePublicAppraisal(Command):
    """Schedule a public appraisal with its panel. 安排社会评议"""

    code: str = about("Short code, unique.")
    theme: str = about("What about.")
    on: date = about("The day of the session.")
    units: tuple[UnitId, ...] = about("The units that are appraised.")
    panel: tuple[PanelSeats, ...] = about("Who sits on the panel.")

    async def handle(self, desk: Desk) -> None:
        identifiers.require_code(self.code)
        await require_new(desk, PublicAppraisal, self.subject())
        await _require_units(desk, self.units)
        desk.add(PublicAppraisal.schedule(self.code, self.theme, self.on, self.units, self.panel, desk.at))

    def subject(self) -> UUID:
        return identifiers.public_appraisal_id(self.code)


class _OfAppraisal(Command):
    appraisal: AppraisalId

    def subject(self) -> UUID:
        return self.appraisal

    async def loaded(self, desk: Desk) -> PublicAppraisal:
        return await desk.load(PublicAppraisal, self.appraisal, "appraisal")


@command("recordAppraisalResult")
class RecordAppraisalResult(_OfAppraisal):
    """Record the grades that a public appraisal gave. 登记评议结果"""

    appraisal: AppraisalId = about("The appraisal.")
    grades: tuple[GradeCount, ...] = about("How often each unit was given which grade.")
    ballots: str = about("The ballot box's name of the session, if it had one.", default="")

    async def handle(self, desk: Desk) -> None:
        (await self.loaded(desk)).record_result(self.grades, self.ballots, desk.at)


@command("publishPublicAppraisal")
class PublishPublicAppraisal(_OfAppraisal):
    """Make the result of a public appraisal public. 公布评议结果"""

    appraisal: AppraisalId = about("The appraisal.")
    outlet: str = about(_OUTLET)

    async def handle(self, desk: Desk) -> None:
        (await self.loaded(desk)).publish(self.outlet, desk.at)
