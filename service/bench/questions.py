"""The four reads of the bench, in the words of every server, and what their answers have in common.

Each server is asked in the form that it answers fastest with the same content; the answers are then read
into the same shape and compared, once a round.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeAlias
from uuid import UUID

import orjson

from service.bench import history

Variables: TypeAlias = dict[str, object]


class Dialect(StrEnum):
    """Whose GraphQL a document is in."""

    DUBAN = "duban"
    POSTGRAPHILE = "postgraphile"
    PLAIN = "plain"


@dataclass(frozen=True, slots=True)
class Bounds:
    """The ratios of throughput that the issue asks for: against PostGraphile at 16 and at 1 connections,
    and against plain Strawberry (at either)."""

    postgraphile_16: float
    postgraphile_1: float
    plain: float


@dataclass(frozen=True, slots=True)
class Question:
    """One read. `ids` are the keys that its variable takes one after the other, or none without a variable;
    `kind` is the prefix of our ids for them."""

    name: str
    title: str
    document: str
    postgraphile: str
    kind: str
    ids: Callable[[], Sequence[UUID]]
    bounds: Bounds

    def text(self, dialect: Dialect) -> str:
        return self.postgraphile if dialect is Dialect.POSTGRAPHILE else self.document

    def variables(self, dialect: Dialect) -> list[Variables]:
        """The variables of one request after the other; one empty set where there are none."""
        prefix = f"{self.kind}:" if dialect is Dialect.DUBAN else ""
        return [{"id": f"{prefix}{key}"} for key in self.ids()] or [{}]


def _no_ids() -> Sequence[UUID]:
    return ()


QUESTIONS = (
    Question(
        name="task",
        title="task by id with its last 10 reports",
        document="""query Task($id: ID!) { task(id: $id) {
  id code title status completion deadline leadUnit { id name }
  reports(first: 10) { nodes { id period status completion narrative reportedAt } } } }""",
        postgraphile="""query Task($id: UUID!) { task: taskByRowId(rowId: $id) {
  id: rowId code title status completion deadline leadUnit { id: rowId name }
  reports: reportsList(first: 10, orderBy: [MONTH_DESC, ROW_ID_DESC]) {
    id: rowId period status completion narrative reportedAt } } }""",
        kind="task",
        ids=history.task_ids,
        bounds=Bounds(postgraphile_16=1.4, postgraphile_1=1.2, plain=6),
    ),
    Question(
        name="tasks",
        title="first 50 tasks of a campaign with lead unit",
        document="""query Tasks($id: ID!) { tasks(filter: {campaign: $id}, first: 50) { nodes {
  id code title status completion deadline leadUnit { id name category } } } }""",
        postgraphile="""query Tasks($id: UUID!) {
  tasks: allTasksList(condition: {campaignId: $id}, first: 50, orderBy: [CODE_KEY_ASC, ROW_ID_ASC]) {
    id: rowId code title status completion deadline leadUnit { id: rowId name category } } }""",
        kind="campaign",
        ids=history.campaign_ids,
        bounds=Bounds(postgraphile_16=2.5, postgraphile_1=1.8, plain=12),
    ),
    Question(
        name="ledger",
        title="ledger of a campaign (60 rows with unit)",
        document="""query Ledger($id: ID!) { ledger(campaign: $id) { nodes {
  id code title status deadline completion expected deviation daysOverdue lastPeriod reportsMissing
  leadUnit { id name category } } } }""",
        postgraphile="""query Ledger($id: UUID!) {
  ledger: allTasksList(condition: {campaignId: $id}, orderBy: [CODE_KEY_ASC, ROW_ID_ASC]) {
    id: rowId code title status deadline completion expected deviation daysOverdue lastPeriod reportsMissing
    leadUnit { id: rowId name category } } }""",
        kind="campaign",
        ids=history.campaign_ids,
        bounds=Bounds(postgraphile_16=2.5, postgraphile_1=1.8, plain=12),
    ),
    Question(
        name="reports",
        title="100 tasks with their last 5 reports each",
        document="""query Reports { tasks(first: 100) { nodes { id code title
  reports(first: 5) { nodes { id period status completion } } } } }""",
        postgraphile="""query Reports { tasks: allTasksList(first: 100, orderBy: [CODE_KEY_ASC, ROW_ID_ASC]) {
  id: rowId code title
  reports: reportsList(first: 5, orderBy: [MONTH_DESC, ROW_ID_DESC]) {
    id: rowId period status completion } } }""",
        kind="",
        ids=_no_ids,
        bounds=Bounds(postgraphile_16=2.5, postgraphile_1=2.0, plain=12),
    ),
)

FIGURES = frozenset({"completion", "expected", "deviation"})
WORDS_OF_A_KIND = frozenset({"status", "category"})


def common(body: bytes) -> Any:
    """The data of an answer in the shape that all servers share.

    Connections become lists, our ids lose their prefix, figures become Decimals, moments datetimes, and
    the names of enums lose their case.
    """
    return _common(orjson.loads(body)["data"], "")


def _common(value: Any, key: str) -> Any:
    if isinstance(value, dict):
        if value.keys() == {"nodes"}:
            return _common(value["nodes"], key)
        return {name: _common(member, name) for name, member in value.items()}
    if isinstance(value, list):
        return [_common(member, key) for member in value]
    if not isinstance(value, str):
        return value
    if key == "id":
        return value.rpartition(":")[2]
    if key in FIGURES:
        return Decimal(value)
    if key in WORDS_OF_A_KIND:
        return value.lower()
    return datetime.fromisoformat(value) if key.endswith("At") else value
