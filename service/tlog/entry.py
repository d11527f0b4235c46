"""The leaf of an event: its envelope as RFC 8785 canonical JSON, with the digest of its state.

The state itself stays out, behind a salt: a published entry tells nothing of it, and an erased one leaves the
tree whole. The struct's fields stand in the canonical order of their names, and msgspec writes strings and
integers as RFC 8785 wants them, so that the struct's encoding is the canonical form.
"""

import hashlib
from datetime import UTC, datetime
from uuid import UUID

import msgspec

from service.tlog.merkle import leaf

# C2SP tlog-tiles writes the length of an entry in two bytes.
ENTRY_BYTES_LIMIT = 65_535
# Six bytes at most for a character (an escaped control), in two texts: far below the limit.
TEXT_CHARACTERS_LIMIT = 500
SALT_BYTES = 16

_encode = msgspec.json.Encoder().encode
_sha256 = hashlib.sha256


class Entry(msgspec.Struct, frozen=True, gc=False):
    """The envelope of one event.

    `position` counts from 1 (the index of the leaf is one less); `causation` is the position of the event
    that caused this one; `recordedAt` is RFC 3339 in UTC with microseconds (`moment`); `stateDigest` is
    SHA-256(salt ‖ state), written in base64.
    """

    actor: str
    causation: int | None
    correlation: UUID
    position: int
    recordedAt: str
    stateDigest: bytes
    streamId: UUID
    streamVersion: int
    topic: str

    def encode(self) -> bytes:
        """RFC 8785 canonical JSON."""
        return _encode(self)

    def leaf_hash(self) -> bytes:
        """The hash of the leaf in the log's tree."""
        return leaf(_encode(self))


def digest(salt: bytes, state: bytes) -> bytes:
    """SHA-256(salt ‖ state)."""
    return _sha256(salt + state).digest()


def moment(recorded_at: datetime) -> str:
    """RFC 3339 in UTC with six digits of the second: `2020-05-31T01:02:03.000456Z`."""
    return recorded_at.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"
