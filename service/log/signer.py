"""The signer: seals what the log holds with a checkpoint, and never one that does not go on from its last.

What it trusts: its own keys, and its memory, a file with the last checkpoint it signed, written before the
checkpoint is given away. Of the database it takes leaves, and makes every node of them itself:

0. The events are those that the head counts, and no more.
1. The database's last checkpoint must carry the signature of one of its keys, and go on from the memory, or
   the memory from it. A database put back to an earlier state is seen by this.
2. The nodes to go on from must fold to the root of that checkpoint: nobody can make up others.
3. Every leaf behind is appended in memory, and each node that results is compared with the stored one, so
   that proofs read from the database will hold.
4. Entries are compared with their leaves, at a bounded pace: at most `ENTRIES_CHECKED_MOST` a time, so that a
   flood of events is sealed in time. (An entry that is not its leaf's takes nothing from the tree; verifiers
   find it in any case. Here it is found early.)

One signs at a time, by an advisory lock; any number of services may try.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import asyncpg

from service import Failure
from service.log import stored
from service.log.files import read_if_there, write_durably
from service.log.keys import SigningKeys
from service.log.stored import Missing, Signed
from service.store.database import Database
from service.tlog.checkpoint import Checkpoint, Tree, opened
from service.tlog.merkle import EMPTY_ROOT, HASH_BYTES, Frontier
from service.tlog.note import BadNote, Note
from service.tlog.proofs import consistency_ranges, fold, is_consistent
from service.tlog.tiles import (
    HEIGHT,
    WIDTH,
    Tile,
    split_hashes,
    subtree_root,
    trailing_zeros,
)

NAME = "duban log signer"
INTERVAL_S = 10.0
# What is asked for on demand is signed no more often than this.
DEMANDED_S = 1.0
# Any number, as long as nobody else locks the same.
LOCK = 2020_0003
WINDOW_TILES = 16
ENTRIES_CHECKED_MOST = 5_000

LEAVES = """
select string_agg(leaf_hash, ''::bytea order by position), string_agg(nodes, ''::bytea order by position)
from log.event where position > $1 and position <= $2
group by (position - 1) >> 8 order by (position - 1) >> 8"""
FIRST_MISSING = """
select min(i) from generate_series($1::bigint + 1, $2) i
where not exists (select from log.event e where e.position = i)"""
WRONG_ENTRY = """
select min(position) from log.entry
where position > $1 and position <= $2 and leaf_hash is distinct from sha256('\\x00'::bytea || entry)"""
# In one look, and so of one moment: whoever appends moves the head in the same transaction.
ENDS = """
select h.size, e.first, e.last
from log.head h, (select min(position) as first, max(position) as last from log.event) e"""
ADD_TILES = """
insert into log.tile (level, index, hashes)
select level, index, hashes from unnest($1::smallint[], $2::bigint[], $3::bytea[]) t(level, index, hashes)
on conflict do nothing"""
OTHER_TILE = """
select t.level, t.index
from log.tile t
join unnest($1::smallint[], $2::bigint[], $3::bytea[]) n(level, index, hashes) using (level, index)
where t.hashes <> n.hashes limit 1"""
ADD_CHECKPOINT = "insert into log.checkpoint (size, note) values ($1, $2)"
ADD_SIGNER = "insert into log.signer (vkey) values ($1) on conflict do nothing"

# What a connection raises that is lost, refused, or too slow to be of use.
LOST = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)


class Inconsistent(Failure):
    """What the database holds is not the log that was signed; nothing more is signed. `position` is the first
    that is wrong, where one can be named."""

    def __init__(self, message: str, position: int | None = None):
        super().__init__(message)
        self.position = position


class Signer:
    """Seals the log of one database."""

    def __init__(self, database: Database, origin: str, keys: Callable[[], SigningKeys], memory: Path):
        """`keys` is asked at every sealing, so that a new key needs no restart; `memory` is the file of what
        was signed last."""
        self.origin = origin
        # Why nothing is signed, in words; None while all is well.
        self.trouble: str | None = None
        self._database = database
        self._keys = keys
        self._memory = memory
        self._checked: int | None = None
        self._turn = asyncio.Lock()
        self._sealed_at_s = float("-inf")

    async def require_keys(self) -> None:
        """Raise BadInput if the keys are none."""
        await asyncio.to_thread(self._keys)

    async def covering(self, position: int) -> Checkpoint:
        """A checkpoint that covers the position: the last one, or a new one on demand."""
        found = await stored.newest(self._database)
        if found is not None and found.checkpoint.size >= position:
            return found.checkpoint
        await asyncio.sleep(self._sealed_at_s + DEMANDED_S - time.monotonic())
        return await self.seal()

    async def seal(self, age_s: float = 0.0) -> Checkpoint:
        """The log as it stands, signed; or the last checkpoint, if it is younger than `age_s` or nothing is
        new. Raises Inconsistent, BadNote and BadInput (keys), and what asyncpg raises."""
        async with self._turn:
            try:
                sealed = await self._seal(age_s)
            except Missing as error:
                self.trouble = str(error)
                raise Inconsistent(str(error)) from error
            except (Failure, BadNote) as error:
                self.trouble = str(error)
                raise
            self.trouble = None
            return sealed

    async def _seal(self, age_s: float) -> Checkpoint:
        keys = await asyncio.to_thread(self._keys)
        connection = await self._database.connect(NAME, statement_timeout="60000", lock_timeout="10000")
        try:
            async with connection.transaction():
                await connection.execute("select pg_advisory_xact_lock($1)", LOCK)
                last = await stored.newest(connection)
                # A clock that went back makes the last one look younger than it can be: it is not.
                if last is not None and 0 <= last.age_s < age_s - 0.5:
                    return last.checkpoint
                signed = await self._signed(connection, keys, last)
            # Committed: now it is given away.
            self._sealed_at_s = time.monotonic()
            return signed
        finally:
            await connection.close(timeout=5)

    async def _signed(self, connection: Any, keys: SigningKeys, last: Signed | None) -> Checkpoint:
        base = Tree(self.origin, 0, EMPTY_ROOT) if last is None else self._own(keys, last.checkpoint)
        remembered = await asyncio.to_thread(self._remembered, keys)
        size = await self._size(connection)
        for known in (base, remembered):
            if known is not None and known.size > size:
                raise Inconsistent(
                    f"the log ends at position {size}, but {known.size} events are signed: it was put back "
                    "to an earlier state, or is another log's database (a data directory is for one log)",
                    size + 1,
                )
        hashes = await stored.frontier(connection, base.size)
        if fold(hashes) != base.root:
            raise Inconsistent(
                f"the nodes of the first {base.size} events are not those that were signed", base.size
            )
        await self._check_entries(connection, base.size, size)
        tree = await self._grown(connection, Frontier(base.size, hashes), size)
        if remembered is not None:
            await self._require_goes_on(connection, remembered, base)
        is_own = last is not None and last.checkpoint.note.signed_by(keys.current.public) is not None
        if last is not None and size == base.size and is_own:
            return last.checkpoint
        signers = [keys.current, *([keys.old] if last is not None and not is_own and keys.old else [])]
        grown = Tree(self.origin, size, tree.root())
        note = Note(grown.text(), tuple(key.sign(grown.text()) for key in signers))
        await asyncio.to_thread(write_durably, self._memory, note.encode())
        await connection.execute(ADD_SIGNER, keys.current.public.vkey)
        await connection.execute(ADD_CHECKPOINT, size, note.encode())
        return Checkpoint(grown, note)

    async def _size(self, connection: Any) -> int:
        """How many events there are, by the head and by the events themselves."""
        row = await connection.fetchrow(ENDS)
        if row is None:
            raise Inconsistent("the log has no head")
        size: int = row["size"]
        for position in (row["first"], row["last"]):
            # None where there are no events.
            if position is not None and not 0 < position <= size:
                raise Inconsistent(
                    f"the log goes from position 1 to {size}, and an event stands at {position}: whoever put "
                    "it there went around the log's own guard",
                    min(position, size + 1),
                )
        return size

    # -- what to go on from

    def _own(self, keys: SigningKeys, checkpoint: Checkpoint) -> Tree:
        """The tree of a checkpoint that one of our keys has signed."""
        try:
            return opened(checkpoint.encode(), keys.public, self.origin).tree
        except BadNote as error:
            raise Inconsistent(
                f"the last checkpoint, of {checkpoint.size} events, is not this signer's: {error}. A new key "
                "needs the old one beside it (DUBAN_LOG_OLD_KEY) for the hand-over"
            ) from None

    def _remembered(self, keys: SigningKeys) -> Tree | None:
        content = read_if_there(self._memory)
        if content is None:
            return None
        try:
            return opened(content, keys.public, self.origin).tree
        except BadNote as error:
            raise Inconsistent(
                f"{self._memory} is no checkpoint of this signer: {error}. A data directory is for one log"
            ) from None

    async def _require_goes_on(self, connection: Any, remembered: Tree, base: Tree) -> None:
        """The memory is of this log. Nodes behind `base` are checked by now; those before it prove
        themselves."""
        if remembered.size >= base.size:
            holds = await stored.root(connection, remembered.size) == remembered.root
        else:
            ranges = consistency_ranges(remembered.size, base.size)
            hashes = await stored.proof(connection, ranges)
            holds = is_consistent(remembered.size, base.size, remembered.root, base.root, hashes)
        if not holds:
            raise Inconsistent(
                f"the first {remembered.size} events are not those that were signed here: the history was "
                "rewritten, or the database is another one's"
            )

    # -- leaves

    async def _check_entries(self, connection: Any, base: int, size: int) -> None:
        checked = base if self._checked is None else min(self._checked, size)
        end = min(size, checked + ENTRIES_CHECKED_MOST)
        wrong = await connection.fetchval(WRONG_ENTRY, checked, end)
        if wrong is not None:
            raise Inconsistent(f"the event at position {wrong} is not what its leaf was made of", wrong)
        self._checked = end

    async def _grown(self, connection: Any, tree: Frontier, size: int) -> Frontier:
        """The tree with the leaves up to `size` appended; its new full tiles are stored."""
        step = WINDOW_TILES * WIDTH
        for first in range(tree.size // WIDTH * WIDTH, size if size > tree.size else 0, step):
            end = min(size, first + step)
            tiles: list[tuple[Tile, bytes]] = []
            start = first
            for leaves, nodes in await connection.fetch(LEAVES, first, end):
                wide = min(WIDTH, end - start)
                if len(leaves) != wide * HASH_BYTES:
                    break
                tiles += await self._appended(connection, tree, start, leaves, nodes)
                start += wide
                # Half a millisecond's work; then whoever appends in this process meanwhile has its turn.
                await asyncio.sleep(0)
            if start != end:
                missing = await connection.fetchval(FIRST_MISSING, first, end)
                raise Inconsistent(f"the event at position {missing} is missing", missing)
            await _store(connection, tiles)
        return tree

    async def _appended(
        self, connection: Any, tree: Frontier, start: int, leaves: bytes, nodes: bytes
    ) -> list[tuple[Tile, bytes]]:
        """Append a tile's leaves that the tree has not; the tiles that this completes."""
        hashes, before, known = split_hashes(leaves), tree.copy(), tree.size - start
        made = b"".join([tree.append(leaf_hash) for leaf_hash in hashes[known:]])
        # The known ones completed so many nodes among themselves: the tile begins at a multiple of 256.
        found = nodes[HASH_BYTES * (known - known.bit_count()) :]
        if found != made:
            position = start + known + _first_other(before, hashes[known:], found)
            raise Inconsistent(f"leaf and nodes do not fit together at position {position}", position)
        if len(hashes) < WIDTH:
            return []
        tiles = [(Tile(0, start // WIDTH), leaves)]
        level = 1
        while tree.size % WIDTH ** (level + 1) == 0:
            tile = Tile(level, tree.size // WIDTH ** (level + 1) - 1)
            tiles.append((tile, await stored.nodes_of(connection, tile) or b""))
            level += 1
        # The nodes that the last leaf completed, the smallest first.
        top = split_hashes(made[-HASH_BYTES * trailing_zeros(tree.size) :])
        for tile, content in tiles:
            assert tile.level is not None
            # The leaves of a tile that is new as a whole are what its root was made of.
            if tile.level == 0 and known == 0:
                continue
            root = top[HEIGHT * (tile.level + 1) - 1]
            if len(content) != WIDTH * HASH_BYTES or subtree_root(split_hashes(content)) != root:
                span = tile.positions
                raise Inconsistent(
                    f"the events {span[0]} to {span[-1]} are not those that were signed ({tile.path})",
                    span[0],
                )
        return tiles


def _first_other(tree: Frontier, hashes: Sequence[bytes], found: bytes) -> int:
    """Which of the leaves (from 1), appended to the tree, is the first whose nodes were not found."""
    at = 0
    for number, leaf_hash in enumerate(hashes, start=1):
        nodes = tree.append(leaf_hash)
        if found[at : at + len(nodes)] != nodes:
            return number
        at += len(nodes)
    return len(hashes)


async def _store(connection: Any, tiles: list[tuple[Tile, bytes]]) -> None:
    columns = ([t.level for t, _ in tiles], [t.index for t, _ in tiles], [hashes for _, hashes in tiles])
    if not tiles:
        return
    if await connection.execute(ADD_TILES, *columns) == f"INSERT 0 {len(tiles)}":
        return
    other = await connection.fetchrow(OTHER_TILE, *columns)
    if other is not None:
        tile = Tile(*other)
        raise Inconsistent(f"the stored {tile.path} is not the tree's", tile.positions[0])
