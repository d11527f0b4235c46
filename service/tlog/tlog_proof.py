"""One event's proof as a file, C2SP tlog-proof: its index, its inclusion proof, and the checkpoint.

The extra data carries the entry itself, so that the file is all that is needed beside the public keys. It is
not trusted for being there: the proof is that its hash is in the signed tree.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from service.tlog.checkpoint import Checkpoint, opened, parse_checkpoint, parse_number
from service.tlog.merkle import HASH_BYTES, leaf
from service.tlog.note import BadNote, PublicKey, b64, unb64
from service.tlog.proofs import PROOF_HASHES_LIMIT, includes

MAGIC = "c2sp.org/tlog-proof@v1"


@dataclass(frozen=True, slots=True)
class TlogProof:
    """`index` counts from 0; `extra` is the entry (opaque to the format), or None."""

    index: int
    hashes: tuple[bytes, ...]
    checkpoint: Checkpoint
    extra: bytes | None = None

    def encode(self) -> bytes:
        lines = [MAGIC, *([] if self.extra is None else [f"extra {b64(self.extra)}"]), f"index {self.index}"]
        head = "\n".join([*lines, *(b64(hashed) for hashed in self.hashes)])
        return f"{head}\n\n".encode() + self.checkpoint.encode()

    def proves(self, entry: bytes) -> bool:
        """Whether the entry is the one at this index of the checkpoint's tree."""
        return includes(self.index, self.checkpoint.size, leaf(entry), self.hashes, self.checkpoint.root)


def parse_tlog_proof(content: bytes) -> TlogProof:
    """A proof as it was received, unverified; BadNote unless it is one to the letter."""
    head, separator, checkpoint = content.partition(b"\n\n")
    try:
        lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError:
        raise BadNote("the proof is not text") from None
    if not separator or lines.pop(0) != MAGIC:
        raise BadNote(f"this is no proof: it does not begin with {MAGIC}")
    extra = None
    if lines and lines[0].startswith("extra "):
        extra = unb64(lines.pop(0).removeprefix("extra "), "the extra data")
    if not lines or not lines[0].startswith("index "):
        raise BadNote("the proof does not say its index")
    index = parse_number(lines.pop(0).removeprefix("index "), "the index of a proof")
    if len(lines) > PROOF_HASHES_LIMIT:
        raise BadNote("the proof is too long")
    hashes = tuple(unb64(line, "a hash of the proof") for line in lines)
    if any(len(hashed) != HASH_BYTES for hashed in hashes):
        raise BadNote(f"a hash of the proof does not have {HASH_BYTES} bytes")
    return TlogProof(index, hashes, parse_checkpoint(checkpoint), extra)


def verified(content: bytes, keys: Sequence[PublicKey], entry: bytes | None = None) -> TlogProof:
    """A proof that holds: of the entry given, or of the one it carries. BadNote says why it does not."""
    proof = parse_tlog_proof(content)
    opened(proof.checkpoint.encode(), keys)
    proved = proof.extra if entry is None else entry
    if proved is None:
        raise BadNote("the proof carries no entry; give the one it is to prove")
    if not proof.proves(proved):
        raise BadNote(f"the proof does not lead from the entry to the root, at index {proof.index}")
    return proof
