"""Proofs of every size to 300, in both directions: the right ones hold, wrong ones do not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.tlog import proofs
from service.tlog.merkle import EMPTY_ROOT, Frontier, node
from service.tlog.proofs import consistency_ranges, includes, inclusion_ranges, is_consistent
from tests.service.tlog.trees import leaves, path, proof, tree_hash

LEAVES = leaves(300)
ROOTS = [tree_hash(LEAVES[:size]) for size in range(301)]
SIZES = range(301)


def hash_of(level: int, index: int) -> bytes:
    return tree_hash(LEAVES[index << level : index + 1 << level])


def inclusion(index: int, size: int) -> list[bytes]:
    return proofs.proof(inclusion_ranges(index, size), hash_of)


def consistency(old: int, new: int) -> list[bytes]:
    return proofs.proof(consistency_ranges(old, new), hash_of)


def spoiled(hashes: list[bytes]) -> list[list[bytes]]:
    """The proof made wrong in every simple way."""
    wrong = [[*hashes, bytes(32)], [bytes(32), *hashes], [*hashes, b""]]
    for at, hashed in enumerate(hashes):
        flipped = bytes([hashed[0] ^ 1]) + hashed[1:]
        wrong += [
            [*hashes[:at], other, *hashes[at + 1 :]] for other in (flipped, b"", hashed[:-1], hashed * 2)
        ]
        wrong.append(hashes[:at] + hashes[at + 1 :])
    if len(hashes) > 1:
        wrong.append(hashes[::-1])
    return wrong


@pytest.mark.parametrize("size", range(1, 301))
def test_every_leaf_is_in_every_tree_that_has_it(size: int) -> None:
    for index in range(size):
        given = inclusion(index, size)
        assert given == path(index, LEAVES[:size])
        assert includes(index, size, LEAVES[index], given, ROOTS[size])
        assert not includes(index, size, LEAVES[index - 1], given, ROOTS[size]) or size == 1
        assert not includes(index, size, LEAVES[index], given, ROOTS[size - 1])
        assert not includes(size, size, LEAVES[index], given, ROOTS[size])
        assert not includes(-1, size, LEAVES[index], given, ROOTS[size])


@pytest.mark.parametrize("new", range(301))
def test_every_tree_goes_on_from_every_one_before(new: int) -> None:
    for old in range(new + 1):
        given = consistency(old, new)
        if old:
            assert given == proof(old, LEAVES[:new])
        assert is_consistent(old, new, ROOTS[old], ROOTS[new], given)
        assert not is_consistent(old, new, bytes(32), ROOTS[new], given)
        if old:
            assert not is_consistent(old, new, ROOTS[old], bytes(32), given)
            assert not is_consistent(old, new, ROOTS[old - 1], ROOTS[new], given)
            assert not is_consistent(old, new, b"", ROOTS[new], given)
            assert not is_consistent(old, new, ROOTS[old], b"", given)
        if old < new:
            assert not is_consistent(new, old, ROOTS[new], ROOTS[old], given)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 9, 64, 100, 255, 256, 257, 300])
def test_a_spoiled_proof_does_not_hold(size: int) -> None:
    for index in {0, 1, size // 2, size - 1} & set(range(size)):
        for wrong in spoiled(inclusion(index, size)):
            assert not includes(index, size, LEAVES[index], wrong, ROOTS[size])
    for old in {1, 2, size // 2, size - 1, size} & set(range(1, size + 1)):
        for wrong in spoiled(consistency(old, size)):
            assert not is_consistent(old, size, ROOTS[old], ROOTS[size], wrong)


def test_from_nothing_only_the_empty_tree_counts() -> None:
    assert is_consistent(0, 0, EMPTY_ROOT, EMPTY_ROOT, [])
    assert is_consistent(0, 5, EMPTY_ROOT, ROOTS[5], [])
    assert not is_consistent(0, 5, b"", ROOTS[5], [])
    assert not is_consistent(0, 5, ROOTS[1], ROOTS[5], [])
    assert not is_consistent(0, 5, EMPTY_ROOT, ROOTS[5], [LEAVES[0]])
    assert not is_consistent(0, 0, EMPTY_ROOT, ROOTS[1], [])
    assert not is_consistent(5, 5, ROOTS[5], ROOTS[5], [LEAVES[0]])
    assert not is_consistent(-1, 5, EMPTY_ROOT, ROOTS[5], [])
    assert not includes(0, 0, LEAVES[0], [], EMPTY_ROOT)


def test_an_endless_proof_is_no_proof() -> None:
    assert not includes(0, 2**62, LEAVES[0], [bytes(32)] * 100_000, bytes(32))


@pytest.mark.parametrize(("index", "size"), [(0, 0), (5, 5), (-1, 3)])
def test_what_cannot_be_proved_is_not_tried(index: int, size: int) -> None:
    with pytest.raises(ValueError, match="no leaf"):
        inclusion_ranges(index, size)


@given(st.integers(0, 2**40), st.integers(0, 2**40))
def test_perfect_subtrees_cover_their_leaves(one: int, other: int) -> None:
    first, end = sorted((one, other))
    at = first
    for level, index in proofs.perfect(first, end):
        assert index << level == at
        at += 1 << level
    assert at == end


@given(st.integers(1, 2**62))
def test_the_frontier_is_what_perfect_subtrees_of_the_whole_are(size: int) -> None:
    assert [level for level, _ in proofs.perfect(0, size)] == [
        bit for bit in reversed(range(size.bit_length())) if size >> bit & 1
    ]


def test_folding_is_the_root_of_a_frontier() -> None:
    frontier = Frontier()
    for size, leaf_hash in enumerate(LEAVES, start=1):
        frontier.append(leaf_hash)
        assert proofs.fold(frontier.hashes) == ROOTS[size]
    assert proofs.fold([]) == EMPTY_ROOT
    assert proofs.fold([LEAVES[0], LEAVES[1]]) == node(LEAVES[0], LEAVES[1])
