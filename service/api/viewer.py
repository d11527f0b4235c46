"""Who is asking, as the service sees them."""

import strawberry

from service.api.enums import described
from service.api.request import Info
from service.identity import Role

described(
    Role,
    "What a person or system is to the service. 角色",
    {
        Role.OFFICE: "The Campaign Year Office. 攻坚办",
        Role.REPORTER: "Reports for a unit. 填报人",
        Role.SUPERVISOR: "Belongs to a supervision group. 督导评估组",
        Role.EVALUATOR: "Evaluation staff. 评估人员",
        Role.INSPECTOR: "Audits the log. 监察",
        Role.LEADER: "A leader of the city: reads. 领导",
        Role.OFFICIAL: "An official, who reads their own record. 干部本人",
        Role.INTEGRATOR: "Another system: reads and follows the log. 对接系统",
        Role.PUBLIC: "Anyone without a token. 公众",
    },
)


@strawberry.type(name="Viewer", description="The person or system that asks.")
class ViewerType:
    role: Role = strawberry.field(description="Role. 角色")
    actor: str = strawberry.field(description="The name written into the events they cause.")
    unit: strawberry.ID | None = strawberry.field(description="The unit they report for, if any.")
    group: strawberry.ID | None = strawberry.field(
        description="The supervision group they belong to, if any."
    )
    official: strawberry.ID | None = strawberry.field(description="The official they are, if any.")


def viewer(info: Info) -> ViewerType:
    asking = info.context.viewer
    return ViewerType(
        role=asking.role,
        actor=asking.actor,
        unit=strawberry.ID(f"unit:{asking.unit_id}") if asking.unit_id else None,
        group=strawberry.ID(f"group:{asking.group_id}") if asking.group_id else None,
        official=strawberry.ID(f"official:{asking.official_id}") if asking.official_id else None,
    )
