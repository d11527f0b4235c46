"""The one registry of aggregates and events: every topic, each for good.

Importing this module makes every topic resolvable; whoever decodes events imports it.
"""

from domain.aggregate import Aggregate, Event
from domain.campaign import Campaign
from domain.directory import Directory
from domain.meeting import ReviewMeeting
from domain.rating_box import RatingBox
from domain.supervision_group import SupervisionGroup
from domain.task import Task

AGGREGATES: tuple[type[Aggregate], ...] = (
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
