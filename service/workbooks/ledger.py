"""The ledger (电子台账) as a sheet.

It has one row for each indicator; the columns of its task are repeated, so that every row
can be sorted and filtered by itself. Shares are shown as percentages. Rows of a demonstration say so, in a
column of their own and in the title of the sheet. Text that a sheet program would take for a formula gets an
apostrophe before it. The card that a task has is the last column, in the card's colour.
"""

from datetime import date
from typing import Any, Literal

import msgspec

from domain.indicator import Direction
from domain.spoken import english
from domain.task import TaskStatus
from projections.ledger import DAYS_OVERDUE, DEVIATION, EXPECTED, REPORTS_MISSING, IndicatorOfTask
from service import BadInput
from service.sheets.sheet import COLOURS, Cell, Coloured, Share, Sheet, csv
from service.store.database import Database

LedgerKind = Literal["csv", "xlsx"]

_ON_DAY = {"t": "t", "date": "$1::date"}

LEDGER = f"""
select t.code, t.article, t.title, c.name, c.demonstration, lead.name,
    array(select s.name from read.unit s where s.id = any(t.supporting_unit_ids)
        order by array_position(t.supporting_unit_ids, s.id)),
    t.indicators, t.completion, {EXPECTED.format(**_ON_DAY)}, {DEVIATION.format(**_ON_DAY)},
    {DAYS_OVERDUE.format(**_ON_DAY)}, {REPORTS_MISSING.format(**_ON_DAY)}, t.status, t.deadline,
    k.level, coalesce((select l ->> 'name' from read.card_scheme s, jsonb_array_elements(s.levels) l
        where s.edition = k.edition and l ->> 'code' = k.level), k.level) as card
from read.task t
left join read.card k on k.task_id = t.id and k.is_open
join read.campaign c on c.id = t.campaign_id
join read.unit lead on lead.id = t.lead_unit_id
where $2::text is null or c.code = $2
order by c.number, c.code, t.code_key, t.id"""
"""The rows of the ledger on the day $1, of the campaign with the code $2 or of all (null)."""

HAS_CAMPAIGN = "select exists (select from read.campaign where code = $1)"

HEADINGS = (
    "任务编码",
    "条目",
    "任务名称",
    "攻坚战",
    "牵头单位",
    "配合单位",
    "指标",
    "目标",
    "现值",
    "完成率",
    "应完成率",
    "进度偏差",
    "逾期天数",
    "欠报期数",
    "状态",
    "完成时限",
    "数据性质",
    "亮牌",
)
_WIDTHS = (10, 6, 40, 24, 18, 30, 28, 18, 10, 10, 10, 10, 10, 10, 12, 12, 10, 8)

DEMONSTRATION, LIVED = "演示数据", "正式数据"
_STATUS = {
    TaskStatus.OPEN.value: "推进中",
    TaskStatus.DELIVERED.value: "已交账待验收",
    TaskStatus.RETURNED.value: "退回整改",
    TaskStatus.ACCEPTED.value: "已销号",
}
_SIGN = {
    Direction.AT_LEAST.value: "不低于",
    Direction.AT_MOST.value: "不高于",
    Direction.REACH.value: "达到",
}
_INDICATORS = msgspec.json.Decoder(list[IndicatorOfTask])


async def export_ledger(database: Database, kind: LedgerKind, on: date, campaign: str | None = None) -> bytes:
    """The ledger on a business day as CSV (UTF-8 with the mark that Excel looks for) or XLSX.

    It is as far as the ledger's projection is. `campaign` is a code; BadInput when there is none such.
    """
    # PostgreSQL does not even take a text with a NUL.
    known = campaign is None or ("\x00" not in campaign and await database.fetchval(HAS_CAMPAIGN, campaign))
    if not known:
        raise BadInput(f"there is no campaign with the code {str(campaign)[:100]!r}")
    rows = await database.fetch(LEDGER, on, campaign)
    table = [line for row in rows for line in _lines(tuple(row))]
    played = any(row["demonstration"] for row in rows)
    title = f"电子台账（{DEMONSTRATION}）" if played else "电子台账"
    sheet = Sheet(title, HEADINGS, _WIDTHS, table)
    if kind == "csv":
        return csv(sheet)
    from service.sheets.xlsx import workbook_of

    return workbook_of([sheet], f"数据截至{on}")


def _lines(row: tuple[Any, ...]) -> list[list[Cell]]:
    """A line for each indicator of the row of a task."""
    code, article, title, campaign, played, lead, supporting, indicators, *figures = row
    completion, expected, deviation, overdue, missing, status, deadline, level, card = figures
    before: list[Cell] = [code, article, title, campaign, lead, "、".join(supporting)]
    after: list[Cell] = [
        None if completion is None else Share(completion),
        Share(expected),
        None if deviation is None else Share(deviation),
        overdue,
        missing,
        _STATUS[status],
        deadline,
        DEMONSTRATION if played else LIVED,
        None if level is None else Coloured(card, level if level in COLOURS else "grey"),
    ]
    return [[*before, i.name, _target(i), i.value, *after] for i in _INDICATORS.decode(indicators)]


def _target(indicator: IndicatorOfTask) -> str:
    if indicator.target is None:
        return f"（方案文本缺失）{indicator.unit_of_measure}"
    return f"{_SIGN[indicator.direction]}{english(indicator.target)}{indicator.unit_of_measure}"
