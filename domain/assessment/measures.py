"""What merit and fault may be answered with (奖惩): forms of commendation, the ladder of penalties, priority.

Rules (article 51): outstanding cases, once confirmed, are commended in various forms; those who fail to act
are held to account by a step of a ladder; units and people with merit come first. The forms and steps, what
they count, how long they last and how long an appeal may be lodged are no law of nature: a scheme carries
them, and is adopted by an event. What was decided under a scheme keeps its figures whatever comes later.

- A code names one form or step; steps are told from the mildest to the gravest.
- A form counts for merit (above zero), a step against it (zero or below).
- A form or step says whom it is for: units, officials, or both.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import pairwise
from typing import Any

from domain import identifiers
from domain.assessment.subject import SubjectKind
from domain.refusal import Refusal, require, require_figure, require_line

MOST_MEASURES = 30
MOST_TERM_MONTHS = 120
MOST_APPEAL_DAYS = 180
MOST_DIGITS = 4


@dataclass(frozen=True)
class CommendationForm:
    """A form of commendation (表彰形式). `term_months` None: it counts without end."""

    code: str
    name: str
    name_en: str
    points: Decimal
    subjects: tuple[SubjectKind, ...]
    term_months: int | None = None


@dataclass(frozen=True)
class PenaltyStep:
    """A step of the ladder of penalties (问责方式). `points` is zero or below; `term_months` None: no end."""

    code: str
    name: str
    name_en: str
    points: Decimal
    subjects: tuple[SubjectKind, ...]
    term_months: int | None = None


@dataclass(frozen=True)
class PriorityRule:
    """Who comes first (评先树优、选拔任用优先): those whose merits in force reach `least_merits`, unless a
    penalty in force is of the step `barring_step` or a graver one."""

    least_merits: Decimal
    barring_step: str


@dataclass(frozen=True)
class Measures:
    """What a scheme says of merit and fault. `ladder` is in order, the mildest step first."""

    forms: tuple[CommendationForm, ...]
    ladder: tuple[PenaltyStep, ...]
    appeal_days: int
    priority: PriorityRule

    def form(self, code: str, kind: SubjectKind) -> CommendationForm:
        """The form of this code, if it is for such a subject."""
        form = next((f for f in self.forms if f.code == code), None)
        if form is None:
            raise Refusal(
                "commendation.form_unknown", field="form", known=", ".join(f.code for f in self.forms)
            )
        require(kind in form.subjects, "commendation.form_not_for_them", field="form", form=form.name)
        return form

    def step(self, code: str, kind: SubjectKind) -> PenaltyStep:
        """The step of this code, if it is for such a subject."""
        step = next((s for s in self.ladder if s.code == code), None)
        if step is None:
            raise Refusal("penalty.step_unknown", field="step", known=", ".join(s.code for s in self.ladder))
        require(kind in step.subjects, "penalty.step_not_for_them", field="step", step=step.name)
        return step

    def level(self, code: str) -> int:
        """How grave the step is: 1 for the mildest."""
        return 1 + next(i for i, step in enumerate(self.ladder) if step.code == code)


def require_measures(measures: Measures, field: str = "measures") -> Measures:
    """The measures as they are recorded: named, told apart, counting the right way."""
    forms = tuple(
        replace(f, **_named(f, f"{field}.forms.{i}", lambda p: p > 0)) for i, f in enumerate(measures.forms)
    )
    ladder = tuple(
        replace(s, **_named(s, f"{field}.ladder.{i}", lambda p: p <= 0))
        for i, s in enumerate(measures.ladder)
    )
    for at, listed in (("forms", forms), ("ladder", ladder)):
        require(1 <= len(listed) <= MOST_MEASURES, "measure.count", field=f"{field}.{at}", most=MOST_MEASURES)
        codes = {m.code for m in listed}
        require(len(codes) == len(listed), "measure.code_twice", field=f"{field}.{at}")
    growing = all(a.points >= b.points for a, b in pairwise(ladder))
    require(growing, "penalty.ladder_not_growing", field=f"{field}.ladder")
    days = measures.appeal_days
    require(
        1 <= days <= MOST_APPEAL_DAYS,
        "appeal.days_out_of_range",
        field=f"{field}.appealDays",
        most=MOST_APPEAL_DAYS,
    )
    rule = measures.priority
    known = rule.barring_step in {s.code for s in ladder}
    require(known, "priority.step_unknown", field=f"{field}.priority.barringStep")
    least = require_figure(rule.least_merits, f"{field}.priority.leastMerits")
    return Measures(forms, ladder, days, replace(rule, least_merits=least))


def _named(
    measure: CommendationForm | PenaltyStep, field: str, counts: Callable[[Decimal], bool]
) -> dict[str, Any]:
    """The fields of a form or step that are written down in one way only."""
    months = measure.term_months
    bounded = months is None or 1 <= months <= MOST_TERM_MONTHS
    require(bounded, "measure.term_out_of_range", field=f"{field}.termMonths", most=MOST_TERM_MONTHS)
    points = require_figure(measure.points, f"{field}.points")
    require(counts(points), "measure.points_the_wrong_way", field=f"{field}.points")
    require(points == round(points, MOST_DIGITS), "measure.points_too_fine", field=f"{field}.points")
    require(bool(measure.subjects), "measure.for_nobody", field=f"{field}.subjects")
    return {
        "code": identifiers.require_code(measure.code, f"{field}.code"),
        "name": require_line(measure.name, f"{field}.name", most=40),
        "name_en": require_line(measure.name_en, f"{field}.nameEn", most=80),
        "points": points,
        "subjects": tuple(kind for kind in SubjectKind if kind in measure.subjects),
    }
