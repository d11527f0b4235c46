"""What an erasure can take: every text that somebody writes freely, of every event there is."""

import dataclasses
from collections.abc import Iterator
from typing import Any, get_args, get_type_hints

import msgspec
import pytest

from domain.personal import ERASED, PERSONAL, remains_of
from domain.registry import EVENTS
from service.store.codec import decode
from tests.domain.golden_events import GOLDEN

# Texts by their names that are no free writing, or that an erasure must leave: what things are called and by
# what code, what a scheme says, documents, places and outlets, digests, and the record of erasures itself.
KEPT = frozenset(
    [
        "actor",
        "agency",
        "assumed",
        "ballots",
        "batch",
        "campaigns.name",
        "cards.level",
        "code",
        "commitment",
        "component",
        "confirmed_by",
        "decided_by",
        "decision.decided_by",
        "decision.legal_basis",
        "drawn.key",
        "edition",
        "effective_from",
        "frozen_by",
        "abandoned_by",
        "goal",
        "grade",
        "indicator",
        "issuers",
        "keyed_by",
        "kind",
        "level",
        "name",
        "number",
        "ordered_by",
        "outlet",
        "period",
        "place",
        "post",
        "previous",
        "recipient",
        "repeated",
        "secret",
        "seeds",
        "sha256",
        "sources",
        "span",
        "suite",
        "theme",
        "topics",
        "unit",
        "url",
        "channel",
        "owner",
        "subject",
        "what",
        "role",
    ]
)
# Heads of what is left whole: a document, an office, an effect, a scheme, figures.
KEPT_HEADS = frozenset(
    [
        "agenda",
        "content",
        "decision",
        "document",
        "effect",
        "entries",
        "ground",
        "grades",
        "histogram",
        "indicators",
        "inputs",
        "keys",
        "milestones",
        "office",
        "remains",
        "rule",
        "scale",
        "scheme",
        "sources",
        "standings",
        "units",
        "values",
        "ballots",
        "drawn",
    ]
)
KEPT_ALONE = frozenset(
    {
        # A task, a campaign, a course, a meeting: what it is called is public.
        "task.listed:title",
        "training_course.scheduled:title",
        "meeting.scheduled:title",
        "rating.rating_opened:title",
        "scheme.adopted:title",
        "scheme.amended:title",
        "notice.issued:title",
        "notice.reissued:title",
        # "Neither the ground nor the document's title may repeat what is to go: they stay."
        "erasure.ordered:ground",
        # Of these nothing goes: boxes and draws are checked from them.
        "rating.rater_struck:reason",
        "meeting.draw_abandoned:grounds",
        # Made of what the ledger says, not written.
        *(
            f"monthly_report.generated:contents.{path}"
            for path in [
                "group",
                "period",
                "total.name",
                "campaigns.name",
                "units.name",
                "furthest_behind.code",
                "furthest_behind.title",
                "furthest_behind.unit",
                "due_next.code",
                "due_next.title",
                "due_next.unit",
                "cards.level",
                "problems_open.code",
                "problems_open.unit",
                "findings.kind",
                "findings.unit",
            ]
        ),
    }
)


def texts(kind: Any, within: str = "") -> Iterator[str]:
    """The fields that hold text, those of what an event holds too."""
    hints = get_type_hints(kind)
    for field in dataclasses.fields(kind):
        if not within and field.name.startswith("originator_"):
            continue
        arguments = [a for a in get_args(hints[field.name]) if a not in (..., type(None))]
        of = arguments[0] if arguments else hints[field.name]
        if of is str:
            yield f"{within}{field.name}"
        elif dataclasses.is_dataclass(of):
            yield from texts(of, f"{within}{field.name}.")


@pytest.mark.parametrize("topic", sorted(EVENTS))
def test_whatever_is_written_freely_can_be_erased(topic: str) -> None:
    taken = PERSONAL.get(topic, ())
    for path in texts(EVENTS[topic]):
        head = path.partition(".")[0]
        kept = path in KEPT or (head in KEPT_HEADS and "." in path) or f"{topic}:{path}" in KEPT_ALONE
        assert kept or path in taken or head in taken, f"{topic} {path}: is it free writing?"


@pytest.mark.parametrize("topic", sorted(PERSONAL))
def test_what_is_left_is_a_fact_of_the_same_kind_without_a_word_of_it(topic: str) -> None:
    whole = msgspec.json.decode(msgspec.json.encode(GOLDEN[topic]))
    left = remains_of(topic, whole)
    assert type(decode(topic, msgspec.json.encode(left))) is EVENTS[topic]
    for path in PERSONAL[topic]:
        assert path in texts(EVENTS[topic]) or path == "evidence", path
        assert set(_at(left, path)) <= {ERASED, ""}
    others = set(texts(EVENTS[topic])) - set(PERSONAL[topic])
    for path in others:
        if path.partition(".")[0] != "evidence":
            assert list(_at(left, path)) == list(_at(whole, path))


def _at(value: Any, path: str) -> Iterator[Any]:
    """The texts at a path: one, or those of each of several."""
    name, _, rest = path.partition(".")
    if isinstance(value, list):
        for each in value:
            yield from _at(each, path)
    elif value is not None:
        found = value[name]
        if rest:
            yield from _at(found, rest)
        elif isinstance(found, list):
            yield from found
        elif found is not None:
            yield found
