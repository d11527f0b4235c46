"""Migrations of the log's schema: each file once, in the order of their names, each in a transaction.

(Read tables need none: they are built anew.)
"""

import asyncio
import hashlib
from pathlib import Path

import asyncpg

from service import Failure

MIGRATIONS = Path(__file__).parent / "migrations"
# Any number, as long as nobody else locks the same.
LOCK = 2020_0001

PREPARE = """
create schema if not exists log;
create table if not exists log.migration (
    name text collate "C" primary key,
    digest bytea not null,
    applied_at timestamptz not null default now()
)"""


class MigrationChanged(Failure):
    """A file was changed after it had been applied: this database is not what the file says."""


async def migrate(dsn: str, directory: Path = MIGRATIONS) -> list[str]:
    """Apply the files that are not applied yet; their names. Concurrent callers wait for each other.

    Raises MigrationChanged, or what PostgreSQL says of a file; that file is then not applied, those before
    it are.
    """
    migrations = await asyncio.to_thread(_read, directory)
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute("select pg_advisory_lock($1)", LOCK)
        await connection.execute(PREPARE)
        rows = await connection.fetch("select name, digest from log.migration")
        known: dict[str, bytes] = {row["name"]: row["digest"] for row in rows}
        return [
            name for name, content in migrations if await _apply(connection, name, content, known.get(name))
        ]
    finally:
        # The lock goes with the session.
        await connection.close()


def _read(directory: Path) -> list[tuple[str, bytes]]:
    """Name and content of each file, in the order of the names."""
    return [(path.stem, path.read_bytes()) for path in sorted(directory.glob("*.sql"))]


async def _apply(connection: asyncpg.Connection, name: str, content: bytes, known: bytes | None) -> bool:
    digest = hashlib.sha256(content).digest()
    if known is not None:
        if known != digest:
            raise MigrationChanged(f"migration {name} was changed after this database had applied it")
        return False
    async with connection.transaction():
        await connection.execute(content.decode("utf-8"))
        await connection.execute("insert into log.migration (name, digest) values ($1, $2)", name, digest)
    return True
