"""Units and officials: the directory."""

from datetime import date
from enum import Enum
from typing import Annotated, Any

import strawberry

from domain.directory import Category
from service.api.accountability.moment import read_as_of
from service.api.enums import described
from service.api.plan.convert import contains, value_of
from service.api.plan.declare import (
    Listing,
    Order,
    column,
    embedded,
    identity,
    lists,
    matches,
    planned,
    reads,
    to_many,
    to_one,
)
from service.api.relay import Connection, Direction, Node
from service.api.supervision.links import SupervisionOfUnit

_said = strawberry.argument
_TASKS = "service.api.tasks"
TaskLink = Annotated["Task", strawberry.lazy(_TASKS)]  # type: ignore[name-defined] # noqa: F821
TaskOrderLink = Annotated["TaskOrder", strawberry.lazy(_TASKS)]  # type: ignore[name-defined] # noqa: F821
TaskFilterLink = Annotated["TaskFilter", strawberry.lazy(_TASKS)]  # type: ignore[name-defined] # noqa: F821
_RECORD = "service.api.accountability.record"
RecordLink = Annotated["AccountabilityConnection", strawberry.lazy(_RECORD)]  # type: ignore[name-defined] # noqa: F821
EntryFilterLink = Annotated["EntryFilter", strawberry.lazy(_RECORD)]  # type: ignore[name-defined] # noqa: F821
AsOfLink = Annotated["AsOfInput", strawberry.lazy(_TASKS)]  # type: ignore[name-defined] # noqa: F821


def _accountability(subject: str) -> Any:
    """The record of a unit or an official; `subject` is its column."""

    def declared(
        self: Any,
        as_of: Annotated[AsOfLink | None, _said(description="Look back to this moment.")] = None,
        first: Annotated[int | None, _said(description="How many rows from the start.")] = None,
        after: Annotated[str | None, _said(description="Continue behind this cursor.")] = None,
        last: Annotated[int | None, _said(description="How many rows from the end.")] = None,
        before: Annotated[str | None, _said(description="Continue in front of this cursor.")] = None,
        filter: Annotated[EntryFilterLink | None, _said(description="Which entries.")] = None,
    ) -> RecordLink: ...

    return planned(
        read_as_of("accountability_entries", f"{{c}}.{subject} = {{t}}.id"),
        description="The accountability record, now or as of a moment: every entry you may see, oldest first,"
        " and the net standing. 奖惩档案",
    )(declared)


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


@strawberry.type(description="A leading post, from its first day to its last. Not public.")
class HeldPost:
    post: str = column(description="The post. 职务")
    since: date = column(description="The first day.")
    until: date | None = column(description="The last day; null while it is held.")
    unit: Annotated["Unit", strawberry.lazy("service.api.units")] | None = to_one(
        '{c}.id = ({t}."unit")::uuid', description="The unit led."
    )
    official: Annotated["Official", strawberry.lazy("service.api.units")] | None = to_one(
        '{c}.id = ({t}."official")::uuid', description="Who held it."
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
    posts: list[HeldPost] = embedded(
        "{t}.posts", description="Every leading post, the earliest first; they never overlap. 任职经历"
    )
    accountability = _accountability("official_id")


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
    leading_posts: list[HeldPost] = embedded(
        "{t}.leading_posts", description="Who has led it, the earliest first. Not public. 历任主要负责人"
    )
    tasks = to_many(
        Connection[TaskLink],
        TaskOrderLink,
        TaskFilterLink,
        "tasks",
        "({c}.lead_unit_id = {t}.id or {c}.supporting_unit_ids @> array[{t}.id])",
        description="The tasks that the unit leads or supports. 牵头和配合的任务",
    )
    accountability = _accountability("unit_id")


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
