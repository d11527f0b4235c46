"""Notices as workbooks (XLSX): a sheet for each category, figures as numbers, text never a formula."""

import io
from collections.abc import Sequence
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties

from domain.spoken import chinese
from service.sheets.sheet import neutral
from service.web.notices.document import NoticeDocument, Table, drafted, moved
from service.workbooks.ledger import DEMONSTRATION, LIVED

_HEAD_ROW = 4


def notice_workbook(notice: NoticeDocument) -> bytes:
    """One edition of a notice."""
    workbook = Workbook()
    if notice.tables:
        workbook.remove(workbook.worksheets[0])
    else:
        # A draft before any ranking is published; a workbook must have a sheet.
        _put(workbook.worksheets[0].cell(1, 1), "　".join([notice.title, *drafted(notice)]))
    for table in notice.tables:
        _fill(workbook.create_sheet(table.category), notice, table)
    file = io.BytesIO()
    workbook.save(file)
    return file.getvalue()


def _fill(sheet: Any, notice: NoticeDocument, table: Table) -> None:
    issued = "尚未印发" if notice.draft else f"{chinese(notice.issued_on)}印发"
    about = f"{notice.number}　{issued}　依据{table.scheme}"
    nature = "　".join([f"数据性质：{DEMONSTRATION if notice.demonstration else LIVED}", *drafted(notice)])
    for row, text in enumerate((notice.title, about, nature), start=1):
        _put(sheet.cell(row, 1), text)
    figures = "0" + ("." + "0" * table.digits if table.digits else "")
    heads = ("名次", "单位", *table.columns, "总分", "名次变化")
    _write(sheet, _HEAD_ROW, heads)
    for number, line in enumerate(table.lines, start=_HEAD_ROW + 1):
        _write(sheet, number, (line.rank, line.unit, *line.points, line.total, moved(line.change)))
        for cell in sheet[number][2:-1]:
            cell.number_format = figures
    last = _HEAD_ROW + len(table.lines) + 2
    for row, text in enumerate(_notes(table), start=last):
        _put(sheet.cell(row, 1), text)
    sheet.cell(1, 1).font = Font(bold=True, size=14)
    for column, head in enumerate(heads, start=1):
        sheet.cell(_HEAD_ROW, column).font = Font(bold=True)
        sheet.cell(_HEAD_ROW, column).alignment = Alignment(wrap_text=True, vertical="center")
        sheet.column_dimensions[get_column_letter(column)].width = 24 if head == "单位" else 12
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.print_title_rows = f"{_HEAD_ROW}:{_HEAD_ROW}"
    sheet.freeze_panes = f"A{_HEAD_ROW + 1}"


def _notes(table: Table) -> list[str]:
    notes = [
        *table.rules,
        f"计分依据{table.inputs_count}条，截至日志第{table.inputs_position}号事件",
        f"摘要（SHA-256）{table.inputs_digest}",
    ]
    if table.incomplete:
        notes.append("空格表示该项无评分，其权重由其他考核项按比例分摊")
    if table.affected:
        notes.append("公布之后，部分计分依据已有更正或补充，所列名次为公布时的结果")
    return notes


def _write(sheet: Any, row: int, values: Sequence[Any]) -> None:
    for column, value in enumerate(values, start=1):
        if value is not None:
            _put(sheet.cell(row, column), value)


def _put(cell: Any, value: Any) -> None:
    if isinstance(value, str):
        cell.value = neutral(value)
        # Never a formula, whatever it begins with.
        cell.data_type = "s"
    else:
        cell.value = value
