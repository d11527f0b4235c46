"""What anybody may know of a rating box: where it stands, and, once it is sealed, everything in it.

Before that there is no tally, and none can be asked for: the urn is not read here, only counted for the desk.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from domain import rating_scale
from domain.identifiers import seat_id
from domain.rating_box import MOST_RATERS, Ballot, RatingBox, RatingPhase
from domain.rating_scale import GradeCount
from service.ballots.boxes import Ballots
from service.ballots.encodings import base64_of
from service.ballots.proven import Proof, Proven, Prover, log_json, proof_json
from service.store.database import Database

UNIT_NAMES = "select id, name from read.unit where id = any($1::uuid[])"
OFFICIAL_NAMES = "select id, name from read.official where id = any($1::uuid[])"


@dataclass(frozen=True)
class UnitState:
    """`state`: OPEN, SEALED, VOIDED. Ballots, histogram and score once sealed."""

    unit: UUID
    name: str
    keys: dict[str, bytes]
    state: str
    count: int | None = None
    ballots: tuple[Ballot, ...] = ()
    histogram: tuple[GradeCount, ...] = ()
    score: Decimal | None = None


@dataclass(frozen=True)
class BoxState:
    box: UUID
    rated: RatingBox
    units: tuple[UnitState, ...]
    opened_position: int

    @property
    def turnout(self) -> int | None:
        """Known from the barrier on."""
        return None if self.rated.phase is RatingPhase.COLLECTING else self.rated.turnout


@dataclass(frozen=True)
class DeskRater:
    """`way` and `collected` until the barrier only."""

    rater: UUID
    name: str
    way: str | None
    collected: bool | None


@dataclass(frozen=True)
class DeskUnit:
    """`expected` ballots once credentials are collected."""

    unit: UUID
    name: str
    in_urn: int
    expected: int | None

    @property
    def missing(self) -> int | None:
        return None if self.expected is None else self.expected - self.in_urn


@dataclass(frozen=True)
class DeskState:
    box: UUID
    title: str
    phase: RatingPhase
    cards_printed: int
    cards_handed_out: int
    raters: tuple[DeskRater, ...]
    units: tuple[DeskUnit, ...]


class Boxes:
    """Reads boxes for those who ask."""

    def __init__(self, database: Database, ballots: Ballots, prover: Prover):
        self.database = database
        self.ballots = ballots
        self.prover = prover

    async def state(self, box: UUID) -> BoxState:
        """The box as it stands. Refusal when there is none."""
        rated = await self.ballots.box(box)
        names = await self._names(UNIT_NAMES, rated.unit_ids)
        sealed = {event.unit_id: event.ballots for event in await self.ballots.sealed(box)}
        units = tuple(
            _unit_state(rated, unit, names.get(unit, ""), sealed.get(unit)) for unit in rated.unit_ids
        )
        opened = await self.database.fetchval(
            "select position from log.event where stream_id = $1 order by stream_version limit 1", box
        )
        return BoxState(box, rated, units, opened)

    async def proven(self, box: UUID) -> Proven:
        """The box in a signed checkpoint: its keys, and the units that are sealed or voided."""
        return await self.prover.prove(box)

    async def desk(self, box: UUID) -> DeskState:
        """What the evaluation staff work with."""
        rated = await self.ballots.box(box)
        _, printed = await self.ballots.urns.phase(box)
        collecting = rated.phase is RatingPhase.COLLECTING
        checked = {c.rater: c for c in await self.ballots.urns.raters(box)} if collecting else {}
        names = await self._names(OFFICIAL_NAMES, tuple(rated.roll))
        seats = {} if rated.meeting_id is not None else _seat_numbers(rated)
        raters = tuple(
            DeskRater(
                rater,
                names.get(rater) or (f"席位{seats[rater]}" if rater in seats else str(rater)),
                checked[rater].way.upper() if rater in checked else None,
                (rater in checked and checked[rater].collected) if collecting else None,
            )
            for rater in sorted(rated.roll, key=lambda r: (seats.get(r, 0), names.get(r, ""), r))
        )
        handed_out = sum(c.way == "card" for c in checked.values()) if collecting else len(rated.by_card)
        units = await self._desk_units(rated)
        return DeskState(box, rated.title, rated.phase, printed, handed_out, raters, units)

    async def _desk_units(self, rated: RatingBox) -> tuple[DeskUnit, ...]:
        casting = rated.phase is RatingPhase.CASTING
        counts = await self.ballots.urns.counts(rated.id) if casting else {}
        names = await self._names(UNIT_NAMES, rated.unit_ids)
        expected = rated.turnout if casting else None
        return tuple(DeskUnit(u, names.get(u, ""), counts.get(u, 0), expected) for u in rated.unit_ids)

    async def _names(self, statement: str, ids: Sequence[UUID]) -> dict[UUID, str]:
        return {row["id"]: row["name"] for row in await self.database.fetch(statement, list(ids))}


def _seat_numbers(rated: RatingBox) -> dict[UUID, int]:
    """The number of each seat of a panel: it stays the same when another seat is struck off."""
    found: dict[UUID, int] = {}
    for number in range(1, MOST_RATERS + 1):
        if len(found) == len(rated.roll):
            break
        seat = seat_id(rated.id, number)
        if seat in rated.roll:
            found[seat] = number
    return found


def _unit_state(rated: RatingBox, unit: UUID, name: str, ballots: tuple[Ballot, ...] | None) -> UnitState:
    keys = {key.issuer: key.spki for key in rated.keys if key.unit_id == unit}
    if unit in rated.voided:
        return UnitState(unit, name, keys, "VOIDED", rated.voided[unit])
    if ballots is None:
        return UnitState(unit, name, keys, "OPEN")
    histogram = rating_scale.counts(rated.scale, Counter(ballot.grade for ballot in ballots))
    score = rating_scale.score(rated.scale, histogram)
    return UnitState(unit, name, keys, "SEALED", len(ballots), ballots, histogram, score)


# -- as the rater's page reads it


def state_json(state: BoxState) -> dict[str, Any]:
    """The body of `state.json`."""
    rated = state.rated
    return {
        "box": str(state.box),
        "title": rated.title,
        "occasion": rated.occasion.value.upper(),
        "meeting": None if rated.meeting_id is None else str(rated.meeting_id),
        "period": rated.period,
        "phase": rated.phase.value.upper(),
        "closesAt": _iso(rated.closes_at),
        "threshold": rated.threshold,
        "suite": rated.suite,
        "issuers": list(rated.issuers),
        "grades": [
            {"code": grade.code, "zh": grade.zh, "en": grade.en, "points": f"{grade.points:f}"}
            for grade in rated.scale
        ],
        "units": [
            {
                "unit": str(unit.unit),
                "name": unit.name,
                "state": unit.state,
                "ballots": unit.count,
            }
            for unit in state.units
        ],
        "turnout": state.turnout,
        "opened": {"position": state.opened_position, "stream": str(state.box)},
    }


def sealed_json(state: BoxState, proven: Proven) -> dict[str, Any]:
    """The body of `sealed.json`: the whole box, which is a rater's proof."""
    return {
        "box": str(state.box),
        "phase": state.rated.phase.value.upper(),
        "turnout": state.turnout,
        "log": log_json(proven),
        "opened": proof_json(proven.opened),
        "units": [
            _sealed_unit(unit, proven.units[unit.unit]) for unit in state.units if unit.unit in proven.units
        ],
    }


def _sealed_unit(unit: UnitState, proof: Proof) -> dict[str, Any]:
    common = {"unit": str(unit.unit), "name": unit.name, "state": unit.state, "position": proof.position}
    if unit.state == "VOIDED":
        return {**common, "ballots": [], "count": unit.count, "proof": proof_json(proof)}
    return {
        **common,
        "ballots": [ballot_json(ballot) for ballot in unit.ballots],
        "count": unit.count,
        "histogram": {count.grade: count.ballots for count in unit.histogram},
        "score": None if unit.score is None else f"{unit.score:f}",
        "proof": proof_json(proof),
    }


def ballot_json(ballot: Ballot) -> dict[str, Any]:
    return {
        "key": base64_of(ballot.key),
        "signatures": [base64_of(signature) for signature in ballot.signatures],
        "grade": ballot.grade,
        "signature": base64_of(ballot.signature),
    }


def _iso(at: datetime) -> str:
    return at.isoformat()
