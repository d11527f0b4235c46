"""Compile one GraphQL operation to one SQL statement that returns the response's `data` as JSON.

What is selected becomes the select list of nested row subselects: a link to one row is a lateral join whose
row is the nested object, a connection is a scalar subquery that aggregates its page, an embedded list is
unnested from its jsonb column. Arguments become parameters. What a plan may read is settled here, once: a
field outside the role's permissions is refused, and the rows a role may see are conditions in the statement.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    GraphQLField,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    OperationDefinitionNode,
    SelectionSetNode,
    get_named_type,
    is_enum_type,
)

from projections import PROJECTIONS
from service.api.plan import pages
from service.api.plan.arguments import Coerced, Const, Given, Variables, binder
from service.api.plan.declare import (
    PREFIXES,
    AnyNode,
    Column,
    Embedded,
    One,
    Relation,
    Rows,
    ToMany,
    ToOne,
    object_type,
    plan_of,
    relation_of,
)
from service.api.plan.ids import key_of, prefix_in
from service.api.plan.selections import Selected, Selections
from service.errors import BadInput, Forbidden, Place, TooLarge
from service.identity import Viewer, Watch, may_read, scope_of, watched_as
from service.reads import Bind, Moment, Statement
from service.tables.schema import LIVE, version_name

# Values that one statement may have to produce, counting full pages.
MAX_COST = 250_000

# In a document that the executor answers as well, the key under which a node says what type it is.
TYPE = "#type"


# No text of ours or of a client's is written into a statement with a dollar sign in it.
_PARAMETER = re.compile(r"\$(\d+)")

_READ = re.compile(rf'\b{LIVE}\."?(\w+)')
_PROJECTION_OF = {
    name: projection.name
    for projection in PROJECTIONS
    for table in projection.tables
    for name in (table.name, version_name(table))
}


def projections_of(sql: str) -> frozenset[str]:
    """The projections whose tables a statement reads; none if it asks how far all of them are."""
    tables = set(_READ.findall(sql))
    if not tables <= _PROJECTION_OF.keys():
        return frozenset()
    return frozenset(_PROJECTION_OF[table] for table in tables)


class Compiler:
    """Compiles the fields of one operation for one role. Used once."""

    def __init__(
        self,
        schema: GraphQLSchema,
        fragments: Mapping[str, FragmentDefinitionNode],
        variables: Variables,
        viewer: Viewer,
        typed: bool = False,
    ):
        self.schema = schema
        self.typed = typed
        self.variables = variables
        self.viewer = viewer
        self._selections = Selections(schema, fragments, variables)
        self.binds: list[Bind] = []
        self.needs: list[Callable[[Coerced], Any]] = []
        # What `{date}` and `{position}` stand for in the rows of a ledger that is read as of another moment.
        self.moment: dict[str, str] = {}
        # The field that is being compiled: what is wrong there is told with its place.
        self.place = Place(0, 0, ())
        self._watches: set[Watch] = set()
        self._shared: dict[str, str] = {}
        self._aliases = 0
        self._cost = 0

    # -- entry points

    def operation(self, operation: OperationDefinitionNode) -> Statement:
        """The statement for the planned root fields of a query."""
        assert self.schema.query_type is not None
        root = self.schema.query_type
        items = []
        for key, nodes in self.selected(root, [operation.selection_set]).items():
            name = nodes[0].name.value
            if name == "__typename":
                items.append(f"'{root.name}'::text as {_quoted(key)}")
            elif name in root.fields and plan_of(root.fields[name]) is not None:
                with self.at(key, nodes[0]):
                    items.append(f"{self._root(root.fields[name], nodes)} as {_quoted(key)}")
        whole = self.alias()
        return self._statement(f"select row_to_json({whole}) from (select {', '.join(items)}) {whole}")

    def row(self, type_: GraphQLObjectType, nodes: list[FieldNode], key: Callable[[], Any]) -> Statement:
        """The statement for one row selected inside a payload or a push; its key is asked for each time."""
        relation = relation_of(type_)
        column, cast = relation.key
        bound = self.bind(lambda _, __: key(), cast)
        sql = self._one(type_, relation, nodes, lambda alias: f"{alias}.{column} = {bound}")
        return self._statement(sql)

    def rows_by_id(
        self, type_: GraphQLObjectType, nodes: list[FieldNode], keys: Callable[[], Any]
    ) -> Statement:
        """The statement for rows selected of many objects at once: a JSON object of them by their key."""
        relation = relation_of(type_)
        bound = self.bind(lambda _, __: keys(), "uuid[]")
        alias, outer = self.alias(), self.alias()
        items, joins = self.columns(type_, alias, nodes, 100)
        where = self.where([f"{alias}.id = any({bound})"], relation, alias)
        lateral = f"left join lateral (select {items}) {outer} on true"
        return self._statement(
            f"select coalesce(json_object_agg({alias}.id, row_to_json({outer})), '{{}}'::json)"
            f" from {relation.table} {alias}{joins} {lateral}{where}"
        )

    def _statement(self, sql: str) -> Statement:
        """The statement with the parameters that it has come to need; PostgreSQL refuses idle ones."""
        numbers = sorted({int(number) for number in _PARAMETER.findall(sql)})
        places = {number: place for place, number in enumerate(numbers, 1)}
        renumbered = _PARAMETER.sub(lambda found: f"${places[int(found[1])]}", sql)
        binds = tuple(self.binds[number - 1] for number in numbers)
        idle = tuple(bind for number, bind in enumerate(self.binds, 1) if number not in places)
        watches = frozenset(self._watches)
        return Statement(renumbered, binds, tuple(self.needs), idle, watches, projections_of(renumbered))

    # -- selections

    def selected(self, type_: GraphQLObjectType, sets: list[SelectionSetNode]) -> Selected:
        return self._selections.of(type_, sets)

    def columns(
        self, type_: GraphQLObjectType, alias: str, nodes: list[FieldNode], times: int, embedded: bool = False
    ) -> tuple[str, str]:
        """The select list and the joins for what is selected of the row `alias`, `times` rows of it."""
        items, joins = [], []
        watched: set[Watch] = set()
        for key, fields in self.selected(type_, self.sets(nodes)).items():
            self._spend(times)
            with self.at(key, fields[0]):
                value, join = self._value(type_, alias, fields, times, embedded)
            items.append(f"{value} as {_quoted(key)}")
            joins.append(join)
            watched.update(watched_as(type_.name, fields[0].name.value))
        items += self._watched(type_, alias, watched, embedded)
        return ", ".join(items), "".join(joins)

    def _watched(
        self, type_: GraphQLObjectType, alias: str, watched: set[Watch], embedded: bool
    ) -> list[str]:
        """Columns that tell which rows were seen of what is accounted for; they are taken out of the answer
        again (`service.access`)."""
        self._watches |= watched
        told = [] if embedded else [watch for watch in watched if watch.by_row]
        return [
            f'{watch.told.format(t=alias)} as "{watch.mark}"'
            for watch in sorted(told, key=lambda watch: watch.mark)
        ]

    def _value(
        self, type_: GraphQLObjectType, alias: str, nodes: list[FieldNode], times: int, embedded: bool
    ) -> tuple[str, str]:
        """The expression of a field of the row `alias`, and the join it needs."""
        name = nodes[0].name.value
        self.permit(type_, name)
        if name == "__typename":
            return f"'{type_.name}'::text", ""
        field = type_.fields[name]
        match plan_of(field):
            case Column(sql):
                own = f'{{t}}."{name if embedded else _snake(name)}"'
                return self.rendered(self.sql(sql or own, t=alias), field.type), ""
            case Embedded(sql):
                return self._embedded(field, nodes, self.sql(sql, t=alias), times), ""
            case ToOne(on):
                with self.speaking_of_now():
                    return self._joined(field, nodes, on, alias, times)
            case Rows(on, by):
                with self.speaking_of_now():
                    return self._rows(field, nodes, on, by, alias, times), ""
            case ToMany() as many:
                return self._connection(field, nodes, many, alias, times), ""
            case plan:
                raise TypeError(f"{type_.name}.{name} cannot be planned: {plan}")

    # -- the ways to reach rows

    def _root(self, field: GraphQLField, nodes: list[FieldNode]) -> str:
        assert self.schema.query_type is not None
        self.permit(self.schema.query_type, nodes[0].name.value)
        self._watches |= watched_as(self.schema.query_type.name, nodes[0].name.value)
        arguments = self.variables.arguments(field, nodes[0])
        if "minPosition" in arguments:
            self.needs.append(binder(arguments["minPosition"]))
        match plan_of(field):
            case ToMany() as many:
                return self._connection(field, nodes, many, None, 1, arguments)
            case One():
                return self._by_key(field, nodes, arguments[plan_of(field).argument])
            case AnyNode():
                return self._any_node(nodes, arguments["id"])
            case plan:
                raise TypeError(f"the root field {nodes[0].name.value} cannot be planned: {plan}")

    def _by_key(self, field: GraphQLField, nodes: list[FieldNode], given: Given) -> str:
        type_ = object_type(field.type)
        relation = relation_of(type_)
        column, cast = relation.key
        bound = self.bind_given(given, cast, key_of(relation) if relation.prefix else None)
        return self._one(type_, relation, nodes, lambda alias: f"{alias}.{column} = {bound}")

    def _any_node(self, nodes: list[FieldNode], given: Given) -> str:
        relation = PREFIXES.get(self.variables.constant(given, prefix_in))
        if relation is None:
            raise BadInput("The id is not one of this service's.", argument="id")
        type_ = self.schema.type_map[relation.type.__strawberry_definition__.name]  # type: ignore[attr-defined]
        assert isinstance(type_, GraphQLObjectType)
        self.permit(type_, "id")
        bound = self.bind_given(given, "uuid", key_of(relation))
        return self._one(type_, relation, nodes, lambda alias: f"{alias}.id = {bound}")

    def _one(
        self,
        type_: GraphQLObjectType,
        relation: Relation,
        nodes: list[FieldNode],
        condition: Callable[[str], str],
    ) -> str:
        alias, outer = self.alias(), self.alias()
        items, joins = self.columns(type_, alias, nodes, 1)
        if self.typed:
            items = f"'{type_.name}'::text as \"{TYPE}\"{',' if items else ''} {items}"
        where = self.where([condition(alias)], relation, alias)
        source = f"select {items} from {relation.table} {alias}{joins}{where}"
        return f"(select row_to_json({outer}) from ({source}) {outer})"

    def _joined(
        self, field: GraphQLField, nodes: list[FieldNode], on: str, alias: str, times: int
    ) -> tuple[str, str]:
        type_ = object_type(field.type)
        relation = relation_of(type_)
        row, joined = self.alias(), self.alias()
        items, joins = self.columns(type_, row, nodes, times)
        where = self.where([self.sql(on, t=alias, c=row)], relation, row)
        source = f"select {items} from {relation.table} {row}{joins}{where}"
        return joined, f" left join lateral ({source}) {joined} on true"

    def _rows(
        self, field: GraphQLField, nodes: list[FieldNode], on: str, by: str, alias: str, times: int
    ) -> str:
        type_ = object_type(field.type)
        relation = relation_of(type_)
        row, outer = self.alias(), self.alias()
        items, joins = self.columns(type_, row, nodes, times * 8)
        where = self.where([self.sql(on, t=alias, c=row)], relation, row)
        return (
            f"(select coalesce(json_agg({outer}), '[]'::json) from (select {items}"
            f" from {relation.table} {row}{joins}{where} order by {self.sql(by, c=row)}) {outer})"
        )

    def _embedded(self, field: GraphQLField, nodes: list[FieldNode], source: str, times: int) -> str:
        type_ = object_type(field.type)
        element, outer = self.alias(), self.alias()
        items, joins = self.columns(type_, element, nodes, times * 4, embedded=True)
        shapes = ", ".join(f'"{name}" {_element_type(f.type)}' for name, f in type_.fields.items())
        listed = f"jsonb_to_recordset({source}) as {element}({shapes})"
        if joins:
            # A join may move the elements: they are numbered, and put in order again.
            names = ", ".join(f'"{name}"' for name in type_.fields)
            numbered = f"rows from (jsonb_to_recordset({source}) as ({shapes})) with ordinality"
            listed = f'{numbered} as {element}({names}, "#")'
            joins = f'{joins} order by {element}."#"'
        return (
            f"(select coalesce(json_agg({outer}), '[]'::json) from (select {items}"
            f" from {listed}{joins}) {outer})"
        )

    def _connection(
        self,
        field: GraphQLField,
        nodes: list[FieldNode],
        many: ToMany,
        alias: str | None,
        times: int,
        arguments: dict[str, Given] | None = None,
    ) -> str:
        connection = object_type(field.type)
        if arguments is None:
            arguments = self.variables.arguments(field, nodes[0])
        with self.speaking_of_now():
            page = pages.Page(self, many, arguments, field, alias)
            return page.compiled(connection, self.selected(connection, self.sets(nodes)), times)

    # -- parts of statements

    @contextmanager
    def at(self, key: str, node: FieldNode) -> Iterator[None]:
        """Compile a field of this response key."""
        outside = self.place
        self.place = Place.of(node, (*outside.path, key))
        with self.place.blamed():
            yield
        self.place = outside

    @contextmanager
    def speaking_of_now(self) -> Iterator[None]:
        """Compile rows that are read as they are now, wherever they are reached from."""
        outside, self.moment = self.moment, {}
        yield
        self.moment = outside

    def alias(self) -> str:
        """A name for rows that no response key can have: a row is told from a column by its name alone."""
        self._aliases += 1
        return f"t{self._aliases}$"

    @staticmethod
    def sets(nodes: list[FieldNode]) -> list[SelectionSetNode]:
        return [node.selection_set for node in nodes if node.selection_set is not None]

    @staticmethod
    def rendered(sql: str, type_: GraphQLOutputType) -> str:
        """The expression as GraphQL serialises its type: Decimals as text, enums by their name."""
        named = get_named_type(type_)
        if is_enum_type(named):
            return f"upper({sql})"
        return f"({sql})::text" if named.name == "Decimal" else sql

    def where(self, conditions: list[str], relation: Relation, alias: str) -> str:
        """The where clause, with what the role may see of the relation."""
        scope = scope_of(self.viewer, relation.type.__name__)
        if scope is not None:
            conditions = [*conditions, self.sql(relation.visible[scope], t=alias)]
        return f" where {' and '.join(conditions)}" if conditions else ""

    def sql(self, fragment: str, **names: str) -> str:
        """A declared fragment with its placeholders filled."""
        return fragment.format_map(_Names(self, names))

    def shared(self, name: str) -> str:
        """What comes from the moment or the person asking rather than from an argument."""
        if name in self.moment:
            return self.moment[name]
        if name not in self._shared:
            match name:
                case "date":
                    self._shared[name] = self.bind(lambda _, moment: moment.today, "date")
                case "unit":
                    self._shared[name] = self.bind(lambda _, moment: moment.viewer.unit_id, "uuid")
                case "group":
                    self._shared[name] = self.bind(lambda _, moment: moment.viewer.group_id, "uuid")
                case "actor":
                    self._shared[name] = self.bind(lambda _, moment: moment.viewer.actor, "text")
                case "official":
                    self._shared[name] = self.bind(lambda _, moment: moment.viewer.official_id, "uuid")
                case "position":
                    self._shared[name] = "(select min(p.position) from read.checkpoint p)"
                case _:
                    raise KeyError(name)
        return self._shared[name]

    def bind(self, bind: Bind, cast: str) -> str:
        self.binds.append(bind)
        return f"${len(self.binds)}::{cast}"

    def bind_given(self, given: Given, cast: str, convert: Callable[[Any], Any] | None = None) -> str:
        if isinstance(given, Const) and type(given.value) is int:
            return f"({given.value})::{cast}"
        value, place = binder(given), self.place
        if convert is None:
            return self.bind(lambda coerced, _: value(coerced), cast)

        def converted(coerced: Coerced, _: Moment) -> Any:
            with place.blamed():
                return convert(value(coerced))

        return self.bind(converted, cast)

    def permit(self, type_: GraphQLObjectType, field: str) -> None:
        if not may_read(self.viewer.role, type_.name, field):
            what = f"{type_.name}.{field}"
            raise Forbidden(f"{self.viewer.role.name} may not read {what}.", what=what, field=field)

    def _spend(self, values: int) -> None:
        self._cost += values
        if self._cost > MAX_COST:
            raise TooLarge(f"The query may produce more than {MAX_COST} values; ask for smaller pages.")


class _Names(dict[str, str]):
    """Fills a fragment's placeholders; those that need a parameter get it when they are met."""

    def __init__(self, compiler: Compiler, names: dict[str, str]):
        super().__init__(names)
        self.compiler = compiler

    def __missing__(self, name: str) -> str:
        return self.compiler.shared(name)


def _element_type(type_: GraphQLOutputType) -> str:
    shapes = {"Boolean": "boolean", "Int": "integer", "Position": "bigint"}
    return shapes.get(get_named_type(type_).name, "text")


def _snake(name: str) -> str:
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name)


def _quoted(key: str) -> str:
    # GraphQL names are letters, digits and underscores: quoting keeps their case and is always safe.
    return f'"{key}"'
