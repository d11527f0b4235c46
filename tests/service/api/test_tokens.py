"""Bearer tokens: who is let in, and that whatever else comes is told UNAUTHENTICATED and nothing more."""

import asyncio
import io
import json
import time
from http.client import BadStatusLine
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OctKey, OKPKey, RSAKey
from joserfc.util import urlsafe_b64encode

from domain import identifiers
from service import BadInput
from service.app import background
from service.errors import Unauthenticated
from service.identity import PUBLIC, Role
from service.tokens import Authenticator, keep_fresh, key_set, own_key, signed
from tests.patience import PATIENCE_S
from tests.service.api.city import City

KEY = OKPKey.generate_key("Ed25519", {"kid": "ours"}, private=True)
FOREIGN = OKPKey.generate_key("Ed25519", {"kid": "ours"}, private=True)
QUERY = {"query": "{ viewer { role actor unit group } }"}


def claims(**changes: Any) -> dict[str, Any]:
    now = int(time.time())
    usual = {"iss": "duban", "aud": "duban", "sub": "zhang", "role": "OFFICE", "iat": now, "exp": now + 600}
    return {name: value for name, value in (usual | changes).items() if value is not None}


def token(key: Any = KEY, algorithm: str = "Ed25519", **changes: Any) -> str:
    header = {"alg": algorithm, "kid": "ours"}
    return jwt.encode(header, claims(**changes), key, algorithms=[algorithm])


@pytest.fixture
def authenticator() -> Authenticator:
    return Authenticator(KeySet([KEY]), "duban", "duban")


def test_a_good_token_names_its_viewer(authenticator: Authenticator) -> None:
    viewer = authenticator(f"Bearer {token()}")
    assert (viewer.role, viewer.actor, viewer.unit_id, viewer.group_id) == (Role.OFFICE, "zhang", None, None)
    reporter = authenticator(f"bearer   {token(role='REPORTER', unit='dept.water')}")
    assert reporter.unit_id == identifiers.unit_id("dept.water")
    supervisor = authenticator(f"BEARER {token(role='SUPERVISOR', group='g1')}")
    assert supervisor.group_id == identifiers.group_id("g1")
    official = authenticator(f"Bearer {token(role='OFFICIAL', official='o1')}")
    assert (official.official_id, official.unit_id) == (identifiers.official_id("o1"), None)
    assert authenticator(f"Bearer {token(aud=['others', 'duban'])}").actor == "zhang"


def test_without_a_token_everyone_is_the_public(authenticator: Authenticator) -> None:
    assert authenticator(None) is PUBLIC


BAD_CLAIMS: dict[str, dict[str, Any]] = {
    "expired": {"exp": int(time.time()) - 3_600},
    "without expiry": {"exp": None},
    "not yet valid": {"nbf": int(time.time()) + 3_600},
    "of another issuer": {"iss": "others"},
    "without issuer": {"iss": None},
    "for another audience": {"aud": "others"},
    "for other audiences": {"aud": ["one", "two"]},
    "without audience": {"aud": None},
    "of nobody": {"sub": None},
    "of an empty name": {"sub": ""},
    "of a name that is no text": {"sub": 7},
    "of a name with a control character": {"sub": "a\x00b"},
    "of a very long name": {"sub": "a" * 201},
    "without a role": {"role": None},
    "of an unknown role": {"role": "MAYOR"},
    "of a role in lower case": {"role": "office"},
    "of a list of roles": {"role": ["OFFICE"]},
    "of an object as role": {"role": {"OFFICE": True}},
    "of a reporter without unit": {"role": "REPORTER"},
    "of a reporter of an empty unit": {"role": "REPORTER", "unit": ""},
    "of a reporter of no unit's code": {"role": "REPORTER", "unit": "Dept. Water"},
    "of a reporter of a number": {"role": "REPORTER", "unit": 7},
    "of a reporter with a group": {"role": "REPORTER", "unit": "dept.a", "group": "g1"},
    "of a supervisor without group": {"role": "SUPERVISOR"},
    "of a supervisor of an empty group": {"role": "SUPERVISOR", "group": ""},
    "of an office with a unit": {"unit": "dept.a"},
    "of an office with a unit's number": {"unit": 7},
    "of an official who is nobody": {"role": "OFFICIAL"},
    "of an official with a unit": {"role": "OFFICIAL", "official": "o1", "unit": "dept.a"},
    "of a reporter who is an official": {"role": "REPORTER", "unit": "dept.a", "official": "o1"},
    "of a leader who is an official": {"role": "LEADER", "official": "o1"},
    "of an office with a group": {"group": "g1"},
    "of a strange expiry": {"exp": "tomorrow"},
    "of an endless expiry": {"exp": 1e400},
    "of an expiry beyond all numbers": {"exp": 10**400},
    "of no number's expiry": {"exp": float("nan")},
}


@pytest.mark.parametrize("changes", BAD_CLAIMS.values(), ids=BAD_CLAIMS)
def test_a_token_whose_claims_are_not_good(authenticator: Authenticator, changes: dict[str, Any]) -> None:
    header = {"alg": "Ed25519", "kid": "ours"}
    payload = json.dumps(claims(**changes)).encode()
    parts = urlsafe_b64encode(json.dumps(header).encode()) + b"." + urlsafe_b64encode(payload)
    signature = urlsafe_b64encode(KEY.get_op_key("sign").sign(parts))  # type: ignore[union-attr]
    with pytest.raises(Unauthenticated):
        authenticator(f"Bearer {(parts + b'.' + signature).decode()}")


def _unsigned(algorithm: str, signature: str = "") -> str:
    header = urlsafe_b64encode(json.dumps({"alg": algorithm, "kid": "ours"}).encode()).decode()
    return f"{header}.{urlsafe_b64encode(json.dumps(claims()).encode()).decode()}.{signature}"


def bad_tokens() -> dict[str, str]:
    good = token()
    head, body, signature = good.split(".")
    public = OctKey.import_key(json.dumps(KEY.as_dict(private=False)))
    return {
        "a foreign key": token(FOREIGN),
        "alg none": _unsigned("none"),
        "alg None": _unsigned("None"),
        "alg nOnE with a signature": _unsigned("nOnE", signature),
        "the public key as a secret": token(public, "HS256"),
        "an algorithm that is not taken": _unsigned("HS256", signature),
        "another kind of key": token(ECKey.generate_key("P-256", {"kid": "ours"}, private=True), "ES256"),
        "an RSA key of no ours": token(RSAKey.generate_key(2048, {"kid": "ours"}, private=True), "RS256"),
        "another body": f"{head}.{urlsafe_b64encode(json.dumps(claims(sub='li')).encode()).decode()}.{signature}",
        "no signature": f"{head}.{body}.",
        "two parts": f"{head}.{body}",
        "five parts": f"{head}.{body}.{signature}.{signature}.{signature}",
        "an unknown key id": jwt.encode(
            {"alg": "Ed25519", "kid": "others"}, claims(), FOREIGN, algorithms=["Ed25519"]
        ),
        "nothing": "",
        "a word": "letmein",
        "no base64": "ä.ö.ü",
        "an empty object": "e30.e30.e30",
        "a list as claims": f"{head}.{urlsafe_b64encode(b'[]').decode()}.{signature}",
        "a huge one": "a." * 5_000,
    }


@pytest.mark.parametrize("bad", bad_tokens().values(), ids=bad_tokens())
def test_a_token_that_is_not_ours(authenticator: Authenticator, bad: str) -> None:
    with pytest.raises(Unauthenticated):
        authenticator(f"Bearer {bad}")


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Basic dXNlcjpwYXNz", "Token x", "bearer\tx", "好"]
)
def test_a_header_that_is_no_bearer_token(authenticator: Authenticator, header: str) -> None:
    with pytest.raises(Unauthenticated):
        authenticator(header)


@settings(max_examples=200, derandomize=True, database=None)
@given(st.text() | st.from_regex(r"[A-Za-z0-9_-]{0,40}(\.[A-Za-z0-9_-]{0,40}){0,4}", fullmatch=True))
def test_whatever_comes_is_unauthenticated(text: str) -> None:
    with pytest.raises(Unauthenticated):
        Authenticator(KeySet([KEY]), "duban", "duban")(f"Bearer {text}")


def test_a_token_expires_although_it_is_known(
    authenticator: Authenticator, monkeypatch: pytest.MonkeyPatch
) -> None:
    header = f"Bearer {token()}"
    assert authenticator(header).actor == "zhang"
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 3_600)
    with pytest.raises(Unauthenticated):
        authenticator(header)


def test_a_token_of_a_key_that_was_taken_back_is_refused(authenticator: Authenticator) -> None:
    header = f"Bearer {token()}"
    assert authenticator(header).actor == "zhang"
    authenticator.trust(KeySet([FOREIGN]))
    with pytest.raises(Unauthenticated):
        authenticator(header)


def test_known_tokens_are_kept_within_bounds(
    authenticator: Authenticator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.tokens.KNOWN_TOKENS", 3)
    for number in range(8):
        assert authenticator(f"Bearer {token(sub=f'zhang{number}')}").actor == f"zhang{number}"
    assert len(authenticator._known) <= 3


def test_keys_of_other_kinds_from_a_file(tmp_path: Path) -> None:
    curve = ECKey.generate_key("P-256", {"kid": "ec", "use": "sig"}, private=True)
    rsa = RSAKey.generate_key(2048, {"kid": "rsa", "use": "sig"}, private=True)
    keys = [curve.as_dict(private=False), rsa.as_dict(private=False)]
    (tmp_path / "jwks.json").write_text(json.dumps({"keys": keys}))
    authenticator = Authenticator(key_set(str(tmp_path / "jwks.json"), tmp_path), "duban", "duban")
    for key, algorithm in ((curve, "ES256"), (rsa, "RS256")):
        given_ = jwt.encode({"alg": algorithm, "kid": key.kid}, claims(), key, algorithms=[algorithm])
        assert authenticator(f"Bearer {given_}").role is Role.OFFICE


@pytest.mark.parametrize(
    "content", [b"", b"<html>", b"\xff", b"[]", b"{}", b'{"keys": null}', b'{"keys": []}', b'{"keys": [{}]}']
)
async def test_what_holds_no_keys_is_said_and_the_old_ones_stay(
    content: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "jwks.json").write_bytes(content)
    with pytest.raises(BadInput, match=r"jwks\.json"):
        key_set(str(tmp_path / "jwks.json"), tmp_path)
    monkeypatch.setattr("service.tokens.REFRESH_SECONDS", 0)
    monkeypatch.setattr("urllib.request.urlopen", lambda *_, **__: io.BytesIO(content))
    authenticator = Authenticator(KeySet([KEY]), "duban", "duban")
    fresh = asyncio.create_task(keep_fresh(authenticator, "https://login.example/jwks", tmp_path))
    while len(caplog.records) < 2:
        await asyncio.sleep(0.001)
        assert not fresh.done()
    fresh.cancel()
    assert authenticator(f"Bearer {token()}").role is Role.OFFICE


@pytest.mark.parametrize("content", [b"", b"\xff", b"[]", b"{}"])
def test_a_signing_key_that_is_none_is_said(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "key.json").write_bytes(content)
    with pytest.raises(BadInput, match=r"key\.json"):
        own_key(tmp_path)


async def test_keys_are_read_anew_whatever_their_address_answered_before(
    authenticator: Authenticator, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = json.dumps({"keys": [FOREIGN.as_dict(private=False)]}).encode()
    answers = [b"[]", b"null", b"{}", b'{"keys": 5}', b"\xff", b"[" * 100_000, None, good]
    waiting = iter(answers)

    def answered(*_: Any, **__: Any) -> io.BytesIO:
        if (answer := next(waiting, good)) is None:
            raise BadStatusLine("a gateway's")
        return io.BytesIO(answer)

    monkeypatch.setattr("urllib.request.urlopen", answered)
    monkeypatch.setattr("service.tokens.REFRESH_SECONDS", 0.001)
    trusted = asyncio.Event()

    def trust(keys: KeySet) -> None:
        Authenticator.trust(authenticator, keys)
        trusted.set()

    monkeypatch.setattr(authenticator, "trust", trust)
    fresh = keep_fresh(authenticator, "https://keys.test/", Path())
    async with background(fresh), asyncio.timeout(PATIENCE_S):
        await trusted.wait()
    assert authenticator(f"Bearer {token(FOREIGN)}").actor == "zhang"


def test_the_services_own_key_is_its_owners_alone(tmp_path: Path) -> None:
    key = own_key(tmp_path)
    assert own_key(tmp_path).as_dict() == key.as_dict()
    assert (tmp_path / "key.json").stat().st_mode & 0o077 == 0
    given_ = signed(key, issuer="duban", audience="duban", who="li", role=Role.LEADER)
    assert Authenticator(key_set("", tmp_path), "duban", "duban")(f"Bearer {given_}").role is Role.LEADER


@pytest.mark.parametrize("given_", [{"role": Role.REPORTER}, {"role": Role.OFFICE, "unit": "dept.a"}])
def test_a_token_that_would_not_be_taken_is_not_signed(given_: dict[str, Any]) -> None:
    with pytest.raises(Unauthenticated):
        signed(KEY, issuer="duban", audience="duban", who="li", **given_)


# -- over HTTP


@pytest.mark.parametrize(
    "accept", ["application/graphql-response+json", "application/json", "text/event-stream", ""]
)
async def test_a_bad_token_is_answered_401(city: City, accept: str) -> None:
    for bad in (token(), "letmein", _unsigned("none")):
        headers = {"accept": accept, "authorization": f"Bearer {bad}", "content-type": "application/json"}
        response = await city.client.http.post("/graphql", json=QUERY, headers=headers)
        assert response.status_code == 401
        assert response.headers["www-authenticate"] == "Bearer"
        assert response.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
        assert "data" not in response.json()


async def test_without_a_header_the_public_is_answered(city: City) -> None:
    response = await city.client.http.post("/graphql", json=QUERY)
    assert response.json()["data"]["viewer"] == {
        "role": "PUBLIC",
        "actor": "public",
        "unit": None,
        "group": None,
    }
