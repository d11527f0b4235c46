"""A scheme, scores, rankings and a notice, for the tests of the assessment."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from domain import identifiers
from domain.assessment.notice import Notice, NoticedRanking
from domain.assessment.points import Given
from domain.assessment.ranking import (
    Inputs,
    RankedAdjustment,
    RankedComponent,
    RankedUnit,
    Ranking,
    inputs_of,
)
from domain.assessment.scheme import AssessmentScheme, Edition
from domain.assessment.scheme_content import (
    AdjustmentCap,
    CategoryWeights,
    ComponentWeight,
    Grade,
    SchemeContent,
)
from domain.assessment.score import Basis, Evaluation, task_input
from domain.directory import Category
from tests.domain import examples as city
from tests.domain.assessment import merits

WEIGHTS = (
    ComponentWeight("task_progress", Decimal(40)),
    ComponentWeight("supervision", Decimal(30)),
    ComponentWeight("third_party", Decimal(30)),
)
CONTENT = SchemeContent(
    (
        CategoryWeights(Category.DEPARTMENT, WEIGHTS),
        CategoryWeights(Category.COUNTY, (ComponentWeight("task_progress", Decimal(100)),)),
    ),
    (Grade("good", "好", Decimal(90)),),
    (AdjustmentCap("penalty", Decimal(0), Decimal(5)),),
    ("task_progress",),
    2,
    merits.MEASURES,
)
EDITION = Edition(1, "2020-04", "考核办法", CONTENT)
PENALTY = UUID("00000000-0000-0000-0000-000000000007")
INPUTS = inputs_of(9, [(city.LEAD, Given(PENALTY, 7, 24243, "penalty", Decimal("-1.50")))])
RANKED = RankedUnit(
    city.LEAD,
    1,
    Decimal("88.50"),
    None,
    (RankedComponent("supervision", Decimal(30), Decimal("90.0000"), Decimal("90.00")),),
    (RankedAdjustment("penalty", Decimal("-1.50"), Decimal("-1.50")),),
)


def adopted(**changes: Any) -> Callable[[Any], AssessmentScheme]:
    given = {
        "effective_from": "2020-04",
        "title": "考核办法",
        "document": city.DOCUMENT,
        "content": CONTENT,
        "at": city.MAY,
    }
    return lambda _: AssessmentScheme.adopt(**{**given, **changes})


def amended(**changes: Any) -> Callable[[AssessmentScheme], None]:
    given = {
        "effective_from": "2020-05",
        "title": "考核办法（修订）",
        "document": city.DOCUMENT,
        "content": replace(CONTENT, digits=3),
        "at": city.JUNE,
    }
    return lambda scheme: scheme.amend(**{**given, **changes})


def scored(**changes: Any) -> Callable[[Any], Evaluation]:
    given = {
        "unit_id": city.LEAD,
        "period": "2020-04",
        "component": "supervision",
        "group_id": city.GROUP,
        "score": Decimal("90.5"),
        "grade": None,
        "edition": EDITION,
        "remark": "较好。",
        "at": city.MAY,
    }
    return lambda _: Evaluation.give(**{**given, **changes})


BASIS = Basis(12, (task_input(identifiers.task_id("17.1"), Decimal("0.4"), Decimal("0.5")),))


def progressed(_: Any, at: datetime = city.JUNE) -> Evaluation:
    return Evaluation.of_progress(city.LEAD, "2020-05", Decimal("80.0000"), BASIS, EDITION, at)


def corrected(**changes: Any) -> Callable[[Evaluation], None]:
    given = {
        "group_id": city.GROUP,
        "score": Decimal(80),
        "grade": None,
        "edition": EDITION,
        "reason": "漏计扣分。",
        "at": city.JUNE,
    }
    return lambda evaluation: evaluation.correct(**{**given, **changes})


def published(**changes: Any) -> Callable[[Any], Ranking]:
    given = {
        "span": "2020-04",
        "category": Category.DEPARTMENT,
        "scheme_edition": 1,
        "inputs": INPUTS,
        "units": (RANKED,),
        "at": city.MAY,
    }
    return lambda _: Ranking.publish(**{**given, **changes})


def republished(**changes: Any) -> Callable[[Ranking], None]:
    given = {
        "scheme_edition": 1,
        "inputs": Inputs(20, 1, "0" * 64),
        "units": (replace(RANKED, change=-1),),
        "reason": "更正评分。",
        "at": city.JUNE,
    }
    return lambda ranking: ranking.republish(**{**given, **changes})


RANKINGS = (NoticedRanking(PENALTY, Category.DEPARTMENT, 1),)


def issued(**changes: Any) -> Callable[[Any], Notice]:
    given = {
        "span": "2020-04",
        "number": "演示〔2020〕9号",
        "title": "通报",
        "text": "现通报如下。",
        "rankings": RANKINGS,
        "at": city.MAY,
    }
    return lambda _: Notice.issue(**{**given, **changes})


def reissued(**changes: Any) -> Callable[[Notice], None]:
    given = {
        "number": "演示〔2020〕10号",
        "title": "通报",
        "text": "",
        "rankings": (replace(RANKINGS[0], edition=2),),
        "at": city.JUNE,
    }
    return lambda notice: notice.reissue(**{**given, **changes})
