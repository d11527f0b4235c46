"""Webhooks: an address, topics, a secret that changes by its number."""

from typing import Any

import pytest

from domain import identifiers
from domain.refusal import Refusal
from domain.webhook import MOST_OWN, MOST_TOPICS, Webhook, require_room
from tests.domain.examples import JUNE, MAY
from tests.domain.scenario import Command, given

URL = "https://hooks.example.org/duban"


def registered(url: str = URL, topics: tuple[str, ...] = ("task.listed",)) -> Command:
    return lambda _: Webhook.register("oa", url, topics, "integrator", MAY)


def removed(webhook: Webhook) -> None:
    webhook.remove("系统下线。", JUNE)


def rotated(webhook: Webhook) -> None:
    webhook.rotate_secret(JUNE)


def test_a_webhook_is_registered_under_the_identity_of_its_code() -> None:
    topics = ("task.published", "task.listed")
    outcome = given().when(registered(topics=topics))
    outcome.then(Webhook.Registered, url=URL, topics=("task.listed", "task.published"), owner="integrator")
    assert outcome.aggregate.id == identifiers.webhook_id("oa")


@pytest.mark.parametrize("url", ["", "ftp://a.org", "https://", "https://me:pass@a.org", "https://a.org/\\b"])
def test_an_address_is_a_web_address_without_a_password(url: str) -> None:
    given().when(registered(url)).then_refused("webhook.malformed_url", field="url")
    given(registered()).when(lambda w: w.change(url, (), JUNE)).then_refused(
        "webhook.malformed_url", field="url"
    )


@pytest.mark.parametrize(
    ("topics", "code"),
    [
        (("task.listed", "task.listed"), "webhook.topic_twice"),
        (tuple(f"t.{i}" for i in range(MOST_TOPICS + 1)), "webhook.too_many_topics"),
    ],
)
def test_topics_are_named_once_and_not_without_end(topics: tuple[str, ...], code: str) -> None:
    given().when(registered(topics=topics)).then_refused(code, field="topics")


def test_an_integrator_has_so_many_and_no_more() -> None:
    require_room(MOST_OWN - 1)
    with pytest.raises(Refusal) as refused:
        require_room(MOST_OWN)
    assert (refused.value.code, refused.value.field) == ("webhook.too_many", "code")


def test_it_is_told_of_other_topics_elsewhere() -> None:
    given(registered()).when(lambda w: w.change(URL + "/2", (), JUNE)).then(
        Webhook.Changed, url=URL + "/2", topics=()
    )
    given(registered()).when(lambda w: w.change(URL, ("task.listed",), JUNE)).then_refused(
        "webhook.unchanged", field="url"
    )


def test_each_secret_has_the_next_number() -> None:
    given(registered(), rotated).when(rotated).then(Webhook.SecretRotated, secret_number=3)


@pytest.mark.parametrize("command", [removed, rotated, lambda w: w.change(URL, (), JUNE)])
def test_what_was_removed_stays_so(command: Any) -> None:
    given(registered()).when(removed).then(Webhook.Removed, reason="系统下线。")
    given(registered(), removed).when(command).then_refused("webhook.removed", field="webhook")


def test_a_reason_is_needed() -> None:
    given(registered()).when(lambda w: w.remove(" ", JUNE)).then_refused("text.empty", field="reason")
