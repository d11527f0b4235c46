"""What holds of every log, whatever happened to those who wrote it."""

from datetime import UTC, datetime
from uuid import UUID

from service.store.database import Database
from service.tlog.entry import Entry, digest, moment
from service.tlog.merkle import Frontier

ALL = """
select position, stream_id, stream_version, topic, recorded_at, actor, correlation, causation, salt, state,
    leaf_hash, nodes
from log.event order by position"""


async def require_sound(database: Database) -> int:
    """Positions dense, streams without a gap, time never backwards, every leaf its entry's hash, every node
    the tree's, the head the tree of the leaves; the number of events."""
    tree = Frontier()
    last = datetime.min.replace(tzinfo=UTC)
    versions: dict[UUID, int] = {}
    # One look: what a killed process had sent may be committed only now.
    async with database.acquire() as connection, connection.transaction(isolation="repeatable_read"):
        rows = await connection.fetch(ALL)
        size, frontier = await connection.fetchrow("select size, log.frontier(size) from log.head")
        recorded_at = await connection.fetchval("select recorded_at from log.head")
    for expected, row in enumerate(rows, start=1):
        position, stream, version, topic, at, actor, correlation, causation, *sealed_by, leaf_hash, nodes = (
            row
        )
        assert position == expected
        assert at >= last
        last = at
        assert version == versions[stream] + 1 if stream in versions else version in (0, 1)
        versions[stream] = version
        sealed = digest(*sealed_by)
        entry = Entry(actor, causation, correlation, position, moment(at), sealed, stream, version, topic)
        assert leaf_hash == entry.leaf_hash()
        assert nodes == tree.append(leaf_hash)
    assert (size, frontier) == (tree.size, tree.hashes)
    if rows:
        assert last == recorded_at
    return len(rows)
