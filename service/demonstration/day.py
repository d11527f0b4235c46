"""The day a demonstration lives on: a log that begins with one stays there, whoever opens it."""

from datetime import date
from zoneinfo import ZoneInfo

from service.config import Settings
from service.store.clock import Clock, FixedDayClock, SystemClock
from service.store.database import Database

ACTOR = "demonstration:"
"""How the name of every actor of a demonstration begins."""

LAST_PLAYED = """
select (select e.recorded_at from log.event e where starts_with(e.actor, $1) order by e.position desc limit 1)
from log.event first where first.position = 1 and starts_with(first.actor, $1)"""


async def day_of(database: Database, zone: ZoneInfo) -> date | None:
    """The last day that was played, if the log began as a demonstration."""
    played = await database.fetchval(LAST_PLAYED, ACTOR)
    return None if played is None else played.astimezone(zone).date()


async def clock_of(settings: Settings, database: Database) -> Clock:
    """The clock a process lives by: the real one, or the day of a demonstration."""
    day = settings.demonstration_date or await day_of(database, settings.time_zone)
    return SystemClock() if day is None else FixedDayClock(day, settings.time_zone)
