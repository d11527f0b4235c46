"""What `duban export` and `duban import` do with sheets other than the plan and the ledger."""

import argparse
import asyncio
from pathlib import Path

from service import BadInput
from service.app import Application
from service.config import Settings
from service.identity import Role, Viewer
from service.plans.faults import PlanRefused
from service.plans.sheet import file_kind
from service.workbooks.exports import SHEETS, export_sheet
from service.workbooks.reports import MOST_BYTES, Reported, import_reports, template
from service.workbooks.returned import marked

CATCH_UP_SECONDS = 600.0
REPORTS = "reports"


def sheet_named(options: argparse.Namespace) -> str | None:
    """Which sheet is asked for; None for the plan or the ledger, BadInput for several at once."""
    named = [name for name in (*SHEETS, REPORTS, "ledger") if getattr(options, name)]
    if len(named) > 1:
        raise BadInput(f"one file holds one of: {', '.join(named)}")
    return named[0] if named and named[0] != "ledger" else None


async def export_file(settings: Settings, name: str, options: argparse.Namespace) -> bytes:
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


def import_file(settings: Settings, path: Path, who: str) -> str:
    """Make the reports of a filled sheet; what was done, in words.

    When a row is bad nothing is, a marked copy is written beside the file, and PlanRefused goes on.
    """
    if file_kind(path) != "xlsx" or path.stat().st_size > MOST_BYTES:
        raise BadInput(f"progress reports come as an .xlsx file of at most {MOST_BYTES} bytes")
    content = path.read_bytes()
    try:
        done = asyncio.run(_imported(settings, content, Viewer(Role.OFFICE, who)))
    except PlanRefused as refused:
        path.with_suffix(".errors.xlsx").write_bytes(marked(content, refused.errors))
        raise
    return f"reports: {done.created} new, {done.unchanged} unchanged"


async def _imported(settings: Settings, content: bytes, viewer: Viewer) -> Reported:
    async with Application.open(settings, follow=False) as app:
        return await import_reports(app.commands, content, viewer)
