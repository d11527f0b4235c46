"""Exemplary cases, exchange meetings, training courses; the terms on task forces and their conformance."""

from datetime import date

import strawberry

from domain.campaign import TaskForceRole
from domain.supervision.learning import COURSES_ASKED, CourseStatus
from projections.supervision import learning as sql
from service.api.campaigns import Campaign
from service.api.enums import described
from service.api.plan.convert import campaign_key, unit_key, value_of
from service.api.plan.declare import (
    Listing,
    Order,
    column,
    embedded,
    identity,
    lists,
    matches,
    reads,
    rows,
    to_one,
)
from service.api.relay import Connection, Node
from service.api.supervision.oversight import DayOrderField
from service.api.units import Official, TaskLink, Unit

described(
    CourseStatus,
    "Where a training course stands. 培训状态",
    {
        CourseStatus.SCHEDULED: "Scheduled. 已安排",
        CourseStatus.COMPLETED: "Held. 已举办",
        CourseStatus.CANCELLED: "Cancelled. 已取消",
    },
)


@strawberry.input(description="Which cases; all conditions hold together.")
class ExemplaryCaseFilter:
    campaign: strawberry.ID | None = matches(
        "{t}.campaign_id = {v}", "uuid", campaign_key, description="Of this campaign."
    )
    unit: strawberry.ID | None = matches("{t}.unit_id = {v}", "uuid", unit_key, description="Of this unit.")
    selected: bool | None = matches(
        "({t}.selected_on is not null)", "boolean", description="Selected, or only nominated."
    )
    published: bool | None = matches("{t}.published", "boolean", description="Published, or not.")


@reads("read.exemplary_case", prefix="exemplary-case", visible={"published": "{t}.published"})
@strawberry.type(description="An exemplary case (典型案例) of a campaign. Public once published.")
class ExemplaryCase(Node):
    id: strawberry.ID = identity("exemplary-case")
    code: str = column(description="Short code, unique.")
    title: str = column(description="Title.")
    text: str = column(description="What was done, and what others may learn from it.")
    nominated_on: date = column(description="Nominated on. 推荐日期")
    selected_on: date | None = column(description="Selected on. 入选日期")
    reason: str | None = column(description="Why it was selected.")
    published: bool = column(description="Whether the public may read it.")
    campaign: Campaign | None = to_one("{c}.id = {t}.campaign_id", description="The campaign.")
    unit: Unit | None = to_one("{c}.id = {t}.unit_id", description="The unit.")
    task: TaskLink | None = to_one("{c}.id = {t}.task_id", description="The task, if one.")


@reads("read.exchange_meeting", prefix="exchange-meeting")
@strawberry.type(description="An exchange meeting on site (现场经验交流会). Public.")
class ExchangeMeeting(Node):
    id: strawberry.ID = identity("exchange-meeting")
    code: str = column(description="Short code, unique.")
    on: date = column("{t}.held_on", description="The day.")
    place: str = column(description="Where.")
    cases: list[ExemplaryCase] = rows(
        "{c}.id = any({t}.case_ids)", "{c}.code", description="The cases that were shown."
    )
    units: list[Unit] = rows("{c}.id = any({t}.unit_ids)", "{c}.code", description="The units that attended.")


@strawberry.input(description="Which courses; all conditions hold together.")
class TrainingCourseFilter:
    campaign: strawberry.ID | None = matches(
        "{t}.campaign_id = {v}", "uuid", campaign_key, description="Serving this campaign."
    )
    unit: strawberry.ID | None = matches("{t}.unit_id = {v}", "uuid", unit_key, description="Of this unit.")
    status: list[CourseStatus] | None = matches(
        "{t}.status = any({v})", "text[]", value_of, description="In one of these states."
    )


@reads("read.training_course", prefix="training-course")
@strawberry.type(description="A training course (专题培训). Public.")
class TrainingCourse(Node):
    id: strawberry.ID = identity("training-course")
    code: str = column(description="Short code, unique.")
    title: str = column(description="Title.")
    day: date = column(description="The day it is or was held.")
    status: CourseStatus = column(description="Where it stands.")
    attendance: int | None = column(description="How many attended. 参训人数")
    reason: str | None = column(description="Why it was cancelled.")
    unit: Unit | None = to_one("{c}.id = {t}.unit_id", description="The unit that holds it.")
    campaign: Campaign | None = to_one("{c}.id = {t}.campaign_id", description="The campaign it serves.")


@strawberry.type(description="A page of courses, and how many the plan asks for.")
class TrainingCourseConnection(Connection[TrainingCourse]):
    asked: int = column(str(COURSES_ASKED), description="How many the plan asks for in all (article 46).")
    held: int = column(sql.COURSES_HELD, description="How many were held in all. 已举办场次")


@strawberry.type(description="A term on a task force (专班任期). Not public.")
class TaskForceTerm:
    role: TaskForceRole = column(description="The role.")
    since: date = column("({t}.since)::date", description="First day.")
    until: date | None = column("({t}.until)::date", description="Last day; null while it is open.")
    official: Official | None = to_one("{c}.id = ({t}.official)::uuid", description="Who.")


@reads("read.task_force")
@strawberry.type(description="A campaign's task force today, against the plan (article 45). Not public.")
class TaskForce:
    in_office: int = column(sql.IN_OFFICE, description="Members in office today. 在任人数")
    leaders: int = column(sql.LEADERS, description="Leaders among them. 牵头市领导人数")
    conforms: bool = column(
        sql.CONFORMS, description="Whether it has 7-8 members in office, one of them the leader. 是否符合方案"
    )
    places: list[TaskForceTerm] = embedded("{t}.places", description="The last term of each of its places.")
    former: list[TaskForceTerm] = embedded("{t}.former", description="The terms before, oldest first.")


for _name, _day in (
    ("exemplaryCases", "nominated_on"),
    ("exchangeMeetings", "held_on"),
    ("trainingCourses", "day"),
):
    lists(
        Listing(
            _name,
            orders={DayOrderField.DAY: Order(((f"{{t}}.{_day}", "date"),))},
            default=DayOrderField.DAY,
            descending=True,
        )
    )
