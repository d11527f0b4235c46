"""Who is told of what: the webhooks as they stand."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from domain.webhook import Webhook
from projections.columns import BigInt
from projections.projection import Fact, Index, Projection, Table


class WebhookRow(Struct, frozen=True, gc=False):
    """It is told of the events behind `since_position`; no `topics`: of all."""

    id: UUID
    code: str
    url: str
    topics: tuple[str, ...]
    owner: str
    secret_number: int
    since_position: BigInt
    registered_at: datetime
    removed_at: datetime | None = None


WEBHOOK = Table("webhook", WebhookRow, ("id",), indexes=(Index(("code",)),))


@WEBHOOK.begins(Webhook.Registered)
def _registered(fact: Fact[Webhook.Registered]) -> WebhookRow:
    event = fact.event
    return WebhookRow(
        id=event.originator_id,
        code=event.code,
        url=event.url,
        topics=event.topics,
        owner=event.owner,
        secret_number=1,
        since_position=fact.position,
        registered_at=event.timestamp,
    )


@WEBHOOK.changes(Webhook.Changed)
def _changed(row: WebhookRow, fact: Fact[Webhook.Changed]) -> WebhookRow:
    return replace(row, url=fact.event.url, topics=fact.event.topics)


@WEBHOOK.changes(Webhook.SecretRotated)
def _secret_rotated(row: WebhookRow, fact: Fact[Webhook.SecretRotated]) -> WebhookRow:
    return replace(row, secret_number=fact.event.secret_number)


@WEBHOOK.changes(Webhook.Removed)
def _removed(row: WebhookRow, fact: Fact[Webhook.Removed]) -> WebhookRow:
    return replace(row, removed_at=fact.event.timestamp)


WEBHOOKS = Projection("webhooks", version=1, tables=(WEBHOOK,), follows=(Webhook,), by_stream=True)

TOLD = """
select w.id, w.url, w.topics, w.secret_number, w.position as changed, w.since_position
from read.webhook w where w.removed_at is null order by w.id"""
"""Those who are told now. `changed`: the position of the last change of the webhook itself."""

OWNED = "select count(*) as registered from read.webhook where owner = $1 and removed_at is null"
"""How many somebody has now."""
