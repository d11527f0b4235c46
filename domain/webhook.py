"""Webhooks (事件推送): where another system wants to be told of what the log records.

Rules: an endpoint is a web address and the topics it wants, none meaning all. An integrator has twenty at
most; the office, which registers for others, as many as it wants. Its secret is not here, and in no event: it
is derived from the service's own key and the number of the secret, so that a new number is a new secret. An
endpoint that was removed is told nothing more, and may be registered anew under another code.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Self

from eventsourcing.domain import event

from domain import identifiers
from domain.aggregate import Aggregate, Created, Event
from domain.documents import is_web_address
from domain.refusal import require, require_text

MOST_TOPICS = 100
MOST_OWN = 20


class Webhook(Aggregate):
    TOPIC = "webhook"

    # -- events

    class Registered(Created):
        TOPIC = "webhook.registered"
        code: str
        url: str
        topics: tuple[str, ...]
        # Who may manage it besides the office.
        owner: str

    class Changed(Event):
        TOPIC = "webhook.changed"
        url: str
        topics: tuple[str, ...]

    class SecretRotated(Event):
        TOPIC = "webhook.secret_rotated"
        secret_number: int

    class Removed(Event):
        TOPIC = "webhook.removed"
        reason: str

    # -- commands

    @classmethod
    def register(cls, code: str, url: str, topics: Sequence[str], owner: str, at: datetime) -> Self:
        return cls.create(
            cls.Registered,
            identifiers.webhook_id(code),
            at,
            code=code,
            url=_require_url(url),
            topics=_require_topics(topics),
            owner=owner,
        )

    def change(self, url: str, topics: Sequence[str], at: datetime) -> None:
        self._require_there()
        wanted = _require_url(url), _require_topics(topics)
        require(wanted != (self.url, self.topics), "webhook.unchanged", field="url")
        self.trigger(Webhook.Changed, at, url=wanted[0], topics=wanted[1])

    def rotate_secret(self, at: datetime) -> None:
        self._require_there()
        self.trigger(Webhook.SecretRotated, at, secret_number=self.secret_number + 1)

    def remove(self, reason: str, at: datetime) -> None:
        self._require_there()
        self.trigger(Webhook.Removed, at, reason=require_text(reason, "reason", most=1000))

    def _require_there(self) -> None:
        require(not self.removed, "webhook.removed", field="webhook")

    # -- how events change the state

    @event(Registered)
    def __init__(self, url: str, topics: tuple[str, ...], owner: str) -> None:
        self.url = url
        self.topics = topics
        self.owner = owner
        self.secret_number = 1
        self.removed = False

    @event(Changed)
    def _changed(self, url: str, topics: tuple[str, ...]) -> None:
        self.url = url
        self.topics = topics

    @event(SecretRotated)
    def _secret_rotated(self, secret_number: int) -> None:
        self.secret_number = secret_number

    @event(Removed)
    def _removed(self) -> None:
        self.removed = True


def require_room(registered: int) -> None:
    """Refuse one more to an integrator who has so many."""
    require(registered < MOST_OWN, "webhook.too_many", field="code", most=MOST_OWN)


def _require_url(url: str) -> str:
    require(is_web_address(url), "webhook.malformed_url", field="url")
    return url


def _require_topics(topics: Sequence[str]) -> tuple[str, ...]:
    require(len(topics) <= MOST_TOPICS, "webhook.too_many_topics", field="topics", most=MOST_TOPICS)
    require(len(set(topics)) == len(topics), "webhook.topic_twice", field="topics")
    return tuple(sorted(topics))
