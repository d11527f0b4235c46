"""The subcommands of ratings: check boxes and draws from a file, write that file, check the one that a rater
has downloaded, run the inspectorate's issuer."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from service import BadInput, Failure
from service.app import Application
from service.ballots import archive
from service.ballots.downloaded import File, WrongFile, check, read_file, told
from service.ballots.lines import Line, entry_faults, lines, write, written
from service.ballots.verify import Fault, verify
from service.ballots.verify_draw import verify_draws
from service.config import Settings
from service.log.keys import read_vkeys
from service.tlog.note import LOG_KEY, WITNESS_KEY, BadNote, PublicKey, parse_vkeys


class Wrong(Failure):
    """What was checked is not right."""


def verify_rating(place: Path, keys: Sequence[str], witnesses: Sequence[str]) -> None:
    """Raises Wrong when a box is."""
    given = _given(place, keys, witnesses)
    report = verify(given)
    _tell([*_entries(given), *report.faults])
    print(
        f"all is right: {report.boxes} boxes, {report.sealed} units sealed with {report.ballots} ballots, "
        f"{report.voided} voided"
    )


def check_downloaded(path: Path, keys: Sequence[str], witnesses: Sequence[str]) -> None:
    """Raises Wrong when the file is not what was signed, BadInput when it is none."""
    try:
        file = read_file(path.read_bytes())
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}") from None
    try:
        trusted = read_vkeys(list(keys), LOG_KEY) or _own_keys(file)
        found = check(file, trusted, read_vkeys(list(witnesses), WITNESS_KEY))
    except (WrongFile, BadNote) as error:
        raise Wrong(str(error)) from None
    for line in told(found):
        print(line)


def _own_keys(file: File) -> Sequence[PublicKey]:
    """Those in the file, shown as people compare them."""
    keys = parse_vkeys("\n".join(file.log.vkeys), (LOG_KEY,))
    print("The key comes with the file. Compare it with the one that was posted in the hall (校验码):")
    print("\n".join(f"  {key.fingerprint}  {key.vkey}" for key in keys))
    return keys


def verify_draw(place: Path, keys: Sequence[str], witnesses: Sequence[str]) -> None:
    """Raises Wrong when a draw is."""
    given = _given(place, keys, witnesses)
    report = verify_draws(given)
    for abandoned in report.abandoned:
        print(abandoned)
    _tell([*_entries(given), *report.faults])
    told = f", {len(report.abandoned)} abandoned" if report.abandoned else ""
    print(f"all is right: {report.draws} draws of {report.units} units{told}")


def _given(place: Path, keys: Sequence[str], witnesses: Sequence[str]) -> list[Line]:
    return archive.given(place, read_vkeys(list(keys), LOG_KEY), read_vkeys(list(witnesses), WITNESS_KEY))


def export_events(settings: Settings, path: Path | None) -> None:
    """Write the whole log, an event a line, to a file or to standard output."""
    asyncio.run(_export(settings, path))


async def _export(settings: Settings, path: Path | None) -> None:
    async with Application.open(settings, follow=False) as app:
        app.access.exported("duban export", "events")
        if path is not None:
            print(f"{await write(app.database, path)} events written to {path}")
            return
        async for line in lines(app.database):
            print(written(line).decode(), end="")


def _entries(given: Sequence[Line]) -> list[Fault]:
    return [Fault(position, text) for position, text in entry_faults(given)]


def _tell(faults: list[Fault]) -> None:
    if faults:
        for fault in faults:
            print(fault)
        raise Wrong(f"{len(faults)} {'thing is' if len(faults) == 1 else 'things are'} wrong")
