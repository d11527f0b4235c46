"""What an assessment scheme says (考核办法): components and weights, grades, adjustments, ladders.

Rules (article 51):
- Each category of unit is ranked apart, by components whose weights sum to 100.
- Scores are in per cent (百分制, 0 to 100); a grade stands for a fixed score.
- Adjustments (cards, commendations, penalties) are summed; a cap bounds what one code adds and takes away
  within the period that is ranked, whatever its length.
- The weight of a component without a score is shared out over those that are there.
- Equal totals share a rank, and the next rank is left out (标准竞争排名); before that, the tie-breakers
  compare the points of the codes they name, in their order.
- Forms of commendation and the ladder of penalties are its `measures` (domain/assessment/measures.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from domain.assessment.measures import Measures, require_measures
from domain.directory import Category
from domain.identifiers import require_code
from domain.indicator import HUNDRED, ZERO
from domain.refusal import Refusal, require, require_figure, require_line
from domain.spoken import Spoken

TASK_PROGRESS = "task_progress"
SUPERVISION = "supervision"
ANONYMOUS_RATING = "anonymous_rating"
LEADERS_EVALUATION = "leaders_evaluation"
PUBLIC_APPRAISAL = "public_appraisal"
THIRD_PARTY = "third_party"
CARD, COMMENDATION, PENALTY = "card", "commendation", "penalty"

_NAMES = {
    TASK_PROGRESS: Spoken("task progress", "任务进度"),
    SUPERVISION: Spoken("supervision score", "督导评估"),
    ANONYMOUS_RATING: Spoken("anonymous rating", "无记名等级评估"),
    LEADERS_EVALUATION: Spoken("leaders' evaluation", "领导评价"),
    PUBLIC_APPRAISAL: Spoken("public appraisal", "公众评议"),
    THIRD_PARTY: Spoken("third-party evaluation", "第三方评估"),
    CARD: Spoken("cards", "亮牌"),
    COMMENDATION: Spoken("commendations", "表扬奖励"),
    PENALTY: Spoken("penalties", "问责"),
}

HAVE_THEIR_OWN_SOURCE = frozenset({TASK_PROGRESS, ANONYMOUS_RATING})
"""Components that are never scored by hand: the ledger and the ballot box bring them."""


def name_of(code: str) -> Spoken:
    """What a component or adjustment is called; one that is not known by name stands for itself."""
    return _NAMES.get(code) or Spoken(code, code)


MOST_DIGITS = 4
MOST_ENTRIES = 30


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

    def require_weighed(self, category: Category, component: str, field: str = "component") -> None:
        """Refused where a score of a unit of this category would not count."""
        weights = self.weights_of(category)
        if weights is None:
            raise Refusal("scheme.category_not_ranked", field="unit")
        known = "、".join(weights)
        require(component in weights, "evaluation.component_of_others", field=field, known=known)

    def require_grade(self, code: str, field: str = "grade") -> Grade:
        for grade in self.grades:
            if grade.code == code:
                return grade
        raise Refusal("evaluation.grade_unknown", field=field, known="、".join(g.code for g in self.grades))


# -- what a scheme may say


def require_content(content: SchemeContent, field: str = "content") -> SchemeContent:
    """The content as it is recorded: every category weighed to 100, every code once, every figure sane."""
    require(0 <= content.digits <= MOST_DIGITS, "scheme.digits", field=f"{field}.digits", most=MOST_DIGITS)
    require(bool(content.categories), "scheme.ranks_nobody", field=f"{field}.categories")
    _require_once([c.category.value for c in content.categories], f"{field}.categories")
    categories = tuple(
        _require_weights(weighed, f"{field}.categories.{i}") for i, weighed in enumerate(content.categories)
    )
    _require_once([g.code for g in content.grades], f"{field}.grades")
    grades = tuple(_require_grade(g, f"{field}.grades.{i}") for i, g in enumerate(content.grades))
    _require_once([a.code for a in content.adjustments], f"{field}.adjustments")
    caps = tuple(_require_cap(a, f"{field}.adjustments.{i}") for i, a in enumerate(content.adjustments))
    components = {c.code for weighed in categories for c in weighed.components}
    for i, cap in enumerate(caps):
        apart = cap.code not in components
        require(apart, "scheme.code_twice", field=f"{field}.adjustments.{i}.code")
    _require_once(content.tie_breakers, f"{field}.tieBreakers")
    for i, code in enumerate(content.tie_breakers):
        known = code in components or code in {cap.code for cap in caps}
        require(known, "scheme.tie_breaker_unknown", field=f"{field}.tieBreakers.{i}")
    measures = None if content.measures is None else require_measures(content.measures, f"{field}.measures")
    return replace(content, categories=categories, grades=grades, adjustments=caps, measures=measures)


def _require_once(codes: Sequence[str], field: str) -> None:
    require(len(codes) <= MOST_ENTRIES, "scheme.too_many", field=field, most=MOST_ENTRIES)
    require(len(set(codes)) == len(codes), "scheme.code_twice", field=field)


def _require_weights(weighed: CategoryWeights, field: str) -> CategoryWeights:
    at = f"{field}.components"
    _require_once([c.code for c in weighed.components], at)
    components = tuple(
        ComponentWeight(require_code(c.code, f"{at}.{i}.code"), require_figure(c.weight, f"{at}.{i}.weight"))
        for i, c in enumerate(weighed.components)
    )
    for i, component in enumerate(components):
        require(component.weight > 0, "scheme.weight_not_positive", field=f"{at}.{i}.weight")
    total = sum((c.weight for c in components), ZERO)
    require(total == HUNDRED, "scheme.weights_not_100", field=at, total=total)
    return replace(weighed, components=components)


def _require_grade(grade: Grade, field: str) -> Grade:
    return Grade(
        require_code(grade.code, f"{field}.code"),
        require_line(grade.name, f"{field}.name", most=40),
        require_score(grade.score, f"{field}.score"),
    )


def _require_cap(cap: AdjustmentCap, field: str) -> AdjustmentCap:
    added = require_figure(cap.most_added, f"{field}.mostAdded")
    deducted = require_figure(cap.most_deducted, f"{field}.mostDeducted")
    require(added >= 0, "scheme.cap_below_zero", field=f"{field}.mostAdded")
    require(deducted >= 0, "scheme.cap_below_zero", field=f"{field}.mostDeducted")
    return AdjustmentCap(require_code(cap.code, f"{field}.code"), added, deducted)


def require_score(score: Decimal, field: str = "score") -> Decimal:
    """A score as it is recorded: 0 to 100 (百分制), with at most four decimals."""
    figure = require_figure(score, field)
    require(ZERO <= figure <= HUNDRED, "evaluation.score_outside", field=field, score=figure)
    exponent = figure.as_tuple().exponent
    require(isinstance(exponent, int) and exponent >= -4, "evaluation.score_too_fine", field=field)
    return figure
