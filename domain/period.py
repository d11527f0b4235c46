"""Reporting periods (报告期): calendar months, written `2020-05`."""

import re
from datetime import date, timedelta

from domain.refusal import require

Period = str

_PERIOD = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")


def require_period(period: str, field: str = "period") -> Period:
    """A month from 1900-01 on, as `YYYY-MM`."""
    match = _PERIOD.fullmatch(period)
    require(
        match is not None and int(match[1]) >= 1900,
        "period.malformed",
        f"{field} must be a month such as 2020-05.",
        f"{field} 须为月份,例如 2020-05。",
        field=field,
    )
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
    return first_day(period_numbered(month_number(period) + 1)) - timedelta(days=1)
