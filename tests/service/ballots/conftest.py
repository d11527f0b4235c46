"""Rating boxes under test: an application on a database of its own, asked as its clients ask it."""

from collections.abc import AsyncIterator
from itertools import count
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from service.ballots.blind_rsa import new_key
from service.store.clock import SimulatedClock
from tests.service.api.client import Insider
from tests.service.api.conftest import noon, opened
from tests.service.ballots.hall import Hall, hall

_KEYS: list[RSAPrivateKey] = []


@pytest.fixture(autouse=True)
def keys_of_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """Making a key takes longer than most of what is done with it. Each test is given those that the tests
    before it had, in order: none twice, and new ones when there are no more."""
    numbers = count()

    def another() -> RSAPrivateKey:
        number = next(numbers)
        while len(_KEYS) <= number:
            _KEYS.append(new_key())
        return _KEYS[number]

    monkeypatch.setattr("service.ballots.keys.new_key", another)


@pytest.fixture
def clock() -> SimulatedClock:
    return SimulatedClock(noon(2020, 5, 29))


@pytest.fixture
async def service(server: str, tmp_path: Path, clock: SimulatedClock) -> AsyncIterator[Insider]:
    """A client of an application whose log is empty, on 29 May 2020."""
    async with opened(server, tmp_path, clock) as app, Insider(app) as client:
        yield client


@pytest.fixture
async def casting(service: Insider, clock: SimulatedClock) -> Hall:
    """Six raters hold credentials; nobody has cast."""
    room = await hall(service, clock)
    for n in range(6):
        await room.collect(n)
    await room.barrier()
    return room
