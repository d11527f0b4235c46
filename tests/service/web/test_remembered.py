"""What a whole hall asks for at once is made once, and anew as soon as its stream has moved."""

import asyncio
from pathlib import Path
from uuid import UUID

from domain import identifiers
from service.store.clock import SimulatedClock
from service.web.remembered import MOST_KEPT, Made, Remembered
from tests.service.api.client import Insider
from tests.service.api.conftest import noon, opened


async def test_an_answer_is_made_once_until_its_stream_moves(server: str, tmp_path: Path) -> None:
    async with opened(server, tmp_path, SimulatedClock(noon(2020, 6, 10))) as app, Insider(app) as client:
        made: list[UUID] = []

        async def make(stream: UUID) -> Made:
            made.append(stream)
            await asyncio.sleep(0)
            return Made({"stream": str(stream), "made": len(made)})

        remembered = Remembered(app.database, make)
        units = identifiers.DIRECTORY
        await client.give("registerUnit", {"code": "u1", "name": "甲局", "category": "DEPARTMENT"})
        bodies = await asyncio.gather(*(remembered.body(units) for _ in range(50)))
        assert set(bodies) == {f'{{"stream":"{units}","made":1}}'.encode()}
        assert await remembered.body(units) == bodies[0]

        await client.give("registerUnit", {"code": "u2", "name": "乙局", "category": "DEPARTMENT"})
        assert await remembered.body(units) != bodies[0]
        assert made == [units, units]

        # A stream that is none is asked for each time, and crowds nothing out.
        for number in range(2 * MOST_KEPT):
            await remembered.body(UUID(int=number))
        await remembered.body(units)
        assert made.count(units) == 2


async def test_an_answer_that_is_good_for_no_time_is_made_anew(server: str, tmp_path: Path) -> None:
    async with opened(server, tmp_path, SimulatedClock(noon(2020, 6, 10))) as app, Insider(app) as client:
        await client.give("registerUnit", {"code": "u1", "name": "甲局", "category": "DEPARTMENT"})
        answers = iter((Made(1, good_for_s=0), Made(2, good_for_s=0), Made(3), Made(4)))

        async def make(_: UUID) -> Made:
            return next(answers)

        remembered = Remembered(app.database, make)
        assert [await remembered.body(identifiers.DIRECTORY) for _ in range(4)] == [b"1", b"2", b"3", b"3"]
