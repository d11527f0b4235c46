"""A task is delivered by its lead unit, and accepted or returned by the office or a group."""

from datetime import date
from typing import Any

import pytest

from domain.task import Task, TaskStatus
from tests.domain.examples import (
    GROUP,
    JUNE,
    LEAD,
    OTHER,
    START,
    SUPPORT,
    accepted,
    delivered,
    listed,
    on,
    reassigned,
    returned,
)
from tests.domain.scenario import given


def test_the_lead_unit_delivers_and_the_task_awaits_acceptance() -> None:
    outcome = given(listed()).when(delivered).then(Task.Delivered, delivered_on=date(2020, 6, 1))
    assert outcome.aggregate.status is TaskStatus.DELIVERED
    assert outcome.aggregate.delivered_on == date(2020, 6, 1)


@pytest.mark.parametrize("unit", [SUPPORT, OTHER])
def test_no_other_unit_delivers(unit: Any) -> None:
    given(listed()).when(lambda t: t.deliver(unit, START, "完成。", JUNE)).then_refused(
        "task.not_lead_unit", field="unit"
    )


def test_a_former_lead_unit_delivers_no_more() -> None:
    given(listed(), reassigned).when(delivered).then_refused("task.not_lead_unit", field="unit")


@pytest.mark.parametrize("day", [date(2020, 3, 24), date(2020, 6, 11)])
def test_the_day_of_delivery_lies_between_the_start_and_today(day: date) -> None:
    given(listed()).when(lambda t: t.deliver(LEAD, day, "完成。", JUNE)).then_refused(
        "task.delivered_outside", field="deliveredOn", says="2020年3月25日）至今日（2020年6月10日"
    )


@pytest.mark.parametrize("day", [START, JUNE.date()])
def test_the_first_day_and_today_will_do(day: date) -> None:
    given(listed()).when(lambda t: t.deliver(LEAD, day, "完成。", JUNE)).then(Task.Delivered)


def test_a_delivery_says_what_was_achieved() -> None:
    given(listed()).when(lambda t: t.deliver(LEAD, START, "", JUNE)).then_refused(
        "text.empty", field="statement", says="请填写完成情况说明"
    )


@pytest.mark.parametrize("history", [(delivered,), (delivered, accepted)])
def test_a_task_is_delivered_once(history: Any) -> None:
    given(listed(), *history).when(delivered).then_refused("task.closed", field="task")


@pytest.mark.parametrize("group", [GROUP, None])
def test_a_group_or_the_office_accepts(group: Any) -> None:
    outcome = given(listed(), delivered).when(lambda t: t.accept(group, " ", JUNE))
    outcome.then(Task.Accepted, group_id=group, remark="")
    assert outcome.aggregate.status is TaskStatus.ACCEPTED


@pytest.mark.parametrize("group", [GROUP, None])
def test_a_group_or_the_office_returns_and_says_why(group: Any) -> None:
    outcome = given(listed(), delivered).when(lambda t: t.return_to_unit(group, "台账不全。", JUNE))
    outcome.then(Task.Returned, group_id=group, reason="台账不全。")
    assert outcome.aggregate.status is TaskStatus.RETURNED
    assert outcome.aggregate.delivered_on is None
    given(listed(), delivered).when(lambda t: t.return_to_unit(group, "", JUNE)).then_refused(
        "text.empty", field="reason"
    )


@pytest.mark.parametrize("history", [(), (delivered, accepted), (delivered, returned)])
@pytest.mark.parametrize("command", [accepted, returned])
def test_only_a_delivered_task_is_accepted_or_returned(history: Any, command: Any) -> None:
    given(listed(), *history).when(command).then_refused("task.not_delivered", field="task")


def test_a_returned_task_is_delivered_again_but_not_as_of_before_its_return() -> None:
    scenario = given(listed(), delivered, returned)
    scenario.when(lambda t: t.deliver(LEAD, date(2020, 6, 9), "完成。", on(7, 1))).then_refused(
        "task.delivered_before_return", field="deliveredOn", says="2020年6月10日"
    )
    scenario.when(lambda t: t.deliver(LEAD, JUNE.date(), "完成。", on(7, 1))).then(Task.Delivered)
    scenario.when(accepted).then(Task.Accepted)
