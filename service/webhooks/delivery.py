"""Telling webhooks of the log: one process at a time, one task for each webhook, one message after the other.

An endpoint that is away, slow or wrong holds up nobody but itself: its next attempt waits, longer each time,
and it is then told on from where it stopped. What has been told is noted after it was answered, so that a
crash in between tells the last message twice, under the same id.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import orjson
from standardwebhooks import Webhook as Signer

from projections.webhooks import TOLD
from service.store.database import Database
from service.store.envelope import Recorded
from service.store.listener import LOST
from service.store.recorder import Recorder
from service.webhooks.secrets import Secrets
from service.webhooks.targets import Target, TargetRefused, Targets

log = logging.getLogger(__name__)

LOCK = 2020_0005
LOOK_SECONDS = 1.0
ATTEMPT_SECONDS = 15.0
FIRST_PAUSE = timedelta(seconds=1)
LONGEST_PAUSE = timedelta(hours=1)
NOTED_EVERY = 500
"""Events of other topics after which it is noted that they were passed."""

STARTED = """
insert into log.webhook_delivery as d (webhook_id, position) values ($1, $2)
on conflict (webhook_id) do update set position = d.position
returning position, failures, due_at"""
NOTED = """
update log.webhook_delivery
set position = $2, failures = $3, outcome = $4, attempted_at = coalesce($5, attempted_at), due_at = $6
where webhook_id = $1"""


@dataclass(frozen=True)
class Endpoint:
    """Who is told, of what. Another `changed` is another endpoint: told anew from where it stands."""

    id: UUID
    url: str
    topics: tuple[str, ...]
    secret_number: int
    changed: int
    since: int


@dataclass
class _Progress:
    position: int
    failures: int
    due_at: datetime | None


class Deliveries:
    """Run it with `run`. `pause` is the first pause after a failure; it doubles each time."""

    def __init__(
        self,
        database: Database,
        recorder: Recorder,
        secrets: Secrets,
        targets: Targets,
        *,
        pause: timedelta = FIRST_PAUSE,
    ):
        self.database = database
        self.recorder = recorder
        self.secrets = secrets
        self.targets = targets
        self.pause = pause
        self._tasks: dict[Endpoint, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Tell for ever; while another process does, stand by."""
        while True:
            with suppress(*LOST):
                async with AsyncExitStack() as held:
                    connection = await self.database.connect("duban webhooks")
                    held.callback(connection.terminate)
                    held.push_async_callback(self._stop)
                    await self._follow(connection)
            await asyncio.sleep(LOOK_SECONDS)

    async def _follow(self, connection: asyncpg.Connection) -> None:
        """While this connection holds the lock, keep a task at work for each endpoint."""
        if not await connection.fetchval("select pg_try_advisory_lock($1)", LOCK):
            return
        # No endpoint waits until another gives a connection back, and none is given the connection that was
        # made to another name at the same address.
        unshared = httpx.Limits(max_connections=None, max_keepalive_connections=0)
        async with httpx.AsyncClient(timeout=ATTEMPT_SECONDS, trust_env=False, limits=unshared) as client:
            while True:
                # Over the connection that holds the lock: who loses it finds out before the next task.
                wanted = {_endpoint(row) for row in await connection.fetch(TOLD)}
                for endpoint in self._tasks.keys() - wanted:
                    await self._end(self._tasks.pop(endpoint))
                for endpoint in wanted - self._tasks.keys():
                    self._tasks[endpoint] = asyncio.create_task(self._tell(endpoint, client))
                await asyncio.sleep(LOOK_SECONDS)

    async def _stop(self) -> None:
        while self._tasks:
            await self._end(self._tasks.popitem()[1])

    async def _end(self, task: asyncio.Task[None]) -> None:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    # -- one endpoint

    async def _tell(self, endpoint: Endpoint, client: httpx.AsyncClient) -> None:
        while True:
            try:
                await self._tell_on(endpoint, client)
            except LOST as error:
                log.warning("webhook %s: the database is away: %s", endpoint.id, type(error).__name__)
            except Exception:  # whatever is wrong with one webhook, the others are told
                log.exception("webhook %s", endpoint.id)
            await asyncio.sleep(LOOK_SECONDS)

    async def _tell_on(self, endpoint: Endpoint, client: httpx.AsyncClient) -> None:
        row = await self.database.fetchrow(STARTED, endpoint.id, endpoint.since)
        progress = _Progress(row["position"], row["failures"], row["due_at"])
        async with self.recorder.subscribe(progress.position) as events:
            async for event in events:
                if event.originator_id == endpoint.id:
                    # It is not told of itself; and what has changed it holds from right here on.
                    await self._note(endpoint, progress, event.id, None)
                    if event.id > endpoint.changed:
                        await asyncio.Event().wait()
                    continue
                if endpoint.topics and event.topic not in endpoint.topics:
                    if event.id - progress.position >= NOTED_EVERY:
                        await self._note(endpoint, progress, event.id, None)
                    continue
                while not await self._attempt(endpoint, progress, event, client):
                    pass

    async def _attempt(
        self, endpoint: Endpoint, progress: _Progress, event: Recorded, client: httpx.AsyncClient
    ) -> bool:
        """One attempt, when it is due; whether the endpoint took the message."""
        if progress.due_at is not None:
            await asyncio.sleep(max((progress.due_at - datetime.now(UTC)).total_seconds(), 0))
        failure = await self._send(endpoint, event, client)
        if failure is None:
            progress.failures, progress.due_at = 0, None
            await self._note(endpoint, progress, event.id, "delivered")
            return True
        progress.failures += 1
        pause = min(self.pause * 2 ** min(progress.failures - 1, 20), LONGEST_PAUSE)
        progress.due_at = datetime.now(UTC) + pause
        log.warning("webhook %s, position %s: %s; again in %s", endpoint.id, event.id, failure, pause)
        await self._note(endpoint, progress, progress.position, failure)
        return False

    async def _note(
        self, endpoint: Endpoint, progress: _Progress, position: int, outcome: str | None
    ) -> None:
        progress.position = position
        attempted = None if outcome is None else datetime.now(UTC)
        await self.database.execute(
            NOTED, endpoint.id, position, progress.failures, outcome, attempted, progress.due_at
        )

    async def _send(self, endpoint: Endpoint, event: Recorded, client: httpx.AsyncClient) -> str | None:
        """None when the endpoint took it, else why not, in words for a person."""
        try:
            async with asyncio.timeout(ATTEMPT_SECONDS):
                target = await self.targets.find(endpoint.url)
                secret = self.secrets.of(endpoint.id, endpoint.secret_number)
                request = _request(client, target, event, secret)
                response = await client.send(request, stream=True, follow_redirects=False)
                # What it says does not matter, and may be without an end.
                await response.aclose()
        except TargetRefused as refused:
            return f"refused target: {refused}"
        except TimeoutError:
            return f"no answer within {ATTEMPT_SECONDS:.0f} s"
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
            return f"{type(error).__name__}: {error}"[:300]
        return None if response.is_success else f"answered {response.status_code}"


def _endpoint(row: Any) -> Endpoint:
    topics: Sequence[str] = row["topics"]
    return Endpoint(
        row["id"], row["url"], tuple(topics), row["secret_number"], row["changed"], row["since_position"]
    )


def _request(client: httpx.AsyncClient, target: Target, event: Recorded, secret: str) -> httpx.Request:
    """The message, signed. It says what happened and to what; the rest is asked for over GraphQL, by whoever
    may read it."""
    body = orjson.dumps(
        {
            "type": event.topic,
            "timestamp": event.recorded_at.isoformat(),
            "data": {
                "position": event.id,
                "stream": str(event.originator_id),
                "version": event.originator_version,
                "correlation": str(event.correlation),
                "causation": event.causation,
            },
        }
    )
    number, now = f"evt_{event.id}", datetime.now(UTC)
    headers = {
        "host": target.authority,
        "content-type": "application/json",
        "user-agent": "Duban-Webhooks",
        "webhook-id": number,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Signer(secret).sign(number, now, body.decode()),
    }
    # The certificate is checked against the host's name, not against the address.
    return client.build_request(
        "POST", target.connect_to, content=body, headers=headers, extensions={"sni_hostname": target.host}
    )
