"""Ratings: how many credentials are issued and ballots cast a second, by the path that requests take.

Raters have made and blinded their keys before the clock starts; what is measured is the service's part:
settling, signing, checking, and the urn. One process, so one core signs; the database has what is left.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from time import perf_counter, process_time
from typing import TypeVar
from uuid import UUID

import uvloop

from domain import identifiers
from domain.directory import Category
from service.app import Application
from service.ballots.blind_rsa import SigningKey, new_key
from service.ballots.client import Rater
from service.ballots.lines import lines
from service.ballots.verify import verify
from service.bench.database import Database
from service.bench.load import percentile
from service.commands import CloseCollection, OpenRating, RegisterUnit, SealRating
from service.commands.command import RatingId, UnitId
from service.config import Settings
from service.identity import Role, Viewer

OFFICE = Viewer(Role.OFFICE, "bench")
COLLECTING, CASTING = 16, 64
GRADES = ("excellent", "good", "fair", "poor")

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Pace:
    """How many a second by the clock, how many by a second of this process's processor time (one core kept
    busy by nobody else), and the time within which 99 of 100 were answered."""

    per_second: float
    per_core: float
    p99_ms: float

    def times(self, count: int) -> Pace:
        """Of something that there are so many of in each."""
        return Pace(self.per_second * count, self.per_core * count, self.p99_ms)


@dataclass(frozen=True, slots=True)
class Powers:
    """Blind signatures by a second of processor time: by our signer, and with Python's own modular power."""

    ours: float
    python: float


def powers(signatures: int = 60) -> Powers:
    """The signer alone, without the service around it; by turns, so that both meet the same machine."""
    numbers = new_key().private_numbers()
    key, message = SigningKey(numbers), secrets.token_bytes(255).rjust(256, b"\0")
    value, spent = int.from_bytes(message, "big"), [0.0, 0.0]
    for _ in range(signatures):
        began = process_time()
        key.blind_sign(message)
        between = process_time()
        of_p, of_q = pow(value, numbers.dmp1, numbers.p), pow(value, numbers.dmq1, numbers.q)
        of_q += (of_p - of_q) * numbers.iqmp % numbers.p * numbers.q
        spent[0] += between - began
        spent[1] += process_time() - between
    return Powers(signatures / spent[0], signatures / spent[1])


@dataclass(frozen=True, slots=True)
class Rated:
    raters: int
    units: int
    signatures: Pace
    ballots: Pace
    seal_s: float
    verify_s: float


def rate(database: Database, data: Path, raters: int, units: int) -> Rated:
    """So many raters collect and cast for so many units; then the box is sealed and checked."""
    return uvloop.run(_rate(database, data, raters, units))


async def _rate(database: Database, data: Path, raters: int, units: int) -> Rated:
    settings = Settings.from_environment({"DATABASE_URL": database.dsn, "DUBAN_DATA": str(data)})
    async with Application.open(settings) as app:
        box = await _opened(app, raters, units)
        ballots, terms = app.ballots, await app.ballots.terms(box)
        people = [(Rater(terms), seat) for seat in sorted(terms.rated.roll)]
        codes = [await ballots.check_in(box, seat) for _, seat in people]
        asked = [(rater, code, rater.blinded()) for (rater, _), code in zip(people, codes, strict=True)]

        answers: list[tuple[Rater, dict[tuple[UUID, str], bytes]]] = []

        async def collect(one: tuple[Rater, str, dict[tuple[UUID, str], bytes]]) -> None:
            rater, code, blinded = one
            answers.append((rater, await ballots.collect(box, code, None, blinded)))

        collected = await _paced(asked, collect, COLLECTING)
        for rater, signed in answers:
            rater.take(signed)
        await app.commands.handle(CloseCollection(box=RatingId(box)), OFFICE, "bench-close")
        cast = [
            (unit, rater.ballot(unit, GRADES[n % len(GRADES)]))
            for n, (rater, _, _) in enumerate(asked)
            for unit in terms.unit_ids
        ]
        thrown = await _paced(cast, lambda one: ballots.cast(box, *one), CASTING)
        began = perf_counter()
        await app.commands.handle(SealRating(box=RatingId(box)), OFFICE, "bench-seal")
        sealed = perf_counter()
        report = verify([line async for line in lines(app.database)])
        verified = perf_counter()
        if report.faults or report.ballots != raters * units:
            raise AssertionError(f"the bench's own box is wrong: {report.faults[:3]}")
        signatures = collected.times(units)
        return Rated(raters, units, signatures, thrown, sealed - began, verified - sealed)


async def _opened(app: Application, raters: int, units: int) -> UUID:
    codes = [f"bench.{n}" for n in range(units)]
    for code in codes:
        unit = RegisterUnit(code=code, name=code, category=Category.DEPARTMENT)
        await app.commands.handle(unit, OFFICE, f"register-{code}")
    opened = OpenRating(
        code="bench",
        title="bench",
        period="2020-05",
        seats=raters,
        units=tuple(UnitId(identifiers.unit_id(code)) for code in codes),
        closes_at=app.clock.now() + timedelta(hours=1),
    )
    await app.commands.handle(opened, OFFICE, "bench-open")
    return identifiers.rating_id("bench")


async def _paced(items: Sequence[Item], do: Callable[[Item], Awaitable[object]], clients: int) -> Pace:
    """All items, by so many clients at once."""
    waiting = iter(items)
    took: list[float] = []

    async def client() -> None:
        for item in waiting:
            began = perf_counter()
            await do(item)
            took.append(perf_counter() - began)

    began, busy = perf_counter(), process_time()
    await asyncio.gather(*(client() for _ in range(clients)))
    per_second, per_core = len(items) / (perf_counter() - began), len(items) / (process_time() - busy)
    return Pace(per_second, per_core, percentile(sorted(took), 0.99) * 1000)
