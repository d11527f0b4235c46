"""The root fields of merit and fault."""

from typing import Annotated

import strawberry

from domain.assessment.grounds import GROUNDS
from domain.assessment.subject import SubjectKind
from domain.directory import Category
from projections.assessment import accountability as sql
from service.api.accountability.matters import (
    AccountabilityCase,
    CaseFilter,
    Commendation,
    CommendationFilter,
    MatterOrder,
)
from service.api.accountability.measures import Measures
from service.api.accountability.moment import read_as_of
from service.api.accountability.priority import (
    COMES_FIRST_OFFICIAL,
    COMES_FIRST_UNIT,
    PriorityListConnection,
    PriorityOfficialsConnection,
)
from service.api.accountability.record import (
    OF_CATEGORY,
    AccountabilityConnection,
    EntryFilter,
    EntryOrder,
)
from service.api.plan.convert import value_of
from service.api.plan.declare import Filter, One, planned, to_many
from service.api.relay import Connection
from service.api.scalars import Position
from service.api.tasks import AsOfInput

_said = strawberry.argument
AsOfArgument = Annotated[AsOfInput | None, _said(description="Look back to this moment.")]
First = Annotated[int | None, _said(description="How many rows from the start, or after `after`.")]
After = Annotated[str | None, _said(description="Continue behind this cursor.")]
Last = Annotated[int | None, _said(description="How many rows from the end, or before `before`.")]
Before = Annotated[str | None, _said(description="Continue in front of this cursor.")]
MinPosition = Annotated[
    Position | None,
    _said(description="Answer only once the read tables have reached this position of the log."),
]
Id = Annotated[strawberry.ID, _said(description="The id, as an answer of this service gave it.")]

_OF_KIND = Filter(
    "case {v} when 'unit' then {t}.unit_id is not null else {t}.official_id is not null end",
    convert=value_of,
)
_IN_CATEGORY = Filter("{t}.category = {v}", convert=value_of)
_HELD = f"({{c}}.level > 0 and {sql.IN_FORCE.replace('{t}', '{c}')})"


@strawberry.type(description="A ground on which an accountability case may be opened. 问责事由")
class AccountabilityGround:
    code: str = strawberry.field(description="Code: `ground` of a case.")
    name: str = strawberry.field(description="Name.")
    name_en: str = strawberry.field(description="Name in English.")
    topics: list[str] = strawberry.field(
        description="The events that such a case may rest on; empty: it comes from outside."
    )


def _grounds() -> list[AccountabilityGround]:
    return [
        AccountabilityGround(code=g.code, name=g.zh, name_en=g.en, topics=list(g.topics))
        for g in GROUNDS.values()
    ]


@strawberry.type
class AccountabilityQuery:
    @planned(One(), description="A commendation by its id, or null. 表扬奖励")
    def commendation(self, id: Id, min_position: MinPosition = None) -> Commendation | None: ...

    @planned(One(), description="An accountability case by its id, or null. 问责案件")
    def accountability_case(self, id: Id, min_position: MinPosition = None) -> AccountabilityCase | None: ...

    commendations = to_many(
        Connection[Commendation],
        MatterOrder,
        CommendationFilter,
        "commendations",
        description="Commendations, the last changed first. 表扬奖励",
    )
    accountability_cases = to_many(
        Connection[AccountabilityCase],
        MatterOrder,
        CaseFilter,
        "accountability_cases",
        description="Accountability cases, the last changed first. 问责案件",
    )
    measures = to_many(
        Connection[Measures],
        None,
        None,
        "measures",
        description="What each edition of the scheme says of merit and fault, the latest first. 奖惩规定",
    )

    @planned(
        read_as_of("accountability_entries", None),
        description="The accountability record (奖惩档案) of all that you may see, now or as of a moment.",
    )
    def accountability(
        self,
        as_of: AsOfArgument = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: Annotated[EntryFilter | None, _said(description="Which entries.")] = None,
        order_by: Annotated[EntryOrder | None, _said(description="How they are sorted.")] = None,
        min_position: MinPosition = None,
    ) -> AccountabilityConnection: ...

    @planned(
        read_as_of(
            "accountability_entries", _HELD, subject=_OF_KIND, category=Filter(OF_CATEGORY, convert=value_of)
        ),
        description="Who is held to account (问责) now or as of a moment: the penalties in force that you may"
        " see, each with its edition and case.",
    )
    def held_to_account(
        self,
        subject: Annotated[SubjectKind | None, _said(description="Only units, or only officials.")] = None,
        category: Annotated[Category | None, _said(description="Only units of this category.")] = None,
        as_of: AsOfArgument = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        order_by: Annotated[EntryOrder | None, _said(description="How they are sorted.")] = None,
        min_position: MinPosition = None,
    ) -> AccountabilityConnection: ...

    @planned(
        read_as_of("priority_units", COMES_FIRST_UNIT, category=_IN_CATEGORY),
        description="Which units come first (评先树优), by the rule of the scheme in force, with the grounds"
        " of each. For OFFICE, INSPECTOR and LEADER.",
    )
    def priority_list(
        self,
        category: Annotated[Category | None, _said(description="Only units of this category.")] = None,
        as_of: AsOfArgument = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        min_position: MinPosition = None,
    ) -> PriorityListConnection: ...

    @planned(
        read_as_of("priority_officials", COMES_FIRST_OFFICIAL),
        description="Which officials come first (选拔任用优先), by the rule of the scheme in force, with the"
        " grounds of each. For OFFICE, INSPECTOR and LEADER.",
    )
    def priority_officials(
        self,
        as_of: AsOfArgument = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        min_position: MinPosition = None,
    ) -> PriorityOfficialsConnection: ...

    accountability_grounds: list[AccountabilityGround] = strawberry.field(
        resolver=_grounds, description="The grounds on which a case may be opened. 问责事由"
    )
