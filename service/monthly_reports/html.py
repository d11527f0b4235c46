"""A report as one HTML file, for a phone, a desk, and paper: no script, nothing fetched, charts as SVG."""

from collections.abc import Iterator
from decimal import Decimal
from html import escape

from domain.supervision.monthly_report import Contents
from service.monthly_reports.document import (
    PLAYED,
    Block,
    Chart,
    Heading,
    Paragraph,
    Table,
    Value,
    blocks,
    shown,
    title,
)

_STYLE = """
:root { color-scheme: light; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 64rem; padding: 1rem; color: #1c1c1c; background: #fff;
  font: 1rem/1.7 "Noto Sans CJK SC", "Source Han Sans SC", "Microsoft YaHei", "PingFang SC", sans-serif; }
h1 { font-size: 1.5rem; line-height: 1.4; text-align: center; color: #a51c1c; margin: .5rem 0; }
h2 { font-size: 1.125rem; margin: 2rem 0 .5rem; border-bottom: 2px solid #a51c1c; padding-bottom: .25rem; }
p { margin: .5rem 0; white-space: pre-line; overflow-wrap: anywhere; }
.played { background: #fff3cd; border: 1px solid #8a6d00; padding: .25rem .5rem; text-align: center; }
table { border-collapse: collapse; width: 100%; font-size: .875rem; line-height: 1.5; }
th, td { border: 1px solid #b8b8b8; padding: .35rem .5rem; text-align: left; vertical-align: top;
  overflow-wrap: anywhere; }
th { background: #f3ecec; white-space: nowrap; }
td.figure { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
figure { margin: 1rem 0; }
figcaption { font-size: .875rem; color: #444; }
svg { display: block; width: 100%; max-width: 34rem; height: auto; }
.mark { font-size: .75rem; color: #444; overflow-wrap: anywhere; margin-top: 2rem; }
@media (max-width: 40rem) {
  body { padding: .75rem; }
  h1 { font-size: 1.25rem; }
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  table, tbody, tr, td { display: block; }
  tr { border: 1px solid #b8b8b8; margin-bottom: .5rem; padding: .25rem 0; }
  td, td.figure { border: 0; padding: .15rem .5rem .15rem 6.5rem; text-align: left; position: relative;
    white-space: normal; min-height: 1.5em; }
  td::before { content: attr(data-of); position: absolute; left: .5rem; width: 5.5rem; color: #555; }
  td:first-child { font-weight: bold; }
}
@media print { body { max-width: none; padding: 0; } h2, tr, figure { break-inside: avoid; }
  h2 { break-after: avoid; } }
"""

_WIDTH, _ROW, _BAR = 420, 40, 14
_SCALE = 360


def html(contents: Contents, sha256: str) -> str:
    """The whole report; `sha256` is that of the Markdown, the document of record."""
    name = escape(title(contents))
    return "\n".join(
        (
            "<!doctype html>",
            '<html lang="zh-CN">',
            '<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{name}</title>",
            f"<style>{_STYLE}</style>",
            "<main>",
            f"<h1>{name}</h1>",
            *((f'<p class="played">{PLAYED}</p>',) if contents.demonstration else ()),
            *(_block(block) for block in blocks(contents)),
            f'<p class="mark">存档文本（Markdown）SHA-256：{sha256}</p>',
            "</main>",
            "</html>",
            "",
        )
    )


def _block(block: Block) -> str:
    match block:
        case Heading(text):
            return f"<h2>{escape(text)}</h2>"
        case Paragraph(text):
            return f"<p>{escape(text)}</p>"
        case Table():
            return "\n".join(_table(block))
        case Chart():
            return "\n".join(_chart(block))


def _table(table: Table) -> Iterator[str]:
    headings = "".join(f'<th scope="col">{escape(h)}</th>' for h in table.headings)
    yield f"<table><thead><tr>{headings}</tr></thead><tbody>"
    for row in table.rows:
        cells = (_cell(value, heading) for value, heading in zip(row, table.headings, strict=True))
        yield f"<tr>{''.join(cells)}</tr>"
    yield "</tbody></table>"


def _cell(value: Value, heading: str) -> str:
    kind = ' class="figure"' if isinstance(value, (int, Decimal)) else ""
    return f'<td{kind} data-of="{escape(heading, quote=True)}">{escape(shown(value))}</td>'


def _chart(chart: Chart) -> Iterator[str]:
    """Bars below their names, so that long names fit a narrow screen; a line where each should be."""
    height = _ROW * len(chart.bars) + 6
    told = "；".join(f"{bar.name}{shown(bar.value)}" for bar in chart.bars)
    yield f"<figure><figcaption>{escape(chart.title)}</figcaption>"
    yield f'<svg viewBox="0 0 {_WIDTH} {height}" role="img" aria-label="{escape(told, quote=True)}">'
    for number, bar in enumerate(chart.bars):
        top = number * _ROW
        behind = bar.value is not None and bar.expected is not None and bar.value < bar.expected
        yield f'<text x="0" y="{top + 16}" font-size="13" fill="#1c1c1c">{escape(bar.name)}</text>'
        yield f'<rect x="0" y="{top + 22}" width="{_SCALE}" height="{_BAR}" fill="#ececec"/>'
        colour = "#b3261e" if behind else "#2e7d32"
        yield f'<rect x="0" y="{top + 22}" width="{_along(bar.value)}" height="{_BAR}" fill="{colour}"/>'
        if bar.expected is not None:
            x = _along(bar.expected)
            yield f'<path d="M{x} {top + 19}v{_BAR + 6}" stroke="#1c1c1c" stroke-width="3"/>'
        yield f'<text x="{_SCALE + 8}" y="{top + 33}" font-size="13" fill="#1c1c1c">{shown(bar.value)}</text>'
    yield "</svg></figure>"


def _along(share: Decimal | None) -> str:
    return f"{max(min(share or Decimal(0), Decimal(1)), Decimal(0)) * _SCALE:.1f}"
