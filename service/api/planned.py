"""Where planned reads meet Strawberry's executor: payloads, subscriptions, and mixed documents.

There the planner still makes one statement for what is selected; its answer is a dict by response key, and
the fields of read types are looked up in it by their response key.
"""

from functools import partial
from typing import Any
from uuid import UUID

import orjson
from graphql import GraphQLEnumType, GraphQLInterfaceType, GraphQLObjectType, GraphQLResolveInfo, get_named_type
from graphql.type import GraphQLSchema

from service.api.plan.arguments import Variables
from service.api.plan.compile import TYPE, Compiler
from service.api.plan.declare import plan_of
from service.api.request import Context, Info


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


async def read_row(info: Info, key: UUID, position: int) -> Any:
    """What is selected of one row, once the read tables have reached the position; None if there is none."""
    raw: GraphQLResolveInfo = info._raw_info
    type_ = get_named_type(raw.return_type)
    assert isinstance(type_, GraphQLObjectType)
    context: Context = info.context
    compiler = Compiler(raw.schema, raw.fragments, Variables(raw.variable_values), context.viewer)
    statement = compiler.row(type_, list(raw.field_nodes), key)
    await context.app.reads.wait(position)
    answer = await context.app.reads.fetch(statement, raw.variable_values, context)
    return None if answer is None else orjson.loads(answer)
