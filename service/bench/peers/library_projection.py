"""The library's own projection as a peer: `eventsourcing`'s ProjectionRunner, with a PostgreSQL view.

The view has a ledger and its reports, which is less than ours keep (no versions, no history of a report), and
follows the same events in the same mix: a task listed and published, its reports made and verified. The
events carry the same facts in the library's own JSON.
"""

from collections.abc import Iterator
from dataclasses import fields
from datetime import date
from decimal import Decimal
from time import perf_counter
from typing import Any
from uuid import UUID

import psycopg
from eventsourcing.application import Application
from eventsourcing.dispatch import singledispatchmethod
from eventsourcing.domain import Aggregate
from eventsourcing.persistence import Tracking
from eventsourcing.postgres import PostgresDatastore, PostgresTrackingRecorder
from eventsourcing.projection import Projection, ProjectionRunner
from psycopg.sql import SQL

from domain.task import Task
from service.bench import history
from service.bench.database import Database
from service.bench.peers.library_recorder import SCHEMA, fresh_schema

PATIENCE_S = 600.0
CHUNK = 100  # the recorder stands still on thousands of events in one call

CREATE_LEDGER = SQL("""create table if not exists library.ledger (
  id uuid primary key, code text not null, title text not null, campaign_id uuid not null,
  lead_unit_id uuid not null, deadline text not null, status text not null, published boolean not null,
  standings text not null, completion numeric, report_count integer not null, last_report_id uuid,
  last_period text, last_reported_at timestamptz, position bigint not null)""").format()
CREATE_REPORT = SQL("""create table if not exists library.report (
  id uuid primary key, task_id uuid not null, unit_id uuid not null, period text not null,
  status text not null, narrative text not null, completion numeric, group_id uuid, remark text,
  reported_at timestamptz not null, position bigint not null)""").format()
INDEX_REPORT = SQL("create index if not exists report_task on library.report (task_id, period)").format()
LIST = """insert into library.ledger values (%s, %s, %s, %s, %s, %s, 'open', false, %s, %s, 0,
  null, null, null, %s)"""
PUBLISH = "update library.ledger set published = true, position = %s where id = %s"
REPORT = "insert into library.report values (%s, %s, %s, %s, 'submitted', %s, %s, null, null, %s, %s)"
REPORTED = """update library.ledger set standings = %s, completion = %s, report_count = report_count + 1,
  last_report_id = %s, last_period = %s, last_reported_at = %s, position = %s where id = %s"""
VERIFY = (
    "update library.report set status = 'verified', group_id = %s, remark = %s, position = %s where id = %s"
)
VERIFIED = "update library.ledger set standings = %s, completion = %s, position = %s where id = %s"


class LibraryTask(Aggregate):
    """The events of a task, as the library writes them."""

    class Listed(Aggregate.Event):
        code: str
        title: str
        campaign_id: UUID
        lead_unit_id: UUID
        deadline: str
        standings: str
        completion: Decimal | None

    class Published(Aggregate.Event):
        outlet: str

    class ProgressReported(Aggregate.Event):
        report_id: UUID
        period: str
        unit_id: UUID
        narrative: str
        standings: str
        completion: Decimal | None

    class ReportVerified(Aggregate.Event):
        report_id: UUID
        group_id: UUID
        remark: str
        standings: str
        completion: Decimal | None


AS_THE_LIBRARY_WRITES: dict[type, Any] = {
    Task.Listed: LibraryTask.Listed,
    Task.Published: LibraryTask.Published,
    Task.ProgressReported: LibraryTask.ProgressReported,
    Task.ReportVerified: LibraryTask.ReportVerified,
}


class Tasks(Application[UUID]):
    """The application that the events are recorded in."""


class LedgerView(PostgresTrackingRecorder):
    """The ledger and its reports, written together with the tracking."""

    def __init__(self, datastore: PostgresDatastore, **options: Any) -> None:
        super().__init__(datastore, **options)
        self.sql_create_statements += [CREATE_LEDGER, CREATE_REPORT, INDEX_REPORT]

    def write(self, tracking: Tracking, *statements: tuple[str, tuple[object, ...]]) -> None:
        """Run the statements and move the tracking, in one transaction."""
        with self.datastore.transaction(commit=True) as cursor:
            for statement, parameters in statements:
                cursor.execute(statement, parameters, prepare=True)
            self._insert_tracking(cursor, tracking)


class Ledger(Projection[LedgerView]):
    """One event, one transaction: what the library's projections do."""

    @singledispatchmethod
    def process_event(self, domain_event: Any, tracking: Tracking) -> None:
        raise TypeError(f"no such event here: {domain_event!r}")

    @process_event.register
    def _listed(self, event: LibraryTask.Listed, tracking: Tracking) -> None:
        task = (event.originator_id, event.code, event.title, event.campaign_id, event.lead_unit_id)
        figures = (event.deadline, event.standings, event.completion, tracking.notification_id)
        self.view.write(tracking, (LIST, task + figures))

    @process_event.register
    def _published(self, event: LibraryTask.Published, tracking: Tracking) -> None:
        self.view.write(tracking, (PUBLISH, (tracking.notification_id, event.originator_id)))

    @process_event.register
    def _reported(self, event: LibraryTask.ProgressReported, tracking: Tracking) -> None:
        position = tracking.notification_id
        report = (event.report_id, event.originator_id, event.unit_id, event.period, event.narrative)
        last = (event.report_id, event.period, event.timestamp, position, event.originator_id)
        self.view.write(
            tracking,
            (REPORT, (*report, event.completion, event.timestamp, position)),
            (REPORTED, (event.standings, event.completion, *last)),
        )

    @process_event.register
    def _verified(self, event: LibraryTask.ReportVerified, tracking: Tracking) -> None:
        position = tracking.notification_id
        self.view.write(
            tracking,
            (VERIFY, (event.group_id, event.remark, position, event.report_id)),
            (VERIFIED, (event.standings, event.completion, position, event.originator_id)),
        )


def followed_per_second(database: Database, events: int) -> float:
    """Events a second that a ProjectionRunner follows, over at least `events` of them."""
    fresh_schema(database)
    environment = {**database.eventsourcing, "POSTGRES_SCHEMA": SCHEMA}
    with Tasks(env=environment) as application:
        recorded = list(_some_tasks(events))
        stored = [application.mapper.to_stored_event(event) for event in recorded]
        for start in range(0, len(stored), CHUNK):
            application.recorder.insert_events(stored[start : start + CHUNK])
        last = application.recorder.max_notification_id()
    with psycopg.connect(database.dsn, autocommit=True) as connection:
        connection.execute(f"vacuum analyze {SCHEMA}.tasks_events")
    began = perf_counter()
    with ProjectionRunner(
        application_class=Tasks, projection_class=Ledger, view_class=LedgerView, env=environment
    ) as runner:
        runner.wait(last, timeout=PATIENCE_S)
        elapsed = perf_counter() - began
    return len(recorded) / elapsed


def _some_tasks(events: int) -> Iterator[Any]:
    """The events of as many tasks as have at least so many events."""
    for number in range(-(-events // history.EVENTS_OF_A_TASK)):
        for event in history.reported_task(0, number).collect_events():
            kind = AS_THE_LIBRARY_WRITES[type(event)]
            yield kind(**{field.name: _plain(getattr(event, field.name)) for field in fields(kind)})


def _plain(value: Any) -> Any:
    """A value that the library's JSON takes."""
    if isinstance(value, tuple):
        return "; ".join(f"{s.indicator} {s.value} {s.period} {s.completion}" for s in value)
    return value.isoformat() if type(value) is date else value
