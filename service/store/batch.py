"""One batch of appends: which of them go in, where, and the rows that carry them. No I/O.

A batch is planned either on what its writer believes (nobody else has written; no stream conflicts; no key
was used) and then the database has the last word, or on facts read under the lock, and then the plan holds.
"""

import asyncio
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from struct import Struct
from typing import cast
from uuid import UUID

from eventsourcing.persistence import StoredEvent

from service.log.entry import SALT_BYTES, Entry, digest, moment
from service.log.merkle import Frontier
from service.store.envelope import CommandKey, Origin, Positions
from service.store.errors import IdempotencyConflict, Unstorable, VersionConflict

# As `_Rows` packs them.
COLUMNS = (
    "position",
    "stream_id",
    "stream_version",
    "recorded_at",
    "topic",
    "actor",
    "correlation",
    "causation",
    "command_key",
    "command_digest",
    "command_events",
    "salt",
    "state",
    "leaf_hash",
    "nodes",
)

Answer = Positions | VersionConflict | IdempotencyConflict | Unstorable


@dataclass(slots=True, eq=False)
class Append:
    """One request to append, all of it or nothing, and the place where its answer is awaited."""

    events: Sequence[StoredEvent]
    origin: Origin
    command: CommandKey | None
    answer: "asyncio.Future[Positions]"

    def fail(self, error: Exception) -> None:
        """Answer with the error, unless nobody waits any more."""
        if not self.answer.done():
            self.answer.set_exception(error)


@dataclass(slots=True)
class Head:
    """Where the log ends: its tree, and when it was last written (None while it is empty)."""

    tree: Frontier
    recorded_at: datetime | None


@dataclass(slots=True)
class Facts:
    """What the log says about the streams and keys of a batch. A stream that is not named is believed to be
    where its next event wants it."""

    versions: Mapping[UUID, int | None] = field(default_factory=dict)
    commands: Mapping[tuple[str, str], tuple[bytes, Positions]] = field(default_factory=dict)


class Stale(Exception):
    """A batch cannot be planned on belief: it speaks of what its writer has not seen."""


class Plan:
    """What becomes of each append of a batch, and of the head.

    `rows` are for COPY, `mark` is position and salt of the first; both are None when nothing goes in.
    """

    def __init__(self, appends: Sequence[Append], head: Head, now: datetime, facts: Facts | None):
        """`facts` None plans on belief; raises Stale where belief is not enough."""
        self._believing = facts is None
        self._versions: dict[UUID, int | None] = dict(facts.versions) if facts else {}
        self._commands = dict(facts.commands) if facts else {}
        recorded_at = now if head.recorded_at is None else max(now, head.recorded_at)
        self._rows = _Rows(head.tree.copy(), recorded_at)
        self._answers: list[tuple[Append, Answer]] = [(append, self._decide(append)) for append in appends]
        self.head = Head(self._rows.tree, recorded_at) if self._rows.mark else head
        self.mark = self._rows.mark
        self.rows = self._rows.finish() if self._rows.mark else None

    def answer(self) -> None:
        """Tell everyone who still waits; to be called when what the plan says has come true."""
        for append, answer in self._answers:
            if append.answer.done():
                continue
            if isinstance(answer, Positions):
                append.answer.set_result(answer)
            else:
                append.answer.set_exception(answer)

    def _decide(self, append: Append) -> Answer:
        command = append.command
        if command is not None:
            known = self._commands.get((append.origin.actor, command.key))
            if known is not None:
                same = known[0] == command.digest
                return Positions(known[1], repeated=True) if same else IdempotencyConflict(command.key)
        size = self._rows.tree.size
        causation = append.origin.causation
        if causation is not None and causation > size:
            if self._believing:
                raise Stale
            return Unstorable(f"the causing event {causation} is not in the log, which ends at {size}")
        conflict = self._advance(append.events)
        if conflict is not None:
            return conflict
        self._rows.add(append)
        positions = Positions(range(size + 1, self._rows.tree.size + 1))
        if command is not None:
            self._commands[append.origin.actor, command.key] = (command.digest, positions)
        return positions

    def _advance(self, events: Sequence[StoredEvent]) -> VersionConflict | None:
        """Move the streams on by the events, or leave them all and say which event does not fit.

        A stream begins with version 0 or 1 and goes on with the next.
        """
        moved: dict[UUID, int | None] = {}
        for event in events:
            stream, version = cast(UUID, event.originator_id), event.originator_version
            if stream in moved:
                actual = moved[stream]
            elif stream in self._versions:
                actual = self._versions[stream]
            else:
                actual = version - 1 if self._believing else None
            fits = version <= 1 if actual is None else version == actual + 1
            if not fits:
                return VersionConflict(stream, version - 1, actual)
            moved[stream] = version
        self._versions.update(moved)
        return None


_COPY_BEGINS = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_COPY_ENDS = b"\xff\xff"
_NULL = b"\xff\xff\xff\xff"
_NO_COMMAND = _NULL * 3
_HASH_SIZE = b"\0\0\0\x20"

_position_to_version = Struct(">hiqi16sii").pack
_recorded_at = Struct(">iq").pack
_correlation_no_causation = Struct(">i16si").pack
_correlation_causation = Struct(">i16siq").pack
_salt_and_state_size = Struct(">i16si").pack
_size = Struct(">i").pack

_POSTGRES_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class _Rows:
    """Rows of log.event in PostgreSQL's binary COPY format, packed by hand: half of a batch's own time would
    go into a general encoder."""

    def __init__(self, tree: Frontier, recorded_at: datetime):
        self.tree = tree
        # Position and salt of the first row: by them the batch is known again.
        self.mark: tuple[int, bytes] | None = None
        self._moment = moment(recorded_at)
        self._recorded_at = _recorded_at(8, (recorded_at - _POSTGRES_EPOCH) // _MICROSECOND)
        self._parts: list[bytes] = [_COPY_BEGINS]
        self._texts: dict[str, bytes] = {}

    def add(self, append: Append) -> None:
        """A row for each event; the tree grows by their leaves."""
        events, origin = append.events, append.origin
        actor, correlation, causation = origin.actor, origin.correlation, origin.causation
        if causation is None:
            caused = _correlation_no_causation(16, correlation.bytes, -1)
        else:
            caused = _correlation_causation(16, correlation.bytes, 8, causation)
        packed_actor = self._text(actor)
        salts = os.urandom(SALT_BYTES * len(events))
        last = len(events) - 1
        for n, event in enumerate(events):
            stream, version = cast(UUID, event.originator_id), event.originator_version
            topic, state = event.topic, event.state
            salt = salts[SALT_BYTES * n : SALT_BYTES * n + SALT_BYTES]
            position = self.tree.size + 1
            sealed = digest(salt, state)
            leaf_hash = Entry(
                actor, causation, correlation, position, self._moment, sealed, stream, version, topic
            ).leaf_hash()
            nodes = self.tree.append(leaf_hash)
            self._parts += (
                _position_to_version(len(COLUMNS), 8, position, 16, stream.bytes, 4, version),
                self._recorded_at,
                self._text(topic),
                packed_actor,
                caused,
                self._command(append) if n == last and append.command is not None else _NO_COMMAND,
                _salt_and_state_size(SALT_BYTES, salt, len(state)),
                state,
                _HASH_SIZE,
                leaf_hash,
                _size(len(nodes)),
                nodes,
            )
            if self.mark is None:
                self.mark = (position, salt)

    def finish(self) -> memoryview:
        """All rows, as one piece. (asyncpg takes bytes for the name of a file.)"""
        return memoryview(b"".join((*self._parts, _COPY_ENDS)))

    def _text(self, text: str) -> bytes:
        packed = self._texts.get(text)
        if packed is None:
            encoded = text.encode()
            packed = self._texts[text] = _size(len(encoded)) + encoded
        return packed

    def _command(self, append: Append) -> bytes:
        command = cast(CommandKey, append.command)
        encoded = command.key.encode()
        return b"".join(
            (
                _size(len(encoded)),
                encoded,
                _size(len(command.digest)),
                command.digest,
                _size(4),
                _size(len(append.events)),
            )
        )
