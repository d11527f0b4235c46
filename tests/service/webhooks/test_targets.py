"""Where messages may go: what is inside stays inside, whatever it is called."""

import socket

import httpx
import pytest

from domain.refusal import Refusal
from service.webhooks.targets import TargetRefused, Targets

OUTSIDE = Targets(private=False)

INSIDE = [
    "https://localhost/x",
    "https://db.internal/x",
    "https://printer.local/x",
    "https://127.0.0.1/x",
    "https://10.1.2.3/x",
    "https://172.16.0.1/x",
    "https://192.168.1.1/x",
    "https://169.254.169.254/latest/meta-data",
    "https://100.64.0.1/x",
    "https://0.0.0.0/x",
    "https://224.0.0.1/x",
    "https://[::1]/x",
    "https://[fe80::1]/x",
    "https://[fd00::1]/x",
    "https://[::ffff:127.0.0.1]/x",
    "https://[64:ff9b::7f00:1]/x",
    "https://[2002:7f00:1::]/x",
    "https://[::127.0.0.1]/x",
    "https://[::ffff:0:127.0.0.1]/x",
    "https://[64:ff9b:1::7f00:1]/x",
    "https://[fec0::1]/x",
    "https://localhost./x",
    "https://db.internal./x",
    "https://127.0.0.1./x",
    "https://2130706433/x",
    "https://0x7f.1/x",
    "https://127.1/x",
    "http://hooks.example.org/x",
]
OUTER = ["https://hooks.example.org/x", "https://8.8.8.8/x", "https://[2606:4700::1]/x"]


@pytest.mark.parametrize("url", INSIDE)
def test_what_is_inside_is_not_registered(url: str) -> None:
    with pytest.raises(Refusal) as refused:
        OUTSIDE.require_registrable(url)
    assert (refused.value.code, refused.value.field) == ("webhook.target_refused", "url")
    Targets(private=True).require_registrable(url)


@pytest.mark.parametrize("url", OUTER)
def test_what_is_outside_is(url: str) -> None:
    OUTSIDE.require_registrable(url)


@pytest.mark.parametrize("private", [True, False])
@pytest.mark.parametrize(
    "host", ["a..example.org", ".example.org", "a" * 64 + ".example.org", "例" * 64 + ".cn"]
)
async def test_a_name_that_no_host_can_have_is_refused(host: str, private: bool) -> None:
    """Python's resolver raises another error for it than for a name that is not found."""
    targets = Targets(private=private)
    with pytest.raises(Refusal) as refused:
        targets.require_registrable(f"https://{host}/x")
    assert (refused.value.code, refused.value.field) == ("webhook.malformed_url", "url")
    with pytest.raises(TargetRefused):
        await targets.find(f"https://{host}/x")


async def test_a_name_in_chinese_is_asked_for_as_resolvers_have_it(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def look_up(host: str, port: int, **_: object) -> list[tuple[object, ...]]:
        asked.append(host)
        return [(2, 1, 6, "", ("8.8.8.8", port))]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    target = await OUTSIDE.find("https://潍坊.example:8443/推送")
    assert (asked, target.host) == (["xn--2esr27c.example"], "xn--2esr27c.example")
    assert target.authority == "xn--2esr27c.example:8443"
    request = httpx.AsyncClient().build_request("POST", target.connect_to, headers={"host": target.authority})
    assert str(request.url).startswith("https://8.8.8.8:8443/")


async def test_a_name_is_looked_at_again_for_each_attempt() -> None:
    for url in ("https://localhost:8443/x", "http://localhost/x"):
        with pytest.raises(TargetRefused):
            await OUTSIDE.find(url)
    target = await Targets(private=True).find("https://localhost:8443/x?y=1")
    assert (target.host, target.authority) == ("localhost", "localhost:8443")
    assert target.connect_to in ("https://127.0.0.1:8443/x?y=1", "https://[::1]:8443/x?y=1")
