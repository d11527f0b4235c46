"""The steps of a rating that are no facts: check-in, cards, credentials, ballots. Nothing of them is in the
log.

They are repeated safely without a key of idempotency: the same step again is the same step.
"""

from typing import Any
from uuid import UUID

import strawberry

from domain.rating_box import Ballot
from domain.refusal import Refusal, require
from service.api.plan.ids import key_in
from service.api.ratings.box import box_key
from service.api.request import Info
from service.api.steps import Steps
from service.ballots.blind_rsa import SIGNATURE_BYTES
from service.ballots.boxes import Cast
from service.ballots.encodings import KEY_BYTES, OWN_SIGNATURE_BYTES, base64_of, octets_of

said = strawberry.field
STEPS = Steps()

strawberry.enum(Cast, name="CastOutcome", description="What became of a ballot.")
for _value in Cast.__strawberry_definition__.values:  # type: ignore[attr-defined]
    _value.description = {
        "ACCEPTED": "It lies in the urn.",
        "REPEATED": "The very same ballot lies there already.",
    }[_value.name]


# -- inputs


@strawberry.input(description="Check a rater in who uses a phone. 手机签到")
class CheckInRaterInput:
    box: strawberry.ID = said(description="The rating box.")
    rater: strawberry.ID = said(description="The rater.")


@strawberry.input(description="Tick who drew a card. 发卡登记")
class HandOutCardsInput:
    box: strawberry.ID = said(description="The rating box.")
    raters: list[strawberry.ID] = said(description="The raters, all or none.")


@strawberry.input(description="Untick a rater who gave the card back. 退卡登记")
class TakeCardBackInput:
    box: strawberry.ID = said(description="The rating box.")
    rater: strawberry.ID = said(description="The rater.")


@strawberry.input(description="Print cards. 印制纸质卡")
class PrintCardsInput:
    box: strawberry.ID = said(description="The rating box.")
    count: int = said(description="How many, 1 to 500.")
    inspectorate_code: str | None = said(
        default=None, description="The inspectorate's code for cards, where it certifies as well."
    )


@strawberry.input(description="A blinded message.")
class BlindedMessageInput:
    unit: strawberry.ID = said(description="The unit.")
    issuer: str = said(description="The issuer.")
    message: str = said(description="The blinded message, 256 bytes in base64.")


@strawberry.input(description="Collect credentials with a check-in code. 领取评估凭证")
class CollectCredentialsInput:
    box: strawberry.ID = said(description="The rating box.")
    code: str = said(description="The check-in code.")
    inspectorate_code: str | None = said(
        default=None, description="The inspectorate's code, where it certifies as well."
    )
    blinded: list[BlindedMessageInput] = said(description="One for each unit and issuer of the box.")


@strawberry.input(description="Cast a ballot, without saying who. 投票")
class CastBallotInput:
    box: strawberry.ID = said(description="The rating box.")
    unit: strawberry.ID = said(description="The unit.")
    key: str = said(description="The ballot's own Ed25519 public key, 32 bytes in base64.")
    signatures: list[str] = said(description="The issuers' signatures of it, 256 bytes each in base64.")
    grade: str = said(description="The grade's code.")
    signature: str = said(description="The ballot's own signature, 64 bytes in base64.")


# -- answers


@strawberry.type(description="A rater is checked in.")
class CheckedIn:
    rater: strawberry.ID = said(description="The rater.")
    code: str = said(description="The code to collect with; shown now and kept nowhere.")
    path: str = said(description="The address of the rater's page with the code, from the service's root.")


@strawberry.type(description="Cards are ticked.")
class CardsHandedOut:
    handed_out: int = said(description="How many are handed out now.")


@strawberry.type(description="Cards to print. What is not printed now is lost.")
class CardsPrinted:
    seeds: list[str] = said(description="The code of each card; shown now and kept nowhere.")
    paths: list[str] = said(description="The address for each card's QR code, from the service's root.")
    printed: int = said(description="How many cards the box has in all.")


@strawberry.type(description="A blind signature.")
class BlindSignature:
    unit: strawberry.ID = said(description="The unit.")
    issuer: str = said(description="The issuer.")
    signature: str = said(description="The blind signature, 256 bytes in base64.")


@strawberry.type(description="Credentials, still blinded: only the one who blinded them can use them.")
class CredentialsIssued:
    signatures: list[BlindSignature] = said(description="One for each unit and issuer.")


@strawberry.type(description="A ballot is in the urn.")
class BallotCast:
    outcome: Cast = said(description="Whether it is new there.")


# -- what they do


@STEPS.step("checkInRater", CheckInRaterInput, CheckedIn)
async def _check_in(info: Info, given: CheckInRaterInput) -> CheckedIn:
    """Check a rater in who uses a phone: a code to collect credentials with. 手机签到"""
    box = box_key(given.box)
    code = await info.context.app.ballots.check_in(box, _rater(given.rater))
    return CheckedIn(rater=given.rater, code=code, path=f"/rate/{box}#c={code}")


@STEPS.step("handOutCards", HandOutCardsInput, CardsHandedOut)
async def _hand_out(info: Info, given: HandOutCardsInput) -> CardsHandedOut:
    """Tick who drew a card, never which. 发卡登记"""
    raters = [_rater(rater) for rater in given.raters]
    return CardsHandedOut(handed_out=await info.context.app.ballots.hand_out(box_key(given.box), raters))


@STEPS.step("takeCardBack", TakeCardBackInput, CardsHandedOut)
async def _take_back(info: Info, given: TakeCardBackInput) -> CardsHandedOut:
    """Untick a rater who gave the card back, before check-in ends. 退卡登记"""
    handed_out = await info.context.app.ballots.take_back(box_key(given.box), _rater(given.rater))
    return CardsHandedOut(handed_out=handed_out)


@STEPS.step("printCards", PrintCardsInput, CardsPrinted)
async def _print(info: Info, given: PrintCardsInput) -> CardsPrinted:
    """Make cards to print: their codes are in this answer and nowhere else. 印制纸质卡"""
    box, ballots = box_key(given.box), info.context.app.ballots
    seeds = await ballots.print_cards(box, given.count, given.inspectorate_code)
    _, printed = await ballots.urns.phase(box)
    return CardsPrinted(seeds=seeds, paths=[f"/rate/{box}#{seed}" for seed in seeds], printed=printed)


@STEPS.step("collectCredentials", CollectCredentialsInput, CredentialsIssued)
async def _collect(info: Info, given: CollectCredentialsInput) -> CredentialsIssued:
    """Collect credentials with a check-in code: blind signatures, once for each rater. 领取评估凭证"""
    blinded = {(_unit(b.unit), b.issuer): _octets(b.message) for b in given.blinded}
    require(len(blinded) == len(given.blinded), "rating.units_incomplete", field="blinded")
    signed = await info.context.app.ballots.collect(
        box_key(given.box), given.code, given.inspectorate_code, blinded
    )
    return CredentialsIssued(
        signatures=[
            BlindSignature(unit=strawberry.ID(f"unit:{unit}"), issuer=issuer, signature=base64_of(signature))
            for (unit, issuer), signature in signed.items()
        ]
    )


@STEPS.step("castBallot", CastBallotInput, BallotCast, anonymous=True)
async def _cast(info: Info, given: CastBallotInput) -> BallotCast:
    """Cast a ballot. Needs no token and reads none; the same ballot again is the same ballot. 投票"""
    ballot = ballot_in(given.key, given.signatures, given.grade, given.signature)
    outcome = await info.context.app.ballots.cast(box_key(given.box), _unit(given.unit), ballot)
    return BallotCast(outcome=outcome)


# -- shapes, which the plain paths have in common with these mutations


def ballot_in(key: Any, signatures: Any, grade: Any, signature: Any) -> Ballot:
    """The ballot in what was sent; Refusal unless it has the shape of one."""
    own, signed = octets_of(key, KEY_BYTES), octets_of(signature, OWN_SIGNATURE_BYTES)
    listed = signatures if isinstance(signatures, list) else []
    certified = [octets_of(each, SIGNATURE_BYTES) for each in listed]
    whole = [each for each in certified if each is not None]
    if own is None or signed is None or not isinstance(grade, str) or len(whole) != len(certified):
        raise Refusal("rating.ballot_malformed", field="key")
    return Ballot(own, tuple(whole), grade, signed)


def _octets(message: str) -> bytes:
    octets = octets_of(message, SIGNATURE_BYTES)
    if octets is None:
        raise Refusal("rating.blinded_malformed", field="blinded")
    return octets


def _rater(id_: Any) -> UUID:
    return _key(id_, "rater")


def _unit(id_: Any) -> UUID:
    return _key(id_, "unit")


def _key(id_: Any, prefix: str) -> UUID:
    key = key_in(id_, prefix)
    assert key is not None
    return UUID(key)
