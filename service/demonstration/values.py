"""What is reported of an indicator when a task has come so far: figures that look like such figures.

`reached` is how far the task has come, 0 to 1, and 1 only when it is done. Counts are whole numbers and grow
from nothing; percentages of a state begin part of the way; what is to stay below begins above. An indicator
whose target the plan's text has lost gets figures of a plausible size.
"""

from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from random import Random

from domain.indicator import Direction, Indicator

_PERCENT = "%"
_DIGITS = {"%": 1, "亿元": 2, "万吨": 2, "公里": 1, "微克/立方米": 1, "倍": 2}
_PLAUSIBLE = {"%": (60, 95), "亿元": (20, 180), "万吨": (10, 120), "套": (800, 6000), "人": (100, 900)}
_OTHERWISE = (20, 260)
_FEW = 3


class Course:
    """The course of one indicator through the year. The draws are made at the start: the figures that follow
    are a function of how far the task has come and of the target."""

    def __init__(self, indicator: Indicator, rng: Random):
        self.code = indicator.code
        self.direction = indicator.direction
        self.baseline = indicator.baseline
        self.digits = _DIGITS.get(indicator.unit_of_measure, 0)
        self.percent = indicator.unit_of_measure == _PERCENT
        low, high = _PLAUSIBLE.get(indicator.unit_of_measure, _OTHERWISE)
        self.supposed = Decimal(rng.randint(low, high))
        self.head_start = Decimal(rng.randint(45, 80)) / 100
        self.excess = Decimal(rng.choice((0, 0, 1, 2, 4, 6))) / 100

    def value(self, target: Decimal | None, reached: Decimal) -> Decimal:
        """The figure when the task has come `reached` of its way to the target."""
        goal = self.supposed if target is None else target
        done = reached >= 1
        if self.direction is Direction.AT_MOST:
            above = self.baseline if self.baseline is not None else goal * (1 + self.head_start / 2)
            below = goal * (1 - self.excess / 2)
            figure = above - (above - below) * reached
            return self._rounded(figure, goal, ROUND_FLOOR if done else ROUND_HALF_UP)
        start = self._start(goal)
        if self.direction is Direction.REACH and done:
            return goal
        figure = start + (goal - start) * reached
        if done and not self.percent:
            figure += abs(goal) * self.excess
        # Of one thing or two, the last is there before all the rest of the task is done.
        not_yet = ROUND_HALF_UP if goal <= _FEW else ROUND_FLOOR
        return self._rounded(figure, goal, ROUND_CEILING if done else not_yet)

    def _start(self, goal: Decimal) -> Decimal:
        if self.baseline is not None:
            return self.baseline
        # "完成度 100 %" counts work done; every other percentage describes a state that was there before.
        is_state = self.percent and goal != 100 and self.direction is Direction.AT_LEAST
        return goal * self.head_start if is_state else Decimal(0)

    def _rounded(self, figure: Decimal, goal: Decimal, rounding: str) -> Decimal:
        written = goal.as_tuple().exponent
        digits = max(self.digits, -written if isinstance(written, int) and written < 0 else 0)
        return figure.quantize(Decimal(1).scaleb(-digits), rounding)
