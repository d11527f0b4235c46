"""The composition root: the one place where the parts of the service are put together.

settings ─ database ─┬─ recorder (log) ─ commands
                     ├─ runner ─ projections
                     ├─ ballots (rating boxes)
                     └─ reads

What answers with them stands above (service/serving.py): GraphQL and pages know the parts, never the other
way.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import date
from typing import Any

from projections import PROJECTIONS
from service import tokens
from service.access import AccessLog
from service.ballots import composed
from service.ballots.boxes import Ballots
from service.ballots.proven import Prover
from service.ballots.state import Boxes
from service.config import Settings
from service.desk import Commands, Surroundings
from service.erasing import Erasing
from service.log.cosigning import known
from service.log.sealing import signer_of
from service.log.signer import Signer
from service.reads import Reads
from service.store.clock import Clock, clock_of
from service.store.database import Database
from service.store.migrate import prepare
from service.store.recorder import Recorder
from service.streams import Streams
from service.tables.asked import ReadTables
from service.tables.runner import Runner
from service.webhooks.delivery import Deliveries
from service.webhooks.secrets import Secrets, secrets_of
from service.webhooks.targets import Targets


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
            await opened.enter_async_context(background(fresh))
            ballots = composed.ballots(settings, database, recorder)
            secrets = await asyncio.to_thread(secrets_of, settings.webhook_key, settings.data)
            targets = Targets(private=settings.webhook_private_targets)
            if follow:
                await opened.enter_async_context(runner)
                told = Deliveries(database, recorder, secrets, targets)
                await opened.enter_async_context(background(told.run()))
            around = Surroundings(ReadTables(database, runner), ballots, targets)
            signer = signer_of(settings, database) if settings.log_signs else None
            prover = Prover(database, signer, known(settings.log_witnesses))
            access, erasing = AccessLog(recorder, clock, settings.time_zone), Erasing(recorder)
            if accounts:
                opened.push_async_callback(access.flush, whole=True)
                await opened.enter_async_context(background(access.run()))
            if follow:
                await opened.enter_async_context(background(erasing.run()))
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
                signer,
                ballots,
                Boxes(database, ballots, prover),
                time.monotonic(),
            )


@asynccontextmanager
async def background(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """The work goes on meanwhile, and is cancelled in the end."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
