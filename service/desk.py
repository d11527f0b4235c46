"""The desk a command is handled at: what it loads, at which moment, on whose behalf — and one append at the
end.

Everything a handler decides is recorded together or not at all. When another command was quicker on the same
stream, the handler is run again on what is there now, unless the client named the version it had seen.
"""

import asyncio
import hashlib
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4
from weakref import WeakValueDictionary
from zoneinfo import ZoneInfo

import msgspec
from eventsourcing.persistence import StoredEvent

from domain.aggregate import Aggregate, AnyEvent
from domain.refusal import Refusal
from projections.projection import topic_of
from service.ballots.boxes import Ballots
from service.errors import Forbidden
from service.identity import Reach, Role, Viewer, reach_of
from service.store.clock import Clock
from service.store.codec import decode, encode
from service.store.recorder import CommandKey, Origin, Recorder, VersionConflict
from service.streams import AnyAggregate, Streams
from service.tables.asked import ReadTables
from service.webhooks.targets import Targets

ATTEMPTS = 8


@dataclass(frozen=True)
class Done:
    """What a command recorded: its events with their positions, in order. The same for a repeated command."""

    positions: tuple[int, ...]
    events: tuple[AnyEvent, ...]

    @property
    def position(self) -> int:
        return self.positions[-1]


@dataclass(frozen=True)
class Surroundings:
    """What commands may ask besides streams; None where there is no such thing, as in an import."""

    tables: ReadTables | None = None
    ballots: Ballots | None = None
    targets: Targets | None = None


NOTHING = Surroundings()


@dataclass
class Desk:
    """What one run of a handler works with. `at` is in the plan's time zone; its date is the business
    date."""

    streams: Streams
    viewer: Viewer
    reach: Reach
    at: datetime
    around: Surroundings = NOTHING
    touched: list[Aggregate] = field(default_factory=list)
    # The event that is why the command records anything, where one is: it becomes the cause.
    cause: int | None = None
    # How far the log went when the command came; None: streams are read as they are by now.
    until: int | None = None

    async def load(self, kind: type[AnyAggregate], id_: UUID, field_name: str) -> AnyAggregate:
        for known in self.touched:
            if known.id == id_ and isinstance(known, kind):
                return known
        found = await self.streams.load(kind, id_, field_name, self.until)
        self.touched.append(found)
        return found

    async def find(self, kind: type[AnyAggregate], id_: UUID) -> AnyAggregate | None:
        found = await self.streams.find(kind, id_, self.until)
        if found is not None:
            self.touched.append(found)
        return found

    def add(self, aggregate: Aggregate) -> None:
        self.touched.append(aggregate)

    async def settled(self) -> tuple[int, ReadTables]:
        """The end of the log, and the read tables, which show everything up to there and may show more:
        a figure that must not move is read as of the position."""
        tables = self.around.tables
        if tables is None:
            raise TypeError("this command asks the read tables, and is given where there are none")
        position = await self.streams.recorder.max_notification_id() or 0
        await tables.settled(position)
        return position, tables

    def require_target(self, url: str) -> None:
        """Refuse an address that messages do not go to."""
        (self.around.targets or Targets(private=False)).require_registrable(url)

    async def position_of(self, stream: UUID, version: int) -> int:
        """Where an event that is there stands in the log."""
        (recorded,) = await self.streams.recorder.select_stream(stream, version, first=version)
        return recorded.id

    @property
    def ballots(self) -> Ballots:
        """The rating boxes."""
        if self.around.ballots is None:
            raise TypeError("this command asks the rating boxes, and is given where there are none")
        return self.around.ballots

    def unit(self, named: UUID | None, otherwise: UUID) -> UUID:
        """The unit a command speaks for: a reporter's own; for the office the one named, or `otherwise`."""
        if self.reach is not Reach.OWN_UNIT:
            return named or otherwise
        if self.viewer.unit_id is None or named not in (None, self.viewer.unit_id):
            raise Forbidden("A reporter speaks for their own unit only.", field="unit")
        return self.viewer.unit_id

    def group(self, named: UUID | None) -> UUID | None:
        """The supervision group a command speaks for: a supervisor's own; for the office the one named."""
        if self.reach is not Reach.OWN_GROUP:
            # Nobody else gives a group's score, or nominates in its name.
            if named is not None and self.viewer.role is not Role.OFFICE:
                raise Forbidden(f"{self.viewer.role.name} speaks for no supervision group.", field="group")
            return named
        if self.viewer.group_id is None or named not in (None, self.viewer.group_id):
            raise Forbidden("A supervisor speaks for their own group only.", field="group")
        return self.viewer.group_id

    def require_group(self, named: UUID | None) -> UUID:
        """As `group`, where only a group can speak."""
        group = self.group(named)
        if group is None:
            raise Forbidden("Only a supervision group can do this.", field="group")
        return group


class Commands:
    """Handles commands: who may, once for each key, retried when another was quicker."""

    def __init__(
        self,
        recorder: Recorder,
        clock: Clock,
        zone: ZoneInfo,
        around: Surroundings = NOTHING,
    ):
        self.around = around
        self.recorder = recorder
        self.streams = Streams(recorder)
        self.clock = clock
        self.zone = zone
        self._turns: WeakValueDictionary[UUID, asyncio.Lock] = WeakValueDictionary()

    async def handle(
        self, command: Any, viewer: Viewer, key: str, expected_version: int | None = None
    ) -> Done:
        """What the command recorded, now or when the key was used before.

        Raises Refusal for a broken rule, Forbidden for a role that may not, IdempotencyConflict for a key
        that brought another command. Nothing is recorded then.
        """
        reach = reach_of(viewer.role, command.NAME)
        if reach is None:
            raise Forbidden(f"{viewer.role.name} may not {command.NAME}.", what=f"Mutation.{command.NAME}")
        proof = CommandKey(key, _digest(command, expected_version))
        size, known = await self.recorder.size_and_answer(viewer.actor, proof)
        if known is not None:
            return await self._done(known)
        turn = command.turn()
        # Within a stream its versions keep other processes out; between streams nothing else does.
        alone = nullcontext() if turn == command.subject() else self.recorder.database.turn(turn)
        async with self._turn_at(turn), alone:
            return await self._handled(command, viewer, reach, expected_version, proof, size)

    def _turn_at(self, turn: UUID) -> asyncio.Lock:
        """Those who change one stream take turns in this process: at once, all but one would be in vain."""
        return self._turns.setdefault(turn, asyncio.Lock())

    async def _handled(
        self,
        command: Any,
        viewer: Viewer,
        reach: Reach,
        expected_version: int | None,
        proof: CommandKey,
        size: int,
    ) -> Done:
        correlation = uuid4()
        until: int | None = size
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return await self._attempt(
                    command, viewer, reach, expected_version, correlation, proof, until
                )
            except (Refusal, VersionConflict) as refusal:
                # The same command may have been given twice at once, and its twin was quicker.
                known = await self.recorder.answered(viewer.actor, proof)
                if known is not None:
                    return await self._done(known)
                if isinstance(refusal, Refusal):
                    raise
                if expected_version is not None:
                    raise Refusal("version.stale", field="expectedVersion") from None
                if attempt == ATTEMPTS:
                    raise
                # Another process is busy on the same stream: let it through before the next try.
                await asyncio.sleep(0.002 * attempt)
                until = None
        raise AssertionError("unreachable")

    async def _attempt(
        self,
        command: Any,
        viewer: Viewer,
        reach: Reach,
        expected_version: int | None,
        correlation: UUID,
        proof: CommandKey,
        until: int | None,
    ) -> Done:
        """Handle the command on what is there now, and append what it decides."""
        now = self.clock.now().astimezone(self.zone)
        desk = Desk(self.streams, viewer, reach, now, self.around, until=until)
        await command.handle(desk)
        _require_version(desk, command, expected_version)
        changed = {aggregate.id for aggregate in desk.touched if aggregate.pending_events}
        stored = [_stored(event) for aggregate in desk.touched for event in aggregate.collect_events()]
        positions = await self.recorder.insert_events(
            stored, origin=Origin(viewer.actor, correlation, desk.cause), command=proof
        )
        if positions.repeated:
            # A twin was quicker: what was decided here has not happened, and the aggregates show it.
            return await self._done(positions)
        await command.afterwards(desk)
        for aggregate in desk.touched:
            # What was only read may have moved on meanwhile; what was changed has not.
            self.streams.keep(aggregate, positions[-1] if aggregate.id in changed else until or 0)
        return Done(tuple(positions), tuple(decode(event.topic, event.state) for event in stored))

    async def _done(self, positions: Sequence[int]) -> Done:
        first, last = positions[0], positions[-1]
        recorded = await self.recorder.select_notifications(first, last - first + 1, last)
        return Done(tuple(positions), tuple(decode(r.topic, r.state) for r in recorded))


def _stored(event: Any) -> StoredEvent:
    return StoredEvent(event.originator_id, event.originator_version, topic_of(type(event)), encode(event))


def _require_version(desk: Desk, command: Any, expected: int | None) -> None:
    """The stream a command changes still has the version that the client had seen."""
    if expected is None:
        return
    subject = command.subject()
    for aggregate in desk.touched:
        if aggregate.id == subject:
            seen = aggregate.version - len(aggregate.pending_events)
            if seen != expected:
                raise Refusal("version.stale", field="expectedVersion")


def _digest(command: Any, expected_version: int | None) -> bytes:
    fixed = msgspec.json.encode([command.NAME, expected_version, command])
    return hashlib.sha256(fixed).digest()
