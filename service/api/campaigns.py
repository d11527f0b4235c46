"""Campaigns, their task forces, and the supervision groups that watch them."""

from datetime import date
from enum import Enum

import strawberry

from domain.campaign import TaskForceRole
from service.api.enums import described
from service.api.plan.convert import contains
from service.api.plan.declare import (
    Listing,
    Order,
    column,
    identity,
    lists,
    matches,
    reads,
    rows,
    to_many,
    to_one,
)
from service.api.relay import Connection, Direction, Node
from service.api.supervision.links import SupervisionOfCampaign, SupervisionOfGroup
from service.api.units import Official, TaskFilterLink, TaskLink, TaskOrderLink, Unit
from service.store import as_of

described(
    TaskForceRole,
    "A role on a task force. 专班职责",
    {
        TaskForceRole.LEADER: "The city leader who leads it. 牵头市领导",
        TaskForceRole.PARTICIPANT: "A leader of the People's Congress or the CPPCC who takes part. 参与领导",
        TaskForceRole.RESPONSIBLE: "Responsible for it in a department. 部门责任人",
        TaskForceRole.STAFF: "On its staff. 专职人员",
    },
)


@strawberry.enum(description="What campaigns and groups are sorted by.")
class CampaignOrderField(Enum):
    NUMBER = strawberry.enum_value("number", description="The campaign's number in the plan.")
    NAME = strawberry.enum_value("name", description="Its name.")


@strawberry.input(description="How campaigns are sorted.")
class CampaignOrder:
    field: CampaignOrderField = strawberry.field(description="By what.")
    direction: Direction = strawberry.field(default=Direction.ASC, description="Which way.")


@strawberry.input(description="Which campaigns; all conditions hold together.")
class CampaignFilter:
    code: str | None = matches("{t}.code = {v}", description="With exactly this code.")
    text: str | None = matches("{t}.name ilike {v}", convert=contains, description="The name contains this.")


@reads("read.task_force_member")
@strawberry.type(description="A member of a task force (专班成员). Not public.")
class TaskForceMember:
    role: TaskForceRole = column(description="Role.")
    since: date = column(description="First day of the term.")
    until: date | None = column(description="Last day of the term; null while it is open.")
    official: Official | None = to_one("{c}.id = {t}.official_id", description="Who.")


@reads("read.campaign", prefix="campaign")
@strawberry.type(description="A campaign (攻坚战): one of the ten fronts of the year. Public.")
class Campaign(SupervisionOfCampaign, Node):
    id: strawberry.ID = identity("campaign")
    code: str = column(description="Short code, unique.")
    number: int = column(description="Its number in the plan.")
    name: str = column(description="Name. 攻坚战名称")
    name_missing: bool = column(description="The plan's text lost the name; the one here was given to it.")
    goal: str = column(description="What it is to achieve; empty if the plan does not say. 攻坚目标")
    start: date = column("{t}.start_on", description="First day.")
    end: date = column("{t}.end_on", description="Last day.")
    version: int = column(as_of.VERSION, description="The version of its stream, for `expectedVersion`.")
    demonstration: bool = column(description="Played by the demonstration year, not lived. 演示数据")
    task_force: list[TaskForceMember] = rows(
        "{c}.campaign_id = {t}.id",
        "{c}.ordinal",
        description="The task force as it is formed now. Not public. 专班",
    )
    tasks = to_many(
        Connection[TaskLink],
        TaskOrderLink,
        TaskFilterLink,
        "tasks",
        "{c}.campaign_id = {t}.id",
        description="Its tasks. 攻坚任务",
    )


@reads("read.supervision_group", prefix="group")
@strawberry.type(description="A supervision and evaluation group (督导评估组, article 48). Not public.")
class SupervisionGroup(SupervisionOfGroup, Node):
    id: strawberry.ID = identity("group")
    code: str = column(description="Short code, unique.")
    name: str = column(description="Name.")
    version: int = column(as_of.VERSION, description="The version of its stream, for `expectedVersion`.")
    leader: Official | None = to_one("{c}.id = {t}.leader_id", description="Who leads it. 组长")
    campaigns: list[Campaign] = rows(
        "{c}.id = any({t}.campaign_ids)", "{c}.number", description="The campaigns it covers."
    )
    units: list[Unit] = rows(
        "{c}.id = any({t}.unit_ids)",
        "{c}.code",
        description="The units it covers; empty: all of its campaigns'.",
    )


lists(
    Listing(
        "campaigns",
        orders={
            CampaignOrderField.NUMBER: Order((("{t}.number", "int"),)),
            CampaignOrderField.NAME: Order((("{t}.name", "text"),)),
        },
        default=CampaignOrderField.NUMBER,
    )
)
lists(
    Listing(
        "groups",
        orders={CampaignOrderField.NAME: Order((("{t}.code", "text"),))},
        default=CampaignOrderField.NAME,
    )
)
