"""Lawful erasures: what was ordered, by whom, and who confirmed it."""

from datetime import datetime
from enum import Enum

import strawberry

from service.api.audit.events import Event
from service.api.payloads import Link, own_stream, payload
from service.api.plan.declare import Listing, Order, column, identity, lists, reads, rows, to_many
from service.api.relay import Connection, Node
from service.api.scalars import Position


@strawberry.enum(description="What erasures are sorted by.")
class ErasureOrderField(Enum):
    ORDERED_AT = strawberry.enum_value("ordered_at", description="When they were ordered.")


@reads("read.erasure", prefix="erasure")
@strawberry.type(description="A lawful erasure of personal data. For OFFICE and INSPECTOR. 删除事项")
class Erasure(Node):
    id: strawberry.ID = identity("erasure")
    code: str = column(description="Short code, unique.")
    document_number: str = column(description="The number of the document that orders it. 文号")
    document_title: str = column(description="Its title.")
    ground: str = column(description="Why. 删除事由")
    positions: list[Position] = column(description="The events named.")
    events: list[Event] = rows(
        "{c}.position = any({t}.positions)", "{c}.position", description="The events, as they are now."
    )
    ordered_by: str = column(description="Who ordered it.")
    ordered_at: datetime = column(description="When.")
    confirmed_by: str | None = column(description="Who confirmed it; null while nobody has.")
    confirmed_at: datetime | None = column(description="When.")


lists(
    Listing(
        "erasures",
        orders={ErasureOrderField.ORDERED_AT: Order((("{t}.ordered_at", "timestamptz"),))},
        default=ErasureOrderField.ORDERED_AT,
        descending=True,
    )
)

payload(
    "ErasurePayload",
    "A lawful erasure, ordered or confirmed.",
    ("orderErasure", "confirmErasure"),
    erasure=Link(Erasure, "The erasure.", own_stream),
)


@strawberry.type(description="Reads of lawful erasures.")
class ErasureQueries:
    erasures = to_many(
        Connection[Erasure],
        None,
        None,
        "erasures",
        description="The erasures, the newest first. For OFFICE and INSPECTOR. 删除事项",
    )
