"""The memory of the service (RSS) while it answers the four reads in turn, over sixteen connections."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from service.bench.load import LoadGenerator, Run, Target
from service.bench.questions import QUESTIONS, Dialect
from service.bench.served import Server, resident_mib

CONNECTIONS = 16


@dataclass(frozen=True, slots=True)
class Weight:
    """What the process had in memory after so many requests."""

    requests: int
    mib: float


def weights(
    generator: LoadGenerator, target: Target, server: Server, after: Sequence[int]
) -> Iterator[Weight]:
    """Ask on until each of the ascending numbers of requests, and weigh. Raises what the generator raises."""
    payloads = [
        target.query(question.text(Dialect.DUBAN), variables)
        for question in QUESTIONS
        for variables in question.variables(Dialect.DUBAN)
    ]
    asked = 0
    for requests in after:
        generator.measure(Run(server.host, server.port, payloads, CONNECTIONS, requests=requests - asked))
        asked = requests
        yield Weight(requests, resident_mib(server.pid))
