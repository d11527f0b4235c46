"""The plain Strawberry peer: resolvers and data loaders on asyncpg, as anybody would write them.

It has Strawberry's parser and validation caches, a warm pool, uvicorn with uvloop and httptools, and one
process. Run as a module, it serves on a free port until SIGTERM; settings come from the environment:
BENCH_DSN, BENCH_CONNECTIONS.
"""

import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import asyncpg
import strawberry
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.dataloader import DataLoader
from strawberry.extensions import ParserCache, ValidationCache

Row = Any
Pool = Any

UNITS_BY_ID = "select id, name, category from peer.unit where id = any($1::uuid[])"
TASK_COLUMNS = "id, code, title, status, completion, deadline, lead_unit_id"
TASK_BY_ID = f"select {TASK_COLUMNS} from peer.task where id = $1"
TASKS = f"select {TASK_COLUMNS} from peer.task order by code_key, id limit $1"
TASKS_OF_CAMPAIGN = (
    f"select {TASK_COLUMNS} from peer.task where campaign_id = $1 order by code_key, id limit $2"
)
LEDGER = f"""select {TASK_COLUMNS}, expected, deviation, days_overdue, last_period, reports_missing
from peer.task where campaign_id = $1 order by code_key, id"""
LAST_REPORTS = """select r.* from unnest($1::uuid[]) as k(id) cross join lateral (
  select id, task_id, period, status, completion, narrative, reported_at
  from peer.report where task_id = k.id order by month desc, id desc limit $2) as r"""


@strawberry.type
class Unit:
    id: strawberry.ID
    name: str
    category: str


@strawberry.type
class Report:
    id: strawberry.ID
    period: str
    status: str
    completion: Decimal | None
    narrative: str
    reported_at: datetime


@strawberry.type
class ReportConnection:
    nodes: list[Report]


@strawberry.type
class Task:
    id: strawberry.ID
    code: str
    title: str
    status: str
    completion: Decimal | None
    deadline: date
    lead_unit_id: strawberry.Private[UUID]

    @strawberry.field
    async def lead_unit(self, info: strawberry.Info) -> Unit:
        unit: Unit = await info.context["units"].load(self.lead_unit_id)
        return unit

    @strawberry.field
    async def reports(self, info: strawberry.Info, first: int = 20) -> ReportConnection:
        return ReportConnection(nodes=await info.context["reports"].load((self.id, first)))


@strawberry.type
class LedgerEntry(Task):
    expected: Decimal
    deviation: Decimal | None
    days_overdue: int
    last_period: str | None
    reports_missing: int


@strawberry.type
class TaskConnection:
    nodes: list[Task]


@strawberry.type
class LedgerConnection:
    nodes: list[LedgerEntry]


@strawberry.input
class TaskFilter:
    campaign: strawberry.ID | None = None


@strawberry.type
class Query:
    @strawberry.field
    async def task(self, info: strawberry.Info, id: strawberry.ID) -> Task | None:
        row = await info.context["pool"].fetchrow(TASK_BY_ID, UUID(id))
        return None if row is None else Task(**row)

    @strawberry.field
    async def tasks(
        self, info: strawberry.Info, first: int = 50, filter: TaskFilter | None = None
    ) -> TaskConnection:
        if filter is None or filter.campaign is None:
            rows = await info.context["pool"].fetch(TASKS, first)
        else:
            rows = await info.context["pool"].fetch(TASKS_OF_CAMPAIGN, UUID(filter.campaign), first)
        return TaskConnection(nodes=[Task(**row) for row in rows])

    @strawberry.field
    async def ledger(self, info: strawberry.Info, campaign: strawberry.ID) -> LedgerConnection:
        rows = await info.context["pool"].fetch(LEDGER, UUID(campaign))
        return LedgerConnection(nodes=[LedgerEntry(**row) for row in rows])


def units_loader(pool: Pool) -> DataLoader[UUID, Unit]:
    async def load(keys: list[UUID]) -> list[Unit]:
        found = {row["id"]: Unit(**row) for row in await pool.fetch(UNITS_BY_ID, keys)}
        return [found[key] for key in keys]

    return DataLoader(load_fn=load)


def reports_loader(pool: Pool) -> DataLoader[tuple[UUID, int], list[Report]]:
    async def load(keys: list[tuple[UUID, int]]) -> list[list[Report]]:
        found: dict[UUID, list[Report]] = {task: [] for task, _ in keys}
        for row in await pool.fetch(LAST_REPORTS, list(found), max(first for _, first in keys)):
            found[row["task_id"]].append(_report(row))
        return [found[task][:first] for task, first in keys]

    return DataLoader(load_fn=load)


def _report(row: Row) -> Report:
    return Report(
        id=row["id"],
        period=row["period"],
        status=row["status"],
        completion=row["completion"],
        narrative=row["narrative"],
        reported_at=row["reported_at"],
    )


class PlainGraphQL(GraphQL[dict[str, Any], None]):
    """Strawberry's own ASGI application, with the loaders of each request."""

    pool: Pool

    async def get_context(
        self, request: Request | WebSocket, response: Response | WebSocket
    ) -> dict[str, Any]:
        return {
            "pool": self.pool,
            "units": units_loader(self.pool),
            "reports": reports_loader(self.pool),
        }


def serve(listening: socket.socket, dsn: str, connections: int) -> None:
    """Serve until SIGTERM; says `listening PORT` when the pool is warm."""
    schema = strawberry.Schema(Query, extensions=[ParserCache, ValidationCache])
    view = PlainGraphQL(schema, graphql_ide=None)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        view.pool = await asyncpg.create_pool(
            dsn, min_size=connections, max_size=connections, server_settings={"jit": "off"}
        )
        print(f"listening {listening.getsockname()[1]}", flush=True)
        yield
        await view.pool.close()

    app = Starlette(lifespan=lifespan, routes=[Route("/graphql", view)])
    config = uvicorn.Config(app, loop="uvloop", http="httptools", access_log=False, log_level="warning")
    uvicorn.Server(config).run(sockets=[listening])


def main() -> None:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(1024)
        serve(listening, os.environ["BENCH_DSN"], int(os.environ["BENCH_CONNECTIONS"]))


if __name__ == "__main__":
    main()
