"""A small town that is assessed: four departments, two counties, a group, one task, and a scheme."""

from typing import Any

from service.store.clock import SimulatedClock
from tests.service.api.city import campaign, official, unit
from tests.service.api.client import Insider
from tests.service.api.conftest import noon

DEPARTMENTS = ("dept.a", "dept.b", "dept.c", "dept.d")
COUNTIES = ("county.x", "county.y")
DOCUMENT = {"number": "演示〔2020〕1号", "title": "考核办法", "issuedOn": "2020-03-20"}

CONTENT: dict[str, Any] = {
    "categories": [
        {
            "category": "DEPARTMENT",
            "components": [
                {"code": "task_progress", "weight": "40"},
                {"code": "supervision", "weight": "30"},
                {"code": "leaders_evaluation", "weight": "30"},
            ],
        },
        {"category": "COUNTY", "components": [{"code": "supervision", "weight": "100"}]},
    ],
    "grades": [
        {"code": "good", "name": "好", "score": "95"},
        {"code": "fair", "name": "一般", "score": "70"},
    ],
    "adjustments": [{"code": "penalty", "mostDeducted": "5"}, {"code": "commendation", "mostAdded": "5"}],
    "tieBreakers": ["supervision"],
    "digits": 2,
}

SCHEME = {"effectiveFrom": "2020-04", "title": "考核办法", "document": DOCUMENT, "content": CONTENT}


async def found(client: Insider, clock: SimulatedClock) -> None:
    clock.moment = noon(2020, 3, 25)
    for code in (*DEPARTMENTS, *COUNTIES):
        category = "DEPARTMENT" if code.startswith("dept") else "COUNTY"
        await client.give("registerUnit", {"code": code, "name": f"单位{code}", "category": category})
    await client.give("registerOfficial", {"code": "o1", "name": "演示一"})
    launched = {"code": "c1", "number": 1, "name": "攻坚战", "start": "2020-03-25", "end": "2020-12-31"}
    await client.give("launchCampaign", {**launched, "goal": ""})
    covered = {"campaigns": [campaign("c1")], "units": [unit(c) for c in (*DEPARTMENTS[:3], *COUNTIES)]}
    await client.give(
        "formSupervisionGroup", {"code": "group.1", "name": "一组", "leader": official("o1"), **covered}
    )
    await client.give("adoptScheme", SCHEME)


async def listed(client: Insider, code: str, lead: str, supporting: tuple[str, ...] = ()) -> None:
    """A task of a hundred, from 1 April to 31 May."""
    indicator = {
        "code": "n",
        "name": "数量",
        "direction": "AT_LEAST",
        "unitOfMeasure": "个",
        "target": "100",
        "weight": "100",
    }
    await client.give(
        "listTask",
        {
            "code": code,
            "campaign": campaign("c1"),
            "article": 8,
            "title": f"任务{code}",
            "leadUnit": unit(lead),
            "supportingUnits": [unit(u) for u in supporting],
            "indicators": [indicator],
            "start": "2020-04-01",
            "deadline": "2020-05-31",
        },
    )


def score(
    code: str, component: str, score: str | None, period: str = "2020-04", **more: Any
) -> dict[str, Any]:
    given = {"unit": unit(code), "period": period, "component": component, **more}
    return given if score is None else {**given, "score": score}
