"""Tasks and the electronic ledger (电子台账): what both show of a task, now or as of an earlier moment."""

from datetime import date, datetime
from decimal import Decimal
from enum import Enum

import strawberry

from domain.directory import Category
from domain.indicator import Direction as Measure
from domain.task import TaskStatus
from projections import ledger as sql
from service.api.campaigns import Campaign
from service.api.enums import described
from service.api.plan.convert import campaign_key, contains, unit_key, value_of
from service.api.plan.declare import (
    Listing,
    Order,
    column,
    embedded,
    identity,
    lists,
    matches,
    reads,
    rows,
    to_many,
    to_one,
)
from service.api.relay import Connection, Direction, Node
from service.api.reports import Report, ReportFilter, ReportOrder
from service.api.scalars import Position
from service.api.supervision.links import SupervisionOfTask
from service.api.units import Unit
from service.store import as_of

described(
    TaskStatus,
    "Where a task stands. 任务状态",
    {
        TaskStatus.OPEN: "In progress. 推进中",
        TaskStatus.DELIVERED: "Delivered by the lead unit, awaiting acceptance. 已交账，待验收",
        TaskStatus.RETURNED: "Returned to its units, in progress again. 已退回",
        TaskStatus.ACCEPTED: "Accepted and closed. 已销号",
    },
)
described(
    Measure,
    "How a target is meant: at least, at most, or exactly. 指标方向",
    {
        Measure.AT_LEAST: "The target or more. 不低于",
        Measure.AT_MOST: "The target or less. 不高于",
        Measure.REACH: "The target itself; beyond it is missed as well. 达到",
    },
    name="Measure",
)


@strawberry.enum(description="What tasks are sorted by.")
class TaskOrderField(Enum):
    CODE = strawberry.enum_value("code", description="The task's code, its numbers in their own order.")
    DEADLINE = strawberry.enum_value("deadline", description="The deadline.")
    COMPLETION = strawberry.enum_value("completion", description="Completion; unknown counts as none.")
    DEVIATION = strawberry.enum_value(
        "deviation", description="Schedule deviation: ascending shows the furthest behind first."
    )
    CHANGED = strawberry.enum_value("changed", description="The last change.")


@strawberry.input(description="How tasks are sorted.")
class TaskOrder:
    field: TaskOrderField = strawberry.field(description="By what.")
    direction: Direction = strawberry.field(default=Direction.ASC, description="Which way.")


@strawberry.input(description="Which tasks; all conditions hold together.")
class TaskFilter:
    campaign: strawberry.ID | None = matches(
        "{t}.campaign_id = {v}", "uuid", campaign_key, description="Of this campaign."
    )
    unit: strawberry.ID | None = matches(
        "({t}.lead_unit_id = {v} or {t}.supporting_unit_ids @> array[{v}])",
        "uuid",
        unit_key,
        description="Led or supported by this unit.",
    )
    lead_unit: strawberry.ID | None = matches(
        "{t}.lead_unit_id = {v}", "uuid", unit_key, description="Led by this unit."
    )
    category: Category | None = matches(
        "{t}.lead_unit_id in (select u.id from read.unit u where u.category = {v})",
        convert=value_of,
        description="Led by a unit of this category.",
    )
    article: int | None = matches("{t}.article = {v}", "int", description="Of this article of the plan.")
    code: str | None = matches("{t}.code = {v}", description="With exactly this code.")
    status: list[TaskStatus] | None = matches(
        "{t}.status = any({v})", "text[]", value_of, description="In one of these states."
    )
    key_task: bool | None = matches(
        "{t}.key_task", "boolean", description="Key tasks (重点任务), or the others."
    )
    published: bool | None = matches("{t}.published", "boolean", description="Published, or not.")
    overdue: bool | None = matches(
        "({t}.delivered_on is null and {date} > {t}.deadline)",
        "boolean",
        description="Past the deadline without delivery, or not.",
    )
    deviation_below: Decimal | None = matches(
        f"({sql.DEVIATION}) < {{v}}", "numeric", description="Schedule deviation below this, such as `-0.1`."
    )
    deviation_above: Decimal | None = matches(
        f"({sql.DEVIATION}) > {{v}}", "numeric", description="Schedule deviation above this."
    )
    text: str | None = matches(
        "({t}.title ilike {v} or {t}.code ilike {v})",
        convert=contains,
        description="Title or code contains this; Chinese too.",
    )


@strawberry.type(description="A measure of a task (指标) and where it stands.")
class Indicator:
    code: str = column(description="Code, unique within the task.")
    name: str = column(description="Name. 指标名称")
    direction: Measure = column(description="How the target is meant.")
    unit_of_measure: str = column(description="Unit of measure. 计量单位")
    target: Decimal | None = column(description="Target; null where the plan's text lost the figure. 目标值")
    baseline: Decimal | None = column(description="Baseline, if any. 基数")
    weight: Decimal = column(description="Weight within the task, in percent. 权重")
    assumed: bool = column(description="Not in the plan's text, but filled in by whoever loaded it.")
    value: Decimal | None = column(description="Latest value that counts. 现值")
    period: str | None = column(description="The period of that value.")
    completion: Decimal | None = column(description="How far it has come, 0 to 1; null if unknown. 完成率")


@strawberry.type(description="A date by which a share of the task is to be done (节点).")
class Milestone:
    title: str = column(description="What is to be done.")
    due: date = column(description="By when.")
    share: Decimal = column(description="The share of the whole task that should be done then, 0 to 1.")
    assumed: bool = column(description="The share was not in the plan's text.")


@strawberry.interface(description="What the ledger shows of a task, at the moment the answer speaks of.")
class TaskState:
    id: strawberry.ID = strawberry.field(description="Globally unique; pass it to `node(id:)`.")
    code: str = column(description="Code in the plan. 任务编码")
    article: int = column(description="Article of the plan. 条目")
    title: str = column(description="Title. 任务名称")
    note: str = column(description="A remark. Not public.")
    key_task: bool = column(description="A key task. 重点任务")
    status: TaskStatus = column(description="Where it stands. 状态")
    start: date = column("{t}.start_on", description="First day. 开始日期")
    deadline: date = column(description="Deadline. 完成时限")
    delivered_on: date | None = column(description="Delivered by the lead unit on. 交账日期")
    accepted_on: date | None = column(description="Closed on. 销号日期")
    published: bool = column(description="Whether the public may read it. 是否公布")
    assumed: list[str] = column(description="Fields that were not in the plan's text but filled in.")
    completion: Decimal | None = column(
        description="Completion, 0 to 1; null if nothing can be measured. 完成率"
    )
    expected: Decimal = column(sql.EXPECTED, description="Expected completion at the date. 应完成率")
    deviation: Decimal | None = column(
        sql.DEVIATION, description="Completion less expected; below zero is behind. 进度偏差"
    )
    days_overdue: int = column(sql.DAYS_OVERDUE, description="Days past the deadline. 逾期天数")
    reports_missing: int = column(
        sql.REPORTS_MISSING, description="Months that are over and were not reported. 欠报期数"
    )
    report_count: int = column(description="Reports that stand.")
    last_period: str | None = column(description="The latest period reported.")
    last_reported_at: datetime | None = column(description="When that report was submitted.")
    changed_at: datetime = column(description="The last change that was recorded.")
    position: Position = column(description="The event of that change.")
    version: int = column(
        as_of.VERSION,
        description="The version of its stream: pass it as `expectedVersion` to change what you saw.",
    )
    demonstration: bool = column(
        "exists (select from read.campaign d where d.id = {t}.campaign_id and d.demonstration)",
        description="Played by the demonstration year, not lived. 演示数据",
    )
    indicators: list[Indicator] = embedded("{t}.indicators", description="Its measures. 指标")
    milestones: list[Milestone] = embedded(
        "{t}.milestones", description="Its milestones; empty: linear. 节点"
    )
    campaign: Campaign | None = to_one("{c}.id = {t}.campaign_id", description="Its campaign. 攻坚战")
    lead_unit: Unit | None = to_one(
        "{c}.id = {t}.lead_unit_id", description="The unit that leads it. 牵头单位"
    )
    supporting_units: list[Unit] = rows(
        "{c}.id = any({t}.supporting_unit_ids)", "{c}.code", description="The units that support it. 配合单位"
    )
    last_report: Report | None = to_one(
        "{c}.id = {t}.last_report_id", description="The latest report that stands."
    )


_PUBLISHED = {"published": "{t}.published"}


@reads("read.task", prefix="task", versions="read.task_version", visible=_PUBLISHED)
@strawberry.type(description="A task of the plan (攻坚任务), as it is now. Public once published.")
class Task(TaskState, SupervisionOfTask, Node):
    id: strawberry.ID = identity("task")
    reports = to_many(
        Connection[Report],
        ReportOrder,
        ReportFilter,
        "reports",
        "{c}.task_id = {t}.id",
        description="Its progress reports, the newest period first. 进度报告",
    )


@reads("read.task", versions="read.task_version", visible=_PUBLISHED)
@strawberry.type(description="A line of the ledger (台账): a task at the date the ledger speaks of.")
class LedgerEntry(TaskState):
    id: strawberry.ID = identity("task")
    task: Task | None = to_one("{c}.id = {t}.id", description="The task as it is now.")


# Inside these two classes a field called `date` hides the type.
_Date = date


@strawberry.type(description="A page of the ledger, and the moment it speaks of.")
class LedgerConnection(Connection[LedgerEntry]):
    date: _Date = column("{date}", description="The business date of the figures.")
    position: Position = column("{position}", description="The position of the log up to which they go.")


@strawberry.input(
    description="A moment to look back to: a date (its end), or a position of the log. One of both."
)
class AsOfInput:
    date: _Date | None = strawberry.field(
        default=None, description="The end of this date, in the plan's time zone."
    )
    position: Position | None = strawberry.field(default=None, description="Right after this event.")


_ORDERS = {
    TaskOrderField.CODE: Order((("{t}.code_key", "text"),)),
    TaskOrderField.DEADLINE: Order((("{t}.deadline", "date"),)),
    TaskOrderField.COMPLETION: Order((("coalesce({t}.completion, -1)", "numeric"),)),
    # A deviation lies between -1 and 1; the unknown come last.
    TaskOrderField.DEVIATION: Order(((f"coalesce({sql.DEVIATION}, 2)", "numeric"),)),
    TaskOrderField.CHANGED: Order((("{t}.position", "bigint"),)),
}
lists(Listing("tasks", _ORDERS, TaskOrderField.CODE))
lists(Listing("ledger", _ORDERS, TaskOrderField.CODE, default_first=500, max_first=500))
