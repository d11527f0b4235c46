"""Databases of a test's own: empty, or copies of one that was prepared once for the server.

Migrating a database and making its read tables costs several times what copying one does, and comes to the
same; the tests of migrations and of the making of tables begin with an empty database.
"""

import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import disk_usage
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg

from projections import PROJECTIONS
from service.store.database import Database
from service.store.migrate import migrate
from service.tables.rows import own_connection
from service.tables.schema import open_read_schema

CHEAP = {"fsync": "off", "full_page_writes": "off"}
"""For a server that nobody expects to survive the machine. What was committed outlives any process of it all
the same, so that a server or a service can be killed and asked again."""

MEMORY = Path("/dev/shm")
ROOM = 2**30
"""What a server and its databases may take: some 200 MB are used."""


@dataclass(frozen=True)
class Preparation:
    """How the database that is copied comes to be: what follows `create database NAME`, and what is done."""

    options: str
    prepare: Callable[[str], Awaitable[object]]


async def _with_read_tables(dsn: str) -> None:
    await migrate(dsn)
    async with await Database.open(dsn, size=1) as database, own_connection(database) as connection:
        await open_read_schema(connection, PROJECTIONS)


MIGRATED = Preparation("", migrate)
"""With the log's schema."""

READY = Preparation("template template0 encoding 'UTF8' locale 'C'", _with_read_tables)
"""With the read tables as well, empty. The order of texts is that of the embedded server, whatever server."""

_templates: dict[tuple[str, Preparation], str] = {}


def address_of(server: str, name: str) -> str:
    """The address of another database on the same server."""
    return urlunsplit(urlsplit(server)._replace(path=f"/{name}"))


@asynccontextmanager
async def new_database(server: str, like: Preparation | None = None) -> AsyncIterator[str]:
    """The address of a new database, empty or prepared, which is dropped in the end."""
    name = f"test_{uuid4().hex[:12]}"
    admin = await asyncpg.connect(server)
    try:
        options = (
            "" if like is None else f"template {await _template(admin, server, like)} strategy file_copy"
        )
        await admin.execute(f"create database {name} {options}")
        try:
            yield address_of(server, name)
        finally:
            await admin.execute(f"drop database if exists {name} with (force)")
    finally:
        await admin.close()


async def _template(admin: asyncpg.Connection, server: str, preparation: Preparation) -> str:
    """The database that is copied; this process makes one at the first asking."""
    if (server, preparation) not in _templates:
        name = f"template_{uuid4().hex[:12]}"
        await admin.execute(f"create database {name} {preparation.options}")
        await preparation.prepare(address_of(server, name))
        _templates[server, preparation] = name
    return _templates[server, preparation]


@contextmanager
def place(otherwise: Path) -> Iterator[Path]:
    """Where a server keeps its data: in memory, if there is room for each worker's. A database is a thousand
    files, which a disk takes ten times as long to make and to remove."""
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    if not (MEMORY.is_dir() and os.access(MEMORY, os.W_OK)) or disk_usage(MEMORY).free < workers * ROOM:
        yield otherwise
        return
    with TemporaryDirectory(prefix="duban-tests-", dir=MEMORY) as name:
        yield Path(name)


async def cheapen(server: str) -> None:
    """Spare the disk."""
    admin = await asyncpg.connect(server)
    try:
        for name, value in CHEAP.items():
            await admin.execute(f"alter system set {name} = {value}")
        await admin.execute("select pg_reload_conf()")
    finally:
        await admin.close()


async def drop_templates(server: str) -> None:
    """Leave nothing behind on a server that goes on."""
    admin = await asyncpg.connect(server)
    try:
        for key in [key for key in _templates if key[0] == server]:
            await admin.execute(f"drop database {_templates.pop(key)}")
    finally:
        await admin.close()
