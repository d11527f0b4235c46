"""Subscriptions over both transports, against the served service."""

import asyncio
from collections.abc import AsyncIterator
from itertools import count
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from eventsourcing.persistence import StoredEvent
from websockets.typing import Subprotocol

from service.identity import Role
from service.store.clock import SystemClock
from service.store.database import Database
from service.store.recorder import Recorder
from service.tokens import LEEWAY_SECONDS, own_key, signed
from tests.patience import PATIENCE_S
from tests.service.api.city import campaign, task, unit
from tests.service.api.client import INTEGRATOR, LEADER, OFFICE, PUBLIC, Person, reporter, supervisor
from tests.service.api.conftest import database
from tests.service.api.served import Served, served
from tests.service.api.small import listing, report, small_town
from tests.service.api.streams import INIT, TRANSPORTS, closed_with, over_websocket, socket

NUMBERS = count(1)
EVENTS = "subscription ($after: Position) { eventsAppended(after: $after) { position topic version stream actor } }"
CHANGES = """subscription ($after: Position, $task: ID, $campaign: ID, $unit: ID) {
  taskChanged(after: $after, task: $task, campaign: $campaign, unit: $unit) {
    position topic task { id code position reportCount } } }"""


@pytest.fixture(params=list(TRANSPORTS.values()), ids=list(TRANSPORTS))
def over(request: pytest.FixtureRequest) -> Any:
    """A way to subscribe."""
    return request.param


@pytest.fixture(autouse=True)
def no_traceback_in_the_log(served_town: Served) -> Any:
    before = len(served_town.errors)
    yield
    written = served_town.errors[before:]
    assert "Traceback" not in written, written


async def taken(results: AsyncIterator[dict[str, Any]], number: int) -> list[dict[str, Any]]:
    """So many results."""
    found: list[dict[str, Any]] = []
    async with asyncio.timeout(PATIENCE_S):
        while len(found) < number:
            found.append(await anext(results))
    return found


async def the_error(results: AsyncIterator[dict[str, Any]]) -> dict[str, Any]:
    """The one error that ends a subscription."""
    async with asyncio.timeout(PATIENCE_S):
        all_of_it = [result async for result in results]
    assert len(all_of_it) == 1
    assert all_of_it[0].get("data") is None
    (error,) = all_of_it[0]["errors"]
    found: dict[str, Any] = error
    return found


async def last_position(service: Served) -> int:
    ledger = await service.ask("{ ledger(first: 0) { position } }")
    position: int = ledger["ledger"]["position"]
    return position


async def rename(service: Served, number: int = 1) -> None:
    """So many events of the directory."""
    for _ in range(number):
        await service.give("renameUnit", {"unit": unit("dept.c"), "name": f"单位 {next(NUMBERS)}"})


async def new_task(service: Served, **changes: Any) -> str:
    """A task of its own for a test; its code."""
    code = f"9.{next(NUMBERS)}"
    await service.give("listTask", listing(code, **changes))
    return code


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


async def test_an_empty_authorization_is_none_over_sse_too(served_town: Served) -> None:
    headers = {"accept": "text/event-stream", "content-type": "application/json", "authorization": ""}
    answer = await served_town.http.post("/graphql", json={"query": "{ __typename }"}, headers=headers)
    assert (answer.status_code, "Query" in answer.text) == (200, True)


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


# -- the protocols


async def test_the_legacy_subprotocol_is_refused(served_town: Served) -> None:
    for subprotocols in ([Subprotocol("graphql-ws")], []):
        assert await closed_with(served_town, subprotocols=subprotocols) == 4406


@pytest.mark.parametrize(
    ("messages", "code"),
    [
        (["{"], 4400),
        (["[]"], 4400),
        (["null"], 4400),
        (["7"], 4400),
        (['"connection_init"'], 4400),
        (["{}"], 4400),
        (['{"type": "nope"}'], 4400),
        (['{"type": 7}'], 4400),
        (['{"type": []}'], 4400),
        (['{"type": "connection_init", "payload": []}'], 4400),
        (['{"type": "connection_init", "payload": "x"}'], 4400),
        ([INIT, INIT], 4429),
        (['{"id": "1", "type": "subscribe", "payload": {"query": "{ __typename }"}}'], 4401),
        ([INIT, '{"id": "1", "type": "subscribe"}'], 4400),
        ([INIT, '{"id": "1", "type": "subscribe", "payload": null}'], 4400),
        ([INIT, '{"id": "1", "type": "subscribe", "payload": []}'], 4400),
        ([INIT, '{"id": "1", "type": "subscribe", "payload": {}}'], 4400),
        ([INIT, '{"type": "subscribe", "payload": {"query": "{ __typename }"}}'], 4400),
        ([INIT, '{"id": [], "type": "subscribe", "payload": {"query": "{ __typename }"}}'], 4400),
        ([INIT, "[" * 100_000], 4400),
        ([INIT, b"\x00\xff"], 4400),
    ],
    ids=lambda value: str(value)[:80],
)
async def test_a_message_that_is_none_closes_the_connection(
    served_town: Served, messages: list[Any], code: int
) -> None:
    assert await closed_with(served_town, *messages) == code


@pytest.mark.parametrize(
    "payload",
    [
        '{"query": 7}',
        '{"query": null}',
        '{"query": "{ __typename }", "variables": []}',
        '{"query": "{ __typename }", "variables": "x"}',
        '{"query": "{ __typename }", "operationName": 7}',
        '{"query": "query a { __typename } query b { __typename }"}',
    ],
)
async def test_a_request_that_is_none_is_an_error_of_its_own(served_town: Served, payload: str) -> None:
    async with socket(served_town) as opened:
        await opened.connection.send(f'{{"id": "1", "type": "subscribe", "payload": {payload}}}')
        assert (await the_error(opened.results()))["extensions"]["code"] == "MALFORMED"
        # The connection goes on.
        await opened.subscribe("{ __typename }", id="2")
        assert await taken(opened.results(), 1) == [{"data": {"__typename": "Query"}}]


async def test_a_token_in_the_handshake_or_after_it(served_town: Served) -> None:
    for in_header in (True, False):
        async with socket(served_town, LEADER, in_header=in_header) as opened:
            await opened.subscribe("{ viewer { role } }")
            assert await taken(opened.results(), 1) == [{"data": {"viewer": {"role": "LEADER"}}}]
    async with socket(served_town, PUBLIC) as opened:
        await opened.subscribe("{ viewer { role } }")
        assert await taken(opened.results(), 1) == [{"data": {"viewer": {"role": "PUBLIC"}}}]


@pytest.mark.parametrize("token", ["Bearer letmein", "letmein", "Bearer", "Basic eDp5"])
async def test_a_bad_token_is_refused(served_town: Served, token: str) -> None:
    init = f'{{"type": "connection_init", "payload": {{"Authorization": "{token}"}}}}'
    assert await closed_with(served_town, init) == 4403
    assert await closed_with(served_town, INIT, Authorization=token) == 4403
    assert (
        await closed_with(served_town, '{"type": "connection_init", "payload": {"authorization": 7}}') == 4403
    )


def expiring(service: Served) -> str:
    """An integrator's token that is taken for some two or three seconds more."""
    settings = service.settings
    return signed(
        own_key(settings.data),
        issuer=settings.issuer,
        audience=settings.audience,
        who="integrator",
        role=Role.INTEGRATOR,
        valid_seconds=3 - LEEWAY_SECONDS,
    )


async def test_what_is_pushed_ends_with_the_token(
    served_town: Served, over: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(served_town._tokens, INTEGRATOR, expiring(served_town))
    start = await last_position(served_town)
    async with over(served_town, EVENTS, {"after": start}, INTEGRATOR) as results:
        await rename(served_town)
        assert "errors" not in (await taken(results, 1))[0]
        await asyncio.sleep(3.1)
        await rename(served_town)
        async with asyncio.timeout(PATIENCE_S):
            *_, last = [result async for result in results]
    assert last["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    assert last["data"] is None


async def test_nothing_is_answered_behind_the_end_of_the_token(
    served_town: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(served_town._tokens, INTEGRATOR, expiring(served_town))
    async with socket(served_town, INTEGRATOR) as opened:
        await opened.subscribe("{ viewer { role } }")
        assert await taken(opened.results(), 1) == [{"data": {"viewer": {"role": "INTEGRATOR"}}}]
        assert (await opened.receive())["type"] == "complete"
        await asyncio.sleep(3.1)
        await opened.subscribe("{ viewer { role } }")
        error = await the_error(opened.results())
    assert error["extensions"]["code"] == "UNAUTHENTICATED"


async def test_several_subscriptions_of_one_connection(served_town: Served) -> None:
    async with socket(served_town) as opened:
        await opened.subscribe("subscription { eventsAppended(after: 0) { position } }", id="a")
        await opened.subscribe("subscription { eventsAppended(after: 3) { position } }", id="b")
        seen: dict[str, list[int]] = {"a": [], "b": []}
        async with asyncio.timeout(PATIENCE_S):
            while min(map(len, seen.values())) < 3:
                message = await opened.receive()
                seen[message["id"]].append(message["payload"]["data"]["eventsAppended"]["position"])
        assert seen["a"][:3] == [1, 2, 3]
        assert seen["b"][:3] == [4, 5, 6]
        await opened.send(id="a", type="complete")
        await opened.send(id="b", type="complete")
        # What was asked to end has ended when its name is free again.
        await opened.subscribe("{ __typename }", id="a")
        async with asyncio.timeout(PATIENCE_S):
            while (message := await opened.receive()).get("payload") != {"data": {"__typename": "Query"}}:
                assert message["type"] in ("next", "complete")


async def test_subscriptions_of_one_connection_are_limited(served_town: Served) -> None:
    async with socket(served_town, PUBLIC) as opened:
        for number in range(101):
            await opened.subscribe("subscription { taskChanged { position } }", id=str(number))
        async with asyncio.timeout(PATIENCE_S):
            refused = await opened.receive()
        assert (refused["id"], refused["type"]) == ("100", "error")
        assert refused["payload"][0]["extensions"]["code"] == "LIMIT_EXCEEDED"
        # Another takes the place of one that has ended.
        await opened.send(id="0", type="complete")
        await opened.subscribe("{ __typename }", id="100")
        assert await taken(opened.results(), 1) == [{"data": {"__typename": "Query"}}]


async def test_a_message_of_ten_megabytes_closes_the_connection(served_town: Served) -> None:
    large = '{"id": "1", "type": "subscribe", "payload": {"query": "' + " " * 10_000_000 + '"}}'
    assert await closed_with(served_town, INIT, large) == 1009


async def test_a_page_of_another_origin_is_not_let_in(served_town: Served) -> None:
    with pytest.raises(Exception, match="403"):
        await closed_with(served_town, INIT, Origin="https://elsewhere.example")


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


async def test_the_way_to_subscribe_is_told(served_town: Served) -> None:
    async with over_websocket(served_town, "{ __typename }") as results:
        assert await taken(results, 1)
    response = await served_town.post({"query": "subscription { taskChanged { position } }"})
    assert response.status_code == 400
    assert "graphql-transport-ws" in response.json()["errors"][0]["message"]
