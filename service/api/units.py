"""Units and officials: the directory."""

from datetime import date
from enum import Enum
from typing import Annotated

import strawberry

from domain.directory import Category
from service.api.enums import described
from service.api.plan.convert import contains, value_of
from service.api.plan.declare import Listing, Order, column, identity, lists, matches, reads, to_many, to_one
from service.api.relay import Connection, Direction, Node
from service.api.supervision.links import SupervisionOfUnit

_TASKS = "service.api.tasks"
TaskLink = Annotated["Task", strawberry.lazy(_TASKS)]  # type: ignore[name-defined] # noqa: F821
TaskOrderLink = Annotated["TaskOrder", strawberry.lazy(_TASKS)]  # type: ignore[name-defined] # noqa: F821
TaskFilterLink = Annotated["TaskFilter", strawberry.lazy(_TASKS)]  # type: ignore[name-defined] # noqa: F821

described(
    Category,
    "The three categories of unit, ranked apart. 单位类别",
    {
        Category.COUNTY: "A county, county-level city or district. 县市区",
        Category.ZONE: "A development zone of the city. 市属开发区",
        Category.DEPARTMENT: "A department of the city. 市直部门",
    },
)


@strawberry.enum(description="What units are sorted by.")
class UnitOrderField(Enum):
    CODE = strawberry.enum_value("code", description="The unit's code.")
    NAME = strawberry.enum_value("name", description="The unit's name.")


@strawberry.input(description="How units are sorted.")
class UnitOrder:
    field: UnitOrderField = strawberry.field(description="By what.")
    direction: Direction = strawberry.field(default=Direction.ASC, description="Which way.")


@strawberry.input(description="Which units; all conditions hold together.")
class UnitFilter:
    category: Category | None = matches(
        "{t}.category = {v}", convert=value_of, description="Of this category."
    )
    code: str | None = matches("{t}.code = {v}", description="With exactly this code.")
    text: str | None = matches(
        "({t}.name ilike {v} or {t}.code ilike {v})",
        convert=contains,
        description="Name or code contains this.",
    )


@reads("read.official", prefix="official")
@strawberry.type(description="An official (干部). Names live in the directory alone. Not public.")
class Official(Node):
    id: strawberry.ID = identity("official")
    code: str = column(description="Short code, unique.")
    name: str = column(description="Name. 姓名")
    post: str | None = column(description="The leading post held now, if any. 职务")
    since: date | None = column(description="Holding that post since.")
    unit: Annotated["Unit", strawberry.lazy("service.api.units")] | None = to_one(
        "{c}.id = {t}.unit_id", description="The unit led now, if any."
    )


@reads("read.unit", prefix="unit")
@strawberry.type(description="A county, district, development zone or department (单位). Public.")
class Unit(SupervisionOfUnit, Node):
    id: strawberry.ID = identity("unit")
    code: str = column(description="Short code, unique. 单位编码")
    name: str = column(description="Name. 单位名称")
    category: Category = column(description="Category. 单位类别")
    leading_official: Official | None = to_one(
        "{c}.id = {t}.leading_official_id", description="The leading official. Not public. 主要负责人"
    )
    leading_post: str | None = column(description="The post of the leading official. Not public.")
    leading_since: date | None = column(description="In that post since. Not public.")
    tasks = to_many(
        Connection[TaskLink],
        TaskOrderLink,
        TaskFilterLink,
        "tasks",
        "({c}.lead_unit_id = {t}.id or {c}.supporting_unit_ids @> array[{t}.id])",
        description="The tasks that the unit leads or supports. 牵头和配合的任务",
    )


lists(
    Listing(
        "units",
        orders={
            UnitOrderField.CODE: Order((("{t}.code", "text"),)),
            UnitOrderField.NAME: Order((("{t}.name", "text"),)),
        },
        default=UnitOrderField.CODE,
        max_first=500,
    )
)
