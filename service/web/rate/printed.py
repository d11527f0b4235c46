"""What evaluation staff print or show: sheets of cards as PDF, and QR codes for check-in.

Both are made of secrets (seeds, check-in codes) that are in nobody's hands yet: asked for with a token, in
the body of a POST, answered with no-store, written nowhere.
"""

import asyncio
from collections.abc import Awaitable, Callable
from io import BytesIO
from typing import TypeVar
from urllib.parse import urlsplit
from uuid import UUID

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from domain.refusal import Refusal
from service.app import Application
from service.config import LOOPBACK
from service.errors import Forbidden, Malformed, RequestError, Unavailable, challenge, status_of
from service.identity import PUBLIC, Role, Viewer
from service.store.errors import UNREACHABLE
from service.tlog.note import parse_vkey
from service.web.body import body_of

STAFF = frozenset({Role.OFFICE, Role.EVALUATOR})
MOST_BODY = 4_000
NO_STORE = {"cache-control": "no-store", "x-content-type-options": "nosniff"}
Shape = TypeVar("Shape")
Made = Callable[[Application, UUID, bytes], Awaitable[Response]]


class Code(msgspec.Struct, forbid_unknown_fields=True):
    """A text to show as a QR code."""

    text: str


class Cards(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
    """How many cards, the origin that phones reach, and the inspectorate's code where it is an issuer."""

    count: int
    origin: str
    inspectorate_code: str | None = None


def routes(app: Application) -> list[BaseRoute]:
    def made_for_staff(name: str, make: Made) -> Route:
        async def answered(request: Request) -> Response:
            return await _answered(app, request, make)

        return Route(f"/rate/{{box:uuid}}/{name}", answered, methods=["POST"])

    return [made_for_staff("code.svg", _code), made_for_staff("cards.pdf", _cards)]


async def _answered(app: Application, request: Request, make: Made) -> Response:
    viewer = PUBLIC
    try:
        viewer = app.authenticator(request.headers.get("authorization"))
        if viewer.role not in STAFF:
            raise Forbidden("This is for the office and for evaluation staff.", what="rate/print")
        response = await make(app, request.path_params["box"], await body_of(request, MOST_BODY))
    except RequestError as error:
        app.access.refused(viewer, [error])
        return _told(error, viewer)
    except UNREACHABLE:
        return _told(Unavailable("The database cannot be reached; try again."), viewer)
    except Refusal as refusal:
        status = 404 if refusal.code == "rating.unknown" else 409
        return _refusal(refusal.code, refusal.zh, refusal.en, refusal.field, status)
    response.headers.update(NO_STORE)
    return response


def _told(error: RequestError, viewer: Viewer) -> Response:
    status = status_of(error, known=viewer.role is not Role.PUBLIC)
    return _refusal(error.code, error.message, error.message, None, status)


def _refusal(code: str, zh: str, en: str, field: str | None, status: int) -> Response:
    told = {"code": code, "messageZh": zh, "messageEn": en, "field": field}
    return JSONResponse({"refused": told}, status, NO_STORE | challenge(status))


def _read(body: bytes, shape: type[Shape]) -> Shape:
    try:
        return msgspec.json.decode(body, type=shape)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Malformed(str(error)) from None


async def _code(_: Application, __: UUID, body: bytes) -> Response:
    """A QR code of an address that the desk's screen shows."""
    import segno

    written = BytesIO()
    try:
        segno.make_qr(_read(body, Code).text, error="m").save(written, kind="svg", scale=8, border=4)
    except segno.DataOverflowError:
        raise Malformed("The text is too long for a QR code.") from None
    return Response(written.getvalue(), media_type="image/svg+xml")


async def _cards(app: Application, box: UUID, body: bytes) -> Response:
    """New cards, as sheets to print."""
    # Loaded by the first sheet, as segno by the first code: every start would pay for them.
    from service.ballots.sheets import Ballot, sheets

    asked = _read(body, Cards)
    origin = _origin(asked.origin)
    found, proven = await app.boxes.state(box), await app.boxes.proven(box)
    ballot = Ballot(
        found.rated.title,
        [unit.name for unit in found.units],
        [grade.zh for grade in found.rated.scale],
        parse_vkey(proven.vkeys[0]).fingerprint,
    )
    seeds = await app.ballots.print_cards(box, asked.count, asked.inspectorate_code)
    drawn = await asyncio.to_thread(sheets, ballot, seeds, f"{origin}/rate/{box}")
    return Response(drawn, media_type="application/pdf")


def _origin(text: str) -> str:
    """The origin that is printed, as the desk's own browser reached it: phones need https for their part."""
    try:
        parts = urlsplit(text)
        bare = text == f"{parts.scheme}://{parts.netloc}" and bool(parts.hostname) and len(text) <= 200
        good = bare and (parts.scheme == "https" or parts.hostname in LOOPBACK)
    except ValueError:
        # A host that none can have, such as half of an address in brackets.
        good = False
    if not good:
        raise Malformed("The origin of the rating page is https:// and a host, and nothing behind it.")
    return text
