"""A workbook as an office expects it: frozen header, widths, colours, print set-up.

To load openpyxl takes 0.2 s, so this module is imported by whoever writes a workbook, when it is written.
"""

import io
import re
from collections.abc import Iterable
from datetime import date
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter

from service.sheets.sheet import COLOURS, Cell, Coloured, Share, Sheet, neutral

_THIN = Side(style="thin", color="B8B8B8")
_BORDER = Border(left=_THIN, right=_THIN, top=_THIN, bottom=_THIN)
_HEADER = PatternFill("solid", fgColor="F3ECEC")
# A sheet's title has at most 31 characters, and none of these.
_NOT_IN_TITLES = re.compile(r"[\[\]:*?/\\]")
# What XML cannot hold, and openpyxl refuses.
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")
_MOST_IN_CELL = 32_767


def workbook_of(sheets: Iterable[Sheet], footer: str = "") -> bytes:
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
            _put(worksheet.cell(row, column), value)
    worksheet.freeze_panes = "A2"
    worksheet.auto_filter.ref = worksheet.dimensions


def _put(cell: Any, value: Cell) -> None:
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
