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
    whole, rest = divmod(numerator, denominator)
    above = 2 * rest - denominator
    return whole + (above > 0 or (above == 0 and whole % 2 == 1))


@dataclass(frozen=True)
class Rule:
    """What an edition says of one category: weights by component, in their order, and the rest. `caps` are
    in millionths, the most added and the most taken away."""

    weights: Mapping[str, int]
    caps: Mapping[str, tuple[int, int]]
    tie_breakers: tuple[str, ...]
    digits: int
    _shares: dict[tuple[str, ...], "Shares"] = field(default_factory=dict, compare=False, repr=False)

    def shares(self, present: tuple[str, ...]) -> "Shares":
        """How these components share a hundred; the same few come again and again."""
        found = self._shares.get(present)
        if found is None:
            whole = sum(self.weights[code] for code in present)
            factors = tuple((code, self.weights[code] * 10**self.digits) for code in present)
            found = self._shares[present] = Shares(whole, factors, whole * MICRO)
        return found

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


class Tally:
    """What one unit was given in the months that are ranked, added up.

    Of a component, for each number of scores that a month has: the sum of all of them in millionths; and how
    many months there are. Of an adjustment, the sum.
    """

    __slots__ = ("adjustments", "components")

    def __init__(self) -> None:
        self.components: dict[str, Ratio] = {}
        self.adjustments: dict[str, int] = {}


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
    """How the components that have a score share a hundred: what their weights sum to, and for each its
    weight as a factor that brings a score to points, to be divided by `below`."""

    whole: int
    factors: tuple[tuple[str, int], ...]
    below: int


class Standing(NamedTuple):
    """A unit's points: those of the components that have a score, in the rule's order, then those of the
    adjustments. What they are made of is told when it is asked for: of thousands few are."""

    unit: int
    total: int
    points: tuple[int, ...]
    shares: Shares
    rule: Rule
    tally: Tally

    @property
    def present_weight(self) -> int:
        return self.shares.whole

    @property
    def components(self) -> tuple[Component, ...]:
        weights, scores = self.rule.weights, self.tally.components
        codes = [code for code, _ in self.shares.factors]
        return tuple(
            Component(code, weights[code], scores[code], points)
            for code, points in zip(codes, self.points, strict=False)
        )

    @property
    def adjustments(self) -> tuple[Adjustment, ...]:
        given = self.tally.adjustments
        own = self.points[len(self.shares.factors) :]
        return tuple(
            Adjustment(code, given.get(code, 0), points)
            for code, points in zip(self.rule.caps, own, strict=True)
        )

    def points_of(self, code: str) -> int | None:
        """The points of a component or an adjustment; None for a component without a score."""
        codes = [*(code for code, _ in self.shares.factors), *self.rule.caps]
        return self.points[codes.index(code)] if code in codes else None


def standing(rule: Rule, unit: int, tally: Tally) -> Standing | None:
    """The unit's points by the rule; None when no component has a score."""
    scores = tally.components
    shares = rule.shares(tuple([code for code in rule.weights if code in scores]))
    if not shares.factors:
        return None
    points = []
    for code, factor in shares.factors:
        numerator, denominator = scores[code]
        points.append(half_even(numerator * factor, denominator * shares.below))
    for code, (added, deducted) in rule.caps.items():
        given = tally.adjustments.get(code, 0)
        points.append(half_even(max(min(given, added), -deducted) * 10**rule.digits, MICRO))
    return Standing(unit, sum(points), tuple(points), shares, rule, tally)


class Ranked(NamedTuple):
    rank: int
    standing: Standing


# Below every points that there can be: a component without a score.
_NOTHING = -(10**30)


def ranked(rule: Rule, standings: Iterable[Standing]) -> list[Ranked]:
    """The standings with their ranks, the first first; those that share a rank in the order of `unit`."""

    def key(standing: Standing) -> tuple[int, ...]:
        broken = [standing.points_of(code) for code in rule.tie_breakers]
        return (-standing.total, *(-(_NOTHING if points is None else points) for points in broken))

    order = sorted(((key(s), s.unit, s) for s in standings), key=lambda found: found[:2])
    result: list[Ranked] = []
    before: tuple[int, ...] | None = None
    for place, (own, _, found) in enumerate(order, start=1):
        rank = result[-1].rank if own == before else place
        result.append(Ranked(rank, found))
        before = own
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
    scale = component.weight * 10**rule.digits
    below = standing.present_weight * MICRO * len(scores)
    found, told = [], 0
    for one in given:
        count = scores[one.month]
        numerator, denominator = (
            numerator * count + micros(one.points) * denominator,
            denominator * count,
        )
        upto = half_even(numerator * scale, denominator * below)
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


def tally_of(rule: Rule, given: Iterable[Given]) -> Tally:
    """The tally of one unit's contributions, as the read tables' statement adds them up."""
    months: dict[str, dict[int, list[int]]] = {}
    tally = Tally()
    for one in given:
        if one.code in rule.weights:
            months.setdefault(one.code, {}).setdefault(one.month, []).append(micros(one.points))
        elif one.code in rule.caps:
            tally.adjustments[one.code] = tally.adjustments.get(one.code, 0) + micros(one.points)
    for code, scores in months.items():
        tally.components[code] = mean(((len(s), sum(s)) for s in scores.values()), len(scores))
    return tally
