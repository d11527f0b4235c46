"""Events of the log as an auditor finds them, and recomputes their leaves by hand."""

import base64
import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import orjson
import pytest

from domain import identifiers
from service.api.audit.events import stream_key
from service.store.recorder import Origin
from tests.service.api.city import City, campaign, official, task, unit
from tests.service.api.client import INSPECTOR, INTEGRATOR, LEADER, Insider
from tests.service.api.small import small_town
from tests.service.store.events import event as stored

ENVELOPE = "position stream version topic recordedAt actor correlation causation"


async def events(client: Insider, filter: dict[str, Any] | None = None, **arguments: Any) -> list[Any]:
    """All events that the filter finds, over as many pages as it takes."""
    found: list[Any] = []
    after = None
    while True:
        data = await client.ask(
            f"""query ($filter: EventFilter, $after: String, $first: Int, $order: EventOrder) {{
              events(filter: $filter, after: $after, first: $first, orderBy: $order) {{
                nodes {{ {ENVELOPE} state }} pageInfo {{ hasNextPage endCursor }} }} }}""",
            {"filter": filter, "after": after, "first": 100, **arguments},
            role=INSPECTOR,
        )
        found += data["events"]["nodes"]
        after = data["events"]["pageInfo"]["endCursor"]
        if not data["events"]["pageInfo"]["hasNextPage"]:
            return found


async def test_every_leaf_is_recomputed_by_hand(city: City) -> None:
    """As docs/audit.md says: from the answer alone, with SHA-256 and nothing of ours."""
    query = "{ events(first: 100) { nodes { position stateText salt stateDigest entry leafHash erased } } }"
    nodes = (await city.client.ask(query, role=INSPECTOR))["events"]["nodes"]
    assert len(nodes) == 100
    for node in nodes:
        salt, state = base64.b64decode(node["salt"]), node["stateText"].encode()
        digest = base64.b64encode(hashlib.sha256(salt + state).digest()).decode()
        assert digest == node["stateDigest"] == orjson.loads(node["entry"])["stateDigest"]
        leaf = hashlib.sha256(b"\0" + node["entry"].encode()).digest()
        assert base64.b64encode(leaf).decode() == node["leafHash"]
        assert not node["erased"]


async def test_the_entry_is_canonical_whatever_is_in_it(service: Insider) -> None:
    actor = "".join(map(chr, range(1, 0x20))) + '"\\/\x7f\u2028é督😀'
    await service.app.recorder.insert_events([stored()], origin=Origin(actor, UUID(int=7)))
    node = (await service.ask("{ event(position: 1) { entry leafHash actor } }"))["event"]
    assert node["actor"] == actor
    leaf = await service.app.database.fetchval("select leaf_hash from log.event")
    assert (
        hashlib.sha256(b"\0" + node["entry"].encode()).digest() == leaf == base64.b64decode(node["leafHash"])
    )


Holds = Callable[[dict[str, Any], City], bool]


def names(node: dict[str, Any], key: UUID) -> bool:
    return str(key) in orjson.dumps(node["state"]).decode() or node["stream"] == str(key)


def of_campaign(node: dict[str, Any], city: City) -> bool:
    tasks = [t.id for t in city.tasks if t.campaign == "c1"]
    return names(node, identifiers.campaign_id("c1")) or f"task:{node['stream']}" in tasks


FILTERS: list[tuple[dict[str, Any], Holds]] = [
    ({"topic": "task.report_verified"}, lambda n, _: n["topic"] == "task.report_verified"),
    ({"topic": "task.no_such"}, lambda n, _: False),
    ({"actor": "reporter:dept.ecology"}, lambda n, _: n["actor"] == "reporter:dept.ecology"),
    ({"official": official("o1")}, lambda n, _: names(n, identifiers.official_id("o1"))),
    ({"campaign": campaign("c1")}, of_campaign),
    ({"stream": "directory"}, lambda n, _: n["stream"] == str(identifiers.DIRECTORY)),
    ({"stream": campaign("c2")}, lambda n, _: n["stream"] == str(identifiers.campaign_id("c2"))),
    ({"text": "数据不符"}, lambda n, _: "数据不符" in orjson.dumps(n["state"]).decode()),
    (
        {"topic": "task.report_disputed", "text": "数据不符"},
        lambda n, _: n["topic"] == "task.report_disputed",
    ),
    ({"text": "100%_没有"}, lambda n, _: False),
]


@pytest.mark.parametrize(
    "filter", [{"text": "改造"}, {"unit": unit("dept.water")}, {"official": official("o1")}], ids=str
)
async def test_who_may_not_read_what_an_event_holds_may_not_search_in_it(
    city: City, filter: dict[str, Any]
) -> None:
    query = "query ($f: EventFilter) { events(filter: $f) { totalCount } }"
    assert await city.client.codes(query, {"f": filter}, role=INTEGRATOR) == ["FORBIDDEN"]
    assert await city.client.codes(query, {"f": filter}, role=INSPECTOR) == []
    open_ = {"topic": "task.listed", "campaign": campaign("c1"), "actor": "office", "stream": "directory"}
    assert await city.client.codes(query, {"f": open_}, role=INTEGRATOR) == []


@pytest.mark.parametrize(("filter", "holds"), FILTERS, ids=[str(given) for given, _ in FILTERS])
async def test_a_filter_finds_what_it_says_and_nothing_else(
    city: City, filter: dict[str, Any], holds: Holds
) -> None:
    every = await events(city.client)
    assert [n["position"] for n in every] == list(range(len(every), 0, -1))
    assert await events(city.client, filter) == [n for n in every if holds(n, city)]


async def test_a_unit_finds_also_the_events_of_its_tasks(city: City) -> None:
    key = identifiers.unit_id("dept.ecology")
    rows = await city.client.app.database.fetch(
        "select id from read.task where lead_unit_id = $1 or supporting_unit_ids @> array[$1]", key
    )
    tasks = {str(row["id"]) for row in rows}
    every = await events(city.client)
    found = await events(city.client, {"unit": unit("dept.ecology")})
    assert found == [n for n in every if names(n, key) or n["stream"] in tasks]
    assert tasks


async def test_from_and_to_include_their_moments(city: City) -> None:
    every = await events(city.client)
    moment = datetime.fromisoformat(every[len(every) // 2]["recordedAt"])

    def at(node: Any) -> datetime:
        return datetime.fromisoformat(node["recordedAt"])

    later = await events(city.client, {"from": moment.isoformat()})
    assert later == [n for n in every if at(n) >= moment]
    sooner = await events(city.client, {"to": moment.isoformat()})
    assert sooner == [n for n in every if at(n) <= moment]
    after = (moment + timedelta(microseconds=1)).isoformat()
    assert len(await events(city.client, {"from": after})) == len(every) - len(sooner)
    assert await events(city.client, {"to": "2019-01-01T00:00:00Z"}) == []
    assert await events(city.client, {"from": "2031-01-01T00:00:00Z"}) == []


async def test_the_oldest_first_and_one_request_together(city: City) -> None:
    oldest = await events(city.client, order={"direction": "ASC"})
    assert [n["position"] for n in oldest] == list(range(1, len(oldest) + 1))
    assert await events(city.client, {"correlation": oldest[0]["correlation"]}) == [
        n for n in reversed(oldest) if n["correlation"] == oldest[0]["correlation"]
    ]
    query = "{ event(position: 1) { together { position } } }"
    together = (await city.client.ask(query, role=INSPECTOR))["event"]["together"]
    assert [n["position"] for n in together] == [
        n["position"] for n in oldest if n["correlation"] == oldest[0]["correlation"]
    ]


async def test_a_cursor_stays_good_while_the_log_grows(service: Insider) -> None:
    await small_town(service)
    query = """query ($after: String) { events(first: 3, after: $after) {
      nodes { position } pageInfo { endCursor hasPreviousPage } } }"""
    first = (await service.ask(query))["events"]
    await service.give("registerUnit", {"code": "dept.d", "name": "丁", "category": "DEPARTMENT"})
    second = (await service.ask(query, {"after": first["pageInfo"]["endCursor"]}))["events"]
    last = first["nodes"][-1]["position"]
    assert [n["position"] for n in second["nodes"]] == [last - 1, last - 2, last - 3]
    codes = await service.codes(query, {"after": "bm8="})
    assert codes == ["BAD_CURSOR"]


async def test_an_event_has_its_neighbours(city: City) -> None:
    query = """query ($p: Position!) { event(position: $p) { position version
      previous { version stream } next { version stream } cause { position } effects { position } stream } }"""
    found = (await city.client.ask(query, {"p": 2}, role=INTEGRATOR))["event"]
    assert found["previous"] == {"version": found["version"] - 1, "stream": found["stream"]}
    assert found["next"] == {"version": found["version"] + 1, "stream": found["stream"]}
    assert (found["cause"], found["effects"]) == (None, [])
    first = (await city.client.ask(query, {"p": 1}))["event"]
    assert first["previous"] is None
    assert (await city.client.ask(query, {"p": 2**53 - 1}))["event"] is None


async def test_the_tree_of_causes_is_walked_both_ways(service: Insider) -> None:
    recorder = service.app.recorder
    await recorder.insert_events([stored()], origin=Origin("office", UUID(int=1)))
    for cause in (1, 1, 2):
        await recorder.insert_events([stored()], origin=Origin("office", UUID(int=1), cause))
    query = (
        "{ event(position: 1) { effects { position effects { position cause { cause { position } } } } } }"
    )
    effects = (await service.ask(query, role=INSPECTOR))["event"]["effects"]
    assert effects == [
        {"position": 2, "effects": [{"position": 4, "cause": {"cause": {"position": 1}}}]},
        {"position": 3, "effects": []},
    ]


@pytest.mark.parametrize("given", ["task:x", "unit:", "6f0d", "official:'; drop", "x" * 1000])
async def test_what_is_no_stream_is_told_so(city: City, given: str) -> None:
    query = "query ($s: ID!) { events(filter: {stream: $s}) { totalCount } }"
    assert await city.client.codes(query, {"s": given}) == ["BAD_INPUT"]


def test_a_stream_is_named_in_several_ways() -> None:
    key = identifiers.task_id("1.1")
    assert stream_key(task("1.1")) == stream_key(str(key)) == stream_key(str(key).upper()) == str(key)


# -- histories


async def test_a_history_is_told_step_by_step_and_adds_up(city: City) -> None:
    listed = city.tasks[0]
    query = """query ($id: ID!, $after: Int) { streamHistory(id: $id, first: 4, after: $after) {
      kind version hasMore steps { version topic actor before after en zh erased
        changes { path before after } } } }"""
    steps: list[Any] = []
    more = True
    while more:
        after = steps[-1]["version"] if steps else None
        told = (await city.client.ask(query, {"id": listed.id, "after": after}, role=INSPECTOR))[
            "streamHistory"
        ]
        steps, more = [*steps, *told["steps"]], told["hasMore"]
    assert told["kind"] == "task"
    assert [s["version"] for s in steps] == list(range(1, told["version"] + 1))
    assert steps[0]["before"] is None
    for earlier, later in pairwise(steps):
        assert later["before"] == earlier["after"]
        assert later["changes"] or later["before"] == later["after"]
    for step in steps:
        assert step["actor"] in step["en"]
        assert step["topic"] in step["zh"]
        assert all(change["path"] for change in step["changes"])
        # Values are told as JSON, not in the words of a programming language.
        assert not any(word in step["en"] for word in ("{'", "None", "True", "False"))
    assert f"code {listed.code}" in steps[0]["zh"]
    diff = "query ($id: ID!, $to: Int!) { diff(stream: $id, fromVersion: 1, toVersion: $to) { path after } }"
    changes = (await city.client.ask(diff, {"id": listed.id, "to": told["version"]}))["diff"]
    for change in changes:
        value = steps[-1]["after"]
        for name in change["path"].split("."):
            value = (
                value[int(name)]
                if isinstance(value, list) and int(name) < len(value)
                else (value.get(name) if isinstance(value, dict) else None)
            )
        assert change["after"] == value
    assert changes


async def test_a_history_is_not_for_everyone_and_not_of_nothing(city: City) -> None:
    query = "query ($id: ID!) { streamHistory(id: $id) { kind } diff(stream: $id, fromVersion: 0, toVersion: 1) { path } }"
    data = await city.client.ask(query, {"id": str(UUID(int=1))}, role=INSPECTOR)
    assert data == {"streamHistory": None, "diff": None}
    assert set(await city.client.codes(query, {"id": "directory"}, role=LEADER)) == {"FORBIDDEN"}
    many = '{ streamHistory(id: "directory", first: 101) { kind } }'
    assert await city.client.codes(many) == ["BAD_INPUT"]
