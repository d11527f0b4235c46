"""The two ways to subscribe: handshakes, tokens, messages that are none, limits."""

import asyncio
from typing import Any

import pytest
from websockets.typing import Subprotocol

from service.identity import Role
from service.tokens import LEEWAY_SECONDS, own_key, signed
from tests.patience import PATIENCE_S
from tests.service.api.client import INTEGRATOR, LEADER, PUBLIC
from tests.service.api.served import Served
from tests.service.api.streams import INIT, closed_with, over_websocket, socket
from tests.service.api.subscribed import (
    EVENTS,
    last_position,
    rename,
    taken,
    the_error,
)

pytestmark = pytest.mark.usefixtures("no_traceback_in_the_log")


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


async def test_an_empty_authorization_is_none_over_sse_too(served_town: Served) -> None:
    headers = {"accept": "text/event-stream", "content-type": "application/json", "authorization": ""}
    answer = await served_town.http.post("/graphql", json={"query": "{ __typename }"}, headers=headers)
    assert (answer.status_code, "Query" in answer.text) == (200, True)


async def test_the_way_to_subscribe_is_told(served_town: Served) -> None:
    async with over_websocket(served_town, "{ __typename }") as results:
        assert await taken(results, 1)
    response = await served_town.post({"query": "subscription { taskChanged { position } }"})
    assert response.status_code == 400
    assert "graphql-transport-ws" in response.json()["errors"][0]["message"]
