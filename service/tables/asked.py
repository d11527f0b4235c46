"""The read tables as a command may ask them: settled first, so that it decides on all that is recorded."""

from collections.abc import Sequence
from typing import Any

from service import Failure
from service.store.database import Database
from service.tables.runner import Runner

SETTLE_SECONDS = 30.0


class NotSettled(Failure):
    """The read tables did not reach the end of the log in time."""


class ReadTables:
    """Asked by commands whose rule is about many streams: a ranking, a monthly report, a daily sweep."""

    def __init__(self, database: Database, runner: Runner):
        self.database = database
        self.runner = runner

    async def settled(self, position: int) -> None:
        """Return once the tables show the event at the position; NotSettled if they take too long."""
        try:
            await self.runner.wait_for(position, SETTLE_SECONDS)
        except TimeoutError:
            raise NotSettled(f"the read tables have not reached position {position} yet") from None

    async def rows(self, statement: str, *arguments: Any) -> Sequence[Any]:
        """What a statement of `projections/` finds."""
        found: Sequence[Any] = await self.database.fetch(statement, *arguments)
        return found
