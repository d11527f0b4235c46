"""Subscriptions: what changes, pushed as it is recorded."""

from collections.abc import AsyncGenerator, Callable
from typing import Annotated, Any
from uuid import UUID

import strawberry

from domain.access import event_subject
from service.api.audit.events import Event
from service.api.plan.convert import campaign_key, task_key, unit_key
from service.api.planned import RowReader, require_readable, selected_names
from service.api.request import Info
from service.api.scalars import Position
from service.api.supervision.dispatch import DispatchSubscription
from service.api.tasks import Task
from service.errors import Forbidden
from service.identity import may_read, scope_of, watched_as
from service.store.codec import decode
from service.store.recorder import Recorded


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
        wanted = task_key(task), campaign_key(campaign), unit_key(unit)
        everything = scope_of(viewer, "Task") is None
        start = after if after is not None else await app.recorder.max_notification_id() or 0
        async for recorded in app.recorder.subscribe(start):
            stream = recorded.originator_id
            if not recorded.topic.startswith("task.") or not isinstance(stream, UUID):
                continue
            await app.reads.wait(recorded.id)
            about = recorded.id, None if everything else _report_of(recorded)
            if await app.database.fetchval(_MATCHES, stream, *wanted, everything, *about):
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
        context, role = info.context, info.context.viewer.role
        if not may_read(role, "Subscription", "eventsAppended"):
            raise Forbidden(f"{role.name} may not follow the log.", what="Subscription.eventsAppended")
        reader, names = RowReader(info), selected_names(info)
        watches = [watch for name in names.values() for watch in watched_as("Event", name)]
        recorder = context.app.recorder
        start = after if after is not None else await recorder.max_notification_id() or 0
        async for recorded in recorder.subscribe(start):
            if PUSHED.keys() >= set(names.values()):
                # What came with the event need not be asked for again.
                for watch in watches:
                    seen = [event_subject(recorded.id)]
                    context.app.access.note(context.viewer, watch.kind, watch.what, seen)
                # Like every planned row: by response key.
                pushed: Any = {key: PUSHED[name](recorded) for key, name in names.items()}
                yield pushed
            else:
                yield await reader.read(recorded.id, recorded.id)


PUSHED: dict[str, Callable[[Recorded], Any]] = {
    "__typename": lambda recorded: "Event",
    "position": lambda recorded: recorded.id,
    "stream": lambda recorded: str(recorded.originator_id),
    "version": lambda recorded: recorded.originator_version,
    "topic": lambda recorded: recorded.topic,
    "recordedAt": lambda recorded: recorded.recorded_at,
    "actor": lambda recorded: recorded.actor,
    "correlation": lambda recorded: str(recorded.correlation),
    "causation": lambda recorded: recorded.causation,
    "state": lambda recorded: recorded.state,
}

# As in an earlier ledger, the public sees what was published then; of what befalls a report, what befalls one
# that it may read.
_MATCHES = (
    "select exists (select from read.task t where t.id = $1"
    " and ($2::uuid is null or t.id = $2) and ($3::uuid is null or t.campaign_id = $3)"
    " and ($4::uuid is null or t.lead_unit_id = $4 or t.supporting_unit_ids @> array[$4::uuid])"
    " and ($5 or exists (select from read.task_version v where v.id = t.id and v.published"
    " and v.valid_from <= $6::bigint and v.valid_to > $6)"
    " and ($7::uuid is null or exists (select from read.report r where r.id = $7 and r.published))))"
)


def _report_of(recorded: Recorded) -> UUID | None:
    """The report that a later event is about; None where it is about no report, or about a new one."""
    if not recorded.topic.startswith("task.report_"):
        return None
    event: Any = decode(recorded.topic, recorded.state)
    report: UUID = event.report_id
    return report
