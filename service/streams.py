"""Aggregates from their streams, as commands load them."""

from collections import OrderedDict
from collections.abc import Sequence
from datetime import date
from time import monotonic
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from domain.aggregate import Aggregate, AnyEvent
from domain.refusal import Refusal
from service.store.codec import decode
from service.store.recorder import Recorder

AnyAggregate = TypeVar("AnyAggregate", bound=Aggregate)

MOST_STREAMS = 512
# As many as commands are given at once by an import or a demonstration.
MOST_OF_ONE = 16
# Not for ever: what was lawfully erased goes from memory as well.
KEPT_SECONDS = 60.0


class _Kept(NamedTuple):
    since: float
    aggregate: Aggregate
    position: int


class Streams:
    """Aggregates from their streams.

    Those that commands are done with are kept for a while, and go on from where they were: most commands ask
    the directory, whose stream is long. Each is in one pair of hands at a time, because it may be changed.
    With each is kept up to which position of the log it shows its stream.
    """

    def __init__(self, recorder: Recorder):
        self.recorder = recorder
        self._kept: OrderedDict[UUID, list[_Kept]] = OrderedDict()

    async def find(
        self, kind: type[AnyAggregate], id_: UUID, until: int | None = None
    ) -> AnyAggregate | None:
        """The aggregate as its stream has it now, or None where there is no such stream.

        `until`: what is recorded later than this position may be missing; then the stream need not be read
        when it has not moved.
        """
        kept = self._taken(id_)
        aggregate: Any = kept and kept.aggregate
        if kept and until is not None and self.recorder.own.unmoved(id_, kept.position, until):
            return aggregate if isinstance(aggregate, kind) else None
        after = None if aggregate is None else aggregate.version
        for stored in await self.recorder.select_events(id_, gt=after):
            aggregate = decode(stored.topic, stored.state).mutate(aggregate)
        return aggregate if isinstance(aggregate, kind) else None

    def keep(self, aggregate: Aggregate, position: int) -> None:
        """Take back an aggregate that shows what its stream has recorded up to the position, and that nobody
        holds any more."""
        kept = self._kept.setdefault(aggregate.id, [])
        self._kept.move_to_end(aggregate.id)
        if len(kept) < MOST_OF_ONE:
            kept.append(_Kept(monotonic(), aggregate, position))
        if len(self._kept) > MOST_STREAMS:
            self._kept.popitem(last=False)

    def _taken(self, id_: UUID) -> _Kept | None:
        kept = self._kept.get(id_)
        while kept:
            last = kept.pop()
            if monotonic() - last.since < KEPT_SECONDS:
                return last
        return None

    async def as_of(self, kind: type[AnyAggregate], id_: UUID, day: date) -> AnyAggregate | None:
        """The aggregate as it was at the end of a business date, or None if it was not there yet."""
        aggregate: Any = None
        for stored in await self.recorder.select_events(id_):
            event = decode(stored.topic, stored.state)
            if event.timestamp.date() > day:
                break
            aggregate = event.mutate(aggregate)
        return aggregate if isinstance(aggregate, kind) else None

    async def find_all(self, kind: type[AnyAggregate], ids: Sequence[UUID]) -> dict[UUID, AnyAggregate]:
        """The aggregates of those streams that there are, in one read."""
        found: dict[UUID, Any] = {}
        for stored in await self.recorder.select_streams(ids):
            event = decode(stored.topic, stored.state)
            found[event.originator_id] = event.mutate(found.get(event.originator_id))
        return {id_: aggregate for id_, aggregate in found.items() if isinstance(aggregate, kind)}

    async def events(self, id_: UUID) -> list[AnyEvent]:
        """What a stream holds, in order."""
        return [decode(stored.topic, stored.state) for stored in await self.recorder.select_events(id_)]

    async def load(
        self, kind: type[AnyAggregate], id_: UUID, field_name: str, until: int | None = None
    ) -> AnyAggregate:
        """As `find`, but the refusal `noun.unknown` instead of None."""
        found = await self.find(kind, id_, until)
        if found is None:
            noun = kind.TOPIC  # type: ignore[attr-defined]
            raise Refusal(f"{noun}.unknown", field=field_name)
        return found
