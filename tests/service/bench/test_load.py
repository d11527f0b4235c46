"""The load generator: it counts every answer, and takes none that is not the one it should be."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import count

import pytest

from service.bench.load import LoadFault, LoadGenerator, Measured, Run, Target, drive

Answers = Callable[[int], bytes]


def answer(body: bytes, status: str = "200 OK") -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    return head.encode() + body


class Serving(asyncio.Protocol):
    """A server's end of a connection: gives the n-th request of all connections the n-th answer, in two
    pieces, or none where there is none, and hangs up."""

    def __init__(self, answers: Answers, numbers: Iterator[int], opened: list[asyncio.Transport]) -> None:
        self.answers, self.numbers, self.opened = answers, numbers, opened
        self.received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.opened.append(transport)

    def data_received(self, data: bytes) -> None:
        self.received += data
        head, end, body = self.received.partition(b"\r\n\r\n")
        if not end or len(body) < int(head.split(b"Content-Length: ")[1].split(b"\r\n")[0]):
            return
        self.received = b""
        whole = self.answers(next(self.numbers))
        if not whole:
            self.transport.close()
            return
        self.transport.write(whole[:30])
        asyncio.get_running_loop().call_soon(self.transport.write, whole[30:])


@asynccontextmanager
async def answering(answers: Answers) -> AsyncIterator[Target]:
    opened: list[asyncio.Transport] = []
    numbers = count()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Serving(answers, numbers, opened), "127.0.0.1", 0)
    try:
        yield Target("127.0.0.1", server.sockets[0].getsockname()[1])
    finally:
        server.close()
        for transport in opened:
            transport.abort()
        await server.wait_closed()
        await asyncio.sleep(0)  # an aborted transport closes its socket in the next turn of the loop


async def run(answers: Answers, payloads: int = 1, **options: int | bool) -> Measured:
    async with answering(answers) as target:
        requests = [target.query("{task}", {"n": n}) for n in range(payloads)]
        return await drive(Run(target.host, target.port, requests, **{"connections": 3, **options}))  # type: ignore[arg-type]


async def test_a_run_ends_after_so_many_requests_and_keeps_the_first_answer() -> None:
    measured = await run(lambda n: answer(b'{"data": {"task": "\xe5\xb7\xa5"}}'), requests=200)

    assert measured.requests == 200
    assert measured.bodies == (b'{"data": {"task": "\xe5\xb7\xa5"}}',)
    assert 0 < measured.p50_ms <= measured.p99_ms


async def test_a_run_ends_after_so_many_seconds() -> None:
    measured = await run(lambda n: answer(b'{"data":null}'), seconds=0.05)  # type: ignore[arg-type]

    assert measured.requests > 0
    assert measured.per_second == measured.requests / measured.seconds


async def test_requests_take_turns() -> None:
    measured = await run(lambda n: answer(b'{"data": %d}' % n), payloads=4, connections=1, requests=4)

    assert measured.bodies == (b'{"data": 0}', b'{"data": 1}', b'{"data": 2}', b'{"data": 3}')


async def test_an_answer_that_differs_from_the_first_is_a_fault() -> None:
    with pytest.raises(LoadFault, match="differ"):
        await run(lambda n: answer(b'{"data":%d}' % (n == 7)), requests=20)


async def test_answers_may_differ_where_that_is_their_nature() -> None:
    measured = await run(lambda n: answer(b'{"data":%d}' % n), requests=20, compared=False)

    assert measured.requests == 20


@pytest.mark.parametrize("compared", [True, False])
async def test_errors_are_a_fault(compared: bool) -> None:
    with pytest.raises(LoadFault, match="errors"):
        await run(lambda n: answer(b'{"errors":[],"data":%d}' % n), requests=20, compared=compared)


async def test_another_status_is_a_fault() -> None:
    with pytest.raises(LoadFault, match="500"):
        await run(lambda n: answer(b'{"data":1}', "500 Internal Server Error"), requests=20)


async def test_a_connection_closed_before_its_answer_is_a_fault() -> None:
    with pytest.raises(LoadFault, match="connection lost"):
        await run(lambda n: answer(b'{"data":1}') if n < 5 else b"", requests=20)


async def test_the_generator_in_its_own_process_measures_and_hands_faults_back() -> None:
    async with answering(lambda n: answer(b'{"data":%d}' % (n > 100))) as target:
        run_ = Run(target.host, target.port, [target.query("{task}", {})], connections=2, requests=50)
        with LoadGenerator() as generator:
            measured = await asyncio.to_thread(generator.measure, run_)
            assert measured.requests == 50
            with pytest.raises(LoadFault):
                await asyncio.to_thread(generator.measure, replace(run_, requests=200))
