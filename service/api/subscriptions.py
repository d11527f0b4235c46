"""Subscriptions: what changes, pushed as it is recorded."""

from collections.abc import AsyncGenerator
from datetime import datetime
from typing import Annotated
from uuid import UUID

import orjson
import strawberry

from service.api.plan.convert import campaign_key, task_key, unit_key
from service.api.planned import RowReader, require_readable, selected_names
from service.api.request import Info
from service.api.scalars import Json, Position
from service.api.supervision.dispatch import DispatchSubscription
from service.api.tasks import Task
from service.errors import Forbidden
from service.identity import may_read, scope_of


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

    @strawberry.field(description="The fact itself. For OFFICE and INSPECTOR.")
    def state(self) -> Json:
        return Json(orjson.loads(self.raw))


@strawberry.type(description="A change of a task, and the event that brought it. Public once published.")
class TaskChange:
    position: Position = strawberry.field(
        description="The event's place in the log: pass the last one seen as `after` to go on from it."
    )
    topic: str = strawberry.field(description="What happened, such as `task.progress_reported`.")
    key: strawberry.Private[UUID]

    @strawberry.field(description="The task as the ledger shows it, at this event or a later one.")
    async def task(self, info: Info) -> Task | None:
        row: Task | None = await RowReader(info).read(self.key, self.position)
        return row


@strawberry.type(description="Pushes, over graphql-transport-ws or graphql-sse.")
class Subscription(DispatchSubscription):
    @strawberry.subscription(
        description="Each change of a task, in order, once the ledger shows it. 任务变化"
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
    ) -> AsyncGenerator[TaskChange, None]:
        app, viewer = info.context.app, info.context.viewer
        require_readable(info, "TaskChange")
        wanted = (task_key(task), campaign_key(campaign), unit_key(unit), scope_of(viewer, "Task") is None)
        start = after if after is not None else await app.recorder.max_notification_id() or 0
        async for recorded in app.recorder.subscribe(start):
            stream = recorded.originator_id
            if not recorded.topic.startswith("task.") or not isinstance(stream, UUID):
                continue
            await app.reads.wait(recorded.id)
            if await app.database.fetchval(_MATCHES, stream, *wanted):
                yield TaskChange(position=Position(recorded.id), topic=recorded.topic, key=stream)

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
        role = info.context.viewer.role
        if not may_read(role, "Subscription", "eventsAppended"):
            raise Forbidden(f"{role.name} may not follow the log.")
        for name in selected_names(info):
            if not may_read(role, "Event", name):
                raise Forbidden(f"{role.name} may not read Event.{name}.", field=name)
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
    " and ($4::uuid is null or t.lead_unit_id = $4 or t.supporting_unit_ids @> array[$4::uuid])"
    " and ($5 or t.published))"
)
