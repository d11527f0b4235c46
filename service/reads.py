"""Planned reads: one statement each, which is bound, waits for the position that a client has seen, and
brings the JSON of the answer."""

import logging
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

import asyncpg

from service.access import AccessLog
from service.errors import BadInput, NotYet, Unavailable, internal
from service.identity import Viewer, Watch
from service.store.database import Database
from service.store.errors import UNREACHABLE

log = logging.getLogger(__name__)

WAIT_SECONDS = 5.0


class Moment(Protocol):
    """What a statement needs to know about the request besides its variables."""

    viewer: Viewer
    today: date


Given = Mapping[str, Any]
"""The variables of a request."""

Bind = Callable[[Given, Moment], Any]


@dataclass(frozen=True)
class Statement:
    """The SQL of a read and how to find its parameters. `needs` are log positions it must wait for; `idle`
    are parameters that the SQL came to do without, which may still be refused; `watches` says what of it is
    accounted for when it is read; `projections` make the tables that it reads (none named: any may)."""

    sql: str
    binds: tuple[Bind, ...]
    needs: tuple[Callable[[Given], Any], ...]
    idle: tuple[Bind, ...]
    watches: frozenset[Watch] = frozenset()
    projections: frozenset[str] = frozenset()

    def arguments(self, given: Given, moment: Moment) -> list[Any]:
        """What to execute it with; RequestError for a value that is not taken."""
        for bind in self.idle:
            bind(given, moment)
        return [bind(given, moment) for bind in self.binds]


class Reads:
    """Fetches the JSON of a statement."""

    def __init__(self, database: Database, runner: Any, access: AccessLog):
        self.database = database
        self.runner = runner
        self.access = access

    async def fetch(self, statement: Statement, given: Given, moment: Moment) -> Any:
        """The statement's JSON as bytes, or None for no row."""
        arguments = statement.arguments(given, moment)
        for need in statement.needs:
            position = need(given)
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
        return self.access.seen(statement.watches, answer, moment.viewer) if statement.watches else answer

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
