"""Completion of an indicator: three directions, with and without a baseline, and its explanation."""

from decimal import Decimal

import pytest

from domain.indicator import Direction, Indicator, completion, overall, share
from tests.domain.examples import PM25, TOILETS

UP, DOWN, REACH = Direction.AT_LEAST, Direction.AT_MOST, Direction.REACH

#   direction, target, baseline, value, completion, in the Chinese sentence
CASES = [
    # at least, from zero
    (UP, "100", None, "0", "0", "较起点0尚无进展"),
    (UP, "100", None, "25", "0.25", "25 ÷ 100"),
    (UP, "100", None, "100", "1", "已达标"),
    (UP, "100", None, "250", "1", "已达标"),
    (UP, "3", None, "1", "0.3333", "1 ÷ 3"),
    (UP, "3", None, "2", "0.6667", "2 ÷ 3"),
    (UP, "20000", None, "1", "0.0001", "1 ÷ 20000"),
    (UP, "20001", None, "1", "0", "1 ÷ 20001"),
    (UP, "57000", None, "56999", "0.9999", "56999 ÷ 57000"),
    (UP, "100", None, "-5", "0", "较起点0尚无进展"),
    (UP, "0", None, "0", "1", "已达标"),
    (UP, "0", None, "-1", "0", "起点已达标，现未达标"),
    (UP, "-2", None, "-1", "1", "已达标"),
    (UP, "-2", None, "-2", "1", "已达标"),
    (UP, "-2", None, "-2.1", "0", "起点已达标，现未达标"),
    # at least, from a baseline
    (UP, "70", "60", "65", "0.5", "(65 − 60) ÷ (70 − 60)"),
    (UP, "70", "60", "60", "0", "较起点60尚无进展"),
    (UP, "70", "60", "50", "0", "较起点60尚无进展"),
    (UP, "70", "60", "80", "1", "已达标"),
    (UP, "70", "0", "35", "0.5", "35 ÷ 70"),
    (UP, "5", "-5", "0", "0.5", "(0 − (-5)) ÷ (5 − (-5))"),
    (UP, "-5", "-15", "-10", "0.5", "((-10) − (-15)) ÷ ((-5) − (-15))"),
    (UP, "70", "75", "72", "1", "已达标"),
    (UP, "70", "75", "69.9", "0", "起点已达标，现未达标"),
    (UP, "70", "70", "70", "1", "已达标"),
    # at most, without a baseline
    (DOWN, "49", None, "49", "1", "已达标"),
    (DOWN, "49", None, "0", "1", "已达标"),
    (DOWN, "49", None, "-3", "1", "已达标"),
    (DOWN, "49", None, "98", "0.5", "49 ÷ 98"),
    (DOWN, "49", None, "49.000001", "0.9999", "49 ÷ 49.000001"),
    (DOWN, "1", None, "2", "0.5", "1 ÷ 2"),
    (DOWN, "0.000001", None, "2", "0", "0.000001 ÷ 2"),
    (DOWN, "0", None, "0", "1", "已达标"),
    (DOWN, "0", None, "1", "0", "未达标，不按比例折算"),
    (DOWN, "-3", None, "-4", "1", "已达标"),
    (DOWN, "-3", None, "-2", "0", "未达标，不按比例折算"),
    (DOWN, "-3", None, "5", "0", "未达标，不按比例折算"),
    # at most, from a baseline
    (DOWN, "49", "59", "54", "0.5", "(59 − 54) ÷ (59 − 49)"),
    (DOWN, "49", "59", "59", "0", "较起点59尚无进展"),
    (DOWN, "49", "59", "70", "0", "较起点59尚无进展"),
    (DOWN, "49", "59", "30", "1", "已达标"),
    (DOWN, "0", "8", "2", "0.75", "(8 − 2) ÷ (8 − 0)"),
    (DOWN, "-5", "5", "0", "0.5", "(5 − 0) ÷ (5 − (-5))"),
    (DOWN, "49", "45", "48", "1", "已达标"),
    (DOWN, "49", "45", "50", "0", "起点已达标，现未达标"),
    # reach, on either side
    (REACH, "30", None, "15", "0.5", "1 − |30 − 15| ÷ |30 − 0|"),
    (REACH, "30", None, "30", "1", "已达标"),
    (REACH, "30", None, "33", "0.9", "1 − |30 − 33| ÷ |30 − 0|"),
    (REACH, "30", None, "60", "0", "较起点0尚无进展"),
    (REACH, "30", None, "90", "0", "较起点0尚无进展"),
    (REACH, "0", None, "0", "1", "已达标"),
    (REACH, "0", None, "0.1", "0", "起点已达标，现未达标"),
    (REACH, "-10", None, "-5", "0.5", "1 − |(-10) − (-5)| ÷ |(-10) − 0|"),
    (REACH, "30", "40", "35", "0.5", "1 − |30 − 35| ÷ |30 − 40|"),
    (REACH, "30", "40", "25", "0.5", "1 − |30 − 25| ÷ |30 − 40|"),
    (REACH, "30", "40", "41", "0", "较起点40尚无进展"),
    (REACH, "30", "30", "30", "1", "已达标"),
    (REACH, "30", "30", "31", "0", "起点已达标，现未达标"),
]


def measured(direction: Direction, target: str, baseline: str | None, unit: str = "%") -> Indicator:
    base = None if baseline is None else Decimal(baseline)
    return Indicator("i", "指标", direction, unit, Decimal(target), Decimal(100), base)


@pytest.mark.parametrize(("direction", "target", "baseline", "value", "figure", "why"), CASES)
def test_completion_is_figured_and_explained(
    direction: Direction, target: str, baseline: str | None, value: str, figure: str, why: str
) -> None:
    explained = completion(measured(direction, target, baseline), Decimal(value))
    assert explained.figure == Decimal(figure)
    assert f"：{why}，完成率{explained.figure}" in explained.zh
    assert explained.en.endswith(f", completion {explained.figure}")


def test_a_completion_has_four_digits() -> None:
    assert str(completion(TOILETS, Decimal(0)).figure) == "0.0000"
    assert str(completion(TOILETS, Decimal(57000)).figure) == "1.0000"


def test_the_sentences_read_as_they_do() -> None:
    explained = completion(PM25, Decimal("52.50"))
    assert explained.zh == (
        "目标不高于49微克/立方米，基数59，现值52.50：(59 − 52.50) ÷ (59 − 49)，完成率0.6500"
    )
    assert explained.en == (
        "target at most 49 微克/立方米, baseline 59, value 52.50: (59 − 52.50) ÷ (59 − 49), completion 0.6500"
    )
    assert completion(TOILETS, Decimal("5.7E+4")).zh == "目标不低于57000户，现值57000：已达标，完成率1.0000"
    reach = completion(measured(REACH, "1E+2", None), Decimal(99))
    assert reach.zh == "目标恰好达到100%，现值99：1 − |100 − 99| ÷ |100 − 0|，完成率0.9900"


def test_a_lost_target_leaves_the_completion_unknown() -> None:
    lost = Indicator("i", "指标", UP, "个", None, Decimal(100))
    assert completion(lost, Decimal(5)).figure is None
    assert completion(lost, None).figure is None
    assert completion(lost, Decimal(5)).zh == "方案文本缺失目标值"


@pytest.mark.parametrize("indicator", [TOILETS, PM25, measured(DOWN, "49", "45"), measured(UP, "0", None)])
def test_nothing_reported_is_nothing_done(indicator: Indicator) -> None:
    assert completion(indicator, None).figure == 0
    assert completion(indicator, None).zh == "尚未报送数值"


def test_a_share_is_rounded_half_up_and_kept_within_bounds() -> None:
    told = {"0.00005": "0.0001", "0.00004999": "0.0000", "0.12345": "0.1235", "-3": "0.0000", "7": "1.0000"}
    assert {given: str(share(Decimal(given))) for given in told} == told


def test_the_completion_of_a_task_is_the_weighted_mean_of_what_can_be_measured() -> None:
    assert overall((TOILETS, PM25), (Decimal("0.5"), Decimal("1"))) == Decimal("0.7")
    assert overall((TOILETS, PM25), (None, Decimal("0.25"))) == Decimal("0.25")
    assert overall((TOILETS, PM25), (None, None)) is None
    assert overall((TOILETS, PM25), (Decimal(1), Decimal(1))) == 1


def test_a_task_is_not_rounded_up_to_done() -> None:
    heavy = Indicator("a", "甲", UP, "个", Decimal(1), Decimal("99.9999"))
    light = Indicator("b", "乙", UP, "个", Decimal(1), Decimal("0.0001"))
    assert overall((heavy, light), (Decimal(1), Decimal(0))) == Decimal("0.9999")
