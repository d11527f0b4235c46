"""Rankings as they stand at any moment: computed, every point led back to its event.

Not planned: what PostgreSQL adds up in one statement is divided, rounded and ranked by
`domain.assessment.points`, the same that publishes. Contributions are read by a second statement, where they
are asked for.
"""

import asyncio
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Annotated
from uuid import UUID

import strawberry

from domain.assessment import points
from domain.assessment.points import Ranked
from domain.assessment.scheme_content import require_content
from domain.assessment.span import Months, SpanKind
from domain.directory import Category
from domain.period import period_numbered
from domain.refusal import Refusal
from domain.spoken import Spoken
from service.api.assessment.facts import EventReference, Told, told_at
from service.api.assessment.schemes import SchemeContentInput
from service.api.mutations import Refused, refused
from service.api.plan.convert import unit_key
from service.api.planned import RowsReader, require_permitted
from service.api.request import Info
from service.api.scalars import Position
from service.api.tasks import AsOfInput
from service.api.units import Unit
from service.errors import BadInput
from service.identity import Role, Viewer
from service.rankings import (
    Fetch,
    SchemeInForce,
    adjustments_of,
    components_of,
    given_at,
    ranking_at,
)
from service.rankings import Ranking as Computed
from service.store import as_of

MOST_ENTRIES = 500
CAP = Spoken("the scheme's cap", "考核办法上限调整")

_NOW = """select coalesce(min(p.position), 0) as position from read.checkpoint p
where p.projection in ('contributions', 'rankings')"""
_LED = """
select p.unit from read.official o
cross join lateral jsonb_to_recordset(to_jsonb(o.posts)) as p(unit uuid, since date, until date)
where o.id = $1 and p.since <= $3 and coalesce(p.until, 'infinity') >= $2"""
_AT_DATE = f"select least(({_NOW}), {as_of.POSITION_OF_DATE.format(v='$1::date')}) as position"


@strawberry.type(
    description="What one fact contributes to a total. All of a unit's sum to it. Not public. 得分明细"
)
class Contribution:
    code: str = strawberry.field(description="The component or adjustment.")
    period: str | None = strawberry.field(description="The month it is for; null for a cap of the scheme.")
    given: Decimal | None = strawberry.field(
        description="The score (0 to 100) or the points as they were given; null for a cap of the scheme."
    )
    points: Decimal = strawberry.field(description="Its part in the total.")
    en: str = strawberry.field(description="What it is, in English.")
    zh: str = strawberry.field(description="What it is, in Chinese. 计分事由")
    event: EventReference | None = strawberry.field(
        description="The event it comes from; for a cap, the adoption of the scheme; null under a draft."
    )


@strawberry.type(description="A component of a unit that has a score. Not public.")
class RankingComponent:
    code: str = strawberry.field(description="The component's code.")
    weight: Decimal = strawberry.field(description="Its weight in percent, as the scheme has it.")
    effective_weight: Decimal = strawberry.field(
        description="The weight that counts, once those of missing components are shared out; four decimals."
    )
    score: Decimal = strawberry.field(
        description="The score, 0 to 100, rounded half even to at most four decimals."
    )
    points: Decimal = strawberry.field(description="The points it comes to.")
    entry: strawberry.Private["RankingEntry"]

    @strawberry.field(
        description="What it is made of; they sum to the points. Null for who may not see them."
    )
    async def contributions(self, info: Info) -> list[Contribution] | None:
        return await self.entry.contributions_of(info, self.code)


@strawberry.type(description="An adjustment of a unit. Not public.")
class RankingAdjustment:
    code: str = strawberry.field(description="The adjustment's code.")
    given: Decimal = strawberry.field(description="What was given in all, before the caps.")
    points: Decimal = strawberry.field(description="The points it comes to.")
    entry: strawberry.Private["RankingEntry"]

    @strawberry.field(
        description="What it is made of; they sum to the points. Null for who may not see them."
    )
    async def contributions(self, info: Info) -> list[Contribution] | None:
        return await self.entry.contributions_of(info, self.code)


@strawberry.type(description="A unit in a ranking. Not public.")
class RankingEntry:
    rank: int = strawberry.field(description="Rank; equal ones share it, and the next is left out. 名次")
    total: Decimal = strawberry.field(description="Total: the sum of all points. 总分")
    change: int | None = strawberry.field(
        description="Places gained since the period before; null if it was not ranked then. 名次变化"
    )
    missing_components: list[str] = strawberry.field(
        description="Components without a score, whose weight is shared out over the others."
    )
    shown: strawberry.Private["Shown"]
    found: strawberry.Private[Ranked]

    @strawberry.field(description="The unit.")
    async def unit(self, info: Info) -> Unit | None:
        row: Unit | None = await self.shown.units.read(info, self.unit_id)
        return row

    @strawberry.field(description="The components that have a score, in the scheme's order.")
    def components(self) -> list[RankingComponent]:
        standing, rule = self.found.standing, self.shown.ranking.rule
        return [
            RankingComponent(
                code=c.code,
                weight=c.weight,
                effective_weight=_effective(own.weight, standing.present_weight),
                score=c.score,
                points=c.points,
                entry=self,
            )
            for own, c in zip(standing.components, components_of(rule, standing), strict=True)
        ]

    @strawberry.field(description="The adjustments of the scheme, in its order.")
    def adjustments(self) -> list[RankingAdjustment]:
        return [
            RankingAdjustment(code=a.code, given=a.given, points=a.points, entry=self)
            for a in adjustments_of(self.shown.ranking.rule, self.found.standing)
        ]

    @property
    def unit_id(self) -> UUID:
        return self.shown.ranking.unit_id(self.found)

    async def contributions_of(self, info: Info, code: str) -> list[Contribution] | None:
        if not await self.shown.may_see(info, self.unit_id):
            return None
        return [c for c in await self.shown.contributions(info, self.unit_id) if c.code == code]


@strawberry.type(description="A ranking of one category, computed as of a moment. Not public. 排名")
class Ranking:
    period: str = strawberry.field(description="The period: `2020-05`, `2020-Q2` or `2020`.")
    kind: SpanKind = strawberry.field(description="How long it is.")
    category: Category = strawberry.field(description="The category of units.")
    position: Position = strawberry.field(description="The position of the log that it speaks of.")
    scheme_edition: int | None = strawberry.field(
        description="The edition of the scheme it follows; null for a draft."
    )
    scheme_position: Position | None = strawberry.field(description="The event that adopted it.")
    total_count: int = strawberry.field(description="How many units are ranked.")
    computed: strawberry.Private[Computed]

    @strawberry.field(description="The units, the first first.")
    def entries(
        self,
        first: Annotated[int, strawberry.argument(description="How many; at most 500.")] = 100,
        skip: Annotated[int, strawberry.argument(description="How many to leave out before them.")] = 0,
    ) -> list[RankingEntry]:
        if not 0 <= first <= MOST_ENTRIES or skip < 0:
            raise BadInput(f"`first` is 0 to {MOST_ENTRIES}, and `skip` is not below 0.", argument="first")
        return Shown(self.computed, self.computed.ranks[skip : skip + first]).entries()

    @strawberry.field(description="The entry of one unit; null if it is not ranked.")
    def entry(
        self, unit: Annotated[strawberry.ID, strawberry.argument(description="The unit's id.")]
    ) -> RankingEntry | None:
        key = UUID(unit_key(unit))
        found = [f for f in self.computed.ranks if self.computed.unit_id(f) == key]
        return Shown(self.computed, found).entries()[0] if found else None

    @strawberry.field(
        description="Units of the category without any component's score, which are not ranked; at most 500."
    )
    async def unranked(self, info: Info) -> list[Unit]:
        ranking = self.computed
        there = {found.standing.unit for found in ranking.ranks}
        missing = [id_ for number, id_ in enumerate(ranking.units) if number not in there]
        reader = RowsReader(missing[:MOST_ENTRIES])
        rows = [await reader.read(info, id_) for id_ in missing[:MOST_ENTRIES]]
        return [row for row in rows if row is not None]


@strawberry.type(
    description="A ranking under a draft of a scheme; nothing is recorded. For OFFICE and LEADER. 试算"
)
class RankingPreview:
    ranking: Ranking | None = strawberry.field(description="The ranking; null where the draft is refused.")
    refused: Refused | None = strawberry.field(description="Why the draft is refused.")


async def units_seen(info: Info, months: Months) -> frozenset[UUID] | None:
    """The units of which the viewer may see what their points in these months are made of; None: all. A
    reporter sees the own unit; an official those led on a day of these months, for they are theirs too."""
    viewer: Viewer = info.context.viewer
    if viewer.role is Role.REPORTER:
        return frozenset({viewer.unit_id} if viewer.unit_id is not None else ())
    if viewer.role is Role.OFFICIAL:
        led = (viewer.official_id, months.first_day, months.last_day)
        return frozenset(row[0] for row in await info.context.app.database.fetch(_LED, *led))
    return None


def _effective(weight: int, present: int) -> Decimal:
    return Decimal(points.half_even(weight * 1_000_000, present)).scaleb(-4)


class Shown:
    """The entries of one list on their way to a client: what is selected of their units, and what their
    totals are made of, is read once for all of them."""

    def __init__(self, ranking: Computed, found: Sequence[Ranked]):
        self.ranking = ranking
        self.found = found
        self.units = RowsReader(ranking.unit_id(f) for f in found)
        self._contributions: asyncio.Future[dict[UUID, list[Contribution]]] | None = None
        self._seen: asyncio.Future[frozenset[UUID] | None] | None = None

    def entries(self) -> list[RankingEntry]:
        return [_entry(self, found) for found in self.found]

    async def may_see(self, info: Info, unit: UUID) -> bool:
        """Asked for every component of every unit, found out once."""
        if self._seen is None:
            self._seen = asyncio.ensure_future(units_seen(info, self.ranking.months))
        seen = await asyncio.shield(self._seen)
        return seen is None or unit in seen

    async def contributions(self, info: Info, unit: UUID) -> list[Contribution]:
        """The parts of a unit's total."""
        if self._contributions is None:
            self._contributions = asyncio.ensure_future(self._all(info.context.app.database.fetch))
        return (await asyncio.shield(self._contributions))[unit]

    async def _all(self, fetch: Fetch) -> dict[UUID, list[Contribution]]:
        ranking = self.ranking
        found = {ranking.unit_id(f): f for f in self.found}
        given = await given_at(fetch, ranking, list(found))
        parts = {unit: points.parts(ranking.rule, f.standing, given[unit]) for unit, f in found.items()}
        facts = await _facts(fetch, ranking, parts.values())
        return {
            unit: [_contribution(ranking, part, facts) for part in several] for unit, several in parts.items()
        }


def _entry(shown: Shown, found: Ranked) -> RankingEntry:
    ranking, standing = shown.ranking, found.standing
    present = {c.code for c in standing.components}
    return RankingEntry(
        rank=found.rank,
        total=ranking.rule.decimal(standing.total),
        change=ranking.change(found),
        missing_components=[code for code in ranking.rule.weights if code not in present],
        shown=shown,
        found=found,
    )


async def _facts(fetch: Fetch, ranking: Computed, parts: Iterable[Sequence[points.Part]]) -> dict[int, Told]:
    """What the parts come from; with it the adoption of the scheme."""
    positions = {p.given.position for several in parts for p in several if p.given is not None}
    if ranking.scheme.position is not None:
        positions.add(ranking.scheme.position)
    return await told_at(fetch, positions)


def _contribution(ranking: Computed, part: points.Part, facts: dict[int, Told]) -> Contribution:
    given = part.given
    position = ranking.scheme.position if given is None else given.position
    fact = None if position is None else facts[position]
    return Contribution(
        code=part.code,
        period=None if given is None else period_numbered(given.month),
        given=None if given is None else given.points,
        points=ranking.rule.decimal(part.points),
        en=CAP.en if given is None or fact is None else fact.en,
        zh=CAP.zh if given is None or fact is None else fact.zh,
        event=None if fact is None else fact.event,
    )


# -- the root fields

Period = Annotated[
    str, strawberry.argument(description="A month `2020-05`, a quarter `2020-Q2`, or a year `2020`.")
]
CategoryOf = Annotated[Category, strawberry.argument(description="The category of units.")]
Moment = Annotated[AsOfInput | None, strawberry.argument(description="Look back to this moment.")]
MinPosition = Annotated[
    Position | None,
    strawberry.argument(description="Answer only once the read tables have reached this position."),
]


async def position_of(info: Info, moment: AsOfInput | None, least: int | None) -> int:
    """The position that an answer speaks of."""
    app = info.context.app
    if moment is not None and (moment.date is None) == (moment.position is None):
        raise BadInput("Look back to a date or to a position, one of both.", argument="asOf")
    wanted = max(least or 0, (moment.position or 0) if moment is not None else 0)
    if wanted:
        await app.reads.wait(wanted)
    if moment is not None and moment.position is not None:
        return int(moment.position)
    if moment is not None:
        return int((await app.database.fetch(_AT_DATE, moment.date))[0]["position"])
    return int((await app.database.fetch(_NOW))[0]["position"])


def shown(ranking: Computed) -> Ranking:
    return Ranking(
        period=ranking.span,
        kind=ranking.months.kind,
        category=ranking.category,
        position=Position(ranking.position),
        scheme_edition=ranking.scheme.number,
        scheme_position=None if ranking.scheme.position is None else Position(ranking.scheme.position),
        total_count=len(ranking.ranks),
        computed=ranking,
    )


async def resolve_ranking(
    info: Info,
    period: Period,
    category: CategoryOf,
    as_of: Moment = None,
    min_position: MinPosition = None,
) -> Ranking | None:
    require_permitted(info)
    position = await position_of(info, as_of, min_position)
    try:
        return shown(
            await ranking_at(info.context.app.database.fetch_planned_anew, period, category, position)
        )
    except Refusal as refusal:
        if refusal.code in ("scheme.none_in_force", "scheme.category_not_ranked"):
            return None
        raise BadInput(refusal.en, argument=refusal.field) from None


async def resolve_preview(
    info: Info,
    scheme: Annotated[SchemeContentInput, strawberry.argument(description="The draft.")],
    period: Period,
    category: CategoryOf,
    as_of: Moment = None,
    min_position: MinPosition = None,
) -> RankingPreview:
    require_permitted(info)
    position = await position_of(info, as_of, min_position)
    try:
        draft = SchemeInForce(None, None, "", require_content(scheme.to_domain(), "scheme"))
        fetch = info.context.app.database.fetch_planned_anew
        ranking = await ranking_at(fetch, period, category, position, draft)
    except Refusal as refusal:
        return RankingPreview(ranking=None, refused=refused(refusal))
    return RankingPreview(ranking=shown(ranking), refused=None)
