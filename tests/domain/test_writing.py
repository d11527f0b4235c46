"""What is written: texts, figures, days, and how they are spoken of."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal, localcontext

import pytest

from domain import identifiers
from domain.refusal import (
    Refusal,
    require_day,
    require_figure,
    require_line,
    require_optional_line,
    require_optional_text,
    require_text,
)
from domain.spoken import FIELD_NAMES, chinese, english, spoken_field
from tests.domain.scenario import Command, given

INVISIBLE = [
    "",
    " ",
    "\n",
    "\u3000",
    "\u200b",
    "\ufeff",
    "\u2060",
    "\u00ad",
    "\u3164",
    "\u2800",
    "\u0301",
    "\u200d",
]
NOT_TEXT = ["\0", "a\0b", "a\x1bb", "a\x7fb", "a\x85b", "a\ud800b", "\udfff", "a\u202eb", "a\u2066b"]


def writes(guard: Callable[..., object], *told: object, **bounds: int) -> Command:
    """A guard as a command; it asks no aggregate."""
    return lambda _: guard(*told, **bounds)


@pytest.mark.parametrize("text", INVISIBLE, ids=ascii)
def test_a_text_has_something_to_see(text: str) -> None:
    given().when(lambda _: require_text(text, "reason", most=9)).then_refused("text.empty", field="reason")
    given().when(lambda _: require_line(text, "name", most=9)).then_refused("text.empty", field="name")


@pytest.mark.parametrize("text", NOT_TEXT, ids=ascii)
def test_a_text_holds_nothing_but_text(text: str) -> None:
    for guard in (require_text, require_line, require_optional_text, require_optional_line):
        given().when(writes(guard, text, "reason", most=9)).then_refused("text.unprintable", field="reason")


def test_a_text_is_not_longer_than_allowed() -> None:
    assert require_text(" 一二三 ", "reason", most=3) == "一二三"
    given().when(lambda _: require_text("一二三四", "reason", most=3)).then_refused(
        "text.too_long", field="reason", says="理由共4字，请压缩至3字以内。"
    )
    given().when(lambda _: require_text("\0" * 10_000_000, "reason", most=3)).then_refused(
        "text.too_long", field="reason"
    )


@pytest.mark.parametrize("text", ["a\nb", "a\rb", "a\tb", "a\u2028b", "a\u2029b"], ids=ascii)
def test_a_line_is_one_line(text: str) -> None:
    assert require_text(text, "reason", most=9) == text
    given().when(lambda _: require_line(text, "name", most=9)).then_refused("text.several_lines", "name")


def test_what_is_optional_may_be_empty() -> None:
    assert require_optional_text(" \n", "remark", most=9) == ""
    assert require_optional_line("\u3000", "title", most=9) == ""
    assert require_optional_line(" 甲 ", "title", most=9) == "甲"


WRITTEN = {"1": "1", "1.50": "1.50", "-0": "0", "-0.000": "0", "0E+99": "0", "0E-99": "0", "1E1": "10"}
WRITTEN |= {"12E+2": "1200", "-1E+14": "-100000000000000", "999999999999999.999999": "999999999999999.999999"}


@pytest.mark.parametrize(("told", "recorded"), WRITTEN.items())
def test_a_figure_is_recorded_as_it_is_written_down(told: str, recorded: str) -> None:
    assert str(require_figure(Decimal(told), "target")) == recorded


@pytest.mark.parametrize(
    "told",
    ["NaN", "-NaN12", "sNaN", "Infinity", "-Infinity", "1E15", "1E-7", "1E+999999", "1E-999999", "1" * 99],
)
def test_a_figure_is_finite_and_of_sane_size(told: str) -> None:
    given().when(lambda _: require_figure(Decimal(told), "target")).then_refused(
        "figure.out_of_range", field="target", says="目标值须为数字"
    )


def test_a_figure_beyond_the_exponents_of_the_context_is_refused_not_raised() -> None:
    with localcontext(Emax=10**17):
        huge = Decimal("1E+99999999999999999")
    given().when(lambda _: require_figure(huge, "target")).then_refused("figure.out_of_range", "target")


def test_a_day_is_of_our_centuries() -> None:
    assert require_day(date(1900, 1, 1), "start") == date(1900, 1, 1)
    assert require_day(date(2199, 12, 31), "start") == date(2199, 12, 31)
    for day in (date(1899, 12, 31), date(2200, 1, 1), date.min, date.max):
        given().when(writes(require_day, day, "start")).then_refused("date.out_of_range", "start")


@pytest.mark.parametrize(
    ("path", "en", "zh"),
    [
        ("name", "name", "名称"),
        ("indicators.0.name", "name of indicator 1", "第1项指标的名称"),
        ("document.number", "number of document", "依据文件的文号"),
        ("evidence.11.title", "title of evidence 12", "第12项佐证材料的名称"),
        ("units.2", "unit 3", "第3项单位"),
        ("somethingNew", "somethingNew", "somethingNew"),
    ],
)
def test_a_field_is_called_by_its_name(path: str, en: str, zh: str) -> None:
    assert spoken_field(path) == (en, zh)


def test_field_names_are_written_in_their_languages() -> None:
    for name in FIELD_NAMES.values():
        assert name.en.isascii()
        assert any("\u4e00" <= c <= "\u9fff" for c in name.zh)


def test_days_and_figures_are_spoken_of_in_words() -> None:
    assert (english(date(2020, 6, 5)), chinese(date(2020, 6, 5))) == ("2020-06-05", "2020年6月5日")
    assert (english(Decimal("5.7E+4")), chinese(Decimal("5.7E+4"))) == ("57000", "57000")


@pytest.mark.parametrize("kind", ["unit_id", "official_id", "campaign_id", "group_id", "task_id"])
def test_what_is_no_code_has_no_identity(kind: str) -> None:
    with pytest.raises(Refusal, match=r"^code\.malformed: "):
        getattr(identifiers, kind)("\ud800")


def test_the_same_code_of_another_kind_is_another_identity() -> None:
    kinds = (identifiers.unit_id, identifiers.official_id, identifiers.campaign_id)
    assert len({kind("a") for kind in (*kinds, identifiers.group_id, identifiers.task_id)}) == 5
