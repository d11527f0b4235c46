"""The daily sweep of ten thousand tasks, by `duban daily` as the office runs it.

Nothing was ever reported on these tasks, so that on the first day every one gets its card and its urge; on
the second every card escalates; on the third nothing moves, which is how most days are.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from itertools import islice
from pathlib import Path
from time import perf_counter

from domain.aggregate import Event
from domain.documents import Document
from domain.supervision.card_scheme import DEFAULT, CardScheme
from service.bench.database import Database
from service.bench.history import CAMPAIGNS, OPENED, QUICK, TODAY, listed_task, streams
from service.bench.tables import STREAMS_AT_ONCE, rebuilt_seconds, recording, stored

TASKS = 10_000
DAYS = ("every task gets a card", "every card escalates", "nothing moves")


def history(tasks: int) -> Iterator[list[Event]]:
    """Units, campaigns, an adopted scheme, and so many tasks that are only listed."""
    # The directory and the campaigns; what follows them are tasks with their reports.
    yield from islice(streams(QUICK), CAMPAIGNS + 2)
    scheme = CardScheme.open(OPENED)
    scheme.adopt(DEFAULT, Document("演示〔2020〕1号", "亮牌办法", OPENED.date()), OPENED)
    yield list(scheme.collect_events())  # type: ignore[arg-type]
    for number in range(tasks):
        task = listed_task(number % CAMPAIGNS, number // CAMPAIGNS)
        yield list(task.collect_events())  # type: ignore[arg-type]


async def record(database: Database, tasks: int) -> None:
    async with recording(database) as (_, recorder):
        every = history(tasks)
        while some := list(islice(every, STREAMS_AT_ONCE)):
            await asyncio.gather(*(recorder.insert_events([stored(event) for event in one]) for one in some))


def sweeps(database: Database, directory: Path, tasks: int) -> Iterator[tuple[str, float]]:
    """What each day is like, and the seconds that `duban daily` took for it, from start to end."""
    asyncio.run(record(database, tasks))
    asyncio.run(rebuilt_seconds(database))
    environment = {**os.environ, "DATABASE_URL": database.dsn, "DUBAN_DATA": str(directory / "daily")}
    for number, kind in enumerate(DAYS):
        day = TODAY + timedelta(days=number)
        began = perf_counter()
        subprocess.run(
            [sys.executable, "-m", "service", "daily", "--date", str(day)],
            env=environment,
            check=True,
            stdout=subprocess.DEVNULL,
        )
        yield kind, perf_counter() - began
