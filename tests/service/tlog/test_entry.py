"""The leaf's bytes against PyPI's `rfc8785`, which nobody here wrote."""

import base64
import hashlib
import json
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from service.tlog.entry import (
    ENTRY_BYTES_LIMIT,
    TEXT_CHARACTERS_LIMIT,
    Entry,
    digest,
    moment,
)
from service.tlog.merkle import leaf

AT = "2020-05-31T01:02:03.000456Z"


def entry(
    actor: str = "office", topic: str = "task.listed", position: int = 1, causation: int | None = None
) -> Entry:
    return Entry(actor, causation, UUID(int=1), position, AT, bytes(32), UUID(int=2), 3, topic)


def test_the_entry_reads_as_the_protocol_says() -> None:
    assert json.loads(entry().encode()) == {
        "actor": "office",
        "causation": None,
        "correlation": "00000000-0000-0000-0000-000000000001",
        "position": 1,
        "recordedAt": AT,
        "stateDigest": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "streamId": "00000000-0000-0000-0000-000000000002",
        "streamVersion": 3,
        "topic": "task.listed",
    }


@pytest.mark.parametrize(
    "text",
    [
        "督办 · 潍坊",
        "\x01\x1f\x7f\x80\x9f",
        '\b\t\n\f\r"\\/',
        "\u2028\u2029\ufeff\uffff",
        "\U0001f9fe\U0010ffff",
        "é e\u0301 \ud7ff\ue000",
        "</script>&amp;'",
        "{}[]:,",
    ],
)
def test_odd_text_is_written_canonically(text: str) -> None:
    written = entry(actor=text, topic=text).encode()
    assert written == rfc8785.dumps(json.loads(written))
    assert json.loads(written)["actor"] == text


@given(
    actor=st.text(st.characters(codec="utf-8")),
    topic=st.text(st.characters(codec="utf-8")),
    position=st.integers(1, 2**53 - 1),
    causation=st.none() | st.integers(1, 2**53 - 1),
)
def test_every_entry_is_written_canonically(
    actor: str, topic: str, position: int, causation: int | None
) -> None:
    written = entry(actor, topic, position, causation).encode()
    assert written == rfc8785.dumps(json.loads(written))


def test_the_longest_entry_fits_a_tile() -> None:
    longest = "\x01" * TEXT_CHARACTERS_LIMIT
    assert len(entry(longest, longest, 2**63 - 1, 2**63 - 2).encode()) < ENTRY_BYTES_LIMIT


def test_the_leaf_is_the_hash_of_the_bytes() -> None:
    assert entry().leaf_hash() == leaf(entry().encode())


def test_the_digest_is_of_salt_and_state() -> None:
    salt, state = bytes(range(16)), "状态".encode()
    sealed = digest(salt, state)
    assert sealed == hashlib.sha256(salt + state).digest()
    written = Entry("a", None, UUID(int=1), 1, AT, sealed, UUID(int=2), 1, "t").encode()
    assert base64.b64decode(json.loads(written)["stateDigest"]) == sealed


@pytest.mark.parametrize(
    ("at", "text"),
    [
        (datetime(2020, 5, 31, 1, 2, 3, 456, tzinfo=UTC), AT),
        (datetime(2020, 5, 31, 9, 2, 3, 456, tzinfo=timezone(timedelta(hours=8))), AT),
        (datetime(2020, 5, 31, tzinfo=UTC), "2020-05-31T00:00:00.000000Z"),
    ],
)
def test_a_moment_is_written_in_utc_with_microseconds(at: datetime, text: str) -> None:
    assert moment(at) == text
