"""Starts the plain Strawberry peer (`plain_strawberry.py`) in a process of its own."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from service.bench.database import Database
from service.bench.served import Server, serving

CONNECTIONS = 10  # asyncpg's own default


@contextmanager
def plain_strawberry(database: Database, log: Path) -> Iterator[Server]:
    """Serve. Raises NotServing."""
    command = [sys.executable, "-m", "service.bench.peers.plain_strawberry"]
    environment = {"BENCH_DSN": database.dsn, "BENCH_CONNECTIONS": str(CONNECTIONS)}
    with serving("plain Strawberry", command, environment, log) as server:
        yield server
