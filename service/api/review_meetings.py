"""Review meetings, whom they drew, and the check of the draw."""

from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Annotated
from uuid import UUID

import strawberry

from domain import draw_pools
from domain.aggregate import AnyEvent
from domain.directory import Category
from domain.draw_pools import Drawn, Pool, Quota, Source
from domain.meeting import AgendaItem, MeetingStatus, ReviewMeeting
from domain.refusal import Refusal
from service.api.campaigns import SupervisionGroup
from service.api.enums import described
from service.api.payloads import Link, named, own_stream, payload
from service.api.plan.convert import value_of
from service.api.plan.declare import (
    Listing,
    One,
    Order,
    column,
    embedded,
    identity,
    lists,
    matches,
    planned,
    reads,
    rows,
    to_many,
    to_one,
)
from service.api.plan.ids import key_in
from service.api.relay import Connection, Direction, Node
from service.api.request import Info
from service.api.scalars import Position
from service.api.supervision.problems import Problem
from service.api.tasks import Task
from service.api.units import Official, Unit
from service.store import as_of

said = strawberry.field

described(
    MeetingStatus,
    "Where a review meeting stands. 点评会状态",
    {
        MeetingStatus.SCHEDULED: "Scheduled. 已安排",
        MeetingStatus.FROZEN: "The list that is drawn from is published. 抽取名单已固定",
        MeetingStatus.DRAWN: "The units are drawn. 已抽取",
        MeetingStatus.ENDED: "The minutes are kept. 已形成纪要",
    },
)


# -- inputs


@strawberry.input(description="An item of an agenda. 议程")
class AgendaItemInput:
    title: str = said(description="What it is about.")
    speaker: str = said(default="", description="Who speaks: a role or a unit, not a person's name.")

    def to_domain(self) -> AgendaItem:
        return AgendaItem(self.title, self.speaker)


@strawberry.input(description="How many units of a category are drawn. 抽取数量")
class QuotaInput:
    category: Category = said(description="The category.")
    units: int = said(description="How many, 1 to 20.")

    def to_domain(self) -> Quota:
        return Quota(self.category, self.units)


@strawberry.input(description="What came of a source of chance. 抽签数据")
class DrawSourceInput:
    name: str = said(description="The name it was announced by.")
    numbers: list[Decimal] = said(description="Its numbers: whole, from 0 on, at most 15 digits.")

    def to_domain(self) -> Source:
        if any(number != number.to_integral_value() for number in self.numbers):
            raise Refusal("draw.number_out_of_range", field="sources")
        if any(number.adjusted() > 15 for number in self.numbers):
            raise Refusal("draw.number_out_of_range", field="sources")
        return Source(self.name, tuple(int(number) for number in self.numbers))


# -- reads


@strawberry.enum(description="What review meetings are sorted by.")
class ReviewMeetingOrderField(Enum):
    HELD_ON = strawberry.enum_value("held_on", description="The day they are held.")


@strawberry.input(description="How review meetings are sorted; by default the newest comes first.")
class ReviewMeetingOrder:
    field: ReviewMeetingOrderField = said(description="By what.")
    direction: Direction = said(default=Direction.DESC, description="Which way.")


@strawberry.input(description="Which review meetings; all conditions hold together.")
class ReviewMeetingFilter:
    code: str | None = matches("{t}.code = {v}", description="With exactly this code.")
    period: str | None = matches("{t}.period = {v}", description="On this month, such as `2020-05`.")
    status: list[MeetingStatus] | None = matches(
        "{t}.status = any({v})", "text[]", value_of, description="In one of these states."
    )


@strawberry.type(name="AgendaItem", description="An item of an agenda (议程). Not public.")
class AgendaItemType:
    title: str = column(description="What it is about.")
    speaker: str = column(description="Who speaks; empty if the agenda does not say.")


@reads("read.drawn_unit")
@strawberry.type(description="A unit that was drawn for a review meeting (抽中单位). Not public.")
class DrawnUnit:
    category: Category = column(description="The category it was drawn from.")
    presented: bool = column(description="Whether it has presented on site.")
    summary: str | None = column(description="What it presented.")
    unit: Unit | None = to_one("{c}.id = {t}.unit_id", description="The unit.")
    presenter: Official | None = to_one("{c}.id = {t}.presenter_id", description="Who presented.")


@reads("read.meeting_comment")
@strawberry.type(description="A comment on a unit that has presented (点评). Not public.")
class MeetingComment:
    position: Position = column(description="The event's place in the log.")
    text: str = column(description="The comment.")
    unit: Unit | None = to_one("{c}.id = {t}.unit_id", description="The unit commented on.")
    official: Official | None = to_one("{c}.id = {t}.official_id", description="The leader who commented.")
    group: SupervisionGroup | None = to_one(
        "{c}.id = {t}.group_id", description="The supervision group that commented."
    )


@reads("read.meeting_follow_up")
@strawberry.type(description="A task that a meeting set (会议交办). Not public.")
class MeetingFollowUp:
    task: Task | None = to_one("{c}.id = {t}.task_id", description="The task, in the ledger like any other.")


@reads("read.meeting_problem")
@strawberry.type(description="A problem that came up at a meeting (会议交办问题). Not public.")
class MeetingProblem:
    problem: Problem | None = to_one(
        "{c}.id = {t}.problem_id", description="The problem, on the list like any other."
    )


@reads("read.review_meeting", prefix="meeting")
@strawberry.type(name="ReviewMeeting", description="A monthly review meeting (一月一点评). Not public.")
class ReviewMeetingType(Node):
    id: strawberry.ID = identity("meeting")
    code: str = column(description="Short code, unique.")
    title: str = column(description="Title.")
    period: str = column(description="The month that is reviewed.")
    held_on: date = column(description="The day it is held. 会议日期")
    place: str = column(description="Where; empty if it is not said.")
    status: MeetingStatus = column(description="Where it stands.")
    version: int = column(as_of.VERSION, description="The version of its stream, for `expectedVersion`.")
    demonstration: bool = column(description="Played by the demonstration year, not lived. 演示数据")
    agenda: list[AgendaItemType] = embedded("{t}.agenda", description="The agenda. 议程")
    attendees: list[Official] = rows(
        "{c}.id = any({t}.attendee_ids)", "{c}.code", description="Who attends. 参会人员"
    )
    edition: str | None = column(description="The edition of the rule that units are drawn by.")
    commitment: str | None = column(
        description="SHA-256 of the service's secret, published before the sources are known."
    )
    announced: list[str] = column(description="The sources of chance that were announced.")
    drawn_units: list[DrawnUnit] = rows(
        "{c}.meeting_id = {t}.id",
        "{c}.ordinal",
        description="The units that were drawn, in the order in which they present. 抽中单位",
    )
    comments: list[MeetingComment] = rows(
        "{c}.meeting_id = {t}.id", "{c}.position", description="The comments, one by one. 点评"
    )
    evaluation: str | None = column(description="The chief leader's evaluation of the stage. 阶段评价")
    evaluated_by: Official | None = to_one("{c}.id = {t}.evaluated_by_id", description="The chief leader.")
    follow_ups: list[MeetingFollowUp] = rows(
        "{c}.meeting_id = {t}.id", "{c}.position", description="The tasks that it set. 会议交办任务"
    )
    problems: list[MeetingProblem] = rows(
        "{c}.meeting_id = {t}.id", "{c}.position", description="The problems that came up. 会议交办问题"
    )
    minutes: str | None = column(description="The minutes. 会议纪要")


lists(
    Listing(
        "review_meetings",
        orders={ReviewMeetingOrderField.HELD_ON: Order((("{t}.held_on", "date"),))},
        default=ReviewMeetingOrderField.HELD_ON,
        descending=True,
        default_first=20,
    )
)


# -- the check of a draw


@strawberry.type(
    description="A selection of RFC 3797: MD5(index, key, index) modulo the entries left. Public."
)
class DrawStep:
    index: int = said(description="Which selection, from 0.")
    digest: str = said(description="The MD5 digest, in hexadecimal.")
    left: int = said(description="How many entries were left in the list.")
    place: int = said(description="The place of the drawn entry in the published list, from 1.")
    unit: strawberry.ID = said(description="The unit that stands there.")


@strawberry.type(description="The draw of one category. Public.")
class CategoryDraw:
    category: Category = said(description="The category. 单位类别")
    round: int = said(description="Which round of the category it belongs to, from 1.")
    certain: list[strawberry.ID] = said(
        description="Units that were the last of a round, and came without a draw."
    )
    candidates: list[strawberry.ID] = said(description="The published list, in its order.")
    key_string: str = said(description="RFC 3797's key: what every step hashes.")
    steps: list[DrawStep] = said(description="The selections, one by one.")
    drawn: list[strawberry.ID] = said(description="The units that the log names, in order.")
    agrees: bool = said(description="Whether the draw, repeated now, gives just these units.")


@strawberry.type(name="DrawSource", description="A source of chance and what came of it. Public.")
class DrawSourceType:
    name: str = said(description="Its name.")
    numbers: list[str] = said(description="Its numbers.")


@strawberry.type(description="A draw that was frozen and not made (放弃抽取). Public.")
class AbandonedDraw:
    frozen_at: Position = said(description="Where the list and the commitment stand in the log.")
    abandoned_at: Position = said(description="Where it was abandoned.")
    grounds: str = said(description="Why.")
    abandoned_by: str = said(description="Who abandoned it: somebody else than who froze the list.")
    announced: list[str] = said(description="The sources that were announced.")
    commitment: str = said(description="SHA-256, in hexadecimal, that bound the service to its secret.")
    secret: str | None = said(
        description="The secret, in decimal digits: with the sources it shows whom the draw would have come "
        "to. Null where it was lost."
    )
    commitment_agrees: bool | None = said(description="Whether the secret is the one that was committed to.")


@strawberry.type(description="Everything that a draw rests on, for whoever repeats it (RFC 3797). Public.")
class DrawVerification:
    edition: str = said(description="The edition of the rule.")
    frozen_at: Position = said(description="Where the list and the commitment stand in the log.")
    drawn_at: Position | None = said(description="Where the draw stands in the log; null before it.")
    commitment: str = said(description="SHA-256, in hexadecimal, that bound the service to its secret.")
    secret: str | None = said(description="The secret, in decimal digits; null before the draw.")
    commitment_agrees: bool | None = said(description="Whether the secret is the one that was committed to.")
    announced: list[str] = said(description="The sources that were announced before they were known.")
    sources: list[DrawSourceType] = said(description="The sources, in the order in which they enter the key.")
    draws: list[CategoryDraw] = said(description="The draw of each category; empty before it.")
    abandoned: list[AbandonedDraw] = said(description="Draws of this meeting that were given up before.")


async def draw_verification(
    info: Info,
    meeting: Annotated[strawberry.ID, strawberry.argument(description="The review meeting's id.")],
) -> DrawVerification | None:
    key = key_in(meeting, "meeting")
    assert key is not None
    app, stream = info.context.app, UUID(key)
    events = await app.streams.events(stream)
    positions = [row["position"] for row in await app.database.fetch(POSITIONS, stream, len(events))]
    # Of a list that was frozen twice, the second.
    at = {type(event): position for event, position in zip(events, positions, strict=True)}
    frozen = next((e for e in reversed(events) if isinstance(e, ReviewMeeting.CandidatesFrozen)), None)
    drawn = next((e for e in events if isinstance(e, ReviewMeeting.UnitsDrawn)), None)
    if frozen is None:
        return None
    verification = DrawVerification(
        edition=frozen.rule.edition,
        frozen_at=at[ReviewMeeting.CandidatesFrozen],
        drawn_at=at.get(ReviewMeeting.UnitsDrawn),
        commitment=frozen.commitment,
        secret=None,
        commitment_agrees=None,
        announced=list(frozen.sources),
        sources=[],
        draws=[],
        abandoned=_abandoned(list(zip(events, positions, strict=True))),
    )
    if drawn is not None:
        verification.secret = drawn.secret
        bound_to = draw_pools.commitment(stream, int(drawn.secret))
        verification.commitment_agrees = bound_to == frozen.commitment
        verification.sources = [_source(source) for source in drawn.sources]
        pairs = zip(frozen.pools, drawn.drawn, strict=True)
        verification.draws = [_draw(pool, each, drawn) for pool, each in pairs]
    return verification


POSITIONS = "select position from log.event where stream_id = $1 order by stream_version limit $2"


def _abandoned(located: list[tuple[AnyEvent, int]]) -> list[AbandonedDraw]:
    found = []
    for event, position in located:
        if isinstance(event, ReviewMeeting.CandidatesFrozen):
            frozen, frozen_at = event, position
        if isinstance(event, ReviewMeeting.DrawAbandoned):
            secret = event.secret
            bound_to = None if secret is None else draw_pools.commitment(event.originator_id, int(secret))
            found.append(
                AbandonedDraw(
                    frozen_at=Position(frozen_at),
                    abandoned_at=Position(position),
                    grounds=event.grounds,
                    abandoned_by=event.abandoned_by,
                    announced=list(frozen.sources),
                    commitment=frozen.commitment,
                    secret=secret,
                    commitment_agrees=None if bound_to is None else bound_to == frozen.commitment,
                )
            )
    return found


def _source(source: Source) -> DrawSourceType:
    return DrawSourceType(name=source.name, numbers=[str(number) for number in source.numbers])


def _draw(pool: Pool, drawn: Drawn, event: ReviewMeeting.UnitsDrawn) -> CategoryDraw:
    key = draw_pools.key_of(pool, int(event.secret), event.sources)
    return CategoryDraw(
        category=pool.category,
        round=pool.round,
        certain=_ids(pool.certain),
        candidates=_ids(pool.candidates),
        key_string=key,
        steps=[
            DrawStep(
                index=step.index,
                digest=step.digest,
                left=step.left,
                place=step.place,
                unit=strawberry.ID(f"unit:{pool.candidates[step.place - 1]}"),
            )
            for step in draw_pools.steps_of(pool, key)
        ],
        drawn=_ids(drawn.unit_ids),
        agrees=draw_pools.draw(pool, int(event.secret), event.sources) == drawn,
    )


def _ids(units: tuple[UUID, ...]) -> list[strawberry.ID]:
    return [strawberry.ID(f"unit:{unit}") for unit in units]


# -- the root fields


@strawberry.type
class ReviewMeetingQueries:
    @planned(One(), description="A review meeting by its id, or null. Not public. 点评会")
    def review_meeting(
        self,
        id: Annotated[strawberry.ID, strawberry.argument(description="The id.")],
        min_position: Annotated[
            Position | None,
            strawberry.argument(description="Answer only once the read tables have reached this position."),
        ] = None,
    ) -> ReviewMeetingType | None: ...

    review_meetings = to_many(
        Connection[ReviewMeetingType],
        ReviewMeetingOrder,
        ReviewMeetingFilter,
        "review_meetings",
        description="The monthly review meetings. Not public. 点评会",
    )
    draw_verification: DrawVerification | None = strawberry.field(
        resolver=draw_verification,
        description="What a draw rests on, and the draw repeated; null before the list is frozen. 抽签核验",
    )


_MEETING = Link(ReviewMeetingType, "The review meeting.", own_stream)

payload(
    "ReviewMeetingPayload",
    "A change of a review meeting.",
    (
        "scheduleReviewMeeting",
        "reviseMeetingRoll",
        "freezeCandidates",
        "drawUnits",
        "abandonDraw",
        "recordPresentation",
        "recordComment",
        "evaluateStage",
        "keepMinutes",
    ),
    review_meeting=_MEETING,
)
payload(
    "FollowUpPayload",
    "A task set by a review meeting.",
    ("assignMeetingFollowUp",),
    task=Link(Task, "The task.", named("task_id")),
)
payload(
    "MeetingProblemPayload",
    "A problem that came up at a review meeting.",
    ("raiseMeetingProblem",),
    problem=Link(Problem, "The problem.", named("problem_id")),
)
