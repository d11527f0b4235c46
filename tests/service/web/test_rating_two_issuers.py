"""Where the inspectorate certifies too: a rater types its code as well, and the desk prints with it."""

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import pytest
import pytest_asyncio

from service.ballots.inspectorate import Inspectorate
from service.config import Settings
from service.store.database import Database
from tests.browser import browser
from tests.service.api.conftest import database
from tests.service.api.served import served
from tests.service.ballots.test_two_issuers import TOKEN, issuer_process
from tests.service.web.conftest import House
from tests.service.web.hall import DESKTOP, PHONE, UNITS, grade, heading, sign_in
from tests.service.web.test_rating import confirm, printed_cards

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def two(
    server: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[tuple[House, Inspectorate]]:
    """A house whose service asks the inspectorate's issuer, and the inspectorate's side of it."""
    directory = tmp_path_factory.mktemp("two")
    async with (
        browser() as opened,
        database(server) as own,
        database(server) as theirs,
        issuer_process(theirs, directory / "inspectorate") as url,
        await Database.open(theirs, size=2) as beside,
    ):
        environment = {
            "DATABASE_URL": own,
            "DUBAN_DATA": str(directory / "data"),
            "DUBAN_DEMONSTRATION_DATE": "2020-06-10",
            "DUBAN_INSPECTORATE_URL": url,
            "DUBAN_INSPECTORATE_TOKEN": TOKEN,
        }
        async with served(environment, directory) as client:
            settings = Settings.from_environment(environment)
            yield House(client, opened, own), Inspectorate(beside, settings)


async def test_a_rater_and_a_card_need_both_codes(two: tuple[House, Inspectorate], tmp_path: Path) -> None:
    house, inspectorate = two
    hall = await house.hall()
    rater, *_ = await hall.raters()
    codes, card_code = await inspectorate.codes(UUID(hall.box), cards=1)
    assert card_code is not None
    async with hall.device(DESKTOP) as office, hall.device(PHONE) as first, hall.device(PHONE) as second:
        table = await office.new_page()
        await table.goto(f"{hall.address}/desk")
        await sign_in(table, hall)
        await table.get_by_label("监察机构的签发码").fill(card_code)
        (card,) = await printed_cards(table, 1, tmp_path)

        phone = await first.new_page()
        await phone.goto(await hall.check_in(rater))
        own_code = await phone.get_by_label("签到码（10 位）", exact=True).input_value()
        assert len(own_code.replace(" ", "")) == 10
        await phone.get_by_label("监察机构给的签到码").fill("0000000000")
        await phone.get_by_role("button", name="领取选票").click()
        await phone.locator("#notice.alert", has_text="签到码不对").wait_for()
        await phone.get_by_label("签到码（10 位）", exact=True).fill(own_code)
        of_inspectorate = next(code for who, code in codes.items() if rater.endswith(str(who)))
        await phone.get_by_label("监察机构给的签到码").fill(of_inspectorate)
        await phone.get_by_role("button", name="领取选票").click()
        await heading(phone, "选票已领到")

        await hall.staff("handOutCards", raters=(await hall.raters())[1:2])
        await table.get_by_label("没有发出的卡（清点数）").fill("0")
        await confirm(table, "截止领票")
        by_card = await second.new_page()
        await by_card.goto(card)
        for page in (phone, by_card):
            await grade(page, ["优秀"] * len(UNITS))
        await hall.fact("sealRating")
        for page in (phone, by_card):
            await page.get_by_text("核对无误").wait_for()
    sealed = await hall.sealed()
    assert {len(ballot["signatures"]) for unit in sealed["units"] for ballot in unit["ballots"]} == {2}
    assert hall.complaints == []
