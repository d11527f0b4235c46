"""A report as a document: headings, paragraphs, tables and charts, which every form writes in its own way."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from domain.period import last_day
from domain.spoken import chinese
from domain.supervision.monthly_report import Contents, Line, TaskLine

PLAYED = "演示数据，并非真实情况"

Value = str | int | Decimal | date | None
"""A Decimal is a share between -1 and 1, shown as a percentage."""


@dataclass(frozen=True)
class Heading:
    text: str


@dataclass(frozen=True)
class Paragraph:
    text: str


@dataclass(frozen=True)
class Table:
    """`name` is the sheet's in a workbook."""

    name: str
    headings: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]


@dataclass(frozen=True)
class Bar:
    name: str
    value: Decimal | None
    expected: Decimal | None


@dataclass(frozen=True)
class Chart:
    """Shares against what is expected, one bar for each."""

    title: str
    bars: tuple[Bar, ...]


Block = Heading | Paragraph | Table | Chart

_LINE = ("任务数", "已销号", "平均完成率", "应完成率", "滞后项", "逾期项", "欠报期数")
_TASK = ("编码", "任务", "牵头单位", "完成时限", "完成率", "应完成率", "逾期天数")


def title(contents: Contents) -> str:
    year, month = contents.period.split("-")
    return f"{contents.group}督导月报（{year}年{int(month)}月）"


def percentage(share: Decimal) -> str:
    return f"{share * 100:.1f}%"


def shown(value: Value) -> str:
    """The value as text; a dash for what is unknown."""
    if value is None:
        return "—"
    if isinstance(value, Decimal):
        return percentage(value)
    return value.isoformat() if isinstance(value, date) else str(value)


def blocks(contents: Contents) -> Iterator[Block]:
    """The document below its title."""
    end = chinese(last_day(contents.period))
    origin = f"本报告由电子台账生成，数据截至{end}（事件日志第{contents.position}号）。"
    yield Paragraph(origin + (f"{PLAYED}。" if contents.demonstration else ""))
    yield Heading("一、总体情况")
    yield Paragraph(_overview(contents))
    if contents.assessment:
        yield Paragraph(contents.assessment)
    yield Heading("二、各攻坚战推进情况")
    bars = tuple(Bar(line.name, line.completion, line.expected) for line in contents.campaigns)
    yield Chart("平均完成率（竖线为应完成率）", bars)
    yield _table_of_lines("攻坚战", (*contents.campaigns, contents.total))
    yield Heading("三、各牵头单位情况")
    yield _table_of_lines("牵头单位", contents.units)
    yield Heading("四、滞后任务")
    yield from _tasks("滞后任务", contents.furthest_behind, "本月末没有进度滞后的任务。")
    yield Heading("五、亮牌情况")
    yield from _cards(contents)
    yield Heading("六、问题清单")
    yield from _problems(contents)
    yield Heading("七、督导发现")
    yield from _findings(contents)
    yield Heading("八、下月到期任务")
    yield from _tasks("下月到期", contents.due_next, "下月没有到期的任务。")
    if contents.suggestions:
        yield Heading("九、工作建议")
        yield Paragraph(contents.suggestions)


def _overview(contents: Contents) -> str:
    total = contents.total
    return (
        f"本组督导任务共{total.tasks}项，已销号{total.accepted}项；平均完成率{shown(total.completion)}，"
        f"应完成率{shown(total.expected)}。进度滞后{total.behind}项，逾期{total.overdue}项，"
        f"欠报{total.reports_missing}期。本月列入问题{contents.problems_listed}个、"
        f"销号{contents.problems_closed}个，月末未销号{contents.problems_standing}个；"
        f"开展督导{contents.visits}次。"
    )


def _table_of_lines(name: str, lines: Sequence[Line]) -> Table:
    return Table(
        name,
        (name, *_LINE),
        tuple(
            (
                line.name,
                line.tasks,
                line.accepted,
                line.completion,
                line.expected,
                line.behind,
                line.overdue,
                line.reports_missing,
            )
            for line in lines
        ),
    )


def _tasks(name: str, lines: Sequence[TaskLine], none: str) -> Iterator[Block]:
    if not lines:
        yield Paragraph(none)
        return
    rows = (
        (t.code, t.title, t.unit, t.deadline, t.completion, t.expected, t.days_overdue or None) for t in lines
    )
    yield Table(name, _TASK, tuple(rows))


def _cards(contents: Contents) -> Iterator[Block]:
    if not contents.cards:
        yield Paragraph("没有亮牌。")
        return
    rows = tuple((card.level, card.shown, card.standing) for card in contents.cards)
    yield Table("亮牌", ("牌级", "本月亮牌", "月末在牌"), rows)


def _problems(contents: Contents) -> Iterator[Block]:
    if not contents.problems_open:
        yield Paragraph("月末没有未销号的问题。")
        return
    rows = tuple((p.code, p.title, p.unit or None, p.listed_on, p.deadline) for p in contents.problems_open)
    yield Table("未销号问题", ("编码", "问题", "责任单位", "列入日期", "整改时限"), rows)


def _findings(contents: Contents) -> Iterator[Block]:
    if not contents.findings:
        yield Paragraph("本月没有督导发现的记录。")
        return
    rows = tuple((finding.kind, finding.unit, finding.text) for finding in contents.findings)
    yield Table("督导发现", ("类别", "单位", "内容"), rows)
