"""Events to bytes and back: msgspec's JSON, with every type checked on the way in.

An old shape is brought up to date before it is decoded, by the library's convention: a class with
`class_version = N` has static methods `upcast_vM_vM1(state: dict)`, and its stored states carry their
`class_version`; those without one are of version 1.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

import msgspec

from domain.aggregate import AnyEvent
from domain.registry import EVENTS

encode = msgspec.json.Encoder(decimal_format="string").encode


class UnknownTopic(LookupError):
    """A topic that no event class of this version has."""


def decode(topic: str, state: bytes) -> AnyEvent:
    """The event in a stored state; UnknownTopic, or msgspec.ValidationError where it does not fit its
    class."""
    return _decoder(topic)(state)


@cache
def _decoder(topic: str) -> Callable[[bytes], AnyEvent]:
    kind = EVENTS.get(topic)
    if kind is None:
        raise UnknownTopic(topic)
    plain = msgspec.json.Decoder(kind).decode
    current: int = getattr(kind, "class_version", 1)
    if current == 1:
        return plain

    def upcast(state: bytes) -> AnyEvent:
        raw: dict[str, Any] = msgspec.json.decode(state)
        for version in range(raw.get("class_version", 1), current):
            getattr(kind, f"upcast_v{version}_v{version + 1}")(raw)
        return msgspec.convert(raw, kind)

    return upcast
