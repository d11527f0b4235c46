"""A town small enough to be made for a single module: one campaign, one group, three units, two tasks."""

from typing import Any

from tests.service.api.city import campaign, official, task, unit
from tests.service.api.client import OFFICE, Client, Insider, supervisor


def listing(code: str, **changes: Any) -> dict[str, Any]:
    """What a task of dept.a and dept.b is put on the list with."""
    indicator = {
        "code": "a",
        "name": "改造户数",
        "direction": "AT_LEAST",
        "unitOfMeasure": "户",
        "target": "100",
        "weight": "100",
    }
    listed = {
        "code": code,
        "campaign": campaign("c1"),
        "article": 17,
        "title": f"农村厕所改造 {code}",
        "leadUnit": unit("dept.a"),
        "supportingUnits": [unit("dept.b")],
        "indicators": [indicator],
        "start": "2020-04-01",
        "deadline": "2020-11-30",
    }
    return listed | changes


def report(code: str, period: str, value: str = "10", **changes: Any) -> dict[str, Any]:
    values = [{"indicator": "a", "value": value}]
    return {"task": task(code), "period": period, "values": values, "narrative": "完成一批", **changes}


async def small_town(client: Client) -> None:
    """Found it: task 1.1 has a report for April 2020, task 1.2 is closed."""
    for code in ("dept.a", "dept.b", "dept.c"):
        await client.give("registerUnit", {"code": code, "name": f"单位 {code}", "category": "DEPARTMENT"})
    await client.give("registerOfficial", {"code": "o1", "name": "某某"})
    launched = {"code": "c1", "number": 1, "name": "攻坚战", "start": "2020-03-25", "end": "2020-12-31"}
    await client.give("launchCampaign", launched)
    covered = {"leader": official("o1"), "campaigns": [campaign("c1")]}
    await client.give("formSupervisionGroup", {"code": "g1", "name": "第一组", **covered})
    for code in ("1.1", "1.2"):
        await client.give("listTask", listing(code))
    await client.give("reportProgress", report("1.1", "2020-04"))
    await client.give(
        "deliverTask", {"task": task("1.2"), "deliveredOn": "2020-06-01", "statement": "全部完成"}
    )
    last = await client.give("acceptTask", {"task": task("1.2")}, role=supervisor("g1"))
    # Whoever reads next has nobody's position to wait for.
    if isinstance(client, Insider):
        await client.settled()
    else:
        shown = "query ($p: Position!) { ledger(first: 0, minPosition: $p) { position } }"
        await client.ask(shown, {"p": last["position"]})


async def read(service: Insider, query: str, role: Any = OFFICE) -> Any:
    """What is read once everything recorded is shown; `$p` stands for the position in the query."""
    return await service.ask(f"query ($p: Position) {{ {query} }}", {"p": await service.position()}, role)


def listed(code: str, **changes: Any) -> dict[str, Any]:
    """A problem of the task 1.1, for `listProblem`."""
    told = {"code": code, "title": "管网滞后", "description": "尚未开工。", "task": task("1.1")}
    return {**told, "source": "OFFICE", **changes}
