"""A network between a client and PostgreSQL that fails at the worst moment, on demand.

It understands just enough of the protocol to find the message after which, or before which, to cut.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import parse_qs, urlsplit

Message = Callable[[bytes, bytes], bool]
"""Whether the fault is due at this message of the client, given its kind and its body."""

When = Literal["before", "after", "at once"]


def end_of_rows(kind: bytes, body: bytes) -> bool:
    """CopyDone: with it, the writer's COPY, and outside of a transaction its commit, is complete."""
    return kind == b"c"


def commit(kind: bytes, body: bytes) -> bool:
    """The statement `commit`."""
    return kind == b"Q" and body.startswith(b"commit")


@dataclass
class Fault:
    """Cut the connection at the first such message: `before` it reaches the server, `after` the server has
    answered it (and the client has not heard), or `at once` after sending it on."""

    message: Message
    when: When
    struck: asyncio.Event = field(default_factory=asyncio.Event)


class Proxy:
    """Forwards to the server until told otherwise."""

    def __init__(self, upstream: str):
        self.upstream = urlsplit(upstream)
        self.faults: list[Fault] = []
        self.refusing = False
        self._writers: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None

    @property
    def dsn(self) -> str:
        """The address of the database through the proxy."""
        assert self._server is not None
        port = self._server.sockets[0].getsockname()[1]
        user = self.upstream.username or "postgres"
        secret = f":{self.upstream.password}" if self.upstream.password else ""
        return f"postgresql://{user}{secret}@127.0.0.1:{port}{self.upstream.path}?sslmode=disable"

    def fail(self, message: Message, when: When) -> Fault:
        """The next such message, on whatever connection, is the fault's."""
        fault = Fault(message, when)
        self.faults.append(fault)
        return fault

    def cut(self) -> None:
        """End every connection, now."""
        for writer in list(self._writers):
            writer.transport.abort()

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        self.cut()
        await self._server.wait_closed()

    async def _open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        host = self.upstream.hostname or parse_qs(self.upstream.query)["host"][0]
        port = self.upstream.port or 5432
        if host.startswith("/"):
            return await asyncio.open_unix_connection(f"{host}/.s.PGSQL.{port}")
        return await asyncio.open_connection(host, port)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.refusing:
            writer.transport.abort()
            return
        up_reader, up_writer = await self._open()
        ends = {writer, up_writer}
        self._writers |= ends
        deaf = asyncio.Event()
        ways = [
            asyncio.create_task(_pass_on(up_reader, writer, deaf)),
            asyncio.create_task(self._pass_requests(reader, up_writer, deaf)),
        ]
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for end in ends:
            end.transport.abort()
        self._writers -= ends
        for way in ways:
            way.cancel()
            with suppress(asyncio.CancelledError, OSError, asyncio.IncompleteReadError):
                await way

    async def _pass_requests(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, deaf: asyncio.Event
    ) -> None:
        """Pass the requests on, until the end or a fault."""
        size = await reader.readexactly(4)
        writer.write(size + await reader.readexactly(int.from_bytes(size, "big") - 4))
        while True:
            head = await reader.readexactly(5)
            kind, body = head[:1], await reader.readexactly(int.from_bytes(head[1:], "big") - 4)
            fault = next((f for f in self.faults if f.message(kind, body)), None)
            if fault is None:
                writer.write(head + body)
                continue
            self.faults.remove(fault)
            if fault.when != "before":
                deaf.set()
                writer.write(head + body)
                await writer.drain()
            fault.struck.set()
            if fault.when == "after":
                # Until the server has answered; nobody hears it, and the connection ends.
                await asyncio.Event().wait()
            return


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, deaf: asyncio.Event) -> None:
    """Pass the answers on; the first that comes once the client is deaf ends it."""
    while answer := await reader.read(65_536):
        if deaf.is_set():
            return
        writer.write(answer)


@asynccontextmanager
async def proxied(dsn: str) -> AsyncIterator[Proxy]:
    """A proxy before the database."""
    proxy = Proxy(dsn)
    await proxy.start()
    try:
        yield proxy
    finally:
        await proxy.stop()
