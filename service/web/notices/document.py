"""A notice as it is read: its words, and its rankings as tables that a page and a workbook show alike."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec

from domain.assessment.notice import Notice, usual_title
from domain.assessment.ranking import RankedAdjustment, RankedComponent
from domain.assessment.scheme_content import AdjustmentCap, SchemeContent, name_of
from domain.assessment.span import Span, months_of
from domain.directory import Category
from domain.spoken import chinese
from projections.assessment.notices import DRAFT, LISTED, NOTICE, RANKED, RANKINGS
from projections.projection import FOREVER
from service.store.database import Database

CATEGORY_ZH = {Category.COUNTY: "县市区", Category.ZONE: "市属开发区", Category.DEPARTMENT: "市直部门"}

# Before the `valid_to` of what is valid still.
_NOW = FOREVER - 1
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
    """A ranking of one category. `columns` are what the scheme counts: components, then adjustments; `rules`
    are the sentences that it must be read by."""

    category: str
    columns: tuple[str, ...]
    lines: tuple[Line, ...]
    edition: int
    reason: str
    published_on: date
    scheme: str
    rules: tuple[str, ...]
    digits: int
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
    """`latest` is the number of the notice's latest edition. `draft`: it is not issued; `missing` are the
    categories that no ranking is published of, without which it cannot be."""

    span: str
    edition: int
    latest: int
    number: str
    title: str
    text: str
    issued_on: date
    demonstration: bool
    tables: tuple[Table, ...]
    draft: bool = False
    missing: tuple[str, ...] = ()


async def listed(database: Database) -> list[Listed]:
    return [Listed(*row) for row in await database.fetch(LISTED)]


async def notice_of(database: Database, span: str, edition: int | None) -> NoticeDocument | None:
    """The notice of a span, in this edition or the latest; None if there is none."""
    rows = await database.fetch(NOTICE, span, edition)
    if not rows:
        return None
    row = rows[0]
    return NoticeDocument(
        span=row["span"],
        edition=row["edition"],
        latest=row["latest"],
        number=row["number"],
        title=row["title"],
        text=row["text"],
        issued_on=row["issued_on"],
        demonstration=row["demonstration"],
        tables=await _tables(database, row["publication_ids"], row["issued_position"]),
    )


async def draft_of(
    database: Database, span: Span, number: str, title: str, text: str, at: datetime
) -> NoticeDocument:
    """The notice as it would read if it were issued now. Refusal for words that it could not have."""
    months = months_of(span)
    said = Notice.issue(span, number or "（文号待定）", title or usual_title(span), text, (), at)
    issued = said.collect_events()[0]
    assert isinstance(issued, Notice.Issued)
    row = (await database.fetch(DRAFT, span, months.last))[0]
    tables = await _tables(database, row["publication_ids"], _NOW)
    weighed = () if row["content"] is None else _CONTENT.decode(row["content"])[0].categories
    names = [CATEGORY_ZH[one.category] for one in weighed]
    return NoticeDocument(
        span=span,
        edition=row["edition"],
        latest=row["edition"],
        number=issued.number,
        title=issued.title,
        text=issued.text,
        issued_on=at.date(),
        demonstration=row["demonstration"],
        tables=tables,
        draft=True,
        missing=tuple(name for name in names if name not in {table.category for table in tables}),
    )


async def _tables(database: Database, publications: Sequence[UUID], position: int) -> tuple[Table, ...]:
    """The rankings, with the names that units had at this position."""
    rankings = await database.fetch(RANKINGS, publications)
    units = await database.fetch(RANKED, publications, position)
    return tuple(_table(r, [u for u in units if u["publication_id"] == r["id"]]) for r in rankings)


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
        rules=_rules(content, row["published_on"]),
        digits=content.digits,
        inputs_position=row["inputs_position"],
        inputs_count=row["inputs_count"],
        inputs_digest=row["inputs_digest"],
        affected=row["affected"],
    )


def _rules(content: SchemeContent, published_on: date) -> tuple[str, ...]:
    """Rounding, ties and caps: what a reader needs to add up a line and to compare two."""
    compared = "、".join(name_of(code).zh for code in content.tie_breakers)
    ties = f"总分相同的，依次比较{compared}；仍相同的" if compared else "总分相同的"
    caps = "；".join(_cap(cap) for cap in content.adjustments)
    return (
        f"{chinese(published_on)}公布。计分按四舍六入五成双保留{content.digits}位小数。"
        f"{ties}名次并列，下一名次空缺。",
        *([f"加减分以本期为限：{caps}。"] if caps else []),
    )


def _cap(cap: AdjustmentCap) -> str:
    bounds = [
        f"最多{way}{figure.normalize():f}分"
        for way, figure in (("加", cap.most_added), ("减", cap.most_deducted))
        if figure
    ]
    return f"{name_of(cap.code).zh}{'，'.join(bounds) or '不计分'}"


def _line(row: Any, codes: Sequence[str]) -> Line:
    points = {c.code: c.points for c in _COMPONENTS.decode(row["components"])}
    points |= {a.code: a.points for a in _ADJUSTMENTS.decode(row["adjustments"])}
    return Line(
        row["rank"], row["name"], tuple(points.get(code) for code in codes), row["total"], row["change"]
    )


def drafted(notice: NoticeDocument) -> list[str]:
    """What must be known of a draft."""
    if not notice.draft:
        return []
    missing = f"{'、'.join(notice.missing)}排名尚未公布，公布后方可印发。" if notice.missing else ""
    return [f"草稿：本通报尚未印发，不得引用。{missing}"]


def moved(change: int | None) -> str:
    """How a rank has changed, in words that need no colour."""
    if change is None:
        return "—"
    return "持平" if change == 0 else f"升{change}" if change > 0 else f"降{-change}"
