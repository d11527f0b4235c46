"""The service as it is served: a process of its own, on a port of the loopback, under uvicorn."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

from service.config import Settings
from tests.patience import PATIENCE_S
from tests.service.api.client import Client, Person

# What `duban serve` does with a database that is given, telling its port to whoever started it.
SERVE = """
from service.serving import serve
from service.config import settings
serve(settings(), lambda told: print(told.port, flush=True))
"""


class Served(Client):
    """A client of a served application. `errors` is what the service has written to its log."""

    def __init__(self, port: int, settings: Settings, log: Path):
        self.url = f"http://127.0.0.1:{port}"
        self.ws_url = f"ws://127.0.0.1:{port}/graphql"
        self._log = log
        super().__init__(httpx.AsyncClient(base_url=self.url, timeout=PATIENCE_S), settings)

    @property
    def errors(self) -> str:
        return self._log.read_text(encoding="utf-8")

    def bearer(self, who: Person) -> str:
        return f"Bearer {self.token(who)}"


@asynccontextmanager
async def served(environment: dict[str, str], directory: Path) -> AsyncIterator[Served]:
    """Serve on any free port until the end; the process is asked to stop, and stops without complaint."""
    log = directory / "service.log"
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("DUBAN_")}
    with log.open("wb") as file:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            SERVE,
            env=inherited | environment | {"PORT": "0"},
            stdout=asyncio.subprocess.PIPE,
            stderr=file,
        )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(PATIENCE_S):
            told = await process.stdout.readline()
        assert told, log.read_text()
        async with Served(int(told), Settings.from_environment(environment), log) as client:
            yield client
    finally:
        if process.returncode is None:
            # As Ctrl-C does.
            process.send_signal(signal.SIGINT)
        async with asyncio.timeout(PATIENCE_S):
            code = await process.wait()
    assert code == 0, log.read_text()
