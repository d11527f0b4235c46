"""Progress reports (进度报送) in bulk: a sheet with a row for each indicator of a task.

The template names the tasks, the period and the indicators; a unit fills in each cumulative value and, in the
first row of a task, what was done. A task whose values are all blank is not reported. Everything is read and
rehearsed before anything is written; when a row is bad, nothing is, and the same sheet comes back with what
is wrong beside each row. What was reported before with the same content is left alone.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from domain import identifiers
from domain.indicator import IndicatorValue
from domain.period import last_day, require_period
from domain.progress_report import ReportStatus
from domain.refusal import Refusal
from domain.supervision.sweep import IN_PROGRESS
from domain.task import Task
from service.commands import ReportProgress, TaskId
from service.desk import Commands
from service.errors import Forbidden
from service.identity import Reach, Role, Viewer, reach_of
from service.plans.cells import CODE, FIGURE, REFERENCE, text
from service.plans.columns import Column, Form
from service.plans.faults import PlanRefused, RowError, TakenInPart
from service.plans.importer import at_once
from service.plans.records import Reading, typed_rows
from service.plans.rehearsal import Rehearsal
from service.plans.rows import NOWHERE, Place
from service.sheets.sheet import Sheet, csv
from service.store.database import Database

MOST_BYTES = 5 * 1024 * 1024
WRITERS = frozenset({Role.OFFICE, Role.REPORTER})
"""Who may report progress (`service.identity.commands`)."""
FAULTS = "校验结果"
"""The heading of the column that a returned sheet has more than the one that was sent."""

TO_REPORT = f"""
select t.code, t.title, i ->> 'code' as indicator, i ->> 'name' as name,
    i ->> 'unitOfMeasure' as unit_of_measure, i ->> 'value' as value
from read.task t cross join lateral jsonb_array_elements(t.indicators) with ordinality e(i, place)
where t.status in {IN_PROGRESS!r} and t.start_on <= $1::date and ($2::uuid is null or t.lead_unit_id = $2)
    and not t.reported_months @> array[$3::integer]
order by t.code_key, t.id, e.place"""
"""What is still to be reported for a month: of one unit, or of all (null)."""


@dataclass(frozen=True)
class ReportRow:
    """A row of the sheet: one indicator of a task in a period."""

    task: str
    period: str
    indicator: str
    value: Decimal | None
    narrative: str = ""
    title: str = ""
    name: str = ""
    unit: str = ""
    standing: str = ""
    faults: str = ""
    place: Place = NOWHERE


REPORTS = Form(
    "reports",
    "进度报送",
    ReportRow,
    (
        Column("task", "任务编码", CODE, required=True),
        Column("title", "任务名称", text(500), default=""),
        Column("period", "报告期", text(7), required=True),
        Column("indicator", "指标编码", REFERENCE, required=True),
        Column("name", "指标名称", text(200), default=""),
        Column("unit", "计量单位", text(50), default=""),
        Column("standing", "现值", text(60), default=""),
        Column("value", "累计完成值", FIGURE),
        Column("narrative", "进展情况", text(4000, lines=True), default=""),
        Column("faults", FAULTS, text(4000, lines=True), default=""),
    ),
)
_BLANK = (None, None)
_WIDTHS = (10, 36, 10, 12, 28, 10, 12, 14, 48)


async def template(database: Database, period: str, viewer: Viewer) -> tuple[bytes, bytes]:
    """The sheet to fill in for a period, and the same as CSV, by which it may be compared."""
    require_period(period)
    month = int(period[:4]) * 12 + int(period[5:]) - 1
    rows = await database.fetch(TO_REPORT, last_day(period), viewer.unit_id, month)
    lines = [
        (
            r["code"],
            r["title"],
            period,
            r["indicator"],
            r["name"],
            r["unit_of_measure"],
            r["value"],
            None,
            None,
        )
        for r in rows
    ]
    headings = [column.zh for column in REPORTS.columns[:-1]]
    sheet = Sheet(REPORTS.zh, headings, _WIDTHS, lines)
    from service.sheets.xlsx import workbook_of

    return workbook_of([sheet], f"报告期{period}"), csv(sheet)


# -- a filled sheet


@dataclass(frozen=True)
class Reported:
    """How many reports were made, and how many had been made before with the same content."""

    created: int
    unchanged: int


@dataclass(frozen=True)
class _Report:
    """The rows of one report, the command they make, and how many reports the task had before."""

    rows: tuple[ReportRow, ...]
    command: ReportProgress
    before: int = 0

    @property
    def key(self) -> str:
        """Follows from the content: two imports of one sheet at once give the same commands. A report that
        was withdrawn may be made again, under another key."""
        digest = hashlib.sha256(repr(self.command).encode()).hexdigest()[:16]
        return f"reports/{self.rows[0].task}/{self.before}/{digest}"


async def import_reports(commands: Commands, content: bytes, viewer: Viewer) -> Reported:
    """Make the reports that a filled sheet holds: all of them, or none.

    Raises PlanRefused with everything that is wrong, and Forbidden for who may not report.
    """
    reach = reach_of(viewer.role, ReportProgress.NAME)
    if reach is None:
        raise Forbidden(f"{viewer.role.name} may not report progress.")
    from service.plans.xlsx_form import read_sheet

    reading = Reading()
    rows: list[ReportRow] = typed_rows(REPORTS, read_sheet(content, REPORTS, reading), reading)
    if reading.faults:
        raise PlanRefused(reading.faults)
    new, unchanged, errors = await _rehearsed(commands, list(_reports(rows)), viewer, reach)
    if errors:
        raise PlanRefused(errors)

    async def give(report: _Report) -> None:
        try:
            await commands.handle(report.command, viewer, report.key)
        except Refusal as refusal:
            # Somebody was quicker than this import; a second run completes the rest.
            errors.append(_error(report, refusal))

    await at_once(give, new)
    if errors:
        raise TakenInPart(errors)
    return Reported(len(new), unchanged)


def _reports(rows: Sequence[ReportRow]) -> Iterable[_Report]:
    """The reports that are filled in, each of all rows of its task and period: the sheet may be sorted."""
    reports: dict[tuple[str, str], list[ReportRow]] = {}
    for row in rows:
        reports.setdefault((row.task, row.period), []).append(row)
    for (task, period), together in reports.items():
        if all(row.value is None and not row.narrative for row in together):
            continue
        values = tuple(IndicatorValue(r.indicator, r.value) for r in together if r.value is not None)
        narrative = "\n".join(row.narrative for row in together if row.narrative)
        named = TaskId(identifiers.task_id(task))
        command = ReportProgress(task=named, period=period, values=values, narrative=narrative)
        yield _Report(tuple(together), command)


async def _rehearsed(
    commands: Commands, reports: Sequence[_Report], viewer: Viewer, reach: Reach
) -> tuple[list[_Report], int, list[RowError]]:
    """The reports that are new, how many are known, and what the domain refuses."""
    rehearsal = Rehearsal(commands.recorder)
    at = commands.clock.now().astimezone(commands.zone)
    new: list[_Report] = []
    errors: list[RowError] = []
    for report in reports:
        task = await rehearsal.find(Task, report.command.task)
        if task is not None and _is_known(task, report.command):
            continue
        try:
            before = 0 if task is None else len(task.reports.by_id)
            await rehearsal.give(report.command, viewer, reach, at)
            new.append(replace(report, before=before))
        except Refusal as refusal:
            errors.append(_error(report, refusal))
        except Forbidden as forbidden:
            errors.append(_at(report.rows[0], "task", "FORBIDDEN", "只能填报本单位任务。", forbidden.message))
    return new, len(reports) - len(new) - len(errors), errors


def _is_known(task: Task, command: ReportProgress) -> bool:
    """The period is reported already, with just this."""
    for report in task.reports.by_id.values():
        if report.period == command.period and report.status is not ReportStatus.WITHDRAWN:
            told = {v.indicator: v.value for v in report.content.values}
            same = told == {v.indicator: v.value for v in command.values}
            return same and report.content.narrative == command.narrative.strip()
    return False


_COLUMNS = {"task": "task", "period": "period", "narrative": "narrative", "values": "value", "unit": "task"}


def _error(report: _Report, refusal: Refusal) -> RowError:
    """The refusal at the row and column that it is about."""
    head, *rest = (refusal.field or "task").split(".")
    filled = [row for row in report.rows if row.value is not None]
    place = int(rest[0]) if head == "values" and rest and rest[0].isdecimal() else 0
    row = filled[place] if head == "values" and place < len(filled) else report.rows[0]
    column = "indicator" if rest[1:] == ["indicator"] else _COLUMNS.get(head, "task")
    return _at(row, column, refusal.code, refusal.zh, refusal.en)


def _at(row: ReportRow, column: str, code: str, zh: str, en: str) -> RowError:
    spot = row.place.spot(column)
    return RowError(row.place.sheet, spot.row, spot.heading, code, zh, en, spot.letter)
