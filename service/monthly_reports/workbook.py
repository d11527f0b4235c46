"""A report as a workbook: its words on the first sheet, each of its tables on one of its own."""

from decimal import Decimal

from domain.supervision.monthly_report import Contents
from service.monthly_reports.document import PLAYED, Heading, Paragraph, Table, Value, blocks, title
from service.sheets.sheet import Cell, Share, Sheet


def workbook(contents: Contents, sha256: str) -> bytes:
    """The whole report; `sha256` is that of the Markdown, the document of record."""
    name = title(contents)
    words: list[tuple[Cell, ...]] = []
    tables: list[Sheet] = []
    for block in blocks(contents):
        match block:
            case Heading(text) | Paragraph(text):
                words.append((text,))
            case Table():
                tables.append(_sheet(block))
    words.append((f"存档文本（Markdown）SHA-256：{sha256}",))
    played = f"（{PLAYED}）" if contents.demonstration else ""
    from service.sheets.xlsx import workbook_of

    return workbook_of([Sheet("正文", (name,), (100,), words), *tables], name + played)


def _sheet(table: Table) -> Sheet:
    rows = [[_cell(value) for value in row] for row in table.rows]
    widths = [
        min(max([2 * len(heading), *(2 * len(str(row[n] or "")) for row in table.rows), 8]), 48)
        for n, heading in enumerate(table.headings)
    ]
    return Sheet(table.name, table.headings, widths, rows)


def _cell(value: Value) -> Cell:
    return Share(value) if isinstance(value, Decimal) else value
