"""The stretch of time that is ranked (排名周期): a month `2020-05`, a quarter `2020-Q2`, or a year `2020`."""

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from domain import period
from domain.period import Period, month_number, period_numbered
from domain.refusal import Refusal

Span = str

_SPAN = re.compile(r"(?P<year>(?:19|[2-9][0-9])[0-9]{2})(?:-(?P<month>0[1-9]|1[0-2])|-Q(?P<quarter>[1-4]))?")


class SpanKind(StrEnum):
    MONTH = "month"  # 月度
    QUARTER = "quarter"  # 季度
    YEAR = "year"  # 年度


_MONTHS = {SpanKind.MONTH: 1, SpanKind.QUARTER: 3, SpanKind.YEAR: 12}


@dataclass(frozen=True)
class Months:
    """The months of a span, as `domain.period.month_number` counts them, both included."""

    kind: SpanKind
    first: int
    last: int

    @property
    def first_day(self) -> date:
        return period.first_day(period_numbered(self.first))

    @property
    def last_day(self) -> date:
        return period.last_day(self.last_period)

    @property
    def last_period(self) -> Period:
        return period_numbered(self.last)

    @property
    def before(self) -> "Months":
        """The span of the same length right before."""
        length = _MONTHS[self.kind]
        return Months(self.kind, self.first - length, self.last - length)


def months_of(span: Span, field: str = "period") -> Months:
    """The months of a span; refused when it is none."""
    found = _SPAN.fullmatch(span)
    if found is None:
        raise Refusal("span.malformed", field=field)
    year = int(found["year"])
    if found["month"]:
        month = month_number(span)
        return Months(SpanKind.MONTH, month, month)
    if found["quarter"]:
        first = year * 12 + (int(found["quarter"]) - 1) * 3
        return Months(SpanKind.QUARTER, first, first + 2)
    return Months(SpanKind.YEAR, year * 12, year * 12 + 11)


def spoken_span(span: Span) -> str:
    """The span in Chinese: 2020年5月, 2020年第二季度, 2020年度."""
    months = months_of(span)
    year = months.first // 12
    if months.kind is SpanKind.MONTH:
        return f"{year}年{months.first % 12 + 1}月"
    if months.kind is SpanKind.QUARTER:
        return f"{year}年第{'一二三四'[months.first % 12 // 3]}季度"
    return f"{year}年度"
