"""Events as bytes: the types come back, old shapes are brought up to date, and nothing else is let in."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
import pytest
from eventsourcing import utils

from domain.aggregate import Event
from service.store.codec import UnknownTopic, UnknownVersion, decode, encode

AT = datetime(2020, 5, 31, 9, 30, tzinfo=ZoneInfo("Asia/Shanghai"))
SAME: dict[str, Any] = {"originator_id": UUID(int=1), "originator_version": 2, "timestamp": AT}


@dataclass(frozen=True)
class Measured(Event):
    """Of the third version: `figure` was `value` first, and had no day in the second."""

    TOPIC = "test.measured"
    class_version = 3
    figure: Decimal
    on: date
    note: str = ""

    @staticmethod
    def upcast_v1_v2(state: dict[str, Any]) -> None:
        state["figure"] = state.pop("value")

    @staticmethod
    def upcast_v2_v3(state: dict[str, Any]) -> None:
        state["on"] = state["timestamp"][:10]


@dataclass(frozen=True)
class Plain(Event):
    TOPIC = "test.plain"
    figure: Decimal
    ids: tuple[UUID, ...]
    on: date
    note: str = ""


for kind in (Measured, Plain):
    utils.get_topic(kind)


def test_the_types_come_back() -> None:
    event = Plain(**SAME, figure=Decimal("49.00"), ids=(UUID(int=7),), on=date(2020, 12, 31), note="进展顺利")
    state = encode(event)
    assert msgspec.json.decode(state) == {
        "originator_id": "00000000-0000-0000-0000-000000000001",
        "originator_version": 2,
        "timestamp": "2020-05-31T09:30:00+08:00",
        "figure": "49.00",
        "ids": ["00000000-0000-0000-0000-000000000007"],
        "on": "2020-12-31",
        "note": "进展顺利",
    }
    read = decode("test.plain", state)
    assert read == event
    assert isinstance(read, Plain)
    assert str(read.figure) == "49.00"
    assert read.timestamp.utcoffset() == AT.utcoffset()
    assert encode(read) == state


def test_the_library_finds_the_class_by_the_topic() -> None:
    assert utils.resolve_topic("task.listed").__qualname__ == "Task.Listed"
    with pytest.raises(msgspec.ValidationError):
        decode("task.listed", b"{}")


@pytest.mark.parametrize("topic", ["test.nothing", "os:system", "task", "domain.task:Task", "..x", "a b"])
def test_what_is_no_event_is_not_decoded(topic: str) -> None:
    with pytest.raises(UnknownTopic):
        decode(topic, b"{}")


@pytest.mark.parametrize(
    "state",
    [
        b"",
        b"state1",
        b"[]",
        b'{"originator_id": 7}',
        encode(Plain(**SAME, figure=Decimal(1), ids=(), on=date(2020, 1, 1))).replace(b'"1"', b"true"),
        encode(Plain(**SAME, figure=Decimal(1), ids=(), on=date(2020, 1, 1))).replace(
            b"2020-01-01", b"2020-02-30"
        ),
    ],
)
def test_bytes_that_do_not_fit_are_refused(state: bytes) -> None:
    with pytest.raises(msgspec.MsgspecError):
        decode("test.plain", state)


PRESENT = Measured(**SAME, figure=Decimal("1.5"), on=date(2020, 5, 31))
BARE = b'"originator_id":"00000000-0000-0000-0000-000000000001","originator_version":2,'
BARE += b'"timestamp":"2020-05-31T09:30:00+08:00"'


def test_a_present_state_carries_its_version_last() -> None:
    state = encode(PRESENT)
    assert state.endswith(b',"note":"","class_version":3}')
    assert decode("test.measured", state) == PRESENT


@pytest.mark.parametrize(
    "state",
    [
        b'{%b,"value":"1.5"}' % BARE,
        b'{"class_version":1,%b,"value":"1.5"}' % BARE,
        b'{%b,"figure":"1.5","class_version":2}' % BARE,
        b'{"class_version":2,%b,"figure":"1.5"}' % BARE,
    ],
)
def test_an_old_state_is_brought_up_to_date(state: bytes) -> None:
    assert decode("test.measured", state) == PRESENT


def test_text_that_looks_like_a_version_is_text() -> None:
    note = 'x","class_version":1}'
    event = Plain(**SAME, figure=Decimal(1), ids=(), on=date(2020, 1, 1), note=note)
    assert decode("test.plain", encode(event)) == event


def test_a_state_of_newer_code_is_not_guessed_at() -> None:
    with pytest.raises(UnknownVersion):
        decode("test.measured", encode(PRESENT).replace(b":3}", b":4}"))
    plain = encode(Plain(**SAME, figure=Decimal(1), ids=(), on=date(2020, 1, 1)))
    with pytest.raises(UnknownVersion):
        decode("test.plain", plain[:-1] + b',"class_version":2}')


def test_a_timestamp_keeps_its_offset() -> None:
    state = encode(
        Plain(**{**SAME, "timestamp": AT.astimezone(UTC)}, figure=Decimal(1), ids=(), on=AT.date())
    )
    assert b'"2020-05-31T01:30:00Z"' in state
    assert decode("test.plain", state).timestamp == AT
