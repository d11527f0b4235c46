"""The facts that points come from: each event by its place in the log, and what it is in words."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import strawberry

from projections.assessment.sources import Telling, telling_of
from service.api.scalars import Position
from service.rankings import Fetch
from service.store.codec import decode

_EVENTS = """
select f.position, f.topic, f.stream_id, f.stream_version, f.recorded_at, f.state
from log.fact f where f.position = any($1::bigint[])"""
_NAMES = """
select t.id, t.title as name from read.task t where t.id = any($1::uuid[])
union all
select g.id, g.name from read.supervision_group g where g.id = any($1::uuid[])"""


@strawberry.type(description="The event that points come from. Not public. 依据事件")
class EventReference:
    position: Position = strawberry.field(description="Its place in the log.")
    topic: str = strawberry.field(description="What kind of fact it is, such as `evaluation.scored`.")
    stream: strawberry.ID = strawberry.field(description="The stream it belongs to.")
    version: int = strawberry.field(description="Its place in that stream.")
    recorded_at: datetime = strawberry.field(description="When the log recorded it.")


@dataclass(frozen=True)
class Told:
    """An event, and what it is in words."""

    event: EventReference
    en: str
    zh: str


async def told_at(fetch: Fetch, positions: Iterable[int]) -> dict[int, Told]:
    """The events at these positions."""
    rows = await fetch(_EVENTS, sorted(set(positions)))
    tellings = {row["position"]: telling_of(decode(row["topic"], row["state"])) for row in rows}
    named = {key for telling in tellings.values() for key in (telling.task, telling.group) if key is not None}
    names = {row["id"]: row["name"] for row in await fetch(_NAMES, list(named))} if named else {}
    return {row["position"]: _told(row, tellings[row["position"]], names) for row in rows}


def _told(row: Any, telling: Telling, names: dict[Any, str]) -> Told:
    en, zh = telling.en, telling.zh
    if telling.group in names:
        en, zh = f"{en} ({names[telling.group]})", f"{zh}（{names[telling.group]}）"
    if telling.task in names:
        en, zh = f"{en}, task {names[telling.task]}", f"{zh}（任务《{names[telling.task]}》）"
    event = EventReference(
        position=row["position"],
        topic=row["topic"],
        stream=strawberry.ID(str(row["stream_id"])),
        version=row["stream_version"],
        recorded_at=row["recorded_at"],
    )
    return Told(event, en, zh)
