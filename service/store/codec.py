"""Events to bytes and back: msgspec's JSON, with every type checked on the way in.

Decimals are strings, dates and times ISO 8601, UUIDs in their usual form. The stored bytes are the exact
bytes that were hashed; nothing ever writes them again.

An old shape is brought up to date before it is decoded, by the library's convention: a class whose shape has
changed says `class_version = N`, the states of its events carry that number from version 2 on, and its static
methods `upcast_vM_vN(state)` change the raw dict of an older state in place, one version at a time.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

import msgspec
from eventsourcing.utils import TopicError, resolve_topic

import domain.registry  # noqa: F401 - makes every topic resolvable
from domain.aggregate import AnyEvent

_encode = msgspec.json.Encoder(decimal_format="string").encode


_VERSION = b',"class_version":'
# A state ends with its version, if it carries one.
_VERSION_REACH = len(_VERSION) + 8


class UnknownTopic(LookupError):
    """A topic that no event class has here."""


class UnknownVersion(LookupError):
    """A state of a later version than its class has here: it was written by newer code."""


def encode(event: AnyEvent) -> bytes:
    """The state to store."""
    ending = _ending(type(event))
    return _encode(event) if ending is None else _encode(event)[:-1] + ending


def decode(topic: str, state: bytes) -> AnyEvent:
    """The event in a stored state.

    UnknownTopic, UnknownVersion, or msgspec's ValidationError or DecodeError where the bytes do not fit.
    """
    return _decoder(topic)(state)


@cache
def _ending(kind: type[AnyEvent]) -> bytes | None:
    """How a state of the class ends, if it carries a version."""
    version: int = getattr(kind, "class_version", 1)
    return None if version == 1 else b',"class_version":%d}' % version


@cache
def _decoder(topic: str) -> Callable[[bytes], AnyEvent]:
    try:
        kind = resolve_topic(topic)
    except (TopicError, ValueError, TypeError) as error:
        raise UnknownTopic(topic) from error
    if not (isinstance(kind, type) and issubclass(kind, AnyEvent)):
        raise UnknownTopic(topic)
    decode_present = msgspec.json.Decoder(kind).decode
    ending = _ending(kind)

    def decode_any(state: bytes) -> AnyEvent:
        # Within a text the quotes would be escaped; so only a state that carries a version looks like this.
        if _VERSION in state[-_VERSION_REACH:]:
            if ending is None or not state.endswith(ending):
                state = _upcast(kind, state)
        elif ending is not None:
            state = _upcast(kind, state)
        return decode_present(state)

    return decode_any


def _upcast(kind: type[AnyEvent], state: bytes) -> bytes:
    """The state as the present version of its class would have been stored."""
    raw: dict[str, Any] = msgspec.json.decode(state)
    stored, present = raw.pop("class_version", 1), getattr(kind, "class_version", 1)
    if stored > present:
        raise UnknownVersion(f"{kind.__qualname__} is of version {present} here, the state of {stored}")
    for version in range(stored, present):
        getattr(kind, f"upcast_v{version}_v{version + 1}")(raw)
    return msgspec.json.encode(raw)
