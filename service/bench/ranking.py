"""Ranking: all units of a category over a year, from contributions to ranks, as a live ranking does it.

Every unit is scored in each of twelve months for six components: 216,000 contributions of 3,000 units.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from time import perf_counter

import psycopg

from domain import identifiers
from domain.aggregate import Event
from domain.assessment.scheme import AssessmentScheme, Edition
from domain.assessment.scheme_content import (
    LEADERS_EVALUATION,
    PUBLIC_APPRAISAL,
    SUPERVISION,
    THIRD_PARTY,
    CategoryWeights,
    ComponentWeight,
    SchemeContent,
)
from domain.assessment.score import Evaluation
from domain.directory import Category, Directory
from domain.documents import Document
from domain.period import period_numbered
from service.bench.database import Database
from service.bench.history import CHINA
from service.bench.tables import recording, stored
from service.rankings import ranking_at
from service.tables.rebuild import rebuild

YEAR, MONTHS = "2024", 12
FIRST_MONTH = 2024 * 12
AT = datetime(2025, 1, 2, 9, tzinfo=CHINA)
GROUP = identifiers.group_id("group-1")
BY_OFFICE = (LEADERS_EVALUATION, PUBLIC_APPRAISAL, THIRD_PARTY, "work_safety", "letters")
WEIGHTS = (
    ComponentWeight(SUPERVISION, Decimal(40)),
    *(ComponentWeight(code, Decimal(12)) for code in BY_OFFICE),
)
CONTENT = SchemeContent((CategoryWeights(Category.COUNTY, WEIGHTS),), tie_breakers=(SUPERVISION,))
DOCUMENT = Document("〔2024〕1号", "考核办法", date(2024, 1, 1))
EVENTS_AT_ONCE = 2_000


@dataclass(frozen=True, slots=True)
class Ranked:
    """How long the ranking of a year took, in milliseconds, round by round."""

    units: int
    contributions: int
    ms: list[float]


def events(units: int) -> Iterator[Event]:
    """The directory, the scheme, and every score."""
    directory = Directory.open(AT)
    for n in range(units):
        directory.register_unit(f"unit-{n:05}", f"第{n}单位", Category.COUNTY, AT)
    yield from directory.collect_events()  # type: ignore[misc]
    yield from AssessmentScheme.adopt("2024-01", "考核办法", DOCUMENT, CONTENT, AT).collect_events()  # type: ignore[misc]
    edition = Edition(1, "2024-01", "考核办法", CONTENT)
    evaluators = [(SUPERVISION, GROUP), *((code, None) for code in BY_OFFICE)]
    for n in range(units):
        unit = identifiers.unit_id(f"unit-{n:05}")
        for month in range(MONTHS):
            period = period_numbered(FIRST_MONTH + month)
            for place, (component, group) in enumerate(evaluators):
                # Anything between 60 and 100, with two decimals.
                score = Decimal(6_000 + (n * 7_919 + month * 104_729 + place * 1_299_709) % 4_001) / 100
                given = (unit, period, component, group, score, None, edition, "", AT)
                yield from Evaluation.give(*given).collect_events()  # type: ignore[misc]


def rank(database: Database, units: int, rounds: int) -> Ranked:
    """Record the scores, build the read tables, and rank the year so many times."""
    count = asyncio.run(_recorded(database, units))
    with psycopg.connect(database.dsn, autocommit=True) as connection:
        connection.execute("vacuum analyze")
    return Ranked(units, count, asyncio.run(_rounds(database, units, rounds)))


async def _recorded(database: Database, units: int) -> int:
    every = events(units)
    async with recording(database) as (pool, recorder):
        while some := list(islice(every, EVENTS_AT_ONCE)):
            await recorder.insert_events([stored(event) for event in some])
        await rebuild(pool, recorder)
        found: int = await pool.fetchval("select count(*) from read.contribution")
        return found


async def _rounds(database: Database, units: int, rounds: int) -> list[float]:
    async with recording(database) as (pool, recorder):
        position = await recorder.max_notification_id() or 0
        taken = []
        for _ in range(rounds):
            began = perf_counter()
            ranking = await ranking_at(pool.fetch_planned_anew, YEAR, Category.COUNTY, position)
            taken.append((perf_counter() - began) * 1_000)
            if len(ranking.ranks) != units:
                raise AssertionError("a unit was not ranked")
        return taken
