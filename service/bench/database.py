"""The bench's own PostgreSQL: the embedded one in a directory of the bench, durable as shipped (fsync on)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit, urlunsplit

import psycopg
from psycopg.sql import SQL, Identifier

from service.embedded import embedded_postgres


@dataclass(frozen=True, slots=True)
class Database:
    """How to reach one database over its Unix socket, in the words of every driver the bench meets.

    `dsn` is a libpq URI, for asyncpg and psycopg.
    """

    dsn: str
    socket_dir: str
    port: str
    user: str
    name: str

    @property
    def libpq(self) -> dict[str, str]:
        """libpq's environment variables, which node's `pg` reads as well."""
        return {"PGHOST": self.socket_dir, "PGPORT": self.port, "PGUSER": self.user, "PGDATABASE": self.name}

    @property
    def eventsourcing(self) -> dict[str, str]:
        """The environment of an application of the library `eventsourcing`."""
        return {
            "PERSISTENCE_MODULE": "eventsourcing.postgres",
            "POSTGRES_DBNAME": self.name,
            "POSTGRES_HOST": self.socket_dir,
            "POSTGRES_PORT": self.port,
            "POSTGRES_USER": self.user,
            "POSTGRES_PASSWORD": "",
        }


def named_by(dsn: str) -> Database:
    """The database that a DSN names, over a Unix socket or TCP."""
    uri = urlsplit(dsn)
    options = parse_qs(uri.query)
    return Database(
        dsn=dsn,
        socket_dir=options["host"][0] if "host" in options else uri.hostname or "",
        port=options["port"][0] if "port" in options else str(uri.port or 5432),
        user=uri.username or "",
        name=uri.path.lstrip("/"),
    )


@contextmanager
def bench_database(directory: Path) -> Iterator[Database]:
    """Start the server under `directory` (made when absent), stop it at the end."""
    with embedded_postgres(directory / "postgres") as dsn:
        yield named_by(dsn)


def fresh(server: Database, name: str) -> Database:
    """An empty database of this name on the same server; what an earlier run left of it is dropped."""
    with psycopg.connect(server.dsn, autocommit=True) as connection:
        connection.execute(SQL("drop database if exists {} with (force)").format(Identifier(name)))
        connection.execute(SQL("create database {}").format(Identifier(name)))
    return named_by(urlunsplit(urlsplit(server.dsn)._replace(path=f"/{name}")))
