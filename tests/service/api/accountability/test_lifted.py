"""A penalty that is lifted before its term is over: in the record, for priority, and in rankings."""

from typing import Any

from service.store.clock import SimulatedClock
from tests.service.api.accountability.merit_town import (
    appeal,
    case,
    commend,
    decision,
    found,
    penalize,
    penalty,
    record,
)
from tests.service.api.accountability.test_affected import published
from tests.service.api.city import unit
from tests.service.api.client import LEADER, Insider, reporter
from tests.service.api.conftest import noon

PRIORITY = """query ($p: Position) { priorityList(minPosition: $p) { nodes { unit { code } } } }"""


async def first(service: Insider) -> list[str]:
    told = await service.ask(PRIORITY, {"p": await service.position()}, LEADER)
    return [node["unit"]["code"] for node in told["priorityList"]["nodes"]]


def lifting(code: str) -> dict[str, Any]:
    rests = {"reason": "已整改到位", "decidedBy": "市攻坚办", "document": penalty(code)["document"]}
    return {"accountabilityCase": case(code), **rests}


async def test_a_lifted_penalty_bars_nobody_and_gives_no_points_back(
    service: Insider, clock: SimulatedClock
) -> None:
    await found(service)
    await commend(service, "m1", "dept.a")
    scored = {"unit": unit("dept.a"), "period": "2020-06", "component": "leaders_evaluation", "score": "90"}
    await service.give("scoreUnit", scored)
    await penalize(service, "c1", "dept.a")
    executed_on = (await record(service, "dept.a"))["date"]
    await service.give("executePenalty", {"accountabilityCase": case("c1"), "executedOn": executed_on})
    clock.moment = noon(2020, 7, 3)
    await service.give("publishRanking", {"period": "2020-06", "category": "DEPARTMENT"})
    assert await first(service) == []
    refused = await service.refused("liftPenalty", lifting("c1"))
    assert refused["code"] == "penalty.not_final"

    await service.give("lodgeAppeal", appeal("c1"), role=reporter("dept.a"))
    await service.give("upholdPenalty", decision("c1"))
    clock.moment = noon(2020, 8, 3)
    before = await service.position()
    shown = "... on AccountabilityCasePayload { accountabilityCase { liftedOn status } entry { kind text } }"
    lifted = await service.give("liftPenalty", lifting("c1"), shown)
    assert lifted["accountabilityCase"] == {"liftedOn": "2020-08-03", "status": "EXECUTED"}
    assert lifted["entry"] == {"kind": "LIFTED", "text": "已整改到位"}
    own = await record(service, "dept.a", reporter("dept.a"))
    assert (own["merits"], own["demerits"]) == ("1.5", "0")
    taken = next(n for n in own["nodes"] if n["kind"] == "PENALIZED")
    assert (taken["inForce"], taken["endedOn"], taken["endedBy"]) == (False, "2020-08-03", "LIFTED")
    assert await first(service) == ["dept.a"]
    then = await record(service, "dept.a", arguments=f"(asOf: {{position: {before}}})")
    assert then["demerits"] == "-2.5"

    (ranking,) = await published(service)
    # 90 for its score, 1.5 for merit, and still 2.5 less for the penalty.
    assert (ranking["affected"], ranking["entries"][0]["total"]) == (False, "89.00")
    assert (await service.refused("liftPenalty", lifting("c1")))["code"] == "penalty.lifted"
