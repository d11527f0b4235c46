"""Following the log: nothing lost, nothing twice, nothing out of order, whatever the connection does."""

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from service.store import subscription as subscription_module
from service.store.clock import SystemClock
from service.store.database import Database
from service.store.listener import NAME
from service.store.recorder import Recorded, Recorder, Subscription
from tests.patience import PATIENCE_S
from tests.service.store.events import event, run_of
from tests.service.store.proxy import Proxy, proxied


async def take(subscription: Subscription, count: int) -> list[Recorded]:
    """The next so many events, within reason."""
    async with asyncio.timeout(PATIENCE_S):
        return [await anext(subscription) for _ in range(count)]


async def test_those_that_are_there_then_those_that_come(recorder: Recorder) -> None:
    await recorder.insert_events(run_of(uuid4(), 1, 3))
    following = recorder.subscribe(1)
    assert [r.id for r in await take(following, 2)] == [2, 3]
    waiting = asyncio.create_task(take(following, 2))
    await recorder.insert_events(run_of(uuid4(), 1, 2))
    assert [r.id for r in await waiting] == [4, 5]


async def test_many_follow_many_writers(recorder: Recorder, database: Database) -> None:
    async with Recorder.open(database, SystemClock()) as other:
        subscriptions = [r.subscribe() for r in (recorder, other) for _ in range(5)]
        following = [asyncio.create_task(take(s, 400)) for s in subscriptions]
        work = [r.insert_events([event()]) for _ in range(200) for r in (recorder, other)]
        await asyncio.gather(*work)
        for seen in await asyncio.gather(*following):
            assert [r.id for r in seen] == list(range(1, 401))


async def test_only_the_topics_asked_for(recorder: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
    """However far apart they lie."""
    monkeypatch.setattr(subscription_module, "REACH", 10)
    await recorder.insert_events([event(topic="rare" if n % 40 == 39 else "common") for n in range(200)])
    following = recorder.subscribe(topics=["rare", "rarer"])
    assert [r.id for r in await take(following, 5)] == [40, 80, 120, 160, 200]
    waiting = asyncio.create_task(take(following, 1))
    await recorder.insert_events([event(topic="common"), event(topic="rarer")])
    assert [r.id for r in await waiting] == [202]


async def test_pages_join_without_a_seam(recorder: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subscription_module, "PAGE", 7)
    await recorder.insert_events(run_of(uuid4(), 1, 50))
    following = recorder.subscribe()
    assert [r.id for r in await take(following, 50)] == list(range(1, 51))


async def test_a_lost_notification_costs_no_event(database: Database) -> None:
    """A transaction that does not notify: the look that is taken now and then finds its events."""
    source = await database.fetchval("select pg_get_functiondef('log.move_head'::regproc)")
    await database.execute(source.replace("perform pg_notify('duban_log', size::text);", "null;"))
    async with (
        Recorder.open(database, SystemClock()) as follower,
        Recorder.open(database, SystemClock()) as other,
    ):
        following = follower.subscribe()
        await other.insert_events([event()])
        assert [r.id for r in await take(following, 1)] == [1]
        waiting = asyncio.create_task(take(following, 1))
        await other.insert_events([event()])
        assert [r.id for r in await waiting] == [2]


@pytest.fixture
async def proxy(database: Database) -> AsyncIterator[Proxy]:
    async with proxied(database.dsn) as opened:
        yield opened


async def test_nothing_is_lost_across_lost_connections(
    recorder: Recorder, proxy: Proxy, database: Database
) -> None:
    async with (
        await Database.open(proxy.dsn, size=1) as distant,
        Recorder.open(distant, SystemClock()) as follower,
    ):
        following = follower.subscribe()
        for n in range(5):
            await recorder.insert_events([event()])
            assert [r.id for r in await take(following, 1)] == [2 * n + 1]
            proxy.refusing = n % 2 == 0
            proxy.cut()
            await recorder.insert_events([event()])
            waiting = asyncio.create_task(take(following, 1))
            await asyncio.sleep(0)
            proxy.refusing = False
            assert [r.id for r in await waiting] == [2 * n + 2]


async def test_all_followers_share_one_connection(recorder: Recorder, database: Database) -> None:
    following = [asyncio.create_task(take(recorder.subscribe(), 1)) for _ in range(50)]
    await recorder.insert_events([event()])
    await asyncio.gather(*following)
    listening = (
        "select count(*) from pg_stat_activity where datname = current_database() and application_name = $1"
    )
    assert await database.fetchval(listening, NAME) == 1


async def test_a_stopped_subscription_ends_also_for_whoever_waits(recorder: Recorder) -> None:
    following = recorder.subscribe()
    waiting = asyncio.create_task(anext(following, None))
    await asyncio.sleep(0)
    following.stop()
    assert await asyncio.wait_for(waiting, PATIENCE_S) is None
    assert [r async for r in following] == []
    async with recorder.subscribe() as closed:
        await recorder.insert_events([event()])
        assert [r.id for r in await take(closed, 1)] == [1]
    assert [r async for r in closed] == []


async def test_a_subscription_nobody_holds_is_forgotten(recorder: Recorder) -> None:
    following = recorder.subscribe()
    assert len(recorder.listener._bells) == 1
    del following
    assert len(recorder.listener._bells) == 0


async def test_who_waits_for_the_log_to_grow_is_told(recorder: Recorder) -> None:
    waiting = asyncio.create_task(recorder.grown(2 * PATIENCE_S))
    await asyncio.sleep(0)
    await recorder.insert_events([event()])
    await asyncio.wait_for(waiting, PATIENCE_S)
    await recorder.grown(0.001)
