"""What should be done by when, how late a task is, and which reports are missing."""

from datetime import date
from decimal import Decimal

import pytest

from domain.period import first_day, last_day, month_number, period_numbered, period_of
from domain.schedule import days_overdue, deviation, expected, periods_missing
from tests.domain.examples import milestones

START, DEADLINE = date(2020, 4, 1), date(2020, 12, 31)
PLAN = milestones((date(2020, 6, 30), "0.25"), (date(2020, 9, 30), "0.70"), (date(2020, 9, 30), "0.75"))


@pytest.mark.parametrize(
    ("day", "figure", "zh"),
    [
        (date(2019, 12, 31), "0", "任务自2020年4月1日开始，应完成0.0000"),
        (START, "0", "任务自2020年4月1日开始，应完成0.0000"),
        (date(2020, 4, 2), "0.0036", "总工期274天，已过1天，应完成0.0036"),
        (date(2020, 8, 16), "0.5", "总工期274天，已过137天，应完成0.5000"),
        (date(2020, 12, 30), "0.9964", "总工期274天，已过273天，应完成0.9964"),
        (DEADLINE, "1", "已到完成时限2020年12月31日，应完成1.0000"),
        (date(2025, 1, 1), "1", "已到完成时限2020年12月31日，应完成1.0000"),
    ],
)
def test_without_milestones_each_day_brings_as_much(day: date, figure: str, zh: str) -> None:
    explained = expected(START, DEADLINE, (), day)
    assert (explained.figure, explained.zh) == (Decimal(figure), zh)
    assert explained.en.endswith(f", expected {explained.figure}")


@pytest.mark.parametrize(
    ("day", "figure", "zh"),
    [
        (date(2020, 6, 29), "0", "首个节点时限为2020年6月30日，应完成0.0000"),
        (date(2020, 6, 30), "0.25", "节点“节点1”时限为2020年6月30日，应完成0.2500"),
        (date(2020, 9, 29), "0.25", "节点“节点1”时限为2020年6月30日，应完成0.2500"),
        (date(2020, 9, 30), "0.75", "节点“节点3”时限为2020年9月30日，应完成0.7500"),
        (date(2020, 12, 30), "0.75", "节点“节点3”时限为2020年9月30日，应完成0.7500"),
        (DEADLINE, "1", "已到完成时限2020年12月31日，应完成1.0000"),
    ],
)
def test_with_milestones_the_last_one_due_counts(day: date, figure: str, zh: str) -> None:
    explained = expected(START, DEADLINE, PLAN, day)
    assert (explained.figure, explained.zh) == (Decimal(figure), zh)
    assert explained.en.endswith(f", expected {explained.figure}")


def test_a_deviation_below_zero_is_behind_schedule_and_unknown_stays_unknown() -> None:
    assert deviation(Decimal("0.4000"), Decimal("0.5000")) == Decimal("-0.1000")
    assert deviation(Decimal("0.5000"), Decimal("0.5000")) == 0
    assert deviation(None, Decimal("0.5000")) is None


@pytest.mark.parametrize(
    ("delivered_on", "day", "late"),
    [
        (None, date(2020, 12, 30), 0),
        (None, DEADLINE, 0),
        (None, date(2021, 1, 1), 1),
        (date(2020, 12, 31), date(2021, 6, 1), 0),
        (date(2021, 1, 10), date(2021, 6, 1), 10),
    ],
)
def test_each_day_after_the_deadline_counts_until_delivery(
    delivered_on: date | None, day: date, late: int
) -> None:
    assert days_overdue(DEADLINE, delivered_on, day) == late


def test_a_month_that_is_over_and_was_not_reported_is_missing() -> None:
    assert periods_missing(START, None, (), date(2020, 4, 30)) == []
    assert periods_missing(START, None, (), date(2020, 5, 1)) == ["2020-04"]
    assert periods_missing(START, None, {"2020-05"}, date(2020, 7, 1)) == ["2020-04", "2020-06"]


def test_a_task_that_is_late_goes_on_reporting_until_the_month_of_delivery() -> None:
    reported = [period_numbered(n) for n in range(month_number("2020-04"), month_number("2021-01"))]
    assert periods_missing(START, None, reported, date(2021, 3, 1)) == ["2021-01", "2021-02"]
    assert periods_missing(START, date(2021, 1, 10), reported, date(2021, 6, 1)) == ["2021-01"]
    assert periods_missing(START, date(2020, 12, 10), reported, date(2021, 6, 1)) == []


def test_nothing_is_missing_of_a_task_that_has_not_begun() -> None:
    assert periods_missing(START, None, (), date(2019, 1, 1)) == []


def test_a_period_has_its_first_and_last_day() -> None:
    assert (first_day("2020-02"), last_day("2020-02")) == (date(2020, 2, 1), date(2020, 2, 29))
    assert last_day("2021-02") == date(2021, 2, 28)
    assert last_day("9999-12") == date(9999, 12, 31)
    assert period_of(date(999, 1, 1)) == "0999-01"
    assert month_number("2020-01") == 24240
