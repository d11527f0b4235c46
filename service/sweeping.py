"""One day's sweep, decided and recorded together: what `sweepDay` and `duban daily` do.

The ledger is read as of the day's end, cards and urges as they stand; what follows is the domain's
(`domain.supervision.sweep`). Only the cards that move are loaded from their streams.
"""

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from datetime import date
from typing import Any
from uuid import UUID

from domain import identifiers
from domain.refusal import require
from domain.supervision.card_scheme import Scheme
from domain.supervision.cards import Cards, CardStanding, Move, next_step
from domain.supervision.sweep import Sweep, Tally, TaskOnDay, figures, urges_due
from domain.supervision.urge import Urge
from projections.supervision.cards import STANDINGS, URGED
from projections.supervision.sweeps import LAST_SWEPT, TASKS_ON_DAY
from service.desk import Desk
from service.store.as_of import POSITION_OF_DATE
from service.tables.asked import ReadTables

_NO_CARD = CardStanding()
_ENDED = f"select {POSITION_OF_DATE.format(v='$1::date')}"
_ARRAYS = [place for place, field in enumerate(fields(TaskOnDay)) if "tuple" in str(field.type)]
# Streams are read so many at a time.
_STREAMS_AT_ONCE = 500

_TALLIED = {Move.RAISE: "raised", Move.ESCALATE: "escalated", Move.REPEAT: "repeated", Move.LIFT: "lifted"}


async def conduct(desk: Desk, day: date, edition: int, scheme: Scheme) -> None:
    """Sweep the day. Refused for a day to come, one that is swept, and one before a day that is."""
    require(day <= desk.at.date(), "supervision.not_yet", field="day")
    known = await desk.streams.find(Sweep, identifiers.sweep_id(day))
    require(known is None, "sweep.conducted", field="day", on=day)
    recorded, tables = await desk.settled()
    for row in await tables.rows(LAST_SWEPT):
        require(row["swept_on"] < day, "sweep.out_of_order", field="day", last=row["swept_on"])
    (ended,) = await tables.rows(_ENDED, day)
    position = min(recorded, ended[0])
    tasks = await tasks_on_day(tables, position)
    tally = await _judged(desk, tables, tasks, day, edition, scheme)
    tally = replace(tally, urged=await _urged(desk, tables, tasks, day, edition, scheme))
    desk.add(Sweep.conduct(day, position, edition, tally, desk.at))


async def tasks_on_day(tables: ReadTables, position: int) -> list[TaskOnDay]:
    """Every task as the ledger showed it at the position."""
    return [_task(row) for row in await tables.rows(TASKS_ON_DAY, position)]


def _task(row: Sequence[Any]) -> TaskOnDay:
    """A row of TASKS_ON_DAY, whose arrays come as lists."""
    values = list(row)
    for place in _ARRAYS:
        values[place] = tuple(values[place])
    return TaskOnDay(*values)


async def _judged(
    desk: Desk, tables: ReadTables, tasks: Sequence[TaskOnDay], day: date, edition: int, scheme: Scheme
) -> Tally:
    """Move the cards that the day's figures move."""
    standings = await _standings(tables)
    moving = []
    for task in tasks:
        standing = standings.get(task.id, _NO_CARD)
        told = figures(task, scheme, day) if task.in_progress else None
        if next_step(scheme, standing, told, task.key_task, day) is not None:
            moving.append((task, told))
    counts = dict.fromkeys(("raised", "escalated", "repeated", "lifted", "interviews"), 0)
    for start in range(0, len(moving), _STREAMS_AT_ONCE):
        some = moving[start : start + _STREAMS_AT_ONCE]
        known = await desk.streams.find_all(Cards, [identifiers.cards_id(task.id) for task, _ in some])
        for task, told in some:
            cards = known.get(identifiers.cards_id(task.id)) or Cards.open(task.id, desk.at)
            step = cards.sweep(edition, scheme, task.subject, told, day, desk.at)
            if step is not None:
                desk.add(cards)
                counts[_TALLIED[step.move]] += 1
                counts["interviews"] += step.interview
    return Tally(tasks=len(tasks), **counts)


async def _standings(tables: ReadTables) -> Mapping[UUID, CardStanding]:
    return {
        task: CardStanding(level, by_hand, shown_on, respite_until, dict(zip(levels, counts, strict=True)))
        for task, level, by_hand, shown_on, respite_until, levels, counts in await tables.rows(STANDINGS)
    }


async def _urged(
    desk: Desk, tables: ReadTables, tasks: Sequence[TaskOnDay], day: date, edition: int, scheme: Scheme
) -> int:
    known = {row["id"] for row in await tables.rows(URGED)}
    urges: list[Urge] = []
    for task in tasks:
        urges.extend(urges_due(task, scheme, edition, known, day, desk.at))
    for urge in urges:
        desk.add(urge)
    return len(urges)
