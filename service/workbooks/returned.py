"""A sheet of progress reports that goes back to who sent it, with what is wrong beside each row."""

import io
from collections.abc import Sequence
from itertools import groupby
from typing import Any

from openpyxl.comments import Comment
from openpyxl.styles import PatternFill

from service.plans.faults import PlanRefused, RowError
from service.plans.xlsx_form import opened
from service.sheets.sheet import COLOURS, Sheet, neutral
from service.sheets.xlsx import workbook_of
from service.workbooks.reports import FAULTS


def marked(content: bytes, errors: Sequence[RowError]) -> bytes:
    """The sheet as it was sent, with what is wrong beside each row, and its cells in red.

    A file that is no workbook comes back as a sheet that says so.
    """
    try:
        workbook = opened(content)
    except PlanRefused:
        rows = [(error.row, error.code, error.message_zh) for error in errors]
        return workbook_of([Sheet(FAULTS, ("行", "代码", "说明"), (8, 24, 80), rows)])
    for worksheet in workbook.worksheets:
        of_sheet = [error for error in errors if error.sheet in (str(worksheet.title), "")]
        if of_sheet:
            _mark(worksheet, of_sheet)
    file = io.BytesIO()
    workbook.save(file)
    return file.getvalue()


def _mark(worksheet: Any, errors: Sequence[RowError]) -> None:
    red = PatternFill("solid", fgColor=COLOURS["red"])
    headings = {str(cell.value): cell.column for cell in worksheet[1] if cell.value is not None}
    told = headings.get(FAULTS) or worksheet.max_column + 1
    for merged in list(worksheet.merged_cells.ranges):
        worksheet.unmerge_cells(str(merged))
    for row in range(2, worksheet.max_row + 1):
        worksheet.cell(row, told).value = None
    worksheet.cell(1, told).value = FAULTS
    for row, some in groupby(sorted(errors, key=lambda e: e.row), key=lambda e: e.row):
        of_row = list(some)
        line = "；".join(f"{e.message_zh}[{e.code}]" for e in of_row)
        cell = worksheet.cell(max(row, 1), told) if row > 1 else worksheet.cell(1, told)
        if row > 1:
            cell.value, cell.data_type = neutral(line), "s"
        else:
            cell.comment = Comment(line, "督办")
        cell.fill = red
        for error in of_row:
            if error.letter is not None:
                worksheet[f"{error.letter}{max(error.row, 1)}"].fill = red
