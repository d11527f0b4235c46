"""The witness over HTTP: `POST /add-checkpoint`, and for people `/` and `/vkey`."""

import asyncio
from collections.abc import Callable

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from service.log.witness import REQUEST_BYTES_LIMIT, Witness

# A request is some kilobytes: whoever takes longer is not a log.
BODY_SECONDS = 10.0


def application(witness: Witness) -> ASGIApp:
    async def add_checkpoint(request: Request) -> Response:
        try:
            async with asyncio.timeout(BODY_SECONDS):
                content = await _body(request)
        except TimeoutError:
            return PlainTextResponse("the request did not come in time\n", 408)
        if content is None:
            return PlainTextResponse("the request is too long\n", 413)
        # It waits for the disk.
        reply = await asyncio.to_thread(witness.add_checkpoint, content)
        return Response(reply.content, reply.status, {"Content-Type": reply.content_type})

    async def vkey(_: Request) -> Response:
        return PlainTextResponse(f"{witness.key.public.vkey}\n")

    async def shown(_: Request) -> Response:
        return PlainTextResponse(await asyncio.to_thread(told, witness))

    return Starlette(
        routes=[
            Route("/add-checkpoint", add_checkpoint, methods=["POST"]),
            Route("/vkey", vkey),
            Route("/", shown),
        ]
    )


def told(witness: Witness) -> str:
    """What a person should know: the witness's key, what it has cosigned, what it has refused."""
    lines = [
        f"witness {witness.key.name}",
        f"vkey    {witness.key.public.vkey}",
        f"fingerprint (校验码) {witness.key.public.fingerprint}",
        "",
    ]
    for origin in witness.origins:
        last = witness.last(origin)
        lines.append(
            f"{origin}: nothing cosigned yet" if last is None else f"{origin}: {last.size} events cosigned"
        )
        lines += [f"  fingerprint (校验码) {key.fingerprint}" for key in witness.keys_of(origin)]
    refusals = witness.refusals()
    lines += ["", f"{len(refusals)} refused"]
    for r in refusals:
        settled = "; settled: the same tree was cosigned later" if r["settled"] else ""
        lines.append(f"  {r['at']}  {str(r['what']).upper()}: {r['told']} ({r['origin']}){settled}")
    if cut_short := witness.cut_short():
        lines.append(f"  and {cut_short} of which a crash has left no more than a part")
    if refusals:
        lines += ["", f"The signed notes are in {witness.directory / 'refused'}: they are evidence."]
    return "\n".join(lines) + "\n"


def serve(witness: Witness, host: str, port: int, greet: Callable[[int], None]) -> None:
    """Serve until interrupted; `greet` is told the port once it listens."""

    class Server(uvicorn.Server):
        async def startup(self, sockets: object = None) -> None:
            await super().startup()
            greet(self.servers[0].sockets[0].getsockname()[1])

    config = uvicorn.Config(
        application(witness),
        host=host,
        port=port,
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
        timeout_graceful_shutdown=5,
        limit_concurrency=64,
    )
    Server(config).run()


async def _body(request: Request) -> bytes | None:
    pieces, size = [], 0
    async for piece in request.stream():
        size += len(piece)
        if size > REQUEST_BYTES_LIMIT:
            return None
        pieces.append(piece)
    return b"".join(pieces)
