"""`duban log doctor`: compares everything that should agree, and says what differs, with positions.

The events with their leaf hashes and the nodes of the tree; the head; the triggers that guard them; erasures
with the orders that allow them; tiles; checkpoints; and the read tables with what the log makes of them anew.
It mends nothing. It believes the database as little as it can: what it compares is computed here, from states
and salts. A history that was rewritten from end to end agrees with itself; that is what checkpoints elsewhere
and witnesses are for.
"""

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from service import Failure
from service.config import Settings
from service.log.files import read_if_there
from service.log.keys import key_file, memory_file, signing_keys
from service.store.database import Database
from service.tables.differences import differences
from service.tlog.checkpoint import opened, parse_checkpoint
from service.tlog.entry import SALT_BYTES, Entry, digest, moment
from service.tlog.merkle import EMPTY_ROOT, HASH_BYTES, Frontier
from service.tlog.note import BadNote, PublicKey, parse_vkey, verified_by

PAGE = 2_000
TOLD_OF_EACH = 20
TILE_LEVELS, TILE_WIDTH = 8, 256

EVENTS = """
select e.position, e.stream_id, e.stream_version, e.topic, e.recorded_at, e.actor, e.correlation, e.causation,
    e.salt, e.state, e.leaf_hash, e.nodes, x.state_digest, x.by_position,
    x.position is null or log.is_erasure(x.by_position, x.position, x.remains) as allowed
from log.event e left join log.erased x on x.position = e.position
where e.position > $1 order by e.position limit $2"""
HEAD = "select size, nullif(recorded_at, '-infinity') from log.head"
STRAY = """
select x.position from log.erased x
where not exists (select from log.event e where e.position = x.position)"""
BEFORE = "select position from log.event where position < 1 order by position limit 50"
TRIGGERS = """
select c.relname::text || '.' || t.tgname, t.tgenabled::text
from pg_trigger t join pg_class c on c.oid = t.tgrelid
where c.relnamespace = 'log'::regnamespace and not t.tgisinternal"""
TILES = "select index, hashes from log.tile where level = $1 and index between $2 and $3"
BEYOND = """
select level, index from log.tile
where (index + 1) * (256::numeric ^ (level + 1)) > $1 order by level, index limit 50"""
SIGNERS = "select vkey from log.signer"
CHECKPOINTS = "select number, size, note from log.checkpoint order by size, number"

# The log's own guard, as the migrations set it up: these triggers fire always, and these for all who append.
ALWAYS, ORDINARY = "A", "O"
GUARD = {
    **dict.fromkeys(
        (
            "event.append_only",
            "event.never_changed",
            "event.only_erasure",
            "erased.append_only",
            "erased.only_what_is_confirmed",
            "head.moved_by_events_only",
            "head.one_row",
            "tile.append_only",
            "checkpoint.append_only",
            "cosignature.append_only",
            "signer.append_only",
        ),
        ALWAYS,
    ),
    **dict.fromkeys(("event.lock_head", "event.move_head", "checkpoint.grows"), ORDINARY),
}


@dataclass(frozen=True)
class Finding:
    """Something that does not agree with the rest; `position` is the event's, where it is about one."""

    part: str
    said: str
    position: int | None = None

    def __str__(self) -> str:
        where = "" if self.position is None else f" at position {self.position}"
        return f"{self.part}{where}: {self.said}"


@dataclass
class Report:
    """What was found: the first of each part, and how many there are."""

    findings: list[Finding] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    events: int = 0

    def add(self, part: str, said: str, position: int | None = None) -> None:
        self.counts[part] += 1
        if self.counts[part] <= TOLD_OF_EACH:
            self.findings.append(Finding(part, said, position))


Progress = Callable[[int, int], None]


async def examine(
    database: Database,
    settings: Settings | None = None,
    *,
    projections: bool = True,
    progress: Progress = lambda done, total: None,
) -> Report:
    """Everything compared. `projections` False leaves out the read tables, which only their owner, the
    writer, can build anew beside the live ones; `settings` say what the last checkpoint is signed with."""
    report = Report()
    checkpoints = await database.fetch(CHECKPOINTS)
    signers = _signers(await database.fetch(SIGNERS), report)
    readable = await asyncio.to_thread(_readable, checkpoints, signers, report)
    walk = _Walk(database, report, [*readable, *_remembered(settings, report)])
    await walk.run(progress)
    await _examine_head(database, walk, report)
    await _examine_guard(database, report)
    for row in await database.fetch(BEFORE):
        report.add("event", "it stands before the first of the log", row[0])
    for row in await database.fetch(STRAY):
        report.add("erasure", "an event that is not there is said to be erased", row[0])
    for row in await database.fetch(BEYOND, walk.tree.size):
        report.add("tile", f"tile {row['level']}/{row['index']} lies beyond the end of the tree")
    if checkpoints and settings is not None:
        _examine_signature(checkpoints[-1], settings, report)
    if projections:
        for name, said, position in await differences(database):
            report.add(f"projection {name}", said, position)
    return report


def _remembered(settings: Settings | None, report: Report) -> list[tuple[str, int, bytes]]:
    """What the signer has signed last, where that is here: out of reach of the database's administrator."""
    path = memory_file(settings.data) if settings is not None else None
    content = read_if_there(path) if path is not None else None
    if content is None:
        return []
    try:
        checkpoint = parse_checkpoint(content)
    except (BadNote, UnicodeDecodeError) as error:
        report.add("checkpoint", f"{path} is none: {error}")
        return []
    return [(f"the signer's memory ({path})", checkpoint.size, checkpoint.root)]


def _signers(rows: Sequence[Any], report: Report) -> list[PublicKey]:
    """The keys that have signed here."""
    keys = []
    for row in rows:
        try:
            keys.append(parse_vkey(row["vkey"]))
        except BadNote as error:
            report.add("signer", f"{row['vkey'][:60]!r} is no key: {error}")
    return keys


def _readable(
    rows: Sequence[Any], signers: Sequence[PublicKey], report: Report
) -> list[tuple[str, int, bytes]]:
    """Name, size and root of each checkpoint that can be read; its signature is that of one of the keys that
    have signed here. (Whether they are the log's, the last one's is asked.)"""
    found = []
    for row in rows:
        try:
            checkpoint = parse_checkpoint(bytes(row["note"]))
        except (BadNote, UnicodeDecodeError) as error:
            report.add("checkpoint", f"checkpoint {row['number']} is none: {error}", row["size"] or None)
            continue
        try:
            is_signed = bool(verified_by(checkpoint.note, signers))
        except BadNote:
            is_signed = False
        if not is_signed:
            said = f"checkpoint {row['number']} is signed by none of the keys that have signed here"
            report.add("checkpoint", said, row["size"] or None)
        if checkpoint.size != row["size"]:
            said = f"checkpoint {row['number']} is of {checkpoint.size} events, not of {row['size']}"
            report.add("checkpoint", said, row["size"] or None)
        found.append((f"checkpoint {row['number']}", checkpoint.size, checkpoint.root))
    return found


def _examine_signature(row: Any, settings: Settings, report: Report) -> None:
    if settings.log_key is None and not key_file(settings.data).exists():
        return
    try:
        opened(bytes(row["note"]), signing_keys(settings).public, settings.log_origin)
    except (BadNote, UnicodeDecodeError, Failure) as error:
        report.add("checkpoint", f"the last one is not signed by the log's key: {error}", row["size"] or None)


async def _examine_head(database: Database, walk: "_Walk", report: Report) -> None:
    row = await database.fetchrow(HEAD)
    if row is None:
        report.add("head", "there is none")
        return
    size, recorded_at = row
    # The log may have grown since the last page was read.
    if size < walk.tree.size:
        report.add("head", f"it says that there are {size} events; there are {walk.tree.size}")
    elif size > walk.last_position and not await _grown_to(database, size):
        report.add("head", f"it says that there are {size} events; the last is {walk.last_position}")
    elif size == walk.tree.size and recorded_at != walk.recorded_at:
        report.add("head", f"it says that the last event was recorded at {recorded_at}")


async def _examine_guard(database: Database, report: Report) -> None:
    """The triggers are there and switched on. (Whoever can switch them off can switch them on again: that
    they are on now says nothing of before.)"""
    found = {row[0]: row[1] for row in await database.fetch(TRIGGERS)}
    for name, enabled in GUARD.items():
        if name not in found:
            report.add("guard", f"the trigger {name} is gone")
        elif found[name] not in (enabled, ALWAYS):
            report.add("guard", f"the trigger {name} is switched off, or does not fire always")


async def _grown_to(database: Database, size: int) -> bool:
    return bool(await database.fetchval("select exists (select from log.event where position = $1)", size))


class _Walk:
    """One walk along the events, which builds the tree anew from what their content says."""

    def __init__(self, database: Database, report: Report, checkpoints: Sequence[tuple[str, int, bytes]]):
        self.tree = Frontier()
        self.recorded_at: Any = None
        self.last_position = 0
        self._database = database
        self._report = report
        # The smallest first.
        self._checkpoints = deque(sorted(checkpoints, key=lambda each: each[1]))
        self._signed = max((size for _, size, _ in checkpoints), default=0)
        self._versions: dict[UUID, int] = {}
        # By level of tiles: the hashes of the tile under way, and those that are full and not compared yet.
        self._parts: list[list[bytes]] = [[] for _ in range(TILE_LEVELS)]
        self._full: list[tuple[int, int, bytes]] = []
        self._tiles = [0] * TILE_LEVELS

    async def run(self, progress: Progress) -> None:
        total = await self._database.fetchval("select size from log.head") or 0
        self._compare_checkpoints()
        while rows := await self._database.fetch(EVENTS, self.last_position, PAGE):
            for row in rows:
                self._event(row)
            await self._compare_tiles()
            progress(self.last_position, max(total, self.last_position))
        for name, size, _ in self._checkpoints:
            said = f"{name} is of {size} events, more than there are"
            self._report.add("checkpoint", said, size)
        self._report.events = self.tree.size

    def _event(self, row: Any) -> None:
        position = row["position"]
        if position != self.last_position + 1:
            first, last = self.last_position + 1, position - 1
            gone = "it is missing" if first == last else f"all to {last} are missing"
            self._report.add("event", gone, first)
        self.last_position = position
        self._place(row)
        leaf_hash = self._leaf(row)
        nodes = self.tree.append(leaf_hash)
        if nodes != row["nodes"]:
            self._report.add("node", "what it completes is not the tree of the events before it", position)
        self._grow(leaf_hash, nodes)
        self._compare_checkpoints()

    def _place(self, row: Any) -> None:
        """Its version, its time and its cause fit what came before."""
        position, stream, version = row["position"], row["stream_id"], row["stream_version"]
        known = self._versions.get(stream)
        if version not in ((0, 1) if known is None else (known + 1,)):
            self._report.add("event", f"version {version} of stream {stream} follows on {known}", position)
        self._versions[stream] = version
        if self.recorded_at is not None and row["recorded_at"] < self.recorded_at:
            self._report.add("event", "it was recorded before the event in front of it", position)
        self.recorded_at = row["recorded_at"]
        if row["causation"] is not None and not 0 < row["causation"] < position:
            self._report.add("event", f"its cause {row['causation']} does not come before it", position)

    def _leaf(self, row: Any) -> bytes:
        """The leaf of its content, which is compared with the stored one."""
        position, stored = row["position"], bytes(row["leaf_hash"])
        if row["salt"] == b"":
            sealed = self._erased(row)
            if sealed is None:
                return stored
        else:
            sealed = digest(row["salt"], row["state"])
            if row["state_digest"] is not None:
                self._report.add("erasure", "it is said to be erased, and is not", position)
            if len(row["salt"]) != SALT_BYTES:
                self._report.add("event", f"its salt has {len(row['salt'])} bytes", position)
        entry = Entry(
            row["actor"],
            row["causation"],
            row["correlation"],
            position,
            moment(row["recorded_at"]),
            sealed,
            row["stream_id"],
            row["stream_version"],
            row["topic"],
        )
        leaf_hash = entry.leaf_hash()
        if leaf_hash != stored:
            self._report.add("event", "its leaf hash is not that of its content", position)
            if row["salt"] == b"" or len(stored) != HASH_BYTES:
                return leaf_hash
        # Where the leaf was kept and the content was not, the tree is still that of the leaves.
        return stored

    def _erased(self, row: Any) -> bytes | None:
        """The digest that outlives an erased state."""
        position = row["position"]
        if row["state_digest"] is None:
            self._report.add("erasure", "state and salt are gone, and no erasure says why", position)
            return None
        if row["state"] != b"":
            self._report.add("erasure", "its salt is gone, and its state is not", position)
        if not row["allowed"]:
            said = f"event {row['by_position']} is no confirmed erasure of it, or leaves something else"
            self._report.add("erasure", said, position)
        return bytes(row["state_digest"])

    # -- tiles and checkpoints

    def _grow(self, leaf_hash: bytes, nodes: bytes) -> None:
        """The tiles' own levels are each eighth of the tree's."""
        for level in range(TILE_LEVELS):
            if level:
                start = (8 * level - 1) * HASH_BYTES
                leaf_hash = nodes[start : start + HASH_BYTES]
                if not leaf_hash:
                    return
            part = self._parts[level]
            part.append(leaf_hash)
            if len(part) == TILE_WIDTH:
                self._full.append((level, self._tiles[level], b"".join(part)))
                self._tiles[level] += 1
                part.clear()

    async def _compare_tiles(self) -> None:
        for level in {level for level, _, _ in self._full}:
            full = {index: hashes for at, index, hashes in self._full if at == level}
            rows = await self._database.fetch(TILES, level, min(full), max(full))
            stored = {row["index"]: bytes(row["hashes"]) for row in rows}
            for index, hashes in full.items():
                self._compare_tile(level, index, hashes, stored.get(index))
        self._full.clear()

    def _compare_tile(self, level: int, index: int, hashes: bytes, stored: bytes | None) -> None:
        leaves = TILE_WIDTH**level
        first = index * TILE_WIDTH * leaves + 1
        if stored is None:
            # Tiles follow behind the checkpoints.
            if first - 1 + TILE_WIDTH * leaves <= self._signed:
                self._report.add("tile", f"tile {level}/{index} is missing", first)
        elif stored != hashes:
            places = (n // 32 for n in range(0, len(hashes), 32) if stored[n : n + 32] != hashes[n : n + 32])
            place = next(places, 0)
            self._report.add("tile", f"tile {level}/{index} differs in hash {place}", first + place * leaves)

    def _compare_checkpoints(self) -> None:
        while self._checkpoints and self._checkpoints[0][1] <= self.tree.size:
            name, size, root = self._checkpoints.popleft()
            if root != (self.tree.root() if size else EMPTY_ROOT):
                said = f"{name} of {size} events has another root than these events"
                self._report.add("checkpoint", said, size or None)


async def examined(settings: Settings, projections: bool, progress: Progress) -> Report:
    """`examine` on the database of the settings."""
    assert settings.database_url is not None
    async with await Database.open(
        settings.database_url, size=2, time_zone=settings.time_zone.key
    ) as database:
        return await examine(database, settings, projections=projections, progress=progress)
