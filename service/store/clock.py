"""Where the service takes the time from: the one clock that commands and the log share."""

from datetime import UTC, date, datetime
from typing import Protocol
from zoneinfo import ZoneInfo


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
