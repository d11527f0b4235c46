"""Points that no evaluator gives: ratings of the ballot box, cards, evaluations by a third party. And the cases
that rest on a card, on a group's finding, on an obligation that was missed."""

from datetime import timedelta
from typing import Any

import pytest_asyncio

from domain import identifiers
from service.store.clock import SimulatedClock
from tests.service.api.assessment.test_rankings import ranking
from tests.service.api.assessment.town import SCHEME
from tests.service.api.carded import adopt, sweep
from tests.service.api.city import campaign, task, unit
from tests.service.api.client import EVALUATOR, OFFICE, Insider, supervisor
from tests.service.api.small import small_town
from tests.service.ballots.hall import Hall

G1 = supervisor("g1")
CONTENT = {
    "categories": [
        {
            "category": "DEPARTMENT",
            "components": [
                {"code": "anonymous_rating", "weight": "50"},
                {"code": "public_appraisal", "weight": "20"},
                {"code": "third_party", "weight": "30"},
            ],
        }
    ],
    "grades": [],
    "adjustments": [{"code": "card", "mostDeducted": "9"}],
    "tieBreakers": [],
    "digits": 2,
}


@pytest_asyncio.fixture(loop_scope="session")
async def town(service: Insider) -> Insider:
    """A small town on 10 June 2020 whose departments are ranked by nothing but what comes from elsewhere."""
    await small_town(service)
    await service.give("adoptScheme", {**SCHEME, "content": CONTENT})
    return service


async def evaluated(town: Insider, *scores: tuple[str, str]) -> None:
    named = {"code": "tp.1", "agency": "评估机构", "subjectMatter": "任务质量", "due": "2020-06-10"}
    units = [unit(code) for code, _ in scores]
    await town.give("commissionThirdPartyEvaluation", {**named, "units": units})
    given = [{"unit": unit(code), "score": score, "grounds": "抽样核查。"} for code, score in scores]
    evaluation = f"third-party-evaluation:{identifiers.third_party_evaluation_id('tp.1')}"
    reported = {"evaluation": evaluation, "on": "2020-06-10", "summary": "总体良好。", "scores": given}
    await town.give("reportThirdPartyEvaluation", reported)


def lines(shown: Any) -> dict[str, Any]:
    return {entry["unit"]["code"]: entry for entry in shown["entries"]}


def topics(part: Any) -> list[str]:
    return [each["event"]["topic"] for each in part["contributions"]]


async def test_a_third_partys_scores_count_in_the_month_in_which_it_reported(town: Insider) -> None:
    await evaluated(town, ("dept.a", "80.5"), ("dept.b", "91"))
    shown = await ranking(town, "2020-06")
    assert [(e["unit"]["code"], e["total"]) for e in shown["entries"]] == [
        ("dept.b", "91.00"),
        ("dept.a", "80.50"),
    ]
    (part,) = lines(shown)["dept.a"]["components"]
    assert (part["code"], part["effectiveWeight"], topics(part)) == (
        "third_party",
        "100.0000",
        ["third_party_evaluation.reported"],
    )
    assert (await ranking(town, "2020-05"))["entries"] == []


async def appraised(town: Insider, clock: SimulatedClock, code: str, grades: str) -> None:
    """A panel rates dept.a: a letter for each ballot."""
    by_letter = {"e": "excellent", "g": "good", "f": "fair", "p": "poor"}
    hall = Hall(town, clock, 0)
    closes = (clock.now() + timedelta(days=1)).isoformat()
    opened = {
        "code": code,
        "title": "社会评议",
        "period": "2020-06",
        "seats": len(grades),
        "closesAt": closes,
    }
    await town.give("openRating", {**opened, "units": [unit("dept.a")]}, role=EVALUATOR)
    hall.box = identifiers.rating_id(code)
    seeds = await hall.print_cards(len(grades))
    query = "query ($b: ID!) { ratingDesk(box: $b) { raters { id } } }"
    desk = await town.ask(query, {"b": hall.id}, EVALUATOR)
    seats = [rater["id"] for rater in desk["ratingDesk"]["raters"]]
    await hall.step("handOutCards", {"box": hall.id, "raters": seats}, "handedOut", EVALUATOR)
    await hall.barrier()
    for seed, letter in zip(seeds, grades, strict=True):
        card = await hall.card(seed)
        (unit_id,) = card.terms.unit_ids
        ballot = card.ballot(unit_id, by_letter[letter])
        assert ballot is not None
        assert (await hall.cast(unit_id, ballot))[0] == 200
    await hall.finish()


async def test_two_appraisals_in_a_month_count_by_their_mean(town: Insider, clock: SimulatedClock) -> None:
    await appraised(town, clock, "s.1", "eeeee")
    assert lines(await ranking(town, "2020-06"))["dept.a"]["total"] == "100.00"
    await appraised(town, clock, "s.2", "gggff")
    # 100 and (3 × 85 + 2 × 70) ÷ 5
    (part,) = lines(await ranking(town, "2020-06"))["dept.a"]["components"]
    assert (part["code"], part["score"], part["points"]) == ("public_appraisal", "89.5", "89.50")
    assert topics(part) == ["rating.rating_result_published"] * 2


async def test_the_rating_at_a_review_meeting_is_a_component(town: Insider, clock: SimulatedClock) -> None:
    hall = Hall(town, clock, 5)
    for n in range(5):
        await town.give("registerOfficial", {"code": f"r{n}", "name": f"评估人{n}"})
    await hall.meet("2020-06", quotas=[{"category": "DEPARTMENT", "units": 1}])
    await hall.open(period=None)
    for n in range(5):
        await hall.collect(n)
    await hall.barrier()
    await hall.cast_all(lambda n, i: "good" if n else "excellent")
    await hall.finish()
    # The meeting is on May, as its box is.
    (entry,) = (await ranking(town, "2020-05"))["entries"]
    (part,) = entry["components"]
    assert (part["code"], part["score"], topics(part)) == (
        "anonymous_rating",
        "88",
        ["rating.rating_result_published"],
    )


async def test_a_card_costs_points_and_one_shown_in_error_gives_them_back(
    town: Insider, clock: SimulatedClock
) -> None:
    await evaluated(town, ("dept.a", "80"))
    await adopt(town)
    assert (await sweep(town, clock.now().date()))["raised"] == 1
    before = await town.position()
    carded = lines(await ranking(town, "2020-06"))["dept.a"]
    (cards,) = carded["adjustments"]
    assert (carded["total"], cards["given"], topics(cards)) == ("79.00", "-1", ["cards.raised"])
    lifted = {"task": task("1.1"), "reason": "台账有误，误亮", "mistaken": True}
    await town.give("liftCard", lifted, role=G1)
    mended = lines(await ranking(town, "2020-06"))["dept.a"]
    assert (mended["total"], mended["adjustments"][0]["contributions"]) == ("80.00", [])
    then = await ranking(town, "2020-06", asOf={"position": before})
    assert lines(then)["dept.a"]["total"] == "79.00"
    query = """query ($t: ID!, $p: Position) { task(id: $t, minPosition: $p) {
        cards { nodes { points open } } } }"""
    told = await town.ask(query, {"t": task("1.1"), "p": await town.position()})
    assert told["task"]["cards"]["nodes"] == [{"points": "0", "open": False}]


async def test_a_scheme_says_whether_points_end_with_the_card(town: Insider) -> None:
    await evaluated(town, ("dept.a", "80"))
    shown, lifted = ({"task": task("1.1"), "reason": reason} for reason in ("停工", "已复工"))

    async def total() -> str:
        found: str = lines(await ranking(town, "2020-06"))["dept.a"]["total"]
        return found

    await adopt(town)
    await town.give("showCard", {**shown, "level": "yellow"}, role=G1)
    await town.give("liftCard", lifted, role=G1)
    assert await total() == "79.00"
    await adopt(town, pointsEndWithCard=True)
    # The second yellow is a red: two points more, while it stands.
    await town.give("showCard", {**shown, "level": "yellow"}, role=G1)
    assert await total() == "77.00"
    await town.give("liftCard", lifted, role=G1)
    assert await total() == "79.00"


# -- grounds of cases


def case(code: str, ground: str, **rests: Any) -> dict[str, Any]:
    given = {"code": code, "unit": unit("dept.a"), "happenedOn": "2020-06-10", "summary": "经过"}
    return {**given, "ground": {"code": ground, **rests}}


async def test_a_case_rests_on_a_card_at_the_top_of_the_ladder(town: Insider) -> None:
    await adopt(town)
    shown = {"task": task("1.1"), "level": "yellow", "reason": "停工"}
    yellow = await town.give("showCard", shown, role=G1)
    refused = await town.refused(
        "openAccountabilityCase", case("k1", "highest_card", position=yellow["position"])
    )
    assert (refused["code"], refused["field"]) == ("ground.not_shown", "ground.position")
    red = await town.give("showCard", {**shown, "level": "red"}, role=G1)
    await town.give("openAccountabilityCase", case("k1", "highest_card", position=red["position"]))


async def test_a_case_rests_on_a_problem_that_a_group_found(town: Insider) -> None:
    visit = {"code": "v1", "campaign": campaign("c1"), "units": [unit("dept.a")], "on": "2020-06-10"}
    await town.give("recordVisit", {**visit, "place": "现场", "summary": "查看。"}, role=G1)
    found = {"visit": f"visit:{identifiers.visit_id('v1')}", "unit": unit("dept.a"), "text": "久拖不决"}
    good = await town.give("recordFinding", {**found, "kind": "PROGRESS"}, role=G1)
    refused = await town.refused(
        "openAccountabilityCase", case("k1", "problem_found", position=good["position"])
    )
    assert refused["code"] == "ground.not_shown"
    bad = await town.give("recordFinding", {**found, "kind": "PROBLEM"}, role=G1)
    await town.give("openAccountabilityCase", case("k1", "problem_found", position=bad["position"]))


async def test_a_case_rests_on_an_obligation_that_is_missed(town: Insider, clock: SimulatedClock) -> None:
    missed = case("k1", "missed_obligation", reference="problem_list:2020-06")
    assert (await town.refused("openAccountabilityCase", missed))["code"] == "ground.not_missed"
    clock.moment += timedelta(days=13)
    await town.give("openAccountabilityCase", missed)
    unknown = case("k2", "missed_obligation", reference="problem_list:1999-06")
    assert (await town.refused("openAccountabilityCase", unknown))["code"] == "ground.not_missed"
    data = await town.ask("{ accountabilityGrounds { code topics } }", role=OFFICE)
    grounds = {g["code"]: g["topics"] for g in data["accountabilityGrounds"]}
    assert grounds["missed_obligation"] == []
    assert grounds["highest_card"] == ["cards.raised", "cards.escalated", "cards.repeated"]
