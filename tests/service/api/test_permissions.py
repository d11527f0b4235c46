"""Who may: every field of every type and every mutation as every role, against the table of `service.identity`."""

import asyncio
from collections.abc import Iterator
from dataclasses import fields
from itertools import product
from typing import Any

import pytest
from graphql import (
    GraphQLField,
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
from strawberry.utils.str_converters import to_camel_case

from domain import identifiers
from service.api.inputs import _PREFIXES
from service.api.operations import Operations
from service.api.request import Context
from service.api.schema import schema
from service.commands import COMMANDS as KNOWN_COMMANDS
from service.identity import COMMANDS, FIELDS, STEPS, Role, Viewer, may_read, readers_of
from tests.service.api.city import City, campaign, group, official, report_id, task, unit
from tests.service.api.client import OFFICE, PUBLIC, Insider, Person, an_official, reporter, supervisor

CORE = schema._schema


def person(role: Role) -> Person:
    match role:
        case Role.REPORTER:
            return reporter("dept.water")
        case Role.SUPERVISOR:
            return supervisor("group.1")
        case Role.OFFICIAL:
            return an_official("o1")
        case _:
            return Person(role)


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


def query_for(path: Path, type_: GraphQLObjectType, name: str, city: City) -> str:
    query = _field(type_, name, city)
    if _led_to(type_, name) is not None:
        query += " { __typename }"
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
        return next(iter(type_.values))
    if is_list_type(get_nullable_type(declared)):
        return "[]"
    if isinstance(type_, GraphQLInputObjectType):
        fields = type_.fields.items()
        required = [f"{name}: {literal(f.type)}" for name, f in fields if is_required_input_field(f)]
        return f"{{{', '.join(required)}}}"
    return {"Int": "1", "Position": "1", "Boolean": "true", "Date": '"2020-05-01"'}.get(
        type_.name, '"2020-05"'
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
    every, own = paths(None), paths(role)
    reads = [type_ for type_ in object_types() if type_.name in every]
    pushed = {"Subscription", "Event", "TaskChange", "BlindSignature", "DispatchChange"}
    assert {t.name for t in reads} >= {name for name in FIELDS if "." not in name} - pushed
    checked = 0
    for type_ in reads:
        path = own.get(type_.name, every[type_.name])
        for name in [*type_.fields, "__typename"]:
            steps = [*((parent.name, step) for parent, step in path), (type_.name, name)]
            if name == "node" and type_.name == "Query":
                # An interface: what it leads to is told by the id.
                continue
            led_to = _led_to(type_, name)
            allowed = all(may_read(role, *step) for step in steps) and (
                led_to is None or may_read(role, led_to, "__typename")
            )
            query = query_for(path, type_, name, city)
            codes = await city.client.codes(query, role=person(role))
            assert codes == ([] if allowed else ["FORBIDDEN"]), f"{role}: {query}"
            checked += 1
    assert checked > 200


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


# -- rows


async def test_the_public_sees_what_is_published_and_nothing_else(city: City) -> None:
    published = {t.id for t in city.tasks if t.published}
    assert 0 < len(published) < len(city.tasks)
    data = await city.client.ask(
        """{ tasks(first: 100) { totalCount nodes { id } } ledger { totalCount nodes { id task { id } } }
          no: tasks(filter: {published: false}) { totalCount nodes { id } }
          campaigns { nodes { tasks(first: 100) { totalCount nodes { id } } } }
          units { nodes { tasks(first: 100) { nodes { id } } } } }""",
        role=PUBLIC,
    )
    assert {node["id"] for node in data["tasks"]["nodes"]} == published
    assert data["tasks"]["totalCount"] == data["ledger"]["totalCount"] == len(published)
    assert {node["task"]["id"] for node in data["ledger"]["nodes"]} == published
    assert data["no"] == {"totalCount": 0, "nodes": []}
    for parents in (data["campaigns"], data["units"]):
        nested = {node["id"] for parent in parents["nodes"] for node in parent["tasks"]["nodes"]}
        assert nested == published
    assert sum(node["tasks"]["totalCount"] for node in data["campaigns"]["nodes"]) == len(published)


async def test_an_unpublished_task_is_not_there_for_the_public(city: City) -> None:
    for listed in city.tasks:
        data = await city.client.ask(
            """query ($t: ID!) { task(id: $t) { id } node(id: $t) { id } explainProgress(task: $t) { zh }
              progressReports(filter: {task: $t}) { totalCount } }""",
            {"t": listed.id},
            role=PUBLIC,
        )
        shown = [data["task"], data["node"], data["explainProgress"]]
        assert all(value is not None for value in shown) if listed.published else shown == [None] * 3
        if not listed.published:
            assert data["progressReports"]["totalCount"] == 0


async def test_the_public_sees_published_reports_of_published_tasks(city: City) -> None:
    query = (
        "{ progressReports(first: 100) { totalCount nodes { id published status task { id published } } } }"
    )
    public = (await city.client.ask(query, role=PUBLIC))["progressReports"]
    assert public["totalCount"] == len(public["nodes"]) > 5
    assert all(node["published"] and node["task"]["published"] for node in public["nodes"])
    inside = (await city.client.ask(query))["progressReports"]
    assert inside["totalCount"] > public["totalCount"]
    last = (
        await city.client.ask("{ tasks(first: 100) { nodes { lastReport { id published } } } }", role=PUBLIC)
    )["tasks"]
    reports = [node["lastReport"] for node in last["nodes"]]
    assert all(r["published"] for r in reports if r is not None)
    # The last one of some tasks is not published: it is not there, rather than an earlier one in its place.
    assert None in reports


async def test_an_earlier_ledger_shows_the_public_what_was_published_then(city: City) -> None:
    for snapshot in city.snapshots:
        data = await city.client.ask(
            "query ($p: Position!) { ledger(asOf: {position: $p}) { nodes { id } } }",
            {"p": snapshot.position},
            role=PUBLIC,
        )
        then = [line["id"] for line in snapshot.lines if line["published"]]
        assert [node["id"] for node in data["ledger"]["nodes"]] == then


# -- commands


def some_input(declared: Any) -> Any:
    """A value of the right type, for what is required."""
    type_ = get_nullable_type(declared)
    if is_list_type(type_):
        return []
    if isinstance(type_, GraphQLInputObjectType):
        return {
            name: some_input(field.type)
            for name, field in type_.fields.items()
            if is_required_input_field(field)
        }
    if is_enum_type(type_):
        return next(iter(type_.values))
    return {
        "Int": 1,
        "Boolean": True,
        "Date": "2020-05-01",
        "DateTime": "2020-06-30T09:00:00+08:00",
        "Decimal": "1",
    }.get(type_.name, "x")


def inputs() -> Iterator[tuple[str, dict[str, Any]]]:
    """For each mutation an input of the right shape, with ids that may be of things that are not there."""
    assert CORE.mutation_type is not None
    known = {
        "unit": unit("dept.water"),
        "official": official("o1"),
        "campaign": campaign("c1"),
        "group": group("group.1"),
        "task": task("99.9"),
    }
    steps = {"box": "rating", "unit": "unit", "rater": "rater"}
    for name, field in CORE.mutation_type.fields.items():
        declared: GraphQLField = field
        given = some_input(declared.args["input"].type)
        named = steps if name in STEPS else prefixes_of(name)
        for key, prefix in named.items():
            if key in given:
                given[key] = known.get(prefix, f"{prefix}:00000000-0000-5000-8000-000000000000")
        yield name, given if name in STEPS else {**given, "idempotencyKey": f"permission-{name}"}


def prefixes_of(command: str) -> dict[str, str]:
    """The fields of a command that are ids, with the prefixes of these."""
    ids = {f.name: _PREFIXES[f.type] for f in fields(KNOWN_COMMANDS[command]) if f.type in _PREFIXES}
    return {to_camel_case(name): prefix for name, prefix in ids.items()}


@pytest.mark.parametrize("role", Role)
async def test_every_mutation_as_every_role(service: Insider, role: Role) -> None:
    for name, given in inputs():
        if name in STEPS:
            continue
        answer = await service.send(name, given, role=person(role))
        codes = [error["extensions"]["code"] for error in answer.get("errors", ())]
        if role in COMMANDS[name]:
            assert codes == [], f"{role} {name}: {answer}"
        else:
            assert codes == ["FORBIDDEN"], f"{role} {name}: {answer}"
            assert "data" not in answer
    if role is not Role.OFFICE:
        assert await service.position() == 0


@pytest.mark.parametrize("role", Role)
async def test_every_step_that_is_no_command_as_every_role(service: Insider, role: Role) -> None:
    for name, given in inputs():
        if name not in STEPS:
            continue
        title = name[0].upper() + name[1:]
        query = f"mutation ($i: {title}Input!) {{ {name}(input: $i) {{ ... on Refused {{ code }} }} }}"
        codes = await service.codes(query, {"i": given}, role=person(role))
        assert codes == ([] if role in STEPS[name] else ["FORBIDDEN"]), f"{role} {name}"


async def test_what_is_forbidden_is_not_explained(service: Insider) -> None:
    """A role that may not give a command hears nothing about its input."""
    bad_key = {"code": "x", "name": "", "category": "ZONE", "idempotencyKey": "short"}
    answer = await service.send("registerUnit", bad_key, role=person(Role.LEADER))
    assert [e["extensions"]["code"] for e in answer["errors"]] == ["FORBIDDEN"]


async def _listed(service: Insider) -> str:
    """A task led by dept.a and supported by dept.b, in a campaign that group g1 covers and g2 does not."""
    for code in ("dept.a", "dept.b", "dept.c"):
        await service.give("registerUnit", {"code": code, "name": code, "category": "DEPARTMENT"})
    await service.give("registerOfficial", {"code": "o1", "name": "某某"})
    for number, code in enumerate(("c1", "c2"), 1):
        launched = {"code": code, "number": number, "name": code, "start": "2020-03-25", "end": "2020-12-31"}
        await service.give("launchCampaign", launched)
    for code, campaigns in (("g1", ["c1"]), ("g2", ["c2"])):
        covered = {"leader": official("o1"), "campaigns": [campaign(c) for c in campaigns]}
        await service.give("formSupervisionGroup", {"code": code, "name": code, **covered})
    indicator = {
        "code": "a",
        "name": "数",
        "direction": "AT_LEAST",
        "unitOfMeasure": "户",
        "target": "9",
        "weight": "100",
    }
    await service.give(
        "listTask",
        {
            "code": "1.1",
            "campaign": campaign("c1"),
            "article": 17,
            "title": "任务",
            "leadUnit": unit("dept.a"),
            "supportingUnits": [unit("dept.b")],
            "indicators": [indicator],
            "start": "2020-04-01",
            "deadline": "2020-12-31",
        },
    )
    return task("1.1")


async def test_a_reporter_speaks_for_their_own_unit_only(service: Insider) -> None:
    listed = await _listed(service)
    report = {"task": listed, "values": [{"indicator": "a", "value": "1"}], "narrative": "进展"}
    position = await service.position()
    named_another = await service.send(
        "reportProgress", {**report, "period": "2020-04", "unit": unit("dept.a")}, role=reporter("dept.b")
    )
    assert [e["extensions"]["code"] for e in named_another["errors"]] == ["FORBIDDEN"]
    assert named_another["errors"][0]["extensions"]["field"] == "unit"
    refused = await service.refused(
        "reportProgress", {**report, "period": "2020-04"}, role=reporter("dept.c")
    )
    assert (refused["code"], refused["field"]) == ("task.not_your_unit", "unit")
    for mutation, given in (
        ("publishTask", {"task": listed, "outlet": "网站"}),
        ("deliverTask", {"task": listed, "deliveredOn": "2020-06-01", "statement": "完成"}),
    ):
        assert (await service.refused(mutation, given, role=reporter("dept.b")))["field"] == "unit"
    assert await service.position() == position
    own = await service.give(
        "reportProgress",
        {**report, "period": "2020-04"},
        "... on ReportPayload { report { unit { code } steps { unit { code } } } }",
        role=reporter("dept.b"),
    )
    assert own["report"] == {"unit": {"code": "dept.b"}, "steps": [{"unit": {"code": "dept.b"}}]}
    for_the_lead = await service.give(
        "reportProgress", {**report, "period": "2020-05"}, "... on ReportPayload { report { unit { code } } }"
    )
    assert for_the_lead["report"] == {"unit": {"code": "dept.a"}}


async def test_a_supervisor_speaks_for_their_own_group_and_its_tasks_only(service: Insider) -> None:
    listed = await _listed(service)
    report = {
        "task": listed,
        "period": "2020-04",
        "values": [{"indicator": "a", "value": "1"}],
        "narrative": "进展",
    }
    made = await service.give("reportProgress", report, "... on ReportPayload { report { id } }")
    named = {"task": listed, "report": made["report"]["id"]}
    position = await service.position()
    for mutation, more in (("verifyReport", {}), ("disputeReport", {"reason": "不符"})):
        answer = await service.send(mutation, {**named, **more, "group": group("g1")}, role=supervisor("g2"))
        assert [e["extensions"]["code"] for e in answer["errors"]] == ["FORBIDDEN"]
        refused = await service.refused(mutation, {**named, **more}, role=supervisor("g2"))
        assert (refused["code"], refused["field"]) == ("group.not_covering", "group")
        unknown = await service.refused(mutation, {**named, **more}, role=supervisor("g9"))
        assert unknown["code"] == "group.unknown"
    assert await service.position() == position
    await service.give("verifyReport", {**named, "group": group("g1")}, role=supervisor("g1"))


async def test_a_payload_that_may_not_be_read_is_refused_before_the_command(service: Insider) -> None:
    listed = await _listed(service)
    report = {
        "task": listed,
        "period": "2020-04",
        "values": [{"indicator": "a", "value": "1"}],
        "narrative": "进展",
    }
    position = await service.position()
    for selection, code in (
        ("... on ReportPayload { report { steps { actor } } }", "FORBIDDEN"),
        ("... on ReportPayload { task { reports(first: 1, last: 1) { totalCount } } }", "BAD_INPUT"),
        ('... on ReportPayload { task { reports(after: "x") { totalCount } } }', "BAD_CURSOR"),
    ):
        answer = await service.send("reportProgress", report, selection, role=reporter("dept.a"))
        assert [e["extensions"]["code"] for e in answer["errors"]] == [code], answer
        assert answer["data"] is None
        assert await service.position() == position


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
        async with asyncio.timeout(5):
            result = await anext(results)
        await results.aclose()
        allowed = may_read(role, "Subscription", root) and may_read(role, type_, name)
        codes = [error.formatted["extensions"]["code"] for error in result.errors or ()]
        assert codes == ([] if allowed else ["FORBIDDEN"]), f"{role} {field}"


async def test_office_is_the_one_that_may_everything() -> None:
    """But for who saw what: the office is among those who are watched."""
    refused = {key for key in FIELDS if "." in key and not may_read(OFFICE.role, *(key.partition(".")[::2]))}
    assert refused == {"Query.accesses"}
