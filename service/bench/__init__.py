"""The bench: how fast and how large we are, as ratios against peers in the same run (`duban bench`).

How it measures, and why so, is told in docs/decisions/how-the-bench-measures.md.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from service.bench.report import Figure

NAMES = ("append", "log", "rebuild", "read", "visible", "memory", "daily", "ranking", "rating")
DESCRIPTION = "Measure against other ways to do it, in the same run. Some minutes; --quick: one."


def main(argv: Sequence[str] | None = None) -> int:
    """Run the bench and print what it found; 1 when bounds are missed and --strict is given, else 0."""
    from service.bench.report import as_json, as_table

    options = _parser().parse_args(argv)
    left_out: list[str] = []
    figures = list(_measured(options, left_out))
    print((as_json if options.json else as_table)(figures, left_out))
    return 1 if options.strict and any(figure.met is False for figure in figures) else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="duban bench", description=DESCRIPTION)
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--quick", action="store_true", help="a small history and short rounds: a first look")
    parser.add_argument("--only", metavar="NAME", action="append", choices=NAMES, help=", ".join(NAMES))
    parser.add_argument("--strict", action="store_true", help="fail when a bound is missed")
    parser.add_argument(
        "--directory",
        type=Path,
        default=Path(".bench"),
        help="where its database and the peers' packages are kept (default: .bench)",
    )
    return parser


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _measured(options: argparse.Namespace, left_out: list[str]) -> Iterator[Figure]:
    """The figures of the measurements that were asked for, one after the other."""
    from service.bench import measurements as of
    from service.bench import sealed
    from service.bench.database import bench_database, fresh
    from service.bench.load import LoadGenerator
    from service.bench.tables import rebuilt_seconds, record, show_peers

    names = options.only or NAMES
    length = of.QUICK_LENGTH if options.quick else of.FULL_LENGTH
    directory: Path = options.directory.resolve()
    directory.mkdir(parents=True, exist_ok=True)
    # What an earlier run's servers signed was another log: with that in their memory they would not sign.
    shutil.rmtree(directory / "log", ignore_errors=True)
    with bench_database(directory) as server, LoadGenerator() as generator:
        if "append" in names:
            _tell("append")
            yield from of.append(fresh(server, "append"), length)
        if "log" in names:
            _tell("log")
            extent = sealed.QUICK if options.quick else sealed.FULL
            yield from sealed.figures(fresh(server, "sealed"), fresh(server, "sealing"), directory, extent)
        if "daily" in names:
            _tell("daily")
            yield from of.daily(fresh(server, "daily"), directory, length)
        if "ranking" in names:
            _tell("ranking")
            yield from of.rank(fresh(server, "ranking"), length)
        if "rating" in names:
            _tell("rating")
            yield from of.rating(fresh(server, "rating"), directory, length)
        if not {"rebuild", "read", "visible", "memory"} & set(names):
            return
        place = of.Place(fresh(server, "history"), directory, _tell, left_out)
        began = perf_counter()
        events = asyncio.run(record(place.database, length.extent))
        _tell(f"a history of {events:,} events, made and recorded in {perf_counter() - began:.0f} s")
        if "rebuild" in names:
            yield from of.rebuild(place, length, events)
        else:
            asyncio.run(rebuilt_seconds(place.database))
        show_peers(place.database)
        if "read" in names:
            yield from of.read(place, length, generator)
        if "visible" in names:
            yield from of.see(place, length)
        if "memory" in names:
            yield from of.weigh(place, length, generator)
