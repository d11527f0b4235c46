"""A report as Markdown: the document of record, whose SHA-256 is submitted."""

import re
from collections.abc import Iterator
from decimal import Decimal

from domain.supervision.monthly_report import Contents
from service.monthly_reports.document import Block, Chart, Heading, Paragraph, Table, blocks, shown, title

_CELLS = 20
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~])")
# Only where a line begins with it would it mean anything.
_LEADING = re.compile(r"^(\s*)([-+=])", re.MULTILINE)


def markdown(contents: Contents) -> str:
    """The whole report."""
    parts = [f"# {_escaped(title(contents))}", *(_block(block) for block in blocks(contents))]
    return "\n\n".join(parts) + "\n"


def _escaped(text: str) -> str:
    """The text, with nothing in it that Markdown would take for its own."""
    return _LEADING.sub(r"\1\\\2", _SPECIAL.sub(r"\\\1", text))


def _block(block: Block) -> str:
    match block:
        case Heading(text):
            return f"## {_escaped(text)}"
        case Paragraph(text):
            return _escaped(text)
        case Table():
            return "\n".join(_table(block))
        case Chart():
            return "\n".join((f"{_escaped(block.title)}：", "", *_bars(block)))


def _table(table: Table) -> Iterator[str]:
    yield _row(table.headings)
    yield _row("---" for _ in table.headings)
    for row in table.rows:
        yield _row(" ".join(_escaped(shown(value)).split()) for value in row)


def _row(cells: Iterator[str] | tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |"


def _bars(chart: Chart) -> Iterator[str]:
    for bar in chart.bars:
        full = 0 if bar.value is None else int(max(min(bar.value, Decimal(1)), Decimal(0)) * _CELLS)
        drawn = "█" * full + "░" * (_CELLS - full)
        yield f"- {_escaped(bar.name)} {drawn} {shown(bar.value)}（应{shown(bar.expected)}）"
