"""Raters and staff in a real browser, against the running service: by phone, by card, on paper."""

import asyncio
import json
from pathlib import Path

import pypdfium2
import pytest
from playwright.async_api import BrowserContext, Page

from tests.service.api.client import EVALUATOR, OFFICE, reporter
from tests.service.web.conftest import House
from tests.service.web.hall import (
    DESKTOP,
    PHONE,
    PICTURES,
    UNITS,
    Hall,
    grade,
    heading,
    read_codes,
    shot,
    sign_in,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def desk(context: BrowserContext, hall: Hall) -> Page:
    page = await context.new_page()
    await page.goto(f"{hall.address}/desk")
    await sign_in(page, hall)
    await heading(page, "2020年5月社会评议【演示】")
    return page


async def printed_cards(page: Page, count: int, directory: Path) -> list[str]:
    """Cards printed at the desk, and read from the sheet as phones read them."""
    await page.get_by_label("张数").fill(str(count))
    async with page.expect_download() as coming:
        await page.get_by_role("button", name="生成 PDF").click()
    sheet = directory / "cards.pdf"
    await (await coming.value).save_as(sheet)
    await page.get_by_text(f"已生成 {count} 张选票卡").wait_for()
    read = []
    for side in pypdfium2.PdfDocument(sheet.read_bytes()):
        picture = side.render(scale=2).to_pil()
        picture.save(directory / "side.png")
        read += await read_codes((directory / "side.png").read_bytes())
    return read


async def confirm(page: Page, act: str) -> None:
    """Press a button of the desk, and say yes."""
    await page.get_by_role("button", name=act, exact=True).click()
    await page.get_by_role("button", name="确定", exact=True).click()


async def test_a_hall_rates_by_phone_card_and_paper(house: House, tmp_path: Path) -> None:
    hall = await house.hall(raters=5)
    async with (
        hall.device(DESKTOP) as office,
        hall.device(PHONE) as first,
        hall.device(DESKTOP) as second,
        hall.device(PHONE) as third,
    ):
        table = await desk(office, hall)
        cards = await printed_cards(table, 4, tmp_path)
        assert len(set(cards)) == 4
        assert all(card.startswith(f"{hall.address}#") for card in cards)

        # Two by phone: the code is read from the desk's screen.
        phones = [await first.new_page(), await second.new_page()]
        for phone in phones:
            await table.get_by_role("button", name="发签到码").first.click()
            picture = table.get_by_role("dialog").get_by_role("presentation")
            await picture.wait_for()
            (address,) = await read_codes(await table.screenshot())
            await shot(table, PICTURES, f"desk-code-{phones.index(phone)}")
            await table.get_by_role("button", name="关闭").click()
            await phone.goto(address)
            await shot(phone, PICTURES, f"rate-collect-{phones.index(phone)}")
            await phone.get_by_role("button", name="领取选票").click()
            await heading(phone, "选票已领到")
            await shot(phone, PICTURES, f"rate-waiting-{phones.index(phone)}")
            assert phone.url == hall.address, "the code stays in no history"
            await table.get_by_text("已领票").nth(phones.index(phone)).wait_for()

        # Three drew a card; one of four is left.
        for drawn in range(3):
            await table.get_by_role("button", name="已抽卡").first.click()
            await table.get_by_role("button", name="收回卡").nth(drawn).wait_for()
        await shot(table, PICTURES, "desk-collecting")
        await table.get_by_label("没有发出的卡（清点数）").fill("1")
        await confirm(table, "截止领票")
        await table.get_by_role("heading", name="封箱").wait_for()

        # A card opened by a phone's camera.
        by_card = await third.new_page()
        await by_card.goto(cards[0])
        for page, grades in (
            (phones[0], ["优秀", "良好", "一般", "较差"]),
            (phones[1], ["优秀", "优秀", "良好", "较差"]),
            (by_card, ["良好", "优秀", "良好", "一般"]),
        ):
            await grade(page, grades, PICTURES)
            await shot(page, PICTURES, f"rate-cast-{page.viewport_size['width']}")  # type: ignore[index]

        await keyed(office, hall, [(cards[1], "1111"), (cards[2], "2222")])
        for row in await table.locator("tbody tr").all():
            await row.get_by_role("cell", name="0", exact=True).wait_for()
        await shot(table, PICTURES, "desk-casting")

        await confirm(table, "封箱")
        await table.get_by_role("heading", name="销毁签发密钥").wait_for()
        sealed = await hall.sealed()
        assert hall.grades(sealed) == [
            {"excellent": 3, "good": 2},
            {"excellent": 3, "good": 2},
            {"excellent": 1, "good": 3, "fair": 1},
            {"excellent": 1, "good": 1, "fair": 1, "poor": 2},
        ]
        for page in (*phones, by_card):
            await heading(page, "票箱已封")
            await page.get_by_text("核对无误").wait_for()
            assert await page.get_by_text("在箱内，一致").count() == len(UNITS)
            await shot(page, PICTURES, f"rate-sealed-{page.viewport_size['width']}")  # type: ignore[index]
        assert await proof(phones[0]) == sealed

        await finished(table, cards[3])
    assert hall.complaints == []
    # The served process has logged nothing at all: not a path, not an address.
    assert "/rate/" not in hall.client.errors
    assert hall.box not in hall.client.errors


async def keyed(office: BrowserContext, hall: Hall, papers: list[tuple[str, str]]) -> None:
    """A batch of papers: the card's address as a scanner types it, and its grades as numbers."""
    page = await office.new_page()
    await page.goto(f"{hall.address}/keying")
    await sign_in(page, hall)
    await page.get_by_label("这一批的张数").fill(str(len(papers)))
    await page.keyboard.press("Enter")
    for number, (address, grades) in enumerate(papers, 1):
        await heading(page, f"第 {number} 张，共 {len(papers)} 张")
        await page.keyboard.type(address.upper().replace("HTTP", "http"))
        await page.keyboard.press("Enter")
        await page.get_by_role("button", name="记入本批").wait_for()
        for key in grades:
            await page.keyboard.press(key)
        await shot(page, PICTURES, "keying")
        await page.keyboard.press("Enter")
    await heading(page, "本批已全部录入")
    await shot(page, PICTURES, "keying-confirm")
    await page.get_by_label("第二人清点的张数").fill(str(len(papers)))
    second = page.get_by_label("第二人令牌")
    for token, said in (
        (hall.client.token(reporter("dept.a")), "不是攻坚办或评估人员的"),
        ("nonsense", "令牌无效"),
    ):
        await second.fill(token)
        await page.get_by_role("button", name="确认并投入票箱").click()
        await page.get_by_text(said).wait_for()
    for who, counted, says in (
        (EVALUATOR, len(papers), "不得与录入人为同一人"),
        (OFFICE, len(papers) + 1, "两人清点张数不一致"),
    ):
        await second.fill(hall.client.token(who))
        await page.get_by_label("第二人清点的张数").fill(str(counted))
        await page.get_by_role("button", name="确认并投入票箱").click()
        await page.get_by_text(says).wait_for()
    assert await hall.ballots_in_urn() == 3 * len(UNITS)
    await second.fill(hall.client.token(OFFICE))
    await page.get_by_label("第二人清点的张数").fill(str(len(papers)))
    await page.get_by_role("button", name="确认并投入票箱").click()
    await page.get_by_text(f"本批 {len(papers)} 张已投入票箱").wait_for()
    await page.close()


async def proof(page: Page) -> object:
    """What is downloaded, which is the whole box."""
    async with page.expect_download() as coming:
        await page.get_by_role("button", name="下载核查文件").click()
    return json.loads(await asyncio.to_thread((await (await coming.value).path()).read_bytes))


async def finished(table: Page, unused: str) -> None:
    """From the sealed box to the published result."""
    await confirm(table, "销毁密钥")
    await table.get_by_label("卡上代码").fill(unused)
    await confirm(table, "公开")
    await table.get_by_text("已完成").wait_for()
    await confirm(table, "公布结果")
    await table.get_by_text("结果已公布").wait_for()
    await shot(table, PICTURES, "desk-published")
