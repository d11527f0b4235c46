"""Lawful erasure: two people, one door; the leaf stays, the tree verifies, the read tables show the gap."""

import asyncio
from contextlib import nullcontext, suppress
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from domain import identifiers
from domain.personal import ERASED
from projections import PROJECTIONS
from service import erasing
from service.erasing import Erasing
from service.store.clock import SimulatedClock
from service.store.erasures import confirmed_after
from service.tables.rebuild import RebuildFailed, RebuildUnderWay, rebuild
from service.tlog.merkle import Frontier, leaf, node
from service.tlog.proofs import includes, inclusion_ranges, proof
from tests.patience import PATIENCE_S
from tests.service.api.carded import adopt, sweep
from tests.service.api.city import official, task
from tests.service.api.client import INSPECTOR, OFFICE, PUBLIC, Insider, Person, reporter, supervisor
from tests.service.api.small import report, small_town

DOCUMENT = {"number": "潍法〔2020〕7号", "title": "关于删除个人信息的决定", "issuedOn": "2020-06-09"}
NAME = "某某"


async def position_of(client: Insider, topic: str) -> int:
    found: int = await client.app.database.fetchval(
        "select min(position) from log.event where topic = $1", topic
    )
    return found


async def order(client: Insider, *positions: int, code: str = "e1", **changes: Any) -> dict[str, Any]:
    given = {"code": code, "document": DOCUMENT, "ground": "当事人申请", "events": list(positions)}
    return await client.give("orderErasure", given | changes)


async def carried_out(client: Insider, code: str = "e1") -> int:
    """Confirm, and wait until it is done; the position of the confirmation."""
    given = await client.give(
        "confirmErasure", {"erasure": f"erasure:{identifiers.erasure_id(code)}"}, role=INSPECTOR
    )
    await client.app.erasing.wait_for(given["position"], PATIENCE_S)
    position: int = given["position"]
    return position


async def everything(client: Insider) -> str:
    """Whatever the database still holds, the read tables and their versions too. Where another process builds
    tables anew, and one is gone before it is read, all are read again."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            with suppress(asyncpg.UndefinedTableError):
                return await _held(client)


async def _held(client: Insider) -> str:
    database = client.app.database
    tables = await database.fetch(
        "select format('%I.%I', schemaname, tablename) from pg_tables where schemaname like 'read%' and tablename <> 'checkpoint'"
    )
    texts = [
        await database.fetchval(f"select coalesce(string_agg(t::text, ' '), '') from {t[0]} t")
        for t in tables
    ]
    texts.append(
        await database.fetchval("select string_agg(convert_from(state, 'utf8'), ' ') from log.event")
    )
    return "\n".join(texts)


async def test_a_name_is_erased_and_everything_else_stays(service: Insider) -> None:
    await small_town(service)
    database = service.app.database
    position = await position_of(service, "directory.official_registered")
    before = await database.fetch("select position, leaf_hash, nodes from log.event order by position")
    sealed = await database.fetch("select position, entry from log.entry order by position")
    assert NAME in await everything(service)
    await order(service, position)
    confirmed = await carried_out(service)
    assert NAME not in await everything(service)
    assert (await database.fetchrow("select salt, state from log.event where position = $1", position)) == (
        b"",
        b"",
    )
    after = await database.fetch(
        "select position, leaf_hash, nodes from log.event where position <= $1 order by position", len(before)
    )
    assert after == before
    assert sealed == await database.fetch(
        "select position, entry from log.entry where position <= $1 order by position", len(before)
    )
    query = """query ($p: Position!, $o: ID!) { official(id: $o) { code name } event(position: $p) {
      state stateText salt erased topic } }"""
    data = await service.ask(query, {"p": position, "o": official("o1"), "minPosition": confirmed})
    assert data["official"] == {"code": "o1", "name": ERASED}
    event = data["event"]
    assert (event["erased"], event["stateText"], event["salt"]) == (True, None, None)
    assert event["state"]["name"] == ERASED
    assert event["state"]["code"] == "o1"


async def test_every_proof_stays_valid(service: Insider) -> None:
    """Of every event, the erased ones too, in the tree as it is after the erasure."""
    await small_town(service)
    await order(service, await position_of(service, "task.progress_reported"))
    await carried_out(service)
    rows = await service.app.database.fetch("select entry, leaf_hash, nodes from log.entry order by position")
    tree = Frontier()
    for entry, leaf_hash, nodes in rows:
        assert leaf(entry) == leaf_hash
        assert nodes == tree.append(leaf_hash)
    levels = [[row["leaf_hash"] for row in rows]]
    while len(levels[-1]) > 1:
        below = levels[-1]
        levels.append([node(*below[i : i + 2]) for i in range(0, len(below) - 1, 2)])
    for index, row in enumerate(rows):
        proved = proof(inclusion_ranges(index, len(rows)), lambda level, n: levels[level][n])
        assert includes(index, len(rows), row["leaf_hash"], proved, tree.root())


async def test_rebuilt_is_as_followed_after_an_erasure(service: Insider) -> None:
    await small_town(service)
    await order(service, await position_of(service, "task.progress_reported"))
    await carried_out(service)
    await service.give("reportProgress", report("1.1", "2020-05", "20"), role=reporter("dept.a"))
    followed = await everything(service)
    await rebuild(service.app.database, service.app.recorder, [p.name for p in PROJECTIONS])
    assert sorted((await everything(service)).split()) == sorted(followed.split())
    assert "完成一批" in followed  # of May; that of April is gone
    steps = await service.ask("{ progressReports { nodes { period narrative evidence { url } } } }")
    told = {n["period"]: n["narrative"] for n in steps["progressReports"]["nodes"]}
    assert told == {"2020-04": ERASED, "2020-05": "完成一批"}


async def test_the_rules_go_on_with_what_is_left(service: Insider) -> None:
    """An official whose name is erased is still known, a task still has its figures."""
    await small_town(service)
    await order(
        service,
        await position_of(service, "directory.official_registered"),
        await position_of(service, "task.progress_reported"),
        await position_of(service, "task.delivered"),
    )
    await carried_out(service)
    refused = await service.refused("registerOfficial", {"code": "o1", "name": "又"})
    assert refused["code"] == "official.exists"
    await service.give("publishTask", {"task": task("1.1"), "outlet": "网"}, role=reporter("dept.a"))
    history = await service.ask(
        "query ($id: ID!) { streamHistory(id: $id) { steps { topic erased } } }", {"id": task("1.1")}
    )
    erased = [s["topic"] for s in history["streamHistory"]["steps"] if s["erased"]]
    assert erased == ["task.progress_reported"]


async def test_one_person_alone_erases_nothing(service: Insider) -> None:
    """Not in two roles either."""
    await small_town(service)
    position = await position_of(service, "directory.official_registered")
    await order(service, position)
    both = f"erasure:{identifiers.erasure_id('e1')}"
    answer = await service.send("confirmErasure", {"erasure": both}, role=OFFICE)
    assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"

    class OneAndTheSame(Person):
        @property
        def name(self) -> str:
            return "office"

    refused = await service.refused("confirmErasure", {"erasure": both}, role=OneAndTheSame(INSPECTOR.role))
    assert refused["code"] == "erasure.one_person"
    assert await confirmed_after(service.app.database, 0) == []
    assert NAME in await everything(service)


async def test_what_is_refused(service: Insider) -> None:
    await small_town(service)
    name = await position_of(service, "directory.official_registered")
    unit = await position_of(service, "directory.unit_registered")
    base: dict[str, Any] = {"code": "e1", "document": DOCUMENT, "ground": "申请"}
    for events, code in (
        ([], "erasure.size"),
        (list(range(1, 202)), "erasure.size"),
        ([name, name], "erasure.event_twice"),
        ([10_000], "erasure.no_such_event"),
        ([name, unit], "erasure.nothing_personal"),
    ):
        assert (await service.refused("orderErasure", {**base, "events": events}))["code"] == code
    late = {**base, "events": [name], "document": {**DOCUMENT, "issuedOn": "2020-06-11"}}
    assert (await service.refused("orderErasure", late))["code"] == "document.issued_in_future"
    await order(service, name)
    assert (await service.refused("orderErasure", {**base, "events": [name]}))["code"] == "erasure.exists"
    await order(service, name, code="e2")
    await carried_out(service)
    for code in ("e1", "e2"):
        refused = await service.refused(
            "confirmErasure", {"erasure": f"erasure:{identifiers.erasure_id(code)}"}, role=INSPECTOR
        )
        assert refused["code"] == {"e1": "erasure.confirmed", "e2": "erasure.erased_before"}[code]
    unknown = {"erasure": f"erasure:{identifiers.erasure_id('no')}"}
    assert (await service.refused("confirmErasure", unknown, role=INSPECTOR))["code"] == "erasure.unknown"


async def test_the_confirmation_is_caused_by_the_order(service: Insider) -> None:
    await small_town(service)
    ordered = await order(service, await position_of(service, "task.delivered"))
    confirmed = await carried_out(service)
    query = (
        """query ($p: Position!) { event(position: $p) { cause { position topic effects { position } } } }"""
    )
    cause = (await service.ask(query, {"p": confirmed}))["event"]["cause"]
    assert cause == {
        "position": ordered["position"],
        "topic": "erasure.ordered",
        "effects": [{"position": confirmed}],
    }
    listed = await service.ask(
        "{ erasures { nodes { code orderedBy confirmedBy documentNumber events { erased } } } }"
    )
    assert listed["erasures"]["nodes"] == [
        {
            "code": "e1",
            "orderedBy": "office",
            "confirmedBy": "inspector",
            "documentNumber": DOCUMENT["number"],
            "events": [{"erased": True}],
        }
    ]


async def test_an_erasure_that_was_cut_short_is_carried_out_later(service: Insider) -> None:
    """The process died between the confirmation and the door, or between the door and the read tables."""
    await small_town(service)
    await order(service, await position_of(service, "directory.official_registered"))
    confirmed = await carried_out(service)
    await service.app.database.execute("delete from log.tracking where application_name = 'erasures'")
    again = Erasing(service.app.recorder)
    await again.carry_out()
    await again.wait_for(confirmed, PATIENCE_S)
    assert NAME not in await everything(service)


@pytest.mark.parametrize(
    "trouble",
    [RebuildFailed("a fold failed"), RebuildUnderWay("somebody rebuilds"), OSError("away")],
    ids=repr,
)
async def test_an_erasure_that_meets_trouble_is_tried_again(
    service: Insider, monkeypatch: pytest.MonkeyPatch, trouble: Exception
) -> None:
    """The door was passed, the read tables not built anew: what they show goes the next time."""
    await small_town(service)
    tried = 0

    async def troubled(*given: Any) -> None:
        nonlocal tried
        tried += 1
        if tried == 1:
            raise trouble
        await rebuild(*given)

    monkeypatch.setattr(erasing, "rebuild", troubled)
    monkeypatch.setattr(erasing, "RETRY_SECONDS", 0.01)
    await order(service, await position_of(service, "directory.official_registered"))
    await carried_out(service)
    assert tried == 2
    assert NAME not in await everything(service)


async def test_several_processes_carry_out_the_same_erasure(
    service: Insider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever is first, the others find it done and go on."""
    monkeypatch.setattr(erasing, "RETRY_SECONDS", 0.01)
    await small_town(service)
    others = [asyncio.create_task(Erasing(service.app.recorder).run()) for _ in range(2)]
    for code in ("e1", "e2"):
        topic = {"e1": "directory.official_registered", "e2": "task.progress_reported"}[code]
        await order(service, await position_of(service, topic), code=code)
        await carried_out(service, code)
    assert NAME not in await everything(service)
    erased = await service.app.database.fetchval("select count(*) from log.erased")
    assert erased == 2
    assert not any(other.done() for other in others)
    for other in others:
        other.cancel()
    await asyncio.wait(others)


async def test_the_digest_of_the_command_goes_with_it(service: Insider) -> None:
    """It has no salt: whoever guesses the name could try it there."""
    await small_town(service)
    position = await position_of(service, "directory.official_registered")
    digest_of = "select command_digest from log.event where position >= $1 and command_digest is not null order by position limit 1"
    assert len(await service.app.database.fetchval(digest_of, position)) == 32
    await order(service, position)
    await carried_out(service)
    assert await service.app.database.fetchval(digest_of, position) == b"\0"


async def test_the_days_are_swept_on_over_an_erased_card(service: Insider, clock: SimulatedClock) -> None:
    """A sweep reads the streams of many cards at once, those with gaps too."""
    await small_town(service)
    await adopt(service)
    by_hand = {"task": task("1.1"), "level": "yellow", "reason": "某某推诿"}
    await service.give("showCard", by_hand, role=supervisor("g1"))
    await order(service, await position_of(service, "cards.raised"))
    await carried_out(service)
    clock.moment += timedelta(days=31)
    assert (await sweep(service, clock.moment.date()))["escalated"] == 1


FORGED = [
    "update log.event set salt = '', state = '' where position = $1",
    "update log.event set state = '' where position = $1",
    "update log.event set salt = '' where position = $1",
    "update log.event set state = 'x' where position = $1",
    "update log.event set command_digest = '\\x00' where position = $1",
    "update log.event set salt = '', state = '', leaf_hash = salt where position = $1",
    "insert into log.erased select position, position, sha256(salt || state), '{}' from log.event where position = $1",
    "delete from log.erased where position = $1",
    "update log.erased set remains = '' where position = $1",
    "select log.erase($1)",
]


@pytest.mark.parametrize("statement", FORGED)
@pytest.mark.parametrize("triggers", ["origin", "replica"])
async def test_nothing_but_a_confirmed_erasure_opens_the_door(
    service: Insider, statement: str, triggers: str
) -> None:
    """Not for the superuser either, short of switching the triggers off one by one."""
    await small_town(service)
    position = await position_of(service, "directory.official_registered")
    ordered = (await order(service, position))["position"]
    for at in (position, ordered):
        async with service.app.database.acquire() as connection, connection.transaction():
            await connection.execute(f"set local session_replication_role = {triggers}")
            before = await connection.fetch("select * from log.event")
            refused = (
                nullcontext()
                if statement == "select log.erase($1)"
                else pytest.raises(asyncpg.InsufficientPrivilegeError, match="append-only")
            )
            with refused:
                async with connection.transaction():
                    await connection.execute(statement.replace("$1", str(at)))
            assert await connection.fetch("select * from log.event") == before
            assert await connection.fetch("select * from log.erased") == []


async def test_the_public_knows_nothing_of_erasures(service: Insider) -> None:
    assert await service.codes("{ erasures { totalCount } }", role=PUBLIC) == ["FORBIDDEN"]
