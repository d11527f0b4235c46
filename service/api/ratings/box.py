"""A rating box as raters, inspectors and evaluation staff look at it: read from the log, with its proofs."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

import strawberry

from domain.rating_box import Ballot, Occasion, RatingPhase
from domain.refusal import Refusal
from service.api.plan.ids import key_in
from service.api.ratings.results import RatedUnitState
from service.api.request import Info
from service.api.scalars import Position
from service.ballots.encodings import base64_of
from service.ballots.proven import Proof, Proven
from service.ballots.state import BoxState, DeskState, UnitState
from service.errors import Forbidden, LogInconsistent
from service.identity import Role, may_read, watched_as
from service.log.signer import Inconsistent
from service.tlog.note import BadNote

said = strawberry.field


@strawberry.type(name="Grade", description="A grade of a box's scale. Public.")
class GradeType:
    code: str = said(description="Its code in ballots.")
    zh: str = said(description="Its name in Chinese.")
    en: str = said(description="Its name in English.")
    points: Decimal = said(description="The points it counts for.")


@strawberry.type(name="IssuerKey", description="An issuer's public key for one unit of a box. Public.")
class IssuerKeyType:
    issuer: str = said(description="Who certifies with it.")
    spki: str = said(description="The key: SubjectPublicKeyInfo, DER, base64.")


@strawberry.type(name="Ballot", description="A ballot in a sealed box; nobody can tell whose. Public.")
class BallotType:
    key: str = said(description="Its own Ed25519 public key, base64.")
    signatures: list[str] = said(description="The issuers' signatures of it, in the order of `issuers`.")
    grade: str = said(description="The grade's code.")
    signature: str = said(description="Its own signature of box, unit and grade, base64.")


@strawberry.type(description="How many ballots of a sealed box gave a grade. Public.")
class BoxGradeCount:
    grade: str = said(description="The grade's code.")
    ballots: int = said(description="How many ballots gave it.")


@strawberry.type(description="That an event of a box is in the signed tree (RFC 6962). Public.")
class BoxProof:
    position: Position = said(description="The event's place in the log.")
    index: Position = said(description="The leaf's index: the position less one.")
    path: list[str] = said(description="The hashes beside the way from the leaf to the root, base64.")
    checkpoint: str = said(description="The signed note with the root that the way leads to.")
    entry: str = said(description="The leaf's entry: its hash is SHA-256(0x00, entry).")
    salt: str = said(description="The salt of the state's digest, base64.")
    state: str = said(description="The event as it was recorded: JSON. The entry holds SHA-256(salt, state).")


@strawberry.type(description="A unit in a rating box. Public.")
class BoxUnit:
    unit: strawberry.ID = said(description="The unit's id.")
    name: str = said(description="Its name.")
    state: RatedUnitState = said(description="Where its rating stands.")
    keys: list[IssuerKeyType] = said(description="The keys that certify its ballots.")
    count: int | None = said(description="How many ballots there are; null until it is sealed.")
    ballots: list[BallotType] = said(description="The sealed box, sorted by key; empty before.")
    histogram: list[BoxGradeCount] = said(description="The count of it; empty before.")
    score: Decimal | None = said(description="The mean of its points; null before.")
    proof: BoxProof | None = said(description="That it is in the log; null before, and until it is signed.")


@strawberry.type(description="A rating box (票箱): keys, and once sealed ballots with proofs. Public.")
class RatingBoxView:
    id: strawberry.ID = said(description="The box's id.")
    title: str = said(description="Title.")
    occasion: Occasion = said(description="What is rated on.")
    meeting: strawberry.ID | None = said(description="The review meeting's id, if it is of one.")
    period: str = said(description="The month that is rated.")
    phase: RatingPhase = said(description="Where it stands.")
    closes_at: datetime = said(description="When it is sealed at the latest.")
    threshold: int = said(description="Fewer ballots than this, and a unit's rating is voided.")
    suite: str = said(description="The suite of RFC 9474.")
    issuers: list[str] = said(description="Who certifies ballots, in the order of their signatures.")
    grades: list[GradeType] = said(description="The scale, the best grade first.")
    turnout: int | None = said(description="How many held credentials; null during check-in.")
    opened_at: Position = said(description="Where the event with the keys stands in the log.")
    opened: BoxProof | None = said(
        description="That the event with the keys is in the log; null until it is signed. A client takes its "
        "keys from there."
    )
    units: list[BoxUnit] = said(description="The units that are rated.")


@strawberry.type(description="A rater at the desk. For OFFICE and EVALUATOR.")
class RatingDeskRater:
    id: strawberry.ID = said(description="The rater's id: give it to `checkInRater`.")
    name: str = said(description="Name, or the seat of a panel.")
    way: str | None = said(description="PHONE, CARD or BARRED; null before they come and after check-in.")
    collected: bool | None = said(description="Whether they hold credentials; null after check-in.")


@strawberry.type(description="How many ballots of a unit are in the urn: no tally. For OFFICE and EVALUATOR.")
class RatingDeskUnit:
    unit: strawberry.ID = said(description="The unit's id.")
    name: str = said(description="Its name.")
    in_urn: int = said(description="How many ballots are in the urn.")
    expected: int | None = said(description="How many there may be; null unless ballots are cast now.")
    missing: int | None = said(description="How many are missing; more than before after a crash.")


@strawberry.type(description="What the evaluation staff work with (评估工作台). For OFFICE and EVALUATOR.")
class RatingDesk:
    box: strawberry.ID = said(description="The box's id.")
    title: str = said(description="Title.")
    phase: RatingPhase = said(description="Where the box stands.")
    cards_printed: int = said(description="How many cards were printed.")
    cards_handed_out: int = said(description="How many of them were handed out.")
    raters: list[RatingDeskRater] = said(description="Everybody on the roll, by name.")
    units: list[RatingDeskUnit] = said(description="The units, with the number of their ballots.")


BoxId = Annotated[strawberry.ID, strawberry.argument(description="The rating box's id.")]


async def rating_box(info: Info, id: BoxId) -> RatingBoxView | None:
    key = box_key(id)
    try:
        state = await info.context.app.boxes.state(key)
    except Refusal:
        return None
    viewer, sealed = info.context.viewer, any(unit.ballots for unit in state.units)
    if sealed and viewer.role is not Role.PUBLIC:
        for watch in watched_as("Query", "ratingBox"):
            info.context.app.access.note(viewer, watch.kind, watch.what, [key])
    try:
        return _view(state, await info.context.app.boxes.proven(key))
    except Refusal:
        return _view(state, None)
    except (Inconsistent, BadNote) as error:
        raise LogInconsistent(f"The log is not what was signed: {error}.") from error


async def rating_desk(info: Info, box: BoxId) -> RatingDesk | None:
    role = info.context.viewer.role
    if not may_read(role, "RatingDesk", "box"):
        raise Forbidden(f"{role.name} may not read ratingDesk.", field="ratingDesk")
    try:
        return _desk(await info.context.app.boxes.desk(box_key(box)))
    except Refusal:
        return None


@strawberry.type
class RatingBoxQueries:
    rating_box: RatingBoxView | None = strawberry.field(
        resolver=rating_box, description="A rating box by its id, or null; once sealed, all of it. 票箱"
    )
    rating_desk: RatingDesk | None = strawberry.field(
        resolver=rating_desk,
        description="The desk of a rating box, or null. For OFFICE and EVALUATOR. 评估工作台",
    )


def box_key(id_: Any) -> UUID:
    key = key_in(id_, "rating")
    assert key is not None
    return UUID(key)


def _view(state: BoxState, proven: Proven | None) -> RatingBoxView:
    rated = state.rated
    note = "" if proven is None else proven.checkpoint.encode().decode()
    proofs = {} if proven is None else {unit: _proof(proof, note) for unit, proof in proven.units.items()}
    return RatingBoxView(
        id=strawberry.ID(f"rating:{state.box}"),
        title=rated.title,
        occasion=rated.occasion,
        meeting=None if rated.meeting_id is None else strawberry.ID(f"meeting:{rated.meeting_id}"),
        period=rated.period,
        phase=rated.phase,
        closes_at=rated.closes_at,
        threshold=rated.threshold,
        suite=rated.suite,
        issuers=list(rated.issuers),
        grades=[GradeType(code=g.code, zh=g.zh, en=g.en, points=g.points) for g in rated.scale],
        turnout=state.turnout,
        opened_at=Position(state.opened_position),
        opened=None if proven is None else _proof(proven.opened, note),
        units=[_unit(unit, proofs.get(unit.unit)) for unit in state.units],
    )


def _unit(unit: UnitState, proof: BoxProof | None) -> BoxUnit:
    return BoxUnit(
        unit=strawberry.ID(f"unit:{unit.unit}"),
        name=unit.name,
        state=RatedUnitState[unit.state],
        keys=[IssuerKeyType(issuer=name, spki=base64_of(key)) for name, key in unit.keys.items()],
        count=unit.count,
        ballots=[_ballot(ballot) for ballot in unit.ballots],
        histogram=[BoxGradeCount(grade=c.grade, ballots=c.ballots) for c in unit.histogram],
        score=unit.score,
        proof=proof,
    )


def _ballot(ballot: Ballot) -> BallotType:
    return BallotType(
        key=base64_of(ballot.key),
        signatures=[base64_of(signature) for signature in ballot.signatures],
        grade=ballot.grade,
        signature=base64_of(ballot.signature),
    )


def _proof(proof: Proof, note: str) -> BoxProof:
    return BoxProof(
        position=Position(proof.position),
        index=Position(proof.index),
        path=[base64_of(node) for node in proof.path],
        checkpoint=note,
        entry=proof.entry.decode(),
        salt=base64_of(proof.salt),
        state=proof.state.decode(),
    )


def _desk(state: DeskState) -> RatingDesk:
    return RatingDesk(
        box=strawberry.ID(f"rating:{state.box}"),
        title=state.title,
        phase=state.phase,
        cards_printed=state.cards_printed,
        cards_handed_out=state.cards_handed_out,
        raters=[
            RatingDeskRater(
                id=strawberry.ID(f"rater:{r.rater}"), name=r.name, way=r.way, collected=r.collected
            )
            for r in state.raters
        ],
        units=[
            RatingDeskUnit(
                unit=strawberry.ID(f"unit:{u.unit}"),
                name=u.name,
                in_urn=u.in_urn,
                expected=u.expected,
                missing=u.missing,
            )
            for u in state.units
        ],
    )
