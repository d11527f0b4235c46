"""The electronic ledger (电子台账, article 48): one row for each task, and every version of it.

The figures are those that the events bring; nothing is judged here. What depends on the day of asking —
expected completion, deviation, days overdue, reports missing — is SQL over the row, and gives exactly what
`domain.schedule` gives.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from struct import Struct as Packed
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from domain.indicator import Indicator, Standing
from domain.period import Period, month_number, period_numbered, period_of
from domain.schedule import Milestone
from domain.task import Task, TaskStatus
from projections.projection import Fact, Index, Projection, Table


class IndicatorOfTask(Struct, frozen=True, gc=False, rename="camel"):
    """An indicator and where it stands. `target` None: the plan's text lost it."""

    code: str
    name: str
    direction: str
    unit_of_measure: str
    target: Decimal | None
    baseline: Decimal | None
    weight: Decimal
    assumed: bool
    value: Decimal | None
    period: str | None
    completion: Decimal | None


class Terms(Struct, frozen=True, gc=False):
    """What a task was listed with, which only an authorising document changes. Shares are between 0 and 1.
    `code_key` sorts as the numbers in the code do."""

    id: UUID
    code: str
    code_key: str
    campaign_id: UUID
    article: int
    title: str
    note: str
    key_task: bool
    lead_unit_id: UUID
    supporting_unit_ids: tuple[UUID, ...]
    start_on: date
    deadline: date
    milestone_dates: tuple[date, ...]
    milestone_shares: tuple[Decimal, ...]
    milestones: tuple[Milestone, ...]
    assumed: tuple[str, ...]
    first_month: int
    indicators_missing: int
    listed_at: datetime


class TaskRow(Struct, frozen=True, gc=False):
    """A task in the ledger.

    `reported_months` are those with a report that is not withdrawn, in order (`domain.period.month_number`);
    `report_count` counts them, the last is the last report. `report_trail` has 24 bytes for each of them: the
    report's id and the microsecond it was made, to fall back on when the last report is withdrawn. (Packed,
    because it grows with every report and is hardly ever read.)
    """

    terms: Terms
    status: str
    indicators: tuple[IndicatorOfTask, ...]
    completion: Decimal | None
    delivered_on: date | None = None
    accepted_on: date | None = None
    published: bool = False
    published_outlet: str | None = None
    reported_months: tuple[int, ...] = ()
    report_count: int = 0
    last_report_id: UUID | None = None
    last_period: str | None = None
    last_reported_at: datetime | None = None
    report_trail: bytes = b""


_TRAIL = Packed(">16sq")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

LastReport = tuple[UUID, Period, datetime] | tuple[None, None, None]

# The same few months come again and again; one object for each spares memory and its cache.
_month = cache(month_number)

TASK = Table(
    "task",
    TaskRow,
    ("id",),
    keep_versions=True,
    unversioned=("report_trail",),
    indexes=(
        Index(("campaign_id", "code_key", "id")),
        Index(("code_key", "id")),
        Index(("code",)),
        Index(("lead_unit_id",)),
        Index(("article",)),
        Index(("status",)),
        Index(("deadline",)),
        Index(("supporting_unit_ids",), "gin"),
    ),
    version_indexes=(Index(("campaign_id", "valid_to", "valid_from")),),
)

# -- the reads that depend on the day of asking
#
# {t} is the row (of `task` or `task_version`), {date} an expression of type date. Plain expressions over the
# row, without a subquery: width_bucket(x, sorted) is the number of entries that are not above x.

EXPECTED = """(case
    when {date} >= {t}.deadline then 1.0000
    when cardinality({t}.milestone_dates) > 0 then round(coalesce(
        ({t}.milestone_shares)[width_bucket({date}, {t}.milestone_dates)], 0), 4)
    else round(greatest({date} - {t}.start_on, 0)::numeric / ({t}.deadline - {t}.start_on), 4)
end)"""
"""Expected completion by the end of {date}: numeric with four digits, as `domain.schedule.expected`."""

DEVIATION = f"({{t}}.completion - {EXPECTED})"
"""Completion less expected completion; null when the completion is unknown."""

DAYS_OVERDUE = "greatest(coalesce({t}.delivered_on, {date}) - {t}.deadline, 0)"
"""Days past the deadline at delivery or, before it, at {date}: integer."""

_MONTH = "(date_part('year', {day}) * 12 + date_part('month', {day}))::integer"
# The last month that is to be reported: over by {date}, and not after the delivery. (least() skips nulls.)
_LAST_DUE = f"""least(
    {_MONTH.replace("{day}", "{date}")} - 2,
    {_MONTH.replace("{day}", "{t}.delivered_on")} - 1)"""

REPORTS_MISSING = f"""greatest(
    {_LAST_DUE} + 1 - {{t}}.first_month - width_bucket({_LAST_DUE}, {{t}}.reported_months), 0)"""
"""How many periods are over by {date}, had to be reported, and were not: integer."""

# -- listed, broken down, assigned


_NUMBER = re.compile(r"\d+")


def code_key(code: str) -> str:
    """The code with its numbers padded, so that text order is the order of the numbers."""
    return _NUMBER.sub(lambda number: number[0].zfill(6), code)


@TASK.begins(Task.Listed)
def _listed(fact: Fact[Task.Listed]) -> TaskRow:
    event = fact.event
    terms = Terms(
        id=event.originator_id,
        code=event.code,
        code_key=code_key(event.code),
        campaign_id=event.campaign_id,
        article=event.article,
        title=event.title,
        note=event.note,
        key_task=event.key_task,
        lead_unit_id=event.lead_unit_id,
        supporting_unit_ids=event.supporting_unit_ids,
        start_on=event.start,
        deadline=event.deadline,
        milestone_dates=tuple(m.due for m in event.milestones),
        milestone_shares=tuple(m.share for m in event.milestones),
        milestones=event.milestones,
        assumed=event.assumed,
        first_month=month_number(period_of(event.start)),
        indicators_missing=sum(i.target is None for i in event.indicators),
        listed_at=event.timestamp,
    )
    indicators = tuple(_indicator(i, s) for i, s in zip(event.indicators, event.standings, strict=True))
    return TaskRow(terms, TaskStatus.OPEN.value, indicators, event.completion)


def _indicator(indicator: Indicator, standing: Standing) -> IndicatorOfTask:
    return IndicatorOfTask(
        code=indicator.code,
        name=indicator.name,
        direction=indicator.direction.value,
        unit_of_measure=indicator.unit_of_measure,
        target=indicator.target,
        baseline=indicator.baseline,
        weight=indicator.weight,
        assumed=indicator.assumed,
        value=standing.value,
        period=standing.period,
        completion=standing.completion,
    )


@TASK.changes(Task.Published)
def _published(row: TaskRow, fact: Fact[Task.Published]) -> TaskRow:
    return replace(row, published=True, published_outlet=fact.event.outlet)


# -- reports and what they come to


@TASK.changes(Task.ProgressReported)
def _progress_reported(row: TaskRow, fact: Fact[Task.ProgressReported]) -> TaskRow:
    event = fact.event
    months, trail = row.reported_months, row.report_trail
    month = _month(event.period)
    made = _TRAIL.pack(event.report_id.bytes, _microseconds(event.timestamp))
    if not months or month > months[-1]:
        last = event.report_id, event.period, event.timestamp
        return _with_reports(row, (*months, month), trail + made, last, event)
    at = bisect_left(months, month)
    trail = trail[: at * _TRAIL.size] + made + trail[at * _TRAIL.size :]
    months = (*months[:at], month, *months[at:])
    return _with_reports(row, months, trail, _last_report(months, trail), event)


@TASK.changes(Task.ReportWithdrawn)
def _report_withdrawn(row: TaskRow, fact: Fact[Task.ReportWithdrawn]) -> TaskRow:
    event = fact.event
    months, trail = row.reported_months, row.report_trail
    at = [id for id, _ in _TRAIL.iter_unpack(trail)].index(event.report_id.bytes)
    months = months[:at] + months[at + 1 :]
    trail = trail[: at * _TRAIL.size] + trail[(at + 1) * _TRAIL.size :]
    return _with_reports(row, months, trail, _last_report(months, trail), event)


@TASK.changes(Task.ReportCorrected)
def _report_corrected(row: TaskRow, fact: Fact[Task.ReportCorrected]) -> TaskRow:
    return _measured(row, fact.event.standings, fact.event.completion)


@TASK.changes(Task.ReportVerified)
def _report_verified(row: TaskRow, fact: Fact[Task.ReportVerified]) -> TaskRow:
    return _measured(row, fact.event.standings, fact.event.completion)


@TASK.changes(Task.ReportDisputed)
def _report_disputed(row: TaskRow, fact: Fact[Task.ReportDisputed]) -> TaskRow:
    return _measured(row, fact.event.standings, fact.event.completion)


# -- what an authorising document changes


@TASK.changes(Task.TargetRevised)
def _target_revised(row: TaskRow, fact: Fact[Task.TargetRevised]) -> TaskRow:
    event = fact.event
    revised = tuple(
        replace(i, target=event.target) if i.code == event.indicator else i for i in row.indicators
    )
    return replace(
        row,
        terms=replace(row.terms, indicators_missing=sum(i.target is None for i in revised)),
        indicators=_stand(revised, event.standings),
        completion=event.completion,
    )


@TASK.changes(Task.DeadlineExtended)
def _deadline_extended(row: TaskRow, fact: Fact[Task.DeadlineExtended]) -> TaskRow:
    event = fact.event
    terms = replace(
        row.terms,
        deadline=event.deadline,
        milestones=event.milestones,
        milestone_dates=tuple(m.due for m in event.milestones),
        milestone_shares=tuple(m.share for m in event.milestones),
    )
    return replace(row, terms=terms)


@TASK.changes(Task.Reassigned)
def _reassigned(row: TaskRow, fact: Fact[Task.Reassigned]) -> TaskRow:
    lead, supporting = fact.event.lead_unit_id, fact.event.supporting_unit_ids
    return replace(row, terms=replace(row.terms, lead_unit_id=lead, supporting_unit_ids=supporting))


# -- delivered, accepted, returned


@TASK.changes(Task.Delivered)
def _delivered(row: TaskRow, fact: Fact[Task.Delivered]) -> TaskRow:
    return replace(row, status=TaskStatus.DELIVERED.value, delivered_on=fact.event.delivered_on)


@TASK.changes(Task.Accepted)
def _accepted(row: TaskRow, fact: Fact[Task.Accepted]) -> TaskRow:
    # The date of an event's own moment is the business date (domain.aggregate).
    return replace(row, status=TaskStatus.ACCEPTED.value, accepted_on=fact.event.timestamp.date())


@TASK.changes(Task.Returned)
def _returned(row: TaskRow, fact: Fact[Task.Returned]) -> TaskRow:
    return replace(row, status=TaskStatus.RETURNED.value, delivered_on=None)


def _stand(
    indicators: tuple[IndicatorOfTask, ...], standings: tuple[Standing, ...]
) -> tuple[IndicatorOfTask, ...]:
    return tuple([_standing(i, s) for i, s in zip(indicators, standings, strict=True)])


def _standing(i: IndicatorOfTask, s: Standing) -> IndicatorOfTask:
    # By position, because it runs for every indicator of every report, and takes half the time.
    return IndicatorOfTask(
        i.code,
        i.name,
        i.direction,
        i.unit_of_measure,
        i.target,
        i.baseline,
        i.weight,
        i.assumed,
        s.value,
        s.period,
        s.completion,
    )


def _unmoved(indicators: tuple[IndicatorOfTask, ...], standings: tuple[Standing, ...]) -> bool:
    for i, s in zip(indicators, standings, strict=True):
        if i.period != s.period or i.value != s.value or i.completion != s.completion:
            return False
    return True


def _measured(row: TaskRow, standings: tuple[Standing, ...], completion: Decimal | None) -> TaskRow:
    """The row with this outcome; the very row where that is what it was, as with most verifications."""
    if completion == row.completion and _unmoved(row.indicators, standings):
        return row
    return replace(row, indicators=_stand(row.indicators, standings), completion=completion)


def _with_reports(
    row: TaskRow,
    months: tuple[int, ...],
    trail: bytes,
    last: LastReport,
    event: Task.ProgressReported | Task.ReportWithdrawn,
) -> TaskRow:
    """The row with these reports, and the outcome of the event that changed them."""
    last_id, last_period, last_at = last
    return replace(
        row,
        reported_months=months,
        report_trail=trail,
        report_count=len(months),
        last_report_id=last_id,
        last_period=last_period,
        last_reported_at=last_at,
        indicators=_stand(row.indicators, event.standings),
        completion=event.completion,
    )


def _last_report(months: tuple[int, ...], trail: bytes) -> LastReport:
    if not months:
        return None, None, None
    id_bytes, microseconds = _TRAIL.unpack_from(trail, len(trail) - _TRAIL.size)
    return UUID(bytes=id_bytes), period_numbered(months[-1]), _EPOCH + timedelta(microseconds=microseconds)


def _microseconds(moment: datetime) -> int:
    """Since 1970, exactly."""
    since = moment - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


LEDGER = Projection(
    "ledger",
    version=1,
    tables=(TASK,),
    by_stream=True,
    follows=(Task,),
    ignores=(Task.ReportPublished,),
)
