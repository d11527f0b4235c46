"""Rating boxes (票箱): where each stands, and what came of each unit. Ballots stay in the log."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from domain.period import month_number
from domain.rating_box import RatingBox, RatingPhase
from domain.rating_scale import GradeCount
from projections.projection import Fact, Index, Key, Projection, Table

# Whether one of the units $3 of the box $1 is rated in another box of the meeting $2, beyond its check-in. A
# rating that was voided is none.
RATED_ELSEWHERE = """
select r.box_id from read.rated_unit r join read.rating_box b on b.id = r.box_id
where r.meeting_id = $2 and r.box_id <> $1 and r.unit_id = any($3::uuid[])
    and r.state <> 'voided' and b.phase <> 'collecting' limit 1"""


class RatingBoxRow(Struct, frozen=True, gc=False):
    """`settled` units are sealed or voided. `turnout` from the barrier on."""

    id: UUID
    code: str
    title: str
    occasion: str
    meeting_id: UUID | None
    period: str
    month: int
    unit_count: int
    threshold: int
    eligible: int
    closes_at: datetime
    issuers: tuple[str, ...]
    demonstration: bool
    phase: str
    settled: int = 0
    turnout: int | None = None
    by_phone: int | None = None
    by_card: int | None = None
    cards_printed: int | None = None
    cards_returned: int | None = None


class RatedUnitRow(Struct, frozen=True, gc=False):
    """A unit in a box. `state`: open, sealed, voided; `histogram` and `score` once published."""

    box_id: UUID
    unit_id: UUID
    ordinal: int
    meeting_id: UUID | None
    period: str
    month: int
    state: str
    ballots: int | None = None
    turnout: int | None = None
    histogram: tuple[GradeCount, ...] = ()
    score: Decimal | None = None


RATING_BOX = Table(
    "rating_box",
    RatingBoxRow,
    ("id",),
    indexes=(Index(("month", "id")), Index(("code",)), Index(("meeting_id",))),
)
RATED_UNIT = Table("rated_unit", RatedUnitRow, ("box_id", "unit_id"), indexes=(Index(("unit_id", "month")),))


# -- the box


@RATING_BOX.begins(RatingBox.RatingOpened)
def _opened(fact: Fact[RatingBox.RatingOpened]) -> RatingBoxRow:
    event = fact.event
    return RatingBoxRow(
        id=event.originator_id,
        code=event.code,
        title=event.title,
        occasion=event.occasion.value,
        meeting_id=event.meeting_id,
        period=event.period,
        month=month_number(event.period),
        unit_count=len(event.unit_ids),
        threshold=event.threshold,
        eligible=len(event.roll),
        closes_at=event.closes_at,
        issuers=event.issuers,
        demonstration=event.demonstration,
        phase=RatingPhase.COLLECTING.value,
    )


@RATING_BOX.changes(RatingBox.RaterStruck)
def _struck(row: RatingBoxRow, fact: Fact[RatingBox.RaterStruck]) -> RatingBoxRow:
    return replace(row, eligible=row.eligible - 1)


@RATING_BOX.changes(RatingBox.CredentialsCollected)
def _collected(row: RatingBoxRow, fact: Fact[RatingBox.CredentialsCollected]) -> RatingBoxRow:
    event = fact.event
    return replace(
        row,
        phase=RatingPhase.CASTING.value,
        turnout=len(event.by_phone) + len(event.by_card),
        by_phone=len(event.by_phone),
        by_card=len(event.by_card),
        cards_printed=event.cards.printed,
        cards_returned=event.cards.returned,
    )


def _settled(row: RatingBoxRow) -> RatingBoxRow:
    settled = row.settled + 1
    phase = RatingPhase.SEALED.value if settled == row.unit_count else row.phase
    return replace(row, settled=settled, phase=phase)


@RATING_BOX.changes(RatingBox.BallotBoxSealed)
def _sealed(row: RatingBoxRow, fact: Fact[RatingBox.BallotBoxSealed]) -> RatingBoxRow:
    return _settled(row)


@RATING_BOX.changes(RatingBox.RatingVoided)
def _voided(row: RatingBoxRow, fact: Fact[RatingBox.RatingVoided]) -> RatingBoxRow:
    return _settled(row)


@RATING_BOX.changes(RatingBox.IssuerKeysDestroyed)
def _closed(row: RatingBoxRow, fact: Fact[RatingBox.IssuerKeysDestroyed]) -> RatingBoxRow:
    return replace(row, phase=RatingPhase.CLOSED.value)


@RATING_BOX.changes(RatingBox.RatingResultPublished)
def _published(row: RatingBoxRow, fact: Fact[RatingBox.RatingResultPublished]) -> RatingBoxRow:
    return replace(row, phase=RatingPhase.PUBLISHED.value)


# -- its units


def _units(fact: Fact[RatingBox.RatingOpened]) -> list[Key]:
    return [(fact.event.originator_id, unit) for unit in fact.event.unit_ids]


@RATED_UNIT.each(RatingBox.RatingOpened, keys=_units)
def _unit_opened(
    row: RatedUnitRow | None, fact: Fact[RatingBox.RatingOpened], key: tuple[UUID, UUID]
) -> RatedUnitRow | None:
    event, (box_id, unit_id) = fact.event, key
    ordinal = event.unit_ids.index(unit_id)
    month = month_number(event.period)
    return RatedUnitRow(box_id, unit_id, ordinal, event.meeting_id, event.period, month, "open")


def _unit(fact: Fact[Any]) -> Key:
    return fact.event.originator_id, fact.event.unit_id


@RATED_UNIT.changes(RatingBox.BallotBoxSealed, key=_unit)
def _unit_sealed(row: RatedUnitRow, fact: Fact[RatingBox.BallotBoxSealed]) -> RatedUnitRow:
    return replace(row, state="sealed", ballots=len(fact.event.ballots))


@RATED_UNIT.changes(RatingBox.RatingVoided, key=_unit)
def _unit_voided(row: RatedUnitRow, fact: Fact[RatingBox.RatingVoided]) -> RatedUnitRow:
    return replace(row, state="voided", ballots=fact.event.ballots)


@RATED_UNIT.changes(RatingBox.RatingResultPublished, key=_unit)
def _unit_published(row: RatedUnitRow, fact: Fact[RatingBox.RatingResultPublished]) -> RatedUnitRow:
    event = fact.event
    return replace(row, histogram=event.histogram, score=event.score, turnout=event.turnout)


RATINGS = Projection(
    "ratings",
    version=1,
    tables=(RATING_BOX, RATED_UNIT),
    follows=(RatingBox,),
    ignores=(
        RatingBox.PaperBatchKeyed,
        RatingBox.PaperBatchConfirmed,
        RatingBox.UnusedCredentialsRevealed,
    ),
)
