"""Units and officials (单位与干部名录): one stream, so that one stream holds personal data.

Rules: a unit belongs to one of the three categories that are ranked apart (articles 48, 51). An official
holds at most one leading post (主要负责人) at a time and a unit has at most one leading official; a post is
dated from and to, and the next may begin on the day the last one ends. Everything elsewhere refers to units
and officials by id; their names are here alone.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Self
from uuid import UUID

from eventsourcing.domain import event

from domain import identifiers
from domain.aggregate import Aggregate, Created, Event
from domain.refusal import Refusal, require, require_day, require_line


class Category(StrEnum):
    COUNTY = "county"  # 县市区
    ZONE = "zone"  # 市属开发区
    DEPARTMENT = "department"  # 市直部门


@dataclass(frozen=True)
class Post:
    """A leading post (主要负责人) from its first day to its last; `until` None while it is held."""

    official_id: UUID
    unit_id: UUID
    post: str
    since: date
    until: date | None = None

    def held_on(self, day: date) -> bool:
        return self.since <= day and (self.until is None or day <= self.until)


class Directory(Aggregate):
    TOPIC = "directory"

    # -- events

    class Opened(Created):
        TOPIC = "directory.opened"

    class UnitRegistered(Event):
        TOPIC = "directory.unit_registered"
        unit_id: UUID
        code: str
        name: str
        category: Category

    class UnitRenamed(Event):
        TOPIC = "directory.unit_renamed"
        unit_id: UUID
        name: str

    class OfficialRegistered(Event):
        TOPIC = "directory.official_registered"
        official_id: UUID
        code: str
        name: str

    class OfficialAppointed(Event):
        """Appointed as the leading official of a unit."""

        TOPIC = "directory.official_appointed"
        official_id: UUID
        unit_id: UUID
        post: str
        since: date

    class OfficialReleased(Event):
        TOPIC = "directory.official_released"
        official_id: UUID
        unit_id: UUID
        until: date

    # -- commands

    @classmethod
    def open(cls, at: datetime) -> Self:
        return cls.create(cls.Opened, identifiers.DIRECTORY, at)

    def register_unit(self, code: str, name: str, category: Category, at: datetime) -> UUID:
        unit_id = identifiers.unit_id(code)
        name = require_line(name, "name", most=100)
        require(unit_id not in self.units, "unit.exists", field="code", code=code)
        self.trigger(Directory.UnitRegistered, at, unit_id=unit_id, code=code, name=name, category=category)
        return unit_id

    def rename_unit(self, unit_id: UUID, name: str, at: datetime) -> None:
        self.require_unit(unit_id)
        name = require_line(name, "name", most=100)
        require(name != self.units[unit_id], "unit.name_unchanged", field="name")
        self.trigger(Directory.UnitRenamed, at, unit_id=unit_id, name=name)

    def register_official(self, code: str, name: str, at: datetime) -> UUID:
        official_id = identifiers.official_id(code)
        name = require_line(name, "name", most=60)
        require(official_id not in self.officials, "official.exists", field="code", code=code)
        self.trigger(Directory.OfficialRegistered, at, official_id=official_id, code=code, name=name)
        return official_id

    def appoint_official(
        self, official_id: UUID, unit_id: UUID, post: str, since: date, at: datetime
    ) -> None:
        self.require_official(official_id)
        self.require_unit(unit_id)
        post = require_line(post, "post", most=60)
        require_day(since, "since")
        leads = any(p.official_id == official_id for p in self.leading.values())
        require(not leads, "official.holds_a_post", field="official")
        require(unit_id not in self.leading, "unit.has_a_leading_official", field="unit")
        for left in (self.vacated.get(unit_id), self.released.get(official_id)):
            free = left is None or since >= left
            require(free, "official.appointed_before_release", field="since", until=left)
        self.trigger(
            Directory.OfficialAppointed, at, official_id=official_id, unit_id=unit_id, post=post, since=since
        )

    def release_official(self, unit_id: UUID, until: date, at: datetime) -> None:
        self.require_unit(unit_id)
        post = self.leading.get(unit_id)
        if post is None:
            raise Refusal("unit.has_no_leading_official", field="unit")
        require_day(until, "until")
        served = until >= post.since
        require(served, "official.released_before_appointed", field="until", since=post.since)
        self.trigger(
            Directory.OfficialReleased, at, official_id=post.official_id, unit_id=unit_id, until=until
        )

    # -- rules asked by other nouns

    def require_unit(self, unit_id: UUID, field: str = "unit") -> None:
        require(unit_id in self.units, "unit.unknown", field=field)

    def require_official(self, official_id: UUID, field: str = "official") -> None:
        require(official_id in self.officials, "official.unknown", field=field)

    # -- what others ask

    def post_held(self, official_id: UUID, day: date) -> Post | None:
        """The post the official held on that day, or None; on a day of change the later one."""
        held = [p for p in (*self.past, *self.leading.values()) if p.official_id == official_id]
        return next((p for p in reversed(held) if p.held_on(day)), None)

    # -- how events change the state

    @event(Opened)
    def __init__(self) -> None:
        self.units: dict[UUID, str] = {}
        self.categories: dict[UUID, Category] = {}
        self.officials: set[UUID] = set()
        self.leading: dict[UUID, Post] = {}
        # Every post that was given up, in the order of the releases.
        self.past: list[Post] = []
        # The last day of the last post, by unit and by official.
        self.vacated: dict[UUID, date] = {}
        self.released: dict[UUID, date] = {}

    @event(UnitRegistered)
    def _unit_registered(self, unit_id: UUID, name: str, category: Category) -> None:
        self.units[unit_id] = name
        self.categories[unit_id] = category

    @event(UnitRenamed)
    def _unit_renamed(self, unit_id: UUID, name: str) -> None:
        self.units[unit_id] = name

    @event(OfficialRegistered)
    def _official_registered(self, official_id: UUID) -> None:
        self.officials.add(official_id)

    @event(OfficialAppointed)
    def _official_appointed(self, official_id: UUID, unit_id: UUID, post: str, since: date) -> None:
        self.leading[unit_id] = Post(official_id, unit_id, post, since)

    @event(OfficialReleased)
    def _official_released(self, official_id: UUID, unit_id: UUID, until: date) -> None:
        self.past.append(replace(self.leading.pop(unit_id), until=until))
        self.vacated[unit_id] = until
        self.released[official_id] = until
