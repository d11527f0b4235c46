"""Merit and fault in the city of the examples: measures of a scheme, a commendation, a case."""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from domain.assessment.accountability_case import AccountabilityCase, PenaltyDecision
from domain.assessment.commendation import Commendation
from domain.assessment.grounds import GroundNamed
from domain.assessment.measures import (
    CommendationForm,
    Measures,
    PenaltyStep,
    PriorityRule,
)
from domain.assessment.subject import Office, Subject, SubjectKind
from domain.documents import Document
from tests.domain import examples as city

UNIT = Subject(SubjectKind.UNIT, city.LEAD)
OFFICIAL = Subject(SubjectKind.OFFICIAL, city.OFFICIALS[0])
OTHERS = Subject(SubjectKind.UNIT, city.OTHER)
OFFICE = Office(city.LEAD, "局长")
EDITION = 1

BOTH = (SubjectKind.UNIT, SubjectKind.OFFICIAL)
NOTICE = CommendationForm("notice", "通报表扬", "commended in a notice", Decimal("1.5"), BOTH, 12)
MERIT = CommendationForm("merit", "记功", "merit recorded", Decimal(3), (SubjectKind.OFFICIAL,))
REMINDER = PenaltyStep("reminder", "提醒", "reminder", Decimal(0), BOTH, 3)
TALK = PenaltyStep("talk", "约谈", "admonishing talk", Decimal(-1), BOTH, 6)
CRITICISM = PenaltyStep("criticism", "通报批评", "criticised in a notice", Decimal("-2.5"), BOTH, 12)
ADMONITION = PenaltyStep("admonition", "诫勉", "admonition", Decimal(-3), (SubjectKind.OFFICIAL,), 6)
MEASURES = Measures(
    (NOTICE, MERIT), (REMINDER, TALK, CRITICISM, ADMONITION), 30, PriorityRule(Decimal(1), "talk")
)

MAY, JUNE = city.MAY, city.JUNE
PAPER = Document("潍督问〔2020〕1号", "处理决定", date(2020, 5, 1))
DECISION = PenaltyDecision("问责办法第八条", "市攻坚办", PAPER)
COMPLAINT = GroundNamed("complaint", "举报〔2020〕12号")


def nominated(**changes: Any) -> Callable[[Any], Commendation]:
    nomination: dict[str, Any] = {
        "code": "merit.1",
        "subject": UNIT,
        "office": None,
        "title": "改厕攻坚案例",
        "grounds": "提前完成全年任务。",
        "evidence": (city.EVIDENCE,),
        "at": MAY,
        "unit_id": city.LEAD,
    }
    return lambda _: Commendation.nominate(**{**nomination, **changes})


def confirmed(commendation: Commendation) -> None:
    commendation.confirm("属实。", MAY)


def awarded(commendation: Commendation) -> None:
    commendation.award(NOTICE, EDITION, PAPER, MAY)


def revoked(commendation: Commendation) -> None:
    commendation.revoke("事迹不实。", PAPER, JUNE)


def opened(**changes: Any) -> Callable[[Any], AccountabilityCase]:
    case: dict[str, Any] = {
        "code": "case.1",
        "subject": UNIT,
        "office": None,
        "ground": COMPLAINT,
        "happened_on": date(2020, 4, 30),
        "summary": "进度严重滞后。",
        "at": MAY,
    }
    return lambda _: AccountabilityCase.open(**{**case, **changes})


def established(case: AccountabilityCase) -> None:
    case.establish_fact("三个村未开工。", (city.EVIDENCE,), MAY)


def heard(case: AccountabilityCase) -> None:
    case.hear("受天气影响。", False, MAY)


def penalized(case: AccountabilityCase) -> None:
    case.impose_penalty(CRITICISM, 3, EDITION, 30, DECISION, MAY)


def appealed(case: AccountabilityCase) -> None:
    case.appeal(case.subject, "事实有误。", (), JUNE)


def overturned(case: AccountabilityCase) -> None:
    case.overturn_penalty("证据不足。", "市委督查室", PAPER, JUNE)


def executed(case: AccountabilityCase) -> None:
    case.execute_penalty(MAY.date(), "已通报。", MAY)


TO_PENALTY = (opened(), established, heard, penalized)


def later(days: int, moment: datetime = MAY) -> datetime:
    return city.later(moment, days=days)
