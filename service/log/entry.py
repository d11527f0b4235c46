"""The leaf of an event: its envelope as RFC 8785 canonical JSON, with the digest of its state.

The state itself stays out, behind a salt: a published entry tells nothing of it, and an erased one leaves
the tree whole. The struct's fields stand in the canonical order of their names, so that its encoding is
canonical.
"""

import base64
import hashlib
from datetime import UTC, datetime
from uuid import UUID

import msgspec

# tlog-tiles gives the length of an entry in two bytes.
MAX_ENTRY = 65_534


class Entry(msgspec.Struct, frozen=True):
    """The envelope of one event. `recordedAt` in UTC with microseconds; `stateDigest` in base64."""

    actor: str
    causation: int | None
    correlation: str
    position: int
    recordedAt: str
    stateDigest: str
    streamId: str
    streamVersion: int
    topic: str


_encode = msgspec.json.Encoder().encode


def digest(salt: bytes, state: bytes) -> str:
    """SHA-256(salt ‖ state), in base64."""
    return base64.b64encode(hashlib.sha256(salt + state).digest()).decode()


def moment(recorded_at: datetime) -> str:
    """RFC 3339 in UTC with six digits of the second: `2020-05-31T01:02:03.000456Z`."""
    return recorded_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def entry(
    position: int,
    stream_id: UUID,
    stream_version: int,
    topic: str,
    recorded_at: str,
    actor: str,
    correlation: UUID,
    causation: int | None,
    salt: bytes,
    state: bytes,
) -> bytes:
    """The bytes of the leaf; `recorded_at` as `moment` writes it. ValueError where they are too many."""
    encoded = _encode(
        Entry(
            actor,
            causation,
            str(correlation),
            position,
            recorded_at,
            digest(salt, state),
            str(stream_id),
            stream_version,
            topic,
        )
    )
    if len(encoded) > MAX_ENTRY:
        raise ValueError(f"an entry has at most {MAX_ENTRY} bytes, this one {len(encoded)}")
    return encoded
