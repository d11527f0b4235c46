"""The runner of the projections: catches up with the log, then follows it.

One runner at a time folds a projection, whatever the number of processes: it holds the projection's advisory
lock on the very connection that it writes over, so that whoever loses the connection loses the lock with it,
and can write no more. The others stand by, and take over within a second.

Projections that stand at the same position share one reading, one decoding and one transaction, in which
their rows and their checkpoints move together: every event is folded exactly once, and a statement over
several tables sees them at one position of the log.

An event that a projection cannot fold stops that projection, right before the event; the checkpoint says at
which event and why. The others go on. It is tried again when a runner starts or takes over, and when the
projection is rebuilt.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import asyncpg

from projections import PROJECTIONS
from projections.fold import Changes, Folding
from projections.projection import FOREVER, AnyFact, Projection
from service import Failure
from service.store.database import Database
from service.store.listener import LOST
from service.store.recorder import Recorder
from service.tables.facts import Row, Stop, facts_of, fold_facts, handled_topics, read_log
from service.tables.positions import Positions
from service.tables.rebuild import RebuildUnderWay, rebuild
from service.tables.rows import REFUSED, hold_rows, own_connection, write_changes
from service.tables.schema import (
    LIVE,
    MOVE_CHECKPOINTS,
    RUNNER_LOCK,
    Checkpoint,
    checkpoints,
    lock_number,
    open_read_schema,
)

log = logging.getLogger(__name__)

BATCH = 2_000
"""Events read, folded and written at once."""

SLICE = 200
"""Events folded before others in this process get their turn."""

HELD_ROWS = 20_000
"""Rows of one table kept in memory between batches."""

LOOK_SECONDS = 1.0
"""How often the log is looked at although nothing was heard, and the locks of others are tried."""

SUPERSEDED = -1
"""A generation that there never is: the checkpoint is to be read again."""

TRY_LOCK = "select pg_try_advisory_lock($1, $2)"
UNLOCK = "select pg_advisory_unlock($1, $2)"


class _Superseded(Exception):
    """A checkpoint is not where this runner left it: the projection has been rebuilt."""


class _Refused(Exception):
    """PostgreSQL does not take the rows of a projection."""

    def __init__(self, outcome: _Outcome):
        self.outcome = outcome


class _Follower:
    """One projection in this process. `generation` None: another process runs it, or other code does."""

    def __init__(self, projection: Projection):
        self.projection = projection
        self.name = projection.name
        self.generation: int | None = None
        self.position = 0
        self.stop: Stop | None = None
        self.folding = Folding(projection)
        self.handled = handled_topics([projection])

    def begin(self, checkpoint: Checkpoint) -> None:
        self.generation, self.position, self.stop = checkpoint.generation, checkpoint.position, None
        self.folding = Folding(self.projection, complete=checkpoint.position == 0)

    def forget(self) -> None:
        """What was folded and not written."""
        self.folding = Folding(self.projection)

    @property
    def follows(self) -> bool:
        return self.generation is not None and self.stop is None


@dataclass
class _Outcome:
    """What a batch comes to for one projection."""

    follower: _Follower
    position: int
    changes: list[Changes]
    stop: Stop | None = None


class Runner:
    """Runs projections while it is entered (`async with`). The read tables are there from the start."""

    def __init__(
        self,
        database: Database,
        recorder: Recorder,
        projections: Sequence[Projection] = PROJECTIONS,
        *,
        batch: int = BATCH,
        rest: float = 0.0,
    ):
        """`rest`: seconds it lets the log grow after each batch, unless somebody waits for a position."""
        self.database = database
        self.recorder = recorder
        self.projections = projections
        self.positions = Positions(database, recorder, [p.name for p in projections])
        self._batch = batch
        self._rest = rest
        self._followers = [_Follower(p) for p in projections]
        self._tasks: list[asyncio.Task[None]] = []
        self._ahead: tuple[int, asyncio.Task[list[Row]]] | None = None
        self._looked_around = asyncio.Event()

    async def __aenter__(self) -> Self:
        async with own_connection(self.database) as connection:
            old = await open_read_schema(connection, self.projections)
        self._tasks = [asyncio.create_task(self._run(), name="projections")]
        if old:
            self._tasks.append(asyncio.create_task(self._rebuild_old(), name="rebuild"))
        try:
            # Then it is known what is run here, and a stop of the past is not taken for one of the present.
            await self._looked_around.wait()
        except BaseException:
            await self._end()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._end()

    async def _end(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def wait_for(self, position: int, timeout: float, names: Collection[str] = ()) -> None:  # noqa: ASYNC109
        """Return once the read tables show the event at the position, for these projections or for all.

        Raises TimeoutError after `timeout` seconds; its kind `read_positions.ProjectionStopped` at once.
        """
        await self.positions.wait_for(position, timeout, names)

    async def lag(self) -> dict[str, int]:
        """How many events each projection is behind the log."""
        return await self.positions.lag()

    # -- the loops

    async def _run(self) -> None:
        """Follow the log for ever, over a connection that is made anew whenever it is lost."""
        while True:
            try:
                async with own_connection(self.database) as connection:
                    await open_read_schema(connection, self.projections)
                    await self._follow(connection)
            except Exception:
                log.exception("the projections' runner begins anew")
            finally:
                for follower in self._followers:
                    follower.generation = None
                self.positions.run_here(())
                await self._read_nothing_ahead()
            await asyncio.sleep(LOOK_SECONDS / 4)

    async def _follow(self, connection: asyncpg.Connection) -> None:
        bell = self.recorder.listener.bell()
        looked = -LOOK_SECONDS
        while True:
            # Before looking, so that what comes in between is heard.
            bell.clear()
            try:
                now = asyncio.get_running_loop().time()
                if now - looked >= LOOK_SECONDS:
                    looked = now
                    await self._look_around(connection)
                moved = False
                for group in self._groups():
                    moved = await self._advance(connection, group) or moved
            except _Superseded:
                looked, moved = -LOOK_SECONDS, True
            if not moved:
                # Not wait_for, which loses a cancellation that comes together with the bell.
                with suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_SECONDS):
                        await bell.wait()
            if self._rest:
                await self.positions.rest(self._rest)

    async def _look_around(self, connection: asyncpg.Connection) -> None:
        """Take over what is free, give up what other code has replaced, begin anew what has been rebuilt."""
        known = await checkpoints(connection, self.projections)
        for follower in self._followers:
            checkpoint = known[follower.name]
            lock = RUNNER_LOCK, lock_number(follower.name)
            if not checkpoint.fits(follower.projection):
                if follower.generation is not None:
                    log.warning("%s: other code has taken over its tables", follower.name)
                    follower.generation = None
                    await connection.fetchval(UNLOCK, *lock)
            elif follower.generation is None:
                if await connection.fetchval(TRY_LOCK, *lock):
                    # Read again: it may have moved on until the lock was free.
                    now = await checkpoints(connection, [follower.projection])
                    self._begin(follower, now[follower.name])
            elif follower.generation != checkpoint.generation:
                self._begin(follower, checkpoint)
        self.positions.run_here([f.name for f in self._followers if f.generation is not None])
        self._looked_around.set()

    def _begin(self, follower: _Follower, checkpoint: Checkpoint) -> None:
        follower.begin(checkpoint)
        self.positions.moved(follower.name, follower.position)

    def _groups(self) -> list[list[_Follower]]:
        """Those that follow, by position, the last ones first."""
        positions = sorted({f.position for f in self._followers if f.follows})
        return [[f for f in self._followers if f.follows and f.position == p] for p in positions]

    # -- one batch

    async def _advance(self, connection: asyncpg.Connection, group: list[_Follower]) -> bool:
        """Fold the next events for those who stand at the same position; False when there are none."""
        rows = await self._read(group[0].position)
        if not rows:
            return False
        facts = facts_of(rows, frozenset().union(*(f.handled for f in group)))
        outcomes = [await self._fold(connection, follower, facts) for follower in group]
        while outcomes:
            try:
                await self._write(connection, outcomes)
                break
            except _Refused as refused:
                outcomes.remove(refused.outcome)
                await self._find_refused(connection, refused.outcome.follower, facts)
            except _Superseded:
                for outcome in outcomes:
                    outcome.follower.generation = SUPERSEDED
                raise
        return True

    async def _read(self, position: int) -> list[Row]:
        """The events after a position, as far as the next projection stands; the batch after a full one is
        read while that is folded."""
        ahead, self._ahead = self._ahead, None
        if ahead is not None and ahead[0] == position:
            rows = await ahead[1]
        else:
            self._ahead = ahead
            others = [f.position for f in self._followers if f.follows and f.position > position]
            rows = await read_log(self.database, position, self._batch, min(others, default=FOREVER))
        if len(rows) == self._batch:
            await self._read_nothing_ahead()
            end = rows[-1][0]
            self._ahead = end, asyncio.create_task(read_log(self.database, end, self._batch))
        return rows

    async def _read_nothing_ahead(self) -> None:
        ahead, self._ahead = self._ahead, None
        if ahead is not None:
            ahead[1].cancel()
            with suppress(asyncio.CancelledError, *LOST):
                await ahead[1]

    async def _fold(
        self, connection: asyncpg.Connection, follower: _Follower, facts: Sequence[AnyFact]
    ) -> _Outcome:
        """Fold the facts, or those before the one that cannot be folded."""
        folding = follower.folding
        try:
            await hold_rows(connection, LIVE, folding, folding.wants(facts))
        except REFUSED as error:
            log.warning("%s: its rows cannot be read: %s", follower.name, error)
            return _Outcome(
                follower, follower.position, [], Stop(facts[0].position, facts[0].topic, str(error))
            )
        for start in range(0, len(facts), SLICE):
            stop = fold_facts(folding, facts[start : start + SLICE])
            if stop is not None:
                follower.forget()
                before = [fact for fact in facts if fact.position < stop.position]
                outcome = await self._fold(connection, follower, before)
                outcome.stop = stop
                return outcome
            await asyncio.sleep(0)
        position = facts[-1].position if facts else follower.position
        return _Outcome(follower, position, folding.drain())

    async def _write(self, connection: asyncpg.Connection, outcomes: Iterable[_Outcome]) -> None:
        """Rows and checkpoints, in one transaction."""
        async with connection.transaction():
            await self._move_checkpoints(connection, list(outcomes))
            for outcome in outcomes:
                try:
                    for changes in outcome.changes:
                        await write_changes(connection, LIVE, changes)
                except REFUSED as error:
                    log.warning("%s: the rows are refused: %s", outcome.follower.name, error)
                    raise _Refused(outcome) from error
        for outcome in outcomes:
            follower, stop = outcome.follower, outcome.stop
            follower.position, follower.stop = outcome.position, stop
            follower.folding.spill(HELD_ROWS)
            why = f"{stop.topic} at position {stop.position}: {stop.error}" if stop else None
            self.positions.moved(follower.name, follower.position, why)

    async def _move_checkpoints(self, connection: asyncpg.Connection, outcomes: list[_Outcome]) -> None:
        moved = await connection.fetch(
            MOVE_CHECKPOINTS,
            [o.follower.name for o in outcomes],
            [o.follower.generation for o in outcomes],
            [o.follower.position for o in outcomes],
            [o.position for o in outcomes],
            [o.stop and o.stop.position for o in outcomes],
            [o.stop and o.stop.topic for o in outcomes],
            [o.stop and o.stop.error for o in outcomes],
        )
        if len(moved) < len(outcomes):
            raise _Superseded

    async def _find_refused(
        self, connection: asyncpg.Connection, follower: _Follower, facts: Sequence[AnyFact]
    ) -> None:
        """Write what can be written of these facts, and stop at the first one that cannot: by halves."""
        while facts:
            some = facts[: max(len(facts) // 2, 1)]
            follower.forget()
            outcome = await self._fold(connection, follower, some)
            try:
                await self._write(connection, [outcome])
                if outcome.stop is not None:
                    return
                facts = facts[len(some) :]
            except _Refused as refused:
                if len(some) == 1:
                    follower.forget()
                    stop = Stop(some[0].position, some[0].topic, str(refused.__cause__))
                    await self._write(connection, [_Outcome(follower, follower.position, [], stop)])
                    return
                facts = some

    # -- older tables

    async def _rebuild_old(self) -> None:
        """Build anew what older code has built; until then its tables stay as they are."""
        while True:
            try:
                async with own_connection(self.database) as connection:
                    old = await open_read_schema(connection, self.projections)
                names = [projection.name for projection in old]
                if names:
                    log.info("changed, and being rebuilt beside the live tables: %s", ", ".join(names))
                    await rebuild(self.database, self.recorder, names, projections=self.projections)
                return
            except RebuildUnderWay:
                # By another process, which may not live to finish it.
                await asyncio.sleep(LOOK_SECONDS)
            except Failure as failure:
                log.error("not rebuilt: %s", failure)
                return
            except LOST as error:
                log.warning("the rebuild begins anew: %s", error)
                await asyncio.sleep(LOOK_SECONDS)
