"""Whom the review meeting draws from (抽取范围, article 49).

Rules: each time so many units of each category are drawn: two counties, one development zone, two or three
departments, unless the rule says otherwise; a rule has an edition, and its figures are in the event. Nobody
is drawn twice before all of the category were drawn: a round is whom the draws have come to since the last
time that all had been. When fewer are left of a round than are wanted, those are certain, and the rest is
drawn from the others: the next round has begun. A unit that was registered meanwhile has not been drawn in
the round, and is not behind by all the rounds before.

The draws of one meeting share their sources; the first number of each is that of its category, so that they
are not one draw told three times.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from uuid import UUID

from domain.directory import Category
from domain.draw import DrawStep, key_string, select
from domain.refusal import require, require_line

CATEGORY_NUMBERS = {Category.COUNTY: 1, Category.ZONE: 2, Category.DEPARTMENT: 3}
MOST_UNITS = 20
MOST_SOURCES = 10
MOST_NUMBERS = 50
LARGEST_NUMBER = 10**15 - 1


@dataclass(frozen=True)
class Quota:
    """How many units of a category are drawn."""

    category: Category
    units: int


@dataclass(frozen=True)
class DrawRule:
    edition: str
    quotas: tuple[Quota, ...]


DEFAULT_RULE = DrawRule(
    "49.1", (Quota(Category.COUNTY, 2), Quota(Category.ZONE, 1), Quota(Category.DEPARTMENT, 3))
)

# What article 49 asks for: two counties, one development zone, two or three departments.
LEAST_DRAWN = {Category.COUNTY: 2, Category.ZONE: 1, Category.DEPARTMENT: 2}


@dataclass(frozen=True)
class Round:
    """How far the draws of a category have come: the number of the round, from 1, and whom it has drawn."""

    number: int = 1
    drawn: frozenset[UUID] = frozenset()

    def after(self, unit_ids: Sequence[UUID]) -> "Round":
        """The round after a draw has come to these. Whoever it had drawn before is of the next one."""
        again = self.drawn.intersection(unit_ids)
        return Round(self.number + 1, again) if again else Round(self.number, self.drawn.union(unit_ids))


@dataclass(frozen=True)
class Pool:
    """What is drawn from for one category: `certain` come anyway, `wanted` more are drawn from `candidates`,
    which is the published list. `round` counts from 1."""

    category: Category
    round: int
    certain: tuple[UUID, ...]
    candidates: tuple[UUID, ...]
    wanted: int


@dataclass(frozen=True)
class Source:
    """A source of chance: the name it was announced by, and the numbers that came of it."""

    name: str
    numbers: tuple[int, ...]


@dataclass(frozen=True)
class Drawn:
    """What came of one category: the RFC's key string, and the units in the order in which they present."""

    category: Category
    key: str
    unit_ids: tuple[UUID, ...]


def require_rule(rule: DrawRule) -> DrawRule:
    """The rule as it is recorded: each category once, 1 to 20 units."""
    categories = [quota.category for quota in rule.quotas]
    require(bool(categories), "draw.no_quota", field="quotas")
    as_named = rule.edition != DEFAULT_RULE.edition or set(rule.quotas) == set(DEFAULT_RULE.quotas)
    require(as_named, "draw.edition_of_other_quotas", field="edition", edition=DEFAULT_RULE.edition)
    require(len(set(categories)) == len(categories), "draw.category_twice", field="quotas")
    for i, quota in enumerate(rule.quotas):
        require(1 <= quota.units <= MOST_UNITS, "draw.quota_out_of_range", field=f"quotas.{i}.units")
    return DrawRule(require_line(rule.edition, "edition", most=40), rule.quotas)


def round_of(draws: Iterable[Sequence[UUID]]) -> Round:
    """How far the draws of a category have come, of what each of them drew, the first one first."""
    return reduce(Round.after, draws, Round())


def pool_of(quota: Quota, units: Sequence[UUID], so_far: Round) -> Pool:
    """The pool of a category: its units in the order of the published list."""
    require(len(units) >= quota.units, "draw.too_few_units", field="quotas", category=quota.category.value)
    left = tuple(unit for unit in units if unit not in so_far.drawn)
    number = so_far.number if left else so_far.number + 1
    left = left or tuple(units)
    if len(left) > quota.units:
        return Pool(quota.category, number, (), left, quota.units)
    others = tuple(unit for unit in units if unit not in left)
    return Pool(quota.category, number, left, others, quota.units - len(left))


def require_announced(names: Sequence[str]) -> tuple[str, ...]:
    """The names of the sources that witnesses will enter: 1 to 10, none twice."""
    require(1 <= len(names) <= MOST_SOURCES, "draw.source_count", field="sources")
    named = tuple(require_line(name, f"sources.{i}", most=100) for i, name in enumerate(names))
    require(len(set(named)) == len(named), "draw.source_twice", field="sources")
    return named


def require_sources(announced: Sequence[str], given: Sequence[Source]) -> tuple[Source, ...]:
    """The sources, in the order in which they were announced; each brings numbers, and none is left out."""
    by_name = {source.name: source for source in given}
    complete = len(by_name) == len(given) and set(by_name) == set(announced)
    require(complete, "draw.sources_differ", field="sources", announced="、".join(announced))
    for i, source in enumerate(given):
        require(1 <= len(source.numbers) <= MOST_NUMBERS, "draw.number_count", field=f"sources.{i}.numbers")
        sound = all(0 <= number <= LARGEST_NUMBER for number in source.numbers)
        require(sound, "draw.number_out_of_range", field=f"sources.{i}.numbers")
    return tuple(by_name[name] for name in announced)


def commitment(meeting: UUID, secret: int) -> str:
    """What the service is bound to before any source is known: SHA-256, in hex, of the secret it will
    reveal."""
    return hashlib.sha256(f"draw-secret/v1\n{meeting}\n{secret}\n".encode()).hexdigest()


def key_of(pool: Pool, secret: int, sources: Sequence[Source]) -> str:
    """The key string of a category's draw: its number, the secret, and what the witnesses entered."""
    number = CATEGORY_NUMBERS[pool.category]
    return key_string([[number], [secret], *(source.numbers for source in sources)])


def steps_of(pool: Pool, key: str) -> tuple[DrawStep, ...]:
    return select(key, len(pool.candidates), pool.wanted)


def draw(pool: Pool, secret: int, sources: Sequence[Source]) -> Drawn:
    """The draw of one category: those who come anyway, then those who were drawn."""
    key = key_of(pool, secret, sources)
    chosen = tuple(pool.candidates[step.place - 1] for step in steps_of(pool, key))
    return Drawn(pool.category, key, pool.certain + chosen)


def as_planned(drawn: Sequence[Drawn]) -> bool:
    """Whether at least so many units of each category were drawn as article 49 asks for."""
    counts = {each.category: len(each.unit_ids) for each in drawn}
    return all(counts.get(category, 0) >= least for category, least in LEAST_DRAWN.items())
