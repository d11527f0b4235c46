"""`duban import` and `duban export`: the plan, the ledger, the log's events, and the other sheets."""

import argparse
import asyncio
import sys
from pathlib import Path

from service import BadInput
from service.app import Application
from service.cli.rating import export_events
from service.cli.running import progress, run
from service.config import Settings
from service.embedded import database
from service.identity import Role, Viewer
from service.plans.export import export_plan
from service.plans.faults import PlanRefused, TakenInPart
from service.plans.importer import import_file
from service.plans.sheet import file_kind
from service.workbooks.exports import SHEETS, export_sheet
from service.workbooks.ledger import export_ledger
from service.workbooks.reports import MOST_BYTES, Reported, import_reports, template
from service.workbooks.returned import marked

CATCH_UP_SECONDS = 600.0
REPORTS = "reports"
IMPORTER = "duban import"  # who is named in the log for what a file brought


def take_in(options: argparse.Namespace, settings: Settings) -> None:
    """`duban import`: a plan, or progress reports."""
    if not options.file.is_file():
        raise BadInput(f"there is no file {options.file}")
    try:
        with database(settings) as complete:
            if options.reports:
                print(_import_reports(complete, options.file, IMPORTER))
            else:
                run(_imported(complete, options.file))
    except PlanRefused as refused:
        print("\n".join(str(error) for error in refused.errors), file=sys.stderr)
        part = isinstance(refused, TakenInPart)
        taken = "others wrote meanwhile, and these rows were not taken in" if part else "nothing was taken in"
        raise BadInput(f"{taken}: {len(refused.errors)} faults in {options.file}") from refused


async def _imported(settings: Settings, path: Path) -> None:
    async with Application.open(settings, follow=False) as app:
        with progress("import") as told:
            done = await import_file(app.commands, path, Viewer(Role.OFFICE, IMPORTER), progress=told)
    for noun, created in done.created.items():
        print(f"{noun.replace('_', ' ')}: {created} new, {done.unchanged[noun]} unchanged")


def write_out(options: argparse.Namespace, settings: Settings) -> None:
    """`duban export`: the plan, the ledger, the whole log, or another sheet."""
    named = _sheet_named(options)
    with database(settings) as complete:
        if options.events:
            export_events(complete, options.file)
            return
        exported = _exported(complete, options) if named is None else _sheet(complete, named, options)
        content = run(exported)
    if options.file is None:
        sys.stdout.buffer.write(content)
    else:
        options.file.write_bytes(content)


async def _exported(settings: Settings, options: argparse.Namespace) -> bytes:
    kind = file_kind(options.file) if options.file else "csv" if options.ledger else "yaml"
    async with Application.open(settings, follow=options.ledger) as app:
        app.access.exported("duban export", "ledger" if options.ledger else "plan")
        if not options.ledger:
            return await export_plan(app.recorder, settings.time_zone, kind, as_listed=options.as_listed)
        if kind == "yaml":
            raise BadInput("the ledger is written as .csv or .xlsx")
        await app.runner.wait_for(await app.recorder.max_notification_id() or 0, CATCH_UP_SECONDS)
        return await export_ledger(app.database, kind, app.today(), options.campaign)


# -- the other sheets


def _sheet_named(options: argparse.Namespace) -> str | None:
    """Which sheet is asked for; None for the plan, the ledger or the events, BadInput for several at once."""
    named = [name for name in (*SHEETS, REPORTS, "ledger", "events") if getattr(options, name)]
    if len(named) > 1:
        raise BadInput(f"one file holds one of: {', '.join(named)}")
    if options.campaign and not options.ledger:
        raise BadInput("--campaign is for the ledger: add --ledger")
    if options.as_listed and named:
        raise BadInput(f"--as-listed is for the plan, and not for: {named[0]}")
    return named[0] if named and named[0] not in ("ledger", "events") else None


async def _sheet(settings: Settings, name: str, options: argparse.Namespace) -> bytes:
    """The sheet as a file, as far as the log is."""
    kind = file_kind(options.file) if options.file else "csv"
    if kind == "yaml" or (name == REPORTS and kind == "csv"):
        raise BadInput(
            f"{name} are written as .xlsx{'' if name == REPORTS else ' or .csv'}: name such a file"
        )
    async with Application.open(settings) as app:
        await app.runner.wait_for(await app.recorder.max_notification_id() or 0, CATCH_UP_SECONDS)
        if name == REPORTS:
            content, _ = await template(app.database, options.reports, Viewer(Role.OFFICE, "duban export"))
            return content
        return await export_sheet(app.database, name, kind, app.today())


def _import_reports(settings: Settings, path: Path, who: str) -> str:
    """Make the reports of a filled sheet; what was done, in words.

    When a row is bad nothing is, a marked copy is written beside the file, and PlanRefused goes on.
    """
    if file_kind(path) != "xlsx" or path.stat().st_size > MOST_BYTES:
        raise BadInput(f"progress reports come as an .xlsx file of at most {MOST_BYTES} bytes")
    content = path.read_bytes()
    try:
        done = asyncio.run(_reported(settings, content, Viewer(Role.OFFICE, who)))
    except PlanRefused as refused:
        copy = path.with_suffix(".errors.xlsx")
        try:
            copy.write_bytes(marked(content, refused.errors))
        except OSError as error:
            # What is wrong with the rows is told all the same.
            print(f"{copy} cannot be written: {error.strerror}", file=sys.stderr)
        raise
    return f"reports: {done.created} new, {done.unchanged} unchanged"


async def _reported(settings: Settings, content: bytes, viewer: Viewer) -> Reported:
    async with Application.open(settings, follow=False) as app:
        return await import_reports(app.commands, content, viewer)
