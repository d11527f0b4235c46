"""A real PostgreSQL for every test that needs one, and a database of its own for each.

The embedded server is started once for a run; with TEST_DATABASE_URL the same tests run against that server
too.
"""

import asyncio
import gc
import os
import signal
from collections.abc import AsyncIterator, Iterator
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

import httpx
import pytest

from service.embedded import embedded_postgres
from service.store.clock import SystemClock
from service.store.database import Database
from service.store.recorder import Recorder
from tests.databases import MIGRATED, Preparation, cheapen, drop_templates, new_database, place

# A run in the background may have been started with Ctrl-C switched off, and so would what it starts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

LONGEST = (
    "tests/test_readme.py",
    "tests/service/log/test_doctor.py",
    "tests/service/api/test_differential.py",
    "tests/service/tables/test_runner.py",
    "tests/service/web/test_rating_trouble.py",
    "tests/service/tables/test_runner_rebuild.py",
    "tests/service/ballots/test_box.py",
    "tests/service/demonstration/test_assessment_chapter.py",
    "tests/service/api/test_audit_erasure.py",
    "tests/service/test_demonstration.py",
    "tests/service/api/test_permissions.py",
    "tests/service/test_demonstration_meetings.py",
    "tests/projections/assessment/test_rankings.py",
    "tests/service/cli/test_main.py",
    "tests/service/test_embedded.py",
    "tests/service/store/test_kill.py",
    "tests/service/store/test_rules.py",
    "tests/service/api/test_permissions_commands.py",
)
"""The files that take longest. Where several workers share the tests, each begins with one of these: one that
comes last would keep one worker busy and the others waiting."""

SERVERS = ["embedded", *(["given"] if os.environ.get("TEST_DATABASE_URL") else [])]


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Iterator[Any]:
    """What is loaded here stays: to look for garbage in it would take as long as to load it."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if "PYTEST_XDIST_WORKER" in os.environ:
        rank = {file: number for number, file in enumerate(LONGEST)}
        items.sort(key=lambda item: rank.get(item.nodeid.partition("::")[0], len(rank)))


@pytest.fixture(scope="session", autouse=True)
def certificates() -> Iterator[None]:
    """Whom one trusts, read once: every application has a client for webhooks, which would read them all."""
    with patch.object(httpx._transports.default, "create_ssl_context", cache(httpx.create_ssl_context)):
        yield


@pytest.fixture(scope="session", params=SERVERS)
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server on which databases can be made."""
    if request.param == "given":
        given = os.environ["TEST_DATABASE_URL"]
        yield given
        asyncio.run(drop_templates(given))
        return
    with place(tmp_path_factory.mktemp("postgres")) as directory, embedded_postgres(directory) as dsn:
        asyncio.run(cheapen(dsn))
        yield dsn


@pytest.fixture
def like() -> Preparation:
    """What `database` is like; modules whose tests follow the log have the read tables made as well."""
    return MIGRATED


@pytest.fixture
async def dsn(request: pytest.FixtureRequest, server: str, like: Preparation) -> AsyncIterator[str]:
    """A database of the test's own; an empty one, unless the test has it opened as `database` too."""
    async with new_database(server, like if "database" in request.fixturenames else None) as address:
        yield address


@pytest.fixture
async def database(dsn: str) -> AsyncIterator[Database]:
    """A pool on a database with the log's schema."""
    async with await Database.open(dsn, size=4) as opened:
        yield opened


@pytest.fixture
async def recorder(database: Database) -> AsyncIterator[Recorder]:
    async with Recorder.open(database, SystemClock()) as opened:
        yield opened


@pytest.fixture
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In an empty directory, with no setting of the machine's."""
    monkeypatch.chdir(tmp_path)
    for name in list(os.environ):
        if name.startswith("DUBAN_") or name in ("DATABASE_URL", "DATABASE_URL_FILE", "PORT", "PORT_FILE"):
            monkeypatch.delenv(name)
