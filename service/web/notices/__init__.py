"""Notices of results (通报) for everyone: as pages and as workbooks.

    /notices                          the list
    /notices/2020-05                  the latest edition, as a page
    /notices/2020-05/1.html           an edition, as a page
    /notices/2020-05/1.xlsx           the same, as a workbook

Made anew for each request from the read tables. What a notice shows of rankings never changes, nor what units
were called when it was issued; that a ranking has been affected since, or that the notice was issued anew, is
said beside it.
"""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from service.app import Application
from service.store.errors import UNREACHABLE
from service.web.notices.document import listed, notice_of
from service.web.notices.page import POLICY, listing_page, notice_page
from service.web.numbers import NUMBER

Answer = Callable[[Request], Awaitable[Response]]

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def routes(app: Application) -> list[BaseRoute]:
    async def listing(_: Request) -> Response:
        return _page(listing_page(await listed(app.database)))

    async def notice(request: Request) -> Response:
        return await _answered(app, request)

    return [
        Route("/notices", _reachable(listing)),
        Route("/notices/{span}", _reachable(notice)),
        Route(f"/notices/{{span}}/{{edition:{NUMBER}}}.{{form}}", _reachable(notice)),
    ]


async def _answered(app: Application, request: Request) -> Response:
    span, edition = request.path_params["span"], request.path_params.get("edition")
    form = request.path_params.get("form", "html")
    # What fits into no column of PostgreSQL names no edition.
    sound = form in ("html", "xlsx") and (edition is None or edition < 2**31) and "\x00" not in span
    found = await notice_of(app.database, span, edition) if sound else None
    if found is None:
        return PlainTextResponse("没有这份通报。There is no such notice.\n", 404)
    if form == "xlsx":
        from service.web.notices.workbook import notice_workbook

        name = f"notice-{found.span}-{found.edition}.xlsx"
        headers = {"content-disposition": f'attachment; filename="{name}"'}
        return Response(notice_workbook(found), media_type=XLSX, headers=headers)
    return _page(notice_page(found))


def _page(html: str) -> Response:
    headers = {"content-security-policy": POLICY, "x-content-type-options": "nosniff"}
    return Response(html, media_type="text/html", headers=headers)


def _reachable(answer: Answer) -> Answer:
    """The answer, or that the database is away."""

    async def answered(request: Request) -> Response:
        try:
            return await answer(request)
        except UNREACHABLE:
            return PlainTextResponse("数据库暂时无法访问。The database is away; try again.\n", 503)

    return answered
