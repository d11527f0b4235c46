"""Bearer tokens: JSON Web Tokens (RFC 7519) checked against a JSON Web Key Set (RFC 7517).

The keys come from a file or an address; without either the service makes an Ed25519 key of its own in its
data directory, and `duban token` signs with it. Claims: `iss`, `aud`, `sub` (who), `exp`, `role`, and for a
reporter `unit`, for a supervisor `group`, for an official `official` (each the short code).
"""

import asyncio
import json
import logging
import os
import time
import urllib.request
from http.client import HTTPException
from pathlib import Path
from types import NoneType
from typing import Any, TypeGuard

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, OKPKey

from domain import identifiers
from domain.refusal import Refusal
from service import BadInput
from service.errors import Unauthenticated
from service.identity import PUBLIC, Role, Viewer

log = logging.getLogger(__name__)

ALGORITHMS = ["Ed25519", "EdDSA", "ES256", "RS256"]
LEEWAY_SECONDS = 30
REFRESH_SECONDS = 300
KNOWN_TOKENS = 10_000

# What reading keys fails with where the JSON is none, or holds something else.
NO_KEYS = (ValueError, TypeError, LookupError, AttributeError, RecursionError, JoseError)

NAMED_BY = {Role.REPORTER: "unit", Role.SUPERVISOR: "group", Role.OFFICIAL: "official"}
"""The claim that says for whom a token of the role speaks; tokens of other roles have none of them."""


class Authenticator:
    """Turns an Authorization header into a viewer."""

    def __init__(self, keys: KeySet, issuer: str, audience: str):
        self.keys = keys
        self.rules = jwt.JWTClaimsRegistry(
            leeway=LEEWAY_SECONDS,
            iss={"essential": True, "value": issuer},
            aud={"essential": True, "value": audience},
            sub={"essential": True},
            exp={"essential": True},
        )
        self._known: dict[str, tuple[Viewer, float]] = {}

    def trust(self, keys: KeySet) -> None:
        """Check tokens with these keys from now on, those that are known already too."""
        self.keys = keys
        self._known.clear()

    def __call__(self, header: str | None) -> Viewer:
        """The viewer; PUBLIC without a header; Unauthenticated for a token that is not good."""
        if header is None:
            return PUBLIC
        known = self._known.get(header)
        if known is not None and known[1] > time.time():
            return known[0]
        scheme, _, token = header.partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise Unauthenticated("Send the token as: Authorization: Bearer …")
        viewer, expires = self._read(token.strip())
        if len(self._known) >= KNOWN_TOKENS:
            self._known.clear()
        self._known[header] = (viewer, expires)
        return viewer

    def _read(self, token: str) -> tuple[Viewer, float]:
        claims: dict[str, Any] = {}
        try:
            claims = jwt.decode(token, self.keys, algorithms=ALGORITHMS).claims
            self.rules.validate(claims)
            return viewer_of(claims), float(claims["exp"]) + LEEWAY_SECONDS
        except (JoseError, ValueError, TypeError, KeyError, OverflowError) as error:
            refused = Unauthenticated(f"The token is not valid: {type(error).__name__}.")
        except Unauthenticated as error:
            refused = error
        # Our signature is on these claims, whatever else is wrong with them: the attempt has a name.
        who = claims.get("sub")
        refused.subject = who if _names_somebody(who) else None
        raise refused from None


def viewer_of(claims: dict[str, Any]) -> Viewer:
    """The viewer in checked claims; Unauthenticated where they do not fit together."""
    role, who = claims.get("role"), claims.get("sub")
    if not isinstance(role, str) or role not in set(Role):
        raise Unauthenticated("The token names no role of this service.")
    if not _names_somebody(who):
        raise Unauthenticated("The token names nobody.")
    codes = {claim: claims.get(claim) for claim in NAMED_BY.values()}
    own = NAMED_BY.get(Role(role))
    if any(not isinstance(code, str if claim == own else NoneType) for claim, code in codes.items()):
        raise Unauthenticated(
            "A reporter's token names a unit, a supervisor's a group, an official's an official, and no other"
            " does."
        )
    unit, group, official = codes["unit"], codes["group"], codes["official"]
    try:
        return Viewer(
            Role(role),
            who,
            unit_id=None if unit is None else identifiers.unit_id(unit),
            group_id=None if group is None else identifiers.group_id(group),
            official_id=None if official is None else identifiers.official_id(official),
        )
    except Refusal:
        raise Unauthenticated("The token's unit, group or official is not a code of any.") from None


def _names_somebody(who: Any) -> TypeGuard[str]:
    return isinstance(who, str) and 0 < len(who) <= 200 and who.isprintable()


def own_key(directory: Path) -> OKPKey:
    """The service's own signing key, made at first use; only its owner can read the file."""
    path = directory / "key.json"
    if not path.exists():
        directory.mkdir(parents=True, exist_ok=True)
        key = OKPKey.generate_key("Ed25519", {"use": "sig"}, private=True)
        key.ensure_kid()
        draft = path.with_suffix(f".{os.getpid()}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump(key.as_dict(private=True), file)
        try:
            # Linking fails if another process was first; its key is then ours as well.
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    try:
        return OKPKey.import_key(json.loads(path.read_bytes()))
    except NO_KEYS as error:
        raise BadInput(f"{path} is no signing key; without it, a new one is made") from error


def key_set(source: str, directory: Path) -> KeySet:
    """The keys tokens are checked against: from an address, a file, or the service's own.

    Raises OSError where they cannot be read, BadInput where there are none.
    """
    if not source:
        return KeySet([own_key(directory)])
    if source.startswith(("http://", "https://")):
        with urllib.request.urlopen(source, timeout=10) as answer:
            return _imported(answer.read(1_000_000), source)
    return _imported(Path(source).read_bytes(), source)


def _imported(content: bytes, source: str) -> KeySet:
    # An address may answer anything: a page that asks for a login, an error in JSON.
    try:
        keys = KeySet.import_key_set(json.loads(content))
    except NO_KEYS as error:
        raise BadInput(f"{source} is no set of keys (JWKS)") from error
    if not keys.keys:
        raise BadInput(f"{source} has no keys")
    return keys


async def keep_fresh(authenticator: Authenticator, source: str, directory: Path) -> None:
    """Read the keys at an address anew now and then, so that rotation needs no restart."""
    while source.startswith(("http://", "https://")):
        await asyncio.sleep(REFRESH_SECONDS)
        try:
            authenticator.trust(await asyncio.to_thread(key_set, source, directory))
        except (OSError, HTTPException, BadInput) as error:
            log.warning("the keys at %s cannot be read, the old ones stay: %r", source, error)


def signed(
    key: OKPKey,
    *,
    issuer: str,
    audience: str,
    who: str,
    role: Role,
    unit: str | None = None,
    group: str | None = None,
    official: str | None = None,
    valid_seconds: int = 365 * 86_400,
) -> str:
    """A token for a person or system, signed with the service's own key."""
    now = int(time.time())
    claims: dict[str, Any] = {
        "iss": issuer,
        "aud": audience,
        "sub": who,
        "role": role.value,
        "iat": now,
        "exp": now + valid_seconds,
    }
    if unit is not None:
        claims["unit"] = unit
    if group is not None:
        claims["group"] = group
    if official is not None:
        claims["official"] = official
    viewer_of(claims)
    return jwt.encode({"alg": "Ed25519", "kid": key.kid}, claims, key, algorithms=ALGORITHMS)
