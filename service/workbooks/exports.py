"""The problem list and the obligations as sheets, on a business day. (The ledger: `ledger`.)"""

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any, Literal

from domain.supervision.obligations import Duty
from domain.supervision.problem import ProblemSource, ProblemStatus
from projections.supervision.obligations import MET_ON, MISSED_SINCE, OBLIGATIONS, STATUS
from service.sheets.sheet import Coloured, Sheet, csv
from service.store.database import Database

SheetKind = Literal["csv", "xlsx"]

_ON = {"t": "t", "date": "$1::date"}

PROBLEMS = """
select p.code, p.title, p.source, c.name as campaign, t.code as task, u.name as unit, p.status, p.listed_on,
    p.deadline, p.measures, p.decision, p.resolved_on, p.result, p.closed_on, p.times_reopened,
    p.status <> 'closed' and p.resolved_on is null and coalesce(p.deadline < $1::date, false) as overdue
from read.problem p
left join read.campaign c on c.id = p.campaign_id
left join read.task t on t.id = p.task_id
left join read.unit u on u.id = p.unit_id
order by p.code_key, p.id"""
"""Every problem, on the day $1."""

DUE = f"""
select t.duty, t.article, t.turn, g.name as in_charge, t.opens_on, t.due_on, t.assumed,
    {STATUS.format(**_ON)} as status, {MET_ON.format(**_ON)} as met_on,
    {MISSED_SINCE.format(**_ON)} as missed_since, t.position
from {OBLIGATIONS} t left join read.supervision_group g on g.id = t.group_id
order by t.due_on, t.id"""
"""Every obligation, on the day $1."""

SOURCES = {
    ProblemSource.UNIT.value: "单位自查",
    ProblemSource.GROUP.value: "督导发现",
    ProblemSource.INQUIRY.value: "工作问询",
    ProblemSource.PUBLIC.value: "群众反映",
    ProblemSource.OFFICE.value: "攻坚办调度",
    ProblemSource.MEETING.value: "点评会交办",
}
STAGES = {
    ProblemStatus.LISTED.value: "已列入清单",
    ProblemStatus.ASSIGNED.value: "已交办",
    ProblemStatus.PLANNED.value: "已定措施",
    ProblemStatus.RESOLVED.value: "已整改待核销",
    ProblemStatus.RETURNED.value: "核查退回",
    ProblemStatus.CLOSED.value: "已销号",
    ProblemStatus.REOPENED.value: "重新打开",
}
DUTIES = {
    Duty.PROBLEM_LIST.value: "形成问题清单",
    Duty.JOINT_CONFERENCE.value: "召开联席会议",
    Duty.REVIEW_MEETING.value: "一月一点评",
    Duty.GROUP_REPORT.value: "报送督导月报",
    Duty.QUESTION_TIME.value: "电视问政、网络问政",
    Duty.INQUIRY.value: "工作问询",
    Duty.PROGRESS_PUBLISHED.value: "公开任务和进展",
}
STANDINGS = {
    "upcoming": ("未到期", "grey"),
    "due": ("待履行", "yellow"),
    "met": ("按期履行", "green"),
    "met_late": ("逾期履行", "yellow"),
    "missed": ("逾期未履行", "red"),
}
_PROBLEM_COLUMNS = {
    "问题编码": 16,
    "问题": 32,
    "来源": 12,
    "攻坚战": 24,
    "任务编码": 10,
    "责任单位": 18,
    "状态": 14,
    "列入日期": 12,
    "整改时限": 12,
    "整改措施": 32,
    "联席会议决定": 32,
    "整改日期": 12,
    "整改结果": 32,
    "销号日期": 12,
    "重新打开次数": 8,
}
_DUTY_COLUMNS = {
    "履职事项": 22,
    "条目": 6,
    "期次": 14,
    "责任组别": 20,
    "可履行起": 12,
    "时限": 12,
    "时限依据": 12,
    "状态": 12,
    "履行日期": 12,
    "逾期起始日": 12,
    "事件号": 10,
}


async def problem_sheet(database: Database, on: date) -> Sheet:
    rows = [_problem(row) for row in await database.fetch(PROBLEMS, on)]
    return Sheet("问题清单", tuple(_PROBLEM_COLUMNS), tuple(_PROBLEM_COLUMNS.values()), rows)


def _problem(row: Any) -> tuple[Any, ...]:
    colour = "green" if row["closed_on"] else "red" if row["overdue"] else "yellow"
    return (
        row["code"],
        row["title"],
        SOURCES[row["source"]],
        row["campaign"],
        row["task"],
        row["unit"],
        Coloured(STAGES[row["status"]], colour),
        row["listed_on"],
        row["deadline"],
        row["measures"],
        row["decision"],
        row["resolved_on"],
        row["result"],
        row["closed_on"],
        row["times_reopened"],
    )


async def obligation_sheet(database: Database, on: date) -> Sheet:
    rows = [_obligation(row) for row in await database.fetch(DUE, on)]
    return Sheet("履职任务", tuple(_DUTY_COLUMNS), tuple(_DUTY_COLUMNS.values()), rows)


def _obligation(row: Any) -> tuple[Any, ...]:
    return (
        DUTIES[row["duty"]],
        row["article"],
        row["turn"],
        row["in_charge"] or "攻坚办",
        row["opens_on"],
        row["due_on"],
        "系统设定" if row["assumed"] else "方案规定",
        Coloured(*STANDINGS[row["status"]]),
        row["met_on"],
        row["missed_since"],
        row["position"] if row["met_on"] else None,
    )


SHEETS: dict[str, Callable[[Database, date], Awaitable[Sheet]]] = {
    "problems": problem_sheet,
    "obligations": obligation_sheet,
}


async def export_sheet(database: Database, name: str, kind: SheetKind, on: date) -> bytes:
    """One of `SHEETS` as a file."""
    sheet = await SHEETS[name](database, on)
    if kind == "csv":
        return csv(sheet)
    from service.sheets.xlsx import workbook_of

    return workbook_of([sheet], f"数据截至{on}")
