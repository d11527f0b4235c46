"""Clients of the two ways to subscribe: graphql-transport-ws over a WebSocket, graphql-sse over HTTP."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import orjson
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from service.identity import Role
from tests.patience import PATIENCE_S
from tests.service.api.client import OFFICE, Person
from tests.service.api.served import Served

TRANSPORT = Subprotocol("graphql-transport-ws")
INIT = '{"type": "connection_init"}'


class Socket:
    """A connection that has been acknowledged."""

    def __init__(self, connection: ClientConnection):
        self.connection = connection

    async def send(self, **message: Any) -> None:
        await self.connection.send(json.dumps(message))

    async def receive(self) -> dict[str, Any]:
        message: dict[str, Any] = json.loads(await self.connection.recv())
        return message

    async def subscribe(self, query: str, variables: dict[str, Any] | None = None, id: str = "1") -> None:
        await self.send(id=id, type="subscribe", payload={"query": query, "variables": variables})

    async def results(self) -> AsyncIterator[dict[str, Any]]:
        """The payloads of `next` until `complete`; an `error` is given as {"errors": …}."""
        while True:
            message = await self.receive()
            match message["type"]:
                case "next":
                    yield message["payload"]
                case "error":
                    yield {"errors": message["payload"]}
                    return
                case "complete":
                    return
                case "ping":
                    await self.send(type="pong")


@asynccontextmanager
async def socket(service: Served, who: Person = OFFICE, *, in_header: bool = False) -> AsyncIterator[Socket]:
    """Connect, say who asks (in the handshake or in connection_init), and be acknowledged."""
    named = {} if who.role is Role.PUBLIC else {"Authorization": service.bearer(who)}
    headers = named if in_header else {}
    # With a queue that is bounded, closing would wait for what nobody reads any more.
    async with connect(
        service.ws_url, subprotocols=[TRANSPORT], additional_headers=headers, max_queue=None
    ) as connection:
        opened = Socket(connection)
        await opened.send(type="connection_init", payload={} if in_header else named)
        assert await opened.receive() == {"type": "connection_ack"}
        yield opened


@asynccontextmanager
async def over_websocket(
    service: Served, query: str, variables: dict[str, Any] | None = None, who: Person = OFFICE
) -> AsyncIterator[AsyncIterator[dict[str, Any]]]:
    """The results of a subscription."""
    async with socket(service, who) as opened:
        await opened.subscribe(query, variables)
        yield opened.results()


@asynccontextmanager
async def over_sse(
    service: Served, query: str, variables: dict[str, Any] | None = None, who: Person = OFFICE
) -> AsyncIterator[AsyncIterator[dict[str, Any]]]:
    """The results of a subscription."""
    headers = service.headers(who, accept="text/event-stream")
    body = orjson.dumps({"query": query, "variables": variables})
    async with service.http.stream(
        "POST", "/graphql", content=body, headers=headers, timeout=PATIENCE_S
    ) as response:
        assert response.status_code == 200, await response.aread()
        assert response.headers["content-type"].startswith("text/event-stream")

        async def results() -> AsyncIterator[dict[str, Any]]:
            event = ""
            async for line in response.aiter_lines():
                if line.startswith("event: "):
                    event = line.removeprefix("event: ")
                elif line.startswith("data:") and event == "complete":
                    return
                elif line.startswith("data: "):
                    yield json.loads(line.removeprefix("data: "))

        yield results()


TRANSPORTS = {"websocket": over_websocket, "sse": over_sse}


async def closed_with(
    service: Served, *messages: str | bytes, subprotocols: Any = (TRANSPORT,), **headers: str
) -> int:
    """The code that the service closes a connection with, after these messages."""
    connecting = connect(service.ws_url, subprotocols=subprotocols or None, additional_headers=headers)
    async with connecting as connection, asyncio.timeout(PATIENCE_S):
        with suppress(ConnectionClosed):
            for message in messages:
                await connection.send(message)
            # Whatever still comes, until it is closed.
            async for _ in connection:
                pass
    assert connection.close_code is not None
    return connection.close_code
