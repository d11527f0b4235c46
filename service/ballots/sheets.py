"""Sheets of cards (选票卡, article 49), A4 with cut marks: each a paper ballot that a phone can open as well.

A card shows the occasion, the rated units with a square for each grade, and its seed twice: in a QR code that
holds the rating page's address with the seed in the fragment, which no server is ever sent, and as characters
to type. It carries no name and no number. Chinese is set in STSong-Light, one of the fonts that every reader
of PDF brings along or replaces by one of the system (Adobe-GB1): nothing is embedded, nothing vendored.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO

import segno
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from service.ballots.cards import grouped

PAGE_WIDTH, PAGE_HEIGHT = A4
CHINESE, TYPED, COMPARED = "STSong-Light", "Courier-Bold", "Courier"
MARGIN = 7 * mm
HEAD, FOOT = 23 * mm, 38 * mm
QR_SIDE = 32 * mm
SQUARE = 3.6 * mm
MOST_ROW, GRADE_WIDTH = 11 * mm, 12 * mm
CUT = 5 * mm
# Around a QR code, in modules; scanners want it.
QUIET_ZONE = 4


@dataclass(frozen=True)
class Ballot:
    """What is the same on every card of a box. `log_key` is the fingerprint of the key that the log is signed
    with: what a phone shows is compared with it."""

    title: str
    units: Sequence[str]
    grades: Sequence[str]
    log_key: str


@dataclass(frozen=True)
class Layout:
    """How many cards lie on a page, and in how many columns a card lists the units."""

    across: int
    down: int
    columns: int
    rows: int

    @property
    def width(self) -> float:
        return PAGE_WIDTH / self.across

    @property
    def height(self) -> float:
        return PAGE_HEIGHT / self.down


# By the number of units, the fewest first.
LAYOUTS = (Layout(2, 2, 1, 10), Layout(1, 1, 1, 30), Layout(1, 1, 2, 50))
MOST_UNITS = LAYOUTS[-1].columns * LAYOUTS[-1].rows


def layout_for(units: int) -> Layout:
    """The first layout with room for so many units; a box has no more than the last can take."""
    return next(layout for layout in LAYOUTS if units <= layout.columns * layout.rows)


def sheets(ballot: Ballot, seeds: Sequence[str], address: str) -> bytes:
    """The PDF. `address` is that of the box's rating page; a card's seed is put behind it."""
    pdfmetrics.registerFont(UnicodeCIDFont(CHINESE))
    layout = layout_for(len(ballot.units))
    written = BytesIO()
    # `invariant`: no time of printing in the file.
    canvas = Canvas(written, pagesize=A4, invariant=True, pageCompression=True)
    canvas.setTitle(f"{ballot.title} 选票卡")
    places = [
        (column * layout.width, PAGE_HEIGHT - (row + 1) * layout.height)
        for row in range(layout.down)
        for column in range(layout.across)
    ]
    for first in range(0, len(seeds), len(places)):
        _cut_marks(canvas, layout)
        for seed, (x, y) in zip(seeds[first : first + len(places)], places, strict=False):
            canvas.saveState()
            canvas.translate(x, y)
            _card(canvas, layout, ballot, seed, address)
            canvas.restoreState()
        canvas.showPage()
    canvas.save()
    return written.getvalue()


def _cut_marks(canvas: Canvas, layout: Layout) -> None:
    """Short strokes at the edges of the page and a cross where cards meet: nothing to cut is nothing
    marked."""
    canvas.setLineWidth(0.4)
    for column in range(1, layout.across):
        x = column * layout.width
        canvas.line(x, 0, x, CUT)
        canvas.line(x, PAGE_HEIGHT - CUT, x, PAGE_HEIGHT)
        for row in range(1, layout.down):
            y = row * layout.height
            canvas.line(x - CUT / 2, y, x + CUT / 2, y)
            canvas.line(x, y - CUT / 2, x, y + CUT / 2)
    for row in range(1, layout.down):
        y = row * layout.height
        canvas.line(0, y, CUT, y)
        canvas.line(PAGE_WIDTH - CUT, y, PAGE_WIDTH, y)


def _card(canvas: Canvas, layout: Layout, ballot: Ballot, seed: str, address: str) -> None:
    """One card, its lower left corner at the origin."""
    width, top = layout.width - 2 * MARGIN, layout.height - MARGIN
    canvas.setFont(CHINESE, 15)
    canvas.drawString(MARGIN, top - 5 * mm, "无记名评估选票")
    lines = fitted(ballot.title, 10, width, 2)
    canvas.setFont(CHINESE, 10)
    for i, line in enumerate(lines):
        canvas.drawString(MARGIN, top - (10.5 + 4.5 * i) * mm, line)
    column = width / layout.columns
    room = layout.height - 2 * MARGIN - HEAD - FOOT
    row = min(MOST_ROW, room / min(layout.rows, len(ballot.units)))
    for number in range(layout.columns):
        units = ballot.units[number * layout.rows : (number + 1) * layout.rows]
        if units:
            gap = 4 * mm if layout.columns > 1 else 0
            _table(canvas, ballot, units, MARGIN + number * column, top - HEAD, column - gap, row)
    _foot(canvas, ballot, seed, address)


def _table(
    canvas: Canvas, ballot: Ballot, units: Sequence[str], x: float, y: float, width: float, row: float
) -> None:
    """The units, one a row, with a square for each grade; `y` is where the first row begins."""
    each = min(GRADE_WIDTH, width * 0.6 / len(ballot.grades))
    name_width = width - each * len(ballot.grades) - 2 * mm
    centres = [x + width - each * (len(ballot.grades) - i - 0.5) for i in range(len(ballot.grades))]
    for grade, centre in zip(ballot.grades, centres, strict=True):
        (label,) = fitted(grade, 9, each, 1)
        canvas.setFont(CHINESE, 9)
        canvas.drawCentredString(centre, y + 1.5 * mm, label)
    canvas.setLineWidth(0.3)
    canvas.line(x, y, x + width, y)
    size = 10.5 if row >= 6 * mm else 8
    square = min(SQUARE, row * 0.6)
    for i, unit in enumerate(units):
        middle = y - (i + 0.5) * row
        canvas.setFont(CHINESE, size)
        lines = fitted(unit, size, name_width, max(1, int(row / (size * 1.2))))
        for number, line in enumerate(lines):
            canvas.drawString(x, middle + size * (1.2 * (len(lines) / 2 - number) - 0.95), line)
        for centre in centres:
            canvas.rect(centre - square / 2, middle - square / 2, square, square)
        canvas.line(x, middle - row / 2, x + width, middle - row / 2)


def _foot(canvas: Canvas, ballot: Ballot, seed: str, address: str) -> None:
    """The QR code, and beside it the seed to type and what to do."""
    _qr_code(canvas, f"{address}#{seed}", MARGIN - 1 * mm, MARGIN - 1 * mm, QR_SIDE)
    x, y = MARGIN + QR_SIDE + 2 * mm, MARGIN + QR_SIDE - 5 * mm
    canvas.setFont(TYPED, 13)
    groups = grouped(seed).split()
    canvas.drawString(x, y, "  ".join(groups[:2]))
    canvas.drawString(x, y - 5.5 * mm, "  ".join(groups[2:]))
    canvas.setFont(CHINESE, 8)
    for i, line in enumerate((*HOW_TO, LOG_KEY)):
        canvas.drawString(x, y - (12 + 4.2 * i) * mm, line)
    beside = pdfmetrics.stringWidth(LOG_KEY, CHINESE, 8)
    canvas.setFont(COMPARED, 8)
    canvas.drawString(x + beside, y - (12 + 4.2 * len(HOW_TO)) * mm, ballot.log_key)


HOW_TO = (
    "每个单位选一个方格打“√”，投入票箱；",
    "或用手机扫码自行评分，两者只用一种。",
    "本卡不记名，请勿写字、折角、做记号。",
)
LOG_KEY = "日志校验码　"


def _qr_code(canvas: Canvas, content: str, x: float, y: float, side: float) -> None:
    """A QR code as rectangles, one for each run of dark modules in a row."""
    matrix = segno.make_qr(content, error="m").matrix
    module = side / (len(matrix) + 2 * QUIET_ZONE)
    for number, line in enumerate(matrix):
        bottom = y + side - (number + 1 + QUIET_ZONE) * module
        at = 0
        while at < len(line):
            end = at
            while end < len(line) and line[end]:
                end += 1
            if end > at:
                left = x + (at + QUIET_ZONE) * module
                # A hair taller than a module, so that no white line shows between rows.
                canvas.rect(left, bottom, (end - at) * module, module * 1.02, stroke=0, fill=1)
            at = end + 1


def fitted(text: str, size: float, width: float, lines: int) -> list[str]:
    """The text in at most so many lines of the width; what does not fit ends in an ellipsis."""
    fit: list[str] = []
    rest = text
    while rest and len(fit) < lines:
        end = len(rest)
        while end > 1 and pdfmetrics.stringWidth(rest[:end], CHINESE, size) > width:
            end -= 1
        fit.append(rest[:end])
        rest = rest[end:]
    if rest:
        fit[-1] = fit[-1][:-1] + "…"
    return fit or [""]
