"""Cards (亮牌), as they stand, step by step, and by task; the scheme they follow; urges (催办)."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from domain import identifiers
from domain.supervision.card_scheme import CardScheme
from domain.supervision.cards import Cards, Figures
from domain.supervision.urge import Occasion, Urge
from projections.projection import Fact, Index, Key, Projection, Table


class LevelRow(Struct, frozen=True, gc=False, rename="camel"):
    code: str
    name: str
    points: Decimal
    behind: Decimal | None
    overdue_days: int | None
    missing_reports: int | None


class RepetitionRow(Struct, frozen=True, gc=False, rename="camel"):
    level: str
    times: int
    escalates_to: str | None
    interview: bool
    written_report: bool


class CardSchemeRow(Struct, frozen=True, gc=False):
    """An edition of the scheme."""

    id: UUID
    edition: int
    adopted_on: date
    document_number: str
    document_title: str
    levels: tuple[LevelRow, ...]
    repetitions: tuple[RepetitionRow, ...]
    repeat_days: int
    key_task_steps: int
    urge_days_before: tuple[int, ...]
    report_grace_days: int
    points_end_with_card: bool


class CardRow(Struct, frozen=True, gc=False):
    """A card: from the day it was shown to the day it was lifted. `level` is the highest it had; `points` are
    the sum of all that it costs, 0 once they are taken back; the figures and the edition are those of its
    last showing."""

    id: UUID
    task_id: UUID
    campaign_id: UUID
    unit_id: UUID
    level: str
    cause: str
    times: int
    raised_on: date
    shown_on: date
    points: Decimal
    edition: int
    completion: Decimal | None
    expected: Decimal
    deviation: Decimal | None
    days_overdue: int
    reports_missing: int
    group_id: UUID | None
    reason: str
    is_open: bool = True
    lifted_on: date | None = None
    lifted_by_group_id: UUID | None = None
    lift_reason: str | None = None


class CardStepRow(Struct, frozen=True, gc=False):
    """One event in the life of a task's cards, by its position.

    `kind`: raised, escalated, repeated, lifted, interview_ordered, interview_conducted,
    written_report_submitted. `on` is the day it is about, `at` the command's moment.
    """

    task_id: UUID
    card_id: UUID | None
    kind: str
    happened_on: date
    at: datetime
    level: str | None
    points: Decimal | None
    cause: str | None
    times: int | None
    edition: int | None
    completion: Decimal | None
    expected: Decimal | None
    deviation: Decimal | None
    days_overdue: int | None
    reports_missing: int | None
    group_id: UUID | None
    text: str


class TaskCardsRow(Struct, frozen=True, gc=False):
    """A task's card as the next sweep finds it (`domain.supervision.cards.CardStanding`), and what is due.
    `…_before`: what was so before the card was shown, and is again if that was an error."""

    task_id: UUID
    card_id: UUID | None = None
    level: str | None = None
    by_hand: bool = False
    shown_on: date | None = None
    respite_until: date | None = None
    counted_levels: tuple[str, ...] = ()
    counts: tuple[int, ...] = ()
    interview_due: bool = False
    report_due: bool = False
    counted_levels_before: tuple[str, ...] = ()
    counts_before: tuple[int, ...] = ()
    interview_due_before: bool = False
    report_due_before: bool = False


class UrgeRow(Struct, frozen=True, gc=False):
    id: UUID
    task_id: UUID
    campaign_id: UUID
    unit_id: UUID
    occasion: str
    issued_on: date
    due: date
    text: str
    edition: int | None
    group_id: UUID | None
    issued_at: datetime
    acknowledged_at: datetime | None = None
    remark: str | None = None


CARD_SCHEME = Table("card_scheme", CardSchemeRow, ("id",))
CARD = Table(
    "card",
    CardRow,
    ("id",),
    indexes=(
        Index(("task_id", "raised_on")),
        Index(("unit_id", "is_open")),
        Index(("campaign_id", "is_open")),
        Index(("shown_on", "id")),
    ),
)
CARD_STEP = Table("card_step", CardStepRow, ("task_id", "position"), indexes=(Index(("card_id",)),))
TASK_CARDS = Table("task_cards", TaskCardsRow, ("task_id",))
URGE = Table(
    "urge",
    UrgeRow,
    ("id",),
    indexes=(
        Index(("task_id",)),
        Index(("unit_id", "issued_on")),
        Index(("campaign_id", "issued_on")),
        Index(("issued_on", "id")),
    ),
)

STANDINGS = """
select task_id, level, by_hand, shown_on, respite_until, counted_levels, counts from read.task_cards"""
"""How every task's card stands that ever had one."""

URGED = f"select id from read.urge where occasion <> '{Occasion.HAND.value}'"
"""The occasions on which somebody was urged, by themselves ids."""

TO_ACKNOWLEDGE = """
select id, unit_id from read.urge where acknowledged_at is null and issued_on <= $1 order by issued_on, id"""
"""The urges until a day that are not acknowledged."""

CARDED_AMONG = """
select c.task_id, c.campaign_id, c.unit_id, count(*) over (partition by c.campaign_id, c.unit_id) as cards
from read.card c
where c.is_open and c.campaign_id = any($1::uuid[]) and c.unit_id = any($2::uuid[])
order by cards desc, c.campaign_id, c.unit_id, c.task_id"""
"""The tasks of campaigns and units that have a card, those of the unit with most cards first."""

# -- the scheme


@CARD_SCHEME.begins(CardScheme.Adopted, key=lambda fact: identifiers.edition_id(fact.event.edition))
def _adopted(fact: Fact[CardScheme.Adopted]) -> CardSchemeRow:
    event, scheme = fact.event, fact.event.scheme
    levels = tuple(
        LevelRow(x.code, x.name, x.points, x.behind, x.overdue_days, x.missing_reports) for x in scheme.levels
    )
    repetitions = tuple(
        RepetitionRow(x.level, x.times, x.escalates_to, x.interview, x.written_report)
        for x in scheme.repetitions
    )
    return CardSchemeRow(
        id=identifiers.edition_id(event.edition),
        edition=event.edition,
        adopted_on=event.timestamp.date(),
        document_number=event.document.number,
        document_title=event.document.title,
        levels=levels,
        repetitions=repetitions,
        repeat_days=scheme.repeat_days,
        key_task_steps=scheme.key_task_steps,
        urge_days_before=scheme.urge_days_before,
        report_grace_days=scheme.report_grace_days,
        points_end_with_card=scheme.points_end_with_card,
    )


# -- each card


def _card(fact: Fact[Any]) -> Key:
    card_id: UUID = fact.event.card_id
    return card_id


@CARD.begins(Cards.Raised, key=_card)
def _raised(fact: Fact[Cards.Raised]) -> CardRow:
    event, figures = fact.event, fact.event.figures
    return CardRow(
        id=event.card_id,
        task_id=event.task_id,
        campaign_id=event.campaign_id,
        unit_id=event.unit_id,
        level=event.level,
        cause=event.cause.value,
        times=event.times,
        raised_on=event.on,
        shown_on=event.on,
        points=event.points,
        edition=event.edition,
        completion=figures.completion,
        expected=figures.expected,
        deviation=figures.deviation,
        days_overdue=figures.days_overdue,
        reports_missing=figures.reports_missing,
        group_id=event.group_id,
        reason=event.reason,
    )


@CARD.changes(Cards.Escalated, key=_card)
def _escalated(row: CardRow, fact: Fact[Cards.Escalated]) -> CardRow:
    event = fact.event
    told = _shown_again(row, event, event.figures)
    return replace(told, cause=event.cause.value, group_id=event.group_id, reason=event.reason)


@CARD.changes(Cards.Repeated, key=_card)
def _repeated(row: CardRow, fact: Fact[Cards.Repeated]) -> CardRow:
    return _shown_again(row, fact.event, fact.event.figures)


def _shown_again(row: CardRow, event: Cards.Escalated | Cards.Repeated, figures: Figures) -> CardRow:
    return replace(
        row,
        unit_id=event.unit_id,
        level=event.level,
        times=event.times,
        shown_on=event.on,
        points=row.points + event.points,
        edition=event.edition,
        completion=figures.completion,
        expected=figures.expected,
        deviation=figures.deviation,
        days_overdue=figures.days_overdue,
        reports_missing=figures.reports_missing,
    )


@CARD.changes(Cards.Lifted, key=_card)
def _lifted(row: CardRow, fact: Fact[Cards.Lifted]) -> CardRow:
    event = fact.event
    return replace(
        row,
        is_open=False,
        lifted_on=event.on,
        lifted_by_group_id=event.group_id,
        lift_reason=event.reason or None,
        points=Decimal(0) if event.taken_back else row.points,
    )


# -- step by step


def _step_of_task(fact: Fact[Any]) -> Key:
    return fact.event.task_id, fact.position


def _step(fact: Fact[Any], kind: str, text: str, figures: Figures | None, happened_on: date) -> CardStepRow:
    event = fact.event
    cause = getattr(event, "cause", None)
    return CardStepRow(
        task_id=event.task_id,
        card_id=getattr(event, "card_id", None),
        kind=kind,
        happened_on=happened_on,
        at=event.timestamp,
        level=getattr(event, "level", None),
        points=getattr(event, "points", None),
        cause=None if cause is None else cause.value,
        times=getattr(event, "times", None),
        edition=getattr(event, "edition", None),
        completion=None if figures is None else figures.completion,
        expected=None if figures is None else figures.expected,
        deviation=None if figures is None else figures.deviation,
        days_overdue=None if figures is None else figures.days_overdue,
        reports_missing=None if figures is None else figures.reports_missing,
        group_id=getattr(event, "group_id", None),
        text=text,
    )


@CARD_STEP.begins(Cards.Raised, key=_step_of_task)
def _raised_step(fact: Fact[Cards.Raised]) -> CardStepRow:
    return _step(fact, "raised", fact.event.reason, fact.event.figures, fact.event.on)


@CARD_STEP.begins(Cards.Escalated, key=_step_of_task)
def _escalated_step(fact: Fact[Cards.Escalated]) -> CardStepRow:
    return _step(fact, "escalated", fact.event.reason, fact.event.figures, fact.event.on)


@CARD_STEP.begins(Cards.Repeated, key=_step_of_task)
def _repeated_step(fact: Fact[Cards.Repeated]) -> CardStepRow:
    return _step(fact, "repeated", "", fact.event.figures, fact.event.on)


@CARD_STEP.begins(Cards.Lifted, key=_step_of_task)
def _lifted_step(fact: Fact[Cards.Lifted]) -> CardStepRow:
    return _step(fact, "lifted", fact.event.reason, fact.event.figures, fact.event.on)


@CARD_STEP.begins(Cards.InterviewOrdered, key=_step_of_task)
def _interview_ordered_step(fact: Fact[Cards.InterviewOrdered]) -> CardStepRow:
    return _step(fact, "interview_ordered", "", None, fact.event.on)


@CARD_STEP.begins(Cards.InterviewConducted, key=_step_of_task)
def _interview_conducted_step(fact: Fact[Cards.InterviewConducted]) -> CardStepRow:
    return _step(fact, "interview_conducted", fact.event.record, None, fact.event.on)


@CARD_STEP.begins(Cards.WrittenReportSubmitted, key=_step_of_task)
def _report_submitted_step(fact: Fact[Cards.WrittenReportSubmitted]) -> CardStepRow:
    return _step(fact, "written_report_submitted", fact.event.text, None, fact.event.timestamp.date())


# -- by task


def _task(fact: Fact[Any]) -> Key:
    task_id: UUID = fact.event.task_id
    return task_id


@TASK_CARDS.begins(Cards.Opened, key=_task)
def _opened(fact: Fact[Cards.Opened]) -> TaskCardsRow:
    return TaskCardsRow(fact.event.task_id)


@TASK_CARDS.changes(Cards.Raised, key=_task)
def _task_raised(row: TaskCardsRow, fact: Fact[Cards.Raised]) -> TaskCardsRow:
    event = fact.event
    counted = _counted(row, event.level, event.on, event.repeated)
    return replace(
        counted,
        card_id=event.card_id,
        by_hand=event.group_id is not None,
        counted_levels_before=row.counted_levels,
        counts_before=row.counts,
        interview_due_before=row.interview_due,
        report_due_before=row.report_due,
    )


@TASK_CARDS.changes(Cards.Escalated, key=_task)
def _task_escalated(row: TaskCardsRow, fact: Fact[Cards.Escalated]) -> TaskCardsRow:
    event = fact.event
    counted = _counted(row, event.level, event.on, event.repeated)
    return replace(counted, by_hand=row.by_hand or event.group_id is not None)


@TASK_CARDS.changes(Cards.Repeated, key=_task)
def _task_repeated(row: TaskCardsRow, fact: Fact[Cards.Repeated]) -> TaskCardsRow:
    return _counted(row, fact.event.level, fact.event.on, None)


@TASK_CARDS.changes(Cards.Lifted, key=_task)
def _task_lifted(row: TaskCardsRow, fact: Fact[Cards.Lifted]) -> TaskCardsRow:
    respite = fact.event.respite_until
    lifted = replace(row, card_id=None, level=None, by_hand=False, shown_on=None, respite_until=respite)
    if not fact.event.mistaken:
        return lifted
    return replace(
        lifted,
        counted_levels=row.counted_levels_before,
        counts=row.counts_before,
        interview_due=row.interview_due and row.interview_due_before,
        report_due=row.report_due and row.report_due_before,
    )


@TASK_CARDS.changes(Cards.InterviewOrdered, key=_task)
def _task_interview_ordered(row: TaskCardsRow, fact: Fact[Cards.InterviewOrdered]) -> TaskCardsRow:
    due = row.report_due or fact.event.written_report
    return replace(_with(row, {fact.event.level: 0}), interview_due=True, report_due=due)


@TASK_CARDS.changes(Cards.InterviewConducted, key=_task)
def _task_interviewed(row: TaskCardsRow, fact: Fact[Cards.InterviewConducted]) -> TaskCardsRow:
    return replace(row, interview_due=False)


@TASK_CARDS.changes(Cards.WrittenReportSubmitted, key=_task)
def _task_reported(row: TaskCardsRow, fact: Fact[Cards.WrittenReportSubmitted]) -> TaskCardsRow:
    return replace(row, report_due=False)


def _counted(row: TaskCardsRow, level: str, on: date, repeated: str | None) -> TaskCardsRow:
    times = dict(zip(row.counted_levels, row.counts, strict=True)).get(level, 0) + 1
    counts = {level: times} if repeated is None else {level: times, repeated: 0}
    return replace(_with(row, counts), level=level, shown_on=on, respite_until=None)


def _with(row: TaskCardsRow, counts: dict[str, int]) -> TaskCardsRow:
    changed = dict(zip(row.counted_levels, row.counts, strict=True)) | counts
    return replace(row, counted_levels=tuple(changed), counts=tuple(changed.values()))


# -- urges


@URGE.begins(Urge.Issued)
def _urged(fact: Fact[Urge.Issued]) -> UrgeRow:
    event = fact.event
    return UrgeRow(
        id=event.originator_id,
        task_id=event.task_id,
        campaign_id=event.campaign_id,
        unit_id=event.unit_id,
        occasion=event.occasion.value,
        issued_on=event.on,
        due=event.due,
        text=event.text,
        edition=event.edition,
        group_id=event.group_id,
        issued_at=event.timestamp,
    )


@URGE.changes(Urge.Acknowledged)
def _acknowledged(row: UrgeRow, fact: Fact[Urge.Acknowledged]) -> UrgeRow:
    return replace(row, acknowledged_at=fact.event.timestamp, remark=fact.event.remark)


CARDS = Projection(
    "cards",
    version=3,
    tables=(CARD_SCHEME, CARD, CARD_STEP, TASK_CARDS, URGE),
    follows=(CardScheme, Cards, Urge),
    ignores=(CardScheme.Opened,),
)
