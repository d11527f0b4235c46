"""What goes wrong in a hall, and what the rater's page makes of it."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any
from uuid import uuid4

import pytest
from playwright.async_api import Page, Route

from service.ballots.cards import grouped, new_seed
from service.tlog.note import LOG_KEY, Note, PrivateKey, parse_vkey
from tests.service.web.conftest import House
from tests.service.web.hall import PHONE, PICTURES, UNITS, Hall, collect, grade, heading, shot

pytestmark = pytest.mark.asyncio(loop_scope="module")
Body = dict[str, Any]
GRADES = ["优秀", "良好", "一般", "较差"]


@asynccontextmanager
async def phone(hall: Hall) -> AsyncIterator[Page]:
    async with hall.device(PHONE) as device:
        yield await device.new_page()


async def said(page: Page, text: str) -> None:
    await page.locator("#notice.alert", has_text=text).wait_for()


async def card(hall: Hall) -> str:
    """A card out of the printer, and in somebody's hand."""
    (seed,) = (await hall.staff("printCards", "... on CardsPrinted { seeds }", count=1))["seeds"]
    rater = (await hall.raters())[-1]
    await hall.staff("handOutCards", raters=[rater])
    return str(seed)


async def test_a_page_that_is_reloaded_goes_on_where_it_was(house: House) -> None:
    hall = await house.hall()
    first, second, _ = await hall.raters()
    async with phone(hall) as page, phone(hall) as other:
        address = await hall.check_in(first)
        await page.goto(address)
        await heading(page, "领取电子选票")
        await page.reload()
        await page.get_by_role("button", name="领取选票").click()
        await heading(page, "选票已领到")
        await page.reload()
        await heading(page, "选票已领到")
        await collect(other, await hall.check_in(second))
        await hall.fact("closeCollection")

        await heading(page, "请评分")
        await page.get_by_text("优秀", exact=True).first.click()
        await page.get_by_text("已选 1 / 4").wait_for()
        await page.reload()
        await heading(page, "请评分")
        assert await page.get_by_role("radio", checked=True).count() == 1
        await grade(page, GRADES)
        await page.reload()
        await heading(page, "已投票")
        await grade(other, GRADES)
        await hall.fact("sealRating")
        await page.get_by_text("核对无误").wait_for()
        # What was checked is kept no longer: the box is everybody's.
        await page.reload()
        await page.get_by_text("任何人都可以下载").wait_for()
        assert await page.get_by_text("在箱内").count() == 0
    assert hall.complaints == []


async def test_ballots_are_posted_again_when_the_urn_is_lost(house: House) -> None:
    hall = await house.hall()
    first, second, _ = await hall.raters()
    async with phone(hall) as page, phone(hall) as other:
        for each, rater in ((page, first), (other, second)):
            await each.clock.install()
            await collect(each, await hall.check_in(rater))
        await hall.fact("closeCollection")
        for each in (page, other):
            await grade(each, GRADES)
        assert await hall.lose_the_urn() == 8
        assert await hall.ballots_in_urn() == 0
        for each in (page, other):
            async with each.expect_response(lambda r: r.url.endswith("/cast") and r.ok):
                await each.clock.fast_forward(60_000)
            while await hall.ballots_in_urn() % 4:
                await each.clock.fast_forward(1_000)
        assert await hall.ballots_in_urn() == 8
        await hall.fact("sealRating")
        for each in (page, other):
            await each.clock.fast_forward(5_000)
            await each.get_by_text("核对无误").wait_for()
    assert hall.grades(await hall.sealed()) == [{"excellent": 2}, {"good": 2}, {"fair": 2}, {"poor": 2}]


async def test_codes_that_are_wrong_or_used_are_told_in_words(house: House) -> None:
    hall = await house.hall()
    first, *_ = await hall.raters()
    address = await hall.check_in(first)
    async with phone(hall) as page, phone(hall) as other:
        await page.goto(hall.address)
        await page.get_by_label("签到码").fill("123")
        await page.get_by_role("button", name="领取选票").click()
        await said(page, "签到码应为 10 位")
        await page.get_by_label("签到码").fill("0000000000")
        await page.get_by_role("button", name="领取选票").click()
        await said(page, "签到码不对")
        # As somebody types it: small, with O for 0 and a blank.
        code = address.split("=")[1]
        typed = f"{code[:5]} {code[5:]}".lower().replace("0", "o")
        await page.get_by_label("签到码").fill(typed)
        await page.get_by_role("button", name="领取选票").click()
        await heading(page, "选票已领到")

        await other.goto(address)
        await other.get_by_role("button", name="领取选票").click()
        await said(other, "已经在另一部手机")
        await hall.fact("closeCollection")
        await heading(other, "领票已经结束")
    assert hall.complaints == []


async def test_a_card_is_typed_and_counts_once(house: House) -> None:
    hall = await house.hall()
    seed = await card(hall)
    async with phone(hall) as page, phone(hall) as other:
        await page.goto(f"{hall.address}#{seed}")
        await heading(page, "评分还没有开始")
        await hall.fact("closeCollection")
        await grade(page, GRADES)

        await other.goto(hall.address)
        await heading(other, "领票已经结束")
        await other.get_by_label("卡上代码").fill(new_seed())
        await other.get_by_role("button", name="继续").click()
        await said(other, "这张卡不属于本次评分")
        await other.get_by_label("卡上代码").fill(grouped(seed).lower().replace("0", "o").replace("1", "l"))
        await other.get_by_role("button", name="继续").click()
        await heading(other, "请评分")
        for fieldset in await other.locator("fieldset").all():
            await fieldset.get_by_text("较差", exact=True).click()
        await other.get_by_role("button", name="下一步：核对").click()
        await other.get_by_role("button", name="投票").click()
        await other.locator(".warning", has_text="已经投过").wait_for()
    assert await hall.ballots_in_urn() == 4


async def test_two_raters_share_a_phone(house: House) -> None:
    """Whoever comes second sees nothing of the first one's grades, and both are in the box."""
    hall = await house.hall()
    first, second, _ = await hall.raters()
    addresses = [await hall.check_in(first), await hall.check_in(second)]
    async with phone(hall) as page:
        for address in addresses:
            await page.goto("about:blank")
            await collect(page, address)
        await hall.fact("closeCollection")
        for address, grades in zip(addresses, (["优秀"] * 4, ["较差"] * 4), strict=True):
            await page.goto("about:blank")
            await page.goto(address)
            await heading(page, "请评分")
            assert await page.get_by_role("radio", checked=True).count() == 0
            await grade(page, grades)
        await hall.fact("sealRating")
        await page.get_by_text("核对无误").wait_for()
        assert await page.get_by_text("较差").count() == len(UNITS)
        assert await page.get_by_text("优秀").count() == 0
        await page.get_by_text("本机另有 1 份选票：在箱内，一致").wait_for()
    assert hall.grades(await hall.sealed()) == [{"excellent": 1, "poor": 1}] * len(UNITS)
    assert hall.complaints == []


async def test_a_browser_that_keeps_nothing_warns_and_rates(house: House) -> None:
    hall = await house.hall()
    first, *_ = await hall.raters()
    async with phone(hall) as page:
        await page.add_init_script("IDBFactory.prototype.open = () => { throw new DOMException('none'); };")
        await collect(page, await hall.check_in(first))
        await page.locator(".warning", has_text="不能保存数据").wait_for()
        await hall.fact("closeCollection")
        await grade(page, GRADES)
        await page.locator(".warning", has_text="不能保存数据").wait_for()
    assert await hall.ballots_in_urn() == 4
    assert hall.complaints == []


async def test_a_unit_may_be_left_out(house: House) -> None:
    hall = await house.hall()
    first, *_ = await hall.raters()
    async with phone(hall) as page:
        await collect(page, await hall.check_in(first))
        await hall.fact("closeCollection")
        await heading(page, "请评分")
        await page.get_by_role("button", name="下一步：核对").click()
        await said(page, "请至少给一个单位选等级")
        await page.get_by_text("优秀", exact=True).first.click()
        await page.get_by_role("button", name="下一步：核对").click()
        await page.get_by_text("有 3 个单位没有选等级").wait_for()
        await page.get_by_role("button", name="返回修改").click()
        await grade(page, ["优秀", None, None, "较差"])
    assert await hall.ballots_in_urn() == 2
    assert hall.complaints == []


async def test_a_rating_that_is_void_is_told_as_such(house: House) -> None:
    hall = await house.hall(raters=5, threshold=5)
    first, second, *_ = await hall.raters()
    async with phone(hall) as page, phone(hall) as other:
        for each, rater in ((page, first), (other, second)):
            await collect(each, await hall.check_in(rater))
        await hall.fact("closeCollection")
        for each in (page, other):
            await grade(each, GRADES)
        await hall.fact("sealRating")
        for each in (page, other):
            await each.get_by_text("评分作废").wait_for()
            assert await each.get_by_text("票数不足，作废").count() == len(UNITS)
    assert [unit["ballots"] for unit in (await hall.sealed())["units"]] == [[]] * len(UNITS)
    assert hall.complaints == []


async def test_a_box_that_was_altered_is_noticed(house: House) -> None:
    alterations = (_no_ballots, _other_grades, _other_event, _other_signatures, _another_log)
    hall = await house.hall(raters=len(alterations))
    async with AsyncExitStack() as phones:
        pages = [await phones.enter_async_context(phone(hall)) for _ in alterations]
        for page, rater in zip(pages, await hall.raters(), strict=True):
            await collect(page, await hall.check_in(rater))
        await hall.fact("closeCollection")
        for page in pages:
            await grade(page, ["优秀"] * len(UNITS))
        for page, alter in zip(pages, alterations, strict=True):
            await page.route("**/sealed.json", _altered(alter))
        await hall.fact("sealRating")
        for page in pages:
            await page.locator(".warning", has_text="核对不符").wait_for()
            assert await page.get_by_role("button", name="清除").count() == 0
            # The evidence stays on the device.
            await page.reload()
            await page.locator(".warning", has_text="核对不符").wait_for()


def _no_ballots(body: Body) -> None:
    body["units"][0]["ballots"] = []


def _other_grades(body: Body) -> None:
    for ballot in body["units"][0]["ballots"]:
        ballot["grade"] = "poor"


def _other_event(body: Body) -> None:
    proof = body["units"][0]["proof"]
    proof["state"] = proof["state"].replace("excellent", "poor")


def _other_signatures(body: Body) -> None:
    """As where a rater was given keys of their own: the ballot is there, certified under other ones."""
    for ballot in body["units"][0]["ballots"]:
        ballot["signatures"] = [ballot["signatures"][0][::-1]]


def _another_log(body: Body) -> None:
    """A log with the same history, signed by another key than the one that the ballot was collected under."""
    text = body["log"]["checkpoint"].split("\n\n")[0] + "\n"
    key = PrivateKey.generate(text.split("\n")[0], LOG_KEY)
    body["log"] |= {"vkeys": [key.public.vkey], "checkpoint": Note(text, (key.sign(text),)).encode().decode()}


def _altered(alter: Callable[[Body], None]) -> Any:
    async def handler(route: Route) -> None:
        response = await route.fetch()
        body = await response.json()
        alter(body)
        await route.fulfill(response=response, body=json.dumps(body))

    return handler


def _a_key_of_ones_own(body: Body) -> None:
    body["opened"]["state"] = body["opened"]["state"].replace('"spki":"M', '"spki":"N', 1)


async def test_keys_that_are_not_in_the_signed_log_are_not_used(house: House) -> None:
    hall = await house.hall()
    address = await hall.check_in((await hall.raters())[0])
    async with phone(hall) as page:
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        await page.route("**/keys.json", _altered(_a_key_of_ones_own))
        await page.goto(address)
        await heading(page, "核验不通过")
        await page.locator(".warning", has_text="立即找监察人员").wait_for()
        await shot(page, PICTURES, "rate-distrust")
        assert await page.get_by_role("button", name="领取选票").count() == 0
        assert not any(url.endswith("/collect") for url in asked)


async def test_keys_are_waited_for_until_they_are_signed(house: House) -> None:
    hall = await house.hall()
    address = await hall.check_in((await hall.raters())[0])
    refused = {"refused": {"code": "rating.unsigned", "messageZh": "…", "messageEn": "…", "field": "box"}}
    async with phone(hall) as page:
        await page.route("**/keys.json", lambda route: route.fulfill(status=503, json=refused))
        await page.goto(address)
        await heading(page, "正在等待日志签名")
        await shot(page, PICTURES, "rate-unsigned")
        await page.unroute("**/keys.json")
        await page.get_by_role("button", name="领取选票").click()
        await heading(page, "选票已领到")


async def test_the_fingerprint_on_the_page_is_that_of_the_log(house: House) -> None:
    """What a rater compares with the card, and with what the inspectorate has posted."""
    hall = await house.hall()
    vkey = parse_vkey((await house.client.http.get("/log/vkey")).text)
    async with phone(hall) as page:
        await page.goto(await hall.check_in((await hall.raters())[0]))
        await page.get_by_text("核对签名日志的校验码").click()
        await page.get_by_text(vkey.fingerprint, exact=True).wait_for()
        await shot(page, PICTURES, "rate-signers")
    assert hall.complaints == []


async def test_a_server_that_is_away_is_waited_for(house: House) -> None:
    hall = await house.hall()
    first, *_ = await hall.raters()
    address = await hall.check_in(first)
    async with phone(hall) as page:
        await page.goto(address)
        await page.route("**/collect", lambda route: route.abort())
        await page.get_by_role("button", name="领取选票").click()
        await said(page, "连不上服务器")
        await page.unroute("**/collect")
        # The same blinded keys are sent again, which is no second issue.
        await page.get_by_role("button", name="领取选票").click()
        await heading(page, "选票已领到")
        await hall.fact("closeCollection")
        await heading(page, "请评分")
        await page.route("**/cast", lambda route: route.abort())
        await grade(page, GRADES)
        await page.get_by_text("有选票尚未送达").wait_for()
        await page.unroute("**/cast")
        await page.get_by_text("有选票尚未送达").wait_for(state="detached")
    assert await hall.ballots_in_urn() == 4


LACKING = {
    "crypto": "crypto.subtle.generateKey = () => Promise.reject(new DOMException('none'));",
    "secure": "Object.defineProperty(globalThis, 'isSecureContext', { value: false });",
}


@pytest.mark.parametrize(("what", "why"), [("crypto", "Ed25519"), ("secure", "https")])
async def test_a_browser_that_lacks_something_sends_to_paper(house: House, what: str, why: str) -> None:
    hall = await house.hall()
    first, *_ = await hall.raters()
    async with phone(hall) as page:
        await page.add_init_script(LACKING[what])
        await page.goto(await hall.check_in(first))
        await heading(page, "这部手机不能用来评分")
        await page.get_by_text("领取纸质选票卡").wait_for()
        await page.get_by_text(why).wait_for()
        await page.get_by_role("button", name="English").click()
        await heading(page, "This phone cannot be used to rate")
    assert hall.complaints == []


async def test_a_browser_without_scripts_sends_to_paper(house: House) -> None:
    hall = await house.hall()
    async with hall.device(PHONE, java_script_enabled=False) as device:
        page = await device.new_page()
        await page.goto(hall.address)
        await page.get_by_text("领取纸质选票卡").wait_for()


async def test_the_whole_of_it_in_english_by_keyboard(house: House) -> None:
    hall = await house.hall()
    first, *_ = await hall.raters()
    async with phone(hall) as page:
        await page.goto(await hall.check_in(first))
        await heading(page, "领取电子选票")
        await page.keyboard.press("Shift+Tab")
        await page.keyboard.press("Enter")
        await heading(page, "Collect your ballot")
        assert await page.locator("html").get_attribute("lang") == "en"
        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        await heading(page, "You have your ballot")
        await hall.fact("closeCollection")
        await heading(page, "Please rate")
        for _ in UNITS:
            await page.keyboard.press("Tab")
            await page.keyboard.press("Space")
            await page.keyboard.press("ArrowRight")
        await page.get_by_text("4 of 4 chosen").wait_for()
        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        await heading(page, "Please review")
        assert await page.get_by_text("Good", exact=True).count() == len(UNITS)
        await page.keyboard.press("Tab")
        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        await heading(page, "Your vote is cast")
    assert hall.complaints == []


async def test_a_rating_that_is_none_is_told(house: House) -> None:
    hall = await house.hall()
    async with phone(hall) as page:
        await page.goto(f"{house.client.url}/rate/{uuid4()}")
        await heading(page, "没有这次评分")
        await page.goto(f"{house.client.url}/rate/")
        await heading(page, "请扫描二维码")
    assert hall.complaints == []
