"""Contributions of points (得分明细): one row for each, with every version, made by the sources alone.

The figures of a ranking are added up in SQL; what needs exact division is left to `domain.assessment.points`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any
from uuid import UUID

from msgspec import Struct

from domain.aggregate import Event
from domain.assessment.points import micros
from domain.directory import Directory
from domain.registry import AGGREGATES, events_of
from projections.assessment.sources import ADJUSTMENT, COMPONENT, SOURCES, Contribution, Source
from projections.projection import Fact, Index, Projection, Table


class ContributionRow(Struct, frozen=True, gc=False):
    """A contribution as its source gave it; `score` is that of a component in millionths, to be summed."""

    id: UUID
    subject_id: UUID
    subject: str
    month: int
    kind: str
    code: str
    points: Decimal
    score: int | None


class AssessedUnit(Struct, frozen=True, gc=False):
    """A unit that may be ranked; its `position` says since when."""

    id: UUID
    code: str
    category: str


CONTRIBUTION = Table(
    "contribution",
    ContributionRow,
    ("id",),
    keep_versions=True,
    version_indexes=(Index(("subject_id", "month")), Index(("kind", "month"))),
)
ASSESSED_UNIT = Table("assessed_unit", AssessedUnit, ("id",), indexes=(Index(("category", "code")),))


@ASSESSED_UNIT.begins(Directory.UnitRegistered, key=lambda fact: fact.event.unit_id)
def _registered(fact: Fact[Directory.UnitRegistered]) -> AssessedUnit:
    event = fact.event
    return AssessedUnit(event.unit_id, event.code, event.category.value)


# -- sources to handlers


def row_of(given: Contribution) -> ContributionRow:
    return ContributionRow(
        given.id,
        given.subject_id,
        given.subject,
        given.month,
        given.kind,
        given.code,
        given.points,
        micros(given.points) if given.kind == COMPONENT else None,
    )


def _keys(source: Source) -> Callable[[Fact[Any]], Iterable[UUID]]:
    def keys(fact: Fact[Any]) -> Iterable[UUID]:
        return [*(given.id for given in source.gives(fact)), *source.ends(fact)]

    return keys


def _fold(source: Source) -> Callable[[ContributionRow | None, Fact[Any], Any], ContributionRow | None]:
    def fold(row: ContributionRow | None, fact: Fact[Any], key: Any) -> ContributionRow | None:
        # What is not given under this id is ended; to end what is not there changes nothing.
        found = next((row_of(given) for given in source.gives(fact) if given.id == key), None)
        return row if found == row else found

    return fold


def _declare() -> tuple[list[Any], list[type[Event]]]:
    """Make the table follow the sources; the aggregates that it follows, and their events that give none."""
    for source in SOURCES:
        CONTRIBUTION.each(source.event, keys=_keys(source))(_fold(source))
    handled = {source.event for source in SOURCES} | {Directory.UnitRegistered}
    follows = [a for a in AGGREGATES if handled & set(events_of(a))]
    return follows, [e for a in follows for e in events_of(a) if e not in handled]


_FOLLOWS, _IGNORES = _declare()

CONTRIBUTIONS = Projection(
    "contributions",
    version=2,
    tables=(CONTRIBUTION, ASSESSED_UNIT),
    follows=_FOLLOWS,
    ignores=_IGNORES,
)

# -- the reads of a ranking
#
# $1 the position, $2 the category, $3 and $4 the first and last month that is ranked, $5 the first month of
# the span before. A contribution counts when it was valid at the position.

TALLIES = f"""
with unit as materialized (
    select u.id, u.code, (row_number() over (order by u.code) - 1)::int as number
    from read.assessed_unit u
    where u.category = $2 and u.position <= $1
),
component as materialized (
    select u.id, u.number, g.current, g.code, g.scores, g.total, bit_count(g.months::bit(64)) as months
    from (
        select c.subject_id, c.month >= $3 as current, c.code, count(*) as scores,
            bit_or(1::bigint << (c.month - $5)) as months, sum(c.score) as total
        from read.contribution_version c
        where c.kind = '{COMPONENT}' and c.month between $5 and $4
            and c.valid_from <= $1 and c.valid_to > $1
        group by 1, 2, 3
    ) g
    join unit u on u.id = g.subject_id
),
several as (
    select s.number, s.current, s.code, m.scores, count(*) as months, sum(m.total)::bigint as total
    from component s
    cross join lateral (
        select count(*) as scores, sum(c.score) as total
        from read.contribution_version c
        where c.subject_id = s.id and c.month between $5 and $4 and (c.month >= $3) = s.current
            and c.code = s.code and c.kind = '{COMPONENT}' and c.valid_from <= $1 and c.valid_to > $1
        group by c.month
    ) m
    where s.scores <> s.months
    group by 1, 2, 3, 4
),
adjustment as (
    select u.number, c.month >= $3 as current, c.code, (sum(c.points) * 1000000)::bigint as total
    from read.contribution_version c
    join unit u on u.id = c.subject_id
    where c.kind = '{ADJUSTMENT}' and c.month between $5 and $4 and c.valid_from <= $1 and c.valid_to > $1
    group by 1, 2, 3
)
select null as current, null as code, null as numbers, null as months, null as totals,
    coalesce((select array_agg(id order by number) from unit), '{{}}') as units,
    coalesce((select json_agg(json_build_array(s.edition, s.position, s.effective_month, s.title, s.content)
        order by s.edition) from read.assessment_scheme s where s.position <= $1), '[]') as editions,
    coalesce((select json_agg(json_build_array(current, code, number, scores, months, total))
        from several), '[]') as several,
    coalesce((select json_agg(json_build_array(current, code, number, total))
        from adjustment), '[]') as adjustments
union all
select current, code, array_agg(number), array_agg(months), array_agg(total), null, null, null, null
from component where scores = months group by current, code"""
"""What the units were given, in sums of millionths. One row without a code: the units of the category by
number, the editions of the scheme, the adjustments, and the components of which a unit has several scores in
a month, by how many. One row for each of all other components (in arrays, which cost least): by the unit's
number, of how many months, and their sum. `current`: in the span, or in the one before."""

GIVEN = """
select c.subject_id, c.id, c.valid_from as position, c.month, c.code, c.points
from read.contribution_version c
join read.assessed_unit u on u.id = c.subject_id
where u.category = $2 and u.position <= $1 and c.month between $3 and $4
    and c.valid_from <= $1 and c.valid_to > $1 and c.code = any($5::text[])
    and ($6::uuid[] is null or c.subject_id = any($6))
order by c.valid_from, c.id"""
"""Every contribution that counts, of all units of the category or of those of $6; $5 are the codes that the
scheme lists."""
