"""Values that no argument takes and cursors that no list gave: each has a clear coded answer."""

import base64
import json
from typing import Any

import orjson
import pytest

from tests.service.api.bad import NUL, codes_of, refused
from tests.service.api.city import City
from tests.service.api.client import Insider

DEVIATION = "query ($v: Decimal) { tasks(filter: {deviationBelow: $v}) { totalCount } }"
FIRST = "query ($v: Int) { tasks(first: $v) { totalCount } }"
AS_OF = "query ($v: Date) { ledger(asOf: {date: $v}) { totalCount } }"
POSITION = "query ($v: Position) { tasks(minPosition: $v) { totalCount } }"
STATUS = "query ($v: [TaskStatus!]) { tasks(filter: {status: $v}) { totalCount } }"
TEXT = "query ($v: String) { tasks(filter: {text: $v}) { totalCount } }"
ID = "query ($v: ID!) { task(id: $v) { id } }"
FILTER = "query ($v: TaskFilter) { tasks(filter: $v) { totalCount } }"


SOME_ID = "155379d4-e7dc-50d6-9939-7a83316d5dae"
WRONG: dict[str, list[Any]] = {
    DEVIATION: [
        *("abc", "", " ", "1,5", "NaN", "Infinity", "-inf", "sNaN", "0x10", "１２three"),
        *("1" * 41, "1e99999999999999999999", 10**400, 0.5, True, [], {}),
    ],
    FIRST: [
        *("5", 1.5, True, [1], {"a": 1}, 2**31, -(2**31) - 1, 10**30, 1e400),
        *(-1, 101, 2**31 - 1, -(2**31)),
    ],
    AS_OF: [
        *(
            "2020-02-30",
            "2020-13-01",
            "20200501",
            "2020-5-1",
            "2020-05-01T00:00",
            "0000-01-01",
            "10000-01-01",
            "20200531xx",
            "2020-W22-7",
        ),
        *("yesterday", "", "２０２０-05-01", 20200501),
    ],
    POSITION: [-1, 1.5, "abc", "-1", "", 2**53, 10**40, True, "１", "1e3", []],
    STATUS: ["NOPE", ["OPEN", "NOPE"], ["open"], [None], [["OPEN"]], 7, {}],
    TEXT: [7, True, ["a"], {"a": 1}, NUL, f"水{NUL}", NUL * 100],
    ID: [
        *(None, "", "task", "task:", "task:1", f"unit:{SOME_ID}", f"task:{SOME_ID} ", 7, -1, True, []),
        *(NUL, f"task:{NUL}", "任务:1"),
    ],
    FILTER: [
        *("x", [], {"nope": 1}, {"campaign": 7.5}, {"campaign": "x"}, {"article": "9"}, {"overdue": "yes"}),
        *({"code": NUL}, {"text": NUL}, {"status": "NOPE"}, {"unit": NUL}, {"article": 2**40}),
    ],
}


@pytest.mark.parametrize(
    ("query", "value"),
    [(query, value) for query, values in WRONG.items() for value in values],
    ids=lambda part: str(part)[:60],
)
async def test_a_variable_of_a_wrong_value(town: Insider, query: str, value: Any) -> None:
    body = {"query": query, "variables": {"v": value}}
    raw = orjson.dumps(body) if not _is_huge(value) else _dumped(body)
    response = await town.post(raw)
    assert response.status_code == 400, response.text
    assert set(codes_of(response)) <= {"BAD_INPUT", "MALFORMED"}


def _is_huge(value: Any) -> bool:
    return isinstance(value, int | float) and abs(value) > 2**63


def _dumped(body: Any) -> bytes:
    return json.dumps(body).encode()


@pytest.mark.parametrize(
    "query",
    [
        f"{{ tasks(first: {'9' * 5_000}) {{ totalCount }} }}",
        f"{{ tasks(minPosition: {'9' * 5_000}) {{ totalCount }} }}",
        f"{{ tasks(filter: {{deviationBelow: {'9' * 5_000}}}) {{ totalCount }} }}",
        f"{{ tasks(filter: {{deviationBelow: {'9' * 100}}}) {{ totalCount }} }}",
        f"{{ tasks(filter: {{article: {'9' * 30}}}) {{ totalCount }} }}",
        f"{{ task(id: {'9' * 5_000}) {{ id }} }}",
        "{ tasks(filter: {deviationBelow: 0.5}) { totalCount } }",
        '{ tasks(filter: {deviationBelow: "x"}) { totalCount } }',
        "{ ledger(asOf: {date: 20200501}) { totalCount } }",
        '{ ledger(asOf: {date: "2020-05-01", position: 1}) { totalCount } }',
        '{ tasks(first: "1") { totalCount } }',
        "{ tasks(first: 1.0) { totalCount } }",
        "{ tasks(first: 2147483648) { totalCount } }",
        "{ tasks(filter: {status: NOPE}) { totalCount } }",
        "{ tasks(filter: {overdue: 1}) { totalCount } }",
        "{ tasks(filter: {text: true}) { totalCount } }",
        '{ tasks(filter: {text: "\\u0000"}) { totalCount } }',
        '{ tasks(filter: {code: "a\\u0000b"}) { totalCount } }',
        '{ units(filter: {text: "\\u0000"}) { totalCount } }',
        '{ campaigns(filter: {code: "\\u0000"}) { totalCount } }',
        '{ progressReports(filter: {period: "\\u0000"}) { totalCount } }',
        '{ node(id: "\\u0000") { id } }',
        '{ node(id: "task:\\u0000") { id } }',
        '{ node(id: "nope:155379d4-e7dc-50d6-9939-7a83316d5dae") { id } }',
        "{ node(id: 7) { id } }",
        '{ explainProgress(task: "unit:1") { zh } }',
        '{ explainProgress(task: "\\u0000") { zh } }',
        "{ tasks(first: 1, last: 1) { totalCount } }",
        '{ tasks(first: 1, before: "x") { totalCount } }',
        "{ campaigns { nodes { tasks(first: 1, last: 1) { totalCount } } } }",
        "{ ledger(first: 501) { totalCount } }",
        "{ campaigns { nodes { tasks(first: -1) { totalCount } } } }",
    ],
    ids=lambda query: query[:70],
)
async def test_a_literal_of_a_wrong_value(town: Insider, query: str) -> None:
    response = await town.post({"query": query})
    if "explainProgress" in query:
        # The executor answers it: what failed is null, beside the error.
        assert response.json()["data"] == {"explainProgress": None}
    else:
        assert response.status_code == 400, response.text
        assert "data" not in response.json()
    assert set(codes_of(response)) <= {"BAD_INPUT", "MALFORMED", "LIMIT_EXCEEDED"}


@pytest.mark.parametrize(
    ("query", "variables"),
    [
        ('query ($v: ID = "x") { task(id: $v) { id } }', {"v": None}),
        ("query ($v: Boolean = true) { units @include(if: $v) { totalCount } }", {"v": None}),
        ("query ($v: Boolean = true) { units { totalCount @skip(if: $v) } }", {"v": None}),
        ("query ($v: TaskOrderField = CODE) { tasks(orderBy: {field: $v}) { totalCount } }", {"v": None}),
        (
            "query ($v: Direction = ASC) { tasks(orderBy: {field: CODE, direction: $v}) { totalCount } }",
            {"v": None},
        ),
        ("query ($v: TaskStatus = OPEN) { tasks(filter: {status: [$v]}) { totalCount } }", {"v": None}),
        ("query ($v: ID!) { task(id: $v) { id } }", {}),
        ("query ($v: ID!) { task(id: $v) { id } }", None),
        ("query ($v: TaskOrder) { tasks(orderBy: $v) { totalCount } }", {"v": {}}),
        ("query ($v: TaskOrder) { tasks(orderBy: $v) { totalCount } }", {"v": {"field": None}}),
        (
            "query ($v: TaskOrder) { tasks(orderBy: $v) { totalCount } }",
            {"v": {"field": "CODE", "direction": None}},
        ),
        (
            "query ($v: AsOfInput) { ledger(asOf: $v) { totalCount } }",
            {"v": {"date": "2020-05-01", "position": 1}},
        ),
    ],
    ids=str,
)
async def test_null_where_there_must_be_a_value(town: Insider, query: str, variables: Any) -> None:
    await refused(town, {"query": query, "variables": variables}, "BAD_INPUT")
    if variables == {"v": None}:
        # With its default the same document is good, before and after.
        assert (await town.post({"query": query})).status_code in (200, 400)
        await refused(town, {"query": query, "variables": variables}, "BAD_INPUT")


async def test_variables_that_the_document_does_not_know_are_left_alone(town: Insider) -> None:
    body = {"query": FIRST, "variables": {"v": 1, "w": {"deep": [1, NUL]}, "__proto__": 1}}
    assert (await town.post(body)).status_code == 200


async def test_a_bad_value_is_told_with_its_place(town: Insider) -> None:
    query = """query ($c: String) {
      campaigns { nodes {
        some: tasks(after: $c) { totalCount }
      } } }"""
    errors = await refused(town, {"query": query, "variables": {"c": "x"}}, "BAD_CURSOR")
    assert errors[0]["locations"] == [{"line": 3, "column": 9}]
    assert errors[0]["path"] == ["campaigns", "nodes", "some"]


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "x",
        "=",
        "好",
        NUL,
        "bm9uc2Vuc2U=",
        "W10=",
        "e30=",
        "bnVsbA==",
        "WzEsMiwzXQ==",
        "WyJ0YXNrczpDT0RFOmFzYyJd",
        "WyJ0YXNrczpDT0RFOmFzYyIsICJhIiwgImIiLCAiYyJd",
        "A" * 100_000,
    ],
    ids=lambda cursor: repr(cursor[:30]),
)
async def test_a_cursor_that_is_none(town: Insider, cursor: str) -> None:
    for list_ in ("tasks", "units", "campaigns", "progressReports", "ledger", "supervisionGroups"):
        for way in ("after", "before"):
            query = f"query ($c: String) {{ {list_}({way}: $c) {{ nodes {{ id }} }} }}"
            await refused(town, {"query": query, "variables": {"c": cursor}}, "BAD_CURSOR")


async def test_a_cursor_of_another_list_or_order(city: City) -> None:
    data = await city.client.ask(
        """{ tasks(first: 1) { pageInfo { endCursor } } units(first: 1) { pageInfo { endCursor } }
          ledger(first: 1) { pageInfo { endCursor } } progressReports(first: 1) { pageInfo { endCursor } }
          desc: tasks(first: 1, orderBy: {field: CODE, direction: DESC}) { pageInfo { endCursor } }
          deadline: tasks(first: 1, orderBy: {field: DEADLINE}) { pageInfo { endCursor } } }"""
    )
    for name, page in data.items():
        cursor = page["pageInfo"]["endCursor"]
        answer = await city.client.answer(
            "query ($c: String) { tasks(after: $c) { totalCount } }", {"c": cursor}
        )
        assert (answer.get("errors") is None) is (name == "tasks"), name
        if name != "tasks":
            assert answer["errors"][0]["extensions"]["code"] == "BAD_CURSOR"


@pytest.mark.parametrize(
    "keys",
    [
        ["tasks:CODE:asc", "000008", "no uuid"],
        ["tasks:CODE:asc", NUL, "155379d4-e7dc-50d6-9939-7a83316d5dae"],
        ["tasks:CODE:asc", "a" * 100_000, "155379d4-e7dc-50d6-9939-7a83316d5dae"],
    ],
    ids=lambda keys: repr(keys)[:50],
)
async def test_a_forged_cursor(town: Insider, keys: list[str]) -> None:
    cursor = base64.b64encode(orjson.dumps(keys)).decode()
    response = await town.post(
        {"query": "query ($c: String) { tasks(after: $c) { nodes { id } } }", "variables": {"c": cursor}}
    )
    if response.status_code != 200:
        assert set(codes_of(response)) <= {"BAD_CURSOR", "BAD_INPUT"}
