"""Progress is reported; and which figures count."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from domain.documents import Evidence
from domain.indicator import Direction, Indicator, IndicatorValue, Standing
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
    PM25,
    SUPPORT,
    TOILETS,
    corrected,
    disputed,
    listed,
    on,
    report_of,
    reported,
    standings,
    values,
    verified,
    withdrawn,
)
from tests.domain.scenario import given

# -- reported


def test_a_report_carries_the_values_and_where_the_task_stands_by_them() -> None:
    outcome = (
        given(listed())
        .when(reported("2020-04", 28500, "54.0"))
        .then(
            Task.ProgressReported,
            period="2020-04",
            unit_id=LEAD,
            values=tuple(values(28500, 54)),
            evidence=(EVIDENCE,),
            standings=APRIL,
            completion=Decimal("0.5"),
        )
    )
    assert outcome.answer == report_of(outcome.aggregate)
    assert outcome.aggregate.latest_values() == {"toilets": 28500, "pm25": 54}


def test_a_supporting_unit_reports_as_well() -> None:
    given(listed()).when(reported(unit_id=SUPPORT)).then(Task.ProgressReported, unit_id=SUPPORT)


def test_what_a_supporting_unit_has_reported_is_not_reported_again_by_the_lead_unit() -> None:
    given(listed(), reported(unit_id=SUPPORT)).when(reported()).then_refused(
        "report.period_taken", field="period", says="2020-04"
    )


def test_a_unit_outside_the_task_does_not_report() -> None:
    given(listed()).when(reported(unit_id=OTHER)).then_refused("task.not_your_unit", field="unit")


def test_a_period_is_reported_once() -> None:
    given(listed(), reported()).when(reported()).then_refused("report.period_taken", field="period")


def for_period(period: str) -> Any:
    return lambda t: t.report_progress(LEAD, period, values(1, 1), "好。", (), MAY)


@pytest.mark.parametrize("period", ["2020-02", "2020-06", "2019-12", "9999-12"])
def test_a_period_lies_between_the_first_month_and_this_one(period: str) -> None:
    given(listed()).when(for_period(period)).then_refused(
        "report.period_outside", field="period", says="2020-05"
    )


@pytest.mark.parametrize("period", ["2020-03", "2020-05"])
def test_the_first_month_and_the_present_one_may_be_reported(period: str) -> None:
    given(listed()).when(for_period(period)).then(Task.ProgressReported, period=period)


NO_MONTHS = ["", "2020", "2020-13", "2020-00", "2020-5", "2020-05-01", "2020-05\n", " 2020-05", "1899-12"]
NO_MONTHS += ["0000-01", "２０２０-05", "٢٠٢٠-٠٥", "2020–05", "20200-5", "+020-05", "2020-\ud800", "{period}"]


@pytest.mark.parametrize("period", NO_MONTHS)
def test_a_period_is_a_month_in_plain_digits(period: str) -> None:
    given(listed()).when(for_period(period)).then_refused(
        "period.malformed", field="period", says="报告期请按“年-月”填写"
    )


def test_the_business_date_is_that_of_the_moments_own_time_zone() -> None:
    # The same instant: in Shanghai it is June already.
    instant = datetime(2020, 5, 31, 18, 30, tzinfo=UTC)
    given(listed()).when(reported("2020-06", at=instant)).then_refused("report.period_outside", "period")
    given(listed()).when(reported("2020-06", at=instant.astimezone(JUNE.tzinfo))).then(
        Task.ProgressReported, period="2020-06"
    )


def test_a_report_has_a_value_for_every_indicator() -> None:
    given(listed()).when(reported(values=values(1, 1)[:1])).then_refused(
        "report.value_missing", field="values", says="请补填以下指标：细颗粒物年均浓度"
    )
    given(listed()).when(reported(values=[])).then_refused("report.value_missing", field="values")


def test_an_indicator_has_one_value() -> None:
    given(listed()).when(reported(values=values(1, 1) + values(2, 1)[:1])).then_refused(
        "report.value_twice", field="values"
    )


def test_values_are_recorded_in_the_order_of_the_indicators() -> None:
    given(listed()).when(reported(values=values(1, 54)[::-1])).then(
        Task.ProgressReported, values=tuple(values(1, 54))
    )


def test_a_value_is_for_an_indicator_of_the_task() -> None:
    unknown = IndicatorValue("trees", Decimal(1))
    given(listed()).when(reported(values=[*values(1, 1), unknown])).then_refused(
        "indicator.unknown", field="values.2.indicator", says="trees"
    )
    for code in ("Trees", "\ud800", "x" * 65, "ｐm25"):
        given(listed()).when(reported(values=[IndicatorValue(code, Decimal(1))])).then_refused(
            "code.malformed", field="values.0.indicator"
        )


@pytest.mark.parametrize("value", ["NaN", "sNaN", "-sNaN", "Infinity", "1E+15", "1E+999999", "0.0000001"])
def test_a_value_is_a_sane_number(value: str) -> None:
    given(listed()).when(reported(toilets=value)).then_refused(
        "figure.out_of_range", field="values.0.value", says="第1项填报项的数值"
    )


def test_what_is_counted_is_not_below_zero() -> None:
    given(listed()).when(reported(toilets="-1")).then_refused(
        "report.negative_count", field="values.0.value", says="不得填报负数（-1）"
    )


def test_a_rate_of_change_may_be_below_zero() -> None:
    growth = Indicator("growth", "进出口增长", Direction.AT_LEAST, "%", Decimal(5), Decimal(100))
    fallen = [IndicatorValue("growth", Decimal("-12.5"))]
    given(listed(indicators=(growth,))).when(reported(values=fallen)).then(
        Task.ProgressReported, completion=Decimal(0)
    )


def test_a_figure_is_recorded_without_exponent_or_negative_zero() -> None:
    outcome = given(listed()).when(reported(toilets="2.85E+4", pm25="-0.00")).then(Task.ProgressReported)
    assert [str(v.value) for v in outcome.recorded[0].values] == ["28500", "0"]  # type: ignore[attr-defined]


def test_a_report_says_in_words_what_was_done() -> None:
    given(listed()).when(reported(narrative="\u200b \n")).then_refused(
        "text.empty", field="narrative", says="请填写进展情况"
    )
    given(listed()).when(reported(narrative="一、\n二、")).then(Task.ProgressReported, narrative="一、\n二、")


def test_a_report_has_at_most_twenty_pieces_of_evidence() -> None:
    given(listed()).when(reported(evidence=[EVIDENCE] * 21)).then_refused(
        "evidence.too_many", field="evidence", says="20件"
    )
    given(listed()).when(reported(evidence=[EVIDENCE] * 20)).then(Task.ProgressReported)


NO_ADDRESSES = [
    "",
    "example.org",
    "ftp://e.org/a",
    "javascript:alert(1)",
    "http://",
    "https:///a",
    "http://[::1",
]
NO_ADDRESSES += ["https://a b.org", "https://e.org/\u202efdp", "https://e.org/\x00", "https://e.org/\ud800"]
NO_ADDRESSES += [
    "https://user:secret@e.org/a",
    "https://user@e.org/",
    "https://e.org:99999/",
    "https://e.org:0/",
]
NO_ADDRESSES += [
    "https://good.org\\@evil.org/",
    "https://e.org/" + "a" * 2000,
    " https://e.org",
    "https://e.org:x",
]


@pytest.mark.parametrize("url", NO_ADDRESSES)
def test_evidence_has_a_web_address_without_secrets(url: str) -> None:
    given(listed()).when(reported(evidence=[EVIDENCE, replace(EVIDENCE, url=url)])).then_refused(
        "evidence.malformed_url", field="evidence.1.url"
    )


@pytest.mark.parametrize(
    "digest", ["", "AB" * 32, "ab" * 31, "ab" * 33, "xy" * 32, "ab" * 32 + "\n", "１" * 64]
)
def test_evidence_has_a_digest(digest: str) -> None:
    given(listed()).when(reported(evidence=[replace(EVIDENCE, sha256=digest)])).then_refused(
        "evidence.malformed_digest", field="evidence.0.sha256"
    )


def test_a_web_address_may_have_two_thousand_characters() -> None:
    url = "http://例.example:8080/验收?a=" + "b" * 2000
    given(listed()).when(reported(evidence=[replace(EVIDENCE, url=url[:2000])])).then(Task.ProgressReported)
    given(listed()).when(reported(evidence=[replace(EVIDENCE, url=url[:2001])])).then_refused(
        "evidence.malformed_url", field="evidence.0.url"
    )


def test_evidence_may_have_a_title() -> None:
    given(listed()).when(reported(evidence=[Evidence(EVIDENCE.url, EVIDENCE.sha256, "  ")])).then(
        Task.ProgressReported, evidence=(replace(EVIDENCE, title=""),)
    )
    given(listed()).when(reported(evidence=[replace(EVIDENCE, title="a\tb")])).then_refused(
        "text.several_lines", field="evidence.0.title"
    )


def test_a_report_for_a_task_that_has_not_begun_is_too_early() -> None:
    given(listed(start=date(2020, 7, 1))).when(for_period("2020-07")).then_refused(
        "report.period_outside", field="period"
    )


def test_the_moment_of_a_report_has_a_time_zone() -> None:
    given(listed()).when(reported(at=on(5, 5).replace(tzinfo=None))).then_refused("moment.without_zone")


# -- which figures count


def test_an_indicator_stands_at_its_latest_period_whenever_that_was_reported() -> None:
    march_late = reported("2020-03", 100, 59, at=MAY)
    given(listed(), reported("2020-04")).when(march_late).then(
        Task.ProgressReported, standings=APRIL, completion=Decimal("0.5")
    )


def test_a_withdrawn_report_leaves_the_period_before_it() -> None:
    given(listed(), reported("2020-03", 5700, 59), reported()).when(withdrawn).then(
        Task.ReportWithdrawn,
        standings=standings("5700", "0.1", "59", "0", "2020-03"),
        completion=Decimal("0.06"),
    )


def test_a_disputed_report_does_not_count_until_it_is_verified() -> None:
    outcome = (
        given(listed(), reported())
        .when(disputed)
        .then(Task.ReportDisputed, group_id=GROUP, standings=NONE_YET, completion=Decimal(0))
    )
    assert outcome.aggregate.latest_values() == {}
    outcome.when(verified).then(Task.ReportVerified, standings=APRIL, completion=Decimal("0.5"))


def test_a_disputed_report_counts_again_once_it_is_corrected() -> None:
    given(listed(), reported(), disputed).when(corrected(5700, 59)).then(
        Task.ReportCorrected,
        standings=standings("5700", "0.1", "59", "0", "2020-04"),
        completion=Decimal("0.06"),
    )


def test_a_disputed_period_is_not_reported_again() -> None:
    given(listed(), reported(), disputed).when(reported()).then_refused("report.period_taken", "period")


def test_a_withdrawn_period_is_reported_again() -> None:
    given(listed(), reported(), withdrawn).when(reported(toilets=100)).then(Task.ProgressReported)


def test_lost_targets_are_reported_on_and_left_out_of_the_completion() -> None:
    lost = replace(TOILETS, target=None)
    given(listed(indicators=(lost, PM25))).when(reported()).then(
        Task.ProgressReported,
        standings=(Standing("toilets", Decimal(28500), "2020-04", None), APRIL[1]),
        completion=Decimal("0.5"),
    )


def test_the_completion_stays_unknown_while_every_target_is_lost() -> None:
    lost = (replace(TOILETS, target=None), replace(PM25, target=None))
    given(listed(indicators=lost)).when(reported()).then(Task.ProgressReported, completion=None)
