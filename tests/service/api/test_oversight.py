"""Visits, oversight and learning through GraphQL, as each role, in a small town on 10 June 2020."""

from datetime import timedelta
from typing import Any

from domain import identifiers
from service.store.clock import SimulatedClock
from tests.service.api.city import campaign, group, official, task, unit
from tests.service.api.client import EVALUATOR, PUBLIC, Insider, reporter, supervisor
from tests.service.api.small import listed, listing, read, small_town

G1, A, B, C = supervisor("g1"), reporter("dept.a"), reporter("dept.b"), reporter("dept.c")


def visit(code: str) -> str:
    return f"visit:{identifiers.visit_id(code)}"


# -- visits


async def test_a_group_visits_and_finds_and_lists_a_problem(service: Insider) -> None:
    await small_town(service)
    visiting = {
        "code": "dd.1",
        "campaign": campaign("c1"),
        "units": [unit("dept.a"), unit("dept.b")],
        "on": "2020-06-09",
        "place": "东城街道",
    }
    await service.give("recordVisit", visiting, role=G1)
    assert (await service.refused("recordVisit", visiting, role=G1))["code"] == "visit.exists"
    finding = {"visit": visit("dd.1"), "unit": unit("dept.a"), "text": "配套管网滞后\n3个村未开工。"}
    refused = await service.refused(
        "recordFinding", {**finding, "kind": "OPINION", "problemCode": "wt.9"}, role=G1
    )
    assert (refused["code"], refused["field"]) == ("finding.lists_no_problem", "problemCode")
    named = {**finding, "kind": "PROBLEM", "task": task("1.1"), "problemCode": "wt.9"}
    selection = """... on FindingPayload { finding { kind text unit { code } task { code }
        problem { code title status source unit { code } foundByGroup { code } finding { kind } } } }"""
    found = await service.give("recordFinding", named, selection, role=G1)
    assert found["finding"] == {
        "kind": "PROBLEM",
        "text": "配套管网滞后\n3个村未开工。",
        "unit": {"code": "dept.a"},
        "task": {"code": "1.1"},
        "problem": {
            "code": "wt.9",
            "title": "配套管网滞后",
            "status": "ASSIGNED",
            "source": "GROUP",
            "unit": {"code": "dept.a"},
            "foundByGroup": {"code": "g1"},
            "finding": {"kind": "PROBLEM"},
        },
    }
    assert (await service.refused("recordFinding", named, role=G1))["code"] == "problem.exists"
    person = {**finding, "kind": "PERSON", "official": official("o1"), "unit": unit("dept.b")}
    await service.give("recordFinding", person, role=G1)
    data = await read(
        service,
        f"""visits(minPosition: $p) {{ nodes {{ on units {{ code }} findings {{ kind official {{ code }} }} }} }}
        findings(filter: {{kind: [PERSON]}}) {{ totalCount }}
        unit(id: "{unit("dept.a")}") {{ findings {{ totalCount }} problems {{ totalCount }} }}
        task(id: "{task("1.1")}") {{ problems(filter: {{closed: false}}) {{ nodes {{ code }} }} }}""",
    )
    assert data["visits"]["nodes"] == [
        {
            "on": "2020-06-09",
            "units": [{"code": "dept.a"}, {"code": "dept.b"}],
            "findings": [
                {"kind": "PROBLEM", "official": None},
                {"kind": "PERSON", "official": {"code": "o1"}},
            ],
        }
    ]
    assert data["findings"] == {"totalCount": 1}
    assert data["unit"] == {"findings": {"totalCount": 1}, "problems": {"totalCount": 1}}
    assert data["task"] == {"problems": {"nodes": [{"code": "wt.9"}]}}


async def test_a_finding_about_a_task_is_of_a_campaign_that_the_group_covers(service: Insider) -> None:
    await small_town(service)
    launched = {"code": "c2", "number": 2, "name": "另一战", "start": "2020-03-25", "end": "2020-12-31"}
    await service.give("launchCampaign", launched)
    await service.give("listTask", listing("2.1", campaign=campaign("c2")))
    visiting = {"code": "dd.1", "campaign": campaign("c1"), "units": [unit("dept.a")], "on": "2020-06-09"}
    await service.give("recordVisit", {**visiting, "place": "东城街道"}, role=G1)
    finding = {"visit": visit("dd.1"), "unit": unit("dept.a"), "text": "管网滞后", "kind": "PROBLEM"}
    finding |= {"task": task("2.1"), "problemCode": "wt.1"}
    refused = await service.refused("recordFinding", finding, role=G1)
    assert (refused["code"], refused["field"]) == ("group.not_covering", "group")
    covered = {"group": group("g1"), "campaigns": [campaign("c1"), campaign("c2")]}
    await service.give("changeGroupCoverage", covered)
    selection = "... on FindingPayload { finding { problem { campaign { code } task { code } } } }"
    found = await service.give("recordFinding", finding, selection, role=G1)
    assert found["finding"]["problem"] == {"campaign": {"code": "c2"}, "task": {"code": "2.1"}}


# -- question time


async def test_a_head_answers_in_public(service: Insider, clock: SimulatedClock) -> None:
    await small_town(service)
    await service.give("registerOfficial", {"code": "o2", "name": "某二"})
    nobody = await service.refused("scheduleQuestionTime", {"day": "2020-06-11", "channel": "电视台"})
    assert (nobody["code"], nobody["field"]) == ("question_time.nobody", "unit")
    for code, head in (("dept.b", "o1"), ("dept.a", "o2")):
        post = {"official": official(head), "unit": unit(code), "post": "局长", "since": "2020-01-01"}
        await service.give("appointOfficial", post)
    selection = """... on QuestionTimePayload { session { id week round unit { code } official { code }
        questions { number text answer unit { code } } followUps { text doneOn } concludedOn } }"""
    scheduled = {"day": "2020-06-11", "channel": "潍坊电视台"}
    made = (await service.give("scheduleQuestionTime", scheduled, selection))["session"]
    session = {"session": made["id"]}
    assert (made["week"], made["round"], made["unit"]) == ("2020-06-08", 1, {"code": "dept.a"})
    same_week = await service.refused("scheduleQuestionTime", {**scheduled, "day": "2020-06-12"})
    assert (same_week["code"], same_week["field"]) == ("question_time.exists", "day")
    taken = {**scheduled, "day": "2020-06-18", "unit": unit("dept.a")}
    assert (await service.refused("scheduleQuestionTime", taken))["code"] == "question_time.turn_taken"
    following = {**scheduled, "day": "2020-06-18"}
    second = (await service.give("scheduleQuestionTime", following, selection))["session"]
    assert (second["unit"], second["official"]) == ({"code": "dept.b"}, {"code": "o1"})
    await service.give("askQuestion", {**session, "text": "何时改厕？", "askedBy": "市民"})
    answer = {**session, "number": 1, "text": "6月底前。"}
    assert (await service.refused("answerQuestion", answer, role=A))["code"] == "question_time.not_held_yet"
    clock.moment += timedelta(days=1)
    foreign = await service.refused("answerQuestion", answer, role=B)
    assert (foreign["code"], foreign["field"]) == ("question.not_your_unit", "unit")
    query = "questionTimes(minPosition: $p) { nodes { unit { code } questions { text answer } } }"
    assert (await read(service, query, PUBLIC))["questionTimes"] == {"nodes": []}
    await service.give("answerQuestion", answer, role=A)
    task_given = {**session, "unit": unit("dept.a"), "text": "逐村公示。", "deadline": "2020-06-30"}
    await service.give("assignFollowUp", task_given)
    await service.give("completeFollowUp", {**session, "number": 1, "result": "已公示。"}, role=A)
    await service.give("concludeQuestionTime", session)
    assert (await read(service, query, PUBLIC))["questionTimes"]["nodes"] == [
        {"unit": {"code": "dept.a"}, "questions": [{"text": "何时改厕？", "answer": "6月底前。"}]}
    ]
    assert await service.codes("{ questionTimes { nodes { official { name } } } }", role=PUBLIC) == [
        "FORBIDDEN"
    ]


# -- inquiries


async def test_an_inquiry_asks_at_least_two_departments(service: Insider) -> None:
    await small_town(service)
    await service.give("registerUnit", {"code": "county.x", "name": "某县", "category": "COUNTY"})
    convened = {"code": "xw.1", "squad": "CPPCC", "theme": "人居环境", "on": "2020-06-10"}
    for units in (["dept.a"], ["dept.a", "county.x"]):
        given = {**convened, "units": [unit(code) for code in units]}
        refused = await service.refused("conveneInquiry", given)
        assert (refused["code"], refused["field"], refused["article"]) == (
            "inquiry.too_few_departments",
            "units",
            50,
        )
    selection = "... on InquiryPayload { inquiry { id units { code } } }"
    both = {**convened, "units": [unit("dept.a"), unit("dept.b")]}
    named = {"inquiry": (await service.give("conveneInquiry", both, selection))["inquiry"]["id"]}
    for code in ("dept.a", "dept.b"):
        await service.give("askAtInquiry", {**named, "unit": unit(code), "text": f"{code}进展？"})
    await service.give("answerAtInquiry", {**named, "number": 1, "text": "按期。"}, role=A)
    foreign = await service.refused("answerAtInquiry", {**named, "number": 2, "text": "按期。"}, role=C)
    assert foreign["code"] == "question.not_your_unit"
    rating = {**named, "rating": "FAIRLY_SATISFIED"}
    await service.give("rateAtInquiry", {**rating, "unit": unit("dept.a"), "remark": "再加力。"})
    early = await service.refused("rateAtInquiry", {**rating, "unit": unit("dept.b")})
    assert (early["code"], early["field"]) == ("inquiry.unanswered", "unit")
    task_given = {**named, "unit": unit("dept.b"), "text": "补资料。", "deadline": "2020-06-30"}
    await service.give("assignInquiryFollowUp", task_given)
    await service.give("completeInquiryFollowUp", {**named, "number": 1, "result": "已补。"}, role=B)
    await service.give("listProblem", listed("wt.x", source="INQUIRY", inquiry=named["inquiry"]))
    fields = """squad ratings { rating remark unit { code } } questions { number answer unit { code } }
        followUps { result unit { code } }"""
    data = await read(service, f"inquiries(minPosition: $p) {{ nodes {{ {fields} }} }}")
    assert data["inquiries"]["nodes"] == [
        {
            "squad": "CPPCC",
            "ratings": [{"rating": "FAIRLY_SATISFIED", "remark": "再加力。", "unit": {"code": "dept.a"}}],
            "questions": [
                {"number": 1, "answer": "按期。", "unit": {"code": "dept.a"}},
                {"number": 2, "answer": None, "unit": {"code": "dept.b"}},
            ],
            "followUps": [{"result": "已补。", "unit": {"code": "dept.b"}}],
        }
    ]


# -- appraisal from outside


async def test_a_third_party_evaluates_and_is_published(service: Insider) -> None:
    await small_town(service)
    commissioned = {"code": "pg.1", "agency": "某公司", "subjectMatter": "改厕质量", "due": "2020-06-30"}
    selection = "... on ThirdPartyEvaluationPayload { evaluation { id } }"
    made = await service.give(
        "commissionThirdPartyEvaluation", {**commissioned, "units": [unit("dept.a")]}, selection
    )
    named = {"evaluation": made["evaluation"]["id"]}
    score = {"unit": unit("dept.a"), "score": "91.5", "grounds": "抽查合格率高。"}
    reporting = {**named, "on": "2020-06-10", "summary": "良好。", "scores": [score]}
    wrong = {**reporting, "scores": [{**score, "score": "100.1"}]}
    refused = await service.refused("reportThirdPartyEvaluation", wrong, role=EVALUATOR)
    assert (refused["code"], refused["field"]) == (
        "third_party_evaluation.score_out_of_range",
        "scores.0.score",
    )
    await service.give("reportThirdPartyEvaluation", reporting, role=EVALUATOR)
    query = """thirdPartyEvaluations(minPosition: $p) {
        nodes { agency reportedOn scores { score grounds unit { code } } } }"""
    assert (await read(service, query, PUBLIC))["thirdPartyEvaluations"]["nodes"] == []
    await service.give("publishThirdPartyEvaluation", {**named, "outlet": "日报"})
    assert (await read(service, query, PUBLIC))["thirdPartyEvaluations"]["nodes"] == [
        {
            "agency": "某公司",
            "reportedOn": "2020-06-10",
            "scores": [{"score": "91.5", "grounds": "抽查合格率高。", "unit": {"code": "dept.a"}}],
        }
    ]


async def test_a_panel_appraises_in_public(service: Insider) -> None:
    await small_town(service)
    scheduled = {
        "code": "py.1",
        "theme": "上半年成效",
        "on": "2020-06-10",
        "units": [unit("dept.a")],
        "panel": [{"group": "DEPUTIES", "seats": 20}, {"group": "FIRMS", "seats": 10}],
    }
    selection = "... on PublicAppraisalPayload { appraisal { id panel { group seats } } }"
    made = (await service.give("schedulePublicAppraisal", scheduled, selection))["appraisal"]
    assert made["panel"] == [{"group": "DEPUTIES", "seats": 20}, {"group": "FIRMS", "seats": 10}]
    named = {"appraisal": made["id"]}
    grades = [{"unit": unit("dept.a"), "grade": "好", "count": 31}]
    refused = await service.refused("recordAppraisalResult", {**named, "grades": grades})
    assert (refused["code"], refused["field"]) == ("public_appraisal.too_many_ballots", "grades")
    grades[0]["count"] = 28
    result = {**named, "grades": grades, "ballots": "session.1"}
    await service.give("recordAppraisalResult", result, role=EVALUATOR)
    await service.give("publishPublicAppraisal", {**named, "outlet": "日报"})
    query = "publicAppraisals(minPosition: $p) { nodes { theme grades { grade count unit { code } } } }"
    assert (await read(service, query, PUBLIC))["publicAppraisals"]["nodes"] == [
        {"theme": "上半年成效", "grades": [{"grade": "好", "count": 28, "unit": {"code": "dept.a"}}]}
    ]


# -- learning


async def test_cases_are_nominated_selected_published_and_shown(service: Insider) -> None:
    await small_town(service)
    nominated = {"code": "al.1", "campaign": campaign("c1"), "title": "整村推进", "text": "一村一策。"}
    selection = "... on ExemplaryCasePayload { case { id unit { code } selectedOn } }"
    made = (await service.give("nominateCase", nominated, selection, role=A))["case"]
    assert made["unit"] == {"code": "dept.a"}
    named = {"case": made["id"]}
    meeting = {"code": "gm.1", "on": "2020-06-10", "place": "青州", "cases": [made["id"]]}
    unselected = await service.refused("conveneExchangeMeeting", meeting)
    assert (unselected["code"], unselected["field"]) == ("exemplary_case.not_selected", "cases.0")
    await service.give("selectCase", {**named, "reason": "可复制。"})
    query = "exemplaryCases(minPosition: $p) { nodes { title selectedOn campaign { code } } }"
    assert (await read(service, query, PUBLIC))["exemplaryCases"]["nodes"] == []
    await service.give("publishCase", {**named, "outlet": "日报"})
    assert (await read(service, query, PUBLIC))["exemplaryCases"]["nodes"] == [
        {"title": "整村推进", "selectedOn": "2020-06-10", "campaign": {"code": "c1"}}
    ]
    await service.give("conveneExchangeMeeting", {**meeting, "units": [unit("dept.b")]})
    query = "exchangeMeetings(minPosition: $p) { nodes { place cases { title } units { code } } }"
    assert (await read(service, query, PUBLIC))["exchangeMeetings"]["nodes"] == [
        {"place": "青州", "cases": [{"title": "整村推进"}], "units": [{"code": "dept.b"}]}
    ]


async def test_courses_are_counted_against_the_plan(service: Insider) -> None:
    await small_town(service)
    selection = "... on TrainingCoursePayload { course { id status } }"
    courses = []
    for n in range(3):
        scheduled = {"code": f"px.{n}", "title": "项目管理", "on": "2020-06-12"}
        courses.append((await service.give("scheduleCourse", scheduled, selection, role=A))["course"]["id"])
    done = {"course": courses[0], "on": "2020-06-10", "attendance": 86}
    foreign = await service.refused("completeCourse", done, role=B)
    assert (foreign["code"], foreign["field"]) == ("training_course.not_your_unit", "unit")
    await service.give("completeCourse", done, role=A)
    await service.give("cancelCourse", {"course": courses[1], "reason": "防疫"})
    again = await service.refused("completeCourse", {**done, "course": courses[1]})
    assert again["code"] == "training_course.not_scheduled"
    query = """trainingCourses(minPosition: $p, filter: {status: [COMPLETED]}) {
        asked held totalCount nodes { day attendance unit { code } } }"""
    assert (await read(service, query, PUBLIC))["trainingCourses"] == {
        "asked": 50,
        "held": 1,
        "totalCount": 1,
        "nodes": [{"day": "2020-06-10", "attendance": 86, "unit": {"code": "dept.a"}}],
    }


# -- task forces


async def test_the_terms_on_a_task_force_and_its_conformance(service: Insider, clock: SimulatedClock) -> None:
    await small_town(service)
    for n in range(2, 10):
        await service.give("registerOfficial", {"code": f"o{n}", "name": f"某{n}"})
    members = [
        {"official": official(f"o{n}"), "role": "LEADER" if n == 1 else "STAFF", "since": "2020-03-25"}
        for n in range(1, 8)
    ]
    await service.give("formTaskForce", {"campaign": campaign("c1"), "members": members})
    named = {"campaign": campaign("c1")}
    twice = {**named, "official": official("o3"), "role": "STAFF", "since": "2020-06-10"}
    refused = await service.refused("appointTaskForceMember", twice)
    assert (refused["code"], refused["field"], refused["article"]) == (
        "task_force.member_twice",
        "official",
        45,
    )
    fields = "inOffice leaders conforms places { role since until official { code } } former { until }"
    query = f'campaign(id: "{campaign("c1")}", minPosition: $p) {{ taskForceTerms {{ {fields} }} }}'

    async def terms() -> dict[str, Any]:
        shown: dict[str, Any] = (await read(service, query))["campaign"]["taskForceTerms"]
        return shown

    shown = await terms()
    assert (shown["inOffice"], shown["leaders"], shown["conforms"]) == (7, 1, True)
    await service.give("releaseTaskForceMember", {**named, "official": official("o2"), "until": "2020-06-10"})
    assert (await terms())["inOffice"] == 7
    clock.moment += timedelta(days=1)
    shown = await terms()
    assert (shown["inOffice"], shown["conforms"]) == (6, False)
    assert shown["places"][1] == {
        "role": "STAFF",
        "since": "2020-03-25",
        "until": "2020-06-10",
        "official": {"code": "o2"},
    }
    for code in ("o8", "o9"):
        appointed = {**named, "official": official(code), "role": "STAFF", "since": "2020-06-11"}
        await service.give("appointTaskForceMember", appointed)
    shown = await terms()
    assert (shown["inOffice"], shown["conforms"], len(shown["places"])) == (8, True, 8)
    assert shown["former"] == [{"until": "2020-06-10"}]
    force = await read(
        service,
        f'campaign(id: "{campaign("c1")}", minPosition: $p) {{ taskForce {{ official {{ code }} }} }}',
    )
    assert {m["official"]["code"] for m in force["campaign"]["taskForce"]} == {
        "o1",
        *(f"o{n}" for n in range(3, 10)),
    }
