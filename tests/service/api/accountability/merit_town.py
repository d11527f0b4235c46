"""A small town with a scheme that says what merit and fault count, brought about by mutations only."""

from typing import Any

from domain import identifiers
from tests.service.api.city import official, unit
from tests.service.api.client import OFFICE, Insider, Person

DOCUMENT = {"number": "演示〔2020〕1号", "title": "决定", "issuedOn": "2020-06-01"}
OFFICIALS_ONLY = ["OFFICIAL"]
MEASURES: dict[str, Any] = {
    "forms": [
        {"code": "notice", "name": "通报表扬", "nameEn": "notice", "points": "1.5", "termMonths": 12},
        {"code": "merit", "name": "记功", "nameEn": "merit", "points": "3", "subjects": OFFICIALS_ONLY},
    ],
    "ladder": [
        {"code": "reminder", "name": "提醒", "nameEn": "reminder", "points": "0", "termMonths": 3},
        {"code": "talk", "name": "约谈", "nameEn": "talk", "points": "-1", "termMonths": 6},
        {"code": "criticism", "name": "通报批评", "nameEn": "criticism", "points": "-2.5", "termMonths": 12},
        {
            "code": "admonition",
            "name": "诫勉",
            "nameEn": "admonition",
            "points": "-3",
            "subjects": OFFICIALS_ONLY,
            "termMonths": 6,
        },
    ],
    "appealDays": 30,
    "priority": {"leastMerits": "1.5", "barringStep": "talk"},
}
CONTENT = {
    "categories": [
        {"category": c, "components": [{"code": "leaders_evaluation", "weight": "100"}]}
        for c in ("COUNTY", "DEPARTMENT")
    ],
    "adjustments": [
        {"code": "commendation", "mostAdded": "5"},
        {"code": "penalty", "mostDeducted": "10"},
    ],
    "measures": MEASURES,
}
SCHEME = {"effectiveFrom": "2020-05", "title": "考核办法（演示）", "document": DOCUMENT, "content": CONTENT}
UNITS = {"dept.a": "DEPARTMENT", "dept.b": "DEPARTMENT", "county.c": "COUNTY"}


def commendation(code: str) -> str:
    return f"commendation:{identifiers.commendation_id(code)}"


def case(code: str) -> str:
    return f"accountability_case:{identifiers.accountability_case_id(code)}"


async def found(service: Insider, **measures: Any) -> None:
    for code, category in UNITS.items():
        await service.give("registerUnit", {"code": code, "name": code, "category": category})
    for n in (1, 2, 3):
        await service.give("registerOfficial", {"code": f"o{n}", "name": f"某{n}"})
    await appoint(service, "o1", "dept.a", "2020-01-01")
    content = {**CONTENT, "measures": {**MEASURES, **measures}}
    await service.give("adoptScheme", {**SCHEME, "content": content})


async def appoint(service: Insider, who: str, where: str, since: str) -> None:
    given = {"official": official(who), "unit": unit(where), "post": "局长", "since": since}
    await service.give("appointOfficial", given)


def about(subject: str) -> dict[str, str]:
    """`unit` or `official` of a command, by the code."""
    return {"official": official(subject)} if subject.startswith("o") else {"unit": unit(subject)}


async def commend(service: Insider, code: str, subject: str, form: str = "notice") -> None:
    nomination = {"code": code, **about(subject), "title": "案例", "grounds": "提前完成"}
    await service.give("nominateCommendation", nomination)
    await service.give("confirmCommendation", {"commendation": commendation(code)})
    given = {"commendation": commendation(code), "form": form, "document": DOCUMENT}
    await service.give("awardCommendation", given)


def complaint(code: str, subject: str, happened_on: str = "2020-05-20") -> dict[str, Any]:
    ground = {"code": "complaint", "reference": "举报〔2020〕12号"}
    return {
        "code": code,
        **about(subject),
        "ground": ground,
        "happenedOn": happened_on,
        "summary": "推诿拖延",
    }


async def bring_to_hearing(
    service: Insider, code: str, subject: str, happened_on: str = "2020-05-20"
) -> None:
    await service.give("openAccountabilityCase", complaint(code, subject, happened_on))
    await service.give("establishFact", {"accountabilityCase": case(code), "fact": "超期未办"})
    await service.give("recordHearing", {"accountabilityCase": case(code), "statement": "人手不足"})


def penalty(code: str, step: str = "criticism") -> dict[str, Any]:
    rests = {"legalBasis": "问责办法第八条", "decidedBy": "市攻坚办", "document": DOCUMENT}
    return {"accountabilityCase": case(code), "step": step, **rests}


async def penalize(service: Insider, code: str, subject: str, step: str = "criticism") -> None:
    await bring_to_hearing(service, code, subject)
    await service.give("imposePenalty", penalty(code, step))


def appeal(code: str) -> dict[str, Any]:
    return {"accountabilityCase": case(code), "grounds": "事实有误"}


def decision(code: str, **more: Any) -> dict[str, Any]:
    rests = {"reason": "证据不足", "decidedBy": "市委督查室", "document": DOCUMENT}
    return {"accountabilityCase": case(code), **rests, **more}


RECORD = """
  date position standing merits demerits totalCount
  nodes {
    position kind at text points measure measureName level edition inForceFrom inForceTo inForce endedOn endedBy
    endedPosition documentNumber decidedBy legalBasis published
    unit { code } official { code } officePost officeUnit { code }
    commendation { code status } accountabilityCase { code status appeal }
  }"""


async def record(
    service: Insider, subject: str, role: Person = OFFICE, arguments: str = "", fields: str = RECORD
) -> Any:
    """The record of a unit or an official."""
    noun, id_ = next(iter(about(subject).items()))
    position = await service.position()
    query = (
        f'query ($p: Position) {{ {noun}(id: "{id_}", minPosition: $p) {{ accountability{arguments}'
        f" {{ {fields} }} }} }}"
    )
    found = await service.ask(query, {"p": position}, role)
    return found[noun]["accountability"]
