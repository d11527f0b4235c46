"""Who is asking, as the service sees them."""

import strawberry

from service.api.request import Info
from service.identity import Role

strawberry.enum(Role, description="What a person or system is to the service. 角色")


@strawberry.type(name="Viewer", description="The person or system that asks.")
class ViewerType:
    role: Role = strawberry.field(description="Role. 角色")
    actor: str = strawberry.field(description="The name written into the events they cause.")
    unit: strawberry.ID | None = strawberry.field(description="The unit they report for, if any.")
    group: strawberry.ID | None = strawberry.field(
        description="The supervision group they belong to, if any."
    )


def viewer(info: Info) -> ViewerType:
    asking = info.context.viewer
    return ViewerType(
        role=asking.role,
        actor=asking.actor,
        unit=strawberry.ID(f"unit:{asking.unit_id}") if asking.unit_id else None,
        group=strawberry.ID(f"group:{asking.group_id}") if asking.group_id else None,
    )
