"""Rankings computed a second time, in another way, by nothing but the raw events of the log.

Shares no code with the projections or with domain/assessment: events are dicts as their JSON has them, all
figures are fractions, and everything is recomputed from the first event on for every question.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID, uuid5

Raw = tuple[int, str, Mapping[str, Any]]
"""Position, topic, and the event as its JSON has it."""


@dataclass
class Point:
    """A score or an adjustment that stands."""

    unit: str
    month: str
    code: str
    points: Fraction
    position: int
    is_score: bool


@dataclass
class Line:
    """A unit in a ranking; points by code as decimals, `parts` by position."""

    rank: int
    unit: str
    total: Decimal
    points: dict[str, Decimal]


def months_in(span: str) -> list[str]:
    year = span[:4]
    if "Q" in span:
        quarter = int(span[-1])
        return [f"{year}-{m:02}" for m in range(quarter * 3 - 2, quarter * 3 + 1)]
    return [span] if "-" in span else [f"{year}-{m:02}" for m in range(1, 13)]


def rounded(value: Fraction, digits: int) -> Decimal:
    """Half even, which is what round() does with a Fraction."""
    return Decimal(round(value * 10**digits)).scaleb(-digits)


def part_of(source: str, part: object) -> str:
    """The id of points that a part of something gives."""
    return str(uuid5(UUID(source), f"points/{part}"))


class World:
    """What the events up to a position come to."""

    def __init__(self, events: Iterable[Raw], position: int):
        self.units: dict[str, tuple[str, str]] = {}
        self.editions: list[Mapping[str, Any]] = []
        self.points: dict[str, Point] = {}
        for at, topic, event in events:
            if at <= position:
                self._hear(at, topic, event)

    def _hear(self, at: int, topic: str, event: Mapping[str, Any]) -> None:
        if topic == "directory.unit_registered":
            self.units[event["unit_id"]] = (event["category"], event["code"])
        elif topic in ("scheme.adopted", "scheme.amended"):
            self.editions.append(event)
        elif topic in ("evaluation.scored", "evaluation.corrected"):
            score = Fraction(event["score"])
            found = Point(event["unit_id"], event["period"], event["component"], score, at, True)
            self.points[event["originator_id"]] = found
        elif topic == "commendation.awarded":
            self._effect(at, event, "commendation")
        elif topic == "commendation.revoked":
            self.points.pop(event["award_id"], None)
        elif topic == "accountability_case.penalty_imposed":
            self._effect(at, event, "penalty")
        elif topic == "accountability_case.appeal_decided" and event["outcome"] != "upheld":
            self.points.pop(event["penalty_id"], None)
            if event["effect"] is not None:
                self._effect(at, event, "penalty")

        else:
            self._hear_supervision(at, topic, event)

    def _hear_supervision(self, at: int, topic: str, event: Mapping[str, Any]) -> None:
        if topic == "rating.rating_result_published":
            code = {"meeting": "anonymous_rating", "appraisal": "public_appraisal"}[event["occasion"]]
            found = Point(event["unit_id"], event["period"], code, Fraction(event["score"]), at, True)
            self.points[part_of(event["originator_id"], event["unit_id"])] = found
        elif topic == "third_party_evaluation.reported":
            for given in event["scores"]:
                unit, score = given["unit_id"], Fraction(given["score"])
                found = Point(unit, event["on"][:7], "third_party", score, at, True)
                self.points[part_of(event["originator_id"], unit)] = found
        elif topic in ("cards.raised", "cards.escalated", "cards.repeated"):
            cost = Fraction(event["points"])
            found = Point(event["unit_id"], event["on"][:7], "card", cost, at, False)
            self.points[part_of(event["card_id"], event["originator_version"])] = found
        elif topic == "cards.lifted":
            for showing in event["taken_back"]:
                self.points.pop(part_of(event["card_id"], showing))

    def _effect(self, at: int, event: Mapping[str, Any], code: str) -> None:
        effect = event["effect"]
        month = effect["in_force_from"][:7]
        found = Point(event["subject"]["id"], month, code, Fraction(effect["points"]), at, False)
        self.points[effect["id"]] = found

    def scheme(self, month: str) -> Mapping[str, Any] | None:
        fitting = [e for e in self.editions if e["effective_from"] <= month]
        return max(fitting, key=lambda e: e["edition"]) if fitting else None

    def ranking(self, span: str, category: str) -> list[Line] | None:
        """None where no scheme in force ranks the category."""
        months = months_in(span)
        scheme = self.scheme(months[-1])
        weights = None if scheme is None else weights_of(scheme, category)
        if scheme is None or weights is None:
            return None
        content = scheme["content"]
        lines = []
        for unit, (own, code) in self.units.items():
            if own != category:
                continue
            points = self._unit(unit, months, weights, content)
            if points is not None:
                lines.append((unit, code, points))
        return in_order(lines, content["tie_breakers"])

    def _unit(
        self, unit: str, months: Sequence[str], weights: Mapping[str, Fraction], content: Mapping[str, Any]
    ) -> dict[str, Decimal] | None:
        own = [p for p in self.points.values() if p.unit == unit and p.month in months]
        digits = content["digits"]
        scores = {}
        for code in weights:
            by_month = defaultdict(list)
            for point in own:
                if point.is_score and point.code == code:
                    by_month[point.month].append(point.points)
            if by_month:
                means = [sum(several, Fraction(0)) / len(several) for several in by_month.values()]
                scores[code] = sum(means, Fraction(0)) / len(means)
        if not scores:
            return None
        there = sum(weights[code] for code in scores)
        points = {code: rounded(score * weights[code] / there, digits) for code, score in scores.items()}
        for cap in content["adjustments"]:
            given = sum((p.points for p in own if not p.is_score and p.code == cap["code"]), Fraction(0))
            bounded = max(min(given, Fraction(cap["most_added"])), -Fraction(cap["most_deducted"]))
            points[cap["code"]] = rounded(bounded, digits)
        return points


def weights_of(scheme: Mapping[str, Any], category: str) -> dict[str, Fraction] | None:
    for weighed in scheme["content"]["categories"]:
        if weighed["category"] == category:
            return {c["code"]: Fraction(c["weight"]) for c in weighed["components"]}
    return None


def in_order(lines: list[tuple[str, str, dict[str, Decimal]]], breakers: Sequence[str]) -> list[Line]:
    """By total, then the tie-breakers; who beats nobody of the same kind shares the rank."""

    def strength(points: dict[str, Decimal]) -> tuple[Any, ...]:
        # A score that is not there is less than any that is.
        broken = [(code in points, points.get(code, Decimal(0))) for code in breakers]
        return (sum(points.values()), *broken)

    found = []
    for unit, code, points in lines:
        better = sum(strength(other) > strength(points) for _, _, other in lines)
        found.append((better + 1, code, Line(better + 1, unit, sum(points.values(), Decimal(0)), points)))
    return [line for _, _, line in sorted(found, key=lambda f: f[:2])]
