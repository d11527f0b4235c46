"""Rebuild without a stop: projections are built anew beside the live ones, and take their place.

`service.tables.rebuild_work` says how. Here it is shared out: over a long log, projections are built in as
many processes as there are processors, so that none of these is idle, and so that the process that asks,
which may be serving, goes on doing so.
"""

from __future__ import annotations

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable, Iterable, Sequence
from functools import partial

import msgspec
import uvloop

from projections import PROJECTIONS
from projections.projection import Projection
from service import BadInput, Failure
from service.store.database import Database
from service.store.recorder import Recorder
from service.tables.rebuild_work import Progress, RebuildFailed, RebuildUnderWay, rebuild_here
from service.tables.rows import own_connection
from service.tables.schema import open_read_schema

__all__ = ["Progress", "RebuildFailed", "RebuildUnderWay", "rebuild"]

LONG_LOG = 50_000
"""From so many events on it is worth while to start processes."""


class Job(msgspec.Struct):
    """What a process is to do, as it reads it from its standard input."""

    dsn: str
    time_zone: str
    names: list[str]
    total: int


class News(msgspec.Struct, omit_defaults=True):
    """A line of what a process tells: how many events are folded, or why it cannot do what it should."""

    done: int = 0
    under_way: str | None = None
    failed: str | None = None


async def rebuild(
    database: Database,
    recorder: Recorder,
    names: Iterable[str] = (),
    progress: Progress | None = None,
    projections: Sequence[Projection] = PROJECTIONS,
) -> None:
    """Build the projections of these names anew (all, when none is named) and switch to them.

    Raises BadInput for an unknown name, RebuildUnderWay, RebuildFailed.
    """
    chosen = _chosen(tuple(names), projections)
    tell = progress or (lambda done, total: None)
    async with own_connection(database) as connection:
        await open_read_schema(connection, projections)
    total = await recorder.max_notification_id() or 0
    shares = _shared_out(chosen, _processors() if total >= LONG_LOG else 1)
    if len(shares) == 1 or projections is not PROJECTIONS:
        await rebuild_here(database, chosen, total, tell)
    else:
        await _in_processes(database, shares, total, tell)


def _chosen(names: tuple[str, ...], projections: Sequence[Projection]) -> list[Projection]:
    known = {p.name: p for p in projections}
    if unknown := [name for name in names if name not in known]:
        raise BadInput(f"no such projection: {', '.join(unknown)}; there are {', '.join(known)}")
    return [p for p in projections if not names or p.name in names]


def _processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _shared_out(projections: Sequence[Projection], most: int) -> list[list[Projection]]:
    """The projections in at most so many shares, about alike in what they have to fold."""
    shares: list[list[Projection]] = [[] for _ in range(min(most, len(projections)))]

    def weight(share: Iterable[Projection]) -> int:
        return sum(len(handlers) for projection in share for handlers in projection.by_topic.values())

    for projection in sorted(projections, key=lambda p: weight([p]), reverse=True):
        min(shares, key=weight).append(projection)
    return shares


# -- the process that asks


async def _in_processes(
    database: Database, shares: list[list[Projection]], total: int, progress: Progress
) -> None:
    done = [0] * len(shares)

    def tell(share: int, events: int) -> None:
        done[share] = events
        progress(sum(done) // len(done), total)

    progress(0, total)
    building = [
        asyncio.create_task(_in_a_process(database, share, total, partial(tell, n)))
        for n, share in enumerate(shares)
    ]
    try:
        await asyncio.wait(building)
    finally:
        for task in building:
            task.cancel()
        outcomes = await asyncio.gather(*building, return_exceptions=True)
    failures = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
    for kind in (RebuildFailed, RebuildUnderWay):
        if told := [str(failure) for failure in failures if isinstance(failure, kind)]:
            raise kind("; ".join(told))
    for failure in failures:
        raise failure


async def _in_a_process(
    database: Database, share: list[Projection], total: int, progress: Callable[[int], None]
) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "service.tables.rebuild",
        stdin=PIPE,
        stdout=PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    try:
        job = Job(database.dsn, database.time_zone, [p.name for p in share], total)
        await _hear_out(process, job, progress)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def _hear_out(process: Process, job: Job, progress: Callable[[int], None]) -> None:
    assert process.stdin is not None
    assert process.stdout is not None
    # Not by an argument: the address may hold a password.
    process.stdin.write(msgspec.json.encode(job) + b"\n")
    async for line in process.stdout:
        news = msgspec.json.decode(line, type=News)
        if news.under_way is not None:
            raise RebuildUnderWay(news.under_way)
        if news.failed is not None:
            raise RebuildFailed(news.failed)
        progress(news.done)
    if await process.wait() != 0:
        raise RebuildFailed(f"{', '.join(job.names)}: the process ended with {process.returncode}")


# -- the process that builds


async def _build(job: Job) -> None:
    async with await Database.open(job.dsn, size=1, time_zone=job.time_zone) as database:
        chosen = _chosen(tuple(job.names), PROJECTIONS)
        await rebuild_here(database, chosen, job.total, lambda done, _: _tell(News(done=done)))


def _tell(news: News) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(news) + b"\n")
    sys.stdout.buffer.flush()


def main() -> None:
    job = msgspec.json.decode(sys.stdin.buffer.readline(), type=Job)
    try:
        uvloop.run(_build(job))
    except RebuildUnderWay as under_way:
        _tell(News(under_way=str(under_way)))
    except Failure as failure:
        _tell(News(failed=str(failure)))


if __name__ == "__main__":
    main()
