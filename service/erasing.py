"""Carrying out lawful erasures: what is confirmed is done at once, and done again where it was cut short.

A confirmation is an event; until it is carried out, nothing is lost but time. State and salt go through the
log's one door (`log.erase`); then the projections that have read them are built anew, so that no row, and no
earlier version of a row, is left that shows them. How far that has come is tracked like any consumer's place.
"""

import asyncio
import logging

from eventsourcing.persistence import IntegrityError, Tracking

from projections import PROJECTIONS
from projections.projection import Projection
from service.store.erasures import confirmed_after, erase
from service.store.listener import LOST
from service.store.recorder import Recorder
from service.store.tracking import TrackingRecorder
from service.tables.rebuild import RebuildFailed, RebuildUnderWay, rebuild

log = logging.getLogger(__name__)

NAME = "erasures"
RETRY_SECONDS = 1.0


class Erasing:
    """Follows the confirmations. Several processes may: all they do can be done twice."""

    def __init__(self, recorder: Recorder):
        self.recorder = recorder
        self.tracking = TrackingRecorder(recorder.database)

    async def run(self) -> None:
        """Carry out what there is, then what comes, until cancelled."""
        bell = self.recorder.listener.bell()
        while True:
            bell.clear()
            try:
                await self.carry_out()
            except (RebuildUnderWay, RebuildFailed, *LOST) as error:
                log.warning("an erasure waits: %s", error)
                await asyncio.sleep(RETRY_SECONDS)
                continue
            except Exception:  # whatever is wrong with one attempt, the next one is made
                log.exception("an erasure waits")
                await asyncio.sleep(RETRY_SECONDS)
                continue
            await bell.wait()

    async def carry_out(self) -> None:
        """Carry out every confirmation that has not been, in order."""
        done = await self.tracking.max_tracking_id(NAME) or 0
        for position in await confirmed_after(self.recorder.database, done):
            topics = await erase(self.recorder.database, position)
            await rebuild(self.recorder.database, self.recorder, _shown_in(topics))
            try:
                await self.tracking.insert_tracking(Tracking(NAME, position))
            except IntegrityError:
                log.info("another process has carried out the erasure at %s", position)

    async def wait_for(self, position: int, seconds: float) -> None:
        """Return once the erasure confirmed at the position is carried out; TimeoutError."""
        await self.tracking.wait(NAME, position, seconds)


def _shown_in(topics: list[str]) -> list[str]:
    """The projections whose rows are made of these events."""

    def shows(projection: Projection) -> bool:
        return any(projection.handles(topic) for topic in topics)

    return [projection.name for projection in PROJECTIONS if shows(projection)]
