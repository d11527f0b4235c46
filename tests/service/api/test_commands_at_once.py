"""Commands given at the same time: each is recorded once, in some order, or refused; none is lost."""

import asyncio
from typing import Any

from service.app import Application
from service.store.clock import SimulatedClock
from tests.service.api.city import official, task, unit
from tests.service.api.client import Insider, reporter
from tests.service.api.small import listing, report, small_town

HEAD = {"official": official("o1"), "unit": unit("dept.a"), "post": "局长", "since": "2020-01-01"}


async def at_once(client: Insider, mutation: str, inputs: list[dict[str, Any]], **others: Any) -> list[Any]:
    answers = await asyncio.gather(*(client.send(mutation, given, **others) for given in inputs))
    assert not [answer["errors"] for answer in answers if "errors" in answer]
    return [answer["data"][mutation] for answer in answers]


async def test_many_commands_on_one_stream_are_all_recorded(service: Insider) -> None:
    inputs = [{"code": f"dept.{n}", "name": f"单位{n}", "category": "DEPARTMENT"} for n in range(40)]
    results = await at_once(service, "registerUnit", inputs)
    assert {result["__typename"] for result in results} == {"UnitPayload"}
    # The directory is opened by whichever came first.
    assert sorted(result["position"] for result in results) == list(range(2, 42))
    data = await service.ask("query ($p: Position) { units(minPosition: $p) { totalCount } }", {"p": 41})
    assert data["units"]["totalCount"] == 40


async def test_one_of_those_who_expect_the_same_version_is_heard(service: Insider) -> None:
    await small_town(service)
    query = "query ($t: ID!, $p: Position) { task(id: $t, minPosition: $p) { version } }"
    data = await service.ask(query, {"t": task("1.1"), "p": await service.position()})
    version = data["task"]["version"]
    inputs = [
        {"task": task("1.1"), "outlet": f"报纸{n}", "expectedVersion": version, "unit": unit("dept.a")}
        for n in range(10)
    ]
    results = await at_once(service, "publishTask", inputs)
    heard = [result for result in results if result["__typename"] == "TaskPayload"]
    refused = [result for result in results if result["__typename"] == "Refused"]
    assert len(heard) == 1
    # The task is published by then, or its version has gone on: whichever is found first.
    assert {result["code"] for result in refused} <= {"version.stale", "task.published"}


async def test_the_same_command_at_once_is_recorded_once(service: Insider) -> None:
    await small_town(service)
    position = await service.position()
    given = report("1.1", "2020-05", idempotencyKey="given-at-once")
    selection = "... on ReportPayload { report { id period } task { version } }"
    answers = await asyncio.gather(
        *(service.send("reportProgress", given, selection, reporter("dept.a")) for _ in range(12))
    )
    first = answers[0]
    assert first["data"]["reportProgress"]["position"] == position + 1
    assert answers == [first] * 12
    assert await service.position() == position + 1


async def test_what_a_twin_decided_in_vain_is_not_remembered(service: Insider) -> None:
    """A question may be asked twice, so the twin decides on another one before the log tells it of the key."""
    await small_town(service)
    await service.give("appointOfficial", HEAD)
    scheduled = {"day": "2020-06-11", "channel": "电视台", "unit": unit("dept.a")}
    selection = "... on QuestionTimePayload { session { id } }"
    session = (await service.give("scheduleQuestionTime", scheduled, selection))["session"]
    asked = {"session": session["id"], "text": "何时改厕？", "askedBy": "市民"}
    twins = [{**asked, "idempotencyKey": "asked-at-once"}] * 2
    first, second = await at_once(service, "askQuestion", twins)
    assert first == second
    seen = {"expectedVersion": 2}  # of its stream: scheduled, asked
    numbered = "... on QuestionTimePayload { session { questions { number } } }"
    again = await service.give("askQuestion", {**asked, **seen}, numbered)
    assert [question["number"] for question in again["session"]["questions"]] == [1, 2]


async def test_the_same_key_of_two_people_names_two_commands(service: Insider) -> None:
    await small_town(service)
    key = {"idempotencyKey": "everybodys-key"}
    first = await service.give("reportProgress", report("1.1", "2020-05", **key), role=reporter("dept.a"))
    second = await service.give("reportProgress", report("1.1", "2020-06", **key), role=reporter("dept.b"))
    assert second["position"] == first["position"] + 1


async def test_one_period_is_reported_once(service: Insider) -> None:
    await small_town(service)
    inputs = [report("1.1", "2020-05", str(n)) for n in range(8)]
    results = await at_once(service, "reportProgress", inputs)
    assert sorted(result["__typename"] for result in results) == ["Refused"] * 7 + ["ReportPayload"]
    assert {result.get("code") for result in results} == {None, "report.period_taken"}


async def test_reads_of_many_people_at_once_are_their_own(service: Insider) -> None:
    await small_town(service)
    query = "query ($c: String) { viewer { actor unit } units(filter: {code: $c}) { nodes { code } } }"
    people = [f"dept.{letter}" for letter in "abc"] * 20

    async def asked(code: str) -> None:
        data = await service.ask(query, {"c": code}, role=reporter(code))
        assert data == {
            "viewer": {"actor": f"reporter:{code}", "unit": unit(code)},
            "units": {"nodes": [{"code": code}]},
        }

    await asyncio.gather(*(asked(code) for code in people))


async def test_two_processes_write_to_one_stream_and_read_their_own_writes(
    service: Insider, clock: SimulatedClock
) -> None:
    """Two applications on one database, as two copies of the service are."""
    async with Application.open(service.settings, clock) as second, Insider(second) as other:
        inputs = [{"code": f"dept.{n}", "name": f"单位{n}", "category": "DEPARTMENT"} for n in range(24)]
        ours, theirs = await asyncio.gather(
            at_once(service, "registerUnit", inputs[::2]), at_once(other, "registerUnit", inputs[1::2])
        )
        positions = sorted(result["position"] for result in (*ours, *theirs))
        assert positions == list(range(2, 26))
        query = "query ($p: Position) { units(minPosition: $p) { totalCount } }"
        for client in (service, other):
            assert (await client.ask(query, {"p": 25}))["units"]["totalCount"] == 24
        given = {"code": "dept.x", "name": "新单位", "category": "ZONE"}
        shown = await other.give("registerUnit", given, "... on UnitPayload { unit { name } }")
        assert shown["unit"] == {"name": "新单位"}


async def test_what_another_process_has_recorded_is_known_to_a_command(
    service: Insider, clock: SimulatedClock
) -> None:
    """Also in a stream that the command only reads, and that was read here before."""
    await small_town(service)
    await service.give("listTask", listing("1.7"))
    async with Application.open(service.settings, clock) as second, Insider(second) as other:
        await other.give("registerUnit", {"code": "dept.x", "name": "新单位", "category": "DEPARTMENT"})
        listed = await service.give("listTask", listing("1.8", leadUnit=unit("dept.x")))
        assert listed["position"] == await other.position()
