"""One batch of appends: which of them go in, where, and the rows that carry them. No I/O.

A batch is planned either on what its writer believes (nobody else has written; no stream conflicts; no key
was used) and then the database has the last word, or on facts read under the lock, and then the plan holds.
An append is planned as it comes, so that the next batch is ready when the one under way is done.
"""

import asyncio
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from struct import Struct
from typing import Any, cast
from uuid import UUID

from eventsourcing.persistence import StoredEvent

from service.store.clock import Clock
from service.store.envelope import CommandKey, Origin, Positions
from service.store.errors import IdempotencyConflict, Unstorable, VersionConflict
from service.tlog.entry import SALT_BYTES, Entry, digest, moment
from service.tlog.merkle import Frontier

# Those of the table, in its order: COPY need not be told them. As `Plan._pack` packs them.
COLUMNS = (
    "position",
    "stream_id",
    "stream_version",
    "topic",
    "recorded_at",
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

BATCH_APPENDS = 512
BATCH_EVENTS = 8_192
SALTS_DRAWN = 64

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
    """What becomes of each append of a batch, and of the head."""

    def __init__(self, base: Head, clock: Clock, facts: Facts | None = None):
        """To go on from `base`; without facts, on belief."""
        self.base = base
        # Where the log ends when the plan has come true; known once it is finished.
        self.head = base
        self.appends: list[Append] = []
        # Position and salt of the first row: by them the batch is known again. None while nothing goes in.
        self.mark: tuple[int, bytes] | None = None
        self._clock = clock
        self._answers: list[Answer] = []
        self._believing = facts is None
        # By the number of the UUID: hashing the UUID itself takes a call of Python's.
        self._versions = {stream.int: version for stream, version in facts.versions.items()} if facts else {}
        self._commands = dict(facts.commands) if facts else {}
        self._tree = base.tree.copy()
        self._parts: list[bytes] = [_COPY_BEGINS]
        self._random, self._drawn = b"", 0

    @property
    def is_full(self) -> bool:
        """Whether the batch is large enough."""
        return len(self.appends) >= BATCH_APPENDS or self._tree.size - self.base.tree.size >= BATCH_EVENTS

    def take(self, append: Append) -> None:
        """Plan one more append. Raises Stale, with nothing changed, where belief is not enough for it."""
        if not self.appends:
            self._date()
        self._answers.append(self._decide(append))
        self.appends.append(append)

    def finish(self) -> memoryview | None:
        """The rows for COPY, in one piece; None when nothing goes in."""
        if self.mark is None:
            return None
        self.head = Head(self._tree, self._recorded_at)
        # asyncpg would take bytes for the name of a file.
        return memoryview(b"".join((*self._parts, _COPY_ENDS)))

    def answer(self) -> None:
        """Tell everyone who still waits; to be called when what the plan says has come true."""
        for append, answer in zip(self.appends, self._answers, strict=True):
            waiting = append.answer
            if waiting.done():
                continue
            if isinstance(answer, Positions):
                waiting.set_result(answer)
            else:
                waiting.set_exception(answer)

    def _date(self) -> None:
        """One batch, one moment: that of its first append, but never before the last one's."""
        now, last = self._clock.now(), self.base.recorded_at
        self._recorded_at = now if last is None else max(now, last)
        self._moment = moment(self._recorded_at)
        self._packed_moment = _bigint(8, (self._recorded_at - _POSTGRES_EPOCH) // _MICROSECOND)

    # -- deciding

    def _decide(self, append: Append) -> Answer:
        command, origin = append.command, append.origin
        if command is not None:
            known = self._commands.get((origin.actor, command.key))
            if known is not None:
                return known[1].again() if known[0] == command.digest else IdempotencyConflict(command.key)
        size = self._tree.size
        if origin.causation is not None and origin.causation > size:
            if self._believing:
                raise Stale
            return Unstorable(f"the causing event {origin.causation} is not in the log, which ends at {size}")
        conflict = self._advance(append.events)
        if conflict is not None:
            return conflict
        self._pack(append)
        positions = Positions(range(size + 1, self._tree.size + 1))
        if command is not None:
            self._commands[origin.actor, command.key] = (command.digest, positions)
        return positions

    def _advance(self, events: Sequence[StoredEvent]) -> VersionConflict | None:
        """Move the streams on by the events, or leave them all and say which event does not fit.

        A stream begins with version 0 or 1 and goes on with the next.
        """
        versions = self._versions
        moved: dict[int, int | None] = {} if len(events) > 1 else versions
        for event in events:
            stream, version = cast(UUID, event.originator_id).int, event.originator_version
            actual = moved.get(stream, _UNNAMED)
            if actual is _UNNAMED:
                actual = versions.get(stream, version - 1 if self._believing else None)
            if version != actual + 1 if actual is not None else version > 1:
                return VersionConflict(cast(UUID, event.originator_id), version - 1, actual)
            moved[stream] = version
        if moved is not versions:
            versions.update(moved)
        return None

    # -- packing

    def _pack(self, append: Append) -> None:
        """A row for each event, in PostgreSQL's binary COPY format; the tree grows by their leaves.

        Packed by hand: in a general encoder a batch would spend half of its time.
        """
        events, origin, tree = append.events, append.origin, self._tree
        actor, correlation, causation = origin.actor, origin.correlation, origin.causation
        by = self._packed_moment + _packed_text(actor) + _packed_cause(correlation, causation)
        last = len(events) if append.command is not None else 0
        for n, event in enumerate(events, start=1):
            stream, version = cast(UUID, event.originator_id), event.originator_version
            topic, state = event.topic, event.state
            position = tree.size + 1
            salt = self._salt()
            if self.mark is None:
                self.mark = (position, salt)
            leaf_hash = Entry(
                actor,
                causation,
                correlation,
                position,
                self._moment,
                digest(salt, state),
                stream,
                version,
                topic,
            ).leaf_hash()
            nodes = tree.append(leaf_hash)
            self._parts += (
                # As `UUID.bytes` does, without its call.
                _position_to_version(len(COLUMNS), 8, position, 16, stream.int.to_bytes(16), 4, version),
                _packed_text(topic),
                by,
                _packed_command(append) if n == last else _NO_COMMAND,
                _salt_and_state_size(SALT_BYTES, salt, len(state)),
                state,
                _HASH_SIZE,
                leaf_hash,
                _size(len(nodes)),
                nodes,
            )

    def _salt(self) -> bytes:
        """Random bytes, drawn for many events at once: asking the system takes longer than all the rest."""
        if self._drawn == len(self._random):
            self._random, self._drawn = os.urandom(SALTS_DRAWN * SALT_BYTES), 0
        begin = self._drawn
        self._drawn = end = begin + SALT_BYTES
        return self._random[begin:end]


class _Unnamed:
    """Says that a stream has no version here, which is not to say that it has none."""


_UNNAMED: Any = _Unnamed()

_COPY_BEGINS = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_COPY_ENDS = b"\xff\xff"
_NO_COMMAND = b"\xff\xff\xff\xff" * 3
_HASH_SIZE = b"\0\0\0\x20"

_position_to_version = Struct(">hiqi16sii").pack
_bigint = Struct(">iq").pack
_no_cause = Struct(">i16si").pack
_cause = Struct(">i16siq").pack
_salt_and_state_size = Struct(">i16si").pack
_size = Struct(">i").pack

_POSTGRES_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@lru_cache(4_096)
def _packed_text(text: str) -> bytes:
    encoded = text.encode()
    return _size(len(encoded)) + encoded


def _packed_cause(correlation: UUID, causation: int | None) -> bytes:
    if causation is None:
        return _no_cause(16, correlation.bytes, -1)
    return _cause(16, correlation.bytes, 8, causation)


def _packed_command(append: Append) -> bytes:
    command = cast(CommandKey, append.command)
    key, digest_ = command.key.encode(), command.digest
    count = _size(len(append.events))
    return b"".join((_size(len(key)), key, _size(len(digest_)), digest_, _size(len(count)), count))
