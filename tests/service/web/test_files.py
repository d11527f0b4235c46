"""The rating pages as files: what is served, with which headers, and that nothing comes from elsewhere."""

import re
from collections.abc import AsyncIterator
from html.parser import HTMLParser
from typing import cast
from uuid import uuid4

import httpx
import pytest
from starlette.applications import Starlette

from service.app import Application
from service.web import rate

PAGES = {name: path.replace("{box:uuid}", str(uuid4())) for name, path in rate.PAGES.items()}
FILES = rate.served_files()


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    # No file asks the application for anything.
    pages = Starlette(routes=rate.routes(cast(Application, None)))
    transport = httpx.ASGITransport(app=pages)
    async with httpx.AsyncClient(transport=transport, base_url="http://duban.test") as client:
        yield client


class Parts(HTMLParser):
    """What a page's markup consists of."""

    def __init__(self, markup: str):
        super().__init__()
        self.scripts: list[dict[str, str | None]] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.inline = ""
        self._within = ""
        self.feed(markup)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._within = tag
        if tag == "script":
            self.scripts.append(dict(attrs))
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        self._within = ""

    def handle_data(self, data: str) -> None:
        if self._within in ("script", "style"):
            self.inline += data


@pytest.mark.parametrize("name", PAGES)
async def test_a_page_is_served_strictly(http: httpx.AsyncClient, name: str) -> None:
    response = await http.get(PAGES[name])
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    policy = response.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    assert response.headers["referrer-policy"] == "no-referrer"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert "set-cookie" not in response.headers


@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_nothing_inline_and_every_file_it_names(name: str) -> None:
    parts = Parts(FILES[name].body.decode())
    assert parts.inline.strip() == ""
    assert all(script.get("src") for script in parts.scripts)
    assert not [a for a in parts.attributes if a[1].startswith("on") or a[1] == "style"]
    named = [value for _, attribute, value in parts.attributes if attribute in ("src", "href")]
    assert named
    for value in named:
        assert value.startswith("/rate/files/")
        assert value.removeprefix("/rate/files/") in FILES


@pytest.mark.parametrize("name", [name for name in FILES if name.endswith(".mjs")])
def test_a_module_imports_only_its_neighbours(name: str) -> None:
    source = FILES[name].body.decode()
    for imported in re.findall(r"""(?:from|import\()\s*["']([^"']+)["']""", source):
        assert imported.startswith("./")
        assert imported.removeprefix("./") in FILES
    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", source
    )


@pytest.mark.parametrize("name", FILES)
def test_no_file_names_another_host(name: str) -> None:
    source = FILES[name].body.decode()
    assert set(re.findall(r"https?://[\w.-]+", source)) <= {"http://www.w3.org"}


async def test_a_file_is_kept_and_asked_for_anew(http: httpx.AsyncClient) -> None:
    first = await http.get("/rate/files/rate.mjs")
    assert first.headers["content-type"] == "text/javascript; charset=utf-8"
    assert first.headers["cache-control"] == "no-cache"
    tag = first.headers["etag"]
    for given in (tag, f"W/{tag}", f'"other", {tag}'):
        again = await http.get("/rate/files/rate.mjs", headers={"if-none-match": given})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    changed = await http.get("/rate/files/rate.mjs", headers={"if-none-match": '"other"'})
    assert changed.status_code == 200


@pytest.mark.parametrize("name", ["__init__.py", "printed.py", "..%2Fprobes.py", "none.mjs", "%00"])
async def test_nothing_else_of_the_package_is_served(http: httpx.AsyncClient, name: str) -> None:
    assert (await http.get(f"/rate/files/{name}")).status_code == 404


async def test_a_page_is_of_a_box_only(http: httpx.AsyncClient) -> None:
    assert (await http.get("/rate/not-a-box")).status_code == 404
