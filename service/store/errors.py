"""What the store refuses and what it cannot do, along the library's persistence errors."""

from uuid import UUID

import asyncpg
from eventsourcing.persistence import DataError, IntegrityError, PersistenceError

from service import Failure

# What a connection that is lost, refused, put out or one too many raises.
UNREACHABLE = (
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.ObjectNotInPrerequisiteStateError,
    asyncpg.InterfaceError,
    OSError,
    # What the driver says of a connection that the server ended in mid-sentence.
    asyncpg.InternalClientError,
)


class VersionConflict(IntegrityError):
    """The stream does not go on with this event: somebody was quicker, or the caller skipped a version.

    `expected` is the version the caller took the stream to be at (-1 for none yet), `actual` the one it is at
    (None for none yet). Nothing was recorded.
    """

    def __init__(self, stream_id: UUID, expected: int, actual: int | None):
        super().__init__(f"stream {stream_id} is at version {actual}, not at {expected}")
        self.stream_id = stream_id
        self.expected = expected
        self.actual = actual


class IdempotencyConflict(PersistenceError):
    """The actor has used the key before, for another command. Nothing was recorded."""

    def __init__(self, key: str):
        super().__init__(f"the key {key!r} was used before, for another command")
        self.key = key


class Unstorable(DataError, ValueError):
    """What neither PostgreSQL nor a leaf can hold. Nothing was recorded."""


class StoreUnavailable(Failure):
    """The database could not be reached in time. Nothing was recorded."""


class OutcomeUnknown(StoreUnavailable):
    """The database was lost during the commit and did not come back in time to be asked.

    The events are recorded or not; the same command with the same key finds out.
    """
