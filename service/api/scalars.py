"""The scalars of the schema, and what they look like on the wire."""

from contextvars import ContextVar
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, NewType
from zoneinfo import ZoneInfo

import orjson
import strawberry
from graphql import GraphQLError
from strawberry.types.scalar import ScalarDefinition

Position = NewType("Position", int)
Json = NewType("Json", object)

_CHINA = ZoneInfo("Asia/Shanghai")
ZONE: ContextVar[ZoneInfo] = ContextVar("ZONE", default=_CHINA)
"""The plan's own time zone, in which a request is answered. The database's sessions are pinned to the same,
so that a moment reads alike whether SQL or a resolver wrote it."""

_MAX_POSITION = 2**53 - 1


def _text(value: Any, what: str, example: str) -> str:
    if not isinstance(value, str):
        raise GraphQLError(f"{what} is written as a string, such as {example}.")
    return value


def _parse_date(value: Any) -> date:
    text = _text(value, "A Date", '"2020-05-31"')
    try:
        # Python would take a week's day as well, and whatever follows the digits of 20200531.
        if text[4:5] != "-" or text[7:8] != "-" or len(text) != 10:
            raise ValueError
        return date.fromisoformat(text)
    except ValueError:
        raise GraphQLError(f"{text[:40]!r} is not a date such as 2020-05-31.") from None


def _parse_datetime(value: Any) -> datetime:
    text = _text(value, "A DateTime", '"2020-05-31T09:00:00+08:00"')
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise GraphQLError(f"{text[:40]!r} is not a date and time in ISO 8601.") from None
    if moment.tzinfo is None:
        raise GraphQLError("A DateTime needs its offset, such as +08:00.")
    return moment


def _parse_decimal(value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise GraphQLError('A Decimal is written as a string, such as "48.2".')
    try:
        number = Decimal(value)
    except InvalidOperation:
        raise GraphQLError(f"{str(value)[:40]!r} is not a decimal number.") from None
    if not number.is_finite() or len(str(value)) > 40:
        raise GraphQLError("A Decimal is a finite number of at most 40 characters.")
    return number


def _parse_position(value: Any) -> int:
    number = int(value) if isinstance(value, str) and value.isascii() and value.isdigit() else value
    if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number <= _MAX_POSITION:
        raise GraphQLError("A Position is a whole number from 0 on.")
    return number


def _iso(value: Any) -> str:
    return value if isinstance(value, str) else value.isoformat()


def _moment(value: Any) -> str:
    return value if isinstance(value, str) else value.astimezone(ZONE.get()).isoformat()


SCALARS: dict[Any, ScalarDefinition] = {
    date: strawberry.scalar(
        name="Date",
        description="A business date (ISO 8601, `2020-05-31`) in the plan's own time zone. 日期",
        serialize=_iso,
        parse_value=_parse_date,
    ),
    datetime: strawberry.scalar(
        name="DateTime",
        description="A moment (ISO 8601), in answers with the offset of the plan's own time zone:"
        " `2020-05-31T09:00:00+08:00`. 时刻",
        serialize=_moment,
        parse_value=_parse_datetime,
    ),
    Decimal: strawberry.scalar(
        name="Decimal",
        description='An exact decimal number, written as a string: `"48.2"`. 十进制数',
        serialize=str,
        parse_value=_parse_decimal,
    ),
    Position: strawberry.scalar(
        name="Position",
        description="A place in the log: 1 for the first event, dense, in the order of commits. 日志序号",
        serialize=int,
        parse_value=_parse_position,
    ),
    Json: strawberry.scalar(
        name="JSON",
        description="Any JSON value, as it was recorded.",
        # What was recorded comes as its bytes; bytes that are no JSON are this one field's fault.
        serialize=lambda value: orjson.loads(value) if isinstance(value, bytes) else value,
        parse_value=lambda value: value,
    ),
}
