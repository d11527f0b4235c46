"""Events for the tests of the store, which does not look into them."""

from uuid import UUID, uuid4

from eventsourcing.persistence import StoredEvent

from service.store.recorder import Origin

ORIGIN = Origin("office", UUID(int=7))


def event(
    stream: UUID | None = None, version: int = 1, *, topic: str = "task.published", state: bytes = b"{}"
) -> StoredEvent:
    """One event; of a new stream unless one is named."""
    return StoredEvent(stream or uuid4(), version, topic, state)


def run_of(stream: UUID, first: int, last: int) -> list[StoredEvent]:
    return [event(stream, version) for version in range(first, last + 1)]
