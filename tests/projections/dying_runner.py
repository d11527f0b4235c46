"""A runner in a process of its own that kills itself, started with the arguments DSN, WHERE and NTH.

WHERE is `within` the transaction of the NTH batch, or `behind` its commit; with `never` it goes on until
it is killed.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Iterable

import asyncpg

from service.store.clock import SystemClock
from service.store.database import Database
from service.store.recorder import Recorder
from service.tables.runner import Runner, _Outcome


class DyingRunner(Runner):
    where, nth, written = "never", 0, 0

    async def _move_checkpoints(self, connection: asyncpg.Connection, outcomes: list[_Outcome]) -> None:
        await super()._move_checkpoints(connection, outcomes)
        if self.where == "within" and self.written == self.nth:
            os.kill(os.getpid(), signal.SIGKILL)

    async def _write(self, connection: asyncpg.Connection, outcomes: Iterable[_Outcome]) -> None:
        await super()._write(connection, outcomes)
        if self.where == "behind" and self.written == self.nth:
            os.kill(os.getpid(), signal.SIGKILL)
        self.written += 1


async def main(dsn: str, where: str, nth: str) -> None:
    async with (
        await Database.open(dsn, size=2) as database,
        Recorder.open(database, SystemClock()) as recorder,
    ):
        runner = DyingRunner(database, recorder, batch=10)
        runner.where, runner.nth = where, int(nth)
        async with runner:
            await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
