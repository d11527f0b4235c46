"""Accountability cases: nobody is penalised without facts and a hearing, or twice; one appeal, in time."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from domain import identifiers
from domain.assessment.accountability_case import AccountabilityCase, AppealOutcome, CaseStatus
from domain.assessment.grounds import GROUNDS, Ground, GroundNamed, register_ground
from tests.domain import examples as city
from tests.domain.assessment import merits
from tests.domain.assessment.merits import (
    JUNE,
    MAY,
    TO_PENALTY,
    appealed,
    established,
    executed,
    heard,
    later,
    opened,
    overturned,
    penalized,
)
from tests.domain.scenario import Command, given


def upheld(case: AccountabilityCase) -> None:
    case.uphold_penalty("处理适当。", "市委督查室", merits.PAPER, JUNE)


def changed(case: AccountabilityCase) -> None:
    case.change_penalty(merits.TALK, 2, merits.EDITION, "情节较轻。", "市委督查室", merits.PAPER, JUNE)


def dropped(case: AccountabilityCase) -> None:
    case.drop("查无实据。", MAY)


def published(case: AccountabilityCase) -> None:
    case.publish_penalty("潍坊日报", MAY)


def closed(case: AccountabilityCase) -> None:
    case.close("", later(60))


FIELD = "accountabilityCase"

# -- opened


def test_a_case_is_opened_on_a_ground() -> None:
    outcome = given().when(opened()).then(AccountabilityCase.Opened, ground=merits.COMPLAINT)
    assert outcome.aggregate.id == identifiers.accountability_case_id("case.1")
    assert outcome.aggregate.status is CaseStatus.OPENED


def test_a_case_is_not_about_tomorrow() -> None:
    given().when(opened(happened_on=date(2020, 5, 21))).then_refused(
        "accountability_case.not_happened_yet", field="happenedOn"
    )


def test_a_case_is_about_a_day_that_is_counted() -> None:
    given().when(opened(happened_on=date.min)).then_refused("date.out_of_range", field="happenedOn")


@pytest.mark.parametrize(
    ("ground", "code", "field"),
    [
        (GroundNamed("rumour", "听说"), "ground.unknown", "ground"),
        (GroundNamed("complaint", ""), "text.empty", "ground.reference"),
        (GroundNamed("complaint", "信", 7, "task.listed"), "ground.from_outside", "ground.position"),
        (GroundNamed("missed_target", "任务17.1"), "ground.rests_on_an_event", "ground.position"),
        (
            GroundNamed("missed_target", "", 7, "directory.opened"),
            "ground.rests_on_an_event",
            "ground.position",
        ),
    ],
)
def test_a_ground_is_registered_and_rests_on_what_it_says(ground: GroundNamed, code: str, field: str) -> None:
    given().when(opened(ground=ground)).then_refused(code, field=field)


def test_a_missed_target_rests_on_an_event() -> None:
    ground = GroundNamed("missed_target", "", 7, "task.progress_reported")
    given().when(opened(ground=ground)).then(AccountabilityCase.Opened, ground=ground)


def test_another_part_brings_a_ground_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("domain.assessment.grounds._GROUNDS", grounds := dict(GROUNDS))
    monkeypatch.setattr("domain.assessment.grounds.GROUNDS", grounds)
    register_ground(Ground("red_card", "red card", "红牌", topics=("card.given",)))
    ground = GroundNamed("red_card", "", 7, "card.given")
    given().when(opened(ground=ground)).then(AccountabilityCase.Opened, ground=ground)
    with pytest.raises(ValueError, match="red_card"):
        register_ground(Ground("red_card", "red card", "红牌"))


# -- facts and hearing


def test_facts_are_established_and_heard_on() -> None:
    given(opened()).when(established).then(AccountabilityCase.FactEstablished, fact="三个村未开工。")
    given(opened(), established).when(heard).then(
        AccountabilityCase.HearingRecorded, statement="受天气影响。", waived=False
    )


def test_a_hearing_may_be_waived_without_words() -> None:
    given(opened(), established).when(lambda c: c.hear("", True, MAY)).then(
        AccountabilityCase.HearingRecorded, statement="", waived=True
    )
    given(opened(), established).when(lambda c: c.hear("", False, MAY)).then_refused(
        "text.empty", "statement"
    )


def test_there_is_no_hearing_about_nothing_and_none_twice() -> None:
    given(opened()).when(heard).then_refused("accountability_case.no_fact", FIELD)
    given(opened(), established, heard).when(heard).then_refused("accountability_case.heard", FIELD)


def test_a_further_fact_asks_for_a_further_hearing() -> None:
    given(opened(), established, heard, established).when(penalized).then_refused("penalty.unheard", FIELD)
    given(opened(), established, heard, established, heard).when(penalized).then(
        AccountabilityCase.PenaltyImposed
    )


# -- the penalty


def test_a_penalty_counts_from_that_day_and_may_be_appealed_until() -> None:
    outcome = given(*TO_PENALTY[:3]).when(penalized)
    (event,) = outcome.recorded
    assert isinstance(event, AccountabilityCase.PenaltyImposed)
    assert event.effect.id == identifiers.effect_id(outcome.aggregate.id, 4)
    assert (event.effect.measure, event.effect.level) == ("criticism", 3)
    assert event.effect.points == Decimal("-2.5")
    assert (event.effect.in_force_from, event.effect.in_force_to) == (date(2020, 5, 20), date(2021, 5, 19))
    assert event.appeal_until == date(2020, 6, 19)
    assert event.decision == merits.DECISION


def test_no_penalty_without_an_established_fact_and_a_hearing() -> None:
    given(opened()).when(penalized).then_refused("penalty.without_fact", FIELD)
    given(opened(), established).when(penalized).then_refused("penalty.unheard", FIELD)


@pytest.mark.parametrize("command", [penalized, established, heard, dropped])
@pytest.mark.parametrize("history", [(), (executed,), (appealed,), (appealed, overturned)])
def test_what_is_decided_is_not_decided_again(history: tuple[Command, ...], command: Command) -> None:
    given(*TO_PENALTY, *history).when(command).then_refused("penalty.decided", FIELD)


@pytest.mark.parametrize(
    ("texts", "field"), [({"legal_basis": " "}, "legalBasis"), ({"decided_by": ""}, "decidedBy")]
)
def test_a_penalty_says_its_basis_and_who_decided(texts: dict[str, Any], field: str) -> None:
    decision = replace(merits.DECISION, **texts)
    given(*TO_PENALTY[:3]).when(
        lambda c: c.impose_penalty(merits.TALK, 2, merits.EDITION, 30, decision, MAY)
    ).then_refused("text.empty", field=field)


@pytest.mark.parametrize("history", [(), (established,), (established, heard)])
def test_a_case_that_comes_to_nothing_is_dropped_for_good(history: tuple[Command, ...]) -> None:
    given(opened(), *history).when(dropped).then(AccountabilityCase.Dropped, reason="查无实据。")
    for command in (established, heard, penalized, dropped, published, appealed, executed, closed):
        given(opened(), *history, dropped).when(command).then_refused("accountability_case.closed", FIELD)


def test_a_penalty_is_published_once() -> None:
    given(*TO_PENALTY).when(published).then(AccountabilityCase.PenaltyPublished, outlet="潍坊日报")
    given(*TO_PENALTY, published).when(published).then_refused("penalty.published", FIELD)
    given(opened(), established).when(published).then_refused("penalty.none", FIELD)
    given(*TO_PENALTY, appealed, overturned).when(published).then_refused("penalty.overturned", FIELD)


# -- appeals


def test_whoever_was_penalised_appeals_until_the_last_day() -> None:
    given(*TO_PENALTY).when(lambda c: c.appeal(merits.UNIT, "事实有误。", (), later(30))).then(
        AccountabilityCase.Appealed, grounds="事实有误。"
    )
    given(*TO_PENALTY).when(lambda c: c.appeal(merits.UNIT, "事实有误。", (), later(31))).then_refused(
        "appeal.too_late", field=FIELD, says="2020年6月19日"
    )


def test_nobody_else_appeals() -> None:
    given(*TO_PENALTY).when(lambda c: c.appeal(merits.OTHERS, "不公。", (), JUNE)).then_refused(
        "appeal.not_yours", field="unit"
    )
    given(*TO_PENALTY).when(lambda c: c.appeal(merits.OFFICIAL, "不公。", (), JUNE)).then_refused(
        "appeal.not_yours", field="official"
    )


def test_there_is_one_appeal_and_one_decision() -> None:
    given(*TO_PENALTY, appealed).when(appealed).then_refused("appeal.lodged_before", FIELD)
    given(*TO_PENALTY, appealed, upheld).when(appealed).then_refused("appeal.lodged_before", FIELD)
    for decision in (upheld, changed, overturned):
        given(*TO_PENALTY).when(decision).then_refused("appeal.none", FIELD)
        for again in (upheld, changed, overturned):
            given(*TO_PENALTY, appealed, decision).when(again).then_refused("appeal.decided", FIELD)


def test_there_is_nothing_to_appeal_before_a_penalty() -> None:
    given(*TO_PENALTY[:3]).when(appealed).then_refused("penalty.none", FIELD)


@pytest.mark.parametrize("history", [(), (executed,)])
def test_a_penalty_is_upheld(history: tuple[Command, ...]) -> None:
    outcome = given(*TO_PENALTY, *history, appealed).when(upheld)
    outcome.then(
        AccountabilityCase.AppealDecided,
        outcome=AppealOutcome.UPHELD,
        effect=None,
        penalty_id=outcome.aggregate.penalty.id,
    )


def test_a_penalty_is_overturned_and_stands_no_more() -> None:
    outcome = given(*TO_PENALTY, appealed).when(overturned)
    outcome.then(AccountabilityCase.AppealDecided, outcome=AppealOutcome.OVERTURNED, effect=None)
    outcome.when(executed).then_refused("penalty.overturned", FIELD)
    assert outcome.aggregate.status is CaseStatus.OVERTURNED


def test_a_penalty_is_changed_to_a_milder_one_from_the_same_day() -> None:
    outcome = given(*TO_PENALTY, appealed).when(changed)
    (event,) = outcome.recorded
    assert isinstance(event, AccountabilityCase.AppealDecided)
    assert event.effect is not None
    assert event.penalty_id != event.effect.id
    assert (event.effect.measure, event.effect.points) == ("talk", Decimal(-1))
    assert (event.effect.in_force_from, event.effect.in_force_to) == (date(2020, 5, 20), date(2020, 11, 19))
    assert outcome.aggregate.penalty == event.effect


@pytest.mark.parametrize("step", [(merits.CRITICISM, 3), (merits.ADMONITION, 4)])
def test_an_appeal_does_not_make_it_worse(step: tuple[Any, int]) -> None:
    given(*TO_PENALTY, appealed).when(
        lambda c: c.change_penalty(*step, merits.EDITION, "另查明。", "督查室", merits.PAPER, JUNE)
    ).then_refused("appeal.not_milder", field="step", says="通报批评")


# -- executed and closed


def executes(day: date) -> Command:
    return lambda case: case.execute_penalty(day, "", MAY)


def test_a_penalty_is_executed_once_between_its_day_and_today() -> None:
    given(*TO_PENALTY).when(executed).then(AccountabilityCase.PenaltyExecuted, executed_on=date(2020, 5, 20))
    given(*TO_PENALTY, executed).when(executed).then_refused("penalty.executed", FIELD)
    for day in (date(2020, 5, 19), date(2020, 5, 21)):
        given(*TO_PENALTY).when(executes(day)).then_refused("penalty.executed_outside", field="executedOn")
    given(*TO_PENALTY[:3]).when(executed).then_refused("penalty.none", FIELD)


Closing = Callable[[AccountabilityCase], None]


@pytest.mark.parametrize(
    ("history", "close", "code"),
    [
        ((established, heard), closed, "penalty.none"),
        (TO_PENALTY[1:], closed, "penalty.not_executed"),
        ((*TO_PENALTY[1:], executed, appealed), closed, "appeal.undecided"),
        ((*TO_PENALTY[1:], executed), lambda c: c.close("", later(30)), "appeal.period_open"),
        ((*TO_PENALTY[1:], executed, closed), closed, "accountability_case.closed"),
    ],
)
def test_a_case_is_not_closed_before_all_is_done(
    history: tuple[Command, ...], close: Closing, code: str
) -> None:
    given(opened(), *history).when(close).then_refused(code, FIELD)


@pytest.mark.parametrize(
    ("history", "day"),
    [((executed,), 31), ((executed, appealed, upheld), 22), ((appealed, overturned), 22)],
)
def test_a_case_is_closed_when_nothing_is_left(history: tuple[Command, ...], day: int) -> None:
    outcome = given(*TO_PENALTY, *history).when(lambda c: c.close("归档。", later(day)))
    outcome.then(AccountabilityCase.Closed, remark="归档。")
    assert outcome.aggregate.status is CaseStatus.CLOSED
    outcome.when(appealed).then_refused(
        "appeal.lodged_before" if appealed in history else "accountability_case.closed", FIELD
    )


# -- lifted before its term is over


def lifted(case: AccountabilityCase) -> None:
    case.lift_penalty("已整改到位。", "市攻坚办", merits.PAPER, later(60))


@pytest.mark.parametrize("history", [(executed,), (executed, appealed, upheld), (executed, closed)])
def test_a_final_penalty_is_lifted_before_its_term_is_over(history: tuple[Command, ...]) -> None:
    outcome = given(*TO_PENALTY, *history).when(lifted)
    penalty = outcome.aggregate.penalty
    facts = {"reason": "已整改到位。", "decided_by": "市攻坚办", "published": False}
    outcome.then(AccountabilityCase.PenaltyLifted, penalty_id=penalty.id, **facts)
    outcome.when(lifted).then_refused("penalty.lifted", FIELD)


def test_what_was_lifted_is_not_made_public_any_more() -> None:
    given(*TO_PENALTY, executed, lifted).when(
        lambda c: c.publish_penalty("潍坊日报", later(61))
    ).then_refused("penalty.lifted", FIELD)


def test_a_milder_penalty_is_lifted_in_place_of_the_first() -> None:
    outcome = given(*TO_PENALTY, executed, appealed, changed).when(lifted)
    outcome.then(AccountabilityCase.PenaltyLifted, penalty_id=outcome.aggregate.penalty.id)


@pytest.mark.parametrize(
    ("history", "day", "code"),
    [
        (TO_PENALTY[1:3], 60, "penalty.none"),
        (TO_PENALTY[1:], 60, "penalty.not_final"),
        ((*TO_PENALTY[1:], executed), 30, "penalty.not_final"),
        ((*TO_PENALTY[1:], executed, appealed), 60, "penalty.not_final"),
        ((*TO_PENALTY[1:], appealed, overturned), 60, "penalty.overturned"),
        ((*TO_PENALTY[1:], appealed, overturned, closed), 60, "penalty.overturned"),
        ((established, dropped), 60, "penalty.none"),
        ((*TO_PENALTY[1:], executed), 365, "penalty.expired"),
    ],
)
def test_a_penalty_that_is_not_final_or_over_is_not_lifted(
    history: tuple[Command, ...], day: int, code: str
) -> None:
    given(opened(), *history).when(
        lambda c: c.lift_penalty("已整改。", "市攻坚办", merits.PAPER, later(day))
    ).then_refused(code, FIELD)


def test_the_last_day_of_a_term_is_one_on_which_it_is_lifted() -> None:
    given(*TO_PENALTY, executed).when(
        lambda c: c.lift_penalty("已整改。", "市攻坚办", merits.PAPER, later(364))
    ).then(AccountabilityCase.PenaltyLifted)


def test_evidence_goes_with_facts_and_appeals() -> None:
    given(opened()).when(lambda c: c.establish_fact("未开工。", (city.EVIDENCE,) * 21, MAY)).then_refused(
        "evidence.too_many", field="evidence"
    )
