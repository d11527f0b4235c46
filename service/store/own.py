"""What this process has written to the log: by it a command knows, without asking, that a stream has not
moved.

Most of the time one process writes. Then everything behind a position is its own, and it knows which streams
were in it. Where somebody else has written in between, nothing is known, and the stream is read.
"""

from collections.abc import Iterable, Sequence
from uuid import UUID

MOST_STREAMS = 10_000


class OwnWrites:
    """The last run of positions, without a gap, that this process has written."""

    def __init__(self) -> None:
        self._first, self._last = 1, 0
        # The last position of each stream in the run.
        self._positions: dict[UUID, int] = {}

    def wrote(self, positions: Sequence[int], streams: Iterable[UUID]) -> None:
        """An append of this process is recorded: its positions, dense, with the stream of each event."""
        if positions[0] != self._last + 1 or len(self._positions) >= MOST_STREAMS:
            self._positions.clear()
            # It may come later than one that was recorded after it.
            self._first = max(positions[0], self._last + 1)
        self._last = max(self._last, positions[-1])
        self._positions.update(zip(streams, positions, strict=True))

    def unmoved(self, stream: UUID, since: int, until: int) -> bool:
        """Whether it is known that no event of the stream stands behind `since`, up to `until`."""
        if until <= since:
            return True
        known = self._first <= since + 1 and until <= self._last
        return known and self._positions.get(stream, 0) <= since
