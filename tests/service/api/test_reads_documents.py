"""What a document may look like: fragments, aliases, directives, several operations, mixed with the executor."""

import hashlib
from itertools import product
from typing import Any

from graphql import build_client_schema, get_introspection_query

from tests.service.api.city import City, campaign, official, task, unit
from tests.service.api.client import PUBLIC, Insider, reporter


async def test_fragments_named_and_inline_on_types_and_interfaces(city: City) -> None:
    data = await city.client.ask(
        """
        query { tasks(first: 1) { ...page } ledger(first: 1) { nodes { ...state ...entry } } }
        fragment page on TaskConnection { nodes { ...state ... on Node { nodeId: id } ... { title } } totalCount }
        fragment state on TaskState { code leadUnit { ...named } }
        fragment entry on LedgerEntry { task { ...state id } }
        fragment named on Unit { name }
        """
    )
    first = data["tasks"]["nodes"][0]
    assert first == {
        "code": "8.1",
        "leadUnit": {"name": first["leadUnit"]["name"]},
        "nodeId": task("8.1"),
        "title": first["title"],
    }
    line = data["ledger"]["nodes"][0]
    assert line["task"] == {"code": "8.1", "leadUnit": line["leadUnit"], "id": task("8.1")}


async def test_aliases_keep_arguments_apart(city: City) -> None:
    data = await city.client.ask(
        """query ($c1: ID, $c2: ID) { one: tasks(first: 2, filter: {campaign: $c1}) { n: nodes { a: code b: code } }
          two: tasks(first: 3, filter: {campaign: $c2}) { n: nodes { a: campaign { b: code } } } }""",
        {"c1": campaign("c1"), "c2": campaign("c2")},
    )
    assert len(data["one"]["n"]) == 2
    assert all(n["a"] == n["b"] for n in data["one"]["n"])
    assert [n["a"]["b"] for n in data["two"]["n"]] == ["c2"] * 3


async def test_an_alias_as_long_as_an_identifier_may_be(city: City) -> None:
    long = "a" * 63
    data = await city.client.ask(
        f"{{ {long}: tasks(first: 1) {{ nodes {{ {long}: code B{long[1:]}: id }} }} }}"
    )
    assert data[long]["nodes"] == [{long: "8.1", "B" + long[1:]: task("8.1")}]
    assert await city.client.codes(f"{{ {long}a: tasks {{ totalCount }} }}") == ["LIMIT_EXCEEDED"]


async def test_aliases_that_look_like_our_own_names(city: City) -> None:
    data = await city.client.ask(
        """{ t1: tasks(first: 1) { nodes { t2: code t3: leadUnit { t4: code id } position: version q: id } }
          q: units(first: 1) { edges { one: cursor node { t5: id t1: code } } pageInfo { t9: hasNextPage } } }"""
    )
    assert set(data["t1"]["nodes"][0]) == {"t2", "t3", "position", "q"}
    assert set(data["q"]["edges"][0]["node"]) == {"t5", "t1"}


async def test_duplicate_response_keys_are_merged(city: City) -> None:
    data = await city.client.ask(
        """query ($t: ID!) { task(id: $t) { code code campaign { id } ...more }
          task(id: $t) { title indicators { code } }
          tasks(first: 1) { nodes { id } nodes { code } pageInfo { hasNextPage } pageInfo { endCursor } totalCount } }
        fragment more on Task { campaign { code } code indicators { name } leadUnit { id } }""",
        {"t": task("8.1")},
    )
    assert set(data["task"]) == {"code", "campaign", "title", "indicators", "leadUnit"}
    assert set(data["task"]["campaign"]) == {"id", "code"}
    assert set(data["task"]["indicators"][0]) == {"code", "name"}
    assert set(data["tasks"]["nodes"][0]) == {"id", "code"}
    assert set(data["tasks"]["pageInfo"]) == {"hasNextPage", "endCursor"}


async def test_keys_come_in_the_order_of_the_document(city: City) -> None:
    for mixed in ("", "a: viewer { role }"):
        query = f"{{ units(first: 1) {{ totalCount nodes {{ name code id }} }} {mixed} }}"
        text = (await city.client.post({"query": query})).text
        places = [text.index(f'"{key}"') for key in ("units", "totalCount", "nodes", "name", "code", "id")]
        assert places == sorted(places)


async def test_skip_and_include_with_variables(city: City) -> None:
    query = """query ($s: Boolean!, $i: Boolean! = true) {
      units(first: 1) @include(if: $i) {
        nodes { id name @skip(if: $s) ... @include(if: $i) { code } ...c @skip(if: $s) } }
      campaigns(first: 1) @skip(if: $s) { totalCount } }
    fragment c on Unit { category }"""
    for skip, include in product((True, False), (True, False, None)):
        given = {"s": skip} | ({} if include is None else {"i": include})
        data = await city.client.ask(query, given)
        expected: dict[str, Any] = {}
        if include is not False:
            expected["units"] = {"id", "code"} if skip else {"id", "name", "code", "category"}
        if not skip:
            expected["campaigns"] = {"totalCount"}
        shown = {key: set(value["nodes"][0] if "nodes" in value else value) for key, value in data.items()}
        assert shown == expected


async def test_both_directives_on_one_field_must_agree(city: City) -> None:
    query = """query ($s: Boolean!, $i: Boolean!) {
      __typename units(first: 1) @skip(if: $s) @include(if: $i) { totalCount } }"""
    for skip, include in product((True, False), (True, False)):
        data = await city.client.ask(query, {"s": skip, "i": include})
        assert ("units" in data) is (include and not skip)


async def test_everything_skipped_leaves_an_empty_object(city: City) -> None:
    assert await city.client.ask("query ($s: Boolean = true) { units @skip(if: $s) { totalCount } }") == {}
    nested = """query ($s: Boolean = true) { units(first: 1) {
      nodes { id @skip(if: $s) } pageInfo { endCursor @skip(if: $s) } } }"""
    data = await city.client.ask(nested)
    assert data == {"units": {"nodes": [{}], "pageInfo": {}}}
    # The plan for one value is not the plan for the other.
    assert set((await city.client.ask(nested, {"s": False}))["units"]["nodes"][0]) == {"id"}


async def test_type_names_everywhere(city: City) -> None:
    data = await city.client.ask(
        """{ __typename tasks(first: 1) { __typename nodes { __typename campaign { __typename }
          indicators { __typename } } edges { __typename } pageInfo { __typename } }
          ledger(first: 1) { __typename nodes { __typename } edges { __typename node { __typename } } } }"""
    )
    assert data["__typename"] == "Query"
    assert data["tasks"]["__typename"] == "TaskConnection"
    assert data["tasks"]["nodes"][0]["campaign"] == {"__typename": "Campaign"}
    assert data["tasks"]["nodes"][0]["indicators"][0] == {"__typename": "Indicator"}
    assert data["tasks"]["edges"] == [{"__typename": "TaskEdge"}]
    assert data["tasks"]["pageInfo"] == {"__typename": "PageInfo"}
    assert data["ledger"]["nodes"] == [{"__typename": "LedgerEntry"}]
    assert data["ledger"]["edges"][0]["node"] == {"__typename": "LedgerEntry"}


# -- operations


async def test_a_document_of_several_operations(city: City) -> None:
    query = """query units { units { totalCount } } query campaigns { campaigns { totalCount } }
      mutation never { registerUnit(input: {code: "x", name: "x", category: ZONE, idempotencyKey: "xxxxxxxx"}) {
        __typename } }"""
    position = await city.client.position()
    assert await city.client.ask(query, operationName="units") == {"units": {"totalCount": 8}}
    assert await city.client.ask(query, operationName="campaigns") == {"campaigns": {"totalCount": 3}}
    assert await city.client.codes(query) == ["MALFORMED"]
    assert await city.client.codes(query, operationName="others") == ["MALFORMED"]
    assert await city.client.position() == position


async def test_the_same_text_with_other_variables_has_plans_of_its_own(city: City) -> None:
    query = """query ($n: Int, $f: TaskFilter, $o: TaskOrder, $x: Boolean!) {
      tasks(first: $n, filter: $f, orderBy: $o) { nodes { code title @include(if: $x) } } }"""
    cases: list[dict[str, Any]] = [
        {"n": n, "f": f, "o": o, "x": x}
        for n, f, o, x in product(
            (1, 3, None),
            (None, {}, {"published": True}, {"published": False}, {"article": 8}, {"status": ["OPEN"]}),
            (None, {"field": "DEADLINE"}, {"field": "DEADLINE", "direction": "DESC"}),
            (True, False),
        )
    ]
    first = [await city.client.ask(query, case) for case in cases]
    # In another order, from the plans that are kept now.
    again = [await city.client.ask(query, case) for case in reversed(cases)]
    assert first == list(reversed(again))
    for case, data in zip(cases, first, strict=True):
        nodes = data["tasks"]["nodes"]
        assert len(nodes) <= (case["n"] or 50)
        assert all(("title" in node) is case["x"] for node in nodes)


async def test_a_plan_of_one_role_is_not_anothers(city: City) -> None:
    query = "query ($n: Int) { tasks(first: $n) { totalCount nodes { published note } } }"
    public = query.replace(" note", "")
    for _ in range(2):
        inside = await city.client.ask(query, {"n": 100})
        assert inside["tasks"]["totalCount"] == 25
        assert await city.client.codes(query, {"n": 100}, role=PUBLIC) == ["FORBIDDEN"]
        assert (await city.client.ask(public, {"n": 100}))["tasks"]["totalCount"] == 25
        outside = await city.client.ask(public, {"n": 100}, role=PUBLIC)
        assert outside["tasks"]["totalCount"] == sum(t.published for t in city.tasks) < 25
        assert all(node["published"] for node in outside["tasks"]["nodes"])


async def test_viewers_of_one_role_are_told_apart(city: City) -> None:
    query = "{ viewer { role actor unit group } units(first: 1) { totalCount } }"
    for code in ("dept.water", "zone.gaoxin", "dept.water"):
        data = await city.client.ask(query, role=reporter(code))
        assert data["viewer"] == {
            "role": "REPORTER",
            "actor": f"reporter:{code}",
            "unit": unit(code),
            "group": None,
        }


# -- mixed with the executor


async def test_introspection_beside_planned_fields(city: City) -> None:
    planned = """n: node(id: $t) { __typename id ... on Task { code status completion indicators { direction }
        reports(first: 2) { edges { cursor node { status reportedAt } } } } }
      tasks(first: 2) { totalCount nodes { id leadUnit { category } } pageInfo { hasNextPage } }
      again: task(id: $t) { code published changedAt position }
      ledger(first: 1) { date position nodes { expected version } }"""
    others = '__schema { queryType { name } } viewer { role } __type(name: "Task") { kind }'
    mixed = await city.client.ask(f"query ($t: ID!) {{ {others} {planned} }}", {"t": task("8.1")})
    assert mixed.pop("__schema") == {"queryType": {"name": "Query"}}
    assert mixed.pop("__type") == {"kind": "OBJECT"}
    assert mixed.pop("viewer") == {"role": "OFFICE"}
    assert mixed == await city.client.ask(f"query ($t: ID!) {{ {planned} }}", {"t": task("8.1")})


async def test_a_mixed_document_with_a_skipped_planned_field(city: City) -> None:
    query = """query ($s: Boolean!, $n: Boolean!) { viewer { role }
      units(first: 1) @skip(if: $s) { nodes { id code @skip(if: $n) } } }"""
    assert await city.client.ask(query, {"s": True, "n": True}) == {"viewer": {"role": "OFFICE"}}
    for no, keys in ((True, {"id"}), (False, {"id", "code"})):
        assert set((await city.client.ask(query, {"s": False, "n": no}))["units"]["nodes"][0]) == keys


async def test_a_mixed_document_with_fragments_at_the_root(city: City) -> None:
    query = """query { ...a ... on Query { units(first: 1) { totalCount } ...b } }
      fragment a on Query { viewer { role } tasks(first: 1) { totalCount } }
      fragment b on Query { tasks(first: 1) { nodes { code } } node(id: "x") @skip(if: true) { id } }"""
    data = await city.client.ask(query)
    assert data == {
        "viewer": {"role": "OFFICE"},
        "tasks": {"totalCount": 25, "nodes": [{"code": "8.1"}]},
        "units": {"totalCount": 8},
    }


async def test_the_whole_introspection_is_answered(city: City) -> None:
    data = await city.client.ask(get_introspection_query(descriptions=True, input_value_deprecation=True))
    client_schema = build_client_schema(data)  # type: ignore[arg-type]
    assert client_schema.query_type is not None
    assert "ledger" in client_schema.query_type.fields


# -- persisted documents


async def test_automatic_persisted_queries(city: City) -> None:
    query = "query ($c: String) { units(filter: {code: $c}) { nodes { code } } }"
    named = {"persistedQuery": {"version": 1, "sha256Hash": hashlib.sha256(query.encode()).hexdigest()}}
    variables = {"c": "dept.water"}
    unknown = await city.client.post({"extensions": named, "variables": variables})
    assert unknown.status_code == 400
    assert unknown.json()["errors"][0]["extensions"]["code"] == "PERSISTED_QUERY_NOT_FOUND"
    assert unknown.json()["errors"][0]["message"] == "PersistedQueryNotFound"
    expected = {"data": {"units": {"nodes": [{"code": "dept.water"}]}}}
    for body in (
        {"query": query, "extensions": named},
        {"extensions": named},
        {"query": None, "extensions": named},
    ):
        assert (await city.client.post({**body, "variables": variables})).json() == expected


async def test_a_persisted_query_under_a_false_hash_is_refused(city: City) -> None:
    for persisted in (
        {"version": 1, "sha256Hash": "0" * 64},
        {"version": 2, "sha256Hash": "0" * 64},
        {"version": 1},
        {"version": 1, "sha256Hash": 7},
    ):
        body = {"query": "{ units { totalCount } }", "extensions": {"persistedQuery": persisted}}
        response = await city.client.post(body)
        assert response.status_code == 400
        assert response.json()["errors"][0]["extensions"]["code"] == "MALFORMED"


# -- payloads of mutations


async def test_a_payload_shows_what_was_recorded(service: Insider) -> None:
    given = {"code": "dept.a", "name": "市水利局", "category": "DEPARTMENT"}
    payload = await service.give(
        "registerUnit",
        given,
        """... on UnitPayload { unit { __typename id name category ... on Unit { code }
          ... @include(if: true) { leadingPost }
          tasks(first: 3) { totalCount nodes { id } pageInfo { hasNextPage } } } again: unit { name } }""",
    )
    id_ = unit("dept.a")
    assert payload["unit"] == {
        "__typename": "Unit",
        "id": id_,
        "name": "市水利局",
        "category": "DEPARTMENT",
        "code": "dept.a",
        "leadingPost": None,
        "tasks": {"totalCount": 0, "nodes": [], "pageInfo": {"hasNextPage": False}},
    }
    assert payload["again"] == {"name": "市水利局"}
    assert payload["position"] == await service.position()


async def test_a_payload_selected_with_variables_and_fragments(service: Insider) -> None:
    query = """
    mutation launch($input: LaunchCampaignInput!, $n: Int!, $no: Boolean!, $f: TaskFilter) {
      first: launchCampaign(input: $input) { ...answer }
    }
    fragment answer on LaunchCampaignResult { ... on CampaignPayload { position campaign {
      ...named goal @skip(if: $no) tasks(first: $n, filter: $f) { totalCount } } } ... on Refused { code } }
    fragment named on Campaign { code name start end demonstration version }"""
    launched = {"code": "c1", "number": 1, "name": "攻坚战", "start": "2020-03-25", "end": "2020-12-31"}
    variables = {
        "input": {**launched, "idempotencyKey": "launch-c1"},
        "n": 3,
        "no": True,
        "f": {"status": ["OPEN"], "overdue": True},
    }
    data = await service.ask(query, variables)
    assert data["first"]["campaign"] == {
        "code": "c1",
        "name": "攻坚战",
        "start": "2020-03-25",
        "end": "2020-12-31",
        "demonstration": False,
        "version": 1,
        "tasks": {"totalCount": 0},
    }
    # The same command again: the same answer, and nothing is recorded.
    position = await service.position()
    assert await service.ask(query, variables) == data
    assert await service.position() == position


async def test_several_mutations_of_one_document_run_in_their_order(service: Insider) -> None:
    query = """mutation ($a: RegisterUnitInput!, $b: RenameUnitInput!, $c: RegisterUnitInput!) {
      a: registerUnit(input: $a) { ... on Recorded { position } ... on UnitPayload { unit { name } } }
      b: renameUnit(input: $b) { ... on Recorded { position } ... on UnitPayload { unit { name } } }
      c: registerUnit(input: $c) { __typename ... on Refused { code field article messageZh messageEn } } }"""
    unit_ = {"code": "dept.a", "name": "旧名", "category": "ZONE"}
    data = await service.ask(
        query,
        {
            "a": {**unit_, "idempotencyKey": "one-00001"},
            "b": {"unit": unit("dept.a"), "name": "新名", "idempotencyKey": "two-00001"},
            "c": {**unit_, "idempotencyKey": "three-001"},
        },
    )
    assert data["a"]["position"] + 1 == data["b"]["position"]
    assert data["b"]["unit"] == {"name": "新名"}
    assert data["c"]["code"] == "unit.exists"
    assert data["c"]["field"] == "code"
    assert "dept.a" in data["c"]["messageZh"]
    assert "dept.a" in data["c"]["messageEn"]


async def test_official_and_group_payloads(service: Insider) -> None:
    registered = await service.give(
        "registerOfficial",
        {"code": "o1", "name": "某某"},
        "... on OfficialPayload { official { name post } }",
    )
    assert registered["official"] == {"name": "某某", "post": None}
    await service.give("registerUnit", {"code": "dept.a", "name": "单位", "category": "ZONE"})
    appointed = await service.give(
        "appointOfficial",
        {
            "official": official("o1"),
            "unit": unit("dept.a"),
            "post": "局长",
            "since": "2020-01-01",
        },
        "... on OfficialPayload { official { post unit { code leadingPost } } }",
    )
    assert appointed["official"] == {"post": "局长", "unit": {"code": "dept.a", "leadingPost": "局长"}}
    await service.give(
        "launchCampaign",
        {"code": "c1", "number": 1, "name": "攻坚战", "start": "2020-03-25", "end": "2020-12-31"},
    )
    group = await service.give(
        "formSupervisionGroup",
        {"code": "g1", "name": "第一组", "leader": official("o1"), "campaigns": [campaign("c1")]},
        "... on GroupPayload { group { code name leader { code } campaigns { code } units { code } version } }",
    )
    assert group["group"] == {
        "code": "g1",
        "name": "第一组",
        "leader": {"code": "o1"},
        "campaigns": [{"code": "c1"}],
        "units": [],
        "version": 1,
    }
