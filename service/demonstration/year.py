"""Playing the demonstration year into a log: through the ordinary commands, on a simulated clock.

The script says what is done and when; here the clock is moved from sitting to sitting, and what is done at
one sitting is done together. Every key of the script that the log has answered is skipped, so that a run that
was cut short is completed by the next one, and a complete year is left alone.
"""

import asyncio
import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from pathlib import Path

from eventsourcing.persistence import Tracking

import service.demonstration.chapters  # noqa: F401 - the chapters make themselves known
from projections import PROJECTIONS
from service import BadInput
from service.ballots import composed
from service.config import Settings
from service.demonstration import chapters  # noqa: F401 - makes the chapters known
from service.demonstration.acts import Scene, Stage, scenes
from service.demonstration.script import KEYS, Step, prefix, script, setting_of
from service.demonstration.setting import ACTORS, OFFICE
from service.desk import Commands, Surroundings
from service.plans import WEIFANG_2020
from service.plans.importer import Progress, at_once, import_plan
from service.plans.rows import PlanDocument
from service.plans.sheet import read_plan
from service.store.clock import SimulatedClock
from service.store.database import Database
from service.store.migrate import prepare
from service.store.recorder import Recorder
from service.store.tracking import TrackingRecorder
from service.tables.asked import ReadTables
from service.tables.runner import Runner

UNTIL = date(2020, 12, 20)
SEED = 2020

_OPENING = time(9)
# The acts wait for the read tables where they need them; in between, the larger the batches the better.
_REST = 5.0

ANSWERED = "select key from log.command where starts_with(actor, $1) and starts_with(key, $2)"
"""The keys of the script that the log has answered."""

FOREIGN = """
select position from log.event
where not starts_with(actor, $1) and actor <> 'duban access' order by position limit 1"""
"""The first event that is not of the demonstration. (Who has looked at it is no matter.)"""


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
    own = prefix(document, seed)
    steps = await asyncio.to_thread(script, document, seed, until, commands.zone)
    acts = scenes(document, setting_of(document, seed, until, commands.zone), own)
    answered = await _answered(commands.recorder.database)
    pending = [step for step in steps if step.key not in answered]
    closing = [scene for scene in acts if not scene.act.repeatable and scene.key not in answered]
    whole = len(steps) + sum(not scene.act.repeatable for scene in acts)
    before = whole - len(pending) - len(closing)
    if answered and before == whole:
        return Played(0, whole)
    await _require_own(commands.recorder.database, answered, own)
    if not answered:
        first = min((row.start for row in document.campaigns), default=until)
        clock.moment = datetime.combine(first, _OPENING, commands.zone)
        await import_plan(commands, document, OFFICE, demonstration=True)
    moments = [*(step.given.moment for step in pending), *(scene.act.moment for scene in closing)]
    repeated = [scene for scene in acts if scene.act.repeatable and scene.act.moment >= min(moments)]
    sittings = _sittings(pending, closing + repeated)
    done = before
    for moment in sorted(sittings):
        clock.moment = moment
        done += await sittings[moment].hold(commands)
        if progress is not None:
            progress(done, whole)
    return Played(whole - before, before)


@dataclass
class _Sitting:
    """What is done at one moment: the steps, which concern different tasks, together; then act by act."""

    steps: list[Step] = field(default_factory=list)
    scenes: list[Scene] = field(default_factory=list)

    async def hold(self, commands: Commands) -> int:
        """How many steps and acts that close were done."""

        async def give(step: Step) -> None:
            await commands.handle(step.given.command, step.given.viewer, step.key)

        await at_once(give, self.steps)
        for scene in self.scenes:
            await scene.act.play(Stage(commands, scene.key))
        return len(self.steps) + sum(not scene.act.repeatable for scene in self.scenes)


def _sittings(steps: Sequence[Step], acts: Sequence[Scene]) -> dict[datetime, _Sitting]:
    sittings: dict[datetime, _Sitting] = defaultdict(_Sitting)
    for step in steps:
        sittings[step.given.moment].steps.append(step)
    for scene in acts:
        sittings[scene.act.moment].scenes.append(scene)
    return sittings


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
    await prepare(settings)
    zone = settings.time_zone
    mark = await asyncio.to_thread(_mark, seed, until)
    # One connection is enough to look: the service makes its own later.
    async with await Database.open(settings.database_url, size=1, time_zone=zone.key) as database:
        played = await TrackingRecorder(database).max_tracking_id(mark) is not None
    if not played:
        try:
            await _play_into(settings, mark, until, seed, progress)
        except NotADemonstration:
            if not if_empty:
                raise
            return settings
    return settings if settings.demonstration_date else replace(settings, demonstration_date=until)


async def _play_into(
    settings: Settings, mark: str, until: date, seed: int, progress: Progress | None
) -> None:
    assert settings.database_url is not None
    zone = settings.time_zone
    clock = SimulatedClock(datetime.combine(until, _OPENING, zone))
    async with (
        await Database.open(settings.database_url, size=settings.pool_size, time_zone=zone.key) as database,
        Recorder.open(database, clock) as recorder,
        Runner(database, recorder, PROJECTIONS, rest=_REST) as runner,
    ):
        ballots = composed.ballots(settings, database, recorder)
        commands = Commands(recorder, clock, zone, Surroundings(ReadTables(database, runner), ballots))
        await play(commands, until=until, seed=seed, progress=progress)
        last = await recorder.max_notification_id() or 0
        await TrackingRecorder(database).insert_tracking(Tracking(mark, last))


def _mark(seed: int, until: date) -> str:
    """By what name the log knows that this very year has been played to its end. To find that out command by
    command takes half a second of every start; who changes the plan or the story has it found out again."""
    digest = hashlib.sha256(WEIFANG_2020.read_bytes())
    for source in sorted(Path(__file__).parent.rglob("*.py")):
        digest.update(source.read_bytes())
    return f"demonstration/{seed}/{until}/{digest.hexdigest()[:16]}"
