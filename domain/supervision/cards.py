"""The cards of a task (亮牌, article 25): shown, escalated, lifted; and the interview (约谈) they bring.

Rules: a task is in order or has one card. The figures of a day (how far behind, how long overdue, how many
reports missing) say which level it has earned; the card climbs the ladder step by step, and a key task may
enter higher. What stands for long is shown again, and what is shown too often escalates by the scheme. A card
that the figures brought is lifted when they are in order or the task is delivered. A supervision group shows
and lifts by hand, with a reason: what it has shown only a hand lifts, and what it has lifted the figures do
not bring back before the respite is over.

Each showing costs the points of its level, in the month of its day. They are taken back when the card is
lifted because it was shown in error (误亮), or when the scheme lets points end with the card. What was shown
in error does not count towards the next escalation either, and an interview that only it has brought is not
due.

Every event holds the day, the figures and the edition of the scheme. Replay never judges again.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Self
from uuid import UUID

from eventsourcing.domain import event

from domain import identifiers
from domain.aggregate import Aggregate, Created, Event
from domain.assessment.grounds import Ground, register_ground
from domain.refusal import require, require_day, require_text
from domain.supervision.card_scheme import CardLevel, Scheme


@dataclass(frozen=True)
class Figures:
    """What a card is decided on: the task at the end of a day. `deviation` None: nothing can be measured."""

    completion: Decimal | None
    expected: Decimal
    deviation: Decimal | None
    days_overdue: int
    reports_missing: int


@dataclass(frozen=True)
class Subject:
    """Whose card it is: the task, its campaign, and the unit that leads it."""

    task_id: UUID
    campaign_id: UUID
    unit_id: UUID
    key_task: bool


class Cause(StrEnum):
    FIGURES = "figures"  # 指标触发
    REPETITION = "repetition"  # 累计升级
    HAND = "hand"  # 人工亮牌


@dataclass
class CardStanding:
    """A task's card as the next decision finds it. `counts`: how often each level was shown since it last
    escalated or brought an interview; `shown_on`: when the card was shown last."""

    level: str | None = None
    by_hand: bool = False
    shown_on: date | None = None
    respite_until: date | None = None
    counts: Mapping[str, int] = field(default_factory=dict)


class Move(StrEnum):
    RAISE = "raise"
    ESCALATE = "escalate"
    REPEAT = "repeat"
    LIFT = "lift"


@dataclass(frozen=True)
class Step:
    """What a day's figures bring. `times`: how often the level has been shown with it; `repeated`: the lower
    level that was shown once too often; `interview` and `written_report`: so was this one."""

    move: Move
    level: str
    cause: Cause
    times: int
    repeated: str | None = None
    interview: bool = False
    written_report: bool = False


def earned(scheme: Scheme, figures: Figures) -> int:
    """The highest step of the ladder of which a threshold is met; 0: in order."""
    return max((n for n, level in enumerate(scheme.levels) if n and _met(level, figures)), default=0)


def _met(level: CardLevel, figures: Figures) -> bool:
    behind = level.behind is not None and figures.deviation is not None and figures.deviation <= -level.behind
    overdue = level.overdue_days is not None and figures.days_overdue >= level.overdue_days
    missing = level.missing_reports is not None and figures.reports_missing >= level.missing_reports
    return behind or overdue or missing


def next_step(
    scheme: Scheme,
    standing: CardStanding,
    figures: Figures | None,
    key_task: bool,
    on: date,
) -> Step | None:
    """What the end of the day brings; None: the card stays as it is. `figures` None: the task is delivered
    or closed, and nothing is asked of it."""
    goal = 0 if figures is None else earned(scheme, figures)
    if standing.level is None:
        if goal == 0 or (standing.respite_until is not None and on <= standing.respite_until):
            return None
        entry = scheme.levels[scheme.entry(key_task)].code
        return shown(scheme, standing, Move.RAISE, entry, Cause.FIGURES)
    if goal == 0:
        lifted = not standing.by_hand or figures is None
        return Step(Move.LIFT, standing.level, Cause.FIGURES, 0) if lifted else None
    present = scheme.place(standing.level)
    if goal > present:
        return shown(scheme, standing, Move.ESCALATE, scheme.levels[present + 1].code, Cause.FIGURES)
    assert standing.shown_on is not None
    if on >= standing.shown_on + timedelta(days=scheme.repeat_days):
        return shown(scheme, standing, Move.REPEAT, standing.level, Cause.FIGURES)
    return None


def shown(scheme: Scheme, standing: CardStanding, move: Move, level: str, cause: Cause) -> Step:
    """A level shown once more, and what comes of it when that is once too often."""
    repeated = None
    times = standing.counts.get(level, 0) + 1
    rule = scheme.repetition(level)
    if rule is not None and rule.escalates_to is not None and times >= rule.times:
        repeated, level, cause = level, rule.escalates_to, Cause.REPETITION
        move = Move.RAISE if standing.level is None else Move.ESCALATE
        times = standing.counts.get(level, 0) + 1
        rule = scheme.repetition(level)
    too_often = rule is not None and rule.interview and times >= rule.times
    report = too_often and rule is not None and rule.written_report
    return Step(move, level, cause, times, repeated, too_often, report)


class Cards(Aggregate):
    """All cards of one task, in order."""

    TOPIC = "cards"

    # -- events

    class Opened(Created):
        TOPIC = "cards.opened"
        task_id: UUID

    class Raised(Event):
        """Shown on a task that was in order (亮牌). `repeated`: the lower level that was shown once too
        often; `group_id` and `reason`: by hand; `highest`: at the top of the ladder."""

        TOPIC = "cards.raised"
        task_id: UUID
        campaign_id: UUID
        unit_id: UUID
        card_id: UUID
        level: str
        points: Decimal
        cause: Cause
        times: int
        on: date
        edition: int
        figures: Figures
        repeated: str | None = None
        group_id: UUID | None = None
        reason: str = ""
        highest: bool = False

    class Escalated(Event):
        """The card has become one of a higher level (升级)."""

        TOPIC = "cards.escalated"
        task_id: UUID
        campaign_id: UUID
        unit_id: UUID
        card_id: UUID
        previous: str
        level: str
        points: Decimal
        cause: Cause
        times: int
        on: date
        edition: int
        figures: Figures
        repeated: str | None = None
        group_id: UUID | None = None
        reason: str = ""
        highest: bool = False

    class Repeated(Event):
        """The card still stands after so long, and is shown again (再次亮牌)."""

        TOPIC = "cards.repeated"
        task_id: UUID
        campaign_id: UUID
        unit_id: UUID
        card_id: UUID
        level: str
        points: Decimal
        times: int
        on: date
        edition: int
        figures: Figures
        highest: bool = False

    class Lifted(Event):
        """In order again (摘牌). By hand, the figures do not bring it back until `respite_until` is over.
        `taken_back`: the showings (versions of this stream) whose points count no more."""

        TOPIC = "cards.lifted"
        task_id: UUID
        campaign_id: UUID
        unit_id: UUID
        card_id: UUID
        level: str
        on: date
        edition: int
        figures: Figures | None
        group_id: UUID | None = None
        reason: str = ""
        respite_until: date | None = None
        mistaken: bool = False
        taken_back: tuple[int, ...] = ()

    class InterviewOrdered(Event):
        """Shown once too often: an interview (约谈), and with it perhaps a written report (书面说明)."""

        TOPIC = "cards.interview_ordered"
        task_id: UUID
        campaign_id: UUID
        unit_id: UUID
        card_id: UUID
        level: str
        times: int
        written_report: bool
        on: date
        edition: int

    class InterviewConducted(Event):
        TOPIC = "cards.interview_conducted"
        task_id: UUID
        on: date
        record: str

    class WrittenReportSubmitted(Event):
        TOPIC = "cards.written_report_submitted"
        task_id: UUID
        unit_id: UUID
        text: str

    # -- commands

    @classmethod
    def open(cls, task_id: UUID, at: datetime) -> Self:
        return cls.create(cls.Opened, identifiers.cards_id(task_id), at, task_id=task_id)

    def sweep(
        self,
        edition: int,
        scheme: Scheme,
        subject: Subject,
        figures: Figures | None,
        on: date,
        at: datetime,
    ) -> Step | None:
        """What the end of a day brings; None when the card stays as it is."""
        step = next_step(scheme, self.standing, figures, subject.key_task, on)
        if step is None:
            return None
        if step.move is Move.LIFT:
            back = self.showings if scheme.points_end_with_card else ()
            self._lift(subject, edition, figures, on, at, taken_back=back)
        else:
            assert figures is not None
            self._show(step, subject, edition, scheme, figures, on, at)
        return step

    def show(
        self,
        level: str,
        group_id: UUID,
        reason: str,
        edition: int,
        scheme: Scheme,
        subject: Subject,
        figures: Figures,
        at: datetime,
    ) -> None:
        """By hand: the next level up the ladder, and no other."""
        place = scheme.place(level)
        require(place > 0, "card.first_level", field="level")
        present = scheme.place(self.standing.level) if self.standing.level else 0
        require(place > present, "card.not_higher", field="level")
        highest = present + 1 if present else scheme.entry(subject.key_task)
        require(place <= highest, "card.ladder_skipped", field="level", next=scheme.levels[highest].name)
        by_hand = {"group_id": group_id, "reason": require_text(reason, "reason", most=1000)}
        move = Move.ESCALATE if present else Move.RAISE
        step = shown(scheme, self.standing, move, level, Cause.HAND)
        self._show(step, subject, edition, scheme, figures, at.date(), at, **by_hand)

    def lift(
        self,
        group_id: UUID,
        reason: str,
        edition: int,
        scheme: Scheme,
        subject: Subject,
        figures: Figures,
        at: datetime,
        mistaken: bool = False,
    ) -> None:
        """By hand; `mistaken`: it should never have been shown."""
        require(self.standing.level is not None, "card.none_shown", field="task")
        by_hand = {"group_id": group_id, "reason": require_text(reason, "reason", most=1000)}
        respite = at.date() + timedelta(days=scheme.repeat_days)
        back = self.showings if mistaken or scheme.points_end_with_card else ()
        told = {**by_hand, "respite_until": respite, "mistaken": mistaken, "taken_back": back}
        self._lift(subject, edition, figures, at.date(), at, **told)

    def conduct_interview(self, on: date, record: str, at: datetime) -> None:
        require(self.interview_due, "card.no_interview_ordered", field="task")
        require_day(on, "on")
        require(on <= at.date(), "supervision.not_yet", field="on")
        record = require_text(record, "record", most=4000)
        self.trigger(Cards.InterviewConducted, at, task_id=self.task_id, on=on, record=record)

    def submit_written_report(self, unit_id: UUID, text: str, at: datetime) -> None:
        require(self.report_due, "card.no_report_ordered", field="task")
        text = require_text(text, "text", most=4000)
        task_id = self.task_id
        self.trigger(Cards.WrittenReportSubmitted, at, task_id=task_id, unit_id=unit_id, text=text)

    def _show(
        self,
        step: Step,
        subject: Subject,
        edition: int,
        scheme: Scheme,
        figures: Figures,
        on: date,
        at: datetime,
        **by_hand: object,
    ) -> None:
        place = scheme.place(step.level)
        card = self.card_id or identifiers.card_id(self.task_id, self.version + 1)
        facts = {**_whose(subject), "card_id": card, "level": step.level, "times": step.times}
        facts |= {"on": on, "edition": edition}
        told = {**facts, "points": scheme.levels[place].points, "figures": figures}
        told["highest"] = place == len(scheme.levels) - 1
        if step.move is Move.REPEAT:
            self.trigger(Cards.Repeated, at, **told)
        else:
            told |= {"cause": step.cause, "repeated": step.repeated, **by_hand}
            if step.move is Move.RAISE:
                self.trigger(Cards.Raised, at, **told)
            else:
                self.trigger(Cards.Escalated, at, previous=self.standing.level, **told)
        if step.interview:
            self.trigger(Cards.InterviewOrdered, at, written_report=step.written_report, **facts)

    def _lift(
        self,
        subject: Subject,
        edition: int,
        figures: Figures | None,
        on: date,
        at: datetime,
        **told: object,
    ) -> None:
        self.trigger(
            Cards.Lifted,
            at,
            card_id=self.card_id,
            level=self.standing.level,
            on=on,
            edition=edition,
            figures=figures,
            **_whose(subject),
            **told,
        )

    # -- how events change the state

    @event(Opened)
    def __init__(self, task_id: UUID) -> None:
        self.task_id = task_id
        self.card_id: UUID | None = None
        self.standing = CardStanding()
        self.interview_due = False
        self.report_due = False
        # The versions at which the present card was shown.
        self.showings: tuple[int, ...] = ()
        # What was so before it was.
        self.counts_before: Mapping[str, int] = {}
        self.due_before = (False, False)

    @event(Raised)
    def _raised(
        self, card_id: UUID, level: str, on: date, repeated: str | None = None, group_id: UUID | None = None
    ) -> None:
        self.card_id = card_id
        self.counts_before = self.standing.counts
        self.due_before = (self.interview_due, self.report_due)
        self._counted(level, on, repeated)
        self.standing.by_hand = group_id is not None

    @event(Escalated)
    def _escalated(
        self, level: str, on: date, repeated: str | None = None, group_id: UUID | None = None
    ) -> None:
        self._counted(level, on, repeated)
        self.standing.by_hand = self.standing.by_hand or group_id is not None

    @event(Repeated)
    def _repeated(self, level: str, on: date) -> None:
        self._counted(level, on)

    @event(Lifted)
    def _lifted(self, respite_until: date | None = None, mistaken: bool = False) -> None:
        self.card_id = None
        self.showings = ()
        counts = self.counts_before if mistaken else self.standing.counts
        self.standing = CardStanding(respite_until=respite_until, counts=counts)
        if mistaken:
            interview, report = self.due_before
            self.interview_due = self.interview_due and interview
            self.report_due = self.report_due and report

    @event(InterviewOrdered)
    def _interview_ordered(self, level: str, written_report: bool) -> None:
        self.interview_due = True
        self.report_due = self.report_due or written_report
        self.standing.counts = {**self.standing.counts, level: 0}

    @event(InterviewConducted)
    def _interview_conducted(self) -> None:
        self.interview_due = False

    @event(WrittenReportSubmitted)
    def _written_report_submitted(self) -> None:
        self.report_due = False

    def _counted(self, level: str, on: date, repeated: str | None = None) -> None:
        counts = {**self.standing.counts, level: self.standing.counts.get(level, 0) + 1}
        if repeated is not None:
            counts[repeated] = 0
        self.standing = CardStanding(level, self.standing.by_hand, on, None, counts)
        # While an event is applied, the version is still that of the event before.
        self.showings = (*self.showings, self.version + 1)


def _whose(subject: Subject) -> dict[str, object]:
    return {
        "task_id": subject.task_id,
        "campaign_id": subject.campaign_id,
        "unit_id": subject.unit_id,
    }


HIGHEST_CARD = register_ground(
    Ground(
        "highest_card",
        "card at the top of the ladder",
        "最高等级亮牌",
        topics=(Cards.Raised.TOPIC, Cards.Escalated.TOPIC, Cards.Repeated.TOPIC),
        shows=lambda event: bool(event.highest),
    )
)
