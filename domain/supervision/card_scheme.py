"""The scheme of the cards (亮牌办法, article 25): a ladder of levels, and what brings a task onto each.

Rules: the scheme is adopted, each time as a new edition. Its first level is the one of a task in order
(green) and asks for nothing; each level above is shown when one of its thresholds is met: completion so far
behind expectation, so many days past the deadline, so many reports missing. The thresholds and the penalties
grow up the ladder. A level that was shown so many times is shown as another (two yellows make a red) or
brings an interview and a written report (three reds). A later edition keeps the codes of the levels, because
cards of earlier editions stand.

The same scheme says when a unit is urged (催办) without anybody doing it: so many days before a deadline, and
when a month's report is missing after the days of grace. Before these it is not missing for a card either.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from itertools import pairwise
from typing import Self

from eventsourcing.domain import event

from domain import identifiers
from domain.aggregate import Aggregate, Created, Event
from domain.documents import Document, require_document
from domain.identifiers import require_code
from domain.refusal import Refusal, require, require_figure, require_line

MOST_LEVELS = 6


@dataclass(frozen=True)
class CardLevel:
    """A step of the ladder. It is shown when one of its thresholds is met; None: not looked at.

    `behind`: completion less expected completion at or below its negative, a share of 0 to 1;
    `overdue_days`, `missing_reports`: at least so many. `points`: its effect on the score, 0 or below.
    """

    code: str
    name: str
    points: Decimal
    behind: Decimal | None = None
    overdue_days: int | None = None
    missing_reports: int | None = None


@dataclass(frozen=True)
class Repetition:
    """What it brings when a level has been shown so many `times`: another level, or an interview (约谈) and
    with it perhaps a written report (书面说明)."""

    level: str
    times: int
    escalates_to: str | None = None
    interview: bool = False
    written_report: bool = False


@dataclass(frozen=True)
class Scheme:
    """An edition's rules. A card that stands is shown again every `repeat_days`; a card lifted by hand is not
    shown again by the figures for as long. A key task enters `key_task_steps` higher. With
    `points_end_with_card` a card's points count no more once it is lifted; otherwise they stay."""

    levels: tuple[CardLevel, ...]
    repetitions: tuple[Repetition, ...]
    repeat_days: int
    key_task_steps: int
    urge_days_before: tuple[int, ...]
    report_grace_days: int
    points_end_with_card: bool = False

    def place(self, code: str) -> int:
        """Where a level is on the ladder, from 0."""
        for n, level in enumerate(self.levels):
            if level.code == code:
                return n
        raise Refusal("card.unknown_level", field="level", level=code)

    def entry(self, key_task: bool) -> int:
        """The step at which a task without a card enters."""
        return min(1 + (self.key_task_steps if key_task else 0), len(self.levels) - 1)

    def repetition(self, level: str) -> Repetition | None:
        return next((r for r in self.repetitions if r.level == level), None)


GREEN = CardLevel("green", "绿牌", Decimal(0))
YELLOW = CardLevel("yellow", "黄牌", Decimal(-1), Decimal("0.1"), 1, 2)
RED = CardLevel("red", "红牌", Decimal(-2), Decimal("0.25"), 15, 3)
DEFAULT = Scheme(
    levels=(GREEN, YELLOW, RED),
    repetitions=(
        Repetition("yellow", 2, escalates_to="red"),
        Repetition("red", 3, interview=True, written_report=True),
    ),
    repeat_days=30,
    key_task_steps=0,
    urge_days_before=(15, 3),
    report_grace_days=5,
)
"""What other cities do, where nothing else is adopted."""


class CardScheme(Aggregate):
    """All editions of the city's scheme; the last is in force."""

    TOPIC = "card_scheme"

    # -- events

    class Opened(Created):
        TOPIC = "card_scheme.opened"

    class Adopted(Event):
        TOPIC = "card_scheme.adopted"
        edition: int
        scheme: Scheme
        document: Document

    # -- commands

    @classmethod
    def open(cls, at: datetime) -> Self:
        return cls.create(cls.Opened, identifiers.CARD_SCHEME, at)

    def adopt(self, scheme: Scheme, document: Document, at: datetime) -> None:
        sound = require_scheme(scheme)
        codes = {level.code for level in sound.levels}
        kept = all(level.code in codes for level in self.scheme.levels) if self.scheme else True
        require(kept, "card_scheme.level_dropped", field="levels")
        require(sound != self.scheme, "card_scheme.unchanged", field="levels")
        self.trigger(
            CardScheme.Adopted,
            at,
            edition=self.edition + 1,
            scheme=sound,
            document=require_document(document, at.date()),
        )

    # -- rules asked by other nouns

    def require_in_force(self) -> tuple[int, Scheme]:
        if self.scheme is None:
            raise Refusal("card_scheme.none_adopted")
        return self.edition, self.scheme

    # -- how events change the state

    @event(Opened)
    def __init__(self) -> None:
        self.edition = 0
        self.scheme: Scheme | None = None

    @event(Adopted)
    def _adopted(self, edition: int, scheme: Scheme) -> None:
        self.edition = edition
        self.scheme = scheme


def require_scheme(scheme: Scheme) -> Scheme:
    """The scheme as it is recorded; refused where its ladder is none."""
    require(2 <= len(scheme.levels) <= MOST_LEVELS, "card_scheme.ladder_size", field="levels")
    levels = tuple(_require_level(level, f"levels.{n}") for n, level in enumerate(scheme.levels))
    codes = [level.code for level in levels]
    require(len(set(codes)) == len(codes), "card_scheme.level_twice", field="levels")
    _require_growing(levels)
    for n, repetition in enumerate(scheme.repetitions):
        _require_repetition(repetition, codes, f"repetitions.{n}")
    repeated = [r.level for r in scheme.repetitions]
    require(len(set(repeated)) == len(repeated), "card_scheme.repetition_twice", field="repetitions")
    require(7 <= scheme.repeat_days <= 366, "card_scheme.days_out_of_range", field="repeatDays")
    steps = 0 <= scheme.key_task_steps <= len(levels) - 2
    require(steps, "card_scheme.key_task_steps", field="keyTaskSteps")
    notices = scheme.urge_days_before
    orderly = len(notices) <= 5 and len(set(notices)) == len(notices) and all(1 <= n <= 180 for n in notices)
    require(orderly, "card_scheme.days_out_of_range", field="urgeDaysBefore")
    require(1 <= scheme.report_grace_days <= 60, "card_scheme.days_out_of_range", field="reportGraceDays")
    return replace(scheme, levels=levels)


def _require_level(level: CardLevel, field: str) -> CardLevel:
    behind = level.behind
    if behind is not None:
        behind = require_figure(behind, f"{field}.behind")
        require(0 < behind <= 1, "card_scheme.threshold_out_of_range", field=f"{field}.behind")
    for name, least in (("overdueDays", level.overdue_days), ("missingReports", level.missing_reports)):
        sane = least is None or 1 <= least <= 366
        require(sane, "card_scheme.threshold_out_of_range", field=f"{field}.{name}")
    points = require_figure(level.points, f"{field}.points")
    require(-100 <= points <= 0, "card_scheme.points_out_of_range", field=f"{field}.points")
    code = require_code(level.code, f"{field}.code")
    name = require_line(level.name, f"{field}.name", most=20)
    return replace(level, code=code, name=name, behind=behind, points=points)


def _require_growing(levels: Sequence[CardLevel]) -> None:
    first = levels[0]
    in_order = (first.behind, first.overdue_days, first.missing_reports) == (None, None, None)
    require(in_order and not first.points, "card_scheme.first_level", field="levels.0")
    for n, (lower, upper) in enumerate(pairwise(levels[1:]), start=2):
        pairs = (
            (lower.behind, upper.behind),
            (lower.overdue_days, upper.overdue_days),
            (lower.missing_reports, upper.missing_reports),
            (-lower.points, -upper.points),
        )
        growing = all(a is None or b is None or a <= b for a, b in pairs)
        require(growing, "card_scheme.not_growing", field=f"levels.{n}")


def _require_repetition(repetition: Repetition, codes: Sequence[str], field: str) -> None:
    require(
        repetition.level in codes[1:], "card.unknown_level", field=f"{field}.level", level=repetition.level
    )
    require(2 <= repetition.times <= 12, "card_scheme.times_out_of_range", field=f"{field}.times")
    higher = repetition.escalates_to
    if higher is not None:
        upward = higher in codes and codes.index(higher) > codes.index(repetition.level)
        require(upward, "card_scheme.escalates_downward", field=f"{field}.escalatesTo")
    brings = (higher is not None) != repetition.interview
    sound = brings and (repetition.interview or not repetition.written_report)
    require(sound, "card_scheme.repetition_empty", field=field)
