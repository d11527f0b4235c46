"""Reads: every contestant asked the same questions in alternated rounds, at one and at sixteen connections.

A round runs each contestant once, beginning with another one each time; ratios are taken within a round, and
what is reported is the median over rounds. Before the rounds each is warmed on the question: compilers in
node, statements in PostgreSQL, plans in ours.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from service.bench.load import LoadGenerator, Measured, Run, Target
from service.bench.questions import Dialect, Question, common
from service.bench.served import Server, cpu_seconds

CONNECTIONS = (16, 1)


class AnswersDiffer(Exception):
    """Two contestants answered the same question with different data: there is nothing to compare."""


@dataclass(frozen=True, slots=True)
class Contestant:
    """A server under measurement, and how it is spoken to."""

    dialect: Dialect
    server: Server
    token: str | None = None

    @property
    def name(self) -> str:
        return self.server.name

    def payloads(self, question: Question) -> list[bytes]:
        target = Target(self.server.host, self.server.port, token=self.token)
        text = question.text(self.dialect)
        return [target.query(text, variables) for variables in question.variables(self.dialect)]


@dataclass(frozen=True, slots=True)
class Pace:
    """How long it all takes: `warm_s` and `rounds` of `round_s` for each contestant, question and width."""

    warm_s: float
    rounds: int
    round_s: float


FULL_PACE = Pace(warm_s=2.0, rounds=5, round_s=1.2)
QUICK_PACE = Pace(warm_s=1.5, rounds=3, round_s=0.7)


@dataclass(frozen=True, slots=True)
class Series:
    """One contestant at one question and width, round by round. `cpu_ms` is the server's own, per request,
    without PostgreSQL's."""

    name: str
    per_second: tuple[float, ...]
    p50_ms: tuple[float, ...]
    p99_ms: tuple[float, ...]
    cpu_ms: tuple[float, ...]
    body_bytes: int

    def times(self, other: Series) -> float:
        """The median over rounds of how many times the other's throughput this one's was."""
        return median(a / b for a, b in zip(self.per_second, other.per_second, strict=True))


@dataclass(frozen=True, slots=True)
class Comparison:
    """All contestants at one question and width."""

    question: Question
    connections: int
    series: tuple[Series, ...]

    def of(self, name: str) -> Series | None:
        return next((series for series in self.series if series.name == name), None)


def compare(
    generator: LoadGenerator, contestants: Sequence[Contestant], questions: Iterable[Question], pace: Pace
) -> Iterator[Comparison]:
    """Measure; one comparison after the other. Raises AnswersDiffer and what the generator raises."""
    for question in questions:
        for contestant in contestants:
            run_once(generator, contestant, question, max(CONNECTIONS), pace.warm_s)
        for connections in CONNECTIONS:
            yield _compared(generator, contestants, question, connections, pace)


def run_once(
    generator: LoadGenerator, contestant: Contestant, question: Question, connections: int, seconds: float
) -> Measured:
    """One closed loop of one contestant."""
    payloads = contestant.payloads(question)
    host, port = contestant.server.host, contestant.server.port
    return generator.measure(Run(host, port, payloads, connections, seconds=seconds))


def _compared(
    generator: LoadGenerator,
    contestants: Sequence[Contestant],
    question: Question,
    connections: int,
    pace: Pace,
) -> Comparison:
    rounds: list[dict[str, tuple[Measured, float]]] = []
    for number in range(pace.rounds):
        first = number % len(contestants)
        shown: dict[str, tuple[Measured, float]] = {}
        for contestant in [*contestants[first:], *contestants[:first]]:
            before = cpu_seconds(contestant.server.pid)
            measured = run_once(generator, contestant, question, connections, pace.round_s)
            shown[contestant.name] = measured, cpu_seconds(contestant.server.pid) - before
        _require_equal(question, {name: measured for name, (measured, _) in shown.items()})
        rounds.append(shown)
    names = [contestant.name for contestant in contestants]
    return Comparison(question, connections, tuple(_series(name, rounds) for name in names))


def _series(name: str, rounds: list[dict[str, tuple[Measured, float]]]) -> Series:
    measured = [shown[name][0] for shown in rounds]
    return Series(
        name=name,
        per_second=tuple(m.per_second for m in measured),
        p50_ms=tuple(m.p50_ms for m in measured),
        p99_ms=tuple(m.p99_ms for m in measured),
        cpu_ms=tuple(1000 * shown[name][1] / shown[name][0].requests for shown in rounds),
        body_bytes=len(measured[0].bodies[0] or b""),
    )


def _require_equal(question: Question, shown: dict[str, Measured]) -> None:
    """Every answer that all contestants gave in this round holds the same data."""
    names = list(shown)
    for index in range(len(shown[names[0]].bodies)):
        bodies = {name: shown[name].bodies[index] for name in names}
        if None in bodies.values():
            continue  # the round was too short for this one of the variables
        answers = {name: common(body) for name, body in bodies.items() if body is not None}
        for name in names[1:]:
            if answers[name] != answers[names[0]]:
                raise AnswersDiffer(f"{question.name}: {names[0]} and {name} differ at request {index}")
