"""A plan put on the list (立项): rows become commands, once.

First everything is compared and rehearsed, and all that is wrong is reported; only then is anything written.
A row that was listed before with the same content is left alone, whatever commands have changed since: it is
compared with the fact that first listed it. A row that was listed with other content is refused, because what
is listed changes only by a command, most of them on a document.

Keys of idempotency follow from plan, row and content, so that a run that was cut short is completed by the
next one and nothing is listed twice.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any
from uuid import UUID

from domain import identifiers
from domain.aggregate import AnyEvent
from domain.campaign import Campaign
from domain.directory import Directory
from domain.refusal import Refusal
from domain.registry import EVENTS
from service.desk import Commands
from service.errors import Forbidden
from service.identity import Reach, Viewer, reach_of
from service.plans.comparison import differences
from service.plans.entries import NOUNS, Entry, cell_of, entries
from service.plans.faults import PlanRefused, RowError, TakenInPart
from service.plans.rehearsal import Rehearsal
from service.plans.rows import Known, KnownCampaign, PlanDocument
from service.plans.sheet import file_kind, read_plan
from service.store.codec import decode
from service.store.recorder import Recorder

LOOKS = 5
"""How often a plan is compared with a log that grows meanwhile, before it is refused."""

AT_ONCE = 16
"""Commands under way together: enough for the store to commit them in groups."""

# These change one stream, the directory, and would only be in each other's way.
_ONE_BY_ONE = frozenset({"units", "officials", "appointments"})

Progress = Callable[[int, int], None]
"""Told how many of how many are done."""

_PAGE = 1_000


@dataclass(frozen=True)
class Imported:
    """How many of each noun (`entries.NOUNS`) were put on the list, and how many were on it already."""

    created: Mapping[str, int]
    unchanged: Mapping[str, int]


async def import_file(
    commands: Commands,
    path: Path,
    viewer: Viewer,
    *,
    demonstration: bool = False,
    progress: Progress | None = None,
) -> Imported:
    """Read, check and import a plan's file; it may refer to what the log holds. Raises as `import_plan`."""
    kind = file_kind(path)
    known = await known_to(commands.recorder)
    document = await asyncio.to_thread(read_plan, path, kind, known)
    return await import_plan(commands, document, viewer, demonstration=demonstration, progress=progress)


async def import_plan(
    commands: Commands,
    document: PlanDocument,
    viewer: Viewer,
    *,
    demonstration: bool = False,
    progress: Progress | None = None,
) -> Imported:
    """Put a checked document on the list.

    Raises PlanRefused with all rows that differ from what is listed or break a rule, and Forbidden for a
    viewer who may not; nothing is written then. When somebody else lists the same rows in the same moment,
    TakenInPart may come after a part is written; a second run then completes the rest.
    """
    listed = entries(document, demonstration=demonstration)
    reaches = {entry.command.NAME: _reach(viewer, entry.command.NAME) for entry in listed}
    for look in range(1, LOOKS + 1):
        size = await commands.recorder.max_notification_id()
        new, errors = await _rehearsed(commands, listed, viewer, reaches)
        # Where the log has grown meanwhile, somebody may be listing the same rows, and no row is at fault.
        if not errors or await commands.recorder.max_notification_id() == size:
            break
        await asyncio.sleep(0.1 * look)
    if errors:
        raise PlanRefused(errors)
    plan = document.header.code if document.header is not None else "tasks"
    await _write(commands, new, viewer, plan, progress)
    created = Counter(entry.noun for entry in new)
    found = Counter(entry.noun for entry in listed)
    return Imported(
        {noun: created[noun] for noun in NOUNS}, {noun: found[noun] - created[noun] for noun in NOUNS}
    )


async def _rehearsed(
    commands: Commands, listed: Sequence[Entry], viewer: Viewer, reaches: Mapping[str, Reach]
) -> tuple[list[Entry], list[RowError]]:
    """What is not listed yet, and all that differs from what is or breaks a rule."""
    first = await _first_facts(commands.recorder, listed)
    rehearsal = Rehearsal(commands.recorder)
    at = commands.clock.now().astimezone(commands.zone)
    errors: list[RowError] = []
    new: list[Entry] = []
    for entry in listed:
        reach = reaches[entry.command.NAME]
        try:
            fact = first.fact_of(entry)
            if fact is None:
                await rehearsal.give(entry.command, viewer, reach, at)
                new.append(entry)
            elif _has_stream(entry):
                (candidate,) = await rehearsal.give_anew(entry.command, viewer, reach, at)
                errors += differences(entry, fact, candidate)
            else:
                errors += differences(entry, fact, entry.command)
        except Refusal as refusal:
            errors.append(_error(entry, refusal))
    return new, errors


def _reach(viewer: Viewer, command: str) -> Reach:
    reach = reach_of(viewer.role, command)
    if reach is None:
        raise Forbidden(f"{viewer.role.name} may not {command}.")
    return reach


def _error(entry: Entry, refusal: Refusal) -> RowError:
    place, column = cell_of(entry, refusal.field)
    spot = place.spot(column)
    return RowError(place.sheet, spot.row, spot.heading, refusal.code, refusal.zh, refusal.en, spot.letter)


# -- what is listed


def _has_stream(entry: Entry) -> bool:
    """The entry begins a stream of its own, so that its fact can be made anew beside the first."""
    return entry.noun in ("campaigns", "groups", "tasks")


@dataclass
class _FirstFacts:
    """The facts that first listed things: those of the directory by kind and id, others by stream."""

    directory: dict[tuple[type[AnyEvent], UUID], AnyEvent] = field(default_factory=dict)
    streams: dict[UUID, list[AnyEvent]] = field(default_factory=dict)

    def fact_of(self, entry: Entry) -> Any:
        """The fact that first listed what the entry lists, or None."""
        code = entry.row.code
        if entry.noun == "units":
            return self.directory.get((Directory.UnitRegistered, identifiers.unit_id(code)))
        if entry.noun == "officials":
            return self.directory.get((Directory.OfficialRegistered, identifiers.official_id(code)))
        if entry.noun == "appointments":
            return self.directory.get((Directory.OfficialAppointed, identifiers.official_id(code)))
        events = self.streams.get(entry.command.subject(), [])
        if entry.noun == "task_forces":
            return next((e for e in events if isinstance(e, Campaign.TaskForceFormed)), None)
        return events[0] if events else None


async def _first_facts(recorder: Recorder, listed: Iterable[Entry]) -> _FirstFacts:
    first = _FirstFacts()
    for event in await _directory(recorder):
        if isinstance(event, Directory.UnitRegistered):
            first.directory.setdefault((type(event), event.unit_id), event)
        elif isinstance(event, (Directory.OfficialRegistered, Directory.OfficialAppointed)):
            first.directory.setdefault((type(event), event.official_id), event)
    # A task goes on for long after it was listed; only its first fact is asked for.
    wanted = {e.command.subject(): 1 if e.noun in ("groups", "tasks") else None for e in listed}
    wanted.pop(identifiers.DIRECTORY, None)

    async def look(stream: UUID) -> None:
        stored = await recorder.select_events(stream, limit=wanted[stream])
        first.streams[stream] = [decode(s.topic, s.state) for s in stored]

    await at_once(look, wanted)
    return first


async def _directory(recorder: Recorder) -> list[AnyEvent]:
    stored = await recorder.select_events(identifiers.DIRECTORY)
    return [decode(s.topic, s.state) for s in stored]


async def known_to(recorder: Recorder) -> Known:
    """The units, officials and campaigns that the log holds, for files that refer to them."""
    units: dict[str, str] = {}
    codes: dict[UUID, str] = {}
    officials: dict[str, str] = {}
    for event in await _directory(recorder):
        if isinstance(event, Directory.UnitRegistered):
            codes[event.unit_id] = event.code
            units[event.code] = event.name
        elif isinstance(event, Directory.UnitRenamed):
            units[codes[event.unit_id]] = event.name
        elif isinstance(event, Directory.OfficialRegistered):
            officials[event.code] = event.name
    launched = [event async for event in facts(recorder, Campaign.Launched)]
    return Known(units, officials, {e.code: KnownCampaign(e.name, e.start, e.end) for e in launched})


async def facts(recorder: Recorder, *kinds: type[AnyEvent]) -> AsyncIterator[Any]:
    """The facts of these kinds that the log holds, in order."""
    topics = [topic for topic, kind in EVENTS.items() if kind in kinds]
    position = 0
    while page := await recorder.select_notifications(
        position, _PAGE, topics=topics, inclusive_of_start=False
    ):
        for recorded in page:
            yield decode(recorded.topic, recorded.state)
        position = page[-1].id


# -- writing


async def _write(
    commands: Commands, new: list[Entry], viewer: Viewer, plan: str, progress: Progress | None
) -> None:
    """Give the commands, noun by noun; refusals (somebody was quicker) are collected."""
    errors: list[RowError] = []
    done = 0

    async def give(entry: Entry) -> None:
        nonlocal done
        try:
            await _give(commands, entry, viewer, entry.key(plan))
        except Refusal as refusal:
            errors.append(_error(entry, refusal))
        done += 1
        if progress is not None:
            progress(done, len(new))

    for noun, of_noun in groupby(new, key=lambda entry: entry.noun):
        await at_once(give, of_noun, 1 if noun in _ONE_BY_ONE else AT_ONCE)
        if errors:
            raise TakenInPart(errors)


async def _give(commands: Commands, entry: Entry, viewer: Viewer, key: str) -> None:
    try:
        await commands.handle(entry.command, viewer, key)
    except Refusal:
        # Another run of the same import may have listed it between this one's look at the key and its look at
        # the stream. The key is answered by now, if so.
        await commands.handle(entry.command, viewer, key)


async def at_once(work: Callable[[Any], Awaitable[None]], items: Iterable[Any], most: int = AT_ONCE) -> None:
    """Do the work on every item, `most` at a time, begun in order. The first error ends it all."""
    waiting = iter(items)

    async def go_on() -> None:
        for item in waiting:
            await work(item)

    workers = [asyncio.ensure_future(go_on()) for _ in range(most)]
    try:
        await asyncio.gather(*workers)
    finally:
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
