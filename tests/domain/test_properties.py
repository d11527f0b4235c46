"""What holds for every figure, schedule and history, not only for the examples."""

import re
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from domain.indicator import Direction, Indicator, completion, overall, share
from domain.period import first_day, last_day, month_number, period_numbered, period_of
from domain.schedule import Milestone, days_overdue, deviation, expected, periods_missing, require_schedule

tried = settings(deadline=None, max_examples=150)

FIGURES = st.one_of(
    st.decimals(-(10**15) + 1, 10**15 - 1, places=6),
    st.decimals(-20, 20, places=1),
    st.integers(-5, 5).map(Decimal),
)
SHARES = st.integers(0, 10000).map(lambda n: Decimal(n).scaleb(-4))
DAYS = st.dates(date(1990, 1, 1), date(2060, 12, 31))


@st.composite
def indicators(draw: st.DrawFn, direction: Direction | None = None) -> Indicator:
    return Indicator(
        code="i",
        name="指标",
        direction=direction or draw(st.sampled_from(Direction)),
        unit_of_measure="%",
        target=draw(FIGURES),
        weight=Decimal(100),
        baseline=draw(st.none() | FIGURES),
    )


def figure(indicator: Indicator, value: Decimal) -> Decimal:
    done = completion(indicator, value).figure
    assert done is not None
    return done


def meets(indicator: Indicator, value: Decimal) -> bool:
    assert indicator.target is not None
    if indicator.direction is Direction.REACH:
        return value == indicator.target
    return (
        value >= indicator.target if indicator.direction is Direction.AT_LEAST else value <= indicator.target
    )


# -- completion


@tried
@given(indicators(), FIGURES)
def test_a_completion_is_a_share_of_four_digits_and_whole_only_when_the_target_is_met(
    indicator: Indicator, value: Decimal
) -> None:
    done = figure(indicator, value)
    assert 0 <= done <= 1
    assert done.as_tuple().exponent == -4
    assert (done == 1) is meets(indicator, value)


@tried
@given(indicators(Direction.AT_LEAST), FIGURES, FIGURES)
def test_more_is_never_less_done_where_at_least_is_asked(
    indicator: Indicator, one: Decimal, other: Decimal
) -> None:
    low, high = sorted((one, other))
    assert figure(indicator, low) <= figure(indicator, high)


@tried
@given(indicators(Direction.AT_MOST), FIGURES, FIGURES)
def test_less_is_never_less_done_where_at_most_is_asked(
    indicator: Indicator, one: Decimal, other: Decimal
) -> None:
    low, high = sorted((one, other))
    assert figure(indicator, low) >= figure(indicator, high)


@tried
@given(indicators(Direction.REACH), FIGURES, FIGURES)
def test_nearer_is_never_less_done_where_a_target_is_to_be_reached(
    indicator: Indicator, one: Decimal, other: Decimal
) -> None:
    target = indicator.target
    assert target is not None
    near, far = sorted((one, other), key=lambda value: abs(value - target))
    assert figure(indicator, near) >= figure(indicator, far)


@tried
@given(indicators(), FIGURES)
def test_the_sentences_end_in_the_figure_and_their_formula_yields_it(
    indicator: Indicator, value: Decimal
) -> None:
    explained = completion(indicator, value)
    en, zh = explained.en.rsplit(", completion ", 1), explained.zh.rsplit("，完成率", 1)
    assert Decimal(en[1]) == Decimal(zh[1]) == explained.figure
    formula = zh[0].split("：", 1)[1]
    if "÷" in formula:
        assert en[0].endswith(f": {formula}")
        assert rounded(evaluated(formula)) == explained.figure


def evaluated(formula: str) -> Fraction:
    """The exact value of a formula as the sentences write it."""
    code = re.sub(r"\|([^|]*)\|", r"abs(\1)", formula).replace("−", "-").replace("÷", "/")
    return Fraction(eval(re.sub(r"[0-9]+(\.[0-9]+)?", r"Fraction('\g<0>')", code), {"Fraction": Fraction}))


def rounded(exact: Fraction) -> Decimal:
    """Half up to four digits by whole numbers, and not up to 1."""
    assert 0 < exact < 1
    return min(Decimal(int(exact * 20000 + 1) // 2).scaleb(-4), Decimal("0.9999"))


@tried
@given(FIGURES)
def test_a_share_agrees_with_rounding_by_hand(value: Decimal) -> None:
    inside = min(max(value, Decimal(0)), Decimal(1))
    assert share(value) == inside.quantize(Decimal("0.0001"), ROUND_HALF_UP)


# -- the mean


@st.composite
def weighed(draw: st.DrawFn) -> tuple[list[Indicator], list[Decimal | None]]:
    weights = draw(st.lists(st.decimals("0.000001", 100, places=6), min_size=1, max_size=50))
    measured = [
        Indicator(f"i{n}", "指标", Direction.AT_LEAST, "个", Decimal(1), w) for n, w in enumerate(weights)
    ]
    return measured, [draw(st.none() | SHARES) for _ in measured]


@tried
@given(weighed())
def test_the_mean_lies_between_the_extremes_and_is_whole_only_when_all_are(
    case: tuple[list[Indicator], list[Decimal | None]],
) -> None:
    mean = overall(*case)
    known = [c for c in case[1] if c is not None]
    assert (mean is None) is (not known)
    if mean is not None:
        assert min(known) <= mean <= max(known)
        assert (mean == 1) is all(c == 1 for c in known)


@tried
@given(weighed())
def test_the_mean_does_not_depend_on_the_order_or_on_what_is_unknown(
    case: tuple[list[Indicator], list[Decimal | None]],
) -> None:
    known = [(i, c) for i, c in zip(*case, strict=True) if c is not None][::-1]
    assert overall(*case) == overall([i for i, _ in known], [c for _, c in known])


# -- the schedule


@st.composite
def schedules(draw: st.DrawFn) -> tuple[date, date, Sequence[Milestone]]:
    start = draw(DAYS)
    length = draw(st.integers(1, 2000))
    dues = sorted(draw(st.lists(st.integers(0, length), max_size=6)))
    shares = sorted(draw(st.sets(st.integers(1, 10**6), min_size=len(dues), max_size=len(dues))))
    plan = [
        Milestone("节点", start + timedelta(days), Decimal(s).scaleb(-6))
        for days, s in zip(dues, shares, strict=True)
    ]
    deadline = start + timedelta(length)
    return start, deadline, require_schedule(start, deadline, plan)


@tried
@given(schedules(), DAYS, DAYS)
def test_what_is_expected_never_shrinks_as_days_go_by(
    schedule: tuple[date, date, Sequence[Milestone]], one: date, other: date
) -> None:
    start, deadline, _ = schedule
    early, late = sorted((one, other))
    before, after = expected(*schedule, early), expected(*schedule, late)
    assert before.figure is not None
    assert after.figure is not None
    assert 0 <= before.figure <= after.figure <= 1
    assert before.figure == 0 or early >= start
    assert after.figure == 1 or late < deadline
    assert before.en.endswith(f", expected {before.figure}")
    assert before.zh.endswith(f"，应完成{before.figure}")


@tried
@given(SHARES, SHARES)
def test_a_deviation_is_what_lacks_or_exceeds(done: Decimal, due: Decimal) -> None:
    found = deviation(done, due)
    assert found is not None
    assert found + due == done
    assert -1 <= found <= 1
    assert (found < 0) is (done < due)


@tried
@given(DAYS, st.none() | DAYS, DAYS, st.integers(0, 500))
def test_days_overdue_never_shrink_and_stop_at_delivery(
    deadline: date, delivered_on: date | None, day: date, more: int
) -> None:
    now, then = (days_overdue(deadline, delivered_on, d) for d in (day, day + timedelta(more)))
    assert 0 <= now <= then
    assert then - now == 0 if delivered_on else then - now <= more
    assert (days_overdue(deadline, None, day) > 0) is (day > deadline)


@tried
@given(DAYS, st.none() | st.integers(0, 900), DAYS, st.sets(st.integers(23800, 24800)))
def test_every_month_that_is_over_is_reported_or_missing(
    start: date, taken: int | None, day: date, numbers: set[int]
) -> None:
    delivered_on = None if taken is None else start + timedelta(taken)
    assume(delivered_on is None or delivered_on <= day)
    reported = {period_numbered(n) for n in numbers}
    missing = periods_missing(start, delivered_on, reported, day)
    assert missing == sorted(set(missing))
    assert not set(missing) & reported
    for number in range(month_number(period_of(start)), month_number(period_of(day)) + 1):
        period = period_numbered(number)
        over = last_day(period) < day
        asked = delivered_on is None or first_day(period) <= delivered_on
        assert (period in missing) is (over and asked and period not in reported)


@tried
@given(DAYS)
def test_a_day_lies_in_its_period(day: date) -> None:
    period = period_of(day)
    assert first_day(period) <= day <= last_day(period)
    assert period_numbered(month_number(period)) == period
    assert last_day(period) + timedelta(1) == first_day(period_numbered(month_number(period) + 1))
