"""The verifier: that a log is what its checkpoint says, from nothing but public keys.

From the top down. The checkpoint's signatures are verified; the partial tiles at the edge of the tree must
fold to its root; each full tile must be what the tile above it says, down to the leaves; each entry must be
its leaf, and an envelope in canonical form at its own position, no earlier than the one before. So whatever
is wrong is named where it is: a position, or the tile. Memory holds one tile of each level, and what is read
ahead.

The log must go on from an older checkpoint, out of a letter or an earlier visit. What that covers was read
then: entries are read from behind it on. A file keeps how far a verification has come.
"""

import re
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import msgspec

from service import Failure
from service.log.files import read_if_there, write_durably
from service.log.sources import Source, Unreadable, read_checkpoint, read_tile
from service.tlog.checkpoint import Checkpoint, Tree, opened, parse_tree
from service.tlog.entry import Entry
from service.tlog.merkle import HASH_BYTES, leaf
from service.tlog.note import BadNote, PublicKey
from service.tlog.proofs import fold, perfect
from service.tlog.tiles import HEIGHT, WIDTH, Tile, edge, split_entries, split_hashes, subtree_root, width_at

READERS = 4
AHEAD = 16
KEPT_EVERY = 128 * WIDTH

Progress = Callable[[int, int], object]


class Wrong(Failure):
    """The log is not what was signed. `position` is the first wrong event, where one can be named."""

    def __init__(self, message: str, position: int | None = None):
        super().__init__(message)
        self.position = position


@dataclass(frozen=True, slots=True)
class Trust:
    """What a verifier brings along: the log's keys, and witnesses all of whom must have cosigned."""

    keys: Sequence[PublicKey]
    witnesses: Sequence[PublicKey] = ()
    origin: str | None = None


@dataclass(frozen=True, slots=True)
class Verified:
    """What was found: the checkpoint, and from which position on entries were read."""

    checkpoint: Checkpoint
    first: int
    witnesses: Sequence[str] = field(default_factory=tuple)


def verify(
    source: Source,
    trust: Trust,
    *,
    since: Checkpoint | None = None,
    whole: bool = False,
    kept: Path | None = None,
    progress: Progress = lambda done, total: None,
) -> Verified:
    """Verify the log. `since` is a checkpoint that was verified before, `kept` the file that an earlier
    verification left; entries are read from behind them on, unless `whole` is asked for.

    Raises Wrong where something is not as signed, Unreadable where something is not there or not in time.
    """
    checkpoint = read_signed(source, trust)
    tree = VerifiedTree(source, checkpoint.tree)
    begin = 0
    for known, whence in (
        (since.tree if since is not None else None, "the checkpoint given"),
        (_read_kept(kept), f"{kept}"),
    ):
        if known is not None:
            _require_goes_on(tree, known, whence)
            begin = 0 if whole else max(begin, known.size)
    entries = _Entries(tree)
    total = checkpoint.size - begin
    progress(0, total)
    for done in entries.verify(begin):
        progress(done - begin, total)
        if kept is not None and (done % KEPT_EVERY == 0 or done == checkpoint.size):
            write_durably(kept, Tree(checkpoint.tree.origin, done, tree.root(done)).text().encode())
    return Verified(checkpoint, begin + 1, [key.name for key in trust.witnesses])


def read_signed(source: Source, trust: Trust) -> Checkpoint:
    """The source's checkpoint, signed by one of the keys and cosigned by every witness."""
    content = read_checkpoint(source)
    try:
        checkpoint = opened(content, trust.keys, trust.origin)
        missing = [key.name for key in trust.witnesses if checkpoint.note.signed_by(key) is None]
    except BadNote as error:
        raise Wrong(f"checkpoint: {error}") from None
    if missing:
        raise Wrong(f"checkpoint: not cosigned by {', '.join(missing)}")
    return checkpoint


def _require_goes_on(tree: "VerifiedTree", known: Tree, whence: str) -> None:
    if known.origin != tree.signed.origin:
        raise Wrong(f"{whence} is of {known.origin}, the log of {tree.signed.origin}")
    if known.size > tree.signed.size:
        raise Wrong(
            f"the log has {tree.signed.size} events, {whence} {known.size}: events are gone, or this is an "
            "older copy",
            tree.signed.size + 1,
        )
    if tree.root(known.size) != known.root:
        raise Wrong(f"the first {known.size} events are not those of {whence}: the history was rewritten")


def _read_kept(path: Path | None) -> Tree | None:
    """How far an earlier verification came; nothing else counts on it."""
    content = read_if_there(path) if path is not None else None
    if content is None:
        return None
    try:
        return parse_tree(content.decode())
    except (BadNote, UnicodeDecodeError):
        raise Unreadable(f"{path} is not what an earlier verification left; remove it") from None


class VerifiedTree:
    """The tiles of a signed tree, each verified before it is used. One tile of each level is kept."""

    def __init__(self, source: Source, signed: Tree):
        self.source = source
        self.signed = signed
        self._edge = {tile.level: (tile, read_tile(source, tile)) for tile in edge(signed.size)}
        self._current: dict[int, tuple[int, bytes]] = {}
        self._verify_edge()

    def root(self, size: int) -> bytes:
        """The root of the tree when it had so many leaves."""
        return fold([self._hash(*subtree) for subtree in perfect(0, size)])

    def tile(self, level: int, index: int, content: bytes | None = None) -> bytes:
        """The hashes of a tile; `content` is what was read of it, if it was."""
        at_edge = self._edge.get(level)
        if at_edge is not None and at_edge[0].index == index:
            return at_edge[1]
        kept = self._current.get(level)
        if kept is not None and kept[0] == index:
            return kept[1]
        tile = Tile(level, index)
        above = self.tile(level + 1, index >> HEIGHT)
        at = index % WIDTH * HASH_BYTES
        if content is None:
            content = read_tile(self.source, tile)
        if (
            len(content) != tile.bytes_most
            or subtree_root(split_hashes(content)) != above[at : at + HASH_BYTES]
        ):
            raise _wrong_tile(tile, "is not the signed one")
        self._current[level] = (index, content)
        return content

    def _hash(self, level: int, index: int) -> bytes:
        """The hash of a perfect subtree, out of the tile that it lies in."""
        height = level // HEIGHT
        wide = 1 << level % HEIGHT
        first = index * wide
        hashes = split_hashes(self.tile(height, first // WIDTH))
        return subtree_root(hashes[first % WIDTH : first % WIDTH + wide])

    def _verify_edge(self) -> None:
        for tile, content in self._edge.values():
            if len(content) != tile.bytes_most:
                raise _wrong_tile(tile, f"has {len(content)} bytes, not {tile.bytes_most}")
        if self._edge_root() == self.signed.root:
            return
        self._blame()

    def _edge_root(self) -> bytes:
        return fold([self._edge_hash(*subtree) for subtree in perfect(0, self.signed.size)])

    def _edge_hash(self, level: int, index: int) -> bytes:
        tile, content = self._edge[level // HEIGHT]
        wide = 1 << level % HEIGHT
        at = index * wide - tile.index * WIDTH
        return subtree_root(split_hashes(content)[at : at + wide])

    def _blame(self) -> None:
        """The edge does not fold to the root. Make each of its tiles anew from what lies below, and name the
        one that is then another."""
        for tile, content in list(self._edge.values()):
            below = b"".join(self._from_below(tile))
            if below != content:
                leaves = len(tile.positions) // tile.width
                first = tile.positions[0] + leaves * _first_other(below, content)
                raise Wrong(f"{tile.path} does not fit what lies below it, position {first}", first)
        raise Wrong(
            f"the tree of {self.signed.size} events fits together, but is not the signed one: an event was "
            "changed, removed or added, and the tree hashed anew"
        )

    def _from_below(self, tile: Tile) -> list[bytes]:
        if tile.level == 0:
            bundle = read_tile(self.source, Tile(None, tile.index, tile.width))
            return [leaf(entry) for entry in split_entries(bundle)[0]][: tile.width]
        assert tile.level is not None
        below = [Tile(tile.level - 1, tile.index * WIDTH + at) for at in range(tile.width)]
        return [subtree_root(_padded(read_tile(self.source, t))) for t in below]


def _padded(content: bytes) -> list[bytes]:
    """Whatever came, as a full tile: wrong ones will not fit."""
    return split_hashes(content[: WIDTH * HASH_BYTES].ljust(WIDTH * HASH_BYTES, b"\0"))


def _wrong_tile(tile: Tile, what: str) -> Wrong:
    span = tile.positions
    return Wrong(f"{tile.path} {what} (positions {span[0]} to {span[-1]})", span[0])


class _Entries:
    """Reads bundles and tiles ahead, in several threads, and verifies them in order."""

    def __init__(self, tree: VerifiedTree):
        self._tree = tree
        self._last = ""
        self._idle: deque[Source] = deque()

    def verify(self, begin: int) -> Iterator[int]:
        """Verify every entry behind the first `begin`, and the last of those again, for its time; how many
        events are verified, tile by tile."""
        size = self._tree.signed.size
        indexes = range(max(begin - 1, 0) // WIDTH, -(-size // WIDTH)) if begin < size else range(0)
        with ThreadPoolExecutor(READERS) as readers:
            try:
                for index, content, bundle in self._ahead(readers, indexes):
                    hashes = self._tree.tile(0, index, content)
                    self._verify(index, hashes, bundle, begin)
                    yield min(size, (index + 1) * WIDTH)
            finally:
                readers.shutdown(cancel_futures=True)
                for source in self._idle:
                    source.close()

    def _ahead(
        self, readers: ThreadPoolExecutor, indexes: range
    ) -> Iterator[tuple[int, bytes | None, bytes]]:
        under_way: deque[tuple[int, Future[tuple[bytes | None, bytes]]]] = deque()
        for index in indexes:
            under_way.append((index, readers.submit(self._read, index)))
            if len(under_way) >= AHEAD:
                first, future = under_way.popleft()
                yield first, *future.result()
        for index, future in under_way:
            yield index, *future.result()

    def _read(self, index: int) -> tuple[bytes | None, bytes]:
        width = width_at(self._tree.signed.size, 0, index)
        try:
            source = self._idle.popleft()
        except IndexError:
            source = self._tree.source.clone()
        try:
            # The partial tile at the edge is read already.
            content = read_tile(source, Tile(0, index)) if width == WIDTH else None
            return content, read_tile(source, Tile(None, index, width))
        finally:
            self._idle.append(source)

    def _verify(self, index: int, hashes: bytes, bundle: bytes, begin: int) -> None:
        width = len(hashes) // HASH_BYTES
        first = index * WIDTH
        entries, is_whole = split_entries(bundle)
        found = b"".join([sha256(b"\0" + entry).digest() for entry in entries[:width]])
        if found != hashes:
            position = first + 1 + _first_other(found, hashes)
            what = "is not the signed one" if position <= first + len(entries) else "is missing"
            raise Wrong(f"the entry at position {position} {what}", position)
        if not is_whole or len(entries) not in (width, WIDTH):
            raise Wrong(
                f"there is more in {Tile(None, index, width).path} than was signed", first + width + 1
            )
        entries = entries[:width]
        for position, entry in enumerate(entries, start=first + 1):
            if position >= begin:
                self._last = _require_envelope(entry, position, self._last)


_decode = msgspec.json.Decoder(Entry, strict=True).decode
# Of one width, so that texts are in the order of time.
_is_moment = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z").fullmatch


def _require_envelope(entry: bytes, position: int, last: str) -> str:
    """The entry is an envelope in its canonical form, at its position, no earlier than the one before; when
    it was recorded."""
    try:
        envelope = _decode(entry)
        is_canonical = envelope.encode() == entry and _is_moment(envelope.recordedAt) is not None
    except (msgspec.DecodeError, ValueError):
        is_canonical = False
    if not is_canonical:
        raise Wrong(
            f"the entry at position {position} is signed, but is no envelope in canonical form", position
        )
    if envelope.position != position:
        raise Wrong(f"the entry at position {position} says that it is at {envelope.position}", position)
    if envelope.recordedAt < last:
        raise Wrong(f"the entry at position {position} is recorded before the one in front of it", position)
    return envelope.recordedAt


def _first_other(found: bytes, hashes: bytes) -> int:
    """Which of the hashes (from 0) is the first that was not found."""
    for at in range(0, len(hashes), HASH_BYTES):
        if found[at : at + HASH_BYTES] != hashes[at : at + HASH_BYTES]:
            return at // HASH_BYTES
    return len(hashes) // HASH_BYTES
