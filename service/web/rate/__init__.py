"""The rating pages: rater, desk, keying of paper (article 49). Files of this package, served as they are.

Nothing here is built, fetched from another host, or written into the page: a strict content security policy
says so to the browser. No request is logged, and the pages are the same for everyone, so that a page cannot
be a mark either.
"""

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from service.app import Application
from service.web.rate import printed

# The kinds of file that are served, and nothing else of the package.
MEDIA = {
    "html": "text/html; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "mjs": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}
POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        "img-src 'self' blob:",  # QR codes that the desk shows
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
    ]
)
HEADERS = {
    "cache-control": "no-cache",  # kept, and asked for anew each time: answered with 304
    "content-security-policy": POLICY,
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}


@dataclass(frozen=True)
class File:
    """A file as it goes out."""

    body: bytes
    media: str
    tag: str


@cache
def served_files() -> dict[str, File]:
    """Every file of the pages by its name, read once."""
    found = {}
    for entry in files(__name__).iterdir():
        media = MEDIA.get(entry.name.rpartition(".")[2])
        if media is not None:
            body = entry.read_bytes()
            found[entry.name] = File(body, media, f'"{hashlib.sha256(body).hexdigest()[:32]}"')
    return found


def routes(app: Application) -> list[BaseRoute]:
    """The pages, their files, and what is made for printing."""

    async def file(request: Request) -> Response:
        return _answer(request, request.path_params["name"])

    def page(name: str) -> Route:
        async def shown(request: Request) -> Response:
            return _answer(request, name)

        return Route(PAGES[name], shown)

    return [
        *(page(name) for name in PAGES),
        Route("/rate/files/{name}", file),
        *printed.routes(app),
    ]


PAGES = {
    "home.html": "/rate/",
    "rate.html": "/rate/{box:uuid}",
    "desk.html": "/rate/{box:uuid}/desk",
    "keying.html": "/rate/{box:uuid}/keying",
}


def _answer(request: Request, name: str) -> Response:
    found = served_files().get(name)
    if found is None:
        return PlainTextResponse("There is no such file.\n", 404)
    headers = HEADERS | {"etag": found.tag}
    if found.tag in request.headers.get("if-none-match", "").replace("W/", "").split(", "):
        return Response(status_code=304, headers=headers)
    return Response(found.body, headers=headers, media_type=found.media)
