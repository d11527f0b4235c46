"""What CSV and XLSX share: a sheet of cells to records and back.

The first row holds the headings, machine or Chinese. Blank rows are passed over. In the sheet of tasks one
row is one indicator: the task's columns are repeated, or left blank below its first row. Its milestones
stand in one cell, one on each line, `2020-04-30 | 0.3* | title`; the star marks what is assumed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from service.plans.cells import Broken, Content, plain_text
from service.plans.columns import INDICATORS, MILESTONES, TASKS, Column, Form
from service.plans.faults import Spot, Unreadable
from service.plans.records import Reading, Record
from service.plans.rows import Place

Cell = str | int | Decimal | date | bool | None
"""A cell as it is written to a sheet."""


@dataclass(frozen=True)
class Sheet:
    """A sheet as it was read: its title, and its rows of contents, numbered from 1 with the headings."""

    title: str
    rows: Sequence[Sequence[Content | None]]


@dataclass(frozen=True)
class Heading:
    """What a column of a sheet holds: a column of the form `of`, or a task's milestones (`column` None)."""

    machine: str
    zh: str
    of: Form
    column: Column | None


def headings(form: Form) -> tuple[Heading, ...]:
    """The columns of a section's sheet, in the order in which they are written."""
    own = tuple(Heading(c.heading, c.zh, form, c) for c in form.columns)
    if form is not TASKS:
        return own
    measured = tuple(Heading(c.heading, c.zh, INDICATORS, c) for c in INDICATORS.columns)
    return (*own, Heading("milestones", MILESTONES.zh, MILESTONES, None), *measured)


def letter(index: int) -> str:
    """The letters of the column with this index from 0: A … Z, AA …"""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


# -- sheet to records


def read(form: Form, sheet: Sheet, reading: Reading) -> list[Record]:
    """The records of a sheet; what is wrong with its shape is added to `reading`."""
    if all(content is None for row in sheet.rows for content in row):
        return []
    columns = _columns(form, sheet, reading)
    made: list[Record] = []
    for number, row in enumerate(sheet.rows[1:], start=2):
        if all(content is None for content in row):
            continue
        for index in range(len(sheet.rows[0]), len(row)):
            if row[index] is not None:
                spot = Spot(number, letter(index), letter(index))
                reading.fault(sheet.title, spot, "row.too_long")
        record = _record(form, sheet.title, number, row, columns)
        made.append(_with_lists(record, row, columns, reading) if form is TASKS else record)
    return _gathered(made, reading) if form is TASKS else made


def _columns(form: Form, sheet: Sheet, reading: Reading) -> dict[int, Heading]:
    """What each column holds, by its index; the faults of the headings."""
    expected = headings(form)
    by_word = {h.zh: h for h in expected} | {h.machine: h for h in expected}
    found: dict[int, Heading] = {}
    for index, content in enumerate(sheet.rows[0] if sheet.rows else ()):
        if content is None:
            continue
        word = content.strip().lower() if isinstance(content, str) else _shown(content)
        heading, spot = by_word.get(word), Spot(1, word[:100], letter(index))
        if heading is None:
            reading.fault(sheet.title, spot, "column.unknown", title=word[:100])
        elif heading in found.values():
            reading.fault(sheet.title, spot, "column.twice", title=word[:100])
        else:
            found[index] = heading
    for heading in expected:
        if heading.column is not None and heading.column.required and heading not in found.values():
            spot = Spot(1, heading.machine)
            reading.fault(sheet.title, spot, "column.missing")
            reading.absent.add((sheet.title, heading.machine))
    return found


def _shown(content: Content) -> str:
    return content.shown if isinstance(content, Broken) else str(content)


def _record(
    form: Form, title: str, number: int, row: Sequence[Content | None], columns: Mapping[int, Heading]
) -> Record:
    """The cells of a row that belong to the form."""
    spots = {c.name: Spot(number, c.heading) for c in form.columns}
    spots |= {child.name: Spot(number, child.name) for child in form.children}
    cells: dict[str, Content | None] = {}
    for index, heading in columns.items():
        name = heading.column.name if heading.column is not None else heading.of.name
        if heading.of is form or heading.column is None:
            spots[name] = Spot(number, heading.machine, letter(index))
        if heading.of is form:
            cells[name] = row[index] if index < len(row) else None
    return Record(Place(title, number, spots), cells)


def _with_lists(
    record: Record, row: Sequence[Content | None], columns: Mapping[int, Heading], reading: Reading
) -> Record:
    """A task's row with its indicator and its milestones."""
    indicator = _record(INDICATORS, record.place.sheet, record.place.row, row, columns)
    at = next((i for i, h in columns.items() if h.of is MILESTONES), None)
    milestones = [] if at is None or at >= len(row) else _milestones(record, row[at], reading)
    # A row without any cell of an indicator is a task that has none; the check will say so.
    measured = [indicator] if any(c is not None for c in indicator.cells.values()) else []
    return Record(record.place, record.cells, {"indicators": measured, "milestones": milestones})


def _milestones(record: Record, content: Content | None, reading: Reading) -> list[Record]:
    if content is None:
        return []
    spot = record.place.spot("milestones")
    try:
        lines = [line for line in plain_text(content).splitlines() if line.strip()]
    except Unreadable as unreadable:
        reading.fault(record.place.sheet, spot, unreadable.code, **unreadable.arguments)
        return []
    made = []
    for line in lines:
        parts = [part.strip() for part in line.split("|", 2)]
        if len(parts) < 3:
            reading.fault(record.place.sheet, spot, "milestone.malformed", given=line[:60])
            continue
        due, share, title = parts
        cells: dict[str, Content | None] = {
            "due": due.rstrip("*") or None,
            "share": share.rstrip("*") or None,
            "title": title or None,
            "assumed": tuple(n for n, part in (("due", due), ("share", share)) if part.endswith("*")),
        }
        made.append(Record(Place(record.place.sheet, record.place.row, dict.fromkeys(cells, spot)), cells))
    return made


def _gathered(rows: Sequence[Record], reading: Reading) -> list[Record]:
    """The rows of one task made one record: those below its first row that repeat its code or leave it
    blank."""
    tasks: list[list[Record]] = []
    for row in rows:
        code = row.cells.get("code")
        if tasks and (code is None or str(code) == str(tasks[-1][0].cells.get("code"))):
            _require_repeated(tasks[-1][0], row, reading)
            tasks[-1].append(row)
        else:
            tasks.append([row])
    return [_of_rows(task) for task in tasks]


def _of_rows(task: Sequence[Record]) -> Record:
    indicators = [indicator for row in task for indicator in row.children["indicators"]]
    first = task[0]
    children = {"indicators": indicators, "milestones": first.children["milestones"]}
    return Record(first.place, first.cells, children)


def _require_repeated(task: Record, row: Record, reading: Reading) -> None:
    """The cells of a task's further rows are blank or those of its first."""
    differing = [n for n, content in row.cells.items() if content not in (None, task.cells.get(n))]
    again = [milestone.cells for milestone in row.children["milestones"]]
    if again and again != [milestone.cells for milestone in task.children["milestones"]]:
        differing.append("milestones")
    for name in differing:
        reading.fault(row.place.sheet, row.place.spot(name), "task.rows_differ")


# -- rows to sheet


def write(form: Form, rows: Sequence[Any]) -> list[list[Cell]]:
    """The sheet of these rows, Chinese headings first. Of a task's further rows only the indicator and the
    task's code are written."""
    columns = headings(form)
    table: list[list[Cell]] = [[heading.zh for heading in columns]]
    for row in rows:
        if form is not TASKS:
            table.append([_written(h.column, row) for h in columns if h.column is not None])
            continue
        for number, indicator in enumerate(row.indicators or (None,)):
            table.append([_of_task(h, row, indicator, first=number == 0) for h in columns])
    return table


def _of_task(heading: Heading, task: Any, indicator: Any, first: bool) -> Cell:
    if heading.of is INDICATORS:
        return None if indicator is None else _written(heading.column, indicator)
    if not first and heading.machine != "code":
        return None
    return _milestone_cell(task.milestones) if heading.column is None else _written(heading.column, task)


def _written(column: Column | None, row: Any) -> Cell:
    assert column is not None
    value = getattr(row, column.name)
    if value is None or value == "" or (value == column.default and not column.required):
        return None
    written = column.kind.words(value)
    assert not isinstance(written, list)
    return written


def _milestone_cell(milestones: Sequence[Any]) -> str | None:
    star = {True: "*", False: ""}
    return (
        "\n".join(
            f"{m.due}{star['due' in m.assumed]} | {m.share:f}{star['share' in m.assumed]} | {m.title}"
            for m in milestones
        )
        or None
    )
