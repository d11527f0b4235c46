"""The tree as the database holds it: nodes, tiles, entries, and what has been signed of it.

Nothing read here is trusted by those who prove: a proof is checked against a signed root before it is given
away, and a signer makes its own nodes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from service.tlog.checkpoint import Checkpoint, parse_checkpoint
from service.tlog.merkle import HASH_BYTES
from service.tlog.note import parse_signatures
from service.tlog.proofs import Range, fold, perfect, subtrees_of
from service.tlog.tiles import HEIGHT, WIDTH, Tile

# The last checkpoint, and the lines of those who cosigned it.
NEWEST = """
select c.number, c.note, extract(epoch from clock_timestamp() - c.signed_at)::float8 as age_s,
    array(select s.line from log.cosignature s where s.checkpoint = c.number order by s.received_at) as lines
from log.checkpoint c order by c.number desc limit 1"""
# The first that covers a size.
COVERING = """
select c.number, c.note, extract(epoch from clock_timestamp() - c.signed_at)::float8 as age_s,
    array(select s.line from log.cosignature s where s.checkpoint = c.number order by s.received_at) as lines
from log.checkpoint c where c.size >= $1 order by c.size, c.number limit 1"""
# The last that covers a size and that every one of these witnesses has cosigned; among the last ones, so that
# a witness who is new costs no look at all of history.
COSIGNED = """
select c.number, c.note, extract(epoch from clock_timestamp() - c.signed_at)::float8 as age_s,
    array(select s.line from log.cosignature s where s.checkpoint = c.number order by s.received_at) as lines
from log.checkpoint c
where c.size >= $1 and c.number > (select max(number) - 1000 from log.checkpoint)
    and cardinality($2::text[]) =
        (select count(*) from log.cosignature s where s.checkpoint = c.number and s.witness = any($2))
order by c.number desc limit 1"""
NODES = """
select case s.level when 0 then e.leaf_hash else substring(e.nodes from 32 * s.level - 31 for 32) end
from unnest($1::integer[], $2::bigint[]) with ordinality s(level, index, n)
join log.event e on e.position = (s.index + 1) << s.level order by s.n"""
FRONTIER = "select log.frontier($1)"
SIZE = "select size from log.head"
FULL_TILE = "select substring(hashes for 32 * $3::integer) from log.tile where level = $1 and index = $2"
LEAVES = """
select string_agg(leaf_hash, ''::bytea order by position) from log.event where position between $1 and $2"""
INNER = """
select string_agg(substring(e.nodes from 32 * $1::integer - 31 for 32), ''::bytea order by i)
from generate_series($2::bigint, $3) i join log.event e on e.position = (i + 1) << $1"""
ENTRIES = """
select string_agg(substring(int4send(octet_length(entry)) from 3) || entry, ''::bytea order by position)
from log.entry where position between $1 and $2"""
# What proves an event, in one round trip.
ENTRY_AND_NODES = f"select (select entry from log.entry where position = $3), array({NODES})"


# Looks at every event: for when something is known to be wrong.
FIRST_WRONG = """
select least(
    (select min(position) from log.entry
        where position <= $1 and leaf_hash is distinct from sha256('\\x00'::bytea || entry)),
    (select min(i) from generate_series(1, $1::bigint) i
        where not exists (select from log.event e where e.position = i)))"""


class Reads(Protocol):
    """A pool, or one connection."""

    async def fetchval(self, statement: str, *arguments: Any) -> Any: ...
    async def fetchrow(self, statement: str, *arguments: Any) -> Any: ...
    async def fetch(self, statement: str, *arguments: Any) -> Any: ...


class Missing(Exception):
    """The database does not hold what a tree of the log's size has: events or nodes are gone."""


@dataclass(frozen=True, slots=True)
class Signed:
    """A stored checkpoint: its number, how old it is, and the note with all cosignatures."""

    number: int
    age_s: float
    checkpoint: Checkpoint


async def newest(database: Reads) -> Signed | None:
    """The last checkpoint, unverified; None while nothing is signed. BadNote if it is none."""
    return _signed(await database.fetchrow(NEWEST))


async def covering(database: Reads, size: int) -> Signed | None:
    """The first checkpoint of at least so many events; None while there is none."""
    return _signed(await database.fetchrow(COVERING, size))


async def cosigned(database: Reads, size: int, witnesses: Sequence[str]) -> Signed | None:
    """The last checkpoint of at least so many events that all of these witnesses have cosigned."""
    return _signed(await database.fetchrow(COSIGNED, size, list(witnesses)))


def _signed(row: Any) -> Signed | None:
    if row is None:
        return None
    checkpoint = parse_checkpoint(row["note"])
    cosignatures = [s for line in row["lines"] for s in parse_signatures(line)]
    return Signed(row["number"], row["age_s"], checkpoint.with_signatures(cosignatures))


async def frontier(database: Reads, size: int) -> list[bytes]:
    """The hashes of the perfect subtrees of the first `size` events."""
    found: list[bytes] = await database.fetchval(FRONTIER, size)
    if len(found) != size.bit_count() or any(len(h) != HASH_BYTES for h in found):
        raise Missing(f"nodes of the first {size} events are missing")
    return found


async def root(database: Reads, size: int) -> bytes:
    """The root over the first `size` events, as the stored nodes have it."""
    return fold(await frontier(database, size))


async def proof(database: Reads, ranges: Sequence[Range]) -> list[bytes]:
    """The hash of each range, in one round trip."""
    subtrees = subtrees_of(ranges)
    if not subtrees:
        return []
    levels, indexes = zip(*subtrees, strict=True)
    return _folded(ranges, [row[0] for row in await database.fetch(NODES, levels, indexes)])


async def entry_and_proof(
    database: Reads, position: int, ranges: Sequence[Range]
) -> tuple[bytes | None, list[bytes]]:
    """What is published of an event, None if it is missing, and the hash of each range."""
    subtrees = subtrees_of(ranges)
    levels, indexes = [level for level, _ in subtrees], [index for _, index in subtrees]
    entry, hashes = await database.fetchrow(ENTRY_AND_NODES, levels, indexes, position)
    return entry, _folded(ranges, hashes)


def _folded(ranges: Sequence[Range], hashes: Sequence[bytes]) -> list[bytes]:
    """The hash of each range, of those of its perfect subtrees."""
    counts = [len(perfect(first, end)) for first, end in ranges]
    if len(hashes) != sum(counts) or any(len(hashed) != HASH_BYTES for hashed in hashes):
        raise Missing("nodes of the tree are missing")
    found, at = [], 0
    for count in counts:
        found.append(fold(hashes[at : at + count]))
        at += count
    return found


async def tile(database: Reads, wanted: Tile) -> bytes | None:
    """The hashes of a tile, or the entries of a bundle; None where events are missing. Whether a signed tree
    has the tile is the caller's to know."""
    if wanted.level is None:
        positions = wanted.positions
        content: bytes | None = await database.fetchval(ENTRIES, positions[0], positions[-1])
        return content
    content = await database.fetchval(FULL_TILE, wanted.level, wanted.index, wanted.width)
    if content is None:
        content = await nodes_of(database, wanted)
    return content if content is not None and len(content) == wanted.width * HASH_BYTES else None


async def nodes_of(database: Reads, wanted: Tile) -> bytes | None:
    """The hashes of a tile as the events hold them."""
    first = wanted.index * WIDTH
    content: bytes | None
    if wanted.level:
        last = first + wanted.width - 1
        content = await database.fetchval(INNER, HEIGHT * wanted.level, first, last)
    else:
        content = await database.fetchval(LEAVES, first + 1, first + wanted.width)
    return content


async def first_wrong(database: Reads, size: int) -> int | None:
    """The first of so many events that is missing, or is not what its leaf was made of."""
    found: int | None = await database.fetchval(FIRST_WRONG, size)
    return found
