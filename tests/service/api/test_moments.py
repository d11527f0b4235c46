"""A moment is written in the plan's own time zone, whether SQL wrote it or a resolver."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from service.api.scalars import SCALARS, ZONE
from service.store.clock import SimulatedClock
from tests.service.api.assessment.test_rankings import scored
from tests.service.api.assessment.town import found
from tests.service.api.client import INSPECTOR, Insider
from tests.service.api.conftest import noon

DATE_TIME = SCALARS[datetime]
RANKING = """query ($p: Position) { ranking(period: "2020-04", category: DEPARTMENT, minPosition: $p) {
  entries { components { contributions { event { position recordedAt stream } } } } } }"""
EVENT = "query ($p: Position!) { event(position: $p) { recordedAt } }"
HISTORY = "query ($s: ID!) { streamHistory(id: $s) { steps { recordedAt } } }"


@pytest.mark.parametrize(
    ("zone", "written"),
    [("Asia/Shanghai", "2020-05-31T09:00:00+08:00"), ("Asia/Urumqi", "2020-05-31T07:00:00+06:00")],
)
def test_every_moment_a_resolver_answers_with_is_of_the_zone(zone: str, written: str) -> None:
    before = ZONE.set(ZoneInfo(zone))
    try:
        assert DATE_TIME.serialize is not None
        assert DATE_TIME.serialize(datetime(2020, 5, 31, 1, tzinfo=UTC)) == written
        assert DATE_TIME.serialize(datetime(2020, 5, 31, 9, tzinfo=ZoneInfo("Asia/Shanghai"))) == written
    finally:
        ZONE.reset(before)


async def test_an_event_was_recorded_at_one_time_wherever_it_is_named(
    service: Insider, clock: SimulatedClock
) -> None:
    await found(service, clock)
    clock.moment = noon(2020, 4, 20)
    await scored(service)
    shown = await service.ask(RANKING, {"p": await service.position()})
    event = shown["ranking"]["entries"][0]["components"][0]["contributions"][0]["event"]
    assert event["recordedAt"].endswith("+08:00")
    planned = (await service.ask(EVENT, {"p": event["position"]}, INSPECTOR))["event"]
    assert planned["recordedAt"] == event["recordedAt"]
    steps = (await service.ask(HISTORY, {"s": event["stream"]}, INSPECTOR))["streamHistory"]["steps"]
    assert [step["recordedAt"] for step in steps] == [event["recordedAt"]]
