"""The accountability record: whatever has happened and however it is read, it comes to what the rules say."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.aggregate import Event
from domain.assessment.accountability_case import AccountabilityCase, CaseStatus
from domain.assessment.commendation import Commendation
from projections.assessment.accountability import ACCOUNTABILITY, Entry
from projections.assessment.matters import CaseRow, CommendationRow
from projections.fold import Folding
from projections.projection import FOREVER, topic_of
from tests.projections.assessment.reckonings import OFFICIALS, UNITS, Reckoning, reckoned, shuffled
from tests.projections.histories import facts_of

RECKONINGS = st.builds(
    lambda seed, steps: Reckoning(seed).live(steps), st.integers(0, 10**6), st.integers(0, 160)
)
Versions = dict[UUID, dict[int, tuple[Entry, int]]]


def read(events: list[Event], batch: int = 10**6) -> tuple[dict[str, dict[UUID, Any]], Versions]:
    """The rows of each table by id, and the versions of the entries, read in batches of this size."""
    folding = Folding(ACCOUNTABILITY, complete=True)
    rows: dict[str, dict[UUID, Any]] = {table.name: {} for table in ACCOUNTABILITY.tables}
    versions: Versions = {}
    facts = facts_of(events)
    for start in range(0, len(facts), batch):
        folding.fold(facts[start : start + batch])
        for changes in folding.drain():
            written: list[Any] = [*changes.new, *changes.changed]
            for row, *_ in written:
                rows[changes.table.name][row.whose.id] = row
            if changes.table.name != "accountability_entry":
                continue
            for key, valid_from, valid_to in changes.closed:
                versions[key][valid_from] = versions[key][valid_from][0], valid_to  # type: ignore[index]
            for entry, position, _, valid_to in changes.versions:
                assert isinstance(entry, Entry)
                versions.setdefault(entry.whose.id, {})[position] = entry, valid_to
    return rows, versions


def as_of(versions: Versions, position: int) -> list[Entry]:
    return [
        row
        for by_start in versions.values()
        for valid_from, (row, valid_to) in by_start.items()
        if valid_from <= position < valid_to
    ]


def standing(entries: list[Entry], subject: UUID, day: date) -> tuple[Decimal, Decimal]:
    """Merits and demerits, as the SQL of the projection reckons them."""
    points = [
        e.points
        for e in entries
        if subject in (e.whose.unit_id, e.whose.official_id)
        and e.ended_position is None
        and e.in_force_from is not None
        and e.in_force_from <= day
        and (e.in_force_to is None or e.in_force_to >= day)
    ]
    return sum((p for p in points if p > 0), Decimal(0)), sum((p for p in points if p < 0), Decimal(0))


@settings(max_examples=60, deadline=None)
@given(RECKONINGS, st.integers(1, 30))
def test_rebuilt_is_followed(life: Reckoning, batch: int) -> None:
    rebuilt, _ = read(life.events)
    followed, versions = read(life.events, batch)
    assert rebuilt == followed
    assert {e.whose.id: e for e in as_of(versions, FOREVER - 1)} == rebuilt["accountability_entry"]


@settings(max_examples=60, deadline=None)
@given(RECKONINGS, st.integers(0, 400), st.data())
def test_the_record_comes_to_what_the_rules_say_at_every_position_and_day(
    life: Reckoning, days: int, data: st.DataObject
) -> None:
    _, versions = read(life.events, 7)
    for _ in range(20):
        position = data.draw(st.integers(0, len(life.events)))
        day = life.now.date() + timedelta(days=data.draw(st.integers(-days, days)))
        known = as_of(versions, position)
        for subject in (*UNITS, *OFFICIALS):
            expected = reckoned(life.events[:position], subject, day)
            assert standing(known, subject, day) == (expected.merits, expected.demerits)


@settings(max_examples=60, deadline=None)
@given(RECKONINGS, st.integers(0, 10**6))
def test_the_order_among_matters_changes_nothing_but_the_positions(life: Reckoning, seed: int) -> None:
    def without_positions(events: list[Event]) -> dict[UUID, tuple[Any, ...]]:
        rows, _ = read(events)
        return {
            id: (
                e.kind,
                e.at,
                e.text,
                e.points,
                e.in_force_from,
                e.in_force_to,
                e.ended_on,
                e.ended_by,
                e.published,
            )
            for id, e in rows["accountability_entry"].items()
        }

    assert without_positions(life.events) == without_positions(shuffled(life.events, seed))
    here, there = read(life.events)[0], read(shuffled(life.events, seed))[0]
    for table in ("commendation", "accountability_case"):
        assert here[table] == there[table]


@settings(max_examples=60, deadline=None)
@given(RECKONINGS)
def test_every_entry_leads_to_its_event_and_every_event_to_an_entry(life: Reckoning) -> None:
    rows, _ = read(life.events)
    entries = list(rows["accountability_entry"].values())
    published = (Commendation.Published, AccountabilityCase.PenaltyPublished)
    silent = {n for n, event in enumerate(life.events, 1) if isinstance(event, published)}
    assert sorted([*(e.event_position for e in entries), *silent]) == list(range(1, len(life.events) + 1))
    for entry in entries:
        event: Any = life.events[entry.event_position - 1]
        assert (event.originator_id, event.subject.id) == (
            entry.stream_id,
            entry.whose.unit_id or entry.whose.official_id,
        )
        effect = getattr(event, "effect", None)
        assert (entry.points, entry.edition) == ((effect.points, effect.edition) if effect else (0, None))
        if entry.ended_position is not None:
            ending: Any = life.events[entry.ended_position - 1]
            assert topic_of(type(ending)) in (
                "commendation.revoked",
                "accountability_case.appeal_decided",
                "accountability_case.penalty_lifted",
            )
            assert entry.whose.id in (getattr(ending, "award_id", None), getattr(ending, "penalty_id", None))


@settings(max_examples=60, deadline=None)
@given(RECKONINGS)
def test_each_matter_is_shown_as_its_aggregate_knows_it(life: Reckoning) -> None:
    rows, _ = read(life.events)
    for matter in life.matters:
        if isinstance(matter, Commendation):
            shown: CommendationRow = rows["commendation"][matter.id]
            assert (shown.code, shown.status, shown.award_id) == (matter.code, matter.status, matter.award_id)
            assert shown.published is matter.published
        else:
            case: CaseRow = rows["accountability_case"][matter.id]
            assert (case.code, case.status, case.published) == (matter.code, matter.status, matter.published)
            assert case.penalty_id == (matter.penalty.id if matter.penalty else None)
            assert (case.appeal == "pending") is matter.appeal_pending
            assert case.appealed_on == matter.lodged_on


def test_the_histories_have_all_that_can_happen() -> None:
    topics = {topic_of(type(event)) for seed in range(60) for event in Reckoning(seed).live(160).events}
    assert topics == {topic for topic, handlers in ACCOUNTABILITY.by_topic.items() if handlers} - {
        "scheme.adopted",
        "scheme.amended",
    }
    statuses = {m.status for seed in range(60) for m in Reckoning(seed).live(160).matters}
    assert set(CaseStatus) <= statuses
