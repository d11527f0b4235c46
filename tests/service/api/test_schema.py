"""The schema as integrators meet it: printed, described, and covered by the tables of permissions."""

from pathlib import Path

import pytest
from graphql import GraphQLEnumType, GraphQLNamedType, GraphQLObjectType, is_specified_scalar_type

from service.api.schema import printed, schema
from service.commands import COMMANDS as CLASSES
from service.identity import COMMANDS, FIELDS, STEPS, Role

TYPES = [
    type_
    for name, type_ in schema._schema.type_map.items()
    if not name.startswith("__") and not is_specified_scalar_type(type_)
]


def test_the_printed_schema_is_the_one_at_the_top() -> None:
    path = Path(__file__).parents[3] / "schema.graphql"
    assert path.read_text(encoding="utf-8") == printed(), "write it anew with: duban schema"


@pytest.mark.parametrize("type_", TYPES, ids=lambda type_: type_.name)
def test_everything_is_described(type_: GraphQLNamedType) -> None:
    assert type_.description
    for name, field in getattr(type_, "fields", {}).items():
        assert field.description, name
        for argument, declared in getattr(field, "args", {}).items():
            assert declared.description, f"{name}({argument})"
    if isinstance(type_, GraphQLEnumType):
        for name, value in type_.values.items():
            assert value.description, name


@pytest.mark.parametrize("name", sorted(name for name, roles in FIELDS.items() if roles != frozenset(Role)))
def test_what_not_everyone_may_read_says_so(name: str) -> None:
    """On the field, on its type, or on the type itself."""
    type_name, _, field = name.partition(".")
    if type_name.endswith(("Connection", "Edge")) or (type_name == "Subscription" and not field):
        return
    type_ = schema._schema.type_map[type_name]
    assert isinstance(type_, GraphQLObjectType)
    told = f"{type_.fields[field].description if field else ''} {type_.description}"
    assert "Not public" in told or any(f"For {role}" in told for role in Role)


def test_every_command_is_a_mutation_with_a_rule_of_who_may() -> None:
    mutation = schema._schema.mutation_type
    assert mutation is not None
    assert set(mutation.fields) == set(COMMANDS) | set(STEPS)
    assert set(COMMANDS) == set(CLASSES)
