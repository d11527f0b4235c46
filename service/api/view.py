"""GraphQL over HTTP and WebSocket: Strawberry's view, with planned reads taken out before the executor.

HTTP follows the GraphQL over HTTP specification: `application/graphql-response+json` gets 4xx for a request
that cannot be answered and no `data`; `application/json` gets 200 for it, as older clients expect. A query
whose root fields are all planned never meets the executor; one that has others too is answered by both.
"""

from typing import Any

import orjson
from graphql import OperationType
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from strawberry.asgi import GraphQL
from strawberry.exceptions import ConnectionRejectionError
from strawberry.http.exceptions import WebSocketDisconnected
from strawberry.http.streaming import SSETransport
from strawberry.subscriptions import GRAPHQL_SSE_PROTOCOL, GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import BaseGraphQLTransportWSHandler

from service.api.operations import Operations, require_shape
from service.api.plan.prepare import MAX_ERRORS
from service.api.ratings.steps import STEPS
from service.api.request import Context
from service.api.scalars import ZONE
from service.api.schema import schema
from service.app import Application
from service.errors import (
    BodyTooLarge,
    Malformed,
    RequestError,
    TooLarge,
    Unauthenticated,
    challenge,
    status_of,
)
from service.identity import PUBLIC, Role, Viewer

MAX_BODY = 1_000_000
RESPONSE_JSON = "application/graphql-response+json"
PLAIN_JSON = "application/json"
SSE = SSETransport()
# What may be asked by GET.
SAFE = {OperationType.QUERY, OperationType.SUBSCRIPTION}


class Answer(Exception):
    """An HTTP answer that is not GraphQL's."""

    def __init__(self, status: int, message: str, **headers: str):
        super().__init__(message)
        self.status = status
        self.message = message
        self.headers = headers


class View(GraphQL[Context, None]):
    """The endpoint `/graphql`."""

    def __init__(self, app: Application):
        super().__init__(
            schema,
            graphql_ide=None,
            subscription_protocols=(GRAPHQL_TRANSPORT_WS_PROTOCOL, GRAPHQL_SSE_PROTOCOL),
        )
        self.app = app
        self.authenticate = app.authenticator
        self.operations = Operations(schema)
        # What Strawberry's transports stream from.
        self.schema = self.operations  # type: ignore[assignment]
        self.graphql_transport_ws_handler_class = Handler

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await super().__call__(scope, receive, send)
            return
        try:
            if SSE.accepts(_header(scope, b"accept").decode("latin-1")):
                response = await self._pushed(scope, receive)
                await response(scope, receive, send)
                return
            body, status, media = await self._answered(scope, receive)
        except Answer as answer:
            response = Response(answer.message, answer.status, answer.headers, "text/plain")
            await response(scope, receive, send)
            return
        headers = [
            (b"content-type", media.encode() + b"; charset=utf-8"),
            (b"content-length", str(len(body)).encode()),
            (b"cache-control", b"no-store"),
        ]
        headers += [(name.encode(), value.encode()) for name, value in challenge(status).items()]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    # -- HTTP

    async def _answered(self, scope: Scope, receive: Receive) -> tuple[bytes, int, str]:
        """The body, the status and the media type of the answer."""
        media = _accepted(_header(scope, b"accept").decode("latin-1"))
        try:
            try:
                given = await _parameters(scope, receive)
            except RequestError:
                # Who asks is settled first.
                self._viewer(scope, {})
                raise
            viewer = self._viewer(scope, given)
        except RequestError as error:
            self.app.access.refused(PUBLIC, [error])
            return *_errors(error, PUBLIC, media, asked=False), media
        try:
            return await self._operated(given, viewer, scope["method"]), 200, media
        except RequestError as error:
            self.app.access.refused(viewer, [error])
            return *_errors(error, viewer, media, asked=True), media

    def _viewer(self, scope: Scope, given: dict[str, Any]) -> Viewer:
        """Who asks; not even looked at where only anonymous steps are asked for."""
        header = _header(scope, b"authorization")
        if not header or self._anonymous(given):
            return PUBLIC
        return self.authenticate(header.decode("latin-1"))

    def _anonymous(self, given: dict[str, Any]) -> bool:
        query = given.get("query")
        if not isinstance(query, str) or not any(name in query for name in STEPS.anonymous):
            return False
        try:
            operation, _ = self.operations.prepared(given)
        except RequestError:
            return False
        return operation.type is OperationType.MUTATION and operation.roots <= STEPS.anonymous

    async def _operated(self, given: dict[str, Any], viewer: Viewer, method: str) -> bytes:
        operation, coerced = self.operations.prepared(given)
        if operation.type is OperationType.SUBSCRIPTION:
            raise Malformed("Subscribe over graphql-transport-ws, or with Accept: text/event-stream.")
        if operation.type is OperationType.MUTATION and method != "POST":
            raise Answer(405, "A mutation is sent by POST.", Allow="POST")
        context = self._context(viewer)
        return await self.operations.answer(operation, coerced, given.get("variables"), context)

    # -- SSE and WebSocket

    async def _pushed(self, scope: Scope, receive: Receive) -> Response:
        """The response to a request for an event stream: what is wrong with the operation is an event too."""
        try:
            context = await self.get_context(HTTPConnection(scope), None)
            if context.refused is not None:
                raise context.refused
            given = await _parameters(scope, receive)
        except RequestError as error:
            body, status = _errors(error, PUBLIC, RESPONSE_JSON, asked=False)
            return Response(body, status, challenge(status), RESPONSE_JSON)
        results = await self.operations.stream(
            given.get("query"),
            variable_values=given.get("variables"),
            context_value=context,
            operation_name=given.get("operationName"),
            operation_extensions=given.get("extensions"),
            allowed_operation_types=set(OperationType) if scope["method"] == "POST" else SAFE,
        )
        request = Request(scope, receive)
        plain = await self.get_sub_response(request)
        return await self._create_streaming_response(request, results, "sse", plain)  # type: ignore[arg-type]

    async def get_context(self, request: HTTPConnection, response: Any) -> Context:
        refused, viewer = None, PUBLIC
        # An empty one is none, as over plain HTTP.
        header = request.headers.get("authorization") or None
        try:
            viewer = self.authenticate(header)
        except Unauthenticated as error:
            refused = error
            self.app.access.refused(PUBLIC, [error])
        context = self._context(viewer, refused)
        context.authorization = header
        return context

    def _context(self, viewer: Viewer, refused: Unauthenticated | None = None) -> Context:
        """What resolvers find; from here on, this task's moments are written in the plan's time zone."""
        ZONE.set(self.app.settings.time_zone)
        return Context(self.app, viewer, self.app.today(), refused=refused)

    async def on_ws_connect(self, context: Context) -> Any:
        given = context.connection_params or {}
        token = given.get("Authorization") or given.get("authorization")
        if token is not None:
            context.authorization = token if isinstance(token, str) else ""
            try:
                context.viewer = self.authenticate(context.authorization)
            except Unauthenticated as error:
                context.refused = error
                self.app.access.refused(PUBLIC, [error])
        if context.refused is not None:
            raise ConnectionRejectionError
        return await super().on_ws_connect(context)

    def decode_json(self, data: Any) -> object:
        return orjson.loads(data)

    def encode_json(self, data: object) -> str:
        return orjson.dumps(data).decode()


class Handler(BaseGraphQLTransportWSHandler[Context, None]):
    """Strawberry's handler of graphql-transport-ws, which takes the shape of messages for granted, and a
    client that has gone away for a fault."""

    async def handle_message(self, message: Any) -> None:
        if not _is_message(message):
            await self.handle_invalid_message("A message is an object with a type, an id and a payload.")
            return
        await super().handle_message(message)

    async def handle_subscribe(self, message: Any) -> None:
        most = self.max_subscriptions_per_connection
        full = most is not None and len(self.operations) >= most
        if full and self.connection_acknowledged and message["id"] not in self.operations:
            # Strawberry refuses it without a code.
            error = TooLarge(f"A connection has at most {most} operations at once.")
            await self.send_message({"id": message["id"], "type": "error", "payload": [error.formatted]})
            return
        await super().handle_subscribe(message)

    async def handle_task_exception(self, error: Exception) -> None:
        if not isinstance(error, WebSocketDisconnected):
            await super().handle_task_exception(error)


def _is_message(message: Any) -> bool:
    if not isinstance(message, dict) or not isinstance(message.get("id", ""), str):
        return False
    payload = message.get("payload")
    return isinstance(payload, dict) or (payload is None and message.get("type") != "subscribe")


def _errors(error: RequestError, viewer: Viewer, media: str, asked: bool) -> tuple[bytes, int]:
    """An answer without data. `asked`: a well-formed request, whose document or values are at fault."""
    errors = [error, *error.others][:MAX_ERRORS]
    body = orjson.dumps({"errors": [each.formatted for each in errors]})
    if asked and media == PLAIN_JSON and error.status == 400:
        # Clients that accept only application/json take any 4xx for a broken connection.
        return body, 200
    return body, status_of(error, known=viewer.role is not Role.PUBLIC)


async def _parameters(scope: Scope, receive: Receive) -> dict[str, Any]:
    """The parameters of a request; Malformed when they are none."""
    method = scope["method"]
    if method == "GET":
        given: dict[str, Any] = dict(Request(scope).query_params)
        for name in ("variables", "extensions"):
            if given.get(name):
                given[name] = _json(given[name].encode("utf-8", "surrogatepass"))
        return require_shape(given)
    if method != "POST":
        raise Answer(405, "GraphQL is asked by GET or POST.", Allow="GET, POST")
    media = _header(scope, b"content-type").decode("latin-1").partition(";")[0].strip().lower()
    if media != PLAIN_JSON:
        raise Answer(415, "Send the request as application/json.")
    return require_shape(_json(await _body(receive)))


def _header(scope: Scope, name: bytes) -> bytes:
    for key, value in scope["headers"]:
        if key == name:
            return value
    return b""


async def _body(receive: Receive) -> bytes:
    parts, size = [], 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Malformed("The request was cut off.")
        part = message.get("body", b"")
        size += len(part)
        if size > MAX_BODY:
            raise BodyTooLarge(f"The body is larger than {MAX_BODY} bytes.")
        parts.append(part)
        if not message.get("more_body"):
            return parts[0] if len(parts) == 1 else b"".join(parts)


def _json(raw: bytes) -> Any:
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise Malformed(f"The request is not JSON in UTF-8: {error}") from None


def _accepted(accept: str) -> str:
    """The media type to answer in: the first of ours that the client takes; plain JSON if it does not say."""
    if not accept:
        return PLAIN_JSON
    for part in accept.lower().split(","):
        media = part.partition(";")[0].strip()
        if media in (RESPONSE_JSON, PLAIN_JSON):
            return media
        if media in ("*/*", "application/*"):
            return PLAIN_JSON
    raise Answer(406, f"The answer comes as {RESPONSE_JSON} or {PLAIN_JSON}.")
