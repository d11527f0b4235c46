"""Whoever a ranking hurts can follow it: an official who led a unit in the months that are ranked sees what its points
are made of, in words, and nobody else's."""

from typing import Any

from service.store.clock import SimulatedClock
from tests.service.api.assessment.test_rankings import scored
from tests.service.api.assessment.town import found
from tests.service.api.city import official, unit
from tests.service.api.client import Insider, Person, an_official
from tests.service.api.conftest import noon

EXPLAINED = """query ($unit: ID!, $period: String!, $p: Position) {
  explainScore(unit: $unit, period: $period, minPosition: $p) { rank sentences { code zh } } }"""
PARTS = """query ($period: String!, $p: Position) {
  ranking(period: $period, category: DEPARTMENT, minPosition: $p) { entries {
    unit { code } components { contributions { zh points event { position } } } } } }"""
HEAD = an_official("o1")


async def led(client: Insider, clock: SimulatedClock) -> None:
    """Scores of April and May; o1 leads dept.a until 30 April, and dept.b from 1 May on."""
    await found(client, clock)
    post = {"official": official("o1"), "post": "局长"}
    await client.give("appointOfficial", {"unit": unit("dept.a"), "since": "2020-03-25", **post})
    clock.moment = noon(2020, 5, 20)
    await client.give("releaseOfficial", {"unit": unit("dept.a"), "until": "2020-04-30"})
    await client.give("appointOfficial", {"unit": unit("dept.b"), "since": "2020-05-01", **post})
    await scored(client)


async def seen(client: Insider, period: str, who: Person) -> dict[str, Any]:
    asked = {"period": period, "p": await client.position()}
    entries = (await client.ask(PARTS, asked, who))["ranking"]["entries"]
    return {e["unit"]["code"]: [c["contributions"] for c in e["components"]] for e in entries}


async def test_an_official_sees_the_points_of_units_led_then(service: Insider, clock: SimulatedClock) -> None:
    await led(service, clock)
    april = await seen(service, "2020-04", HEAD)
    assert [len(parts) for parts in april.pop("dept.a")] == [1, 1]
    assert {part for parts in april.values() for part in parts if part is not None} == set()
    quarter = await seen(service, "2020-Q2", HEAD)
    told = {code for code, parts in quarter.items() if None not in parts}
    assert told == {"dept.a", "dept.b"}
    assert all(None in parts for parts in (await seen(service, "2020-Q2", an_official("o2"))).values())


async def test_an_official_is_told_the_score_of_a_unit_led_then(
    service: Insider, clock: SimulatedClock
) -> None:
    await led(service, clock)
    asked = {"unit": unit("dept.a"), "period": "2020-04", "p": await service.position()}
    told = (await service.ask(EXPLAINED, asked, HEAD))["explainScore"]
    assert told["rank"] == 3
    assert "办公室评分（事件" in told["sentences"][1]["zh"]
    later = {**asked, "period": "2020-05"}
    assert await service.codes(EXPLAINED, later, HEAD) == ["FORBIDDEN"]
    assert await service.codes(EXPLAINED, {**asked, "unit": unit("dept.b")}, HEAD) == ["FORBIDDEN"]
    assert await service.codes(EXPLAINED, {**asked, "period": "2020-00"}, HEAD) == ["BAD_INPUT"]


async def test_an_official_reads_no_scores_one_by_one(service: Insider, clock: SimulatedClock) -> None:
    await led(service, clock)
    listed = "{ evaluations { totalCount nodes { score remark } } }"
    assert await service.codes(listed, {}, HEAD) == ["FORBIDDEN"]
