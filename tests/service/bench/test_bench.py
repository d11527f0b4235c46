"""The bench's history and its appends on a real database; what it says on its command line."""

from __future__ import annotations

import asyncio
from itertools import islice
from pathlib import Path

import pytest

from domain.period import period_of
from domain.task import Task
from service.bench import NAMES, history, main
from service.bench.appends import CLIENTS, append
from service.bench.database import named_by
from service.bench.history import EVENTS_OF_A_TASK, QUICK, TODAY, reported_task
from service.bench.ratings import rate
from service.bench.tables import stored
from service.bench.visible import MONTHS, reports
from service.store.database import Database


def test_every_task_has_the_events_that_the_extent_counts() -> None:
    events = list(reported_task(3, 7).collect_events())

    assert len(events) == EVENTS_OF_A_TASK
    assert QUICK.tasks * EVENTS_OF_A_TASK > 80_000
    assert history.FULL.tasks * EVENTS_OF_A_TASK >= 200_000


def test_the_history_is_the_same_every_time() -> None:
    first, again = (
        [stored(event) for stream in islice(history.streams(QUICK), 20) for event in stream] for _ in range(2)
    )

    assert [event.state for event in first] == [event.state for event in again]


def test_what_is_still_to_be_reported_lies_behind_the_history_and_before_today() -> None:
    to_report = list(reports())

    assert len({(r.task, r.period) for r in to_report}) == len(to_report)
    assert len(to_report) == history.CAMPAIGNS * history.TASKS_OF_A_CAMPAIGN * MONTHS
    assert max(r.period for r in to_report) < str(period_of(TODAY))


async def test_sixty_four_clients_append_each_to_streams_of_its_own(dsn: str) -> None:
    events = reported_task(0, 0).collect_events()
    report = stored(next(event for event in events if isinstance(event, Task.ProgressReported)))

    appended = await asyncio.to_thread(append, named_by(dsn), report, 0.1)

    assert appended.per_second > 0
    assert appended.p99_ms > 0
    async with await Database.open(dsn, size=1) as opened:
        streams = await opened.fetchval("select count(distinct stream_id) from log.event")
    assert streams == 2 * CLIENTS  # once to warm up, once measured


def test_help_names_every_measurement(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])

    said = capsys.readouterr().out
    assert all(name in said for name in NAMES)


async def test_a_box_of_the_bench_is_collected_cast_sealed_and_right(dsn: str, tmp_path: Path) -> None:
    rated = await asyncio.to_thread(rate, named_by(dsn), tmp_path, 6, 2)

    assert (rated.raters, rated.units) == (6, 2)
    assert rated.signatures.per_second > 0
    assert rated.ballots.per_second > 0
