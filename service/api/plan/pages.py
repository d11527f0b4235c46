"""Connections in SQL: filters, orders, keyset cursors, and the page around its rows.

The page is taken in an inner subselect by keyset, never by OFFSET. Where only nodes or the count are asked
for, that is all; where edges or pageInfo are asked for, one row more than the page tells whether there is
another.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from graphql import FieldNode, GraphQLField, GraphQLObjectType, get_nullable_type

from service.api.plan import cursor
from service.api.plan.arguments import Coerced, Const, Given, binder
from service.api.plan.convert import campaign_key
from service.api.plan.declare import LISTINGS, AsOf, Column, Filter, ToMany, object_type, plan_of, relation_of
from service.errors import BadInput

if TYPE_CHECKING:
    from service.api.plan.compile import Compiler
    from service.api.plan.selections import Selected


class Page:
    """One connection of a statement."""

    def __init__(
        self,
        compiler: "Compiler",
        many: ToMany,
        arguments: dict[str, Given],
        field: GraphQLField,
        outer: str | None,
    ):
        self.compiler = compiler
        self.listing = LISTINGS[many.listing]
        self.arguments = arguments
        self.node = _node_type(field)
        self.relation = relation_of(self.node)
        self.table = self.relation.table
        self.conditions: list[Callable[[str], str]] = []
        if many.on is not None:
            on, parent = many.on, outer or ""
            self.conditions.append(lambda c: compiler.sql(on, t=parent, c=c))
        if isinstance(many, AsOf):
            self._read_as_of(many)
        if (campaign := self._given("campaign")) is not None:
            bound = compiler.bind_given(campaign, "uuid", campaign_key)
            self.conditions.append(lambda t: f"{t}.campaign_id = {bound}")
        for name, declared in many.given.items():
            if (value := self._given(name)) is not None:
                self.conditions.append(self._condition(declared, value))
        self._read_filter(field)
        self._read_order()
        self._read_size()

    # -- arguments

    def _given(self, name: str) -> Given | None:
        """An argument that is there and not null."""
        given = self.arguments.get(name)
        return None if isinstance(given, Const) and given.value is None else given

    def _read_as_of(self, many: AsOf) -> None:
        """Read the rows as they were: at a position, or at the end of a date in the plan's time zone."""
        given = self._given("asOf")
        named = (
            {name: value for name, value in given.items() if value != Const(None)}
            if isinstance(given, dict)
            else {}
        )
        if not named:
            self.compiler.moment["position"] = many.live_position
            return
        if len(named) != 1:
            raise BadInput("asOf takes either a date or a position.", argument="asOf")
        if "date" in named:
            # As text: the driver takes the first and the last date that Python knows for infinity.
            day = self.compiler.bind_given(named["date"], "text::date", str)
            # What was recorded but is not shown yet is not spoken of.
            position = f"least({self.compiler.sql(many.position_of_date, v=day)}, {many.live_position})"
        else:
            self.compiler.needs.append(binder(named["position"]))
            position = self.compiler.bind_given(named["position"], "bigint")
            day = self.compiler.sql(many.date_of_position, v=position)
        self.compiler.moment.update(date=day, position=position)
        if self.relation.versions is None:
            return
        self.table = self.relation.versions
        self.conditions.append(lambda t: f"{t}.valid_from <= {position} and {position} < {t}.valid_to")

    def _read_filter(self, field: GraphQLField) -> None:
        given = self._given("filter")
        if not isinstance(given, dict):
            return
        declared = get_nullable_type(field.args["filter"].type).fields  # type: ignore[union-attr]
        for name, value in given.items():
            if value != Const(None):
                filter_ = plan_of(declared[name])
                told = filter_.tells or name
                if told in self.node.fields:
                    # The count of rows would tell what the field itself must not.
                    self.compiler.permit(self.node, told)
                self.conditions.append(self._condition(filter_, value))

    def _condition(self, declared: Filter, value: Given) -> Callable[[str], str]:
        compiler = self.compiler
        if declared.cast == "boolean":
            holds = compiler.variables.constant(value)
            return lambda t: compiler.sql(declared.sql if holds else f"not ({declared.sql})", t=t)
        bound = compiler.bind_given(value, declared.cast, declared.convert)
        return lambda t: compiler.sql(declared.sql, t=t, v=bound)

    def _read_order(self) -> None:
        listing, given = self.listing, self._given("orderBy")
        by, self.descending = listing.default, listing.descending
        if isinstance(given, dict):
            by = self.compiler.variables.constant(given["field"])
            self.descending = self.compiler.variables.constant(given["direction"]).name == "DESC"
        self.keys = listing.orders[by].keys
        self.tag = f"{listing.name}:{by.name}:{'desc' if self.descending else 'asc'}"

    def _read_size(self) -> None:
        """Forward with first/after or backward with last/before, never both."""
        forward = {name: g for name in ("first", "after") if (g := self._given(name)) is not None}
        backward = {name: g for name in ("last", "before") if (g := self._given(name)) is not None}
        if forward and backward:
            raise BadInput("Page either forward (first, after) or backward (last, before), not both.")
        self.backward = bool(backward)
        name, given = ("last", backward) if backward else ("first", forward)
        size = self.compiler.variables.constant(given[name]) if name in given else self.listing.default_first
        if not 0 <= size <= self.listing.max_first:
            raise BadInput(f"{name} must be between 0 and {self.listing.max_first}.", argument=name)
        self.size: int = size
        self.start = given.get("before" if backward else "after")
        if self.start is not None:
            # Another list's cursor is refused where no rows are asked for, too.
            self._bind_key(self.start, 0)

    # -- SQL

    def compiled(self, connection: GraphQLObjectType, selected: "Selected", times: int) -> str:
        """The scalar subquery whose value is the connection object."""
        compiler, times = self.compiler, times * max(self.size, 1)
        windowed = any(nodes[0].name.value in ("edges", "pageInfo") for nodes in selected.values())
        page = compiler.alias()
        items = []
        for key, nodes in selected.items():
            name = nodes[0].name.value
            with compiler.at(key, nodes[0]):
                compiler.permit(connection, name)
                part = self._part(connection, name, nodes, page if windowed else None, times)
            items.append(f'{part} as "{key}"')
        outer = compiler.alias()
        with_ = f"with {page} as materialized ({self._window()}) " if windowed else ""
        return f"(select row_to_json({outer}) from ({with_}select {', '.join(items)}) {outer})"

    def _part(
        self, connection: GraphQLObjectType, name: str, nodes: list[FieldNode], page: str | None, times: int
    ) -> str:
        match name:
            case "__typename":
                return f"'{connection.name}'::text"
            case "nodes":
                return self._nodes(nodes, page, times)
            case "edges":
                assert page is not None
                return self._edges(connection, nodes, page, times)
            case "pageInfo":
                assert page is not None
                return self._page_info(connection, nodes, page)
            case "totalCount":
                alias = self.compiler.alias()
                return f"(select count(*) from {self.table} {alias}{self._where(alias, whole=True)})"
        plan = plan_of(connection.fields[name])
        assert isinstance(plan, Column)
        assert plan.sql is not None
        alias = self.compiler.alias()
        rows = f"(select {alias}.* from {self.table} {alias}{self._where(alias, whole=True)})"
        return self.compiler.rendered(self.compiler.sql(plan.sql, rows=rows), connection.fields[name].type)

    def _nodes(self, nodes: list[FieldNode], page: str | None, times: int) -> str:
        compiler, row, outer = self.compiler, self.compiler.alias(), self.compiler.alias()
        items, joins = compiler.columns(self.node, row, nodes, times)
        if page is None:
            source, order = f"({self._rows(self.size)})", self._order(row, flip=False)
        else:
            source, order = page, self._page_order(row)
        shown = f' where {row}."#" <= {self.size}' if page else ""
        # A page in the order of its rows needs no second sort unless joins or a reversed page may move them.
        ordered = f" order by {order}" if joins or page or self.backward else ""
        return (
            f"(select coalesce(json_agg({outer}), '[]'::json)"
            f" from (select {items} from {source} {row}{joins}{shown}{ordered}) {outer})"
        )

    def _edges(self, connection: GraphQLObjectType, nodes: list[FieldNode], page: str, times: int) -> str:
        compiler, row, outer = self.compiler, self.compiler.alias(), self.compiler.alias()
        edge = object_type(connection.fields["edges"].type)
        items, laterals = [], []
        for key, fields in compiler.selected(edge, compiler.sets(nodes)).items():
            compiler.permit(edge, fields[0].name.value)
            match fields[0].name.value:
                case "__typename":
                    items.append(f"'{edge.name}'::text as \"{key}\"")
                case "cursor":
                    items.append(f'{self._cursor(row)} as "{key}"')
                case "node":
                    node = compiler.alias()
                    with compiler.at(key, fields[0]):
                        columns, joins = compiler.columns(self.node, row, fields, times)
                    laterals.append(
                        f" cross join lateral (select {columns} from (values (1)) one{joins}) {node}"
                    )
                    items.append(f'{node} as "{key}"')
        return (
            f"(select coalesce(json_agg({outer}), '[]'::json) from (select {', '.join(items)}"
            f' from {page} {row}{"".join(laterals)} where {row}."#" <= {self.size}'
            f" order by {self._page_order(row)}) {outer})"
        )

    def _page_info(self, connection: GraphQLObjectType, nodes: list[FieldNode], page: str) -> str:
        compiler, outer, row = self.compiler, self.compiler.alias(), self.compiler.alias()
        more = f'exists (select from {page} {row} where {row}."#" > {self.size})'
        started = "true" if self.start is not None else "false"
        ends = {
            True: f'(select {self._cursor(row)} from {page} {row} where {row}."#" = least(1, {self.size}))',
            False: f'(select {self._cursor(row)} from {page} {row} where {row}."#" <= {self.size}'
            f' order by {row}."#" desc limit 1)',
        }
        info = object_type(connection.fields["pageInfo"].type)
        parts = {
            "__typename": f"'{info.name}'::text",
            "hasNextPage": started if self.backward else more,
            "hasPreviousPage": more if self.backward else started,
            "startCursor": ends[not self.backward],
            "endCursor": ends[self.backward],
        }
        chosen = compiler.selected(info, compiler.sets(nodes)).items()
        for _, fields in chosen:
            compiler.permit(info, fields[0].name.value)
        items = ", ".join(f'{parts[fields[0].name.value]} as "{key}"' for key, fields in chosen)
        return f"(select row_to_json({outer}) from (select {items}) {outer})"

    def _window(self) -> str:
        row = self.compiler.alias()
        order = self._order(row, flip=self.backward)
        numbered = f'row_number() over (order by {order}) as "#"'
        return f"select {row}.*, {numbered} from ({self._rows(self.size + 1)}) {row}"

    def _rows(self, limit: int) -> str:
        row = self.compiler.alias()
        order = self._order(row, flip=self.backward)
        return f"select {row}.* from {self.table} {row}{self._where(row)} order by {order} limit {limit}"

    def _where(self, row: str, whole: bool = False) -> str:
        conditions = [condition(row) for condition in self.conditions]
        if self.start is not None and not whole:
            conditions.append(self._after(row, self.start))
        return self.compiler.where(conditions, self.relation, row)

    def _sort_keys(self, row: str) -> list[tuple[str, str]]:
        keys = [(self.compiler.sql(sql, t=row), cast) for sql, cast in self.keys]
        return keys if self.listing.unique else [*keys, (f"{row}.id", "uuid")]

    def _order(self, row: str, flip: bool) -> str:
        direction = " desc" if self.descending != flip else ""
        return ", ".join(f"{sql}{direction}" for sql, _ in self._sort_keys(row))

    def _page_order(self, row: str) -> str:
        return f'{row}."#"{" desc" if self.backward else ""}'

    def _cursor(self, row: str) -> str:
        return cursor.written(self.tag, [sql for sql, _ in self._sort_keys(row)])

    def _after(self, row: str, start: Given) -> str:
        """The keyset condition: rows beyond the cursor, in the direction of paging."""
        keys = self._sort_keys(row)
        beyond = "<" if self.descending != self.backward else ">"
        left = ", ".join(sql for sql, _ in keys)
        right = ", ".join(f"{self._bind_key(start, i)}::{cast}" for i, (_, cast) in enumerate(keys))
        return f"({left}) {beyond} ({right})"

    def _bind_key(self, start: Given, index: int) -> str:
        """The parameter for a sort key in the cursor `start`."""
        value, place, tag = binder(start), self.compiler.place, self.tag
        count = len(self.keys) + (not self.listing.unique)

        def read(coerced: Coerced, _: Any) -> str:
            with place.blamed():
                return cursor.read(value(coerced), tag, count)[index]

        return self.compiler.bind(read, "text")


def _node_type(field: GraphQLField) -> GraphQLObjectType:
    return object_type(object_type(field.type).fields["nodes"].type)
