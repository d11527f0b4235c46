"""What becomes of a report: corrected, withdrawn, verified, disputed, published; and when it may be."""

from typing import Any

import pytest

from domain import identifiers
from domain.progress_report import ReportStatus
from domain.task import Task
from tests.domain.examples import (
    APRIL,
    EVIDENCE,
    GROUP,
    JUNE,
    LEAD,
    MAY,
    NONE_YET,
    OTHER,
    SUPPORT,
    accepted,
    corrected,
    delivered,
    disputed,
    listed,
    published,
    reassigned,
    report_of,
    reported,
    returned,
    values,
    verified,
    withdrawn,
)
from tests.domain.scenario import given

NOBODYS = identifiers.report_id(LEAD, 1)


# -- corrected and withdrawn


def test_a_correction_says_why() -> None:
    given(listed(), reported()).when(corrected()).then(
        Task.ReportCorrected, unit_id=LEAD, values=tuple(values(30000, 54)), reason="统计口径有误。"
    )
    given(listed(), reported()).when(corrected(reason="")).then_refused("text.empty", field="reason")


def test_a_correction_is_held_to_the_rules_of_a_report() -> None:
    given(listed(), reported()).when(corrected("-1")).then_refused(
        "report.negative_count", field="values.0.value"
    )
    given(listed(), reported()).when(corrected(evidence=[EVIDENCE] * 21)).then_refused(
        "evidence.too_many", field="evidence"
    )


def test_a_correction_changes_something() -> None:
    same = corrected(28500, "54.00")
    given(listed(), reported(), disputed).when(same).then_refused(
        "report.correction_unchanged", field="values"
    )
    given(listed(), reported()).when(corrected(28500, 54, evidence=())).then(Task.ReportCorrected)
    given(listed(), reported()).when(corrected(28500, 54, narrative="补充说明。")).then(Task.ReportCorrected)
    given(listed(), reported(), corrected()).when(corrected()).then_refused(
        "report.correction_unchanged", field="values"
    )


def test_a_verified_report_is_corrected_and_to_be_verified_again() -> None:
    outcome = given(listed(), reported(), verified).when(corrected()).then(Task.ReportCorrected)
    report = outcome.aggregate.reports.by_id[report_of(outcome.aggregate)]
    assert report.status is ReportStatus.SUBMITTED
    outcome.when(verified).then(Task.ReportVerified)


def test_a_verified_report_is_not_withdrawn() -> None:
    given(listed(), reported(), verified).when(withdrawn).then_refused("report.verified", field="report")


def test_a_withdrawal_says_why() -> None:
    given(listed(), reported()).when(withdrawn).then(Task.ReportWithdrawn, reason="重复报送。")
    given(listed(), reported()).when(lambda t: t.withdraw_report(report_of(t), LEAD, " ", MAY)).then_refused(
        "text.empty", field="reason"
    )


def test_the_lead_unit_corrects_and_withdraws_what_a_supporting_unit_reported() -> None:
    given(listed(), reported(unit_id=SUPPORT)).when(corrected()).then(Task.ReportCorrected, unit_id=LEAD)
    given(listed(), reported(unit_id=SUPPORT)).when(withdrawn).then(Task.ReportWithdrawn)


def test_a_supporting_unit_corrects_and_withdraws_its_own_report_only() -> None:
    def withdrawn_by_support(task: Task) -> None:
        task.withdraw_report(report_of(task), SUPPORT, "重复报送。", MAY)

    own, leads = (listed(), reported(unit_id=SUPPORT)), (listed(), reported())
    given(*own).when(corrected(unit_id=SUPPORT)).then(Task.ReportCorrected, unit_id=SUPPORT)
    given(*own).when(withdrawn_by_support).then(Task.ReportWithdrawn)
    given(*leads).when(corrected(unit_id=SUPPORT)).then_refused("report.not_yours", field="unit")
    given(*leads).when(withdrawn_by_support).then_refused("report.not_yours", field="unit")


def test_a_unit_outside_the_task_corrects_and_withdraws_nothing() -> None:
    given(listed(), reported()).when(corrected(unit_id=OTHER)).then_refused("task.not_your_unit", "unit")
    given(listed(), reported()).when(
        lambda t: t.withdraw_report(report_of(t), OTHER, "无关。", MAY)
    ).then_refused("task.not_your_unit", field="unit")


def test_an_unknown_report_is_refused_whatever_is_to_be_done_with_it() -> None:
    history = (listed(), published, reported())
    given(*history).when(corrected(report_id=NOBODYS)).then_refused("report.unknown", field="report")
    for command in (
        lambda t: t.withdraw_report(NOBODYS, LEAD, "重复。", MAY),
        lambda t: t.publish_report(NOBODYS, LEAD, "潍坊日报", MAY),
        lambda t: t.verify_report(NOBODYS, GROUP, "", MAY),
        lambda t: t.dispute_report(NOBODYS, GROUP, "不符。", MAY),
    ):
        given(*history).when(command).then_refused("report.unknown", field="report")


def test_a_withdrawn_report_is_left_alone() -> None:
    history = (listed(), published, reported(), withdrawn)
    for command in (corrected(), withdrawn, verified, disputed, publicised):
        given(*history).when(command).then_refused("report.withdrawn", field="report")


# -- verified and disputed


def test_a_group_verifies_a_report_and_may_remark_on_it() -> None:
    given(listed(), reported()).when(verified).then(
        Task.ReportVerified, group_id=GROUP, remark="现场核实。", standings=APRIL
    )
    given(listed(), reported()).when(lambda t: t.verify_report(report_of(t), GROUP, "", MAY)).then(
        Task.ReportVerified, remark=""
    )


def test_a_report_is_verified_once() -> None:
    given(listed(), reported(), verified).when(verified).then_refused("report.verified", field="report")


def test_a_dispute_says_what_is_wrong() -> None:
    given(listed(), reported()).when(lambda t: t.dispute_report(report_of(t), GROUP, "", MAY)).then_refused(
        "text.empty", field="reason", says="请填写理由"
    )


def test_a_report_is_disputed_once_and_even_after_it_was_verified() -> None:
    given(listed(), reported(), disputed).when(disputed).then_refused("report.disputed", field="report")
    given(listed(), reported(), verified).when(disputed).then(Task.ReportDisputed, standings=NONE_YET)


# -- published


def publicised(task: Task) -> None:
    task.publish_report(report_of(task), LEAD, "潍坊日报", MAY)


def test_the_lead_unit_publishes_progress() -> None:
    given(listed(), published, reported()).when(publicised).then(Task.ReportPublished, outlet="潍坊日报")


def test_no_other_unit_publishes_progress() -> None:
    given(listed(), published, reported(unit_id=SUPPORT)).when(
        lambda t: t.publish_report(report_of(t), SUPPORT, "潍坊日报", MAY)
    ).then_refused("task.publisher_not_lead_unit", field="unit")


def test_the_task_is_published_before_its_progress() -> None:
    given(listed(), reported()).when(publicised).then_refused("task.not_published", field="report")


def test_progress_is_published_once_and_somewhere() -> None:
    given(listed(), published, reported(), publicised).when(publicised).then_refused(
        "report.published", field="report"
    )
    given(listed(), published, reported()).when(
        lambda t: t.publish_report(report_of(t), LEAD, " ", MAY)
    ).then_refused("text.empty", field="outlet")


def test_disputed_progress_is_not_published() -> None:
    given(listed(), published, reported(), disputed).when(publicised).then_refused(
        "report.disputed", field="report"
    )


def test_a_report_stays_public_when_it_is_corrected() -> None:
    given(listed(), published, reported(), publicised, corrected()).when(publicised).then_refused(
        "report.published", field="report"
    )


# -- what the state of the task allows


@pytest.mark.parametrize("command", [reported("2020-05"), corrected(), withdrawn])
def test_nothing_is_reported_for_a_delivered_or_closed_task(command: Any) -> None:
    given(listed(), reported(), delivered).when(command).then_refused("task.closed", field="task")
    given(listed(), reported(), delivered, accepted).when(command).then_refused("task.closed", field="task")
    given(listed(), reported(), delivered, returned).when(command)


def test_a_delivered_task_is_still_inspected_and_a_closed_one_no_more() -> None:
    for command, kind in ((verified, Task.ReportVerified), (disputed, Task.ReportDisputed)):
        given(listed(), reported(), delivered).when(command).then(kind)
        given(listed(), reported(), delivered, accepted).when(command).then_refused(
            "task.accepted", field="task"
        )


def test_the_progress_of_a_closed_task_may_still_be_published() -> None:
    given(listed(), published, reported(), delivered, accepted).when(publicised).then(Task.ReportPublished)


def test_whoever_takes_a_task_over_reports_the_periods_before() -> None:
    given(listed(), reassigned).when(reported("2020-03", unit_id=OTHER, at=JUNE)).then(
        Task.ProgressReported, period="2020-03", unit_id=OTHER
    )


def test_whoever_gave_a_task_away_reports_and_corrects_no_more() -> None:
    given(listed(), reported(), reassigned).when(reported("2020-05")).then_refused(
        "task.not_your_unit", field="unit"
    )
    given(listed(), reported(), reassigned).when(corrected()).then_refused("task.not_your_unit", "unit")


def test_the_new_lead_unit_corrects_what_the_old_one_reported() -> None:
    given(listed(), reported(), reassigned).when(corrected(unit_id=OTHER)).then(Task.ReportCorrected)


def test_a_report_is_named_by_the_event_that_brought_it() -> None:
    outcome = given(listed(), published).when(reported())
    assert outcome.answer == identifiers.report_id(identifiers.task_id("17.1"), 3)
