"""Our own server as a contestant: `duban serve` in a process of its own, started as its users start it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from service.bench.database import Database
from service.bench.history import TODAY
from service.bench.served import Server, serving
from service.identity import Role
from service.tokens import own_key, signed

NAME = "Duban"
AUDIENCE = "duban"
ANNOUNCED = rb"serves at http://[^:/]+:(\d+)/graphql$"


@contextmanager
def duban(database: Database, directory: Path, log: Path) -> Iterator[Server]:
    """Serve the database with the settings as shipped; `directory` holds the key. Raises NotServing."""
    command = [sys.executable, "-m", "service", "serve"]
    with serving(NAME, command, settings(database, directory), log, ANNOUNCED) as server:
        yield server


def settings(database: Database, directory: Path) -> dict[str, str]:
    """Everything that differs from the defaults, and the empty value for what a shell may have left."""
    return {
        "DATABASE_URL": database.dsn,
        "DUBAN_DATA": str(directory),
        "DUBAN_HOST": "",
        "PORT": "0",
        "DUBAN_DEMONSTRATION_DATE": TODAY.isoformat(),
        "DUBAN_JWKS": "",
        "DUBAN_ISSUER": AUDIENCE,
        "DUBAN_AUDIENCE": AUDIENCE,
        "DUBAN_TIME_ZONE": "",
        "DUBAN_POOL_SIZE": "",
        "DUBAN_LOG_LEVEL": "warning",
    }


def office_token(directory: Path) -> str:
    """A token of the office (攻坚办), which may read everything and report for every unit."""
    key = own_key(directory)
    return signed(key, issuer=AUDIENCE, audience=AUDIENCE, who="bench", role=Role.OFFICE)
