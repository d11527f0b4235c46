"""Appends: 64 concurrent clients, one event a request, each acknowledged when it is durable; against the
library's recorder with sixteen threads on the same database.

Our clients share one recorder in the event loop that the service runs in (uvloop), as requests of one process
do. Each has a stream and an origin of its own and sends its next event when it has the answer to the last.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass
from time import perf_counter
from uuid import UUID, uuid4

import uvloop
from eventsourcing.persistence import StoredEvent

from domain.task import Task
from service.bench.database import Database
from service.bench.history import reported_task
from service.bench.load import percentile
from service.bench.peers import library_recorder
from service.bench.tables import recording, stored
from service.store import database as pools
from service.store.recorder import Origin

CLIENTS = 64

Beside = Callable[[pools.Database], AbstractAsyncContextManager[None]]


@dataclass(frozen=True, slots=True)
class Appended:
    """One run of ours."""

    per_second: float
    p99_ms: float


@dataclass(frozen=True, slots=True)
class Round:
    """Events a second in one round; the contestants took turns."""

    ours: Appended
    library: float
    library_functions: float


def compare(database: Database, rounds: int, seconds: float) -> Iterator[Round]:
    """Measure round by round."""
    event = progress_report()
    for _ in range(rounds):
        ours = append(database, event, seconds)
        library = library_recorder.appended_per_second(database, event.topic, event.state, seconds)
        functions = library_recorder.appended_per_second(
            database, event.topic, event.state, seconds, database_functions=True
        )
        yield Round(ours, library, functions)


def progress_report() -> StoredEvent:
    """What is appended most in a city's life, with its real size."""
    task = reported_task(0, 0)
    return stored(next(e for e in task.collect_events() if isinstance(e, Task.ProgressReported)))


def append(database: Database, event: StoredEvent, seconds: float, beside: Beside | None = None) -> Appended:
    """One closed loop of all clients; `beside` is what else goes on in the process meanwhile."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_appended(database, event, seconds, beside))


async def _appended(
    database: Database, event: StoredEvent, seconds: float, beside: Beside | None
) -> Appended:
    async with recording(database) as (pool, recorder), beside(pool) if beside else nullcontext():
        latencies_s: list[float] = []

        async def client(stream: UUID, deadline: float) -> None:
            version, origin, sent_at = 0, Origin("bench", uuid4()), perf_counter()
            while version == 0 or sent_at < deadline:
                version += 1
                next_event = StoredEvent(stream, version, event.topic, event.state)
                await recorder.insert_events([next_event], origin=origin)
                now = perf_counter()
                latencies_s.append(now - sent_at)
                sent_at = now

        # The connection is made, and the statements are planned, before the clock starts.
        await asyncio.gather(*(client(uuid4(), perf_counter() + 0.2) for _ in range(CLIENTS)))
        latencies_s.clear()
        began = perf_counter()
        await asyncio.gather(*(client(uuid4(), began + seconds) for _ in range(CLIENTS)))
        elapsed = perf_counter() - began
    return Appended(len(latencies_s) / elapsed, 1000 * percentile(sorted(latencies_s), 0.99))
