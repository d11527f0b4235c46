"""Commands on webhooks."""

from uuid import UUID

from domain import identifiers
from domain.refusal import Refusal
from domain.registry import EVENTS
from domain.webhook import Webhook, require_room
from projections.webhooks import OWNED
from service.commands.command import Command, WebhookId, about, command, require_new
from service.desk import Desk
from service.errors import Forbidden
from service.identity import Reach

_WEBHOOK = "The webhook."
_URL = "Where messages are sent: a public https address."
_TOPICS = "The topics it is told of, such as `task.progress_reported`; none: all."


@command("registerWebhook")
class RegisterWebhook(Command):
    """Have another system told of what the log records from now on. 登记推送地址"""

    code: str = about("Short code, unique.")
    url: str = about(_URL)
    topics: tuple[str, ...] = about(_TOPICS, default=())

    async def handle(self, desk: Desk) -> None:
        identifiers.require_code(self.code)
        await require_new(desk, Webhook, self.subject())
        _require_topics(self.topics)
        if desk.reach is Reach.OWN:
            _, tables = await desk.settled()
            (owned,) = await tables.rows(OWNED, desk.viewer.actor)
            require_room(owned["registered"])
        webhook = Webhook.register(self.code, self.url, self.topics, desk.viewer.actor, desk.at)
        desk.require_target(self.url)
        desk.add(webhook)

    def subject(self) -> UUID:
        return identifiers.webhook_id(self.code)


class _OfWebhook(Command):
    webhook: WebhookId

    def subject(self) -> UUID:
        return self.webhook

    async def loaded(self, desk: Desk) -> Webhook:
        webhook = await desk.load(Webhook, self.webhook, "webhook")
        if desk.reach is Reach.OWN and webhook.owner != desk.viewer.actor:
            raise Forbidden("An integrator manages their own webhooks only.", field="webhook")
        return webhook


@command("changeWebhook")
class ChangeWebhook(_OfWebhook):
    """Send a webhook's messages elsewhere, or tell it of other topics. 调整推送"""

    webhook: WebhookId = about(_WEBHOOK)
    url: str = about(_URL)
    topics: tuple[str, ...] = about(_TOPICS, default=())

    async def handle(self, desk: Desk) -> None:
        webhook = await self.loaded(desk)
        _require_topics(self.topics)
        desk.require_target(self.url)
        webhook.change(self.url, self.topics, desk.at)


@command("rotateWebhookSecret")
class RotateWebhookSecret(_OfWebhook):
    """Sign a webhook's messages with a new secret from now on. 更换推送密钥"""

    webhook: WebhookId = about(_WEBHOOK)

    async def handle(self, desk: Desk) -> None:
        (await self.loaded(desk)).rotate_secret(desk.at)


@command("removeWebhook")
class RemoveWebhook(_OfWebhook):
    """Tell a webhook nothing more. 停用推送"""

    webhook: WebhookId = about(_WEBHOOK)
    reason: str = about("Why.")

    async def handle(self, desk: Desk) -> None:
        (await self.loaded(desk)).remove(self.reason, desk.at)


def _require_topics(topics: tuple[str, ...]) -> None:
    for i, topic in enumerate(topics):
        if topic not in EVENTS:
            raise Refusal("webhook.topic_unknown", field=f"topics.{i}", topic=topic[:100])
