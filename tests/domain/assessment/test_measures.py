"""What a scheme says of merit and fault: told apart, counting the right way, for whom."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from domain.assessment.measures import Measures, PriorityRule, require_measures
from domain.assessment.subject import SubjectKind
from domain.refusal import Refusal
from tests.domain.assessment.merits import CRITICISM, MEASURES, MERIT, NOTICE, REMINDER, TALK


def refused(ask: Callable[[], Any]) -> tuple[str, str | None]:
    with pytest.raises(Refusal) as refusal:
        ask()
    return refusal.value.code, refusal.value.field


def test_measures_are_recorded_as_they_are_meant() -> None:
    assert require_measures(MEASURES) == MEASURES
    written = replace(
        MEASURES, forms=(replace(NOTICE, name=" 通报表扬 ", subjects=NOTICE.subjects[::-1] * 2),)
    )
    assert require_measures(written).forms == (NOTICE,)


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"forms": ()}, "measure.count", "forms"),
        ({"ladder": (TALK,) * 31}, "measure.count", "ladder"),
        ({"forms": (NOTICE, NOTICE)}, "measure.code_twice", "forms"),
        ({"forms": (replace(NOTICE, points=Decimal(0)),)}, "measure.points_the_wrong_way", "forms.0.points"),
        ({"ladder": (replace(TALK, points=Decimal(1)),)}, "measure.points_the_wrong_way", "ladder.0.points"),
        (
            {"forms": (replace(NOTICE, points=Decimal("0.00001")),)},
            "measure.points_too_fine",
            "forms.0.points",
        ),
        ({"forms": (replace(NOTICE, points=Decimal("NaN")),)}, "figure.out_of_range", "forms.0.points"),
        ({"forms": (replace(NOTICE, subjects=()),)}, "measure.for_nobody", "forms.0.subjects"),
        ({"forms": (replace(NOTICE, term_months=0),)}, "measure.term_out_of_range", "forms.0.termMonths"),
        (
            {"ladder": (TALK, replace(CRITICISM, term_months=121))},
            "measure.term_out_of_range",
            "ladder.1.termMonths",
        ),
        ({"forms": (replace(NOTICE, code="A"),)}, "code.malformed", "forms.0.code"),
        ({"forms": (replace(NOTICE, name=""),)}, "text.empty", "forms.0.name"),
        ({"forms": (replace(NOTICE, name_en="a" * 81),)}, "text.too_long", "forms.0.nameEn"),
        ({"ladder": (CRITICISM, TALK)}, "penalty.ladder_not_growing", "ladder"),
        ({"appeal_days": 0}, "appeal.days_out_of_range", "appealDays"),
        ({"appeal_days": 181}, "appeal.days_out_of_range", "appealDays"),
        ({"priority": PriorityRule(Decimal(1), "prison")}, "priority.step_unknown", "priority.barringStep"),
        (
            {"priority": PriorityRule(Decimal("Infinity"), "talk")},
            "figure.out_of_range",
            "priority.leastMerits",
        ),
    ],
)
def test_measures_that_cannot_be_meant_are_refused(changes: dict[str, Any], code: str, field: str) -> None:
    assert refused(lambda: require_measures(replace(MEASURES, **changes))) == (code, f"measures.{field}")


def test_a_form_or_step_is_found_for_whom_it_is_for() -> None:
    assert MEASURES.form("notice", SubjectKind.UNIT) == NOTICE
    assert MEASURES.form("merit", SubjectKind.OFFICIAL) == MERIT
    assert MEASURES.step("reminder", SubjectKind.UNIT) == REMINDER
    assert refused(lambda: MEASURES.form("medal", SubjectKind.UNIT)) == ("commendation.form_unknown", "form")
    assert refused(lambda: MEASURES.form("merit", SubjectKind.UNIT)) == (
        "commendation.form_not_for_them",
        "form",
    )
    assert refused(lambda: MEASURES.step("prison", SubjectKind.UNIT)) == ("penalty.step_unknown", "step")
    assert refused(lambda: MEASURES.step("admonition", SubjectKind.UNIT)) == (
        "penalty.step_not_for_them",
        "step",
    )


def test_steps_have_levels_from_the_mildest_on() -> None:
    assert [MEASURES.level(step.code) for step in MEASURES.ladder] == [1, 2, 3, 4]


def test_measures_survive_being_recorded() -> None:
    import msgspec

    assert msgspec.json.decode(msgspec.json.encode(MEASURES), type=Measures) == MEASURES
