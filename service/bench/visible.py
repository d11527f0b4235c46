"""From a mutation to its effect in the ledger, end to end: `reportProgress` over HTTP, then the ledger of its
campaign with the mutation's position as `minPosition`.

The clock starts when the mutation is sent and stops when the ledger that shows the new period has come.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from time import perf_counter
from typing import Any
from uuid import uuid4

import orjson
import uvloop

from domain import identifiers
from domain.period import period_numbered
from service.bench import history
from service.bench.load import LoadFault, Target, percentile

MUTATION = """mutation Report($input: ReportProgressInput!) { reportProgress(input: $input) {
  __typename ... on ReportPayload { position } ... on Refused { code messageEn } } }"""
LEDGER = """query Ledger($campaign: ID!, $seen: Position!) {
  ledger(campaign: $campaign, minPosition: $seen) { nodes { id lastPeriod completion } } }"""
MONTHS = 5
"""Periods between the last one of the history and the bench's date."""


@dataclass(frozen=True, slots=True)
class Seen:
    """Milliseconds, of all the mutations of one run: until recorded, and until seen in the ledger."""

    mutations: int
    recorded_p50_ms: float
    recorded_p99_ms: float
    visible_p50_ms: float
    visible_p99_ms: float


@dataclass(frozen=True, slots=True)
class Report:
    """What one mutation says."""

    campaign: int
    number: int
    month: int

    @property
    def task(self) -> str:
        return f"task:{identifiers.task_id(history.task_code(self.campaign, self.number))}"

    @property
    def ledger(self) -> str:
        return f"campaign:{identifiers.campaign_id(history.campaign_code(self.campaign))}"

    @property
    def period(self) -> str:
        return str(period_numbered(history.FIRST_MONTH + self.month))

    def input(self) -> dict[str, object]:
        values = history.reported_values(self.number, self.month)
        return {
            "task": self.task,
            "period": self.period,
            "values": [{"indicator": v.indicator, "value": _text(v.value)} for v in values],
            "narrative": history.NARRATIVE,
            "idempotencyKey": str(uuid4()),
        }


def _text(value: Decimal | None) -> str | None:
    return None if value is None else str(value)


def reports() -> Iterator[Report]:
    """All that may still be reported on the campaigns of sixty, month by month."""
    for month in range(history.REPORTS_OF_A_TASK, history.REPORTS_OF_A_TASK + MONTHS):
        for number in range(history.TASKS_OF_A_CAMPAIGN):
            for campaign in range(history.CAMPAIGNS):
                yield Report(campaign, number, month)


def watch(target: Target, queue: Iterator[Report], mutations: int, clients: int) -> Seen:
    """Report so often, with so many clients at once. Raises LoadFault, OSError."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        pairs = runner.run(_watched(target, [next(queue) for _ in range(mutations)], clients))
    recorded, visible = (sorted(column) for column in zip(*pairs, strict=True))
    return Seen(
        len(pairs),
        1000 * percentile(recorded, 0.50),
        1000 * percentile(recorded, 0.99),
        1000 * percentile(visible, 0.50),
        1000 * percentile(visible, 0.99),
    )


async def _watched(target: Target, queue: list[Report], clients: int) -> list[tuple[float, float]]:
    seconds: list[tuple[float, float]] = []

    async def client(share: list[Report]) -> None:
        reader, writer = await asyncio.open_connection(target.host, target.port, limit=2**20)
        for report in share:
            seconds.append(await _reported(target, reader, writer, report))
        writer.close()
        await writer.wait_closed()

    async with asyncio.TaskGroup() as group:
        for number in range(clients):
            group.create_task(client(queue[number::clients]))
    return seconds


async def _reported(
    target: Target, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, report: Report
) -> tuple[float, float]:
    """Seconds until recorded and until visible."""
    mutation = target.query(MUTATION, {"input": report.input()})
    began = perf_counter()
    answer = (await _asked(reader, writer, mutation))["reportProgress"]
    recorded = perf_counter() - began
    if "position" not in answer:
        raise LoadFault(f"{report}: {answer}")
    variables: dict[str, object] = {"campaign": report.ledger, "seen": answer["position"]}
    rows = (await _asked(reader, writer, target.query(LEDGER, variables)))["ledger"]["nodes"]
    visible = perf_counter() - began
    shown = next(row["lastPeriod"] for row in rows if row["id"] == report.task)
    if shown != report.period:
        raise LoadFault(f"{report}: the ledger shows {shown}")
    return recorded, visible


async def _asked(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes
) -> dict[str, Any]:
    """One request and the data of its answer."""
    writer.write(request)
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    length = int(head.partition(b"content-length:")[2].split(b"\r\n", 1)[0])
    answer = orjson.loads(await reader.readexactly(length))
    if "errors" in answer:
        raise LoadFault(f"{answer['errors']}")
    data: dict[str, Any] = answer["data"]
    return data
