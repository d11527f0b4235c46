"""What the reference knows of each noun: figures, links, orders, filters, and how a page is cut."""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

from graphql import (
    GraphQLError,
)

from domain.period import period_numbered
from domain.schedule import Milestone, days_overdue, deviation, expected, periods_missing
from service.identity import Role

ZONE = ZoneInfo("Asia/Shanghai")
Values = dict[str, Any]


class Refused(GraphQLError):
    """The request cannot be answered."""


@dataclass
class Row:
    """A row, as the type of this name, at the moment that it speaks of."""

    type: str
    values: Values
    on: date
    position: int


@dataclass
class Asking:
    """The request around an execution."""

    role: Role
    today: date


def snake(name: str) -> str:
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name)


def key_of(id_: str, prefix: str) -> UUID:
    found, _, key = id_.partition(":")
    if found != prefix:
        raise Refused(f"not the id of a {prefix}")
    return UUID(key)


# -- tasks


def _milestones(values: Values) -> list[Milestone]:
    return [
        Milestone(m["title"], date.fromisoformat(m["due"]), Decimal(m["share"]), m.get("assumed", False))
        for m in values["milestones"]
    ]


def _expected(row: Row) -> Decimal:
    figure = expected(row.values["start_on"], row.values["deadline"], _milestones(row.values), row.on).figure
    assert figure is not None
    return figure


def _deviation(row: Row) -> Decimal | None:
    return deviation(row.values["completion"], _expected(row))


def _missing(row: Row) -> int:
    reported = [period_numbered(month) for month in row.values["reported_months"]]
    return len(periods_missing(row.values["start_on"], row.values["delivered_on"], reported, row.on))


TASK: dict[str, Callable[..., Any]] = {
    "id": lambda row: f"task:{row.values['id']}",
    "start": lambda row: row.values["start_on"],
    "expected": _expected,
    "deviation": _deviation,
    "daysOverdue": lambda row: days_overdue(row.values["deadline"], row.values["delivered_on"], row.on),
    "reportsMissing": _missing,
}
REPORT: dict[str, Callable[..., Any]] = {"id": lambda row: f"report:{row.values['id']}"}
STEP: dict[str, Callable[..., Any]] = {
    "values": lambda row: [Row("", v, row.on, row.position) for v in row.values["values"] or ()]
}
UNIT: dict[str, Callable[..., Any]] = {"id": lambda row: f"unit:{row.values['id']}"}
CAMPAIGN: dict[str, Callable[..., Any]] = {
    "id": lambda row: f"campaign:{row.values['id']}",
    "start": lambda row: row.values["start_on"],
    "end": lambda row: row.values["end_on"],
}

PREFIX = {
    "Task": "task",
    "Campaign": "campaign",
    "Unit": "unit",
    "Official": "official",
    "Report": "report",
    "SupervisionGroup": "group",
}
TABLE = {type_: snake(type_)[1:] for type_ in PREFIX}


def _one(column: str) -> Callable[[Values], Any]:
    return lambda values: values[column]


# (type, field) -> the type and table it leads to, how, and whether to several rows.
LINKS: dict[tuple[str, str], tuple[str, str, Callable[[Values], Any], bool]] = {
    ("Official", "unit"): ("Unit", "unit", _one("unit_id"), False),
    ("Unit", "leadingOfficial"): ("Official", "official", _one("leading_official_id"), False),
    ("TaskForceMember", "official"): ("Official", "official", _one("official_id"), False),
    ("SupervisionGroup", "leader"): ("Official", "official", _one("leader_id"), False),
    ("Report", "task"): ("Task", "task", _one("task_id"), False),
    ("Report", "unit"): ("Unit", "unit", _one("unit_id"), False),
    ("Report", "group"): ("SupervisionGroup", "supervision_group", _one("group_id"), False),
    ("ReportStep", "unit"): ("Unit", "unit", _one("unit_id"), False),
    ("ReportStep", "group"): ("SupervisionGroup", "supervision_group", _one("group_id"), False),
    ("LedgerEntry", "task"): ("Task", "task", _one("id"), False),
    **{
        (type_, name): (*target, False)
        for type_ in ("Task", "LedgerEntry")
        for name, target in {
            "campaign": ("Campaign", "campaign", _one("campaign_id")),
            "leadUnit": ("Unit", "unit", _one("lead_unit_id")),
            "lastReport": ("Report", "report", _one("last_report_id")),
        }.items()
    },
    **{
        (type_, "supportingUnits"): (
            "Unit",
            "unit",
            lambda values: lambda unit: unit["id"] in values["supporting_unit_ids"],
            True,
        )
        for type_ in ("Task", "LedgerEntry")
    },
    ("Report", "steps"): (
        "ReportStep",
        "report_step",
        lambda values: lambda step: step["report_id"] == values["id"],
        True,
    ),
    ("Campaign", "taskForce"): (
        "TaskForceMember",
        "task_force_member",
        lambda values: lambda member: member["campaign_id"] == values["id"],
        True,
    ),
    ("SupervisionGroup", "campaigns"): (
        "Campaign",
        "campaign",
        lambda values: lambda campaign: campaign["id"] in values["campaign_ids"],
        True,
    ),
    ("SupervisionGroup", "units"): (
        "Unit",
        "unit",
        lambda values: lambda unit: unit["id"] in values["unit_ids"],
        True,
    ),
}
ROWS_ORDER: dict[str, Callable[[Values], Any]] = {
    "unit": _one("code"),
    "report_step": _one("position"),
    "task_force_member": _one("ordinal"),
    "campaign": _one("number"),
}

# -- orders and filters

_Keys = Callable[[Row], Any]
_TASK_ORDERS: dict[str, tuple[_Keys, Callable[[str], Any]]] = {
    "CODE": (lambda row: row.values["code_key"], str),
    "DEADLINE": (lambda row: row.values["deadline"], date.fromisoformat),
    "COMPLETION": (lambda row: _or(row.values["completion"], Decimal(-1)), Decimal),
    "DEVIATION": (lambda row: _or(_deviation(row), Decimal(2)), Decimal),
    "CHANGED": (lambda row: row.values["position"], int),
}
# By type: the list's name in cursors, its orders, its own order, the largest page, the usual page.
LISTINGS: dict[str, tuple[str, dict[str, tuple[_Keys, Callable[[str], Any]]], tuple[str, str], int, int]] = {
    "Task": ("tasks", _TASK_ORDERS, ("CODE", "ASC"), 100, 50),
    "LedgerEntry": ("ledger", _TASK_ORDERS, ("CODE", "ASC"), 500, 500),
    "Campaign": (
        "campaigns",
        {"NUMBER": (lambda row: row.values["number"], int), "NAME": (lambda row: row.values["name"], str)},
        ("NUMBER", "ASC"),
        100,
        50,
    ),
    "Unit": (
        "units",
        {"CODE": (lambda row: row.values["code"], str), "NAME": (lambda row: row.values["name"], str)},
        ("CODE", "ASC"),
        500,
        50,
    ),
    "SupervisionGroup": ("groups", {"NAME": (lambda row: row.values["code"], str)}, ("NAME", "ASC"), 100, 50),
    "Report": (
        "reports",
        {
            "PERIOD": (lambda row: row.values["month"], int),
            "REPORTED_AT": (
                lambda row: row.values["reported_at"],
                lambda text: datetime.fromisoformat(text + ":00"),
            ),
        },
        ("PERIOD", "DESC"),
        100,
        20,
    ),
}


def _or(value: Any, other: Any) -> Any:
    return other if value is None else value


def _contains(value: str, text: str) -> bool:
    return text.lower() in value.lower()


class Loaded(Protocol):
    """What the database held."""

    by_id: dict[str, dict[Any, Values]]


_Holds = Callable[[Loaded, Row, Any], bool]
_TASK_FILTERS: dict[str, _Holds] = {
    "campaign": lambda _, row, id_: row.values["campaign_id"] == key_of(id_, "campaign"),
    "unit": lambda _, row, id_: (
        key_of(id_, "unit") in (row.values["lead_unit_id"], *row.values["supporting_unit_ids"])
    ),
    "leadUnit": lambda _, row, id_: row.values["lead_unit_id"] == key_of(id_, "unit"),
    "category": lambda all_, row, category: (
        all_.by_id["unit"][row.values["lead_unit_id"]]["category"].upper() == category
    ),
    "article": lambda _, row, article: row.values["article"] == article,
    "code": lambda _, row, code: row.values["code"] == code,
    "status": lambda _, row, statuses: row.values["status"].upper() in statuses,
    "keyTask": lambda _, row, yes: row.values["key_task"] is yes,
    "published": lambda _, row, yes: row.values["published"] is yes,
    "overdue": lambda _, row, yes: (
        (row.values["delivered_on"] is None and row.on > row.values["deadline"]) is yes
    ),
    "deviationBelow": lambda _, row, limit: (d := _deviation(row)) is not None and d < Decimal(limit),
    "deviationAbove": lambda _, row, limit: (d := _deviation(row)) is not None and d > Decimal(limit),
    "text": lambda _, row, text: _contains(row.values["title"], text) or _contains(row.values["code"], text),
}
FILTERS: dict[str, dict[str, _Holds]] = {
    "Task": _TASK_FILTERS,
    "LedgerEntry": _TASK_FILTERS,
    "Campaign": {
        "code": lambda _, row, code: row.values["code"] == code,
        "text": lambda _, row, text: _contains(row.values["name"], text),
    },
    "Unit": {
        "category": lambda _, row, category: row.values["category"].upper() == category,
        "code": lambda _, row, code: row.values["code"] == code,
        "text": lambda _, row, text: (
            _contains(row.values["name"], text) or _contains(row.values["code"], text)
        ),
    },
    "Report": {
        "task": lambda _, row, id_: row.values["task_id"] == key_of(id_, "task"),
        "campaign": lambda all_, row, id_: (
            all_.by_id["task"][row.values["task_id"]]["campaign_id"] == key_of(id_, "campaign")
        ),
        "unit": lambda _, row, id_: row.values["unit_id"] == key_of(id_, "unit"),
        "period": lambda _, row, period: row.values["period"] == period,
        "status": lambda _, row, statuses: row.values["status"].upper() in statuses,
    },
}

# -- pages


def paging(given: Values, usual: int, largest: int) -> tuple[bool, int, str | None]:
    """Whether backward, how many, and from which cursor."""
    forward = {name: given[name] for name in ("first", "after") if given.get(name) is not None}
    backward = {name: given[name] for name in ("last", "before") if given.get(name) is not None}
    if forward and backward:
        raise Refused("either")
    size = backward.get("last", usual) if backward else forward.get("first", usual)
    if not 0 <= size <= largest:
        raise Refused("size")
    return bool(backward), size, (backward or forward).get("before" if backward else "after")


def cursor_at(tag: str, key: Any, id_: UUID) -> str:
    text = f"{key.astimezone(ZONE):%Y-%m-%d %H:%M:%S}+08" if isinstance(key, datetime) else str(key)
    parts = json.dumps([tag, text, str(id_)], ensure_ascii=False)
    return base64.b64encode(parts.encode()).decode()


def place_of(cursor: str, tag: str, parse: Callable[[str], Any]) -> tuple[Any, UUID]:
    try:
        parts = json.loads(base64.b64decode(cursor, validate=True))
        own, key, id_ = parts
    except ValueError:
        raise Refused("no cursor") from None
    if own != tag:
        raise Refused("another list's cursor")
    return parse(key), UUID(id_)


def check_arguments(type_: str, given: Values) -> None:
    """Refuse what a list of this type would refuse, though it may never be reached."""
    listing, orders, default, largest, usual = LISTINGS[type_]
    _, _, cursor = paging(given, usual, largest)
    order = given.get("orderBy") or {"field": default[0], "direction": default[1]}
    if cursor is not None:
        place_of(
            cursor, f"{listing}:{order['field']}:{order['direction'].lower()}", orders[order["field"]][1]
        )
    for name, value in (given.get("filter") or {}).items():
        prefix = "unit" if name == "leadUnit" else name
        if value is not None and prefix in ("task", "campaign", "unit"):
            key_of(value, prefix)
    if given.get("campaign") is not None:
        key_of(given["campaign"], "campaign")
    if len([v for v in (given.get("asOf") or {}).values() if v is not None]) > 1:
        raise Refused("either")


def iso(value: Any) -> str:
    return value if isinstance(value, str) else str(value.isoformat())
