"""Histories told from the log: an aggregate before and after each of its events, and what is different.

What is compared is all that the rules know of a thing, as JSON; the names are those of the domain.
"""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

import orjson

from service.store.codec import decode
from service.store.erasures import erased_among
from service.store.recorder import Recorded, Recorder

NAMED_CHANGES = 3
"""So many changes are told in a step's sentence; the others are counted."""


@dataclass(frozen=True)
class Change:
    """`before` or `after` is None where the value was not there."""

    path: str
    before: Any
    after: Any


@dataclass(frozen=True)
class Step:
    recorded: Recorded
    erased: bool
    before: Any
    after: Any
    changes: tuple[Change, ...]

    @property
    def en(self) -> str:
        told = self._told(" → ", "; ", " and {} more")
        return f"{self.recorded.actor}: {self.recorded.topic}{': ' if told else ''}{told}"

    @property
    def zh(self) -> str:
        told = self._told("→", "；", "，另有{}项")
        return f"{self.recorded.actor}：{self.recorded.topic}{'：' if told else ''}{told}"

    def _told(self, arrow: str, between: str, more: str) -> str:
        begun = self.before is None
        named = between.join(
            f"{c.path} {'' if begun else _short(c.before) + arrow}{_short(c.after)}"
            for c in self.changes[:NAMED_CHANGES]
        )
        others = len(self.changes) - NAMED_CHANGES
        return named + (more.format(others) if others > 0 else "")


@dataclass(frozen=True)
class Story:
    """`version` is the last one of the stream, whichever steps are told."""

    kind: str
    version: int
    steps: tuple[Step, ...]


async def story(recorder: Recorder, stream: UUID, after: int | None, most: int) -> Story | None:
    """At most so many steps behind a version; None where there is no such stream."""
    recorded = await recorder.select_stream(stream)
    if not recorded:
        return None
    start = sum(r.originator_version <= after for r in recorded) if after is not None else 0
    shown = recorded[start : start + most]
    erased = await erased_among(recorder.database, [r.id for r in shown])
    aggregate = _told(recorded[:start])
    steps, before = [], described(aggregate)
    for r in shown:
        aggregate = decode(r.topic, r.state).mutate(aggregate)
        now = described(aggregate)
        # At its first step everything of it is new, one by one.
        different = tuple(changes({} if before is None else before, now))
        steps.append(Step(r, r.id in erased, before, now, different))
        before = now
    kind = recorded[0].topic.partition(".")[0]
    return Story(kind, recorded[-1].originator_version, tuple(steps))


async def compared(recorder: Recorder, stream: UUID, from_: int, to: int) -> list[Change] | None:
    """What differs between two versions of a stream; None where there is no such stream."""
    recorded = await recorder.select_stream(stream, max(from_, to))
    if not recorded:
        return None
    older, newer = ([r for r in recorded if r.originator_version <= version] for version in (from_, to))
    return list(changes(described(_told(older)) or {}, described(_told(newer)) or {}))


def _told(recorded: Sequence[Recorded]) -> Any:
    aggregate: Any = None
    for r in recorded:
        aggregate = decode(r.topic, r.state).mutate(aggregate)
    return aggregate


# -- a thing as JSON


def described(value: Any) -> Any:
    """A value of the domain as JSON; None for an aggregate that is not there."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, str | UUID | Decimal | date):
        return value.isoformat() if isinstance(value, date) else str(value)
    if isinstance(value, Mapping):
        return {str(described(key)): described(item) for key, item in value.items()}
    if isinstance(value, set | frozenset):
        return sorted((described(item) for item in value), key=str)
    if isinstance(value, list | tuple):
        return [described(item) for item in value]
    if dataclasses.is_dataclass(value):
        return {f.name: described(getattr(value, f.name)) for f in dataclasses.fields(value)}
    return {name: described(item) for name, item in vars(value).items() if not name.startswith("_")}


def changes(before: Any, after: Any, path: str = "") -> Iterator[Change]:
    """Every value that differs, by its path; a list is compared place by place."""
    if isinstance(before, dict) and isinstance(after, dict):
        for name in dict.fromkeys((*before, *after)):
            yield from changes(before.get(name), after.get(name), f"{path}.{name}" if path else name)
    elif isinstance(before, list) and isinstance(after, list):
        for place in range(max(len(before), len(after))):
            old, new = (items[place] if place < len(items) else None for items in (before, after))
            yield from changes(old, new, f"{path}.{place}" if path else str(place))
    elif before != after:
        yield Change(path, before, after)


def _short(value: Any) -> str:
    text = "–" if value is None else value if isinstance(value, str) else orjson.dumps(value).decode()
    return text if len(text) <= 60 else f"{text[:60]}…"
