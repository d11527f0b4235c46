"""What the holder of the key can sign and no verifier should take: entries that are no envelopes."""

from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest

from service.log.sources import Directory
from service.log.verify import Trust, Wrong, verify
from service.tlog.checkpoint import Checkpoint, Tree
from service.tlog.entry import Entry
from service.tlog.merkle import Frontier, leaf
from service.tlog.note import LOG_KEY, Note, PrivateKey
from service.tlog.tiles import WIDTH, Tile, join_entries, subtree_root

ORIGIN = "duban.example/log"
KEY = PrivateKey.generate(ORIGIN, LOG_KEY)
TRUST = Trust([KEY.public])
# One full tile and a part of the next.
SIZE = WIDTH + 40


def entry(position: int, *, second: int | None = None, says: int | None = None) -> bytes:
    """The entry at a position, recorded at a second of its own."""
    at = position if second is None else second
    moment = f"2020-06-10T{at // 3600:02}:{at // 60 % 60:02}:{at % 60:02}.000000Z"
    envelope = Entry(
        "office", None, UUID(int=1), says or position, moment, bytes(32), UUID(int=position), 1, "unit.x"
    )
    return envelope.encode()


def signed(entries: list[bytes]) -> Checkpoint:
    tree = Frontier()
    for each in entries:
        tree.append(leaf(each))
    signed_tree = Tree(ORIGIN, len(entries), tree.root())
    return Checkpoint(signed_tree, Note(signed_tree.text(), (KEY.sign(signed_tree.text()),)))


def written(directory: Path, entries: list[bytes]) -> Path:
    """The log of these entries, whole and signed, as it is exported."""
    files = {"checkpoint": signed(entries).encode()}
    full = []
    for first in range(0, len(entries), WIDTH):
        part = entries[first : first + WIDTH]
        hashes = [leaf(each) for each in part]
        files[Tile(0, first // WIDTH, len(part)).path] = b"".join(hashes)
        files[Tile(None, first // WIDTH, len(part)).path] = join_entries(part)
        full += [subtree_root(hashes)] if len(part) == WIDTH else []
    files[Tile(1, 0, len(full)).path] = b"".join(full)
    for path, content in files.items():
        (directory / path).parent.mkdir(parents=True, exist_ok=True)
        (directory / path).write_bytes(content)
    return directory


def good() -> list[bytes]:
    return [entry(position) for position in range(1, SIZE + 1)]


def test_a_log_of_envelopes_is_taken(tmp_path: Path) -> None:
    assert verify(Directory(written(tmp_path, good())), TRUST).checkpoint.size == SIZE


WRONG: dict[str, tuple[Callable[[int], bytes], str]] = {
    "says another place": (lambda at: entry(at, says=at + 1), "says that it is at"),
    "is recorded earlier": (lambda at: entry(at, second=at - 2), "recorded before the one in front"),
    "is recorded at no moment": (
        lambda at: entry(at).replace(b'"recordedAt":"2020', b'"recordedAt":"+2020'),
        "no envelope in canonical form",
    ),
    "is spaced": (lambda at: entry(at).replace(b":", b": ", 1), "no envelope in canonical form"),
    "has one field more": (lambda at: entry(at)[:-1] + b',"x":1}', "no envelope in canonical form"),
    "is of a list": (lambda _: b"[]", "no envelope in canonical form"),
    "is empty": (lambda _: b"", "no envelope in canonical form"),
}


@pytest.mark.parametrize("position", [2, WIDTH, WIDTH + 1, SIZE])
@pytest.mark.parametrize("name", WRONG)
def test_a_signed_entry_that_is_no_envelope_is_named(tmp_path: Path, name: str, position: int) -> None:
    make, told = WRONG[name]
    entries = good()
    entries[position - 1] = make(position)
    with pytest.raises(Wrong, match=told) as wrong:
        verify(Directory(written(tmp_path, entries)), TRUST)
    assert wrong.value.position == position


@pytest.mark.parametrize("known", [WIDTH - 3, WIDTH, WIDTH + 7])
@pytest.mark.parametrize("kept", [False, True])
def test_time_does_not_go_back_behind_what_was_verified_before_either(
    tmp_path: Path, known: int, kept: bool
) -> None:
    entries = good()
    since = signed(entries[:known])
    file = tmp_path / "kept"
    if kept:
        verify(Directory(written(tmp_path / "old", entries[:known])), TRUST, kept=file)
    entries[known] = entry(known + 1, second=known - 1)
    source = Directory(written(tmp_path / "log", entries))
    with pytest.raises(Wrong, match="recorded before the one in front") as wrong:
        verify(source, TRUST, since=None if kept else since, kept=file if kept else None)
    assert wrong.value.position == known + 1


def test_where_nothing_is_new_nothing_is_read(tmp_path: Path) -> None:
    log = written(tmp_path, good())
    for path in (log / "tile" / "entries").rglob("*"):
        if path.is_file():
            path.unlink()
    assert verify(Directory(log), TRUST, since=signed(good())).first == SIZE + 1
