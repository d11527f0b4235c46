"""Indicators (指标): what a task is measured by, and how far a value has come (article 48).

Completion is a share between 0 and 1 with four digits, rounded half up:

    at least (不低于)  the way from the baseline up to the target; with no baseline, from zero
    at most  (不高于)  the way from the baseline down to the target; with no baseline, target ÷ value
    reach    (达到)    1 less the distance still left, on either side; with no baseline, from zero

A baseline that already meets the target makes the indicator one to be kept: 1 while it is met, else 0.
An indicator whose target the plan's text has lost cannot be measured: its completion is unknown, and the
task's completion is the weighted mean of the indicators that can.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from domain.period import Period
from domain.refusal import Refusal, require, require_figure, require_text

ZERO, ONE, HUNDRED = Decimal(0), Decimal(1), Decimal(100)
FOUR_DIGITS = Decimal("0.0001")


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


_WORDS = {
    Direction.AT_LEAST: ("at least", "不低于"),
    Direction.AT_MOST: ("at most", "不高于"),
    Direction.REACH: ("exactly", "达到"),
}


def share(value: Decimal) -> Decimal:
    """A share in [0, 1] with four digits, rounded half up."""
    return min(max(value, ZERO), ONE).quantize(FOUR_DIGITS, ROUND_HALF_UP)


def completion(indicator: Indicator, value: Decimal | None) -> Explained:
    """How far `value` has come towards the target, and why."""
    if indicator.target is None:
        return Explained(None, "the plan's text lost the target", "文本缺失目标值")
    if value is None:
        return Explained(share(ZERO), "nothing reported yet", "尚无上报数值")
    figure, en, zh = _measure(indicator.direction, indicator.target, indicator.baseline, value)
    words_en, words_zh = _WORDS[indicator.direction]
    unit = indicator.unit_of_measure
    base_en = "" if indicator.baseline is None else f", baseline {indicator.baseline}"
    base_zh = "" if indicator.baseline is None else f",基数 {indicator.baseline}"
    return Explained(
        figure,
        f"target {words_en} {indicator.target} {unit}{base_en}, value {value}: {en} = {figure}",
        f"目标{words_zh} {indicator.target} {unit}{base_zh},现值 {value}:{zh} = {figure}",
    )


def _measure(
    direction: Direction, target: Decimal, baseline: Decimal | None, value: Decimal
) -> tuple[Decimal, str, str]:
    met = value >= target if direction is Direction.AT_LEAST else value <= target
    if direction is Direction.AT_MOST and baseline is None:
        if met:
            return share(ONE), "met", "已达标"
        # Not met, so value > target; a target below zero leaves no share to speak of.
        figure = share(target / value) if target > 0 else share(ZERO)
        return figure, f"{target} ÷ {value}", f"{target} ÷ {value}"
    start = ZERO if baseline is None else baseline
    way = start - target if direction is Direction.AT_MOST else target - start
    if direction is Direction.REACH:
        if way == 0:
            kept = share(ONE if value == target else ZERO)
            return kept, "to be kept at the target", "保持目标值"
        figure = share(1 - abs(target - value) / abs(way))
        text = f"1 − |{target} − {value}| ÷ |{target} − {start}|"
        return figure, text, text
    if way <= 0:
        return share(ONE if met else ZERO), "baseline meets the target, to be kept", "基数已达标,保持即可"
    if direction is Direction.AT_MOST:
        text = f"({start} − {value}) ÷ ({start} − {target})"
        return share((start - value) / way), text, text
    text = f"({value} − {start}) ÷ ({target} − {start})"
    return share((value - start) / way), text, text


def overall(indicators: Sequence[Indicator], completions: Sequence[Decimal | None]) -> Decimal | None:
    """The task's completion: the weighted mean of those that can be measured; None when none can."""
    known = [(i.weight, c) for i, c in zip(indicators, completions, strict=True) if c is not None]
    weight = sum((w for w, _ in known), ZERO)
    if weight == 0:
        return None
    return share(sum((w * c for w, c in known), ZERO) / weight)


def require_indicators(indicators: Sequence[Indicator], field: str = "indicators") -> None:
    """1 to 50 indicators, codes unique, each figure sane, weights above 0 that sum to 100."""
    require(
        1 <= len(indicators) <= 50,
        "task.indicator_count",
        "A task has 1 to 50 indicators.",
        "每项任务应有 1 至 50 个指标。",
        field=field,
        article=48,
    )
    codes = [i.code for i in indicators]
    require(
        len(set(codes)) == len(codes),
        "indicator.duplicate_code",
        "Two indicators of the task have the same code.",
        "同一任务的指标编码重复。",
        field=field,
    )
    for i, indicator in enumerate(indicators):
        require_text(indicator.code, f"{field}.{i}.code", most=64)
        require_text(indicator.name, f"{field}.{i}.name", most=200)
        require_text(indicator.unit_of_measure, f"{field}.{i}.unitOfMeasure", most=40)
        for name, figure in (("target", indicator.target), ("baseline", indicator.baseline)):
            if figure is not None:
                require_figure(figure, f"{field}.{i}.{name}")
        require(
            require_figure(indicator.weight, f"{field}.{i}.weight") > 0,
            "indicator.weight_not_positive",
            "An indicator's weight must be above 0.",
            "指标权重须大于 0。",
            field=f"{field}.{i}.weight",
        )
    require(
        sum((i.weight for i in indicators), ZERO) == HUNDRED,
        "indicator.weights_not_100",
        "The weights of a task's indicators must sum to 100.",
        "同一任务各指标权重之和须为 100。",
        field=field,
    )


def find_indicator(indicators: Sequence[Indicator], code: str, field: str = "indicator") -> Indicator:
    """The indicator of this code; refused when the task has none."""
    for indicator in indicators:
        if indicator.code == code:
            return indicator
    raise Refusal(
        "indicator.unknown",
        f"The task has no indicator {code!r}.",
        f"该任务没有编码为“{code}”的指标。",
        field=field,
    )


def require_values(
    indicators: Sequence[Indicator], values: Sequence[IndicatorValue], field: str = "values"
) -> None:
    """One sane value for each indicator; below zero only where a percentage can be (a growth rate)."""
    given = [v.indicator for v in values]
    require(
        len(set(given)) == len(given),
        "report.value_twice",
        "An indicator has two values.",
        "同一指标填报了两个数值。",
        field=field,
    )
    for i, value in enumerate(values):
        indicator = find_indicator(indicators, value.indicator, f"{field}.{i}.indicator")
        require_figure(value.value, f"{field}.{i}.value")
        require(
            value.value >= 0 or indicator.unit_of_measure in ("%", "％"),
            "report.negative_count",
            f"{indicator.name} counts {indicator.unit_of_measure}: {value.value} is below zero.",
            f"“{indicator.name}”以{indicator.unit_of_measure}计,不能为负数({value.value})。",
            field=f"{field}.{i}.value",
            article=48,
        )
    absent = [i.name for i in indicators if i.code not in given]
    require(
        not absent,
        "report.value_missing",
        f"A value is missing for: {', '.join(absent)}.",
        f"缺少指标数值:{'、'.join(absent)}。",
        field=field,
        article=48,
    )
