"""The assessment scheme: what the schema shows of it, and what `adoptScheme` takes."""

from datetime import date
from decimal import Decimal
from enum import Enum

import strawberry

from domain.assessment import scheme_content as domain
from domain.directory import Category
from service.api import units  # noqa: F401 - names the categories
from service.api.accountability.measures import MeasuresInput
from service.api.plan.declare import Listing, Order, column, embedded, identity, lists, reads
from service.api.relay import Node
from service.api.scalars import Position

said = strawberry.field


@strawberry.type(description="A component of a category and its weight. 考核项")
class SchemeComponent:
    code: str = column(description="Code, such as `task_progress`.")
    weight: Decimal = column(description="Weight in percent. 权重")


@strawberry.type(description="How one category of unit is weighed.")
class SchemeCategory:
    category: Category = column(description="The category.")
    components: list[SchemeComponent] = embedded(
        '({t}."components")::jsonb', description="Its components; the weights sum to 100."
    )


@strawberry.type(description="A grade and the score that it stands for. 等次")
class SchemeGrade:
    code: str = column(description="Code.")
    name: str = column(description="Name.")
    score: Decimal = column(description="The score, 0 to 100.")


@strawberry.type(description="An adjustment that counts, with its caps within a ranked period. 加减分项")
class SchemeAdjustment:
    code: str = column(description="Code, such as `penalty`.")
    most_added: Decimal = column(description="The most it adds.")
    most_deducted: Decimal = column(description="The most it takes away.")


@reads("read.assessment_scheme", prefix="scheme")
@strawberry.type(description="An edition of the assessment scheme (考核办法). Public.")
class AssessmentScheme(Node):
    id: strawberry.ID = identity("scheme")
    edition: int = column(description="Its number, from 1.")
    effective_from: str = column(description="The first month it is for. 施行月份")
    title: str = column(description="Title.")
    document_number: str = column(description="The number of the authorising document. 文号")
    document_title: str = column(description="The title of that document.")
    adopted_on: date = column(description="The day it was adopted.")
    position: Position = column(description="The event of its adoption.")
    digits: int = column(description="Decimals of points and totals, rounded half even.")
    tie_breakers: list[str] = column(description="What is compared, in this order, where totals are equal.")
    categories: list[SchemeCategory] = embedded(
        "{t}.content->0->'categories'", description="The categories, ranked apart."
    )
    grades: list[SchemeGrade] = embedded("{t}.content->0->'grades'", description="Its grades.")
    adjustments: list[SchemeAdjustment] = embedded("{t}.adjustments", description="Its adjustments.")


@strawberry.enum(description="What editions of the scheme are sorted by.")
class SchemeOrderField(Enum):
    EDITION = strawberry.enum_value("edition", description="Their number.")


lists(
    Listing(
        "assessment_schemes",
        orders={SchemeOrderField.EDITION: Order((("{t}.edition", "int"),))},
        default=SchemeOrderField.EDITION,
        descending=True,
    )
)

# -- what comes in


@strawberry.input(description="A component of a category and its weight.")
class ComponentWeightInput:
    code: str = said(
        description="Code: `task_progress`, `supervision`, `anonymous_rating`, `leaders_evaluation`,"
        " `public_appraisal`, `third_party`, or one of a source of its own."
    )
    weight: Decimal = said(description="Weight in percent.")


@strawberry.input(description="How one category of unit is weighed.")
class CategoryWeightsInput:
    category: Category = said(description="The category.")
    components: list[ComponentWeightInput] = said(description="Its components; the weights sum to 100.")

    def to_domain(self) -> domain.CategoryWeights:
        weights = (domain.ComponentWeight(c.code, c.weight) for c in self.components)
        return domain.CategoryWeights(self.category, tuple(weights))


@strawberry.input(description="A grade and the score that it stands for.")
class GradeInput:
    code: str = said(description="Code.")
    name: str = said(description="Name.")
    score: Decimal = said(description="The score, 0 to 100.")


@strawberry.input(description="An adjustment that counts, with its caps within a ranked period.")
class AdjustmentCapInput:
    code: str = said(description="Code: `card`, `commendation`, `penalty`, or one of a source of its own.")
    most_added: Decimal = said(default=Decimal(0), description="The most it adds.")
    most_deducted: Decimal = said(default=Decimal(0), description="The most it takes away.")


@strawberry.input(description="All that an edition of the scheme says.")
class SchemeContentInput:
    categories: list[CategoryWeightsInput] = said(description="The categories, ranked apart.")
    grades: list[GradeInput] = said(default_factory=list, description="Grades.")
    adjustments: list[AdjustmentCapInput] = said(
        default_factory=list, description="Adjustments; one that is not listed does not count."
    )
    tie_breakers: list[str] = said(
        default_factory=list, description="Codes whose points are compared where totals are equal, in order."
    )
    digits: int = said(default=2, description="Decimals of points and totals, 0 to 4.")
    measures: MeasuresInput | None = said(
        default=None, description="Forms of commendation and penalties; null: none under this edition."
    )

    def to_domain(self) -> domain.SchemeContent:
        return domain.SchemeContent(
            tuple(c.to_domain() for c in self.categories),
            tuple(domain.Grade(g.code, g.name, g.score) for g in self.grades),
            tuple(domain.AdjustmentCap(a.code, a.most_added, a.most_deducted) for a in self.adjustments),
            tuple(self.tie_breakers),
            self.digits,
            None if self.measures is None else self.measures.to_domain(),
        )
