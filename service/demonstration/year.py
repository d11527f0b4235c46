"""Playing the demonstration year into a log: through the ordinary commands, on a simulated clock.

The script says what is done and when; here the clock is moved from sitting to sitting, and what is done at
one sitting is done together. Every key of the script that the log has answered is skipped, so that a run that
was cut short is completed by the next one, and a complete year is left alone.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from itertools import groupby

from service import BadInput
from service.config import Settings
from service.demonstration.script import KEYS, Step, prefix, script
from service.demonstration.setting import ACTORS, OFFICE
from service.desk import Commands
from service.plans import WEIFANG_2020
from service.plans.importer import Progress, at_once, import_plan
from service.plans.rows import PlanDocument
from service.plans.sheet import read_plan
from service.store.clock import SimulatedClock
from service.store.database import Database
from service.store.migrate import migrate
from service.store.recorder import Recorder

UNTIL = date(2020, 12, 20)
SEED = 2020

_OPENING = time(9)

ANSWERED = "select key from log.command where starts_with(actor, $1) and starts_with(key, $2)"
"""The keys of the script that the log has answered."""

FOREIGN = "select position from log.event where not starts_with(actor, $1) order by position limit 1"
"""The first event that is not of the demonstration."""


class NotADemonstration(BadInput):
    """The log holds what is not of this demonstration, which must not be mixed with it."""


@dataclass(frozen=True)
class Played:
    """How many commands of the script were given now, and how many had been given before."""

    given: int
    before: int


async def play(
    commands: Commands,
    document: PlanDocument | None = None,
    *,
    until: date = UNTIL,
    seed: int = SEED,
    progress: Progress | None = None,
) -> Played:
    """List the plan (none: the shipped one) as a demonstration and play its year until the end of the day.

    The commands' clock and their recorder's must be one `SimulatedClock`; it stands at the last sitting
    afterwards. Raises NotADemonstration, with nothing written, when the log holds other things and the year
    is not complete.
    """
    clock = commands.clock
    if not isinstance(clock, SimulatedClock):
        raise TypeError("a demonstration needs a SimulatedClock, for the commands and for the recorder")
    if document is None:
        document = await asyncio.to_thread(read_plan, WEIFANG_2020, "yaml")
    steps = await asyncio.to_thread(script, document, seed, until, commands.zone)
    answered = await _answered(commands.recorder.database)
    pending = [step for step in steps if step.key not in answered]
    if answered and not pending:
        return Played(0, len(steps))
    await _require_own(commands.recorder.database, answered, prefix(document, seed))
    if not answered:
        first = min((row.start for row in document.campaigns), default=until)
        clock.moment = datetime.combine(first, _OPENING, commands.zone)
        await import_plan(commands, document, OFFICE, demonstration=True)
    await _give(commands, clock, pending, len(steps), progress)
    return Played(len(pending), len(steps) - len(pending))


async def _give(
    commands: Commands, clock: SimulatedClock, pending: Sequence[Step], whole: int, progress: Progress | None
) -> None:
    done = whole - len(pending)

    async def give(step: Step) -> None:
        await commands.handle(step.given.command, step.given.viewer, step.key)

    for moment, together in groupby(pending, key=lambda step: step.given.moment):
        clock.moment = moment
        steps = list(together)
        await at_once(give, steps)
        done += len(steps)
        if progress is not None:
            progress(done, whole)


async def _answered(database: Database) -> set[str]:
    return {row["key"] for row in await database.fetch(ANSWERED, ACTORS, KEYS)}


async def _require_own(database: Database, answered: set[str], own: str) -> None:
    foreign = await database.fetchval(FOREIGN, ACTORS)
    if foreign is not None:
        raise NotADemonstration(
            f"the log holds what is not of a demonstration (event {foreign}); play it into an empty log"
        )
    if any(not key.startswith(own) for key in answered):
        raise NotADemonstration("the log holds the demonstration of another plan or seed")


async def run(
    settings: Settings,
    *,
    if_empty: bool = False,
    until: date = UNTIL,
    seed: int = SEED,
    progress: Progress | None = None,
) -> Settings:
    """Play the year into the database that the settings name; the settings to serve it with, which live on
    its last day unless they name a day themselves.

    `if_empty`: a log that holds other things is left alone, and so are the settings.
    """
    if settings.database_url is None:
        raise ValueError("the settings name no database: call this within service.embedded.database")
    await migrate(settings.database_url)
    zone = settings.time_zone
    clock = SimulatedClock(datetime.combine(until, _OPENING, zone))
    async with (
        await Database.open(settings.database_url, size=settings.pool_size, time_zone=zone.key) as database,
        Recorder.open(database, clock) as recorder,
    ):
        try:
            await play(Commands(recorder, clock, zone), until=until, seed=seed, progress=progress)
        except NotADemonstration:
            if not if_empty:
                raise
            return settings
    return settings if settings.demonstration_date else replace(settings, demonstration_date=until)
