"""Rating boxes in the read tables: where each stands, and what came of each unit."""

from datetime import datetime
from decimal import Decimal
from enum import Enum

import strawberry

from domain.rating_box import Occasion, RatingPhase
from domain.rating_scale import Grade
from service.api.enums import described
from service.api.payloads import Link, own_stream, payload
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
    rows,
    to_many,
    to_one,
)
from service.api.relay import Connection, Direction, Node
from service.api.review_meetings import ReviewMeetingType
from service.api.units import Unit
from service.store import as_of

said = strawberry.field

described(
    Occasion,
    "What is rated on. 评估场合",
    {
        Occasion.MEETING: "By those present at a review meeting. 点评会评估",
        Occasion.APPRAISAL: "By a panel, in public appraisal. 社会评议",
    },
)
described(
    RatingPhase,
    "Where a rating box stands. 票箱状态",
    {
        RatingPhase.COLLECTING: "Raters check in and collect credentials. 签到领票",
        RatingPhase.CASTING: "Ballots are cast. 投票",
        RatingPhase.SEALED: "Sealed: the ballots are in the log. 已封箱",
        RatingPhase.CLOSED: "The issuers' keys are destroyed. 密钥已销毁",
        RatingPhase.PUBLISHED: "The results are published. 结果已公布",
    },
)


@strawberry.enum(description="Where a unit's rating stands.")
class RatedUnitState(Enum):
    OPEN = strawberry.enum_value("open", description="Not sealed yet. 未封")
    SEALED = strawberry.enum_value("sealed", description="Its ballots are in the log. 已封")
    VOIDED = strawberry.enum_value("voided", description="Too few ballots: none is in the log. 作废")


@strawberry.input(description="A grade of a scale. 评估等次")
class RatingGradeInput:
    code: str = said(description="Its code in ballots: 1 to 20 letters a-z.")
    zh: str = said(description="Its name in Chinese.")
    en: str = said(description="Its name in English.")
    points: Decimal = said(description="The points it counts for, 0 to 100.")

    def to_domain(self) -> Grade:
        return Grade(self.code, self.zh, self.en, self.points)


@strawberry.enum(description="What ratings are sorted by.")
class RatingOrderField(Enum):
    PERIOD = strawberry.enum_value("period", description="The month that is rated.")


@strawberry.input(description="How ratings are sorted; by default the newest period comes first.")
class RatingOrder:
    field: RatingOrderField = said(description="By what.")
    direction: Direction = said(default=Direction.DESC, description="Which way.")


@strawberry.input(description="Which ratings; all conditions hold together.")
class RatingFilter:
    code: str | None = matches("{t}.code = {v}", description="With exactly this code.")
    period: str | None = matches("{t}.period = {v}", description="Of this month, such as `2020-05`.")
    unit: strawberry.ID | None = matches(
        "{t}.id in (select r.box_id from read.rated_unit r where r.unit_id = {v})",
        "uuid",
        unit_key,
        description="In which this unit is rated.",
    )
    occasion: Occasion | None = matches(
        "{t}.occasion = {v}", convert=value_of, description="On this kind of occasion."
    )
    phase: list[RatingPhase] | None = matches(
        "{t}.phase = any({v})", "text[]", value_of, description="In one of these states."
    )


@strawberry.type(name="GradeCount", description="How many ballots gave a grade. Public once published.")
class GradeCountType:
    grade: str = column(description="The grade's code.")
    ballots: int = column(description="How many ballots gave it.")


@reads("read.rated_unit")
@strawberry.type(description="What came of the rating of a unit. Public once published. 评估结果")
class RatedUnit:
    state: RatedUnitState = column(description="Where its rating stands.")
    ballots: int | None = column(description="How many ballots there were; null until it is sealed.")
    turnout: int | None = column(description="How many held credentials; null until it is published.")
    histogram: list[GradeCountType] = embedded(
        "{t}.histogram", description="How many ballots gave each grade; empty until it is published."
    )
    score: Decimal | None = column(
        description="The mean of the points, 0 to 100; null until it is published. 得分"
    )
    unit: Unit | None = to_one("{c}.id = {t}.unit_id", description="The unit.")


@reads("read.rating_box", prefix="rating")
@strawberry.type(description="An anonymous rating (无记名评估) of the units of one occasion. Public.")
class Rating(Node):
    id: strawberry.ID = identity("rating")
    code: str = column(description="Short code, unique.")
    title: str = column(description="Title, as raters see it.")
    occasion: Occasion = column(description="What is rated on.")
    period: str = column(description="The month that is rated.")
    phase: RatingPhase = column(description="Where the box stands.")
    threshold: int = column(description="Fewer ballots than this, and a unit's rating is voided. 公布门槛")
    eligible: int = column(description="How many are on the roll.")
    turnout: int | None = column(description="How many held credentials; null during check-in. 领证人数")
    by_phone: int | None = column(description="How many of them by phone.")
    by_card: int | None = column(description="How many of them by card.")
    cards_printed: int | None = column(description="How many cards were printed.")
    cards_returned: int | None = column(description="How many cards came back.")
    closes_at: datetime = column(description="When the box is sealed at the latest.")
    issuers: list[str] = column(description="Who certifies ballots. 签发方")
    version: int = column(as_of.VERSION, description="The version of its stream, for `expectedVersion`.")
    demonstration: bool = column(description="Played by the demonstration year, not lived. 演示数据")
    meeting: ReviewMeetingType | None = to_one(
        "{c}.id = {t}.meeting_id", description="The review meeting, if it is of one. Not public."
    )
    units: list[RatedUnit] = rows(
        "{c}.box_id = {t}.id", "{c}.ordinal", description="The units that are rated. 被评单位"
    )


lists(
    Listing(
        "ratings",
        orders={RatingOrderField.PERIOD: Order((("{t}.month", "int"),))},
        default=RatingOrderField.PERIOD,
        descending=True,
        default_first=20,
    )
)


@strawberry.type
class RatingQueries:
    ratings = to_many(
        Connection[Rating], RatingOrder, RatingFilter, "ratings", description="Anonymous ratings. 无记名评估"
    )


payload(
    "RatingPayload",
    "A change of a rating box.",
    (
        "openRating",
        "strikeRater",
        "closeCollection",
        "keyPaperBatch",
        "confirmPaperBatch",
        "sealRating",
        "destroyIssuerKeys",
        "revealUnusedCards",
        "publishRatingResults",
    ),
    rating=Link(Rating, "The rating.", own_stream),
)
