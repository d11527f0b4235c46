"""What evaluation staff print or show: sheets of cards as PDF, and QR codes for check-in.

Both are made of secrets (seeds, check-in codes) that are in nobody's hands yet: asked for with a token, in
the body of a POST, answered with no-store, written nowhere.
"""

from __future__ import annotations

import asyncio
from io import BytesIO
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import orjson
import segno
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from service.config import LOOPBACK
from service.errors import Forbidden, Malformed, RequestError
from service.identity import Role

if TYPE_CHECKING:
    from service.app import Application

STAFF = frozenset({Role.OFFICE, Role.EVALUATOR})
MOST_CHARACTERS = 500
MOST_BODY = 10_000


def routes(app: Application) -> list[BaseRoute]:
    async def code(request: Request) -> Response:
        return await _for_staff(app, request, _code)

    async def cards(request: Request) -> Response:
        return await _for_staff(app, request, _cards)

    return [
        Route("/rate/{box:uuid}/code.svg", code, methods=["POST"]),
        Route("/rate/{box:uuid}/cards.pdf", cards, methods=["POST"]),
    ]
