"""Review meetings (点评会): each as it stands, whom it drew, what was said, and the tasks that followed."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from domain.draw_pools import Source
from domain.meeting import AgendaItem, MeetingStatus, ReviewMeeting
from domain.period import month_number
from projections.projection import Fact, Index, Key, Projection, Table

# Whom each draw of a category came to, the first draw first.
DRAWS_OF_CATEGORY = """
select array_agg(unit_id order by ordinal) as unit_ids from read.drawn_unit
where category = $1 group by meeting_id, drawn_at order by drawn_at"""
# The units of a category, in the order of the published list.
UNITS_OF_CATEGORY = 'select id from read.unit where category = $1 order by code collate "C"'
# Whom the meetings on a month drew.
DRAWN_IN = """
select d.unit_id from read.drawn_unit d join read.review_meeting m on m.id = d.meeting_id
where m.period = $1 order by m.code, d.ordinal"""
# A meeting whose candidates are frozen and whose units are not drawn.
ANOTHER_PENDING = "select id from read.review_meeting where status = 'frozen' limit 1"
# Another meeting on a month that has drawn, or has abandoned a draw.
MONTH_TAKEN = """
select id from read.review_meeting
where period = $1 and id <> $2 and (status in ('drawn', 'ended') or draws_abandoned > 0) limit 1"""
# What was there already when the list of $1 was frozen last: `pending`, another meeting's list that was
# neither drawn from nor abandoned; `taken`, a draw of another meeting on its month. Asked of the log, whose
# order leaves no doubt: two lists that are frozen at the same moment both find nothing.
BEFORE_FROZEN = """
with step as (
    select m.id, m.period, e.topic, e.position
    from read.review_meeting m join log.event e on e.stream_id = m.id
    where e.topic in ('meeting.candidates_frozen', 'meeting.units_drawn', 'meeting.draw_abandoned')
),
own as (
    select period, max(position) as position from step
    where id = $1 and topic = 'meeting.candidates_frozen' group by period
),
earlier as (
    select s.id, s.period, s.topic, row_number() over (partition by s.id order by s.position desc) as back
    from step s join own on s.id <> $1 and s.position < own.position
)
select exists (select from earlier where back = 1 and topic = 'meeting.candidates_frozen') as pending,
    exists (select from earlier join own using (period) where topic = 'meeting.units_drawn') as taken"""


class ReviewMeetingRow(Struct, frozen=True, gc=False):
    """`commitment` and `announced` once candidates are frozen; `secret` and `sources` once drawn."""

    id: UUID
    code: str
    title: str
    period: str
    month: int
    held_on: date
    place: str
    agenda: tuple[AgendaItem, ...]
    attendee_ids: tuple[UUID, ...]
    demonstration: bool
    status: str
    edition: str | None = None
    commitment: str | None = None
    announced: tuple[str, ...] = ()
    secret: str | None = None
    sources: tuple[Source, ...] = ()
    evaluated_by_id: UUID | None = None
    evaluation: str | None = None
    minutes: str | None = None
    draws_abandoned: int = 0


class DrawnUnitRow(Struct, frozen=True, gc=False):
    """A unit that was drawn, in the order in which units present. `drawn_at` is the draw's position."""

    meeting_id: UUID
    unit_id: UUID
    ordinal: int
    category: str
    drawn_at: int
    presented: bool = False
    presenter_id: UUID | None = None
    summary: str | None = None


class MeetingCommentRow(Struct, frozen=True, gc=False):
    meeting_id: UUID
    unit_id: UUID
    official_id: UUID | None
    group_id: UUID | None
    text: str


class FollowUpRow(Struct, frozen=True, gc=False):
    meeting_id: UUID
    task_id: UUID


class MeetingProblemRow(Struct, frozen=True, gc=False):
    meeting_id: UUID
    problem_id: UUID


REVIEW_MEETING = Table(
    "review_meeting", ReviewMeetingRow, ("id",), indexes=(Index(("held_on", "id")), Index(("code",)))
)
DRAWN_UNIT = Table("drawn_unit", DrawnUnitRow, ("meeting_id", "unit_id"), indexes=(Index(("unit_id",)),))
MEETING_COMMENT = Table("meeting_comment", MeetingCommentRow, ("meeting_id", "position"))
FOLLOW_UP = Table("meeting_follow_up", FollowUpRow, ("meeting_id", "task_id"), indexes=(Index(("task_id",)),))

MEETING_PROBLEM = Table("meeting_problem", MeetingProblemRow, ("meeting_id", "problem_id"))


# -- the meeting


@REVIEW_MEETING.begins(ReviewMeeting.Scheduled)
def _scheduled(fact: Fact[ReviewMeeting.Scheduled]) -> ReviewMeetingRow:
    event = fact.event
    return ReviewMeetingRow(
        id=event.originator_id,
        code=event.code,
        title=event.title,
        period=event.period,
        month=month_number(event.period),
        held_on=event.held_on,
        place=event.place,
        agenda=event.agenda,
        attendee_ids=event.attendee_ids,
        demonstration=event.demonstration,
        status=MeetingStatus.SCHEDULED.value,
    )


@REVIEW_MEETING.changes(ReviewMeeting.RollRevised)
def _roll_revised(row: ReviewMeetingRow, fact: Fact[ReviewMeeting.RollRevised]) -> ReviewMeetingRow:
    return replace(row, attendee_ids=fact.event.attendee_ids)


@REVIEW_MEETING.changes(ReviewMeeting.CandidatesFrozen)
def _frozen(row: ReviewMeetingRow, fact: Fact[ReviewMeeting.CandidatesFrozen]) -> ReviewMeetingRow:
    event = fact.event
    return replace(
        row,
        status=MeetingStatus.FROZEN.value,
        edition=event.rule.edition,
        commitment=event.commitment,
        announced=event.sources,
    )


@REVIEW_MEETING.changes(ReviewMeeting.DrawAbandoned)
def _abandoned(row: ReviewMeetingRow, fact: Fact[ReviewMeeting.DrawAbandoned]) -> ReviewMeetingRow:
    return replace(
        row,
        status=MeetingStatus.SCHEDULED.value,
        edition=None,
        commitment=None,
        announced=(),
        draws_abandoned=row.draws_abandoned + 1,
    )


@REVIEW_MEETING.changes(ReviewMeeting.UnitsDrawn)
def _drawn(row: ReviewMeetingRow, fact: Fact[ReviewMeeting.UnitsDrawn]) -> ReviewMeetingRow:
    event = fact.event
    return replace(row, status=MeetingStatus.DRAWN.value, secret=event.secret, sources=event.sources)


@REVIEW_MEETING.changes(ReviewMeeting.StageEvaluated)
def _evaluated(row: ReviewMeetingRow, fact: Fact[ReviewMeeting.StageEvaluated]) -> ReviewMeetingRow:
    return replace(row, evaluated_by_id=fact.event.official_id, evaluation=fact.event.text)


@REVIEW_MEETING.changes(ReviewMeeting.MinutesKept)
def _minutes_kept(row: ReviewMeetingRow, fact: Fact[ReviewMeeting.MinutesKept]) -> ReviewMeetingRow:
    return replace(row, status=MeetingStatus.ENDED.value, minutes=fact.event.text)


# -- whom it drew


def _drawn_units(fact: Fact[ReviewMeeting.UnitsDrawn]) -> list[Key]:
    return [(fact.event.originator_id, unit) for each in fact.event.drawn for unit in each.unit_ids]


@DRAWN_UNIT.each(ReviewMeeting.UnitsDrawn, keys=_drawn_units)
def _unit_drawn(
    row: DrawnUnitRow | None, fact: Fact[ReviewMeeting.UnitsDrawn], key: tuple[UUID, UUID]
) -> DrawnUnitRow | None:
    meeting_id, unit_id = key
    order = [(each.category, unit) for each in fact.event.drawn for unit in each.unit_ids]
    ordinal = next(i for i, (_, unit) in enumerate(order) if unit == unit_id)
    return DrawnUnitRow(meeting_id, unit_id, ordinal, order[ordinal][0].value, fact.position)


def _unit(fact: Fact[Any]) -> Key:
    return fact.event.originator_id, fact.event.unit_id


@DRAWN_UNIT.changes(ReviewMeeting.UnitPresented, key=_unit)
def _presented(row: DrawnUnitRow, fact: Fact[ReviewMeeting.UnitPresented]) -> DrawnUnitRow:
    return replace(row, presented=True, presenter_id=fact.event.presenter_id, summary=fact.event.summary)


# -- what was said, and what followed


def _at_position(fact: Fact[Any]) -> Key:
    return fact.event.originator_id, fact.position


@MEETING_COMMENT.begins(ReviewMeeting.CommentMade, key=_at_position)
def _commented(fact: Fact[ReviewMeeting.CommentMade]) -> MeetingCommentRow:
    event = fact.event
    return MeetingCommentRow(
        event.originator_id, event.unit_id, event.official_id, event.group_id, event.text
    )


@FOLLOW_UP.begins(ReviewMeeting.FollowUpSet, key=lambda fact: (fact.event.originator_id, fact.event.task_id))
def _followed_up(fact: Fact[ReviewMeeting.FollowUpSet]) -> FollowUpRow:
    return FollowUpRow(fact.event.originator_id, fact.event.task_id)


@MEETING_PROBLEM.begins(
    ReviewMeeting.ProblemRaised, key=lambda fact: (fact.event.originator_id, fact.event.problem_id)
)
def _problem_raised(fact: Fact[ReviewMeeting.ProblemRaised]) -> MeetingProblemRow:
    return MeetingProblemRow(fact.event.originator_id, fact.event.problem_id)


MEETINGS = Projection(
    "meetings",
    version=3,
    tables=(REVIEW_MEETING, DRAWN_UNIT, MEETING_COMMENT, FOLLOW_UP, MEETING_PROBLEM),
    follows=(ReviewMeeting,),
)
