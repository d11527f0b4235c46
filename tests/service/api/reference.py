"""The same answers, arrived at plainly: the read tables as Python dicts, and a resolver for every field.

An independent executor (graphql-core, over the printed schema) walks these resolvers. Filters, orders and
pages are list operations; figures that depend on the day come from `domain.schedule`. Nothing of
service/api is used.
"""

import json
from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import Any
from uuid import UUID

from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    build_schema,
    execute_sync,
    get_named_type,
    is_leaf_type,
)

from service.identity import Role
from service.store.database import Database
from tests.service.api.reference_nouns import (
    CAMPAIGN,
    FILTERS,
    LINKS,
    LISTINGS,
    PREFIX,
    REPORT,
    ROWS_ORDER,
    STEP,
    TABLE,
    TASK,
    UNIT,
    ZONE,
    Asking,
    Refused,
    Row,
    Values,
    cursor_at,
    iso,
    key_of,
    paging,
    place_of,
    snake,
)

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
            "Task": TASK | {"reports": self._reports_of},
            "LedgerEntry": TASK,
            "Report": REPORT,
            "ReportStep": STEP,
            "Unit": UNIT | {"tasks": self._tasks_of_unit},
            "Campaign": CAMPAIGN | {"tasks": self._tasks_of_campaign},
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
        for name, shown in (("Date", iso), ("DateTime", iso), ("Decimal", str)):
            schema.type_map[name].coerce_output_value = shown  # type: ignore[attr-defined]
        return schema

    def _resolver(
        self, type_: GraphQLObjectType, name: str, own: Callable[..., Any] | None
    ) -> Callable[..., Any]:
        link = LINKS.get((type_.name, name))
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
        column = name if embedded else snake(name)
        return lambda row, info: _plain(row, row.values[column], name)

    def _linked(
        self, row: Row, asking: Asking, type_: str, table: str, find: Callable[[Values], Any], many: bool
    ) -> Any:
        wanted = find(row.values)
        if not many:
            found = self.by_id[table].get(wanted)
            return self._now(type_, found, asking) if found and _visible(type_, found, asking) else None
        chosen = [r for r in self.tables[table] if wanted(r)]
        chosen.sort(key=ROWS_ORDER[table])
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
                if prefix != PREFIX[type_]:
                    raise Refused("not its id")
                found = self.by_id[table].get(UUID(key))
                return self._now(type_, found, asking) if found and _visible(type_, found, asking) else None

            return find

        def node(asking: Asking, id: str, minPosition: Any = None) -> Row | None:
            for type_, prefix in PREFIX.items():
                if id.partition(":")[0] == prefix:
                    return one(type_, TABLE[type_])(asking, id)  # type: ignore[no-any-return]
            raise Refused("no id")

        roots: dict[str, Callable[..., Any]] = {
            _root(t): one(t, TABLE[t]) for t in PREFIX if t != "SupervisionGroup"
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
            rows = [r for r in rows if r["campaign_id"] == key_of(campaign, "campaign")]
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
        listing, orders, default, largest, usual = LISTINGS[type_]
        found = []
        for values in rows:
            row = self._now(type_, values, asking)
            if day is not None:
                row.on, row.position = day, position
            found.append(row)
        found = [row for row in found if _visible(type_, row.values, asking)]
        for name, value in (given.get("filter") or {}).items():
            if value is not None:
                holds = FILTERS[type_][name]
                found = [row for row in found if holds(self, row, value)]
        order = given.get("orderBy") or {"field": default[0], "direction": default[1]}
        keys, parse = orders[order["field"]]
        descending = order["direction"] == "DESC"
        tag = f"{listing}:{order['field']}:{order['direction'].lower()}"

        def place(row: Row) -> tuple[Any, UUID]:
            return (keys(row), row.values["id"])

        found.sort(key=place, reverse=descending)
        backward, size, cursor = paging(given, usual, largest)
        shown = found
        if cursor is not None:
            start = place_of(cursor, tag, parse)
            shown = [r for r in found if (place(r) < start if descending != backward else place(r) > start)]
        more = len(shown) > size
        shown = (shown[-size:] if size else []) if backward else shown[:size]
        cursors = [cursor_at(tag, keys(row), row.values["id"]) for row in shown]
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
