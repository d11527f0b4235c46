"""The log as lines: one event a line, JSON, in the order of positions, states as the exact text that was
recorded.

What `duban export --events` and `duban log export --events` write, and the verifiers read. `entry` is the
leaf's entry (RFC 8785) as text: its hash is the leaf, and it holds SHA-256(salt ‖ state), so that a file can
be held to a signed checkpoint of the tree.
"""

import hashlib
from collections.abc import AsyncIterator, Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from domain.aggregate import AnyEvent
from domain.personal import PERSONAL
from domain.registry import EVENTS
from service import BadInput
from service.store.codec import decode
from service.store.database import Database
from service.tlog.entry import Entry, moment

PAGE = 1_000
SELECT = """
select s.position, s.stream_id, s.stream_version, s.topic, s.recorded_at, s.actor, s.correlation, s.causation,
    s.state_digest, coalesce(f.salt, '') as salt, f.state
from log.sealed s join log.fact f using (position)
where position > $1 and position <= $2 order by position limit $3"""
LARGEST = 2**63 - 1


# No erasure reaches these: a box or a draw without its state is one that cannot be checked. (What was said at
# a meeting can be erased; no draw hangs on it.)
CHECKED = frozenset(topic for topic in EVENTS if topic.startswith(("rating.", "meeting."))) - set(PERSONAL)


class Line(msgspec.Struct, frozen=True):
    """An event as it is exported. `salt` is base64; empty where the state was lawfully erased, and `state` is
    then what is left of it."""

    position: int
    topic: str
    entry: str
    salt: bytes
    state: str

    def event(self) -> AnyEvent:
        """Raises what `codec.decode` raises."""
        return decode(self.topic, self.state.encode())


class NotALine(BadInput):
    """A line of the file that is no event."""


def line_of(row: Any) -> Line:
    entry = Entry(
        actor=row["actor"],
        causation=row["causation"],
        correlation=row["correlation"],
        position=row["position"],
        recordedAt=moment(row["recorded_at"]),
        stateDigest=row["state_digest"],
        streamId=row["stream_id"],
        streamVersion=row["stream_version"],
        topic=row["topic"],
    )
    return Line(
        row["position"], row["topic"], entry.encode().decode(), row["salt"], row["state"].decode("utf-8")
    )


async def lines(database: Database, size: int = LARGEST) -> AsyncIterator[Line]:
    """The whole log, or its first `size` events."""
    position = 0
    while rows := await database.fetch(SELECT, position, size, PAGE):
        for row in rows:
            yield line_of(row)
        position = rows[-1]["position"]


async def write(database: Database, path: Path, size: int = LARGEST) -> int:
    """Write them to a file, whole or not at all; how many."""
    draft, count = path.with_name(f"{path.name}.part"), 0
    with draft.open("wb") as file:
        async for line in lines(database, size):
            file.write(written(line))
            count += 1
    draft.replace(path)
    return count


def written(line: Line) -> bytes:
    return msgspec.json.encode(line) + b"\n"


def read(path: Path) -> Iterator[Line]:
    """The lines of a file. Raises NotALine with its number."""
    decode_line = msgspec.json.Decoder(Line).decode
    with path.open("rb") as file:
        for number, text in enumerate(file, 1):
            try:
                yield decode_line(text)
            except msgspec.DecodeError as error:
                raise NotALine(f"{path}, line {number}: {error}") from None


def entry_faults(given: Iterable[Line]) -> Iterator[tuple[int, str]]:
    """Where a line's state is not the one its entry holds the digest of, or the positions do not go on."""
    expected = 1
    for line in given:
        if line.position != expected:
            yield line.position, f"position {expected} is missing before this one"
        expected = line.position + 1
        try:
            entry = msgspec.json.decode(line.entry, type=Entry)
        except msgspec.DecodeError as error:
            yield line.position, f"its entry is none: {error}"
            continue
        state_digest = hashlib.sha256(line.salt + line.state.encode()).digest()
        told = entry.stateDigest if line.salt == b"" and line.topic not in CHECKED else state_digest
        if (entry.position, entry.topic, entry.stateDigest) != (line.position, line.topic, told):
            yield line.position, "its state is not the one that its entry holds the digest of"
