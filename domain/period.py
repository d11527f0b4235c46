"""Reporting periods (报告期): calendar months, written `2020-05`."""

import re
from calendar import monthrange
from datetime import date

from domain.refusal import require

Period = str

# Not \d: digits of other scripts are digits to it.
_PERIOD = re.compile(r"(19|[2-9][0-9])[0-9]{2}-(0[1-9]|1[0-2])")


def require_period(period: str, field: str = "period") -> Period:
    """A month from 1900-01 on, as `YYYY-MM`."""
    require(_PERIOD.fullmatch(period) is not None, "period.malformed", field=field)
    return period


def period_of(day: date) -> Period:
    """The month that a day lies in."""
    return f"{day.year:04d}-{day.month:02d}"


def month_number(period: Period) -> int:
    """Months counted through the years: 2020-01 is 24240. Consecutive months are consecutive numbers."""
    return int(period[:4]) * 12 + int(period[5:]) - 1


def period_numbered(number: int) -> Period:
    """The inverse of `month_number`."""
    return f"{number // 12:04d}-{number % 12 + 1:02d}"


def first_day(period: Period) -> date:
    return date(int(period[:4]), int(period[5:]), 1)


def last_day(period: Period) -> date:
    first = first_day(period)
    return first.replace(day=monthrange(first.year, first.month)[1])
