"""Monthly reports of the supervision groups, as they stand; their files are downloaded (service/web)."""

from datetime import date
from enum import Enum

import strawberry

from service.api.campaigns import SupervisionGroup
from service.api.plan.convert import value_of
from service.api.plan.declare import Listing, Order, column, identity, lists, matches, reads, to_one
from service.api.plan.ids import key_in
from service.api.relay import Node
from service.api.scalars import Position
from service.api.supervision.problems import MonthOrderField
from service.api.units import Official
from service.store import as_of


@strawberry.enum(description="How far a monthly report is. 月报状态")
class MonthlyReportStatus(Enum):
    GENERATED = strawberry.enum_value("generated", description="Generated, not reviewed yet. 已生成，待审核")
    REVIEWED = strawberry.enum_value("reviewed", description="Reviewed, not submitted yet. 已审核，待报送")
    SUBMITTED = strawberry.enum_value("submitted", description="Submitted. 已报送")


def _group_key(id_: object) -> str | None:
    return key_in(id_, "group")


@strawberry.input(description="Which monthly reports; all conditions hold together.")
class MonthlyReportFilter:
    period: str | None = matches("{t}.period = {v}", description="On this month, such as `2020-05`.")
    group: strawberry.ID | None = matches(
        "{t}.group_id = {v}", "uuid", _group_key, description="Of this group."
    )
    status: list[MonthlyReportStatus] | None = matches(
        "{t}.status = any({v})", "text[]", value_of, description="In one of these states."
    )


@reads("read.monthly_report", prefix="monthly-report")
@strawberry.type(description="A supervision group's report on a month (督导月报). Not public.")
class MonthlyReport(Node):
    id: strawberry.ID = identity("monthly-report")
    period: str = column(description="The month. 报告月份")
    status: MonthlyReportStatus = column(description="How far it is. 状态")
    edition: int = column(description="The latest edition: generating it anew makes another. 版次")
    ledger_position: Position = column(
        "{t}.as_of", description="The position of the log, at the month's end, that it speaks of."
    )
    text: str = column(description="The latest edition as Markdown: the document of record. 正文")
    sha256: str = column(description="The SHA-256 of the text in UTF-8, as hexadecimal. 文件指纹")
    generated_on: date | None = column(description="When the latest edition was generated. 生成日期")
    reviewed_on: date | None = column(description="When it was reviewed, if it was. 审核日期")
    remark: str | None = column(description="What the reviewer remarked.")
    submitted_on: date | None = column(description="When it was submitted, if it was. 报送日期")
    recipient: str | None = column(description="To whom it was submitted. 报送对象")
    group: SupervisionGroup | None = to_one("{c}.id = {t}.group_id", description="Whose it is. 督导评估组")
    reviewed_by: Official | None = to_one(
        "{c}.id = {t}.reviewed_by", description="The group's leader, who reviewed it. 审核人"
    )
    version: int = column(as_of.VERSION, description="Of its stream; name it as `expectedVersion`.")


lists(
    Listing(
        "monthlyReports",
        orders={MonthOrderField.MONTH: Order((("{t}.month", "int"),))},
        default=MonthOrderField.MONTH,
        descending=True,
    )
)
