"""Subscriptions over both transports, against the served service."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from eventsourcing.persistence import StoredEvent

from service.store.clock import SystemClock
from service.store.database import Database
from service.store.recorder import Recorder
from tests.patience import PATIENCE_S
from tests.service.api.city import campaign, task, unit
from tests.service.api.client import INTEGRATOR, LEADER, OFFICE, PUBLIC, Person, reporter, supervisor
from tests.service.api.conftest import database
from tests.service.api.served import Served, served
from tests.service.api.small import report, small_town
from tests.service.api.streams import TRANSPORTS
from tests.service.api.subscribed import (
    CHANGES,
    EVENTS,
    NUMBERS,
    last_position,
    new_task,
    rename,
    taken,
    the_error,
)

pytestmark = pytest.mark.usefixtures("no_traceback_in_the_log")


# -- the log


async def test_every_event_in_order_from_the_beginning(served_town: Served, over: Any) -> None:
    end = await last_position(served_town)
    async with over(served_town, EVENTS, {"after": 0}) as results:
        found = [result["data"]["eventsAppended"] for result in await taken(results, end)]
    assert [event["position"] for event in found] == list(range(1, end + 1))
    assert found[0]["topic"] == "directory.opened"
    versions: dict[str, int] = {}
    for event in found:
        assert event["version"] == versions.get(event["stream"], 0) + 1
        versions[event["stream"]] = event["version"]


async def test_no_event_is_lost_across_reconnects(served_town: Served, over: Any) -> None:
    start, total = await last_position(served_town), 40
    writing = asyncio.create_task(rename(served_town, total))
    found: list[int] = []
    for part in (1, 5, 3, 11, 20):
        async with over(served_town, EVENTS, {"after": start + len(found)}) as results:
            found += [r["data"]["eventsAppended"]["position"] for r in await taken(results, part)]
    await writing
    assert found == list(range(start + 1, start + total + 1))


async def test_without_after_only_what_comes(served_town: Served, over: Any) -> None:
    await rename(served_town)
    async with over(served_town, EVENTS) as results:
        coming = asyncio.create_task(taken(results, 1))
        # Whether it was heard from the first or a later one on: nothing older comes.
        start = await last_position(served_town)
        while not coming.done():
            await rename(served_town)
            await asyncio.sleep(0.05)
        event = (await coming)[0]["data"]["eventsAppended"]
    assert event["position"] > start
    assert event["topic"] == "directory.unit_renamed"


async def test_an_event_with_its_envelope_and_state(served_town: Served, over: Any) -> None:
    query = """subscription { eventsAppended(after: 1) {
      position stream version topic recordedAt actor correlation causation state } }"""
    async with over(served_town, query) as results:
        event = (await taken(results, 1))[0]["data"]["eventsAppended"]
    assert event["position"] == 2
    assert event["topic"] == "directory.unit_registered"
    assert event["actor"] == "office"
    assert event["causation"] is None
    assert event["state"]["code"] == "dept.a"
    assert event["state"]["name"] == "单位 dept.a"
    assert event["recordedAt"].startswith("2020-06-")


# -- changes of tasks


async def test_each_change_of_a_task_with_what_the_ledger_shows(served_town: Served, over: Any) -> None:
    start = await last_position(served_town)
    code = await new_task(served_town)
    for period in ("2020-04", "2020-05"):
        await served_town.give("reportProgress", report(code, period))
    await rename(served_town)
    await served_town.give("publishTask", {"task": task(code), "outlet": "网站"})
    async with over(served_town, CHANGES, {"after": start, "task": task(code)}) as results:
        found = [result["data"]["taskChanged"] for result in await taken(results, 4)]
    topics = ["task.listed", "task.progress_reported", "task.progress_reported", "task.published"]
    assert [change["topic"] for change in found] == topics
    positions = [change["position"] for change in found]
    assert positions == sorted(positions)
    # It is shown at its event or a later one.
    assert all(change["task"]["position"] >= change["position"] for change in found)
    assert found[-1]["task"] == {"id": task(code), "code": code, "position": positions[-1], "reportCount": 2}


async def test_no_change_is_lost_across_reconnects(served_town: Served, over: Any) -> None:
    start = await last_position(served_town)
    codes = [await new_task(served_town) for _ in range(3)]

    async def reports() -> None:
        for period in ("2020-04", "2020-05", "2020-06"):
            for code in codes:
                await served_town.give("reportProgress", report(code, period))

    writing = asyncio.create_task(reports())
    seen: list[tuple[int, str]] = []
    after = start
    for part in (2, 4, 6):
        async with over(served_town, CHANGES, {"after": after}) as results:
            for result in await taken(results, part):
                change = result["data"]["taskChanged"]
                seen.append((change["position"], change["task"]["code"]))
                after = change["position"]
    await writing
    assert sorted(seen) == seen
    assert sorted(code for _, code in seen) == sorted(codes * 4)


async def test_changes_of_a_campaign_or_a_unit(served_town: Served, over: Any) -> None:
    start = await last_position(served_town)
    first = await new_task(served_town)
    second = await new_task(served_town, leadUnit=unit("dept.c"), supportingUnits=[])
    for variables, codes in (
        ({"unit": unit("dept.c")}, [second]),
        ({"unit": unit("dept.b")}, [first]),
        ({"campaign": campaign("c1")}, [first, second]),
        ({"campaign": campaign("c1"), "unit": unit("dept.c")}, [second]),
    ):
        async with over(served_town, CHANGES, {"after": start, **variables}) as results:
            found = [r["data"]["taskChanged"]["task"]["code"] for r in await taken(results, len(codes))]
        assert found == codes


async def test_the_public_sees_changes_since_a_task_was_published_and_verdicts_on_what_it_may_read(
    served_town: Served, over: Any
) -> None:
    start = await last_position(served_town)
    hidden, shown = await new_task(served_town), await new_task(served_town)
    await served_town.give("reportProgress", report(shown, "2020-04"))
    await served_town.give("publishTask", {"task": task(shown), "outlet": "网站"})
    await served_town.give("reportProgress", report(hidden, "2020-04"))
    made = await served_town.give(
        "reportProgress", report(shown, "2020-05"), "... on ReportPayload { report { id } }"
    )
    named = {"task": task(shown), "report": made["report"]["id"]}
    group = supervisor("g1")
    await served_town.give("disputeReport", {**named, "reason": "不实"}, role=group)
    await served_town.give("verifyReport", {**named, "remark": "属实"}, role=group)
    other = await served_town.give(
        "reportProgress", report(shown, "2020-06"), "... on ReportPayload { report { id } }"
    )
    last = await served_town.give(
        "publishReport", {**named, "report": other["report"]["id"], "outlet": "网站"}
    )
    # What is published is hidden for as long as the tables do not show that it is.
    published = "query ($t: ID!, $p: Position!) { task(id: $t, minPosition: $p) { published } }"
    await served_town.ask(published, {"t": task(shown), "p": last["position"]})
    async with over(served_town, CHANGES, {"after": start}, PUBLIC) as results:
        found = [result["data"]["taskChanged"] for result in await taken(results, 4)]
    assert {change["task"]["code"] for change in found} == {shown}
    assert [change["topic"] for change in found] == [
        "task.published",
        "task.progress_reported",
        "task.progress_reported",
        "task.report_published",
    ]


async def test_fragments_aliases_and_directives_in_a_subscription(served_town: Served, over: Any) -> None:
    start = await last_position(served_town)
    code = await new_task(served_town)
    query = """
      subscription changes($after: Position!, $no: Boolean!, $n: Int!, $f: ReportFilter) {
        changed: taskChanged(after: $after) { ...change }
      }
      fragment change on TaskChange { at: position task { ...named title @skip(if: $no)
        reports(first: $n, filter: $f) { totalCount } ... on TaskState { status } } }
      fragment named on Task { number: code }"""
    variables = {"after": start, "no": True, "n": 1, "f": {"status": ["SUBMITTED"]}}
    async with over(served_town, query, variables) as results:
        change = (await taken(results, 1))[0]["data"]["changed"]
    assert change == {
        "at": change["at"],
        "task": {"number": code, "reports": {"totalCount": 0}, "status": "OPEN"},
    }


# -- errors


@pytest.mark.parametrize(
    ("query", "variables", "who", "code"),
    [
        ("subscription { eventsAppended(after: 0) { position } }", None, LEADER, "FORBIDDEN"),
        ("subscription { eventsAppended(after: 0) { position } }", None, PUBLIC, "FORBIDDEN"),
        ("subscription { eventsAppended(after: 0) { position } }", None, reporter("dept.a"), "FORBIDDEN"),
        ("subscription { eventsAppended(after: 0) { state } }", None, INTEGRATOR, "FORBIDDEN"),
        (
            "subscription { eventsAppended { ...f } } fragment f on Event { s: state }",
            None,
            INTEGRATOR,
            "FORBIDDEN",
        ),
        ("subscription { taskChanged { task { note } } }", None, PUBLIC, "FORBIDDEN"),
        (
            "subscription { taskChanged { task { lastReport { steps { actor } } } } }",
            None,
            supervisor("g1"),
            "FORBIDDEN",
        ),
        ('subscription { taskChanged(task: "unit:1") { position } }', None, OFFICE, "BAD_INPUT"),
        (CHANGES, {"task": unit("dept.a")}, OFFICE, "BAD_INPUT"),
        (CHANGES, {"task": "\x00"}, OFFICE, "BAD_INPUT"),
        (CHANGES, {"after": -1}, OFFICE, "BAD_INPUT"),
        (CHANGES, {"after": "x"}, OFFICE, "BAD_INPUT"),
        (
            "subscription { taskChanged { task { reports(first: 1, last: 1) { totalCount } } } }",
            None,
            OFFICE,
            "BAD_INPUT",
        ),
        (
            'subscription { taskChanged { task { reports(after: "x") { totalCount } } } }',
            None,
            OFFICE,
            "BAD_CURSOR",
        ),
        ("subscription { taskChanged { nope } }", None, OFFICE, "MALFORMED"),
        ("subscription {", None, OFFICE, "MALFORMED"),
        ("", None, OFFICE, "MALFORMED"),
        ("subscription { eventsAppended { position } taskChanged { position } }", None, OFFICE, "MALFORMED"),
        ("{ " + "__typename " * 5_000 + "}", None, OFFICE, "LIMIT_EXCEEDED"),
        ("{ tasks { nodes { note } } }", None, PUBLIC, "FORBIDDEN"),
        ("{ tasks(first: 1000) { totalCount } }", None, OFFICE, "BAD_INPUT"),
    ],
)
async def test_what_is_wrong_has_a_code(
    served_town: Served, over: Any, query: str, variables: Any, who: Person, code: str
) -> None:
    async with over(served_town, query, variables, who) as results:
        error = await the_error(results)
    assert error["extensions"]["code"] == code
    assert error["message"]


async def test_queries_and_mutations_are_answered_too(served_town: Served, over: Any) -> None:
    async with over(served_town, "{ units(first: 1) { nodes { code } } viewer { role } }") as results:
        answers = [result async for result in results]
    assert answers == [{"data": {"units": {"nodes": [{"code": "dept.a"}]}, "viewer": {"role": "OFFICE"}}}]
    async with over(served_town, "{ units(first: 1) { totalCount } }") as results:
        assert [result async for result in results] == [{"data": {"units": {"totalCount": 3}}}]
    mutation = """mutation ($i: RenameUnitInput!) { renameUnit(input: $i) {
      ... on Refused { code } ... on UnitPayload { unit { name } } } }"""
    name = f"单位 {next(NUMBERS)}"
    given = {"unit": unit("dept.c"), "name": name, "idempotencyKey": f"stream-{uuid4().hex}"}
    for _ in range(2):
        async with over(served_town, mutation, {"i": given}) as results:
            assert [result async for result in results] == [
                {"data": {"renameUnit": {"unit": {"name": name}}}}
            ]


# -- faults of ours


@pytest_asyncio.fixture(loop_scope="session")
async def faulty(server: str, tmp_path: Path) -> AsyncIterator[Served]:
    """A service whose log has an event, the last one, that is no JSON."""
    async with database(server) as address:
        environment = {"DATABASE_URL": address, "DUBAN_DATA": str(tmp_path / "data")}
        async with served(environment, tmp_path) as client:
            await small_town(client)
            async with (
                await Database.open(address, size=1) as pool,
                Recorder.open(pool, SystemClock()) as recorder,
            ):
                bad = StoredEvent(uuid4(), 1, "directory.opened", b"\xff secret of the log")
                await recorder.insert_events([bad])
            yield client


async def test_faults_are_masked(faulty: Served) -> None:
    query = "subscription { eventsAppended(after: 0) { position state } }"
    for over in TRANSPORTS.values():
        async with over(faulty, query) as results, asyncio.timeout(PATIENCE_S):
            result = await anext(results)
            while "errors" not in result:
                result = await anext(results)
        (error,) = result["errors"]
        assert error["extensions"] == {"code": "INTERNAL"}
        assert error["path"] == ["eventsAppended", "state"]
        reference = error["message"].rpartition(" ")[2].removesuffix(".")
        assert "secret" not in str(result)
        assert "JSON" not in str(result)
        # Whoever runs the service finds it under its number.
        assert reference in faulty.errors
        assert "JSONDecodeError" in faulty.errors
