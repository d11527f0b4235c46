"""Published rankings and notices of results: what everyone may read."""

from datetime import date
from decimal import Decimal
from enum import Enum

import strawberry

from domain.assessment.span import SpanKind
from domain.directory import Category
from projections.assessment.rankings import AFFECTED
from service.api.assessment.schemes import AssessmentScheme
from service.api.enums import described
from service.api.plan.convert import value_of
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
from service.api.units import Unit

described(
    SpanKind,
    "How long the time is that is ranked. 排名周期",
    {
        SpanKind.MONTH: "A month. 月度",
        SpanKind.QUARTER: "A quarter. 季度",
        SpanKind.YEAR: "A year. 年度",
    },
    name="RankingPeriodKind",
)


@strawberry.enum(description="What published rankings are sorted by.")
class PublishedRankingOrderField(Enum):
    PERIOD = strawberry.enum_value("period", description="The last month that is ranked.")


@strawberry.input(description="How published rankings are sorted.")
class PublishedRankingOrder:
    field: PublishedRankingOrderField = strawberry.field(description="By what.")
    direction: Direction = strawberry.field(default=Direction.DESC, description="Which way.")


@strawberry.input(description="Which published rankings; all conditions hold together.")
class PublishedRankingFilter:
    period: str | None = matches(
        "{t}.span = {v}", description="Of this period: `2020-05`, `2020-Q2` or `2020`."
    )
    kind: SpanKind | None = matches("{t}.kind = {v}", convert=value_of, description="Of periods so long.")
    category: Category | None = matches(
        "{t}.category = {v}", convert=value_of, description="Of this category of units."
    )
    superseded: bool | None = matches(
        "{t}.superseded", "boolean", description="Those that a further edition has superseded, or the others."
    )


@strawberry.type(description="A component of a unit in a published ranking. Public.")
class PublishedComponent:
    code: str = column(description="The component's code.")
    weight: Decimal = column(description="Its weight in percent, as the scheme has it.")
    score: Decimal = column(description="The score, 0 to 100, rounded half even to at most four decimals.")
    points: Decimal = column(description="The points it came to.")


@strawberry.type(description="An adjustment of a unit in a published ranking. Public.")
class PublishedAdjustment:
    code: str = column(description="The adjustment's code.")
    given: Decimal = column(description="What was given in all, before the caps.")
    points: Decimal = column(description="The points it came to.")


# A row of a published ranking has the position of the event that published it.
_NAME_THEN = (
    "(select n.name from read.unit_name_version n where n.id = {t}.unit_id"
    " and n.valid_from <= {t}.position and n.valid_to > {t}.position)"
)


@reads("read.ranked_unit")
@strawberry.type(description="A unit in a published ranking. Public.")
class PublishedEntry:
    rank: int = column(description="Rank; equal ones share it, and the next is left out. 名次")
    total: Decimal = column(description="Total. 总分")
    change: int | None = column(
        description="Places gained since the period before; null if it was not ranked then. 名次变化"
    )
    components: list[PublishedComponent] = embedded("{t}.components", description="Its components.")
    adjustments: list[PublishedAdjustment] = embedded("{t}.adjustments", description="Its adjustments.")
    unit_name: str | None = column(
        _NAME_THEN, description="What the unit was called when the ranking was published. 公布时名称"
    )
    unit: Unit | None = to_one("{c}.id = {t}.unit_id", description="The unit, as it is called now.")


@reads("read.published_ranking", prefix="ranking")
@strawberry.type(
    description="A ranking as it was published (排名), in one edition; it never changes. Public."
)
class PublishedRanking(Node):
    id: strawberry.ID = identity("ranking")
    period: str = column("{t}.span", description="The period: `2020-05`, `2020-Q2` or `2020`.")
    kind: SpanKind = column(description="How long the period is.")
    category: Category = column(description="The category of units.")
    edition: int = column(description="Its edition, from 1.")
    published_on: date = column(description="The day it was published. 公布日期")
    reason: str = column(description="Why it was published anew; empty for the first edition.")
    superseded: bool = column(description="A further edition has been published.")
    affected: bool = column(
        AFFECTED, description="What it was computed from has been corrected or added to since. 受后续更正影响"
    )
    position: Position = column(description="The last event that changed this row.")
    inputs_position: Position = column(description="The position of the log that it was computed at.")
    inputs_count: int = column(description="How many contributions it was computed from.")
    inputs_digest: str = column(description="The SHA-256 of these; docs/assessment.md says of what bytes.")
    total_count: int = column("{t}.units", description="How many units are ranked.")
    entries: list[PublishedEntry] = rows(
        "{c}.publication_id = {t}.id", "{c}.place", description="The units, the first first."
    )
    scheme: AssessmentScheme | None = to_one(
        "{c}.edition = {t}.scheme_edition", description="The edition of the scheme it follows."
    )


lists(
    Listing(
        "published_rankings",
        orders={
            PublishedRankingOrderField.PERIOD: Order(
                (
                    ("{t}.last_month", "int"),
                    ("{t}.kind", "text"),
                    ("{t}.category", "text"),
                    ("{t}.edition", "int"),
                )
            )
        },
        default=PublishedRankingOrderField.PERIOD,
        descending=True,
        default_first=20,
    )
)


@strawberry.enum(description="What notices are sorted by.")
class NoticeOrderField(Enum):
    PERIOD = strawberry.enum_value("period", description="The last month they speak of.")


@strawberry.input(description="How notices are sorted.")
class NoticeOrder:
    field: NoticeOrderField = strawberry.field(description="By what.")
    direction: Direction = strawberry.field(default=Direction.DESC, description="Which way.")


@strawberry.input(description="Which notices; all conditions hold together.")
class NoticeFilter:
    period: str | None = matches(
        "{t}.span = {v}", description="Of this period: `2020-05`, `2020-Q2` or `2020`."
    )


@reads("read.notice", prefix="notice")
@strawberry.type(description="A notice of results (通报), in one edition. Public.")
class Notice(Node):
    id: strawberry.ID = identity("notice")
    period: str = column("{t}.span", description="The period it speaks of.")
    kind: SpanKind = column(description="How long the period is.")
    edition: int = column(description="Its edition, from 1.")
    number: str = column(description="Its number. 文号")
    title: str = column(description="Title.")
    text: str = column(description="What is said before the rankings.")
    issued_on: date = column(description="The day it was issued. 印发日期")
    superseded: bool = column(description="It was issued anew.")
    position: Position = column(description="The last event that changed this row.")
    html_path: str = column(
        "'/notices/' || {t}.span || '/' || {t}.edition || '.html'",
        description="Where this service shows it as a page.",
    )
    xlsx_path: str = column(
        "'/notices/' || {t}.span || '/' || {t}.edition || '.xlsx'",
        description="Where this service gives it as a workbook.",
    )
    rankings: list[PublishedRanking] = rows(
        "{c}.id = any({t}.publication_ids)", "{c}.category", description="The rankings it makes known."
    )


lists(
    Listing(
        "notices",
        orders={NoticeOrderField.PERIOD: Order((("{t}.last_month", "int"), ("{t}.edition", "int")))},
        default=NoticeOrderField.PERIOD,
        descending=True,
        default_first=20,
    )
)
