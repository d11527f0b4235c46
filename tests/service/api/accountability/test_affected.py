"""An appeal that wins after a ranking was published: what was published stays, and is marked as affected."""

from typing import Any

from service.store.clock import SimulatedClock
from tests.service.api.accountability.merit_town import appeal, decision, found, penalize
from tests.service.api.city import unit
from tests.service.api.client import PUBLIC, Insider, reporter
from tests.service.api.conftest import noon

PUBLISHED = """query ($p: Position) { publishedRankings(minPosition: $p) { nodes {
  edition affected superseded entries { rank total unit { code } }
} } }"""
RANKING = """query ($asOf: AsOfInput, $p: Position) {
  ranking(period: "2020-06", category: DEPARTMENT, asOf: $asOf, minPosition: $p) { entries {
    rank total unit { code } adjustments { code points contributions { points event { position topic } } }
  } }
}"""


async def published(service: Insider) -> list[dict[str, Any]]:
    told = await service.ask(PUBLISHED, {"p": await service.position()}, PUBLIC)
    nodes: list[dict[str, Any]] = told["publishedRankings"]["nodes"]
    return nodes


def totals(entries: list[dict[str, Any]]) -> dict[str, tuple[int, str]]:
    return {e["unit"]["code"]: (e["rank"], e["total"]) for e in entries}


async def test_an_appeal_that_wins_after_the_ranking_was_published(
    service: Insider, clock: SimulatedClock
) -> None:
    await found(service)
    for code, score in (("dept.a", "90"), ("dept.b", "88")):
        scored = {"unit": unit(code), "period": "2020-06", "component": "leaders_evaluation", "score": score}
        await service.give("scoreUnit", scored)
    await penalize(service, "c1", "dept.a")
    clock.moment = noon(2020, 7, 3)
    made = await service.give("publishRanking", {"period": "2020-06", "category": "DEPARTMENT"})
    (before,) = await published(service)
    assert before["affected"] is False
    assert totals(before["entries"]) == {"dept.a": (2, "87.50"), "dept.b": (1, "88.00")}

    clock.moment = noon(2020, 7, 8)
    await service.give("lodgeAppeal", appeal("c1"), role=reporter("dept.a"))
    clock.moment = noon(2020, 7, 20)
    await service.give("overturnPenalty", decision("c1"))

    (after,) = await published(service)
    assert after == {**before, "affected": True}
    live = await service.ask(RANKING, {"p": await service.position()})
    assert totals(live["ranking"]["entries"]) == {"dept.a": (1, "90.00"), "dept.b": (2, "88.00")}
    then = await service.ask(RANKING, {"asOf": {"position": made["position"]}})
    assert totals(then["ranking"]["entries"]) == totals(before["entries"])
    penalized = next(e for e in then["ranking"]["entries"] if e["unit"]["code"] == "dept.a")
    (given,) = next(a for a in penalized["adjustments"] if a["code"] == "penalty")["contributions"]
    assert (given["points"], given["event"]["topic"]) == ("-2.50", "accountability_case.penalty_imposed")

    again = {"period": "2020-06", "category": "DEPARTMENT", "reason": "申诉成功"}
    await service.give("publishRanking", again)
    told = {row["edition"]: row for row in await published(service)}
    assert told[1] == {**before, "affected": True, "superseded": True}
    assert (told[2]["affected"], totals(told[2]["entries"])) == (
        False,
        {"dept.a": (1, "90.00"), "dept.b": (2, "88.00")},
    )


async def test_a_ranking_is_not_affected_by_a_unit_that_is_not_in_it(
    service: Insider, clock: SimulatedClock
) -> None:
    """Nor could it be published anew: a further edition would be the same."""
    await found(service)
    scored = {"unit": unit("dept.a"), "period": "2020-06", "component": "leaders_evaluation", "score": "90"}
    await service.give("scoreUnit", scored)
    await penalize(service, "c1", "dept.b")
    await service.give("lodgeAppeal", appeal("c1"), role=reporter("dept.b"))
    clock.moment = noon(2020, 7, 3)
    ranking = {"period": "2020-06", "category": "DEPARTMENT"}
    await service.give("publishRanking", ranking)
    await service.give("overturnPenalty", decision("c1"))
    (only,) = await published(service)
    assert (only["affected"], totals(only["entries"])) == (False, {"dept.a": (1, "90.00")})
    refused = await service.refused("publishRanking", {**ranking, "reason": "申诉成功"})
    assert refused["code"] == "ranking.unchanged"
    # Once it is scored, it is ranked.
    await service.give("scoreUnit", {**scored, "unit": unit("dept.b")})
    (only,) = await published(service)
    assert only["affected"] is True
