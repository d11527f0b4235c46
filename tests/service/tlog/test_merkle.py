"""The tree against RFC 6962's own definition, and against the roots of Certificate Transparency's tests."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.tlog.merkle import EMPTY_ROOT, HASH_BYTES, Frontier, leaf, node

# The reference inputs and roots of Certificate Transparency's own tests, for 0 to 8 leaves.
INPUTS = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def tree_hash(leaves: list[bytes]) -> bytes:
    """MTH(D[n]) as section 2.1 of RFC 6962 defines it, over leaf hashes."""
    if not leaves:
        return EMPTY_ROOT
    if len(leaves) == 1:
        return leaves[0]
    half = 1 << (len(leaves) - 1).bit_length() - 1
    return node(tree_hash(leaves[:half]), tree_hash(leaves[half:]))


def grown(leaves: list[bytes]) -> Frontier:
    frontier = Frontier()
    for leaf_hash in leaves:
        frontier.append(leaf_hash)
    return frontier


leaves_of = st.lists(st.binary(max_size=8).map(leaf), max_size=70)


def test_the_roots_are_those_of_certificate_transparency() -> None:
    leaves = [leaf(entry) for entry in INPUTS]
    assert [grown(leaves[:n]).root().hex() for n in range(9)] == ROOTS


@given(leaves_of)
def test_the_root_is_the_tree_hash_of_the_leaves(leaves: list[bytes]) -> None:
    frontier = grown(leaves)
    assert frontier.root() == tree_hash(leaves)
    assert frontier.size == len(leaves)
    assert len(frontier.hashes) == len(leaves).bit_count()


@given(leaves_of)
def test_a_leaf_brings_the_hashes_of_the_subtrees_it_completes(leaves: list[bytes]) -> None:
    frontier = Frontier()
    for n, leaf_hash in enumerate(leaves, start=1):
        nodes = frontier.append(leaf_hash)
        completed = [nodes[i : i + HASH_BYTES] for i in range(0, len(nodes), HASH_BYTES)]
        levels = (n & -n).bit_length() - 1
        assert completed == [tree_hash(leaves[n - (1 << level) : n]) for level in range(1, levels + 1)]


@given(leaves_of, leaves_of)
def test_a_stored_frontier_goes_on_where_it_stopped(before: list[bytes], after: list[bytes]) -> None:
    stored = grown(before)
    resumed = Frontier(stored.size, stored.hashes)
    for leaf_hash in after:
        resumed.append(leaf_hash)
    assert resumed.root() == tree_hash(before + after)
    assert stored.root() == tree_hash(before)


def test_a_copy_grows_on_its_own() -> None:
    frontier = grown([leaf(b"a"), leaf(b"b"), leaf(b"c")])
    root = frontier.root()
    frontier.copy().append(leaf(b"d"))
    assert (frontier.size, frontier.root()) == (3, root)


@pytest.mark.parametrize(
    ("size", "hashes"), [(1, []), (0, [bytes(32)]), (2, [bytes(32)] * 2), (1, [bytes(31)]), (-1, [])]
)
def test_what_is_no_frontier_is_refused(size: int, hashes: list[bytes]) -> None:
    with pytest.raises(ValueError, match="not the frontier"):
        Frontier(size, hashes)
