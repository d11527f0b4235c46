"""Who comes first and who is held to account: by the rule in force, with its edition and grounds."""

from typing import Any

from service.store.clock import SimulatedClock
from tests.service.api.accountability.merit_town import (
    CONTENT,
    MEASURES,
    SCHEME,
    appeal,
    commend,
    decision,
    found,
    penalize,
)
from tests.service.api.client import LEADER, PUBLIC, Insider, an_official, reporter
from tests.service.api.conftest import noon

PRIORITY = """
query ($category: Category, $asOf: AsOfInput, $p: Position) {
  priorityList(category: $category, asOf: $asOf, minPosition: $p) {
    date edition title effectiveFrom leastMerits barringStep totalCount
    nodes { unit { code } standing merits grounds { position measureName points edition inForceFrom inForceTo } }
  }
}"""


async def priority(service: Insider, **variables: Any) -> Any:
    given = {"p": await service.position(), **variables}
    return (await service.ask(PRIORITY, given, LEADER))["priorityList"]


def units(told: Any) -> list[str]:
    return [node["unit"]["code"] for node in told["nodes"]]


async def test_those_with_merit_come_first_with_the_rule_and_the_grounds(service: Insider) -> None:
    await found(service)
    await commend(service, "m1", "dept.a")
    for code in ("m2", "m3"):
        await commend(service, code, "dept.b")
    await commend(service, "m4", "county.c")
    told = await priority(service, category="DEPARTMENT")
    assert units(told) == ["dept.b", "dept.a"]
    assert (told["edition"], told["effectiveFrom"], told["title"]) == (1, "2020-05", "考核办法（演示）")
    assert (told["leastMerits"], told["barringStep"], told["totalCount"]) == ("1.5", "约谈", 2)
    first, second = told["nodes"]
    assert (first["standing"], first["merits"], second["merits"]) == ("3.0", "3.0", "1.5")
    (ground,) = second["grounds"]
    recorded = await service.app.recorder.select_notifications(ground["position"], 1)
    assert recorded[0].topic == "commendation.awarded"
    assert ground | {"position": 0} == {
        "position": 0,
        "measureName": "通报表扬",
        "points": "1.5",
        "edition": 1,
        "inForceFrom": "2020-06-10",
        "inForceTo": "2021-06-09",
    }
    assert units(await priority(service)) == ["dept.b", "county.c", "dept.a"]


async def test_a_grave_penalty_bars_and_a_mild_one_does_not(service: Insider, clock: SimulatedClock) -> None:
    await found(service)
    for subject, step in (("dept.a", "reminder"), ("dept.b", "talk"), ("county.c", "criticism")):
        await commend(service, f"m.{subject}", subject)
        await penalize(service, f"c.{subject}", subject, step)
    assert units(await priority(service)) == ["dept.a"]
    clock.moment = noon(2020, 7, 1)
    await service.give("lodgeAppeal", appeal("c.county.c"), role=reporter("county.c"))
    await service.give("overturnPenalty", decision("c.county.c"))
    assert units(await priority(service)) == ["county.c", "dept.a"]
    before = {"date": "2020-06-30"}
    assert units(await priority(service, asOf=before)) == ["dept.a"]
    clock.moment = noon(2020, 12, 10)  # the talk's six months are over
    assert units(await priority(service)) == ["county.c", "dept.a", "dept.b"]


async def test_another_edition_brings_another_rule(service: Insider, clock: SimulatedClock) -> None:
    await found(service)
    await commend(service, "m1", "dept.a")
    measures = {**MEASURES, "priority": {"leastMerits": "3", "barringStep": "talk"}}
    stricter = {**SCHEME, "effectiveFrom": "2020-07", "content": {**CONTENT, "measures": measures}}
    await service.give("adoptScheme", stricter)
    assert (await priority(service))["edition"] == 1
    clock.moment = noon(2020, 7, 1)
    told = await priority(service)
    assert (told["edition"], told["leastMerits"], units(told)) == (2, "3", [])
    told = await priority(service, asOf={"date": "2020-06-30"})
    assert (told["edition"], units(told)) == (1, ["dept.a"])


async def test_without_a_rule_nobody_comes_first(service: Insider, clock: SimulatedClock) -> None:
    await found(service)
    await commend(service, "m1", "dept.a")
    told = await priority(service, asOf={"date": "2020-04-30"})
    assert (told["edition"], told["nodes"]) == (None, [])


async def test_officials_come_first_by_the_same_rule(service: Insider) -> None:
    await found(service)
    await commend(service, "m1", "o1", "merit")
    await commend(service, "m2", "o2", "merit")
    await penalize(service, "c1", "o2", "admonition")
    await priority(service)
    query = "{ priorityOfficials { edition nodes { official { code } standing grounds { measureName } } } }"
    told = (await service.ask(query, role=LEADER))["priorityOfficials"]
    assert told["nodes"] == [
        {"official": {"code": "o1"}, "standing": "3", "grounds": [{"measureName": "记功"}]}
    ]
    for who in (PUBLIC, reporter("dept.a"), an_official("o1")):
        assert await service.codes(query, role=who) == ["FORBIDDEN"]
        assert await service.codes("{ priorityList { totalCount } }", role=who) == ["FORBIDDEN"]


HELD = """
query ($subject: SubjectKind, $category: Category, $asOf: AsOfInput) {
  heldToAccount(subject: $subject, category: $category, asOf: $asOf) {
    date standing totalCount
    nodes { kind measure edition legalBasis decidedBy unit { code } official { code } accountabilityCase { code ground } }
  }
}"""


async def test_who_is_held_to_account_now_and_then(service: Insider, clock: SimulatedClock) -> None:
    await found(service)
    await penalize(service, "c1", "dept.a", "talk")
    await penalize(service, "c2", "county.c", "criticism")
    await penalize(service, "c3", "o1", "admonition")
    await penalize(service, "c4", "dept.b", "talk")
    await service.give("lodgeAppeal", appeal("c4"))
    clock.moment = noon(2020, 6, 20)
    await service.give("overturnPenalty", decision("c4"))

    async def held(**variables: Any) -> list[str]:
        told = (await service.ask(HELD, variables))["heldToAccount"]
        return [node["accountabilityCase"]["code"] for node in told["nodes"]]

    await service.ask(
        "query ($p: Position) { tasks(first: 1, minPosition: $p) { totalCount } }",
        {"p": await service.position()},
    )
    assert await held() == ["c1", "c2", "c3"]
    assert await held(subject="UNIT") == ["c1", "c2"]
    assert await held(subject="OFFICIAL") == ["c3"]
    assert await held(category="COUNTY") == ["c2"]
    assert await held(asOf={"date": "2020-06-19"}) == ["c1", "c2", "c3", "c4"]
    assert await held(asOf={"date": "2020-06-09"}) == []
    told = (await service.ask(HELD, {"subject": "UNIT"}))["heldToAccount"]
    assert told["standing"] == "-3.5"
    assert told["nodes"][0] == {
        "kind": "PENALIZED",
        "measure": "talk",
        "edition": 1,
        "legalBasis": "问责办法第八条",
        "decidedBy": "市攻坚办",
        "unit": {"code": "dept.a"},
        "official": None,
        "accountabilityCase": {"code": "c1", "ground": "complaint"},
    }
    clock.moment = noon(2021, 1, 1)
    assert await held() == ["c2"]


async def test_measures_are_shown_edition_by_edition(service: Insider) -> None:
    await found(service)
    query = """query ($p: Position) { measures(minPosition: $p) { nodes {
      edition title appealDays leastMerits barringStep
      forms { code points forUnits forOfficials termMonths } ladder { level code points forUnits }
    } } }"""
    (told,) = (await service.ask(query, {"p": await service.position()}, PUBLIC))["measures"]["nodes"]
    assert (told["edition"], told["appealDays"], told["barringStep"]) == (1, 30, "talk")
    assert told["forms"][1] == {
        "code": "merit",
        "points": "3",
        "forUnits": False,
        "forOfficials": True,
        "termMonths": None,
    }
    assert [(s["level"], s["code"], s["points"], s["forUnits"]) for s in told["ladder"]] == [
        (1, "reminder", "0", True),
        (2, "talk", "-1", True),
        (3, "criticism", "-2.5", True),
        (4, "admonition", "-3", False),
    ]


async def test_measures_that_cannot_be_meant_are_refused(service: Insider) -> None:
    measures = {**MEASURES, "ladder": [MEASURES["ladder"][2], MEASURES["ladder"][1]]}
    refused = await service.refused("adoptScheme", {**SCHEME, "content": {**CONTENT, "measures": measures}})
    assert refused["code"] == "penalty.ladder_not_growing"


async def test_a_list_is_paged_by_cursors(service: Insider) -> None:
    await found(service)
    for subject in ("dept.a", "dept.b", "county.c"):
        await commend(service, f"m.{subject}", subject)
    page = "nodes { unit { code } } pageInfo { hasNextPage endCursor }"
    seen = []
    after = ""
    await priority(service)
    while True:
        query = f"{{ priorityList(first: 1{after}) {{ {page} }} }}"
        told = (await service.ask(query, role=LEADER))["priorityList"]
        seen += [n["unit"]["code"] for n in told["nodes"]]
        if not told["pageInfo"]["hasNextPage"]:
            break
        after = f', after: "{told["pageInfo"]["endCursor"]}"'
    assert sorted(seen) == ["county.c", "dept.a", "dept.b"]
    assert len(seen) == 3
