"""What is signed, and what a card's seed stands for: the exact bytes of docs/rating.md, in one place."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
SEED_CHARACTERS = 20  # 100 bits
CODE_CHARACTERS = 10  # 50 bits, good for one box and until its barrier
KEY_BYTES, OWN_SIGNATURE_BYTES = 32, 64

# A sealed bundle's key seals nothing else, so its nonce may be fixed.
_NONCE = bytes(12)
_READ_AS = str.maketrans({"O": "0", "I": "1", "L": "1", " ": None, "-": None, "\t": None})


def signed_text(box: UUID, unit: UUID, grade: str) -> bytes:
    """What a ballot's own key signs: its grade, for this unit, in this box."""
    return f"rating-ballot/v1\n{box}\n{unit}\n{grade}\n".encode()


def signed_by(key: bytes, signature: bytes, text: bytes) -> bool:
    """Whether the ballot's own key (32 bytes) has signed the text."""
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, text)
    except (InvalidSignature, ValueError):
        return False
    return True


def public_bytes(key: Ed25519PrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


# -- codes and seeds


def draw_characters(count: int) -> str:
    """So many characters of Crockford's base 32, five bits each, drawn by the system's generator."""
    return "".join(secrets.choice(CROCKFORD) for _ in range(count))


def typed(text: str, characters: int) -> str | None:
    """What a person typed, as it was printed: O is 0, I and L are 1, blanks and hyphens are none. None if it
    cannot have been printed."""
    plain = text.upper().translate(_READ_AS)
    sound = len(plain) == characters and all(c in CROCKFORD for c in plain)
    return plain if sound else None


def grouped(seed: str) -> str:
    """A seed as it is printed: four groups of five."""
    return "-".join(seed[i : i + 5] for i in range(0, len(seed), 5))


# -- cards


@dataclass(frozen=True)
class CardPlace:
    """What a card's seed (20 characters) is for one unit of one box."""

    seed: str
    box: UUID
    unit: UUID

    def index(self) -> bytes:
        """Where the bundle lies."""
        return self._derived("index")

    def key(self) -> Ed25519PrivateKey:
        """The ballot's own key."""
        return Ed25519PrivateKey.from_private_bytes(self._derived("key"))

    def seal(self, signatures: list[bytes]) -> bytes:
        """The bundle that the service keeps."""
        return AESGCM(self._derived("seal")).encrypt(_NONCE, b"".join(signatures), None)

    def opened(self, bundle: bytes, signature_bytes: int) -> list[bytes]:
        """The issuers' signatures in a bundle. Raises cryptography's InvalidTag for another card's."""
        plain = AESGCM(self._derived("seal")).decrypt(_NONCE, bundle, None)
        return [plain[i : i + signature_bytes] for i in range(0, len(plain), signature_bytes)]

    def _derived(self, use: str) -> bytes:
        return _hkdf(self.seed.encode(), f"rating-card/v1\n{use}\n{self.box}\n{self.unit}\n".encode())


def _hkdf(material: bytes, info: bytes) -> bytes:
    """HKDF-SHA-256 (RFC 5869) without a salt, 32 bytes: one block."""
    extracted = hmac.digest(bytes(hashlib.sha256().digest_size), material, hashlib.sha256)
    return hmac.digest(extracted, info + b"\x01", hashlib.sha256)
