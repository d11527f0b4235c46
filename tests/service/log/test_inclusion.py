"""Inclusion proofs: sound for every leaf of every small tree, and for no other."""

from dataclasses import replace

import pytest

from service.log.inclusion import Inclusion, included, perfect, sides
from service.log.merkle import leaf, node


def root(leaves: list[bytes]) -> bytes:
    """RFC 6962's own recursive definition."""
    if len(leaves) == 1:
        return leaf(leaves[0])
    half = 1 << ((len(leaves) - 1).bit_length() - 1)
    return node(root(leaves[:half]), root(leaves[half:]))


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 7, 8, 11, 16, 21])
def test_a_proof_leads_from_its_leaf_to_the_root_and_from_no_other(size: int) -> None:
    leaves = [b"entry %d" % i for i in range(size)]
    for index in range(size):
        path = tuple(root(leaves[begin:end]) for begin, end in sides(index, size))
        proof = Inclusion(size, index, path, root(leaves))
        assert included(leaves[index], proof)
        assert not included(b"another", proof)
        assert not included(leaves[index], replace(proof, index=index + size))
        assert not included(leaves[index], replace(proof, root=bytes(32)))
        assert not included(leaves[index], replace(proof, root=b""))
        if size > 1:
            assert not included(leaves[index], replace(proof, path=path[:-1]))
            assert not included(leaves[index], replace(proof, index=(index + 1) % size))


@pytest.mark.parametrize("size", range(1, 40))
def test_spans_are_made_of_perfect_subtrees(size: int) -> None:
    for index in range(size):
        for begin, end in [*sides(index, size), (0, size)]:
            covered = [i for level, at in perfect(begin, end) for i in range(at << level, (at + 1) << level)]
            assert covered == list(range(begin, end))
