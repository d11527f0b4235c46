"""What the peers read: views over our own read tables, so that the tables stay untouched.

A view is inlined by PostgreSQL, and an expression that nobody selects is not computed, so the views cost
nothing. They give the peers the ledger's figures of the day by the very expressions that we use.
"""

from __future__ import annotations

from projections.ledger import DAYS_OVERDUE, DEVIATION, EXPECTED, REPORTS_MISSING
from service.bench.history import TODAY as TODAY_OF_THE_BENCH

SCHEMA = "peer"
TODAY = f"date '{TODAY_OF_THE_BENCH}'"


def figure(expression: str) -> str:
    """An expression of the ledger over the row `t`, on the bench's date."""
    return expression.format(t="t", date=TODAY)


VIEWS = f"""
drop schema if exists {SCHEMA} cascade;
create schema {SCHEMA};
create view {SCHEMA}.unit as
  select t.id, t.code, t.name, t.category from read.unit t;
create view {SCHEMA}.campaign as
  select t.id, t.code, t.name, t.number from read.campaign t;
create view {SCHEMA}.task as
  select t.id, t.code, t.code_key, t.campaign_id, t.article, t.title, t.lead_unit_id, t.start_on, t.deadline,
    t.status, t.completion, t.report_count, t.last_period,
    {figure(EXPECTED)} as expected,
    {figure(DEVIATION)} as deviation,
    {figure(DAYS_OVERDUE)} as days_overdue,
    {figure(REPORTS_MISSING)} as reports_missing
  from read.task t;
create view {SCHEMA}.report as
  select t.id, t.task_id, t.period, t.month, t.status, t.completion, t.narrative, t.reported_at
  from read.report t;
"""
