"""What supervision's mutations answer with."""

from typing import Any
from uuid import UUID

from domain import identifiers
from domain.supervision.card_scheme import CardScheme as Schemes
from domain.supervision.problem import Problem as Problems
from domain.supervision.question_time import QuestionTime as Sessions
from domain.supervision.sweep import Sweep as Sweeps
from service.api.campaigns import Campaign
from service.api.payloads import KeyOf, Link, named, own_stream, payload
from service.api.supervision.cards import Card, CardScheme, Sweep, Urge
from service.api.supervision.learning import ExchangeMeeting, ExemplaryCase, TrainingCourse
from service.api.supervision.monthly_reports import MonthlyReport
from service.api.supervision.oversight import (
    Finding,
    Inquiry,
    PublicAppraisal,
    QuestionTime,
    ThirdPartyEvaluation,
    Visit,
)
from service.api.supervision.problems import JointConference, Problem, ProblemList
from service.api.tasks import Task


def _stream_of(aggregate: type[Any]) -> KeyOf:
    """The stream of the aggregate, among events of several."""

    def key(event: Any) -> UUID | None:
        return own_stream(event) if type(event).__qualname__.startswith(f"{aggregate.__name__}.") else None

    return key


def _edition(event: Any) -> UUID | None:
    return identifiers.edition_id(event.edition) if isinstance(event, Schemes.Adopted) else None


_CAMPAIGN = Link(Campaign, "The campaign.", own_stream)
_TASK = Link(Task, "The task.", named("task_id"))

payload(
    "TaskForcePayload",
    "A change of a task force.",
    ("appointTaskForceMember", "releaseTaskForceMember"),
    campaign=_CAMPAIGN,
)
payload(
    "CardSchemePayload",
    "An edition of the scheme of cards.",
    ("adoptCardScheme",),
    scheme=Link(CardScheme, "The edition.", _edition),
)
payload(
    "CardPayload",
    "A change of a task's cards.",
    ("showCard", "liftCard", "conductInterview", "submitWrittenReport"),
    card=Link(Card, "The card, if one moved.", named("card_id")),
    task=_TASK,
)
payload(
    "UrgePayload",
    "An urge, or its acknowledgement.",
    ("urgeUnit", "acknowledgeUrge"),
    urge=Link(Urge, "The urge.", own_stream),
)
payload(
    "SweepPayload",
    "A day's sweep.",
    ("sweepDay",),
    sweep=Link(Sweep, "The sweep.", _stream_of(Sweeps)),
)
payload(
    "ProblemPayload",
    "A change of a problem.",
    (
        "listProblem",
        "assignProblem",
        "discussProblem",
        "planMeasures",
        "resolveProblem",
        "returnProblem",
        "closeProblem",
        "reopenProblem",
    ),
    problem=Link(Problem, "The problem.", _stream_of(Problems)),
)
payload(
    "ProblemListPayload",
    "A month's list of problems.",
    ("compileProblemList",),
    problem_list=Link(ProblemList, "The list.", own_stream),
)
payload(
    "JointConferencePayload",
    "A joint conference.",
    ("holdJointConference",),
    conference=Link(JointConference, "The conference.", lambda event: _conference(event)),
)
payload("VisitPayload", "A visit.", ("recordVisit",), visit=Link(Visit, "The visit.", own_stream))
payload(
    "FindingPayload",
    "A finding of a visit.",
    ("recordFinding",),
    finding=Link(Finding, "The finding.", named("finding_id")),
)
payload(
    "QuestionTimePayload",
    "A change of a question time.",
    (
        "scheduleQuestionTime",
        "askQuestion",
        "answerQuestion",
        "assignFollowUp",
        "completeFollowUp",
        "concludeQuestionTime",
    ),
    session=Link(QuestionTime, "The question time.", _stream_of(Sessions)),
)
payload(
    "InquiryPayload",
    "A change of an inquiry.",
    (
        "conveneInquiry",
        "askAtInquiry",
        "answerAtInquiry",
        "assignInquiryFollowUp",
        "completeInquiryFollowUp",
        "rateAtInquiry",
    ),
    inquiry=Link(Inquiry, "The inquiry.", own_stream),
)
payload(
    "ThirdPartyEvaluationPayload",
    "A change of a third party's evaluation.",
    ("commissionThirdPartyEvaluation", "reportThirdPartyEvaluation", "publishThirdPartyEvaluation"),
    evaluation=Link(ThirdPartyEvaluation, "The evaluation.", own_stream),
)
payload(
    "PublicAppraisalPayload",
    "A change of a public appraisal.",
    ("schedulePublicAppraisal", "recordAppraisalResult", "publishPublicAppraisal"),
    appraisal=Link(PublicAppraisal, "The appraisal.", own_stream),
)
payload(
    "ExemplaryCasePayload",
    "A change of an exemplary case.",
    ("nominateCase", "selectCase", "publishCase"),
    case=Link(ExemplaryCase, "The case.", own_stream),
)
payload(
    "ExchangeMeetingPayload",
    "An exchange meeting.",
    ("conveneExchangeMeeting",),
    meeting=Link(ExchangeMeeting, "The meeting.", own_stream),
)
payload(
    "TrainingCoursePayload",
    "A change of a training course.",
    ("scheduleCourse", "completeCourse", "cancelCourse"),
    course=Link(TrainingCourse, "The course.", own_stream),
)

payload(
    "MonthlyReportPayload",
    "A supervision group's report on a month.",
    ("generateMonthlyReport", "reviewMonthlyReport", "submitMonthlyReport"),
    report=Link(MonthlyReport, "The report.", own_stream),
)


def _conference(event: Any) -> UUID | None:
    """A conference's own event comes before those of the problems that it decided."""
    return own_stream(event) if hasattr(event, "decisions") else getattr(event, "conference_id", None)
