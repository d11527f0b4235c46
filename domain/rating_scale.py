"""The scale of a rating (评估等次): four grades, no free text, and points that a score is made of.

Rules (article 49): excellent, good, fair, poor (优秀、良好、一般、较差). Four and no more: a scale of a
hundred points, or a remark, would let a ballot be marked. The labels and points come with the box, so that a
score is never judged again.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import pairwise

from domain.refusal import require, require_figure, require_line

GRADES = 4
MOST_POINTS = Decimal(100)
_GRADE_CODE = re.compile(r"[a-z]{1,20}")
_HUNDREDTH = Decimal("0.01")


@dataclass(frozen=True)
class Grade:
    """A grade: its code in ballots, its names, and the points it counts for."""

    code: str
    zh: str
    en: str
    points: Decimal


DEFAULT_SCALE = (
    Grade("excellent", "优秀", "Excellent", Decimal(100)),
    Grade("good", "良好", "Good", Decimal(85)),
    Grade("fair", "一般", "Fair", Decimal(70)),
    Grade("poor", "较差", "Poor", Decimal(50)),
)


@dataclass(frozen=True)
class GradeCount:
    grade: str
    ballots: int


def require_scale(scale: Sequence[Grade]) -> tuple[Grade, ...]:
    """The scale as it is recorded: four grades, the best first, no code twice."""
    require(len(scale) == GRADES, "rating.grade_count", field="scale", grades=GRADES)
    require(len({grade.code for grade in scale}) == GRADES, "rating.grade_twice", field="scale")
    points = [_require_points(grade.points, f"scale.{i}.points") for i, grade in enumerate(scale)]
    falling = all(higher > lower for higher, lower in pairwise(points))
    require(falling, "rating.points_not_falling", field="scale")
    return tuple(_require_grade(grade, f"scale.{i}", points[i]) for i, grade in enumerate(scale))


def counts(scale: Sequence[Grade], ballots: Mapping[str, int]) -> tuple[GradeCount, ...]:
    """The histogram in the order of the scale, grades that nobody gave included."""
    return tuple(GradeCount(grade.code, ballots.get(grade.code, 0)) for grade in scale)


def score(scale: Sequence[Grade], histogram: Sequence[GradeCount]) -> Decimal:
    """The mean of the points, to two places; of at least one ballot."""
    points = {grade.code: grade.points for grade in scale}
    cast = sum(count.ballots for count in histogram)
    total = sum((points[count.grade] * count.ballots for count in histogram), Decimal(0))
    return (total / cast).quantize(_HUNDREDTH)


def _require_points(points: Decimal, field: str) -> Decimal:
    figure = require_figure(points, field)
    require(0 <= figure <= MOST_POINTS, "rating.points_out_of_range", field=field)
    return figure


def _require_grade(grade: Grade, field: str, points: Decimal) -> Grade:
    require(_GRADE_CODE.fullmatch(grade.code) is not None, "rating.grade_code", field=f"{field}.code")
    zh = require_line(grade.zh, f"{field}.zh", most=20)
    return replace(grade, zh=zh, en=require_line(grade.en, f"{field}.en", most=40), points=points)
