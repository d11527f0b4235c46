"""What an assessment scheme says (考核办法): components and weights, grades, adjustments, ladders.

Rules (article 51):
- Each category of unit is ranked apart, by components whose weights sum to 100.
- Scores are in per cent (百分制, 0 to 100); a grade stands for a fixed score.
- Adjustments (cards, commendations, penalties) are summed; a cap bounds what one code adds and takes away
  within the period that is ranked, whatever its length.
- The weight of a component without a score is shared out over those that are there.
- Equal totals share a rank, and the next rank is left out (标准竞争排名); before that, the tie-breakers compare
  the points of the codes they name, in their order.
- Forms of commendation and the ladder of penalties are its `measures` (domain/assessment/measures.py).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from domain.assessment.measures import Measures
from domain.directory import Category
from domain.identifiers import require_code
from domain.indicator import HUNDRED, ZERO
from domain.refusal import Refusal, require, require_figure, require_line

TASK_PROGRESS = "task_progress"
SUPERVISION = "supervision"
ANONYMOUS_RATING = "anonymous_rating"
LEADERS_EVALUATION = "leaders_evaluation"
PUBLIC_APPRAISAL = "public_appraisal"
THIRD_PARTY = "third_party"
COMPONENTS = (
    TASK_PROGRESS,
    SUPERVISION,
    ANONYMOUS_RATING,
    LEADERS_EVALUATION,
    PUBLIC_APPRAISAL,
    THIRD_PARTY,
)
"""任务进度、督导评估、无记名评议、领导评价、公众评议、第三方评估."""

CARD, COMMENDATION, PENALTY = "card", "commendation", "penalty"
ADJUSTMENTS = (CARD, COMMENDATION, PENALTY)
"""亮牌、表扬奖励、问责."""

MOST_DIGITS = 4


@dataclass(frozen=True)
class ComponentWeight:
    """A component and its weight in percent."""

    code: str
    weight: Decimal


@dataclass(frozen=True)
class CategoryWeights:
    """How one category of unit is weighed."""

    category: Category
    components: tuple[ComponentWeight, ...]


@dataclass(frozen=True)
class Grade:
    """A grade (等次) and the score it stands for."""

    code: str
    name: str
    score: Decimal


@dataclass(frozen=True)
class AdjustmentCap:
    """An adjustment that counts: the most it adds and the most it takes away within a ranked period."""

    code: str
    most_added: Decimal
    most_deducted: Decimal


@dataclass(frozen=True)
class SchemeContent:
    """All that one edition says. `digits`: decimals of points and totals, rounded half even."""

    categories: tuple[CategoryWeights, ...]
    grades: tuple[Grade, ...] = ()
    adjustments: tuple[AdjustmentCap, ...] = ()
    tie_breakers: tuple[str, ...] = ()
    digits: int = 2
    # Forms of commendation, the ladder of penalties, appeal period, priority; None: nothing is awarded or
    # imposed under this edition. Checked by `require_measures`.
    measures: Measures | None = None

    def weights_of(self, category: Category) -> dict[str, Decimal] | None:
        """The weights of a category by component; None for one that is not ranked."""
        for weighed in self.categories:
            if weighed.category is category:
                return {component.code: component.weight for component in weighed.components}
        return None

    def caps(self) -> dict[str, AdjustmentCap]:
        return {cap.code: cap for cap in self.adjustments}

    def require_grade(self, code: str, field: str = "grade") -> Grade:
        return _find(self.grades, code, "scheme.grade_unknown", field)


def _find(among: Iterable, code: str, refusal: str, field: str):  # type: ignore[type-arg,no-untyped-def]
    for entry in among:
        if entry.code == code:
            return entry
    raise Refusal(refusal, field=field, code=require_code(code, field))
