"""The dispatch board (调度平台) and its pushes."""

from collections.abc import AsyncGenerator
from enum import Enum
from typing import Annotated
from uuid import UUID

import strawberry

from projections.supervision import dispatch as sql
from service.api.campaigns import Campaign, SupervisionGroup
from service.api.plan.convert import contains, value_of
from service.api.plan.declare import Listing, Order, column, lists, matches, reads, to_one
from service.api.plan.ids import key_in, prefix_in
from service.api.planned import RowReader, require_readable
from service.api.relay import Direction
from service.api.request import Info
from service.api.scalars import Position
from service.api.units import Unit
from service.errors import Forbidden
from service.identity import may_read

WATCHED = ("task.", "cards.", "urge.", "problem.")
"""How the topics begin whose events may change a line."""


@strawberry.enum(description="What a line of the board is about.")
class DispatchKind(Enum):
    CAMPAIGN = strawberry.enum_value("campaign", description="A campaign. 攻坚战")
    UNIT = strawberry.enum_value("unit", description="A unit, by the tasks it leads. 单位")
    GROUP = strawberry.enum_value("group", description="A supervision group, by what it covers. 督导评估组")


@strawberry.enum(description="What the lines are sorted by.")
class DispatchOrderField(Enum):
    CODE = strawberry.enum_value("code", description="The number of the campaign, then the code.")


@strawberry.input(description="How the lines are sorted.")
class DispatchOrder:
    field: DispatchOrderField = strawberry.field(description="By what.")
    direction: Direction = strawberry.field(default=Direction.ASC, description="Which way.")


@strawberry.input(description="Which lines; all conditions hold together.")
class DispatchFilter:
    kind: list[DispatchKind] | None = matches(
        "{t}.kind = any({v})", "text[]", value_of, description="Of these kinds."
    )
    text: str | None = matches("{t}.name ilike {v}", convert=contains, description="The name contains this.")


@reads(sql.LINES)
@strawberry.type(description="A line of the dispatch board (调度平台), as of today. Not public.")
class DispatchLine:
    id: strawberry.ID = column(
        "{t}.kind || ':' || {t}.id", description="The id of the campaign, unit or group."
    )
    kind: DispatchKind = column(description="What it is about.")
    code: str = column(description="Its code.")
    name: str = column(description="Its name.")
    in_hand: int = column(sql.IN_HAND, description="Tasks in progress. 推进中")
    due_this_week: int = column(
        sql.DUE_THIS_WEEK, description="Tasks in progress whose deadline comes until Sunday. 本周到期"
    )
    overdue: int = column(sql.OVERDUE, description="Tasks in progress past their deadline. 已逾期")
    carded: int = column(sql.CARDED, description="Cards that stand. 已亮牌")
    urged: int = column(sql.URGED, description="Urges that are not acknowledged. 催办未签收")
    unresolved: int = column(sql.UNRESOLVED, description="Problems that are not closed. 未销号问题")
    campaign: Campaign | None = to_one("{c}.id = {t}.id", description="The campaign, if it is one.")
    unit: Unit | None = to_one("{c}.id = {t}.id", description="The unit, if it is one.")
    group: SupervisionGroup | None = to_one("{c}.id = {t}.id", description="The group, if it is one.")


lists(
    Listing(
        "dispatchBoard",
        orders={
            DispatchOrderField.CODE: Order(
                (("lpad({t}.place::text, 6, '0') || {t}.kind || ':' || {t}.code", "text"),)
            )
        },
        default=DispatchOrderField.CODE,
        default_first=100,
        max_first=500,
    )
)


@strawberry.type(description="A change of a line of the dispatch board. Not public.")
class DispatchChange:
    position: Position = strawberry.field(
        description="The event that brought it: pass the last one seen as `after` to go on from it."
    )
    key: strawberry.Private[UUID]

    @strawberry.field(description="The line with its figures, at this event or a later one.")
    async def line(self, info: Info) -> DispatchLine | None:
        row: DispatchLine | None = await RowReader(info).read(self.key, self.position)
        return row


@strawberry.type(description="Pushes of the dispatch board.")
class DispatchSubscription:
    @strawberry.subscription(
        description="A line of the dispatch board, whenever its figures change. Not public. 调度推送"
    )
    async def dispatch_changed(
        self,
        info: Info,
        of: Annotated[strawberry.ID, strawberry.argument(description="A campaign, a unit or a group.")],
        after: Annotated[
            Position | None,
            strawberry.argument(description="Changes behind this position; from now on if left out."),
        ] = None,
    ) -> AsyncGenerator[DispatchChange, None]:
        app, role = info.context.app, info.context.viewer.role
        if not may_read(role, "Subscription", "dispatchChanged"):
            raise Forbidden(f"{role.name} may not follow the dispatch board.")
        require_readable(info, "DispatchChange")
        prefix = prefix_in(of)
        key = key_in(of, prefix if prefix in ("campaign", "unit", "group") else "campaign")
        line = UUID(key)
        start = after if after is not None else await app.recorder.max_notification_id() or 0
        shown = None if after is not None else await app.database.fetchval(sql.LINE, line, app.today())
        async for recorded in app.recorder.subscribe(start):
            if not recorded.topic.startswith(WATCHED):
                continue
            await app.reads.wait(recorded.id)
            figures = await app.database.fetchval(sql.LINE, line, app.today())
            if figures is not None and figures != shown:
                shown = figures
                yield DispatchChange(position=Position(recorded.id), key=line)
