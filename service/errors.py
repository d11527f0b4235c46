"""Errors of a request, each with a stable code in `extensions.code`.

Broken rules of the domain are not errors: a mutation answers them as `Refused`. What is left is a request
that cannot be understood, is not allowed, or failed inside.
"""

import logging
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from graphql import GraphQLError, Node, SourceLocation

log = logging.getLogger(__name__)


class RequestError(GraphQLError):
    """`code` is stable; `status` is the HTTP status when the whole request is answered by it. Every kind has
    the ones of the kind above it, unless it names its own."""

    code: str
    status: int

    def __init_subclass__(cls, *, code: str | None = None, status: int | None = None) -> None:
        cls.code, cls.status = code or cls.code, status or cls.status

    def __init__(self, message: str, **extensions: Any):
        super().__init__(message, extensions={"code": self.code, **extensions})
        # What else is wrong with the same request.
        self.others: list[RequestError] = []


@dataclass(frozen=True)
class Place:
    """A field of a document: where it is written, and the path of its answer without the places in lists."""

    line: int
    column: int
    path: tuple[str, ...]

    @classmethod
    def of(cls, node: Node, path: tuple[str, ...]) -> "Place":
        token = node.loc.start_token if node.loc is not None else None
        return cls(token.line, token.column, path) if token is not None else cls(0, 0, path)

    @contextmanager
    def blamed(self) -> Iterator[None]:
        """An error raised within is told as one of this place, unless it tells a nearer one."""
        try:
            yield
        except RequestError as error:
            if error.path is None:
                error.path = list(self.path)
                if self.line:
                    error.locations = [SourceLocation(self.line, self.column)]
            raise


class Malformed(RequestError, code="MALFORMED", status=400):
    """The document or the request around it cannot be parsed or is not valid against the schema."""


class BadInput(RequestError, code="BAD_INPUT", status=400):
    """An argument or variable has a value that the field does not take."""


class BadCursor(RequestError, code="BAD_CURSOR", status=400):
    """A cursor that this list, in this order, did not give."""


class TooLarge(RequestError, code="LIMIT_EXCEEDED", status=400):
    """The document or body goes over a limit, which the message names."""


class BodyTooLarge(TooLarge, status=413):
    """The same of a body."""


class Unauthenticated(RequestError, code="UNAUTHENTICATED", status=401):
    """A token that is not valid."""

    # Whom a token names that is ours and no longer, or not here, good.
    subject: str | None = None


class Forbidden(RequestError, code="FORBIDDEN", status=403):
    """The role may not read this field or give this command; everyone without a token has the role PUBLIC."""

    def __init__(self, message: str, *, what: str = "", **extensions: Any):
        """`what`: the field of the schema, or the command, for the log of access."""
        super().__init__(message, **extensions)
        self.what = what or str(extensions.get("field", ""))


class DocumentNotFound(RequestError, code="PERSISTED_QUERY_NOT_FOUND", status=400):
    """An unknown persisted document: send it once with its text."""


class NotYet(RequestError, code="NOT_YET_PROJECTED", status=503):
    """The read tables have not reached `minPosition` in time; ask again."""


class Unavailable(RequestError, code="UNAVAILABLE", status=503):
    """The database cannot be reached or took too long; nothing has been recorded by this answer."""


class LogInconsistent(RequestError, code="LOG_INCONSISTENT", status=500):
    """What the database holds is not the log that was signed; no proof is given of it."""


class Internal(RequestError, code="INTERNAL", status=500):
    """A fault of ours; the log has the details under the request's id."""


def internal(error: Exception) -> Internal:
    """What the client is told of a fault of ours; the rest goes to the service's log."""
    reference = uuid.uuid4().hex[:12]
    log.error("internal error %s", reference, exc_info=error)
    return Internal(f"Something failed inside; the service's log has it under {reference}.")


def status_of(error: RequestError, *, known: bool) -> int:
    """The HTTP status of an answer that is nothing but this error. Who is refused and has shown no token (not
    `known`) is asked for one; who has is told no."""
    return Unauthenticated.status if isinstance(error, Forbidden) and not known else error.status


def challenge(status: int) -> dict[str, str]:
    """The header that comes with a status: 401 says what is asked for (RFC 9110, 15.5.2)."""
    return {"www-authenticate": "Bearer"} if status == Unauthenticated.status else {}
