"""What the bench prints: a bound is met or missed, never left unsaid."""

from __future__ import annotations

from dataclasses import replace

import orjson
import pytest

from service.bench.report import Figure, as_json, as_table

READ = Figure("read", "task by id", 4000.0, "/s", 5.0, "PostGraphile", 2000.0, 10.0, 2.0, 1.4, 0.5)


@pytest.mark.parametrize(
    ("figure", "met"),
    [
        (READ, True),
        (replace(READ, ratio=1.4), True),
        (replace(READ, ratio=1.39), False),
        (replace(READ, p99_ratio=1.01), False),
        (replace(READ, p99_ratio=None), True),
        (replace(READ, bound=None), None),
    ],
)
def test_a_bound_is_met_by_the_ratio_and_where_asked_by_the_p99(figure: Figure, met: bool | None) -> None:
    assert figure.met is met


def test_the_table_says_what_is_missed_and_what_was_left_out() -> None:
    printed = as_table([READ, replace(READ, ratio=1.2)], ["PostGraphile: npm is not installed"]).splitlines()

    assert [line.rstrip("| ").rsplit("| ", 1)[1] for line in printed if line.startswith("| read")] == [
        "met",
        "MISSED",
    ]
    assert printed[-1] == "left out: PostGraphile: npm is not installed"
    assert len({len(line) for line in printed if line.startswith("|")}) == 1


def test_the_json_has_every_figure_and_whether_its_bound_is_met() -> None:
    found = orjson.loads(as_json([READ], []))

    assert found["figures"][0]["ratio"] == 2.0
    assert found["figures"][0]["met"] is True
    assert found["machine"]["processors"] >= 1
