"""Rows by their ids, what hangs on them, and the figures of a task."""

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from domain import identifiers
from domain.indicator import completion, overall
from domain.schedule import days_overdue, deviation, expected, periods_missing
from domain.task import Task
from tests.service.api.city import LAST_DAY, City, at, campaign, group, official, task, unit


async def aggregate(city: City, code: str) -> Task:
    """The task as its stream has it: what the read tables must agree with."""
    found = await city.client.app.streams.find(Task, identifiers.task_id(code))
    assert found is not None
    return found


async def test_every_kind_of_row_by_its_own_field(city: City) -> None:
    report = (await city.client.ask("{ progressReports(first: 1) { nodes { id } } }"))["progressReports"][
        "nodes"
    ][0]
    data = await city.client.ask(
        """query ($t: ID!, $c: ID!, $u: ID!, $o: ID!, $r: ID!) {
          task(id: $t) { id code } campaign(id: $c) { id code number start end demonstration nameMissing goal }
          unit(id: $u) { id name category leadingPost leadingSince leadingOfficial { id unit { code } } }
          official(id: $o) { id name post since unit { code } } progressReport(id: $r) { id } }""",
        {
            "t": task("8.1"),
            "c": campaign("c3"),
            "u": unit("dept.ecology"),
            "o": official("o1"),
            "r": report["id"],
        },
    )
    assert data["task"] == {"id": task("8.1"), "code": "8.1"}
    assert data["campaign"] == {
        "id": campaign("c3"),
        "code": "c3",
        "number": 3,
        "start": "2020-04-01",
        "end": "2020-10-31",
        "demonstration": True,
        "nameMissing": False,
        "goal": "年底前完成",
    }
    assert data["unit"] == {
        "id": unit("dept.ecology"),
        "name": "市生态环境局",
        "category": "DEPARTMENT",
        "leadingPost": "局长",
        "leadingSince": "2019-01-01",
        "leadingOfficial": {"id": official("o1"), "unit": {"code": "dept.ecology"}},
    }
    assert data["official"] == {
        "id": official("o1"),
        "name": "干部1",
        "post": "局长",
        "since": "2019-01-01",
        "unit": {"code": "dept.ecology"},
    }
    assert data["progressReport"] == report


async def test_a_unit_whose_official_was_released_has_none(city: City) -> None:
    data = await city.client.ask(
        "query ($u: ID!) { unit(id: $u) { leadingOfficial { id name } leadingPost leadingSince } }",
        {"u": unit("dept.water")},
    )
    assert data["unit"] == {"leadingOfficial": None, "leadingPost": None, "leadingSince": None}


@pytest.mark.parametrize(
    ("kind", "id_"),
    [
        ("Task", task("8.1")),
        ("Campaign", campaign("c1")),
        ("Unit", unit("dept.ecology")),
        ("Official", official("o1")),
        ("SupervisionGroup", group("group.1")),
    ],
)
async def test_a_node_is_found_by_its_id_alone(city: City, kind: str, id_: str) -> None:
    fields = f"__typename id ... on {kind} {{ own: id code }} ... on Report {{ period }}"
    fields += " ... on TaskState { status }"
    for query, variables in (
        (f'{{ node(id: "{id_}") {{ {fields} }} }}', {}),
        (f"query ($id: ID!) {{ node(id: $id) {{ {fields} }} }}", {"id": id_}),
    ):
        node = (await city.client.ask(query, variables))["node"]
        assert node["__typename"] == kind
        assert node["id"] == node["own"] == id_
        assert ("status" in node) is (kind == "Task")
        assert "period" not in node


async def test_a_variable_may_name_another_kind_of_node_each_time(city: City) -> None:
    query = "query ($id: ID!) { node(id: $id) { __typename id } }"
    ids = [task("8.1"), unit("dept.water"), task("9.3"), campaign("c1"), unit("zone.gaoxin")]
    for id_ in ids:
        assert (await city.client.ask(query, {"id": id_}))["node"]["id"] == id_


async def test_what_is_not_there_is_null(city: City) -> None:
    data = await city.client.ask(
        """query ($t: ID!, $n: ID!) { task(id: $t) { id campaign { id } } node(id: $n) { id }
          explainProgress(task: $t) { zh } }""",
        {"t": task("99.9"), "n": unit("no.such")},
    )
    assert data == {"task": None, "node": None, "explainProgress": None}


async def test_ids_are_read_whatever_their_case(city: City) -> None:
    data = await city.client.ask(
        "query ($t: ID!) { task(id: $t) { id } }", {"t": "task:" + task("8.1").partition(":")[2].upper()}
    )
    assert data["task"] == {"id": task("8.1")}


async def test_a_task_force_and_a_group_show_their_members(city: City) -> None:
    data = await city.client.ask(
        """query ($c: ID!) { campaign(id: $c) { taskForce { role since until official { name } } }
          supervisionGroups { nodes { code leader { name } campaigns { code } units { code } } } }""",
        {"c": campaign("c3")},
    )
    force = data["campaign"]["taskForce"]
    assert [m["role"] for m in force] == ["LEADER"] + ["STAFF"] * 6
    assert [m["official"]["name"] for m in force] == [f"干部{n}" for n in range(1, 8)]
    assert force[1]["until"] is None
    groups = data["supervisionGroups"]["nodes"]
    assert [g["code"] for g in groups] == ["group.1", "group.2", "group.3"]
    assert [c["code"] for c in groups[0]["campaigns"]] == ["c1", "c2"]
    assert groups[0]["units"] == []
    assert [u["code"] for u in groups[1]["units"]] == [
        "county.linqu",
        "dept.housing",
        "zone.binhai",
        "zone.gaoxin",
    ]


async def test_the_figures_of_every_task_are_those_of_the_domain(city: City) -> None:
    query = """{ tasks(first: 100) { nodes {
      code completion expected deviation daysOverdue reportsMissing reportCount version
      indicators { code value completion target baseline weight direction unitOfMeasure assumed } } } }"""
    for day in (date(2020, 5, 1), date(2020, 7, 31), LAST_DAY):
        async with city.on(at(day)):
            nodes = (await city.client.ask(query))["tasks"]["nodes"]
        for node in nodes:
            _require_figures(node, await aggregate(city, node["code"]), day)


def _require_figures(node: dict[str, Any], found: Task, day: date) -> None:
    values = found.latest_values()
    shares = [completion(i, values.get(i.code)).figure for i in found.indicators]
    share = overall(found.indicators, shares)
    due = expected(found.start, found.deadline, found.milestones, day).figure
    assert due is not None
    assert _same(node["completion"], share)
    assert _same(node["expected"], due)
    assert _same(node["deviation"], deviation(share, due))
    assert node["daysOverdue"] == days_overdue(found.deadline, found.delivered_on, day)
    standing = [r.period for r in found.reports.by_id.values() if r.status.value != "withdrawn"]
    missing = periods_missing(found.start, found.delivered_on, standing, day)
    assert node["reportsMissing"] == len(missing)
    assert node["reportCount"] == len(standing)
    assert node["version"] == found.version
    for shown, indicator, own in zip(node["indicators"], found.indicators, shares, strict=True):
        assert shown["code"] == indicator.code
        assert _same(shown["value"], values.get(indicator.code))
        assert _same(shown["completion"], own)
        assert _same(shown["target"], indicator.target)
        assert _same(shown["baseline"], indicator.baseline)
        assert _same(shown["weight"], indicator.weight)
        assert shown["direction"] == indicator.direction.name
        assert (shown["unitOfMeasure"], shown["assumed"]) == (indicator.unit_of_measure, indicator.assumed)


def _same(shown: Any, figure: Decimal | None) -> bool:
    """A Decimal travels as a string; null is null."""
    if figure is None:
        return shown is None
    return isinstance(shown, str) and Decimal(shown) == figure


async def test_numbers_travel_as_the_schema_says(city: City) -> None:
    node = (
        await city.client.ask(
            """query ($t: ID!) { task(id: $t) { article version position daysOverdue published keyTask
              completion expected lastReportedAt changedAt start deadline assumed
              milestones { title due share assumed } } }""",
            {"t": task("8.2")},
        )
    )["task"]
    assert [type(node[name]) for name in ("article", "version", "position", "daysOverdue")] == [int] * 4
    assert [type(node[name]) for name in ("published", "keyTask")] == [bool] * 2
    assert [type(node[name]) for name in ("completion", "expected")] == [str] * 2
    assert [m["share"] for m in node["milestones"]] == ["0.5", "1"]
    assert node["assumed"] == ["leadUnit"]
    assert node["lastReportedAt"].endswith("+08:00")
    assert date.fromisoformat(node["deadline"]) > date.fromisoformat(node["start"])


async def test_a_report_tells_its_history(city: City) -> None:
    query = """query ($after: String) { progressReports(first: 100, after: $after) {
      pageInfo { hasNextPage endCursor }
      nodes { id period status revision published remark narrative completion
        evidence { url sha256 title } values { indicator value } unit { code } group { code } task { code }
        steps { position kind at text actor unit { code } group { code } values { indicator value } } } } }"""
    first = (await city.client.ask(query))["progressReports"]
    rest = (await city.client.ask(query, {"after": first["pageInfo"]["endCursor"]}))["progressReports"]
    kinds = {
        "SUBMITTED": {"REPORTED", "CORRECTED", "PUBLISHED"},
        "VERIFIED": {"VERIFIED", "PUBLISHED"},
        "DISPUTED": {"DISPUTED"},
        "WITHDRAWN": {"WITHDRAWN"},
    }
    for report in [*first["nodes"], *rest["nodes"]]:
        steps = report["steps"]
        assert steps[0]["kind"] == "REPORTED"
        assert [s["position"] for s in steps] == sorted(s["position"] for s in steps)
        assert steps[-1]["kind"] in kinds[report["status"]]
        assert report["revision"] == sum(s["kind"] == "CORRECTED" for s in steps)
        assert report["published"] is any(s["kind"] == "PUBLISHED" for s in steps)
        valued = [s for s in steps if s["values"]]
        assert valued[-1]["values"] == report["values"]
        assert steps[0]["actor"] == f"reporter:{report['unit']['code']}"
        judged = [s for s in steps if s["kind"] in ("VERIFIED", "DISPUTED")]
        if judged:
            assert (report["group"], report["remark"]) == (judged[-1]["group"], judged[-1]["text"])
        else:
            assert (report["group"], report["remark"]) == (None, None)
        stored = await aggregate(city, report["task"]["code"])
        content = stored.reports.by_id[UUID(report["id"].partition(":")[2])].content
        assert report["narrative"] == content.narrative
        assert [e["sha256"] for e in report["evidence"]] == [e.sha256 for e in content.evidence]


async def test_nested_lists_have_pages_of_their_own(city: City) -> None:
    query = """query ($n: Int, $after: String) { campaigns { nodes { code tasks(first: 2) { totalCount nodes {
      code reports(first: $n, after: $after, orderBy: {field: PERIOD, direction: ASC}) {
        totalCount pageInfo { hasNextPage endCursor } edges { cursor node { period task { code } } } } } } } } }"""
    data = await city.client.ask(query, {"n": 2})
    assert sum(c["tasks"]["totalCount"] for c in data["campaigns"]["nodes"]) == 25
    for node in (t for c in data["campaigns"]["nodes"] for t in c["tasks"]["nodes"]):
        reports = node["reports"]
        assert all(edge["node"]["task"]["code"] == node["code"] for edge in reports["edges"])
        assert reports["pageInfo"]["hasNextPage"] is (reports["totalCount"] > 2)
    some = data["campaigns"]["nodes"][0]["tasks"]["nodes"][0]
    rest = await city.client.ask(query, {"n": 100, "after": some["reports"]["pageInfo"]["endCursor"]})
    again = rest["campaigns"]["nodes"][0]["tasks"]["nodes"][0]
    assert len(again["reports"]["edges"]) == again["reports"]["totalCount"] - 2


async def test_progress_is_explained_in_sentences(city: City) -> None:
    query = """query ($t: ID!, $on: Date) { explainProgress(task: $t, on: $on) {
      on completion expected deviation daysOverdue zh en indicators { code name completion zh en } } }"""
    for listed in city.tasks[:6]:
        for on in (None, "2020-06-01"):
            told = (await city.client.ask(query, {"t": listed.id, "on": on}))["explainProgress"]
            day = date.fromisoformat(on) if on else LAST_DAY
            assert told["on"] == str(day)
            found = await aggregate(city, listed.code)
            due = expected(found.start, found.deadline, found.milestones, day)
            assert (told["zh"], told["en"]) == (due.zh, due.en)
            assert _same(told["expected"], due.figure)
            assert [i["code"] for i in told["indicators"]] == [i.code for i in found.indicators]
            assert all(i["zh"] and i["en"] for i in told["indicators"])


async def test_the_last_report_is_the_latest_that_was_not_withdrawn(city: City) -> None:
    nodes = (
        await city.client.ask(
            """{ tasks(first: 100) { nodes { code lastPeriod lastReport { period status }
              reports(first: 100) { nodes { period status } } } } }"""
        )
    )["tasks"]["nodes"]
    for node in nodes:
        standing = [r for r in node["reports"]["nodes"] if r["status"] != "WITHDRAWN"]
        # The newest period comes first.
        assert [r["period"] for r in standing] == sorted((r["period"] for r in standing), reverse=True)
        assert node["lastReport"] == (standing[0] if standing else None)
        assert node["lastPeriod"] == (standing[0]["period"] if standing else None)
