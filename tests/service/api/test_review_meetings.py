"""Review meetings through the API: from the schedule over the draw to a task in the ledger, and the minutes."""

import asyncio
import hashlib
from typing import Any

import pytest
import pytest_asyncio

from domain import identifiers
from service.ballots.lines import lines
from service.ballots.verify_draw import verify_draws
from service.commands import DrawUnits, FreezeCandidates
from service.store.clock import SimulatedClock
from tests.service.api.city import official, task, unit
from tests.service.api.client import EVALUATOR, INSPECTOR, OFFICE, PUBLIC, Insider, supervisor
from tests.service.api.small import listing, small_town
from tests.service.ballots.hall import SOURCES

RULE = {"edition": "试行", "quotas": [{"category": "DEPARTMENT", "units": 2}]}
NAMES = [source["name"] for source in SOURCES]


def meeting(code: str) -> str:
    return f"meeting:{identifiers.meeting_id(code)}"


async def scheduled(service: Insider, code: str = "m1", **changes: Any) -> str:
    given = {
        "code": code,
        "title": "五月点评会",
        "period": "2020-05",
        "heldOn": "2020-06-10",
        "agenda": [{"title": "现场汇报", "speaker": "抽中单位"}],
        "attendees": [official("o1")],
    }
    await service.give("scheduleReviewMeeting", given | changes)
    return meeting(code)


async def drawn(service: Insider, code: str = "m1") -> list[str]:
    """The units that a new meeting draws."""
    id_ = await scheduled(service, code, period=f"2020-{4 + int(code[1:]):02}")
    await service.give("freezeCandidates", {"meeting": id_, "sources": NAMES, **RULE})
    answer = await service.give(
        "drawUnits",
        {"meeting": id_, "sources": SOURCES},
        "... on ReviewMeetingPayload { reviewMeeting { drawnUnits { unit { id } } } }",
    )
    return [each["unit"]["id"] for each in answer["reviewMeeting"]["drawnUnits"]]


@pytest_asyncio.fixture(loop_scope="session")
async def town(service: Insider) -> Insider:
    await small_town(service)
    return service


async def test_a_meeting_from_schedule_to_minutes(town: Insider) -> None:
    first, second = await drawn(town)
    m1 = meeting("m1")
    for each in (first, second):
        await town.give(
            "recordPresentation",
            {"meeting": m1, "unit": each, "presenter": official("o1"), "summary": "进展"},
        )
    await town.give("recordComment", {"meeting": m1, "unit": first, "text": "亮点"}, role=supervisor("g1"))
    await town.give(
        "recordComment", {"meeting": m1, "unit": second, "official": official("o1"), "text": "短板"}
    )
    await town.give("evaluateStage", {"meeting": m1, "official": official("o1"), "text": "总体平稳"})
    followed = await town.give(
        "assignMeetingFollowUp", {"meeting": m1, **listing("9.9")}, "... on FollowUpPayload { task { code } }"
    )
    assert followed["task"] == {"code": "9.9"}
    await town.give("keepMinutes", {"meeting": m1, "text": "纪要"})
    data = await town.ask(
        """query ($m: ID!, $p: Position) { reviewMeeting(id: $m, minPosition: $p) {
          status period heldOn evaluation minutes evaluatedBy { code } agenda { title speaker }
          attendees { code } announced edition drawnUnits { presented summary presenter { code } category }
          comments { text group { code } official { code } unit { id } } followUps { task { code } } } }""",
        {"m": m1, "p": await town.position()},
    )
    shown = data["reviewMeeting"]
    assert (shown["status"], shown["minutes"], shown["evaluatedBy"]) == ("ENDED", "纪要", {"code": "o1"})
    assert shown["agenda"] == [{"title": "现场汇报", "speaker": "抽中单位"}]
    assert shown["announced"] == NAMES
    assert [u["presented"] for u in shown["drawnUnits"]] == [True, True]
    assert [(c["text"], c["group"], c["unit"]["id"]) for c in shown["comments"]] == [
        ("亮点", {"code": "g1"}, first),
        ("短板", None, second),
    ]
    assert shown["followUps"] == [{"task": {"code": "9.9"}}]
    ledger = await town.ask(
        "query ($p: Position) { ledger(minPosition: $p) { nodes { code } } }", {"p": await town.position()}
    )
    assert "9.9" in {line["code"] for line in ledger["ledger"]["nodes"]}


async def test_a_follow_up_that_is_refused_leaves_no_task_and_no_trace(town: Insider) -> None:
    await drawn(town)
    m1 = meeting("m1")
    before = await town.position()
    refusal = await town.refused("assignMeetingFollowUp", {"meeting": m1, **listing("9.9")})
    assert refusal["code"] == "meeting.not_evaluated"
    refusal = await town.refused("assignMeetingFollowUp", {"meeting": meeting("none"), **listing("9.9")})
    assert refusal["code"] == "meeting.unknown"
    assert await town.position() == before


async def test_nobody_is_drawn_twice_before_all_were(town: Insider) -> None:
    first, second = await drawn(town, "m1"), await drawn(town, "m2")
    everybody = {unit(f"dept.{name}") for name in "abc"}
    # Three departments, two at a time: the one that was left comes for certain, and first.
    assert {second[0]} == everybody - set(first)
    third = await drawn(town, "m3")
    times = [*first, *second, *third]
    assert {times.count(each) for each in everybody} == {2}


async def test_one_draw_at_a_time(town: Insider) -> None:
    for code, period in (("m1", "2020-05"), ("m2", "2020-06")):
        await scheduled(town, code, period=period)
    frozen = {"sources": NAMES, **RULE}
    await town.give("freezeCandidates", {"meeting": meeting("m1"), **frozen})
    refusal = await town.refused("freezeCandidates", {"meeting": meeting("m2"), **frozen})
    assert refusal["code"] == "draw.another_pending"
    await town.give("drawUnits", {"meeting": meeting("m1"), "sources": SOURCES})
    await town.give("freezeCandidates", {"meeting": meeting("m2"), **frozen})


async def test_two_lists_are_not_frozen_at_once(town: Insider) -> None:
    frozen = [{"meeting": await scheduled(town, m), "sources": NAMES, **RULE} for m in ("m1", "m2")]
    answers = await asyncio.gather(*(town.send("freezeCandidates", each) for each in frozen))
    told = [answer["data"]["freezeCandidates"]["__typename"] for answer in answers]
    assert sorted(told) == ["Refused", "ReviewMeetingPayload"]


@pytest.mark.parametrize("months", [("2020-05", "2020-05"), ("2020-05", "2020-06")])
async def test_of_two_lists_that_two_processes_froze_at_once_the_first_is_drawn_from(
    town: Insider, monkeypatch: pytest.MonkeyPatch, months: tuple[str, str]
) -> None:
    monkeypatch.setattr(FreezeCandidates, "turn", FreezeCandidates.subject)
    meetings = [await scheduled(town, m, period=month) for m, month in zip(("m1", "m2"), months, strict=True)]
    lists = [{"meeting": m, "sources": NAMES, **RULE} for m in meetings]
    answers = await asyncio.gather(*(town.give("freezeCandidates", each) for each in lists))
    first, second = [m for _, m in sorted(zip((a["position"] for a in answers), meetings, strict=True))]
    late = {"meeting": second, "sources": SOURCES}
    assert (await town.refused("drawUnits", late))["code"] == "draw.another_was_first"
    await town.give("drawUnits", {"meeting": first, "sources": SOURCES})
    # Not afterwards either: it was frozen before the first was drawn.
    assert (await town.refused("drawUnits", late))["code"] == "draw.another_was_first"
    told = [line async for line in lines(town.app.database)]
    assert verify_draws(told).faults == []
    # Whoever draws from it nevertheless is caught.
    monkeypatch.setattr(DrawUnits, "_require_first", _asks_nothing)
    await town.give("drawUnits", late)
    told = [line async for line in lines(town.app.database)]
    faults = [fault.text for fault in verify_draws(told).faults]
    assert "its list was frozen while another meeting's was, and not drawn from yet" in faults
    same_month = "another meeting on this month has drawn already" in faults
    assert same_month == (months[0] == months[1])


async def _asks_nothing(*_: object) -> None:
    pass


async def test_anybody_can_repeat_a_draw(town: Insider) -> None:
    await scheduled(town)
    query = """query ($m: ID!) { drawVerification(meeting: $m) { edition frozenAt drawnAt commitment secret
      commitmentAgrees announced sources { name numbers } draws { category round certain candidates keyString drawn
      agrees steps { index digest left place unit } } } }"""
    asked = {"m": meeting("m1")}
    assert (await town.ask(query, asked, PUBLIC))["drawVerification"] is None
    await town.give("freezeCandidates", {"meeting": meeting("m1"), "sources": NAMES, **RULE})
    before = (await town.ask(query, asked, PUBLIC))["drawVerification"]
    assert (before["edition"], before["secret"], before["draws"], before["drawnAt"]) == (
        "试行",
        None,
        [],
        None,
    )
    await town.give("drawUnits", {"meeting": meeting("m1"), "sources": SOURCES})
    after = (await town.ask(query, asked, PUBLIC))["drawVerification"]
    assert after["commitment"] == before["commitment"]
    assert after["commitmentAgrees"] is True
    assert after["frozenAt"] < after["drawnAt"]
    [draw] = after["draws"]
    assert draw["agrees"] is True
    assert draw["keyString"] == f"3./{after['secret']}./9.18.26.34.41.45./3./"
    assert draw["candidates"] == [unit(f"dept.{name}") for name in "abc"]
    assert [step["unit"] for step in draw["steps"]] == draw["drawn"]
    # The RFC's arithmetic, done here once more.
    left = list(draw["candidates"])
    for step in draw["steps"]:
        stamp = step["index"].to_bytes(2, "big")
        digest = hashlib.md5(stamp + draw["keyString"].encode() + stamp).digest()
        assert digest.hex() == step["digest"]
        assert left.pop(int.from_bytes(digest, "big") % len(left)) == step["unit"]


async def test_what_a_meeting_is_refused(town: Insider) -> None:
    await scheduled(town)
    m1 = meeting("m1")
    assert (await town.refused("drawUnits", {"meeting": m1, "sources": SOURCES}))[
        "code"
    ] == "meeting.not_frozen"
    again = {
        "code": "m1",
        "title": "t",
        "period": "2020-05",
        "heldOn": "2020-06-10",
        "attendees": [official("o1")],
    }
    assert (await town.refused("scheduleReviewMeeting", again))["code"] == "meeting.exists"
    stranger = {**again, "code": "m9", "attendees": [official("nobody")]}
    refusal = await town.refused("scheduleReviewMeeting", stranger)
    assert (refusal["code"], refusal["field"]) == ("official.unknown", "attendees.0")
    nine = [{"category": "DEPARTMENT", "units": 9}]
    too_many = {"meeting": m1, "sources": NAMES, **RULE, "quotas": nine}
    assert (await town.refused("freezeCandidates", too_many))["code"] == "draw.too_few_units"
    # Under its usual name the rule is the usual one.
    unnamed = await town.refused("freezeCandidates", {"meeting": m1, "sources": NAMES, "quotas": nine})
    assert (unnamed["code"], unnamed["field"]) == ("draw.edition_of_other_quotas", "edition")
    await town.give("freezeCandidates", {"meeting": m1, "sources": NAMES, **RULE})
    for numbers in (["1.5"], ["-1"], ["1e300"], ["9999999999999999"]):
        wrong = [SOURCES[0], {"name": "骰子", "numbers": numbers}]
        assert (await town.refused("drawUnits", {"meeting": m1, "sources": wrong}))["code"] == (
            "draw.number_out_of_range"
        )
    await town.app.database.execute("delete from ballots.draw_secret")
    assert (await town.refused("drawUnits", {"meeting": m1, "sources": SOURCES}))[
        "code"
    ] == "draw.secret_lost"


async def test_a_draw_is_abandoned_by_the_inspectorate_and_frozen_once_more(town: Insider) -> None:
    m1 = await scheduled(town)
    list_ = {"meeting": m1, "sources": NAMES, **RULE}
    given = {"meeting": m1, "grounds": "开奖推迟"}
    await town.give("freezeCandidates", list_)
    # Not by whoever has the draw made.
    for role in (OFFICE, EVALUATOR):
        answer = await town.send("abandonDraw", given, role=role)
        assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    secret = await town.app.database.fetchval("select secret from ballots.draw_secret")
    await town.give("abandonDraw", given, role=INSPECTOR)
    query = """query ($m: ID!) { drawVerification(meeting: $m) { commitment secret abandoned {
      frozenAt abandonedAt grounds abandonedBy announced commitment secret commitmentAgrees } } }"""
    told = (await town.ask(query, {"m": m1}, PUBLIC))["drawVerification"]
    [abandoned] = told["abandoned"]
    assert (abandoned["secret"], abandoned["commitmentAgrees"]) == (secret, True)
    assert (abandoned["grounds"], abandoned["announced"]) == ("开奖推迟", NAMES)
    assert abandoned["abandonedAt"] == abandoned["frozenAt"] + 1
    # The month is this meeting's; the rule stays; the secret that everybody knows now is used no more.
    m2 = await scheduled(town, "m2")
    refusal = await town.refused("freezeCandidates", {**list_, "meeting": m2})
    assert refusal["code"] == "draw.month_taken"
    other = {**list_, "quotas": [{"category": "DEPARTMENT", "units": 1}]}
    assert (await town.refused("freezeCandidates", other))["code"] == "meeting.rule_differs"
    # Also where the service was stopped before it could forget.
    await town.app.database.execute("update ballots.draw_secret set secret = $1", secret)
    await town.give("freezeCandidates", list_)
    again = (await town.ask(query, {"m": m1}, PUBLIC))["drawVerification"]
    assert again["commitment"] != abandoned["commitment"]
    assert again["abandoned"] == [abandoned]
    await town.give("drawUnits", {"meeting": m1, "sources": SOURCES})
    assert await town.app.database.fetchval("select count(*) from ballots.draw_secret") == 0
    again = await town.refused("drawUnits", {"meeting": m1, "sources": SOURCES})
    assert again["code"] == "meeting.drawn_already"


async def test_there_is_no_third_draw(town: Insider) -> None:
    m1 = await scheduled(town)
    for _ in range(2):
        await town.give("freezeCandidates", {"meeting": m1, "sources": NAMES, **RULE})
        await town.give("abandonDraw", {"meeting": m1, "grounds": "见证人缺席"}, role=INSPECTOR)
    third = await town.refused("freezeCandidates", {"meeting": m1, "sources": NAMES, **RULE})
    assert third["code"] == "meeting.abandoned_twice"
    # It stands in nobody's way: the next month draws.
    await drawn(town, "m3")


async def test_a_month_is_drawn_for_once(town: Insider) -> None:
    await drawn(town, "m1")
    m2 = await scheduled(town, "m2", period="2020-05")
    refusal = await town.refused("freezeCandidates", {"meeting": m2, "sources": NAMES, **RULE})
    assert (refusal["code"], refusal["article"]) == ("draw.month_taken", 49)


async def test_the_roll_and_the_list_of_meetings(town: Insider, clock: SimulatedClock) -> None:
    await scheduled(town, "m1")
    await scheduled(town, "m2", heldOn="2020-07-10", period="2020-06")
    await town.give("registerOfficial", {"code": "o2", "name": "某某二"})
    both = [official("o1"), official("o2")]
    await town.give("reviseMeetingRoll", {"meeting": meeting("m1"), "attendees": both})
    data = await town.ask(
        """query ($p: Position) { reviewMeetings(minPosition: $p) { totalCount nodes { code attendees { code } } }
          one: reviewMeetings(filter: {period: "2020-06"}) { nodes { code } } }""",
        {"p": await town.position()},
        OFFICE,
    )
    assert data["reviewMeetings"]["totalCount"] == 2
    assert [node["code"] for node in data["reviewMeetings"]["nodes"]] == ["m2", "m1"]
    assert [a["code"] for a in data["reviewMeetings"]["nodes"][1]["attendees"]] == ["o1", "o2"]
    assert [node["code"] for node in data["one"]["nodes"]] == ["m2"]
    assert await town.codes("{ reviewMeetings { totalCount } }", role=PUBLIC) == ["FORBIDDEN"]


async def test_a_problem_that_came_up_goes_onto_the_list(town: Insider) -> None:
    first, _ = await drawn(town)
    m1 = meeting("m1")
    raised = {"meeting": m1, "code": "wt.1", "title": "进度滞后", "description": "三个村未开工。"}
    raised |= {"unit": first, "task": task("1.1")}
    early = await town.refused("raiseMeetingProblem", raised)
    assert early["code"] == "meeting.nobody_presented"
    await town.give("recordPresentation", {"meeting": m1, "unit": first, "summary": "进展"})
    selection = "... on MeetingProblemPayload { problem { code source status unit { id } task { code } } }"
    given = await town.give("raiseMeetingProblem", raised, selection)
    assert given["problem"] == {
        "code": "wt.1",
        "source": "MEETING",
        "status": "ASSIGNED",
        "unit": {"id": first},
        "task": {"code": "1.1"},
    }
    query = """query ($m: ID!, $p: Position) {
        reviewMeeting(id: $m, minPosition: $p) { problems { problem { code } } } }"""
    data = await town.ask(query, {"m": m1, "p": await town.position()})
    assert data["reviewMeeting"]["problems"] == [{"problem": {"code": "wt.1"}}]
    again = await town.refused("raiseMeetingProblem", raised)
    assert again["code"] == "problem.exists"
    by_itself = {"code": "wt.2", "title": "进度滞后", "description": "三个村未开工。", "source": "MEETING"}
    assert (await town.refused("listProblem", by_itself))["code"] == "problem.source_of_other_role"
