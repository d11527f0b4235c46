"""The draw: RFC 3797's own worked example, and what any draw must be."""

import json
from pathlib import Path

import pytest
from hypothesis import given as always
from hypothesis import strategies as st

from domain.draw import key_string, select

EXAMPLE = json.loads((Path(__file__).parent / "rfc3797.json").read_text())


def _sources() -> list[list[int]]:
    return [[int(s)] if isinstance(s, str) else s for s in EXAMPLE["sources"]]


def test_the_rfcs_own_example() -> None:
    key = key_string(_sources())
    assert key == EXAMPLE["key_string"]
    steps = select(key, EXAMPLE["pool_size"], len(EXAMPLE["selected"]))
    assert [step.place for step in steps] == EXAMPLE["selected"]
    for index, digest in EXAMPLE["digests_md5_hex"].items():
        assert steps[int(index)].digest.upper() == digest


def test_the_numbers_of_a_source_are_sorted_as_numbers() -> None:
    assert key_string([[10, 9, 2, 10], [7]]) == "2.9.10.10./7./"


@always(
    st.lists(st.lists(st.integers(0, 99), min_size=1, max_size=6), max_size=4), st.integers(0, 40), st.data()
)
def test_nothing_is_drawn_twice_and_a_longer_draw_goes_on(
    sources: list[list[int]], entries: int, data: st.DataObject
) -> None:
    wanted = data.draw(st.integers(0, entries))
    key = key_string(sources)
    steps = select(key, entries, wanted)
    places = [step.place for step in steps]
    assert len(set(places)) == wanted
    assert all(1 <= place <= entries for place in places)
    assert [step.left for step in steps] == [entries - i for i in range(wanted)]
    assert select(key, entries, entries)[:wanted] == steps


@pytest.mark.parametrize(("entries", "wanted"), [(3, 4), (-1, 0), (3, -1), (70_000, 1)])
def test_what_cannot_be_drawn(entries: int, wanted: int) -> None:
    with pytest.raises(ValueError, match="cannot be drawn"):
        select("1./", entries, wanted)
