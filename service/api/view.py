"""GraphQL over HTTP and WebSocket: Strawberry's view, with planned reads taken out before the executor.

HTTP follows the GraphQL over HTTP specification: `application/graphql-response+json` gets 4xx for a request
that cannot be answered and no `data`; `application/json` gets 200 for it, as older clients expect. A query
whose root fields are all planned never meets the executor; one that has others too is answered by both.
"""

import logging
import uuid
from collections.abc import Callable
from typing import Any

import orjson
from graphql import GraphQLError, OperationType
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from strawberry.asgi import GraphQL
from strawberry.subscriptions import GRAPHQL_SSE_PROTOCOL, GRAPHQL_TRANSPORT_WS_PROTOCOL

from service.api.errors import (
    BadInput,
    BodyTooLarge,
    Internal,
    Malformed,
    RequestError,
)
from service.api.plan.prepare import MAX_ERRORS, Preparer
from service.api.request import Context
from service.api.schema import schema
from service.identity import Viewer

log = logging.getLogger(__name__)

MAX_BODY = 1_000_000
RESPONSE_JSON = "application/graphql-response+json"
PLAIN_JSON = "application/json"


class Answer(Exception):
    """An HTTP answer that is not GraphQL's."""

    def __init__(self, status: int, message: str, **headers: str):
        super().__init__(message)
        self.status = status
        self.message = message
        self.headers = headers


class View(GraphQL[Context, None]):
    """The endpoint `/graphql`."""

    def __init__(self, app: Any, authenticate: Callable[[str | None], Viewer]):
        super().__init__(
            schema,
            graphql_ide=None,
            subscription_protocols=(GRAPHQL_TRANSPORT_WS_PROTOCOL, GRAPHQL_SSE_PROTOCOL),
        )
        self.app = app
        self.authenticate = authenticate
        self.preparer = Preparer(schema._schema)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or b"text/event-stream" in _header(scope, b"accept"):
            await super().__call__(scope, receive, send)
            return
        try:
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
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    # -- HTTP

    async def _answered(self, scope: Scope, receive: Receive) -> tuple[bytes, int, str]:
        """The body, the status and the media type of the answer."""
        media = _accepted(_header(scope, b"accept").decode("latin-1"))
        try:
            viewer = self.authenticate(_header(scope, b"authorization").decode("latin-1") or None)
            given = await self._parameters(scope, receive)
        except RequestError as error:
            return *self._errors([error, *error.others], None, media, asked=False), media
        try:
            return await self._operated(given, viewer, scope["method"]), 200, media
        except RequestError as error:
            return *self._errors([error, *error.others], None, media, asked=True), media

    async def _parameters(self, scope: Scope, receive: Receive) -> dict[str, Any]:
        method = scope["method"]
        if method == "GET":
            given = dict(Request(scope).query_params)
            for name in ("variables", "extensions"):
                if given.get(name):
                    given[name] = _json(given[name].encode())
        elif method == "POST":
            media = _header(scope, b"content-type").decode("latin-1").partition(";")[0].strip().lower()
            if media != PLAIN_JSON:
                raise Answer(415, "Send the request as application/json.")
            given = _json(await _body(receive))
        else:
            raise Answer(405, "GraphQL is asked by GET or POST.", Allow="GET, POST")
        _require_shape(given)
        return given

    async def _operated(self, given: dict[str, Any], viewer: Viewer, method: str) -> bytes:
        text = self.preparer.text_of(given.get("query"), given.get("extensions"))
        operation = self.preparer.operation(text, given.get("operationName"))
        if operation.type is OperationType.SUBSCRIPTION:
            raise Malformed("Subscribe over graphql-transport-ws, or with Accept: text/event-stream.")
        if operation.type is OperationType.MUTATION and method != "POST":
            raise Answer(405, "A mutation is sent by POST.", Allow="POST")
        coerced = self.preparer.coerced(operation, given.get("variables"))
        context = Context(self.app, viewer, self.app.today())
        planned = b"null"
        if operation.planned:
            statement = self.preparer.statement(operation, coerced, viewer)
            planned = await self.app.reads.fetch(statement, coerced, context)
        if not operation.unplanned:
            return b'{"data":' + planned + b"}"
        if operation.planned:
            context.planned = orjson.loads(planned)
        result = await self.schema.execute(
            text,
            variable_values=given.get("variables"),
            context_value=context,
            operation_name=given.get("operationName"),
        )
        body: dict[str, Any] = {}
        if result.errors:
            body["errors"] = [formatted(error) for error in result.errors[:MAX_ERRORS]]
        body["data"] = result.data
        return orjson.dumps(body)

    def _errors(self, errors: list[RequestError], data: Any, media: str, asked: bool) -> tuple[bytes, int]:
        """An answer without data. `asked`: a well-formed request, whose document or values are at fault."""
        body = orjson.dumps({"errors": [formatted(error) for error in errors[:MAX_ERRORS]]})
        status = errors[0].status
        # Clients that accept only application/json take any 4xx for a broken connection.
        return body, 200 if asked and media == PLAIN_JSON and status == 400 else status

    # -- WebSocket and SSE

    async def get_context(self, request: Any, response: Any) -> Context:
        viewer = self.authenticate(request.headers.get("authorization"))
        return Context(self.app, viewer, self.app.today())

    async def on_ws_connect(self, context: Context) -> Any:
        given = context.connection_params or {}
        token = given.get("Authorization") or given.get("authorization")
        if token is not None:
            context.viewer = self.authenticate(token if isinstance(token, str) else "")
        return await super().on_ws_connect(context)

    def decode_json(self, data: Any) -> object:
        return orjson.loads(data)

    def encode_json(self, data: object) -> str:
        return orjson.dumps(data).decode()


def formatted(error: GraphQLError) -> dict[str, Any]:
    """An error as the client sees it: ours with their code, the inside ones masked and logged."""
    original = error.original_error
    if isinstance(error, RequestError) or isinstance(original, RequestError):
        known = error if isinstance(error, RequestError) else original
        assert isinstance(known, RequestError)
        shown = {**error.formatted, "message": known.message, "extensions": known.extensions}
        return shown
    if original is None:
        # Coercion and validation by the library: the client's fault, told in its words.
        return {**error.formatted, "extensions": {"code": BadInput.code}}
    reference = uuid.uuid4().hex[:12]
    log.error("internal error %s", reference, exc_info=original)
    masked = Internal(f"Something failed inside; the service's log has it under {reference}.")
    return {**error.formatted, "message": masked.message, "extensions": masked.extensions}


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


def _require_shape(given: Any) -> None:
    if isinstance(given, list):
        raise Malformed("Batches are not served: send one operation a request.")
    if not isinstance(given, dict):
        raise Malformed("The request must be a JSON object.")
    for name, kind in (("query", str), ("operationName", str), ("variables", dict), ("extensions", dict)):
        if given.get(name) is not None and not isinstance(given[name], kind):
            raise Malformed(f"{name} must be {'a string' if kind is str else 'an object'}.")


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
