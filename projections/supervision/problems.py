"""Problems (问题), the monthly lists of them, and the joint conferences on these."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from domain.period import month_number
from domain.supervision.conference import JointConference, ProblemList
from domain.supervision.problem import Problem, ProblemStatus
from projections.ledger import code_key
from projections.projection import Fact, Index, Key, Projection, Table


class ProblemRow(Struct, frozen=True, gc=False):
    """A problem as it stands. `unit_id` is the responsible unit; `decision` that of the last conference, and
    `decided_deadline` the last that a conference set."""

    id: UUID
    code: str
    code_key: str
    source: str
    title: str
    description: str
    campaign_id: UUID | None
    task_id: UUID | None
    found_by: UUID | None
    source_id: UUID | None
    listed_on: date
    status: str
    unit_id: UUID | None = None
    measures: str | None = None
    deadline: date | None = None
    decided_deadline: date | None = None
    decision: str | None = None
    conference_id: UUID | None = None
    resolved_on: date | None = None
    result: str | None = None
    closed_on: date | None = None
    closed_by_group_id: UUID | None = None
    times_reopened: int = 0


class ProblemStepRow(Struct, frozen=True, gc=False):
    """A step in the life of a problem, by the position of its event; `text` is what was said with it."""

    problem_id: UUID
    kind: str
    at: datetime
    unit_id: UUID | None
    group_id: UUID | None
    text: str
    due: date | None


class ProblemListRow(Struct, frozen=True, gc=False):
    id: UUID
    period: str
    month: int
    compiled_on: date
    problem_ids: tuple[UUID, ...]


class DecisionRow(Struct, frozen=True, gc=False, rename="camel"):
    problem: UUID
    text: str
    unit: UUID | None
    deadline: date | None


class JointConferenceRow(Struct, frozen=True, gc=False):
    id: UUID
    period: str
    month: int
    held_on: date
    attendee_ids: tuple[UUID, ...]
    decisions: tuple[DecisionRow, ...]


PROBLEM = Table(
    "problem",
    ProblemRow,
    ("id",),
    indexes=(
        Index(("code_key", "id")),
        Index(("status",)),
        Index(("unit_id",)),
        Index(("campaign_id",)),
        Index(("task_id",)),
        Index(("listed_on", "id")),
    ),
)
PROBLEM_STEP = Table("problem_step", ProblemStepRow, ("problem_id", "position"))
PROBLEM_LIST = Table("problem_list", ProblemListRow, ("id",), indexes=(Index(("month", "id")),))
JOINT_CONFERENCE = Table("joint_conference", JointConferenceRow, ("id",), indexes=(Index(("month", "id")),))

OPEN_PROBLEMS = f"""
select id from read.problem where status <> '{ProblemStatus.CLOSED.value}' order by code_key, id"""
"""The problems that are not closed."""

UNDER_WAY = f"""
select p.id, p.code, p.status, p.unit_id, p.measures, (
        select g.code from read.supervision_group g
        where g.campaign_ids @> array[p.campaign_id]
            and (g.unit_ids = '{{}}' or g.unit_ids @> array[p.unit_id])
        order by g.code limit 1) as group_code
from read.problem p
where p.status <> '{ProblemStatus.CLOSED.value}' and p.unit_id is not null
order by p.code_key, p.id"""
"""The open problems that a unit has in hand, each with the code of a group that covers it."""

ON_LIST = f"""
select p.id, p.unit_id from read.problem_list l join read.problem p on p.id = any(l.problem_ids)
where l.id = $1 and p.status <> '{ProblemStatus.CLOSED.value}'
order by p.code_key, p.id"""
"""The problems of a month's list that are still open."""

# -- each problem


@PROBLEM.begins(Problem.Listed)
def _listed(fact: Fact[Problem.Listed]) -> ProblemRow:
    event = fact.event
    return ProblemRow(
        id=event.originator_id,
        code=event.code,
        code_key=code_key(event.code),
        source=event.source.value,
        title=event.title,
        description=event.description,
        campaign_id=event.campaign_id,
        task_id=event.task_id,
        found_by=event.found_by,
        source_id=event.source_id,
        listed_on=event.on,
        status=ProblemStatus.LISTED.value,
    )


@PROBLEM.changes(Problem.Assigned)
def _assigned(row: ProblemRow, fact: Fact[Problem.Assigned]) -> ProblemRow:
    return _given_to(fact.event.unit_id, row)


def _given_to(unit_id: UUID, row: ProblemRow) -> ProblemRow:
    """What the unit before has planned goes with it."""
    return replace(
        row,
        status=ProblemStatus.ASSIGNED.value,
        unit_id=unit_id,
        measures=None,
        deadline=row.decided_deadline,
    )


@PROBLEM.changes(Problem.MeasuresPlanned)
def _measures_planned(row: ProblemRow, fact: Fact[Problem.MeasuresPlanned]) -> ProblemRow:
    event = fact.event
    status = ProblemStatus.PLANNED.value
    return replace(row, status=status, measures=event.measures, deadline=event.deadline)


@PROBLEM.changes(Problem.Decided)
def _decided(row: ProblemRow, fact: Fact[Problem.Decided]) -> ProblemRow:
    event = fact.event
    row = replace(
        row,
        deadline=event.deadline or row.deadline,
        decided_deadline=event.deadline or row.decided_deadline,
        decision=event.decision,
        conference_id=event.conference_id,
    )
    if event.unit_id is None or event.unit_id == row.unit_id:
        return row
    return _given_to(event.unit_id, row)


@PROBLEM.changes(Problem.Resolved)
def _resolved(row: ProblemRow, fact: Fact[Problem.Resolved]) -> ProblemRow:
    event = fact.event
    return replace(row, status=ProblemStatus.RESOLVED.value, resolved_on=event.on, result=event.result)


@PROBLEM.changes(Problem.Returned)
def _returned(row: ProblemRow, fact: Fact[Problem.Returned]) -> ProblemRow:
    return replace(row, status=ProblemStatus.RETURNED.value, resolved_on=None, result=None)


@PROBLEM.changes(Problem.Closed)
def _closed(row: ProblemRow, fact: Fact[Problem.Closed]) -> ProblemRow:
    event = fact.event
    day = event.timestamp.date()
    return replace(row, status=ProblemStatus.CLOSED.value, closed_on=day, closed_by_group_id=event.group_id)


@PROBLEM.changes(Problem.Reopened)
def _reopened(row: ProblemRow, fact: Fact[Problem.Reopened]) -> ProblemRow:
    return replace(
        row,
        status=ProblemStatus.REOPENED.value,
        resolved_on=None,
        result=None,
        closed_on=None,
        closed_by_group_id=None,
        times_reopened=row.times_reopened + 1,
    )


# -- step by step


def _step_of_problem(fact: Fact[Any]) -> Key:
    return fact.event.originator_id, fact.position


def _step(fact: Fact[Any], kind: str, text: str, due: date | None = None) -> ProblemStepRow:
    event = fact.event
    return ProblemStepRow(
        event.originator_id,
        kind,
        event.timestamp,
        getattr(event, "unit_id", None),
        getattr(event, "group_id", None),
        text,
        due,
    )


@PROBLEM_STEP.begins(Problem.Listed, key=_step_of_problem)
def _listed_step(fact: Fact[Problem.Listed]) -> ProblemStepRow:
    return _step(fact, "listed", fact.event.description)


@PROBLEM_STEP.begins(Problem.Assigned, key=_step_of_problem)
def _assigned_step(fact: Fact[Problem.Assigned]) -> ProblemStepRow:
    return _step(fact, "assigned", fact.event.instruction)


@PROBLEM_STEP.begins(Problem.Discussed, key=_step_of_problem)
def _discussed_step(fact: Fact[Problem.Discussed]) -> ProblemStepRow:
    return _step(fact, "discussed", fact.event.opinion)


@PROBLEM_STEP.begins(Problem.MeasuresPlanned, key=_step_of_problem)
def _measures_step(fact: Fact[Problem.MeasuresPlanned]) -> ProblemStepRow:
    return _step(fact, "measures_planned", fact.event.measures, fact.event.deadline)


@PROBLEM_STEP.begins(Problem.Decided, key=_step_of_problem)
def _decided_step(fact: Fact[Problem.Decided]) -> ProblemStepRow:
    return _step(fact, "decided", fact.event.decision, fact.event.deadline)


@PROBLEM_STEP.begins(Problem.Resolved, key=_step_of_problem)
def _resolved_step(fact: Fact[Problem.Resolved]) -> ProblemStepRow:
    return _step(fact, "resolved", fact.event.result)


@PROBLEM_STEP.begins(Problem.Returned, key=_step_of_problem)
def _returned_step(fact: Fact[Problem.Returned]) -> ProblemStepRow:
    return _step(fact, "returned", fact.event.reason)


@PROBLEM_STEP.begins(Problem.Closed, key=_step_of_problem)
def _closed_step(fact: Fact[Problem.Closed]) -> ProblemStepRow:
    return _step(fact, "closed", fact.event.remark)


@PROBLEM_STEP.begins(Problem.Reopened, key=_step_of_problem)
def _reopened_step(fact: Fact[Problem.Reopened]) -> ProblemStepRow:
    return _step(fact, "reopened", fact.event.reason)


# -- the month


@PROBLEM_LIST.begins(ProblemList.Compiled)
def _compiled(fact: Fact[ProblemList.Compiled]) -> ProblemListRow:
    event = fact.event
    month = month_number(event.period)
    return ProblemListRow(event.originator_id, event.period, month, event.on, event.problem_ids)


@JOINT_CONFERENCE.begins(JointConference.Convened)
def _convened(fact: Fact[JointConference.Convened]) -> JointConferenceRow:
    event = fact.event
    decisions = tuple(DecisionRow(d.problem_id, d.text, d.unit_id, d.deadline) for d in event.decisions)
    month = month_number(event.period)
    return JointConferenceRow(
        event.originator_id, event.period, month, event.on, event.attendee_ids, decisions
    )


PROBLEMS = Projection(
    "problems",
    version=3,
    tables=(PROBLEM, PROBLEM_STEP, PROBLEM_LIST, JOINT_CONFERENCE),
    follows=(Problem, ProblemList, JointConference),
)
