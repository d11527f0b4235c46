"""The tiles of C2SP tlog-tiles: their paths, which of them a tree has, and what is in them.

Tile n of level l holds the hashes of up to 256 subtrees of 256^l leaves each; level 0 holds leaf hashes. Only
the last tile of a level may have fewer. An entry bundle holds the entries of a tile of level 0, each behind
its length in two bytes.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from service.tlog.merkle import HASH_BYTES, node

WIDTH = 256
HEIGHT = 8
LEVEL_MOST = 63
# No tile of a log of 2^63 leaves has a larger number.
INDEX_MOST = 2**55
BUNDLE_BYTES_LIMIT = WIDTH * (2 + 65_535)

_PATH = re.compile(
    r"(?P<level>0|[1-9][0-9]?|entries)/(?P<index>(?:x[0-9]{3}/)*[0-9]{3})(?:\.p/(?P<width>[1-9][0-9]{0,2}))?",
    re.ASCII,
)


@dataclass(frozen=True, slots=True, order=True)
class Tile:
    """`level` None is a bundle of entries; `width` is 256 for a full tile."""

    level: int | None
    index: int
    width: int = WIDTH

    @property
    def is_full(self) -> bool:
        return self.width == WIDTH

    @property
    def path(self) -> str:
        """`tile/<L>/<N>[.p/<W>]`."""
        level = "entries" if self.level is None else str(self.level)
        partial = "" if self.is_full else f".p/{self.width}"
        return f"tile/{level}/{index_path(self.index)}{partial}"

    @property
    def bytes_most(self) -> int:
        """More than so many bytes it cannot have."""
        return self.width * (2 + 65_535 if self.level is None else HASH_BYTES)

    @property
    def positions(self) -> range:
        """The positions of the events below it."""
        leaves = WIDTH ** (self.level or 0)
        first = self.index * WIDTH * leaves
        return range(first + 1, first + self.width * leaves + 1)


def index_path(index: int) -> str:
    """The number in groups of three digits, all but the last behind an x: 1234067 is `x001/x234/067`."""
    path = f"{index % 1000:03d}"
    while index >= 1000:
        index //= 1000
        path = f"x{index % 1000:03d}/{path}"
    return path


def parse_path(path: str) -> Tile | None:
    """The tile that `<L>/<N>[.p/<W>]` names; None if it names none."""
    found = _PATH.fullmatch(path)
    if found is None or len(path) > 100:
        return None
    level = None if found["level"] == "entries" else int(found["level"])
    index = int(found["index"].replace("x", "").replace("/", ""))
    width = int(found["width"] or WIDTH)
    tile = Tile(level, index, width)
    fits = (level or 0) <= LEVEL_MOST and index <= INDEX_MOST and (width < WIDTH or not found["width"])
    # One tile has one path: no leading groups of zeros.
    return tile if fits and tile.path == f"tile/{path}" else None


def width_at(size: int, level: int, index: int) -> int:
    """How many hashes the tile has in a tree of this size; 0 if it is not there."""
    return max(0, min(WIDTH, (size >> HEIGHT * level) - index * WIDTH))


def has(size: int, tile: Tile) -> bool:
    """Whether a tree of this size has the tile, or more of it."""
    return width_at(size, tile.level or 0, tile.index) >= tile.width


def edge(size: int) -> list[Tile]:
    """The partial tiles of a tree, the lowest level first."""
    return [
        Tile(level, (size >> HEIGHT * level) >> HEIGHT, width)
        for level in range((size.bit_length() + HEIGHT - 1) // HEIGHT)
        if (width := (size >> HEIGHT * level) & (WIDTH - 1))
    ]


def tiles_between(old: int, new: int) -> Iterator[Tile]:
    """The hash tiles of a tree of `new` leaves that one of `old` did not have, or not so wide."""
    for level in range((new.bit_length() + HEIGHT - 1) // HEIGHT):
        before, after = old >> HEIGHT * level, new >> HEIGHT * level
        if before == after:
            continue
        for index in range(before >> HEIGHT, (after + WIDTH - 1) >> HEIGHT):
            yield Tile(level, index, min(WIDTH, after - index * WIDTH))


def bundles_between(old: int, new: int) -> Iterator[Tile]:
    """The bundles of entries that a tree of `new` leaves has, and one of `old` had not, or not so wide."""
    for index in range(old >> HEIGHT, (new + WIDTH - 1) >> HEIGHT if new > old else 0):
        yield Tile(None, index, min(WIDTH, new - index * WIDTH))


def split_hashes(content: bytes) -> list[bytes]:
    """The hashes of a tile."""
    return [content[at : at + HASH_BYTES] for at in range(0, len(content), HASH_BYTES)]


def subtree_root(hashes: Sequence[bytes]) -> bytes:
    """The root over so many hashes as are a power of two."""
    row = list(hashes)
    while len(row) > 1:
        row = [node(row[at], row[at + 1]) for at in range(0, len(row), 2)]
    return row[0]


def trailing_zeros(number: int) -> int:
    """How many subtrees the leaf of this number (from 1) completes."""
    return (number & -number).bit_length() - 1


def join_entries(entries: Sequence[bytes]) -> bytes:
    """The bundle of these entries."""
    return b"".join(len(entry).to_bytes(2) + entry for entry in entries)


def split_entries(content: bytes) -> tuple[list[bytes], bool]:
    """The entries of a bundle up to where its lengths no longer add up, and whether they do to the end."""
    entries: list[bytes] = []
    at, end = 0, len(content)
    while at < end:
        behind = at + 2 + int.from_bytes(content[at : at + 2])
        if behind > end or at + 2 > end:
            return entries, False
        entries.append(content[at + 2 : behind])
        at = behind
    return entries, True
