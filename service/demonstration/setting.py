"""Who plays in the demonstration, what a task is cast for, and what a story tells of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum
from zoneinfo import ZoneInfo

from domain import identifiers
from service.commands import Command
from service.identity import Role, Viewer
from service.plans.rows import GroupRow
from service.store.clock import DEMONSTRATION

ACTORS = DEMONSTRATION
"""Every actor's name begins so, and nobody else's does."""

OFFICE = Viewer(Role.OFFICE, f"{ACTORS}office")


def reporter(unit: str) -> Viewer:
    return Viewer(Role.REPORTER, f"{ACTORS}reporter:{unit}", unit_id=identifiers.unit_id(unit))


def supervisor(group: str) -> Viewer:
    return Viewer(Role.SUPERVISOR, f"{ACTORS}supervisor:{group}", group_id=identifiers.group_id(group))


class Turn(Enum):
    """Something that happens to few tasks, and is cast for the whole plan."""

    REVISED = "revised"
    EXTENDED = "extended"
    REASSIGNED = "reassigned"
    RETURNED = "returned"
    WITHDRAWN = "withdrawn"
    STALLED = "stalled"


@dataclass(frozen=True)
class Part:
    """What a task is cast for: its turns with the day and the number of the document, if they need one, and
    the unit that takes it over when it is reassigned."""

    turns: Mapping[Turn, tuple[date, int]] = field(default_factory=dict)
    successor: str = ""


@dataclass(frozen=True)
class Setting:
    """What all stories have in common. `unit_names` are by code; `last_day` is the last that is told of."""

    seed: int
    zone: ZoneInfo
    unit_names: Mapping[str, str]
    groups: Sequence[GroupRow]
    plan_end: date
    last_day: date


@dataclass(frozen=True)
class Given:
    """A command that a story gives, by whom and when. `number` is the version that the task's stream gets."""

    moment: datetime
    viewer: Viewer
    command: Command
    task: str
    number: int
