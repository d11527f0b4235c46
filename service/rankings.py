"""Rankings computed: one statement over the contributions, and the arithmetic of `domain.assessment.points`.

The same whether it is shown live, tried under a draft of a scheme, or published; at the end of the log or as
of any position before.
"""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any
from uuid import UUID

import msgspec
import orjson

from domain.assessment.points import (
    MICRO,
    Given,
    Ranked,
    Rule,
    Standing,
    Tallies,
    half_even,
    mean,
    ranked,
    rule_of,
    standings,
)
from domain.assessment.ranking import RankedAdjustment, RankedComponent, RankedUnit
from domain.assessment.scheme import Edition
from domain.assessment.scheme_content import SchemeContent
from domain.assessment.span import Months, Span, months_of
from domain.directory import Category
from domain.refusal import Refusal
from projections.assessment.contributions import GIVEN, TALLIES

Fetch = Callable[..., Awaitable[Sequence[Any]]]
"""Runs a statement with its arguments: `Database.fetch`, or `ReadTables.rows`."""

_SCORE_SCALE = 10_000
_CONTENT = msgspec.json.Decoder(tuple[SchemeContent, ...])


@dataclass(frozen=True)
class SchemeInForce:
    """An edition of the scheme. `number` None: a draft; `position` is that of its adoption."""

    number: int | None
    position: int | None
    title: str
    content: SchemeContent


@dataclass(frozen=True)
class Ranking:
    """A ranking as of a position. `units` are all of the category, by number; those that no component has a
    score for are not in `ranks`. `ranks_before`: in the span before."""

    span: Span
    months: Months
    category: Category
    position: int
    scheme: SchemeInForce
    rule: Rule
    units: Sequence[UUID]
    ranks: Sequence[Ranked]
    ranks_before: dict[int, int]

    def change(self, found: Ranked) -> int | None:
        """Places gained since the span before; None for who was not ranked then."""
        before = self.ranks_before.get(found.standing.unit)
        return None if before is None else before - found.rank

    def unit_id(self, found: Ranked) -> UUID:
        return self.units[found.standing.unit]

    @cached_property
    def codes(self) -> list[str]:
        """What the scheme counts."""
        return [*self.rule.weights, *self.rule.caps]

    def published(self) -> tuple[RankedUnit, ...]:
        """As a published ranking holds it."""
        return tuple(
            RankedUnit(
                self.unit_id(found),
                found.rank,
                self.rule.decimal(found.standing.total),
                self.change(found),
                components_of(self.rule, found.standing),
                adjustments_of(self.rule, found.standing),
            )
            for found in self.ranks
        )


def components_of(rule: Rule, of: Standing) -> tuple[RankedComponent, ...]:
    return tuple(
        RankedComponent(
            c.code,
            _decimal(c.weight, MICRO),
            _decimal(half_even(c.score[0] * _SCORE_SCALE, c.score[1] * MICRO), _SCORE_SCALE),
            rule.decimal(c.points),
        )
        for c in of.components
    )


def adjustments_of(rule: Rule, of: Standing) -> tuple[RankedAdjustment, ...]:
    return tuple(
        RankedAdjustment(a.code, _decimal(a.given, MICRO), rule.decimal(a.points)) for a in of.adjustments
    )


def _decimal(whole: int, scale: int) -> Decimal:
    """whole ÷ scale, which is a power of ten: exact, without trailing zeros."""
    return Decimal(whole) / scale


def ranked_by(edition: Edition) -> SchemeInForce:
    """The edition as its own stream has it."""
    return SchemeInForce(edition.number, None, edition.title, edition.content)


async def ranking_at(
    fetch: Fetch,
    span: Span,
    category: Category,
    position: int,
    given: SchemeInForce | None = None,
) -> Ranking:
    """The ranking of the category in the span, as of the position, under the scheme that is given or in force
    for its last month. A draft (an edition without a number) ranks the span before as well. Refusal for a
    span that is none, or that no scheme ranks the category in."""
    months = months_of(span)
    before = months.before
    rows = await fetch(TALLIES, position, category.value, months.first, months.last, before.first)
    head = next(row for row in rows if row["code"] is None)
    editions = orjson.loads(head["editions"])
    tallies = _tallies(head, [row for row in rows if row is not head])
    scheme = given or _in_force(editions, months)
    if scheme is None:
        raise Refusal("scheme.none_in_force", field="period", period=months.last_period)
    rule = rule_of(scheme.content, category)
    if rule is None:
        raise Refusal("scheme.category_not_ranked", field="category")
    is_draft = given is not None and given.number is None
    earlier = given if is_draft else _in_force(editions, before)
    rule_before = None if earlier is None else rule_of(earlier.content, category)
    return Ranking(
        span,
        months,
        category,
        position,
        scheme,
        rule,
        head["units"],
        ranked(rule, standings(rule, tallies[True])),
        {}
        if rule_before is None
        else {
            found.standing.unit: found.rank
            for found in ranked(rule_before, standings(rule_before, tallies[False]))
        },
    )


async def given_at(
    fetch: Fetch, ranking: Ranking, units: Sequence[UUID] | None = None
) -> dict[UUID, list[Given]]:
    """What the ranking was computed from, by unit: of all units, or of some."""
    months = ranking.months
    rows = await fetch(
        GIVEN, ranking.position, ranking.category.value, months.first, months.last, ranking.codes, units
    )
    found: dict[UUID, list[Given]] = defaultdict(list)
    for unit, id_, position, month, code, points in rows:
        found[unit].append(Given(id_, position, month, code, points))
    return found


def _in_force(editions: Sequence[Any], months: Months) -> SchemeInForce | None:
    """The latest edition that is effective from the span's last month or an earlier one."""
    for number, position, effective_month, title, content in reversed(editions):
        if effective_month <= months.last:
            return SchemeInForce(number, position, title, _CONTENT.decode(orjson.dumps(content))[0])
    return None


def _tallies(head: Any, components: Sequence[Any]) -> dict[bool, Tallies]:
    """What the units were given: in the span (True) and in the one before (False)."""
    found = {True: Tallies(), False: Tallies()}
    for current, code, numbers, months, totals, *_ in components:
        found[current].scores[code] = dict(zip(numbers, zip(totals, months, strict=True), strict=True))
    sums: dict[tuple[bool, str, int], list[tuple[int, int, int]]] = defaultdict(list)
    for current, code, unit, scores, months, total in orjson.loads(head["several"]):
        sums[current, code, unit].append((scores, months, total))
    for (current, code, unit), parts in sums.items():
        whole = sum(months for _, months, _ in parts)
        score = mean(((scores, total) for scores, _, total in parts), whole)
        found[current].scores.setdefault(code, {})[unit] = score
    for current, code, unit, total in orjson.loads(head["adjustments"]):
        found[current].given.setdefault(code, {})[unit] = total
    return found
