"""Migrations of the log's schema: each file once, in the order of their names, each in a transaction.

(Read tables need none: they are built anew.)
"""

import asyncio
import hashlib
from pathlib import Path

import asyncpg

from service import Failure
from service.config import Settings
from service.store.roles import Roles, guard

MIGRATIONS = Path(__file__).parent / "migrations"
OLDEST = 15
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


class Unfit(Failure):
    """The database cannot hold the log or what is read of it; nothing was made in it."""


class NotTheOwner(Failure):
    """Something is to be applied, and whoever came may not."""


async def prepare(settings: Settings) -> list[str]:
    """The database as the service needs it: migrated, and guarded where we may (`service.store.roles`); the
    names of what was applied.

    With an owner's address in the settings it is used for that, the user of the service's own address is made
    the writer, and that of the signer's address the signer. Without one it is migrated with the service's
    address, and left as it is otherwise.
    """
    assert settings.database_url is not None
    roles = Roles(settings.role_prefix)
    applied = await migrate(settings.owner_url or settings.database_url)
    if settings.owner_url is not None and settings.owner_url != settings.database_url:
        connection = await asyncpg.connect(settings.owner_url)
        try:
            users = {"writer": settings.database_url}
            if settings.signer_url is not None:
                users["signer"] = settings.signer_url
            await guard(connection, roles, users, anew=bool(applied))
        finally:
            await connection.close()
    return applied


async def migrate(dsn: str, directory: Path = MIGRATIONS) -> list[str]:
    """Apply the files that are not applied yet; their names. Concurrent callers wait for each other.

    Raises Unfit, MigrationChanged, or what PostgreSQL says of a file; that file is then not applied, those
    before it are.
    """
    migrations = await asyncio.to_thread(_read, directory)
    connection = await asyncpg.connect(dsn)
    try:
        _require_fit(connection)
        await connection.execute("select pg_advisory_lock($1)", LOCK)
        # Asked first, because "if not exists" needs the right to create even if it exists.
        if not await connection.fetchval("select to_regclass('log.migration') is not null"):
            await connection.execute(PREPARE)
        rows = await connection.fetch("select name, digest from log.migration")
        known: dict[str, bytes] = {row["name"]: row["digest"] for row in rows}
        return [
            name for name, content in migrations if await _apply(connection, name, content, known.get(name))
        ]
    finally:
        # The lock goes with the session.
        await connection.close()


def _require_fit(connection: asyncpg.Connection) -> None:
    """A release that has all we use, in UTF8: the log, which is bytes, would go into any database, and the
    read tables of most could not hold its names."""
    major = connection.get_server_version().major
    if major < OLDEST:
        raise Unfit(f"this is PostgreSQL {major}; {OLDEST} or newer is needed")
    encoding = connection.get_settings().server_encoding
    if encoding != "UTF8":
        raise Unfit(
            f"the database's encoding is {encoding}; make one with: create database … encoding 'UTF8'"
        )


def _read(directory: Path) -> list[tuple[str, bytes]]:
    """Name and content of each file, in the order of the names."""
    return [(path.stem, path.read_bytes()) for path in sorted(directory.glob("*.sql"))]


async def _apply(connection: asyncpg.Connection, name: str, content: bytes, known: bytes | None) -> bool:
    digest = hashlib.sha256(content).digest()
    if known is not None:
        if known != digest:
            raise MigrationChanged(f"migration {name} was changed after this database had applied it")
        return False
    if not await connection.fetchval("select has_schema_privilege('log', 'create')"):
        raise NotTheOwner(
            f"{name} is to be applied by the log's owner: run duban migrate with DUBAN_OWNER_URL"
        )
    async with connection.transaction():
        await connection.execute(content.decode("utf-8"))
        await connection.execute("insert into log.migration (name, digest) values ($1, $2)", name, digest)
    return True
