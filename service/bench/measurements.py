"""The measurements: how long each goes on, and its figures."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from projections.directory import DIRECTORY
from projections.ledger import LEDGER
from projections.reports import REPORTS
from service.bench import appends, memory, ours, ranking, ratings, reads, visible
from service.bench import daily as sweeping
from service.bench.database import Database
from service.bench.history import FULL, QUICK, Extent
from service.bench.load import LoadGenerator, Target
from service.bench.peers import library_projection, library_recorder
from service.bench.peers.node import NodeMissing
from service.bench.peers.plain import plain_strawberry
from service.bench.peers.postgraphile import postgraphile
from service.bench.questions import QUESTIONS, Dialect
from service.bench.reads import FULL_PACE, QUICK_PACE, Comparison, Contestant, Pace, Series
from service.bench.report import Figure
from service.bench.served import Server
from service.bench.tables import rebuilt_seconds

APPEND_BOUND = 40.0
REBUILD_BOUND = 60.0
AS_THE_PEER = (DIRECTORY.name, LEDGER.name, REPORTS.name)
"""The projections that keep what the peer's view keeps (and more of it): a ledger and its reports."""
RANKING_BOUND_MS = 300.0
ISSUE_BOUND = 300.0
RATED_UNITS = 6
CLIENTS_THAT_REPORT = (1, 16)
DAILY_MOST_S = 20.0


@dataclass(frozen=True, slots=True)
class Length:
    """How much is measured. Seconds and rounds as named; `mutations` for each number of clients."""

    extent: Extent
    append_rounds: int
    append_s: float
    rebuild_rounds: int
    library_events: int
    pace: Pace
    mutations: int
    memory_requests: tuple[int, ...]
    swept_tasks: int
    ranked_units: int
    ranking_rounds: int
    raters: int


FULL_REQUESTS = (10_000, 50_000, 100_000)
QUICK_REQUESTS = (1_000, 5_000, 10_000)
FULL_LENGTH = Length(FULL, 5, 2.0, 3, 2_000, FULL_PACE, 400, FULL_REQUESTS, sweeping.TASKS, 3_000, 25, 500)
QUICK_LENGTH = Length(QUICK, 1, 1.5, 1, 1_000, QUICK_PACE, 100, QUICK_REQUESTS, 1_000, 300, 5, 60)


@dataclass(frozen=True, slots=True)
class Place:
    """Where it is measured: the database that holds the history, a directory for servers and their logs, and
    who is told of the progress."""

    database: Database
    directory: Path
    tell: Callable[[str], None]
    left_out: list[str]

    def log(self, name: str) -> Path:
        return self.directory / f"{name}.log"

    def target(self, server: Server) -> Target:
        return Target(server.host, server.port, token=ours.office_token(self.directory))


def append(database: Database, length: Length) -> Iterator[Figure]:
    """Appends in an empty log, against the library's two ways to insert."""
    rounds = list(appends.compare(database, length.append_rounds, length.append_s))
    subject = f"{appends.CLIENTS} clients, one event each, durable"
    mine = median(r.ours.per_second for r in rounds)
    p99_ms = median(r.ours.p99_ms for r in rounds)
    threads = f"eventsourcing, {library_recorder.THREADS} threads"
    peers: tuple[tuple[str, list[float], float | None], ...] = (
        (threads, [r.library for r in rounds], APPEND_BOUND),
        (f"{threads}, its functions", [r.library_functions for r in rounds], None),
    )
    for peer, theirs, bound in peers:
        yield Figure(
            "append",
            subject,
            mine,
            "/s",
            p99_ms,
            peer,
            theirs=median(theirs),
            ratio=median(r.ours.per_second / other for r, other in zip(rounds, theirs, strict=True)),
            bound=bound,
        )


def rating(database: Database, directory: Path, length: Length) -> Iterator[Figure]:
    """Credentials issued and ballots cast by one process; the box sealed, and checked from the log."""
    bare = ratings.powers()
    yield Figure(
        "rating",
        "blind signature alone, by processor time (GMP, secure power)",
        bare.ours,
        "/s",
        peer="Python's own power, unchecked",
        theirs=bare.python,
        ratio=bare.ours / bare.python,
    )
    rated = ratings.rate(database, directory / "ratings", length.raters, RATED_UNITS)
    subject = f"{rated.raters} raters x {rated.units} units"
    issued, cast = rated.signatures, rated.ballots
    yield Figure(
        "rating",
        f"{subject}: blind signatures issued, one core",
        issued.per_core,
        "/s",
        peer="what was asked for",
        theirs=ISSUE_BOUND,
        ratio=issued.per_core / ISSUE_BOUND,
        bound=1.0,
    )
    yield Figure("rating", f"{subject}: the same by the clock", issued.per_second, "/s", issued.p99_ms)
    yield Figure("rating", f"{subject}: ballots cast, one core", cast.per_core, "/s")
    yield Figure("rating", f"{subject}: the same by the clock", cast.per_second, "/s", cast.p99_ms)
    yield Figure("rating", f"{subject}: sealed", rated.seal_s, "s")
    yield Figure("rating", f"{subject}: checked from the log alone", rated.verify_s, "s")


def rebuild(place: Place, length: Length, events: int) -> Iterator[Figure]:
    """All projections anew over the whole log, and those alone that do what the peer does, against the
    library's runner over some of the same mix."""
    paces: list[tuple[float, float, float]] = []
    for _ in range(length.rebuild_rounds):
        every, alike = (
            events / asyncio.run(rebuilt_seconds(place.database, names)) for names in ((), AS_THE_PEER)
        )
        theirs = library_projection.followed_per_second(place.database, length.library_events)
        paces.append((every, alike, theirs))
    for subject, nth in (("all projections", 0), (", ".join(AS_THE_PEER), 1)):
        yield Figure(
            "rebuild",
            f"{subject}, {events:,} events",
            median(pace[nth] for pace in paces),
            "events/s",
            peer="eventsourcing, ProjectionRunner",
            theirs=median(theirs for *_, theirs in paces),
            ratio=median(pace[nth] / pace[2] for pace in paces),
            bound=REBUILD_BOUND,
        )


def daily(database: Database, directory: Path, length: Length) -> Iterator[Figure]:
    """One day of all tasks, by the command, against the time it may take."""
    for kind, seconds in sweeping.sweeps(database, directory, length.swept_tasks):
        subject = f"{length.swept_tasks:,} tasks swept, {kind}"
        ratio = DAILY_MOST_S / seconds
        yield Figure("daily", subject, seconds, "s", None, "at most", DAILY_MOST_S, None, ratio, 1.0)


def read(place: Place, length: Length, generator: LoadGenerator) -> Iterator[Figure]:
    """The four reads, against PostGraphile and plain Strawberry."""
    with ExitStack() as servers:
        contestants = _contestants(place, servers)
        for comparison in reads.compare(generator, contestants, QUESTIONS, length.pace):
            place.tell(f"read: {comparison.question.name} at {comparison.connections} connections")
            yield from _read_figures(comparison)


def _contestants(place: Place, servers: ExitStack) -> list[Contestant]:
    mine = servers.enter_context(ours.duban(place.database, place.directory, place.log("duban")))
    contestants = [Contestant(Dialect.DUBAN, mine, ours.office_token(place.directory))]
    try:
        peer = postgraphile(place.database, place.directory / "node", place.log("postgraphile"))
        contestants.append(Contestant(Dialect.POSTGRAPHILE, servers.enter_context(peer)))
    except NodeMissing as missing:
        place.left_out.append(f"PostGraphile: {missing}")
    plain = servers.enter_context(plain_strawberry(place.database, place.log("plain")))
    return [*contestants, Contestant(Dialect.PLAIN, plain)]


def _read_figures(comparison: Comparison) -> Iterator[Figure]:
    question, wide = comparison.question, comparison.connections > 1
    bounds = question.bounds
    mine, *peers = comparison.series
    for peer in peers:
        against_node = peer.name == "PostGraphile"
        bound = bounds.postgraphile_16 if wide else bounds.postgraphile_1
        yield Figure(
            "read",
            f"{question.title}, {comparison.connections} conn.",
            median(mine.per_second),
            "/s",
            median(mine.p99_ms),
            peer.name,
            median(peer.per_second),
            median(peer.p99_ms),
            mine.times(peer),
            bound if against_node else bounds.plain,
            _p99_ratio(mine, peer) if against_node and wide else None,
        )


def _p99_ratio(mine: Series, peer: Series) -> float:
    return median(a / b for a, b in zip(mine.p99_ms, peer.p99_ms, strict=True))


def see(place: Place, length: Length) -> Iterator[Figure]:
    """From the mutation to the ledger that shows it."""
    queue = visible.reports()
    with ours.duban(place.database, place.directory, place.log("duban")) as server:
        target = place.target(server)
        visible.watch(target, queue, max(CLIENTS_THAT_REPORT), max(CLIENTS_THAT_REPORT))
        for clients in CLIENTS_THAT_REPORT:
            seen = visible.watch(target, queue, length.mutations, clients)
            named = f"{clients} client{'s' if clients > 1 else ''}, p50"
            recorded = f"mutation to its answer, {named}"
            shown = f"mutation to seen in the ledger, {named}"
            yield Figure("visible", recorded, seen.recorded_p50_ms, "ms", seen.recorded_p99_ms)
            yield Figure("visible", shown, seen.visible_p50_ms, "ms", seen.visible_p99_ms)


def weigh(place: Place, length: Length, generator: LoadGenerator) -> Iterator[Figure]:
    """The memory of the service after so many requests."""
    with ours.duban(place.database, place.directory, place.log("duban")) as server:
        weights = list(memory.weights(generator, place.target(server), server, length.memory_requests))
    first, last = weights[0], weights[-1]
    for weight in weights[:-1]:
        yield Figure("memory", f"after {weight.requests:,} requests", weight.mib, "MiB")
    yield Figure(
        "memory",
        f"after {last.requests:,} requests",
        last.mib,
        "MiB",
        peer=f"itself after {first.requests:,}",
        theirs=first.mib,
        ratio=last.mib / first.mib,
    )


def rank(database: Database, length: Length) -> Iterator[Figure]:
    """A year's ranking of one category, all of it."""
    found = ranking.rank(database, length.ranked_units, length.ranking_rounds)
    mine = median(found.ms)
    yield Figure(
        "ranking",
        f"{found.units:,} units over 12 periods, {found.contributions:,} contributions",
        mine,
        "ms",
        max(found.ms),
        "what was asked for",
        theirs=RANKING_BOUND_MS,
        ratio=RANKING_BOUND_MS / mine,
        bound=1.0,
    )
