"""The Merkle tree of RFC 6962, section 2.1: its hashes, and the frontier that grows with the leaves.

A frontier is what an append needs of the tree and no more: the roots of the perfect subtrees that the leaves
so far make up, the largest first, one for each bit that is set in their number. Each leaf completes as many
subtrees as its number (from 1) has trailing zero bits; `append` returns their hashes, so that whoever keeps
them with the leaf keeps every node of the tree, and finds each by the last leaf below it.
"""

import hashlib
from collections.abc import Sequence

_sha256 = hashlib.sha256

HASH_BYTES = 32
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
        """From what was stored; ValueError unless there are 32 bytes for each bit that is set in `size`."""
        if size < 0 or len(hashes) != size.bit_count() or any(len(h) != HASH_BYTES for h in hashes):
            raise ValueError(f"{len(hashes)} hashes are not the frontier of {size} leaves")
        self.size = size
        self.hashes = [bytes(h) for h in hashes]

    def append(self, leaf_hash: bytes) -> bytes:
        """Take in one leaf; the hashes of the subtrees it completes, the smallest first, 32 bytes each."""
        hashes, size = self.hashes, self.size
        self.size = size + 1
        if not size & 1:
            hashes.append(leaf_hash)
            return b""
        completed = carried = _sha256(b"\x01" + hashes.pop() + leaf_hash).digest()
        size >>= 1
        while size & 1:
            carried = _sha256(b"\x01" + hashes.pop() + carried).digest()
            completed += carried
            size >>= 1
        hashes.append(carried)
        return completed

    def root(self) -> bytes:
        """The root hash of the tree."""
        if not self.hashes:
            return EMPTY_ROOT
        root = self.hashes[-1]
        for left in reversed(self.hashes[:-1]):
            root = node(left, root)
        return root

    def copy(self) -> "Frontier":
        """The same tree, to grow on its own."""
        twin = Frontier()
        twin.size, twin.hashes = self.size, self.hashes.copy()
        return twin
