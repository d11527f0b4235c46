"""A unit's score told in sentences, Chinese and English: whoever is hurt by it can follow every point."""

from decimal import Decimal
from typing import Annotated
from uuid import UUID

import strawberry

from domain.assessment import points
from domain.assessment.points import Part, Ranked
from domain.assessment.scheme_content import name_of
from domain.assessment.span import Months, months_of, spoken_span
from domain.directory import Category
from domain.period import period_numbered
from domain.refusal import Refusal
from service.api.assessment.facts import Told, told_at
from service.api.assessment.rankings import CAP, MinPosition, Moment, Period, position_of, units_seen
from service.api.plan.convert import unit_key
from service.api.planned import require_permitted
from service.api.request import Info
from service.api.scalars import Position
from service.errors import BadInput, Forbidden
from service.rankings import Ranking, adjustments_of, components_of, given_at, ranking_at

_UNIT = "select u.name, u.category from read.unit u where u.id = $1"

CATEGORY_ZH = {Category.COUNTY: "县市区", Category.ZONE: "市属开发区", Category.DEPARTMENT: "市直部门"}
CATEGORY_EN = {
    Category.COUNTY: "counties and districts",
    Category.ZONE: "development zones",
    Category.DEPARTMENT: "departments",
}


@strawberry.type(description="How one component or adjustment came about. Not public.")
class Sentence:
    code: str = strawberry.field(description="The component or adjustment.")
    zh: str = strawberry.field(description="The sentence, in Chinese.")
    en: str = strawberry.field(description="The sentence, in English.")


@strawberry.type(
    description="How a unit's score and rank came about. Not public; for a REPORTER of their own"
    " unit, for an OFFICIAL of one they led then."
)
class ScoreExplanation:
    position: Position = strawberry.field(description="The position of the log that it speaks of.")
    rank: int | None = strawberry.field(description="Rank; null if the unit is not ranked. 名次")
    total: Decimal | None = strawberry.field(description="Total; null if it is not ranked. 总分")
    zh: str = strawberry.field(description="The whole, in Chinese.")
    en: str = strawberry.field(description="The whole, in English.")
    sentences: list[Sentence] = strawberry.field(description="One by one, in the scheme's order.")


async def explain_score(
    info: Info,
    unit: Annotated[strawberry.ID, strawberry.argument(description="The unit's id.")],
    period: Period,
    as_of: Moment = None,
    min_position: MinPosition = None,
) -> ScoreExplanation | None:
    require_permitted(info)
    key = UUID(unit_key(unit))
    months = _months(period)
    # First: who led a unit is told by the read tables as well.
    position = await position_of(info, as_of, min_position)
    seen = await units_seen(info, months)
    if seen is not None and key not in seen:
        raise Forbidden(
            "A reporter reads the points of their own unit only, an official those of a unit they led then.",
            field="explainScore",
        )
    fetch = info.context.app.database.fetch
    rows = await fetch(_UNIT, key)
    if not rows:
        return None
    try:
        anew = info.context.app.database.fetch_planned_anew
        ranking = await ranking_at(anew, period, Category(rows[0]["category"]), position)
    except Refusal as refusal:
        if refusal.code in ("scheme.none_in_force", "scheme.category_not_ranked"):
            return None
        raise BadInput(refusal.en, argument=refusal.field) from None
    found = next((f for f in ranking.ranks if ranking.unit_id(f) == key), None)
    if found is None:
        return _unranked(ranking, rows[0]["name"])
    given = (await given_at(fetch, ranking, [key]))[key]
    parts = points.parts(ranking.rule, found.standing, given)
    facts = await told_at(fetch, (one.position for one in given))
    return explained(ranking, found, rows[0]["name"], parts, facts)


def _months(period: str) -> Months:
    try:
        return months_of(period)
    except Refusal as refusal:
        raise BadInput(refusal.en, argument=refusal.field) from None


def _unranked(ranking: Ranking, name: str) -> ScoreExplanation:
    return ScoreExplanation(
        position=Position(ranking.position),
        rank=None,
        total=None,
        zh=f"{name}{spoken_span(ranking.span)}各考核项均无评分，不参加排名。",
        en=f"{name} has no score for any component in {ranking.span} and is not ranked.",
        sentences=[],
    )


def explained(
    ranking: Ranking, found: Ranked, name: str, parts: list[Part], facts: dict[int, Told]
) -> ScoreExplanation:
    """The score told; `parts` are those of the unit, `facts` what they come from."""
    total = ranking.rule.decimal(found.standing.total)
    missing_zh, missing_en = _missing(ranking, found)
    scheme = ranking.scheme
    return ScoreExplanation(
        position=Position(ranking.position),
        rank=found.rank,
        total=total,
        zh=f"{name}{spoken_span(ranking.span)}总分{total}分，在{len(ranking.ranks)}个参加排名的"
        f"{CATEGORY_ZH[ranking.category]}中列第{found.rank}名；依据《{scheme.title}》第{scheme.number}版"
        f"（事件{scheme.position}）。{missing_zh}各项以未舍入的得分计算，计分按四舍六入五成双保留{ranking.rule.digits}位小数。",
        en=f"{name} has {total} points in {ranking.span} and rank {found.rank} of {len(ranking.ranks)} "
        f"{CATEGORY_EN[ranking.category]} that are ranked, under edition {scheme.number} of the scheme "
        f"(event {scheme.position}).{missing_en} Points are computed from scores in full, and rounded "
        f"half even to {ranking.rule.digits} decimals.",
        sentences=[
            *_of_components(ranking, found, parts, facts),
            *_of_adjustments(ranking, found, parts, facts),
        ],
    )


def _missing(ranking: Ranking, found: Ranked) -> tuple[str, str]:
    present = {c.code for c in found.standing.components}
    missing = [name_of(code) for code in ranking.rule.weights if code not in present]
    if not missing:
        return "", ""
    return (
        f"{'、'.join(m.zh for m in missing)}无评分，其权重由其他考核项按比例分摊。",
        f" No score for {', '.join(m.en for m in missing)}: the weight is shared out over the others.",
    )


def _of_components(
    ranking: Ranking, found: Ranked, parts: list[Part], facts: dict[int, Told]
) -> list[Sentence]:
    told = []
    present = sum((c.weight for c in components_of(ranking.rule, found.standing)), Decimal(0))
    for component in components_of(ranking.rule, found.standing):
        name = name_of(component.code)
        zh, en = _facts(ranking, [p for p in parts if p.code == component.code], facts)
        told.append(
            Sentence(
                code=component.code,
                zh=f"{name.zh}：得分{component.score}，权重{component.weight}"
                f"（有评分各项权重合计{present}），计{component.score}×{component.weight}÷{present}={component.points}分。{zh}",
                en=f"{name.en}: score {component.score}, weight {component.weight} of {present} that have a "
                f"score: {component.score} × {component.weight} ÷ {present} = {component.points} points."
                f" {en}",
            )
        )
    return told


def _of_adjustments(
    ranking: Ranking, found: Ranked, parts: list[Part], facts: dict[int, Told]
) -> list[Sentence]:
    told = []
    for adjustment in adjustments_of(ranking.rule, found.standing):
        name = name_of(adjustment.code)
        own = [p for p in parts if p.code == adjustment.code]
        if not own:
            told.append(Sentence(code=adjustment.code, zh=f"{name.zh}：无。", en=f"{name.en}: none."))
            continue
        zh, en = _facts(ranking, own, facts)
        told.append(
            Sentence(
                code=adjustment.code,
                zh=f"{name.zh}：合计{adjustment.given}分，计{adjustment.points}分。{zh}",
                en=f"{name.en}: {adjustment.given} in all, {adjustment.points} points. {en}",
            )
        )
    return told


def _facts(ranking: Ranking, parts: list[Part], facts: dict[int, Told]) -> tuple[str, str]:
    """Each fact in words, with its event and its part, in both languages."""
    zh, en = [], []
    for part in parts:
        figure = ranking.rule.decimal(part.points)
        if part.given is None:
            zh.append(f"{CAP.zh}{figure}分（事件{ranking.scheme.position}）")
            en.append(f"{CAP.en}: {figure} (event {ranking.scheme.position})")
            continue
        month, position, fact = (
            period_numbered(part.given.month),
            part.given.position,
            facts[part.given.position],
        )
        zh.append(f"{spoken_span(month)}{part.given.points}分，{fact.zh}（事件{position}），占{figure}分")
        en.append(f"{month}: {part.given.points}, {fact.en} (event {position}), {figure} of them")
    return f"构成：{'；'.join(zh)}。", f"Made of: {'; '.join(en)}."
