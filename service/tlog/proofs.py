"""Proofs of RFC 6962, section 2.1: that a leaf is in a tree, and that a tree goes on from another.

A proof is a list of subtree hashes; each is folded from perfect subtrees, which are named by level and index:
subtree (l, i) holds the leaves from i · 2^l on, 2^l of them. Where these hashes come from is the caller's
business: the log's own nodes, tiles, or a list in a test.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import reduce

from service.tlog.merkle import EMPTY_ROOT, HASH_BYTES, node

Subtree = tuple[int, int]
Range = tuple[int, int]
# Trees have fewer than 2^63 leaves, so that no proof is longer.
PROOF_HASHES_LIMIT = 64


def perfect(first: int, end: int) -> list[Subtree]:
    """The largest perfect subtrees that the leaves from `first` to before `end` make up, left to right."""
    found = []
    while first < end:
        level = (end - first).bit_length() - 1
        if first:
            level = min(level, (first & -first).bit_length() - 1)
        found.append((level, first >> level))
        first += 1 << level
    return found


def fold(hashes: Sequence[bytes]) -> bytes:
    """The hash over perfect subtrees that stand side by side, the left ones larger; of none, the empty
    root."""
    if not hashes:
        return EMPTY_ROOT
    return reduce(lambda right, left: node(left, right), reversed(hashes))


def inclusion_ranges(index: int, size: int) -> list[Range]:
    """The leaves below each hash of the inclusion proof, from the leaf's sibling up."""
    if not 0 <= index < size:
        raise ValueError(f"there is no leaf {index} in a tree of {size}")
    ranges, first, end = [], 0, size
    while end - first > 1:
        middle = first + _half(end - first)
        if index < middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((first, middle))
            first = middle
    return ranges[::-1]


def consistency_ranges(old: int, new: int) -> list[Range]:
    """The leaves below each hash of the consistency proof. None are needed from an empty or an equal tree."""
    if not 0 <= old <= new:
        raise ValueError(f"a tree of {new} does not go on from one of {old}")
    if old in (0, new):
        return []
    ranges, first, end, is_whole = [], 0, new, True
    while old != end:
        middle = first + _half(end - first)
        if old <= middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((first, middle))
            first, is_whole = middle, False
    if not is_whole:
        ranges.append((first, end))
    return ranges[::-1]


def subtrees_of(ranges: Iterable[Range]) -> list[Subtree]:
    """All perfect subtrees that the hashes of these ranges are folded from."""
    return [subtree for first, end in ranges for subtree in perfect(first, end)]


def proof(ranges: Iterable[Range], hash_of: Callable[[int, int], bytes]) -> list[bytes]:
    """The hash of each range; `hash_of(level, index)` is that of a perfect subtree."""
    return [fold([hash_of(*subtree) for subtree in perfect(first, end)]) for first, end in ranges]


def includes(index: int, size: int, leaf_hash: bytes, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether the proof shows the leaf in the tree: RFC 9162, section 2.1.3.2."""
    if not 0 <= index < size or not _are_hashes(leaf_hash, root, *proof):
        return False
    at, last, hashed = index, size - 1, leaf_hash
    for sibling in proof:
        if last == 0:
            return False
        if at & 1 or at == last:
            hashed = node(sibling, hashed)
            while at and not at & 1:
                at >>= 1
                last >>= 1
        else:
            hashed = node(hashed, sibling)
        at >>= 1
        last >>= 1
    return last == 0 and hashed == root


def is_consistent(old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether the proof shows that the new tree goes on from the old one: RFC 9162, section 2.1.4.2.

    Every tree goes on from the empty one, whose root is known; the proof is then empty.
    """
    if not 0 <= old <= new or not _are_hashes(old_root, new_root, *proof):
        return False
    if old == 0:
        return not proof and old_root == EMPTY_ROOT and (new > 0 or new_root == EMPTY_ROOT)
    if old == new:
        return not proof and old_root == new_root
    path = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    if not proof:
        return False
    at, last = old - 1, new - 1
    while at & 1:
        at >>= 1
        last >>= 1
    before = after = path[0]
    for hashed in path[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            before, after = node(hashed, before), node(hashed, after)
            while at and not at & 1:
                at >>= 1
                last >>= 1
        else:
            after = node(after, hashed)
        at >>= 1
        last >>= 1
    return last == 0 and before == old_root and after == new_root


def _half(leaves: int) -> int:
    """The largest power of two below so many leaves."""
    return 1 << (leaves - 1).bit_length() - 1


def _are_hashes(*hashes: bytes) -> bool:
    return len(hashes) <= PROOF_HASHES_LIMIT + 2 and all(len(h) == HASH_BYTES for h in hashes)
