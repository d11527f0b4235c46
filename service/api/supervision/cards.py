"""Cards (亮牌), the scheme they follow, urges (催办), and the daily sweeps."""

from datetime import date, datetime
from decimal import Decimal
from enum import Enum

import strawberry

from domain.supervision.cards import Cause
from domain.supervision.urge import Occasion
from service.api.campaigns import Campaign, SupervisionGroup
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
    Cause,
    "What brought a card. 亮牌原因",
    {
        Cause.FIGURES: "The figures of the day met a threshold. 指标触发",
        Cause.REPETITION: "A lower level was shown once too often. 累计升级",
        Cause.HAND: "A supervision group showed it. 人工亮牌",
    },
)
described(
    Occasion,
    "On what occasion a unit is urged. 催办事由",
    {
        Occasion.DEADLINE: "A deadline is near. 临近时限",
        Occasion.REPORT_MISSING: "A month's report is missing. 欠报",
        Occasion.HAND: "The office or a group urges. 人工催办",
    },
    name="UrgeOccasion",
)


@strawberry.enum(description="A step in the life of a task's cards.")
class CardStepKind(Enum):
    RAISED = strawberry.enum_value("raised", description="Shown on a task that was in order. 亮牌")
    ESCALATED = strawberry.enum_value("escalated", description="Become one of a higher level. 升级")
    REPEATED = strawberry.enum_value("repeated", description="Still standing, and shown again. 再次亮牌")
    LIFTED = strawberry.enum_value("lifted", description="In order again. 摘牌")
    INTERVIEW_ORDERED = strawberry.enum_value(
        "interview_ordered", description="Shown once too often: an interview is due. 应约谈"
    )
    INTERVIEW_CONDUCTED = strawberry.enum_value("interview_conducted", description="The interview. 约谈")
    WRITTEN_REPORT_SUBMITTED = strawberry.enum_value(
        "written_report_submitted", description="The written report. 书面说明"
    )


@strawberry.enum(description="What cards are sorted by.")
class CardOrderField(Enum):
    SHOWN = strawberry.enum_value("shown", description="The day of the last showing.")
    RAISED = strawberry.enum_value("raised", description="The day of the first showing.")


@strawberry.input(description="How cards are sorted; by default the latest comes first.")
class CardOrder:
    field: CardOrderField = strawberry.field(description="By what.")
    direction: Direction = strawberry.field(default=Direction.DESC, description="Which way.")


@strawberry.input(description="Which cards; all conditions hold together.")
class CardFilter:
    task: strawberry.ID | None = matches("{t}.task_id = {v}", "uuid", task_key, description="Of this task.")
    campaign: strawberry.ID | None = matches(
        "{t}.campaign_id = {v}", "uuid", campaign_key, description="Of this campaign's tasks."
    )
    unit: strawberry.ID | None = matches(
        "{t}.unit_id = {v}", "uuid", unit_key, description="Shown to this unit."
    )
    level: str | None = matches("{t}.level = {v}", description="Of this level, such as `red`.")
    open: bool | None = matches("{t}.is_open", "boolean", description="Standing, or lifted.")
    cause: list[Cause] | None = matches(
        "{t}.cause = any({v})", "text[]", value_of, description="Brought by one of these."
    )
    shown_from: date | None = matches("{t}.shown_on >= {v}", "date", description="Shown last on or after.")
    shown_to: date | None = matches("{t}.shown_on <= {v}", "date", description="Shown last on or before.")


@strawberry.type(description="A level of the ladder of cards (牌级). Public.")
class CardLevel:
    code: str = column(description="Code, such as `yellow`.")
    name: str = column(description="Name. 牌级名称")
    points: Decimal = column(description="Its effect on the score. 计分")
    behind: Decimal | None = column(description="Shown when completion is so far behind expectation.")
    overdue_days: int | None = column(description="Shown when so many days overdue.")
    missing_reports: int | None = column(description="Shown when so many reports are missing.")


@strawberry.type(description="What it brings when a level is shown too often (累计规则). Public.")
class CardRepetition:
    level: str = column(description="The level.")
    times: int = column(description="How often it is shown.")
    escalates_to: str | None = column(description="The level that it becomes. 升级为")
    interview: bool = column(description="An interview. 约谈")
    written_report: bool = column(description="And a written report. 书面说明")


@reads("read.card_scheme", prefix="card-scheme")
@strawberry.type(description="An edition of the scheme of cards (亮牌办法). Public.")
class CardScheme(Node):
    id: strawberry.ID = identity("card-scheme")
    edition: int = column(description="Number of the edition; the last is in force. 版次")
    adopted_on: date = column(description="Adopted on.")
    document_number: str = column(description="Number of the document. 文号")
    document_title: str = column(description="Its title.")
    levels: list[CardLevel] = embedded("{t}.levels", description="The ladder, from green up.")
    repetitions: list[CardRepetition] = embedded("{t}.repetitions", description="What repetition brings.")
    repeat_days: int = column(description="A card that stands is shown again after so many days.")
    key_task_steps: int = column(description="A key task enters so many steps higher.")
    urge_days_before: list[int] = column(description="Units are urged so many days before a deadline.")
    report_grace_days: int = column(description="A report is urged so many days after its month.")
    points_end_with_card: bool = column(description="A card's points count no more once it is lifted.")


@reads("read.card_step")
@strawberry.type(description="An event in the life of a task's cards, with its figures. Not public.")
class CardStep:
    position: Position = column(description="The event's place in the log.")
    kind: CardStepKind = column(description="What happened.")
    on: date = column("{t}.happened_on", description="The day it is about.")
    at: datetime = column(description="When it was decided.")
    level: str | None = column(description="The level.")
    points: Decimal | None = column(description="What it costs.")
    cause: Cause | None = column(description="What brought it.")
    times: int | None = column(description="How often the level has been shown with it.")
    edition: int | None = column(description="The edition of the scheme that it follows.")
    completion: Decimal | None = column(description="Completion at the end of the day.")
    expected: Decimal | None = column(description="Expected completion.")
    deviation: Decimal | None = column(description="Completion less expected.")
    days_overdue: int | None = column(description="Days past the deadline.")
    reports_missing: int | None = column(description="Reports missing.")
    text: str = column(description="The reason by hand, or the record.")
    group: SupervisionGroup | None = to_one(
        "{c}.id = {t}.group_id", description="The supervision group that did it, if one did."
    )


@reads("read.card", prefix="card")
@strawberry.type(description="A card (亮牌): from the day it is shown to the day it is lifted. Not public.")
class Card(Node):
    id: strawberry.ID = identity("card")
    level: str = column(description="The level, the highest it has had. 牌级")
    level_name: str | None = column(
        "(select l.name from read.card_scheme s, jsonb_to_recordset(s.levels) as l(code text, name text)"
        " where s.edition = {t}.edition and l.code = {t}.level)",
        description="Its name in the scheme's edition. 牌级名称",
    )
    open: bool = column("{t}.is_open", description="Whether it stands.")
    cause: Cause = column(description="What brought it.")
    times: int = column(description="How often the level has been shown on the task with it. 累计次数")
    raised_on: date = column(description="Shown first on. 亮牌日期")
    shown_on: date = column(description="Shown last on: repeated or escalated.")
    lifted_on: date | None = column(description="Lifted on. 摘牌日期")
    points: Decimal = column(
        description="What all its showings cost, over all months and before the caps of the assessment"
        " scheme; 0 once that is taken back. 计分"
    )
    edition: int = column(description="The edition of the scheme that it follows.")
    completion: Decimal | None = column(description="Completion when it was shown last. 完成率")
    expected: Decimal = column(description="Expected completion then. 应完成率")
    deviation: Decimal | None = column(description="Completion less expected, then. 进度偏差")
    days_overdue: int = column(description="Days past the deadline then. 逾期天数")
    reports_missing: int = column(description="Reports missing after their grace, then. 欠报期数")
    reason: str = column(description="The reason, if a group showed it; else empty.")
    lift_reason: str | None = column(description="The reason, if a group lifted it.")
    task: TaskLink | None = to_one("{c}.id = {t}.task_id", description="The task.")
    campaign: Campaign | None = to_one("{c}.id = {t}.campaign_id", description="Its campaign.")
    unit: Unit | None = to_one("{c}.id = {t}.unit_id", description="The unit that led the task then.")
    group: SupervisionGroup | None = to_one(
        "{c}.id = {t}.group_id", description="The supervision group that showed it, if one did."
    )
    steps: list[CardStep] = rows(
        "{c}.card_id = {t}.id", "{c}.position", description="Its history, oldest first."
    )


@strawberry.enum(description="What urges are sorted by.")
class UrgeOrderField(Enum):
    ISSUED = strawberry.enum_value("issued", description="The day of the urge.")


@strawberry.input(description="How urges are sorted; by default the latest comes first.")
class UrgeOrder:
    field: UrgeOrderField = strawberry.field(description="By what.")
    direction: Direction = strawberry.field(default=Direction.DESC, description="Which way.")


@strawberry.input(description="Which urges; all conditions hold together.")
class UrgeFilter:
    task: strawberry.ID | None = matches("{t}.task_id = {v}", "uuid", task_key, description="Of this task.")
    campaign: strawberry.ID | None = matches(
        "{t}.campaign_id = {v}", "uuid", campaign_key, description="Of this campaign's tasks."
    )
    unit: strawberry.ID | None = matches("{t}.unit_id = {v}", "uuid", unit_key, description="To this unit.")
    occasion: list[Occasion] | None = matches(
        "{t}.occasion = any({v})", "text[]", value_of, description="On one of these occasions."
    )
    acknowledged: bool | None = matches(
        "({t}.acknowledged_at is not null)", "boolean", description="Acknowledged, or not yet."
    )


@reads("read.urge", prefix="urge")
@strawberry.type(description="An urge (催办): a unit was told that something is due or missing. Not public.")
class Urge(Node):
    id: strawberry.ID = identity("urge")
    occasion: Occasion = column(description="On what occasion. 催办事由")
    issued_on: date = column(description="The day. 催办日期")
    due: date = column(description="The deadline, or the day from which the report was missing.")
    text: str = column(description="What is to be done. 催办内容")
    edition: int | None = column(description="The edition of the scheme that brought it; null by hand.")
    acknowledged_at: datetime | None = column(description="Acknowledged by the unit at. 签收时间")
    remark: str | None = column(description="The unit's remark.")
    task: TaskLink | None = to_one("{c}.id = {t}.task_id", description="The task.")
    unit: Unit | None = to_one("{c}.id = {t}.unit_id", description="The unit that was urged.")
    group: SupervisionGroup | None = to_one(
        "{c}.id = {t}.group_id", description="The supervision group that urged, if one did."
    )


@strawberry.enum(description="What sweeps are sorted by.")
class SweepOrderField(Enum):
    DAY = strawberry.enum_value("day", description="The day that was swept.")


@strawberry.input(description="How sweeps are sorted; by default the latest comes first.")
class SweepOrder:
    field: SweepOrderField = strawberry.field(description="By what.")
    direction: Direction = strawberry.field(default=Direction.DESC, description="Which way.")


@reads("read.sweep", prefix="sweep")
@strawberry.type(description="A daily sweep (每日调度) and what it brought. Not public.")
class Sweep(Node):
    id: strawberry.ID = identity("sweep")
    on: date = column("{t}.swept_on", description="The day that was swept.")
    read_position: Position = column(description="How far the ledger was read.")
    edition: int = column(description="The edition of the scheme that was in force.")
    task_count: int = column("{t}.tasks", description="How many tasks it looked at.")
    raised: int = column(description="Cards shown.")
    escalated: int = column(description="Cards escalated.")
    repeated: int = column(description="Cards shown again.")
    lifted: int = column(description="Cards lifted.")
    interviews: int = column(description="Interviews ordered.")
    urged: int = column(description="Units urged.")


lists(
    Listing(
        "cards",
        orders={
            CardOrderField.SHOWN: Order((("{t}.shown_on", "date"),)),
            CardOrderField.RAISED: Order((("{t}.raised_on", "date"),)),
        },
        default=CardOrderField.SHOWN,
        descending=True,
    )
)
lists(
    Listing(
        "urges",
        orders={UrgeOrderField.ISSUED: Order((("{t}.issued_on", "date"),))},
        default=UrgeOrderField.ISSUED,
        descending=True,
    )
)
lists(
    Listing(
        "sweeps",
        orders={SweepOrderField.DAY: Order((("{t}.swept_on", "date"),))},
        default=SweepOrderField.DAY,
        descending=True,
    )
)
lists(
    Listing(
        "cardSchemes",
        orders={SweepOrderField.DAY: Order((("{t}.edition", "int"),))},
        default=SweepOrderField.DAY,
        descending=True,
    )
)
