"""The ledger now and as of an earlier moment, and reading one's own writes."""

import asyncio
from datetime import date
from typing import Any

from domain import identifiers
from service.store.clock import SimulatedClock
from tests.service.api.city import LEDGER_LINES, City, at, campaign, task
from tests.service.api.client import Insider


async def test_the_ledger_as_of_a_position_is_what_it_showed_then(city: City) -> None:
    assert len(city.snapshots) >= 6
    for snapshot in city.snapshots:
        data = await city.client.ask(LEDGER_LINES, {"asOf": {"position": snapshot.position}})
        assert data["ledger"]["position"] == snapshot.position
        assert data["ledger"]["date"] == str(snapshot.day)
        assert data["ledger"]["nodes"] == snapshot.lines
        assert data["ledger"]["totalCount"] == len(snapshot.lines)


async def test_the_ledger_as_of_a_date_is_what_it_showed_at_its_end(city: City) -> None:
    for snapshot in city.snapshots:
        data = await city.client.ask(LEDGER_LINES, {"asOf": {"date": str(snapshot.day)}})
        assert data["ledger"]["position"] == snapshot.position
        assert data["ledger"]["nodes"] == snapshot.lines


async def test_a_later_date_shows_the_same_facts_and_later_figures(city: City) -> None:
    snapshot = city.snapshots[1]
    later = (await city.client.ask(LEDGER_LINES, {"asOf": {"date": "2020-05-17"}}))["ledger"]
    assert later["date"] == "2020-05-17"
    assert later["position"] >= snapshot.position
    assert all(float(line["expected"]) >= 0 for line in later["nodes"])


async def test_before_the_first_event_the_ledger_is_empty(city: City) -> None:
    for as_of in ({"date": "2020-01-01"}, {"position": 0}):
        data = await city.client.ask(LEDGER_LINES, {"asOf": as_of})
        assert data["ledger"]["nodes"] == []
        assert data["ledger"]["position"] == 0
        assert data["ledger"]["totalCount"] == 0


async def test_the_present_ledger_speaks_of_today_and_the_last_position(city: City) -> None:
    fields = "{ date position totalCount }"
    data = await city.client.ask(f"{{ ledger(asOf: null) {fields} again: ledger(asOf: {{}}) {fields} }}")
    expected = {"date": "2020-09-20", "position": await city.client.position(), "totalCount": 25}
    assert data == {"ledger": expected, "again": expected}


async def test_now_and_then_in_one_query(city: City) -> None:
    snapshot = city.snapshots[2]
    data = await city.client.ask(
        """query ($p: Position!, $c: ID) {
          then: ledger(campaign: $c, asOf: {position: $p}) { position nodes { code expected version } }
          now: ledger(campaign: $c) { position nodes { code expected version } } }""",
        {"p": snapshot.position, "c": campaign("c2")},
    )
    assert [n["code"] for n in data["then"]["nodes"]] == [n["code"] for n in data["now"]["nodes"]]
    lines = {line["code"]: line for line in snapshot.lines}
    for node in data["then"]["nodes"]:
        assert (node["expected"], node["version"]) == (
            lines[node["code"]]["expected"],
            lines[node["code"]]["version"],
        )
    assert data["then"]["nodes"] != data["now"]["nodes"]


async def test_what_a_line_leads_to_is_as_it_is_now(city: City) -> None:
    """The task of a line is the task as it is now: its version is the one that a command may expect."""
    snapshot = city.snapshots[0]
    data = await city.client.ask(
        """query ($p: Position!) { ledger(asOf: {position: $p}) { nodes { version expected
          task { code version expected reportCount } campaign { version } } }
          tasks(first: 100) { nodes { code version expected reportCount campaign { version } } } }""",
        {"p": snapshot.position},
    )
    now = {node["code"]: node for node in data["tasks"]["nodes"]}
    assert data["ledger"]["nodes"]
    for line in data["ledger"]["nodes"]:
        present = dict(now[line["task"]["code"]])
        assert line["campaign"] == present.pop("campaign")
        assert line["task"] == present
    assert any(line["version"] < line["task"]["version"] for line in data["ledger"]["nodes"])


async def test_the_filters_of_an_earlier_ledger_look_at_the_earlier_lines(city: City) -> None:
    snapshot = city.snapshots[3]
    query = """query ($p: Position!, $f: TaskFilter) { ledger(asOf: {position: $p}, filter: $f) {
      totalCount nodes { code } } }"""
    filters: list[tuple[dict[str, Any], Any]] = [
        (
            {"overdue": True},
            lambda line: line["deadline"] < str(snapshot.day) and line["deliveredOn"] is None,
        ),
        ({"deviationBelow": "-0.1"}, lambda line: line["deviation"] and float(line["deviation"]) < -0.1),
        ({"status": ["DELIVERED", "ACCEPTED"]}, lambda line: line["status"] in ("DELIVERED", "ACCEPTED")),
        ({"published": True}, lambda line: line["published"]),
    ]
    for filter_, holds in filters:
        data = await city.client.ask(query, {"p": snapshot.position, "f": filter_})
        expected = [line["code"] for line in snapshot.lines if holds(line)]
        assert [n["code"] for n in data["ledger"]["nodes"]] == expected
        assert data["ledger"]["totalCount"] == len(expected)


async def test_paging_through_an_earlier_ledger(city: City) -> None:
    snapshot = city.snapshots[4]
    query = """query ($p: Position!, $after: String) {
      ledger(asOf: {position: $p}, first: 4, after: $after, orderBy: {field: DEVIATION}) {
        pageInfo { hasNextPage endCursor } nodes { code } } }"""
    found: list[str] = []
    after, more = None, True
    while more:
        page = (await city.client.ask(query, {"p": snapshot.position, "after": after}))["ledger"]
        found += [n["code"] for n in page["nodes"]]
        more, after = page["pageInfo"]["hasNextPage"], page["pageInfo"]["endCursor"]
    assert sorted(found) == sorted(line["code"] for line in snapshot.lines)


async def test_a_ledger_beyond_the_log_is_not_there_yet(service: Insider, monkeypatch: Any) -> None:
    monkeypatch.setattr("service.reads.WAIT_SECONDS", 0.05)
    await _campaign(service)
    position = await service.position()
    for query in (
        "query ($p: Position!) { ledger(asOf: {position: $p}) { position } }",
        "query ($p: Position!) { tasks(minPosition: $p) { totalCount } }",
        "query ($p: Position!) { ledger(minPosition: $p) { totalCount } viewer { role } }",
    ):
        response = await service.post({"query": query, "variables": {"p": position + 1}})
        assert response.status_code == 503
        assert response.json()["errors"][0]["extensions"]["code"] == "NOT_YET_PROJECTED"
        assert "data" not in response.json()
        await service.ask(query, {"p": position})


async def _campaign(service: Insider) -> None:
    launched = {"code": "c1", "number": 1, "name": "攻坚战", "start": "2020-03-25", "end": "2020-12-31"}
    await service.give("launchCampaign", launched)


async def _task(service: Insider, code: str) -> int:
    listed = {
        "code": code,
        "campaign": campaign("c1"),
        "article": 17,
        "title": "任务",
        "leadUnit": f"unit:{identifiers.unit_id('dept.a')}",
        "start": "2020-04-01",
        "deadline": "2020-12-31",
        "indicators": [
            {
                "code": "a",
                "name": "户数",
                "direction": "AT_LEAST",
                "unitOfMeasure": "户",
                "target": "100",
                "weight": "100",
            }
        ],
    }
    position: int = (await service.give("listTask", listed))["position"]
    return position


async def test_min_position_reads_ones_own_writes(service: Insider) -> None:
    await _campaign(service)
    await service.give("registerUnit", {"code": "dept.a", "name": "单位", "category": "DEPARTMENT"})
    query = "query ($t: ID!, $p: Position) { task(id: $t, minPosition: $p) { code } }"
    for n in range(20):
        position = await _task(service, f"1.{n}")
        data = await service.ask(query, {"t": task(f"1.{n}"), "p": position})
        assert data["task"] == {"code": f"1.{n}"}


async def test_min_position_is_waited_for(service: Insider) -> None:
    """Asked before the event is there, answered after it."""
    await _campaign(service)
    position = await service.position()
    query = "query ($p: Position) { units(minPosition: $p) { totalCount } }"
    asked = asyncio.create_task(service.ask(query, {"p": position + 1}))
    await asyncio.sleep(0)
    assert not asked.done()
    await service.give("registerUnit", {"code": "dept.a", "name": "单位", "category": "DEPARTMENT"})
    # The directory is opened by its first event.
    assert (await asked)["units"]["totalCount"] in (0, 1)
    assert (await service.ask(query, {"p": position + 2}))["units"]["totalCount"] == 1


async def test_the_first_and_the_last_of_all_dates_are_dates(city: City) -> None:
    query = "query ($d: Date) { ledger(asOf: {date: $d}, first: 0) { date totalCount } }"
    first = await city.client.ask(query, {"d": "0001-01-01"})
    assert first["ledger"] == {"date": "0001-01-01", "totalCount": 0}
    last = await city.client.ask(query, {"d": "9999-12-31"})
    assert last["ledger"] == {"date": "9999-12-31", "totalCount": len(city.tasks)}
    literal = await city.client.ask('{ ledger(asOf: {date: "9999-12-31"}) { date } }')
    assert literal["ledger"]["date"] == "9999-12-31"


async def test_the_figures_follow_the_day(service: Insider, clock: SimulatedClock) -> None:
    await _campaign(service)
    await service.give("registerUnit", {"code": "dept.a", "name": "单位", "category": "DEPARTMENT"})
    position = await _task(service, "1.1")
    query = """query ($p: Position) { ledger(minPosition: $p) { date nodes {
      expected daysOverdue reportsMissing deviation } } }"""
    shown = []
    for day in (date(2020, 4, 1), date(2020, 8, 16), date(2020, 12, 31), date(2021, 1, 10)):
        clock.moment = at(day)
        ledger = (await service.ask(query, {"p": position}))["ledger"]
        assert ledger["date"] == str(day)
        shown.append(tuple(ledger["nodes"][0].values()))
    assert shown == [
        ("0.0000", 0, 0, "0.0000"),
        ("0.5000", 0, 4, "-0.5000"),
        ("1.0000", 0, 8, "-1.0000"),
        ("1.0000", 10, 9, "-1.0000"),
    ]
