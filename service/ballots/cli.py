"""The subcommands of ratings: check boxes and draws from a file, write that file, run the inspectorate's
issuer."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from service import Failure
from service.ballots.lines import Line, entry_faults, lines, read, written
from service.ballots.verify import Fault, verify
from service.ballots.verify_draw import verify_draws
from service.config import Settings
from service.store.database import Database
from service.store.migrate import prepare


class Wrong(Failure):
    """What was checked is not right."""


def verify_rating(path: Path) -> None:
    """Raises Wrong when a box is."""
    given = list(read(path))
    report = verify(given)
    _tell([*_entries(given), *report.faults])
    print(
        f"all is right: {report.boxes} boxes, {report.sealed} units sealed with {report.ballots} ballots, "
        f"{report.voided} voided"
    )


def verify_draw(path: Path) -> None:
    """Raises Wrong when a draw is."""
    given = list(read(path))
    report = verify_draws(given)
    _tell([*_entries(given), *report.faults])
    print(f"all is right: {report.draws} draws of {report.units} units")


def export_events(settings: Settings, path: Path | None) -> None:
    """Write the whole log, an event a line, to a file or to standard output."""
    asyncio.run(_export(settings, path))


async def _export(settings: Settings, path: Path | None) -> None:
    assert settings.database_url is not None
    await prepare(settings)
    count = 0
    async with await Database.open(
        settings.database_url, size=1, time_zone=settings.time_zone.key
    ) as database:
        if path is None:
            async for line in lines(database):
                print(written(line).decode(), end="")
            return
        with path.open("wb") as file:
            async for line in lines(database):
                file.write(written(line))
                count += 1
    print(f"{count} events written to {path}")


def _entries(given: Sequence[Line]) -> list[Fault]:
    return [Fault(position, text) for position, text in entry_faults(given)]


def _tell(faults: list[Fault]) -> None:
    if faults:
        for fault in faults:
            print(fault)
        raise Wrong(f"{len(faults)} {'thing is' if len(faults) == 1 else 'things are'} wrong")
