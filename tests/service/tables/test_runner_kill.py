"""A runner that is killed: within a transaction, right behind a commit, anywhere. Nothing is folded twice."""

import signal
import sys
from asyncio import subprocess
from pathlib import Path

import pytest

from service.store.recorder import Recorder
from service.tables.rebuild import rebuild
from service.tables.runner import Runner
from tests.patience import PATIENCE_S
from tests.projections.histories import City
from tests.projections.read_tables import positions, record, shown, until

ROOT = Path(__file__).parents[2]


async def start(recorder: Recorder, where: str, nth: int = 0) -> subprocess.Process:
    command = (sys.executable, "-m", "tests.projections.dying_runner", recorder.database.dsn, where, str(nth))
    return await subprocess.create_subprocess_exec(*command, cwd=ROOT)


async def assert_as_rebuilt(recorder: Recorder, last: int) -> None:
    async with Runner(recorder.database, recorder) as runner:
        await runner.wait_for(last, PATIENCE_S)
        followed = await shown(recorder.database)
    await rebuild(recorder.database, recorder)
    assert await shown(recorder.database) == followed


@pytest.mark.parametrize("where", ["within", "behind"])
async def test_killed_in_the_middle_of_a_batch(recorder: Recorder, where: str) -> None:
    last = await record(recorder, City(51).live(300).events)
    for nth in (0, 3, 5):
        process = await start(recorder, where, nth)
        assert await process.wait() == -signal.SIGKILL
    async with recorder.database.acquire() as connection:
        position = await connection.fetchval("select min(position) from read.checkpoint")
    assert position == (3 + 5 if where == "within" else 1 + 4 + 6) * 10 < last
    await assert_as_rebuilt(recorder, last)


async def test_killed_anywhere_the_one_that_stands_by_takes_over(recorder: Recorder) -> None:
    events = City(52).live(300).events
    half = len(events) // 2
    process = await start(recorder, "never")

    async def holds_the_locks() -> bool:
        held: int = await recorder.database.fetchval(
            "select count(*) from pg_locks l join pg_database d on d.oid = l.database"
            " where d.datname = current_database() and l.locktype = 'advisory' and l.granted"
        )
        return held >= 3

    await until(holds_the_locks)
    async with Runner(recorder.database, recorder) as runner:
        assert not any(follower.follows for follower in runner._followers)
        first = await record(recorder, events[:half])
        await runner.wait_for(first, PATIENCE_S)
        last = await record(recorder, events[half:])
        process.kill()
        await process.wait()
        await runner.wait_for(last, PATIENCE_S)
        assert all(follower.follows for follower in runner._followers)
        assert set((await positions(recorder.database)).values()) == {last}
    await assert_as_rebuilt(recorder, last)
