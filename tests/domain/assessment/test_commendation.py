"""Commendations: nominated, confirmed or refused, awarded once, revoked for good."""

from datetime import date
from decimal import Decimal

import pytest

from domain import identifiers
from domain.assessment.commendation import Commendation, CommendationStatus
from domain.assessment.effect import last_day_in_force
from tests.domain import examples as city
from tests.domain.assessment import merits
from tests.domain.assessment.merits import MAY, awarded, confirmed, nominated, revoked
from tests.domain.scenario import Command, given


def test_a_unit_is_nominated_under_the_identity_of_the_code() -> None:
    outcome = (
        given()
        .when(nominated())
        .then(Commendation.Nominated, subject=merits.UNIT, grounds="提前完成全年任务。", unit_id=city.LEAD)
    )
    assert outcome.aggregate.id == identifiers.commendation_id("merit.1")


def test_an_official_is_nominated_with_the_post_they_hold() -> None:
    given().when(nominated(subject=merits.OFFICIAL, office=merits.OFFICE)).then(
        Commendation.Nominated, subject=merits.OFFICIAL, office=merits.OFFICE
    )


def test_a_nomination_has_grounds() -> None:
    given().when(nominated(grounds=" ")).then_refused("text.empty", field="grounds", says="事由")


def test_it_is_confirmed_or_refused_once() -> None:
    given(nominated()).when(confirmed).then(Commendation.Confirmed, remark="属实。")
    given(nominated()).when(lambda c: c.refuse("不突出。", MAY)).then(Commendation.Refused, reason="不突出。")
    for decided in (confirmed, lambda c: c.refuse("不突出。", MAY)):
        for again in (confirmed, lambda c: c.refuse("不突出。", MAY)):
            given(nominated(), decided).when(again).then_refused("commendation.decided", "commendation")


def test_what_is_awarded_counts_from_that_day_for_its_term() -> None:
    outcome = given(nominated(), confirmed).when(awarded)
    (event,) = outcome.recorded
    assert isinstance(event, Commendation.Awarded)
    effect = event.effect
    assert effect.id == identifiers.effect_id(outcome.aggregate.id, 3)
    assert (effect.measure, effect.points, effect.level) == ("notice", Decimal("1.5"), 0)
    assert effect.edition == merits.EDITION
    assert (effect.in_force_from, effect.in_force_to) == (date(2020, 5, 20), date(2021, 5, 19))


@pytest.mark.parametrize("history", [(), (lambda c: c.refuse("不突出。", MAY),)])
def test_only_what_is_confirmed_is_awarded(history: tuple[Command, ...]) -> None:
    given(nominated(), *history).when(awarded).then_refused("commendation.not_confirmed", "commendation")


@pytest.mark.parametrize("history", [(), (revoked,)])
def test_it_is_awarded_once(history: tuple[Command, ...]) -> None:
    given(nominated(), confirmed, awarded, *history).when(awarded).then_refused(
        "commendation.awarded", "commendation"
    )


def test_an_award_is_revoked_and_named_by_what_revokes_it() -> None:
    outcome = given(nominated(), confirmed, awarded).when(revoked)
    outcome.then(Commendation.Revoked, award_id=outcome.aggregate.award_id, reason="事迹不实。")
    assert outcome.aggregate.status is CommendationStatus.REVOKED
    outcome.when(revoked).then_refused("commendation.revoked", field="commendation")


def test_what_was_not_awarded_is_neither_revoked_nor_published() -> None:
    given(nominated(), confirmed).when(revoked).then_refused("commendation.not_awarded", "commendation")
    given(nominated()).when(lambda c: c.publish("潍坊日报", MAY)).then_refused(
        "commendation.not_awarded", field="commendation"
    )


def test_an_award_is_published_once_and_not_after_it_was_revoked() -> None:
    outcome = given(nominated(), confirmed, awarded).when(lambda c: c.publish("潍坊日报", MAY))
    outcome.then(Commendation.Published, outlet="潍坊日报", award_id=outcome.aggregate.award_id)
    outcome.when(lambda c: c.publish("潍坊日报", MAY)).then_refused("commendation.published", "commendation")
    given(nominated(), confirmed, awarded, revoked).when(lambda c: c.publish("网站", MAY)).then_refused(
        "commendation.revoked", field="commendation"
    )


def test_the_document_of_an_award_is_not_of_tomorrow() -> None:
    tomorrow = merits.PAPER.__class__("1号", "决定", date(2020, 5, 21))
    given(nominated(), confirmed).when(
        lambda c: c.award(merits.NOTICE, merits.EDITION, tomorrow, MAY)
    ).then_refused("document.issued_in_future", field="document.issuedOn")


@pytest.mark.parametrize(
    ("first", "months", "last"),
    [
        ("2020-05-20", 12, "2021-05-19"),
        ("2020-05-01", 1, "2020-05-31"),
        ("2020-01-31", 1, "2020-02-29"),
        ("2020-11-30", 3, "2021-02-28"),
        ("2020-12-01", 1, "2020-12-31"),
        ("2020-12-31", 2, "2021-02-28"),
        ("2020-12-31", 120, "2030-12-30"),
    ],
)
def test_a_term_ends_the_day_before_the_same_day(first: str, months: int, last: str) -> None:
    assert last_day_in_force(date.fromisoformat(first), months) == date.fromisoformat(last)


def test_without_a_term_it_counts_without_end() -> None:
    assert last_day_in_force(date(2020, 5, 20), None) is None
