"""Who saw what, and who tried to (访问留痕): the reads and refused attempts that are to be accounted for.

One stream for each business day. An event is a page of entries: what one person did with one kind of thing
since the page before, how often, and which records it concerned, by id. No name, no content, no token and
nothing that a client has written enters it: a field is one of the schema's, a person is a token's subject.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Self
from uuid import UUID

from eventsourcing.domain import event

from domain import identifiers
from domain.aggregate import Aggregate, Created, Event
from domain.refusal import require


class AccessKind(StrEnum):
    PERSON = "person"  # 查阅干部信息
    EVIDENCE = "evidence"  # 查阅佐证材料
    SEALED = "sealed"  # 查看密封票箱
    LOG = "log"  # 查阅日志内容
    ACCESSES = "accesses"  # 查阅访问记录
    EXPORT = "export"  # 导出
    FORBIDDEN = "forbidden"  # 越权被拒
    UNAUTHENTICATED = "unauthenticated"  # 令牌无效被拒


@dataclass(frozen=True)
class Access:
    """`what` is a field of the schema, a command or an export; `subjects` are the records that it concerned,
    where they are told apart; `times` is how often, from `first` to `last`."""

    actor: str
    role: str
    kind: AccessKind
    what: str
    subjects: tuple[UUID, ...]
    times: int
    first: datetime
    last: datetime


def event_subject(position: int) -> UUID:
    """An event of the log as a subject: its position, in the form that ids have. (No other id begins with so
    many zeros.)"""
    return UUID(int=position)


class AccessDay(Aggregate):
    TOPIC = "access"

    # -- events

    class DayOpened(Created):
        TOPIC = "access.day_opened"
        day: date

    class Noted(Event):
        TOPIC = "access.noted"
        entries: tuple[Access, ...]

    # -- commands

    @classmethod
    def open(cls, at: datetime) -> Self:
        return cls.create(cls.DayOpened, identifiers.access_day_id(at.date()), at, day=at.date())

    def note(self, entries: Sequence[Access], at: datetime) -> None:
        require(bool(entries), "access.nothing")
        self.trigger(AccessDay.Noted, at, entries=tuple(entries))

    # -- how events change the state

    @event(DayOpened)
    def __init__(self, day: date) -> None:
        self.day = day

    @event(Noted)
    def _noted(self) -> None:
        """Nothing is decided on what has been noted."""
