"""What goes round an event: on whose behalf, under which key, and where it has come to stand in the log."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from eventsourcing.persistence import Notification, StoredEvent

from service.store.errors import Unstorable
from service.tlog.entry import TEXT_CHARACTERS_LIMIT

LAST_VERSION = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Origin:
    """On whose behalf: the actor, what belongs together (a request), and the position of the event that
    caused this one, if one did."""

    actor: str
    correlation: UUID
    causation: int | None = None

    def __post_init__(self) -> None:
        require_text(self.actor, "an actor")
        if not isinstance(self.correlation, UUID):
            raise Unstorable("a correlation is a UUID")
        if self.causation is not None and self.causation < 1:
            raise Unstorable("a causation is the position of an event, from 1")


@dataclass(frozen=True, slots=True)
class CommandKey:
    """The client's idempotency key, unique for the actor, and the digest of what came with it."""

    key: str
    digest: bytes

    def __post_init__(self) -> None:
        require_text(self.key, "a key")
        if not 0 < len(self.digest) <= 64:
            raise Unstorable("the digest of a command has 1 to 64 bytes")


class Positions(list[int]):
    """The positions of one append, in order. `repeated`: they were given before, to the same command."""

    repeated = False

    def again(self) -> "Positions":
        """The same, as the answer to the command when it is repeated."""
        same = Positions(self)
        same.repeated = True
        return same


@dataclass(frozen=True)
class Recorded(Notification):
    """A recorded event: the library's notification, whose `id` is the position, with the rest of its
    envelope."""

    recorded_at: datetime
    actor: str
    correlation: UUID
    causation: int | None


def require_text(text: str, what: str) -> None:
    """Text that PostgreSQL and a leaf can hold: 1 to 500 characters, no NUL and no lone surrogate."""
    if not 0 < len(text) <= TEXT_CHARACTERS_LIMIT:
        raise Unstorable(f"{what} has 1 to {TEXT_CHARACTERS_LIMIT} characters, not {len(text)}")
    # A surrogate on its own is the only thing in a string that UTF-8 cannot encode.
    if "\0" in text or (not text.isascii() and any("\ud800" <= c <= "\udfff" for c in text)):
        raise Unstorable(f"{what} holds a character that is not text (NUL or a lone surrogate)")


def require_storable(events: Sequence[StoredEvent]) -> None:
    """Refuse what would fail in the database, before it meets others in a batch."""
    for event in events:
        if not isinstance(event.originator_id, UUID):
            raise Unstorable("a stream is named by a UUID")
        if not 0 <= event.originator_version <= LAST_VERSION:
            raise Unstorable(f"a stream version is 0 to {LAST_VERSION}, not {event.originator_version}")
        if not isinstance(event.state, bytes):
            raise Unstorable("a state is bytes")
        if event.topic not in _sound_topics:
            _require_topic(event.topic)


# Topics are few and come with every event; the bound is for whoever makes them up.
_sound_topics: set[str] = set()
_SOUND_TOPICS_LIMIT = 4_096


def _require_topic(topic: str) -> None:
    require_text(topic, "a topic")
    if len(_sound_topics) < _SOUND_TOPICS_LIMIT:
        _sound_topics.add(topic)
