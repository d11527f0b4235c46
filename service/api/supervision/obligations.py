"""Obligations (履职任务): what recurs, when it is due, and whether it was done."""

from datetime import date
from enum import Enum

import strawberry

from domain.supervision.obligations import Duty
from projections.supervision import obligations as sql
from service.api.campaigns import SupervisionGroup
from service.api.enums import described
from service.api.plan.convert import value_of
from service.api.plan.declare import PLAN, Filter, Listing, Order, column, lists, matches, reads, to_one
from service.api.relay import Direction
from service.api.scalars import Position

described(
    Duty,
    "A duty that recurs. 履职事项",
    {
        Duty.PROBLEM_LIST: "The monthly problem list, on the 20th. 问题清单",
        Duty.JOINT_CONFERENCE: "The monthly joint conference, before the 30th. 联席会议",
        Duty.REVIEW_MEETING: "The monthly review meeting: two counties, one zone, two or three departments. "
        "一月一点评",
        Duty.GROUP_REPORT: "A supervision group's report on a month. 督导月报",
        Duty.QUESTION_TIME: "The weekly question time. 电视问政、网络问政",
        Duty.INQUIRY: "The inquiry every two months, of at least two departments. 工作问询",
        Duty.PROGRESS_PUBLISHED: "Tasks or progress published in the month. 进展公开",
    },
)


@strawberry.enum(description="How an obligation stands on the day of asking. 履职状态")
class ObligationStatus(Enum):
    UPCOMING = strawberry.enum_value("upcoming", description="Its time has not come. 未到期")
    DUE = strawberry.enum_value("due", description="It may be met now, and is not. 待履行")
    MET = strawberry.enum_value("met", description="Met in time. 按期履行")
    MET_LATE = strawberry.enum_value("met_late", description="Met after its due date. 逾期履行")
    MISSED = strawberry.enum_value("missed", description="Past its due date, and not met. 逾期未履行")


@strawberry.enum(description="What obligations are sorted by.")
class ObligationOrderField(Enum):
    DUE = strawberry.enum_value("due", description="The due date.")


@strawberry.input(description="How obligations are sorted.")
class ObligationOrder:
    field: ObligationOrderField = strawberry.field(description="By what.")
    direction: Direction = strawberry.field(default=Direction.ASC, description="Which way.")


@strawberry.input(description="Which obligations; all conditions hold together.")
class ObligationFilter:
    from_: date | None = strawberry.field(
        name="from",
        default=None,
        metadata={PLAN: Filter("{t}.due_on >= {v}", "date")},
        description="Due on this day or later.",
    )
    to: date | None = matches("{t}.due_on <= {v}", "date", description="Due on this day or earlier.")
    status: list[ObligationStatus] | None = matches(
        f"{sql.STATUS} = any({{v}})", "text[]", value_of, description="Standing so today."
    )
    duty: list[Duty] | None = matches(
        "{t}.duty = any({v})", "text[]", value_of, description="Of these duties."
    )


@reads(sql.OBLIGATIONS)
@strawberry.type(description="A turn of a recurring duty (articles 25, 48-50), as of today. Not public.")
class Obligation:
    id: strawberry.ID = column("{t}.id", description="Duty, turn and, for a group's, the group.")
    duty: Duty = column(description="The duty. 履职事项")
    article: int = column(description="The plan's article.")
    turn: str = column(description="The month, the first of two months, or the Monday of the week. 期次")
    opens: date = column("{t}.opens_on", description="From when it may be met.")
    due: date = column("{t}.due_on", description="By when it is to be met. 时限")
    due_assumed: bool = column(
        "{t}.assumed", description="The plan gives no day; this one is the service's assumption."
    )
    status: ObligationStatus = column(sql.STATUS, description="How it stands today. 状态")
    met_on: date | None = column(sql.MET_ON, description="When it was met, if it was. 履行日期")
    missed_since: date | None = column(
        sql.MISSED_SINCE, description="The first day on which it was late, while it is not met. 逾期起始日"
    )
    satisfied_by: Position | None = column(
        f"(case when {sql.MET_ON} is not null then {{t}}.position end)",
        description="The event that satisfied it, by its position in the log.",
    )
    topic: str | None = column(
        f"(case when {sql.MET_ON} is not null then {{t}}.topic end)", description="The topic of that event."
    )
    group: SupervisionGroup | None = to_one(
        "{c}.id = {t}.group_id", description="The group whose duty it is, if it is one's."
    )


lists(
    Listing(
        "obligations",
        orders={ObligationOrderField.DUE: Order((("{t}.due_on", "date"), ("{t}.id", "text")))},
        default=ObligationOrderField.DUE,
        default_first=100,
        max_first=500,
    )
)
