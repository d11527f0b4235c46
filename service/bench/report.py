"""What the bench has found, as a table for people and as JSON for machines."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version

import orjson


@dataclass(frozen=True, slots=True)
class Figure:
    """One line: what was measured, of ours and of a peer, and what was asked for.

    `ratio` is the median over rounds of ours to theirs; `bound` the least that it should be. `p99_ratio` is
    the same of the p99s, where it should be at most 1; None where nothing is asked of it.
    """

    bench: str
    subject: str
    ours: float
    unit: str
    ours_p99_ms: float | None = None
    peer: str | None = None
    theirs: float | None = None
    theirs_p99_ms: float | None = None
    ratio: float | None = None
    bound: float | None = None
    p99_ratio: float | None = None

    @property
    def met(self) -> bool | None:
        """Whether the bounds hold; None where there is none."""
        if self.bound is None or self.ratio is None:
            return None
        return self.ratio >= self.bound and (self.p99_ratio is None or self.p99_ratio <= 1)


def machine() -> dict[str, str | int | None]:
    """Where it was measured."""
    return {
        "measured": datetime.now(UTC).isoformat(timespec="seconds"),
        "processors": os.cpu_count(),
        "system": platform.system(),
        "architecture": platform.machine(),
        "python": platform.python_version(),
        "strawberry": version("strawberry-graphql"),
        "eventsourcing": version("eventsourcing"),
    }


def as_json(figures: Sequence[Figure], left_out: Sequence[str]) -> str:
    """One JSON object: the machine, the figures, and what was left out, with the reason."""
    lines = [{**asdict(figure), "met": figure.met} for figure in figures]
    found = {"machine": machine(), "figures": lines, "left_out": list(left_out)}
    return orjson.dumps(found, option=orjson.OPT_INDENT_2).decode()


HEADINGS = ("bench", "what", "ours", "p99 ms", "against", "theirs", "p99 ms", "ratio", "bound", "")


def as_table(figures: Sequence[Figure], left_out: Sequence[str]) -> str:
    """A Markdown table, its columns aligned, and what was left out."""
    rows = [HEADINGS, *(_cells(figure) for figure in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
        for row in rows
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    where = ", ".join(f"{name} {value}" for name, value in machine().items())
    return "\n".join([where, "", *lines, *(f"left out: {reason}" for reason in left_out)])


def _cells(figure: Figure) -> tuple[str, ...]:
    return (
        figure.bench,
        figure.subject,
        f"{_number(figure.ours)} {figure.unit}",
        _number(figure.ours_p99_ms),
        figure.peer or "",
        f"{_number(figure.theirs)} {figure.unit}" if figure.theirs is not None else "",
        _number(figure.theirs_p99_ms),
        f"{figure.ratio:.2f} ×" if figure.ratio is not None else "",
        f"≥ {figure.bound:g} ×{', p99 ≤' if figure.p99_ratio is not None else ''}" if figure.bound else "",
        {True: "met", False: "MISSED", None: ""}[figure.met],
    )


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if value >= 100 else f"{value:.2f}" if value < 10 else f"{value:.1f}"
