"""The accountability record of units and officials: every entry with its event, and what it comes to."""

from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any

import strawberry

from domain.directory import Category
from projections.assessment import accountability as sql
from service.api.plan.convert import unit_key, value_of
from service.api.plan.declare import (
    Listing,
    Order,
    column,
    embedded,
    identity,
    lists,
    matches,
    reads,
    to_one,
)
from service.api.plan.ids import key_in
from service.api.relay import Connection, Direction, Node
from service.api.reports import Evidence
from service.api.scalars import Position
from service.api.units import Official, Unit

_MATTERS = "service.api.accountability.matters"
CommendationLink = Annotated["Commendation", strawberry.lazy(_MATTERS)]  # type: ignore[name-defined] # noqa: F821
CaseLink = Annotated["AccountabilityCase", strawberry.lazy(_MATTERS)]  # type: ignore[name-defined] # noqa: F821


@strawberry.enum(description="What an entry in an accountability record tells of.")
class EntryKind(Enum):
    NOMINATED = strawberry.enum_value("nominated", description="Nominated for a commendation. 申报")
    CONFIRMED = strawberry.enum_value("confirmed", description="The nomination was confirmed. 认定")
    REFUSED = strawberry.enum_value("refused", description="The nomination was refused. 不予认定")
    AWARDED = strawberry.enum_value("awarded", description="Commended. 表扬奖励")
    REVOKED = strawberry.enum_value("revoked", description="The commendation was revoked. 撤销表扬奖励")
    OPENED = strawberry.enum_value("opened", description="A case was opened. 立案")
    FACT_ESTABLISHED = strawberry.enum_value("fact_established", description="A fact, established. 查明事实")
    HEARD = strawberry.enum_value("heard", description="They were heard. 听取陈述申辩")
    HEARING_WAIVED = strawberry.enum_value("hearing_waived", description="They let it pass. 放弃陈述申辩")
    DROPPED = strawberry.enum_value("dropped", description="The case came to nothing. 不予问责")
    PENALIZED = strawberry.enum_value("penalized", description="A penalty was imposed. 处理决定")
    APPEALED = strawberry.enum_value("appealed", description="They appealed. 申诉")
    UPHELD = strawberry.enum_value("upheld", description="On appeal, the penalty was upheld. 维持")
    CHANGED = strawberry.enum_value("changed", description="On appeal, a milder penalty took its place. 变更")
    OVERTURNED = strawberry.enum_value("overturned", description="On appeal, it was overturned. 撤销处理决定")
    EXECUTED = strawberry.enum_value("executed", description="The penalty was executed. 执行")
    LIFTED = strawberry.enum_value("lifted", description="The penalty was lifted before its time. 提前解除")
    CLOSED = strawberry.enum_value("closed", description="The case was closed. 结案")


@strawberry.enum(description="What took back a commendation or a penalty.")
class EndedBy(Enum):
    REVOKED = strawberry.enum_value("revoked", description="The commendation was revoked. 撤销表扬奖励")
    CHANGED = strawberry.enum_value("changed", description="A milder penalty took its place. 变更")
    OVERTURNED = strawberry.enum_value("overturned", description="The penalty was overturned. 撤销处理决定")
    LIFTED = strawberry.enum_value("lifted", description="The penalty was lifted before its time. 提前解除")


@strawberry.enum(description="What entries are sorted by.")
class EntryOrderField(Enum):
    POSITION = strawberry.enum_value("position", description="The place of their events in the log.")


@strawberry.input(description="How entries are sorted; by default the oldest comes first.")
class EntryOrder:
    field: EntryOrderField = strawberry.field(description="By what.")
    direction: Direction = strawberry.field(default=Direction.ASC, description="Which way.")


def official_key(id_: Any) -> str | None:
    return key_in(id_, "official")


OF_CATEGORY = "{t}.unit_id in (select u.id from read.unit u where u.category = {v})"


@strawberry.input(description="Which entries; all conditions hold together.")
class EntryFilter:
    unit: strawberry.ID | None = matches(
        "{t}.unit_id = {v}", "uuid", unit_key, description="In this unit's record."
    )
    official: strawberry.ID | None = matches(
        "{t}.official_id = {v}", "uuid", official_key, description="In this official's record."
    )
    category: Category | None = matches(
        OF_CATEGORY, convert=value_of, description="In the record of a unit of this category."
    )
    kind: list[EntryKind] | None = matches(
        "{t}.kind = any({v})", "text[]", value_of, description="Of one of these kinds."
    )
    in_force: bool | None = matches(
        sql.IN_FORCE, "boolean", description="Commendations and penalties in force, or all the rest."
    )


@reads(
    "read.accountability_entry",
    prefix="accountability_entry",
    versions="read.accountability_entry_version",
    visible={
        "published": "{t}.published",
        "own_unit": "({t}.published or {t}.unit_id = {unit})",
        "own_record": "({t}.published or {t}.official_id = {official})",
        "units": "({t}.published or {t}.unit_id is not null)",
    },
)
@strawberry.type(
    description="An entry in the accountability record of a unit or an official (奖惩档案). Public once"
    " published; a REPORTER sees their unit's own in full, an OFFICIAL their own."
)
class AccountabilityEntry(Node):
    id: strawberry.ID = identity("accountability_entry")
    position: Position = column("{t}.event_position", description="The event that brought it.")
    kind: EntryKind = column(description="What it tells of.")
    at: datetime = column(description="When.")
    text: str = column(description="The grounds, the fact, the statement, the reason or the title. 内容")
    document_number: str | None = column(description="The number of the document or source. 文号")
    decided_by: str | None = column(description="The body that decided. 决定机关")
    legal_basis: str | None = column(description="The rule it was decided under. 处理依据")
    evidence: list[Evidence] = embedded("{t}.evidence", description="What shows it. Not public. 佐证材料")
    actor: str = column(description="Who gave the command. For OFFICE and INSPECTOR.")
    measure: str | None = column(description="The code of the form of commendation or the penalty's step.")
    measure_name: str | None = column(description="Its name. 奖惩方式")
    measure_name_en: str | None = column(description="Its name in English.")
    level: int | None = column(description="How grave the penalty is, 1 the mildest; 0 for a commendation.")
    points: Decimal = column(description="What it counts while it is in force. 分值")
    edition: int | None = column(description="The edition of the scheme that it was decided under.")
    in_force_from: date | None = column(description="The first day it counts. 生效日期")
    in_force_to: date | None = column(description="The last day of its term; null: without end. 影响期截止")
    in_force: bool = column(sql.IN_FORCE, description="Whether it counts at the date of the answer.")
    ended_on: date | None = column(description="The day it was taken back; it stays in the record.")
    ended_position: Position | None = column(description="The event that took it back.")
    ended_by: EndedBy | None = column(description="What took it back.")
    published: bool = column(description="Whether the public may read it.")
    outlet: str | None = column(description="Where it was made public.")
    unit: Unit | None = to_one("{c}.id = {t}.unit_id", description="The unit whose record it is in.")
    official: Official | None = to_one(
        "{c}.id = {t}.official_id", description="The official whose record it is in. Not public."
    )
    office_post: str | None = column(description="The post the official held then. Not public. 时任职务")
    office_unit: Unit | None = to_one(
        "{c}.id = {t}.office_unit_id", description="The unit the official led then. Not public."
    )
    commendation: CommendationLink | None = to_one(
        "{c}.id = {t}.commendation_id", description="The commendation it belongs to."
    )
    accountability_case: CaseLink | None = to_one(
        "{c}.id = {t}.case_id", description="The accountability case it belongs to."
    )


# Inside this class a field called `date` hides the type.
_Date = date


@strawberry.type(
    description="Entries of accountability records in order, the moment they speak of, and what those you may"
    " see come to."
)
class AccountabilityConnection(Connection[AccountabilityEntry]):
    date: _Date = column("{date}", description="The business date of the figures.")
    position: Position = column("{position}", description="The position of the log up to which they go.")
    standing: Decimal = column(sql.STANDING, description="Merits and faults in force, summed. 净分")
    merits: Decimal = column(sql.MERITS, description="Points of the commendations in force.")
    demerits: Decimal = column(sql.DEMERITS, description="Points of the penalties in force, below zero.")


lists(
    Listing(
        "accountability_entries",
        orders={EntryOrderField.POSITION: Order((("{t}.event_position", "bigint"),))},
        default=EntryOrderField.POSITION,
        default_first=100,
        max_first=500,
    )
)
