"""Bad input, one by one over HTTP: each has a clear coded answer, nothing is written, nothing is a 500."""

import base64
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import orjson
import pytest
import pytest_asyncio
from graphql import build_schema
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis_graphql import Mode, nodes, queries

from service.api.schema import printed
from tests.service.api.city import City, campaign, group, official, task, unit
from tests.service.api.client import OFFICE, PUBLIC, Insider, Person, reporter, supervisor
from tests.service.api.small import listing, small_town

NUL, LONE = "\x00", "\\ud800"
REGISTER = (
    "mutation ($input: RegisterUnitInput!) { registerUnit(input: $input) { ... on Refused { code field } } }"
)
LIST_TASK = "mutation ($input: ListTaskInput!) { listTask(input: $input) { ... on Refused { code field } } }"


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def town(module_service: Insider) -> AsyncIterator[Insider]:
    """One campaign, one task with a report, one that is closed. Nothing here may change it."""
    await small_town(module_service)
    position = await module_service.position()
    yield module_service
    assert await module_service.position() == position


def codes_of(response: httpx.Response) -> list[str]:
    body = response.json()
    assert body["errors"], body
    for error in body["errors"]:
        assert isinstance(error["message"], str)
        assert error["message"]
        assert len(error["message"]) < 1_000
    return [error["extensions"]["code"] for error in body["errors"]]


async def refused(
    client: Insider, body: Any, code: str, status: int = 400, role: Person = OFFICE, **headers: str
) -> Any:
    """The errors of a request that is refused as a whole."""
    response = await client.post(body, role, **headers)
    assert response.status_code == status, response.text[:500]
    codes = codes_of(response)
    assert set(codes) == {code}, response.text[:500]
    assert "data" not in response.json()
    return response.json()["errors"]


# -- the request around a document


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b'"{ units { totalCount } }"',
        b"7",
        b'{"query": "{ __typename }",}',
        b"{'query': '{ __typename }'}",
        b'{"query": "{ __typename }"} {}',
        b"\xff\xfe\x00",
        '{"query": "{ __typename }"}'.encode("utf-16"),
        b'{"query": "{ tasks(filter: {text: \\"' + b"\xe6\xb0" + b'\\"}) { totalCount } }"}',
        b'{"query": "' + LONE.encode() + b'"}',
        b'{"query": "{ __typename }", "variables": {"a": "' + LONE.encode() + b'"}}',
        b'{"query": "{ __typename }", "variables": {"a": NaN}}',
        b'{"query": "{ __typename }", "variables": ' + b'{"a":' * 2_000 + b"1" + b"}" * 2_000 + b"}",
        b"[" * 100_000,
    ],
    ids=lambda body: repr(body[:40]),
)
async def test_a_body_that_is_no_request(town: Insider, body: bytes) -> None:
    await refused(town, body, "MALFORMED")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"query": None},
        {"query": 7},
        {"query": ["{ __typename }"]},
        {"query": ""},
        {"query": "   \n# nothing\n"},
        {"query": "{ __typename }", "variables": [1]},
        {"query": "{ __typename }", "variables": "x"},
        {"query": "{ __typename }", "operationName": 7},
        {"query": "{ __typename }", "extensions": "x"},
        {"query": "{ __typename }", "operationName": "other"},
        {"query": "{ __typename }", "operationName": ""},
        {"query": "query a { __typename } query b { __typename }"},
        {"query": "{ __typename } { __typename }"},
        {"query": "fragment f on Query { __typename }"},
        {"query": "type X { a: Int }"},
        {"query": "{ __typename } type X { a: Int }"},
        [{"query": "{ __typename }"}, {"query": "{ __typename }"}],
    ],
    ids=str,
)
async def test_a_request_that_cannot_be_understood(town: Insider, body: Any) -> None:
    await refused(town, body, "MALFORMED")


@pytest.mark.parametrize(
    "query",
    [
        "{",
        "{ units { totalCount }",
        "units { totalCount }",
        "{ units { totalCount } } }",
        "query ($a: Int { units { totalCount } }",
        '{ units(filter: {text: "unclosed}) { totalCount } }',
        "{ units { totalCount ] }",
        "{ units { nope } }",
        "{ nope }",
        "{ units }",
        "{ units { totalCount { x } } }",
        "{ units(nope: 1) { totalCount } }",
        "{ units(filter: {nope: 1}) { totalCount } }",
        "{ task { id } }",
        "{ task(id: null) { id } }",
        "{ ...nope }",
        "{ ...f } fragment f on Query { ...f }",
        "{ ...f } fragment f on Query { ...g } fragment g on Query { ...f }",
        "{ units { totalCount } } fragment unused on Unit { id }",
        "query ($a: Int) { units { totalCount } }",
        "{ units(first: $a) { totalCount } }",
        "query ($a: Nope) { units(first: $a) { totalCount } }",
        "query ($a: Unit) { units(first: $a) { totalCount } }",
        "query ($a: String) { units(first: $a) { totalCount } }",
        "query ($a: Int, $a: Int) { units(first: $a) { totalCount } }",
        "{ units @nope { totalCount } }",
        "{ units @include { totalCount } }",
        '{ units @include(if: "yes") { totalCount } }',
        "query @skip(if: true) { units { totalCount } }",
        "{ units(first: 1) { totalCount } units(first: 2) { totalCount } }",
        "{ a: units { totalCount } a: campaigns { totalCount } }",
        "subscription { eventsAppended { position } taskChanged { position } }",
        "{ tasks { nodes { ... on Unit { id } } } }",
        "{ \\ud800 }",
        '{ units(filter: {text: "\\ud800"}) { totalCount } }',
        '{ units(filter: {text: "\\u{110000}"}) { totalCount } }',
        "{ units { totalCount } } \x00",
        "{ \x07 }",
        "{ tasks(orderBy: {}) { totalCount } }",
        "{ tasks(orderBy: {field: null}) { totalCount } }",
    ],
)
async def test_a_document_that_is_not_valid(town: Insider, query: str) -> None:
    errors = await refused(town, {"query": query}, "MALFORMED")
    assert len(errors) <= 10
    # Older clients, which know application/json alone, are told by a 200.
    response = await town.post({"query": query}, accept="application/json")
    assert response.status_code == 200
    assert codes_of(response) == [error["extensions"]["code"] for error in errors]


async def test_a_document_that_is_not_valid_is_told_with_its_places(town: Insider) -> None:
    errors = await refused(town, {"query": "{ units {\n nope } task(id: 1) {\n   nor } }"}, "MALFORMED")
    assert [error["locations"] for error in errors] == [
        [{"line": 2, "column": 2}],
        [{"line": 3, "column": 4}],
    ]
    assert "nope" in errors[0]["message"]


async def test_a_subscription_is_not_answered_over_plain_http(town: Insider) -> None:
    errors = await refused(town, {"query": "subscription { eventsAppended { position } }"}, "MALFORMED")
    assert "graphql-transport-ws" in errors[0]["message"]


async def test_methods_and_media_types(town: Insider) -> None:
    headers = town.headers(OFFICE)
    for method in ("PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"):
        response = await town.http.request(method, "/graphql", headers=headers)
        assert response.status_code == 405
        assert response.headers["allow"] == "GET, POST"
    for media in (
        "text/plain",
        "application/graphql",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "",
    ):
        response = await town.post({"query": "{ __typename }"}, content_type=media)
        assert response.status_code == 415
    response = await town.post({"query": "{ __typename }"}, content_type="application/json; charset=utf-8")
    assert response.status_code == 200
    response = await town.post({"query": "{ __typename }"}, accept="text/html")
    assert response.status_code == 406


async def test_a_mutation_is_not_sent_by_get(town: Insider) -> None:
    given_ = {"code": "x", "name": "x", "category": "ZONE", "idempotencyKey": "get-00001"}
    for accept in ("application/graphql-response+json", "application/json"):
        response = await town.http.get(
            "/graphql",
            params={"query": REGISTER, "variables": orjson.dumps({"input": given_}).decode()},
            headers=town.headers(OFFICE, accept=accept),
        )
        assert response.status_code == 405
        assert response.headers["allow"] == "POST"
    response = await town.http.get(
        "/graphql",
        params={"query": REGISTER, "variables": orjson.dumps({"input": given_}).decode()},
        headers=town.headers(OFFICE, accept="text/event-stream"),
    )
    assert "MALFORMED" in response.text


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"query": ""},
        {"query": "{ __typename }", "variables": "{"},
        {"query": "{ __typename }", "variables": "[]"},
        {"query": "{ __typename }", "extensions": "7"},
        {"query": "{"},
    ],
    ids=str,
)
async def test_a_get_that_cannot_be_understood(town: Insider, params: dict[str, str]) -> None:
    response = await town.http.get("/graphql", params=params, headers=town.headers(OFFICE))
    assert response.status_code == 400
    assert codes_of(response) == ["MALFORMED"]


async def test_a_get_with_invalid_utf8(town: Insider) -> None:
    url = "/graphql?query=%7B%20units(filter%3A%7Btext%3A%22%ff%fe%22%7D)%7BtotalCount%7D%7D"
    response = await town.http.get(url, headers=town.headers(OFFICE))
    # The broken bytes are no text of ours: nothing is found by them.
    assert response.json() == {"data": {"units": {"totalCount": 0}}}


# -- limits


async def test_a_body_of_ten_megabytes(town: Insider) -> None:
    for body in (
        {"query": "{ __typename }" + " " * 10_000_000},
        {"query": "{ __typename }", "variables": {"a": "水" * 4_000_000}},
    ):
        await refused(town, body, "LIMIT_EXCEEDED", 413)
        await refused(town, body, "LIMIT_EXCEEDED", 413, accept="application/json")
        await refused(town, body, "LIMIT_EXCEEDED", 413, accept="text/event-stream")


def nested(levels: int) -> str:
    """Tasks, their last reports, the tasks of those, and so on."""
    return "{ tasks { nodes { " + "lastReport { task { " * levels + "id" + " } }" * levels + " } } }"


def fragments(name: str, count: int, type_: str, selection: str) -> str:
    """Fragments each of which spreads the next, `{next}` in the selection; the last one selects __typename."""
    chain = [
        f"fragment {name}{n} on {type_} {{ {selection.replace('NEXT', f'...{name}{n + 1}').replace('KEY', f'k{n}')} }}"
        for n in range(count)
    ]
    return " ".join([*chain, f"fragment {name}{count} on {type_} {{ __typename }}"])


FIELDS_OF_TYPES = "fields { type { fields { type { fields { type { fields { name } } } } } } }"
COSTLY = " ".join(
    f"r{n}: reports(first: 100) {{ nodes {{ id period status narrative revision remark }} }}"
    for n in range(5)
)
BOMBS = {
    "depth": (nested(20), "LIMIT_EXCEEDED"),
    "depth through fragments": (
        "{ tasks { nodes { ...t0 } } } " + fragments("t", 20, "Task", "lastReport { task { NEXT } }"),
        "LIMIT_EXCEEDED",
    ),
    "depth through inline fragments": (
        "{ tasks { nodes { " + "... { lastReport { task { " * 20 + "id" + " } } }" * 20 + " } } }",
        "LIMIT_EXCEEDED",
    ),
    "depth beside introspection": ("{ __schema { queryType { name } } " + nested(20)[1:], "LIMIT_EXCEEDED"),
    "depth in an operation that is not asked for": (
        "query a { __typename } query b " + nested(20),
        "LIMIT_EXCEEDED",
    ),
    "fields of one key": ("{ units { nodes { " + "id " * 1_900 + "} } }", "LIMIT_EXCEEDED"),
    "fragments without end": (
        "{ ...f0 } " + fragments("f", 480, "Query", "NEXT"),
        "LIMIT_EXCEEDED",
    ),
    "braces": ("{" * 3_000, "MALFORMED"),
    "braces that close": ("{ a " * 300 + "}" * 300, "LIMIT_EXCEEDED"),
    "lists": ("{ tasks(filter: {status: " + "[" * 500 + "]" * 500 + "}) { totalCount } }", "LIMIT_EXCEEDED"),
    "objects": (
        "{ tasks(filter: " + "{campaign: " * 400 + "1" + "}" * 400 + ") { totalCount } }",
        "LIMIT_EXCEEDED",
    ),
    "types": ("query ($a: " + "[" * 900 + "Int" + "]" * 900 + ") { tasks { totalCount } }", "LIMIT_EXCEEDED"),
    "aliases": ("{ " + " ".join(f"a{n}: __typename" for n in range(101)) + " }", "LIMIT_EXCEEDED"),
    "aliases of lists": (
        "{ " + " ".join(f"a{n}: tasks {{ totalCount }}" for n in range(200)) + " }",
        "LIMIT_EXCEEDED",
    ),
    "aliases through fragments": (
        "{ units { nodes { ...w0 } } } " + fragments("w", 101, "Unit", "KEY: id NEXT"),
        "LIMIT_EXCEEDED",
    ),
    "aliases through doubling fragments": (
        "{ units { nodes { ...d0 } } } " + fragments("d", 40, "Unit", "NEXT KEY: id NEXT"),
        "LIMIT_EXCEEDED",
    ),
    "fields": ("{ units { nodes { " + "id " * 2_001 + "} } }", "LIMIT_EXCEEDED"),
    "fields through doubling fragments": (
        "{ units { nodes { ...d0 } } } " + fragments("d", 40, "Unit", "NEXT id NEXT"),
        "LIMIT_EXCEEDED",
    ),
    "a chain of fragments": ("{ ...f0 } " + fragments("f", 400, "Query", "NEXT"), "LIMIT_EXCEEDED"),
    "tokens": ("{ " + "__typename " * 5_000 + "}", "LIMIT_EXCEEDED"),
    "cost": ("{ tasks(first: 100) { nodes { " + COSTLY + " } } }", "LIMIT_EXCEEDED"),
    "cost through ledger and lists": (
        "{ ledger { nodes { campaign { tasks(first: 100) { nodes { indicators { code name } } } } } } }",
        "LIMIT_EXCEEDED",
    ),
    "a long alias": ("{ " + "a" * 64 + ": __typename }", "LIMIT_EXCEEDED"),
    "introspection": ("{ __schema { types { " + FIELDS_OF_TYPES + " } } }", "MALFORMED"),
    "introspection of a type": ('{ __type(name: "Task") { ' + FIELDS_OF_TYPES + " } }", "MALFORMED"),
    "introspection through fragments": (
        "{ __schema { types { ...i0 } } } " + fragments("i", 6, "__Type", "fields { type { NEXT } }"),
        "MALFORMED",
    ),
}


@pytest.mark.parametrize(("query", "code"), BOMBS.values(), ids=BOMBS)
async def test_a_bomb_is_refused(town: Insider, query: str, code: str) -> None:
    body = {"query": query, "operationName": "a" if query.startswith("query a") else None}
    await refused(town, body, code)
    # So it is over an event stream.
    response = await town.post(body, accept="text/event-stream")
    assert f'"code":"{code}"' in response.text


async def test_what_is_within_the_limits_is_answered(town: Insider) -> None:
    levels = "{ tasks { nodes { " + "lastReport { task { " * 6 + "code" + " } }" * 6 + " } } }"
    assert (await town.ask(levels))["tasks"]["nodes"]
    aliases = " ".join(f"a{n}: code" for n in range(100))
    assert (
        len((await town.ask(f"{{ units(first: 1) {{ nodes {{ {aliases} }} }} }}"))["units"]["nodes"][0])
        == 100
    )
    padded = "{ units(first: 1) { totalCount } } #" + "水" * 100_000
    for _ in range(2):
        assert (await town.ask(padded))["units"]["totalCount"] == 3


# -- values


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


# -- commands


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"code": ""}, "code.malformed"),
        ({"code": "Ä"}, "code.malformed"),
        ({"code": "a" * 65}, "code.malformed"),
        ({"code": f"a{NUL}"}, "code.malformed"),
        ({"name": ""}, "text.empty"),
        ({"name": "  \u3000 "}, "text.empty"),
        ({"name": f"水利{NUL}局"}, "text.unprintable"),
        ({"name": "水利\u202e局"}, "text.unprintable"),
        ({"name": "水" * 101}, "text.too_long"),
        ({"name": "水\n利"}, "text.several_lines"),
        ({"code": "dept.a"}, "unit.exists"),
        ({"idempotencyKey": ""}, "idempotency.malformed_key"),
        ({"idempotencyKey": "short"}, "idempotency.malformed_key"),
        ({"idempotencyKey": "a" * 101}, "idempotency.malformed_key"),
        ({"idempotencyKey": f"12345678{NUL}"}, "idempotency.malformed_key"),
        ({"idempotencyKey": "一二三四五六七八"}, "idempotency.malformed_key"),
        ({"idempotencyKey": "with blanks"}, "idempotency.malformed_key"),
        ({"expectedVersion": 1}, "version.stale"),
        ({"expectedVersion": -1}, "version.stale"),
        ({"expectedVersion": 2**31 - 1}, "version.stale"),
    ],
    ids=str,
)
async def test_a_command_that_breaks_a_rule(town: Insider, changes: dict[str, Any], code: str) -> None:
    given_ = {"code": "dept.new", "name": "新单位", "category": "ZONE", **changes}
    answer = await town.refused("registerUnit", given_)
    assert answer["code"] == code
    assert answer["messageZh"]
    assert answer["messageEn"]
    assert answer["field"] in (*given_, "idempotencyKey")


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"deadline": "2021-02-01"}, "campaign.date_outside", "deadline"),
        ({"start": "2020-01-01"}, "campaign.date_outside", "start"),
        ({"deadline": "2020-04-01"}, "task.deadline_before_start", "deadline"),
        ({"campaign": campaign("nope")}, "campaign.unknown", "campaign"),
        ({"leadUnit": unit("nope")}, "unit.unknown", "leadUnit"),
        ({"supportingUnits": [unit("dept.b"), unit("nope")]}, "unit.unknown", "supportingUnits.1"),
        ({"supportingUnits": [unit("dept.a")]}, "task.unit_twice", "supportingUnits"),
        ({"article": 0}, "task.article_out_of_range", "article"),
        ({"article": -5}, "task.article_out_of_range", "article"),
        ({"title": NUL}, "text.unprintable", "title"),
        ({"note": f"a{NUL}"}, "text.unprintable", "note"),
        ({"indicators": []}, "task.indicator_count", "indicators"),
        ({"code": "1.1"}, "task.exists", "code"),
    ],
    ids=str,
)
async def test_a_task_that_cannot_be_listed(
    town: Insider, changes: dict[str, Any], code: str, field: str
) -> None:
    answer = await town.refused("listTask", listing("1.9") | changes)
    assert (answer["code"], answer["field"]) == (code, field)


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"weight": "-100"}, "indicator.weight_not_positive", "indicators.0.weight"),
        ({"weight": "99.9"}, "indicator.weights_not_100", "indicators"),
        ({"target": "-5"}, "indicator.negative_count", "indicators.0.target"),
        ({"target": "1e30"}, "figure.out_of_range", "indicators.0.target"),
        ({"target": "1e-30"}, "figure.out_of_range", "indicators.0.target"),
        ({"target": "1e999999999"}, "figure.out_of_range", "indicators.0.target"),
        ({"name": NUL}, "text.unprintable", "indicators.0.name"),
        ({"code": "Nope!"}, "code.malformed", "indicators.0.code"),
    ],
    ids=str,
)
async def test_an_indicator_that_cannot_be(
    town: Insider, changes: dict[str, Any], code: str, field: str
) -> None:
    given_ = listing("1.9")
    given_["indicators"] = [given_["indicators"][0] | changes]
    answer = await town.refused("listTask", given_)
    assert (answer["code"], answer["field"]) == (code, field)


REPORT: dict[str, Any] = {
    "task": task("1.1"),
    "period": "2020-05",
    "values": [{"indicator": "a", "value": "1"}],
    "narrative": "进展",
}


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"task": task("9.9")}, "task.unknown", "task"),
        ({"task": task("1.2")}, "task.closed", "task"),
        ({"unit": unit("dept.c")}, "task.not_your_unit", "unit"),
        ({"unit": unit("nope")}, "task.not_your_unit", "unit"),
        ({"period": "2020-04"}, "report.period_taken", "period"),
        ({"period": "2020-12"}, "report.period_outside", "period"),
        ({"period": "2020-13"}, "period.malformed", "period"),
        ({"period": NUL}, "period.malformed", "period"),
        ({"values": []}, "report.value_missing", "values"),
        ({"values": [{"indicator": "a", "value": "-1"}]}, "report.negative_count", "values.0.value"),
        ({"values": [{"indicator": "a", "value": "1e30"}]}, "figure.out_of_range", "values.0.value"),
        ({"values": [{"indicator": "z", "value": "1"}]}, "indicator.unknown", "values.0.indicator"),
        ({"values": [{"indicator": NUL, "value": "1"}]}, "code.malformed", "values.0.indicator"),
        ({"values": [{"indicator": "a", "value": "1"}] * 2}, "report.value_twice", "values"),
        ({"narrative": ""}, "text.empty", "narrative"),
        ({"narrative": f"进{NUL}展"}, "text.unprintable", "narrative"),
        ({"narrative": "进" * 4_001}, "text.too_long", "narrative"),
        ({"evidence": [{"url": "ftp://x", "sha256": "ab" * 32}]}, "evidence.malformed_url", "evidence.0.url"),
        (
            {"evidence": [{"url": "https://example.org/a", "sha256": "x"}]},
            "evidence.malformed_digest",
            "evidence.0.sha256",
        ),
        (
            {"evidence": [{"url": f"https://example.org/{NUL}", "sha256": "ab" * 32}]},
            "evidence.malformed_url",
            "evidence.0.url",
        ),
        ({"expectedVersion": 1}, "version.stale", "expectedVersion"),
        ({"expectedVersion": 99}, "version.stale", "expectedVersion"),
    ],
    ids=str,
)
async def test_a_report_that_cannot_be_made(
    town: Insider, changes: dict[str, Any], code: str, field: str
) -> None:
    answer = await town.refused("reportProgress", REPORT | changes)
    assert (answer["code"], answer["field"]) == (code, field), answer


@pytest.mark.parametrize("mutation", ["verifyReport", "disputeReport"])
async def test_a_report_that_is_not_there(town: Insider, mutation: str) -> None:
    unknown = "report:00000000-0000-5000-8000-000000000000"
    given_ = {"task": task("1.1"), "report": unknown} | (
        {"reason": "不符"} if mutation == "disputeReport" else {}
    )
    assert (await town.refused(mutation, given_, supervisor("g1")))["code"] == "report.unknown"


@pytest.mark.parametrize(
    ("mutation", "given_", "code"),
    [
        ("renameUnit", {"unit": unit("nope"), "name": "新"}, "unit.unknown"),
        (
            "appointOfficial",
            {"official": official("nope"), "unit": unit("dept.a"), "post": "局长", "since": "2020-01-01"},
            "official.unknown",
        ),
        ("releaseOfficial", {"unit": unit("nope"), "until": "2020-01-01"}, "unit.unknown"),
        (
            "launchCampaign",
            {"code": "c9", "number": 1, "name": "x", "start": "2020-02-01", "end": "2020-01-01"},
            "campaign.ends_before_start",
        ),
        (
            "launchCampaign",
            {"code": "c9", "number": 1, "name": "x", "start": "0001-01-01", "end": "2020-01-01"},
            "date.out_of_range",
        ),
        (
            "launchCampaign",
            {"code": "c9", "number": -1, "name": "x", "start": "2020-01-01", "end": "2020-02-01"},
            "campaign.number_out_of_range",
        ),
        ("formTaskForce", {"campaign": campaign("c1"), "members": []}, "task_force.size"),
        ("formTaskForce", {"campaign": campaign("nope"), "members": []}, "campaign.unknown"),
        (
            "formSupervisionGroup",
            {"code": "g9", "name": "x", "leader": official("nope"), "campaigns": []},
            "official.unknown",
        ),
        ("changeGroupCoverage", {"group": group("g1"), "campaigns": []}, "group.covers_nothing"),
        (
            "reviseTarget",
            {
                "task": task("1.1"),
                "indicator": "a",
                "target": "-1",
                "document": {"number": "1", "title": "x", "issuedOn": "2020-05-01"},
            },
            "indicator.negative_count",
        ),
        (
            "extendDeadline",
            {
                "task": task("1.1"),
                "deadline": "2030-01-01",
                "document": {"number": "1", "title": "x", "issuedOn": "2020-05-01"},
            },
            "campaign.date_outside",
        ),
        (
            "extendDeadline",
            {
                "task": task("1.1"),
                "deadline": "2020-12-31",
                "document": {"number": NUL, "title": "x", "issuedOn": "2020-05-01"},
            },
            "text.unprintable",
        ),
        (
            "deliverTask",
            {"task": task("1.1"), "deliveredOn": "2030-01-01", "statement": "x"},
            "task.delivered_outside",
        ),
        ("acceptTask", {"task": task("1.1")}, "task.not_delivered"),
        ("returnTask", {"task": task("1.1"), "reason": "x"}, "task.not_delivered"),
        ("publishTask", {"task": task("1.1"), "outlet": NUL}, "text.unprintable"),
    ],
    ids=lambda value: str(value)[:60],
)
async def test_commands_that_break_a_rule(
    town: Insider, mutation: str, given_: dict[str, Any], code: str
) -> None:
    assert (await town.refused(mutation, given_))["code"] == code


@pytest.mark.parametrize(
    "given_",
    [
        {},
        {"code": "x"},
        {"code": 7, "name": "x", "category": "ZONE", "idempotencyKey": "12345678"},
        {"code": "x", "name": None, "category": "ZONE", "idempotencyKey": "12345678"},
        {"code": "x", "name": "x", "category": "TOWN", "idempotencyKey": "12345678"},
        {"code": "x", "name": "x", "category": "zone", "idempotencyKey": "12345678"},
        {"code": "x", "name": "x", "category": "ZONE", "idempotencyKey": 12345678},
        {"code": "x", "name": "x", "category": "ZONE"},
        {"code": "x", "name": "x", "category": "ZONE", "idempotencyKey": "12345678", "nope": 1},
        {"code": "x", "name": "x", "category": "ZONE", "idempotencyKey": "12345678", "expectedVersion": "1"},
        {
            "code": "x",
            "name": "x",
            "category": "ZONE",
            "idempotencyKey": "12345678",
            "expectedVersion": 2**31,
        },
        None,
        "x",
        [],
    ],
    ids=str,
)
async def test_an_input_of_a_wrong_shape(town: Insider, given_: Any) -> None:
    await refused(town, {"query": REGISTER, "variables": {"input": given_}}, "BAD_INPUT")


@pytest.mark.parametrize(
    "id_", ["task:1", "unit", unit("dept.a").replace("unit", "task"), "", NUL, "unit:" + "0" * 32]
)
async def test_an_input_with_an_id_of_something_else(town: Insider, id_: str) -> None:
    for mutation, given_ in (
        ("renameUnit", {"unit": id_, "name": "新"}),
        ("listTask", listing("1.9") | {"supportingUnits": [id_]}),
        ("formTaskForce", {"campaign": id_, "members": []}),
    ):
        answer = await town.send(mutation, given_)
        assert [e["extensions"]["code"] for e in answer["errors"]] == ["BAD_INPUT"]
        assert answer["data"] is None


async def test_a_repeated_key_with_another_body(service: Insider) -> None:
    given_ = {"code": "dept.x", "name": "单位", "category": "ZONE", "idempotencyKey": "the-same-key"}
    first = await service.give("registerUnit", given_)
    position = await service.position()
    assert await service.give("registerUnit", given_) == first
    for changes in ({"name": "别的单位"}, {"code": "dept.y"}, {"category": "COUNTY"}, {"expectedVersion": 2}):
        answer = await service.refused("registerUnit", given_ | changes)
        assert (answer["code"], answer["field"]) == ("idempotency.key_reused", "idempotencyKey")
    other = {"code": "o1", "name": "干部", "idempotencyKey": "the-same-key"}
    assert (await service.refused("registerOfficial", other))["code"] == "idempotency.key_reused"
    assert await service.position() == position


async def test_the_public_and_strangers_cannot_write(town: Insider) -> None:
    given_ = {"code": "dept.x", "name": "单位", "category": "ZONE"}
    for who in (PUBLIC, reporter("dept.a"), reporter("no.such")):
        answer = await town.send("registerUnit", given_, role=who)
        assert [e["extensions"]["code"] for e in answer["errors"]] == ["FORBIDDEN"]


async def test_someone_elses_unit(town: Insider) -> None:
    report = REPORT | {"period": "2020-05"}
    answer = await town.refused("reportProgress", report, reporter("dept.c"))
    assert (answer["code"], answer["field"]) == ("task.not_your_unit", "unit")
    answer = await town.send("reportProgress", report | {"unit": unit("dept.a")}, role=reporter("dept.c"))
    assert [e["extensions"]["code"] for e in answer["errors"]] == ["FORBIDDEN"]


# -- whatever else


async def test_random_invalid_documents_are_malformed(town: Insider) -> None:
    schema = build_schema(printed())
    found: list[str] = []
    scalars = {
        name: st.just("1").map(_string) for name in ("Date", "DateTime", "Decimal", "Position", "JSON")
    }

    @settings(
        max_examples=120,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(queries(schema, mode=Mode.NEGATIVE, custom_scalars=scalars))
    def collect(document: str) -> None:
        found.append(document)

    collect()
    for document in found:
        response = await town.post({"query": document})
        assert response.status_code == 400, document
        assert set(codes_of(response)) <= {"MALFORMED", "LIMIT_EXCEEDED", "BAD_INPUT"}


def _string(value: str) -> Any:
    return nodes.String(value)


async def test_random_bytes_are_malformed(town: Insider) -> None:
    found: list[bytes] = []

    @settings(max_examples=150, derandomize=True, database=None, deadline=None, phases=[Phase.generate])
    @given(
        st.binary(max_size=200)
        | st.text().map(str.encode)
        | st.text().map(lambda t: orjson.dumps({"query": t}))
    )
    def collect(body: bytes) -> None:
        found.append(body)

    collect()
    for body in found:
        response = await town.post(body)
        assert response.status_code == 400, body
        assert set(codes_of(response)) <= {"MALFORMED"}
