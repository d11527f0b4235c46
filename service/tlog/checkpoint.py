"""Checkpoints, C2SP tlog-checkpoint: origin, size and root of the tree, in a signed note."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from service.tlog.merkle import HASH_BYTES
from service.tlog.note import BadNote, Note, PublicKey, Signature, b64, parse_note, unb64, verified_by

SIZE_MOST = 2**63 - 1
_NUMBER = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Tree:
    """What a checkpoint says: `size` leaves with this root, of the log that `origin` names."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """The text of the note. No extension lines: nobody could audit them."""
        return f"{self.origin}\n{self.size}\n{b64(self.root)}\n"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A tree, and the note that says so."""

    tree: Tree
    note: Note

    @property
    def size(self) -> int:
        return self.tree.size

    @property
    def root(self) -> bytes:
        return self.tree.root

    def encode(self) -> bytes:
        return self.note.encode()

    def with_signatures(self, signatures: Sequence[Signature]) -> "Checkpoint":
        """The same checkpoint with more signatures behind its own."""
        more = tuple(s for s in signatures if s not in self.note.signatures)
        return Checkpoint(self.tree, Note(self.note.text, self.note.signatures + more))


def parse_checkpoint(content: bytes) -> Checkpoint:
    """A checkpoint as it was received, unverified; BadNote unless it is one to the letter."""
    note = parse_note(content)
    return Checkpoint(parse_tree(note.text), note)


def parse_tree(text: str) -> Tree:
    """What the text of a checkpoint says; BadNote unless it is one to the letter."""
    lines = text.split("\n")
    if len(lines) < 4 or lines.pop() != "" or not all(lines):
        raise BadNote("a checkpoint has an origin, a size and a root, and no empty line")
    origin, size, root, *_ = lines
    hashed = unb64(root, "the root of a checkpoint")
    if len(hashed) != HASH_BYTES:
        raise BadNote(f"the root of a checkpoint has {HASH_BYTES} bytes, not {len(hashed)}")
    return Tree(origin, parse_number(size, "the size of a checkpoint"), hashed)


def opened(content: bytes, keys: Sequence[PublicKey], origin: str | None = None) -> Checkpoint:
    """A checkpoint that one of the log's keys has signed, of the origin (a key's name, if none is given).

    BadNote if none has, or if a signature in the name of one is false.
    """
    checkpoint = parse_checkpoint(content)
    found = verified_by(checkpoint.note, keys)
    if not found:
        names = ", ".join(f"{key.name}+{key.key_id.hex()}" for key in keys)
        raise BadNote(f"the checkpoint is not signed by {names}")
    expected = {origin} if origin is not None else {key.name for key in found}
    if checkpoint.tree.origin not in expected:
        raise BadNote(f"the checkpoint is of {checkpoint.tree.origin!r}, not of {' or '.join(expected)}")
    return checkpoint


def parse_number(text: str, what: str) -> int:
    """A decimal number without leading zeros."""
    if not _NUMBER.fullmatch(text) or (number := int(text)) > SIZE_MOST:
        raise BadNote(f"{what} is not a plain decimal number")
    return number
