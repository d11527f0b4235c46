"""The plain paths of a rating box, for the rater's page (docs/rating.md): no cookie, no token, no log line.

What is answered here is the same for everybody. Nothing is remembered of who asked: not the address, not the
time, and an Authorization header is not read.
"""

import logging
import math
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from domain.refusal import Refusal
from service.api.ratings.steps import ballot_in
from service.app import Application
from service.ballots.blind_rsa import SIGNATURE_BYTES
from service.ballots.encodings import base64_of, octets_of
from service.ballots.proven import Proven, keys_json
from service.ballots.state import sealed_json, state_json
from service.errors import BodyTooLarge, Malformed
from service.log.signer import Inconsistent
from service.store.errors import UNREACHABLE
from service.tlog.note import BadNote
from service.web.body import body_of
from service.web.remembered import Made, Remembered

log = logging.getLogger(__name__)

MOST_BYTES = 1_000_000
RETRY_SECONDS = 2
_STATUS = {"rating.unknown": 404, "rating.busy": 503, "rating.issuer_away": 503, "rating.unsigned": 503}
# How long what lacks a witness's cosignature is given out: the next one may have it.
UNWITNESSED_SECONDS = 5.0

Answers = Callable[[UUID, Any], Awaitable[Any]]


class Shapeless(Exception):
    """A body that is not what the path takes."""


def routes(app: Application) -> list[BaseRoute]:
    async def standing(box: UUID) -> Made:
        return Made(state_json(await app.boxes.state(box)))

    async def certifying(box: UUID) -> Made:
        proven = await app.boxes.proven(box)
        return Made(keys_json(proven), _good_for(proven))

    async def whole(box: UUID) -> Made:
        # In this order: what is proven is in the state, which may be younger.
        proven = await app.boxes.proven(box)
        return Made(sealed_json(await app.boxes.state(box), proven), _good_for(proven))

    standings, certified, wholes = (Remembered(app.database, make) for make in (standing, certifying, whole))

    async def state(box: UUID, _: Any) -> bytes:
        return await standings.body(box)

    async def keys(box: UUID, _: Any) -> bytes:
        return await certified.body(box)

    async def sealed(box: UUID, _: Any) -> bytes:
        return await wholes.body(box)

    async def bundles(box: UUID, _: Any) -> Any:
        await app.ballots.terms(box)
        found = await app.ballots.urns.bundles(box)
        return {"bundles": {base64_of(index): base64_of(bundle) for index, bundle in found}}

    async def collect(box: UUID, body: Any) -> Any:
        code, inspectorate_code, blinded = _collecting(body)
        signed = await app.ballots.collect(box, code, inspectorate_code, blinded)
        signatures: dict[str, dict[str, str]] = {}
        for (unit, issuer), signature in signed.items():
            signatures.setdefault(str(unit), {})[issuer] = base64_of(signature)
        return {"signatures": signatures}

    async def cast(box: UUID, body: Any) -> Any:
        unit, *rest = _taken(body, "unit", "key", "signatures", "grade", "signature")
        outcome = await app.ballots.cast(box, _uuid(unit), ballot_in(*rest))
        return {"cast": outcome.value}

    return [
        _route("/rate/{box:uuid}/state.json", "GET", state),
        _route("/rate/{box:uuid}/keys.json", "GET", keys),
        _route("/rate/{box:uuid}/sealed.json", "GET", sealed),
        _route("/rate/{box:uuid}/bundles.json", "GET", bundles),
        _route("/rate/{box:uuid}/collect", "POST", collect),
        _route("/rate/{box:uuid}/cast", "POST", cast),
    ]


def _route(path: str, method: str, answers: Answers) -> Route:
    async def endpoint(request: Request) -> Response:
        box: UUID = request.path_params["box"]
        try:
            return _json(await answers(box, await _body(request) if method == "POST" else None))
        except Refusal as refusal:
            return _refused(refusal)
        except Shapeless as shapeless:
            return _json({"refused": {"code": "MALFORMED", "messageEn": str(shapeless)}}, 400)
        except UNREACHABLE:
            # Not even what was asked is written down.
            return _json({"refused": {"code": "UNAVAILABLE", "messageEn": "Try again."}}, 503)
        except (Inconsistent, BadNote) as error:
            log.error("the log is not what was signed: %s", error)
            told = "The log is not what was signed; no proof is given of it."
            return _json({"refused": {"code": "LOG_INCONSISTENT", "messageEn": told}}, 500)

    return Route(path, endpoint, methods=[method])


def _good_for(proven: Proven) -> float:
    """Seconds; for good where every witness has cosigned."""
    return math.inf if proven.is_cosigned else UNWITNESSED_SECONDS


def _refused(refusal: Refusal) -> Response:
    told = {
        "code": refusal.code,
        "messageZh": refusal.zh,
        "messageEn": refusal.en,
        "field": refusal.field,
        "article": refusal.article,
    }
    return _json({"refused": told}, _STATUS.get(refusal.code, 409))


def _json(body: Any, status: int = 200) -> Response:
    headers = {"cache-control": "no-store"} | ({"retry-after": str(RETRY_SECONDS)} if status == 503 else {})
    written = body if isinstance(body, bytes) else orjson.dumps(body)
    return Response(written, status, headers, "application/json")


async def _body(request: Request) -> Any:
    try:
        return orjson.loads(await body_of(request, MOST_BYTES))
    except BodyTooLarge as error:
        raise Shapeless(error.message) from None
    except (orjson.JSONDecodeError, Malformed):
        raise Shapeless("The body is not JSON.") from None


def _taken(body: Any, *names: str) -> list[Any]:
    """The values of these names, all of them there."""
    if not isinstance(body, dict):
        raise Shapeless("The body is not an object.")
    missing = [name for name in names if name not in body]
    if missing:
        raise Shapeless(f"The body has no {missing[0]}.")
    return [body[name] for name in names]


def _collecting(body: Any) -> tuple[str, str | None, dict[tuple[UUID, str], bytes]]:
    code, by_unit = _taken(body, "code", "blinded")
    inspectorate_code = body.get("inspectorateCode")
    if not isinstance(code, str) or not isinstance(inspectorate_code, str | None):
        raise Shapeless("A code is a string.")
    if not isinstance(by_unit, dict) or not all(isinstance(each, dict) for each in by_unit.values()):
        raise Shapeless("blinded is an object of objects.")
    blinded = {}
    for unit, by_issuer in by_unit.items():
        for issuer, message in by_issuer.items():
            octets = octets_of(message, SIGNATURE_BYTES)
            if octets is None:
                raise Refusal("rating.blinded_malformed", field="blinded")
            blinded[_uuid(unit), issuer] = octets
    return code, inspectorate_code, blinded


def _uuid(text: Any) -> UUID:
    try:
        unit = UUID(text)
    except (ValueError, TypeError, AttributeError):
        raise Refusal("rating.unit_not_rated", field="unit") from None
    if str(unit) != text:
        raise Refusal("rating.unit_not_rated", field="unit")
    return unit
