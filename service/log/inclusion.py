"""Inclusion proofs (RFC 6962, section 2.1.1) out of the nodes that the log keeps beside its leaves.

A node of the tree lies with the last event below it; a proof asks for at most twice log2(n) of them, in one
statement.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from service.log.merkle import HASH_BYTES, leaf, node
from service.store.database import Database

NODES = "select position, leaf_hash, nodes from log.event where position = any($1::bigint[])"
SIZE = "select size from log.head"

Place = tuple[int, int]
"""A perfect subtree: its level (0: a leaf) and its index among those of the level."""


@dataclass(frozen=True)
class Inclusion:
    """That a leaf is in the tree: `path` leads from the leaf of `index` to the root of the first `size`."""

    size: int
    index: int
    path: tuple[bytes, ...]
    root: bytes


async def prove(database: Database, position: int) -> Inclusion:
    """The proof for the event at a position, in the tree as it is now."""
    size: int = await database.fetchval(SIZE)
    index = position - 1
    spans = [*sides(index, size), (0, size)]
    needed = {place for span in spans for place in perfect(*span)}
    rows = await database.fetch(NODES, [(i + 1) << level for level, i in needed])
    stored = {row["position"]: (row["leaf_hash"], row["nodes"]) for row in rows}
    hashes = {place: _node(stored, *place) for place in needed}
    *path, root = (_root(span, hashes) for span in spans)
    return Inclusion(size, index, tuple(path), root)


def sides(index: int, size: int) -> list[tuple[int, int]]:
    """What stands beside the way from a leaf to the root: spans of leaves, the nearest first."""
    found: list[tuple[int, int]] = []
    begin, end = 0, size
    while end - begin > 1:
        middle = begin + _half(end - begin)
        if index < middle:
            found.append((middle, end))
            end = middle
        else:
            found.append((begin, middle))
            begin = middle
    return found[::-1]


def perfect(begin: int, end: int) -> Iterator[Place]:
    """The perfect subtrees that a span of the tree is made of, the largest first."""
    while begin < end:
        level = (end - begin).bit_length() - 1
        yield level, begin >> level
        begin += 1 << level


def included(entry: bytes, proof: Inclusion) -> bool:
    """Whether the proof leads from the leaf of this entry to its root (RFC 9162, section 2.1.3.2)."""
    if not 0 <= proof.index < proof.size or any(len(h) != HASH_BYTES for h in (*proof.path, proof.root)):
        return False
    at, last, reached = proof.index, proof.size - 1, leaf(entry)
    for sibling in proof.path:
        if last == 0:
            return False
        if at & 1 or at == last:
            reached = node(sibling, reached)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            reached = node(reached, sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and reached == proof.root


def _half(size: int) -> int:
    """The largest power of two below the size."""
    return 1 << ((size - 1).bit_length() - 1)


def _node(stored: Mapping[int, tuple[bytes, bytes]], level: int, index: int) -> bytes:
    leaf_hash, nodes = stored[(index + 1) << level]
    return leaf_hash if level == 0 else nodes[HASH_BYTES * (level - 1) : HASH_BYTES * level]


def _root(span: tuple[int, int], hashes: Mapping[Place, bytes]) -> bytes:
    parts = [hashes[place] for place in perfect(*span)]
    root = parts.pop()
    while parts:
        root = node(parts.pop(), root)
    return root
