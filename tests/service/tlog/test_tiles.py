"""Paths and widths of tiles as C2SP tlog-tiles has them; PyPI's `tlog-scales` beside ours."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tlog_scales import tiles as theirs

from service.tlog.tiles import (
    INDEX_MOST,
    Tile,
    bundles_between,
    edge,
    has,
    index_path,
    join_entries,
    parse_path,
    split_entries,
    tiles_between,
    width_at,
)


def test_the_examples_of_the_specification() -> None:
    assert index_path(1_234_067) == "x001/x234/067"
    # A tree of size 70,000: 273 full tiles of level 0 and one of width 112; one full tile of level 1 and one
    # of width 17; one of level 2, of width 1.
    found = list(tiles_between(0, 70_000))
    assert [t for t in found if not t.is_full] == [Tile(0, 273, 112), Tile(1, 1, 17), Tile(2, 0, 1)]
    assert sum(t.is_full and t.level == 0 for t in found) == 273
    assert sum(t.is_full and t.level == 1 for t in found) == 1
    # A tree of size 256: a full tile of level 0, and one of level 1 of width 1.
    assert list(tiles_between(0, 256)) == [Tile(0, 0), Tile(1, 0, 1)]
    assert edge(256) == [Tile(1, 0, 1)]
    assert edge(70_000) == [Tile(0, 273, 112), Tile(1, 1, 17), Tile(2, 0, 1)]
    assert edge(0) == []


@given(st.integers(0, INDEX_MOST), st.integers(0, 63) | st.none(), st.integers(1, 256))
def test_a_path_names_its_tile_and_no_other(index: int, level: int | None, width: int) -> None:
    tile = Tile(level, index, width)
    assert parse_path(tile.path.removeprefix("tile/")) == tile
    partial = 0 if tile.is_full else width
    assert tile.path == "/".join(theirs.tile_path(-1 if level is None else level, index, partial))


@pytest.mark.parametrize(
    "path",
    [
        "",
        "0",
        "0/",
        "0/1",
        "0/0001",
        "00/000",
        "64/000",
        "-1/000",
        "0/x000/001",
        "0/x1/001",
        "0/001/002",
        "0/000.p/0",
        "0/000.p/256",
        "0/000.p/01",
        "0/000.p",
        "0/000/",
        "data/000",
        "entries/000.p/-1",
        "0/٠٠١",
        "0/000\n",
        "0/" + "x999/" * 9 + "999",
        "../../etc/passwd",
    ],
)
def test_what_is_no_path_of_a_tile_names_none(path: str) -> None:
    assert parse_path(path) is None


@given(st.integers(0, 10**12), st.integers(0, 7))
def test_widths_are_those_of_an_independent_reader(size: int, level: int) -> None:
    full, partial = theirs.level_tiles(size, level)
    assert width_at(size, level, full) == partial
    assert width_at(size, level, full + 1) == 0
    if full:
        assert width_at(size, level, full - 1) == 256
        assert has(size, Tile(level, full - 1))
    assert not has(size, Tile(level, full, partial + 1))


@given(st.integers(0, 200_000), st.integers(0, 200_000))
def test_what_a_larger_tree_adds(one: int, other: int) -> None:
    old, new = sorted((one, other))
    before, after = set(tiles_between(0, old)), set(tiles_between(0, new))
    added = set(tiles_between(old, new))
    assert added == after - before
    assert {t.index for t in bundles_between(old, new)} == {t.index for t in added if t.level == 0}


@given(st.lists(st.binary(max_size=300), max_size=256))
def test_a_bundle_holds_its_entries(entries: list[bytes]) -> None:
    bundle = join_entries(entries)
    assert split_entries(bundle) == (entries, True)
    if entries:
        assert split_entries(bundle[:-1]) == (entries[:-1], False)
    assert split_entries(bundle + b"\0") == (entries, False)


def test_positions_below_a_tile() -> None:
    assert Tile(0, 1, 3).positions == range(257, 260)
    assert Tile(None, 0).positions == range(1, 257)
    assert Tile(1, 1, 2).positions == range(65_537, 65_537 + 512)
