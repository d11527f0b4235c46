"""Sheets (表): headings, widths and rows of cells; as CSV here, as workbooks in `service.sheets.xlsx`.

Text that a sheet program would take for a formula gets an apostrophe before it, in CSV and in XLSX alike.
"""

import csv as csv_form
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from domain.spoken import english

COLOURS = {"green": "C6EFCE", "yellow": "FFEB9C", "red": "FFC7CE", "grey": "E7E6E6"}


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
