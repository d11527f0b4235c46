"""What a ballot signs, and the codes of check-in: the exact bytes of docs/rating.md, in one place."""

import base64
import binascii
import hashlib
import secrets
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from service.ballots.cards import ALPHABET

KEY_BYTES, OWN_SIGNATURE_BYTES = 32, 64
CODE_CHARACTERS = 10  # 50 bits, good for one box and until its barrier

_READ_AS = str.maketrans({"O": "0", "I": "1", "L": "1", " ": None, "-": None, "\u3000": None, "\t": None})


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


# -- check-in codes


def new_code() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(CODE_CHARACTERS))


def code_digest(typed: str) -> bytes:
    """What is kept of a check-in code; the same for every way to type it."""
    return hashlib.sha256(typed.strip().upper().translate(_READ_AS).encode("utf-8", "replace")).digest()


# -- base64


def base64_of(octets: bytes) -> str:
    return base64.b64encode(octets).decode("ascii")


def octets_of(text: object, size: int) -> bytes | None:
    """The bytes in a base64 text of exactly so many bytes, or None."""
    if not isinstance(text, str) or len(text) > 4 * size:
        return None
    try:
        octets = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    # One form only: padding bits that are not zero would be a mark.
    return octets if len(octets) == size and base64_of(octets) == text else None
