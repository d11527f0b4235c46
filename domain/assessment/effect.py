"""Effect (效力): what a commendation or a penalty does to a record, for how long, and under which edition.

It is settled when the measure is taken, and kept in the event: replay never judges again, and a later scheme
changes nothing of it. Its days are business dates, the first and the last included; without a last day it
counts until it is taken back.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from domain.assessment.measures import CommendationForm, PenaltyStep


@dataclass(frozen=True)
class Effect:
    """`measure` is the code of the form or step; `level` how grave a penalty is, 0 for a commendation;
    `edition` that of the scheme."""

    id: UUID
    measure: str
    name: str
    name_en: str
    level: int
    points: Decimal
    edition: int
    in_force_from: date
    in_force_to: date | None


def effect_of(
    id: UUID, measure: CommendationForm | PenaltyStep, level: int, edition: int, since: date
) -> Effect:
    """The effect of this measure from the day `since` on."""
    return Effect(
        id=id,
        measure=measure.code,
        name=measure.name,
        name_en=measure.name_en,
        level=level,
        points=measure.points,
        edition=edition,
        in_force_from=since,
        in_force_to=last_day_in_force(since, measure.term_months),
    )


def last_day_in_force(first: date, term_months: int | None) -> date | None:
    """The last day of a term that begins on `first`: the day before the same day, months later; None without
    end. Where that month is too short for the day, the term ends with the month."""
    if term_months is None:
        return None
    month = first.year * 12 + first.month - 1 + term_months
    begin = date(month // 12, month % 12 + 1, 1)
    next_month = (begin + timedelta(days=31)).replace(day=1)
    return min(begin + timedelta(days=first.day - 1), next_month) - timedelta(days=1)
