"""The days and hours on which offices worked in 2020 (工作日), as far as a demonstration needs them."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

# Qingming, Labour Day, Dragon Boat Festival, National Day with Mid-Autumn: the public holidays of the year.
_HOLIDAYS = (
    (date(2020, 4, 4), date(2020, 4, 6)),
    (date(2020, 5, 1), date(2020, 5, 5)),
    (date(2020, 6, 25), date(2020, 6, 27)),
    (date(2020, 10, 1), date(2020, 10, 8)),
)
_DAY = timedelta(days=1)

SITTINGS = (time(9, 30), time(11), time(15, 30))
"""The times of day at which things are done. Few, so that what is done at one of them is done together."""


def is_workday(day: date) -> bool:
    return day.weekday() < 5 and not any(first <= day <= last for first, last in _HOLIDAYS)


def workday(day: date) -> date:
    """The day itself or the first workday after it."""
    while not is_workday(day):
        day += _DAY
    return day


def workdays_after(day: date, count: int) -> date:
    """The `count`-th workday after the day."""
    for _ in range(count):
        day = workday(day + _DAY)
    return day


def sitting(day: date, rng: Random, zone: ZoneInfo) -> datetime:
    """Some sitting of the day, or of the first workday after it."""
    return datetime.combine(workday(day), rng.choice(SITTINGS), zone)


def sittings_after(moment: datetime) -> Iterator[datetime]:
    """The sittings after a moment, in order, without end."""
    for at in SITTINGS:
        if at > moment.time():
            yield datetime.combine(moment.date(), at, moment.tzinfo)
    day = moment.date()
    while True:
        day = workdays_after(day, 1)
        for at in SITTINGS:
            yield datetime.combine(day, at, moment.tzinfo)
