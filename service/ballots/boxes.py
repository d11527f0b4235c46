"""The rating boxes at work: check-in, collecting, printing cards, casting. (Sealing is a command's.)

A step here is no fact and is not in the log: who checked in when, and which ballot came when, is what
nobody shall be able to tell. Nothing here writes a log line about a holder or a ballot.
"""

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from secrets import randbits
from uuid import UUID, uuid4

from cryptography.hazmat.primitives.asymmetric import rsa

from domain import identifiers
from domain.draw_pools import commitment
from domain.rating_box import Ballot, RatingBox, RatingPhase, require_grade
from domain.refusal import Refusal, require
from service.ballots import blind_rsa
from service.ballots.blind_rsa import InvalidInput
from service.ballots.cards import NotASeed, Use, derived, new_seed, read_seed, seal_bundle, signing_key
from service.ballots.encodings import (
    KEY_BYTES,
    OWN_SIGNATURE_BYTES,
    code_digest,
    new_code,
    public_bytes,
    signed_by,
    signed_text,
)
from service.ballots.issuers import SERVICE, Blinded, Issuer
from service.ballots.keys import KeysDestroyed
from service.ballots.urn import Checked, Collected, Urns
from service.streams import Streams

MOST_CARDS = 500
SECRET_BITS = 128
_BOXES_KNOWN = 64
# Ballots that are looked at or wait to be: more are asked to come again. A false ballot costs a fifth of a
# millisecond, and nobody's address is remembered for it.
MOST_BALLOTS_AT_ONCE = 256


class Cast(StrEnum):
    ACCEPTED = "ACCEPTED"
    REPEATED = "REPEATED"


@dataclass(frozen=True)
class Terms:
    """What of a box never changes: read once, kept in memory, so that casting asks no log."""

    box: UUID
    issuers: tuple[str, ...]
    keys: Mapping[tuple[UUID, str], rsa.RSAPublicKey]
    unit_ids: tuple[UUID, ...]
    rated: RatingBox


Asked = Mapping[tuple[UUID, str], bytes]
"""A blinded message (or a blind signature) for each (unit, issuer)."""


class Ballots:
    """`issuers` in the order in which their signatures stand in a ballot; the service's own is the first."""

    def __init__(self, urns: Urns, streams: Streams, issuers: Sequence[Issuer]):
        self.urns = urns
        self.streams = streams
        self.issuers = tuple(issuers)
        self._terms: dict[UUID, Terms] = {}
        self._looking_at = 0

    @property
    def issuer_names(self) -> tuple[str, ...]:
        return tuple(issuer.name for issuer in self.issuers)

    async def box(self, box: UUID) -> RatingBox:
        """The box as the log has it. Refusal when there is none."""
        return await self.streams.load(RatingBox, box, "box")

    # -- check-in

    async def check_in(self, box: UUID, rater: UUID) -> str:
        """A new code for a rater who will use a phone. Refused once they hold credentials or a card."""
        rated = await self.box(box)
        rated.require_collecting()
        rated.require_on_roll(rater)
        await self.urns.begin(box)
        code = new_code()
        if not await self.urns.admit(box, rater, code_digest(code)):
            checked = await self._checked(box, rater)
            require(checked is not None, "rating.collection_closed", field="box")
            has_card = checked is not None and checked.way == "card"
            require(not has_card, "rating.rater_has_card", field="rater")
            raise Refusal("rating.rater_holds_credentials", field="rater")
        return code

    async def hand_out(self, box: UUID, raters: Sequence[UUID]) -> int:
        """Tick those who drew a card, all or none; how many have one now."""
        rated = await self.box(box)
        rated.require_collecting()
        for rater in raters:
            rated.require_on_roll(rater)
        await self.urns.begin(box)
        _, printed = await self.urns.phase(box)
        had = {checked.rater for checked in await self.urns.raters(box) if checked.way == "card"}
        with_card = len(had | set(raters))
        require(with_card <= printed, "rating.too_few_cards", field="rater", printed=printed)
        answer = await self.urns.tick(box, raters, "card")
        require(answer != "closed", "rating.collection_closed", field="box")
        require(answer != "holds", "rating.rater_holds_credentials", field="rater")
        return with_card

    async def take_back(self, box: UUID, rater: UUID) -> int:
        """Untick a rater who gave the card back; how many have one now."""
        (await self.box(box)).require_collecting()
        if not await self.urns.take_back(box, rater):
            phase, _ = await self.urns.phase(box)
            require(phase in ("", "collecting"), "rating.collection_closed", field="box")
            raise Refusal("rating.rater_has_no_card", field="rater")
        return sum(checked.way == "card" for checked in await self.urns.raters(box))

    async def bar(self, box: UUID, rater: UUID) -> bool:
        """A rater is about to be struck off: nothing is issued to them from here on. False for one who holds
        credentials or a card."""
        await self.urns.begin(box)
        checked = await self._checked(box, rater)
        if checked is not None and checked.way == "card":
            return False
        return await self.urns.tick(box, [rater], "barred") == "ticked"

    async def _checked(self, box: UUID, rater: UUID) -> Checked | None:
        return next((c for c in await self.urns.raters(box) if c.rater == rater), None)

    # -- collecting

    async def collect(
        self, box: UUID, code: str, inspectorate_code: str | None, blinded: Asked
    ) -> dict[tuple[UUID, str], bytes]:
        """Blind signatures for whoever shows this code: one set of messages, and no other."""
        terms = await self.terms(box)
        terms.rated.require_collecting()
        _require_complete(terms, blinded)
        await self.urns.begin(box)
        holder = await self.urns.holder(box, code_digest(code))
        if holder is None:
            phase, _ = await self.urns.phase(box)
            require(phase == "collecting", "rating.collection_closed", field="box")
            raise Refusal("rating.code_wrong", field="code")
        terms.rated.require_on_roll(holder)
        return await self._issued(terms, holder, inspectorate_code, blinded)

    async def _issued(
        self, terms: Terms, holder: UUID, inspectorate_code: str | None, blinded: Asked
    ) -> dict[tuple[UUID, str], bytes]:
        signed: dict[tuple[UUID, str], bytes] = {}
        # The inspectorate first: where it refuses the code, nothing is settled here, and another try is free.
        for issuer in reversed(self._issuers_of(terms.issuers)):
            own: Blinded = {unit: blinded[unit, issuer.name] for unit in terms.unit_ids}
            if issuer.name == SERVICE:
                await self._settle(terms, holder, blinded)
            try:
                answer = await issuer.sign(terms.box, holder, inspectorate_code, own)
            except KeysDestroyed:
                raise Refusal("rating.collection_closed", field="box") from None
            signed |= {(unit, issuer.name): signature for unit, signature in answer.items()}
        return signed

    async def _settle(self, terms: Terms, holder: UUID, blinded: Asked) -> None:
        """This is the holder's one set of messages from now on; Refusal when there is another."""
        digests = {place: hashlib.sha256(message).digest() for place, message in sorted(blinded.items())}
        settled = await self.urns.issue(terms.box, holder, digests)
        require(settled != "closed", "rating.collection_closed", field="box")
        require(settled != "barred", "rating.code_wrong", field="code")
        require(settled != "other", "rating.issued_already", field="blinded")

    # -- cards

    async def print_cards(self, box: UUID, count: int, inspectorate_code: str | None = None) -> list[str]:
        """The seeds of so many new cards. They are returned, and kept nowhere: the print station is a client
        that blinds like a rater's phone, and leaves only bundles that nobody opens without a seed."""
        require(1 <= count <= MOST_CARDS, "rating.card_count", field="count")
        terms = await self.terms(box)
        terms.rated.require_collecting()
        await self.urns.begin(box)
        seeds = [new_seed() for _ in range(count)]
        bundles = [bundle for seed in seeds for bundle in await self._bundles(terms, seed, inspectorate_code)]
        # In the order of their indexes, so that nothing tells which bundles are of one card.
        kept = await self.urns.keep_bundles(box, count, sorted(bundles, key=lambda bundle: bundle[1]))
        require(kept, "rating.collection_closed", field="box")
        return seeds

    async def _bundles(
        self, terms: Terms, seed: str, inspectorate_code: str | None
    ) -> list[tuple[UUID, bytes, bytes]]:
        keys = {unit: public_bytes(signing_key(seed, terms.box, unit)) for unit in terms.unit_ids}
        hidden = {place: blind_rsa.blind(terms.keys[place], keys[place[0]]) for place in terms.keys}
        # A card is nobody's: its messages are settled under an identity that is used once.
        asked = {place: each.message for place, each in hidden.items()}
        signed = await self._issued(terms, uuid4(), inspectorate_code, asked)
        bundles = []
        for unit in terms.unit_ids:
            signatures = [
                blind_rsa.finalize(
                    terms.keys[unit, name], keys[unit], signed[unit, name], hidden[unit, name].inverse
                )
                for name in terms.issuers
            ]
            bundles.append((unit, *seal_bundle(seed, terms.box, unit, signatures)))
        return bundles

    async def require_unused(self, rated: RatingBox, seeds: Sequence[str]) -> tuple[str, ...]:
        """The seeds as they were printed, if they are of cards of this box that did not vote."""
        read = []
        for i, typed in enumerate(seeds):
            try:
                read.append(read_seed(typed))
            except NotASeed:
                raise Refusal("rating.card_malformed", field=f"seeds.{i}") from None
        cast = {ballot.key for ballot in await self._sealed_ballots(rated.id)}
        for i, seed in enumerate(read):
            index = derived(seed, Use.INDEX, rated.id, rated.unit_ids[0])
            require(index in rated.cards.indexes, "rating.card_unknown", field=f"seeds.{i}")
            keys = {public_bytes(signing_key(seed, rated.id, unit)) for unit in rated.unit_ids}
            require(not keys & cast, "rating.card_was_used", field=f"seeds.{i}")
        return tuple(read)

    async def _sealed_ballots(self, box: UUID) -> list[Ballot]:
        return [ballot for event in await self.sealed(box) for ballot in event.ballots]

    async def sealed(self, box: UUID) -> list[RatingBox.BallotBoxSealed]:
        """What was sealed, as the log has it."""
        events = await self.streams.events(box)
        return [event for event in events if isinstance(event, RatingBox.BallotBoxSealed)]

    # -- casting

    async def cast(self, box: UUID, unit: UUID, ballot: Ballot) -> Cast:
        """Put a ballot into the urn. Whoever brings it is not asked for, and not remembered."""
        require(self._looking_at < MOST_BALLOTS_AT_ONCE, "rating.busy", field="box")
        self._looking_at += 1
        try:
            return await self._cast(box, unit, ballot)
        finally:
            self._looking_at -= 1

    async def _cast(self, box: UUID, unit: UUID, ballot: Ballot) -> Cast:
        terms = await self.terms(box)
        require_sound(terms, unit, ballot)
        # Each ballot is looked at in turn; others get theirs between two.
        await asyncio.sleep(0)
        answer = await self.urns.cast(box, unit, ballot)
        if answer == "closed":
            rated = await self.box(box)
            rated.require_casting()
            # The barrier is a fact, and nobody has made the urn yet, or sealing is under way.
            await self.urns.open_urn(box)
            answer = await self.urns.cast(box, unit, ballot)
            require(answer != "closed", "rating.sealed", field="box")
        require(answer != "other", "rating.already_cast", field="grade")
        return Cast.ACCEPTED if answer == "accepted" else Cast.REPEATED

    async def terms(self, box: UUID) -> Terms:
        """What never changes of a box; Refusal when there is none."""
        known = self._terms.get(box)
        # While credentials are collected the roll may change.
        if known is None or known.rated.phase is RatingPhase.COLLECTING:
            known = _terms(await self.box(box), known)
            while len(self._terms) >= _BOXES_KNOWN:
                self._terms.pop(next(iter(self._terms)))
            self._terms[box] = known
        return known

    # -- what commands ask

    async def issuer_keys(
        self, box: UUID, units: Sequence[UUID], roll: Sequence[UUID]
    ) -> dict[tuple[UUID, str], bytes]:
        """A fresh public key (SPKI) for each unit and issuer; asked again for a box, the same. Refused where
        the database's log would keep ballots."""
        await self._require_unlogged()
        keys = {}
        for issuer in self.issuers:
            for unit, key in (await issuer.keys(box, units, roll)).items():
                try:
                    blind_rsa.public_key(key)
                except InvalidInput:
                    raise Refusal("rating.issuer_away", field="box") from None
                keys[unit, issuer.name] = key
        return keys

    async def _require_unlogged(self) -> None:
        require(not await self.urns.logs_ballots(), "rating.server_logs", field="box")

    async def end_collecting(self, rated: RatingBox) -> Collected:
        """Who holds credentials; ballots come from now on, so that the database's log is looked at again."""
        await self._require_unlogged()
        await self.urns.begin(rated.id)
        return await self.urns.end_collecting(rated.id, rated.unit_ids[0])

    async def begin_sealing(self, rated: RatingBox) -> dict[UUID, list[Ballot]]:
        """The urn's ballots, each looked at once more; casting has ended. Refusal when a crash has lost
        some."""
        await self.urns.open_urn(rated.id)
        urn = await self.urns.begin_sealing(rated.id)
        if urn is None:
            raise Refusal("rating.urn_lost", field="box")
        terms = await self.terms(rated.id)
        for unit, ballots in urn.items():
            for ballot in ballots:
                require_sound(terms, unit, ballot)
                await asyncio.sleep(0)
        return urn

    async def destroy_keys(self, rated: RatingBox) -> None:
        """Urn and private keys are gone afterwards."""
        issuers = self._issuers_of(rated.issuers)
        await self.urns.drop(rated.id)
        for issuer in issuers:
            await issuer.destroy(rated.id)

    def _issuers_of(self, names: Sequence[str]) -> list[Issuer]:
        """Those a box was opened with. Refusal when one of them is not configured any more."""
        configured = {issuer.name: issuer for issuer in self.issuers}
        require(set(names) <= set(configured), "rating.issuer_away", field="box")
        return [configured[name] for name in names]

    # -- the draw's secret

    async def bind(self, meeting: UUID, spent: Sequence[str]) -> int:
        """A secret nobody has seen, kept until the draw; asked again, the same. Never one that is revealed:
        `spent` are the commitments of those."""
        await self.forget_spent(meeting, spent)
        return await self.urns.keep_secret(meeting, randbits(SECRET_BITS))

    async def forget_spent(self, meeting: UUID, spent: Sequence[str]) -> None:
        """What is in the log is kept here no longer; a new one that was bound meanwhile is."""
        kept = await self.urns.secret(meeting)
        if kept is not None and commitment(meeting, kept) in spent:
            await self.urns.forget_secret(meeting, kept)

    async def secret(self, meeting: UUID) -> int:
        kept = await self.kept_secret(meeting)
        if kept is None:
            raise Refusal("draw.secret_lost", field="meeting")
        return kept

    async def kept_secret(self, meeting: UUID) -> int | None:
        return await self.urns.secret(meeting)


def require_sound(terms: Terms, unit: UUID, ballot: Ballot) -> None:
    """A ballot of this box and unit: certified by every issuer, signed by its own key. The cheapest question
    comes first; most false ballots end there."""
    require(unit in terms.unit_ids, "rating.unit_not_rated", field="unit")
    require_grade(terms.rated.scale, ballot.grade)
    shaped = (
        len(ballot.key) == KEY_BYTES
        and len(ballot.signature) == OWN_SIGNATURE_BYTES
        and len(ballot.signatures) == len(terms.issuers)
        and all(len(signature) == blind_rsa.SIGNATURE_BYTES for signature in ballot.signatures)
    )
    require(shaped, "rating.ballot_malformed", field="signatures")
    certified = all(
        blind_rsa.verifies(terms.keys[unit, issuer], ballot.key, signature)
        for issuer, signature in zip(terms.issuers, ballot.signatures, strict=True)
    )
    require(certified, "rating.ballot_not_certified", field="signatures")
    own = signed_by(ballot.key, ballot.signature, signed_text(terms.box, unit, ballot.grade))
    require(own, "rating.ballot_forged", field="signature")


def _terms(rated: RatingBox, known: Terms | None) -> Terms:
    if known is not None:
        return replace(known, rated=rated)
    keys = {(key.unit_id, key.issuer): blind_rsa.public_key(key.spki) for key in rated.keys}
    return Terms(rated.id, rated.issuers, keys, rated.unit_ids, rated)


def _require_complete(terms: Terms, blinded: Asked) -> None:
    require(set(blinded) == set(terms.keys), "rating.units_incomplete", field="blinded")
    for place, message in blinded.items():
        n = terms.keys[place].public_numbers().n
        sound = len(message) == blind_rsa.SIGNATURE_BYTES and 0 < int.from_bytes(message, "big") < n
        require(sound, "rating.blinded_malformed", field="blinded")


def seats(box: UUID, count: int) -> tuple[UUID, ...]:
    """The seats of a panel."""
    return tuple(identifiers.seat_id(box, number) for number in range(1, count + 1))


__all__ = ["Ballots", "Cast", "Terms", "require_sound", "seats"]
