"""The history of a stream as a story, and what changed between two of its versions.

Not planned: the aggregate is told its events again, one by one, and what stands before and after each is
compared.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import strawberry

from domain.access import event_subject
from service.api.audit.events import stream_key
from service.api.request import Info
from service.api.scalars import Json, Position
from service.errors import BadInput, Forbidden
from service.history import Change as Changed
from service.history import Story, compared, story
from service.identity import may_read, watched_as

MOST_STEPS = 100
DEFAULT_STEPS = 20

StreamId = Annotated[
    strawberry.ID,
    strawberry.argument(description="`task:…`, `campaign:…` and the like, the bare uuid, or `directory`."),
]


@strawberry.type(description="What one value of a thing was, and became. For OFFICE and INSPECTOR.")
class Change:
    path: str = strawberry.field(description="Which value: names and places, joined by points.")
    before: Json | None = strawberry.field(description="What it was; null if it was not there.")
    after: Json | None = strawberry.field(description="What it became; null if it is gone.")


@strawberry.type(description="One step of a history. For OFFICE and INSPECTOR. 步骤")
class HistoryStep:
    position: Position = strawberry.field(description="The event's place in the log.")
    version: int = strawberry.field(description="Its place in the stream.")
    topic: str = strawberry.field(description="What kind of fact it is.")
    recorded_at: datetime = strawberry.field(description="When the log recorded it.")
    actor: str = strawberry.field(description="Who gave the command.")
    erased: bool = strawberry.field(description="Whether its personal data was lawfully erased.")
    en: str = strawberry.field(description="The step in a sentence, in English.")
    zh: str = strawberry.field(description="The step in a sentence, in Chinese.")
    before: Json | None = strawberry.field(description="The thing before; null at the first step.")
    after: Json = strawberry.field(description="The thing after.")
    changes: list[Change] = strawberry.field(description="What is different.")


@strawberry.type(description="The history of a stream. For OFFICE and INSPECTOR. 沿革")
class StreamHistory:
    stream: strawberry.ID = strawberry.field(description="The stream.")
    kind: str = strawberry.field(description="What it is the history of, such as `task`.")
    version: int = strawberry.field(description="The last version there is.")
    steps: list[HistoryStep] = strawberry.field(description="The steps asked for, the oldest first.")
    has_more: bool = strawberry.field(description="Whether steps follow: pass the last version as `after`.")


async def stream_history(
    info: Info,
    id: StreamId,
    first: Annotated[
        int, strawberry.argument(description=f"How many steps; at most {MOST_STEPS}.")
    ] = DEFAULT_STEPS,
    after: Annotated[
        int | None, strawberry.argument(description="Steps behind this version; from the start if left out.")
    ] = None,
) -> StreamHistory | None:
    _require(info, "streamHistory")
    if not 0 <= first <= MOST_STEPS:
        raise BadInput(f"first must be between 0 and {MOST_STEPS}.", argument="first")
    stream = _stream(id)
    told = await story(info.context.app.recorder, stream, after, first)
    steps = [] if told is None else [event_subject(step.recorded.id) for step in told.steps]
    # An id that is no stream's is the client's, and stays out.
    _account(info, "streamHistory", [] if told is None else [stream, *steps])
    return None if told is None else _history(stream, told)


async def diff(
    info: Info,
    stream: StreamId,
    from_version: Annotated[int, strawberry.argument(description="From this version; 0: before the first.")],
    to_version: Annotated[int, strawberry.argument(description="To this version.")],
) -> list[Change] | None:
    _require(info, "diff")
    of = _stream(stream)
    changes = await compared(info.context.app.recorder, of, from_version, to_version)
    _account(info, "diff", [] if changes is None else [of])
    return None if changes is None else [_change(change) for change in changes]


def _require(info: Info, name: str) -> None:
    viewer = info.context.viewer
    if not may_read(viewer.role, "Query", name):
        raise Forbidden(f"{viewer.role.name} may not read Query.{name}.", what=f"Query.{name}", field=name)


def _account(info: Info, name: str, subjects: Sequence[UUID]) -> None:
    for watch in watched_as("Query", name):
        info.context.app.access.note(info.context.viewer, watch.kind, watch.what, subjects)


def _stream(id_: Any) -> UUID:
    return UUID(stream_key(id_))


def _history(stream: UUID, told: Story) -> StreamHistory:
    steps = [
        HistoryStep(
            position=Position(step.recorded.id),
            version=step.recorded.originator_version,
            topic=step.recorded.topic,
            recorded_at=step.recorded.recorded_at,
            actor=step.recorded.actor,
            erased=step.erased,
            en=step.en,
            zh=step.zh,
            before=None if step.before is None else Json(step.before),
            after=Json(step.after),
            changes=[_change(change) for change in step.changes],
        )
        for step in told.steps
    ]
    last = steps[-1].version if steps else told.version
    return StreamHistory(
        stream=strawberry.ID(str(stream)),
        kind=told.kind,
        version=told.version,
        steps=steps,
        has_more=last < told.version,
    )


def _change(change: Changed) -> Change:
    return Change(path=change.path, before=Json(change.before), after=Json(change.after))


@strawberry.type(description="Reads of histories.")
class HistoryQueries:
    stream_history: StreamHistory | None = strawberry.field(
        resolver=stream_history,
        description="A stream as a story, each step with before and after. For OFFICE and INSPECTOR. 沿革",
    )
    diff: list[Change] | None = strawberry.field(
        resolver=diff,
        description="What changed between two versions of a stream. For OFFICE and INSPECTOR. 版本对照",
    )
