"""Lists: filters, orders, and paging through the whole of them in both directions."""

from typing import Any

import pytest

from service.api.plan.declare import LISTINGS
from tests.service.api.city import CAMPAIGNS, GROUPS, UNITS, City, campaign, task, unit

# Each list with a value that tells its rows apart, and the enum it is ordered by.
LISTS = {
    "tasks": ("code", "TaskOrder"),
    "campaigns": ("code", "CampaignOrder"),
    "units": ("code", "UnitOrder"),
    "supervisionGroups": ("code", None),
    "progressReports": ("id", "ReportOrder"),
    "ledger": ("code", "TaskOrder"),
}
ORDERS = [
    (name, field.name, direction)
    for name, listing in (
        ("tasks", "tasks"),
        ("campaigns", "campaigns"),
        ("units", "units"),
        ("progressReports", "reports"),
        ("ledger", "ledger"),
    )
    for field in LISTINGS[listing].orders
    for direction in ("ASC", "DESC")
]


async def rows(
    city: City, name: str, arguments: str = "", fields: str = "", **variables: Any
) -> list[dict[str, Any]]:
    """The nodes of a list of tasks or reports for a filter, all of them."""
    declared = ", ".join(f"${key}: {type_}" for key, (type_, _) in variables.items())
    query = (
        f"query {f'({declared})' if declared else ''}"
        f" {{ {name}(first: 100 {arguments}) {{ totalCount nodes {{ id {fields} }} }} }}"
    )
    data = await city.client.ask(query, {key: value for key, (_, value) in variables.items()})
    assert data[name]["totalCount"] == len(data[name]["nodes"])
    nodes: list[dict[str, Any]] = data[name]["nodes"]
    return nodes


# -- paging


@pytest.mark.parametrize(("name", "field", "direction"), ORDERS)
@pytest.mark.parametrize("size", [3, 7])
async def test_paging_forward_and_backward_loses_no_row(
    city: City, name: str, field: str, direction: str, size: int
) -> None:
    key, order = LISTS[name]
    order_by = {"field": field, "direction": direction}
    forward = f"""query ($o: {order}, $size: Int, $cursor: String) {{
      {name}(first: $size, after: $cursor, orderBy: $o) {{
        totalCount edges {{ cursor node {{ {key} }} }} nodes {{ {key} }}
        pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }} }} }}"""
    backward = forward.replace("first:", "last:").replace("after:", "before:")
    in_large_pages = await _walked(city, name, key, forward, {"o": order_by, "size": 100})
    assert len(set(in_large_pages)) == len(in_large_pages)
    variables = {"o": order_by, "size": size}
    assert await _walked(city, name, key, forward, variables) == in_large_pages
    assert await _walked(city, name, key, backward, variables, back=True) == in_large_pages


async def _walked(
    city: City, name: str, key: str, query: str, variables: dict[str, Any], back: bool = False
) -> list[str]:
    """All rows, page by page; what each page says of itself is checked on the way."""
    found: list[str] = []
    ahead, behind = ("hasPreviousPage", "hasNextPage") if back else ("hasNextPage", "hasPreviousPage")
    cursor, more = None, True
    while more:
        page = (await city.client.ask(query, {**variables, "cursor": cursor}))[name]
        info, edges = page["pageInfo"], page["edges"]
        here = [edge["node"][key] for edge in edges]
        assert here == [node[key] for node in page["nodes"]]
        assert (info["startCursor"], info["endCursor"]) == (edges[0]["cursor"], edges[-1]["cursor"])
        assert info[behind] is (cursor is not None)
        found = here + found if back else found + here
        more, cursor = info[ahead], info["startCursor"] if back else info["endCursor"]
    assert page["totalCount"] == len(found)
    return found


async def test_a_page_of_none_knows_that_there_are_more(city: City) -> None:
    data = await city.client.ask(
        "{ tasks(first: 0) { totalCount nodes { id } edges { cursor }"
        " pageInfo { hasNextPage startCursor endCursor } } }"
    )
    assert data["tasks"] == {
        "totalCount": 25,
        "nodes": [],
        "edges": [],
        "pageInfo": {"hasNextPage": True, "startCursor": None, "endCursor": None},
    }


async def test_a_cursor_may_come_from_another_filter_of_the_same_list(city: City) -> None:
    first = await city.client.ask("{ tasks(first: 5) { pageInfo { endCursor } } }")
    data = await city.client.ask(
        "query ($after: String, $c: ID) { tasks(first: 100, after: $after, filter: {campaign: $c})"
        " { totalCount nodes { code campaign { code } } } }",
        {"after": first["tasks"]["pageInfo"]["endCursor"], "c": campaign("c2")},
    )
    assert {node["campaign"]["code"] for node in data["tasks"]["nodes"]} == {"c2"}
    # The count is of the whole list, not of what lies behind the cursor.
    assert data["tasks"]["totalCount"] > len(data["tasks"]["nodes"])


async def test_codes_are_sorted_by_their_numbers(city: City) -> None:
    codes = [node["code"] for node in await rows(city, "tasks", fields="code")]
    assert codes == sorted(codes, key=_numbers)
    assert codes.index("8.1") < codes.index("10.5") < codes.index("annex-b")


def _numbers(code: str) -> tuple[Any, ...]:
    return tuple((0, int(part), "") if part.isdigit() else (1, 0, part) for part in code.split("."))


async def test_the_unknown_deviation_comes_last(city: City) -> None:
    ordered = await rows(city, "tasks", ", orderBy: {field: DEVIATION}", "deviation")
    known = [float(node["deviation"]) for node in ordered if node["deviation"] is not None]
    assert known == sorted(known)
    assert ordered[-1]["deviation"] is None
    assert len(known) < len(ordered)


# -- filters


async def test_tasks_of_a_campaign(city: City) -> None:
    found = await rows(city, "tasks", ", filter: {campaign: $c}", c=("ID", campaign("c1")))
    assert {node["id"] for node in found} == {t.id for t in city.tasks if t.campaign == "c1"}


async def test_tasks_of_a_unit_are_those_it_leads_or_supports(city: City) -> None:
    for code in UNITS:
        led = await rows(city, "tasks", ", filter: {leadUnit: $u}", u=("ID", unit(code)))
        assert {node["id"] for node in led} == {t.id for t in city.tasks if t.lead == code}
        all_of_it = await rows(city, "tasks", ", filter: {unit: $u}", u=("ID", unit(code)))
        expected = {t.id for t in city.tasks if code in (t.lead, *t.supporting)}
        assert {node["id"] for node in all_of_it} == expected
        nested = await city.client.ask(
            "query ($u: ID!) { unit(id: $u) { tasks(first: 100) { nodes { id } } } }", {"u": unit(code)}
        )
        assert {node["id"] for node in nested["unit"]["tasks"]["nodes"]} == expected


async def test_tasks_by_the_category_of_the_lead_unit(city: City) -> None:
    found = []
    for category in ("COUNTY", "ZONE", "DEPARTMENT"):
        some = await rows(
            city,
            "tasks",
            ", filter: {category: $c}",
            "leadUnit { category }",
            c=("Category", category),
        )
        assert {node["leadUnit"]["category"] for node in some} <= {category}
        found += some
    assert len(found) == 25


async def test_tasks_by_article_and_code(city: City) -> None:
    found = await rows(city, "tasks", ", filter: {article: 9}", "article")
    assert found
    assert {node["article"] for node in found} == {9}
    assert await rows(city, "tasks", ', filter: {code: "annex-b"}') == [{"id": task("annex-b")}]
    assert await rows(city, "tasks", ", filter: {article: -2147483648}") == []


async def test_tasks_by_status_in_a_list_a_literal_and_a_variable(city: City) -> None:
    closed = await rows(city, "tasks", ", filter: {status: [ACCEPTED, DELIVERED]}", "status")
    assert {node["status"] for node in closed} == {"ACCEPTED", "DELIVERED"}
    by_list = await rows(
        city, "tasks", ", filter: {status: $s}", s=("[TaskStatus!]", ["ACCEPTED", "DELIVERED"])
    )
    by_items = await rows(
        city,
        "tasks",
        ", filter: {status: [$a, $b]}",
        a=("TaskStatus!", "ACCEPTED"),
        b=("TaskStatus!", "DELIVERED"),
    )
    whole = {"status": ["ACCEPTED", "DELIVERED"]}
    by_object = await rows(city, "tasks", ", filter: $f", f=("TaskFilter", whole))
    ids = [node["id"] for node in closed]
    assert [[node["id"] for node in found] for found in (by_list, by_items, by_object)] == [ids] * 3
    # One value stands for a list of one; an empty list matches nothing.
    single = await rows(city, "tasks", ", filter: {status: ACCEPTED}", "status")
    assert {node["status"] for node in single} == {"ACCEPTED"}
    assert await rows(city, "tasks", ", filter: {status: []}") == []


@pytest.mark.parametrize("flag", ["keyTask", "published", "overdue"])
async def test_a_flag_divides_the_tasks(city: City, flag: str) -> None:
    query = f"query ($yes: Boolean) {{ tasks(first: 100, filter: {{{flag}: $yes}}) {{ nodes {{ id }} }} }}"
    parts = [await city.client.ask(query, {"yes": yes}) for yes in (True, False, None)]
    yes, no, either = ({node["id"] for node in part["tasks"]["nodes"]} for part in parts)
    assert yes
    assert no
    assert yes | no == either
    assert not yes & no


async def test_overdue_is_past_the_deadline_without_delivery(city: City) -> None:
    fields = "deadline deliveredOn daysOverdue"
    for node in await rows(city, "tasks", ", filter: {overdue: true}", fields):
        assert node["deadline"] < "2020-09-20"
        assert node["deliveredOn"] is None
        assert node["daysOverdue"] > 0
    for node in await rows(city, "tasks", ", filter: {overdue: false}", fields):
        assert node["deadline"] >= "2020-09-20" or node["deliveredOn"] is not None


async def test_tasks_by_deviation(city: City) -> None:
    behind = await rows(city, "tasks", ', filter: {deviationBelow: "-0.1"}', "deviation")
    assert behind
    assert all(float(node["deviation"]) < -0.1 for node in behind)
    ahead = await rows(city, "tasks", ", filter: {deviationAbove: $d}", "deviation", d=("Decimal", "-0.1"))
    assert all(float(node["deviation"]) > -0.1 for node in ahead)
    between = await rows(
        city, "tasks", ', filter: {deviationBelow: "0.2", deviationAbove: "-0.2"}', "deviation"
    )
    assert all(-0.2 < float(node["deviation"]) < 0.2 for node in between)


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("治理", lambda node: "治理" in node["title"]),
        ("水", lambda node: "水" in node["title"]),
        ("100%", lambda node: "100%" in node["title"]),
        ("田_建", lambda node: "田_建" in node["title"]),
        ("%", lambda node: "%" in node["title"]),
        ("_", lambda node: "_" in node["title"]),
        ("\\", lambda node: False),
        ("ANNEX", lambda node: node["code"] == "annex-b"),
        ("12.1", lambda node: "12.1" in node["code"]),
        ("没有这样的任务", lambda node: False),
        ("", lambda node: True),
    ],
)
async def test_tasks_by_text(city: City, text: str, holds: Any) -> None:
    every = await rows(city, "tasks", fields="title code")
    found = await rows(city, "tasks", ", filter: {text: $t}", "title code", t=("String", text))
    assert found == [node for node in every if holds(node)]


async def test_units_by_category_code_and_text(city: City) -> None:
    zones = await rows(city, "units", ", filter: {category: ZONE}", "code")
    assert [node["code"] for node in zones] == ["zone.binhai", "zone.gaoxin"]
    assert await rows(city, "units", ', filter: {code: "dept.water"}', "name") == [
        {"id": unit("dept.water"), "name": "市水利局"}
    ]
    assert [n["code"] for n in await rows(city, "units", ', filter: {text: "high-tech"}', "code")] == [
        "zone.gaoxin"
    ]
    assert len(await rows(city, "units", ', filter: {text: "市"}')) == 5


async def test_campaigns_by_code_and_text(city: City) -> None:
    assert [n["id"] for n in await rows(city, "campaigns", ', filter: {code: "c2"}')] == [campaign("c2")]
    assert [n["id"] for n in await rows(city, "campaigns", ', filter: {text: "乡村"}')] == [campaign("c1")]
    assert len(await rows(city, "campaigns")) == len(CAMPAIGNS)
    assert len(await rows(city, "supervisionGroups")) == len(GROUPS)


async def test_reports_by_task_campaign_unit_period_and_status(city: City) -> None:
    every = await rows(
        city, "progressReports", ', filter: {period: "2020-06"}', "period status unit { id } task { id }"
    )
    assert {node["period"] for node in every} == {"2020-06"}
    some = every[0]
    by_task = await rows(
        city, "progressReports", ", filter: {task: $t}", "task { id }", t=("ID", some["task"]["id"])
    )
    assert {node["task"]["id"] for node in by_task} == {some["task"]["id"]}
    unit_filter = {"period": "2020-06", "unit": some["unit"]["id"]}
    by_unit = await rows(city, "progressReports", ", filter: $f", f=("ReportFilter", unit_filter))
    assert [n["id"] for n in by_unit] == [n["id"] for n in every if n["unit"] == some["unit"]]
    status_filter = {"period": "2020-06", "status": ["WITHDRAWN", "DISPUTED"]}
    by_status = await rows(
        city, "progressReports", ", filter: $f", "status", f=("ReportFilter", status_filter)
    )
    assert [n["id"] for n in by_status] == [
        n["id"] for n in every if n["status"] in ("WITHDRAWN", "DISPUTED")
    ]
    of_campaign = {"campaign": campaign("c1"), "period": "2020-06"}
    by_campaign = await rows(
        city, "progressReports", ", filter: $f", "task { campaign { code } }", f=("ReportFilter", of_campaign)
    )
    assert {n["task"]["campaign"]["code"] for n in by_campaign} == {"c1"}


async def test_a_null_filter_and_null_conditions_mean_no_filter(city: City) -> None:
    every = [node["id"] for node in await rows(city, "tasks")]
    for filter_ in (None, {}, {"campaign": None, "status": None, "overdue": None, "text": None}):
        found = await rows(city, "tasks", ", filter: $f", f=("TaskFilter", filter_))
        assert [node["id"] for node in found] == every
    assert [node["id"] for node in await rows(city, "tasks", ", filter: null, orderBy: null")] == every
    left_out = """query ($f: TaskFilter, $o: TaskOrder, $n: Int = 100) {
      tasks(first: $n, filter: $f, orderBy: $o) { nodes { id } } }"""
    assert [node["id"] for node in (await city.client.ask(left_out))["tasks"]["nodes"]] == every


async def test_conditions_hold_together(city: City) -> None:
    data = await city.client.ask(
        "query ($f: TaskFilter) { tasks(first: 100, filter: $f) { nodes { keyTask campaign { code } } } }",
        {"f": {"campaign": campaign("c1"), "keyTask": True}},
    )
    assert data["tasks"]["nodes"]
    assert all(n["keyTask"] and n["campaign"]["code"] == "c1" for n in data["tasks"]["nodes"])
