"""A system that is told: a real HTTP server, which checks signatures as the specification's library does."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn
from standardwebhooks import Webhook
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.patience import PATIENCE_S


class Receiver:
    """`statuses` are what it answers next; afterwards 204. While `holding`, it does not answer."""

    def __init__(self) -> None:
        self.got: list[tuple[str, dict[str, Any]]] = []
        self.attempts = 0
        self.statuses: list[int] = []
        self.secret = ""
        self.holding = False
        self.url = ""
        self._news = asyncio.Condition()

    async def take(self, request: Request) -> Response:
        body = await request.body()
        headers = dict(request.headers)
        async with self._news:
            self.attempts += 1
            self._news.notify_all()
        if self.holding:
            await asyncio.sleep(3_600)
        status = self.statuses.pop(0) if self.statuses else 204
        if status == 204:
            message = Webhook(self.secret).verify(body, headers)
            async with self._news:
                self.got.append((headers["webhook-id"], message))
                self._news.notify_all()
        return Response(status_code=status, headers={"location": self.url})

    async def until(self, messages: int = 0, attempts: int = 0) -> None:
        """Return once so many messages were taken, and so many attempts made."""
        async with asyncio.timeout(PATIENCE_S), self._news:
            await self._news.wait_for(lambda: len(self.got) >= messages and self.attempts >= attempts)

    @property
    def positions(self) -> list[int]:
        return [message["data"]["position"] for _, message in self.got]


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    app = Starlette(routes=[Route("/hook", receiver.take, methods=["POST"])])
    server = uvicorn.Server(
        uvicorn.Config(app, port=0, log_config=None, lifespan="off", timeout_graceful_shutdown=0)
    )
    served = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    receiver.url = f"http://127.0.0.1:{port}/hook"
    try:
        yield receiver
    finally:
        server.should_exit = True
        await served
