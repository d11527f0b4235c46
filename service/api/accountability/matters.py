"""Commendations and accountability cases, each as it stands, with its entries."""

from datetime import date, datetime
from enum import Enum

import strawberry

from domain.assessment.accountability_case import CaseStatus
from domain.assessment.commendation import CommendationStatus
from domain.directory import Category
from service.api.accountability.record import OF_CATEGORY, AccountabilityEntry, official_key
from service.api.campaigns import SupervisionGroup
from service.api.enums import described
from service.api.plan.convert import unit_key, value_of
from service.api.plan.declare import (
    Listing,
    Order,
    column,
    identity,
    lists,
    matches,
    reads,
    rows,
    to_one,
)
from service.api.relay import Direction, Node
from service.api.scalars import Position
from service.api.units import Official, Unit
from service.store import as_of

described(
    CommendationStatus,
    "Where a commendation stands. 表扬奖励状态",
    {
        CommendationStatus.NOMINATED: "Nominated. 已申报",
        CommendationStatus.CONFIRMED: "Confirmed by the office, not awarded yet. 已认定",
        CommendationStatus.REFUSED: "Refused by the office. 不予认定",
        CommendationStatus.AWARDED: "Awarded. 已表扬奖励",
        CommendationStatus.REVOKED: "Awarded, and revoked since. 已撤销",
    },
)
described(
    CaseStatus,
    "Where an accountability case stands. 问责案件状态",
    {
        CaseStatus.OPENED: "Opened. 已立案",
        CaseStatus.ESTABLISHED: "Facts are established, the hearing is to come. 事实已查明",
        CaseStatus.HEARD: "Whoever it is about was heard. 已听取陈述申辩",
        CaseStatus.PENALIZED: "A penalty was imposed. 已作出处理决定",
        CaseStatus.EXECUTED: "The penalty was executed. 已执行",
        CaseStatus.OVERTURNED: "The penalty was overturned. 处理决定已撤销",
        CaseStatus.DROPPED: "It came to nothing. 不予问责",
        CaseStatus.CLOSED: "Closed. 已结案",
    },
)


@strawberry.enum(description="How an appeal stands. 申诉状态")
class AppealStatus(Enum):
    PENDING = strawberry.enum_value("pending", description="Lodged, not decided yet. 待处理")
    UPHELD = strawberry.enum_value("upheld", description="The penalty was upheld. 维持")
    CHANGED = strawberry.enum_value("changed", description="A milder penalty took its place. 变更")
    OVERTURNED = strawberry.enum_value("overturned", description="The penalty was overturned. 撤销")


@strawberry.enum(description="What commendations and cases are sorted by.")
class MatterOrderField(Enum):
    CHANGED = strawberry.enum_value("changed", description="The last change.")
    CODE = strawberry.enum_value("code", description="Their code.")


@strawberry.input(description="How commendations or cases are sorted.")
class MatterOrder:
    field: MatterOrderField = strawberry.field(description="By what.")
    direction: Direction = strawberry.field(default=Direction.DESC, description="Which way.")


@strawberry.input(description="Which commendations; all conditions hold together.")
class CommendationFilter:
    unit: strawberry.ID | None = matches("{t}.unit_id = {v}", "uuid", unit_key, description="Of this unit.")
    official: strawberry.ID | None = matches(
        "{t}.official_id = {v}", "uuid", official_key, description="Of this official."
    )
    category: Category | None = matches(
        OF_CATEGORY, convert=value_of, description="Of a unit of this category."
    )
    status: list[CommendationStatus] | None = matches(
        "{t}.status = any({v})", "text[]", value_of, description="In one of these states."
    )


@strawberry.input(description="Which cases; all conditions hold together.")
class CaseFilter:
    unit: strawberry.ID | None = matches(
        "{t}.unit_id = {v}", "uuid", unit_key, description="About this unit."
    )
    official: strawberry.ID | None = matches(
        "{t}.official_id = {v}", "uuid", official_key, description="About this official."
    )
    category: Category | None = matches(
        OF_CATEGORY, convert=value_of, description="About a unit of this category."
    )
    ground: str | None = matches("{t}.ground = {v}", description="On this ground.")
    status: list[CaseStatus] | None = matches(
        "{t}.status = any({v})", "text[]", value_of, description="In one of these states."
    )


@reads(
    "read.commendation",
    prefix="commendation",
    visible={
        "published": "{t}.published",
        "own_unit": "({t}.published or {t}.unit_id = {unit} or {t}.nominating_unit_id = {unit})",
        "own_record": "({t}.published or {t}.official_id = {official})",
        "units": "({t}.published or {t}.unit_id is not null or {t}.nominating_group_id = {group})",
    },
)
@strawberry.type(
    description="A commendation (表扬奖励) of a unit or an official. Public once published; a REPORTER sees"
    " what their unit nominated or was nominated for, an OFFICIAL their own."
)
class Commendation(Node):
    id: strawberry.ID = identity("commendation")
    code: str = column(description="Short code, unique.")
    title: str = column(description="What it is for. 事迹")
    status: CommendationStatus = column(description="Where it stands. 状态")
    nominated_on: date = column(description="The day it was nominated.")
    awarded_on: date | None = column(description="The day it was awarded.")
    revoked_on: date | None = column(description="The day it was revoked.")
    published: bool = column(description="Whether the public may read it.")
    changed_at: datetime = column(description="The last change that was recorded.")
    position: Position = column(description="The event of that change.")
    version: int = column(as_of.VERSION, description="The version of its stream, for `expectedVersion`.")
    unit: Unit | None = to_one("{c}.id = {t}.unit_id", description="The unit commended.")
    official: Official | None = to_one(
        "{c}.id = {t}.official_id", description="The official commended. Not public."
    )
    nominating_unit: Unit | None = to_one(
        "{c}.id = {t}.nominating_unit_id", description="The unit that nominated, if one did. Not public."
    )
    nominating_group: SupervisionGroup | None = to_one(
        "{c}.id = {t}.nominating_group_id", description="The group that nominated, if one did. Not public."
    )
    award: AccountabilityEntry | None = to_one(
        "{c}.id = {t}.award_id", description="The award: its form, its points, its days in force."
    )
    entries: list[AccountabilityEntry] = rows(
        "{c}.stream_id = {t}.id", "{c}.event_position", description="Its entries, oldest first."
    )


@reads(
    "read.accountability_case",
    prefix="accountability_case",
    visible={
        "published": "{t}.published",
        "own_unit": "({t}.published or {t}.unit_id = {unit})",
        "own_record": "({t}.published or {t}.official_id = {official})",
        "units": "({t}.published or {t}.unit_id is not null)",
    },
)
@strawberry.type(
    description="An accountability case (问责案件) about a unit or an official. Public once its penalty is"
    " published; a REPORTER sees those about their unit, an OFFICIAL those about themselves."
)
class AccountabilityCase(Node):
    id: strawberry.ID = identity("accountability_case")
    code: str = column(description="Short code, unique.")
    ground: str = column(description="The code of its ground: see `accountabilityGrounds`. 事由")
    ground_position: Position | None = column(
        description="The event that the ground rests on, if it is one of the log. Not public."
    )
    happened_on: date = column(description="The day of what it is about.")
    status: CaseStatus = column(description="Where it stands. 状态")
    opened_on: date = column(description="The day it was opened.")
    penalized_on: date | None = column(description="The day the penalty was imposed.")
    appeal_until: date | None = column(description="The last day for an appeal. 申诉截止日期")
    appealed_on: date | None = column(description="The day an appeal was lodged.")
    appeal: AppealStatus | None = column(description="How the appeal stands; null without one.")
    executed_on: date | None = column(description="The day the penalty was executed.")
    lifted_on: date | None = column(description="The day the penalty was lifted, before its time. 解除日期")
    closed_on: date | None = column(description="The day it was closed or dropped.")
    published: bool = column(description="Whether the public may read it.")
    changed_at: datetime = column(description="The last change that was recorded.")
    position: Position = column(description="The event of that change.")
    version: int = column(as_of.VERSION, description="The version of its stream, for `expectedVersion`.")
    unit: Unit | None = to_one("{c}.id = {t}.unit_id", description="The unit it is about.")
    official: Official | None = to_one(
        "{c}.id = {t}.official_id", description="The official it is about. Not public."
    )
    penalty: AccountabilityEntry | None = to_one(
        "{c}.id = {t}.penalty_id", description="The penalty that stands, or stood last."
    )
    entries: list[AccountabilityEntry] = rows(
        "{c}.stream_id = {t}.id", "{c}.event_position", description="Its entries, oldest first."
    )


_ORDERS = {
    MatterOrderField.CHANGED: Order((("{t}.position", "bigint"),)),
    MatterOrderField.CODE: Order((("{t}.code", "text"),)),
}
lists(Listing("commendations", _ORDERS, MatterOrderField.CHANGED, descending=True))
lists(Listing("accountability_cases", _ORDERS, MatterOrderField.CHANGED, descending=True))
