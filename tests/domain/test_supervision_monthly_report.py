"""The groups' monthly reports: generated once the month is over, reviewed and submitted by their SHA-256."""

from datetime import UTC, datetime
from hashlib import sha256

import pytest

from domain.supervision.monthly_report import MOST_CHARACTERS, MonthlyReport
from tests.domain import examples as city
from tests.domain.scenario import Command, given
from tests.domain.supervised import (
    CONTENTS,
    PERIOD,
    REPORT_TEXT,
    report_generated,
    report_opened,
    report_reviewed,
    report_submitted,
)

GENERATED: tuple[Command, ...] = (report_opened, report_generated())
REVIEWED: tuple[Command, ...] = (*GENERATED, report_reviewed)
SUBMITTED: tuple[Command, ...] = (*REVIEWED, report_submitted)
ANEW = report_generated("# 更正后的月报")


def test_the_text_is_kept_with_its_sha256() -> None:
    text = REPORT_TEXT.strip()
    digest = sha256(text.encode()).hexdigest()
    outcome = given(report_opened).when(report_generated())
    outcome.then(MonthlyReport.Generated, edition=1, text=text, sha256=digest, contents=CONTENTS)
    outcome.when(report_reviewed).then(MonthlyReport.Reviewed, edition=1, sha256=digest)
    outcome.when(report_submitted).then(
        MonthlyReport.Submitted, group_id=city.GROUP, period=PERIOD, edition=1, sha256=digest
    )


def test_generated_anew_it_is_to_be_reviewed_anew() -> None:
    again = given(*REVIEWED).when(ANEW)
    again.then(MonthlyReport.Generated, edition=2)
    again.when(report_submitted).then_refused("monthly_report.not_reviewed", "monthlyReport")


@pytest.mark.parametrize(
    ("history", "command", "code", "field"),
    [
        (GENERATED, report_generated(), "monthly_report.unchanged", "period"),
        (GENERATED, report_submitted, "monthly_report.not_reviewed", "monthlyReport"),
        (REVIEWED, report_reviewed, "monthly_report.reviewed", "monthlyReport"),
        (SUBMITTED, report_submitted, "monthly_report.submitted", "monthlyReport"),
        (SUBMITTED, report_reviewed, "monthly_report.submitted", "monthlyReport"),
        (SUBMITTED, ANEW, "monthly_report.submitted", "monthlyReport"),
        (
            GENERATED,
            lambda r: r.review("0" * 64, city.OFFICIALS[0], "", city.JUNE),
            "monthly_report.not_latest",
            "sha256",
        ),
        (REVIEWED, lambda r: r.submit("0" * 64, "市委", city.JUNE), "monthly_report.not_latest", "sha256"),
        (REVIEWED, lambda r: r.submit(r.sha256, " ", city.JUNE), "text.empty", "recipient"),
        (GENERATED, report_generated("页" * (MOST_CHARACTERS + 1)), "text.too_long", "text"),
        (GENERATED, lambda r: r.require_of(city.CAMPAIGN), "monthly_report.not_your_group", "group"),
    ],
)
def test_steps_out_of_order_are_refused(
    history: tuple[Command, ...], command: Command, code: str, field: str
) -> None:
    given(*history).when(command).then_refused(code, field)


@pytest.mark.parametrize(
    ("period", "code"),
    [("2020-06", "monthly_report.month_not_over"), ("2020-6", "period.malformed"), ("", "period.malformed")],
)
def test_a_month_is_reported_on_when_it_is_over(period: str, code: str) -> None:
    last = datetime(2020, 6, 30, 23, 59, tzinfo=UTC)
    given().when(lambda _: MonthlyReport.open(city.GROUP, period, last)).then_refused(code, "period")
