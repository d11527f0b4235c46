"""The groups' visits and findings, question time, inquiries, appraisal from outside."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from domain.directory import Category
from domain.supervision.appraisal import PublicAppraisal, ThirdPartyEvaluation
from domain.supervision.exchange import FollowUp, Question
from domain.supervision.inquiry import Inquiry
from domain.supervision.question_time import QuestionRota, QuestionTime
from domain.supervision.visit import Visit
from projections.projection import Fact, Index, Key, Projection, Table


class VisitRow(Struct, frozen=True, gc=False):
    id: UUID
    code: str
    group_id: UUID
    campaign_id: UUID
    unit_ids: tuple[UUID, ...]
    visited_on: date
    place: str
    summary: str


class FindingRow(Struct, frozen=True, gc=False):
    id: UUID
    visit_id: UUID
    kind: str
    group_id: UUID
    campaign_id: UUID
    unit_id: UUID
    text: str
    task_id: UUID | None
    official_id: UUID | None
    problem_id: UUID | None
    recorded_on: date


class QuestionTimeRow(Struct, frozen=True, gc=False):
    """A week's session. `questions`, `answered`, `follow_ups`, `done`: how many there are."""

    id: UUID
    week: date
    day: date
    round: int
    unit_id: UUID
    official_id: UUID
    channel: str
    questions: int = 0
    answered: int = 0
    follow_ups: int = 0
    done: int = 0
    concluded_on: date | None = None


class RatingRow(Struct, frozen=True, gc=False, rename="camel"):
    unit: UUID
    rating: str
    remark: str


class InquiryRow(Struct, frozen=True, gc=False):
    id: UUID
    code: str
    squad: str
    theme: str
    held_on: date
    unit_ids: tuple[UUID, ...]
    ratings: tuple[RatingRow, ...] = ()


class QuestionRow(Struct, frozen=True, gc=False):
    """A question of a question time or an inquiry (`session_id`)."""

    session_id: UUID
    number: int
    unit_id: UUID
    text: str
    asked_by: str
    asked_at: datetime
    answer: str | None = None
    answered_at: datetime | None = None


class FollowUpRow(Struct, frozen=True, gc=False):
    """What was promised at a question time or an inquiry (`session_id`)."""

    session_id: UUID
    number: int
    unit_id: UUID
    text: str
    deadline: date
    result: str | None = None
    done_on: date | None = None


class ScoreRow(Struct, frozen=True, gc=False, rename="camel"):
    unit: UUID
    score: Decimal
    grounds: str


class ThirdPartyEvaluationRow(Struct, frozen=True, gc=False):
    id: UUID
    code: str
    agency: str
    subject_matter: str
    unit_ids: tuple[UUID, ...]
    due: date
    reported_on: date | None = None
    summary: str | None = None
    scores: tuple[ScoreRow, ...] = ()
    published: bool = False
    published_outlet: str | None = None


class SeatsRow(Struct, frozen=True, gc=False, rename="camel"):
    group: str
    seats: int


class GradeRow(Struct, frozen=True, gc=False, rename="camel"):
    unit: UUID
    grade: str
    count: int


class PublicAppraisalRow(Struct, frozen=True, gc=False):
    id: UUID
    code: str
    theme: str
    held_on: date
    unit_ids: tuple[UUID, ...]
    panel: tuple[SeatsRow, ...]
    grades: tuple[GradeRow, ...] = ()
    ballots: str | None = None
    published: bool = False
    published_outlet: str | None = None


VISIT = Table(
    "visit",
    VisitRow,
    ("id",),
    indexes=(Index(("visited_on", "id")), Index(("group_id",)), Index(("unit_ids",), "gin")),
)
FINDING = Table(
    "finding",
    FindingRow,
    ("id",),
    indexes=(
        Index(("visit_id",)),
        Index(("unit_id", "kind")),
        Index(("campaign_id",)),
        Index(("group_id", "recorded_on")),
        Index(("recorded_on", "id")),
    ),
)
QUESTION_TIME = Table(
    "question_time", QuestionTimeRow, ("id",), indexes=(Index(("week", "id")), Index(("unit_id",)))
)
INQUIRY = Table(
    "inquiry", InquiryRow, ("id",), indexes=(Index(("held_on", "id")), Index(("unit_ids",), "gin"))
)
QUESTION = Table("question", QuestionRow, ("session_id", "number"), indexes=(Index(("unit_id",)),))
FOLLOW_UP = Table(
    "follow_up", FollowUpRow, ("session_id", "number"), indexes=(Index(("unit_id", "deadline")),)
)
THIRD_PARTY_EVALUATION = Table(
    "third_party_evaluation", ThirdPartyEvaluationRow, ("id",), indexes=(Index(("due", "id")),)
)
PUBLIC_APPRAISAL = Table("public_appraisal", PublicAppraisalRow, ("id",), indexes=(Index(("held_on", "id")),))

DEPARTMENTS_AMONG = f"""
select id from read.unit where id = any($1::uuid[]) and category = '{Category.DEPARTMENT.value}'"""
"""Those of the units that are city departments."""

# -- visits


@VISIT.begins(Visit.Conducted)
def _visited(fact: Fact[Visit.Conducted]) -> VisitRow:
    event = fact.event
    return VisitRow(
        event.originator_id,
        event.code,
        event.group_id,
        event.campaign_id,
        event.unit_ids,
        event.on,
        event.place,
        event.summary,
    )


@FINDING.begins(Visit.FindingRecorded, key=lambda fact: fact.event.finding_id)
def _found(fact: Fact[Visit.FindingRecorded]) -> FindingRow:
    event = fact.event
    return FindingRow(
        id=event.finding_id,
        visit_id=event.originator_id,
        kind=event.kind.value,
        group_id=event.group_id,
        campaign_id=event.campaign_id,
        unit_id=event.unit_id,
        text=event.text,
        task_id=event.task_id,
        official_id=event.official_id,
        problem_id=event.problem_id,
        recorded_on=event.timestamp.date(),
    )


# -- sessions


@QUESTION_TIME.begins(QuestionTime.Scheduled)
def _scheduled(fact: Fact[QuestionTime.Scheduled]) -> QuestionTimeRow:
    event = fact.event
    return QuestionTimeRow(
        event.originator_id,
        event.week,
        event.day,
        event.round,
        event.unit_id,
        event.official_id,
        event.channel,
    )


@QUESTION_TIME.changes(QuestionTime.QuestionAsked)
def _asked_more(row: QuestionTimeRow, fact: Fact[QuestionTime.QuestionAsked]) -> QuestionTimeRow:
    return replace(row, questions=row.questions + 1)


@QUESTION_TIME.changes(QuestionTime.QuestionAnswered)
def _answered_more(row: QuestionTimeRow, fact: Fact[QuestionTime.QuestionAnswered]) -> QuestionTimeRow:
    return replace(row, answered=row.answered + 1)


@QUESTION_TIME.changes(QuestionTime.FollowUpAssigned)
def _followed_more(row: QuestionTimeRow, fact: Fact[QuestionTime.FollowUpAssigned]) -> QuestionTimeRow:
    return replace(row, follow_ups=row.follow_ups + 1)


@QUESTION_TIME.changes(QuestionTime.FollowUpCompleted)
def _done_more(row: QuestionTimeRow, fact: Fact[QuestionTime.FollowUpCompleted]) -> QuestionTimeRow:
    return replace(row, done=row.done + 1)


@QUESTION_TIME.changes(QuestionTime.Concluded)
def _concluded(row: QuestionTimeRow, fact: Fact[QuestionTime.Concluded]) -> QuestionTimeRow:
    return replace(row, concluded_on=fact.event.on)


@INQUIRY.begins(Inquiry.Convened)
def _convened(fact: Fact[Inquiry.Convened]) -> InquiryRow:
    event = fact.event
    return InquiryRow(
        event.originator_id, event.code, event.squad.value, event.theme, event.on, event.unit_ids
    )


@INQUIRY.changes(Inquiry.UnitRated)
def _rated(row: InquiryRow, fact: Fact[Inquiry.UnitRated]) -> InquiryRow:
    event = fact.event
    rating = RatingRow(event.unit_id, event.rating.value, event.remark)
    return replace(row, ratings=(*row.ratings, rating))


# -- questions and follow-ups of both


def _question(fact: Fact[Any]) -> Key:
    return fact.event.originator_id, fact.event.question.number


def _numbered(fact: Fact[Any]) -> Key:
    return fact.event.originator_id, fact.event.number


def _follow_up(fact: Fact[Any]) -> Key:
    return fact.event.originator_id, fact.event.follow_up.number


def _asked(session: UUID, question: Question, at: datetime) -> QuestionRow:
    return QuestionRow(session, question.number, question.unit_id, question.text, question.asked_by, at)


def _assigned(session: UUID, task: FollowUp) -> FollowUpRow:
    return FollowUpRow(session, task.number, task.unit_id, task.text, task.deadline)


@QUESTION.begins(QuestionTime.QuestionAsked, key=_question)
def _asked_in_public(fact: Fact[QuestionTime.QuestionAsked]) -> QuestionRow:
    return _asked(fact.event.originator_id, fact.event.question, fact.event.timestamp)


@QUESTION.begins(Inquiry.QuestionAsked, key=_question)
def _asked_by_squad(fact: Fact[Inquiry.QuestionAsked]) -> QuestionRow:
    return _asked(fact.event.originator_id, fact.event.question, fact.event.timestamp)


@QUESTION.changes(QuestionTime.QuestionAnswered, key=_numbered)
def _answered_in_public(row: QuestionRow, fact: Fact[QuestionTime.QuestionAnswered]) -> QuestionRow:
    return replace(row, answer=fact.event.text, answered_at=fact.event.timestamp)


@QUESTION.changes(Inquiry.QuestionAnswered, key=_numbered)
def _answered_to_squad(row: QuestionRow, fact: Fact[Inquiry.QuestionAnswered]) -> QuestionRow:
    return replace(row, answer=fact.event.text, answered_at=fact.event.timestamp)


@FOLLOW_UP.begins(QuestionTime.FollowUpAssigned, key=_follow_up)
def _promised_in_public(fact: Fact[QuestionTime.FollowUpAssigned]) -> FollowUpRow:
    return _assigned(fact.event.originator_id, fact.event.follow_up)


@FOLLOW_UP.begins(Inquiry.FollowUpAssigned, key=_follow_up)
def _promised_to_squad(fact: Fact[Inquiry.FollowUpAssigned]) -> FollowUpRow:
    return _assigned(fact.event.originator_id, fact.event.follow_up)


@FOLLOW_UP.changes(QuestionTime.FollowUpCompleted, key=_numbered)
def _kept_in_public(row: FollowUpRow, fact: Fact[QuestionTime.FollowUpCompleted]) -> FollowUpRow:
    return replace(row, result=fact.event.result, done_on=fact.event.timestamp.date())


@FOLLOW_UP.changes(Inquiry.FollowUpCompleted, key=_numbered)
def _kept_to_squad(row: FollowUpRow, fact: Fact[Inquiry.FollowUpCompleted]) -> FollowUpRow:
    return replace(row, result=fact.event.result, done_on=fact.event.timestamp.date())


# -- appraisal from outside


@THIRD_PARTY_EVALUATION.begins(ThirdPartyEvaluation.Commissioned)
def _commissioned(fact: Fact[ThirdPartyEvaluation.Commissioned]) -> ThirdPartyEvaluationRow:
    event = fact.event
    return ThirdPartyEvaluationRow(
        event.originator_id, event.code, event.agency, event.subject, event.unit_ids, event.due
    )


@THIRD_PARTY_EVALUATION.changes(ThirdPartyEvaluation.Reported)
def _reported(
    row: ThirdPartyEvaluationRow, fact: Fact[ThirdPartyEvaluation.Reported]
) -> ThirdPartyEvaluationRow:
    event = fact.event
    scores = tuple(ScoreRow(s.unit_id, s.score, s.grounds) for s in event.scores)
    return replace(row, reported_on=event.on, summary=event.summary, scores=scores)


@THIRD_PARTY_EVALUATION.changes(ThirdPartyEvaluation.Published)
def _evaluation_published(
    row: ThirdPartyEvaluationRow, fact: Fact[ThirdPartyEvaluation.Published]
) -> ThirdPartyEvaluationRow:
    return replace(row, published=True, published_outlet=fact.event.outlet)


@PUBLIC_APPRAISAL.begins(PublicAppraisal.Scheduled)
def _appraisal_scheduled(fact: Fact[PublicAppraisal.Scheduled]) -> PublicAppraisalRow:
    event = fact.event
    panel = tuple(SeatsRow(s.group.value, s.seats) for s in event.panel)
    return PublicAppraisalRow(event.originator_id, event.code, event.theme, event.on, event.unit_ids, panel)


@PUBLIC_APPRAISAL.changes(PublicAppraisal.ResultRecorded)
def _result_recorded(
    row: PublicAppraisalRow, fact: Fact[PublicAppraisal.ResultRecorded]
) -> PublicAppraisalRow:
    grades = tuple(GradeRow(g.unit_id, g.grade, g.count) for g in fact.event.grades)
    return replace(row, grades=grades, ballots=fact.event.ballots or None)


@PUBLIC_APPRAISAL.changes(PublicAppraisal.Published)
def _appraisal_published(
    row: PublicAppraisalRow, fact: Fact[PublicAppraisal.Published]
) -> PublicAppraisalRow:
    return replace(row, published=True, published_outlet=fact.event.outlet)


OVERSIGHT = Projection(
    "oversight",
    version=1,
    tables=(
        VISIT,
        FINDING,
        QUESTION_TIME,
        INQUIRY,
        QUESTION,
        FOLLOW_UP,
        THIRD_PARTY_EVALUATION,
        PUBLIC_APPRAISAL,
    ),
    follows=(Visit, QuestionRota, QuestionTime, Inquiry, ThirdPartyEvaluation, PublicAppraisal),
    # A turn is shown with the session that it leads to.
    ignores=(QuestionRota.Opened, QuestionRota.TurnAssigned),
)
