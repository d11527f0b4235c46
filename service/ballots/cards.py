"""Cards (article 49): a seed, what is derived from it, and the bundle of issuers' signatures that it opens.

A card is a credential on paper. Its seed of 100 bits is printed and kept nowhere else; keys for each rated
unit are derived from it with HKDF-SHA-256 (RFC 5869), and the service keeps only bundles that nobody opens
without a seed. A seed has no check character: one that was mistyped opens no bundle, and 100 bits are not
hit by chance.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from enum import StrEnum
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

# Crockford's base 32: without I, L, O and U.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
SEED_LENGTH = 20
GROUP_LENGTH = 5
SIGNATURE_LENGTH = 256
# A bundle's key is used once, so that the nonce may be constant.
_NONCE = bytes(12)
_READ_AS = str.maketrans({"O": "0", "I": "1", "L": "1", " ": None, "-": None, "\u3000": None, "\t": None})


class Use(StrEnum):
    """What a value derived from a seed is for."""

    KEY = "key"
    SEAL = "seal"
    INDEX = "index"


class NotASeed(ValueError):
    """What was typed or scanned cannot be a seed; the message is its reason."""


def new_seed() -> str:
    """A seed nobody can guess."""
    return "".join(secrets.choice(ALPHABET) for _ in range(SEED_LENGTH))


def read_seed(typed: str) -> str:
    """The seed in what a person typed or a scanner read; raises NotASeed."""
    seed = typed.strip().upper().translate(_READ_AS)
    if len(seed) != SEED_LENGTH:
        raise NotASeed(f"a seed has {SEED_LENGTH} characters, not {len(seed)}")
    strange = sorted(set(seed) - set(ALPHABET))
    if strange:
        raise NotASeed(f"a seed has no {' '.join(strange)}")
    return seed


def grouped(seed: str) -> str:
    """The seed as it is printed: four groups of five."""
    return " ".join(seed[at : at + GROUP_LENGTH] for at in range(0, SEED_LENGTH, GROUP_LENGTH))


def derived(seed: str, use: Use, box: UUID, unit: UUID) -> bytes:
    """32 bytes that only the seed's holder can compute."""
    info = f"rating-card/v1\n{use}\n{box}\n{unit}\n".encode()
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(seed.encode())


def signing_key(seed: str, box: UUID, unit: UUID) -> Ed25519PrivateKey:
    """The key pair of the card's ballot on a unit."""
    return Ed25519PrivateKey.from_private_bytes(derived(seed, Use.KEY, box, unit))


def seal_bundle(seed: str, box: UUID, unit: UUID, signatures: Sequence[bytes]) -> tuple[bytes, bytes]:
    """Index and bundle of the issuers' signatures, in the order of the box's issuers."""
    key = derived(seed, Use.SEAL, box, unit)
    return derived(seed, Use.INDEX, box, unit), AESGCM(key).encrypt(_NONCE, b"".join(signatures), None)


def open_bundle(seed: str, box: UUID, unit: UUID, bundle: bytes) -> list[bytes] | None:
    """The issuers' signatures in a bundle, or None if it is not this card's."""
    try:
        plain = AESGCM(derived(seed, Use.SEAL, box, unit)).decrypt(_NONCE, bundle, None)
    except InvalidTag:
        return None
    return [plain[at : at + SIGNATURE_LENGTH] for at in range(0, len(plain), SIGNATURE_LENGTH)]
