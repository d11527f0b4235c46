"""Problems (问题清单): each with its history, the monthly lists, the joint conferences."""

from datetime import date, datetime
from enum import Enum
from typing import Annotated

import strawberry

from domain.supervision.problem import ProblemSource, ProblemStatus
from service.api.campaigns import Campaign, SupervisionGroup
from service.api.enums import described
from service.api.plan.convert import campaign_key, contains, task_key, unit_key, value_of
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
from service.api.relay import Direction, Node
from service.api.scalars import Position
from service.api.units import TaskLink, Unit
from service.store import as_of

described(
    ProblemSource,
    "Who found a problem. 问题来源",
    {
        ProblemSource.UNIT: "A unit itself. 单位自查",
        ProblemSource.GROUP: "A supervision group. 督导发现",
        ProblemSource.INQUIRY: "An inquiry. 工作问询",
        ProblemSource.MEETING: "A review meeting: see `raiseMeetingProblem`. 点评会",
        ProblemSource.PUBLIC: "The public. 群众反映",
        ProblemSource.OFFICE: "The office. 攻坚办调度",
    },
)
described(
    ProblemStatus,
    "Where a problem stands. 问题状态",
    {
        ProblemStatus.LISTED: "On the list, not assigned yet. 已列入清单",
        ProblemStatus.ASSIGNED: "Assigned to a unit. 已交办",
        ProblemStatus.PLANNED: "Measures and deadline are set. 已定措施",
        ProblemStatus.RESOLVED: "Put right, awaiting verification. 已整改，待核销",
        ProblemStatus.RETURNED: "Verification failed. 核查退回",
        ProblemStatus.CLOSED: "Verified and closed. 已销号",
        ProblemStatus.REOPENED: "Reopened. 重新打开",
    },
)


@strawberry.enum(description="A step in the life of a problem.")
class ProblemStepKind(Enum):
    LISTED = strawberry.enum_value("listed", description="Put on the list. 列入清单")
    ASSIGNED = strawberry.enum_value("assigned", description="Assigned to a unit. 交办")
    DISCUSSED = strawberry.enum_value("discussed", description="Discussed. 会商")
    MEASURES_PLANNED = strawberry.enum_value("measures_planned", description="Measures set. 定措施")
    DECIDED = strawberry.enum_value("decided", description="Decided by the joint conference. 联席会议决定")
    RESOLVED = strawberry.enum_value("resolved", description="Put right by the unit. 整改")
    RETURNED = strawberry.enum_value("returned", description="Returned by a group. 退回")
    CLOSED = strawberry.enum_value("closed", description="Verified and closed. 销号")
    REOPENED = strawberry.enum_value("reopened", description="Reopened. 重新打开")


@strawberry.enum(description="What problems are sorted by.")
class ProblemOrderField(Enum):
    CODE = strawberry.enum_value("code", description="The code.")
    LISTED = strawberry.enum_value("listed", description="The day it was put on the list.")
    DEADLINE = strawberry.enum_value("deadline", description="The deadline; those without one come last.")


@strawberry.input(description="How problems are sorted.")
class ProblemOrder:
    field: ProblemOrderField = strawberry.field(description="By what.")
    direction: Direction = strawberry.field(default=Direction.ASC, description="Which way.")


@strawberry.input(description="Which problems; all conditions hold together.")
class ProblemFilter:
    campaign: strawberry.ID | None = matches(
        "{t}.campaign_id = {v}", "uuid", campaign_key, description="Of this campaign."
    )
    task: strawberry.ID | None = matches("{t}.task_id = {v}", "uuid", task_key, description="Of this task.")
    unit: strawberry.ID | None = matches(
        "{t}.unit_id = {v}", "uuid", unit_key, description="This unit is responsible."
    )
    source: list[ProblemSource] | None = matches(
        "{t}.source = any({v})", "text[]", value_of, description="Found by one of these."
    )
    status: list[ProblemStatus] | None = matches(
        "{t}.status = any({v})", "text[]", value_of, description="In one of these states."
    )
    closed: bool | None = matches("({t}.status = 'closed')", "boolean", description="Closed, or still open.")
    overdue: bool | None = matches(
        "({t}.status <> 'closed' and {t}.resolved_on is null and coalesce({t}.deadline < {date}, false))",
        "boolean",
        description="Past its deadline and not put right, or not.",
    )
    text: str | None = matches(
        "({t}.title ilike {v} or {t}.code ilike {v})",
        convert=contains,
        description="Title or code contains this.",
    )


@reads("read.problem_step")
@strawberry.type(description="A step in the life of a problem. Not public.")
class ProblemStep:
    position: Position = column(description="The event's place in the log.")
    kind: ProblemStepKind = column(description="What happened.")
    at: datetime = column(description="When.")
    text: str = column(description="What was said with it.")
    due: date | None = column(description="The deadline that was set with it.")
    unit: Unit | None = to_one("{c}.id = {t}.unit_id", description="The unit concerned, if one is.")
    group: SupervisionGroup | None = to_one(
        "{c}.id = {t}.group_id", description="The supervision group that did it, if one did."
    )


@reads("read.problem", prefix="problem")
@strawberry.type(description="A problem (问题), from listed to closed. Not public.")
class Problem(Node):
    id: strawberry.ID = identity("problem")
    code: str = column(description="Short code, unique. 问题编码")
    source: ProblemSource = column(description="Who found it. 问题来源")
    title: str = column(description="Title.")
    description: str = column(description="What is wrong. 问题描述")
    status: ProblemStatus = column(description="Where it stands. 状态")
    listed_on: date = column(description="On the list since. 列入日期")
    measures: str | None = column(description="The measures. 整改措施")
    deadline: date | None = column(description="By when. 整改时限")
    decision: str | None = column(description="What the last conference decided. 联席会议决定")
    resolved_on: date | None = column(description="Put right on. 整改完成日期")
    result: str | None = column(description="What was done. 整改结果")
    closed_on: date | None = column(description="Closed on. 销号日期")
    times_reopened: int = column(description="How often it was reopened.")
    version: int = column(as_of.VERSION, description="The version of its stream, for `expectedVersion`.")
    unit: Unit | None = to_one("{c}.id = {t}.unit_id", description="The responsible unit. 责任单位")
    campaign: Campaign | None = to_one("{c}.id = {t}.campaign_id", description="Its campaign, if one.")
    task: TaskLink | None = to_one("{c}.id = {t}.task_id", description="Its task, if one.")
    found_by_unit: Unit | None = to_one("{c}.id = {t}.found_by", description="The unit that found it.")
    found_by_group: SupervisionGroup | None = to_one(
        "{c}.id = {t}.found_by", description="The supervision group that found it."
    )
    finding: (
        Annotated["Finding", strawberry.lazy("service.api.supervision.oversight")] | None  # type: ignore[name-defined] # noqa: F821
    ) = to_one("{c}.problem_id = {t}.id", description="The finding that listed it, if one did.")
    closed_by: SupervisionGroup | None = to_one(
        "{c}.id = {t}.closed_by_group_id", description="The group that closed it. 核销督导组"
    )
    steps: list[ProblemStep] = rows(
        "{c}.problem_id = {t}.id", "{c}.position", description="Its history, oldest first."
    )


@reads("read.problem_list", prefix="problem-list")
@strawberry.type(description="A month's list of problems, as it was frozen (问题清单). Not public.")
class ProblemList(Node):
    id: strawberry.ID = identity("problem-list")
    period: str = column(description="The month, such as `2020-05`.")
    compiled_on: date = column(description="Frozen on. 形成日期")
    problems: list[Problem] = rows(
        "{c}.id = any({t}.problem_ids)", "{c}.code_key", description="Its problems, as they stand now."
    )


@strawberry.type(description="What a joint conference decided on a problem. Not public.")
class ConferenceDecision:
    text: str = column(description="The decision. 决定")
    deadline: date | None = column("({t}.deadline)::date", description="The deadline it set.")
    problem: Problem | None = to_one("{c}.id = ({t}.problem)::uuid", description="The problem.")
    unit: Unit | None = to_one("{c}.id = ({t}.unit)::uuid", description="The unit it made responsible.")


@reads("read.joint_conference", prefix="joint-conference")
@strawberry.type(description="A joint conference on a month's list (联席会议). Not public.")
class JointConference(Node):
    id: strawberry.ID = identity("joint-conference")
    period: str = column(description="The month of its list.")
    on: date = column("{t}.held_on", description="The day. 会议日期")
    attendees: list[Unit] = rows(
        "{c}.id = any({t}.attendee_ids)", "{c}.code", description="The units that attended. 参会单位"
    )
    decisions: list[ConferenceDecision] = embedded("{t}.decisions", description="One on each problem.")


@strawberry.enum(description="What lists and conferences are sorted by.")
class MonthOrderField(Enum):
    MONTH = strawberry.enum_value("month", description="The month.")


@strawberry.input(description="How lists and conferences are sorted; by default the latest comes first.")
class MonthOrder:
    field: MonthOrderField = strawberry.field(description="By what.")
    direction: Direction = strawberry.field(default=Direction.DESC, description="Which way.")


@strawberry.input(description="Which months.")
class MonthFilter:
    period: str | None = matches("{t}.period = {v}", description="Of this month, such as `2020-05`.")


lists(
    Listing(
        "problems",
        orders={
            ProblemOrderField.CODE: Order((("{t}.code_key", "text"),)),
            ProblemOrderField.LISTED: Order((("{t}.listed_on", "date"),)),
            ProblemOrderField.DEADLINE: Order((("coalesce({t}.deadline, '2999-12-31')", "date"),)),
        },
        default=ProblemOrderField.CODE,
    )
)
for _name in ("problemLists", "jointConferences"):
    lists(
        Listing(
            _name,
            orders={MonthOrderField.MONTH: Order((("{t}.month", "int"),))},
            default=MonthOrderField.MONTH,
            descending=True,
        )
    )
