"""Progress reports and their history."""

from datetime import datetime
from decimal import Decimal
from enum import Enum

import strawberry

from domain.progress_report import ReportStatus
from service.api.campaigns import SupervisionGroup
from service.api.enums import described
from service.api.plan.convert import campaign_key, task_key, unit_key, value_of
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
    to_one,
)
from service.api.relay import Direction, Node
from service.api.scalars import Position
from service.api.units import TaskLink, Unit

described(
    ReportStatus,
    "Where a report stands. 报告状态",
    {
        ReportStatus.SUBMITTED: "Submitted or corrected; it counts. 已报送",
        ReportStatus.VERIFIED: "Verified by a supervision group. 已核实",
        ReportStatus.DISPUTED: "Disputed: it does not count until corrected or verified. 有异议",
        ReportStatus.WITHDRAWN: "Withdrawn by a unit; it never counts. 已撤回",
    },
)


@strawberry.enum(description="A step in the life of a report.")
class ReportStepKind(Enum):
    REPORTED = strawberry.enum_value("reported", description="Submitted by a unit. 报送")
    CORRECTED = strawberry.enum_value("corrected", description="Corrected by a unit. 更正")
    WITHDRAWN = strawberry.enum_value("withdrawn", description="Withdrawn by a unit. 撤回")
    VERIFIED = strawberry.enum_value("verified", description="Verified by a supervision group. 核实")
    DISPUTED = strawberry.enum_value("disputed", description="Disputed by a supervision group. 异议")
    PUBLISHED = strawberry.enum_value("published", description="Made public. 公布")


@strawberry.enum(description="What reports are sorted by.")
class ReportOrderField(Enum):
    PERIOD = strawberry.enum_value("period", description="The period reported on.")
    REPORTED_AT = strawberry.enum_value("reported_at", description="When it was first submitted.")


@strawberry.input(description="How reports are sorted; by default the newest period comes first.")
class ReportOrder:
    field: ReportOrderField = strawberry.field(description="By what.")
    direction: Direction = strawberry.field(default=Direction.DESC, description="Which way.")


@strawberry.input(description="Which reports; all conditions hold together.")
class ReportFilter:
    task: strawberry.ID | None = matches("{t}.task_id = {v}", "uuid", task_key, description="Of this task.")
    campaign: strawberry.ID | None = matches(
        "{t}.task_id in (select k.id from read.task k where k.campaign_id = {v})",
        "uuid",
        campaign_key,
        description="Of this campaign's tasks.",
    )
    unit: strawberry.ID | None = matches(
        "{t}.unit_id = {v}", "uuid", unit_key, description="Submitted by this unit."
    )
    period: str | None = matches("{t}.period = {v}", description="On this month, such as `2020-05`.")
    status: list[ReportStatus] | None = matches(
        "{t}.status = any({v})", "text[]", value_of, description="In one of these states."
    )


@strawberry.type(description="A value reported for an indicator. Public with its report.")
class ReportedValue:
    indicator: str = column(description="The indicator's code.")
    value: Decimal = column(description="Cumulative, in the indicator's own unit of measure.")


@strawberry.type(description="Evidence kept elsewhere (佐证材料). Not public.")
class Evidence:
    url: str = column(description="Where it is.")
    sha256: str = column(description="SHA-256 of its bytes, in hexadecimal.")
    title: str = column(description="What it is.")


@reads("read.report_step")
@strawberry.type(description="One step in the life of a report, and the event that recorded it. Not public.")
class ReportStep:
    position: Position = column(description="The event's place in the log.")
    kind: ReportStepKind = column(description="What happened.")
    at: datetime = column(description="When.")
    text: str | None = column(description="The reason, remark, narrative or outlet that came with it.")
    values: list[ReportedValue] = embedded(
        "coalesce({t}.values, '[]')", description="The values given at this step; empty if none were."
    )
    unit: Unit | None = to_one("{c}.id = {t}.unit_id", description="The unit that did it, if one did.")
    group: SupervisionGroup | None = to_one(
        "{c}.id = {t}.group_id", description="The supervision group that did it, if one did."
    )
    actor: str = column(description="Who gave the command. For OFFICE and INSPECTOR.")


@reads("read.report", prefix="report", visible={"published": "{t}.published"})
@strawberry.type(description="A progress report (进度报告): one per task and period. Public once published.")
class Report(Node):
    id: strawberry.ID = identity("report")
    period: str = column(description="The month reported on, such as `2020-05`. 报告期")
    status: ReportStatus = column(description="Where it stands. 状态")
    values: list[ReportedValue] = embedded("{t}.values", description="A value for each indicator.")
    completion: Decimal | None = column(description="The task's completion right after this report, 0 to 1.")
    narrative: str = column(description="What was done. Not public. 进展情况")
    evidence: list[Evidence] = embedded("{t}.evidence", description="What shows it. Not public. 佐证材料")
    reported_at: datetime = column(description="When it was first submitted.")
    revision: int = column(description="How often it was corrected.")
    published: bool = column(description="Whether the public may read it.")
    remark: str | None = column(description="What the supervision group said last. Not public.")
    task: TaskLink | None = to_one("{c}.id = {t}.task_id", description="The task reported on.")
    unit: Unit | None = to_one("{c}.id = {t}.unit_id", description="The unit that reported. 报送单位")
    group: SupervisionGroup | None = to_one(
        "{c}.id = {t}.group_id", description="The group that verified or disputed it last. Not public."
    )
    steps: list[ReportStep] = rows(
        "{c}.report_id = {t}.id",
        "{c}.position",
        description="Its history, oldest first. Not public. 报告沿革",
    )


lists(
    Listing(
        "reports",
        orders={
            ReportOrderField.PERIOD: Order((("{t}.month", "int"),)),
            ReportOrderField.REPORTED_AT: Order((("{t}.reported_at", "timestamptz"),)),
        },
        default=ReportOrderField.PERIOD,
        descending=True,
        default_first=20,
    )
)
