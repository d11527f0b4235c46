"""The Merkle tree of RFC 6962, section 2.1: hashes of leaves and nodes, and the frontier that grows with
them.

A frontier is what an append needs of the tree and no more: the roots of the perfect subtrees that the
leaves so far make up, the largest first — one for each bit that is set in their number.
"""

import hashlib
from collections.abc import Sequence

_sha256 = hashlib.sha256

EMPTY_ROOT = _sha256(b"").digest()


def leaf(entry: bytes) -> bytes:
    """The hash of a leaf: SHA-256(0x00 ‖ entry)."""
    return _sha256(b"\x00" + entry).digest()


def node(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node: SHA-256(0x01 ‖ left ‖ right)."""
    return _sha256(b"\x01" + left + right).digest()


class Frontier:
    """`size` leaves, and the hashes of their perfect subtrees, the largest first."""

    __slots__ = ("hashes", "size")

    def __init__(self, size: int = 0, hashes: Sequence[bytes] = ()):
        if len(hashes) != size.bit_count() or any(len(h) != 32 for h in hashes):
            raise ValueError(f"a frontier of {size} leaves has {size.bit_count()} hashes of 32 bytes")
        self.size = size
        self.hashes = list(hashes)

    def append(self, leaf_hash: bytes) -> None:
        """One leaf more."""
        carried, rest = leaf_hash, self.size
        while rest & 1:
            carried = node(self.hashes.pop(), carried)
            rest >>= 1
        self.hashes.append(carried)
        self.size += 1

    def root(self) -> bytes:
        """The root hash of the tree."""
        if not self.hashes:
            return EMPTY_ROOT
        root = self.hashes[-1]
        for left in reversed(self.hashes[:-1]):
            root = node(left, root)
        return root
