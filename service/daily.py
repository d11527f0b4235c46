"""The daily sweep as the calendar has it: `duban daily`, and once a day inside `duban serve`.

A day is swept when it is over, each missed day by itself and in order. Several services, and a `duban daily`
beside them, take turns by an advisory lock of PostgreSQL; whoever comes second finds the day swept. Where no
scheme of cards is adopted there is nothing to sweep by, and nothing is done.
"""

import asyncio
import logging
from collections.abc import Callable
from datetime import date, timedelta

import asyncpg

from domain.identifiers import SWEEPS
from domain.refusal import Refusal, require
from projections import PROJECTIONS
from projections.supervision.sweeps import LAST_SWEPT
from service import Failure
from service.commands import SweepDay
from service.config import Settings
from service.desk import Commands, Surroundings
from service.identity import Role, Viewer
from service.store.clock import clock_of
from service.store.database import Database
from service.store.errors import StoreUnavailable
from service.store.migrate import prepare
from service.store.recorder import Recorder
from service.tables.asked import ReadTables
from service.tables.runner import Runner

log = logging.getLogger(__name__)

SWEEPER = Viewer(Role.OFFICE, "duban daily")
NO_SCHEME = "card_scheme.none_adopted"
CHECK_SECONDS = 300.0
CATCH_UP_SECONDS = 600.0

Told = Callable[[int, int], None]

_DAY = timedelta(days=1)


async def sweep_until(
    commands: Commands, database: Database, day: date, viewer: Viewer = SWEEPER, told: Told | None = None
) -> list[date]:
    """Sweep the day and the days before it that were missed since the last; those that were swept now.

    The first sweep of all is of this day alone. Raises Refusal where no scheme is adopted, and for a day to
    come; nothing is swept then.
    """
    today = commands.clock.now().astimezone(commands.zone).date()
    require(day <= today, "supervision.not_yet", field="day")
    # However long whoever came first takes: the days are swept then.
    async with database.turn(SWEEPS, timeout_ms=0):
        missed = await _missed(commands, database, day)
        for number, one in enumerate(missed, 1):
            await commands.handle(SweepDay(day=one), viewer, f"daily/{one}")
            if told is not None:
                told(number, len(missed))
    return missed


async def _missed(commands: Commands, database: Database, day: date) -> list[date]:
    """The days to sweep, in order; none where the day is swept already."""
    assert commands.around.tables is not None
    await commands.around.tables.settled(await commands.recorder.max_notification_id() or 0)
    last: date | None = await database.fetchval(LAST_SWEPT)
    if last is None:
        return [day]
    return [last + n * _DAY for n in range(1, (day - last).days + 1)]


async def run(settings: Settings, day: date | None, told: Told | None = None) -> list[date]:
    """Sweep until the day, or until yesterday, in the database that the settings name."""
    # Not the whole application: to load what serves GraphQL and files takes longer than most sweeps.
    if settings.database_url is None:
        raise ValueError("the settings name no database: call this within service.embedded.database")
    await prepare(settings)
    size, zone = settings.pool_size, settings.time_zone
    async with await Database.open(settings.database_url, size=size, time_zone=zone.key) as database:
        clock = await clock_of(settings, database)
        async with (
            Recorder.open(database, clock) as recorder,
            Runner(database, recorder, PROJECTIONS) as runner,
        ):
            await runner.wait_for(await recorder.max_notification_id() or 0, CATCH_UP_SECONDS)
            commands = Commands(recorder, clock, zone, Surroundings(ReadTables(database, runner)))
            yesterday = clock.now().astimezone(zone).date() - _DAY
            return await sweep_until(commands, database, day or yesterday, told=told)


async def keep_swept(commands: Commands, database: Database, today: Callable[[], date]) -> None:
    """Sweep yesterday, today, and so on without end, each day once it is over."""
    done: date | None = None
    while True:
        yesterday = today() - _DAY
        if yesterday != done and await _swept(commands, database, yesterday):
            done = yesterday
        await asyncio.sleep(CHECK_SECONDS)


async def _swept(commands: Commands, database: Database, day: date) -> bool:
    """Whether the day needs no other attempt."""
    try:
        for one in await sweep_until(commands, database, day):
            log.info("swept %s", one)
    except Refusal as refusal:
        # Without a scheme there is nothing to do; one may be adopted later in the day.
        if refusal.code != NO_SCHEME:
            log.warning("daily sweep refused: %s", refusal)
        return False
    except (Failure, StoreUnavailable, asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
        log.warning("daily sweep failed, trying again: %s", error)
        return False
    except Exception:  # whatever is wrong with one attempt, the next one is made
        log.exception("daily sweep failed, trying again")
        return False
    return True
