"""Who may read: every field of every type as every role, against the table of `service.identity`."""

import asyncio
from itertools import product
from typing import Any

import pytest
from graphql import (
    GraphQLInputObjectType,
    GraphQLObjectType,
    GraphQLUnionType,
    get_named_type,
    get_nullable_type,
    is_enum_type,
    is_list_type,
    is_required_argument,
    is_required_input_field,
)

from domain import identifiers
from service.api.operations import Operations
from service.api.request import Context
from service.api.schema import schema
from service.commands import COMMANDS as KNOWN_COMMANDS
from service.identity import COMMANDS, FIELDS, STEPS, Role, Viewer, may_read, readers_of
from tests.patience import PATIENCE_S
from tests.service.api.city import City, campaign, group, official, report_id, unit
from tests.service.api.client import (
    OFFICE,
    PUBLIC,
    person,
)

CORE = schema._schema


def object_types() -> list[GraphQLObjectType]:
    return [
        type_
        for name, type_ in CORE.type_map.items()
        if isinstance(type_, GraphQLObjectType) and not name.startswith("__")
    ]


def answers_of_mutations() -> set[str]:
    """The types that only mutations answer with."""
    unions = [type_ for type_ in CORE.type_map.values() if isinstance(type_, GraphQLUnionType)]
    return {member.name for union in unions for member in union.types}


# -- the table


def test_the_table_covers_every_type_and_nothing_else() -> None:
    answers = answers_of_mutations()
    for type_ in object_types():
        known = readers_of(type_.name) is not None
        assert known or type_.name == "Mutation" or type_.name in answers, type_.name
    for key in FIELDS:
        name, _, field = key.partition(".")
        named = CORE.type_map[name]
        assert isinstance(named, GraphQLObjectType)
        assert not field or field in named.fields, key


def test_the_answer_of_a_mutation_leads_only_to_rows_of_the_table() -> None:
    for name in answers_of_mutations():
        type_ = CORE.type_map[name]
        assert isinstance(type_, GraphQLObjectType)
        for field in type_.fields.values():
            led_to = get_named_type(field.type)
            assert not isinstance(led_to, GraphQLObjectType) or readers_of(led_to.name) is not None


def test_every_mutation_is_in_the_table_of_commands() -> None:
    assert CORE.mutation_type is not None
    assert set(CORE.mutation_type.fields) == set(COMMANDS) | set(STEPS)
    assert set(COMMANDS) == set(KNOWN_COMMANDS)
    assert not set(COMMANDS) & set(STEPS)
    assert all(Role.PUBLIC not in roles for roles in COMMANDS.values())


def test_what_the_table_does_not_know_is_nobodys() -> None:
    assert not any(may_read(role, "NoSuchType", "field") for role in Role)


# -- reads


Path = tuple[tuple[GraphQLObjectType, str], ...]


def paths(role: Role | None) -> dict[str, Path]:
    """For each type, the shortest way to it from the root over fields that the role may read (None: any)."""
    assert CORE.query_type is not None
    found: dict[str, Path] = {CORE.query_type.name: ()}
    waiting = [CORE.query_type]
    while waiting:
        type_ = waiting.pop(0)
        for name, field in type_.fields.items():
            led_to = get_named_type(field.type)
            if not isinstance(led_to, GraphQLObjectType) or led_to.name in found:
                continue
            if role is None or may_read(role, type_.name, name):
                found[led_to.name] = (*found[type_.name], (type_, name))
                waiting.append(led_to)
    return found


def query_for(path: Path, type_: GraphQLObjectType, names: list[str], city: City) -> str:
    """A document that asks for the fields of a type, on the way to it."""
    query = " ".join(
        _field(type_, name, city) + ("" if _led_to(type_, name) is None else " { __typename }")
        for name in names
    )
    for parent, step in reversed(path):
        query = f"{_field(parent, step, city)} {{ {query} }}"
    return f"{{ {query} }}"


def _field(type_: GraphQLObjectType, name: str, city: City) -> str:
    if name == "__typename":
        return name
    arguments = type_.fields[name].args
    given = {
        argument: _some_id(name if argument == "id" else argument, city)
        if get_named_type(declared.type).name == "ID"
        else literal(declared.type)
        for argument, declared in arguments.items()
        if is_required_argument(declared)
    }
    if "first" in arguments:
        given["first"] = "1"
    listed = ", ".join(f"{argument}: {value}" for argument, value in given.items())
    return f"{name}({listed})" if listed else name


def literal(declared: Any) -> str:
    """A value of the right type, as a document writes it."""
    type_ = get_named_type(declared)
    if is_enum_type(type_):
        first: str = next(iter(type_.values))
        return first
    if is_list_type(get_nullable_type(declared)):
        return "[]"
    if isinstance(type_, GraphQLInputObjectType):
        fields = type_.fields.items()
        required = [f"{name}: {literal(f.type)}" for name, f in fields if is_required_input_field(f)]
        return f"{{{', '.join(required)}}}"
    return {"Int": "1", "Position": "1", "Boolean": "true", "Date": '"2020-05-01"'}.get(
        type_.name, '"2020-02"'
    )


def _some_id(kind: str, city: City) -> str:
    published = next(t for t in city.tasks if t.published)
    ids = {
        "task": published.id,
        "campaign": campaign("c1"),
        # That of the reporter who asks: what others may not read of a unit, they may read of their own.
        "unit": unit("dept.water"),
        "official": official("o1"),
        "progressReport": report_id(published, 2),
        "node": unit("dept.water"),
        "commendation": "commendation:00000000-0000-5000-8000-000000000000",
        "accountabilityCase": "accountability_case:00000000-0000-5000-8000-000000000000",
        # meetings and ratings: none is there
        "reviewMeeting": "meeting:00000000-0000-5000-8000-000000000000",
        "meeting": "meeting:00000000-0000-5000-8000-000000000000",
        "ratingBox": "rating:00000000-0000-5000-8000-000000000000",
        "box": "rating:00000000-0000-5000-8000-000000000000",
        # audit
        "streamHistory": published.id,
        "stream": published.id,
    }
    return f'"{ids[kind]}"'


@pytest.mark.parametrize("role", Role)
async def test_every_field_as_every_role(city: City, role: Role) -> None:
    """What the role may read of a type is asked for at once. What it may not, field by field: the first that
    is refused ends a document."""
    every, own = paths(None), paths(role)
    reads = [type_ for type_ in object_types() if type_.name in every]
    pushed = {"Subscription", "Event", "TaskChange", "BlindSignature", "DispatchChange"}
    assert {t.name for t in reads} >= {name for name in FIELDS if "." not in name} - pushed
    checked = 0
    for type_ in reads:
        path = own.get(type_.name, every[type_.name])
        # An interface: what it leads to is told by the id.
        names = [name for name in (*type_.fields, "__typename") if (type_.name, name) != ("Query", "node")]
        allowed = [name for name in names if may_ask(role, path, type_, name)]
        together: list[tuple[list[str], list[str]]] = [(allowed, [])] if allowed else []
        for asked, expected in [*together, *(([n], ["FORBIDDEN"]) for n in names if n not in allowed)]:
            query = query_for(path, type_, asked, city)
            codes = await city.client.codes(query, role=person(role))
            assert codes == expected, f"{role}: {query}"
        checked += len(names)
    assert checked > 200


def may_ask(role: Role, path: Path, type_: GraphQLObjectType, name: str) -> bool:
    """Whether the role may read the field, every step of the way to it, and what it leads to."""
    led_to = _led_to(type_, name)
    steps = [*((parent.name, step) for parent, step in path), (type_.name, name)]
    return all(may_read(role, *step) for step in steps) and (
        led_to is None or may_read(role, led_to, "__typename")
    )


def _led_to(type_: GraphQLObjectType, name: str) -> str | None:
    named = None if name == "__typename" else get_named_type(type_.fields[name].type)
    return named.name if isinstance(named, GraphQLObjectType) else None


@pytest.mark.parametrize("role", Role)
async def test_a_node_of_a_closed_type_is_forbidden(city: City, role: Role) -> None:
    for id_, type_ in (
        (official("o1"), "Official"),
        (group("group.1"), "SupervisionGroup"),
        (unit("dept.water"), "Unit"),
    ):
        for selection in ("id", "__typename", f"... on {type_} {{ name }}"):
            codes = await city.client.codes(f'{{ node(id: "{id_}") {{ {selection} }} }}', role=person(role))
            assert codes == ([] if may_read(role, type_, "id") else ["FORBIDDEN"])


async def test_a_forbidden_field_is_told_with_its_place(city: City) -> None:
    query = "{ units {\n  nodes { code post: leadingPost } } }"
    response = await city.client.post({"query": query}, PUBLIC)
    assert response.status_code == 401
    error = response.json()["errors"][0]
    assert error["locations"] == [{"line": 2, "column": 16}]
    assert error["path"] == ["units", "nodes", "post"]
    assert error["extensions"] == {"code": "FORBIDDEN", "field": "leadingPost"}


async def test_a_forbidden_field_that_is_skipped_is_not_asked_for(city: City) -> None:
    query = "query ($s: Boolean!) { units(first: 1) { nodes { code leadingPost @skip(if: $s) } } }"
    assert await city.client.codes(query, {"s": True}, role=PUBLIC) == []
    assert await city.client.codes(query, {"s": False}, role=PUBLIC) == ["FORBIDDEN"]
    assert await city.client.codes(query, {"s": True}, role=PUBLIC) == []


# -- subscriptions


@pytest.mark.parametrize("role", Role)
async def test_subscriptions_as_every_role(city: City, role: Role) -> None:
    app = city.client.app
    who = person(role)
    viewer = Viewer(
        role,
        who.name,
        unit_id=identifiers.unit_id(who.unit) if who.unit else None,
        group_id=identifiers.group_id(who.group) if who.group else None,
        official_id=identifiers.official_id(who.official) if who.official else None,
    )
    event = CORE.type_map["Event"]
    assert isinstance(event, GraphQLObjectType)
    cases = [
        (
            "Event",
            name,
            f"eventsAppended(after: 0) {{ {name}{' { position }' if _led_to(event, name) else ''} }}",
        )
        for name in event.fields
    ]
    cases += [("TaskChange", name, f"taskChanged(after: 0) {{ {name} }}") for name in ("position", "topic")]
    cases += [
        (kind, name, f'dispatchChanged(of: "{campaign("c1")}", after: 0) {{ {field} }}')
        for kind, name, field in (
            ("DispatchChange", "position", "position"),
            ("DispatchLine", "overdue", "line { overdue }"),
        )
    ]
    cases += [
        ("Task", name, f"taskChanged(after: 0) {{ task {{ {name} }} }}")
        for name in ("code", "note", "completion")
    ]
    for (type_, name, field), alias in product(cases, ("", "alias: ")):
        root = field.partition("(")[0]
        results = await Operations(schema).stream(
            f"subscription {{ {alias}{field} }}", context_value=Context(app, viewer, app.today())
        )
        async with asyncio.timeout(PATIENCE_S):
            result = await anext(results)
        await results.aclose()
        allowed = may_read(role, "Subscription", root) and may_read(role, type_, name)
        codes = [error.formatted["extensions"]["code"] for error in result.errors or ()]
        assert codes == ([] if allowed else ["FORBIDDEN"]), f"{role} {field}"


async def test_office_is_the_one_that_may_everything() -> None:
    """But for who saw what: the office is among those who are watched."""
    refused = {key for key in FIELDS if "." in key and not may_read(OFFICE.role, *(key.partition(".")[::2]))}
    assert refused == {"Query.accesses"}
