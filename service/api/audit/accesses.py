"""Who saw what, and who tried to, for the inspectorate. Asking is itself accounted for."""

import re
from datetime import datetime
from enum import Enum
from typing import Any
from uuid import UUID

import strawberry

from domain import identifiers
from domain.access import AccessKind, event_subject
from service.api.enums import described
from service.api.plan.convert import value_of
from service.api.plan.declare import Listing, Order, column, lists, matches, reads, to_many
from service.api.relay import Connection, Direction
from service.api.scalars import Position
from service.errors import BadInput

described(
    AccessKind,
    "A kind of access that is accounted for. 访问类型",
    {
        AccessKind.PERSON: "The record of an official. 查阅干部信息",
        AccessKind.EVIDENCE: "Where the evidence of a report is. 查阅佐证材料",
        AccessKind.SEALED: "A sealed box. 查看密封票箱",
        AccessKind.LOG: "The content of events. 查阅日志内容",
        AccessKind.ACCESSES: "The log of access itself. 查阅访问记录",
        AccessKind.EXPORT: "An export. 导出",
        AccessKind.FORBIDDEN: "Refused: the role may not. 越权被拒",
        AccessKind.UNAUTHENTICATED: "Refused: the token is known and not good. 令牌无效被拒",
    },
)


# An event is kept as its position, with nothing before it (`domain.access.event_subject`).
_SUBJECTS = """array(select case when s::text like '00000000-0000-0000-%'
    then 'event:' || ('x' || right(replace(s::text, '-', ''), 16))::bit(64)::bigint else s::text end
    from unnest({t}.subjects) s)"""
_POSITION = re.compile(r"[1-9][0-9]{0,17}", re.ASCII)


def _subject(id_: Any) -> str | None:
    if id_ is None:
        return None
    prefix, _, key = str(id_).partition(":")
    try:
        if prefix == "event" and _POSITION.fullmatch(key):
            return str(event_subject(int(key)))
        return str(identifiers.DIRECTORY) if str(id_) == "directory" else str(UUID(key or prefix))
    except ValueError:
        raise BadInput(f"{str(id_)[:60]!r} is not an id.", argument="subject") from None


@reads("read.access")
@strawberry.type(description="What one person did with one kind of thing in a minute. Not public. 访问")
class Access:
    position: Position = column("{t}.page", description="The event of the log that says so.")
    actor: str = column(description="Who; `*` for all those beyond what is told apart in a minute.")
    role: str = column(description="In which role.")
    kind: AccessKind = column(description="What kind of access.")
    what: str = column(description="The type or field of the schema, the command, or the export.")
    subjects: list[strawberry.ID] = column(
        _SUBJECTS,
        description="The keys of the records that came into sight, where they are told apart; of the log, the"
        " stream and `event:…` with the position.",
    )
    times: int = column(description="How often.")
    first_at: datetime = column(description="From when.")
    last_at: datetime = column(description="Until when.")


@strawberry.enum(description="What accesses are sorted by.")
class AccessOrderField(Enum):
    POSITION = strawberry.enum_value("position", description="When they were recorded.")


@strawberry.input(description="How accesses are sorted; by default the newest come first.")
class AccessOrder:
    field: AccessOrderField = strawberry.field(default=AccessOrderField.POSITION, description="By what.")
    direction: Direction = strawberry.field(default=Direction.DESC, description="Which way.")


@strawberry.input(description="Which accesses; all conditions hold together.")
class AccessFilter:
    actor: str | None = matches("{t}.actor = {v}", description="By exactly this actor.")
    kind: list[AccessKind] | None = matches(
        "{t}.kind = any({v})", "text[]", value_of, description="Of one of these kinds."
    )
    subject: strawberry.ID | None = matches(
        "{t}.subjects @> array[{v}]",
        "uuid",
        _subject,
        description="To this record, such as `official:…`; to this stream, such as `task:…` or `directory`;"
        " to this event, such as `event:4711`.",
    )
    what: str | None = matches("{t}.what = {v}", description="To exactly this field, command or export.")
    from_: datetime | None = matches(
        "{t}.last_at >= {v}", "timestamptz", name="from", description="Then or later."
    )
    to: datetime | None = matches("{t}.first_at <= {v}", "timestamptz", description="Then or earlier.")


lists(
    Listing(
        "accesses",
        orders={AccessOrderField.POSITION: Order((("{t}.page", "bigint"), ("{t}.ordinal", "int")))},
        default=AccessOrderField.POSITION,
        descending=True,
        unique=True,
    )
)


@strawberry.type(description="Reads of the log of access.")
class AccessQueries:
    accesses = to_many(
        Connection[Access],
        AccessOrder,
        AccessFilter,
        "accesses",
        description="Who saw what, and who tried to, the newest first. Not public: for INSPECTOR. 访问记录",
    )
