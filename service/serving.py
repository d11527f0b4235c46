"""Serving: an opened application over HTTP and WebSocket, until it is told to stop.

The log is sealed and the days are swept beside it, in the same process.
"""

import os
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace

import uvicorn
import uvloop
from starlette.applications import Starlette
from starlette.types import ASGIApp, Receive, Scope, Send

from service import Failure
from service.api.view import MAX_BODY, View
from service.app import Application, background
from service.config import Settings
from service.daily import keep_swept
from service.http import OneWriteProtocol
from service.log.cosigning import known
from service.log.sealing import keep_sealed
from service.logs import configure_logging
from service.memory import collect_seldom
from service.web import routes

# How long a start waits for the projections; a longer way they go while the service answers.
CATCH_UP_SECONDS = 20.0


def answering(app: Application) -> ASGIApp:
    """What an opened application answers over HTTP and WebSocket."""
    view, pages = View(app), Starlette(routes=routes(app))

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        # Past Starlette's router and middleware: this path is walked by every request that counts.
        await (view if scope["path"] == "/graphql" else pages)(scope, receive, send)

    return application


class _Server(uvicorn.Server):
    """uvicorn, which says when it listens."""

    def __init__(self, config: uvicorn.Config, listening: Callable[[], None]):
        super().__init__(config)
        self._listening = listening

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._listening()


def serve(settings: Settings, greet: Callable[[Settings], None]) -> None:
    """Serve until SIGINT or SIGTERM. `greet` is told the settings, with the true port, once it listens."""
    configure_logging(settings.log_level)
    collect_seldom()
    with suppress(KeyboardInterrupt):
        uvloop.run(_serve(settings, greet))


async def _serve(settings: Settings, greet: Callable[[Settings], None]) -> None:
    with _bound(settings) as listener:
        port = listener.getsockname()[1]
        async with Application.open(settings) as app, _sealed(app):
            # Whoever meets the service finds in the read tables what the log holds by then.
            with suppress(TimeoutError):
                await app.runner.wait_for(await app.recorder.max_notification_id() or 0, CATCH_UP_SECONDS)
            config = uvicorn.Config(
                answering(app),
                lifespan="off",
                http=OneWriteProtocol,
                ws="websockets-sansio",
                ws_max_size=MAX_BODY,
                access_log=False,
                log_config=None,
                proxy_headers=False,
                server_header=False,
                date_header=False,
                timeout_graceful_shutdown=5,
            )
            server = _Server(config, lambda: greet(replace(settings, port=port)))
            async with background(keep_swept(app.commands, app.database, app.today)):
                await server.serve([listener])


def _bound(settings: Settings) -> socket.socket:
    """The socket to listen on; taken first, so that a port in use is told before anything is opened."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        return socket.create_server((settings.host, settings.port), family=family, backlog=2048)
    except OSError as error:
        raise Failure(
            f"cannot listen on {settings.host} port {settings.port}: {os.strerror(error.errno or 0)}"
        ) from error


@asynccontextmanager
async def _sealed(app: Application) -> AsyncIterator[None]:
    """The log is sealed meanwhile, unless another process does that."""
    if app.signer is None:
        yield
        return
    # Keys and witnesses that are none are told at the start.
    witnesses = known(app.settings.log_witnesses)
    await app.signer.require_keys()
    async with background(keep_sealed(app.signer, app.database, witnesses)):
        yield
