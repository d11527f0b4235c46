"""Answers planned reads: waits for the position a client has seen, binds, and fetches the JSON."""

import logging
from collections.abc import Collection
from datetime import date
from typing import Any, Protocol

import asyncpg

from service.access import AccessLog
from service.api.plan.arguments import Coerced
from service.api.plan.compile import Statement
from service.errors import BadInput, NotYet, Unavailable, internal
from service.identity import Viewer
from service.store.database import Database
from service.store.errors import UNREACHABLE

log = logging.getLogger(__name__)

WAIT_SECONDS = 5.0


class Asking(Protocol):
    viewer: Viewer
    today: date


class Reads:
    """Fetches the JSON of a statement."""

    def __init__(self, database: Database, runner: Any, access: AccessLog):
        self.database = database
        self.runner = runner
        self.access = access

    async def fetch(self, statement: Statement, coerced: Coerced, asking: Asking) -> Any:
        """The statement's JSON as bytes, or None for no row."""
        arguments = statement.arguments(coerced, asking)
        for need in statement.needs:
            position = need(coerced)
            if position:
                await self.wait(position, statement.projections)
        try:
            answer = await self.database.fetchval(statement.sql, *arguments)
        except (asyncpg.DataError, UnicodeEncodeError) as error:
            # The types are checked before; what is left is text that PostgreSQL cannot hold, or a huge
            # figure.
            raise BadInput(f"A value cannot be searched for: {str(error)[:200]}") from None
        except asyncpg.QueryCanceledError:
            raise Unavailable("The query took too long; ask for less.") from None
        except UNREACHABLE as error:
            log.warning("read failed: %s", error)
            raise Unavailable("The database cannot be reached; try again.") from None
        except asyncpg.PostgresError as error:
            raise internal(error) from error
        return self.access.seen(statement.watches, answer, asking.viewer) if statement.watches else answer

    async def wait(self, position: int, projections: Collection[str] = ()) -> None:
        """Return once the tables of these projections (or all) show the event at the position; NotYet if they
        take too long."""
        try:
            await self.runner.wait_for(position, WAIT_SECONDS, projections)
        except TimeoutError:
            raise NotYet(f"The read tables have not reached position {position} yet; try again.") from None
        except UNREACHABLE as error:
            log.warning("wait failed: %s", error)
            raise Unavailable("The database cannot be reached; try again.") from None
