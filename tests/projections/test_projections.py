"""The projections against the aggregates: whatever has happened, they show what the aggregates know."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Struct

from domain.indicator import completion, overall
from domain.period import month_number
from domain.progress_report import ReportStatus
from domain.registry import EVENTS
from domain.task import Task
from projections import PROJECTIONS
from projections.directory import DIRECTORY
from projections.fold import Folding
from projections.ledger import LEDGER, TaskRow, code_key
from projections.projection import FOREVER, Projection
from projections.reports import REPORTS, ReportRow, ReportStepRow
from tests.projections.histories import City, facts_of

CITIES = st.builds(lambda seed, steps: City(seed).live(steps), st.integers(0, 10**6), st.integers(0, 120))


def shown(projection: Projection, city: City) -> dict[str, list[Any]]:
    """The rows of each table after the city's whole history."""
    folding = Folding(projection, complete=True)
    folding.fold(facts_of(city.events))
    rows: dict[str, list[Any]] = {table.name: [] for table in projection.tables}
    for changes in folding.drain():
        rows[changes.table.name] = [row for row, *_ in changes.new]
    return rows


@pytest.mark.parametrize("projection", PROJECTIONS, ids=lambda p: p.name)
def test_every_event_is_handled_or_ignored(projection: Projection) -> None:
    assert set(projection.by_topic) == set(EVENTS)


def test_names_of_projections_and_tables_are_their_own() -> None:
    names = [projection.name for projection in PROJECTIONS]
    tables = [table.name for projection in PROJECTIONS for table in projection.tables]
    assert len(set(names)) == len(names)
    assert len(set(tables)) == len(tables)
    assert "checkpoint" not in tables


@settings(max_examples=60, deadline=None)
@given(CITIES)
def test_the_ledger_shows_what_the_tasks_know(city: City) -> None:
    rows = {row.terms.id: row for row in shown(LEDGER, city)["task"]}
    assert set(rows) == {task.id for task in city.tasks}
    for task in city.tasks:
        assert_like(rows[task.id], task)


def assert_like(row: TaskRow, task: Task) -> None:
    standing = {
        report_id: report
        for report_id, report in task.reports.by_id.items()
        if report.status is not ReportStatus.WITHDRAWN
    }
    by_period = sorted(standing.items(), key=lambda item: item[1].period)
    latest = task.reports.latest()
    figures = [completion(i, latest.get(i.code, (None, None))[0]).figure for i in task.indicators]
    assert (row.terms.code, row.terms.campaign_id, row.terms.title) == (
        task.code,
        task.campaign_id,
        task.title,
    )
    assert (row.terms.lead_unit_id, row.terms.supporting_unit_ids) == (
        task.lead_unit_id,
        task.supporting_unit_ids,
    )
    assert (row.terms.start_on, row.terms.deadline) == (task.start, task.deadline)
    assert [m.due for m in task.milestones] == list(row.terms.milestone_dates)
    assert [m.share for m in task.milestones] == list(row.terms.milestone_shares)
    assert row.terms.indicators_missing == sum(i.target is None for i in task.indicators)
    assert (row.status, row.delivered_on, row.published) == (task.status, task.delivered_on, task.published)
    assert row.completion == overall(task.indicators, figures)
    assert [i.target for i in row.indicators] == [i.target for i in task.indicators]
    assert [i.completion for i in row.indicators] == figures
    assert [(i.value, i.period) for i in row.indicators] == [
        latest.get(i.code, (None, None)) for i in task.indicators
    ]
    assert list(row.reported_months) == [month_number(report.period) for _, report in by_period]
    assert row.report_count == len(standing)
    last_id, last = by_period[-1] if by_period else (None, None)
    assert (row.last_report_id, row.last_period) == (last_id, last and last.period)


@settings(max_examples=60, deadline=None)
@given(CITIES)
def test_the_last_report_is_told_with_the_moment_it_was_made(city: City) -> None:
    made = {
        event.report_id: event.timestamp for event in city.events if isinstance(event, Task.ProgressReported)
    }
    for row in shown(LEDGER, city)["task"]:
        assert row.last_reported_at == (made[row.last_report_id] if row.last_report_id else None)


@settings(max_examples=40, deadline=None)
@given(CITIES)
def test_the_reports_show_what_the_tasks_know(city: City) -> None:
    rows = shown(REPORTS, city)
    reports: dict[Any, ReportRow] = {row.id: row for row in rows["report"]}
    steps: list[ReportStepRow] = rows["report_step"]
    known = {report_id: report for task in city.tasks for report_id, report in task.reports.by_id.items()}
    assert set(reports) == set(known)
    for report_id, report in known.items():
        row = reports[report_id]
        kinds = [step.kind for step in steps if step.report_id == report_id]
        assert (row.period, row.status, row.published) == (report.period, report.status, report.published)
        assert (row.values, row.narrative) == (report.content.values, report.content.narrative)
        assert (row.unit_id, row.evidence) == (report.unit_id, report.content.evidence)
        assert row.month == month_number(row.period)
        assert kinds[0] == "reported"
        assert row.revision == kinds.count("corrected")
        assert (row.group_id is not None) == bool({"verified", "disputed"} & set(kinds))


@settings(max_examples=40, deadline=None)
@given(CITIES)
def test_the_directory_shows_who_there_is(city: City) -> None:
    rows = shown(DIRECTORY, city)
    directory = city.directory
    assert {row.id: row.name for row in rows["unit"]} == {id: directory.units[id] for id in directory.units}
    assert {row.id for row in rows["official"]} == set(directory.officials)
    led = {row.id: row.leading_official_id for row in rows["unit"] if row.leading_official_id}
    assert led == {unit: post.official_id for unit, post in directory.leading.items()}
    assert {row.unit_id: row.id for row in rows["official"] if row.unit_id} == led
    posts = [*directory.past, *directory.leading.values()]
    for who, held in [(row.id, row.posts) for row in rows["official"]]:
        known = [(p.unit_id, p.post, p.since, p.until) for p in posts if p.official_id == who]
        assert [(p.unit, p.post, p.since, p.until) for p in held] == known
    for where, held in [(row.id, row.leading_posts) for row in rows["unit"]]:
        known = [(p.official_id, p.post, p.since, p.until) for p in posts if p.unit_id == where]
        assert [(p.official, p.post, p.since, p.until) for p in held] == known
    assert {row.id for row in rows["campaign"]} == {campaign.id for campaign in city.campaigns}
    for campaign in city.campaigns:
        members = [row for row in rows["task_force_member"] if row.campaign_id == campaign.id]
        members.sort(key=lambda row: row.ordinal)
        assert [(m.official_id, m.role) for m in members] == [
            (m.official_id, m.role) for m in campaign.task_force
        ]
    for group in city.groups:
        row = next(row for row in rows["supervision_group"] if row.id == group.id)
        assert (set(row.campaign_ids), set(row.unit_ids)) == (set(group.campaigns), set(group.units))


@settings(max_examples=30, deadline=None)
@given(CITIES, st.integers(1, 40))
def test_the_versions_tell_the_state_as_of_every_position(city: City, batch: int) -> None:
    facts = facts_of(city.events)
    folding = Folding(LEDGER, complete=True)
    stored: dict[Any, dict[int, tuple[Struct, int]]] = {}
    for start in range(0, len(facts), batch):
        folding.fold(facts[start : start + batch])
        for changes in folding.drain():
            for key, valid_from, valid_to in changes.closed:
                stored[key][valid_from] = stored[key][valid_from][0], valid_to
            for row, position, _, valid_to in changes.versions:
                stored.setdefault(row.terms.id, {})[position] = row, valid_to  # type: ignore[attr-defined]
    prefix = Folding(LEDGER, complete=True)
    state: dict[Any, Struct] = {}
    for fact in facts:
        prefix.fold([fact])
        for changes in prefix.drain():
            for row, *_ in (*changes.new, *changes.changed):
                state[row.terms.id] = row  # type: ignore[attr-defined]
        as_of = {
            key: row
            for key, versions in stored.items()
            for valid_from, (row, valid_to) in versions.items()
            if valid_from <= fact.position < valid_to
        }
        assert as_of == state
    assert all(max(to for _, to in versions.values()) == FOREVER for versions in stored.values())


def test_codes_sort_as_their_numbers_do() -> None:
    assert sorted(["10.2", "9.11", "10.10", "9.2"], key=code_key) == ["9.2", "9.11", "10.2", "10.10"]


def test_a_report_verified_as_it_was_made_keeps_no_version() -> None:
    city = City(5).live(150)
    folding = Folding(LEDGER, complete=True)
    folding.fold(facts_of(city.events))
    changed = {position for changes in folding.drain() for _, position, *_ in changes.versions}
    verified = {n for n, e in enumerate(city.events, 1) if isinstance(e, Task.ReportVerified)}
    assert verified - changed


def test_completion_is_that_right_after_the_report_or_its_correction() -> None:
    city = City(8).live(200)
    expected: dict[Any, Decimal | None] = {}
    for event in city.events:
        if isinstance(event, Task.ProgressReported | Task.ReportCorrected):
            expected[event.report_id] = event.completion
    assert {row.id: row.completion for row in shown(REPORTS, city)["report"]} == expected
