"""Who certifies ballots: the service itself, and, where one is configured, the inspectorate in a process of
its own.

With two issuers neither can mint a ballot alone. The inspectorate knows the roll and gives each rater a
code of its own; the service hands the rater's code and blinded message on, and never learns the codes of
those who do not come.
"""

import asyncio
import json
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from typing import Any, Protocol
from uuid import UUID

from domain.refusal import Refusal
from service.ballots.blind_rsa import SIGNATURE_BYTES, InvalidInput
from service.ballots.encodings import base64_of, octets_of
from service.ballots.keys import IssuerKeys

SERVICE, INSPECTORATE = "service", "inspectorate"
TIMEOUT_SECONDS = 30

Blinded = Mapping[UUID, bytes]
"""A blinded message (or a blind signature) for each unit."""


class Issuer(Protocol):
    """Certifies public keys of ballots, one for each unit, without seeing them."""

    name: str

    async def keys(self, box: UUID, units: Sequence[UUID], roll: Sequence[UUID]) -> dict[UUID, bytes]:
        """The public key (SPKI) of each unit of a box that is to be opened, or has been."""

    async def sign(self, box: UUID, holder: UUID, code: str | None, blinded: Blinded) -> dict[UUID, bytes]:
        """Blind signatures for one holder. Raises Refusal."""

    async def destroy(self, box: UUID) -> None:
        """End of issuing and of the private keys."""


class ServiceIssuer:
    """The service. It signs once `ballots.issue` has settled that this is the holder's one set."""

    name = SERVICE

    def __init__(self, keys: IssuerKeys):
        self._keys = keys

    async def keys(self, box: UUID, units: Sequence[UUID], roll: Sequence[UUID]) -> dict[UUID, bytes]:
        return await self._keys.public(box, units)

    async def sign(self, box: UUID, holder: UUID, code: str | None, blinded: Blinded) -> dict[UUID, bytes]:
        signing = await self._keys.signing(box)
        signed = {}
        for unit, message in blinded.items():
            try:
                signed[unit] = signing[unit].blind_sign(message)
            except InvalidInput:
                raise Refusal("rating.blinded_malformed", field="blinded") from None
            # A signature takes over a millisecond: let others have their turn in between.
            await asyncio.sleep(0)
        return signed

    async def destroy(self, box: UUID) -> None:
        await self._keys.destroy(box)


class RemoteIssuer:
    """The inspectorate's process (`duban issuer serve`), asked over HTTP with a shared token."""

    name = INSPECTORATE

    def __init__(self, address: str, token: str):
        self._address = address.rstrip("/")
        self._token = token

    async def keys(self, box: UUID, units: Sequence[UUID], roll: Sequence[UUID]) -> dict[UUID, bytes]:
        asked = {"units": [str(unit) for unit in units], "roll": [str(rater) for rater in roll]}
        answer = await self._post(f"/boxes/{box}/open", asked)
        return _by_unit(answer.get("keys"), None)

    async def sign(self, box: UUID, holder: UUID, code: str | None, blinded: Blinded) -> dict[UUID, bytes]:
        messages = {str(unit): base64_of(message) for unit, message in blinded.items()}
        asked = {"holder": str(holder), "code": code or "", "blinded": messages}
        answer = await self._post(f"/boxes/{box}/issue", asked)
        signed = _by_unit(answer.get("signatures"), SIGNATURE_BYTES)
        if set(signed) != set(blinded):
            raise Refusal("rating.issuer_away", field="box")
        return signed

    async def destroy(self, box: UUID) -> None:
        await self._post(f"/boxes/{box}/destroy", {})

    async def _post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        request = urllib.request.Request(
            self._address + path,
            json.dumps(body).encode(),
            {"Content-Type": "application/json", "Authorization": f"Bearer {self._token}"},
        )
        try:
            status, answer = await asyncio.to_thread(_answer, request)
        except (OSError, ValueError):
            raise Refusal("rating.issuer_away", field="box") from None
        match answer.get("refused"):
            case "rating.code_wrong":
                raise Refusal("rating.code_wrong", field="inspectorateCode")
            case "rating.issued_already":
                raise Refusal("rating.issued_already", field="blinded")
            case "rating.collection_closed":
                raise Refusal("rating.collection_closed", field="box")
        if status != 200:
            raise Refusal("rating.issuer_away", field="box")
        return answer


def _answer(request: urllib.request.Request) -> tuple[int, dict[str, Any]]:
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as response:
            status, raw = response.status, response.read(10_000_000)
    except urllib.error.HTTPError as error:
        status, raw = error.code, error.read(100_000)
    answer = json.loads(raw)
    return status, answer if isinstance(answer, dict) else {}


def _by_unit(given: Any, size: int | None) -> dict[UUID, bytes]:
    """What came for each unit; Refusal when it is not of its shape."""
    if not isinstance(given, dict):
        raise Refusal("rating.issuer_away", field="box")
    found = {}
    for unit, text in given.items():
        octets = octets_of(text, size) if size else _any_octets(text)
        if octets is None:
            raise Refusal("rating.issuer_away", field="box")
        found[UUID(unit)] = octets
    return found


def _any_octets(text: Any) -> bytes | None:
    size = len(text) * 3 // 4 - text.count("=") if isinstance(text, str) else 0
    return octets_of(text, size)
