"""Which rows are there for whom."""

from tests.service.api.city import City
from tests.service.api.client import PUBLIC


async def test_the_public_sees_what_is_published_and_nothing_else(city: City) -> None:
    published = {t.id for t in city.tasks if t.published}
    assert 0 < len(published) < len(city.tasks)
    data = await city.client.ask(
        """{ tasks(first: 100) { totalCount nodes { id } } ledger { totalCount nodes { id task { id } } }
          no: tasks(filter: {published: false}) { totalCount nodes { id } }
          campaigns { nodes { tasks(first: 100) { totalCount nodes { id } } } }
          units { nodes { tasks(first: 100) { nodes { id } } } } }""",
        role=PUBLIC,
    )
    assert {node["id"] for node in data["tasks"]["nodes"]} == published
    assert data["tasks"]["totalCount"] == data["ledger"]["totalCount"] == len(published)
    assert {node["task"]["id"] for node in data["ledger"]["nodes"]} == published
    assert data["no"] == {"totalCount": 0, "nodes": []}
    for parents in (data["campaigns"], data["units"]):
        nested = {node["id"] for parent in parents["nodes"] for node in parent["tasks"]["nodes"]}
        assert nested == published
    assert sum(node["tasks"]["totalCount"] for node in data["campaigns"]["nodes"]) == len(published)


async def test_an_unpublished_task_is_not_there_for_the_public(city: City) -> None:
    for listed in city.tasks:
        data = await city.client.ask(
            """query ($t: ID!) { task(id: $t) { id } node(id: $t) { id } explainProgress(task: $t) { zh }
              progressReports(filter: {task: $t}) { totalCount } }""",
            {"t": listed.id},
            role=PUBLIC,
        )
        shown = [data["task"], data["node"], data["explainProgress"]]
        assert all(value is not None for value in shown) if listed.published else shown == [None] * 3
        if not listed.published:
            assert data["progressReports"]["totalCount"] == 0


async def test_the_public_sees_published_reports_of_published_tasks(city: City) -> None:
    query = (
        "{ progressReports(first: 100) { totalCount nodes { id published status task { id published } } } }"
    )
    public = (await city.client.ask(query, role=PUBLIC))["progressReports"]
    assert public["totalCount"] == len(public["nodes"]) > 5
    assert all(node["published"] and node["task"]["published"] for node in public["nodes"])
    inside = (await city.client.ask(query))["progressReports"]
    assert inside["totalCount"] > public["totalCount"]
    last = (
        await city.client.ask("{ tasks(first: 100) { nodes { lastReport { id published } } } }", role=PUBLIC)
    )["tasks"]
    reports = [node["lastReport"] for node in last["nodes"]]
    assert all(r["published"] for r in reports if r is not None)
    # The last one of some tasks is not published: it is not there, rather than an earlier one in its place.
    assert None in reports


async def test_an_earlier_ledger_shows_the_public_what_was_published_then(city: City) -> None:
    for snapshot in city.snapshots:
        data = await city.client.ask(
            "query ($p: Position!) { ledger(asOf: {position: $p}) { nodes { id } } }",
            {"p": snapshot.position},
            role=PUBLIC,
        )
        then = [line["id"] for line in snapshot.lines if line["published"]]
        assert [node["id"] for node in data["ledger"]["nodes"]] == then


async def test_an_earlier_explanation_is_the_publics_where_the_earlier_ledger_is(city: City) -> None:
    hidden = 0
    for listed in (t for t in city.tasks if t.published):
        for on in ("2020-03-31", "2020-05-31"):
            data = await city.client.ask(
                """query ($t: ID!, $on: Date!) { explainProgress(task: $t, on: $on) { zh }
                  ledger(asOf: {date: $on}) { nodes { id } } }""",
                {"t": listed.id, "on": on},
                role=PUBLIC,
            )
            shown = listed.id in {node["id"] for node in data["ledger"]["nodes"]}
            assert (data["explainProgress"] is not None) is shown
            hidden += not shown
    assert hidden
