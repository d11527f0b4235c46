"""Published rankings (排名): a fact for each category and span, edition by edition.

Rules (article 51):
- A ranking is published once its span is over, under the scheme in force for the span's last month. It holds
  every rank, total and component, the edition of the scheme, the position of the log up to which
  contributions were looked at, how many they were, and their digest: whoever has the log can compute it.
- What is corrected or overturned afterwards never changes it. A further edition may be published, with a
  reason, when the inputs have changed; the editions before stay.
- Once published, the scheme for its months is fixed (`AssessmentScheme.PeriodClosed`).
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Self
from uuid import UUID

from eventsourcing.domain import event

from domain import identifiers
from domain.aggregate import Aggregate, Created, Event
from domain.assessment.points import Given
from domain.assessment.span import Span, months_of
from domain.directory import Category
from domain.period import period_numbered
from domain.refusal import require, require_text


@dataclass(frozen=True)
class RankedComponent:
    """`weight` in percent as the scheme has it, `score` in percent with four digits, `points` as counted."""

    code: str
    weight: Decimal
    score: Decimal
    points: Decimal


@dataclass(frozen=True)
class RankedAdjustment:
    """`given` is the sum before the scheme's caps."""

    code: str
    given: Decimal
    points: Decimal


@dataclass(frozen=True)
class RankedUnit:
    """`change`: places gained since the span before (below zero: lost); None when it was not ranked then."""

    unit_id: UUID
    rank: int
    total: Decimal
    change: int | None
    components: tuple[RankedComponent, ...]
    adjustments: tuple[RankedAdjustment, ...]


@dataclass(frozen=True)
class Inputs:
    """What a ranking was computed from: contributions up to a position, their number, and their digest."""

    position: int
    count: int
    digest: str


def inputs_of(position: int, given: Iterable[tuple[UUID, Given]]) -> Inputs:
    """The inputs, each with its unit. The digest is the SHA-256 of their lines, in order of position and id:
    position, id, unit, month, code, points, separated by tabs."""
    lines = [
        f"{g.position}\t{g.id}\t{unit}\t{period_numbered(g.month)}\t{g.code}\t{g.points.normalize():f}\n"
        for unit, g in sorted(given, key=lambda found: (found[1].position, found[1].id))
    ]
    return Inputs(position, len(lines), hashlib.sha256("".join(lines).encode()).hexdigest())


class Ranking(Aggregate):
    TOPIC = "ranking"

    # -- events

    class Published(Created):
        TOPIC = "ranking.published"
        span: Span
        category: Category
        edition: int
        scheme_edition: int
        inputs: Inputs
        units: tuple[RankedUnit, ...]

    class Republished(Event):
        """A further edition."""

        TOPIC = "ranking.republished"
        span: Span
        category: Category
        edition: int
        scheme_edition: int
        inputs: Inputs
        units: tuple[RankedUnit, ...]
        reason: str

    # -- commands

    @classmethod
    def publish(
        cls,
        span: Span,
        category: Category,
        scheme_edition: int,
        inputs: Inputs,
        units: Sequence[RankedUnit],
        at: datetime,
    ) -> Self:
        _require_over(span, units, at)
        facts = _facts(span, category, 1, scheme_edition, inputs, units)
        return cls.create(cls.Published, identifiers.ranking_id(span, category), at, **facts)

    def republish(
        self, scheme_edition: int, inputs: Inputs, units: Sequence[RankedUnit], reason: str, at: datetime
    ) -> None:
        _require_over(self.span, units, at)
        require(inputs.digest != self.digest, "ranking.unchanged", field="period")
        facts = _facts(self.span, self.category, self.edition + 1, scheme_edition, inputs, units)
        reason = require_text(reason, "reason", most=1000)
        self.trigger(Ranking.Republished, at, reason=reason, **facts)

    # -- how events change the state

    @event(Published)
    def __init__(self, span: Span, category: Category, edition: int, inputs: Inputs) -> None:
        self.span = span
        self.category = category
        self.edition = edition
        self.digest = inputs.digest

    @event(Republished)
    def _republished(self, edition: int, inputs: Inputs) -> None:
        self.edition = edition
        self.digest = inputs.digest


def _require_over(span: Span, units: Sequence[RankedUnit], at: datetime) -> None:
    require(months_of(span).last_day < at.date(), "ranking.period_not_over", field="period")
    require(bool(units), "ranking.nobody_ranked", field="period")


def _facts(
    span: Span,
    category: Category,
    edition: int,
    scheme_edition: int,
    inputs: Inputs,
    units: Sequence[RankedUnit],
) -> dict[str, Any]:
    return {
        "span": span,
        "category": category,
        "edition": edition,
        "scheme_edition": scheme_edition,
        "inputs": inputs,
        "units": tuple(units),
    }
