"""Folding in memory: facts in, rows out, and what is to be written for them. Still no connection.

A `Folding` holds the rows of one projection that it has seen. Whoever drives it asks which rows it `wants`
for a batch, gives it those (`hold`), lets it `fold`, writes what it drains, and moves the checkpoint
in the same transaction. After a failed write the folding is not to be used any more: it believes all written.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

from msgspec import Struct

from projections.projection import (
    FOREVER,
    AnyFact,
    Does,
    Handler,
    Key,
    Projection,
    Table,
    Undecodable,
    UnknownEvent,
)

Stored = tuple[Struct, int, datetime]
"""A row, `position` and `changed_at`."""

Version = tuple[Struct, int, datetime, int]
"""A row, `position` (which is `valid_from` as well), `changed_at` and `valid_to`."""


class RowExists(Exception):
    """A handler begins a row that is there already."""


class RowMissing(Exception):
    """A handler changes a row that is not there."""


@dataclass
class Changes:
    """What is to be written to one table: new rows, changed rows, and the keys of rows that are gone; then
    `closed` versions (key, valid_from, valid_to), which are stored as open, and new `versions`."""

    table: Table[Any]
    new: list[Stored] = field(default_factory=list)
    changed: list[Stored] = field(default_factory=list)
    gone: list[Key] = field(default_factory=list)
    closed: list[tuple[Key, int, int]] = field(default_factory=list)
    versions: list[Version] = field(default_factory=list)

    def of_stored_rows(self) -> Changes:
        """Only what changes rows that are stored."""
        return Changes(self.table, changed=self.changed, gone=self.gone, closed=self.closed)

    def __bool__(self) -> bool:
        return bool(self.new or self.changed or self.gone or self.closed or self.versions)


class _Held(Struct, gc=False):
    """A row in memory. `stored`: the table has its key; `open`: the table of versions has its open version;
    `dirty`: it has changed since it was last drained."""

    row: Struct | None
    position: int
    changed_at: datetime
    stored: bool = False
    open: bool = False
    dirty: bool = False


class _State:
    """The rows of one table in memory, and what has changed since they were last drained."""

    def __init__(self, table: Table[Any], complete: bool):
        self.table = table
        self.complete = complete
        self.keep_versions = table.keep_versions
        self.rows: dict[Key, _Held] = {}
        self.dirty: list[tuple[Key, _Held]] = []
        self.appended: list[Stored] = []
        self.closed: list[tuple[Key, int, int]] = []
        self.versions: list[Version] = []

    def put(self, key: Key, held: _Held | None, row: Struct | None, fact: AnyFact) -> None:
        """The row of this key is now this one."""
        if held is None:
            held = self.rows[key] = _Held(row, fact.position, fact.recorded_at)
        else:
            if self.keep_versions and held.row is not None:
                if held.open:
                    self.closed.append((key, held.position, fact.position))
                    held.open = False
                else:
                    self.versions.append((held.row, held.position, held.changed_at, fact.position))
            held.row = row
            held.position = fact.position
            held.changed_at = fact.recorded_at
        if not held.dirty:
            held.dirty = True
            self.dirty.append((key, held))

    def history(self) -> Changes:
        """What will never change again: rows of an append-only table, versions that are over."""
        changes = Changes(self.table, new=self.appended, closed=self.closed, versions=self.versions)
        self.appended, self.closed, self.versions = [], [], []
        return changes

    def drain(self) -> Changes:
        """Everything that has changed."""
        changes = self.history()
        for key, held in self.dirty:
            if held.dirty:
                self._drain_row(key, held, changes)
        self.dirty.clear()
        return changes

    def spill(self, limit: int) -> Changes:
        """What will never change again, and, when more than `limit` rows are held, the older half of them,
        which is then forgotten."""
        changes = self.history()
        if len(self.rows) > limit:
            self.complete = False
            older = list(islice(self.rows.items(), len(self.rows) // 2))
            for key, held in older:
                if held.dirty:
                    self._drain_row(key, held, changes)
            for key, held in older:
                if held.row is not None:
                    del self.rows[key]
            self.dirty = [(key, held) for key, held in self.dirty if held.dirty]
        return changes

    def _drain_row(self, key: Key, held: _Held, changes: Changes) -> None:
        held.dirty = False
        if held.row is None:
            del self.rows[key]
            if held.stored:
                changes.gone.append(key)
            return
        (changes.changed if held.stored else changes.new).append((held.row, held.position, held.changed_at))
        held.stored = True
        if self.keep_versions and not held.open:
            changes.versions.append((held.row, held.position, held.changed_at, FOREVER))
            held.open = True


_Applies = Callable[[AnyFact], None]


def _applies(state: _State, handler: Handler) -> _Applies:
    """What a handler does to its table, as one function of the fact."""
    rows, key_of, fold, put = state.rows, handler.key, handler.fold, state.put

    def append(fact: AnyFact) -> None:
        state.appended.append((fold(fact), fact.position, fact.recorded_at))

    def begin(fact: AnyFact) -> None:
        key = key_of(fact)
        held = rows.get(key)
        if held is not None and held.row is not None:
            raise RowExists(f"{state.table.name} {key}")
        put(key, held, fold(fact), fact)

    def change(fact: AnyFact) -> None:
        key = key_of(fact)
        held = rows.get(key)
        if held is None or held.row is None:
            raise RowMissing(f"{state.table.name} {key}")
        row = fold(held.row, fact)
        if row is not held.row:
            put(key, held, row, fact)

    def each(fact: AnyFact) -> None:
        for key in key_of(fact):
            held = rows.get(key)
            known = held.row if held is not None else None
            row = fold(known, fact, key)
            if row is not known:
                put(key, held, row, fact)

    kinds = {Does.APPENDS: append, Does.BEGINS: begin, Does.CHANGES: change, Does.EACH: each}
    return kinds[state.table.does(handler)]


class Folding:
    """One projection at work. `complete`: its tables have no row that is not held here (they were empty)."""

    def __init__(self, projection: Projection, *, complete: bool = False):
        self.projection = projection
        self.folded = 0
        self._states = {table.name: _State(table, complete) for table in projection.tables}
        self._by_topic: dict[str, tuple[_Applies, ...]] = {
            topic: tuple(_applies(self._states[table.name], handler) for table, handler in handlers)
            for topic, handlers in projection.by_topic.items()
        }
        self._ignored = frozenset(topic for topic, applies in self._by_topic.items() if not applies)

    def ignores(self, topics: frozenset[str]) -> bool:
        """Whether no fact of these topics would change anything, or stop the fold."""
        return topics <= self._ignored

    def wants(self, facts: Sequence[AnyFact]) -> list[tuple[Table[Any], list[Key]]]:
        """The keys of stored rows that these facts may change and that are not held yet."""
        if all(state.complete for state in self._states.values()):
            return []
        wanted: dict[str, dict[Key, bool]] = {}
        for fact in facts:
            handlers = self.projection.by_topic.get(fact.topic)
            if handlers is None or (handlers and type(fact.event) is Undecodable):
                break  # The fold will stop here.
            for table, handler in handlers:
                state, does = self._states[table.name], table.does(handler)
                if does is Does.APPENDS or state.complete:
                    continue
                keys = wanted.setdefault(table.name, {})
                for key in handler.key(fact) if does is Does.EACH else (handler.key(fact),):
                    if key not in state.rows:
                        # A row that begins here is not in the table, however often it is changed afterwards.
                        keys.setdefault(key, does is not Does.BEGINS)
        found = []
        for name, keys in wanted.items():
            stored = [key for key, is_stored in keys.items() if is_stored]
            if stored:
                found.append((self._states[name].table, stored))
        return found

    def hold(self, table: Table[Any], key: Key, row: Struct, position: int, changed_at: datetime) -> None:
        """A row as it is stored."""
        self._states[table.name].rows[key] = _Held(row, position, changed_at, stored=True, open=True)

    def fold(self, facts: Sequence[AnyFact]) -> None:
        """Fold the facts in order. When one raises, `folded` is how many came before it, and the folding is
        spoilt: those are to be folded by a new one."""
        by_topic = self._by_topic
        for self.folded, fact in enumerate(facts):
            applies = by_topic.get(fact.topic)
            if applies is None:
                raise UnknownEvent(f"{self.projection.name} neither handles nor ignores {fact.topic}")
            if applies and type(fact.event) is Undecodable:
                raise fact.event.error
            for apply in applies:
                apply(fact)
        self.folded = len(facts)

    def drain(self) -> list[Changes]:
        """Everything that has changed since the last drain."""
        return [changes for state in self._states.values() if (changes := state.drain())]

    def spill(self, limit: int) -> list[Changes]:
        """What will never change again; and of a table of which more than `limit` rows are held, the older
        half, which is held no more. What else has changed waits for the next drain."""
        return [changes for state in self._states.values() if (changes := state.spill(limit))]
