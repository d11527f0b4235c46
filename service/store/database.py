"""Connections, first come, first served, and JSON handed over as the bytes that PostgreSQL sent.

A pool of our own, because the hot path of the service is one `fetchval`: asyncpg's pool spends a task, a
proxy and a lock on each acquisition (some 30 µs of CPU beside the 20 of the query), and lets newcomers pass
those who wait. Here a connection is handed straight to whoever waits longest. No session keeps state, so none
is reset.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Any, Self
from uuid import UUID

import asyncpg

from service.store.gate import Gate, GateClosed

STATEMENT_TIMEOUT_MS = 10_000
CONNECT_TIMEOUT_S = 5.0
CLOSE_TIMEOUT_S = 5.0
TURN_TIMEOUT_MS = 10_000
STATEMENTS_KEPT = 512
STATEMENT_CHARACTERS_KEPT = 100_000

# PostgreSQL's binary form of jsonb begins with the version of that form.
_JSONB_VERSION = b"\x01"


class Database:
    """A pool of at most `size` connections to one database, and single connections beside it."""

    def __init__(self, dsn: str, *, size: int = 8, time_zone: str = "Asia/Shanghai"):
        self.dsn = dsn
        self.size = size
        self.time_zone = time_zone
        # None stands for a connection that is still, or again, to be made.
        self._idle: list[Any] = [None] * size
        self._gate = Gate(size)
        self._closed = False

    @classmethod
    async def open(cls, dsn: str, *, size: int = 8, time_zone: str = "Asia/Shanghai") -> Self:
        """Opened, all connections made. Raises what asyncpg raises when the database cannot be reached."""
        database = cls(dsn, size=size, time_zone=time_zone)
        try:
            database._idle = list(await asyncio.gather(*(database._connection() for _ in range(size))))
        except BaseException:
            database._closed = True
            raise
        return database

    async def close(self) -> None:
        """Close what is idle now, and the rest as it comes back. Those who still wait are turned away."""
        self._closed = True
        self._gate.close()
        idle, self._idle = self._idle, []
        await asyncio.gather(*(_close(connection) for connection in idle if connection is not None))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    # -- statements

    async def fetchval(self, statement: str, *arguments: Any) -> Any:
        connection = await self._take()
        try:
            return await connection.fetchval(statement, *arguments)
        finally:
            self._give(connection)

    async def fetch(self, statement: str, *arguments: Any) -> list[Any]:
        connection = await self._take()
        try:
            rows: list[Any] = await connection.fetch(statement, *arguments)
            return rows
        finally:
            self._give(connection)

    async def fetch_planned_anew(self, statement: str, *arguments: Any) -> list[Any]:
        """As `fetch`, but planned for these very arguments: worth it where they decide how much is read, and
        reading takes longer than planning."""
        async with self.acquire() as connection, connection.transaction():
            await connection.execute("set local plan_cache_mode = force_custom_plan")
            rows: list[Any] = await connection.fetch(statement, *arguments)
            return rows

    async def fetchrow(self, statement: str, *arguments: Any) -> Any:
        connection = await self._take()
        try:
            return await connection.fetchrow(statement, *arguments)
        finally:
            self._give(connection)

    async def execute(self, statement: str, *arguments: Any) -> str:
        connection = await self._take()
        try:
            return str(await connection.execute(statement, *arguments))
        finally:
            self._give(connection)

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator[asyncpg.Connection]:
        """A connection, in the order of asking. What it leaves in the session, others meet: leave nothing."""
        connection = await self._take()
        try:
            yield connection
        finally:
            if not connection.is_closed() and connection.is_in_transaction():
                connection.terminate()
            self._give(connection)

    async def connect(self, name: str, **settings: str) -> asyncpg.Connection:
        """A connection of one's own, beside the pool; `name` is what PostgreSQL shows of it. The caller
        closes it."""
        return await asyncpg.connect(
            self.dsn,
            timeout=CONNECT_TIMEOUT_S,
            server_settings={"jit": "off", "timezone": self.time_zone, "application_name": name, **settings},
        )

    @asynccontextmanager
    async def turn(self, key: UUID, *, timeout_ms: int = TURN_TIMEOUT_MS) -> AsyncIterator[None]:
        """Whoever asks for the same turn, in whatever process, waits meanwhile. It is held by a connection of
        its own, so that it ends with this process, however that ends. Raises what asyncpg raises, and
        LockNotAvailableError when others take longer than the timeout (0: however long)."""
        connection = await self.connect("duban turn", lock_timeout=str(timeout_ms))
        try:
            number = int.from_bytes(key.bytes[:8], signed=True)
            await connection.execute(f"select pg_advisory_lock({number})")
            yield
        finally:
            connection.terminate()

    # -- the pool

    async def _take(self) -> Any:
        if not self._gate.try_enter():
            try:
                await self._gate.enter()
            except GateClosed:
                raise asyncpg.InterfaceError("the database is closed") from None
        connection = self._idle.pop()
        if connection is not None and not connection.is_closed():
            return connection
        try:
            return await self._connection()
        except BaseException:
            # The place stays, and the next one tries again.
            self._give(None)
            raise

    def _give(self, connection: Any) -> None:
        if not self._closed:
            self._idle.append(connection)
        elif connection is not None:
            connection.terminate()
        self._gate.leave()

    async def _connection(self) -> asyncpg.Connection:
        connection = await asyncpg.connect(
            self.dsn,
            timeout=CONNECT_TIMEOUT_S,
            statement_cache_size=STATEMENTS_KEPT,
            max_cached_statement_lifetime=0,
            max_cacheable_statement_size=STATEMENT_CHARACTERS_KEPT,
            server_settings={
                "jit": "off",
                "timezone": self.time_zone,
                "statement_timeout": str(STATEMENT_TIMEOUT_MS),
                # A statement is planned once. Left to itself PostgreSQL plans the ledger anew for every
                # answer where campaigns differ in size, and planning takes as long as answering.
                "plan_cache_mode": "force_generic_plan",
                "application_name": "duban",
            },
        )
        await _speak_json(connection)
        return connection


async def _speak_json(connection: asyncpg.Connection) -> None:
    await connection.set_type_codec(
        "json", schema="pg_catalog", encoder=bytes, decoder=bytes, format="binary"
    )
    await connection.set_type_codec(
        "jsonb",
        schema="pg_catalog",
        encoder=lambda value: _JSONB_VERSION + value,
        decoder=lambda stored: stored[1:],
        format="binary",
    )


async def _close(connection: asyncpg.Connection) -> None:
    try:
        await connection.close(timeout=CLOSE_TIMEOUT_S)
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
        connection.terminate()
