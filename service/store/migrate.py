"""Migrations of the log's schema: each file once, in order, each in a transaction. (Read tables need none:
they are built anew.)"""

from pathlib import Path

import asyncpg

MIGRATIONS = Path(__file__).parent / "migrations"
LOCK = 20_200_000


async def migrate(dsn: str) -> list[str]:
    """Apply what is not applied yet, and return the names. Concurrent callers wait for each other."""
    connection = await asyncpg.connect(dsn)
    try:
        applied = []
        for path in sorted(MIGRATIONS.glob("*.sql")):
            async with connection.transaction():
                await connection.execute("select pg_advisory_xact_lock($1)", LOCK)
                if await _is_applied(connection, path.stem):
                    continue
                await connection.execute(path.read_text(encoding="utf-8"))
                await connection.execute("insert into log.migration (name) values ($1)", path.stem)
                applied.append(path.stem)
        return applied
    finally:
        await connection.close()


async def _is_applied(connection: asyncpg.Connection, name: str) -> bool:
    if await connection.fetchval("select to_regclass('log.migration')") is None:
        # The first migration makes the schema; its table of migrations lies in it.
        return False
    return bool(await connection.fetchval("select exists (select from log.migration where name = $1)", name))
