"""The API under test: an application on a database of its own, asked as its clients ask it.

Everything in tests/service/api runs in one event loop, so that tests can share applications: `city`
is one with a history that tests only read, `service` one that is empty and a test's own.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio

from service.app import Application
from service.config import Settings
from service.store.clock import Clock, SimulatedClock
from tests.databases import READY, new_database
from tests.service.api.city import City, build
from tests.service.api.client import Insider
from tests.service.api.served import Served, served
from tests.service.api.small import small_town
from tests.service.api.streams import TRANSPORTS

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents and pytest_asyncio.is_async_test(item):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@asynccontextmanager
async def database(server: str) -> AsyncIterator[str]:
    """The address of a new database with its tables, which is dropped in the end."""
    async with new_database(server, READY) as address:
        yield address


@asynccontextmanager
async def opened(
    server: str, data: Path, clock: Clock, *, accounts: bool = False
) -> AsyncIterator[Application]:
    """An application on a new database. What is read is written down only with `accounts`: most tests count
    the events that they cause themselves."""
    async with database(server) as address:
        settings = Settings.from_environment({"DATABASE_URL": address, "DUBAN_DATA": str(data)})
        async with Application.open(settings, clock, accounts=accounts) as app:
            yield app


def noon(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day, 12, tzinfo=ZoneInfo("Asia/Shanghai"))


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def city(server: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[City]:
    """Half a year of three campaigns. Tests that share it read only."""
    clock = SimulatedClock(noon(2020, 3, 20))
    async with opened(server, tmp_path_factory.mktemp("city"), clock) as app, Insider(app) as client:
        yield await build(client, clock)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def module_service(server: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Insider]:
    """A client of an application of the module's own, on 10 June 2020."""
    clock = SimulatedClock(noon(2020, 6, 10))
    async with opened(server, tmp_path_factory.mktemp("module"), clock) as app, Insider(app) as client:
        yield client


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def town(module_service: Insider) -> AsyncIterator[Insider]:
    """One campaign, one task with a report, one that is closed. Nothing here may change it."""
    await small_town(module_service)
    position = await module_service.position()
    yield module_service
    assert await module_service.position() == position


@pytest.fixture
def clock() -> SimulatedClock:
    return SimulatedClock(noon(2020, 6, 10))


@pytest_asyncio.fixture(loop_scope="session")
async def service(server: str, tmp_path: Path, clock: SimulatedClock) -> AsyncIterator[Insider]:
    """A client of an application whose log is empty, on 10 June 2020 until the clock is set."""
    async with opened(server, tmp_path, clock) as app, Insider(app) as client:
        yield client


@pytest_asyncio.fixture(loop_scope="session")
async def accounted(server: str, tmp_path: Path, clock: SimulatedClock) -> AsyncIterator[Insider]:
    """As `service`, of one that accounts for what is read."""
    async with opened(server, tmp_path, clock, accounts=True) as app, Insider(app) as client:
        yield client


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def served_town(server: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Served]:
    """A small town, served: a client of it over the network, on 10 June 2020."""
    directory = tmp_path_factory.mktemp("served")
    async with database(server) as address:
        environment = {
            "DATABASE_URL": address,
            "DUBAN_DATA": str(directory / "data"),
            "DUBAN_DEMONSTRATION_DATE": "2020-06-10",
        }
        async with served(environment, directory) as client:
            await small_town(client)
            yield client


@pytest.fixture(params=list(TRANSPORTS.values()), ids=list(TRANSPORTS))
def over(request: pytest.FixtureRequest) -> Any:
    """A way to subscribe."""
    return request.param


@pytest.fixture
def no_traceback_in_the_log(served_town: Served) -> Any:
    before = len(served_town.errors)
    yield
    written = served_town.errors[before:]
    assert "Traceback" not in written, written
