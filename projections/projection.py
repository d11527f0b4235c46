"""What a projection is: how facts become rows, said without a connection or a clock.

A `Table` has a row type, the columns that are its key, and one handler for each event class it cares about:

    begins    fold(fact) -> row               a row that was not there
    changes   fold(row, fact) -> row | None   a row that is there; None takes it away
    each      fold(row | None, fact, key)     the same for several keys at once, there or not

A handler that returns the very row it was given says that nothing has changed: nothing is written, and no
version is kept. A `Projection` is one or more tables that move together, under one checkpoint. It says which
aggregates it follows: every event class of these is handled by a table or named in `ignores`. An event that
is neither, or that the registry does not know, raises `UnknownEvent`.

What is written beside each row: `position`, of the last event that changed it, and `changed_at`, the time the
store recorded that event. A table that keeps versions has a sister `<name>_version` with `valid_from` and
`valid_to` (positions): the state as of p is the rows with valid_from <= p < valid_to.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from functools import cached_property
from typing import Any, Generic, TypeVar
from uuid import UUID

import msgspec

from domain.aggregate import Aggregate, Event
from domain.registry import AGGREGATES, events_of

Key = Hashable
"""The value of the key column; a tuple, in the order of the columns, where the key has several."""

FOREVER = 9223372036854775807
"""`valid_to` of the version that is still valid."""

POSITION, CHANGED_AT = "position", "changed_at"
VALID_FROM, VALID_TO = "valid_from", "valid_to"

E_co = TypeVar("E_co", bound=Event, covariant=True)
E = TypeVar("E", bound=Event)
R = TypeVar("R", bound=msgspec.Struct)


class UnknownEvent(Exception):
    """An event class that a projection neither handles nor ignores."""


class Undecodable(msgspec.Struct, frozen=True):
    """Stands in a fact for an event that could not be decoded. Whoever ignores the event never sees it."""

    error: Exception


class Fact(msgspec.Struct, Generic[E_co], frozen=True, gc=False):
    """An event as the store keeps it: with its position in the log, when it was recorded, by whom, and what
    it belongs together with (None where nobody has asked the store for that)."""

    event: E_co
    topic: str
    position: int
    recorded_at: datetime
    actor: str
    correlation: UUID | None = None


AnyFact = Fact[Any]


@dataclass(frozen=True)
class Index:
    """A secondary index: its columns (`"month desc"` is allowed), and its access method."""

    columns: tuple[str, ...]
    method: str = "btree"


class Does(Enum):
    APPENDS = "appends"  # begins a row of a table in which no row is ever changed
    BEGINS = "begins"
    CHANGES = "changes"
    EACH = "each"


@dataclass(frozen=True)
class Handler:
    """How a table takes one event class. `key` gives one key, or, for `Does.EACH`, all of them."""

    does: Does
    key: Callable[[AnyFact], Any]
    fold: Callable[..., Any]


def own_stream(fact: AnyFact) -> Key:
    """The row of the aggregate that the event belongs to."""
    stream: Key = fact.event.originator_id
    return stream


class Table(Generic[R]):
    """A read table: its row, its key, its indexes and its handlers.

    The row is a frozen msgspec struct; its first field may be a struct itself, the part of the row that
    seldom changes, whose fields are columns like the others. `unversioned` are columns that serve only the
    fold, and are left out of the versions.
    """

    def __init__(
        self,
        name: str,
        row: type[R],
        key: tuple[str, ...],
        *,
        keep_versions: bool = False,
        unversioned: tuple[str, ...] = (),
        indexes: tuple[Index, ...] = (),
        version_indexes: tuple[Index, ...] = (),
    ):
        self.name = name
        self.row = row
        self.key = key
        self.keep_versions = keep_versions
        self.unversioned = unversioned
        self.indexes = indexes
        self.version_indexes = version_indexes
        self.handlers: dict[type[Event], Handler] = {}

    def __repr__(self) -> str:
        return f"Table({self.name})"

    @cached_property
    def append_only(self) -> bool:
        """No row is ever changed."""
        return not self.keep_versions and all(h.does is Does.BEGINS for h in self.handlers.values())

    def does(self, handler: Handler) -> Does:
        return Does.APPENDS if self.append_only else handler.does

    def begins(
        self, event: type[E], key: Callable[[Fact[E]], Key] = own_stream
    ) -> Callable[[Callable[[Fact[E]], R]], Callable[[Fact[E]], R]]:
        def declare(fold: Callable[[Fact[E]], R]) -> Callable[[Fact[E]], R]:
            self._handle(event, Handler(Does.BEGINS, key, fold))
            return fold

        return declare

    def changes(
        self, event: type[E], key: Callable[[Fact[E]], Key] = own_stream
    ) -> Callable[[Callable[[R, Fact[E]], R | None]], Callable[[R, Fact[E]], R | None]]:
        def declare(fold: Callable[[R, Fact[E]], R | None]) -> Callable[[R, Fact[E]], R | None]:
            self._handle(event, Handler(Does.CHANGES, key, fold))
            return fold

        return declare

    def each(
        self, event: type[E], keys: Callable[[Fact[E]], Iterable[Key]]
    ) -> Callable[[Callable[[R | None, Fact[E], Any], R | None]], Callable[..., R | None]]:
        def declare(fold: Callable[[R | None, Fact[E], Any], R | None]) -> Callable[..., R | None]:
            self._handle(event, Handler(Does.EACH, keys, fold))
            return fold

        return declare

    def _handle(self, event: type[Event], handler: Handler) -> None:
        if event in self.handlers:
            raise ValueError(f"{self.name} handles {event.__qualname__} twice")
        self.handlers[event] = handler


class Projection:
    """Tables that move together. Raise `version` when a row or a fold changes: the tables are then built
    anew beside the old ones, and switched.

    `by_stream`: no row is made of the events of several streams, so that streams can be folded apart, in
    several processes."""

    def __init__(
        self,
        name: str,
        version: int,
        tables: tuple[Table[Any], ...],
        ignores: Collection[type[Event]] = (),
        *,
        follows: Collection[type[Aggregate]] = AGGREGATES,
        by_stream: bool = False,
    ):
        self.name = name
        self.version = version
        self.by_stream = by_stream
        self.tables = tables
        self.by_topic: dict[str, tuple[tuple[Table[Any], Handler], ...]] = {
            topic_of(event): ()
            for events in (ignores, *(events_of(a) for a in AGGREGATES if a not in follows))
            for event in events
        }
        for table in tables:
            for event, handler in table.handlers.items():
                topic = topic_of(event)
                if self.by_topic.get(topic, True) == ():
                    raise ValueError(f"{name} both handles and ignores {topic}")
                self.by_topic[topic] = (*self.by_topic.get(topic, ()), (table, handler))

    def __repr__(self) -> str:
        return f"Projection({self.name} v{self.version})"

    def handles(self, topic: str) -> bool:
        """True if a table takes the event, False if it is ignored; raises if it is neither."""
        handlers = self.by_topic.get(topic)
        if handlers is None:
            raise UnknownEvent(f"{self.name} neither handles nor ignores {topic}")
        return bool(handlers)


def topic_of(event: type[Event]) -> str:
    return str(event.TOPIC)  # type: ignore[attr-defined]
