"""Signed notes, C2SP signed-note: a text, an empty line, and lines of signatures by named keys.

Two kinds of key: a log's (type 0x01, Ed25519 over the text) and a witness's (type 0x04, cosignature/v1 of
C2SP tlog-cosignature: Ed25519 over a time and the text). A public key is written as a vkey,
`name+id+base64(type ‖ key)`, a private one as `PRIVATE+KEY+name+id+base64(type ‖ seed)`: as Go's package
`note` reads and writes them.
"""

import base64
import binascii
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from struct import Struct

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

LOG_KEY = 1
WITNESS_KEY = 4
KEY_BYTES = 32
SIGNATURE_BYTES = 64
SECONDS_MOST = 2**63 - 1
# C2SP asks verifiers for at least 16, and for a bound.
SIGNATURES_LIMIT = 100
NOTE_BYTES_LIMIT = 64 * 1024

DASH = "— "
PRIVATE = "PRIVATE+KEY+"
_time = Struct(">Q")


class BadNote(ValueError):
    """What is no signed note, no key, or not signed by whom it should be."""


@dataclass(frozen=True, slots=True)
class Signature:
    """One line of a note: the key's name, its id (4 bytes), and what it signed with."""

    name: str
    key_id: bytes
    signature: bytes

    def line(self) -> str:
        return f"{DASH}{self.name} {b64(self.key_id + self.signature)}\n"


@dataclass(frozen=True, slots=True)
class Note:
    """A text that ends with a newline, and its signatures. Nothing is verified yet."""

    text: str
    signatures: tuple[Signature, ...]

    def encode(self) -> bytes:
        return (self.text + "\n" + "".join(s.line() for s in self.signatures)).encode()

    def signed_by(self, key: "PublicKey") -> Signature | None:
        """The key's valid signature, or None where it has none. BadNote for a false one in its name."""
        found = None
        for signature in self.signatures:
            if (signature.name, signature.key_id) == (key.name, key.key_id):
                if not key.verifies(self.text, signature.signature):
                    raise BadNote(f"the signature in the name of {key.name} is false")
                found = found or signature
        return found


@dataclass(frozen=True, slots=True)
class PublicKey:
    """Who signs, and how it is verified."""

    name: str
    kind: int
    key: bytes

    @property
    def key_id(self) -> bytes:
        return key_id(self.name, self.kind, self.key)

    @property
    def vkey(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{b64(bytes([self.kind]) + self.key)}"

    @property
    def fingerprint(self) -> str:
        """What people compare: the first 80 bits of SHA-256(vkey), in five groups of four hexadecimal digits.
        (The 32 bits of a key id can be met by trying.)"""
        digits = hashlib.sha256(self.vkey.encode()).hexdigest()[:20]
        return " ".join(digits[at : at + 4] for at in range(0, 20, 4))

    def verifies(self, text: str, signature: bytes) -> bool:
        """Whether this is the key's signature of the note text."""
        signed = text.encode()
        if self.kind == WITNESS_KEY:
            if len(signature) != _time.size + SIGNATURE_BYTES:
                return False
            at = cosigned_at(signature)
            if at > SECONDS_MOST:
                return False
            signed, signature = cosigned(at, text), signature[_time.size :]
        if len(signature) != SIGNATURE_BYTES:
            return False
        try:
            Ed25519PublicKey.from_public_bytes(self.key).verify(signature, signed)
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, slots=True)
class PrivateKey:
    """A key that signs. Its `repr` does not tell the seed."""

    name: str
    kind: int
    _key: Ed25519PrivateKey

    @classmethod
    def generate(cls, name: str, kind: int) -> "PrivateKey":
        require_name(name)
        return cls(name, kind, Ed25519PrivateKey.generate())

    @classmethod
    def parse(cls, text: str, kind: int) -> "PrivateKey":
        """From its written form; BadNote, which does not repeat it, if it is none of this kind."""
        body = text.strip()
        if not body.startswith(PRIVATE):
            raise BadNote("this is no private key of a note (PRIVATE+KEY+name+id+key)")
        name, found, identity, seed = _parts(body.removeprefix(PRIVATE), "a private key")
        key = cls(name, kind, Ed25519PrivateKey.from_private_bytes(seed))
        if found != kind or identity != key.public.key_id:
            raise BadNote(f"the private key of {name} is of another kind, or its id is not its own")
        return key

    def encode(self) -> str:
        """Its written form, which is the secret itself."""
        seed = self._key.private_bytes_raw()
        return f"{PRIVATE}{self.name}+{self.public.key_id.hex()}+{b64(bytes([self.kind]) + seed)}"

    @property
    def public(self) -> PublicKey:
        return PublicKey(self.name, self.kind, self._key.public_key().public_bytes_raw())

    def sign(self, text: str, at_s: int = 0) -> Signature:
        """Sign the note text; a witness's key as of that many seconds since 1970."""
        if self.kind == WITNESS_KEY:
            signature = _time.pack(at_s) + self._key.sign(cosigned(at_s, text))
        else:
            signature = self._key.sign(text.encode())
        return Signature(self.name, self.public.key_id, signature)


def parse_note(content: bytes) -> Note:
    """A note as it was received; BadNote unless it is one to the letter."""
    if len(content) > NOTE_BYTES_LIMIT:
        raise BadNote("the note is too long")
    try:
        text = content.decode()
    except UnicodeDecodeError:
        raise BadNote("the note is not UTF-8") from None
    if any(c < " " and c != "\n" for c in text):
        raise BadNote("the note holds control characters")
    body, separator, lines = text.rpartition("\n\n")
    if not separator or not body or not lines.endswith("\n"):
        raise BadNote("the note is not a text, an empty line and signatures")
    return Note(body + "\n", parse_signatures(lines))


def parse_signatures(lines: str) -> tuple[Signature, ...]:
    """One or more lines of signatures, each with its newline."""
    split = lines.split("\n")
    if split.pop() != "" or not 0 < len(split) <= SIGNATURES_LIMIT:
        raise BadNote(f"a note has 1 to {SIGNATURES_LIMIT} lines of signatures")
    return tuple(_signature(line) for line in split)


def _signature(line: str) -> Signature:
    name, _, encoded = line.removeprefix(DASH).partition(" ")
    if not line.startswith(DASH):
        raise BadNote("a line of signatures begins with a dash and a space")
    require_name(name)
    raw = unb64(encoded, "a signature")
    if len(raw) < 5:
        raise BadNote("a signature has a key id of 4 bytes and something behind it")
    return Signature(name, raw[:4], raw[4:])


def parse_vkey(text: str, kinds: Sequence[int] = (LOG_KEY, WITNESS_KEY)) -> PublicKey:
    """A public key from its vkey; BadNote if it is none, or none of these kinds."""
    name, kind, identity, raw = _parts(text.strip(), "a vkey")
    if kind not in kinds:
        raise BadNote(f"the vkey of {name} is of type {kind}, not {' or '.join(map(str, kinds))}")
    key = PublicKey(name, kind, raw)
    if identity != key.key_id:
        raise BadNote(f"the vkey of {name} does not have the id of its key")
    return key


def parse_vkeys(text: str, kinds: Sequence[int] = (LOG_KEY, WITNESS_KEY)) -> tuple[PublicKey, ...]:
    """One vkey a line; empty lines and those that begin with # say nothing."""
    lines = (line.strip() for line in text.splitlines())
    keys = tuple(parse_vkey(line, kinds) for line in lines if line and not line.startswith("#"))
    if not keys:
        raise BadNote("there is no vkey here (name+id+key)")
    return keys


def verified_by(note: Note, keys: Iterable[PublicKey]) -> list[PublicKey]:
    """Those of the keys that have signed it; BadNote for a false signature in the name of one."""
    return [key for key in keys if note.signed_by(key) is not None]


def cosigned_at(signature: bytes) -> int:
    """The time in a cosignature, in seconds since 1970."""
    return int.from_bytes(signature[: _time.size])


def cosigned(at_s: int, text: str) -> bytes:
    """What a witness signs."""
    return f"cosignature/v1\ntime {at_s}\n{text}".encode()


def key_id(name: str, kind: int, key: bytes) -> bytes:
    """The first four bytes of SHA-256(name ‖ newline ‖ type ‖ key)."""
    return hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + key).digest()[:4]


def require_name(name: str) -> None:
    """A key's name is not empty and holds neither spaces, nor a plus, nor control characters."""
    if not name or "+" in name or any(c.isspace() or c < " " for c in name):
        raise BadNote(f"{name[:60]!r} is not the name of a key: no spaces, no plus")


def b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def unb64(text: str, what: str) -> bytes:
    """Standard base64, in its one canonical form."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise BadNote(f"{what} is not base64") from None
    if b64(raw) != text:
        raise BadNote(f"{what} is not canonical base64")
    return raw


def _parts(text: str, what: str) -> tuple[str, int, bytes, bytes]:
    """Name, type, id, and the 32 bytes of the key."""
    parts = text.split("+", 2)
    if len(parts) != 3 or len(parts[1]) != 8:
        raise BadNote(f"{text[:60]!r} is not {what}" if what == "a vkey" else f"this is not {what}")
    name, identity, encoded = parts
    require_name(name)
    raw = unb64(encoded, what)
    if len(raw) != 1 + KEY_BYTES or not all(c in "0123456789abcdef" for c in identity):
        raise BadNote(f"{what} of {name} does not have a type and {KEY_BYTES} bytes")
    return name, raw[0], bytes.fromhex(identity), raw[1:]
