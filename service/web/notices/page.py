"""Notices as pages: one file of HTML, nothing fetched from anywhere, readable on a phone and on paper."""

import base64
import hashlib
from collections.abc import Sequence
from decimal import Decimal
from html import escape

from domain.spoken import chinese
from service.web.notices.document import Line, Listed, NoticeDocument, Table, drafted, moved

_STYLE = """
:root { color-scheme: light; --ink: #1c1b1a; --faint: #5d5a55; --rule: #d8d4cc; --seal: #b3261e; }
* { box-sizing: border-box; }
body { margin: 0; background: #f6f4ef; color: var(--ink); line-height: 1.75;
  font-family: "Songti SC", "Noto Serif CJK SC", "Source Han Serif SC", SimSun, serif; }
main { max-width: 68rem; margin: 0 auto; padding: 1.25rem 1rem 3rem; background: #fff; min-height: 100vh; }
a { color: #17457a; }
h1 { font-size: 1.5rem; line-height: 1.4; text-align: center; margin: 1.25rem 0 .25rem; color: var(--seal); }
h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; }
.number, .date { text-align: center; color: var(--faint); margin: 0; }
.said { white-space: pre-line; text-indent: 2em; }
.mark { border: 2px solid var(--seal); color: var(--seal); padding: .5rem .75rem; margin: 1rem 0; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
caption { text-align: left; color: var(--faint); font-size: .9rem; padding-bottom: .25rem; }
th, td { border-bottom: 1px solid var(--rule); padding: .45rem .5rem; text-align: right; }
th { font-weight: 600; border-bottom: 2px solid var(--ink); vertical-align: bottom; }
th.unit, td.unit { text-align: left; }
th, td.unit { word-break: keep-all; }
td.rank, th.rank { text-align: center; width: 3.5rem; }
td.total { font-weight: 700; }
.note { color: var(--faint); font-size: .875rem; overflow-wrap: anywhere; margin: .35rem 0; }
ul.list { list-style: none; padding: 0; }
ul.list li { border-bottom: 1px solid var(--rule); padding: .75rem 0; }
@media (max-width: 40rem) {
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  table, tbody, caption { display: block; }
  tr { display: grid; grid-template-columns: 2.5rem 1fr 1fr; border-bottom: 1px solid var(--rule);
    padding: .5rem 0; column-gap: .75rem; }
  td.part:nth-child(odd) { grid-column: 2; }
  td.part:nth-child(even) { grid-column: 3; }
  td { border: 0; padding: .1rem 0; }
  td.rank { width: auto; font-weight: 700; grid-row: 1; }
  td.unit { font-weight: 600; grid-row: 1; }
  td.total { grid-row: 1; grid-column: 3; }
  td.part { display: flex; justify-content: space-between; font-size: .9rem;
    color: var(--faint); }
  td.part::before { content: attr(data-label); }
}
@media print { body { background: #fff; } main { padding: 0; } nav { display: none; } }
"""
_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()

POLICY = f"default-src 'none'; style-src 'sha256-{_HASH}'; base-uri 'none'; form-action 'none'"
"""The content security policy of the pages: their own style and nothing else."""


def notice_page(notice: NoticeDocument) -> str:
    """One edition of a notice."""
    own = f"/notices/{notice.span}/{notice.edition}"
    return _document(
        notice.title,
        [
            *([] if notice.draft else [_navigation(own)]),
            *_marks(notice),
            f"<h1>{escape(notice.title)}</h1>",
            f'<p class="number">{escape(notice.number)}</p>',
            f'<p class="date">{"尚未印发" if notice.draft else f"{chinese(notice.issued_on)}印发"}</p>',
            *(f'<p class="said">{escape(line)}</p>' for line in notice.text.splitlines() if line.strip()),
            *(part for table in notice.tables for part in _ranking(table)),
        ],
    )


def _navigation(own: str) -> str:
    # A draft has none: it is asked for with a token, which a link cannot carry.
    return f'<nav><a href="/notices">通报目录</a> · <a href="{escape(own)}.xlsx">下载表格（XLSX）</a></nav>'


def _marks(notice: NoticeDocument) -> list[str]:
    """What must be known before anything is read."""
    marks = drafted(notice)
    if notice.demonstration:
        marks.append("演示数据：本通报由演示程序生成，所列得分和名次均为虚构。")
    if notice.latest != notice.edition:
        latest = f'<a href="/notices/{escape(notice.span)}/{notice.latest}.html">第{notice.latest}版</a>'
        marks.append(f"本通报已重新印发，请以{latest}为准；本版保留备查。")
    affected = [table.category for table in notice.tables if table.affected]
    if affected:
        marks.append(
            f"公布之后，{'、'.join(affected)}排名的部分计分依据已有更正或补充，所列名次为公布时的结果。"
        )
    return [f'<p class="mark">{mark}</p>' for mark in marks]


def _ranking(table: Table) -> list[str]:
    places = _told(table)
    heads = "".join(f'<th scope="col">{escape(table.columns[place])}</th>' for place in places)
    anew = f"；第{table.edition}版，{escape(table.reason)}" if table.reason else ""
    return [
        f"<h2>{table.category}</h2>",
        f"<table><caption>共{len(table.lines)}个单位{anew}</caption>",
        '<thead><tr><th scope="col" class="rank">名次</th><th scope="col" class="unit">单位</th>'
        f'{heads}<th scope="col">总分</th><th scope="col">名次变化</th></tr></thead>',
        "<tbody>",
        *(_row(line, table.columns, places) for line in table.lines),
        "</tbody></table>",
        *_notes(table),
    ]


def _told(table: Table) -> list[int]:
    """The places of the columns in which some unit has something."""
    return [n for n in range(len(table.columns)) if any(line.points[n] for line in table.lines)]


def _row(line: Line, columns: Sequence[str], places: Sequence[int]) -> str:
    parts = "".join(
        f'<td class="part" data-label="{escape(columns[place])}">{_written(line.points[place])}</td>'
        for place in places
    )
    return (
        f'<tr><td class="rank">{line.rank}</td><td class="unit">{escape(line.unit)}</td>{parts}'
        f'<td class="total">{line.total}</td>'
        f'<td class="part" data-label="名次变化">{moved(line.change)}</td></tr>'
    )


def _written(points: Decimal | None) -> str:
    return "—" if points is None else str(points)


def _notes(table: Table) -> list[str]:
    first, *others = table.rules
    notes = [f"依据{table.scheme}计分，{first}", *others]
    if table.incomplete:
        notes.append("“—”表示该项无评分，其权重由其他考核项按比例分摊。")
    left_out = [name for n, name in enumerate(table.columns) if n not in _told(table)]
    if left_out:
        notes.append(f"各单位均无得分的项目未列：{'、'.join(left_out)}。")
    notes.append(
        f"计分依据{table.inputs_count}条，截至日志第{table.inputs_position}号事件，"
        f"摘要（SHA-256）{table.inputs_digest}。"
    )
    return [f'<p class="note">{escape(note)}</p>' for note in notes]


def listing_page(notices: Sequence[Listed]) -> str:
    """All notices, the latest first."""
    lines = [
        f'<li><a href="/notices/{escape(n.span)}">{escape(n.title)}</a><br>'
        f'<span class="note">{escape(n.number)} · {chinese(n.issued_on)}</span></li>'
        for n in notices
    ]
    empty = [] if lines else ["<p>尚未印发通报。</p>"]
    return _document("考核结果通报", ["<h1>考核结果通报</h1>", *empty, '<ul class="list">', *lines, "</ul>"])


def _document(title: str, body: Sequence[str]) -> str:
    return "\n".join(
        (
            "<!DOCTYPE html>",
            '<html lang="zh-CN"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{escape(title)}</title>",
            f"<style>{_STYLE}</style></head>",
            "<body><main>",
            *body,
            "</main></body></html>",
            "",
        )
    )
