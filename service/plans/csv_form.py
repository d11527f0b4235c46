"""A plan's tasks as CSV: bytes to records and back.

Read: UTF-8, with or without a byte order mark, or GB18030 (what a Chinese Excel saves); comma-separated.
Written: UTF-8 with the mark, so that Excel knows it. Units and campaigns are referred to, not defined.
"""

import csv
import io
import unicodedata
from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from service.plans import table_form
from service.plans.cells import FORMULA, Content
from service.plans.columns import TASKS
from service.plans.faults import PlanRefused, refused
from service.plans.records import MOST_ROWS, Reading
from service.plans.rows import PlanDocument
from service.plans.table_form import Cell, Sheet


def decoded(content: bytes) -> str:
    """The text of a CSV file; raises `PlanRefused` where it is neither UTF-8 nor GB18030.

    GB18030 can be read into nearly any bytes, so that UTF-8 with one broken byte would turn to nonsense
    unnoticed. What is UTF-8 in more places than it is not is therefore taken for broken UTF-8.
    """
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        replaced = content.decode("utf-8", "replace")
        broken = replaced.count("\ufffd")
        whole = sum(c > "\x7f" for c in replaced) - broken
        row = content.count(b"\n", 0, error.start) + 1
        if whole > broken:
            raise _not_text(row) from error
    try:
        text = content.decode("gb18030")
    except UnicodeDecodeError as error:
        raise _not_text(content.count(b"\n", 0, error.start) + 1) from error
    stray = next((i for i, c in enumerate(text) if unicodedata.category(c) in ("Cn", "Co")), None)
    if stray is not None:
        raise _not_text(text.count("\n", 0, stray) + 1)
    return text


def _not_text(row: int) -> PlanRefused:
    return refused("tasks", row, "file.encoding", allowed="UTF-8, GB18030")


def read(content: bytes) -> Reading:
    """The records of a CSV file of tasks; raises `PlanRefused` where it cannot be read any further."""
    rows: list[Sequence[Content | None]] = []
    lines = csv.reader(io.StringIO(decoded(content), newline=""), strict=True)
    try:
        for row in lines:
            rows.append([cell if cell.strip() else None for cell in row])
            if len(rows) > MOST_ROWS + 1:
                raise refused("tasks", len(rows), "file.too_many_rows", most=MOST_ROWS)
    except csv.Error as error:
        raise refused("tasks", len(rows) + 1, "csv.malformed", problem=error) from error
    reading = Reading()
    reading.sections["tasks"] = table_form.read(TASKS, Sheet("tasks", rows), reading)
    return reading


def write(document: PlanDocument) -> bytes:
    """The document's tasks as CSV in UTF-8 with the byte order mark."""
    file = io.StringIO(newline="")
    csv.writer(file).writerows(
        [_text(cell) for cell in row] for row in table_form.write(TASKS, document.tasks)
    )
    return file.getvalue().encode("utf-8-sig")


def _text(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, Decimal):
        return format(cell, "f")
    if isinstance(cell, date):
        return cell.isoformat()
    # No file brings such a text (`cells.clean_text`), but a command may have: no sheet program runs it.
    return f"'{cell}" if str(cell).startswith(FORMULA) else str(cell)
