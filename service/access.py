"""Who saw what, and who tried to: gathered in memory, and written into the log by and by.

Reads must stay fast, and nobody may fill the disk by asking: what one person does with one kind of thing is
one entry, with a count. The first time, and whenever records come into sight that they had not seen in the
same minute, the entry is written within a second; repetitions wait for the end of the minute. In a minute
there are at most `ENTRIES_MOST` entries, then one for the rest of each kind. What a killed process had not
written yet, a second of first sights and a minute of repetitions at most, is lost; while the database is away
it is kept and counted on.
"""

import asyncio
import logging
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import orjson
from eventsourcing.persistence import StoredEvent
from graphql import GraphQLError

from domain import identifiers
from domain.access import Access, AccessDay, AccessKind
from projections.projection import topic_of
from service.errors import Forbidden, Unauthenticated
from service.identity import Role, Viewer, Watch
from service.store.clock import Clock
from service.store.codec import decode, encode
from service.store.errors import StoreUnavailable, Unstorable, VersionConflict
from service.store.listener import LOST
from service.store.recorder import Origin, Recorder

log = logging.getLogger(__name__)

ACTOR = "duban access"
FLUSH_SECONDS = 1.0
MINUTE_SECONDS = 60.0
ENTRIES_MOST = 500
SUBJECTS_MOST = 1_000
PAGE_ENTRIES = 100
ATTEMPTS = 5
OTHERS = "*"

Key = tuple[str, str, AccessKind, str]


@dataclass(slots=True)
class _Tally:
    """What one person has done with one thing in this minute. `told`: an entry says so already."""

    first: datetime
    last: datetime
    times: int = 0
    fresh: set[UUID] = field(default_factory=set)
    seen: set[UUID] = field(default_factory=set)
    told: bool = False


class AccessLog:
    """Notes, and writes what is noted while it runs."""

    def __init__(self, recorder: Recorder, clock: Clock, zone: ZoneInfo):
        self.recorder = recorder
        self.clock = clock
        self.zone = zone
        self._tallies: dict[Key, _Tally] = {}
        self._day: AccessDay | None = None
        self._noted = asyncio.Event()
        self._writing = asyncio.Lock()

    # -- noting

    def note(self, viewer: Viewer, kind: AccessKind, what: str, subjects: Collection[UUID] = ()) -> None:
        """Somebody has seen something, or has tried to."""
        self._note((viewer.actor, viewer.role.value, kind, what), subjects)

    def exported(self, command: str, what: str) -> None:
        """Somebody at the machine itself takes something away, by a command of the command line."""
        self.note(Viewer(Role.OFFICE, command), AccessKind.EXPORT, what)

    def seen(self, watches: Iterable[Watch], answer: bytes | None, viewer: Viewer) -> bytes | None:
        """Note what an answer shows of what is watched; the answer without the marks that say so."""
        rows: dict[str, set[UUID]] = {watch.mark: set() for watch in watches if watch.by_row}
        if rows and answer is not None:
            shown = orjson.loads(answer)
            _take_marks(shown, rows)
            answer = orjson.dumps(shown)
        for watch in sorted(watches, key=lambda watch: watch.what):
            if not watch.by_row:
                self.note(viewer, watch.kind, watch.what)
            elif rows[watch.mark]:
                self.note(viewer, watch.kind, watch.what, rows[watch.mark])
        return answer

    def refused(self, viewer: Viewer, errors: Iterable[Exception]) -> None:
        """Note the refusals among these errors; one without a name is nobody's, and not noted."""
        for error in errors:
            cause = error.original_error if isinstance(error, GraphQLError) else None
            for found in (error, cause):
                if isinstance(found, Forbidden):
                    self.note(viewer, AccessKind.FORBIDDEN, found.what)
                elif isinstance(found, Unauthenticated) and found.subject is not None:
                    self._note((found.subject, OTHERS, AccessKind.UNAUTHENTICATED, ""), ())

    def _note(self, key: Key, subjects: Collection[UUID]) -> None:
        now = self.clock.now().astimezone(self.zone)
        tally = self._tallies.get(key)
        if tally is None:
            if len(self._tallies) >= ENTRIES_MOST:
                key = (OTHERS, OTHERS, key[2], OTHERS)
            tally = self._tallies.setdefault(key, _Tally(now, now))
        if not tally.times:
            tally.first = now
        tally.last = now
        tally.times += 1
        if len(tally.seen) < SUBJECTS_MOST:
            tally.fresh.update(subject for subject in subjects if subject not in tally.seen)
            tally.seen |= tally.fresh
        if not tally.told or tally.fresh:
            self._noted.set()

    # -- writing

    async def run(self) -> None:
        """Write until cancelled."""
        loop = asyncio.get_running_loop()
        minute = loop.time() + MINUTE_SECONDS
        while True:
            try:
                async with asyncio.timeout_at(minute):
                    await self._noted.wait()
                    await asyncio.sleep(FLUSH_SECONDS)
            except TimeoutError:
                minute = loop.time() + MINUTE_SECONDS
                await self.flush(whole=True)
                continue
            await self.flush()

    async def flush(self, *, whole: bool = False) -> None:
        """Write what is fresh; the repetitions too when the minute is over (`whole`)."""
        async with self._writing:
            self._noted.clear()
            due = [(k, t) for k, t in self._tallies.items() if t.times and (whole or t.fresh or not t.told)]
            for start in range(0, len(due), PAGE_ENTRIES):
                page = due[start : start + PAGE_ENTRIES]
                try:
                    await self._write([_entry(key, tally) for key, tally in page])
                except (StoreUnavailable, VersionConflict, Unstorable, *LOST) as error:
                    # Whatever keeps the log from growing: what was seen is told once it grows again.
                    log.error("accesses wait to be written: %s", " ".join(str(error).split()))
                    self._noted.set()
                    return
            if whole:
                self._tallies = {key: tally for key, tally in self._tallies.items() if tally.times}
                for tally in self._tallies.values():
                    # Noted while this was written, of the minute that begins: what was seen is seen anew.
                    tally.seen = set(tally.fresh)

    async def _write(self, entries: list[tuple[_Tally, Access]]) -> None:
        """One page, in the stream of the day, which other processes write as well."""
        at = self.clock.now().astimezone(self.zone)
        for attempt in range(1, ATTEMPTS + 1):
            # Whatever becomes of the append, the day is as the log then has it.
            day, self._day = await self._opened(at), None
            day.note([access for _, access in entries], at)
            pending = list(day.collect_events())
            try:
                await self.recorder.insert_events(
                    [_stored(e) for e in pending], origin=Origin(ACTOR, uuid4())
                )
            except VersionConflict:
                # Another process was quicker on the same day.
                if attempt == ATTEMPTS:
                    raise
                continue
            for tally, access in entries:
                # What was noted while this was written is still to be told.
                tally.times -= access.times
                tally.first = access.last
                tally.fresh.difference_update(access.subjects)
                tally.told = True
            self._day = day
            return

    async def _opened(self, at: datetime) -> AccessDay:
        """The stream of the day. Nothing of its state is needed but its version: it is read from its end."""
        id_ = identifiers.access_day_id(at.date())
        if self._day is None or self._day.id != id_:
            self._day = None
            for stored in await self.recorder.select_events(id_, lte=1):
                self._day = decode(stored.topic, stored.state).mutate(None)
            if self._day is None:
                self._day = AccessDay.open(at)
            for last in await self.recorder.select_events(id_, desc=True, limit=1):
                self._day._version = last.originator_version
        return self._day


def _entry(key: Key, tally: _Tally) -> tuple[_Tally, Access]:
    actor, role, kind, what = key
    subjects = tuple(sorted(tally.fresh))
    return tally, Access(actor, role, kind, what, subjects, tally.times, tally.first, tally.last)


def _stored(event: Any) -> StoredEvent:
    return StoredEvent(event.originator_id, event.originator_version, topic_of(type(event)), encode(event))


def _take_marks(value: Any, rows: dict[str, set[UUID]]) -> None:
    """Take the marks out of an answer, and gather the ids they tell."""
    if isinstance(value, dict):
        for mark, ids in rows.items():
            id_ = value.pop(mark, None)
            if id_ is not None:
                ids.add(UUID(id_))
        for item in value.values():
            _take_marks(item, rows)
    elif isinstance(value, list):
        for item in value:
            _take_marks(item, rows)
