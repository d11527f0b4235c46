"""The base of every aggregate and event: `eventsourcing`, with the identity and time of an event pinned.

An event's `timestamp` is the moment of the command that caused it, an aware datetime in the plan's own time
zone; its date is the business date. (The store records its own time beside it.) The library would read the
clock when no timestamp is given; here that is an error, because the domain has no clock.

Every aggregate and event class carries a `TOPIC` that never changes: moving a class never breaks history.
"""

from datetime import datetime
from typing import Any, Self
from uuid import UUID

from eventsourcing.domain import BaseAggregate, CanInitAggregate, CanMutateAggregate, MetaDomainEvent

from domain.refusal import require


class Event(CanMutateAggregate[UUID], metaclass=MetaDomainEvent):
    """A fact. Frozen; its class attribute `TOPIC` names it for good."""

    # Declared here, not only by the library's generic base, so that decoding checks the types.
    originator_id: UUID
    originator_version: int
    timestamp: datetime

    @staticmethod
    def create_timestamp() -> datetime:
        raise TypeError("an event's moment comes with its command: pass at=…")


class Created(CanInitAggregate[UUID], Event):
    """The first fact of a stream."""

    originator_topic: str


# Inside an aggregate the name `Event` is that of its own events' base, which the library asks for.
AnyEvent = Event


class Aggregate(BaseAggregate[UUID]):
    """The consistency boundary of a command."""

    class Event(Event):
        """Base of the aggregate's own events."""

    @classmethod
    def create(cls, event: type[Created], id: UUID, at: datetime, **facts: Any) -> Self:
        """A new aggregate whose stream begins with `event`."""
        return cls._create(event, id=id, timestamp=_require_zone(at), **facts)

    def trigger(self, event: type[AnyEvent], at: datetime, **facts: Any) -> None:
        """Record a fact decided at `at`, and apply it."""
        self.trigger_event(event, timestamp=_require_zone(at), **facts)


def _require_zone(at: datetime) -> datetime:
    # Without one, the business date would be that of whatever machine reads it.
    require(at.utcoffset() is not None, "moment.without_zone")
    return at
