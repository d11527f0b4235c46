"""Campaigns: a span of time, and a task force of 7 or 8 with one leader."""

from dataclasses import replace
from datetime import date

import pytest

from domain import identifiers
from domain.campaign import Campaign
from tests.domain.examples import DEADLINE, JUNE, MARCH, START, launched, members
from tests.domain.scenario import given


def test_a_campaign_is_launched_under_the_identity_of_its_code() -> None:
    outcome = (
        given()
        .when(launched(demonstration=True))
        .then(Campaign.Launched, code="c3", number=3, start=START, end=DEADLINE, demonstration=True)
    )
    assert outcome.aggregate.id == identifiers.campaign_id("c3")


def test_a_campaign_whose_heading_is_lost_says_so() -> None:
    given().when(launched(name="第三攻坚战", name_missing=True, goal=" ")).then(
        Campaign.Launched, name_missing=True, goal=""
    )


@pytest.mark.parametrize("number", [1, 999])
def test_a_campaign_is_real_and_named_unless_it_says_otherwise(number: int) -> None:
    given().when(launched(number=number)).then(
        Campaign.Launched, number=number, name_missing=False, demonstration=False
    )


@pytest.mark.parametrize("number", [0, -1, 1000, 10**30])
def test_a_campaign_number_has_three_digits(number: int) -> None:
    given().when(launched(number=number)).then_refused("campaign.number_out_of_range", field="number")


@pytest.mark.parametrize("end", [START, date(2020, 3, 24)])
def test_a_campaign_ends_after_it_starts(end: date) -> None:
    given().when(launched(end=end)).then_refused("campaign.ends_before_start", field="end")


def test_a_campaign_lies_in_years_whose_months_can_be_reported() -> None:
    given().when(launched(start=date(1899, 12, 31))).then_refused("date.out_of_range", field="start")
    given().when(launched(end=date(9999, 12, 31))).then_refused("date.out_of_range", field="end")


def test_a_campaign_has_a_name_on_one_line() -> None:
    given().when(launched(name=" ")).then_refused("text.empty", field="name", says="请填写名称")
    given().when(launched(name="第三\n攻坚战")).then_refused("text.several_lines", field="name")
    given().when(launched(code="C3")).then_refused("code.malformed", field="code")


def test_a_moment_without_a_time_zone_is_refused() -> None:
    given().when(launched(at=MARCH.replace(tzinfo=None))).then_refused("moment.without_zone")
    given(launched()).when(lambda c: c.form_task_force(members(), JUNE.replace(tzinfo=None))).then_refused(
        "moment.without_zone"
    )


@pytest.mark.parametrize("count", [7, 8])
def test_a_task_force_is_formed_as_a_whole(count: int) -> None:
    given(launched()).when(lambda c: c.form_task_force(members(count), MARCH)).then(
        Campaign.TaskForceFormed, members=tuple(members(count))
    )


@pytest.mark.parametrize("count", [0, 6, 9])
def test_a_task_force_has_seven_or_eight_members(count: int) -> None:
    given(launched()).when(lambda c: c.form_task_force(members(count), MARCH)).then_refused(
        "task_force.size", field="members", says=f"现为{count}人"
    )


@pytest.mark.parametrize("leaders", [0, 2])
def test_one_city_leader_leads_the_task_force(leaders: int) -> None:
    given(launched()).when(lambda c: c.form_task_force(members(7, leaders), MARCH)).then_refused(
        "task_force.one_leader", field="members", says=f"现为{leaders}名"
    )


def test_nobody_is_on_the_task_force_twice() -> None:
    twice = [*members(7)[:6], members(7)[5]]
    given(launched()).when(lambda c: c.form_task_force(twice, MARCH)).then_refused(
        "task_force.member_twice", field="members"
    )


@pytest.mark.parametrize("day", [date.min, date(1899, 12, 31), date(2200, 1, 1), date.max])
def test_a_term_lies_in_years_that_are_counted(day: date) -> None:
    *others, last = members()
    begun, ended = replace(last, since=day), replace(last, until=day)
    given(launched()).when(lambda c: c.form_task_force([begun, *others], MARCH)).then_refused(
        "date.out_of_range", field="members.0.since"
    )
    given(launched()).when(lambda c: c.form_task_force([ended, *others], MARCH)).then_refused(
        "date.out_of_range", field="members.0.until"
    )
    given(launched()).when(lambda c: c.appoint_member(begun, MARCH)).then_refused(
        "date.out_of_range", field="since"
    )
    given(launched()).when(lambda c: c.appoint_member(ended, MARCH)).then_refused(
        "date.out_of_range", field="until"
    )
    given(launched()).when(lambda c: c.release_member(last.official_id, day, MARCH)).then_refused(
        "date.out_of_range", field="until"
    )


def test_a_term_does_not_end_before_it_begins() -> None:
    chosen = members()
    chosen[4] = replace(chosen[4], until=date(2020, 3, 24))
    given(launched()).when(lambda c: c.form_task_force(chosen, MARCH)).then_refused(
        "task_force.term_ends_before_start", field="members.4.until"
    )


def test_a_term_may_last_a_day_or_be_open() -> None:
    chosen = members()
    chosen[4] = replace(chosen[4], until=START)
    chosen[5] = replace(chosen[5], until=None)
    given(launched()).when(lambda c: c.form_task_force(chosen, MARCH)).then(Campaign.TaskForceFormed)


def test_a_task_force_formed_anew_is_another_one() -> None:
    formed = given(launched(), lambda c: c.form_task_force(members(7), MARCH))
    formed.when(lambda c: c.form_task_force(members(7), JUNE)).then_refused(
        "task_force.unchanged", field="members"
    ).when(lambda c: c.form_task_force(members(7)[::-1], JUNE)).then_refused(
        "task_force.unchanged", field="members"
    ).when(lambda c: c.form_task_force(members(8), JUNE)).then(Campaign.TaskForceFormed)


@pytest.mark.parametrize("day", [date(2020, 3, 24), date(2021, 1, 1)])
def test_what_belongs_to_a_campaign_lies_within_it(day: date) -> None:
    given(launched()).when(lambda c: c.require_within(day, "deadline")).then_refused(
        "campaign.date_outside", field="deadline", says="2020年3月25日至2020年12月31日"
    )


@pytest.mark.parametrize("day", [START, DEADLINE])
def test_its_first_and_last_day_are_within(day: date) -> None:
    campaign = launched()(None)
    campaign.require_within(day, "start")
