"""Webhooks: who is told of what, how far they are, and the secret that a registration answers with."""

from datetime import datetime
from enum import Enum
from typing import Any

import strawberry

from domain.registry import EVENTS
from domain.webhook import Webhook as Aggregate
from service.api.payloads import PAYLOADS, Recorded
from service.api.plan.declare import Listing, Order, column, identity, lists, reads, to_many
from service.api.planned import RowReader
from service.api.relay import Connection, Direction, Node
from service.api.request import Info
from service.api.scalars import Position
from service.desk import Done
from service.store import as_of

_OF = "(select d.{} from log.webhook_delivery d where d.webhook_id = {{t}}.id)"


@strawberry.enum(description="What webhooks are sorted by.")
class WebhookOrderField(Enum):
    CODE = strawberry.enum_value("code", description="The webhook's code.")


@strawberry.input(description="How webhooks are sorted.")
class WebhookOrder:
    field: WebhookOrderField = strawberry.field(description="By what.")
    direction: Direction = strawberry.field(default=Direction.ASC, description="Which way.")


@reads("read.webhook", prefix="webhook", visible={"own": "{t}.owner = {actor}"})
@strawberry.type(
    description="Where another system is told of events (推送地址), by the Standard Webhooks specification."
    " For OFFICE, INSPECTOR and, their own ones, INTEGRATOR."
)
class Webhook(Node):
    id: strawberry.ID = identity("webhook")
    code: str = column(description="Short code, unique.")
    url: str = column(description="Where messages are sent.")
    topics: list[str] = column(description="The topics it is told of; empty: all.")
    owner: str = column(description="Who registered it.")
    secret_number: int = column(description="The number of the secret that messages are signed with, from 1.")
    registered_at: datetime = column(description="When it was registered.")
    removed_at: datetime | None = column(description="When it was removed, if it was.")
    version: int = column(as_of.VERSION, description="The version of its stream, for `expectedVersion`.")
    told_position: Position | None = column(
        _OF.format("position"), description="It has been told of everything up to this position of the log."
    )
    failures: int | None = column(
        _OF.format("failures"), description="How many attempts in a row have failed; 0 when the last did not."
    )
    outcome: str | None = column(
        _OF.format("outcome"), description="What became of the last attempt: `delivered`, or why not."
    )
    attempted_at: datetime | None = column(
        _OF.format("attempted_at"), description="When the last attempt was made."
    )
    next_attempt_at: datetime | None = column(
        _OF.format("due_at"), description="When the next attempt is due, after a failure."
    )


lists(
    Listing(
        "webhooks",
        orders={WebhookOrderField.CODE: Order((("{t}.code", "text"),))},
        default=WebhookOrderField.CODE,
    )
)


@strawberry.type
class WebhookQueries:
    webhooks = to_many(
        Connection[Webhook],
        WebhookOrder,
        None,
        "webhooks",
        description="The webhooks. For OFFICE, INSPECTOR and, their own ones, INTEGRATOR. 推送地址",
    )

    @strawberry.field(description="Every topic that events of the log may have. 事件类型")
    def topics(self) -> list[str]:
        return sorted(EVENTS)


@strawberry.type(description="A change of a webhook.")
class WebhookPayload(Recorded):
    done: strawberry.Private[Done]

    @strawberry.field(description="The webhook.")
    async def webhook(self, info: Info) -> Webhook | None:
        row: Any = await RowReader(info).read(self.done.events[-1].originator_id, self.position)
        found: Webhook | None = row
        return found

    @strawberry.field(
        description="The secret (`whsec_…`) that messages are signed with. Told by `registerWebhook` and"
        " `rotateWebhookSecret` only; keep it."
    )
    def secret(self, info: Info) -> str | None:
        event = self.done.events[-1]
        number = {Aggregate.Registered: 1, Aggregate.SecretRotated: getattr(event, "secret_number", 1)}.get(
            type(event)
        )
        return None if number is None else info.context.app.secrets.of(event.originator_id, number)


PAYLOADS.update(
    dict.fromkeys(
        ("registerWebhook", "changeWebhook", "rotateWebhookSecret", "removeWebhook"), WebhookPayload
    )
)
