"""What mutations answer with: the position of what was recorded, and links to the rows it changed.

A payload is for whoever may give its commands. Its links are read once the read tables have reached the
position; which row a link leads to is told by the events that were recorded.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import strawberry

from service.api.campaigns import Campaign, SupervisionGroup
from service.api.planned import RowReader
from service.api.reports import Report
from service.api.request import Info
from service.api.scalars import Position
from service.api.tasks import Task
from service.api.units import Official, Unit
from service.desk import Done

KeyOf = Callable[[Any], UUID | None]
"""The key of a row, from an event; None for an event that does not tell."""


@strawberry.interface(description="What a command recorded.")
class Recorded:
    position: Position = strawberry.field(
        description="The log position of its last event: pass it as `minPosition` to read what it changed."
    )


@dataclass(frozen=True)
class Link:
    """A field of a payload: the row of a read type."""

    type: Any
    description: str
    key: KeyOf


def own_stream(event: Any) -> UUID:
    """The aggregate that the event belongs to."""
    stream: UUID = event.originator_id
    return stream


def named(attribute: str) -> KeyOf:
    """What the event names."""
    return lambda event: getattr(event, attribute, None)


PAYLOADS: dict[str, type] = {}
"""What each command answers with."""


def payload(name: str, description: str, commands: Sequence[str], **links: Link) -> type:
    """The payload type of these commands, with a field for each link."""
    namespace: dict[str, Any] = {
        "__annotations__": {"done": strawberry.Private[Done]},
        "__module__": __name__,
    }
    for field, link in links.items():
        namespace[field] = _resolved(link)
    made = strawberry.type(type(name, (Recorded,), namespace), description=description)
    for command in commands:
        if command in PAYLOADS:
            raise ValueError(f"{command} has two payloads")
        PAYLOADS[command] = made
    return made


def answer(command: str, done: Done) -> Any:
    """The payload for what a command recorded."""
    return PAYLOADS[command](position=Position(done.position), done=done)


def _resolved(link: Link) -> Any:
    async def resolve(self: Any, info: Info) -> Any:
        # The last event that tells: a command may record several.
        keys = (key for event in reversed(self.done.events) if (key := link.key(event)) is not None)
        key = next(keys, None)
        return None if key is None else await RowReader(info).read(key, self.position)

    resolve.__annotations__["return"] = link.type | None
    return strawberry.field(resolver=resolve, description=link.description)


_UNIT = Link(Unit, "The unit.", named("unit_id"))
_OFFICIAL = Link(Official, "The official.", named("official_id"))
_CAMPAIGN = Link(Campaign, "The campaign.", own_stream)
_GROUP = Link(SupervisionGroup, "The supervision group.", own_stream)
_TASK = Link(Task, "The task.", own_stream)
_REPORT = Link(Report, "The report.", named("report_id"))

payload("UnitPayload", "A change of the directory's units.", ("registerUnit", "renameUnit"), unit=_UNIT)
payload(
    "OfficialPayload",
    "A change of the directory's officials.",
    ("registerOfficial", "appointOfficial", "releaseOfficial"),
    official=_OFFICIAL,
)
payload("CampaignPayload", "A change of a campaign.", ("launchCampaign", "formTaskForce"), campaign=_CAMPAIGN)
payload(
    "GroupPayload",
    "A change of a supervision group.",
    ("formSupervisionGroup", "changeGroupCoverage"),
    group=_GROUP,
)
payload(
    "TaskPayload",
    "A change of a task.",
    (
        "listTask",
        "publishTask",
        "reviseTarget",
        "extendDeadline",
        "reassignTask",
        "deliverTask",
        "acceptTask",
        "returnTask",
    ),
    task=_TASK,
)
payload(
    "ReportPayload",
    "A change of a progress report.",
    ("reportProgress", "correctReport", "withdrawReport", "publishReport", "verifyReport", "disputeReport"),
    task=_TASK,
    report=_REPORT,
)
