"""The groups' visits and findings, question time, inquiries, appraisal from outside."""

from datetime import date, datetime
from decimal import Decimal
from enum import Enum

import strawberry

from domain.supervision.appraisal import PanelGroup
from domain.supervision.inquiry import InquiryRating, Squad
from domain.supervision.visit import FindingKind
from service.api.campaigns import Campaign, SupervisionGroup
from service.api.enums import described
from service.api.plan.convert import campaign_key, unit_key, value_of
from service.api.plan.declare import (
    Listing,
    Order,
    column,
    embedded,
    identity,
    lists,
    matches,
    reads,
    rows,
    to_one,
)
from service.api.plan.ids import key_in
from service.api.relay import Direction, Node
from service.api.supervision.problems import Problem
from service.api.units import Official, TaskLink, Unit

described(
    FindingKind,
    "The five kinds of finding. 督导发现类别",
    {
        FindingKind.PROGRESS: "Progress. 进展",
        FindingKind.EXPERIENCE: "Experience that others may use. 经验",
        FindingKind.PERSON: "A typical person. 典型人物",
        FindingKind.PROBLEM: "A problem. 问题",
        FindingKind.OPINION: "An opinion of firms or people. 意见",
    },
)
described(
    Squad,
    "Whose squad asks at an inquiry. 问询小分队",
    {
        Squad.CONGRESS: "The People's Congress. 市人大",
        Squad.CPPCC: "The CPPCC. 市政协",
        Squad.PARTIES: "The democratic parties, the federation of industry and commerce. 民主党派、工商联",
    },
)
described(
    InquiryRating,
    "How a squad rates a unit. 问询评价",
    {
        InquiryRating.SATISFIED: "Satisfied. 满意",
        InquiryRating.FAIRLY_SATISFIED: "Fairly satisfied. 基本满意",
        InquiryRating.DISSATISFIED: "Dissatisfied. 不满意",
    },
)
described(
    PanelGroup,
    "Who sits on the panel of a public appraisal. 评议团组别",
    {
        PanelGroup.PARTY_DELEGATES: "Party delegates. 党代表",
        PanelGroup.DEPUTIES: "Deputies to the People's Congress. 人大代表",
        PanelGroup.CPPCC_MEMBERS: "Members of the CPPCC. 政协委员",
        PanelGroup.FIRMS: "Firms. 企业代表",
        PanelGroup.PUBLIC: "The public. 群众代表",
    },
)


def _group_key(id_: object) -> str | None:
    return key_in(id_, "group")


@strawberry.enum(description="What visits, findings and sessions are sorted by.")
class DayOrderField(Enum):
    DAY = strawberry.enum_value("day", description="The day.")


@strawberry.input(description="How they are sorted; by default the latest comes first.")
class DayOrder:
    field: DayOrderField = strawberry.field(description="By what.")
    direction: Direction = strawberry.field(default=Direction.DESC, description="Which way.")


# -- visits


@strawberry.input(description="Which findings; all conditions hold together.")
class FindingFilter:
    kind: list[FindingKind] | None = matches(
        "{t}.kind = any({v})", "text[]", value_of, description="Of one of these kinds."
    )
    group: strawberry.ID | None = matches(
        "{t}.group_id = {v}", "uuid", _group_key, description="Of this group."
    )
    campaign: strawberry.ID | None = matches(
        "{t}.campaign_id = {v}", "uuid", campaign_key, description="Of this campaign."
    )
    unit: strawberry.ID | None = matches("{t}.unit_id = {v}", "uuid", unit_key, description="On this unit.")
    recorded_from: date | None = matches("{t}.recorded_on >= {v}", "date", description="On or after.")
    recorded_to: date | None = matches("{t}.recorded_on <= {v}", "date", description="On or before.")


@strawberry.input(description="Which visits; all conditions hold together.")
class VisitFilter:
    group: strawberry.ID | None = matches(
        "{t}.group_id = {v}", "uuid", _group_key, description="Of this group."
    )
    unit: strawberry.ID | None = matches(
        "{t}.unit_ids @> array[{v}]", "uuid", unit_key, description="To this unit."
    )
    campaign: strawberry.ID | None = matches(
        "{t}.campaign_id = {v}", "uuid", campaign_key, description="On this campaign."
    )


@reads("read.finding", prefix="finding")
@strawberry.type(description="What a visit found (督导发现). Not public.")
class Finding(Node):
    id: strawberry.ID = identity("finding")
    kind: FindingKind = column(description="Which of the five kinds. 类别")
    text: str = column(description="What was found.")
    recorded_on: date = column(description="Recorded on.")
    unit: Unit | None = to_one("{c}.id = {t}.unit_id", description="The unit.")
    campaign: Campaign | None = to_one("{c}.id = {t}.campaign_id", description="The campaign.")
    group: SupervisionGroup | None = to_one("{c}.id = {t}.group_id", description="The group.")
    task: TaskLink | None = to_one("{c}.id = {t}.task_id", description="The task, if one.")
    official: Official | None = to_one("{c}.id = {t}.official_id", description="The person, if one.")
    problem: Problem | None = to_one("{c}.id = {t}.problem_id", description="The problem it listed.")


@reads("read.visit", prefix="visit")
@strawberry.type(description="A field visit of a supervision group (督导). Not public.")
class Visit(Node):
    id: strawberry.ID = identity("visit")
    code: str = column(description="Short code, unique.")
    on: date = column("{t}.visited_on", description="The day.")
    place: str = column(description="Where.")
    summary: str = column(description="How it went.")
    group: SupervisionGroup | None = to_one("{c}.id = {t}.group_id", description="The group.")
    campaign: Campaign | None = to_one("{c}.id = {t}.campaign_id", description="The campaign.")
    units: list[Unit] = rows("{c}.id = any({t}.unit_ids)", "{c}.code", description="The units visited.")
    findings: list[Finding] = rows(
        "{c}.visit_id = {t}.id", "{c}.position", description="What it found, in order."
    )


# -- questions and follow-ups


@reads("read.question")
@strawberry.type(description="A question and its answer. Public with a concluded question time.")
class Question:
    number: int = column(description="Its number in the session.")
    text: str = column(description="The question.")
    asked_by: str = column(description="Who asked, as far as it was said. Not public.")
    asked_at: datetime = column(description="When it was recorded.")
    answer: str | None = column(description="The answer.")
    answered_at: datetime | None = column(description="When it was answered.")
    unit: Unit | None = to_one("{c}.id = {t}.unit_id", description="The unit that was asked.")


@reads("read.follow_up")
@strawberry.type(description="What was promised and is to be done. Public with a concluded question time.")
class FollowUp:
    number: int = column(description="Its number in the session.")
    text: str = column(description="What is to be done.")
    deadline: date = column(description="By when.")
    result: str | None = column(description="What was done.")
    done_on: date | None = column(description="Done on.")
    unit: Unit | None = to_one("{c}.id = {t}.unit_id", description="Who is to do it.")


@strawberry.input(description="Which question times; all conditions hold together.")
class QuestionTimeFilter:
    unit: strawberry.ID | None = matches("{t}.unit_id = {v}", "uuid", unit_key, description="Of this unit.")
    round: int | None = matches("{t}.round = {v}", "int", description="Of this round of the rota.")
    concluded: bool | None = matches(
        "({t}.concluded_on is not null)", "boolean", description="Concluded, or still to be."
    )


@reads("read.question_time", prefix="question-time", visible={"published": "{t}.concluded_on is not null"})
@strawberry.type(description="A week's question time (问政): one head answers. Public once concluded.")
class QuestionTime(Node):
    id: strawberry.ID = identity("question-time")
    week: date = column(description="The Monday of its week.")
    day: date = column(description="The day of the session.")
    round: int = column(description="The round of the rota: all heads are on once in each.")
    channel: str = column(description="The station or site.")
    concluded_on: date | None = column(description="Concluded on.")
    unit: Unit | None = to_one("{c}.id = {t}.unit_id", description="The unit whose head answers.")
    official: Official | None = to_one("{c}.id = {t}.official_id", description="The head. Not public.")
    questions: list[Question] = rows(
        "{c}.session_id = {t}.id", "{c}.number", description="The questions, with answers."
    )
    follow_ups: list[FollowUp] = rows(
        "{c}.session_id = {t}.id", "{c}.number", description="What was promised."
    )


# -- inquiries


@strawberry.type(description="How a squad rated a unit. Not public.")
class UnitRating:
    rating: InquiryRating = column(description="The rating.")
    remark: str = column(description="A remark.")
    unit: Unit | None = to_one("{c}.id = ({t}.unit)::uuid", description="The unit.")


@strawberry.input(description="Which inquiries; all conditions hold together.")
class InquiryFilter:
    unit: strawberry.ID | None = matches(
        "{t}.unit_ids @> array[{v}]", "uuid", unit_key, description="Of this unit."
    )
    squad: list[Squad] | None = matches(
        "{t}.squad = any({v})", "text[]", value_of, description="By one of these squads."
    )


@reads("read.inquiry", prefix="inquiry")
@strawberry.type(description="An inquiry (工作问询) of at least two departments. Not public.")
class Inquiry(Node):
    id: strawberry.ID = identity("inquiry")
    code: str = column(description="Short code, unique.")
    squad: Squad = column(description="Whose squad asks.")
    theme: str = column(description="What about.")
    on: date = column("{t}.held_on", description="The day.")
    units: list[Unit] = rows("{c}.id = any({t}.unit_ids)", "{c}.code", description="The units asked.")
    ratings: list[UnitRating] = embedded("{t}.ratings", description="How they were rated.")
    questions: list[Question] = rows(
        "{c}.session_id = {t}.id", "{c}.number", description="The questions, with replies."
    )
    follow_ups: list[FollowUp] = rows(
        "{c}.session_id = {t}.id", "{c}.number", description="What was promised."
    )


# -- appraisal from outside


@strawberry.type(description="What a third party gave a unit. Public with its evaluation.")
class ThirdPartyScore:
    score: Decimal = column(description="0 to 100.")
    grounds: str = column(description="Why.")
    unit: Unit | None = to_one("{c}.id = ({t}.unit)::uuid", description="The unit.")


@reads("read.third_party_evaluation", prefix="third-party-evaluation", visible={"published": "{t}.published"})
@strawberry.type(description="An evaluation by a third party (第三方评估). Public once published.")
class ThirdPartyEvaluation(Node):
    id: strawberry.ID = identity("third-party-evaluation")
    code: str = column(description="Short code, unique.")
    agency: str = column(description="Who evaluates. 评估机构")
    subject_matter: str = column(description="What is evaluated. 评估事项")
    due: date = column(description="By when it reports.")
    reported_on: date | None = column(description="Reported on.")
    summary: str | None = column(description="What the report says.")
    published: bool = column(description="Whether the public may read it.")
    scores: list[ThirdPartyScore] = embedded("{t}.scores", description="A score for each unit.")
    units: list[Unit] = rows("{c}.id = any({t}.unit_ids)", "{c}.code", description="The units.")


@strawberry.type(description="How many of a group sit on a panel. Public with its appraisal.")
class PanelSeats:
    group: PanelGroup = column(description="The group.")
    seats: int = column(description="How many.")


@strawberry.type(description="How often a unit was given a grade. Public with its appraisal.")
class AppraisalGrade:
    grade: str = column(description="The grade.")
    count: int = column(description="How often.")
    unit: Unit | None = to_one("{c}.id = ({t}.unit)::uuid", description="The unit.")


@reads("read.public_appraisal", prefix="public-appraisal", visible={"published": "{t}.published"})
@strawberry.type(description="A public appraisal (社会评议) by its panel. Public once published.")
class PublicAppraisal(Node):
    id: strawberry.ID = identity("public-appraisal")
    code: str = column(description="Short code, unique.")
    theme: str = column(description="What about.")
    on: date = column("{t}.held_on", description="The day of the session.")
    published: bool = column(description="Whether the public may read it.")
    ballots: str | None = column(description="The ballot box's name of the session, if it had one.")
    panel: list[PanelSeats] = embedded("{t}.panel", description="Who sat on the panel.")
    grades: list[AppraisalGrade] = embedded("{t}.grades", description="The result.")
    units: list[Unit] = rows("{c}.id = any({t}.unit_ids)", "{c}.code", description="The units.")


for _name, _day in (
    ("visits", "visited_on"),
    ("findings", "recorded_on"),
    ("questionTimes", "week"),
    ("inquiries", "held_on"),
    ("thirdPartyEvaluations", "due"),
    ("publicAppraisals", "held_on"),
):
    lists(
        Listing(
            _name,
            orders={DayOrderField.DAY: Order(((f"{{t}}.{_day}", "date"),))},
            default=DayOrderField.DAY,
            descending=True,
        )
    )
