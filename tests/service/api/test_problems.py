"""Problems, the month's list and the conference on it, through GraphQL, as each role."""

from datetime import timedelta

from domain import identifiers
from service.store.clock import SimulatedClock
from tests.service.api.city import campaign, official, problem, unit
from tests.service.api.client import Insider, reporter, supervisor
from tests.service.api.small import listed, read, small_town

G1, A, B, C = supervisor("g1"), reporter("dept.a"), reporter("dept.b"), reporter("dept.c")


async def resolve(service: Insider, code: str) -> None:
    """From assigned to put right."""
    measures = {"problem": problem(code), "measures": "增派施工队。", "deadline": "2020-07-31"}
    await service.give("planMeasures", measures, role=A)
    resolved = {"problem": problem(code), "on": "2020-06-10", "result": "已贯通。"}
    await service.give("resolveProblem", resolved, role=A)


async def test_a_problem_goes_from_listed_to_closed_and_back(service: Insider) -> None:
    await small_town(service)
    mine = listed("wt.1", source="UNIT")
    foreign = await service.refused("listProblem", listed("wt.1", source="PUBLIC"), role=A)
    assert (foreign["code"], foreign["field"]) == ("problem.source_of_other_role", "source")
    selection = "... on ProblemPayload { problem { status unit { code } foundByUnit { code } version } }"
    first = await service.give("listProblem", mine, selection, role=A)
    assert first["problem"] == {
        "status": "LISTED",
        "unit": None,
        "foundByUnit": {"code": "dept.a"},
        "version": 1,
    }
    assert (await service.refused("listProblem", mine, role=A))["code"] == "problem.exists"
    await service.give("assignProblem", {"problem": problem("wt.1"), "unit": unit("dept.a")})
    opinion = {"problem": problem("wt.1"), "on": "2020-06-10", "opinion": "需协调电力。"}
    await service.give("discussProblem", opinion)
    other = {"problem": problem("wt.1"), "measures": "措施。", "deadline": "2020-07-31"}
    assert (await service.refused("planMeasures", other, role=B))["code"] == "problem.not_your_unit"
    await resolve(service, "wt.1")
    returned = {"problem": problem("wt.1"), "reason": "一处未通。"}
    await service.give("returnProblem", returned, role=G1)
    resolved = {"problem": problem("wt.1"), "on": "2020-06-10", "result": "全部贯通。"}
    await service.give("resolveProblem", resolved, role=A)
    closing = {"problem": problem("wt.1")}
    assert (await service.send("closeProblem", closing))["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    await service.give("closeProblem", closing, role=G1)
    assert (await service.refused("discussProblem", opinion))["code"] == "problem.closed"
    await service.give("reopenProblem", {"problem": problem("wt.1"), "reason": "反弹。"})
    fields = (
        "status timesReopened closedOn closedBy { code } steps { kind text unit { code } group { code } }"
    )
    data = await read(service, f"problems(minPosition: $p) {{ nodes {{ {fields} }} }}")
    (shown,) = data["problems"]["nodes"]
    assert [step["kind"] for step in shown["steps"]] == [
        "LISTED",
        "ASSIGNED",
        "DISCUSSED",
        "MEASURES_PLANNED",
        "RESOLVED",
        "RETURNED",
        "RESOLVED",
        "CLOSED",
        "REOPENED",
    ]
    assert shown["steps"][5] == {
        "kind": "RETURNED",
        "text": "一处未通。",
        "unit": None,
        "group": {"code": "g1"},
    }
    assert (shown["status"], shown["timesReopened"], shown["closedOn"]) == ("REOPENED", 1, None)


async def test_the_month_freezes_its_list_and_confers_on_it(service: Insider, clock: SimulatedClock) -> None:
    await small_town(service)
    for code in ("wt.1", "wt.2", "wt.3"):
        await service.give("listProblem", listed(code))
        await service.give("assignProblem", {"problem": problem(code), "unit": unit("dept.a")})
    await resolve(service, "wt.3")
    await service.give("closeProblem", {"problem": problem("wt.3")}, role=G1)
    early = await service.refused("compileProblemList", {"period": "2020-06"})
    assert (early["code"], early["field"], early["article"]) == ("problem_list.too_early", "period", 25)
    decisions = [{"problem": problem("wt.1"), "text": "限期贯通。", "deadline": "2020-07-20"}]
    conference = {"period": "2020-06", "on": "2020-06-28", "attendees": [unit("dept.a"), unit("dept.b")]}
    unfrozen = await service.refused("holdJointConference", {**conference, "decisions": decisions})
    assert unfrozen["code"] == "problem_list.unknown"
    clock.moment += timedelta(days=10)
    selection = "... on ProblemListPayload { problemList { period compiledOn problems { code } } }"
    frozen = await service.give("compileProblemList", {"period": "2020-06"}, selection)
    assert frozen["problemList"] == {
        "period": "2020-06",
        "compiledOn": "2020-06-20",
        "problems": [{"code": "wt.1"}, {"code": "wt.2"}],
    }
    await service.give("listProblem", listed("wt.4"))
    assert (await service.refused("compileProblemList", {"period": "2020-06"}))["code"] == (
        "problem_list.exists"
    )
    clock.moment += timedelta(days=8)
    undecided = await service.refused("holdJointConference", {**conference, "decisions": decisions})
    assert (undecided["code"], undecided["field"]) == ("joint_conference.undecided", "decisions")
    for code, refusal in (("wt.3", "joint_conference.not_on_list"), ("wt.4", "joint_conference.not_on_list")):
        also = [*decisions, {"problem": problem(code), "text": "决定。"}]
        answer = await service.refused("holdJointConference", {**conference, "decisions": also})
        assert (answer["code"], answer["field"]) == (refusal, "decisions.1.problem")
    await resolve(service, "wt.2")
    await service.give("closeProblem", {"problem": problem("wt.2")}, role=G1)
    closed = [*decisions, {"problem": problem("wt.2"), "text": "决定。"}]
    answer = await service.refused("holdJointConference", {**conference, "decisions": closed})
    assert (answer["code"], answer["field"]) == ("problem.closed", "decisions.1.problem")
    position = await service.position()
    selection = """... on JointConferencePayload { conference { on attendees { code }
        decisions { text deadline problem { code decision deadline } unit { code } } } }"""
    held = await service.give("holdJointConference", {**conference, "decisions": decisions}, selection)
    assert held["conference"] == {
        "on": "2020-06-28",
        "attendees": [{"code": "dept.a"}, {"code": "dept.b"}],
        "decisions": [
            {
                "text": "限期贯通。",
                "deadline": "2020-07-20",
                "problem": {"code": "wt.1", "decision": "限期贯通。", "deadline": "2020-07-20"},
                "unit": None,
            }
        ],
    }
    assert held["position"] == position + 2
    again = await service.refused("holdJointConference", {**conference, "decisions": decisions})
    assert again["code"] == "joint_conference.exists"


async def test_a_problem_of_no_campaign_is_verified_by_a_group_that_covers_its_unit(service: Insider) -> None:
    await small_town(service)
    covered = {"leader": official("o1"), "campaigns": [campaign("c1")], "units": [unit("dept.b")]}
    await service.give("formSupervisionGroup", {"code": "g2", "name": "第二组", **covered})
    await service.give("listProblem", listed("wt.1", task=None))
    await service.give("assignProblem", {"problem": problem("wt.1"), "unit": unit("dept.a")})
    await resolve(service, "wt.1")
    for mutation, given in (("returnProblem", {"reason": "未通。"}), ("closeProblem", {})):
        answer = await service.refused(mutation, {"problem": problem("wt.1"), **given}, supervisor("g2"))
        assert (answer["code"], answer["field"]) == ("group.not_covering", "group")
    await service.give("closeProblem", {"problem": problem("wt.1")}, role=G1)
    again = {"problem": problem("wt.1"), "reason": "反弹。"}
    assert (await service.refused("reopenProblem", again, supervisor("g2")))["code"] == "group.not_covering"
    await service.give("reopenProblem", again, role=G1)


async def test_a_problem_comes_from_an_inquiry_that_there_is(service: Insider) -> None:
    await small_town(service)
    nowhere = f"inquiry:{identifiers.inquiry_id('xw.9')}"
    answer = await service.refused("listProblem", listed("wt.1", source="INQUIRY", inquiry=nowhere))
    assert (answer["code"], answer["field"]) == ("inquiry.unknown", "inquiry")
    units = [unit("dept.a"), unit("dept.b")]
    convened = {"code": "xw.9", "squad": "CONGRESS", "theme": "推进情况", "on": "2020-06-10", "units": units}
    await service.give("conveneInquiry", convened)
    await service.give("listProblem", listed("wt.1", source="INQUIRY", inquiry=nowhere))
