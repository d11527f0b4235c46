"""Commands tried before they are given: on aggregates in memory, with nothing recorded.

A rehearsed command meets the domain's rules as the real one will, on what the log holds now and on what was
rehearsed before it. Aggregates are shared, not copied: a refused command leaves none of them changed.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from domain.aggregate import Aggregate
from service.commands import Command
from service.desk import Desk
from service.identity import Reach, Viewer
from service.store.recorder import Recorder
from service.streams import AnyAggregate, Streams


class Rehearsal(Streams):
    """Streams as they would be after the rehearsed commands. `recorder` None: on an empty log."""

    def __init__(self, recorder: Recorder | None):
        self._log = None if recorder is None else Streams(recorder)
        self._known: dict[UUID, Aggregate | None] = {}
        self._hidden: UUID | None = None

    async def find(
        self, kind: type[AnyAggregate], id_: UUID, until: int | None = None
    ) -> AnyAggregate | None:
        if id_ == self._hidden:
            return None
        if id_ not in self._known:
            self._known[id_] = None if self._log is None else await self._log.find(kind, id_)
        found = self._known[id_]
        return found if isinstance(found, kind) else None

    async def give(self, command: Command, viewer: Viewer, reach: Reach, at: datetime) -> list[Any]:
        """The events the command would record; they count for what is rehearsed next. Raises Refusal."""
        desk = Desk(self, viewer, reach, at)
        await command.handle(desk)
        for aggregate in desk.touched:
            self._known[aggregate.id] = aggregate
        return [event for aggregate in desk.touched for event in aggregate.collect_events()]

    async def give_anew(self, command: Command, viewer: Viewer, reach: Reach, at: datetime) -> list[Any]:
        """The events that a command which begins a stream would record, were there none yet."""
        desk = Desk(self, viewer, reach, at)
        self._hidden = command.subject()
        try:
            await command.handle(desk)
        finally:
            self._hidden = None
        return [event for aggregate in desk.touched for event in aggregate.collect_events()]
