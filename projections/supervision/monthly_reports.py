"""Monthly reports of the supervision groups (督导月报), and what a new one is made of.

What a report tells is read as of the month's end: tasks from the versions of the ledger and problems from
the steps of their lives, up to its position. Cards and visits have days of their own, and are often recorded
after them: the last day is swept when it is over, a visit is written down on the way home. They are those of
the month's days, so that each is in the report of its month.
"""

from __future__ import annotations

from datetime import date
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from domain.period import month_number
from domain.supervision.monthly_report import MonthlyReport
from projections.columns import BigInt
from projections.ledger import DAYS_OVERDUE, EXPECTED, REPORTS_MISSING
from projections.projection import Fact, Index, Projection, Table


class MonthlyReportRow(Struct, frozen=True, gc=False):
    """A report as it stands; `as_of` is the position of the log that it speaks of."""

    id: UUID
    group_id: UUID
    period: str
    month: int
    status: str = "opened"
    edition: int = 0
    as_of: BigInt = 0
    text: str = ""
    sha256: str = ""
    generated_on: date | None = None
    reviewed_on: date | None = None
    reviewed_by: UUID | None = None
    remark: str | None = None
    submitted_on: date | None = None
    recipient: str | None = None


MONTHLY_REPORT = Table(
    "monthly_report", MonthlyReportRow, ("id",), indexes=(Index(("month", "id")), Index(("group_id",)))
)

# $1: the position of the month's end; $2: its day; $3, $4: campaigns and units covered (none: all); $5: its
# first day. A change of the texts below changes what reports say from then on, never what they said.
_COVERED = """({t}.campaign_id = any($3::uuid[]))
    and (cardinality($4::uuid[]) = 0 or {t}.{unit} = any($4::uuid[]))"""
_ON = {"t": "t", "date": "$2::date"}

TASKS_AT_END = f"""
select t.code, t.title, t.campaign_id, c.name as campaign, u.name as unit, t.status, t.deadline,
    t.completion, {EXPECTED.format(**_ON)} as expected, {DAYS_OVERDUE.format(**_ON)} as days_overdue,
    {REPORTS_MISSING.format(**_ON)} as reports_missing, c.demonstration
from read.task_version t
join read.campaign c on c.id = t.campaign_id
join read.unit u on u.id = t.lead_unit_id
where t.valid_from <= $1 and $1 < t.valid_to and {_COVERED.format(t="t", unit="lead_unit_id")}
    and $5::date is not null
order by c.number, c.code, t.code_key, t.id"""
"""The tasks that a group covers, as the ledger had them at the month's end."""

CARDS_AT_END = f"""
select s.level, count(*) filter (where s.happened_on >= $5::date) as shown,
    count(*) filter (where s.is_last) as standing
from (
    select s.level, s.kind, s.happened_on,
        s.position = max(s.position) over (partition by s.task_id) as is_last
    from read.card_step s
    join read.task_version t on t.id = s.task_id and t.valid_from <= $1 and $1 < t.valid_to
    where s.happened_on <= $2::date and s.kind in ('raised', 'escalated', 'repeated', 'lifted')
        and {_COVERED.format(t="t", unit="lead_unit_id")}) s
where s.kind <> 'lifted'
group by s.level order by s.level"""
"""Cards by level: shown in the month, and standing at its end. (A lifting that comes last leaves none.)"""

LEVEL_NAMES = """
select l ->> 'code' as code, l ->> 'name' as name
from read.card_scheme s cross join lateral jsonb_array_elements(s.levels) l
where s.edition = (select max(edition) from read.card_scheme where position <= $1)"""
"""The names of the levels of cards, by the scheme in force at a position."""

PROBLEMS_AT_END = f"""
select p.code, p.title, p.listed_on, u.name as unit, p.listed_on >= $5::date as is_new, last.kind, last.on,
    (select s.due from read.problem_step s where s.problem_id = p.id and s.position <= $1
        and s.due is not null order by s.position desc limit 1) as deadline
from (select p.*, (select s.unit_id from read.problem_step s where s.problem_id = p.id and s.position <= $1
        and s.unit_id is not null order by s.position desc limit 1) as responsible_id from read.problem p) p
cross join lateral (select s.kind, s.at::date as on from read.problem_step s
    where s.problem_id = p.id and s.position <= $1
    order by (s.kind in ('listed', 'closed', 'reopened')) desc, s.position desc limit 1) last
left join read.unit u on u.id = p.responsible_id
where {_COVERED.format(t="p", unit="responsible_id")} and $2::date is not null
order by p.code_key, p.id"""
"""The problems that a group covers, each with its unit then and the last step that opened or closed it by the
month's end."""

VISITS_IN_MONTH = """
select count(*) from read.visit where group_id = $1 and visited_on between $2::date and $3::date"""
FINDINGS_IN_MONTH = """
select f.kind, u.name as unit, f.text from read.finding f join read.unit u on u.id = f.unit_id
where f.group_id = $1 and f.recorded_on between $2::date and $3::date and f.position <= $4
order by f.recorded_on, f.position, f.id"""


@MONTHLY_REPORT.begins(MonthlyReport.Opened)
def _opened(fact: Fact[MonthlyReport.Opened]) -> MonthlyReportRow:
    event = fact.event
    return MonthlyReportRow(event.originator_id, event.group_id, event.period, month_number(event.period))


@MONTHLY_REPORT.changes(MonthlyReport.Generated)
def _generated(row: MonthlyReportRow, fact: Fact[MonthlyReport.Generated]) -> MonthlyReportRow:
    event = fact.event
    return replace(
        row,
        status="generated",
        edition=event.edition,
        as_of=event.contents.position,
        text=event.text,
        sha256=event.sha256,
        generated_on=event.timestamp.date(),
        reviewed_on=None,
        reviewed_by=None,
        remark=None,
    )


@MONTHLY_REPORT.changes(MonthlyReport.Reviewed)
def _reviewed(row: MonthlyReportRow, fact: Fact[MonthlyReport.Reviewed]) -> MonthlyReportRow:
    event = fact.event
    return replace(
        row,
        status="reviewed",
        reviewed_on=event.timestamp.date(),
        reviewed_by=event.leader_id,
        remark=event.remark or None,
    )


@MONTHLY_REPORT.changes(MonthlyReport.Submitted)
def _submitted(row: MonthlyReportRow, fact: Fact[MonthlyReport.Submitted]) -> MonthlyReportRow:
    event = fact.event
    return replace(row, status="submitted", submitted_on=event.timestamp.date(), recipient=event.recipient)


MONTHLY_REPORTS = Projection("monthly_reports", version=1, tables=(MONTHLY_REPORT,), follows=(MonthlyReport,))
