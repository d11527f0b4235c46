"""What an event is found by: every id and every text in it, wherever it stands."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
import pytest

from domain.registry import EVENTS
from projections.audit import AUDIT_EVENT, UNSAID, EventRow
from projections.projection import Fact
from service.tables.facts import _decoder
from tests.domain.golden_events import GOLDEN


def walked(value: Any, kind: type, name: str = "") -> list[Any]:
    """The values of a kind, found by looking at what is there and not at what is declared."""
    if name in UNSAID:
        return []
    if type(value) is kind:
        return [value]
    if isinstance(value, tuple):
        return [found for item in value for found in walked(item, kind)]
    fields: Any = getattr(value, "__struct_fields__", ()) or getattr(value, "__dataclass_fields__", ())
    return [found for field in fields for found in walked(getattr(value, field), kind, field)]


@pytest.mark.parametrize("topic", sorted(EVENTS))
@pytest.mark.parametrize("as_struct", [True, False], ids=["as it is folded", "as it is"])
def test_all_that_an_event_names_and_says_is_found(topic: str, as_struct: bool) -> None:
    event = GOLDEN[topic]
    if as_struct:
        event = _decoder(topic)(msgspec.json.encode(event))
    moment = datetime(2020, 6, 1, tzinfo=UTC)
    fact: Any = Fact(event, topic, 7, moment, "office", UUID(int=1))
    row = AUDIT_EVENT.handlers[EVENTS[topic]].fold(fact)
    assert isinstance(row, EventRow)
    assert (row.topic, row.actor, row.correlation) == (topic, "office", UUID(int=1))
    assert set(row.subjects) == set(walked(event, UUID))
    assert len(row.subjects) == len(set(row.subjects))
    said = {text.lower() for text in walked(event, str) if text}
    assert set(row.text.split("\n")) - {""} == {line for text in said for line in text.split("\n")}


def test_a_stream_is_among_its_subjects() -> None:
    fact: Any = Fact(GOLDEN["task.accepted"], "task.accepted", 7, datetime(2020, 6, 1, tzinfo=UTC), "x")
    row = AUDIT_EVENT.handlers[EVENTS["task.accepted"]].fold(fact)
    assert GOLDEN["task.accepted"].originator_id in row.subjects
