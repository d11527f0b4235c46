"""Notices on the web: pages and workbooks that everyone may read, with what has happened since."""

import io
import re

import httpx
from openpyxl import load_workbook

from service.store.clock import SimulatedClock
from tests.service.api.assessment.town import COUNTIES, DEPARTMENTS, found, score
from tests.service.api.client import EVALUATOR, LEADER, OFFICE, Insider, Person, reporter, supervisor
from tests.service.api.conftest import noon

GROUP = supervisor("group.1")
TITLE = "关于2020年4月<b>“重点”</b>考核结果的通报"


async def issued(client: Insider, clock: SimulatedClock) -> None:
    """April, with a unit whose name and a notice whose title try to be HTML."""
    await found(client, clock)
    clock.moment = noon(2020, 4, 20)
    for code, points in zip((*DEPARTMENTS[:3], *COUNTIES), ("90", "80", "80", "70", "60"), strict=True):
        await client.give("scoreUnit", score(code, "supervision", points), role=GROUP)
    await client.give("scoreUnit", score("dept.a", "leaders_evaluation", "70"))
    unit = {"unit": score("dept.a", "x", None)["unit"], "name": "=HYPERLINK(1)<script>"}
    await client.give("renameUnit", unit)
    clock.moment = noon(2020, 5, 4)
    for category in ("DEPARTMENT", "COUNTY"):
        await client.give("publishRanking", {"period": "2020-04", "category": category})
    notice = {
        "period": "2020-04",
        "number": "演示〔2020〕9号",
        "title": TITLE,
        "text": "各单位：\n现通报如下。",
    }
    position = (await client.give("issueNotice", notice))["position"]
    await client.app.reads.wait(position)


async def get(client: Insider, path: str) -> httpx.Response:
    return await client.http.get(path)


async def test_a_notice_is_a_page_of_its_own(service: Insider, clock: SimulatedClock) -> None:
    await issued(service, clock)
    latest = await get(service, "/notices/2020-04")
    page = (await get(service, "/notices/2020-04/1.html")).text
    assert (latest.status_code, latest.text) == (200, page)
    assert latest.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in latest.headers["content-security-policy"]
    assert "关于2020年4月&lt;b&gt;“重点”&lt;/b&gt;考核结果的通报" in page
    assert "<script" not in page
    assert not re.search(r"(src|href)=\"(https?:)?//", page)
    assert 'name="viewport"' in page
    rows = re.findall(r'<td class="rank">(\d+)</td><td class="unit">(.*?)</td>', page)
    # The counties, then the departments: of three with one total, the tie-breaker puts one last.
    assert [rank for rank, _ in rows] == ["1", "2", "1", "1", "3"]
    assert "演示数据" not in page
    assert "其权重由其他考核项按比例分摊" in page


async def test_a_notice_is_a_workbook_without_formulas(service: Insider, clock: SimulatedClock) -> None:
    await issued(service, clock)
    assert (await service.http.get(f"/notices/2020-04/{'9' * 5000}.html")).status_code == 404
    response = await get(service, "/notices/2020-04/1.xlsx")
    assert response.status_code == 200
    workbook = load_workbook(io.BytesIO(response.content))
    assert workbook.sheetnames == ["县市区", "市直部门"]
    rows = [[cell.value for cell in row] for row in workbook["市直部门"].iter_rows(min_row=4, max_row=7)]
    assert rows[0] == [
        "名次",
        "单位",
        "任务进度",
        "督导评估",
        "领导评价",
        "问责",
        "表扬奖励",
        "总分",
        "名次变化",
    ]
    assert [row[0] for row in rows[1:]] == [1, 1, 3]
    assert [row[7] for row in rows[1:]] == [80, 80, 80]
    assert rows[3][1] == "'=HYPERLINK(1)<script>"
    assert all(cell.data_type != "f" for sheet in workbook for row in sheet.iter_rows() for cell in row)


async def test_what_has_happened_since_is_said(service: Insider, clock: SimulatedClock) -> None:
    await issued(service, clock)
    assert "已有更正或补充" not in (await get(service, "/notices/2020-04")).text
    await service.give("scoreUnit", score("dept.b", "leaders_evaluation", "99"))
    await service.give("publishRanking", {"period": "2020-04", "category": "DEPARTMENT", "reason": "补录"})
    again = {"period": "2020-04", "number": "演示〔2020〕10号"}
    position = (await service.give("issueNotice", again))["position"]
    await service.app.reads.wait(position)
    first, latest = await get(service, "/notices/2020-04/1.html"), await get(service, "/notices/2020-04")
    assert "市直部门排名的部分计分依据已有更正或补充" in first.text
    assert "本通报已重新印发" in first.text
    assert "已有更正或补充" not in latest.text
    assert "第2版，补录" in latest.text
    listing = (await get(service, "/notices")).text
    assert "演示〔2020〕10号" in listing
    assert "演示〔2020〕9号" not in listing


async def test_a_number_is_given_once_whatever_the_period(service: Insider, clock: SimulatedClock) -> None:
    await issued(service, clock)
    clock.moment = noon(2020, 5, 20)
    for code in ("dept.a", "county.x"):
        await service.give("scoreUnit", score(code, "supervision", "90", "2020-05"), role=GROUP)
    clock.moment = noon(2020, 6, 4)
    for category in ("DEPARTMENT", "COUNTY"):
        await service.give("publishRanking", {"period": "2020-05", "category": category})
    may = {"period": "2020-05", "number": " 演示〔2020〕9号 "}
    assert (await service.refused("issueNotice", may))["code"] == "notice.number_used"
    await service.give("issueNotice", {**may, "number": "演示〔2020〕11号"})


async def test_a_unit_that_is_renamed_later_keeps_its_name_in_what_was_issued(
    service: Insider, clock: SimulatedClock
) -> None:
    await issued(service, clock)
    before = (await get(service, "/notices/2020-04/1.html")).text
    cells = _cells((await get(service, "/notices/2020-04/1.xlsx")).content)
    renamed = {"unit": score("dept.b", "x", None)["unit"], "name": "改名后的局"}
    await service.app.reads.wait((await service.give("renameUnit", renamed))["position"])
    assert (await get(service, "/notices/2020-04/1.html")).text == before
    assert _cells((await get(service, "/notices/2020-04/1.xlsx")).content) == cells
    # What is issued from now on calls it by its new name, and so does a draft of that.
    await service.give("scoreUnit", score("dept.b", "leaders_evaluation", "99"))
    again = {"period": "2020-04", "category": "DEPARTMENT", "reason": "补录"}
    await service.app.reads.wait((await service.give("publishRanking", again))["position"])
    draft = await service.http.get("/notices/2020-04/draft.html", headers=bearer(service, OFFICE))
    assert "改名后的局" in draft.text
    anew = {"period": "2020-04", "number": "演示〔2020〕10号"}
    await service.app.reads.wait((await service.give("issueNotice", anew))["position"])
    assert "改名后的局" in (await get(service, "/notices/2020-04")).text
    assert "改名后的局" not in (await get(service, "/notices/2020-04/1.html")).text
    # Nor do published rankings forget what they called it; the unit itself is called what it is called now.
    read = await service.ask("""{ publishedRankings(filter: { category: DEPARTMENT }) { nodes { edition
        entries { unitName unit { name } } } } }""")
    told = {
        node["edition"]: {
            entry["unitName"] for entry in node["entries"] if entry["unit"]["name"] == "改名后的局"
        }
        for node in read["publishedRankings"]["nodes"]
    }
    assert told == {1: {"单位dept.b"}, 2: {"改名后的局"}}


def _cells(content: bytes) -> list[list[object]]:
    workbook = load_workbook(io.BytesIO(content))
    return [[cell.value for cell in row] for sheet in workbook for row in sheet.iter_rows()]


def bearer(client: Insider, who: Person) -> dict[str, str]:
    return {"authorization": f"Bearer {client.token(who)}"}


async def test_a_notice_is_seen_as_a_draft_before_it_is_issued(
    service: Insider, clock: SimulatedClock
) -> None:
    await found(service, clock)
    clock.moment = noon(2020, 4, 20)
    for code, points in zip((*DEPARTMENTS[:3], *COUNTIES), ("90", "80", "80", "70", "60"), strict=True):
        await service.give("scoreUnit", score(code, "supervision", points), role=GROUP)
    clock.moment = noon(2020, 5, 4)
    await service.give("publishRanking", {"period": "2020-04", "category": "COUNTY"})
    await service.app.reads.wait(await service.position())
    before = await service.position()
    address = "/notices/2020-04/draft"
    early = await service.http.get(f"{address}.html", headers=bearer(service, OFFICE))
    assert early.status_code == 200
    assert "草稿：本通报尚未印发，不得引用。市直部门排名尚未公布，公布后方可印发。" in early.text
    assert "文号待定" in early.text
    await service.give("publishRanking", {"period": "2020-04", "category": "DEPARTMENT"})
    await service.app.reads.wait(await service.position())
    words = {"number": "演示〔2020〕9号", "text": "<i>现通报如下。"}
    whole = await service.http.get(f"{address}.html", params=words, headers=bearer(service, LEADER))
    assert "尚未公布" not in whole.text
    assert "演示〔2020〕9号" in whole.text
    assert "&lt;i&gt;现通报如下。" in whole.text
    sheet = await service.http.get(f"{address}.xlsx", params=words, headers=bearer(service, LEADER))
    workbook = load_workbook(io.BytesIO(sheet.content))
    assert workbook.sheetnames == ["县市区", "市直部门"]
    assert "草稿" in workbook["县市区"]["A3"].value
    # Nothing was recorded, and nothing is public.
    assert await service.position() == before + 1
    assert (await get(service, "/notices/2020-04")).status_code == 404


async def test_a_draft_is_for_the_office_and_leaders(service: Insider, clock: SimulatedClock) -> None:
    await found(service, clock)
    address = "/notices/2020-04/draft.html"
    assert (await get(service, address)).status_code == 401
    for who in (reporter("dept.a"), GROUP, EVALUATOR):
        assert (await service.http.get(address, headers=bearer(service, who))).status_code == 403
    office = bearer(service, OFFICE)
    for path, status in (("2020-04/draft.pdf", 404), ("2020-13/draft.html", 400), ("2019/draft.xlsx", 200)):
        answer = await service.http.get(f"/notices/{path}", headers=office)
        assert answer.status_code == status, path
    long = await service.http.get(address, params={"number": "9" * 61}, headers=office)
    assert (long.status_code, long.json()["errors"][0]["extensions"]["argument"]) == (400, "number")


async def test_a_notice_says_how_ties_and_caps_are_settled(service: Insider, clock: SimulatedClock) -> None:
    await issued(service, clock)
    page = (await get(service, "/notices/2020-04/1.html")).text
    assert "总分相同的，依次比较督导评估；仍相同的名次并列，下一名次空缺" in page
    assert "四舍六入五成双保留2位小数" in page
    assert "加减分以本期为限：问责最多减5分；表扬奖励最多加5分" in page
    response = await get(service, "/notices/2020-04/1.xlsx")
    sheet = load_workbook(io.BytesIO(response.content))["市直部门"]
    assert sheet["H5"].number_format == "0.00"
    assert any("依次比较督导评估" in str(row[0].value) for row in sheet.iter_rows(min_row=8))


async def test_what_is_no_notice_is_not_found(service: Insider, clock: SimulatedClock) -> None:
    assert "尚未印发通报" in (await get(service, "/notices")).text
    await issued(service, clock)
    for path in (
        "2020-05",
        "2020-04/2.html",
        "2020-04/1.pdf",
        "2020-04/99999999999.html",
        "x%00",
        "2020-04/0.xlsx",
    ):
        assert (await get(service, f"/notices/{path}")).status_code == 404, path
