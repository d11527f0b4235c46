"""A service and a browser for the tests of pages, shared by a module; each test has a hall of its own."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from tests.browser import browser
from tests.service.api.conftest import database
from tests.service.api.served import Served, served
from tests.service.web.hall import Hall, new_hall


@dataclass
class House:
    """Where halls are opened."""

    client: Served
    browser: Browser
    database: str

    async def hall(self, raters: int = 3, threshold: int = 2) -> Hall:
        return await new_hall(self.client, self.browser, self.database, raters, threshold)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(server: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    directory = tmp_path_factory.mktemp("pages")
    async with browser() as opened, database(server) as address:
        environment = {
            "DATABASE_URL": address,
            "DUBAN_DATA": str(directory / "data"),
            "DUBAN_DEMONSTRATION_DATE": "2020-06-10",
        }
        async with served(environment, directory) as client:
            yield House(client, opened, address)
