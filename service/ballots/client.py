"""A rater's client of the protocol, as the page's is: for tests, the bench, and the raters of the
demonstration.

It knows nothing but what the service tells everybody, and what its rater was given. `Random` is taken where a
demonstration must be the same in every run; a real rater's keys come from the system.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from domain.rating_box import Ballot
from service.ballots import blind_rsa
from service.ballots.blind_rsa import Blinded
from service.ballots.boxes import Asked, Terms
from service.ballots.cards import Use, derived, open_bundle, signing_key
from service.ballots.encodings import public_bytes, signed_text


@dataclass
class Rater:
    """Somebody with a phone: makes keys, blinds them, and casts what was certified."""

    terms: Terms
    random: Random | None = None
    keys: dict[UUID, Ed25519PrivateKey] = field(default_factory=dict)
    hidden: dict[tuple[UUID, str], Blinded] = field(default_factory=dict)
    signatures: dict[UUID, tuple[bytes, ...]] = field(default_factory=dict)

    def blinded(self) -> dict[tuple[UUID, str], bytes]:
        """What is sent to collect: the same at every asking."""
        if not self.hidden:
            self.keys = {unit: self._key() for unit in self.terms.unit_ids}
            for (unit, issuer), public in self.terms.keys.items():
                message = public_bytes(self.keys[unit])
                self.hidden[unit, issuer] = blind_rsa.blind(
                    public, message, self._factor(public.public_numbers().n)
                )
        return {place: each.message for place, each in self.hidden.items()}

    def take(self, signed: Asked) -> None:
        """Unblind what came back. InvalidInput when an issuer has not signed."""
        for unit in self.terms.unit_ids:
            message = public_bytes(self.keys[unit])
            self.signatures[unit] = tuple(
                blind_rsa.finalize(
                    self.terms.keys[unit, issuer],
                    message,
                    signed[unit, issuer],
                    self.hidden[unit, issuer].inverse,
                )
                for issuer in self.terms.issuers
            )

    def ballot(self, unit: UUID, grade: str) -> Ballot:
        """The ballot for a unit."""
        return signed_ballot(self.terms.box, unit, self.keys[unit], self.signatures[unit], grade)

    def _key(self) -> Ed25519PrivateKey:
        if self.random is None:
            return Ed25519PrivateKey.generate()
        return Ed25519PrivateKey.from_private_bytes(self.random.randbytes(32))

    def _factor(self, n: int) -> int:
        return secrets.randbelow(n - 1) + 1 if self.random is None else self.random.randrange(1, n)


@dataclass(frozen=True)
class Card:
    """A card whose seed was scanned or typed, and the bundles that everybody may fetch."""

    terms: Terms
    seed: str
    bundles: Mapping[bytes, bytes]

    def ballot(self, unit: UUID, grade: str) -> Ballot | None:
        """The ballot for a unit, or None when no bundle is of this card."""
        box = self.terms.box
        bundle = self.bundles.get(derived(self.seed, Use.INDEX, box, unit))
        signatures = None if bundle is None else open_bundle(self.seed, box, unit, bundle)
        if signatures is None:
            return None
        return signed_ballot(box, unit, signing_key(self.seed, box, unit), tuple(signatures), grade)


def signed_ballot(
    box: UUID, unit: UUID, key: Ed25519PrivateKey, signatures: tuple[bytes, ...], grade: str
) -> Ballot:
    return Ballot(public_bytes(key), signatures, grade, key.sign(signed_text(box, unit, grade)))
