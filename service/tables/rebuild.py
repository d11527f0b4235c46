"""Rebuild without a stop: projections are built anew beside the live ones, and take their place.

`service.tables.rebuild_work` says how. Here the folding of a long log is shared out among as many processes
as there are processors, so that none of these is idle, and so that the process that asks, which may be
serving, goes on doing so. Each takes a share of the streams, so that an event is read and decoded by one of
them; only a projection whose rows are made of several streams is folded by one process alone.
"""

from __future__ import annotations

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import asyncpg
import msgspec
import uvloop

from projections import PROJECTIONS
from projections.projection import Projection
from service import BadInput, Failure
from service.store.database import Database
from service.store.recorder import Recorder
from service.tables.facts import Share, Stop
from service.tables.rebuild_work import (
    Loading,
    Progress,
    RebuildFailed,
    RebuildUnderWay,
    rebuild_by,
)
from service.tables.rows import REFUSED, own_connection
from service.tables.schema import NEXT, REBUILD_LOCK, lock_number, open_read_schema, quoted, table_names

__all__ = ["Progress", "RebuildFailed", "RebuildUnderWay", "rebuild"]

LONG_LOG = 50_000
"""From so many events on it is worth while to start processes."""


class Errand(msgspec.Struct):
    """One reading of the log: the projections that are folded, and the streams that are read for it."""

    names: list[str]
    share: Share


class Job(msgspec.Struct):
    """What a process is to do, as it reads it from its standard input. `tables` are the oids of the tables
    that are to be filled."""

    dsn: str
    time_zone: str
    errands: list[Errand]
    total: int
    tables: dict[str, int | None]


class News(msgspec.Struct, omit_defaults=True):
    """A line of what a process tells: how many events it has folded in all its errands, which projections
    have stopped, or why it cannot do what it should."""

    done: int = 0
    stops: dict[str, Stop] = {}
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
    processes = _processors() if total >= LONG_LOG else 1
    if processes == 1 or projections is not PROJECTIONS:
        load = partial(_load_here, database, total, tell)
    else:
        load = partial(_load_in_processes, database, processes, total, tell)
    await rebuild_by(load, database, chosen, total)


def _chosen(names: tuple[str, ...], projections: Sequence[Projection]) -> list[Projection]:
    known = {p.name: p for p in projections}
    if unknown := [name for name in names if name not in known]:
        raise BadInput(f"no such projection: {', '.join(unknown)}; there are {', '.join(known)}")
    return [p for p in projections if not names or p.name in names]


def _processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _shared_out(projections: Sequence[Projection], processes: int) -> list[list[Errand]]:
    """The errands of each process: a share of the streams for all projections that can be folded apart, and
    the whole log for some of the others, about alike in what they have to fold."""
    whole: list[list[Projection]] = [[] for _ in range(processes)]

    def weight(share: Iterable[Projection]) -> int:
        return sum(len(handlers) for projection in share for handlers in projection.by_topic.values())

    for projection in sorted(projections, key=lambda p: weight([p]), reverse=True):
        if not projection.by_stream:
            min(whole, key=weight).append(projection)
    apart = [p.name for p in projections if p.by_stream]
    shared_out = [
        [
            errand
            for errand in (Errand(apart, Share(n, processes)), Errand([p.name for p in whole[n]], Share()))
            if errand.names
        ]
        for n in range(processes)
    ]
    return [errands for errands in shared_out if errands]


async def _load_here(
    database: Database,
    total: int,
    progress: Progress,
    connection: asyncpg.Connection,
    projections: Sequence[Projection],
) -> Mapping[str, Stop]:
    return await Loading(database, connection, projections, total, progress, Share()).run()


# -- the process that asks


async def _load_in_processes(
    database: Database,
    processes: int,
    total: int,
    progress: Progress,
    connection: asyncpg.Connection,
    projections: Sequence[Projection],
) -> Mapping[str, Stop]:
    for projection in projections:
        # From here on the processes hold the lock as well: no other rebuild begins before all are gone.
        number = lock_number(projection.name)
        await connection.fetchval("select pg_advisory_lock_shared($1, $2)", REBUILD_LOCK, number)
        await connection.fetchval("select pg_advisory_unlock($1, $2)", REBUILD_LOCK, number)
    names = [name for projection in projections for name in table_names(projection)]
    tables = {name: await _oid(connection, name) for name in names}
    jobs = [
        Job(database.dsn, database.time_zone, errands, total, tables)
        for errands in _shared_out(projections, processes)
    ]
    errands = sum(len(job.errands) for job in jobs)
    done = [0] * len(jobs)
    stops: dict[str, Stop] = {}

    def hear(number: int, news: News) -> None:
        done[number] = max(done[number], news.done)
        progress(sum(done) // errands, total)
        for name, stop in news.stops.items():
            stops[name] = min(stop, stops.get(name, stop), key=lambda s: s.position)

    progress(0, total)
    await _all_done([_in_a_process(job, partial(hear, n)) for n, job in enumerate(jobs)])
    return stops


async def _all_done(coroutines: Iterable[Coroutine[Any, Any, None]]) -> None:
    """Run them together; when one fails, or this is cancelled, all end before it is told."""
    tasks = [asyncio.create_task(coroutine) for coroutine in coroutines]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _oid(connection: asyncpg.Connection, name: str) -> int | None:
    """The table of this name in `read_next`, if there is one."""
    oid: int | None = await connection.fetchval(
        "select to_regclass($1)::oid::bigint", f"{NEXT}.{quoted(name)}"
    )
    return oid


async def _in_a_process(job: Job, hear: Callable[[News], None]) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "service.tables.rebuild",
        stdin=PIPE,
        stdout=PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    try:
        await _hear_out(process, job, hear)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def _hear_out(process: Process, job: Job, hear: Callable[[News], None]) -> None:
    assert process.stdin is not None
    assert process.stdout is not None
    # Not by an argument: the address may hold a password.
    process.stdin.write(msgspec.json.encode(job) + b"\n")
    async for line in process.stdout:
        news = msgspec.json.decode(line, type=News)
        if news.failed is not None:
            raise RebuildFailed(news.failed)
        hear(news)
    if await process.wait() != 0:
        raise RebuildFailed(f"a process that folds the log ended with {process.returncode}")


# -- a process that folds


async def _load(job: Job) -> None:
    async with (
        await Database.open(job.dsn, size=1, time_zone=job.time_zone) as database,
        own_connection(database) as connection,
    ):
        names = {name for errand in job.errands for name in errand.names}
        for name in sorted(names):
            await connection.fetchval(
                "select pg_advisory_lock_shared($1, $2)", REBUILD_LOCK, lock_number(name)
            )
        for name, oid in job.tables.items():
            if await _oid(connection, name) != oid:
                raise RebuildFailed("the rebuild that this process belongs to is over")
        for n, errand in enumerate(job.errands):

            def tell(done: int, _: int, before: int = n * job.total) -> None:
                _tell(News(before + done))

            projections = _chosen(tuple(errand.names), PROJECTIONS)
            loading = Loading(database, connection, projections, job.total, tell, errand.share)
            _tell(News(stops=await loading.run()))


def _tell(news: News) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(news) + b"\n")
    sys.stdout.buffer.flush()


def main() -> None:
    job = msgspec.json.decode(sys.stdin.buffer.readline(), type=Job)
    try:
        uvloop.run(_load(job))
    except Failure as failure:
        _tell(News(failed=str(failure)))
    except REFUSED as error:
        _tell(News(failed=f"the rows are refused: {error}"))


if __name__ == "__main__":
    main()
