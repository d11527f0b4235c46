"""Subscriptions: what changes, pushed as it is recorded."""

from collections.abc import AsyncGenerator
from datetime import datetime
from typing import Annotated
from uuid import UUID

import orjson
import strawberry

from service.api.errors import Forbidden
from service.api.plan.convert import campaign_key, task_key, unit_key
from service.api.planned import RowReader
from service.api.request import Info
from service.api.scalars import Json, Position
from service.api.tasks import Task
from service.identity import may_read


@strawberry.type(
    description="An event of the log, with its envelope. For OFFICE, INSPECTOR and INTEGRATOR. 事件"
)
class Event:
    position: Position = strawberry.field(description="Its place in the log.")
    stream: strawberry.ID = strawberry.field(description="The stream it belongs to.")
    version: int = strawberry.field(description="Its place in that stream.")
    topic: str = strawberry.field(description="What kind of fact it is; never changes.")
    recorded_at: datetime = strawberry.field(description="When the log recorded it.")
    actor: str = strawberry.field(description="Who gave the command.")
    correlation: strawberry.ID = strawberry.field(description="Common to all events of one request.")
    causation: Position | None = strawberry.field(description="The event that caused it, if one did.")
    raw: strawberry.Private[bytes]

    @strawberry.field(description="The fact itself. For OFFICE and INSPECTOR; null for others.")
    def state(self, info: Info) -> Json | None:
        if not may_read(info.context.viewer.role, "Event", "state"):
            return None
        return Json(orjson.loads(self.raw))


@strawberry.type(description="Pushes, over graphql-transport-ws or graphql-sse.")
class Subscription:
    @strawberry.subscription(
        description="Tasks as they change: each change, once the ledger shows it. 任务变化"
    )
    async def task_changed(
        self,
        info: Info,
        task: Annotated[strawberry.ID | None, strawberry.argument(description="Only this task.")] = None,
        campaign: Annotated[
            strawberry.ID | None, strawberry.argument(description="Only tasks of this campaign.")
        ] = None,
        unit: Annotated[
            strawberry.ID | None, strawberry.argument(description="Only tasks this unit leads or supports.")
        ] = None,
        after: Annotated[
            Position | None,
            strawberry.argument(description="Changes behind this position; from now on if left out."),
        ] = None,
    ) -> AsyncGenerator[Task, None]:
        app = info.context.app
        rows = RowReader(info)
        wanted = (task_key(task), campaign_key(campaign), unit_key(unit))
        start = after if after is not None else await app.recorder.max_notification_id() or 0
        async for recorded in app.recorder.subscribe(start):
            stream = recorded.originator_id
            if not recorded.topic.startswith("task.") or not isinstance(stream, UUID):
                continue
            await app.reads.wait(recorded.id)
            if await _matches(info, stream, wanted):
                row = await rows.read(stream, recorded.id)
                if row is not None:
                    yield row

    @strawberry.subscription(
        description="Every event of the log, in order. For OFFICE, INSPECTOR and INTEGRATOR. 事件流"
    )
    async def events_appended(
        self,
        info: Info,
        after: Annotated[
            Position | None,
            strawberry.argument(description="Events behind this position; from now on if left out."),
        ] = None,
    ) -> AsyncGenerator[Event, None]:
        if not may_read(info.context.viewer.role, "Subscription", "eventsAppended"):
            raise Forbidden(f"{info.context.viewer.role.name} may not follow the log.")
        recorder = info.context.app.recorder
        start = after if after is not None else await recorder.max_notification_id() or 0
        async for recorded in recorder.subscribe(start):
            yield Event(
                position=Position(recorded.id),
                stream=strawberry.ID(str(recorded.originator_id)),
                version=recorded.originator_version,
                topic=recorded.topic,
                recorded_at=recorded.recorded_at,
                actor=recorded.actor,
                correlation=strawberry.ID(str(recorded.correlation)),
                causation=None if recorded.causation is None else Position(recorded.causation),
                raw=recorded.state,
            )


_MATCHES = (
    "select exists (select from read.task t where t.id = $1"
    " and ($2::uuid is null or t.id = $2) and ($3::uuid is null or t.campaign_id = $3)"
    " and ($4::uuid is null or t.lead_unit_id = $4 or t.supporting_unit_ids @> array[$4::uuid]))"
)


async def _matches(info: Info, task: UUID, wanted: tuple[str | None, ...]) -> bool:
    return bool(await info.context.app.database.fetchval(_MATCHES, task, *wanted))
