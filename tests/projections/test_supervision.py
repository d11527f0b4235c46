"""The projections of supervision: the same rows in whatever batches, and as the aggregates have it."""

from typing import Any

import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from domain.aggregate import Event
from domain.supervision.cards import Cards
from domain.supervision.problem import Problem
from projections import SUPERVISION
from projections.fold import Folding
from projections.projection import Projection
from projections.supervision.cards import CARDS
from projections.supervision.problems import PROBLEMS
from tests.domain import examples as city
from tests.domain import supervised as x
from tests.domain.golden_events import histories
from tests.domain.scenario import Command, given
from tests.projections.histories import facts_of


def rows(projection: Projection, events: list[Event], batch: int) -> dict[str, dict[Any, Any]]:
    """The rows of each table by their key, folded and drained so many facts at a time."""
    folding = Folding(projection, complete=True)
    facts = facts_of(events)
    found: dict[str, dict[Any, Any]] = {table.name: {} for table in projection.tables}
    for start in range(0, len(facts), batch):
        folding.fold(facts[start : start + batch])
        for changes in folding.drain():
            name, key = changes.table.name, changes.table.key
            for row, position, _ in (*changes.new, *changes.changed):
                values = {**{f: getattr(row, f) for f in row.__struct_fields__}, "position": position}
                found[name][tuple(values[column] for column in key)] = row
    return found


EVENTS = [history.events for history in histories()]


@pytest.mark.parametrize("projection", SUPERVISION, ids=lambda p: p.name)
@settings(max_examples=25, deadline=None)
@drawn(order=st.permutations(range(len(EVENTS))), batch=st.integers(1, 12))
def test_batches_make_no_difference(projection: Projection, order: list[int], batch: int) -> None:
    seen: set[Any] = set()
    events = []
    for n in order:
        # Two histories may tell of one stream; the first of them is told.
        streams = {event.originator_id for event in EVENTS[n]}
        if not streams & seen:
            events += EVENTS[n]
            seen |= streams
    whole = rows(projection, events, len(events))
    assert rows(projection, events, batch) == whole
    assert any(whole.values())


STEPS: list[Command] = [
    x.swept(x.BEHIND),
    x.swept(x.FINE, 1),
    x.swept(x.BEHIND, 2),
    x.swept(x.FAR_BEHIND, 40),
    x.swept(x.FAR_BEHIND, 80),
    x.lifted(81),
    x.shown("yellow", 82),
    x.swept(x.FAR_BEHIND, 90),
]


# Yellow, lifted; then the second yellow, a red, an error.
IN_ERROR = [
    x.swept(x.BEHIND),
    x.lifted(1),
    x.swept(x.BEHIND, 32),
    x.lifted(33, mistaken=True),
    x.swept(x.BEHIND, 64),
    x.lifted(65, mistaken=True),
]


@pytest.mark.parametrize("steps", [STEPS, IN_ERROR], ids=["a life", "in error"])
@pytest.mark.parametrize("count", range(1, len(STEPS) + 1))
def test_a_standing_is_that_of_the_aggregate(steps: list[Command], count: int) -> None:
    history = given(x.cards_opened, *steps[:count])
    cards: Cards = history.aggregate
    (row,) = rows(CARDS, history.events, 3)["task_cards"].values()
    standing = cards.standing
    assert (row.level, row.by_hand, row.shown_on) == (standing.level, standing.by_hand, standing.shown_on)
    assert row.respite_until == standing.respite_until
    assert dict(zip(row.counted_levels, row.counts, strict=True)) == dict(standing.counts)
    assert (row.card_id, row.interview_due) == (cards.card_id, cards.interview_due)
    assert row.report_due == cards.report_due


def test_a_problem_stands_in_its_row_as_its_aggregate_has_it() -> None:
    def decided(problem: Problem) -> None:
        problem.decide(x.PROBLEM, "月底前解决。", None, city.DEADLINE, city.JUNE)

    def reassigned(problem: Problem) -> None:
        problem.assign(city.OTHER, "", city.JUNE)

    def given_to(unit: Any) -> Command:
        return lambda p: p.decide(x.PROBLEM, "另行交办。", unit, None, city.JUNE)

    assigned: list[Command] = [x.problem_listed(), decided, x.problem_assigned, x.measures_planned]
    life = [*assigned, given_to(city.LEAD), given_to(city.SUPPORT), reassigned]
    for n in range(1, len(life) + 1):
        history = given(*life[:n])
        (row,) = rows(PROBLEMS, history.events, 2)["problem"].values()
        told = row.unit_id, row.deadline, row.decided_deadline, row.status
        has: Problem = history.aggregate
        assert told == (has.unit_id, has.deadline, has.decided_deadline, has.status)
