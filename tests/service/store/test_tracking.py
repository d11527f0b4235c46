"""How far a consumer has come, beside what the library's own test case asks."""

import asyncio
from uuid import uuid4

import asyncpg
import pytest
from eventsourcing.persistence import IntegrityError, Tracking, WaitInterruptedError

from service.store.database import Database
from service.store.tracking import TrackingRecorder


@pytest.fixture
def tracking(database: Database) -> TrackingRecorder:
    return TrackingRecorder(database)


class Failed(Exception):
    """The caller's own trouble."""


async def test_the_position_moves_with_the_callers_transaction(
    tracking: TrackingRecorder, database: Database
) -> None:
    async def move_and_fail() -> None:
        async with database.acquire() as connection, connection.transaction():
            await tracking.insert_tracking(Tracking("a", 5), connection)
            assert not await tracking.has_tracking_id("a", 5)
            raise Failed

    with pytest.raises(Failed):
        await move_and_fail()
    assert await tracking.max_tracking_id("a") is None
    async with database.acquire() as connection, connection.transaction():
        await tracking.insert_tracking(Tracking("a", 5), connection)
    assert await tracking.max_tracking_id("a") == 5


async def test_of_two_who_move_to_the_same_position_one_does(
    tracking: TrackingRecorder, database: Database
) -> None:
    """Also when they overlap: the second waits for the first, and is refused."""
    async with database.acquire() as one, database.acquire() as two:
        ours, theirs = one.transaction(), two.transaction()
        await ours.start()
        await theirs.start()
        await tracking.insert_tracking(Tracking("a", 1), one)
        second = asyncio.create_task(tracking.insert_tracking(Tracking("a", 1), two))
        await asyncio.sleep(0)
        await ours.commit()
        with pytest.raises(IntegrityError):
            await second
        await theirs.rollback()
    assert await tracking.max_tracking_id("a") == 1


async def test_who_waits_is_woken_by_an_announcement(tracking: TrackingRecorder, database: Database) -> None:
    waiting = [asyncio.create_task(tracking.wait("a", n, 20)) for n in (1, 2, 3)]
    async with database.acquire() as connection:
        for n in (1, 2, 3):
            await tracking.insert_tracking(Tracking("a", n), connection)
            tracking.announce("a")
            await waiting[n - 1]
    assert not tracking._waiting["a"]


async def test_who_waits_also_looks(tracking: TrackingRecorder, database: Database) -> None:
    """For what another process has done."""
    waiting = asyncio.create_task(tracking.wait("a", 1, 20))
    await TrackingRecorder(database).insert_tracking(Tracking("a", 1))
    await waiting


async def test_a_wait_can_be_interrupted(tracking: TrackingRecorder) -> None:
    interrupt = asyncio.Event()
    waiting = asyncio.create_task(tracking.wait("a", 1, 20, interrupt))
    await asyncio.sleep(0)
    interrupt.set()
    with pytest.raises(WaitInterruptedError):
        await waiting


async def test_names_are_kept_apart(tracking: TrackingRecorder) -> None:
    names = [uuid4().hex for _ in range(3)]
    for n, name in enumerate(names):
        await tracking.insert_tracking(Tracking(name, n))
    assert [await tracking.max_tracking_id(name) for name in names] == [0, 1, 2]


async def test_errors_of_the_database_are_not_hidden(tracking: TrackingRecorder, database: Database) -> None:
    await database.execute("drop table log.tracking")
    with pytest.raises(asyncpg.UndefinedTableError):
        await tracking.wait("a", 1)
