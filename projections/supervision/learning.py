"""Exemplary cases, exchange meetings, training courses; and the terms on task forces (专班任期)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from domain.campaign import LEAST_MEMBERS, MOST_MEMBERS, Campaign, TaskForceMember, TaskForceRole
from domain.supervision.learning import CourseStatus, ExchangeMeeting, ExemplaryCase, TrainingCourse
from projections.projection import Fact, Index, Projection, Table


class ExemplaryCaseRow(Struct, frozen=True, gc=False):
    id: UUID
    code: str
    campaign_id: UUID
    unit_id: UUID
    task_id: UUID | None
    title: str
    text: str
    nominated_on: date
    selected_on: date | None = None
    reason: str | None = None
    published: bool = False
    published_outlet: str | None = None


class ExchangeMeetingRow(Struct, frozen=True, gc=False):
    id: UUID
    code: str
    held_on: date
    place: str
    case_ids: tuple[UUID, ...]
    unit_ids: tuple[UUID, ...]


class TrainingCourseRow(Struct, frozen=True, gc=False):
    id: UUID
    code: str
    title: str
    day: date
    unit_id: UUID
    campaign_id: UUID | None
    status: str
    attendance: int | None = None
    reason: str | None = None


class TermRow(Struct, frozen=True, gc=False, rename="camel"):
    official: UUID
    role: str
    since: date
    until: date | None


class TaskForceRow(Struct, frozen=True, gc=False):
    """All terms that a campaign's task force has known, those of its places now and those before."""

    id: UUID
    places: tuple[TermRow, ...]
    former: tuple[TermRow, ...]


EXEMPLARY_CASE = Table(
    "exemplary_case",
    ExemplaryCaseRow,
    ("id",),
    indexes=(Index(("nominated_on", "id")), Index(("campaign_id",)), Index(("unit_id",))),
)
EXCHANGE_MEETING = Table("exchange_meeting", ExchangeMeetingRow, ("id",), indexes=(Index(("held_on", "id")),))
TRAINING_COURSE = Table("training_course", TrainingCourseRow, ("id",), indexes=(Index(("day", "id")),))
TASK_FORCE = Table("task_force", TaskForceRow, ("id",))

COURSES_HELD = f"""(
    select count(*) from read.training_course h where h.status = '{CourseStatus.COMPLETED.value}')::integer"""
"""How many courses were held."""

# {t} is the row of `task_force`, {date} the day of asking.
_TERMS = """jsonb_to_recordset({t}.places) as m(role text, since date, until date)
    where m.since <= {date} and (m.until is null or m.until >= {date})"""
IN_OFFICE = f"(select count(*) from {_TERMS})::integer"
"""Members in office."""

_LEADER = f"m.role = '{TaskForceRole.LEADER.value}'"
LEADERS = f"(select count(*) from {_TERMS} and {_LEADER})::integer"
"""Leaders among them."""

CONFORMS = f"""(
    select count(*) between {LEAST_MEMBERS} and {MOST_MEMBERS} and count(*) filter (where {_LEADER}) = 1
    from {_TERMS})"""
"""Whether the task force is what the plan asks for (article 45)."""

# -- cases


@EXEMPLARY_CASE.begins(ExemplaryCase.Nominated)
def _nominated(fact: Fact[ExemplaryCase.Nominated]) -> ExemplaryCaseRow:
    event = fact.event
    return ExemplaryCaseRow(
        id=event.originator_id,
        code=event.code,
        campaign_id=event.campaign_id,
        unit_id=event.unit_id,
        task_id=event.task_id,
        title=event.title,
        text=event.text,
        nominated_on=event.timestamp.date(),
    )


@EXEMPLARY_CASE.changes(ExemplaryCase.Selected)
def _selected(row: ExemplaryCaseRow, fact: Fact[ExemplaryCase.Selected]) -> ExemplaryCaseRow:
    return replace(row, selected_on=fact.event.timestamp.date(), reason=fact.event.reason)


@EXEMPLARY_CASE.changes(ExemplaryCase.Published)
def _published(row: ExemplaryCaseRow, fact: Fact[ExemplaryCase.Published]) -> ExemplaryCaseRow:
    return replace(row, published=True, published_outlet=fact.event.outlet)


@EXCHANGE_MEETING.begins(ExchangeMeeting.Convened)
def _met(fact: Fact[ExchangeMeeting.Convened]) -> ExchangeMeetingRow:
    event = fact.event
    return ExchangeMeetingRow(
        event.originator_id, event.code, event.on, event.place, event.case_ids, event.unit_ids
    )


# -- courses


@TRAINING_COURSE.begins(TrainingCourse.Scheduled)
def _scheduled(fact: Fact[TrainingCourse.Scheduled]) -> TrainingCourseRow:
    event = fact.event
    return TrainingCourseRow(
        event.originator_id,
        event.code,
        event.title,
        event.on,
        event.unit_id,
        event.campaign_id,
        CourseStatus.SCHEDULED.value,
    )


@TRAINING_COURSE.changes(TrainingCourse.Completed)
def _completed(row: TrainingCourseRow, fact: Fact[TrainingCourse.Completed]) -> TrainingCourseRow:
    event = fact.event
    return replace(row, status=CourseStatus.COMPLETED.value, day=event.on, attendance=event.attendance)


@TRAINING_COURSE.changes(TrainingCourse.Cancelled)
def _cancelled(row: TrainingCourseRow, fact: Fact[TrainingCourse.Cancelled]) -> TrainingCourseRow:
    return replace(row, status=CourseStatus.CANCELLED.value, reason=fact.event.reason)


# -- terms on task forces


@TASK_FORCE.begins(Campaign.Launched)
def _launched(fact: Fact[Campaign.Launched]) -> TaskForceRow:
    return TaskForceRow(fact.event.originator_id, (), ())


@TASK_FORCE.changes(Campaign.TaskForceFormed)
def _formed(row: TaskForceRow, fact: Fact[Campaign.TaskForceFormed]) -> TaskForceRow:
    anew = tuple(_term(member) for member in fact.event.members)
    began = {(term.official, term.since) for term in anew}
    left = tuple(term for term in row.places if (term.official, term.since) not in began)
    return replace(row, places=anew, former=(*row.former, *_ended(left, fact.event.timestamp.date())))


@TASK_FORCE.changes(Campaign.MemberAppointed)
def _member_appointed(row: TaskForceRow, fact: Fact[Campaign.MemberAppointed]) -> TaskForceRow:
    place = fact.event.place
    places = (*row.places[:place], _term(fact.event.member), *row.places[place + 1 :])
    return replace(row, places=places, former=(*row.former, *row.places[place : place + 1]))


@TASK_FORCE.changes(Campaign.MemberReleased)
def _member_released(row: TaskForceRow, fact: Fact[Campaign.MemberReleased]) -> TaskForceRow:
    event = fact.event
    places = list(row.places)
    places[event.place] = replace(places[event.place], until=event.until)
    return replace(row, places=tuple(places))


def _term(member: TaskForceMember) -> TermRow:
    return TermRow(member.official_id, member.role.value, member.since, member.until)


def _ended(terms: Sequence[TermRow], day: date) -> tuple[TermRow, ...]:
    """Whoever is not on the task force any more when it is formed anew has left it then."""
    return tuple(
        replace(term, until=day) if term.until is None or term.until > day else term for term in terms
    )


LEARNING = Projection(
    "learning",
    version=1,
    tables=(EXEMPLARY_CASE, EXCHANGE_MEETING, TRAINING_COURSE, TASK_FORCE),
    follows=(Campaign, ExemplaryCase, ExchangeMeeting, TrainingCourse),
)
