"""Webhooks end to end: registered over GraphQL, told by the service, verified by the standard's library."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from domain.webhook import MOST_OWN
from service.app import Application
from service.config import Settings
from service.store.clock import SystemClock
from service.webhooks.delivery import LOOK_SECONDS, Deliveries
from service.webhooks.targets import Target, Targets
from tests.service.api.city import unit
from tests.service.api.client import INTEGRATOR, LEADER, OFFICE, Insider, Person
from tests.service.store.waiting import until
from tests.service.webhooks.receiver import Receiver, receiving

QUICK = timedelta(milliseconds=20)
ALL = "... on WebhookPayload { secret webhook { id code topics secretNumber owner } }"
STATE = "{ webhooks { nodes { code toldPosition failures outcome nextAttemptAt removedAt } } }"


@asynccontextmanager
async def service(dsn: str, data: Path, *, private: bool = True) -> AsyncIterator[Insider]:
    """A client of an application that may tell addresses of this machine; its own deliveries stand by."""
    environment = {
        "DATABASE_URL": dsn,
        "DUBAN_DATA": str(data),
        "DUBAN_WEBHOOK_PRIVATE_TARGETS": "yes" if private else "no",
    }
    settings = Settings.from_environment(environment)
    async with Application.open(settings, SystemClock()) as app, Insider(app) as client:
        yield client


@asynccontextmanager
async def receiver_of(client: Insider, code: str, topics: list[str]) -> AsyncIterator[Receiver]:
    async with receiving() as receiver:
        given = {"code": code, "url": receiver.url, "topics": topics}
        receiver.secret = (await client.give("registerWebhook", given, ALL))["secret"]
        yield receiver


async def registered(client: Insider, *codes: str) -> list[int]:
    """Units registered one by one; their positions."""
    positions = []
    for code in codes:
        unit = {"code": code, "name": code, "category": "DEPARTMENT"}
        positions.append((await client.give("registerUnit", unit))["position"])
    return positions


async def shown(client: Insider, who: Person = OFFICE) -> dict[str, Any]:
    nodes = (await client.ask(STATE, role=who))["webhooks"]["nodes"]
    return {node["code"]: node for node in nodes}


async def until_shown(client: Insider, code: str, **state: Any) -> None:
    async def is_shown() -> bool:
        told: dict[str, Any] = (await shown(client))[code]
        return state.items() <= told.items()

    await until(is_shown)


async def test_what_is_recorded_is_told_signed_and_in_order(dsn: str, tmp_path: Path) -> None:
    async with service(dsn, tmp_path) as client:
        await registered(client, "dept.before")
        async with receiver_of(client, "oa", ["directory.unit_registered"]) as receiver:
            wanted = await registered(client, *(f"dept.{n}" for n in range(20)))
            await client.give("registerOfficial", {"code": "o1", "name": "某某"})
            await receiver.until(messages=20)
            assert receiver.positions == wanted
            assert [number for number, _ in receiver.got] == [f"evt_{position}" for position in wanted]
            _, message = receiver.got[0]
            assert message["type"] == "directory.unit_registered"
            # What happened, and to what: not what was said.
            assert set(message["data"]) == {"position", "stream", "version", "correlation", "causation"}
            await until_shown(client, "oa", outcome="delivered", failures=0, toldPosition=wanted[-1])


async def test_what_failed_is_told_again_and_nothing_is_left_out(dsn: str, tmp_path: Path) -> None:
    async with service(dsn, tmp_path) as client, receiver_of(client, "oa", []) as receiver:
        receiver.statuses = [500, 302, 410]
        wanted = await registered(client, "dept.a", "dept.b")
        await receiver.until(attempts=1)
        await until_shown(client, "oa", failures=1, outcome="answered 500")
        await receiver.until(messages=3)
        # The first unit opens the directory as well.
        assert receiver.positions == list(range(wanted[0] - 1, wanted[-1] + 1))
        await until_shown(client, "oa", failures=0, outcome="delivered", nextAttemptAt=None)


async def test_one_that_hangs_holds_up_nobody_else(dsn: str, tmp_path: Path) -> None:
    async with (
        service(dsn, tmp_path) as client,
        receiver_of(client, "slow", []) as slow,
        receiver_of(client, "quick", []) as quick,
    ):
        slow.holding = True
        await registered(client, *(f"dept.{n}" for n in range(10)))
        await slow.until(attempts=1)
        await quick.until(messages=11)
        assert slow.got == []
        await client.give("registerUnit", {"code": "dept.x", "name": "x", "category": "DEPARTMENT"})
        await quick.until(messages=12)


async def test_a_hundred_that_hang_hold_up_nobody_else(dsn: str, tmp_path: Path) -> None:
    topics = ["directory.unit_registered"]
    async with service(dsn, tmp_path) as client, receiver_of(client, "slow", topics) as slow:
        slow.holding = True
        for n in range(99):
            await client.give("registerWebhook", {"code": f"slow.{n}", "url": slow.url, "topics": topics})
        async with receiver_of(client, "quick", ["directory.unit_renamed"]) as quick:
            await registered(client, "dept.a")
            await slow.until(attempts=100)
            await client.give("renameUnit", {"unit": unit("dept.a"), "name": "甲局"})
            await quick.until(messages=1)
            # Had it waited for a connection, the attempt would have failed first.
            assert (await shown(client))["quick"]["failures"] == 0
            assert quick.attempts == 1


async def test_whatever_is_wrong_with_one_the_others_are_told(
    dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with (
        service(dsn, tmp_path) as client,
        receiver_of(client, "strange", []) as strange,
        receiver_of(client, "oa", ["directory.unit_registered"]) as receiver,
    ):
        targets = client.app.commands.around.targets
        assert targets is not None
        find = targets.find

        async def found(url: str) -> Target:
            if url == strange.url:
                raise ValueError("what no resolver takes")
            return await find(url)

        monkeypatch.setattr(targets, "find", found)
        await registered(client, "dept.a")
        await until_shown(client, "strange", outcome="ValueError: what no resolver takes")
        await client.give("removeWebhook", {"webhook": f"webhook:{_id('strange')}", "reason": "下线"})
        await registered(client, "dept.b")
        await receiver.until(messages=2)
        # The one that is gone has been ended meanwhile, and nothing with it.
        await asyncio.sleep(2 * LOOK_SECONDS)
        await registered(client, "dept.c")
        await receiver.until(messages=3)


async def test_whoever_takes_over_goes_on_where_the_last_one_stopped(dsn: str, tmp_path: Path) -> None:
    async with service(dsn, tmp_path) as client, receiver_of(client, "oa", []) as receiver:
        first = await registered(client, "dept.a")
        await receiver.until(messages=2)
        await until_shown(client, "oa", toldPosition=first[-1])
        position = first[-1]
    async with service(dsn, tmp_path) as client, receiving() as receiver:
        # The secret is derived, and so the same after a restart.
        changed = {"webhook": "webhook:" + str(_id("oa")), "url": receiver.url, "topics": []}
        told = await client.give("rotateWebhookSecret", {"webhook": changed["webhook"]}, ALL)
        receiver.secret = told["secret"]
        assert told["webhook"]["secretNumber"] == 2
        await client.give("changeWebhook", changed)
        second = await registered(client, "dept.b")
        await receiver.until(messages=1)
        assert (receiver.positions, position) == (second, first[-1])


async def test_many_processes_tell_once(dsn: str, tmp_path: Path) -> None:
    async with service(dsn, tmp_path) as one, service(dsn, tmp_path), receiver_of(one, "oa", []) as receiver:
        wanted = await registered(one, *(f"dept.{n}" for n in range(30)))
        await receiver.until(messages=31)
        await until_shown(one, "oa", toldPosition=wanted[-1])
        assert len(receiver.got) == 31


async def test_a_crash_between_answer_and_note_repeats_under_the_same_id(dsn: str, tmp_path: Path) -> None:
    async with receiving() as receiver:
        async with service(dsn, tmp_path) as client:
            given = {"code": "oa", "url": receiver.url}
            receiver.secret = (await client.give("registerWebhook", given, ALL))["secret"]
            last = (await registered(client, "dept.a"))[-1]
            await receiver.until(messages=2)
            await until_shown(client, "oa", toldPosition=last)
        await _forget_last(dsn, last)
        async with service(dsn, tmp_path):
            await receiver.until(messages=3)
        assert [number for number, _ in receiver.got] == [f"evt_{p}" for p in (last - 1, last, last)]


async def test_a_removed_webhook_is_told_nothing_more(dsn: str, tmp_path: Path) -> None:
    async with service(dsn, tmp_path) as client, receiver_of(client, "oa", []) as receiver:
        await registered(client, "dept.a")
        await receiver.until(messages=2)
        webhook = f"webhook:{_id('oa')}"
        await client.give("removeWebhook", {"webhook": webhook, "reason": "下线"})
        async with receiver_of(client, "other", []) as other:
            await registered(client, "dept.b")
            await other.until(messages=1)
        assert len(receiver.got) == 2
        refused = await client.refused("rotateWebhookSecret", {"webhook": webhook})
        assert refused["code"] == "webhook.removed"


async def test_a_name_that_turns_inward_is_not_followed(dsn: str, tmp_path: Path) -> None:
    async with service(dsn, tmp_path) as client, receiver_of(client, "oa", []) as receiver:
        app = client.app
        await _stop_telling(app)
        outside = Deliveries(app.database, app.recorder, app.secrets, Targets(private=False), pause=QUICK)
        telling = asyncio.create_task(outside.run())
        try:
            await registered(client, "dept.a")
            await until_shown(client, "oa", outcome="refused target: plain http")
        finally:
            telling.cancel()
            with suppress(asyncio.CancelledError):
                await telling
        assert receiver.attempts <= 1


@pytest.mark.parametrize(
    ("given", "code", "field"),
    [
        ({"url": "https://127.0.0.1/x"}, "webhook.target_refused", "url"),
        ({"url": "http://hooks.example.org/x"}, "webhook.target_refused", "url"),
        ({"url": "https://"}, "webhook.malformed_url", "url"),
        ({"topics": ["task.listed", "no.such"]}, "webhook.topic_unknown", "topics.1"),
        ({"code": "OA"}, "code.malformed", "code"),
    ],
)
async def test_what_cannot_be_told_is_refused(
    dsn: str, tmp_path: Path, given: dict[str, Any], code: str, field: str
) -> None:
    async with service(dsn, tmp_path, private=False) as client:
        whole = {"code": "oa", "url": "https://hooks.example.org/duban", "topics": [], **given}
        refused = await client.refused("registerWebhook", whole)
        assert (refused["code"], refused["field"]) == (code, field)
        assert await client.position() == 0


async def test_an_integrator_manages_and_sees_their_own_only(dsn: str, tmp_path: Path) -> None:
    async with service(dsn, tmp_path, private=False) as client:
        url = "https://hooks.example.org/duban"
        await client.give("registerWebhook", {"code": "office", "url": url})
        own = await client.give("registerWebhook", {"code": "own", "url": url}, ALL, role=INTEGRATOR)
        assert own["secret"].startswith("whsec_")
        assert own["webhook"]["owner"] == INTEGRATOR.name
        assert set(await shown(client)) == {"office", "own"}
        assert set(await shown(client, INTEGRATOR)) == {"own"}
        other = {"webhook": f"webhook:{_id('office')}", "reason": "不要了"}
        answer = await client.send("removeWebhook", other, role=INTEGRATOR)
        assert [e["extensions"]["code"] for e in answer["errors"]] == ["FORBIDDEN"]
        assert await client.codes(STATE, role=LEADER) == ["FORBIDDEN"]
        changed = await client.give(
            "changeWebhook", {"webhook": own["webhook"]["id"], "url": url, "topics": ["task.listed"]}, ALL
        )
        # Told when it is made, and not again.
        assert changed["secret"] is None
        assert "task.listed" in (await client.ask("{ topics }", role=LEADER))["topics"]


async def test_an_integrator_has_twenty_at_most_and_the_office_more(dsn: str, tmp_path: Path) -> None:
    async with service(dsn, tmp_path, private=False) as client:
        url = "https://hooks.example.org/duban"
        for n in range(MOST_OWN):
            await client.give("registerWebhook", {"code": f"own.{n}", "url": url}, role=INTEGRATOR)
        more = {"code": "more", "url": url}
        refused = await client.refused("registerWebhook", more, role=INTEGRATOR)
        assert (refused["code"], refused["field"]) == ("webhook.too_many", "code")
        gone = {"webhook": f"webhook:{_id('own.0')}", "reason": "不要了"}
        await client.give("removeWebhook", gone, role=INTEGRATOR)
        await client.give("registerWebhook", more, role=INTEGRATOR)
        for n in range(MOST_OWN + 1):
            await client.give("registerWebhook", {"code": f"office.{n}", "url": url})


# -- what the tests reach for


def _id(code: str) -> Any:
    from domain import identifiers

    return identifiers.webhook_id(code)


async def _forget_last(dsn: str, position: int) -> None:
    """As after a crash: the message was taken, and that was not noted."""
    import asyncpg

    connection = await asyncpg.connect(dsn)
    await connection.execute("update log.webhook_delivery set position = $1", position - 1)
    await connection.close()


async def _stop_telling(app: Application) -> None:
    """End the application's own deliveries, and wait until their lock is free."""
    for task in asyncio.all_tasks():
        if getattr(task.get_coro(), "__qualname__", "") == "Deliveries.run":
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
