"""Units and officials: registered once, one leading post at a time, and posts that do not overlap."""

from datetime import date

import pytest

from domain import identifiers
from domain.directory import Category, Directory
from tests.domain.examples import (
    JUNE,
    LEAD,
    MARCH,
    OFFICIALS,
    OTHER,
    SUPPORT,
    appointed,
    opened,
    released,
    with_officials,
    with_units,
)
from tests.domain.scenario import given

STAFFED = (opened, with_units, with_officials)


def test_the_directory_is_opened_under_one_identity_for_all() -> None:
    outcome = given().when(opened).then(Directory.Opened)
    assert outcome.aggregate.id == identifiers.DIRECTORY


def test_a_unit_is_registered_under_the_identity_of_its_code() -> None:
    given(opened).when(lambda d: d.register_unit("county.qingzhou", " 青州市 ", Category.COUNTY, MARCH)).then(
        Directory.UnitRegistered,
        unit_id=identifiers.unit_id("county.qingzhou"),
        code="county.qingzhou",
        name="青州市",
        category=Category.COUNTY,
    )


def test_a_code_names_one_unit_only() -> None:
    given(opened, with_units).when(
        lambda d: d.register_unit("dept.housing", "另一单位", Category.DEPARTMENT, MARCH)
    ).then_refused("unit.exists", field="code", says="编码为dept.housing的单位")


@pytest.mark.parametrize(
    "code",
    ["", "A", "-a", "a b", "a" * 65, "a\n", "а", "ａ", "é", "１", "a\u200b", "\ud800", "a/b", "unit{}"],
)
def test_a_code_is_plain_ascii(code: str) -> None:
    given(opened).when(lambda d: d.register_unit(code, "单位", Category.ZONE, MARCH)).then_refused(
        "code.malformed", field="code"
    )
    given(opened).when(lambda d: d.register_official(code, "某人", MARCH)).then_refused(
        "code.malformed", field="code"
    )


def test_a_unit_gets_another_name() -> None:
    given(opened, with_units).when(lambda d: d.rename_unit(LEAD, "市住建局", JUNE)).then(
        Directory.UnitRenamed, unit_id=LEAD, name="市住建局"
    )


def test_a_unit_does_not_get_the_name_it_has() -> None:
    given(opened, with_units).when(lambda d: d.rename_unit(LEAD, " 市住房城乡建设局", JUNE)).then_refused(
        "unit.name_unchanged", field="name"
    )


def test_an_unknown_unit_is_not_renamed_staffed_or_released() -> None:
    given(*STAFFED).when(lambda d: d.rename_unit(OTHER, "新名", JUNE)).then_refused("unit.unknown", "unit")
    given(*STAFFED).when(
        lambda d: d.appoint_official(OFFICIALS[0], OTHER, "局长", date(2020, 1, 1), MARCH)
    ).then_refused("unit.unknown", field="unit")
    given(*STAFFED).when(lambda d: d.release_official(OTHER, date(2020, 1, 1), MARCH)).then_refused(
        "unit.unknown", field="unit"
    )


def test_others_ask_for_a_unit_or_official_at_their_own_field() -> None:
    given(*STAFFED).when(lambda d: d.require_unit(OTHER, "leadUnit")).then_refused(
        "unit.unknown", field="leadUnit"
    )
    given(*STAFFED).when(lambda d: d.require_official(OFFICIALS[8], "members.2.official")).then_refused(
        "official.unknown", field="members.2.official"
    )


def test_an_official_is_registered_under_the_identity_of_their_code() -> None:
    given(opened).when(lambda d: d.register_official("official.1", "王一", MARCH)).then(
        Directory.OfficialRegistered, official_id=OFFICIALS[0], code="official.1", name="王一"
    )


def test_a_code_names_one_official_only() -> None:
    given(*STAFFED).when(lambda d: d.register_official("official.1", "王二", MARCH)).then_refused(
        "official.exists", field="code", says="official.1"
    )


def test_an_official_is_appointed_to_lead_a_unit() -> None:
    given(*STAFFED).when(appointed).then(
        Directory.OfficialAppointed,
        official_id=OFFICIALS[0],
        unit_id=LEAD,
        post="局长",
        since=date(2020, 1, 1),
    )


def test_an_unknown_official_is_not_appointed() -> None:
    given(*STAFFED).when(
        lambda d: d.appoint_official(OFFICIALS[8], LEAD, "局长", date(2020, 1, 1), MARCH)
    ).then_refused("official.unknown", field="official")


def test_an_official_leads_one_unit_at_a_time() -> None:
    given(*STAFFED, appointed).when(
        lambda d: d.appoint_official(OFFICIALS[0], SUPPORT, "局长", date(2020, 7, 1), JUNE)
    ).then_refused("official.holds_a_post", field="official")


def test_a_unit_has_one_leading_official_at_a_time() -> None:
    given(*STAFFED, appointed).when(
        lambda d: d.appoint_official(OFFICIALS[1], LEAD, "局长", date(2020, 7, 1), JUNE)
    ).then_refused("unit.has_a_leading_official", field="unit")


def test_the_leading_official_is_released() -> None:
    given(*STAFFED, appointed).when(released).then(
        Directory.OfficialReleased, official_id=OFFICIALS[0], unit_id=LEAD, until=date(2020, 6, 30)
    )


def test_nobody_is_released_from_a_post_that_nobody_holds() -> None:
    given(*STAFFED).when(released).then_refused("unit.has_no_leading_official", field="unit")
    given(*STAFFED, appointed, released).when(released).then_refused(
        "unit.has_no_leading_official", field="unit"
    )


def test_a_release_does_not_lie_before_the_appointment() -> None:
    given(*STAFFED, appointed).when(
        lambda d: d.release_official(LEAD, date(2019, 12, 31), JUNE)
    ).then_refused("official.released_before_appointed", field="until", says="2020年1月1日")


def test_an_official_may_be_released_on_the_day_of_the_appointment() -> None:
    given(*STAFFED, appointed).when(lambda d: d.release_official(LEAD, date(2020, 1, 1), JUNE)).then(
        Directory.OfficialReleased, until=date(2020, 1, 1)
    )


@pytest.mark.parametrize("day", [date.min, date(1899, 12, 31), date(2200, 1, 1), date.max])
def test_a_post_is_held_in_years_that_are_counted(day: date) -> None:
    given(*STAFFED).when(lambda d: d.appoint_official(OFFICIALS[0], LEAD, "局长", day, JUNE)).then_refused(
        "date.out_of_range", field="since"
    )
    given(*STAFFED, appointed).when(lambda d: d.release_official(LEAD, day, JUNE)).then_refused(
        "date.out_of_range", field="until"
    )


def test_a_successor_may_begin_on_the_last_day_of_the_one_before() -> None:
    given(*STAFFED, appointed, released).when(
        lambda d: d.appoint_official(OFFICIALS[1], LEAD, "局长", date(2020, 6, 30), JUNE)
    ).then(Directory.OfficialAppointed, official_id=OFFICIALS[1])


def test_a_successor_does_not_begin_before_the_one_before_has_left() -> None:
    given(*STAFFED, appointed, released).when(
        lambda d: d.appoint_official(OFFICIALS[1], LEAD, "局长", date(2020, 6, 29), JUNE)
    ).then_refused("official.appointed_before_release", field="since", says="2020年6月30日")


def test_an_official_does_not_begin_anew_before_having_left() -> None:
    given(*STAFFED, appointed, released).when(
        lambda d: d.appoint_official(OFFICIALS[0], SUPPORT, "局长", date(2020, 6, 1), JUNE)
    ).then_refused("official.appointed_before_release", field="since")


def test_posts_are_a_dated_history() -> None:
    def appointed_elsewhere(d: Directory) -> None:
        d.appoint_official(OFFICIALS[0], SUPPORT, "主任", date(2020, 6, 30), JUNE)

    directory = given(*STAFFED, appointed, released, appointed_elsewhere).aggregate

    def held(day: date) -> tuple[object, str] | None:
        post = directory.post_held(OFFICIALS[0], day)
        return None if post is None else (post.unit_id, post.post)

    assert held(date(2019, 12, 31)) is None
    assert held(date(2020, 1, 1)) == (LEAD, "局长")
    assert held(date(2020, 6, 29)) == (LEAD, "局长")
    assert held(date(2020, 6, 30)) == (SUPPORT, "主任")
    assert held(date(2025, 1, 1)) == (SUPPORT, "主任")
    assert directory.post_held(OFFICIALS[1], date(2020, 6, 30)) is None
