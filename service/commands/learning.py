"""Commands on exemplary cases, exchange meetings and training courses."""

from datetime import date
from uuid import UUID

from domain import identifiers
from domain.campaign import Campaign
from domain.supervision.learning import ExchangeMeeting, ExemplaryCase, TrainingCourse
from domain.task import Task
from service.commands.command import (
    CampaignId,
    CaseId,
    Command,
    CourseId,
    TaskId,
    UnitId,
    about,
    command,
    directory_of,
    require_new,
)
from service.desk import Desk

_UNIT = "The unit that speaks; a reporter's own if left out."
_NOBODY = UUID(int=0)


async def _unit(desk: Desk, named: UUID | None) -> UUID:
    """The unit that speaks, which is registered."""
    unit = desk.unit(named, _NOBODY)
    (await directory_of(desk)).require_unit(unit)
    return unit


# -- exemplary cases


@command("nominateCase")
class NominateCase(Command):
    """Nominate an exemplary case of a campaign. 推荐典型案例"""

    code: str = about("Short code, unique.")
    campaign: CampaignId = about("The campaign.")
    title: str = about("Title.")
    text: str = about("What was done, and what others may learn from it.")
    task: TaskId | None = about("The task it comes from, if one.", default=None)
    unit: UnitId | None = about(_UNIT, default=None)

    async def handle(self, desk: Desk) -> None:
        identifiers.require_code(self.code)
        await require_new(desk, ExemplaryCase, self.subject())
        unit = await _unit(desk, self.unit)
        await desk.load(Campaign, self.campaign, "campaign")
        if self.task is not None:
            await desk.load(Task, self.task, "task")
        desk.add(
            ExemplaryCase.nominate(self.code, self.campaign, unit, self.task, self.title, self.text, desk.at)
        )

    def subject(self) -> UUID:
        return identifiers.exemplary_case_id(self.code)


class _OfCase(Command):
    case: CaseId

    def subject(self) -> UUID:
        return self.case

    async def loaded(self, desk: Desk) -> ExemplaryCase:
        return await desk.load(ExemplaryCase, self.case, "case")


@command("selectCase")
class SelectCase(_OfCase):
    """Select a nominated case as exemplary. 评选典型案例"""

    case: CaseId = about("The case.")
    reason: str = about("Why.")

    async def handle(self, desk: Desk) -> None:
        (await self.loaded(desk)).select(self.reason, desk.at)


@command("publishCase")
class PublishCase(_OfCase):
    """Make an exemplary case public. 公布典型案例"""

    case: CaseId = about("The case.")
    outlet: str = about("Where it was made public.")

    async def handle(self, desk: Desk) -> None:
        (await self.loaded(desk)).publish(self.outlet, desk.at)


@command("conveneExchangeMeeting")
class ConveneExchangeMeeting(Command):
    """Record an exchange meeting on site, which shows exemplary cases. 现场经验交流会"""

    code: str = about("Short code, unique.")
    on: date = about("The day.")
    place: str = about("Where.")
    cases: tuple[CaseId, ...] = about("The cases that were shown.")
    units: tuple[UnitId, ...] = about("The units that attended.", default=())

    async def handle(self, desk: Desk) -> None:
        identifiers.require_code(self.code)
        await require_new(desk, ExchangeMeeting, self.subject())
        directory = await directory_of(desk)
        for n, unit in enumerate(self.units):
            directory.require_unit(unit, f"units.{n}")
        for n, case in enumerate(self.cases):
            (await desk.load(ExemplaryCase, case, f"cases.{n}")).require_selected(f"cases.{n}")
        desk.add(ExchangeMeeting.convene(self.code, self.on, self.place, self.cases, self.units, desk.at))

    def subject(self) -> UUID:
        return identifiers.exchange_meeting_id(self.code)


# -- training


@command("scheduleCourse")
class ScheduleCourse(Command):
    """Schedule a training course. 安排培训"""

    code: str = about("Short code, unique.")
    title: str = about("Title.")
    on: date = about("The day.")
    campaign: CampaignId | None = about("The campaign it serves, if one.", default=None)
    unit: UnitId | None = about(_UNIT, default=None)

    async def handle(self, desk: Desk) -> None:
        identifiers.require_code(self.code)
        await require_new(desk, TrainingCourse, self.subject())
        unit = await _unit(desk, self.unit)
        if self.campaign is not None:
            await desk.load(Campaign, self.campaign, "campaign")
        desk.add(TrainingCourse.schedule(self.code, self.title, self.on, unit, self.campaign, desk.at))

    def subject(self) -> UUID:
        return identifiers.training_course_id(self.code)


class _OfCourse(Command):
    course: CourseId

    def subject(self) -> UUID:
        return self.course

    async def own(self, desk: Desk, named: UUID | None) -> TrainingCourse:
        """The course, if it is the unit's that speaks."""
        course = await desk.load(TrainingCourse, self.course, "course")
        course.require_of(desk.unit(named, course.unit_id))
        return course


@command("completeCourse")
class CompleteCourse(_OfCourse):
    """Record that a course was held. 培训完成"""

    course: CourseId = about("The course.")
    on: date = about("The day it was held.")
    attendance: int = about("How many attended.")
    unit: UnitId | None = about(_UNIT, default=None)

    async def handle(self, desk: Desk) -> None:
        (await self.own(desk, self.unit)).complete(self.on, self.attendance, desk.at)


@command("cancelCourse")
class CancelCourse(_OfCourse):
    """Cancel a course. 取消培训"""

    course: CourseId = about("The course.")
    reason: str = about("Why.")
    unit: UnitId | None = about(_UNIT, default=None)

    async def handle(self, desk: Desk) -> None:
        (await self.own(desk, self.unit)).cancel(self.reason, desk.at)
