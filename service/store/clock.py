"""Where the service takes the time from: the one clock that commands and the log share."""

from datetime import UTC, date, datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from service.config import Settings
from service.store.database import Database

DEMONSTRATION = "demonstration:"
"""How the name of every actor of a demonstration begins."""

LAST_PLAYED = """
select (select e.recorded_at from log.event e where starts_with(e.actor, $1) order by e.position desc limit 1)
from log.event first where first.position = 1 and starts_with(first.actor, $1)"""


class Clock(Protocol):
    def now(self) -> datetime:
        """The moment, in UTC."""


class SystemClock:
    """The real time."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class FixedDayClock:
    """Always the same business date, with the present time of day: the clock of a demonstration."""

    def __init__(self, day: date, zone: ZoneInfo):
        self.day = day
        self.zone = zone

    def now(self) -> datetime:
        time_of_day = datetime.now(self.zone).time()
        return datetime.combine(self.day, time_of_day, self.zone).astimezone(UTC)


class SimulatedClock:
    """Stands still until `moment`, an aware datetime, is set: the clock of a simulation."""

    def __init__(self, moment: datetime):
        self.moment = moment

    def now(self) -> datetime:
        return self.moment.astimezone(UTC)


async def day_of(database: Database, zone: ZoneInfo) -> date | None:
    """The last day that was played, if the log began as a demonstration."""
    played = await database.fetchval(LAST_PLAYED, DEMONSTRATION)
    return None if played is None else played.astimezone(zone).date()


async def clock_of(settings: Settings, database: Database) -> Clock:
    """The clock a process lives by: the real one, or the day of a demonstration. A log that begins with one
    stays there, whoever opens it."""
    day = settings.demonstration_date or await day_of(database, settings.time_zone)
    return SystemClock() if day is None else FixedDayClock(day, settings.time_zone)
