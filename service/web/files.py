"""Files for people: the calendar feed, sheets, the groups' monthly reports, and progress reports in bulk.

Asked with a bearer token as everything else; the calendar has a public part. Each answer carries an `ETag` of
what it shows, so that who asks again is told when nothing has changed. What is handed out under a token is
an access to be accounted for.
"""

import hashlib
from collections.abc import Awaitable, Callable
from datetime import date

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from domain import identifiers
from domain.access import AccessKind
from domain.refusal import Refusal
from domain.supervision.monthly_report import MonthlyReport
from service import BadInput as BadFile
from service.app import Application
from service.errors import (
    BadInput,
    Forbidden,
    RequestError,
    Unavailable,
    challenge,
    status_of,
)
from service.identity import PUBLIC, Role, Viewer
from service.monthly_reports.html import html
from service.monthly_reports.workbook import workbook
from service.plans.faults import PlanRefused
from service.store.errors import UNREACHABLE, StoreUnavailable, VersionConflict
from service.web.body import body_of
from service.web.notices.document import draft_of
from service.web.notices.page import notice_page
from service.workbooks.exports import SHEETS, export_sheet
from service.workbooks.ledger import export_ledger
from service.workbooks.reports import MOST_BYTES, WRITERS, import_reports, template

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MEDIA = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": XLSX,
    "md": "text/markdown; charset=utf-8",
    "html": "text/html; charset=utf-8",
}

Handler = Callable[[Application, Viewer, Request], Awaitable[Response]]


class NoSuchFile(RequestError, code="NOT_FOUND", status=404):
    """There is nothing at this address."""


def routes(app: Application) -> list[BaseRoute]:
    def route(path: str, handler: Handler, method: str = "GET") -> Route:
        async def answered(request: Request) -> Response:
            viewer = PUBLIC
            try:
                viewer = app.authenticator(request.headers.get("authorization"))
                answer = await handler(app, viewer, request)
            except RequestError as error:
                app.access.refused(viewer, [error])
                return _told(error, viewer)
            except (StoreUnavailable, *UNREACHABLE):
                return _told(Unavailable("The database cannot be reached; try again."), viewer)
            except VersionConflict:
                return _told(Unavailable("Others keep changing the same stream; try again."), viewer)
            if answer.status_code == 200 and method == "GET" and viewer.role is not Role.PUBLIC:
                # The address of a file that there is: none of it is a client's invention.
                app.access.note(viewer, AccessKind.EXPORT, request.url.path)
            return answer

        return Route(path, answered, methods=[method])

    return [
        route("/calendar.ics", _calendar),
        route("/files/reports.xlsx", _template),
        route("/files/reports.xlsx", _upload, "POST"),
        route("/files/{name}.{kind}", _sheet),
        route("/notices/{span}/draft.{kind}", _draft),
        route("/monthly-reports/{group}/{period}.{kind}", _monthly_report),
    ]


def _told(error: RequestError, viewer: Viewer) -> Response:
    status = status_of(error, known=viewer.role is not Role.PUBLIC)
    return JSONResponse({"errors": [error.formatted]}, status, challenge(status))


def _require_inside(viewer: Viewer) -> None:
    if viewer.role is Role.PUBLIC:
        raise Forbidden("Files are not public: send a token.", what="files")


def _answer(request: Request, content: bytes, media: str, shown: bytes | None = None) -> Response:
    """The file, or 304 where the client has it. `shown`: what it shows, where its bytes differ each time."""
    etag = f'"{hashlib.sha256(content if shown is None else shown).hexdigest()[:32]}"'
    headers = {
        "etag": etag,
        "cache-control": "private, no-cache",
        "vary": "authorization",
        "x-content-type-options": "nosniff",
        "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'",
    }
    known = [tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")]
    if etag in known or "*" in known:
        return Response(status_code=304, headers=headers)
    return Response(content, headers=headers, media_type=media)


async def _calendar(app: Application, viewer: Viewer, request: Request) -> Response:
    # Loaded when the first one asks: its library takes a fifth of a second, which every start would pay.
    from service.calendar import calendar

    content = await calendar(app.database, app.today(), inside=viewer.role is not Role.PUBLIC)
    return _answer(request, content, "text/calendar; charset=utf-8")


async def _sheet(app: Application, viewer: Viewer, request: Request) -> Response:
    _require_inside(viewer)
    name, kind = request.path_params["name"], request.path_params["kind"]
    if kind not in ("csv", "xlsx") or name not in ("ledger", *SHEETS):
        raise NoSuchFile("There is no such file: /files/ledger, problems or obligations, .csv or .xlsx.")
    today = app.today()

    async def made(kind: str) -> bytes:
        if name == "ledger":
            campaign = request.query_params.get("campaign")
            return await export_ledger(app.database, kind, today, campaign)  # type: ignore[arg-type]
        return await export_sheet(app.database, name, kind, today)  # type: ignore[arg-type]

    try:
        shown = await made("csv")
        content = shown if kind == "csv" else await made("xlsx")
    except BadFile as error:
        raise BadInput(str(error)) from None
    # A workbook says on every page of which day it is.
    return _answer(request, content, MEDIA[kind], shown if kind == "csv" else shown + str(today).encode())


async def _draft(app: Application, viewer: Viewer, request: Request) -> Response:
    if viewer.role not in (Role.OFFICE, Role.LEADER):
        raise Forbidden("A draft is for OFFICE and LEADER.", what="notices")
    span, kind = request.path_params["span"], request.path_params["kind"]
    if kind not in ("html", "xlsx"):
        raise NoSuchFile("A draft is .html or .xlsx.")
    number, title, text = (request.query_params.get(name, "") for name in ("number", "title", "text"))
    at = app.clock.now().astimezone(app.settings.time_zone)
    try:
        draft = await draft_of(app.database, span, number, title, text, at)
    except Refusal as refusal:
        raise BadInput(refusal.en, argument=refusal.field) from None
    page = notice_page(draft)
    if kind == "html":
        return _answer(request, page.encode(), MEDIA[kind])
    from service.web.notices.workbook import notice_workbook

    return _answer(request, notice_workbook(draft), MEDIA[kind], page.encode())


async def _monthly_report(app: Application, viewer: Viewer, request: Request) -> Response:
    _require_inside(viewer)
    kind = request.path_params["kind"]
    try:
        group = identifiers.group_id(request.path_params["group"])
    except Refusal as refusal:
        raise NoSuchFile(refusal.en) from None
    id_ = identifiers.monthly_report_id(group, request.path_params["period"])
    report = await app.streams.find(MonthlyReport, id_)
    if report is None or report.contents is None or kind not in ("md", "html", "xlsx"):
        raise NoSuchFile("There is no such monthly report; its forms are .md, .html and .xlsx.")
    shown = f"{kind}:{report.sha256}".encode()
    if kind == "md":
        return _answer(request, report.text.encode(), MEDIA[kind])
    if kind == "html":
        return _answer(request, html(report.contents, report.sha256).encode(), MEDIA[kind], shown)
    return _answer(request, workbook(report.contents, report.sha256), MEDIA[kind], shown)


# -- progress reports in bulk


def _require_writer(viewer: Viewer) -> None:
    if viewer.role not in WRITERS:
        raise Forbidden(f"{viewer.role.name} may not report progress.", what="files/reports")


async def _template(app: Application, viewer: Viewer, request: Request) -> Response:
    _require_writer(viewer)
    period = request.query_params.get("period") or _last_month(app.today())
    try:
        content, shown = await template(app.database, period, viewer)
    except Refusal as refusal:
        raise BadInput(refusal.en) from None
    return _answer(request, content, XLSX, shown)


def _last_month(today: date) -> str:
    month = today.year * 12 + today.month - 2
    return f"{month // 12:04d}-{month % 12 + 1:02d}"


async def _upload(app: Application, viewer: Viewer, request: Request) -> Response:
    """Take a filled sheet: all of it, or none, and then the sheet comes back with what is wrong (422)."""
    _require_writer(viewer)
    content = await body_of(request, MOST_BYTES)
    try:
        done = await import_reports(app.commands, content, viewer)
    except PlanRefused as refused:
        from service.workbooks.returned import marked

        return Response(marked(content, refused.errors), 422, media_type=XLSX)
    return JSONResponse({"created": done.created, "unchanged": done.unchanged})
