"""Bad requests, one by one over HTTP: each has a clear coded answer, nothing is written, nothing is a 500."""

from typing import Any

import orjson
import pytest
from graphql import build_schema
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis_graphql import Mode, nodes, queries

from service.api.schema import printed
from tests.service.api.bad import LONE, REGISTER, codes_of, refused
from tests.service.api.client import OFFICE, Insider

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
    "introspection again and again": (
        "{ " + " ".join(f"a{n}: __schema {{ types {{ name }} }}" for n in range(11)) + " }",
        "LIMIT_EXCEEDED",
    ),
    "introspection again and again within": (
        "{ ...s } fragment s on Query { __schema { types { ...w0 } } } "
        + fragments("w", 11, "__Type", "KEY: fields { name } NEXT"),
        "LIMIT_EXCEEDED",
    ),
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
    types = " ".join(f'a{n}: __type(name: "Task") {{ name }}' for n in range(10))
    assert (
        len(
            await town.ask(f"{{ {types} units {{ ...u }} }} fragment u on UnitConnection {{ a: totalCount }}")
        )
        == 11
    )
    padded = "{ units(first: 1) { totalCount } } #" + "水" * 100_000
    for _ in range(2):
        assert (await town.ask(padded))["units"]["totalCount"] == 3


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
