"""Evaluation scores as they stand."""

from datetime import date
from decimal import Decimal
from enum import Enum

import strawberry

from service.api.campaigns import SupervisionGroup
from service.api.plan.convert import unit_key
from service.api.plan.declare import (
    Listing,
    Order,
    column,
    embedded,
    identity,
    lists,
    matches,
    reads,
    to_one,
)
from service.api.relay import Direction, Node
from service.api.scalars import Position
from service.api.units import Unit


@strawberry.enum(description="What scores are sorted by.")
class EvaluationOrderField(Enum):
    PERIOD = strawberry.enum_value("period", description="The month that is scored.")


@strawberry.input(description="How scores are sorted.")
class EvaluationOrder:
    field: EvaluationOrderField = strawberry.field(description="By what.")
    direction: Direction = strawberry.field(default=Direction.DESC, description="Which way.")


@strawberry.input(description="Which scores; all conditions hold together.")
class EvaluationFilter:
    unit: strawberry.ID | None = matches("{t}.unit_id = {v}", "uuid", unit_key, description="Of this unit.")
    period: str | None = matches("{t}.period = {v}", description="Of this month, such as `2020-05`.")
    component: str | None = matches("{t}.component = {v}", description="For this component.")


@strawberry.type(description="What one task came to in a progress score. Not public.")
class ProgressInput:
    task: strawberry.ID = column("'task:' || {t}.\"task\"", description="The task.")
    completion: Decimal | None = column(description="Completion at the end of the month; null if unknown.")
    expected: Decimal = column(description="What should have been done by then.")
    score: Decimal | None = column(
        description="Completion against expected, in percent, at most 100; null: left out."
    )


@reads("read.evaluation", prefix="evaluation", visible={"own_unit": "{t}.unit_id = {unit}"})
@strawberry.type(description="A score of a unit for a component in a month (评分). Not public.")
class Evaluation(Node):
    id: strawberry.ID = identity("evaluation")
    period: str = column(description="The month, such as `2020-05`. 考核周期")
    component: str = column(description="The component's code. 考核项")
    score: Decimal = column(description="The score as it stands, 0 to 100. 评分")
    grade: str | None = column(description="The grade it was given by, if one was. 等次")
    scheme_edition: int = column(description="The edition of the scheme it was given under.")
    remark: str = column(description="A remark.")
    scored_on: date = column(description="The day it was given.")
    first_score: Decimal | None = column(description="The score before the correction, if there was one.")
    corrected_on: date | None = column(description="The day it was corrected.")
    correction_reason: str | None = column(description="Why it was corrected. 更正理由")
    position: Position = column(description="The event that brought the score as it stands.")
    basis_position: Position | None = column(
        description="Of a computed score: the position of the log that the ledger was read at."
    )
    basis: list[ProgressInput] = embedded(
        "{t}.basis", description="Of a computed score: the tasks it was computed from."
    )
    unit: Unit | None = to_one("{c}.id = {t}.unit_id", description="The unit.")
    group: SupervisionGroup | None = to_one(
        "{c}.id = {t}.group_id", description="The group that gave it; null: the office."
    )


lists(
    Listing(
        "evaluations",
        orders={EvaluationOrderField.PERIOD: Order((("{t}.month", "int"), ("{t}.component", "text")))},
        default=EvaluationOrderField.PERIOD,
        descending=True,
    )
)
