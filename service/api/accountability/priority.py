"""Who comes first (评先树优、选拔任用优先): by the rule of the scheme in force, with the grounds of each."""

from datetime import date
from decimal import Decimal
from enum import Enum

import strawberry

from projections.assessment import accountability as sql
from service.api.plan.declare import Listing, Order, column, embedded, lists, reads, to_one
from service.api.relay import Connection
from service.api.scalars import Position
from service.api.units import Official, Unit


@strawberry.type(
    description="A commendation in force that puts somebody first. For OFFICE, INSPECTOR and LEADER."
)
class PriorityGround:
    position: Position = column(description="The event of the award.")
    measure_name: str = column(description="The form. 表扬奖励形式")
    measure_name_en: str = column(description="The form in English.")
    points: Decimal = column(description="What it counts.")
    edition: int = column(description="The edition of the scheme it was awarded under.")
    in_force_from: date = column(description="The first day it counts.")
    in_force_to: date | None = column(description="The last day; null: without end.")


class _Of:
    """The figures of a subject whose id is `column` of the record."""

    def __init__(self, subject: str):
        record = sql.record_of(subject)
        self.merits = sql.sum_of("e.points > 0", record)
        self.standing = sql.sum_of("true", record)
        self.order = Order(
            ((f"- {self.standing}", "numeric"), (f"- {self.merits}", "numeric"), ("{t}.code", "text"))
        )
        in_force = sql.IN_FORCE.replace("{t}", "e")
        self.grounds = (
            "(select coalesce(jsonb_agg(jsonb_build_object('position', e.event_position,"
            " 'measureName', e.measure_name, 'measureNameEn', e.measure_name_en, 'points', e.points::text,"
            " 'edition', e.edition, 'inForceFrom', e.in_force_from, 'inForceTo', e.in_force_to)"
            f" order by e.event_position), '[]') from {record} e where e.points > 0 and {in_force})"
        )


_UNIT, _OFFICIAL = _Of("unit_id"), _Of("official_id")
COMES_FIRST_UNIT = sql.comes_first("unit_id").replace("{t}", "{c}")
COMES_FIRST_OFFICIAL = sql.comes_first("official_id").replace("{t}", "{c}")


@reads("read.unit")
@strawberry.type(description="A unit that comes first. For OFFICE, INSPECTOR and LEADER. 优先单位")
class PriorityUnit:
    standing: Decimal = column(_UNIT.standing, description="Merits and faults in force, summed. 净分")
    merits: Decimal = column(_UNIT.merits, description="Points of the commendations in force.")
    grounds: list[PriorityGround] = embedded(_UNIT.grounds, description="Those commendations.")
    unit: Unit | None = to_one("{c}.id = {t}.id", description="The unit.")


@reads("read.official")
@strawberry.type(description="An official who comes first. For OFFICE, INSPECTOR and LEADER. 优先干部")
class PriorityOfficial:
    standing: Decimal = column(_OFFICIAL.standing, description="Merits and faults in force, summed. 净分")
    merits: Decimal = column(_OFFICIAL.merits, description="Points of the commendations in force.")
    grounds: list[PriorityGround] = embedded(_OFFICIAL.grounds, description="Those commendations.")
    official: Official | None = to_one("{c}.id = {t}.id", description="The official.")


# Inside this class a field called `date` hides the type.
_Date = date


@strawberry.type(description="The moment a list of priority speaks of, and the rule in force then.")
class RuleInForce:
    date: _Date = column("{date}", description="The business date of the list.")
    position: Position = column("{position}", description="The position of the log up to which it goes.")
    edition: int | None = column(
        sql.rule("edition"),
        description="The edition of the scheme that holds the rule; null: none is in force.",
    )
    effective_from: str | None = column(sql.rule("effective_from"), description="The first month it is for.")
    title: str | None = column(sql.rule("title"), description="The title of that edition.")
    least_merits: Decimal | None = column(
        sql.rule("least_merits"), description="The rule: merits in force of at least this."
    )
    barring_step: str | None = column(
        sql.rule("barring_name"), description="The rule: no penalty in force of this step or a graver one."
    )


@strawberry.type(description="The units that come first. For OFFICE, INSPECTOR and LEADER.")
class PriorityListConnection(Connection[PriorityUnit], RuleInForce):
    pass


@strawberry.type(description="The officials who come first. For OFFICE, INSPECTOR and LEADER.")
class PriorityOfficialsConnection(Connection[PriorityOfficial], RuleInForce):
    pass


@strawberry.enum(description="What lists of priority are sorted by.")
class PriorityOrderField(Enum):
    STANDING = strawberry.enum_value("standing", description="The highest standing first, then the merits.")


lists(Listing("priority_units", {PriorityOrderField.STANDING: _UNIT.order}, PriorityOrderField.STANDING))
lists(
    Listing("priority_officials", {PriorityOrderField.STANDING: _OFFICIAL.order}, PriorityOrderField.STANDING)
)
