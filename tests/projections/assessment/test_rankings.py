"""Rankings against a second implementation of the rules that shares no code with the first.

300 random histories at 20 random positions each; the sum of contributions is the total, exactly; followed in
batches or built at once, the read tables are the same.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterator
from contextlib import AsyncExitStack
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.assessment.points import Adjustment, Component, parts
from domain.assessment.ranking import inputs_of
from domain.refusal import Refusal
from projections.assessment.contributions import CONTRIBUTIONS
from projections.assessment.rankings import RANKINGS
from projections.fold import Folding
from service.rankings import Ranking, adjustments_of, components_of, given_at, ranking_at
from service.store.database import Database
from service.tables.rows import own_connection, write_changes
from service.tables.schema import LIVE, open_read_schema, table_names
from tests.databases import MIGRATED, new_database
from tests.projections.assessment.independent import Line, World
from tests.projections.assessment.lives import CATEGORIES, SPANS, Life, positions
from tests.projections.histories import facts_of

LIVES = st.builds(lambda seed, steps: Life(seed).live(steps), st.integers(0, 10**9), st.integers(0, 160))
PROJECTIONS = (CONTRIBUTIONS, RANKINGS)
TABLES = [name for projection in PROJECTIONS for name in table_names(projection)]


class Tables:
    """Read tables that take one history after the other. Runs in a loop of its own, for Hypothesis waits for
    nobody."""

    def __init__(self, server: str):
        self.runner = asyncio.Runner()
        self.run = self.runner.run
        self.opened = AsyncExitStack()
        self.connection: Any = self.run(self._opened(server))

    async def _opened(self, server: str) -> Any:
        dsn = await self.opened.enter_async_context(new_database(server, MIGRATED))
        database = await self.opened.enter_async_context(await Database.open(dsn, size=1))
        connection = await self.opened.enter_async_context(own_connection(database))
        await open_read_schema(connection, PROJECTIONS)
        return connection

    def close(self) -> None:
        self.run(self.opened.aclose())
        self.runner.close()

    def take(self, life: Life, batch: int) -> None:
        """The history, folded and written in batches, in place of the one before."""
        self.run(self._take(life, batch))

    async def _take(self, life: Life, batch: int) -> None:
        facts = facts_of(life.events)
        async with self.connection.transaction():
            await self.connection.execute(f"truncate {', '.join(f'{LIVE}.{name}' for name in TABLES)}")
            for projection in PROJECTIONS:
                folding = Folding(projection, complete=True)
                for start in range(0, len(facts), batch):
                    folding.fold(facts[start : start + batch])
                    for changes in folding.drain():
                        await write_changes(self.connection, LIVE, changes)

    def shown(self) -> dict[str, Any]:
        return {
            name: sorted(
                row[0] for row in self.run(self.connection.fetch(f"select t::text from read.{name} t"))
            )
            for name in TABLES
        }

    def ranking(self, span: str, category: Any, position: int) -> Ranking | None:
        try:
            return self.run(ranking_at(self.connection.fetch, span, category, position))
        except Refusal as refusal:
            if refusal.code in ("scheme.none_in_force", "scheme.category_not_ranked"):
                return None
            raise

    def given(self, ranking: Ranking) -> Any:
        return self.run(given_at(self.connection.fetch, ranking))


@pytest.fixture(scope="module")
def tables(server: str) -> Iterator[Tables]:
    opened = Tables(server)
    yield opened
    opened.close()


def lines_of(ranking: Ranking | None) -> list[Line] | None:
    """The ranking as the other implementation tells it."""
    if ranking is None:
        return None
    rule = ranking.rule
    return [
        Line(
            found.rank,
            str(ranking.unit_id(found)),
            rule.decimal(found.standing.total),
            {
                **{c.code: c.points for c in components_of(rule, found.standing)},
                **{a.code: a.points for a in adjustments_of(rule, found.standing)},
            },
        )
        for found in ranking.ranks
    ]


def before(span: str) -> str:
    """The span before."""
    if "Q" in span:
        year, quarter = int(span[:4]), int(span[-1])
        return f"{year}-Q{quarter - 1}" if quarter > 1 else f"{year - 1}-Q4"
    if "-" in span:
        year, month = int(span[:4]), int(span[5:])
        return f"{year}-{month - 1:02}" if month > 1 else f"{year - 1}-12"
    return str(int(span) - 1)


@settings(max_examples=300, deadline=None)
@given(LIVES, st.integers(1, 40))
def test_another_implementation_ranks_alike_at_every_position(tables: Tables, life: Life, batch: int) -> None:
    tables.take(life, batch)
    raw = life.raw()
    for position in positions(life, 20):
        span, category = life.chance.choice(SPANS), life.chance.choice(CATEGORIES)
        world = World(raw, position)
        expected = world.ranking(span, category.value)
        ranking = tables.ranking(span, category, position)
        assert lines_of(ranking) == expected
        if ranking is not None and expected is not None:
            earlier = {line.unit: line.rank for line in world.ranking(before(span), category.value) or ()}
            changes = {str(ranking.unit_id(f)): ranking.change(f) for f in ranking.ranks}
            assert changes == {
                line.unit: earlier[line.unit] - line.rank if line.unit in earlier else None
                for line in expected
            }
            assert_conserved(ranking, tables.given(ranking), world)


def assert_conserved(ranking: Ranking, given: Any, world: World) -> None:
    """The parts of every unit sum exactly to its total and, code by code, to its points; there is one for
    each fact that counts, and each names its event."""
    for found in ranking.ranks:
        unit = ranking.unit_id(found)
        told = parts(ranking.rule, found.standing, given[unit])
        assert sum(p.points for p in told) == found.standing.total
        both: list[Component | Adjustment] = [*found.standing.components, *found.standing.adjustments]
        for own in both:
            assert sum(p.points for p in told if p.code == own.code) == own.points
        months = {
            f"{m // 12:04}-{m % 12 + 1:02}" for m in range(ranking.months.first, ranking.months.last + 1)
        }
        facts = sorted(
            p.position
            for p in world.points.values()
            if p.unit == str(unit) and p.month in months and p.code in ranking.codes
        )
        assert sorted(p.given.position for p in told if p.given is not None) == facts


@settings(max_examples=60, deadline=None)
@given(LIVES, st.integers(1, 30))
def test_followed_or_built_at_once_the_tables_are_the_same(tables: Tables, life: Life, batch: int) -> None:
    tables.take(life, batch)
    followed = tables.shown()
    tables.take(life, len(life.events))
    assert tables.shown() == followed


@settings(max_examples=40, deadline=None)
@given(LIVES)
def test_the_digest_is_that_of_the_raw_events(tables: Tables, life: Life) -> None:
    tables.take(life, 50)
    world = World(life.raw(), len(life.events))
    codes = {p.code for p in world.points.values()}
    for category in CATEGORIES:
        ranking = tables.ranking("2020", category, len(life.events))
        if ranking is None:
            continue
        given_of = tables.given(ranking)
        inputs = inputs_of(ranking.position, ((u, g) for u, several in given_of.items() for g in several))
        counted = [
            (p.position, id_, p)
            for id_, p in world.points.items()
            if world.units.get(p.unit, ("", ""))[0] == category.value
            and p.code in codes & set(ranking.codes)
            and p.month.startswith("2020")
        ]
        lines = "".join(
            f"{at}\t{id_}\t{p.unit}\t{p.month}\t{p.code}\t{_plain(p.points)}\n"
            for at, id_, p in sorted(counted, key=lambda found: found[:2])
        )
        assert (inputs.count, inputs.digest) == (len(counted), hashlib.sha256(lines.encode()).hexdigest())


def _plain(points: Any) -> str:
    """A fraction of at most six decimals, without trailing zeros."""
    written = f"{Decimal(points.numerator) / Decimal(points.denominator):f}"
    return written.rstrip("0").rstrip(".") if "." in written else written


def test_some_histories_have_ties_caps_and_corrections() -> None:
    """What is tested above does happen in these histories."""
    seen = {"tie": 0, "correction": 0, "overturned": 0, "ranked": 0}
    for seed in range(120):
        life = Life(seed).live(120)
        world = World(life.raw(), len(life.events))
        topics = [event.TOPIC for event in life.events]  # type: ignore[attr-defined]
        seen["correction"] += topics.count("evaluation.corrected")
        seen["overturned"] += topics.count("accountability_case.appeal_decided")
        for span in SPANS:
            for category in CATEGORIES:
                lines = world.ranking(span, category.value) or []
                ranks = [line.rank for line in lines]
                seen["ranked"] += len(ranks)
                seen["tie"] += len(ranks) - len(set(ranks))
    assert all(count > 20 for count in seen.values()), seen
