"""The rating pages for everybody: npm's axe-core finds nothing, and nothing is too small to touch."""

from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Page

from tests.npm import install
from tests.service.web.conftest import House
from tests.service.web.hall import DESKTOP, PHONE, UNITS, Hall, collect, heading, sign_in

pytestmark = pytest.mark.asyncio(loop_scope="module")
AXE = {"axe-core": "4.14.1"}
# Millimetres do not exist on a screen; WCAG 2.2 asks for 24 pixels, a thumb for more.
TOUCH = 40


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    directory = tmp_path_factory.mktemp("axe")
    await install(AXE, directory, "the checks of accessibility")
    return (directory / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")


class Inspector:
    """Looks at views, and keeps what is wrong with them."""

    def __init__(self, axe: str):
        self.axe = axe
        self.seen: list[str] = []
        self.wrong: list[str] = []

    async def look(self, page: Page, view: str) -> None:
        self.seen.append(view)
        # Evaluated by the browser's debugger, which no content policy stops.
        await page.evaluate(self.axe)
        found: dict[str, Any] = await page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
        assert len(found["passes"]) > 10, f"axe has hardly looked at {view}"
        for violation in found["violations"]:
            self.wrong += [f"{view}: {violation['id']}: {node['html']}" for node in violation["nodes"]]
        self.wrong += [f"{view}: small: {text}" for text in await page.evaluate(SMALL, TOUCH)]
        width = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
        if width > 0:
            self.wrong.append(f"{view}: {width} pixels wider than the screen")


SMALL = """(least) => [...document.querySelectorAll("button, summary, .scale label, #view input")]
  .filter((element) => element.checkVisibility() && !element.matches(".scale input"))
  .filter((element) => element.getBoundingClientRect().height < least)
  .map((element) => element.outerHTML.slice(0, 100))"""


async def test_axe_finds_nothing_on_the_raters_page(house: House, axe: str) -> None:
    hall = await house.hall()
    eye = Inspector(axe)
    async with hall.device(PHONE) as device:
        page = await device.new_page()
        await page.goto(hall.address)
        await heading(page, "领取电子选票")
        for summary in await page.locator("summary").all():
            await summary.click()
        await page.get_by_role("button", name="领取选票").click()
        await page.locator("#notice.alert").wait_for()
        await eye.look(page, "collect")
        await page.goto("about:blank")
        await collect(page, await hall.check_in((await hall.raters())[0]))
        await eye.look(page, "waiting")
        await hall.fact("closeCollection")
        await heading(page, "请评分")
        await eye.look(page, "grade")
        for number, fieldset in enumerate(await page.locator("fieldset").all()):
            await fieldset.locator("label").nth(number % 4).click()
        await in_both_languages(page, eye, "graded")
        await page.get_by_role("button", name="下一步：核对").click()
        await in_both_languages(page, eye, "review")
        await page.get_by_role("button", name="投票").click()
        await heading(page, "已投票")
        await in_both_languages(page, eye, "cast")
        await hall.fact("sealRating")
        await heading(page, "票箱已封")
        await in_both_languages(page, eye, "sealed")
        await page.goto(f"{house.client.url}/rate/")
        await eye.look(page, "home")
    assert eye.wrong == []
    assert len(eye.seen) == 12


async def in_both_languages(page: Page, eye: Inspector, view: str) -> None:
    await eye.look(page, view)
    await page.get_by_role("button", name="English").click()
    await eye.look(page, f"{view} in English")
    await page.get_by_role("button", name="中文").click()


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
async def test_axe_finds_nothing_on_the_pages_of_staff(house: House, axe: str, size: dict[str, int]) -> None:
    hall = await house.hall()
    eye = Inspector(axe)
    async with hall.device(size) as device, hall.device(PHONE) as phones:
        page = await device.new_page()
        await page.goto(f"{hall.address}/desk")
        await eye.look(page, "sign in")
        await sign_in(page, hall)
        await page.get_by_role("heading", name="印选票卡").wait_for()
        await page.get_by_role("button", name="已抽卡").first.click()
        await page.locator("#notice.alert", has_text="卡").wait_for()
        await eye.look(page, "desk")
        await page.get_by_role("button", name="发签到码").first.click()
        await page.get_by_role("button", name="关闭").wait_for()
        await eye.look(page, "code")
        await page.get_by_role("button", name="关闭").click()
        phone = await phones.new_page()
        await collect(phone, await hall.check_in((await hall.raters())[1]))
        await hall.staff("printCards", "... on CardsPrinted { seeds }", count=1)
        await hall.staff("handOutCards", raters=(await hall.raters())[:1])
        await page.get_by_label("没有发出的卡（清点数）").fill("0")
        await page.get_by_role("button", name="截止领票").click()
        await eye.look(page, "sure")
        await page.get_by_role("button", name="确定", exact=True).click()
        await page.get_by_role("heading", name="封箱").wait_for()
        await eye.look(page, "desk while casting")
        await page.goto(f"{hall.address}/keying")
        await page.get_by_label("这一批的张数").fill("1")
        await eye.look(page, "batch")
        await page.keyboard.press("Enter")
        await heading(page, "第 1 张，共 1 张")
        await eye.look(page, "seed")
    assert eye.wrong == []
    assert len(eye.seen) == 7


async def test_axe_finds_nothing_on_a_paper_being_keyed(house: House, axe: str) -> None:
    hall: Hall = await house.hall()
    eye = Inspector(axe)
    seeds = await hall.staff("printCards", "... on CardsPrinted { seeds }", count=1)
    await hall.staff("handOutCards", raters=(await hall.raters())[:1])
    await hall.fact("closeCollection")
    async with hall.device(DESKTOP) as device:
        page = await device.new_page()
        await page.goto(f"{hall.address}/keying")
        await sign_in(page, hall)
        await page.get_by_label("这一批的张数").fill("1")
        await page.keyboard.press("Enter")
        await heading(page, "第 1 张，共 1 张")
        await page.keyboard.type(seeds["seeds"][0])
        await page.keyboard.press("Enter")
        await page.get_by_role("button", name="记入本批").wait_for()
        await eye.look(page, "keying")
        await page.keyboard.type("1" * len(UNITS))
        await page.keyboard.press("Enter")
        await heading(page, "本批已全部录入")
        await eye.look(page, "confirming")
    assert eye.wrong == []
