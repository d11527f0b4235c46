"""Reading from another machine that may be slow, wrong or hostile: answers have a deadline and a size limit.

A connection is kept for the next request. Redirections are not followed, nothing is decompressed.
"""

import http.client
import socket
import threading
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

TIMEOUT_S = 20.0
CHUNK_BYTES = 64 * 1024


class Unreachable(OSError):
    """No answer, one that took too long, was too large, or broke off; the message names the address."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    content_type: str
    content: bytes


class Connection:
    """One kept connection to the machine that an address names."""

    def __init__(self, address: str, *, timeout_s: float = TIMEOUT_S, headers: dict[str, str] | None = None):
        try:
            url = urlsplit(address)
            host, port = url.hostname, url.port
            # As resolvers have it: some names are too long for any.
            named = host is not None and bool(host.encode("idna"))
        except ValueError:
            named = False
        if not named or url.scheme not in ("http", "https"):
            raise Unreachable(f"{address} is not an http:// or https:// address")
        self._secure, self._host, self._port = url.scheme == "https", str(host), port
        self._base = url.path.rstrip("/")
        self._address = address.rstrip("/")
        self._timeout_s = timeout_s
        self._headers = {"User-Agent": "duban", "Accept-Encoding": "identity", **(headers or {})}
        self._connection: http.client.HTTPConnection | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    def request(self, method: str, path: str, limit: int, body: bytes | None = None) -> Answer:
        """The whole answer, of at most `limit` bytes. Raises Unreachable."""
        kept = self._connection is not None
        try:
            return self._request(method, path, limit, body)
        except (http.client.HTTPException, ConnectionError) as error:
            self.close()
            # A kept connection may have been closed meanwhile; that says nothing of the other side.
            if not kept or not isinstance(error, ConnectionError):
                raise self._failed(path, error) from error
        except OSError as error:
            self.close()
            raise self._failed(path, error) from error
        try:
            return self._request(method, path, limit, body)
        except (http.client.HTTPException, OSError) as error:
            self.close()
            raise self._failed(path, error) from error

    def _request(self, method: str, path: str, limit: int, body: bytes | None) -> Answer:
        if self._connection is None:
            kind = http.client.HTTPSConnection if self._secure else http.client.HTTPConnection
            self._connection = kind(self._host, self._port, timeout=self._timeout_s)
            self._connection.connect()
        connection = self._connection
        with _Deadline(connection.sock, self._timeout_s):
            connection.request(method, f"{self._base}/{path}", body, self._headers)
            # Closed when it is read to its end: then the connection is free for the next.
            with connection.getresponse() as response:
                content = _read(response, limit)
        return Answer(response.status, response.headers.get_content_type(), content)

    def _failed(self, path: str, error: Exception) -> Unreachable:
        if isinstance(error, TimeoutError):
            said = f"no whole answer within {self._timeout_s:g} s"
        else:
            said = " ".join(str(error).split()) or type(error).__name__
        return Unreachable(f"{self._address}/{path}: {said}")


class _Deadline:
    """Cuts a socket's connection when the time is out, whatever is being read: a server that sends a byte now
    and then has no more time than one that sends nothing."""

    def __init__(self, connected: socket.socket, seconds: float):
        self._socket = connected
        self._is_cut = False
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True

    def __enter__(self) -> None:
        self._timer.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        if self._is_cut:
            raise TimeoutError("timed out") from error

    def _cut(self) -> None:
        self._is_cut = True
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)


def _read(response: http.client.HTTPResponse, limit: int) -> bytes:
    pieces, size = [], 0
    while piece := response.read1(CHUNK_BYTES):
        size += len(piece)
        if size > limit:
            raise http.client.HTTPException(f"more than {limit} bytes")
        pieces.append(piece)
    if response.length:
        raise http.client.IncompleteRead(b"", response.length)
    return b"".join(pieces)
