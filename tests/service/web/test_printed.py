"""Cards and codes are printed for staff only, once, and what is asked wrongly is told."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pypdfium2
import pytest
import pytest_asyncio
import zxingcpp

from domain import identifiers
from service.store.clock import SimulatedClock
from tests.service.api.client import EVALUATOR, INSPECTOR, OFFICE, PUBLIC, Insider, Person, reporter
from tests.service.api.conftest import noon, opened

ORIGIN = "https://duban.example"


pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def service(server: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Insider]:
    clock = SimulatedClock(noon(2020, 6, 10))
    async with opened(server, tmp_path_factory.mktemp("printed"), clock) as app, Insider(app) as client:
        yield client


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def box(service: Insider) -> str:
    """A box of a panel with five seats, on the 10th of June."""
    await service.give("registerUnit", {"code": "u1", "name": "市生态环境局", "category": "DEPARTMENT"})
    opened = {
        "code": "2020-05",
        "title": "2020年5月社会评议",
        "units": [f"unit:{identifiers.unit_id('u1')}"],
        "period": "2020-05",
        "seats": 5,
        "closesAt": "2020-06-30T17:00:00+08:00",
    }
    await service.give("openRating", opened, role=EVALUATOR)
    return str(identifiers.rating_id("2020-05"))


async def asked(service: Insider, path: str, body: Any, who: Person = EVALUATOR) -> httpx.Response:
    return await service.http.post(path, json=body, headers=service.headers(who))


async def test_cards_are_printed_once_and_kept_nowhere(service: Insider, box: str) -> None:
    body = {"count": 3, "origin": ORIGIN}
    response = await asked(service, f"/rate/{box}/cards.pdf", body)
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/pdf"
    assert response.headers["cache-control"] == "no-store"
    (page,) = pypdfium2.PdfDocument(response.content)
    read = {code.text for code in zxingcpp.read_barcodes(page.render(scale=2).to_pil())}
    assert len(read) == 3
    assert all(text.startswith(f"{ORIGIN}/rate/{box}#") for text in read)
    again = await asked(service, f"/rate/{box}/cards.pdf", body)
    (page,) = pypdfium2.PdfDocument(again.content)
    assert not read & {code.text for code in zxingcpp.read_barcodes(page.render(scale=2).to_pil())}


async def test_a_code_is_shown_as_a_picture(service: Insider, box: str) -> None:
    text = f"{ORIGIN}/rate/{box}#c=ABCDE01234"
    response = await asked(service, f"/rate/{box}/code.svg", {"text": text}, OFFICE)
    assert response.headers["content-type"] == "image/svg+xml"
    assert response.headers["cache-control"] == "no-store"
    assert b"ABCDE01234" not in response.content


@pytest.mark.parametrize("path", ["cards.pdf", "code.svg"])
@pytest.mark.parametrize(
    ("who", "status"), [(PUBLIC, 401), (INSPECTOR, 403), (reporter("u1"), 403)], ids=lambda who: str(who)
)
async def test_nobody_else_prints(service: Insider, box: str, path: str, who: Person, status: int) -> None:
    response = await asked(service, f"/rate/{box}/{path}", {"count": 1, "origin": ORIGIN}, who)
    assert (response.status_code, response.json()["refused"]["code"]) == (status, "FORBIDDEN")


async def test_a_token_that_is_none_is_told(service: Insider, box: str) -> None:
    response = await service.http.post(f"/rate/{box}/cards.pdf", headers={"authorization": "Bearer none"})
    assert (response.status_code, response.json()["refused"]["code"]) == (401, "UNAUTHENTICATED")


@pytest.mark.parametrize(
    "body",
    [
        None,
        {},
        {"count": "3", "origin": ORIGIN},
        {"count": 3, "origin": ORIGIN, "more": 1},
        {"count": 3, "origin": "http://duban.example"},
        {"count": 3, "origin": "https://duban.example/else"},
        {"count": 3, "origin": "https://"},
        {"count": 3, "origin": "https://["},
        {"count": 3, "origin": "https://a\u2100b"},
        {"count": 3, "origin": "javascript:alert(1)"},
        {"count": 3, "origin": "https://" + "x" * 300},
        {"count": 3, "origin": "x" * 5000},
    ],
)
async def test_what_is_asked_wrongly_is_told(service: Insider, box: str, body: Any) -> None:
    response = await asked(service, f"/rate/{box}/cards.pdf", body)
    assert response.status_code in (400, 413)
    assert response.json()["refused"]["code"] in ("MALFORMED", "LIMIT_EXCEEDED")


@pytest.mark.parametrize(("count", "code"), [(0, "rating.card_count"), (100_000, "rating.card_count")])
async def test_rules_are_told_as_refusals(service: Insider, box: str, count: int, code: str) -> None:
    response = await asked(service, f"/rate/{box}/cards.pdf", {"count": count, "origin": ORIGIN})
    assert (response.status_code, response.json()["refused"]["code"]) == (409, code)
    unknown = identifiers.rating_id("none")
    response = await asked(service, f"/rate/{unknown}/cards.pdf", {"count": 1, "origin": ORIGIN})
    assert (response.status_code, response.json()["refused"]["code"]) == (404, "rating.unknown")


async def test_a_text_too_long_for_a_picture_is_told(service: Insider, box: str) -> None:
    response = await asked(service, f"/rate/{box}/code.svg", {"text": "x" * 3500})
    assert (response.status_code, response.json()["refused"]["code"]) == (400, "MALFORMED")
