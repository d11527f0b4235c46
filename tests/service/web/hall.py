"""A hall in which is rated: the served service, a box, its staff, and phones in a real browser."""

from __future__ import annotations

import io
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import asyncpg
import zxingcpp
from PIL import Image
from playwright.async_api import Browser, BrowserContext, Page

from domain import identifiers
from tests.patience import PATIENCE_S
from tests.service.api.client import EVALUATOR, OFFICE, Person
from tests.service.api.served import Served

PHONE, DESKTOP = {"width": 390, "height": 844}, {"width": 1280, "height": 800}
UNITS = ("青州市", "寿光市", "高新技术产业开发区", "市生态环境局")
NUMBERS = count(1)
# Where whoever wants to look at the pages has the pictures written.
PICTURES = Path(os.environ["RATING_PICTURES"]) if "RATING_PICTURES" in os.environ else None

# A page looks every few seconds what has become of the box; here it does so a tenth as late.
HASTE = """{
  const later = window.setTimeout;
  window.setTimeout = (then, ms, ...more) => later(then, then.name === "turnOfTime" ? ms / 10 : ms, ...more);
}"""


@dataclass
class Hall:
    """`complaints` are errors that a page's console had, and requests to other hosts."""

    client: Served
    browser: Browser
    box: str
    units: Sequence[str]
    database: str
    complaints: list[str] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"{self.client.url}/rate/{self.box}"

    @asynccontextmanager
    async def device(self, size: dict[str, int] = PHONE, **options: Any) -> AsyncIterator[BrowserContext]:
        """A browser that has never been here, as another person's is."""
        context = await self.browser.new_context(viewport=size, locale="zh-CN", **options)  # type: ignore[arg-type]
        await context.add_init_script(HASTE)
        context.on("page", self._watch)
        try:
            yield context
        finally:
            await context.close()

    def _watch(self, page: Page) -> None:
        page.set_default_timeout(PATIENCE_S * 1000)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on(
            "console",
            lambda said: (
                self.complaints.append(said.text)
                # A refusal is an HTTP status, and the browser notes those by itself.
                if said.type in ("error", "warning") and "Failed to load resource" not in said.text
                else None
            ),
        )
        page.on("request", lambda request: self._local(request.url))

    def _local(self, url: str) -> None:
        if not url.startswith((self.client.url, "blob:", "about:")):
            self.complaints.append(f"asked another host: {url}")

    # -- what staff do without a page

    async def staff(self, mutation: str, selection: str = "", **more: Any) -> dict[str, Any]:
        """A step that is no fact, given by evaluation staff."""
        title = mutation[0].upper() + mutation[1:]
        query = (
            f"mutation ($input: {title}Input!) {{ {mutation}(input: $input)"
            f" {{ __typename ... on Refused {{ code }} {selection} }} }}"
        )
        answer = await self.client.ask(query, {"input": {"box": f"rating:{self.box}", **more}}, EVALUATOR)
        assert answer[mutation]["__typename"] != "Refused", answer
        result: dict[str, Any] = answer[mutation]
        return result

    async def fact(self, mutation: str, **more: Any) -> None:
        await self.client.give(mutation, {"box": f"rating:{self.box}", **more}, role=EVALUATOR)

    async def raters(self) -> list[str]:
        query = "query ($box: ID!) { ratingDesk(box: $box) { raters { id } } }"
        answer = await self.client.ask(query, {"box": f"rating:{self.box}"}, EVALUATOR)
        return [rater["id"] for rater in answer["ratingDesk"]["raters"]]

    async def check_in(self, rater: str) -> str:
        """The address that a rater's phone opens."""
        path = (await self.staff("checkInRater", "... on CheckedIn { path }", rater=rater))["path"]
        return f"{self.client.url}{path}"

    async def sealed(self) -> dict[str, Any]:
        response = await self.client.http.get(f"/rate/{self.box}/sealed.json")
        body: dict[str, Any] = response.json()
        return body

    def grades(self, sealed: dict[str, Any]) -> list[dict[str, int]]:
        """How often each grade was given, unit by unit, grades that nobody gave left out."""
        by_unit = {unit["unit"]: unit["histogram"] for unit in sealed["units"]}
        return [{grade: n for grade, n in by_unit[unit].items() if n} for unit in self.units]

    async def lose_the_urn(self) -> int:
        """What a crash of the database does to an unlogged table; how many ballots were in it."""
        connection = await asyncpg.connect(self.database)
        try:
            lost = await connection.fetchval(f"select count(*) from {self._urn}")
            await connection.execute(f"truncate {self._urn}")
        finally:
            await connection.close()
        return int(lost)

    async def ballots_in_urn(self) -> int:
        connection = await asyncpg.connect(self.database)
        try:
            return int(await connection.fetchval(f"select count(*) from {self._urn}"))
        finally:
            await connection.close()

    @property
    def _urn(self) -> str:
        return f"ballots.urn_{self.box.replace('-', '')}"


async def new_hall(client: Served, browser: Browser, database: str, raters: int, threshold: int) -> Hall:
    """A box of a panel's appraisal with so many seats."""
    number = next(NUMBERS)
    units = []
    for i, name in enumerate(UNITS):
        code = f"rated.{number}.{i}"
        registered = {"code": code, "name": name, "category": "DEPARTMENT"}
        await client.give("registerUnit", registered, role=OFFICE)
        units.append(str(identifiers.unit_id(code)))
    code = f"2020-05.{number}"
    opened = {
        "code": code,
        "title": "2020年5月社会评议【演示】",
        "units": [f"unit:{unit}" for unit in units],
        "period": "2020-05",
        "seats": raters,
        "threshold": threshold,
        "closesAt": "2020-06-30T17:00:00+08:00",
    }
    await client.give("openRating", opened, role=EVALUATOR)
    return Hall(client, browser, str(identifiers.rating_id(code)), units, database)


async def sign_in(page: Page, hall: Hall, who: Person = EVALUATOR) -> None:
    await page.get_by_label("工作人员令牌").fill(hall.client.token(who))
    await page.get_by_role("button", name="登录").click()


async def collect(page: Page, address: str) -> None:
    await page.goto(address)
    await page.get_by_role("button", name="领取选票").click()
    await heading(page, "选票已领到")


async def grade(page: Page, grades: Sequence[str | None], pictures: Path | None = None) -> None:
    """Choose a grade for each unit, None for none, and cast."""
    width = (page.viewport_size or PHONE)["width"]
    await heading(page, "请评分")
    for fieldset, label in zip(await page.locator("fieldset").all(), grades, strict=True):
        if label is not None:
            await fieldset.get_by_text(label, exact=True).click()
    await shot(page, pictures, f"rate-grade-{width}")
    await page.get_by_role("button", name="下一步：核对").click()
    await heading(page, "请核对")
    await shot(page, pictures, f"rate-review-{width}")
    await page.get_by_role("button", name="投票").click()
    await heading(page, "已投票")


async def heading(page: Page, text: str) -> None:
    await page.get_by_role("heading", level=1, name=text).wait_for()


async def read_codes(picture: bytes) -> list[str]:
    """What a phone's camera reads in a picture."""
    return [code.text for code in zxingcpp.read_barcodes(Image.open(io.BytesIO(picture)))]


async def shot(page: Page, directory: Path | None, name: str) -> None:
    if directory is not None:
        await page.screenshot(path=directory / f"{name}.png", full_page=True)
