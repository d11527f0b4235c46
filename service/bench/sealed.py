"""The tamper-evident log at a million events: what proofs, sealing, export and verification take, and what
sealing takes from the appends that go on meanwhile.

Appends are measured in turns without and with the signer at work in the same process, as `duban serve` has
it. The bounds are those of the log's issue; what is not asked for is for information.
"""

from __future__ import annotations

import asyncio
import random
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from time import perf_counter
from uuid import uuid4

from eventsourcing.persistence import StoredEvent

from service.bench.appends import CLIENTS, Appended, append, progress_report
from service.bench.database import Database
from service.bench.load import percentile
from service.bench.report import Figure
from service.bench.tables import recording, settle
from service.log.export import export
from service.log.keys import SigningKeys
from service.log.proving import consistency, tlog_proof
from service.log.sealing import keep_sealed
from service.log.signer import Signer
from service.log.sources import Directory
from service.log.verify import Trust, verify
from service.store import database as pools
from service.store.recorder import Recorder
from service.tlog.checkpoint import Checkpoint
from service.tlog.note import LOG_KEY, PrivateKey

PROOF_MS = 10.0
VERIFY_S = 60.0
APPEND_BOUND = 0.9
ORIGIN = "bench.example/log"
STREAM_EVENTS = 256
STREAMS_AT_ONCE = 32


@dataclass(frozen=True, slots=True)
class Extent:
    """How much is measured."""

    events: int
    proofs: int
    append_rounds: int
    append_s: float
    interval_s: float


FULL = Extent(1_000_000, 2_000, 6, 21.0, 10.0)
QUICK = Extent(100_000, 500, 1, 5.0, 2.0)


def figures(database: Database, appending: Database, directory: Path, extent: Extent) -> Iterator[Figure]:
    """All of them. `directory` is for an export and the signers' memory."""
    place = directory / "sealed"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    key = PrivateKey.generate(ORIGIN, LOG_KEY)
    yield from asyncio.run(_at_rest(database, place, key, extent))
    shutil.rmtree(place / "export")
    yield _while_appending(appending, place, key, extent)


async def _at_rest(database: Database, place: Path, key: PrivateKey, extent: Extent) -> list[Figure]:
    async with recording(database) as (pool, recorder):
        await _fill(recorder, extent.events)
        signer = _signer(pool, place / "signed", key)
        began = perf_counter()
        checkpoint = await signer.seal()
        sealed_s = perf_counter() - began
        at = f"{checkpoint.size:,} events"
        found = [Figure("log", f"sealing {at} at once", sealed_s, "s")]
        for kind in (_inclusion_ms, _consistency_ms):
            times_ms = sorted(await kind(pool, checkpoint, extent.proofs))
            p99_ms = percentile(times_ms, 0.99)
            name = f"{'inclusion' if kind is _inclusion_ms else 'consistency'} proof at {at}, p50"
            p50_ms = percentile(times_ms, 0.5)
            found.append(
                Figure(
                    "log",
                    name,
                    p50_ms,
                    "ms",
                    p99_ms,
                    peer="a p99 of 10 ms",
                    theirs=PROOF_MS,
                    ratio=PROOF_MS / p99_ms,
                    bound=1.0,
                )
            )
        began = perf_counter()
        await export(pool, checkpoint, [key.public], place / "export", lambda done, total: None)
        found.append(Figure("log", f"export of {at}", perf_counter() - began, "s"))
    began = perf_counter()
    verify(Directory(place / "export"), Trust([key.public]))
    verified_s = perf_counter() - began
    ratio = VERIFY_S / verified_s
    name = f"verifying {at}"
    found.append(
        Figure("log", name, verified_s, "s", peer="a minute", theirs=VERIFY_S, ratio=ratio, bound=1.0)
    )
    return found


async def _fill(recorder: Recorder, events: int) -> None:
    report = progress_report()
    streams = -(-events // STREAM_EVENTS)
    for first in range(0, streams, STREAMS_AT_ONCE):
        await asyncio.gather(
            *(
                recorder.insert_events(
                    [
                        StoredEvent(stream, version, report.topic, report.state)
                        for version in range(1, min(STREAM_EVENTS, events - n * STREAM_EVENTS) + 1)
                    ]
                )
                for n in range(first, min(first + STREAMS_AT_ONCE, streams))
                for stream in [uuid4()]
            )
        )


async def _inclusion_ms(pool: pools.Database, checkpoint: Checkpoint, proofs: int) -> list[float]:
    chance, times_ms = random.Random(0), []
    for _ in range(proofs):
        position = chance.randint(1, checkpoint.size)
        began = perf_counter()
        await tlog_proof(pool, position, checkpoint)
        times_ms.append(1000 * (perf_counter() - began))
    return times_ms


async def _consistency_ms(pool: pools.Database, checkpoint: Checkpoint, proofs: int) -> list[float]:
    chance, times_ms = random.Random(0), []
    for _ in range(proofs):
        old = chance.randint(1, checkpoint.size)
        began = perf_counter()
        await consistency(pool, old, checkpoint)
        times_ms.append(1000 * (perf_counter() - began))
    return times_ms


def _while_appending(database: Database, place: Path, key: PrivateKey, extent: Extent) -> Figure:
    """In turns on one database, so that both meet the same log; who goes first changes from round to round.
    Before each turn everything is sealed, vacuumed and written to disk, so that nobody pays for the events of
    the turn before."""
    rates: dict[bool, list[Appended]] = {False: [], True: []}
    memory = place / "appending"
    beside = partial(_sealing, memory=memory, key=key, interval_s=extent.interval_s)
    for number in range(extent.append_rounds):
        for is_sealed in (False, True) if number % 2 == 0 else (True, False):
            asyncio.run(_sealed_once(database, memory, key))
            settle(database)
            rates[is_sealed].append(
                append(database, progress_report(), extent.append_s, beside if is_sealed else None)
            )
    without, sealed = rates[False], rates[True]
    return Figure(
        "log",
        f"appends of {CLIENTS} clients, sealed every {extent.interval_s:g} s",
        median(one.per_second for one in sealed),
        "/s",
        median(one.p99_ms for one in sealed),
        peer="the same without checkpoints and tiles",
        theirs=median(one.per_second for one in without),
        ratio=median(one.per_second / other.per_second for one, other in zip(sealed, without, strict=True)),
        bound=APPEND_BOUND,
    )


async def _sealed_once(database: Database, memory: Path, key: PrivateKey) -> None:
    async with recording(database) as (pool, _):
        await _signer(pool, memory, key).seal()


@asynccontextmanager
async def _sealing(
    pool: pools.Database, memory: Path, key: PrivateKey, interval_s: float
) -> AsyncIterator[None]:
    task = asyncio.create_task(keep_sealed(_signer(pool, memory, key), pool, (), interval_s))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def _signer(pool: pools.Database, memory: Path, key: PrivateKey) -> Signer:
    return Signer(pool, ORIGIN, lambda: SigningKeys(key), memory)
