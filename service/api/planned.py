"""Where planned reads meet Strawberry's executor: payloads, subscriptions, and mixed documents.

There the planner still makes one statement for what is selected; its answer is a dict by response key, and
the fields of read types are looked up in it by their response key.
"""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from typing import Any
from uuid import UUID

import orjson
from graphql import (
    FieldNode,
    GraphQLEnumType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLResolveInfo,
    get_named_type,
)
from graphql.type import GraphQLSchema

from service.api.plan.arguments import Coerced, Variables
from service.api.plan.compile import TYPE, Compiler
from service.api.plan.declare import object_type, plan_of
from service.api.plan.selections import Selected, Selections
from service.api.request import Context, Info
from service.errors import Forbidden
from service.identity import may_read
from service.reads import Statement


def by_response_key(source: Any, info: GraphQLResolveInfo, **_: Any) -> Any:
    """The resolver of every field of a read type."""
    return source[info.path.key]


def root_by_response_key(_: Any, info: GraphQLResolveInfo, **__: Any) -> Any:
    """The resolver of a planned root field in a document that also has unplanned ones."""
    return info.context.planned[info.path.key]


def adopt(schema: GraphQLSchema) -> None:
    """Make every planned field of the schema read the planner's answer."""
    for type_ in schema.type_map.values():
        if not isinstance(type_, GraphQLObjectType):
            continue
        root = type_ is schema.query_type
        declared = [field for field in type_.fields.values() if plan_of(field) is not None]
        if declared and not root:
            # Its values are dicts, which Strawberry's check of a value's class would refuse.
            type_.is_type_of = None
        for field in declared:
            field.resolve = root_by_response_key if root else by_response_key
        if type_.name.endswith(("Connection", "Edge")) or type_.name == "PageInfo":
            for field in type_.fields.values():
                field.resolve = by_response_key
    for type_ in schema.type_map.values():
        if isinstance(type_, GraphQLEnumType):
            type_.coerce_output_value = partial(_enum_name, type_)  # type: ignore[method-assign]
    node = schema.type_map["Node"]
    assert isinstance(node, GraphQLInterfaceType)
    node.resolve_type = lambda value, *_: value[TYPE]


def _enum_name(type_: GraphQLEnumType, value: Any) -> str:
    """The planner answers with names already; everything else with the enum's members."""
    if type(value) is str and value in type_.values:
        return value
    name: str = type(type_).coerce_output_value(type_, value)
    return name


class RowReader:
    """Reads what is selected of one row at a time. Made, it has settled that the viewer may read it."""

    def __init__(self, info: Info):
        raw: GraphQLResolveInfo = info._raw_info
        self._context: Context = info.context
        self._coerced = _coerced(raw)
        self._key: UUID | int | None = None
        self._statement = _statement(raw, self._context, raw.return_type, raw.field_nodes, lambda: self._key)

    async def read(self, key: UUID | int, position: int) -> Any:
        """The row once the read tables have reached the position; None if there is none."""
        reads = self._context.app.reads
        await reads.wait(position, self._statement.projections)
        self._key = key
        # A push may come on another day than its subscription.
        asking = replace(self._context, today=self._context.app.today())
        answer = await reads.fetch(self._statement, self._coerced, asking)
        return None if answer is None else orjson.loads(answer)


class RowsReader:
    """Reads what is selected of many rows of one type at once, in one statement for each selection."""

    def __init__(self, keys: Iterable[UUID]):
        self._keys = list(keys)
        self._found: dict[tuple[int, ...], Any] = {}

    async def read(self, info: Info, key: UUID) -> Any:
        """The row of this key; None if there is none, or it is not for the viewer."""
        raw: GraphQLResolveInfo = info._raw_info
        selection = tuple(id(node) for node in raw.field_nodes)
        if selection not in self._found:
            # Everyone who asks for the same selection waits for the same answer.
            self._found[selection] = asyncio.ensure_future(self._read(info, raw))
        found = await asyncio.shield(self._found[selection])
        return found.get(str(key))

    async def _read(self, info: Info, raw: GraphQLResolveInfo) -> Any:
        compiler = Compiler(raw.schema, raw.fragments, Variables(_coerced(raw)), info.context.viewer)
        nodes = list(raw.field_nodes)
        statement = compiler.rows_by_id(object_type(raw.return_type), nodes, lambda: self._keys)
        return orjson.loads(await info.context.app.reads.fetch(statement, _coerced(raw), info.context))


def require_permitted(info: Info) -> None:
    """Refuse a field that is not planned, and all that is selected below it, as the planner would."""
    raw: GraphQLResolveInfo = info._raw_info
    role = info.context.viewer.role
    selections = Selections(raw.schema, raw.fragments, Variables(_coerced(raw)))
    waiting = [(raw.parent_type, raw.field_name, list(raw.field_nodes))]
    while waiting:
        type_, name, nodes = waiting.pop()
        if not may_read(role, type_.name, name):
            raise Forbidden(f"{role.name} may not read {type_.name}.{name}.", field=name)
        below = None if name == "__typename" else get_named_type(type_.fields[name].type)
        if isinstance(below, GraphQLObjectType):
            sets = [node.selection_set for node in nodes if node.selection_set is not None]
            waiting += [(below, each[0].name.value, each) for each in selections.of(below, sets).values()]


def require_readable(info: Info, payload: str) -> None:
    """Refuse what a payload's links would be refused for: before the command is recorded, not after it."""
    raw: GraphQLResolveInfo = info._raw_info
    type_ = raw.schema.type_map[payload]
    assert isinstance(type_, GraphQLObjectType)
    for nodes in _selected(raw, type_).values():
        if nodes[0].selection_set is not None:
            statement = _statement(
                raw, info.context, type_.fields[nodes[0].name.value].type, nodes, lambda: None
            )
            statement.arguments(_coerced(raw), info.context)


def selected_names(info: Info) -> dict[str, str]:
    """The names of the fields that are selected of what a resolver returns, by their response keys."""
    raw: GraphQLResolveInfo = info._raw_info
    selected = _selected(raw, object_type(raw.return_type))
    return {key: nodes[0].name.value for key, nodes in selected.items()}


def _selected(raw: GraphQLResolveInfo, type_: GraphQLObjectType) -> Selected:
    sets = [node.selection_set for node in raw.field_nodes if node.selection_set is not None]
    return Selections(raw.schema, raw.fragments, Variables(_coerced(raw))).of(type_, sets)


def _statement(
    raw: GraphQLResolveInfo,
    context: Context,
    returned: GraphQLOutputType,
    nodes: Iterable[FieldNode],
    key: Callable[[], UUID | int | None],
) -> Statement:
    compiler = Compiler(raw.schema, raw.fragments, Variables(_coerced(raw)), context.viewer)
    return compiler.row(object_type(returned), list(nodes), key)


def _coerced(raw: GraphQLResolveInfo) -> Coerced:
    # Strawberry hands the values over without the library's container around them.
    values: Any = raw.variable_values
    coerced: Coerced = values
    return coerced
