"""A plan's file read, checked and written: YAML (the full format), XLSX, and CSV for tasks alone.

    read_plan(Path("plan.yaml"), "yaml")     a `PlanDocument` that breaks no rule, or `PlanRefused`
    check(document, known)                   the rules again, against what exists beside the file
    write_plan(document, "xlsx")             bytes that read back as equal rows

Nothing is written anywhere, and nothing is read but the file. A refusal names everything that is wrong with
the file, with sheet, row and column, unless the file cannot be read to its end.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Literal

from service.plans import csv_form, yaml_form
from service.plans.check import errors_of
from service.plans.faults import PlanRefused, RowError, refused
from service.plans.records import Reading, typed
from service.plans.rows import Known, PlanDocument

FileKind = Literal["yaml", "csv", "xlsx"]
MOST_MB = 10

_SUFFIXES: Mapping[str, FileKind] = {".yaml": "yaml", ".yml": "yaml", ".csv": "csv", ".xlsx": "xlsx"}


def file_kind(path: Path) -> FileKind:
    """The kind of a file, by its suffix; refused when it is none of the three."""
    kind = _SUFFIXES.get(path.suffix.lower())
    if kind is None:
        raise refused("", 1, "file.kind_unknown")
    return kind


def read_plan(source: Path | bytes, kind: FileKind, known: Known | None = None) -> PlanDocument:
    """The plan in a file or in bytes, checked; raises `PlanRefused` with all that is wrong.

    `known` is what exists already, for files that refer to it; see `check`.
    """
    content = _content(source)
    reading = _READERS[kind](content)
    document = _resolved(typed(reading), known)
    unsound = {(f.sheet, f.row, f.column) for f in reading.faults}
    rules = [e for e in errors_of(document, known, unsound) if (e.sheet, e.column) not in reading.absent]
    errors = [*reading.faults, *rules]
    if errors:
        # A YAML file is one sheet whose rows are lines; in a workbook sheets come one after the other.
        raise PlanRefused(sorted(errors, key=lambda e: e.row if kind == "yaml" else (e.sheet, e.row)))
    return document


def check(document: PlanDocument, known: Known | None = None) -> list[RowError]:
    """All rules that the document's rows break, in order of section.

    References are resolved in the document and in `known`; without `known`, references to a kind of row that
    the document has none of (a CSV file has no units) are not judged.
    """
    return errors_of(_resolved(document, known), known)


def write_plan(document: PlanDocument, kind: FileKind) -> bytes:
    """The document as a file of the kind; CSV holds its tasks alone."""
    return _WRITERS[kind](document)


def _content(source: Path | bytes) -> bytes:
    size = len(source) if isinstance(source, bytes) else source.stat().st_size
    if size > MOST_MB * 1024 * 1024:
        raise refused("", 1, "file.too_large", most=f"{MOST_MB} MB")
    return source if isinstance(source, bytes) else source.read_bytes()


def _read_xlsx(content: bytes) -> Reading:
    # Loaded by the first workbook: openpyxl takes 0.2 s, which every start would pay.
    from service.plans import xlsx_form

    return xlsx_form.read(content)


def _write_xlsx(document: PlanDocument) -> bytes:
    from service.plans import xlsx_form

    return xlsx_form.write(document)


_READERS: Mapping[FileKind, Callable[[bytes], Reading]] = {
    "yaml": yaml_form.read,
    "csv": csv_form.read,
    "xlsx": _read_xlsx,
}
_WRITERS: Mapping[FileKind, Callable[[PlanDocument], bytes]] = {
    "yaml": yaml_form.write,
    "csv": csv_form.write,
    "xlsx": _write_xlsx,
}


def _resolved(document: PlanDocument, known: Known | None) -> PlanDocument:
    """The document with units and campaigns that it names by name referred to by code."""
    units = {name: code for code, name in known.units.items()} if known else {}
    campaigns = {campaign.name: code for code, campaign in known.campaigns.items()} if known else {}
    units |= {row.name: row.code for row in document.units}
    campaigns |= {row.name: row.code for row in document.campaigns}

    def unit(given: str) -> str:
        return units.get(given, given)

    def campaign(given: str) -> str:
        return campaigns.get(given, given)

    return replace(
        document,
        officials=tuple(replace(o, leads=o.leads and unit(o.leads)) for o in document.officials),
        groups=tuple(
            replace(g, campaigns=tuple(map(campaign, g.campaigns)), units=tuple(map(unit, g.units)))
            for g in document.groups
        ),
        tasks=tuple(
            replace(
                t, campaign=campaign(t.campaign), lead=unit(t.lead), supporting=tuple(map(unit, t.supporting))
            )
            for t in document.tasks
        ),
    )
