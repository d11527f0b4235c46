"""The same answers, arrived at plainly: the read tables as Python dicts, and a resolver for every field.

An independent executor (graphql-core, over the printed schema) walks these resolvers. Filters, orders and
pages are list operations; figures that depend on the day come from `domain.schedule`. Nothing of
service/api is used.
"""

import base64
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    build_schema,
    execute_sync,
    get_named_type,
    is_leaf_type,
)

from domain.period import period_numbered
from domain.schedule import Milestone, days_overdue, deviation, expected, periods_missing
from service.identity import Role
from service.store.database import Database

ZONE = ZoneInfo("Asia/Shanghai")
TABLES = (
    "unit",
    "official",
    "supervision_group",
    "campaign",
    "task_force_member",
    "task",
    "task_version",
    "report",
    "report_step",
)
EVENTS = "select position, stream_id, stream_version, recorded_at from log.event order by position"

Values = dict[str, Any]


# The nouns that the planner grew up with: every way of declaring a field is among them. What came later is
# made of the same declarations, and has tests of its own.
KNOWN = {
    "Query",
    "Node",
    "Unit",
    "Official",
    "Campaign",
    "TaskForceMember",
    "SupervisionGroup",
    "Task",
    "LedgerEntry",
    "Indicator",
    "Milestone",
    "Report",
    "ReportedValue",
    "Evidence",
    "ReportStep",
    "PageInfo",
    "Viewer",
}


def known_part(schema: GraphQLSchema) -> GraphQLSchema:
    """The schema with only those fields that lead to types the reference answers for."""
    for type_ in schema.type_map.values():
        if not isinstance(type_, GraphQLObjectType) or type_.name not in KNOWN:
            continue
        for name, field in list(type_.fields.items()):
            led_to = get_named_type(field.type)
            node = led_to.name.removesuffix("Connection").removesuffix("Edge")
            # A leaf at the root is of no noun: it is read from no table.
            known = type_ is not schema.query_type if is_leaf_type(led_to) else node in {*KNOWN, "Ledger"}
            if not known:
                del type_.fields[name]
    return schema


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


class Reference:
    """The schema with its resolvers over what the database held when it was loaded."""

    def __init__(self, tables: dict[str, list[Values]], events: list[Values], sdl: str):
        self.tables = tables
        self.events = events
        self.last = events[-1]["position"]
        self.by_id = {
            name: {row["id"]: row for row in tables[name]} for name in TABLES if "id" in tables[name][0]
        }
        self.schema = self._resolving(build_schema(sdl))

    @classmethod
    async def load(cls, database: Database, sdl: str) -> "Reference":
        tables = {
            name: [dict(r) for r in await database.fetch(f"select * from read.{name}")] for name in TABLES
        }
        for rows in tables.values():
            for row in rows:
                for name in ("indicators", "milestones", "values", "evidence"):
                    if isinstance(row.get(name), str | bytes):
                        row[name] = json.loads(row[name])
        return cls(tables, [dict(r) for r in await database.fetch(EVENTS)], sdl)

    def execute(self, document: DocumentNode, variables: Values, asking: Asking) -> ExecutionResult:
        result = execute_sync(self.schema, document, variable_values=variables, context_value=asking)
        assert isinstance(result, ExecutionResult)
        return result

    # -- resolvers

    def _resolving(self, schema: GraphQLSchema) -> GraphQLSchema:
        own: dict[str, dict[str, Callable[..., Any]]] = {
            "Query": self._roots(),
            "Task": _TASK | {"reports": self._reports_of},
            "LedgerEntry": _TASK,
            "Report": _REPORT,
            "ReportStep": _STEP,
            "Unit": _UNIT | {"tasks": self._tasks_of_unit},
            "Campaign": _CAMPAIGN | {"tasks": self._tasks_of_campaign},
            "Official": {"id": lambda row: f"official:{row.values['id']}"},
            "SupervisionGroup": {"id": lambda row: f"group:{row.values['id']}"},
            "Indicator": {"direction": lambda row: row.values["direction"].upper()},
            "TaskForceMember": {"role": lambda row: row.values["role"].upper()},
        }
        for type_ in schema.type_map.values():
            if isinstance(type_, GraphQLInterfaceType):
                type_.resolve_type = lambda row, *_: row.type
            if not isinstance(type_, GraphQLObjectType) or type_.name.startswith("__"):
                continue
            for name, field in type_.fields.items():
                field.resolve = self._resolver(type_, name, own.get(type_.name, {}).get(name))
        for name, shown in (("Date", _iso), ("DateTime", _iso), ("Decimal", str)):
            schema.type_map[name].coerce_output_value = shown  # type: ignore[attr-defined]
        return schema

    def _resolver(
        self, type_: GraphQLObjectType, name: str, own: Callable[..., Any] | None
    ) -> Callable[..., Any]:
        link = _LINKS.get((type_.name, name))
        if type_.name == "Query":
            return lambda _, info, **given: own(info.context, **given) if own else _raise(name)
        if link is not None:
            return lambda row, info: self._linked(row, info.context, *link)
        if name == "tasks" or (type_.name, name) == ("Task", "reports"):
            assert own is not None
            return lambda row, info, **given: own(row, info.context, **given)
        if own is not None:
            return lambda row, info: own(row)
        if type_.name.endswith(("Connection", "Edge")) or type_.name == "PageInfo":
            return lambda page, info: page[name]
        embedded = type_.name in ("Indicator", "Milestone", "ReportedValue", "Evidence")
        column = name if embedded else _snake(name)
        return lambda row, info: _plain(row, row.values[column], name)

    def _linked(
        self, row: Row, asking: Asking, type_: str, table: str, find: Callable[[Values], Any], many: bool
    ) -> Any:
        wanted = find(row.values)
        if not many:
            found = self.by_id[table].get(wanted)
            return self._now(type_, found, asking) if found and _visible(type_, found, asking) else None
        chosen = [r for r in self.tables[table] if wanted(r)]
        chosen.sort(key=_ROWS_ORDER[table])
        return [self._now(type_, r, asking) for r in chosen if _visible(type_, r, asking)]

    def _now(self, type_: str, values: Values, asking: Asking) -> Row:
        return Row(
            type_,
            {**values, "version": lambda row: self._version(row)} | self._outer(type_, values),
            asking.today,
            self.last,
        )

    def _outer(self, type_: str, values: Values) -> Values:
        """What of a task is another row's."""
        if type_ not in ("Task", "LedgerEntry"):
            return {}
        return {"demonstration": self.by_id["campaign"][values["campaign_id"]]["demonstration"]}

    def _version(self, row: Row) -> int:
        stream = row.values["id"]
        # Positions are dense: the first so many events are those up to a position.
        version: int = max(
            e["stream_version"] for e in self.events[: row.position] if e["stream_id"] == stream
        )
        return version

    def _roots(self) -> dict[str, Callable[..., Any]]:
        def one(type_: str, table: str) -> Callable[..., Any]:
            def find(asking: Asking, id: str, minPosition: Any = None) -> Row | None:
                prefix, _, key = id.partition(":")
                if prefix != _PREFIX[type_]:
                    raise Refused("not its id")
                found = self.by_id[table].get(UUID(key))
                return self._now(type_, found, asking) if found and _visible(type_, found, asking) else None

            return find

        def node(asking: Asking, id: str, minPosition: Any = None) -> Row | None:
            for type_, prefix in _PREFIX.items():
                if id.partition(":")[0] == prefix:
                    return one(type_, _TABLE[type_])(asking, id)  # type: ignore[no-any-return]
            raise Refused("no id")

        roots: dict[str, Callable[..., Any]] = {
            _root(t): one(t, _TABLE[t]) for t in _PREFIX if t != "SupervisionGroup"
        }
        return roots | {
            "node": node,
            "tasks": lambda asking, **given: self.page("Task", self.tables["task"], asking, given),
            "campaigns": lambda asking, **given: self.page(
                "Campaign", self.tables["campaign"], asking, given
            ),
            "units": lambda asking, **given: self.page("Unit", self.tables["unit"], asking, given),
            "supervisionGroups": lambda asking, **given: self.page(
                "SupervisionGroup", self.tables["supervision_group"], asking, given
            ),
            "progressReports": lambda asking, **given: self.page(
                "Report", self.tables["report"], asking, given
            ),
            "ledger": self._ledger,
            "viewer": lambda asking: Row(
                "Viewer",
                {
                    "role": asking.role.value,
                    "actor": asking.role.value.lower(),
                    **dict.fromkeys(("unit", "group", "official")),
                },
                asking.today,
                self.last,
            ),
        }

    def _reports_of(self, row: Row, asking: Asking, **given: Any) -> Values:
        rows = [r for r in self.tables["report"] if r["task_id"] == row.values["id"]]
        return self.page("Report", rows, asking, given)

    def _tasks_of_unit(self, row: Row, asking: Asking, **given: Any) -> Values:
        id_ = row.values["id"]
        rows = [t for t in self.tables["task"] if id_ == t["lead_unit_id"] or id_ in t["supporting_unit_ids"]]
        return self.page("Task", rows, asking, given)

    def _tasks_of_campaign(self, row: Row, asking: Asking, **given: Any) -> Values:
        rows = [t for t in self.tables["task"] if t["campaign_id"] == row.values["id"]]
        return self.page("Task", rows, asking, given)

    # -- lists

    def _ledger(self, asking: Asking, asOf: Any = None, campaign: str | None = None, **given: Any) -> Values:
        named = {name: value for name, value in (asOf or {}).items() if value is not None}
        if len(named) > 1:
            raise Refused("either")
        day, position, rows = asking.today, self.last, self.tables["task"]
        if "date" in named:
            day = date.fromisoformat(named["date"])
            position = max((e["position"] for e in self.events if _day(e) <= day), default=0)
        elif "position" in named:
            position = named["position"]
            day = next((_day(e) for e in self.events if e["position"] == position), asking.today)
        if named:
            rows = [r for r in self.tables["task_version"] if r["valid_from"] <= position < r["valid_to"]]
        if campaign is not None:
            rows = [r for r in rows if r["campaign_id"] == _key(campaign, "campaign")]
        page = self.page("LedgerEntry", rows, asking, given, day, position)
        return {**page, "date": day, "position": position}

    def page(
        self,
        type_: str,
        rows: Iterable[Values],
        asking: Asking,
        given: Values,
        day: date | None = None,
        position: int = 0,
    ) -> Values:
        """A page: {edges, nodes, pageInfo, totalCount}."""
        listing, orders, default, largest, usual = _LISTINGS[type_]
        found = []
        for values in rows:
            row = self._now(type_, values, asking)
            if day is not None:
                row.on, row.position = day, position
            found.append(row)
        found = [row for row in found if _visible(type_, row.values, asking)]
        for name, value in (given.get("filter") or {}).items():
            if value is not None:
                holds = _FILTERS[type_][name]
                found = [row for row in found if holds(self, row, value)]
        order = given.get("orderBy") or {"field": default[0], "direction": default[1]}
        keys, parse = orders[order["field"]]
        descending = order["direction"] == "DESC"
        tag = f"{listing}:{order['field']}:{order['direction'].lower()}"

        def place(row: Row) -> tuple[Any, UUID]:
            return (keys(row), row.values["id"])

        found.sort(key=place, reverse=descending)
        backward, size, cursor = _paging(given, usual, largest)
        shown = found
        if cursor is not None:
            start = _place_of(cursor, tag, parse)
            shown = [r for r in found if (place(r) < start if descending != backward else place(r) > start)]
        more = len(shown) > size
        shown = (shown[-size:] if size else []) if backward else shown[:size]
        cursors = [_cursor(tag, keys(row), row.values["id"]) for row in shown]
        started = cursor is not None
        return {
            "totalCount": len(found),
            "nodes": shown,
            "edges": [{"cursor": c, "node": row} for c, row in zip(cursors, shown, strict=True)],
            "pageInfo": {
                "hasNextPage": started if backward else more,
                "hasPreviousPage": more if backward else started,
                "startCursor": cursors[0] if cursors else None,
                "endCursor": cursors[-1] if cursors else None,
            },
        }


def _raise(name: str) -> Any:
    raise AssertionError(f"no resolver for {name}")


def _plain(row: Row, value: Any, name: str) -> Any:
    if callable(value):
        return value(row)
    if isinstance(value, datetime):
        return value.astimezone(ZONE)
    if name in ("category", "status", "kind"):
        return value.upper()
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return [Row("", item, row.on, row.position) for item in value]
    return value


def _snake(name: str) -> str:
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name)


def _root(type_: str) -> str:
    return "progressReport" if type_ == "Report" else type_.lower()


def _day(event: Values) -> date:
    moment: datetime = event["recorded_at"]
    return moment.astimezone(ZONE).date()


def _visible(type_: str, values: Values, asking: Asking) -> bool:
    return (
        asking.role is not Role.PUBLIC
        or type_ not in ("Task", "LedgerEntry", "Report")
        or values["published"]
    )


def _key(id_: str, prefix: str) -> UUID:
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


_TASK: dict[str, Callable[..., Any]] = {
    "id": lambda row: f"task:{row.values['id']}",
    "start": lambda row: row.values["start_on"],
    "expected": _expected,
    "deviation": _deviation,
    "daysOverdue": lambda row: days_overdue(row.values["deadline"], row.values["delivered_on"], row.on),
    "reportsMissing": _missing,
}
_REPORT: dict[str, Callable[..., Any]] = {"id": lambda row: f"report:{row.values['id']}"}
_STEP: dict[str, Callable[..., Any]] = {
    "values": lambda row: [Row("", v, row.on, row.position) for v in row.values["values"] or ()]
}
_UNIT: dict[str, Callable[..., Any]] = {"id": lambda row: f"unit:{row.values['id']}"}
_CAMPAIGN: dict[str, Callable[..., Any]] = {
    "id": lambda row: f"campaign:{row.values['id']}",
    "start": lambda row: row.values["start_on"],
    "end": lambda row: row.values["end_on"],
}

_PREFIX = {
    "Task": "task",
    "Campaign": "campaign",
    "Unit": "unit",
    "Official": "official",
    "Report": "report",
    "SupervisionGroup": "group",
}
_TABLE = {type_: _snake(type_)[1:] for type_ in _PREFIX}


def _one(column: str) -> Callable[[Values], Any]:
    return lambda values: values[column]


# (type, field) -> the type and table it leads to, how, and whether to several rows.
_LINKS: dict[tuple[str, str], tuple[str, str, Callable[[Values], Any], bool]] = {
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
_ROWS_ORDER: dict[str, Callable[[Values], Any]] = {
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
_LISTINGS: dict[str, tuple[str, dict[str, tuple[_Keys, Callable[[str], Any]]], tuple[str, str], int, int]] = {
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


_Holds = Callable[[Reference, Row, Any], bool]
_TASK_FILTERS: dict[str, _Holds] = {
    "campaign": lambda _, row, id_: row.values["campaign_id"] == _key(id_, "campaign"),
    "unit": lambda _, row, id_: (
        _key(id_, "unit") in (row.values["lead_unit_id"], *row.values["supporting_unit_ids"])
    ),
    "leadUnit": lambda _, row, id_: row.values["lead_unit_id"] == _key(id_, "unit"),
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
_FILTERS: dict[str, dict[str, _Holds]] = {
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
        "task": lambda _, row, id_: row.values["task_id"] == _key(id_, "task"),
        "campaign": lambda all_, row, id_: (
            all_.by_id["task"][row.values["task_id"]]["campaign_id"] == _key(id_, "campaign")
        ),
        "unit": lambda _, row, id_: row.values["unit_id"] == _key(id_, "unit"),
        "period": lambda _, row, period: row.values["period"] == period,
        "status": lambda _, row, statuses: row.values["status"].upper() in statuses,
    },
}

# -- pages


def _paging(given: Values, usual: int, largest: int) -> tuple[bool, int, str | None]:
    """Whether backward, how many, and from which cursor."""
    forward = {name: given[name] for name in ("first", "after") if given.get(name) is not None}
    backward = {name: given[name] for name in ("last", "before") if given.get(name) is not None}
    if forward and backward:
        raise Refused("either")
    size = backward.get("last", usual) if backward else forward.get("first", usual)
    if not 0 <= size <= largest:
        raise Refused("size")
    return bool(backward), size, (backward or forward).get("before" if backward else "after")


def _cursor(tag: str, key: Any, id_: UUID) -> str:
    text = f"{key.astimezone(ZONE):%Y-%m-%d %H:%M:%S}+08" if isinstance(key, datetime) else str(key)
    parts = json.dumps([tag, text, str(id_)], ensure_ascii=False)
    return base64.b64encode(parts.encode()).decode()


def _place_of(cursor: str, tag: str, parse: Callable[[str], Any]) -> tuple[Any, UUID]:
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
    listing, orders, default, largest, usual = _LISTINGS[type_]
    _, _, cursor = _paging(given, usual, largest)
    order = given.get("orderBy") or {"field": default[0], "direction": default[1]}
    if cursor is not None:
        _place_of(
            cursor, f"{listing}:{order['field']}:{order['direction'].lower()}", orders[order["field"]][1]
        )
    for name, value in (given.get("filter") or {}).items():
        prefix = "unit" if name == "leadUnit" else name
        if value is not None and prefix in ("task", "campaign", "unit"):
            _key(value, prefix)
    if given.get("campaign") is not None:
        _key(given["campaign"], "campaign")
    if len([v for v in (given.get("asOf") or {}).values() if v is not None]) > 1:
        raise Refused("either")


def _iso(value: Any) -> str:
    return value if isinstance(value, str) else str(value.isoformat())
