"""What recurs through GraphQL, as of the day of asking, in a small town from 10 June 2020 on."""

from datetime import date, timedelta
from typing import Any

from domain import identifiers
from service.store.clock import SimulatedClock
from tests.service.api.city import group, official, problem, task, unit
from tests.service.api.client import LEADER, OFFICE, PUBLIC, Insider, reporter, supervisor
from tests.service.api.conftest import noon
from tests.service.api.small import report, small_town

G1 = supervisor("g1")
FIELDS = "turn opens due status metOn missedSince satisfiedBy topic group { code }"


async def obligations(service: Insider, filter_: dict[str, Any], role: Any = LEADER) -> list[dict[str, Any]]:
    query = f"""query ($p: Position, $f: ObligationFilter) {{
        obligations(minPosition: $p, filter: $f, first: 500) {{ nodes {{ duty article dueAssumed {FIELDS} }} }}
    }}"""
    data = await service.ask(query, {"p": await service.position(), "f": filter_}, role)
    nodes: list[dict[str, Any]] = data["obligations"]["nodes"]
    return nodes


async def one(service: Insider, duty: str, turn: str) -> dict[str, Any]:
    (found,) = [o for o in await obligations(service, {"duty": [duty]}) if o["turn"] == turn]
    return found


async def test_the_year_of_a_town_is_owed_from_its_launch_on(service: Insider) -> None:
    await small_town(service)
    owed = await obligations(service, {})
    assert [o["due"] for o in owed] == sorted(o["due"] for o in owed)
    named = {duty: [o["turn"] for o in owed if o["duty"] == duty] for duty in {o["duty"] for o in owed}}
    months = [f"2020-{month:02}" for month in range(6, 13)]
    assert named["PROBLEM_LIST"] == named["REVIEW_MEETING"] == named["PROGRESS_PUBLISHED"] == months
    # The group was formed on 10 June: it owes reports on the months that end after that day.
    assert named["GROUP_REPORT"] == months
    assert named["INQUIRY"] == ["2020-05", "2020-07", "2020-09", "2020-11"]
    assert named["QUESTION_TIME"][0] == "2020-06-08"
    assert {o["group"]["code"] for o in owed if o["duty"] == "GROUP_REPORT"} == {"g1"}
    assert {o["duty"] for o in owed if o["dueAssumed"]} == {"GROUP_REPORT", "PROGRESS_PUBLISHED"}
    assert {o["article"] for o in owed} == {25, 48, 49, 50}


async def test_a_problem_list_is_due_then_missed_then_met_late(
    service: Insider, clock: SimulatedClock
) -> None:
    await small_town(service)
    assert (await one(service, "PROBLEM_LIST", "2020-06"))["status"] == "UPCOMING"
    clock.moment = noon(2020, 6, 20)
    assert (await one(service, "PROBLEM_LIST", "2020-06"))["status"] == "DUE"
    clock.moment = noon(2020, 6, 23)
    missed = await one(service, "PROBLEM_LIST", "2020-06")
    assert (missed["status"], missed["missedSince"], missed["satisfiedBy"]) == ("MISSED", "2020-06-21", None)
    done = await service.give("compileProblemList", {"period": "2020-06"})
    met = await one(service, "PROBLEM_LIST", "2020-06")
    assert (met["status"], met["metOn"], met["missedSince"]) == ("MET_LATE", "2020-06-23", None)
    assert (met["satisfiedBy"], met["topic"]) == (done["position"], "problem_list.compiled")
    window = {"from": "2020-06-20", "to": "2020-06-30", "status": ["MET_LATE", "MISSED"]}
    assert [(o["duty"], o["due"]) for o in await obligations(service, window)] == [
        ("QUESTION_TIME", "2020-06-21"),
        ("PROBLEM_LIST", "2020-06-20"),
    ][::-1]


async def test_what_is_arranged_for_a_day_to_come_does_not_count_yet(
    service: Insider, clock: SimulatedClock
) -> None:
    await small_town(service)
    inquiry = {"code": "xw.1", "squad": "CONGRESS", "theme": "推进情况", "on": "2020-06-28"}
    too_few = await service.refused("conveneInquiry", {**inquiry, "units": [unit("dept.a")]})
    assert too_few["code"] == "inquiry.too_few_departments"
    await service.give("conveneInquiry", {**inquiry, "units": [unit("dept.a"), unit("dept.b")]})
    assert (await one(service, "INQUIRY", "2020-05"))["status"] == "DUE"
    clock.moment = noon(2020, 6, 28)
    held = await one(service, "INQUIRY", "2020-05")
    assert (held["status"], held["metOn"]) == ("MET", "2020-06-28")


async def test_question_time_counts_once_it_is_concluded_for_its_own_week(
    service: Insider, clock: SimulatedClock
) -> None:
    await small_town(service)
    appointed = {"official": official("o1"), "unit": unit("dept.a"), "post": "局长", "since": "2020-04-01"}
    await service.give("appointOfficial", appointed)
    session = f"question-time:{identifiers.question_time_id(date(2020, 6, 11))}"
    await service.give("scheduleQuestionTime", {"day": "2020-06-11", "channel": "电视问政"})
    await service.give("askQuestion", {"session": session, "text": "何时完工？", "askedBy": "市民"})
    clock.moment = noon(2020, 6, 15)
    answer = {"session": session, "number": 1, "text": "月底前。"}
    await service.give("answerQuestion", answer, role=reporter("dept.a"))
    assert (await one(service, "QUESTION_TIME", "2020-06-08"))["status"] == "MISSED"
    await service.give("concludeQuestionTime", {"session": session})
    late = await one(service, "QUESTION_TIME", "2020-06-08")
    assert (late["status"], late["metOn"]) == ("MET_LATE", "2020-06-15")
    assert (await one(service, "QUESTION_TIME", "2020-06-15"))["status"] == "DUE"


async def test_progress_published_counts_by_the_first_event_of_the_month(service: Insider) -> None:
    await small_town(service)
    first = await service.give("publishTask", {"task": task("1.1"), "outlet": "潍坊日报"})
    await service.give("publishTask", {"task": task("1.2"), "outlet": "潍坊日报"})
    met = await one(service, "PROGRESS_PUBLISHED", "2020-06")
    assert (met["status"], met["satisfiedBy"], met["topic"]) == ("MET", first["position"], "task.published")


# -- monthly reports


async def generated(service: Insider, **words: str) -> dict[str, Any]:
    selection = "... on MonthlyReportPayload { report { id status edition text sha256 ledgerPosition } }"
    asked = {"period": "2020-06", "group": group("g1"), **words}
    report_: dict[str, Any] = (await service.give("generateMonthlyReport", asked, selection, G1))["report"]
    return report_


async def test_a_month_is_reported_on_as_it_ended(service: Insider, clock: SimulatedClock) -> None:
    await small_town(service)
    early = await service.refused("generateMonthlyReport", {"period": "2020-06", "group": group("g1")}, G1)
    assert (early["code"], early["field"]) == ("monthly_report.month_not_over", "period")
    burst = {"code": "wt.1", "title": "管网|滞后", "description": "未开工。", "task": task("1.1")}
    await service.give("listProblem", {**burst, "source": "OFFICE"})
    assigned = {"problem": problem("wt.1"), "unit": unit("dept.a")}
    await service.give("assignProblem", assigned)
    end = await service.position()
    clock.moment = noon(2020, 7, 3)
    # What comes after the month's end is not told.
    await service.give("reportProgress", report("1.1", "2020-06", "90"))
    await service.give("listProblem", {**burst, "code": "wt.2", "source": "OFFICE"})
    first = await generated(service)
    assert (first["status"], first["edition"], first["ledgerPosition"]) == ("GENERATED", 1, end)
    assert "# 第一组督导月报（2020年6月）" in first["text"]
    assert "共2项，已销号1项；平均完成率5.0%" in first["text"]
    assert "| wt.1 | 管网\\|滞后 | 单位 dept.a | 2020-06-10 | — |" in first["text"]
    assert "wt.2" not in first["text"]
    same = await service.refused("generateMonthlyReport", {"period": "2020-06", "group": group("g1")}, G1)
    assert same["code"] == "monthly_report.unchanged"


async def test_a_report_is_reviewed_and_submitted_and_that_is_the_groups_duty(
    service: Insider, clock: SimulatedClock
) -> None:
    await small_town(service)
    clock.moment = noon(2020, 7, 3)
    old = await generated(service)
    new = await generated(service, assessment="总体平稳。")
    assert "总体平稳。" in new["text"]
    named = {"monthlyReport": new["id"], "sha256": new["sha256"]}
    stale = await service.refused("reviewMonthlyReport", {**named, "sha256": old["sha256"]}, G1)
    assert (stale["code"], stale["field"]) == ("monthly_report.not_latest", "sha256")
    assert (await service.refused("submitMonthlyReport", named, G1))["code"] == "monthly_report.not_reviewed"
    await service.give("reviewMonthlyReport", {**named, "remark": "属实。"}, role=G1)
    assert (await one(service, "GROUP_REPORT", "2020-06"))["status"] == "DUE"
    done = await service.give("submitMonthlyReport", named, role=G1)
    met = await one(service, "GROUP_REPORT", "2020-06")
    assert (met["status"], met["satisfiedBy"], met["metOn"]) == ("MET", done["position"], "2020-07-03")
    fields = "nodes { status sha256 remark submittedOn recipient reviewedBy { code } group { code } version }"
    data = await service.ask(f'{{ monthlyReports(filter: {{ period: "2020-06" }}) {{ {fields} }} }}')
    assert data["monthlyReports"]["nodes"] == [
        {
            "status": "SUBMITTED",
            "sha256": new["sha256"],
            "remark": "属实。",
            "submittedOn": "2020-07-03",
            "recipient": "市委、市政府",
            "reviewedBy": {"code": "o1"},
            "group": {"code": "g1"},
            "version": 5,
        }
    ]
    clock.moment += timedelta(days=1)
    late = await service.refused("generateMonthlyReport", {"period": "2020-06", "group": group("g1")}, G1)
    assert late["code"] == "monthly_report.submitted"


async def test_the_public_reads_neither(service: Insider) -> None:
    await small_town(service)
    assert await service.codes("{ obligations { nodes { id } } }", role=PUBLIC) == ["FORBIDDEN"]
    assert await service.codes("{ monthlyReports { nodes { id } } }", role=PUBLIC) == ["FORBIDDEN"]
    assert await service.codes("{ obligations { nodes { id } } }", role=OFFICE) == []


# -- the review meeting


async def reviewed(service: Insider, period: str, held_on: str, departments: int) -> dict[str, Any]:
    """A meeting on a month that draws two counties, a zone and so many departments, to its minutes."""
    code = f"m{period}"
    scheduled = {"code": code, "title": "点评会", "period": period, "heldOn": held_on}
    await service.give("scheduleReviewMeeting", {**scheduled, "attendees": [official("o1")]})
    id_ = f"meeting:{identifiers.meeting_id(code)}"
    quotas = [("COUNTY", 2), ("ZONE", 1), ("DEPARTMENT", departments)]
    rule = {"edition": "试行", "quotas": [{"category": c, "units": n} for c, n in quotas]}
    frozen = {"sources": ["骰子"], **rule}
    await service.give("freezeCandidates", {"meeting": id_, **frozen})
    drawn = await service.give(
        "drawUnits",
        {"meeting": id_, "sources": [{"name": "骰子", "numbers": ["3"]}]},
        "... on ReviewMeetingPayload { reviewMeeting { drawnUnits { unit { id } } } }",
    )
    first = drawn["reviewMeeting"]["drawnUnits"][0]["unit"]["id"]
    await service.give("recordPresentation", {"meeting": id_, "unit": first, "summary": "进展"})
    await service.give("evaluateStage", {"meeting": id_, "official": official("o1"), "text": "平稳"})
    return await service.give("keepMinutes", {"meeting": id_, "text": "纪要"})


async def test_a_review_meeting_counts_with_its_minutes_if_it_drew_what_the_plan_asks_for(
    service: Insider, clock: SimulatedClock
) -> None:
    await small_town(service)
    for code, category in (("county.a", "COUNTY"), ("county.b", "COUNTY"), ("zone.a", "ZONE")):
        await service.give("registerUnit", {"code": code, "name": code, "category": category})
    await reviewed(service, "2020-05", "2020-06-10", departments=1)
    assert (await one(service, "REVIEW_MEETING", "2020-06"))["status"] == "DUE"
    done = await reviewed(service, "2020-06", "2020-06-12", departments=2)
    assert (await one(service, "REVIEW_MEETING", "2020-06"))["status"] == "DUE"
    clock.moment = noon(2020, 6, 12)
    met = await one(service, "REVIEW_MEETING", "2020-06")
    assert (met["status"], met["metOn"], met["topic"]) == ("MET", "2020-06-12", "meeting.minutes_kept")
    assert met["satisfiedBy"] == done["position"]
