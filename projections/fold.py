"""Folding in memory: facts in, rows out, and what is to be written for them. Still no connection.

A `Folding` holds the rows of one projection that it has seen. Whoever drives it asks which rows it `wants`
for a batch, gives it those (`hold`), lets it `fold`, writes what it drains, and moves the checkpoint
in the same transaction. After a failed write the folding is not to be used any more: it believes all written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

from msgspec import Struct
from msgspec.structs import astuple

from projections.columns import part_of
from projections.projection import (
    FOREVER,
    AnyFact,
    Does,
    Key,
    Projection,
    Table,
    Undecodable,
    UnknownEvent,
)

Record = tuple[Struct | None, tuple[Any, ...]]
"""What is stored of a row: its part that seldom changes, if it has one, and the values of all other columns,
in their order. (Apart, so that whoever writes many versions need not encode the part again and again.)"""


class RowExists(Exception):
    """A handler begins a row that is there already."""


class RowMissing(Exception):
    """A handler changes a row that is not there."""


@dataclass
class Changes:
    """What is to be written to one table: new rows, changed rows, and the keys of rows that are gone; then
    `closed` versions (key, valid_from, valid_to), which are stored as open, and new `versions`."""

    table: Table[Any]
    new: list[Record] = field(default_factory=list)
    changed: list[Record] = field(default_factory=list)
    gone: list[Key] = field(default_factory=list)
    closed: list[tuple[Key, int, int]] = field(default_factory=list)
    versions: list[Record] = field(default_factory=list)

    def of_stored_rows(self) -> Changes:
        """Only what changes rows that are stored."""
        return Changes(self.table, changed=self.changed, gone=self.gone, closed=self.closed)

    def __bool__(self) -> bool:
        return bool(self.new or self.changed or self.gone or self.closed or self.versions)


class _Held:
    """A row in memory. `stored`: the table has its key; `open`: the table of versions has its open version;
    `dirty`: it has changed since it was last drained."""

    __slots__ = ("changed_at", "dirty", "open", "position", "row", "stored")

    def __init__(
        self,
        row: Struct | None,
        position: int,
        changed_at: datetime,
        stored: bool = False,
        open: bool = False,
    ):
        self.row = row
        self.position = position
        self.changed_at = changed_at
        self.stored = stored
        self.open = open
        self.dirty = False


class _State:
    """The rows of one table in memory, and what has changed since they were last drained."""

    def __init__(self, table: Table[Any], complete: bool):
        self.table = table
        self.complete = complete
        self.keep_versions = table.keep_versions
        self.has_part = part_of(table) is not None
        self.unversioned = len(table.unversioned)
        self.rows: dict[Key, _Held] = {}
        self.dirty: list[tuple[Key, _Held]] = []
        self.appended: list[Record] = []
        self.closed: list[tuple[Key, int, int]] = []
        self.versions: list[Record] = []

    def put(self, key: Key, held: _Held | None, row: Struct | None, fact: AnyFact) -> None:
        """The row of this key is now this one."""
        if held is None:
            held = self.rows[key] = _Held(row, fact.position, fact.recorded_at)
        else:
            if self.keep_versions and held.row is not None:
                self._close(key, held, fact.position)
            held.row = row
            held.position = fact.position
            held.changed_at = fact.recorded_at
        if not held.dirty:
            held.dirty = True
            self.dirty.append((key, held))

    def _close(self, key: Key, held: _Held, position: int) -> None:
        if held.open:
            self.closed.append((key, held.position, position))
            held.open = False
        else:
            self.versions.append(self._version(held, position))

    def _version(self, held: _Held, valid_to: int) -> Record:
        part, values = self._split(held.row)
        kept = values[: len(values) - self.unversioned]
        return part, (*kept, held.position, held.changed_at, held.position, valid_to)

    def _split(self, row: Struct | None) -> Record:
        assert row is not None
        if not self.has_part:
            return None, astuple(row)
        part, *values = astuple(row)
        return part, tuple(values)

    def record(self, row: Struct, position: int, changed_at: datetime) -> Record:
        part, values = self._split(row)
        return part, (*values, position, changed_at)

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
            for key, held in list(islice(self.rows.items(), len(self.rows) // 2)):
                if held.dirty:
                    self._drain_row(key, held, changes)
                self.rows.pop(key, None)
            self.dirty = [(key, held) for key, held in self.dirty if held.dirty]
        return changes

    def _drain_row(self, key: Key, held: _Held, changes: Changes) -> None:
        held.dirty = False
        if held.row is None:
            del self.rows[key]
            if held.stored:
                changes.gone.append(key)
            return
        record = self.record(held.row, held.position, held.changed_at)
        (changes.changed if held.stored else changes.new).append(record)
        held.stored = True
        if self.keep_versions and not held.open:
            changes.versions.append(self._version(held, FOREVER))
            held.open = True


_Handling = tuple[_State, Does, Callable[[AnyFact], Any], Callable[..., Any]]


class Folding:
    """One projection at work. `complete`: its tables have no row that is not held here (they were empty)."""

    def __init__(self, projection: Projection, *, complete: bool = False):
        self.projection = projection
        self.folded = 0
        self._states = {table.name: _State(table, complete) for table in projection.tables}
        self._by_topic: dict[str, tuple[_Handling, ...]] = {
            topic: tuple((self._states[t.name], t.does(h), h.key, h.fold) for t, h in handlers)
            for topic, handlers in projection.by_topic.items()
        }

    def wants(self, facts: Sequence[AnyFact]) -> list[tuple[Table[Any], list[Key]]]:
        """The keys of stored rows that these facts may change and that are not held yet."""
        if all(state.complete for state in self._states.values()):
            return []
        wanted: dict[str, dict[Key, bool]] = {}
        for fact in facts:
            handlers = self._by_topic.get(fact.topic)
            if handlers is None or (handlers and type(fact.event) is Undecodable):
                break  # The fold will stop here.
            for state, does, key_of, _ in handlers:
                if does is Does.APPENDS or state.complete:
                    continue
                keys = wanted.setdefault(state.table.name, {})
                for key in key_of(fact) if does is Does.EACH else (key_of(fact),):
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
            handlers = by_topic.get(fact.topic)
            if handlers is None:
                raise UnknownEvent(f"{self.projection.name} neither handles nor ignores {fact.topic}")
            for state, does, key_of, fold in handlers:
                if type(fact.event) is Undecodable:
                    raise fact.event.error
                if does is Does.APPENDS:
                    state.appended.append(state.record(fold(fact), fact.position, fact.recorded_at))
                elif does is Does.EACH:
                    _fold_each(state, key_of(fact), fold, fact)
                else:
                    _fold_one(state, does, key_of(fact), fold, fact)
        self.folded = len(facts)

    def drain(self) -> list[Changes]:
        """Everything that has changed since the last drain."""
        return [changes for state in self._states.values() if (changes := state.drain())]

    def spill(self, limit: int) -> list[Changes]:
        """What will never change again; and of a table of which more than `limit` rows are held, the older
        half, which is held no more. What else has changed waits for the next drain."""
        return [changes for state in self._states.values() if (changes := state.spill(limit))]


def _fold_one(state: _State, does: Does, key: Key, fold: Callable[..., Any], fact: AnyFact) -> None:
    held = state.rows.get(key)
    known = held.row if held is not None else None
    if does is Does.CHANGES:
        if known is None:
            raise RowMissing(f"{state.table.name} {key}")
        row = fold(known, fact)
        if row is not known:
            state.put(key, held, row, fact)
    else:
        if known is not None:
            raise RowExists(f"{state.table.name} {key}")
        state.put(key, held, fold(fact), fact)


def _fold_each(state: _State, keys: Iterable[Key], fold: Callable[..., Any], fact: AnyFact) -> None:
    for key in keys:
        held = state.rows.get(key)
        known = held.row if held is not None else None
        row = fold(known, fact, key)
        if row is not known:
            state.put(key, held, row, fact)
