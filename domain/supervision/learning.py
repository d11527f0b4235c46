"""Learning from each other (articles 46, 47): exemplary cases (典型案例), exchange meetings (现场经验交流),
training courses (专题培训).

Rules: in each campaign exemplary cases are nominated by a unit, selected by the office, and only then
published. An exchange meeting shows selected cases, each once. A course is scheduled, and then completed or
cancelled; the plan asks for at least 50 of them.
"""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Self
from uuid import UUID

from eventsourcing.domain import event

from domain import identifiers
from domain.aggregate import Aggregate, Created, Event
from domain.refusal import require, require_day, require_line, require_text

COURSES_ASKED = 50
"""The plan's own count (article 46)."""


class ExemplaryCase(Aggregate):
    TOPIC = "exemplary_case"

    # -- events

    class Nominated(Created):
        TOPIC = "exemplary_case.nominated"
        code: str
        campaign_id: UUID
        unit_id: UUID
        task_id: UUID | None
        title: str
        text: str

    class Selected(Event):
        TOPIC = "exemplary_case.selected"
        reason: str

    class Published(Event):
        TOPIC = "exemplary_case.published"
        outlet: str

    # -- commands

    @classmethod
    def nominate(
        cls,
        code: str,
        campaign_id: UUID,
        unit_id: UUID,
        task_id: UUID | None,
        title: str,
        text: str,
        at: datetime,
    ) -> Self:
        return cls.create(
            cls.Nominated,
            identifiers.exemplary_case_id(code),
            at,
            code=code,
            campaign_id=campaign_id,
            unit_id=unit_id,
            task_id=task_id,
            title=require_line(title, "title", most=200),
            text=require_text(text, "text", most=4000),
        )

    def select(self, reason: str, at: datetime) -> None:
        require(not self.selected, "exemplary_case.selected", field="case")
        self.trigger(ExemplaryCase.Selected, at, reason=require_text(reason, "reason", most=1000))

    def publish(self, outlet: str, at: datetime) -> None:
        self.require_selected("case")
        require(not self.published, "supervision.published", field="case")
        self.trigger(ExemplaryCase.Published, at, outlet=require_line(outlet, "outlet", most=200))

    # -- guards

    def require_selected(self, field: str) -> None:
        require(self.selected, "exemplary_case.not_selected", field=field)

    # -- how events change the state

    @event(Nominated)
    def __init__(self, campaign_id: UUID) -> None:
        self.campaign_id = campaign_id
        self.selected = False
        self.published = False

    @event(Selected)
    def _selected(self) -> None:
        self.selected = True

    @event(Published)
    def _published(self) -> None:
        self.published = True


class ExchangeMeeting(Aggregate):
    TOPIC = "exchange_meeting"

    class Convened(Created):
        TOPIC = "exchange_meeting.convened"
        code: str
        on: date
        place: str
        case_ids: tuple[UUID, ...]
        unit_ids: tuple[UUID, ...]

    @classmethod
    def convene(
        cls,
        code: str,
        on: date,
        place: str,
        case_ids: Sequence[UUID],
        unit_ids: Collection[UUID],
        at: datetime,
    ) -> Self:
        require(bool(case_ids), "exchange_meeting.no_case", field="cases")
        require(len(set(case_ids)) == len(case_ids), "exchange_meeting.case_twice", field="cases")
        require(len(set(unit_ids)) == len(unit_ids), "appraisal.unit_twice", field="units")
        require_day(on, "on")
        require(on <= at.date(), "supervision.not_yet", field="on")
        return cls.create(
            cls.Convened,
            identifiers.exchange_meeting_id(code),
            at,
            code=code,
            on=on,
            place=require_line(place, "place", most=200),
            case_ids=tuple(case_ids),
            unit_ids=tuple(unit_ids),
        )

    @event(Convened)
    def __init__(self, on: date) -> None:
        self.on = on


class CourseStatus(StrEnum):
    SCHEDULED = "scheduled"  # 已安排
    COMPLETED = "completed"  # 已举办
    CANCELLED = "cancelled"  # 已取消


class TrainingCourse(Aggregate):
    TOPIC = "training_course"

    # -- events

    class Scheduled(Created):
        TOPIC = "training_course.scheduled"
        code: str
        title: str
        on: date
        unit_id: UUID
        campaign_id: UUID | None

    class Completed(Event):
        TOPIC = "training_course.completed"
        on: date
        attendance: int

    class Cancelled(Event):
        TOPIC = "training_course.cancelled"
        reason: str

    # -- commands

    @classmethod
    def schedule(
        cls, code: str, title: str, on: date, unit_id: UUID, campaign_id: UUID | None, at: datetime
    ) -> Self:
        return cls.create(
            cls.Scheduled,
            identifiers.training_course_id(code),
            at,
            code=code,
            title=require_line(title, "title", most=200),
            on=require_day(on, "on"),
            unit_id=unit_id,
            campaign_id=campaign_id,
        )

    def complete(self, on: date, attendance: int, at: datetime) -> None:
        self._require_scheduled()
        require_day(on, "on")
        require(on <= at.date(), "supervision.not_yet", field="on")
        require(1 <= attendance <= 100_000, "training_course.attendance", field="attendance")
        self.trigger(TrainingCourse.Completed, at, on=on, attendance=attendance)

    def cancel(self, reason: str, at: datetime) -> None:
        self._require_scheduled()
        self.trigger(TrainingCourse.Cancelled, at, reason=require_text(reason, "reason", most=1000))

    # -- guards

    def require_of(self, unit_id: UUID) -> None:
        require(unit_id == self.unit_id, "training_course.not_your_unit", field="unit")

    def _require_scheduled(self) -> None:
        scheduled = self.status is CourseStatus.SCHEDULED
        require(scheduled, "training_course.not_scheduled", field="course")

    # -- how events change the state

    @event(Scheduled)
    def __init__(self, on: date, unit_id: UUID) -> None:
        self.on = on
        self.unit_id = unit_id
        self.status = CourseStatus.SCHEDULED

    @event(Completed)
    def _completed(self, on: date) -> None:
        self.on = on
        self.status = CourseStatus.COMPLETED

    @event(Cancelled)
    def _cancelled(self) -> None:
        self.status = CourseStatus.CANCELLED
