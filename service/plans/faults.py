"""What is wrong with a plan's file: every fault with the row and column where it stands (错误行报告)."""

from collections.abc import Sequence
from dataclasses import dataclass

from service.plans.wordings import said


@dataclass(frozen=True)
class Spot:
    """Where a cell stands: its row (from 1), its machine heading, and its column's letter in a sheet."""

    row: int
    heading: str = ""
    letter: str | None = None


@dataclass(frozen=True)
class RowError:
    """One fault.

    `sheet` is the section of the YAML file, the sheet of the workbook, or `tasks` for a CSV file. `row`
    counts from 1: the line of a YAML file, the row of a sheet (its headings are row 1). `column` is the
    machine heading, `letter` the column's letter in a sheet. `code` is stable; where the domain has the same
    rule it is the domain's code.
    """

    sheet: str
    row: int
    column: str
    code: str
    message_zh: str
    message_en: str
    letter: str | None = None

    def __str__(self) -> str:
        where = " ".join(filter(None, (self.sheet, str(self.row), self.letter, self.column)))
        return f"{where}: {self.message_zh} {self.message_en} [{self.code}]"


class PlanRefused(Exception):
    """The file cannot be taken as it is. `errors` holds all that is wrong with it, in order of place."""

    def __init__(self, errors: Sequence[RowError]):
        super().__init__("\n".join(map(str, errors)))
        self.errors = tuple(errors)


class TakenInPart(PlanRefused):
    """Somebody was quicker while it was written: what stands in `errors` is not taken in, the rest may be."""


class Unreadable(Exception):
    """A cell whose content cannot be read. Whoever knows the cell's place makes a `RowError` of it."""

    def __init__(self, code: str, /, **arguments: object):
        super().__init__(code)
        self.code = code
        self.arguments = arguments


def fault(sheet: str, spot: Spot, code: str, /, **arguments: object) -> RowError:
    """The fault with this code at a spot of a sheet."""
    sentence = said(code, spot.heading, **arguments)
    return RowError(sheet, spot.row, spot.heading, code, sentence.zh, sentence.en, spot.letter)


def refused(sheet: str, row: int, code: str, /, **arguments: object) -> PlanRefused:
    """The refusal of a file that cannot be read any further, for one fault."""
    return PlanRefused([fault(sheet, Spot(row), code, **arguments)])
