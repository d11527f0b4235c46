"""Records: what the three forms have in common before it is typed, and the typing.

A record is a row of named cells with the records within it (a task's indicators). Reading makes records of
bytes (`yaml_form`, `csv_form`, `xlsx_form`); `typed` makes rows of them and collects every cell that cannot
be read. Writing goes the other way.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from service.plans.cells import Content
from service.plans.columns import PLAN, SECTIONS, Column, Form
from service.plans.faults import RowError, Spot, Unreadable, fault
from service.plans.rows import Place, PlanDocument

MOST_ROWS = 20_000


@dataclass(frozen=True)
class Record:
    """A row of named cells, None where blank, and the records within it by the name of their form."""

    place: Place
    cells: Mapping[str, Content | None]
    children: Mapping[str, Sequence["Record"]] = field(default_factory=dict)


@dataclass
class Reading:
    """What a file holds: its records by section, and the faults of its shape. `absent` names the columns
    that a sheet lacks altogether, which is one fault and not one for each row."""

    sections: dict[str, list[Record]] = field(default_factory=dict)
    faults: list[RowError] = field(default_factory=list)
    absent: set[tuple[str, str]] = field(default_factory=set)

    def fault(self, sheet: str, spot: Spot, code: str, /, **arguments: object) -> None:
        self.faults.append(fault(sheet, spot, code, **arguments))


def typed(reading: Reading) -> PlanDocument:
    """The rows of the records. What cannot be read is added to `reading.faults`, and a neutral value stands
    in its place."""
    found: dict[str, Any] = {}
    for form in SECTIONS:
        made = tuple(_row(form, record, reading) for record in reading.sections.get(form.name, ()))
        if form is PLAN:
            found["header"] = made[0] if made else None
        else:
            found[form.name] = made
    return PlanDocument(**found)


def typed_rows(form: Form, records: Sequence[Record], reading: Reading) -> list[Any]:
    """The rows of records of one form, as `typed` makes them."""
    return [_row(form, record, reading) for record in records]


def _row(form: Form, record: Record, reading: Reading) -> Any:
    values = {column.name: _value(column, record, reading) for column in form.columns}
    for child in form.children:
        values[child.name] = tuple(
            _row(child, below, reading) for below in record.children.get(child.name, ())
        )
    if "assumed" in values:
        values["assumed"] = _in_order(form, values["assumed"])
    return form.row(**values, place=record.place)


def _value(column: Column, record: Record, reading: Reading) -> Any:
    content = record.cells.get(column.name)
    spot = record.place.spot(column.name)
    sheet = record.place.sheet
    if content is None:
        if column.required and (sheet, spot.heading) not in reading.absent:
            reading.fault(sheet, spot, "cell.required")
        return column.kind.neutral if column.required else column.default
    try:
        return column.kind.read(content)
    except Unreadable as unreadable:
        reading.fault(sheet, spot, unreadable.code, **unreadable.arguments)
    # The text as it was given lets references to the row be judged on their own.
    as_given = isinstance(content, str) and isinstance(column.kind.neutral, str)
    return content if as_given else column.kind.neutral


def _in_order(form: Form, assumed: Sequence[str]) -> tuple[str, ...]:
    """The assumed fields once each, in the order of the form's columns; strangers last."""
    known = [name for name in form.assumable if name in assumed]
    return tuple(known + sorted(set(assumed) - set(known)))


def is_default(column: Column, value: object) -> bool:
    """Whether the value is what a blank cell means, so that nothing need be written."""
    return not column.required and value == column.default and type(value) is type(column.default)
