"""A real PostgreSQL for every test that needs one, and a database of its own for each.

The embedded server is started once for a run; with TEST_DATABASE_URL the same tests run against that server
too.
"""

import os
import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg
import pytest

from service.embedded import embedded_postgres
from service.store.clock import SystemClock
from service.store.database import Database
from service.store.migrate import migrate
from service.store.recorder import Recorder

# A run in the background may have been started with Ctrl-C switched off, and so would what it starts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

SERVERS = ["embedded", *(["given"] if os.environ.get("TEST_DATABASE_URL") else [])]


@pytest.fixture(scope="session", params=SERVERS)
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server on which databases can be made."""
    if request.param == "given":
        yield os.environ["TEST_DATABASE_URL"]
        return
    with embedded_postgres(Path(tmp_path_factory.mktemp("postgres"))) as dsn:
        yield dsn


@pytest.fixture
async def dsn(server: str) -> AsyncIterator[str]:
    """An empty database of the test's own."""
    name = f"test_{uuid4().hex[:12]}"
    admin = await asyncpg.connect(server)
    try:
        await admin.execute(f"create database {name}")
        yield address_of(server, name)
        await admin.execute(f"drop database {name} with (force)")
    finally:
        await admin.close()


@pytest.fixture
async def database(dsn: str) -> AsyncIterator[Database]:
    """A pool on a database with the log's schema."""
    await migrate(dsn)
    async with await Database.open(dsn, size=4) as opened:
        yield opened


@pytest.fixture
async def recorder(database: Database) -> AsyncIterator[Recorder]:
    async with Recorder.open(database, SystemClock()) as opened:
        yield opened


def address_of(server: str, name: str) -> str:
    """The address of another database on the same server."""
    return urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
