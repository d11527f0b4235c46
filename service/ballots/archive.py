"""A log that left the building, for whoever checks ratings and draws: a directory that `duban log export
--events` wrote, or a file of lines alone.

Of a directory, the log itself is verified first, from nothing but public keys; each line must then be the
event whose entry is signed. A file of lines agrees with itself at best: it is held to no checkpoint.
"""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from service import BadInput, Failure
from service.ballots.lines import Line, NotALine, read
from service.log.sources import Directory, Unreadable, own_keys, read_tile
from service.log.verify import Trust, Wrong, verify
from service.tlog.note import BadNote, PublicKey
from service.tlog.tiles import WIDTH, Tile, split_entries, width_at

EVENTS = "events.jsonl"


def given(place: Path, keys: Sequence[PublicKey], witnesses: Sequence[PublicKey]) -> list[Line]:
    """The events at a place. Raises Failure where they are not what was signed, NotALine where they are
    none."""
    if place.is_dir():
        return list(_signed(place, keys, witnesses))
    if not place.exists():
        raise BadInput(f"there is no {place}")
    if keys or witnesses:
        raise Failure(f"{place} is a file of events and has no checkpoint that a key could have signed")
    print("no checkpoint is here: the events are held to each other, and to no signature", file=sys.stderr)
    return list(read(place))


def _signed(directory: Path, keys: Sequence[PublicKey], witnesses: Sequence[PublicKey]) -> Iterator[Line]:
    source = Directory(directory)
    path = directory / EVENTS
    if not path.is_file():
        raise Unreadable(f"{directory} has no {EVENTS}: export it with --events")
    try:
        found = verify(source, Trust(keys or _own_keys(source), witnesses))
    except BadNote as error:
        raise Wrong(f"{directory}: {error}") from None
    print(f"{found.checkpoint.tree.origin}: {found.checkpoint.size} events are what was signed.")
    lines = read(path)
    for position, entry in enumerate(_entries(source, found.checkpoint.size), 1):
        line = next(lines, None)
        if line is None:
            raise NotALine(f"{path} ends before position {position}: export it again with --events")
        if line.entry.encode() != entry:
            raise Wrong(f"{path}: the event at position {position} is not the signed one", position)
        yield line


def _own_keys(source: Directory) -> Sequence[PublicKey]:
    keys = own_keys(source)
    print("The key comes with the log. Compare it with the one that you were given:")
    print("\n".join(f"  {key.vkey}" for key in keys))
    return keys


def _entries(source: Directory, size: int) -> Iterator[bytes]:
    """The entries of a log that is verified."""
    for index in range(-(-size // WIDTH)):
        width = width_at(size, 0, index)
        yield from split_entries(read_tile(source, Tile(None, index, width)))[0][:width]
