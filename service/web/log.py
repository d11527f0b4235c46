"""The log over HTTP, read only, as C2SP tlog-tiles has it: checkpoint, tiles, entry bundles; beside them the
vkey, and the proof of one event.

Hashes, checkpoints and the vkey tell nothing of anybody and are for everyone. Entries name actors: they are
for those who may read events, unless the settings make them public.
"""

import gzip
import logging
import re

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from domain.access import AccessKind
from service.app import Application
from service.errors import Forbidden, RequestError, Unauthenticated, challenge, status_of
from service.identity import PUBLIC, Role, may_read
from service.log import stored
from service.log.proving import tlog_proof
from service.log.signer import Inconsistent
from service.store.errors import UNREACHABLE
from service.tlog.note import BadNote
from service.tlog.tiles import Tile, has, parse_path
from service.web.numbers import NUMBER

log = logging.getLogger(__name__)

TEXT = "text/plain; charset=utf-8"
BYTES = "application/octet-stream"
MUTABLE = "no-cache"
# What a tile holds never changes; who may read it is another matter.
IMMUTABLE = "{}, max-age=31536000, immutable"
VKEY = "select vkey from log.signer order by since desc limit 1"


def routes(app: Application) -> list[BaseRoute]:
    pages = _Pages(app)
    return [
        Route("/log/checkpoint", pages.checkpoint),
        Route("/log/vkey", pages.vkey),
        Route("/log/tile/{path:path}", pages.tile),
        Route(f"/log/proof/{{position:{NUMBER}}}", pages.proof),
    ]


class _Pages:
    def __init__(self, app: Application):
        self._app = app
        # How much was signed when we looked: it only grows.
        self._signed = 0

    async def checkpoint(self, _: Request) -> Response:
        try:
            found = await stored.newest(self._app.database)
        except UNREACHABLE as error:
            return _unavailable(error)
        except BadNote as error:
            return _wrong(error)
        if found is None:
            return _missing("nothing is signed yet")
        return Response(found.checkpoint.encode(), headers={"Cache-Control": MUTABLE}, media_type=TEXT)

    async def vkey(self, _: Request) -> Response:
        try:
            found = await self._app.database.fetchval(VKEY)
        except UNREACHABLE as error:
            return _unavailable(error)
        if found is None:
            return _missing("nothing is signed yet")
        return Response(f"{found}\n", headers={"Cache-Control": MUTABLE}, media_type=TEXT)

    async def tile(self, request: Request) -> Response:
        wanted = parse_path(request.path_params["path"])
        if wanted is None:
            return _missing("no tile has this path")
        shared = "public"
        if wanted.level is None and not self._app.settings.log_entries_public:
            if refused := self._refused(request):
                return refused
            shared = "private"
        try:
            if not await self._has(wanted):
                return _missing("the signed tree does not have this tile")
            content = await stored.tile(self._app.database, wanted)
        except UNREACHABLE as error:
            return _unavailable(error)
        except BadNote as error:
            return _wrong(error)
        if content is None:
            return _wrong(Inconsistent(f"events of {wanted.path} are missing"))
        headers = {"Cache-Control": IMMUTABLE.format(shared)}
        if wanted.level is None:
            headers["Vary"] = "Accept-Encoding" if shared == "public" else "Accept-Encoding, Authorization"
            if _takes_gzip(request):
                content, headers["Content-Encoding"] = gzip.compress(content, 1, mtime=0), "gzip"
        return Response(content, headers=headers, media_type=BYTES)

    async def proof(self, request: Request) -> Response:
        if not self._app.settings.log_entries_public and (refused := self._refused(request)):
            return refused
        position = request.path_params["position"]
        try:
            found = await stored.newest(self._app.database)
            if found is None or not 0 < position <= found.checkpoint.size:
                return _missing(
                    f"no signed event has position {position}; checkpoints follow every few seconds"
                )
            proof = await tlog_proof(self._app.database, position, found.checkpoint)
        except UNREACHABLE as error:
            return _unavailable(error)
        except (Inconsistent, BadNote) as error:
            return _wrong(error)
        name = f'attachment; filename="{position}.tlog-proof"'
        headers = {"Cache-Control": MUTABLE, "Content-Disposition": name}
        return Response(proof.encode(), headers=headers, media_type=TEXT)

    def _refused(self, request: Request) -> Response | None:
        """None where whoever asks may read entries."""
        viewer = PUBLIC
        try:
            viewer = self._app.authenticator(request.headers.get("authorization"))
            if not may_read(viewer.role, "Event", "actor"):
                raise Forbidden(
                    f"Entries name actors: {viewer.role} may not read events.", what="log entries"
                )
        except (Unauthenticated, Forbidden) as error:
            self._app.access.refused(viewer, [error])
            return _turned_away(error, status_of(error, known=viewer.role is not Role.PUBLIC))
        self._app.access.note(viewer, AccessKind.LOG, "log entries")
        return None

    async def _has(self, wanted: Tile) -> bool:
        """Whether the signed tree has the tile."""
        if not has(self._signed, wanted):
            found = await stored.newest(self._app.database)
            self._signed = 0 if found is None else found.checkpoint.size
        return has(self._signed, wanted)


def _takes_gzip(request: Request) -> bool:
    """Whether the client asks for gzip; a weight of nothing, `gzip;q=0`, says that it does not take it."""
    for coding in request.headers.get("accept-encoding", "").lower().split(","):
        name, _, weight = (part.strip() for part in coding.partition(";"))
        if name == "gzip":
            return re.fullmatch(r"q\s*=\s*0(\.0*)?", weight) is None
    return False


def _turned_away(error: RequestError, status: int) -> Response:
    return PlainTextResponse(f"{error.message}\n", status, challenge(status))


def _wrong(error: Exception) -> Response:
    """The database does not hold what was signed: told as it is, to whoever audits."""
    log.error("the log is not what was signed: %s", error)
    return PlainTextResponse(f"{error}\n", 500, {"Cache-Control": "no-store"})


def _missing(text: str) -> Response:
    return PlainTextResponse(f"{text}\n", 404, {"Cache-Control": MUTABLE})


def _unavailable(error: BaseException) -> Response:
    return PlainTextResponse(
        f"the database cannot be reached: {type(error).__name__}\n", 503, {"Retry-After": "1"}
    )
