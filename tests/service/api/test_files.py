"""Files over HTTP: the calendar, sheets, monthly reports, and progress reports in bulk, in a small town."""

import asyncio
import csv
import hashlib
import io
import shutil
import zipfile
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from icalendar import Calendar
from openpyxl import Workbook, load_workbook

from domain import identifiers
from domain.supervision.obligations import Duty
from domain.supervision.problem import ProblemSource, ProblemStatus
from service.api.supervision.obligations import ObligationStatus
from service.serving import answering
from service.store.clock import SimulatedClock
from service.store.errors import OutcomeUnknown, VersionConflict
from service.workbooks import exports
from service.workbooks.reports import FAULTS, REPORTS
from tests import missing
from tests.service.api.carded import DOCUMENT, adopt, sweep
from tests.service.api.city import campaign, group, task, unit
from tests.service.api.client import LEADER, OFFICE, PUBLIC, Insider, Person, reporter, supervisor
from tests.service.api.conftest import noon
from tests.service.api.small import listing, small_town

A, G1 = reporter("dept.a"), supervisor("g1")


async def fetch(service: Insider, path: str, who: Person = OFFICE, **headers: str) -> httpx.Response:
    await service.app.reads.wait(await service.position())
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return await service.http.get(path, headers=service.headers(who) | named)


async def upload(service: Insider, content: bytes, who: Person = A) -> httpx.Response:
    return await service.http.post("/files/reports.xlsx", content=content, headers=service.headers(who))


# -- the calendar


async def events(service: Insider, who: Person) -> dict[str, Any]:
    answer = await fetch(service, "/calendar.ics", who)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/calendar; charset=utf-8")
    return {str(event["summary"]): event for event in Calendar.from_ical(answer.content).walk("VEVENT")}


async def test_the_public_calendar_has_published_tasks_and_nothing_else(service: Insider) -> None:
    await small_town(service)
    assert await events(service, PUBLIC) == {}
    await service.give("publishTask", {"task": task("1.1"), "outlet": "潍坊日报"})
    shown = await events(service, PUBLIC)
    assert list(shown) == ["〔时限〕1.1 农村厕所改造 1.1"]
    inside = await events(service, LEADER)
    assert set(inside) > set(shown)
    due = inside["〔履职〕形成问题清单（2020-07）"]
    assert due.decoded("dtstart").isoformat() == "2020-07-20"
    assert len({str(event["uid"]) for event in inside.values()}) == len(inside)


async def test_a_calendar_that_has_not_changed_is_not_sent_again(service: Insider) -> None:
    await small_town(service)
    tag = (await fetch(service, "/calendar.ics")).headers["etag"]
    again = await fetch(service, "/calendar.ics", if_none_match=tag)
    assert (again.status_code, again.content) == (304, b"")
    assert (await fetch(service, "/calendar.ics", PUBLIC, if_none_match=tag)).status_code == 200
    await service.give("compileProblemList", {"period": "2020-05"})
    await service.give("publishTask", {"task": task("1.1"), "outlet": "潍坊日报"})
    assert (await fetch(service, "/calendar.ics", if_none_match=tag)).status_code == 200


# -- sheets


async def test_sheets_are_for_insiders(service: Insider) -> None:
    await small_town(service)
    for path in ("/files/ledger.csv", "/files/problems.xlsx", "/monthly-reports/g1/2020-06.md"):
        refused = await fetch(service, path, PUBLIC)
        assert (refused.status_code, refused.json()["errors"][0]["extensions"]["code"]) == (401, "FORBIDDEN")
        assert refused.headers["www-authenticate"] == "Bearer"
        bad = await service.http.get(path, headers={"authorization": "Bearer nonsense"})
        assert (bad.status_code, bad.headers["www-authenticate"]) == (401, "Bearer")
    assert (await fetch(service, "/files/secrets.csv")).status_code == 404
    for campaign_ in ("c9", "c9%00", "%00"):
        assert (await fetch(service, f"/files/ledger.csv?campaign={campaign_}")).status_code == 400


async def test_a_workbook_of_another_day_is_another_though_its_rows_are_the_same(
    service: Insider, clock: SimulatedClock
) -> None:
    await small_town(service)
    tags = {}
    for kind in ("csv", "xlsx"):
        tags[kind] = (await fetch(service, f"/files/problems.{kind}")).headers["etag"]
        assert (await fetch(service, f"/files/problems.{kind}", if_none_match=tags[kind])).status_code == 304
    clock.moment += timedelta(days=1)
    again = {k: await fetch(service, f"/files/problems.{k}", if_none_match=tag) for k, tag in tags.items()}
    # The workbook says in its footer of which day it is.
    assert {kind: answer.status_code for kind, answer in again.items()} == {"csv": 304, "xlsx": 200}


async def test_problems_and_obligations_come_as_sheets_without_formulas(service: Insider) -> None:
    await small_town(service)
    told = {"code": "wt.1", "title": "=cmd|' /C calc'!A0", "description": "一处。", "task": task("1.1")}
    await service.give("listProblem", {**told, "source": "OFFICE"})
    text = (await fetch(service, "/files/problems.csv")).content.decode("utf-8-sig")
    (row,) = csv.DictReader(io.StringIO(text, newline=""))
    assert (row["问题编码"], row["问题"], row["状态"]) == ("wt.1", "'=cmd|' /C calc'!A0", "已列入清单")
    book = load_workbook(io.BytesIO((await fetch(service, "/files/problems.xlsx")).content))
    sheet = book.worksheets[0]
    assert (sheet.freeze_panes, sheet.print_title_rows, sheet.page_setup.orientation) == (
        "A2",
        "$1:$1",
        "landscape",
    )
    assert not [c.value for r in sheet for c in r if c.data_type == "f"]
    text = (await fetch(service, "/files/obligations.csv")).content.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert [r["时限"] for r in rows if r["履职事项"] == "形成问题清单"][:2] == ["2020-06-20", "2020-07-20"]
    assert {r["状态"] for r in rows} == {"待履行", "未到期"}


def test_the_sheets_have_a_word_for_everything() -> None:
    """One problem that a meeting raised left the whole list without a sheet."""
    assert set(exports.SOURCES) == {source.value for source in ProblemSource}
    assert set(exports.STAGES) == {status.value for status in ProblemStatus}
    assert set(exports.DUTIES) == {duty.value for duty in Duty}
    assert set(exports.STANDINGS) == {str(status.value) for status in ObligationStatus}


def _values(content: bytes) -> dict[str, list[list[Any]]]:
    book = load_workbook(io.BytesIO(content))
    return {s.title: [[cell.value for cell in row] for row in s] for s in book.worksheets}


async def test_libreoffice_opens_every_workbook_and_reads_back_the_same(
    service: Insider, clock: SimulatedClock, tmp_path: Path
) -> None:
    office = shutil.which("soffice")
    if office is None:
        why = "soffice is missing (Debian: libreoffice-calc)"
        missing.skip("workbooks in LibreOffice", why, insisted="REQUIRE_LIBREOFFICE")
    await small_town(service)
    clock.moment = noon(2020, 7, 3)
    await service.give("generateMonthlyReport", {"period": "2020-06", "group": group("g1")}, role=G1)
    paths = ("/files/ledger.xlsx", "/files/obligations.xlsx", "/monthly-reports/g1/2020-06.xlsx")
    files = {f"{n}.xlsx": (await fetch(service, path)).content for n, path in enumerate(paths)}
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    command = ("--headless", f"-env:UserInstallation=file://{tmp_path}/profile", "--convert-to", "xlsx")
    run = await asyncio.create_subprocess_exec(
        office, *command, "--outdir", str(tmp_path / "out"), *(str(tmp_path / name) for name in files)
    )
    assert await run.wait() == 0
    for name, content in files.items():
        assert _values((tmp_path / "out" / name).read_bytes()) == _values(content)


# -- monthly reports


async def test_a_report_is_downloaded_in_three_forms(service: Insider, clock: SimulatedClock) -> None:
    await small_town(service)
    clock.moment = noon(2020, 7, 3)
    words = {"assessment": "<script>alert(1)</script>\n=1+1"}
    selection = "... on MonthlyReportPayload { report { sha256 text } }"
    asked = {"period": "2020-06", "group": group("g1"), **words}
    made = (await service.give("generateMonthlyReport", asked, selection, G1))["report"]
    text = await fetch(service, "/monthly-reports/g1/2020-06.md", LEADER)
    assert hashlib.sha256(text.content).hexdigest() == made["sha256"]
    page = await fetch(service, "/monthly-reports/g1/2020-06.html", LEADER)
    assert "<script>" not in page.text
    assert "&lt;script&gt;" in page.text
    assert made["sha256"] in page.text
    assert "<svg" in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
    sheets = _values((await fetch(service, "/monthly-reports/g1/2020-06.xlsx", LEADER)).content)
    assert sheets["攻坚战"][-1] == ["合计", 2, 1, 0.05, 0.3704, 1, 0, 3]
    assert (await fetch(service, "/monthly-reports/g1/2020-05.md", LEADER)).status_code == 404
    assert (await fetch(service, "/monthly-reports/G%201/2020-06.md", LEADER)).status_code == 404


async def test_a_report_tells_of_the_month_as_it_ended(service: Insider, clock: SimulatedClock) -> None:
    """The last day is swept when it is over, a visit is recorded days later, and what is given to other units
    afterwards, or is no longer the group's, was not then."""
    await small_town(service)
    await adopt(service)
    told = {
        "code": "wt.1",
        "title": "进度滞后",
        "description": "一处。",
        "source": "OFFICE",
        "task": task("1.1"),
    }
    await service.give("listProblem", told)
    problem = {"problem": f"problem:{identifiers.problem_id('wt.1')}"}
    await service.give("assignProblem", {**problem, "unit": unit("dept.a")})
    clock.moment = noon(2020, 7, 2)
    await sweep(service, date(2020, 6, 30))
    await sweep(service, date(2020, 7, 1))
    visit = {"code": "v1", "campaign": campaign("c1"), "units": [unit("dept.a")], "on": "2020-06-29"}
    await service.give("recordVisit", {**visit, "place": "某镇"}, role=G1)
    await service.give("assignProblem", {**problem, "unit": unit("dept.b")})
    moved = {"task": task("1.1"), "leadUnit": unit("dept.b"), "supportingUnits": [], "document": DOCUMENT}
    await service.give("reassignTask", moved)
    await service.give(
        "changeGroupCoverage",
        {"group": group("g1"), "campaigns": [campaign("c1")], "units": [unit("dept.c")]},
    )
    clock.moment = noon(2020, 7, 3)
    await service.give("generateMonthlyReport", {"period": "2020-06", "group": group("g1")}, role=G1)
    sheets = _values((await fetch(service, "/monthly-reports/g1/2020-06.xlsx", LEADER)).content)
    assert sheets["牵头单位"][1:] == [["单位 dept.a", *sheets["牵头单位"][1][1:]]]
    # One step a day: the red of the first of July is the next month's.
    assert sheets["亮牌"][1:] == [["黄牌", 1, 1]]
    assert [row[2] for row in sheets["未销号问题"][1:]] == ["单位 dept.a"]
    assert any("开展督导1次" in str(row[0]) for row in sheets["正文"])


# -- progress reports in bulk


async def filled(service: Insider, values: dict[str, Any], who: Person = A) -> bytes:
    """The template with the cumulative value of each task's row filled in."""
    sent = await fetch(service, "/files/reports.xlsx?period=2020-05", who)
    assert sent.status_code == 200
    book = load_workbook(io.BytesIO(sent.content))
    sheet = book.worksheets[0]
    headings = {cell.value: cell.column for cell in sheet[1]}
    for row in range(2, sheet.max_row + 1):
        code = sheet.cell(row, headings["任务编码"]).value
        sheet.cell(row, headings["累计完成值"]).value = values.get(code)
        sheet.cell(row, headings["进展情况"]).value = "按计划推进。" if code in values else None
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


async def test_a_filled_sheet_becomes_reports_once(service: Insider) -> None:
    await small_town(service)
    await service.give("listTask", listing("1.3"))
    await service.give("listTask", listing("1.4"))
    content = await filled(service, {"1.1": 20, "1.3": 5})
    before = await service.position()
    done = await upload(service, content)
    assert (done.status_code, done.json()) == (200, {"created": 2, "unchanged": 0})
    assert await service.position() == before + 2
    assert (await upload(service, content)).json() == {"created": 0, "unchanged": 2}
    assert await service.position() == before + 2
    left = load_workbook(io.BytesIO((await fetch(service, "/files/reports.xlsx?period=2020-05", A)).content))
    assert [row[0].value for row in left.worksheets[0]][1:] == ["1.4"]


async def test_a_bad_row_comes_back_marked_and_nothing_is_written(service: Insider) -> None:
    await small_town(service)
    await service.give("listTask", listing("1.3"))
    await service.give("listTask", listing("1.4", leadUnit=unit("dept.c"), supportingUnits=[]))
    content = await filled(service, {"1.1": 20, "1.3": -5, "1.4": 1}, OFFICE)
    before = await service.position()
    back = await upload(service, content, A)
    assert back.status_code == 422
    assert await service.position() == before
    sheet = load_workbook(io.BytesIO(back.content)).worksheets[0]
    told = {row[0].value: row[-1].value for row in sheet}
    assert sheet.cell(1, sheet.max_column).value == FAULTS
    assert told["1.1"] is None
    assert told["1.3"] is not None
    assert told["1.4"] is not None
    # Put right in the sheet that came back, it is taken.
    for row in sheet.iter_rows(min_row=2):
        row[7].value = {"1.1": 20, "1.3": 5}.get(row[0].value)
        row[8].value = "推进。" if row[7].value else None
    file = io.BytesIO()
    sheet.parent.save(file)
    assert (await upload(service, file.getvalue(), A)).json() == {"created": 2, "unchanged": 0}


async def test_a_sheet_that_was_sorted_is_taken_all_the_same(service: Insider) -> None:
    await small_town(service)
    two = [
        {
            "code": code,
            "name": code,
            "direction": "AT_LEAST",
            "unitOfMeasure": "个",
            "target": "9",
            "weight": "50",
        }
        for code in ("a", "b")
    ]
    for task_code in ("1.3", "1.4"):
        await service.give("listTask", listing(task_code, indicators=two))
    lines = [
        (code, None, "2020-05", indicator, None, None, None, 5, "推进。" if indicator == "a" else None)
        for indicator in ("b", "a")
        for code in ("1.3", "1.4")
    ]
    done = await upload(service, _book("进度报送", HEADINGS, *lines))
    assert (done.status_code, done.json()) == (200, {"created": 2, "unchanged": 0})


def _book(title: str, *lines: tuple[Any, ...], merge: str = "") -> bytes:
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = title
    for line in lines:
        sheet.append(line)
    if merge:
        sheet.merge_cells(merge)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


HEADINGS = tuple(column.zh for column in REPORTS.columns[:-1])
LINE = ("1.1", None, "2020-05", "a", None, None, None, 20, "推进。")
BAD: dict[str, Callable[[], bytes]] = {
    "file": lambda: b"no workbook",
    "sheet": lambda: _book("别的表", HEADINGS, LINE),
    "empty": lambda: _book("进度报送"),
    "headings": lambda: _book("进度报送", HEADINGS[1:], LINE[1:]),
    "merged": lambda: _book("进度报送", HEADINGS, LINE, LINE, merge="A2:A3"),
    "formula": lambda: _book("进度报送", HEADINGS, (*LINE[:7], "=1+1", "推进。")),
    "number": lambda: _book("进度报送", HEADINGS, (*LINE[:7], "很多", "推进。")),
    "task": lambda: _book("进度报送", HEADINGS, ("9.9", *LINE[1:])),
    "period": lambda: _book("进度报送", HEADINGS, (*LINE[:2], "2021-05", *LINE[3:])),
    "indicator": lambda: _book("进度报送", HEADINGS, (*LINE[:3], "z", *LINE[4:])),
    "rows": lambda: _book("进度报送", HEADINGS, *[("1.1",)] * 20_001),
}


@pytest.mark.parametrize("name", BAD)
async def test_a_bad_sheet_is_refused_whole(service: Insider, name: str) -> None:
    await small_town(service)
    before = await service.position()
    back = await upload(service, BAD[name]())
    assert back.status_code == 422
    assert back.content.startswith(b"PK")
    assert await service.position() == before


async def test_a_range_that_is_merged_over_the_whole_sheet_is_not_loaded(service: Insider) -> None:
    await small_town(service)
    wide = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(BAD["merged"]())) as small, zipfile.ZipFile(wide, "w") as written:
        for name in small.namelist():
            written.writestr(name, small.read(name).replace(b'"A2:A3"', b'"A2:J30000"'))
    back = await upload(service, wide.getvalue())
    assert back.status_code == 422
    sheet = load_workbook(io.BytesIO(back.content)).worksheets[0]
    assert [cell.value for cell in sheet[2]][:2] == [1, "sheet.merged"]


async def test_only_office_and_units_report(service: Insider) -> None:
    await small_town(service)
    assert (await upload(service, b"", LEADER)).status_code == 403
    assert (await upload(service, b"", PUBLIC)).status_code == 401
    assert (await upload(service, b"x" * 6_000_000)).status_code == 413


@pytest.mark.parametrize(
    "error", [OutcomeUnknown("lost during the commit"), VersionConflict(identifiers.task_id("1.1"), 1, 2)]
)
async def test_what_cannot_be_recorded_now_is_told_so(
    service: Insider, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    await small_town(service)
    content = await filled(service, {"1.1": 20})

    async def lost(*_: object) -> None:
        raise error

    monkeypatch.setattr(service.app.commands, "handle", lost)
    answer = await upload(service, content)
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (503, "UNAVAILABLE")


async def test_a_sheet_that_breaks_off_is_no_fault_of_ours(service: Insider) -> None:
    sent = iter([{"type": "http.request", "body": b"PK", "more_body": True}, {"type": "http.disconnect"}])
    said: list[Any] = []

    async def receive() -> Any:
        return next(sent)

    async def send(message: Any) -> None:
        said.append(message)

    headers = [(k.encode(), v.encode()) for k, v in service.headers(OFFICE).items()]
    path = "/files/reports.xlsx"
    scope = {"type": "http", "method": "POST", "path": path, "headers": headers, "query_string": b""}
    await answering(service.app)(scope, receive, send)
    assert said[0]["status"] == 400
