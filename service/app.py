"""The composition root: the one place where the parts of the service are put together.

settings ─ database ─┬─ recorder (log) ─ commands
                     ├─ runner ─ projections
                     ├─ ballots (rating boxes)
                     └─ reads ─ GraphQL view
"""

import asyncio
import logging
import os
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import uvicorn
import uvloop
from starlette.applications import Starlette
from starlette.types import ASGIApp, Receive, Scope, Send

from projections import PROJECTIONS
from service import Failure, tokens
from service.access import AccessLog
from service.api.reads import Reads
from service.api.view import MAX_BODY, View
from service.ballots import composed
from service.ballots.boxes import Ballots
from service.ballots.state import Boxes
from service.config import Settings
from service.daily import keep_swept
from service.demonstration.day import clock_of
from service.desk import Commands, Streams, Surroundings
from service.erasing import Erasing
from service.http import OneWriteProtocol
from service.log.cosigning import known
from service.log.sealing import keep_sealed, signer_of
from service.log.signer import Signer
from service.logs import configure_logging
from service.memory import collect_seldom
from service.store.clock import Clock
from service.store.database import Database
from service.store.migrate import prepare
from service.store.recorder import Recorder
from service.tables.asked import ReadTables
from service.tables.runner import Runner
from service.web import routes
from service.webhooks.delivery import Deliveries
from service.webhooks.secrets import Secrets, secrets_of
from service.webhooks.targets import Targets

log = logging.getLogger(__name__)

# How long a start waits for the projections; a longer way they go while the service answers.
CATCH_UP_SECONDS = 20.0


@dataclass
class Application:
    """The parts at work."""

    settings: Settings
    clock: Clock
    database: Database
    recorder: Recorder
    runner: Runner
    commands: Commands
    reads: Reads
    authenticator: tokens.Authenticator
    secrets: Secrets
    access: AccessLog
    erasing: Erasing
    signer: Signer | None
    ballots: Ballots
    boxes: Boxes
    started: float

    @property
    def streams(self) -> Streams:
        return self.commands.streams

    def today(self) -> date:
        """The business date, in the plan's time zone."""
        return self.clock.now().astimezone(self.settings.time_zone).date()

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        settings: Settings,
        clock: Clock | None = None,
        *,
        follow: bool = True,
        accounts: bool = True,
    ) -> AsyncIterator["Application"]:
        """The parts, started and in the end stopped. `follow` False leaves the projections alone; `accounts`
        False writes no access down (for tests of a log that only they write)."""
        if settings.database_url is None:
            raise ValueError("the settings name no database: open them within service.embedded.database")
        await prepare(settings)
        async with AsyncExitStack() as opened:
            database = await opened.enter_async_context(
                await Database.open(
                    settings.database_url, size=settings.pool_size, time_zone=settings.time_zone.key
                )
            )
            clock = clock or await clock_of(settings, database)
            recorder = await opened.enter_async_context(Recorder.open(database, clock))
            runner = Runner(database, recorder, PROJECTIONS)
            keys = await asyncio.to_thread(tokens.key_set, settings.jwks or "", settings.data)
            authenticator = tokens.Authenticator(keys, settings.issuer, settings.audience)
            fresh = tokens.keep_fresh(authenticator, settings.jwks or "", settings.data)
            await opened.enter_async_context(_background(fresh))
            ballots = composed.ballots(settings, database, recorder)
            secrets = await asyncio.to_thread(secrets_of, settings.webhook_key, settings.data)
            targets = Targets(private=settings.webhook_private_targets)
            if follow:
                await opened.enter_async_context(runner)
                told = Deliveries(database, recorder, secrets, targets)
                await opened.enter_async_context(_background(told.run()))
            around = Surroundings(ReadTables(database, runner), ballots, targets)
            access, erasing = AccessLog(recorder, clock, settings.time_zone), Erasing(recorder)
            if accounts:
                opened.push_async_callback(access.flush, whole=True)
                await opened.enter_async_context(_background(access.run()))
            if follow:
                await opened.enter_async_context(_background(erasing.run()))
            yield cls(
                settings,
                clock,
                database,
                recorder,
                runner,
                Commands(recorder, clock, settings.time_zone, around),
                Reads(database, runner, access),
                authenticator,
                secrets,
                access,
                erasing,
                signer_of(settings, database) if settings.log_signs else None,
                ballots,
                Boxes(database, ballots),
                time.monotonic(),
            )


@asynccontextmanager
async def _sealed(app: Application) -> AsyncIterator[None]:
    """The log is sealed meanwhile, unless another process does that."""
    if app.signer is None:
        yield
        return
    # Keys and witnesses that are none are told at the start.
    witnesses = known(app.settings.log_witnesses)
    await app.signer.require_keys()
    async with _background(keep_sealed(app.signer, app.database, witnesses)):
        yield


@asynccontextmanager
async def _background(work: Any) -> AsyncIterator[None]:
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


# -- HTTP


def answering(app: Application) -> ASGIApp:
    """What an opened application answers over HTTP and WebSocket."""
    view = View(app, app.authenticator)

    pages = Starlette(routes=routes(app))

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
            async with _background(keep_swept(app.commands, app.database, app.today)):
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
