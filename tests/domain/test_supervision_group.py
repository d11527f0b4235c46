"""Supervision groups: what they cover, and that they inspect nothing else."""

from typing import Any

import pytest

from domain import identifiers
from domain.supervision_group import SupervisionGroup
from tests.domain.examples import CAMPAIGN, JUNE, LEAD, OFFICIALS, OTHER, SUPPORT, formed
from tests.domain.scenario import given

ELSEWHERE = identifiers.campaign_id("c6")


def test_a_group_is_formed_under_the_identity_of_its_code() -> None:
    outcome = (
        given()
        .when(formed())
        .then(
            SupervisionGroup.Formed,
            leader_id=OFFICIALS[0],
            campaigns=(CAMPAIGN,),
            units=(LEAD, SUPPORT),
        )
    )
    assert outcome.aggregate.id == identifiers.group_id("group.1")


def test_a_group_covers_at_least_one_campaign() -> None:
    given().when(formed(campaigns=())).then_refused("group.covers_nothing", field="campaigns")
    given(formed()).when(lambda g: g.change_coverage((), (LEAD,), JUNE)).then_refused(
        "group.covers_nothing", field="campaigns"
    )


@pytest.mark.parametrize(
    ("field", "twice"),
    [("campaigns", {"campaigns": (CAMPAIGN, CAMPAIGN)}), ("units", {"units": (LEAD, LEAD)})],
)
def test_a_coverage_names_nothing_twice(field: str, twice: dict[str, Any]) -> None:
    given().when(formed(**twice)).then_refused("group.covered_twice", field=field)


def test_a_group_has_a_code_and_a_name() -> None:
    given().when(formed(code="Group")).then_refused("code.malformed", field="code")
    given().when(formed(name="")).then_refused("text.empty", field="name")


def test_the_coverage_of_a_group_changes() -> None:
    given(formed()).when(lambda g: g.change_coverage((CAMPAIGN, ELSEWHERE), (), JUNE)).then(
        SupervisionGroup.CoverageChanged, campaigns=(CAMPAIGN, ELSEWHERE), units=()
    )


def test_the_same_coverage_in_another_order_is_no_change() -> None:
    given(formed()).when(lambda g: g.change_coverage((CAMPAIGN,), (SUPPORT, LEAD), JUNE)).then_refused(
        "group.coverage_unchanged", field="campaigns"
    )


@pytest.mark.parametrize(("campaign", "unit"), [(ELSEWHERE, LEAD), (CAMPAIGN, OTHER)])
def test_a_group_inspects_nothing_outside_its_coverage(campaign: Any, unit: Any) -> None:
    given(formed()).when(lambda g: g.require_covers(campaign, unit)).then_refused(
        "group.not_covering", field="group", says="不在第一督导评估组督导范围内"
    )


def test_what_is_of_no_campaign_is_covered_by_its_unit_alone() -> None:
    given(formed()).when(lambda g: g.require_covers(None, OTHER)).then_refused(
        "group.not_covering", field="group"
    )
    formed()(None).require_covers(None, SUPPORT)


def test_a_group_inspects_what_it_covers() -> None:
    formed()(None).require_covers(CAMPAIGN, SUPPORT)


def test_a_group_without_units_covers_every_unit_of_its_campaigns() -> None:
    group = formed(units=())(None)
    group.require_covers(CAMPAIGN, OTHER)


def test_a_group_scores_the_units_it_covers_and_no_others() -> None:
    given(formed()).when(lambda g: g.require_covers_unit(OTHER)).then_refused(
        "evaluation.not_covering_unit", field="unit", says="不在第一督导评估组督导范围内"
    )
    formed()(None).require_covers_unit(SUPPORT)
    formed(units=())(None).require_covers_unit(OTHER)
