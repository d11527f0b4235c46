"""How the service says that it is well, and what it answers while its database is away."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg

from domain import identifiers
from projections import PROJECTIONS
from service.store.clock import SystemClock
from tests.patience import PATIENCE_S
from tests.service.api.city import unit
from tests.service.api.client import OFFICE, Insider
from tests.service.api.conftest import opened
from tests.service.api.served import Served

NAME = {"code": "dept.a", "name": "单位", "category": "ZONE", "idempotencyKey": "while-away"}


async def test_a_served_service_is_alive_and_ready(served_town: Served) -> None:
    alive = await served_town.http.get("/livez")
    assert (alive.status_code, alive.text) == (200, "alive\n")
    ready = await served_town.http.get("/readyz")
    assert ready.status_code == 200
    assert ready.json()["ready"] is True
    assert set(ready.json()["lag"]) == {projection.name for projection in PROJECTIONS}
    assert (await served_town.http.get("/")).json()["graphql"] == "/graphql"
    assert (await served_town.http.get("/nowhere")).status_code == 404


async def test_metrics_in_the_text_format(served_town: Served) -> None:
    answer = await served_town.http.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    lines = dict(line.rsplit(" ", 1) for line in answer.text.splitlines() if not line.startswith("#"))
    assert int(lines["duban_log_position"]) > 10
    assert int(lines['duban_projection_lag{projection="ledger"}']) >= 0


@asynccontextmanager
async def away(server: str, app: Insider) -> AsyncIterator[None]:
    """The database lets nobody in, and has put everybody out."""
    name = urlsplit(str(app.settings.database_url)).path.removeprefix("/")
    admin = await asyncpg.connect(server)
    try:
        await admin.execute(f"alter database {name} with allow_connections false")
        await admin.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = $1", name)
        yield
    finally:
        await admin.execute(f"alter database {name} with allow_connections true")
        await admin.close()


async def answered(ask: Callable[[], Awaitable[dict[str, Any]]]) -> dict[str, Any]:
    """The first answer without errors."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            answer = await ask()
            if "errors" not in answer:
                return answer
            await asyncio.sleep(0.1)


async def test_while_the_database_is_away_everything_says_so(server: str, tmp_path: Path) -> None:
    async with opened(server, tmp_path, SystemClock()) as app, Insider(app) as client:
        await client.give("registerUnit", NAME | {"code": "dept.b", "idempotencyKey": "before-it"})
        async with away(server, client):
            for query in ("{ units { totalCount } }", "{ viewer { role } units { totalCount } }"):
                response = await client.post({"query": query})
                assert response.status_code == 503
                assert response.json()["errors"][0]["extensions"]["code"] == "UNAVAILABLE"
            answer = await client.send("registerUnit", NAME)
            assert [e["extensions"]["code"] for e in answer["errors"]] == ["UNAVAILABLE"]
            explained = '{ explainProgress(task: "task:155379d4-e7dc-50d6-9939-7a83316d5dae") { zh } }'
            assert await client.codes(explained) == ["UNAVAILABLE"]
            assert (await client.http.get("/readyz")).status_code == 503
            assert (await client.http.get("/metrics")).status_code == 503
            cards = f"/rate/{identifiers.rating_id('2020-05')}/cards.pdf"
            asked = {"count": 1, "origin": "https://duban.example"}
            printed = await client.http.post(cards, json=asked, headers=client.headers(OFFICE))
            assert (printed.status_code, printed.json()["refused"]["code"]) == (503, "UNAVAILABLE")
            assert (await client.http.get("/livez")).status_code == 200
        # It comes back by itself; the command that may or may not have been recorded is sent again.
        again = await answered(lambda: client.send("registerUnit", NAME))
        assert again["data"]["registerUnit"]["__typename"] == "UnitPayload"
        position = again["data"]["registerUnit"]["position"]
        query = "query ($p: Position) { units(minPosition: $p) { nodes { id } } }"
        shown = await answered(lambda: client.answer(query, {"p": position}))
        assert [node["id"] for node in shown["data"]["units"]["nodes"]] == [unit("dept.a"), unit("dept.b")]
