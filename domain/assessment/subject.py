"""Whose record it is (对象): a unit's stays with the unit, an official's goes with the person."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from domain.aggregate import Event


class SubjectKind(StrEnum):
    UNIT = "unit"  # 单位
    OFFICIAL = "official"  # 干部


@dataclass(frozen=True)
class Subject:
    kind: SubjectKind
    id: UUID


@dataclass(frozen=True)
class Office:
    """The leading post (职务) that an official held when it happened: the record says so for good, whatever
    post they hold later."""

    unit_id: UUID
    post: str


class OnRecord(Event):
    """A fact that stands in somebody's record: it says in whose, and what post they held."""

    subject: Subject
    office: Office | None
