"""Logs to seal, export and tamper with."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg

from service.log.export import export
from service.log.keys import SigningKeys
from service.log.signer import Signer
from service.log.sources import Directory
from service.store.database import Database
from service.store.recorder import Origin, Recorder
from service.tlog.checkpoint import Checkpoint, Tree
from service.tlog.entry import SALT_BYTES
from service.tlog.merkle import HASH_BYTES, Frontier, leaf
from service.tlog.note import LOG_KEY, Note, PrivateKey
from service.tlog.tiles import Tile, split_entries
from tests.service.store.events import event

ORIGIN = "duban.example/log"
TABLES = ("event", "head", "tile", "checkpoint", "cosignature")


@dataclass(frozen=True)
class City:
    """A log on a database, with the key that signs it."""

    database: Database
    recorder: Recorder
    signer: Signer
    key: PrivateKey
    directory: Path


def city_of(database: Database, recorder: Recorder, directory: Path, key: PrivateKey | None = None) -> City:
    key = key or PrivateKey.generate(ORIGIN, LOG_KEY)
    signer = Signer(database, ORIGIN, lambda: SigningKeys(key), directory / "signed")
    return City(database, recorder, signer, key, directory)


async def grow(recorder: Recorder, events: int) -> None:
    """So many events, each of a stream of its own, by several people."""
    await asyncio.gather(
        *(
            recorder.insert_events(
                [event(topic=f"test.topic_{n % 7}", state=b'{"n":%d,"name":"\xe6\xbd\x8d\xe5\x9d\x8a"}' % n)],
                origin=Origin(f"人员{n % 5}", uuid4()),
            )
            for n in range(events)
        )
    )


async def exported(database: Any, checkpoint: Checkpoint, key: PrivateKey, directory: Path) -> Path:
    await export(database, checkpoint, [key.public], directory, lambda done, total: None)
    return directory


def entries_of(directory: Path, size: int) -> list[bytes]:
    """The entries of an export, as far as they are there."""
    source, found = Directory(directory), []
    for index in range(-(-size // 256)):
        tile = Tile(None, index, min(256, size - 256 * index))
        found += split_entries(source.read(tile.path, tile.bytes_most) or b"")[0]
    return found


@asynccontextmanager
async def as_superuser(dsn: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection that no trigger of the log stops, and whose changes are undone in the end."""
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute("begin")
        await _without_triggers(connection)
        yield connection
        await connection.execute("rollback")
    finally:
        await connection.close()


async def tamper(dsn: str, *statements: str) -> None:
    """As a superuser with the triggers off; for good."""
    connection = await asyncpg.connect(dsn)
    try:
        async with connection.transaction():
            await _without_triggers(connection)
            for statement in statements:
                await connection.execute(statement)
            for table in TABLES:
                await connection.execute(f"alter table log.{table} enable trigger all")
    finally:
        await connection.close()


async def _without_triggers(connection: asyncpg.Connection) -> None:
    for table in TABLES:
        await connection.execute(f"alter table log.{table} disable trigger all")


async def rehash(connection: asyncpg.Connection) -> bytes:
    """Make every leaf, node and tile anew from what the events now say, as a thorough forger does; the
    root."""
    tree, rows, hashes = Frontier(), [], []
    for position, entry in await connection.fetch("select position, entry from log.entry order by position"):
        leaf_hash = leaf(entry)
        hashes.append(leaf_hash)
        rows.append((position, leaf_hash, tree.append(leaf_hash)))
    await connection.executemany("update log.event set leaf_hash = $2, nodes = $3 where position = $1", rows)
    for index in range(len(hashes) // 256):
        tile = b"".join(hashes[256 * index : 256 * (index + 1)])
        await connection.execute(
            "update log.tile set hashes = $2 where level = 0 and index = $1", index, tile
        )
    return tree.root()


def signed(key: PrivateKey, size: int, root: bytes, others: Sequence[PrivateKey] = ()) -> Checkpoint:
    assert len(root) == HASH_BYTES
    assert SALT_BYTES == 16
    tree = Tree(ORIGIN, size, root)
    return Checkpoint(tree, Note(tree.text(), tuple(k.sign(tree.text()) for k in (key, *others))))
