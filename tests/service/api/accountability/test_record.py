"""The record through the API: every entry with its event, the standing at a date, and what stays with whom."""

from typing import Any

import msgspec
import pytest

from service.store.clock import SimulatedClock
from tests.service.api.accountability.merit_town import (
    CONTENT,
    DOCUMENT,
    MEASURES,
    SCHEME,
    appeal,
    appoint,
    bring_to_hearing,
    case,
    commend,
    commendation,
    complaint,
    decision,
    found,
    penalize,
    penalty,
    record,
)
from tests.service.api.city import campaign, group, official, unit
from tests.service.api.client import (
    EVALUATOR,
    INSPECTOR,
    INTEGRATOR,
    LEADER,
    PUBLIC,
    Insider,
    Person,
    an_official,
    reporter,
    supervisor,
)
from tests.service.api.conftest import noon


def kinds(found_: Any) -> list[str]:
    return [entry["kind"] for entry in found_["nodes"]]


async def test_the_record_tells_everything_in_order_each_with_its_event(service: Insider) -> None:
    await found(service)
    await commend(service, "m1", "dept.a")
    await penalize(service, "c1", "dept.a")
    await service.give("lodgeAppeal", appeal("c1"), role=reporter("dept.a"))
    await service.give("overturnPenalty", decision("c1"))
    await service.give("closeAccountabilityCase", {"accountabilityCase": case("c1")})
    told = await record(service, "dept.a")
    assert kinds(told) == [
        *("NOMINATED", "CONFIRMED", "AWARDED", "OPENED", "FACT_ESTABLISHED", "HEARD", "PENALIZED"),
        *("APPEALED", "OVERTURNED", "CLOSED"),
    ]
    recorded = await service.app.recorder.select_notifications(1, 1000)
    by_position = dict(enumerate(recorded, 1))
    for entry in told["nodes"]:
        event = by_position[entry["position"]]
        content = msgspec.json.decode(event.state)
        assert content["subject"]["kind"] == "unit"
        past = event.topic.partition(".")[2]
        assert past in {
            *("nominated", "confirmed", "awarded", "opened", "fact_established", "hearing_recorded"),
            *("penalty_imposed", "appealed", "appeal_decided", "closed"),
        }
    award = told["nodes"][2]
    assert (award["points"], award["measureName"], award["edition"]) == ("1.5", "通报表扬", 1)
    assert (award["inForceFrom"], award["inForceTo"], award["inForce"]) == ("2020-06-10", "2021-06-09", True)
    imposed = told["nodes"][6]
    assert (imposed["points"], imposed["inForce"]) == ("-2.5", False)
    assert (imposed["endedOn"], imposed["endedBy"]) == ("2020-06-10", "OVERTURNED")
    assert imposed["endedPosition"] == told["nodes"][8]["position"]
    assert (imposed["decidedBy"], imposed["legalBasis"]) == ("市攻坚办", "问责办法第八条")
    assert told["nodes"][3]["documentNumber"] == "举报〔2020〕12号"
    assert (told["standing"], told["merits"], told["demerits"]) == ("1.5", "1.5", "0")
    assert told["totalCount"] == 10


async def test_the_standing_is_that_at_a_date(service: Insider, clock: SimulatedClock) -> None:
    await found(service)
    await penalize(service, "c1", "dept.a", "talk")
    clock.moment = noon(2020, 6, 20)
    await commend(service, "m1", "dept.a")
    clock.moment = noon(2020, 6, 25)
    await service.give("lodgeAppeal", appeal("c1"), role=reporter("dept.a"))
    clock.moment = noon(2020, 7, 1)
    await service.give("overturnPenalty", decision("c1"))
    clock.moment = noon(2020, 7, 10)
    given = {"commendation": commendation("m1"), "reason": "事迹不实", "document": DOCUMENT}
    await service.give("revokeCommendation", given)
    clock.moment = noon(2020, 8, 1)
    standing = {
        "2020-06-09": "0",
        "2020-06-10": "-1",
        "2020-06-19": "-1",
        "2020-06-20": "0.5",
        "2020-06-30": "0.5",
        "2020-07-01": "1.5",
        "2020-07-09": "1.5",
        "2020-07-10": "0",
        "2020-08-01": "0",
    }
    for day, points in standing.items():
        told = await record(service, "dept.a", arguments=f'(asOf: {{ date: "{day}" }})')
        assert (told["standing"], told["date"]) == (points, day)
    assert (await record(service, "dept.a"))["standing"] == "0"
    full = await record(service, "dept.a")
    penalized = next(e for e in full["nodes"] if e["kind"] == "PENALIZED")
    just = await record(service, "dept.a", arguments=f"(asOf: {{ position: {penalized['position']} }})")
    assert (just["standing"], kinds(just)[-1]) == ("-1", "PENALIZED")
    assert just["nodes"][-1]["endedOn"] is None


async def test_an_effect_expires_by_itself(service: Insider, clock: SimulatedClock) -> None:
    await found(service)
    await penalize(service, "c1", "dept.a", "talk")
    for day, points in ((noon(2020, 12, 9), "-1"), (noon(2020, 12, 10), "0")):
        clock.moment = day
        told = await record(service, "dept.a")
        assert told["standing"] == points
        assert [e["inForce"] for e in told["nodes"]][-1] is (points == "-1")
    in_force = await record(service, "dept.a", arguments="(filter: { inForce: true })")
    assert in_force["nodes"] == []


async def test_a_changed_penalty_counts_as_the_milder_one(service: Insider) -> None:
    await found(service)
    await penalize(service, "c1", "dept.a")
    await service.give("lodgeAppeal", appeal("c1"), role=reporter("dept.a"))
    await service.give("changePenalty", decision("c1", step="talk"))
    told = await record(service, "dept.a")
    assert told["standing"] == "-1"
    assert [e["kind"] for e in told["nodes"] if e["inForce"]] == ["CHANGED"]
    assert [e["endedBy"] for e in told["nodes"] if e["endedBy"]] == ["CHANGED"]
    assert told["nodes"][-1]["accountabilityCase"] == {
        "code": "c1",
        "status": "PENALIZED",
        "appeal": "CHANGED",
    }


async def test_a_persons_record_goes_with_the_person_and_the_units_stays(
    service: Insider, clock: SimulatedClock
) -> None:
    await found(service)
    await penalize(service, "c1", "o1", "admonition")
    await penalize(service, "c2", "dept.a", "talk")
    await service.give("releaseOfficial", {"unit": unit("dept.a"), "until": "2020-06-10"})
    clock.moment = noon(2020, 7, 1)
    await appoint(service, "o1", "dept.b", "2020-07-01")
    await appoint(service, "o2", "dept.a", "2020-07-01")
    await commend(service, "m1", "o1")
    person = await record(service, "o1")
    assert (person["standing"], person["demerits"]) == ("-1.5", "-3")
    assert {(e["officeUnit"]["code"], e["accountabilityCase"] is None) for e in person["nodes"]} == {
        ("dept.a", False),
        ("dept.b", True),
    }
    assert (await record(service, "dept.a"))["standing"] == "-1"
    assert (await record(service, "dept.b"))["nodes"] == []
    assert (await record(service, "o2"))["nodes"] == []
    posts = await service.ask(
        f'{{ official(id: "{official("o1")}") {{ posts {{ since until unit {{ code }} official {{ code }} }} }}'
        f' unit(id: "{unit("dept.a")}") {{ leadingPosts {{ since until official {{ code }} }} }} }}'
    )
    assert posts["official"]["posts"] == [
        {
            "since": "2020-01-01",
            "until": "2020-06-10",
            "unit": {"code": "dept.a"},
            "official": {"code": "o1"},
        },
        {"since": "2020-07-01", "until": None, "unit": {"code": "dept.b"}, "official": {"code": "o1"}},
    ]
    assert posts["unit"]["leadingPosts"] == [
        {"since": "2020-01-01", "until": "2020-06-10", "official": {"code": "o1"}},
        {"since": "2020-07-01", "until": None, "official": {"code": "o2"}},
    ]


async def test_a_case_names_the_post_held_when_it_happened(service: Insider, clock: SimulatedClock) -> None:
    await found(service)
    await service.give("releaseOfficial", {"unit": unit("dept.a"), "until": "2020-03-31"})
    await appoint(service, "o1", "dept.b", "2020-04-01")
    await bring_to_hearing(service, "c1", "o1", happened_on="2020-03-15")
    await bring_to_hearing(service, "c2", "o1", happened_on="2020-05-15")
    await bring_to_hearing(service, "c3", "o1", happened_on="2019-05-15")
    told = await record(service, "o1")
    offices = [e["officeUnit"] and e["officeUnit"]["code"] for e in told["nodes"] if e["kind"] == "OPENED"]
    assert offices == ["dept.a", "dept.b", None]


async def test_an_official_is_not_in_two_units_at_once(service: Insider) -> None:
    await found(service)
    given = {"official": official("o1"), "unit": unit("dept.b"), "post": "局长", "since": "2020-06-01"}
    refused = await service.refused("appointOfficial", given)
    assert refused["code"] == "official.holds_a_post"


# -- bad input


async def test_what_the_rules_do_not_allow_is_told_in_both_languages(
    service: Insider, clock: SimulatedClock
) -> None:
    await found(service)
    await service.give("openAccountabilityCase", complaint("c1", "dept.a"))
    refused = await service.refused("imposePenalty", penalty("c1"))
    assert (refused["code"], refused["article"]) == ("penalty.without_fact", 51)
    assert "查明事实" in refused["messageZh"]
    assert "facts" in refused["messageEn"]
    await bring_to_hearing(service, "c2", "dept.a")
    for step, code in (("prison", "penalty.step_unknown"), ("admonition", "penalty.step_not_for_them")):
        assert (await service.refused("imposePenalty", penalty("c2", step)))["code"] == code
    await service.give("imposePenalty", penalty("c2"))
    assert (await service.refused("imposePenalty", penalty("c2")))["code"] == "penalty.decided"
    assert (await service.refused("overturnPenalty", decision("c2")))["code"] == "appeal.none"
    for somebody in (reporter("dept.b"), an_official("o1")):
        hidden = await service.refused("lodgeAppeal", appeal("c2"), role=somebody)
        assert hidden == await service.refused("lodgeAppeal", appeal("c9"), role=somebody)
        assert (hidden["code"], hidden["field"]) == ("accountability_case.unknown", "accountabilityCase")
    await service.give("publishPenalty", {"accountabilityCase": case("c2"), "outlet": "潍坊日报"})
    others = await service.refused("lodgeAppeal", appeal("c2"), role=reporter("dept.b"))
    assert (others["code"], others["field"]) == ("appeal.not_yours", "unit")
    person = await service.refused("lodgeAppeal", appeal("c2"), role=an_official("o1"))
    assert (person["code"], person["field"]) == ("appeal.not_yours", "official")
    clock.moment = noon(2020, 7, 11)
    late = await service.refused("lodgeAppeal", appeal("c2"), role=reporter("dept.a"))
    assert late["code"] == "appeal.too_late"
    assert "2020年7月10日" in late["messageZh"]
    clock.moment = noon(2020, 7, 10)
    await service.give("lodgeAppeal", appeal("c2"), role=reporter("dept.a"))
    again = await service.refused("lodgeAppeal", appeal("c2"), role=reporter("dept.a"))
    assert again["code"] == "appeal.lodged_before"
    await service.give("upholdPenalty", decision("c2"))
    for mutation, given in (
        ("upholdPenalty", decision("c2")),
        ("overturnPenalty", decision("c2")),
        ("changePenalty", decision("c2", step="talk")),
    ):
        assert (await service.refused(mutation, given))["code"] == "appeal.decided"
    both = {**complaint("c3", "dept.a"), "official": official("o1")}
    assert (await service.refused("openAccountabilityCase", both))["code"] == "subject.one_of_both"
    neither = {k: v for k, v in complaint("c3", "dept.a").items() if k != "unit"}
    assert (await service.refused("openAccountabilityCase", neither))["code"] == "subject.one_of_both"
    taken = await service.refused("openAccountabilityCase", complaint("c1", "dept.b"))
    assert taken["code"] == "accountability_case.exists"
    unknown = await service.refused("establishFact", {"accountabilityCase": case("c9"), "fact": "超期"})
    assert (unknown["code"], unknown["field"]) == ("accountability_case.unknown", "accountabilityCase")


async def test_a_ground_rests_on_an_event_of_its_kind(service: Insider) -> None:
    await found(service)
    first = {"code": "missed_target", "position": 1}
    for ground in (first, {"code": "missed_target", "position": 10_000}, {"code": "missed_target"}):
        refused = await service.refused(
            "openAccountabilityCase", {**complaint("c1", "dept.a"), "ground": ground}
        )
        assert refused["code"] == "ground.rests_on_an_event"
    rumour = {**complaint("c1", "dept.a"), "ground": {"code": "rumour", "reference": "听说"}}
    assert (await service.refused("openAccountabilityCase", rumour))["code"] == "ground.unknown"
    grounds = (await service.ask("{ accountabilityGrounds { code name nameEn topics } }"))[
        "accountabilityGrounds"
    ]
    assert [g["code"] for g in grounds][:3] == ["complaint", "audit_finding", "missed_target"]


async def test_without_a_scheme_nothing_is_awarded_or_imposed(service: Insider) -> None:
    for code, category in (("dept.a", "DEPARTMENT"),):
        await service.give("registerUnit", {"code": code, "name": code, "category": category})
    await bring_to_hearing(service, "c1", "dept.a")
    refused = await service.refused("imposePenalty", penalty("c1"))
    assert (refused["code"], refused["field"]) == ("scheme.none_in_force", "step")


# -- who may


READERS = [
    (INSPECTOR, {"dept.a": True, "o1": True}),
    (LEADER, {"dept.a": True, "o1": True}),
    (supervisor("g1"), {"dept.a": True, "o1": False}),
    (reporter("dept.a"), {"dept.a": True, "o1": False}),
    (reporter("dept.b"), {"dept.a": False, "o1": False}),
    (an_official("o1"), {"dept.a": False, "o1": True}),
    (an_official("o2"), {"dept.a": False, "o1": False}),
    (EVALUATOR, {"dept.a": False, "o1": False}),
    (INTEGRATOR, {"dept.a": False, "o1": False}),
]
PUBLIC_FIELDS = "standing nodes { kind points published accountabilityCase { code } commendation { code } }"


@pytest.mark.parametrize(("who", "sees"), READERS, ids=[who.name for who, _ in READERS])
async def test_everyone_sees_their_own_and_what_the_table_says(
    service: Insider, who: Person, sees: dict[str, bool]
) -> None:
    await found(service)
    await penalize(service, "c1", "dept.a", "talk")
    await penalize(service, "c2", "o1", "talk")
    for subject, whole in sees.items():
        told = await record(service, subject, who, fields=PUBLIC_FIELDS)
        assert (len(told["nodes"]), told["standing"]) == ((4, "-1") if whole else (0, "0"))
    count = sum(sees.values())
    lists = await service.ask(
        "{ accountabilityCases { totalCount } accountability { totalCount } heldToAccount { totalCount } }",
        role=who,
    )
    assert [n["totalCount"] for n in lists.values()] == [count, 4 * count, count]
    for code, subject in (("c1", "dept.a"), ("c2", "o1")):
        single = await service.ask(f'{{ accountabilityCase(id: "{case(code)}") {{ code }} }}', role=who)
        assert (single["accountabilityCase"] is not None) is sees[subject]


async def test_the_public_sees_what_is_published_and_that_it_was_overturned(service: Insider) -> None:
    await found(service)
    await penalize(service, "c1", "dept.a", "talk")
    await commend(service, "m1", "dept.a")
    assert (await record(service, "dept.a", PUBLIC, fields=PUBLIC_FIELDS))["nodes"] == []
    await service.give("publishPenalty", {"accountabilityCase": case("c1"), "outlet": "潍坊日报"})
    await service.give("publishCommendation", {"commendation": commendation("m1"), "outlet": "潍坊日报"})
    told = await record(service, "dept.a", PUBLIC, fields=PUBLIC_FIELDS)
    assert (kinds(told), told["standing"]) == (["PENALIZED", "AWARDED"], "0.5")
    await service.give("lodgeAppeal", appeal("c1"), role=reporter("dept.a"))
    await service.give("overturnPenalty", decision("c1"))
    told = await record(service, "dept.a", PUBLIC, fields=PUBLIC_FIELDS)
    assert (kinds(told), told["standing"]) == (["PENALIZED", "AWARDED", "OVERTURNED"], "1.5")
    hidden = "{ accountability { nodes { evidence { url } } } }"
    assert await service.codes(hidden, role=PUBLIC) == ["FORBIDDEN"]
    assert await service.codes("{ accountability { nodes { actor } } }", role=reporter("dept.a")) == [
        "FORBIDDEN"
    ]


async def test_who_may_not_read_whose_record_it_is_may_not_ask_by_it_either(service: Insider) -> None:
    await found(service)
    await commend(service, "m1", "o1")
    await service.give("publishCommendation", {"commendation": commendation("m1"), "outlet": "潍坊日报"})
    one = {"o": official("o1")}
    for listing in ("accountability", "commendations", "accountabilityCases"):
        query = f"query ($o: ID) {{ {listing}(filter: {{official: $o}}) {{ totalCount }} }}"
        assert await service.codes(query, one, role=PUBLIC) == ["FORBIDDEN"]
        assert await service.codes(query, {"o": None}, role=PUBLIC) == []
        assert await service.codes(query, one, role=INTEGRATOR) == []


async def test_an_official_appeals_for_themselves_only(service: Insider) -> None:
    await found(service)
    await penalize(service, "c1", "o1", "talk")
    another = await service.send(
        "lodgeAppeal", {**appeal("c1"), "official": official("o1")}, role=an_official("o2")
    )
    assert [e["extensions"]["code"] for e in another["errors"]] == ["FORBIDDEN"]
    unit_too = await service.send(
        "lodgeAppeal", {**appeal("c1"), "unit": unit("dept.a")}, role=an_official("o1")
    )
    assert [e["extensions"]["code"] for e in unit_too["errors"]] == ["FORBIDDEN"]
    for_person = {**appeal("c1"), "official": official("o1")}
    by_unit = await service.send("lodgeAppeal", for_person, role=reporter("dept.a"))
    assert [e["extensions"]["code"] for e in by_unit["errors"]] == ["FORBIDDEN"]
    made = await service.give(
        "lodgeAppeal",
        appeal("c1"),
        "... on AccountabilityCasePayload { accountabilityCase { appeal } entry { kind text } }",
        role=an_official("o1"),
    )
    assert made["accountabilityCase"] == {"appeal": "PENDING"}
    assert made["entry"] == {"kind": "APPEALED", "text": "事实有误"}
    viewer = await service.ask("{ viewer { role official unit } }", role=an_official("o1"))
    assert viewer["viewer"] == {"role": "OFFICIAL", "official": official("o1"), "unit": None}


async def test_a_reporter_nominates_for_their_own_unit_and_a_supervisor_for_their_group(
    service: Insider,
) -> None:
    await found(service)
    nomination = {"code": "m1", "unit": unit("dept.b"), "title": "案例", "grounds": "提前完成"}
    selection = "... on CommendationPayload { commendation { nominatingUnit { code } } }"
    another = await service.send(
        "nominateCommendation", {**nomination, "nominatingUnit": unit("dept.b")}, role=reporter("dept.a")
    )
    assert [e["extensions"]["code"] for e in another["errors"]] == ["FORBIDDEN"]
    made = await service.give("nominateCommendation", nomination, selection, role=reporter("dept.a"))
    assert made["commendation"] == {"nominatingUnit": {"code": "dept.a"}}
    by_group = {**nomination, "code": "m2"}
    await service.give("nominateCommendation", by_group, role=supervisor("g1"))
    refused = await service.send(
        "confirmCommendation", {"commendation": commendation("m1")}, role=reporter("dept.a")
    )
    assert [e["extensions"]["code"] for e in refused["errors"]] == ["FORBIDDEN"]


async def test_what_is_milder_is_told_by_the_ladder_that_the_penalty_was_imposed_under(
    service: Insider,
) -> None:
    await found(service)
    await penalize(service, "case.1", "dept.a", "talk")
    await service.give("lodgeAppeal", appeal("case.1"))
    # The next edition has no steps below criticism, which is now the first of its ladder.
    ladder = [step for step in MEASURES["ladder"] if step["code"] in ("criticism", "admonition")]
    rule = {"leastMerits": "1.5", "barringStep": "criticism"}
    measures = {**MEASURES, "ladder": ladder, "priority": rule}
    later = {"effectiveFrom": "2020-06", "content": {**CONTENT, "measures": measures}}
    await service.give("adoptScheme", {**SCHEME, **later})
    worse = await service.refused("changePenalty", decision("case.1", step="criticism"))
    assert (worse["code"], worse["field"]) == ("appeal.not_milder", "step")
    await service.give("changePenalty", decision("case.1", step="reminder"))
    (changed,) = [e for e in (await record(service, "dept.a"))["nodes"] if e["kind"] == "CHANGED"]
    assert (changed["measure"], changed["edition"]) == ("reminder", 1)


async def test_who_nominates_speaks_for_nobody_else(service: Insider) -> None:
    await found(service)
    launched = {"code": "c1", "number": 1, "name": "攻坚战", "start": "2020-03-25", "end": "2020-12-31"}
    await service.give("launchCampaign", launched)
    led = {"code": "g1", "name": "第一组", "leader": official("o3"), "campaigns": [campaign("c1")]}
    await service.give("formSupervisionGroup", led)
    nomination = {"code": "merit.1", "unit": unit("dept.a"), "title": "案例", "grounds": "提前完成"}
    for who, named in (
        (reporter("dept.a"), {"group": group("g1")}),
        (supervisor("g1"), {"nominatingUnit": unit("dept.b")}),
    ):
        answer = await service.send("nominateCommendation", {**nomination, **named}, role=who)
        assert [error["extensions"]["code"] for error in answer.get("errors", ())] == ["FORBIDDEN"]
    both = {"group": group("g1"), "nominatingUnit": unit("dept.b")}
    await service.give("nominateCommendation", {**nomination, **both})
