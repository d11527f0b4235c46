"""Events of the log for whoever audits them: found by what they concern, each with all it takes to recompute
its leaf.

An event is read from the log itself. What it is searched by, beside its stream, position and moment, stands
in `read.audit_event`, which PostgreSQL leaves out of a statement that asks for none of it.
"""

from datetime import datetime
from enum import Enum
from typing import Annotated, Any
from uuid import UUID

import strawberry

from domain import identifiers
from service.api.plan.convert import campaign_key, contains, unit_key
from service.api.plan.declare import (
    Listing,
    One,
    Order,
    column,
    lists,
    matches,
    planned,
    reads,
    rows,
    to_many,
    to_one,
)
from service.api.plan.ids import key_in
from service.api.relay import Connection, Direction
from service.api.scalars import Json, Position
from service.errors import BadInput
from service.store.as_of import LAST_UNTIL

# Position by position, the event and, where a filter asks for it, what it is found by.
_EVENTS = (
    "(select f.*, a.topic as found_topic, a.actor as found_actor, a.correlation as found_correlation,"
    " a.text as found_text from log.fact f left join read.audit_event a on a.position = f.position)"
)


def _about(subjects: str) -> str:
    """The events with one of these subjects. Their positions come first, all of them: of what is rare there
    are few, and of what is not they are then read in order."""
    return (
        f"{{t}}.position = any(array(select s.position from read.audit_event s where s.subjects {subjects}))"
    )


def _with_tasks(of: str) -> str:
    """Whoever it is, or one of the tasks of theirs."""
    return f"&& (array[{{v}}] || array(select k.id from read.task k where {of}))"


def stream_key(id_: Any) -> str | None:
    """The stream in an id: `task:…` and the like, the bare uuid, or `directory`."""
    if id_ is None:
        return None
    text = str(id_)[:100]
    if text == "directory":
        return str(identifiers.DIRECTORY)
    try:
        return str(UUID(text.partition(":")[2] or text))
    except ValueError:
        raise BadInput(f"{text!r} is not the id of a stream.", argument="stream") from None


def official_key(id_: Any) -> str | None:
    return key_in(id_, "official")


def _written(text: Any) -> str | None:
    """The pattern for the texts, which are kept in small letters: several times as fast as a search that
    looks at letters of both cases."""
    return contains(None if text is None else str(text).lower())


def _uuid(id_: Any) -> str | None:
    try:
        return None if id_ is None else str(UUID(str(id_)))
    except ValueError:
        raise BadInput(f"{str(id_)[:60]!r} is not a correlation.", argument="correlation") from None


@reads(_EVENTS, key=("position", "bigint"))
@strawberry.type(
    description="An event of the log, with its envelope. For OFFICE, INSPECTOR and INTEGRATOR. 事件"
)
class Event:
    position: Position = column(description="Its place in the log.")
    stream: strawberry.ID = column("{t}.stream_id", description="The stream it belongs to.")
    version: int = column("{t}.stream_version", description="Its place in that stream.")
    topic: str = column(description="What kind of fact it is; never changes.")
    recorded_at: datetime = column(description="When the log recorded it.")
    actor: str = column(description="Who gave the command.")
    correlation: strawberry.ID = column(description="Common to all events of one request.")
    causation: Position | None = column(description="The event that caused it, if one did.")
    state: Json = column(
        "log.as_json({t}.state)",
        description="The fact itself; of an erased one, what is left. For OFFICE and INSPECTOR.",
    )
    state_text: str | None = column(
        "case when {t}.erased then null else convert_from({t}.state, 'utf8') end",
        description="The very bytes that were hashed, as text; null once erased. For OFFICE and INSPECTOR.",
    )
    salt: str | None = column(
        "encode({t}.salt, 'base64')",
        description="16 random bytes in base64; null once erased. For OFFICE and INSPECTOR.",
    )
    state_digest: str = column(
        "(select encode(s.state_digest, 'base64') from log.sealed s where s.position = {t}.position)",
        description="SHA-256(salt ‖ state) in base64; it stays when these are erased.",
    )
    entry: str = column(
        "(select convert_from(s.entry, 'utf8') from log.entry s where s.position = {t}.position)",
        description="What is published of the event (RFC 8785): the envelope with the digest of the state.",
    )
    leaf_hash: str = column(
        "encode({t}.leaf_hash, 'base64')",
        description="SHA-256(0x00 ‖ entry) in base64: its leaf in the tree.",
    )
    erased: bool = column(description="Whether its personal data was lawfully erased. 已依法删除")
    previous: "Event | None" = to_one(
        "{c}.stream_id = {t}.stream_id and {c}.stream_version = {t}.stream_version - 1",
        description="The event before it in its stream.",
    )
    next: "Event | None" = to_one(
        "{c}.stream_id = {t}.stream_id and {c}.stream_version = {t}.stream_version + 1",
        description="The event after it in its stream.",
    )
    cause: "Event | None" = to_one("{c}.position = {t}.causation", description="What caused it. 起因")
    effects: list["Event"] = rows(
        "{c}.causation = {t}.position", "{c}.position", description="What it caused. 后果"
    )
    together: list["Event"] = rows(
        "{c}.found_correlation = {t}.correlation",
        "{c}.position",
        description="All events of the same request, itself included.",
    )


@strawberry.enum(description="What events are sorted by.")
class EventOrderField(Enum):
    POSITION = strawberry.enum_value("position", description="Their place in the log.")


@strawberry.input(description="How events are sorted; by default the newest come first.")
class EventOrder:
    field: EventOrderField = strawberry.field(default=EventOrderField.POSITION, description="By what.")
    direction: Direction = strawberry.field(default=Direction.DESC, description="Which way.")


@strawberry.input(description="Which events; all conditions hold together.")
class EventFilter:
    stream: strawberry.ID | None = matches(
        "{t}.stream_id = {v}",
        "uuid",
        stream_key,
        description="Of this stream: `task:…`, `campaign:…` and the like, the bare uuid, or `directory`.",
    )
    topic: str | None = matches("{t}.found_topic = {v}", description="Of exactly this topic.")
    actor: str | None = matches("{t}.found_actor = {v}", description="Commanded by exactly this actor.")
    unit: strawberry.ID | None = matches(
        _about(_with_tasks("k.lead_unit_id = {v} or k.supporting_unit_ids @> array[{v}]")),
        "uuid",
        unit_key,
        tells="state",
        description="That name this unit, or a task that it leads or supports now. For OFFICE and INSPECTOR.",
    )
    official: strawberry.ID | None = matches(
        _about("@> array[{v}]"),
        "uuid",
        official_key,
        tells="state",
        description="That name this official. For OFFICE and INSPECTOR.",
    )
    campaign: strawberry.ID | None = matches(
        _about(_with_tasks("k.campaign_id = {v}")),
        "uuid",
        campaign_key,
        description="That name this campaign, or one of its tasks.",
    )
    from_: datetime | None = matches(
        "{t}.position > " + LAST_UNTIL.format(v="({v} - interval '1 microsecond')"),
        "timestamptz",
        name="from",
        description="Recorded then or later.",
    )
    to: datetime | None = matches(
        "{t}.position <= " + LAST_UNTIL,
        "timestamptz",
        description="Recorded then or earlier.",
    )
    correlation: strawberry.ID | None = matches(
        "{t}.found_correlation = {v}", "uuid", _uuid, description="Of this request."
    )
    text: str | None = matches(
        "{t}.found_text like {v}",
        convert=_written,
        tells="state",
        description="In which this is written, in any case of letters; Chinese too. For OFFICE and"
        " INSPECTOR.",
    )


lists(
    Listing(
        "events",
        orders={EventOrderField.POSITION: Order((("{t}.position", "bigint"),))},
        default=EventOrderField.POSITION,
        descending=True,
        unique=True,
    )
)


@strawberry.type(description="Reads of the log.")
class EventQueries:
    @planned(
        One("position"),
        description="The event at a position, or null. For OFFICE, INSPECTOR and INTEGRATOR. 事件",
    )
    def event(
        self, position: Annotated[Position, strawberry.argument(description="Its place in the log.")]
    ) -> Event | None: ...

    events = to_many(
        Connection[Event],
        EventOrder,
        EventFilter,
        "events",
        description="Events of the log, the newest first. For OFFICE, INSPECTOR and INTEGRATOR. 事件",
    )
