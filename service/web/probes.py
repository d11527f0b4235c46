"""Probes: is the process alive, can it serve, and how is it doing (for Prometheus)."""

import time

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from service.app import Application
from service.store.errors import UNREACHABLE

# A projection that stays this far behind the log makes the service not ready.
READY_LAG = 10_000

SEALED = "select coalesce(max(size), 0) from log.checkpoint"


def routes(app: Application) -> list[BaseRoute]:
    async def alive(_: Request) -> Response:
        return PlainTextResponse("alive\n")

    async def ready(_: Request) -> Response:
        return await _ready(app)

    async def metrics(_: Request) -> Response:
        return await _metrics(app)

    async def welcome(_: Request) -> Response:
        return JSONResponse({"service": "Duban 督办", "graphql": "/graphql"})

    return [
        Route("/livez", alive),
        Route("/readyz", ready),
        Route("/metrics", metrics),
        Route("/", welcome),
    ]


async def _ready(app: Application) -> Response:
    try:
        lag = await app.runner.lag()
    except UNREACHABLE as error:
        return JSONResponse({"ready": False, "database": type(error).__name__}, 503)
    ready = all(behind is not None and behind <= READY_LAG for behind in lag.values())
    return JSONResponse({"ready": ready, "lag": lag}, 200 if ready else 503)


async def _metrics(app: Application) -> Response:
    try:
        lag, position = await app.runner.lag(), await app.recorder.max_notification_id() or 0
        sealed = await app.database.fetchval(SEALED)
    except UNREACHABLE as error:
        return PlainTextResponse(f"# the database cannot be reached: {type(error).__name__}\n", 503)
    lines = [
        "# TYPE duban_log_position counter",
        f"duban_log_position {position}",
        "# TYPE duban_projection_lag gauge",
        *(f'duban_projection_lag{{projection="{name}"}} {behind}' for name, behind in lag.items()),
        "# TYPE duban_log_sealed gauge",
        f"duban_log_sealed {sealed}",
        "# TYPE duban_log_trouble gauge",
        f"duban_log_trouble {int(app.signer is not None and app.signer.trouble is not None)}",
        "# TYPE duban_uptime_seconds gauge",
        f"duban_uptime_seconds {time.monotonic() - app.started:.0f}",
    ]
    return PlainTextResponse("\n".join(lines) + "\n", media_type="text/plain; version=0.0.4")
