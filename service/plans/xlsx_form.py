"""A plan as a workbook (XLSX): bytes to records and back; one sheet for each section.

A sheet bears the section's machine name or its Chinese one; the task forces (专班) have a sheet of their own,
which names the campaign in its first column. Formulas and merged cells are refused where they stand: what a
formula shows depends on the program, and a merged cell hides which rows it means.
"""

import io
import re
import warnings
import zipfile
import zlib
from collections.abc import Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from xml.etree.ElementTree import ParseError

from openpyxl import Workbook, load_workbook
from openpyxl.cell.cell import MergedCell
from openpyxl.utils import range_boundaries
from openpyxl.utils.exceptions import InvalidFileException

from service.plans import table_form
from service.plans.cells import REFERENCE, Broken, Content, Percentage
from service.plans.columns import CAMPAIGNS, PLAN, SECTIONS, TASK_FORCE, Column, Form
from service.plans.faults import Spot, refused
from service.plans.records import MOST_ROWS, Reading, Record
from service.plans.rows import PlanDocument
from service.plans.table_form import Cell, Sheet

MOST_UNPACKED_MB = 50
MOST_COLUMNS = 100
MOST_MERGED = 20_000
"""Cells in merged ranges: far more than any form has."""
_PIECE = 1024 * 1024
_MERGED = re.compile(rb"""<(?:[\w.-]+:)?mergeCell\s[^<>]*?ref\s*=\s*["']([^"'<>]*)""")

# What openpyxl, zipfile and the XML parser raise on a file that is no workbook.
_UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    ParseError,
    InvalidFileException,
    KeyError,
    IndexError,
    ValueError,
    TypeError,
    AttributeError,
    EOFError,
    OSError,
    RuntimeError,
    OverflowError,
)

# In a sheet the members of all task forces stand together, each with its campaign.
_MEMBERS = Form(
    "task_forces",
    "专班",
    TASK_FORCE.row,
    (Column("campaign", "攻坚战", REFERENCE, required=True), *TASK_FORCE.columns),
)
_FORMS = (*SECTIONS[:4], _MEMBERS, *SECTIONS[4:])


# -- bytes to records


def read(content: bytes) -> Reading:
    """The records of a workbook; raises `PlanRefused` where it cannot be read any further."""
    reading = Reading()
    forms = {f.name: f for f in _FORMS} | {f.zh: f for f in _FORMS}
    members: list[Record] = []
    worksheets = _workbook(content).worksheets
    _require_size(worksheets)
    for worksheet in worksheets:
        title = str(worksheet.title)
        form = forms.get(title.strip().lower())
        rows = [[_content(cell) for cell in row] for row in worksheet.iter_rows()]
        if form is None:
            if any(cell is not None for row in rows for cell in row):
                reading.fault(title, Spot(1), "sheet.unknown", title=title)
            continue
        _refuse_merged(worksheet, reading)
        records = table_form.read(form, Sheet(title, rows), reading)
        if form is _MEMBERS:
            members = records
        elif form.name in reading.sections:
            reading.fault(title, Spot(1), "sheet.twice")
        else:
            reading.sections[form.name] = records
    for extra in reading.sections.get(PLAN.name, [])[1:]:
        reading.fault(extra.place.sheet, Spot(extra.place.row), "plan.twice")
    _staff(reading, members)
    return reading


def read_sheet(content: bytes, form: Form, reading: Reading) -> list[Record]:
    """The records of a workbook's one sheet of this form; other sheets must be empty."""
    worksheets = _workbook(content).worksheets
    _require_size(worksheets)
    records: list[Record] | None = None
    for worksheet in worksheets:
        title = str(worksheet.title)
        rows = [[_content(cell) for cell in row] for row in worksheet.iter_rows()]
        if title.strip().lower() not in (form.name, form.zh):
            if any(cell is not None for row in rows for cell in row):
                reading.fault(title, Spot(1), "sheet.unknown", title=title)
            continue
        _refuse_merged(worksheet, reading)
        records = table_form.read(form, Sheet(title, rows), reading)
    if not records and not reading.faults:
        reading.fault("", Spot(1), "plan.empty")
    return records or []


def opened(content: bytes) -> Any:
    """The workbook, to be written into; raises `PlanRefused` where it is none or too large."""
    workbook = _workbook(content)
    _require_size(workbook.worksheets)
    return workbook


def _workbook(content: bytes) -> Any:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
            readable = unpacked <= MOST_UNPACKED_MB * 1024 * 1024
            if readable and _rows(archive) > MOST_ROWS + len(archive.infolist()):
                raise refused("", 1, "file.too_many_rows", most=MOST_ROWS)
            if readable:
                _require_little_merged(archive)
        if readable:
            with warnings.catch_warnings():
                # They are about looks that openpyxl does not keep.
                warnings.simplefilter("ignore")
                return load_workbook(io.BytesIO(content))
    except _UNREADABLE as error:
        raise refused("", 1, "xlsx.malformed") from error
    raise refused("", 1, "file.too_large", most=f"{MOST_UNPACKED_MB} MB")


def _rows(archive: zipfile.ZipFile) -> int:
    """How many rows the sheets seem to have, at a glance: to load a hundred thousand takes half a minute, in
    which nothing else is answered. (With names in another manner it sees none; they are counted later.)"""
    sheets = [entry for entry in archive.infolist() if entry.filename.startswith("xl/worksheets/sheet")]
    rows = 0
    for entry in sheets:
        with archive.open(entry) as file:
            # A name that is cut in two between pieces is missed, which changes nothing.
            while piece := file.read(_PIECE):
                rows += piece.count(b"<row ")
    return rows


def _require_little_merged(archive: zipfile.ZipFile) -> None:
    """openpyxl makes every cell of a merged range while it loads: a range over the whole sheet, which takes a
    line in the file, would take all memory. (Small ones are refused later, where they stand.)"""
    cells = 0
    for entry in archive.infolist():
        for found in _MERGED.finditer(archive.read(entry)):
            reference = found[1].decode()
            left, top, right, bottom = range_boundaries(reference)
            cells += (right - left + 1) * (bottom - top + 1)
            if cells > MOST_MERGED:
                raise refused("", 1, "sheet.merged", cells=reference)


def _require_size(worksheets: Sequence[Any]) -> None:
    """Not too many rows and columns. One cell in the last corner would make billions of blank ones."""
    rows = 0
    for worksheet in worksheets:
        rows += worksheet.max_row
        if worksheet.max_column > MOST_COLUMNS:
            raise refused(str(worksheet.title), 1, "file.too_many_columns", most=MOST_COLUMNS)
        if rows > MOST_ROWS + len(worksheets):
            raise refused(str(worksheet.title), worksheet.max_row, "file.too_many_rows", most=MOST_ROWS)


def _refuse_merged(worksheet: Any, reading: Reading) -> None:
    for merged in worksheet.merged_cells.ranges:
        letter = table_form.letter(merged.min_col - 1)
        spot = Spot(merged.min_row, letter, letter)
        reading.fault(str(worksheet.title), spot, "sheet.merged", cells=merged.coord)


def _content(cell: Any) -> Content | None:
    value = cell.value
    if value is None or isinstance(cell, MergedCell):
        return None
    if cell.data_type == "f":
        return Broken("cell.formula", str(value))
    if cell.data_type == "e":
        return Broken("cell.error_value", str(value))
    if isinstance(value, str):
        return value if value.strip() else None
    if isinstance(value, bool):
        return value
    if isinstance(value, (int, float)):
        # What the sheet program shows: of a binary number 15 digits. 0.1 + 0.2 has more, and is 0.3 there.
        number = Decimal(format(value, ".15g") if isinstance(value, float) else value)
        return Percentage(number) if "%" in _number_format(cell) else number
    if isinstance(value, datetime) and value.time() == time(0):
        return value.date()
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    # A moment or a length of time: no column holds one, and its text will be no date.
    return str(value)


def _number_format(cell: Any) -> str:
    try:
        return str(cell.number_format)
    except IndexError as error:
        # openpyxl looks the format up only now, and the workbook has none of that number.
        raise refused(str(cell.parent.title), cell.row, "xlsx.malformed") from error


def _staff(reading: Reading, members: Sequence[Record]) -> None:
    """Put the members of the task forces below their campaigns."""
    campaigns = reading.sections.get(CAMPAIGNS.name, [])
    codes = {c.cells.get(key): c.cells.get("code") for c in campaigns for key in ("name", "code")}
    forces: dict[Content | None, list[Record]] = {}
    for member in members:
        named = member.cells.get("campaign")
        if named is None or named not in codes:
            code = "cell.required" if named is None else "campaign.unknown"
            reading.fault(member.place.sheet, member.place.spot("campaign"), code)
        forces.setdefault(codes.get(named), []).append(member)
    reading.sections[CAMPAIGNS.name] = [
        Record(c.place, c.cells, {TASK_FORCE.name: forces.get(c.cells.get("code"), [])}) for c in campaigns
    ]


# -- rows to bytes


def write(document: PlanDocument) -> bytes:
    """The document as a workbook with a sheet for each section, under Chinese headings."""
    workbook = Workbook()
    workbook.remove(workbook.worksheets[0])
    for form in _FORMS:
        worksheet = workbook.create_sheet(form.zh)
        for number, row in enumerate(_table(form, document), start=1):
            for index, cell in enumerate(row, start=1):
                if cell is not None:
                    _put(worksheet.cell(number, index), cell)
        worksheet.freeze_panes = "A2"
    file = io.BytesIO()
    workbook.save(file)
    return file.getvalue()


def _table(form: Form, document: PlanDocument) -> list[list[Cell]]:
    if form is PLAN:
        return table_form.write(form, () if document.header is None else (document.header,))
    if form is not _MEMBERS:
        return table_form.write(form, getattr(document, form.name))
    table: list[list[Cell]] = [[h.zh for h in table_form.headings(_MEMBERS)]]
    for campaign in document.campaigns:
        table += [[campaign.code, *row] for row in table_form.write(TASK_FORCE, campaign.task_force)[1:]]
    return table


def _put(cell: Any, value: Cell) -> None:
    # A binary number holds 15 decimal digits; a longer one goes as text, to come back as it was.
    if isinstance(value, Decimal) and len(value.as_tuple().digits) > 15:
        cell.value = format(value, "f")
    else:
        cell.value = value
    if isinstance(cell.value, str):
        cell.data_type = "s"
