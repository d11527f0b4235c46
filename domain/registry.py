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
from domain.supervision_group import SupervisionGroup
from domain.task import Task
from domain.webhook import Webhook

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
    *(Directory, Campaign, SupervisionGroup, Task),
    # meetings and ratings
    *(ReviewMeeting, RatingBox),
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
