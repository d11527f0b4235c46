"""How far the read tables have come, whoever folds them: for reading one's own writes, and for metrics."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable
from contextlib import suppress

from service.store.database import Database
from service.store.recorder import Recorder
from service.tables.schema import SELECT_CHECKPOINTS

LOOK_SECONDS = 0.02
"""How often the checkpoints are looked at while someone waits for a projection that runs elsewhere."""


class ProjectionStopped(TimeoutError):
    """A projection that is waited for has stopped at an event before the position: it will not come there."""


class Positions:
    """The positions of some projections, by name: 0 until something is known."""

    def __init__(self, database: Database, recorder: Recorder, names: Iterable[str]):
        self._database = database
        self._recorder = recorder
        self._positions = dict.fromkeys(names, 0)
        self._stopped: dict[str, str] = {}
        self._here: set[str] = set()
        self._changed = asyncio.Event()
        self._waiting = 0
        self._wanted = asyncio.Event()
        self._looking: asyncio.Task[None] | None = None

    def __getitem__(self, name: str) -> int:
        return self._positions[name]

    def run_here(self, names: Collection[str]) -> None:
        """These, and only these, are folded in this process, which will tell `moved`."""
        self._here = set(names)

    def moved(self, name: str, position: int, stopped: str | None = None) -> None:
        """The projection has come to the position; `stopped` says why it goes no further."""
        self._positions[name] = position
        if stopped is None:
            self._stopped.pop(name, None)
        else:
            self._stopped[name] = stopped
        self._changed.set()
        self._changed = asyncio.Event()

    async def wait_for(self, position: int, timeout: float, names: Collection[str] = ()) -> None:  # noqa: ASYNC109
        """Return once these projections (or all) show the event at the position.

        Raises TimeoutError after `timeout` seconds, and its kind ProjectionStopped at once when one of them
        has stopped before the position.
        """
        waited = names or self._positions
        if not (behind := self._behind(waited, position)):
            return
        self._waiting += 1
        self._wanted.set()
        try:
            async with asyncio.timeout(timeout):
                while behind:
                    await self._progress(behind)
                    behind = self._behind(waited, position)
        except ProjectionStopped:
            raise
        except TimeoutError:
            raise TimeoutError(f"not at position {position} yet: {', '.join(behind)}") from None
        finally:
            self._waiting -= 1
            if not self._waiting:
                self._wanted.clear()

    def _behind(self, names: Iterable[str], position: int) -> list[str]:
        return [name for name in names if self._positions[name] < position]

    async def rest(self, seconds: float) -> None:
        """Return once somebody waits, at the latest after so many seconds."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._wanted.wait()

    async def _progress(self, behind: list[str]) -> None:
        """Return when something may have changed."""
        changed = self._changed
        if not self._here.issuperset(behind):
            await self.look()
        if changed.is_set():
            return
        for name in behind:
            if name in self._stopped:
                raise ProjectionStopped(f"{name} has stopped: {self._stopped[name]}")
        patience = None if self._here.issuperset(behind) else LOOK_SECONDS
        try:
            await asyncio.wait_for(changed.wait(), patience)
        except TimeoutError:
            return

    async def look(self) -> None:
        """Read the checkpoints; those who look at the same time share one look."""
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._read_checkpoints())
            # Those who waited may all have gone away when it fails.
            self._looking.add_done_callback(lambda look: look.cancelled() or look.exception())
        await asyncio.shield(self._looking)

    async def _read_checkpoints(self) -> None:
        for row in await self._database.fetch(SELECT_CHECKPOINTS, list(self._positions)):
            name, stopped = row["projection"], None
            if row["failed_position"] is not None:
                stopped = f"{row['failed_event']} at position {row['failed_position']}: {row['error']}"
            if name not in self._here and (row["position"], stopped) != self._known(name):
                self.moved(name, row["position"], stopped)

    def _known(self, name: str) -> tuple[int, str | None]:
        return self._positions[name], self._stopped.get(name)

    async def lag(self) -> dict[str, int]:
        """How many events each projection is behind the log."""
        await self.look()
        head = await self._recorder.max_notification_id() or 0
        return {name: max(head - position, 0) for name, position in self._positions.items()}
