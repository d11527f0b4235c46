"""The one registry of aggregates and events: every topic, each for good.

Importing this module makes every topic resolvable; whoever decodes events imports it.
"""

from domain.access import AccessDay
from domain.aggregate import Aggregate, Event
from domain.assessment.accountability_case import AccountabilityCase
from domain.assessment.commendation import Commendation
from domain.assessment.notice import Notice
from domain.assessment.ranking import Ranking
from domain.assessment.scheme import AssessmentScheme
from domain.assessment.score import Evaluation
from domain.campaign import Campaign
from domain.directory import Directory
from domain.erasure import Erasure
from domain.meeting import ReviewMeeting
from domain.rating_box import RatingBox
from domain.supervision.appraisal import PublicAppraisal, ThirdPartyEvaluation
from domain.supervision.card_scheme import CardScheme
from domain.supervision.cards import Cards
from domain.supervision.conference import JointConference, ProblemList
from domain.supervision.inquiry import Inquiry
from domain.supervision.learning import ExchangeMeeting, ExemplaryCase, TrainingCourse
from domain.supervision.monthly_report import MonthlyReport
from domain.supervision.problem import Problem
from domain.supervision.question_time import QuestionRota, QuestionTime
from domain.supervision.sweep import Sweep
from domain.supervision.urge import Urge
from domain.supervision.visit import Visit
from domain.supervision_group import SupervisionGroup
from domain.task import Task
from domain.webhook import Webhook

SUPERVISION: tuple[type[Aggregate], ...] = (
    CardScheme,
    Cards,
    Urge,
    Sweep,
    Problem,
    ProblemList,
    JointConference,
    Visit,
    QuestionRota,
    QuestionTime,
    Inquiry,
    ThirdPartyEvaluation,
    PublicAppraisal,
    ExemplaryCase,
    ExchangeMeeting,
    TrainingCourse,
    MonthlyReport,
)
AGGREGATES: tuple[type[Aggregate], ...] = (
    Directory,
    Campaign,
    SupervisionGroup,
    Task,
    # -- assessment
    AssessmentScheme,
    Evaluation,
    Ranking,
    Notice,
    # -- accountability
    Commendation,
    AccountabilityCase,
    # -- webhooks
    Webhook,
    # audit
    Erasure,
    AccessDay,
    # meetings and ratings
    ReviewMeeting,
    RatingBox,
    # supervision
    *SUPERVISION,
)


def events_of(aggregate: type[Aggregate]) -> list[type[Event]]:
    """The event classes of an aggregate, in the order of their definition."""
    return [
        member
        for name, member in vars(aggregate).items()
        if name != "Event" and isinstance(member, type) and issubclass(member, Event)
    ]


EVENTS: dict[str, type[Event]] = {
    event.TOPIC: event  # type: ignore[attr-defined]
    for aggregate in AGGREGATES
    for event in events_of(aggregate)
}
