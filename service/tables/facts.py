"""The log as the projections read it: decoded once for all of them."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, partial, reduce
from operator import or_
from types import GenericAlias, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints
from uuid import UUID

import msgspec

from domain.registry import EVENTS
from projections.fold import Folding
from projections.projection import FOREVER, AnyFact, Fact, Projection, Undecodable
from service.store import codec
from service.store.database import Database

log = logging.getLogger(__name__)

SELECT_FACTS = """
select position, topic, state, recorded_at, actor, correlation from log.fact
where position > $1 and position <= $2 order by position limit $3"""

# Whatever spreads the streams, alike for all who read on one server, will do.
SELECT_SHARE = """
select position, topic, state, recorded_at, actor, correlation from log.fact
where position > $1 and position <= $2 and topic <> all($3::text[])
    and (uuid_hash(stream_id) & 1073741823) % $4 = $5
order by position"""


class Share(msgspec.Struct, frozen=True):
    """The streams that one of several processes folds: `number` from 0, `of` so many."""

    number: int = 0
    of: int = 1


@dataclass(frozen=True)
class Stop:
    """The event that a projection could not fold, and why."""

    position: int
    topic: str
    error: str


Row = tuple[int, str, bytes, datetime, str, UUID]


def handled_topics(projections: Iterable[Projection]) -> frozenset[str]:
    """The topics that at least one of the projections takes; the others need not be decoded."""
    return frozenset(t for p in projections for t, handlers in p.by_topic.items() if handlers)


def ignored_topics(projections: Iterable[Projection]) -> list[str]:
    """The topics that every one of the projections ignores: they need not even be read."""
    ignored = [{t for t, handlers in p.by_topic.items() if not handlers} for p in projections]
    return sorted(set.intersection(*ignored))


async def read_log(database: Database, after: int, limit: int, stop: int = FOREVER) -> list[Row]:
    """The next events after a position, up to and with `stop`."""
    return await database.fetch(SELECT_FACTS, after, stop, limit)


async def read_share(
    database: Database, after: int, last: int, share: Share, ignored: Sequence[str]
) -> list[Row]:
    """The events behind `after` up to `last`, without those of other shares and of ignored topics."""
    return await database.fetch(SELECT_SHARE, after, last, ignored, share.of, share.number)


def facts_of(rows: Iterable[Row], handled: Collection[str]) -> list[AnyFact]:
    """The facts in a run of the log. One that cannot be decoded stops only those who take it."""
    facts: list[AnyFact] = []
    moment = datetime.min.replace(tzinfo=UTC)
    for position, topic, state, recorded_at, actor, correlation in rows:
        if recorded_at != moment:
            # What was recorded together has one and the same moment.
            moment = recorded_at
        event = None
        if topic in handled:
            try:
                event = _decoder(topic)(state)
            except (msgspec.MsgspecError, LookupError, TypeError, ValueError) as error:
                event = Undecodable(error)
        facts.append(Fact(event, topic, position, moment, actor, correlation))
    return facts


def fold_facts(folding: Folding, facts: Sequence[AnyFact]) -> Stop | None:
    """Fold the facts. When one cannot be folded: which, and why; the folding is then spoilt."""
    try:
        folding.fold(facts)
    except Exception as error:
        # A fold may fail in any way: it stops its projection, and nothing else.
        fact = facts[folding.folded]
        log.exception("%s stops at %s, position %s", folding.projection.name, fact.topic, fact.position)
        return Stop(fact.position, fact.topic, f"{type(error).__name__}: {error}")
    return None


@cache
def _decoder(topic: str) -> Callable[[bytes], Any]:
    """Decodes as the store's codec does, with all types checked, but into a struct with the event's fields:
    that takes half the time, and half the room."""
    event = EVENTS.get(topic)
    if event is None or getattr(event, "class_version", 1) != 1:
        return partial(codec.decode, topic)
    return msgspec.json.Decoder(_struct_like(event)).decode


@cache
def _struct_like(kind: Any) -> Any:
    """A type whose dataclasses, at any depth, are replaced by structs with the same fields."""
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        hints = get_type_hints(kind)
        fields = [
            (f.name, _struct_like(hints[f.name]), *([] if f.default is dataclasses.MISSING else [f.default]))
            for f in dataclasses.fields(kind)
        ]
        return msgspec.defstruct(kind.__name__, fields, frozen=True, gc=False)
    likes = tuple(a if a is ... else _struct_like(a) for a in get_args(kind))
    if get_origin(kind) is tuple:
        return GenericAlias(tuple, likes)
    return reduce(or_, likes) if get_origin(kind) in (Union, UnionType) else kind
