"""Trees in memory, straight from the definition in RFC 6962, for proofs and tiles to be held against."""

from functools import cache

from service.tlog.merkle import EMPTY_ROOT, leaf, node


def leaves(count: int) -> tuple[bytes, ...]:
    return tuple(leaf(b"entry %d" % n) for n in range(count))


@cache
def tree_hash(hashes: tuple[bytes, ...]) -> bytes:
    """MTH(D[n]), section 2.1, over leaf hashes."""
    if len(hashes) < 2:
        return hashes[0] if hashes else EMPTY_ROOT
    half = 1 << (len(hashes) - 1).bit_length() - 1
    return node(tree_hash(hashes[:half]), tree_hash(hashes[half:]))


def path(index: int, hashes: tuple[bytes, ...]) -> list[bytes]:
    """PATH(m, D[n]), section 2.1.1."""
    if len(hashes) == 1:
        return []
    half = 1 << (len(hashes) - 1).bit_length() - 1
    if index < half:
        return [*path(index, hashes[:half]), tree_hash(hashes[half:])]
    return [*path(index - half, hashes[half:]), tree_hash(hashes[:half])]


def proof(old: int, hashes: tuple[bytes, ...]) -> list[bytes]:
    """PROOF(m, D[n]), section 2.1.2."""
    return _subproof(old, hashes, True)


def _subproof(old: int, hashes: tuple[bytes, ...], is_whole: bool) -> list[bytes]:
    if old == len(hashes):
        return [] if is_whole else [tree_hash(hashes)]
    half = 1 << (len(hashes) - 1).bit_length() - 1
    if old <= half:
        return [*_subproof(old, hashes[:half], is_whole), tree_hash(hashes[half:])]
    return [*_subproof(old - half, hashes[half:], False), tree_hash(hashes[:half])]
