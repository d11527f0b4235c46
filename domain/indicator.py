"""Indicators (指标): what a task is measured by, and how far a value has come (article 48).

Completion is a share between 0 and 1 with four digits, rounded half up, and 1 only when the target is met:

    at least (不低于)  the way from the baseline up to the target; with no baseline, from zero
    at most  (不高于)  the way from the baseline down to the target; with no baseline, target ÷ value
    reach    (达到)    1 less the distance still left, on either side; with no baseline, from zero

Beyond the target, "at least" and "at most" stay met; "reach" is left again. A start that already meets the
target makes the indicator one to be kept: 1 while it is met, else 0; so is one "at most" zero or less without
a baseline, where no share can be told. An indicator whose target the plan's text has lost cannot be measured:
its completion is unknown, and the task's completion is the weighted mean of the indicators that can.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from domain.identifiers import require_code
from domain.period import Period
from domain.refusal import Refusal, require, require_figure, require_line
from domain.spoken import english

ZERO, ONE, HUNDRED = Decimal(0), Decimal(1), Decimal(100)
FOUR_DIGITS = Decimal("0.0001")
ALMOST_ONE = ONE - FOUR_DIGITS

# Units of measure in which a value can lie below zero: rates of change. Everything else is counted.
RATES = frozenset(("%", "％", "‰", "百分点", "个百分点"))


class Direction(StrEnum):
    AT_LEAST = "at_least"
    AT_MOST = "at_most"
    REACH = "reach"


@dataclass(frozen=True)
class Indicator:
    """One measure of a task. `target` is None where the plan's text lost the figure; `assumed` where the
    indicator is not in the text. `weight` is in percent; the weights of a task's indicators sum to 100."""

    code: str
    name: str
    direction: Direction
    unit_of_measure: str
    target: Decimal | None
    weight: Decimal
    baseline: Decimal | None = None
    assumed: bool = False


@dataclass(frozen=True)
class IndicatorValue:
    """A reported value of an indicator, cumulative since the task's start, in the indicator's own unit."""

    indicator: str
    value: Decimal


@dataclass(frozen=True)
class Standing:
    """Where an indicator stands: its latest value that counts, from which period, and its completion."""

    indicator: str
    value: Decimal | None
    period: Period | None
    completion: Decimal | None


@dataclass(frozen=True)
class Explained:
    """A figure with the sentence that explains it, in both languages. None is "unknown"."""

    figure: Decimal | None
    en: str
    zh: str


def share(value: Decimal) -> Decimal:
    """A share in [0, 1] with four digits, rounded half up."""
    return min(max(value, ZERO), ONE).quantize(FOUR_DIGITS, ROUND_HALF_UP)


def completion(indicator: Indicator, value: Decimal | None) -> Explained:
    """How far `value` has come towards the target, and why."""
    if indicator.target is None:
        return Explained(None, "the plan's text lost the target", "方案文本缺失目标值")
    if value is None:
        return Explained(share(ZERO), "nothing reported yet", "尚未报送数值")
    come = _come(indicator.direction, indicator.target, indicator.baseline, value)
    en, zh = _WORDS[indicator.direction]
    target, unit, shown = english(indicator.target), indicator.unit_of_measure, english(value)
    if indicator.baseline is not None:
        base_en, base_zh = f", baseline {english(indicator.baseline)}", f"，基数{english(indicator.baseline)}"
    else:
        base_en = base_zh = ""
    return Explained(
        come.figure,
        f"target {en} {target} {unit}{base_en}, value {shown}: {come.en}, completion {come.figure}",
        f"目标{zh}{target}{unit}{base_zh}，现值{shown}：{come.zh}，完成率{come.figure}",
    )


def overall(indicators: Sequence[Indicator], completions: Sequence[Decimal | None]) -> Decimal | None:
    """The task's completion: the weighted mean of those that can be measured; None when none can."""
    known = [(i.weight, c) for i, c in zip(indicators, completions, strict=True) if c is not None]
    weight = sum((w for w, _ in known), ZERO)
    if weight == 0:
        return None
    return _part(sum((w * c for w, c in known), ZERO), weight)


# -- how far a value has come

_WORDS = {
    Direction.AT_LEAST: ("at least", "不低于"),
    Direction.AT_MOST: ("at most", "不高于"),
    Direction.REACH: ("exactly", "恰好达到"),
}


@dataclass(frozen=True)
class _Come:
    figure: Decimal
    en: str
    zh: str


_MET = _Come(share(ONE), "met", "已达标")
_NOT_KEPT = _Come(share(ZERO), "not met, where the start met it", "起点已达标，现未达标")
_NO_SHARE = _Come(share(ZERO), "not met, and no share can be told", "未达标，不按比例折算")


def _come(direction: Direction, target: Decimal, baseline: Decimal | None, value: Decimal) -> _Come:
    if _meets(direction, target, value):
        return _MET
    if direction is Direction.AT_MOST and baseline is None:
        if target <= 0:
            return _NO_SHARE
        return _formula(target, value, f"{english(target)} ÷ {english(value)}")
    start = ZERO if baseline is None else baseline
    if _meets(direction, target, start):
        return _NOT_KEPT
    whole = abs(target - start)
    done = whole - abs(target - value)
    if done <= 0:
        return _Come(share(ZERO), f"no nearer than {english(start)}", f"较起点{english(start)}尚无进展")
    t, s, v = _term(target), _term(start), _term(value)
    if direction is Direction.AT_LEAST and start == 0:
        return _formula(done, whole, f"{v} ÷ {t}")
    if direction is Direction.AT_LEAST:
        return _formula(done, whole, f"({v} − {s}) ÷ ({t} − {s})")
    if direction is Direction.AT_MOST:
        return _formula(done, whole, f"({s} − {v}) ÷ ({s} − {t})")
    return _formula(done, whole, f"1 − |{t} − {v}| ÷ |{t} − {s}|")


def _meets(direction: Direction, target: Decimal, value: Decimal) -> bool:
    if direction is Direction.AT_LEAST:
        return value >= target
    if direction is Direction.AT_MOST:
        return value <= target
    return value == target


def _formula(done: Decimal, whole: Decimal, text: str) -> _Come:
    return _Come(_part(done, whole), text, text)


def _part(done: Decimal, whole: Decimal) -> Decimal:
    """done ÷ whole as a share that is not rounded up to 1: what is not done is not done."""
    figure = share(done / whole)
    return figure if done >= whole else min(figure, ALMOST_ONE)


def _term(figure: Decimal) -> str:
    return english(figure) if figure >= 0 else f"({english(figure)})"


# -- what an indicator and a value may be


def require_indicators(indicators: Sequence[Indicator], field: str = "indicators") -> tuple[Indicator, ...]:
    """The indicators as they are recorded: 1 to 50, codes unique, each sane, weights summing to 100."""
    require(1 <= len(indicators) <= 50, "task.indicator_count", field=field)
    codes = {i.code for i in indicators}
    require(len(codes) == len(indicators), "indicator.duplicate_code", field=field)
    sound = tuple(_require_indicator(indicator, f"{field}.{i}") for i, indicator in enumerate(indicators))
    total = sum((i.weight for i in sound), ZERO)
    require(total == HUNDRED, "indicator.weights_not_100", field=field, total=total)
    return sound


def _require_indicator(indicator: Indicator, field: str) -> Indicator:
    require_code(indicator.code, f"{field}.code")
    weight = require_figure(indicator.weight, f"{field}.weight")
    require(weight > 0, "indicator.weight_not_positive", field=f"{field}.weight")
    sound = replace(
        indicator,
        name=require_line(indicator.name, f"{field}.name", most=200),
        unit_of_measure=require_line(indicator.unit_of_measure, f"{field}.unitOfMeasure", most=40),
        weight=weight,
    )
    target, baseline = indicator.target, indicator.baseline
    return replace(
        sound,
        target=None if target is None else require_amount(sound, target, f"{field}.target"),
        baseline=None if baseline is None else require_amount(sound, baseline, f"{field}.baseline"),
    )


def require_amount(indicator: Indicator, figure: Decimal, field: str) -> Decimal:
    """A target or baseline as it is recorded: sane, and below zero only where values can be."""
    amount = require_figure(figure, field)
    require(
        amount >= 0 or indicator.unit_of_measure in RATES,
        "indicator.negative_count",
        field=field,
        name=indicator.name,
        unit=indicator.unit_of_measure,
    )
    return amount


def find_indicator(indicators: Sequence[Indicator], code: str, field: str = "indicator") -> Indicator:
    """The indicator of this code; refused when the task has none."""
    for indicator in indicators:
        if indicator.code == code:
            return indicator
    raise Refusal("indicator.unknown", field=field, indicator=require_code(code, field))


def require_values(
    indicators: Sequence[Indicator], values: Sequence[IndicatorValue], field: str = "values"
) -> tuple[IndicatorValue, ...]:
    """The values as they are recorded: one for each indicator and in the indicators' order, sane, below zero
    only for rates of change."""
    sound = [_require_value(indicators, value, f"{field}.{i}") for i, value in enumerate(values)]
    given = {v.indicator: v for v in sound}
    require(len(given) == len(sound), "report.value_twice", field=field)
    absent = [i.name for i in indicators if i.code not in given]
    require(not absent, "report.value_missing", field=field, indicators="、".join(absent))
    return tuple(given[i.code] for i in indicators)


def _require_value(indicators: Sequence[Indicator], value: IndicatorValue, field: str) -> IndicatorValue:
    indicator = find_indicator(indicators, value.indicator, f"{field}.indicator")
    figure = require_figure(value.value, f"{field}.value")
    require(
        figure >= 0 or indicator.unit_of_measure in RATES,
        "report.negative_count",
        field=f"{field}.value",
        name=indicator.name,
        unit=indicator.unit_of_measure,
        value=figure,
    )
    return IndicatorValue(value.indicator, figure)
