"""Who may give which command, about what, and see what came of it."""

from collections.abc import Iterator
from dataclasses import fields
from typing import Any

import pytest
from graphql import (
    GraphQLField,
    GraphQLInputObjectType,
    get_nullable_type,
    is_enum_type,
    is_list_type,
    is_required_input_field,
)
from strawberry.utils.str_converters import to_camel_case

from service.api.inputs import _PREFIXES
from service.api.schema import schema
from service.commands import COMMANDS as KNOWN_COMMANDS
from service.identity import COMMANDS, STEPS, Role
from tests.service.api.city import campaign, group, official, task, unit
from tests.service.api.client import Insider, person, reporter, supervisor

CORE = schema._schema


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


def april(listed: str) -> dict[str, Any]:
    """A report for the task's April."""
    values = [{"indicator": "a", "value": "1"}]
    return {"task": listed, "period": "2020-04", "values": values, "narrative": "进展"}


async def test_a_reporter_speaks_for_their_own_unit_only(service: Insider) -> None:
    listed = await _listed(service)
    report = april(listed)
    position = await service.position()
    named_another = await service.send(
        "reportProgress", {**report, "unit": unit("dept.a")}, role=reporter("dept.b")
    )
    assert [e["extensions"]["code"] for e in named_another["errors"]] == ["FORBIDDEN"]
    assert named_another["errors"][0]["extensions"]["field"] == "unit"
    refused = await service.refused("reportProgress", report, role=reporter("dept.c"))
    assert (refused["code"], refused["field"]) == ("task.not_your_unit", "unit")
    for mutation, given in (
        ("publishTask", {"task": listed, "outlet": "网站"}),
        ("deliverTask", {"task": listed, "deliveredOn": "2020-06-01", "statement": "完成"}),
    ):
        assert (await service.refused(mutation, given, role=reporter("dept.b")))["field"] == "unit"
    assert await service.position() == position
    own = await service.give(
        "reportProgress",
        report,
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
    report = april(listed)
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
    report = april(listed)
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
