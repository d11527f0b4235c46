"""What the ledger's SQL says of a day is exactly what the domain says: on PostgreSQL, over random tasks."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from domain.period import month_number, period_numbered, period_of
from domain.schedule import Milestone, days_overdue, deviation, expected, periods_missing
from projections.fold import Changes
from projections.ledger import (
    DAYS_OVERDUE,
    DEVIATION,
    EXPECTED,
    LEDGER,
    REPORTS_MISSING,
    TASK,
    TaskRow,
    Terms,
)
from service.store.database import Database
from service.tables.rows import own_connection, write_changes
from service.tables.schema import LIVE, open_read_schema

DAYS = st.dates(date(2018, 1, 1), date(2023, 12, 31))
SHARES = st.lists(st.integers(1, 1_000_000), max_size=5, unique=True).map(
    lambda numbers: [Decimal(n) / 1_000_000 for n in sorted(numbers)]
)
COMPLETIONS = st.none() | st.integers(0, 10_000).map(lambda n: Decimal(n) / 10_000)


@st.composite
def tasks(draw: st.DrawFn) -> TaskRow:
    start, length = draw(DAYS), draw(st.integers(1, 900))
    deadline = start + timedelta(days=length)
    shares = draw(SHARES)
    dues = sorted(draw(st.lists(st.integers(0, length), min_size=len(shares), max_size=len(shares))))
    milestones = tuple(
        Milestone("节点", start + timedelta(days=due), share) for due, share in zip(dues, shares, strict=True)
    )
    first = month_number(period_of(start))
    reported = draw(st.sets(st.integers(first, first + 40), max_size=12))
    delivered = draw(st.none() | st.integers(0, 1200).map(lambda days: start + timedelta(days=days)))
    terms = Terms(
        id=uuid4(),
        code="1",
        code_key="1",
        campaign_id=UUID(int=1),
        article=1,
        title="任务",
        note="",
        key_task=False,
        lead_unit_id=UUID(int=2),
        supporting_unit_ids=(),
        start_on=start,
        deadline=deadline,
        milestone_dates=tuple(m.due for m in milestones),
        milestone_shares=tuple(m.share for m in milestones),
        milestones=milestones,
        assumed=(),
        first_month=first,
        indicators_missing=0,
        listed_at=datetime(2020, 1, 1, tzinfo=UTC),
    )
    row = TaskRow(terms, "open", (), draw(COMPLETIONS))
    return replace(row, delivered_on=delivered, reported_months=tuple(sorted(reported)))


def of_domain(row: TaskRow, on: date) -> tuple[Decimal | None, Decimal | None, int, int]:
    terms = row.terms
    due = expected(terms.start_on, terms.deadline, terms.milestones, on).figure
    assert due is not None
    reported = [period_numbered(month) for month in row.reported_months]
    return (
        due,
        deviation(row.completion, due),
        days_overdue(terms.deadline, row.delivered_on, on),
        len(periods_missing(terms.start_on, row.delivered_on, reported, on)),
    )


def sql(date_of: str) -> str:
    figures = (EXPECTED, DEVIATION, DAYS_OVERDUE, REPORTS_MISSING)
    return ", ".join(figure.format(t="t", date=date_of) for figure in figures)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(tasks(), min_size=1, max_size=15), st.lists(DAYS, min_size=1, max_size=10))
async def test_the_figures_are_those_of_the_domain(
    database: Database, rows: list[TaskRow], days: list[date]
) -> None:
    days = [*days, *(day for row in rows for day in edges(row))]
    async with own_connection(database) as connection:
        await open_read_schema(connection, [LEDGER])
        transaction = connection.transaction()
        await transaction.start()
        moment = datetime(2020, 1, 1, tzinfo=UTC)
        await write_changes(connection, LIVE, Changes(TASK, new=[(row, 1, moment) for row in rows]))
        found = await connection.fetch(
            f"select t.id, d.day, {sql('d.day')} from read.task t cross join unnest($1::date[]) d(day)", days
        )
        await transaction.rollback()
    by_id = {row.terms.id: row for row in rows}
    assert len(found) == len(rows) * len(days)
    for id, day, *figures in found:
        exact = of_domain(by_id[id], day)
        assert tuple(figures) == exact
        assert [str(f) for f in figures[:2]] == [str(f) for f in exact[:2]], "as many digits as the domain's"


def edges(row: TaskRow) -> list[date]:
    """The days around which something changes."""
    turning = [row.terms.start_on, row.terms.deadline, *row.terms.milestone_dates]
    return [day + timedelta(days=n) for day in turning for n in (-1, 0, 1)]


async def test_the_figures_take_a_parameter_and_read_versions(database: Database) -> None:
    async with own_connection(database) as connection:
        await open_read_schema(connection, [LEDGER])
        for table in ("task", "task_version"):
            prepared = await connection.prepare(f"select {sql('$1::date')} from read.{table} t")
            assert await prepared.fetch(date(2020, 5, 1)) == []
            assert [a.type.name for a in prepared.get_attributes()] == ["numeric", "numeric", "int4", "int4"]


@pytest.mark.parametrize(
    ("statement", "index"),
    [
        (
            "select * from read.task_version where campaign_id = $1 and valid_from <= 50 and 50 < valid_to",
            "task_version_campaign_id_valid_to_valid_from_idx",
        ),
        (
            "select * from read.task_version where id = $1 and valid_from <= 50 and 50 < valid_to",
            "task_version_pkey",
        ),
        (
            "select * from read.task where campaign_id = $1 order by code_key, id limit 50",
            "task_campaign_id_code_key_id_idx",
        ),
        ("select * from read.task where supporting_unit_ids @> array[$1]", "task_supporting_unit_ids_idx"),
        (
            "select * from read.report where task_id = $1 order by month desc, id desc limit 10",
            "report_task_id_month_id_idx",
        ),
        ("select * from read.report_step where report_id = $1 order by position", "report_step_pkey"),
        (
            "select * from read.task_force_member where campaign_id = $1 order by ordinal",
            "task_force_member_pkey",
        ),
    ],
)
async def test_reads_are_index_scans(database: Database, statement: str, index: str) -> None:
    from projections import PROJECTIONS

    async with own_connection(database) as connection:
        await open_read_schema(connection, PROJECTIONS)
        await connection.execute("set enable_seqscan = off; set enable_sort = off")
        plan = await explained(connection, statement.replace("$1", f"'{UUID(int=1)}'::uuid"))
    assert index in plan
    assert "Sort" not in plan


async def explained(connection: asyncpg.Connection, statement: str) -> str:
    return "\n".join(row[0] for row in await connection.fetch(f"explain {statement}"))
