"""How a sheet looks as an office expects it: frozen header, Chinese headings, widths, colours, print set-up.

Text that a sheet program would take for a formula gets an apostrophe before it, in CSV and in XLSX alike.
"""

import csv as csv_form
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter

from domain.spoken import english

COLOURS = {"green": "C6EFCE", "yellow": "FFEB9C", "red": "FFC7CE", "grey": "E7E6E6"}

_THIN = Side(style="thin", color="B8B8B8")
_BORDER = Border(left=_THIN, right=_THIN, top=_THIN, bottom=_THIN)
_HEADER = PatternFill("solid", fgColor="F3ECEC")
# A sheet's title has at most 31 characters, and none of these.
_NOT_IN_TITLES = re.compile(r"[\[\]:*?/\\]")
# What XML cannot hold, and openpyxl refuses.
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")
_MOST_IN_CELL = 32_767


@dataclass(frozen=True)
class Share:
    """A share between -1 and 1 that is shown as a percentage."""

    figure: Decimal


@dataclass(frozen=True)
class Coloured:
    """A text on the colour of a card or a status (`COLOURS`)."""

    text: str
    colour: str


Cell = str | int | Decimal | date | Share | Coloured | None


@dataclass(frozen=True)
class Sheet:
    """A table with a title; `widths` are in characters."""

    title: str
    headings: Sequence[str]
    widths: Sequence[int]
    rows: Sequence[Sequence[Cell]]


def neutral(text: str) -> str:
    """The text, with an apostrophe before it where a sheet program would take it for a formula."""
    # Full-width forms count as well: programs for Chinese sheets read them as the plain ones.
    formula = text.lstrip().startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠"))
    return f"'{text}" if formula or text.startswith(("\t", "\r", "\n")) else text


# -- CSV


def csv(sheet: Sheet) -> bytes:
    """The sheet as CSV: UTF-8 with the mark that Excel looks for."""
    file = io.StringIO(newline="")
    writer = csv_form.writer(file)
    writer.writerow(sheet.headings)
    writer.writerows([_plain(cell) for cell in line] for line in sheet.rows)
    return file.getvalue().encode("utf-8-sig")


def _plain(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, Share):
        return f"{cell.figure * 100:.2f}%"
    if isinstance(cell, Coloured):
        return neutral(cell.text)
    if isinstance(cell, date):
        return cell.isoformat()
    return neutral(cell) if isinstance(cell, str) else english(cell)


# -- XLSX


def xlsx(sheets: Iterable[Sheet], footer: str = "") -> bytes:
    """The sheets as a workbook. `footer` is printed below every page, beside its number."""
    workbook = Workbook()
    workbook.remove(workbook.worksheets[0])
    for sheet in sheets:
        worksheet = workbook.create_sheet(_NOT_IN_TITLES.sub(" ", sheet.title)[:31])
        _write(worksheet, sheet)
        _set_up(worksheet, footer)
    file = io.BytesIO()
    workbook.save(file)
    return file.getvalue()


def _write(worksheet: Any, sheet: Sheet) -> None:
    for column, (heading, width) in enumerate(zip(sheet.headings, sheet.widths, strict=True), start=1):
        cell = worksheet.cell(1, column, heading)
        cell.font = Font(bold=True)
        cell.fill = _HEADER
        cell.border = _BORDER
        cell.alignment = Alignment(wrap_text=True, vertical="center", horizontal="center")
        worksheet.column_dimensions[get_column_letter(column)].width = width
    for row, line in enumerate(sheet.rows, start=2):
        for column, value in enumerate(line, start=1):
            put(worksheet.cell(row, column), value)
    worksheet.freeze_panes = "A2"
    worksheet.auto_filter.ref = worksheet.dimensions


def put(cell: Any, value: Cell) -> None:
    """Write a value with its look."""
    cell.border = _BORDER
    cell.alignment = Alignment(wrap_text=True, vertical="top")
    if value is None:
        return
    if isinstance(value, Coloured):
        cell.fill = PatternFill("solid", fgColor=COLOURS[value.colour])
        value = value.text
    if isinstance(value, str):
        cell.value = _CONTROLS.sub("", neutral(value))[:_MOST_IN_CELL]
        # Never a formula, whatever it begins with.
        cell.data_type = "s"
    elif isinstance(value, Share):
        cell.value = value.figure
        cell.number_format = "0.00%"
    elif isinstance(value, date):
        cell.value = value
        cell.number_format = "yyyy-mm-dd"
    else:
        cell.value = value


def _set_up(worksheet: Any, footer: str) -> None:
    """A4 across, as wide as the page, the header on each page, the page's number below."""
    worksheet.page_setup.orientation = "landscape"
    worksheet.page_setup.paperSize = worksheet.PAPERSIZE_A4
    worksheet.page_setup.fitToWidth = 1
    worksheet.page_setup.fitToHeight = 0
    worksheet.sheet_properties.pageSetUpPr.fitToPage = True
    worksheet.print_title_rows = "1:1"
    worksheet.print_options.horizontalCentered = True
    worksheet.page_margins.left = worksheet.page_margins.right = 0.4
    worksheet.oddHeader.center.text = worksheet.title
    worksheet.oddFooter.left.text = footer.replace("&", "&&")
    worksheet.oddFooter.right.text = "第&P页 共&N页"
