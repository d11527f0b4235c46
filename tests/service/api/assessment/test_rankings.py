"""Scores, rankings and notices through the API: adopted, scored, corrected, ranked, published, explained."""

from decimal import Decimal
from typing import Any

from service.store.clock import SimulatedClock
from tests.service.api.assessment.town import (
    CONTENT,
    DEPARTMENTS,
    SCHEME,
    found,
    listed,
    score,
)
from tests.service.api.city import group, task, unit
from tests.service.api.client import EVALUATOR, LEADER, OFFICE, PUBLIC, Insider, Person, reporter, supervisor
from tests.service.api.conftest import noon

RANKING = """
query ($period: String!, $category: Category!, $asOf: AsOfInput, $minPosition: Position) {
  ranking(period: $period, category: $category, asOf: $asOf, minPosition: $minPosition) {
    period kind category position schemeEdition totalCount unranked { code }
    entries {
      rank total change missingComponents unit { code name }
      components { code weight effectiveWeight score points
        contributions { code period given points zh event { position topic } } }
      adjustments { code given points contributions { points event { topic } } }
    }
  }
}"""
PUBLISHED = """
query ($minPosition: Position) {
  publishedRankings(minPosition: $minPosition) { totalCount nodes {
    period kind category edition superseded affected reason inputsCount inputsDigest totalCount
    entries { rank total change unit { code } components { code points } adjustments { code points } }
    scheme { edition }
  } }
}"""
GROUP = supervisor("group.1")


async def ranking(
    client: Insider, period: str = "2020-04", category: str = "DEPARTMENT", role: Person = OFFICE, **more: Any
) -> Any:
    asked = {"period": period, "category": category, "minPosition": await client.position(), **more}
    return (await client.ask(RANKING, asked, role))["ranking"]


async def scored(client: Insider) -> None:
    """April: three departments, one of them by grade; the fourth has nothing."""
    for code, points in zip(DEPARTMENTS[:3], ("90", "80.5", "80.5"), strict=True):
        await client.give("scoreUnit", score(code, "supervision", points), role=GROUP)
    await client.give("scoreUnit", score("dept.a", "leaders_evaluation", None, grade="fair"))
    await client.give("scoreUnit", score("dept.b", "leaders_evaluation", "88"))
    await client.give("scoreUnit", score("dept.c", "leaders_evaluation", "88"))


async def test_a_ranking_leads_every_point_to_its_event(service: Insider, clock: SimulatedClock) -> None:
    await found(service, clock)
    clock.moment = noon(2020, 4, 20)
    await scored(service)
    shown = await ranking(service)
    assert shown["schemeEdition"] == 1
    assert shown["totalCount"] == 3
    assert [u["code"] for u in shown["unranked"]] == ["dept.d"]
    # 80.5 and 88 at even weights; dept.a has 90 and 70.
    assert [(e["rank"], e["unit"]["code"], e["total"]) for e in shown["entries"]] == [
        (1, "dept.b", "84.25"),
        (1, "dept.c", "84.25"),
        (3, "dept.a", "80.00"),
    ]
    last = shown["entries"][2]
    assert last["missingComponents"] == ["task_progress"]
    assert last["change"] is None
    assert last["components"][0] == {
        "code": "supervision",
        "weight": "30",
        "effectiveWeight": "50.0000",
        "score": "90",
        "points": "45.00",
        "contributions": [
            {
                "code": "supervision",
                "period": "2020-04",
                "given": "90",
                "points": "45.00",
                "zh": "督导组评分（一组）",
                "event": last["components"][0]["contributions"][0]["event"],
            }
        ],
    }
    event = last["components"][0]["contributions"][0]["event"]
    assert event["topic"] == "evaluation.scored"
    for entry in shown["entries"]:
        parts = [c for p in (*entry["components"], *entry["adjustments"]) for c in p["contributions"]]
        assert sum(Decimal(p["points"]) for p in parts) == Decimal(entry["total"])


async def test_a_correction_moves_the_ranking_and_not_what_was_before(
    service: Insider, clock: SimulatedClock
) -> None:
    await found(service, clock)
    clock.moment = noon(2020, 4, 20)
    await scored(service)
    before = await service.position()
    one = await service.ask("{ evaluations(first: 100) { nodes { id component unit { code } score } } }")
    wrong = next(
        e
        for e in one["evaluations"]["nodes"]
        if e["unit"]["code"] == "dept.b" and e["component"] == "supervision"
    )
    clock.moment = noon(2020, 4, 25)
    await service.give(
        "correctScore", {"evaluation": wrong["id"], "score": "20", "reason": "漏计"}, role=GROUP
    )
    now = await ranking(service)
    assert [e["unit"]["code"] for e in now["entries"]] == ["dept.c", "dept.a", "dept.b"]
    (part,) = now["entries"][2]["components"][0]["contributions"]
    assert part["event"]["topic"] == "evaluation.corrected"
    assert part["given"] == "20"
    then = await ranking(service, asOf={"position": before})
    assert [e["unit"]["code"] for e in then["entries"]] == ["dept.b", "dept.c", "dept.a"]
    assert await ranking(service, asOf={"date": "2020-04-24"}) == then
    again = await service.refused(
        "correctScore", {"evaluation": wrong["id"], "score": "21", "reason": "再次"}, role=GROUP
    )
    assert again["code"] == "evaluation.corrected_already"


async def test_progress_is_scored_from_the_ledger_at_the_end_of_the_month(
    service: Insider, clock: SimulatedClock
) -> None:
    await found(service, clock)
    await listed(service, "1.1", "dept.a", ("dept.b",))
    await listed(service, "1.2", "dept.b")
    clock.moment = noon(2020, 4, 28)
    for code, value in (("1.1", "29"), ("1.2", "60")):
        report = {
            "task": task(code),
            "period": "2020-04",
            "values": [{"indicator": "n", "value": value}],
            "narrative": "推进",
        }
        await service.give("reportProgress", report)
    refused = await service.refused("recordProgressScores", {"period": "2020-04"})
    assert refused["code"] == "evaluation.period_not_over"
    clock.moment = noon(2020, 5, 2)
    late = {
        "task": task("1.1"),
        "period": "2020-05",
        "values": [{"indicator": "n", "value": "99"}],
        "narrative": "五月",
    }
    await service.give("reportProgress", late)
    given = await service.give(
        "recordProgressScores", {"period": "2020-04"}, "... on ProgressScoresPayload { count }"
    )
    assert given["count"] == 2
    data = await service.ask(
        """query ($p: Position) { evaluations(minPosition: $p) { nodes { unit { code } score basisPosition
             basis { task completion expected score } } } }""",
        {"p": given["position"]},
    )
    rows = {e["unit"]["code"]: e for e in data["evaluations"]["nodes"]}
    # 29 of 60 days have gone: 0.4833 was expected.
    assert rows["dept.a"]["basis"] == [
        {"task": task("1.1"), "completion": "0.2900", "expected": "0.4833", "score": "60.0041"}
    ]
    assert rows["dept.a"]["score"] == "60.0041"
    assert rows["dept.b"]["score"] == "80.0020"
    assert [b["score"] for b in rows["dept.b"]["basis"]] == ["60.0041", "100.0000"]
    again = await service.refused("recordProgressScores", {"period": "2020-04"})
    assert again["code"] == "evaluation.progress_recorded"


async def publish(client: Insider, period: str = "2020-04", **more: Any) -> None:
    for category in ("DEPARTMENT", "COUNTY"):
        await client.give("publishRanking", {"period": period, "category": category, **more})


async def test_what_is_published_stays_and_is_marked(service: Insider, clock: SimulatedClock) -> None:
    await found(service, clock)
    clock.moment = noon(2020, 4, 20)
    await scored(service)
    for code, points in (("county.x", "90"), ("county.y", "91")):
        await service.give("scoreUnit", score(code, "supervision", points), role=GROUP)
    early = await service.refused("publishRanking", {"period": "2020-04", "category": "COUNTY"})
    assert early["code"] == "ranking.period_not_over"
    clock.moment = noon(2020, 5, 4)
    await publish(service)
    again = await service.refused(
        "publishRanking", {"period": "2020-04", "category": "COUNTY", "reason": "再发"}
    )
    assert again["code"] == "ranking.unchanged"
    rows = (await service.ask(PUBLISHED, {"minPosition": await service.position()}, PUBLIC))[
        "publishedRankings"
    ]["nodes"]
    assert {(r["category"], r["edition"], r["affected"], r["superseded"]) for r in rows} == {
        ("DEPARTMENT", 1, False, False),
        ("COUNTY", 1, False, False),
    }
    live = await ranking(service)
    department = next(r for r in rows if r["category"] == "DEPARTMENT")
    assert [(e["rank"], e["total"], e["unit"]["code"]) for e in department["entries"]] == [
        (e["rank"], e["total"], e["unit"]["code"]) for e in live["entries"]
    ]
    # A score that comes later for the same month; the counties are not touched.
    await service.give("scoreUnit", score("dept.d", "leaders_evaluation", "99"))
    rows = (await service.ask(PUBLISHED, {"minPosition": await service.position()}, PUBLIC))[
        "publishedRankings"
    ]["nodes"]
    assert {(r["category"], r["affected"]) for r in rows} == {("DEPARTMENT", True), ("COUNTY", False)}
    unsaid = await service.refused("publishRanking", {"period": "2020-04", "category": "DEPARTMENT"})
    assert (unsaid["code"], unsaid["field"]) == ("text.empty", "reason")
    await service.give(
        "publishRanking", {"period": "2020-04", "category": "DEPARTMENT", "reason": "补录评分"}
    )
    rows = (await service.ask(PUBLISHED, {"minPosition": await service.position()}, PUBLIC))[
        "publishedRankings"
    ]["nodes"]
    editions = {r["edition"]: r for r in rows if r["category"] == "DEPARTMENT"}
    assert (editions[1]["superseded"], editions[1]["affected"]) == (True, True)
    assert (editions[2]["superseded"], editions[2]["affected"]) == (False, False)
    assert editions[1]["entries"] == department["entries"]
    assert editions[2]["entries"][0]["unit"]["code"] == "dept.d"
    closed = await service.refused(
        "adoptScheme", {**SCHEME, "title": "修订", "content": {**CONTENT, "digits": 3}}
    )
    assert (closed["code"], closed["field"]) == ("scheme.period_published", "effectiveFrom")
    await service.give(
        "adoptScheme", {**SCHEME, "effectiveFrom": "2020-05", "content": {**CONTENT, "digits": 3}}
    )
    assert (await ranking(service))["schemeEdition"] == 1


async def test_change_of_rank_and_longer_periods(service: Insider, clock: SimulatedClock) -> None:
    await found(service, clock)
    clock.moment = noon(2020, 5, 20)
    for period, points in (("2020-04", ("90", "80", "70")), ("2020-05", ("60", "80", "71"))):
        for code, value in zip(DEPARTMENTS[:3], points, strict=True):
            await service.give("scoreUnit", score(code, "supervision", value, period), role=GROUP)
    shown = await ranking(service, "2020-05")
    assert [(e["unit"]["code"], e["change"]) for e in shown["entries"]] == [
        ("dept.b", 1),
        ("dept.c", 1),
        ("dept.a", -2),
    ]
    quarter = await ranking(service, "2020-Q2")
    assert quarter["kind"] == "QUARTER"
    assert [(e["unit"]["code"], e["total"]) for e in quarter["entries"]] == [
        ("dept.b", "80.00"),
        ("dept.a", "75.00"),
        ("dept.c", "70.50"),
    ]
    year = await ranking(service, "2020")
    assert [e["total"] for e in year["entries"]] == ["80.00", "75.00", "70.50"]


async def test_a_draft_ranks_and_records_nothing(service: Insider, clock: SimulatedClock) -> None:
    await found(service, clock)
    clock.moment = noon(2020, 4, 20)
    await scored(service)
    position = await service.position()
    query = """query ($scheme: SchemeContentInput!, $p: Position) {
      rankingPreview(scheme: $scheme, period: "2020-04", category: DEPARTMENT, minPosition: $p) {
        ranking { schemeEdition entries { rank total unit { code } } } refused { code field } } }"""
    draft = {
        **CONTENT,
        "categories": [{"category": "DEPARTMENT", "components": [{"code": "supervision", "weight": "100"}]}],
    }
    draft["tieBreakers"] = []
    preview = (await service.ask(query, {"scheme": draft, "p": position}, LEADER))["rankingPreview"]
    assert preview["refused"] is None
    assert preview["ranking"]["schemeEdition"] is None
    assert [e["total"] for e in preview["ranking"]["entries"]] == ["90.00", "80.50", "80.50"]
    draft["categories"][0]["components"][0]["weight"] = "99"
    preview = (await service.ask(query, {"scheme": draft, "p": position}, LEADER))["rankingPreview"]
    assert preview["ranking"] is None
    assert preview["refused"] == {"code": "scheme.weights_not_100", "field": "scheme.categories.0.components"}
    assert await service.position() == position


async def test_a_score_is_explained_to_those_it_concerns(service: Insider, clock: SimulatedClock) -> None:
    await found(service, clock)
    clock.moment = noon(2020, 4, 20)
    await scored(service)
    query = """query ($unit: ID!, $p: Position) { explainScore(unit: $unit, period: "2020-04", minPosition: $p) {
      rank total zh en sentences { code zh en } } }"""
    asked = {"unit": unit("dept.a"), "p": await service.position()}
    told = (await service.ask(query, asked, reporter("dept.a")))["explainScore"]
    assert (told["rank"], told["total"]) == (3, "80.00")
    assert "列第3名" in told["zh"]
    assert "任务进度无评分" in told["zh"]
    assert "rank 3 of 3" in told["en"]
    assert [s["code"] for s in told["sentences"]] == [
        "supervision",
        "leaders_evaluation",
        "penalty",
        "commendation",
    ]
    assert "90×30÷60=45.00分" in told["sentences"][0]["zh"]
    # What it was, who it came from, and where it stands in the log.
    assert "2020年4月90分，督导组评分（一组）（事件" in told["sentences"][0]["zh"]
    assert "2020-04: 90, scored by a group (一组) (event " in told["sentences"][0]["en"]
    assert "四舍六入五成双保留2位小数" in told["zh"]
    assert await service.codes(query, asked, reporter("dept.b")) == ["FORBIDDEN"]
    assert await service.codes(query, asked, PUBLIC) == ["FORBIDDEN"]
    none = (await service.ask(query, {**asked, "unit": unit("dept.d")}))["explainScore"]
    assert none["rank"] is None
    assert "不参加排名" in none["zh"]


async def test_a_reporter_sees_the_points_of_their_own_unit_alone(
    service: Insider, clock: SimulatedClock
) -> None:
    await found(service, clock)
    clock.moment = noon(2020, 4, 20)
    await scored(service)
    shown = await ranking(service, role=reporter("dept.b"))
    seen = {e["unit"]["code"]: e["components"][0]["contributions"] for e in shown["entries"]}
    assert seen["dept.a"] is None
    assert seen["dept.c"] is None
    assert len(seen["dept.b"]) == 1
    query = "{ evaluations(first: 100) { nodes { unit { code } } } }"
    rows = (await service.ask(query, role=reporter("dept.b")))["evaluations"]["nodes"]
    assert {r["unit"]["code"] for r in rows} == {"dept.b"}


async def test_bad_scores_are_refused(service: Insider, clock: SimulatedClock) -> None:
    await found(service, clock)
    await service.give("registerUnit", {"code": "zone.z", "name": "开发区", "category": "ZONE"})
    clock.moment = noon(2020, 4, 20)
    cases: list[tuple[dict[str, Any], Person, str]] = [
        (score("dept.a", "supervision", "100.5"), GROUP, "evaluation.score_outside"),
        (score("dept.a", "supervision", "-1"), GROUP, "evaluation.score_outside"),
        (score("dept.a", "supervision", "1.00001"), GROUP, "evaluation.score_too_fine"),
        (score("dept.d", "supervision", "90"), GROUP, "evaluation.not_covering_unit"),
        (score("dept.a", "leaders_evaluation", "90"), GROUP, "evaluation.not_this_evaluator"),
        (score("dept.a", "supervision", "90"), OFFICE, "evaluation.not_this_evaluator"),
        (score("dept.a", "task_progress", "90"), OFFICE, "evaluation.not_by_hand"),
        (score("dept.a", "third_party", "90"), OFFICE, "evaluation.component_unknown"),
        # A component that is weighed for departments alone would count nowhere.
        (score("county.x", "leaders_evaluation", "90"), OFFICE, "evaluation.component_of_others"),
        (score("zone.z", "leaders_evaluation", "90"), OFFICE, "scheme.category_not_ranked"),
        (score("dept.a", "leaders_evaluation", "90", "2020-05"), OFFICE, "evaluation.period_not_begun"),
        (score("dept.a", "leaders_evaluation", "90", "2020-03"), OFFICE, "scheme.none_in_force"),
        (score("dept.a", "leaders_evaluation", "90", "2020-4"), OFFICE, "period.malformed"),
        (score("dept.a", "leaders_evaluation", None), OFFICE, "evaluation.score_or_grade"),
        (score("dept.a", "leaders_evaluation", "9", grade="good"), OFFICE, "evaluation.score_or_grade"),
        (score("dept.a", "leaders_evaluation", None, grade="best"), OFFICE, "evaluation.grade_unknown"),
        (score("dept.z", "leaders_evaluation", "90"), OFFICE, "unit.unknown"),
    ]
    for given, role, code in cases:
        assert (await service.refused("scoreUnit", given, role))["code"] == code, given
    await service.give("scoreUnit", score("dept.a", "supervision", "90"), role=GROUP)
    twice = await service.refused("scoreUnit", score("dept.a", "supervision", "91"), GROUP)
    assert twice["code"] == "evaluation.exists"


async def test_bad_periods_and_missing_schemes(service: Insider, clock: SimulatedClock) -> None:
    none = await service.refused("publishRanking", {"period": "2020-04", "category": "COUNTY"})
    assert none["code"] == "scheme.none_in_force"
    await found(service, clock)
    for period in ("2020-13", "2020-Q5", "20", "二〇二〇", "2020-4"):
        refused = await service.refused("publishRanking", {"period": period, "category": "COUNTY"})
        assert (refused["code"], refused["field"]) == ("span.malformed", "period")
        query = f'{{ ranking(period: "{period}", category: COUNTY) {{ position }} }}'
        assert await service.codes(query) == ["BAD_INPUT"]
    asked = '{ ranking(period: "2020-02", category: COUNTY) { position } }'
    assert (await service.ask(asked))["ranking"] is None
    asked = '{ ranking(period: "2020-04", category: ZONE) { position } }'
    assert (await service.ask(asked))["ranking"] is None
    clock.moment = noon(2020, 5, 2)
    nobody = await service.refused("publishRanking", {"period": "2020-04", "category": "COUNTY"})
    assert nobody["code"] == "ranking.nobody_ranked"


async def test_a_notice_needs_every_ranking_and_is_issued_anew(
    service: Insider, clock: SimulatedClock
) -> None:
    await found(service, clock)
    clock.moment = noon(2020, 4, 20)
    await scored(service)
    clock.moment = noon(2020, 5, 4)
    await service.give("publishRanking", {"period": "2020-04", "category": "DEPARTMENT"})
    notice = {"period": "2020-04", "number": "演示〔2020〕9号", "text": "现将结果通报如下。"}
    missing = await service.refused("issueNotice", notice)
    assert missing["code"] == "notice.ranking_missing"
    assert "县市区" in missing["messageZh"]
    await service.give("scoreUnit", score("county.x", "supervision", "90"), role=GROUP)
    await service.give("publishRanking", {"period": "2020-04", "category": "COUNTY"})
    await service.give("issueNotice", notice)
    assert (await service.refused("issueNotice", {**notice, "number": "10"}))["code"] == "notice.unchanged"
    await service.give("scoreUnit", score("county.y", "supervision", "95"), role=GROUP)
    await service.give("publishRanking", {"period": "2020-04", "category": "COUNTY", "reason": "补录"})
    assert (await service.refused("issueNotice", notice))["code"] == "notice.number_used"
    await service.give("issueNotice", {**notice, "number": "演示〔2020〕10号"})
    query = """query ($p: Position) { notices(minPosition: $p) { nodes { edition superseded number title
      htmlPath xlsxPath rankings { category edition } } } }"""
    nodes = (await service.ask(query, {"p": await service.position()}, PUBLIC))["notices"]["nodes"]
    assert [(n["edition"], n["superseded"]) for n in nodes] == [(2, False), (1, True)]
    assert nodes[0]["title"] == "关于2020年4月重点工作攻坚考核结果的通报"
    assert {(r["category"], r["edition"]) for r in nodes[0]["rankings"]} == {("COUNTY", 2), ("DEPARTMENT", 1)}
    assert nodes[0]["htmlPath"] == "/notices/2020-04/2.html"


async def test_an_evaluator_speaks_for_no_group(service: Insider, clock: SimulatedClock) -> None:
    await found(service, clock)
    clock.moment = noon(2020, 4, 20)
    forged = score("dept.a", "supervision", "90", group=group("group.1"))
    answer = await service.send("scoreUnit", forged, role=EVALUATOR)
    assert [error["extensions"]["code"] for error in answer.get("errors", ())] == ["FORBIDDEN"]
    await service.give("scoreUnit", score("dept.a", "leaders_evaluation", "90"), role=EVALUATOR)
