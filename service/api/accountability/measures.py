"""What an edition of the scheme says of merit and fault: what is shown, and what `adoptScheme` takes."""

from decimal import Decimal
from enum import Enum

import strawberry

from domain.assessment import measures as domain
from domain.assessment.subject import SubjectKind
from service.api.enums import described
from service.api.plan.declare import Listing, Order, column, embedded, identity, lists, reads
from service.api.relay import Node
from service.api.scalars import Position

said = strawberry.field

described(
    SubjectKind,
    "Whose record it is. 对象",
    {
        SubjectKind.UNIT: "A unit: its record stays with it. 单位",
        SubjectKind.OFFICIAL: "An official: the record goes with the person. 干部",
    },
)


@strawberry.type(description="A form of commendation. 表扬奖励形式")
class CommendationForm:
    code: str = column(description="Code.")
    name: str = column(description="Name.")
    name_en: str = column(description="Name in English.")
    points: Decimal = column(description="What it counts, above zero.")
    for_units: bool = column(description="Whether a unit may get it.")
    for_officials: bool = column(description="Whether an official may get it.")
    term_months: int | None = column(description="How many months it counts; null: without end.")


@strawberry.type(description="A step of the ladder of penalties. 问责方式")
class PenaltyStep:
    level: int = column(description="How grave it is; 1 is the mildest.")
    code: str = column(description="Code.")
    name: str = column(description="Name.")
    name_en: str = column(description="Name in English.")
    points: Decimal = column(description="What it counts, zero or below.")
    for_units: bool = column(description="Whether it is for units.")
    for_officials: bool = column(description="Whether it is for officials.")
    term_months: int | None = column(description="How many months it counts; null: without end.")


@reads("read.measures", prefix="measures")
@strawberry.type(description="What an edition of the scheme says of merit and fault (奖惩规定). Public.")
class Measures(Node):
    id: strawberry.ID = identity("measures")
    edition: int = column(description="The edition of the scheme.")
    title: str = column(description="Title of the edition.")
    effective_from: str = column(description="The first month it is for.")
    position: Position = column(description="The event of its adoption.")
    forms: list[CommendationForm] = embedded("{t}.forms", description="Forms of commendation.")
    ladder: list[PenaltyStep] = embedded("{t}.ladder", description="Penalties, the mildest first. 问责阶梯")
    appeal_days: int = column(description="How many days an appeal may be lodged. 申诉期限")
    least_merits: Decimal = column(
        description="Who comes first has merits in force of at least this. 优先最低加分"
    )
    barring_step: str = column(
        description="Who comes first has no penalty in force of this step or a graver one. 否决档次"
    )


@strawberry.enum(description="What measures are sorted by.")
class MeasuresOrderField(Enum):
    EDITION = strawberry.enum_value("edition", description="The edition of the scheme.")


lists(
    Listing(
        "measures",
        orders={MeasuresOrderField.EDITION: Order((("{t}.edition", "int"),))},
        default=MeasuresOrderField.EDITION,
        descending=True,
    )
)

# -- what comes in

_BOTH = tuple(SubjectKind)


@strawberry.input(description="A form of commendation.")
class CommendationFormInput:
    code: str = said(description="Code, unique among the forms.")
    name: str = said(description="Name.")
    name_en: str = said(description="Name in English.")
    points: Decimal = said(description="What it counts, above zero.")
    subjects: list[SubjectKind] = said(
        default_factory=lambda: list(_BOTH), description="Whom it is for; left out: both."
    )
    term_months: int | None = said(default=None, description="How many months it counts; null: without end.")

    def to_domain(self) -> domain.CommendationForm:
        return domain.CommendationForm(
            self.code, self.name, self.name_en, self.points, tuple(self.subjects), self.term_months
        )


@strawberry.input(description="A step of the ladder of penalties.")
class PenaltyStepInput:
    code: str = said(description="Code, unique among the steps.")
    name: str = said(description="Name.")
    name_en: str = said(description="Name in English.")
    points: Decimal = said(description="What it counts, zero or below.")
    subjects: list[SubjectKind] = said(
        default_factory=lambda: list(_BOTH), description="Whom it is for; left out: both."
    )
    term_months: int | None = said(default=None, description="How many months it counts; null: without end.")

    def to_domain(self) -> domain.PenaltyStep:
        return domain.PenaltyStep(
            self.code, self.name, self.name_en, self.points, tuple(self.subjects), self.term_months
        )


@strawberry.input(description="Who comes first in awards, selection and promotion. 优先规则")
class PriorityRuleInput:
    least_merits: Decimal = said(description="Those with merits in force of at least this.")
    barring_step: str = said(
        description="Unless a penalty of this step of the ladder, or a graver one, is in force."
    )

    def to_domain(self) -> domain.PriorityRule:
        return domain.PriorityRule(self.least_merits, self.barring_step)


@strawberry.input(description="What an edition of the scheme says of merit and fault. 奖惩规定")
class MeasuresInput:
    forms: list[CommendationFormInput] = said(description="Forms of commendation.")
    ladder: list[PenaltyStepInput] = said(description="Penalties, the mildest first.")
    appeal_days: int = said(description="How many days an appeal may be lodged, counted from the decision.")
    priority: PriorityRuleInput = said(description="Who comes first.")

    def to_domain(self) -> domain.Measures:
        return domain.Measures(
            tuple(form.to_domain() for form in self.forms),
            tuple(step.to_domain() for step in self.ladder),
            self.appeal_days,
            self.priority.to_domain(),
        )
