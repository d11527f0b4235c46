"""The arithmetic of rankings (排名计算): from contributions to points, totals and ranks, all of it exact.

Rules (article 51), for one unit in the months that are ranked:
- A component's score is the mean over the months that have one; a month's is the mean of all that scored it.
- The weight of a component without a score is shared out over the others in proportion: with weights 40, 30
  and 30 and the last one missing, 40/70 and 30/70 of a hundred count.
- A component's points are its score times its share, rounded half even to the scheme's digits. Those of an
  adjustment are the sum of what was given, bounded by its caps, rounded likewise. The total is their sum.
- Units are ranked by total, the greatest first; then by the points of the tie-breakers; who is still equal
  shares the rank, and the next rank is left out. A unit without any component's score is not ranked.
- Every contribution's part in the total is told: parts are rounded one on top of the other, so that they sum
  exactly to the points; what a cap took away or gave back is a part of its own.

Figures are whole numbers of millionths (`MICRO`) inside: nothing is rounded before the rule says so.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from math import gcd
from typing import NamedTuple
from uuid import UUID

from domain.assessment.scheme_content import AdjustmentCap, SchemeContent
from domain.directory import Category

MICRO = 1_000_000

Ratio = tuple[int, int]
"""A numerator and a denominator above zero."""


def micros(figure: Decimal) -> int:
    """A figure of at most six decimals in millionths."""
    return int(figure.scaleb(6))


def half_even(numerator: int, denominator: int) -> int:
    """The quotient as a whole number, rounded half even."""
    whole = numerator // denominator
    above = 2 * (numerator - whole * denominator) - denominator
    return whole if above < 0 else whole + 1 if above > 0 else whole + whole % 2


@dataclass(frozen=True)
class Rule:
    """What an edition says of one category: weights by component, in their order, and the rest. `caps` are
    in millionths, the most added and the most taken away."""

    weights: Mapping[str, int]
    caps: Mapping[str, tuple[int, int]]
    tie_breakers: tuple[str, ...]
    digits: int
    _shares: dict[tuple[bool, ...], "Shares"] = field(default_factory=dict, compare=False, repr=False)

    def shares(self, there: tuple[bool, ...]) -> "Shares":
        """How the components that are there, of all in their order, share a hundred; the same few come again
        and again."""
        found = self._shares.get(there)
        if found is None:
            present = [
                weight for weight, is_there in zip(self.weights.values(), there, strict=True) if is_there
            ]
            whole = sum(present)
            found = self._shares[there] = Shares(
                whole, tuple(self.factor(w, whole) for w in self.weights.values())
            )
        return found

    def factor(self, weight: int, whole: int) -> Ratio:
        """What brings a score in millionths to points, in lowest terms: small numbers are divided faster."""
        above, below = weight * 10**self.digits, whole * MICRO
        common = gcd(above, below)
        return above // common, below // common

    @cached_property
    def places(self) -> dict[str, int]:
        """Where the points of a component or an adjustment stand among those of a unit."""
        return {code: place for place, code in enumerate((*self.weights, *self.caps))}

    def decimal(self, points: int) -> Decimal:
        """Points of this rule, which are whole numbers of its last digit, as a figure."""
        return Decimal(points).scaleb(-self.digits)


def rule_of(content: SchemeContent, category: Category) -> Rule | None:
    """The rule for a category; None when the scheme does not rank it."""
    weights = content.weights_of(category)
    if weights is None:
        return None
    return Rule(
        {code: micros(weight) for code, weight in weights.items()},
        {cap.code: _bounds(cap) for cap in content.adjustments},
        content.tie_breakers,
        content.digits,
    )


def _bounds(cap: AdjustmentCap) -> tuple[int, int]:
    return micros(cap.most_added), micros(cap.most_deducted)


class Tallies:
    """What units were given in the months that are ranked, added up, by code and by the unit's number.

    `scores`: of a component, the mean over its months, in millionths, for every unit that has one.
    `given`: of an adjustment, the sum in millionths.
    """

    __slots__ = ("given", "scores")

    def __init__(self) -> None:
        self.scores: dict[str, dict[int, Ratio]] = {}
        self.given: dict[str, dict[int, int]] = {}


def mean(sums: Iterable[tuple[int, int]], months: int) -> Ratio:
    """The mean over months of the months' means: of months with `count` scores each, their sum."""
    numerator, denominator = 0, 1
    for count, total in sums:
        numerator, denominator = numerator * count + total * denominator, denominator * count
    return numerator, denominator * months


class Component(NamedTuple):
    """A component that has a score: in millionths, as a ratio; points in units of the last digit."""

    code: str
    weight: int
    score: Ratio
    points: int


class Adjustment(NamedTuple):
    """An adjustment: what was given in millionths, and the points it comes to."""

    code: str
    given: int
    points: int


class Shares(NamedTuple):
    """How the components that have a score share a hundred: what their weights sum to, and by what the score
    of each component of the scheme is multiplied to come to points."""

    whole: int
    factors: tuple[Ratio, ...]


class Standing(NamedTuple):
    """A unit's points: those of the components in the rule's order, None where one has no score, then those
    of the adjustments. What they are made of is told when it is asked for: of thousands few are."""

    unit: int
    total: int
    points: tuple[int | None, ...]
    present_weight: int
    rule: Rule
    tallies: Tallies

    @property
    def components(self) -> tuple[Component, ...]:
        """Those that have a score."""
        told = zip(self.rule.weights.items(), self.points, strict=False)
        return tuple(
            Component(code, weight, self.tallies.scores[code][self.unit], points)
            for (code, weight), points in told
            if points is not None
        )

    @property
    def adjustments(self) -> tuple[Adjustment, ...]:
        own, given = self.points[len(self.rule.weights) :], self.tallies.given
        return tuple(
            Adjustment(code, given.get(code, {}).get(self.unit, 0), points or 0)
            for code, points in zip(self.rule.caps, own, strict=True)
        )


def standings(rule: Rule, tallies: Tallies) -> list[Standing]:
    """The points of every unit that has a score for some component."""
    scores = [tallies.scores.get(code, {}) for code in rule.weights]
    alike: dict[tuple[bool, ...], list[int]] = {}
    for unit in set[int]().union(*scores):
        alike.setdefault(tuple([unit in column for column in scores]), []).append(unit)
    found: list[Standing] = []
    for there, units in alike.items():
        shares = rule.shares(there)
        # By column and not by unit: of thousands of units, this is where the time goes.
        points = [
            _of_component([column[unit] for unit in units], factor) if is_there else [None] * len(units)
            for column, is_there, factor in zip(scores, there, shares.factors, strict=True)
        ]
        for code, caps in rule.caps.items():
            given = tallies.given.get(code, {})
            points.append(_of_adjustment([given.get(unit, 0) for unit in units], caps, rule.digits))
        counted = (column for column in points if column[0] is not None)
        totals = map(sum, zip(*counted, strict=True))
        rows = zip(units, totals, zip(*points, strict=True), strict=True)
        found += [Standing(*row, shares.whole, rule, tallies) for row in rows]
    return found


def _of_component(scores: Iterable[Ratio], factor: Ratio) -> list[int | None]:
    """The points that these scores come to."""
    above, below = factor
    return [half_even(numerator * above, denominator * below) for numerator, denominator in scores]


def _of_adjustment(given: Iterable[int], caps: tuple[int, int], digits: int) -> list[int | None]:
    """The points that these sums come to, within the caps."""
    added, deducted = caps
    return [half_even(max(min(own, added), -deducted) * 10**digits, MICRO) for own in given]


class Ranked(NamedTuple):
    rank: int
    standing: Standing


# Below every points that there can be: a component without a score.
_NOTHING = -(10**30)


def ranked(rule: Rule, standings: Iterable[Standing]) -> list[Ranked]:
    """The standings with their ranks, the first first; those that share a rank in the order of `unit`."""
    places = [rule.places[code] for code in rule.tie_breakers if code in rule.places]

    def strength(standing: Standing) -> tuple[int, ...]:
        """The least is the first."""
        broken = [standing.points[place] for place in places]
        return (-standing.total, *[-(_NOTHING if points is None else points) for points in broken])

    # No two are of one unit: standings themselves are never compared.
    order = sorted([(strength(standing), standing.unit, standing) for standing in standings])
    result: list[Ranked] = []
    rank, before = 0, None
    for place, (own, _, found) in enumerate(order, start=1):
        if own != before:
            rank, before = place, own
        result.append(Ranked(rank, found))
    return result


# -- the part of each contribution


@dataclass(frozen=True)
class Given:
    """A contribution as the log brought it: by which event, for which month, how many points."""

    id: UUID
    position: int
    month: int
    code: str
    points: Decimal


class Part(NamedTuple):
    """What a contribution comes to in the total, in units of the last digit. `given` None: what the cap of
    the scheme took away or gave back."""

    given: Given | None
    code: str
    points: int


def parts(rule: Rule, standing: Standing, given: Sequence[Given]) -> list[Part]:
    """The parts of all that the unit was given, by component and adjustment in the rule's order, then by
    position. They sum exactly to the total."""
    by_code: dict[str, list[Given]] = {}
    for one in sorted(given, key=lambda g: (g.position, g.id)):
        by_code.setdefault(one.code, []).append(one)
    found: list[Part] = []
    for component in standing.components:
        found += _parts_of_component(rule, standing, component, by_code[component.code])
    for adjustment in standing.adjustments:
        found += _parts_of_adjustment(rule, adjustment, by_code.get(adjustment.code, []))
    return found


def _parts_of_component(
    rule: Rule, standing: Standing, component: Component, given: Sequence[Given]
) -> list[Part]:
    scores: dict[int, int] = {}
    for one in given:
        scores[one.month] = scores.get(one.month, 0) + 1
    numerator, denominator = 0, 1
    above, whole = rule.factor(component.weight, standing.present_weight)
    below = whole * len(scores)
    found, told = [], 0
    for one in given:
        count = scores[one.month]
        numerator, denominator = (
            numerator * count + micros(one.points) * denominator,
            denominator * count,
        )
        upto = half_even(numerator * above, denominator * below)
        found.append(Part(one, component.code, upto - told))
        told = upto
    return found


def _parts_of_adjustment(rule: Rule, adjustment: Adjustment, given: Sequence[Given]) -> list[Part]:
    found, told, total = [], 0, 0
    for one in given:
        total += micros(one.points)
        upto = half_even(total * 10**rule.digits, MICRO)
        found.append(Part(one, adjustment.code, upto - told))
        told = upto
    if told != adjustment.points:
        found.append(Part(None, adjustment.code, adjustment.points - told))
    return found
