"""A notice as it is read: its words, and its rankings as tables that a page and a workbook show alike."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec

from domain.assessment.ranking import RankedAdjustment, RankedComponent
from domain.assessment.scheme_content import SchemeContent, name_of
from domain.directory import Category
from projections.assessment.notices import LISTED, NOTICE, RANKED, RANKINGS
from service.store.database import Database

CATEGORY_ZH = {Category.COUNTY: "县市区", Category.ZONE: "市属开发区", Category.DEPARTMENT: "市直部门"}

_CONTENT = msgspec.json.Decoder(tuple[SchemeContent, ...])
_COMPONENTS = msgspec.json.Decoder(tuple[RankedComponent, ...])
_ADJUSTMENTS = msgspec.json.Decoder(tuple[RankedAdjustment, ...])


@dataclass(frozen=True)
class Listed:
    """A notice in the list."""

    span: str
    edition: int
    number: str
    title: str
    issued_on: date


@dataclass(frozen=True)
class Line:
    """A unit. `points` by column; None where the unit has no score."""

    rank: int
    unit: str
    points: tuple[Decimal | None, ...]
    total: Decimal
    change: int | None


@dataclass(frozen=True)
class Table:
    """A ranking of one category. `columns` are what the scheme counts: components, then adjustments."""

    category: str
    columns: tuple[str, ...]
    lines: tuple[Line, ...]
    edition: int
    reason: str
    published_on: date
    scheme: str
    inputs_position: int
    inputs_count: int
    inputs_digest: str
    affected: bool

    @property
    def incomplete(self) -> bool:
        """Some unit has no score for some component."""
        return any(points is None for line in self.lines for points in line.points)


@dataclass(frozen=True)
class NoticeDocument:
    """`latest` is the number of the notice's latest edition."""

    span: str
    edition: int
    latest: int
    number: str
    title: str
    text: str
    issued_on: date
    demonstration: bool
    tables: tuple[Table, ...]


async def listed(database: Database) -> list[Listed]:
    return [Listed(*row) for row in await database.fetch(LISTED)]


async def notice_of(database: Database, span: str, edition: int | None) -> NoticeDocument | None:
    """The notice of a span, in this edition or the latest; None if there is none."""
    rows = await database.fetch(NOTICE, span, edition)
    if not rows:
        return None
    row = rows[0]
    rankings = await database.fetch(RANKINGS, row["publication_ids"])
    units = await database.fetch(RANKED, row["publication_ids"])
    tables = (_table(r, [u for u in units if u["publication_id"] == r["id"]]) for r in rankings)
    return NoticeDocument(
        span=row["span"],
        edition=row["edition"],
        latest=row["latest"],
        number=row["number"],
        title=row["title"],
        text=row["text"],
        issued_on=row["issued_on"],
        demonstration=row["demonstration"],
        tables=tuple(tables),
    )


def _table(row: Any, units: Sequence[Any]) -> Table:
    category = Category(row["category"])
    (content,) = _CONTENT.decode(row["content"])
    codes = [*(content.weights_of(category) or ()), *content.caps()]
    return Table(
        category=CATEGORY_ZH[category],
        columns=tuple(name_of(code).zh for code in codes),
        lines=tuple(_line(unit, codes) for unit in units),
        edition=row["edition"],
        reason=row["reason"],
        published_on=row["published_on"],
        scheme=f"《{row['scheme_title']}》（{row['document_number']}，第{row['scheme_edition']}版）",
        inputs_position=row["inputs_position"],
        inputs_count=row["inputs_count"],
        inputs_digest=row["inputs_digest"],
        affected=row["affected"],
    )


def _line(row: Any, codes: Sequence[str]) -> Line:
    points = {c.code: c.points for c in _COMPONENTS.decode(row["components"])}
    points |= {a.code: a.points for a in _ADJUSTMENTS.decode(row["adjustments"])}
    return Line(
        row["rank"], row["name"], tuple(points.get(code) for code in codes), row["total"], row["change"]
    )


def moved(change: int | None) -> str:
    """How a rank has changed, in words that need no colour."""
    if change is None:
        return "—"
    return "持平" if change == 0 else f"升{change}" if change > 0 else f"降{-change}"
