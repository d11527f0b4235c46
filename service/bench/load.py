"""The load generator: a closed loop of N keep-alive HTTP/1.1 connections, in a process of its own.

It is the same for every server measured, so what it costs is the same for all of them. It does as
little as a client honestly can: request bytes are made beforehand, the head of an answer is read for
its status and Content-Length only, and the body is compared, byte for byte, with the first answer to
the same request of the same run (`memcmp` of 20 KB costs about a microsecond). That first answer is
handed back, so that the caller decodes it once a round and compares it between servers. Any other
status than 200, an `errors` key, another length or another byte is a fault, and ends the run.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import re
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from time import perf_counter
from typing import Self, TypeAlias, cast

import orjson
import uvloop

CONTENT_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
HEAD_END = b"\r\n\r\n"
GRACE_S = 60.0


class LoadFault(Exception):
    """A server answered something the bench does not accept; the message names the request."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where requests go: a TCP port of this machine, the path, and the bearer token if one is needed."""

    host: str
    port: int
    path: str = "/graphql"
    token: str | None = None

    def request(self, body: bytes) -> bytes:
        """The bytes of one POST of a JSON body."""
        head = [
            f"POST {self.path} HTTP/1.1",
            f"Host: {self.host}:{self.port}",
            "Content-Type: application/json",
            "Accept: application/graphql-response+json",
            f"Content-Length: {len(body)}",
        ]
        if self.token is not None:
            head.append(f"Authorization: Bearer {self.token}")
        return "\r\n".join(head).encode() + HEAD_END + body

    def query(self, document: str, variables: dict[str, object]) -> bytes:
        """The bytes of one GraphQL request."""
        return self.request(orjson.dumps({"query": document, "variables": variables}))


@dataclass(frozen=True, slots=True)
class Run:
    """One closed-loop run: it ends after `requests` answers or `seconds`, whichever comes first.

    `compared` is False where answers to equal requests differ by nature (mutations).
    """

    host: str
    port: int
    payloads: Sequence[bytes]
    connections: int
    requests: int | None = None
    seconds: float | None = None
    compared: bool = True


@dataclass(frozen=True, slots=True)
class Measured:
    """What a run showed. Latencies in milliseconds; `bodies` holds the first answer to each payload."""

    requests: int
    seconds: float
    p50_ms: float
    p99_ms: float
    bodies: tuple[bytes | None, ...]

    @property
    def per_second(self) -> float:
        return self.requests / self.seconds


class _ClosedLoop:
    """The state that the connections of one run share."""

    def __init__(self, run: Run, done: asyncio.Future[None]) -> None:
        self.run = run
        self.done = done
        self.firsts: list[bytes | None] = [None] * len(run.payloads)
        self.latencies_s: list[float] = []
        self.issued = 0
        self.open = 0
        self.deadline = 0.0
        self.last_answer = 0.0

    def next_payload(self, now: float) -> int | None:
        """The index of the payload to send next, or None when the run is over."""
        if self.run.requests is not None and self.issued >= self.run.requests:
            return None
        if now >= self.deadline:
            return None
        self.issued += 1
        return (self.issued - 1) % len(self.run.payloads)

    def accept(self, index: int, head: bytes, body: bytes) -> None:
        """Check one answer; the first to a payload is kept, the others must be equal to it."""
        if head[9:12] != b"200":
            self.fail(f"request {index}: {head[:40]!r} {body[:400]!r}")
        first = self.firsts[index]
        if first is None:
            if b'"errors"' in body or not body.startswith(b"{"):
                self.fail(f"request {index}: {body[:400]!r}")
            self.firsts[index] = body
        elif self.run.compared and first != body:
            self.fail(f"request {index}: {len(body)} bytes differ from the first {len(first)}")
        elif not self.run.compared and b'"errors"' in body:
            self.fail(f"request {index}: {body[:400]!r}")

    def fail(self, why: str) -> None:
        if not self.done.done():
            self.done.set_exception(LoadFault(why))

    def closed(self) -> None:
        self.open -= 1
        if self.open == 0 and not self.done.done():
            self.done.set_result(None)


class _Client(asyncio.Protocol):
    """One connection: sends a payload, waits for the whole answer, sends the next."""

    def __init__(self, loop: _ClosedLoop) -> None:
        self.loop = loop
        self.transport: asyncio.WriteTransport | None = None
        self.index: int | None = None
        self.sent_at = 0.0
        self.received = b""
        self.wanted = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.WriteTransport, transport)  # uvloop's are none of asyncio's classes

    def send(self) -> None:
        assert self.transport is not None
        now = perf_counter()
        self.index = self.loop.next_payload(now)
        if self.index is None:
            self.transport.close()
            return
        self.sent_at = now
        self.transport.write(self.loop.run.payloads[self.index])

    def data_received(self, data: bytes) -> None:
        received = self.received + data if self.received else data
        if self.wanted == 0:
            head_end = received.find(HEAD_END)
            if head_end < 0:
                self.received = received
                return
            length = CONTENT_LENGTH.search(received, 0, head_end)
            if length is None:
                self.loop.fail(f"no Content-Length: {received[:400]!r}")
                return
            self.wanted = head_end + 4 + int(length[1])
        if len(received) < self.wanted:
            self.received = received
            return
        self.answered(received)

    def answered(self, received: bytes) -> None:
        loop = self.loop
        assert self.index is not None
        now = perf_counter()
        loop.latencies_s.append(now - self.sent_at)
        loop.last_answer = now
        head_end = received.find(HEAD_END)
        loop.accept(self.index, received[:head_end], received[head_end + 4 :])
        self.received = b""
        self.wanted = 0
        if not loop.done.done():
            self.send()

    def connection_lost(self, exc: Exception | None) -> None:
        if self.index is not None:
            self.loop.fail(f"connection lost before the answer to request {self.index}: {exc}")
        self.loop.closed()


def percentile(ordered: Sequence[float], fraction: float) -> float:
    """The value below which `fraction` of an ascending sequence lies (nearest rank)."""
    return ordered[min(len(ordered) - 1, int(len(ordered) * fraction))]


async def drive(run: Run) -> Measured:
    """Run the closed loop in this event loop. Raises LoadFault."""
    here = asyncio.get_running_loop()
    shared = _ClosedLoop(run, here.create_future())
    clients = [_Client(shared) for _ in range(run.connections)]
    for client in clients:
        await here.create_connection(lambda client=client: client, run.host, run.port)  # type: ignore[misc]
    shared.open = len(clients)
    began = perf_counter()
    shared.deadline = began + (run.seconds if run.seconds is not None else float("inf"))
    for client in clients:
        client.send()
    patience = None if run.seconds is None else run.seconds + GRACE_S
    try:
        await asyncio.wait_for(shared.done, patience)
    finally:
        for client in clients:
            if client.transport is not None:
                client.transport.abort()
    ordered = sorted(shared.latencies_s)
    return Measured(
        requests=len(ordered),
        seconds=shared.last_answer - began,
        p50_ms=percentile(ordered, 0.50) * 1000,
        p99_ms=percentile(ordered, 0.99) * 1000,
        bodies=tuple(shared.firsts),
    )


Answer: TypeAlias = Measured | LoadFault | TimeoutError | OSError


def _serve_runs(pipe: Connection) -> None:
    """The process: takes a Run from the pipe, answers with what it measured, until it gets None."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        while (run := pipe.recv()) is not None:
            try:
                answer: Answer = runner.run(drive(run))
            except (LoadFault, TimeoutError, OSError) as fault:
                answer = fault
            pipe.send(answer)


class LoadGenerator:
    """The generator's process, started once and used for every run of a bench."""

    def __enter__(self) -> Self:
        fresh = multiprocessing.get_context("spawn")
        self._pipe, other_end = fresh.Pipe()
        self._process = fresh.Process(target=_serve_runs, args=(other_end,), daemon=True)
        self._process.start()
        other_end.close()
        return self

    def measure(self, run: Run) -> Measured:
        """Drive one run to its end. Raises LoadFault, TimeoutError, OSError."""
        self._pipe.send(run)
        answer: Answer = self._pipe.recv()
        if isinstance(answer, Measured):
            return answer
        raise answer

    def __exit__(self, *_: object) -> None:
        if self._process.is_alive():
            self._pipe.send(None)
        self._process.join(10)
        self._pipe.close()
