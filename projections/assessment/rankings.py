"""The scheme by edition, scores as they stand, published rankings and notices by edition."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from domain import identifiers
from domain.assessment.notice import Notice
from domain.assessment.ranking import RankedAdjustment, RankedComponent, Ranking
from domain.assessment.scheme import AssessmentScheme
from domain.assessment.scheme_content import TASK_PROGRESS, SchemeContent
from domain.assessment.score import Evaluation
from domain.assessment.span import months_of
from domain.period import month_number
from projections.ledger import EXPECTED
from projections.projection import Fact, Index, Key, Projection, Table


class CapOfScheme(Struct, frozen=True, gc=False, rename="camel"):
    """See `domain.assessment.scheme_content.AdjustmentCap`."""

    code: str
    most_added: Decimal
    most_deducted: Decimal


class SchemeRow(Struct, frozen=True, gc=False):
    """An edition of the scheme; `content` is one object. `position` is its adoption."""

    id: UUID
    edition: int
    effective_from: str
    effective_month: int
    title: str
    document_number: str
    document_title: str
    adopted_on: date
    digits: int
    tie_breakers: tuple[str, ...]
    adjustments: tuple[CapOfScheme, ...]
    content: tuple[SchemeContent, ...]


class ProgressInput(Struct, frozen=True, gc=False):
    """What one task (by its id) came to; see `domain.assessment.score.TaskInput`."""

    task: UUID
    completion: Decimal | None
    expected: Decimal
    score: Decimal | None


class EvaluationRow(Struct, frozen=True, gc=False):
    """A score as it stands. `first_score` is the one before the correction, if there was one."""

    id: UUID
    unit_id: UUID
    period: str
    month: int
    component: str
    group_id: UUID | None
    score: Decimal
    grade: str | None
    scheme_edition: int
    remark: str
    scored_on: date
    basis_position: int | None
    basis: tuple[ProgressInput, ...]
    first_score: Decimal | None = None
    corrected_on: date | None = None
    correction_reason: str | None = None


class RankingRow(Struct, frozen=True, gc=False):
    """An edition of a published ranking. `superseded`: a further one has been published."""

    id: UUID
    ranking_id: UUID
    edition: int
    span: str
    kind: str
    first_month: int
    last_month: int
    category: str
    scheme_edition: int
    inputs_position: int
    inputs_count: int
    inputs_digest: str
    published_on: date
    reason: str
    units: int
    superseded: bool = False


class RankedUnitRow(Struct, frozen=True, gc=False):
    """A unit in an edition of a published ranking. `place` keeps the order among those of one rank."""

    publication_id: UUID
    place: int
    unit_id: UUID
    rank: int
    total: Decimal
    change: int | None
    components: tuple[RankedComponent, ...]
    adjustments: tuple[RankedAdjustment, ...]


class NoticeRow(Struct, frozen=True, gc=False):
    """An edition of a notice."""

    id: UUID
    notice_id: UUID
    edition: int
    span: str
    kind: str
    last_month: int
    number: str
    title: str
    text: str
    issued_on: date
    publication_ids: tuple[UUID, ...]
    superseded: bool = False


SCHEME = Table("assessment_scheme", SchemeRow, ("edition",), indexes=(Index(("id",)),))
EVALUATION = Table(
    "evaluation",
    EvaluationRow,
    ("id",),
    indexes=(Index(("month", "component", "id")), Index(("unit_id", "month", "id"))),
)
RANKING = Table(
    "published_ranking",
    RankingRow,
    ("ranking_id", "edition"),
    indexes=(Index(("id",)), Index(("last_month", "kind", "category", "edition"))),
)
RANKED_UNIT = Table("ranked_unit", RankedUnitRow, ("publication_id", "place"), indexes=(Index(("unit_id",)),))
NOTICE = Table(
    "notice", NoticeRow, ("notice_id", "edition"), indexes=(Index(("id",)), Index(("last_month", "id")))
)


# -- the scheme


def _edition(fact: Fact[Any]) -> Key:
    edition: int = fact.event.edition
    return edition


@SCHEME.begins(AssessmentScheme.Adopted, key=_edition)
def _adopted(fact: Fact[AssessmentScheme.Adopted]) -> SchemeRow:
    return _scheme(fact.event)


@SCHEME.begins(AssessmentScheme.Amended, key=_edition)
def _amended(fact: Fact[AssessmentScheme.Amended]) -> SchemeRow:
    return _scheme(fact.event)


def _scheme(event: AssessmentScheme.Adopted | AssessmentScheme.Amended) -> SchemeRow:
    content = event.content
    return SchemeRow(
        id=identifiers.publication_id(event.originator_id, event.edition),
        edition=event.edition,
        effective_from=event.effective_from,
        effective_month=month_number(event.effective_from),
        title=event.title,
        document_number=event.document.number,
        document_title=event.document.title,
        adopted_on=event.timestamp.date(),
        digits=content.digits,
        tie_breakers=content.tie_breakers,
        adjustments=tuple(CapOfScheme(c.code, c.most_added, c.most_deducted) for c in content.adjustments),
        content=(content,),
    )


# -- scores


@EVALUATION.begins(Evaluation.Scored)
def _scored(fact: Fact[Evaluation.Scored]) -> EvaluationRow:
    event = fact.event
    basis = () if event.basis is None else event.basis.tasks
    return EvaluationRow(
        id=event.originator_id,
        unit_id=event.unit_id,
        period=event.period,
        month=month_number(event.period),
        component=event.component,
        group_id=event.group_id,
        score=event.score,
        grade=event.grade,
        scheme_edition=event.edition,
        remark=event.remark,
        scored_on=event.timestamp.date(),
        basis_position=None if event.basis is None else event.basis.position,
        basis=tuple(ProgressInput(t.task_id, t.completion, t.expected, t.score) for t in basis),
    )


@EVALUATION.changes(Evaluation.Corrected)
def _corrected(row: EvaluationRow, fact: Fact[Evaluation.Corrected]) -> EvaluationRow:
    event = fact.event
    return replace(
        row,
        score=event.score,
        grade=event.grade,
        scheme_edition=event.edition,
        first_score=row.score,
        corrected_on=event.timestamp.date(),
        correction_reason=event.reason,
    )


# -- published rankings


def _editions(fact: Fact[Any]) -> list[Key]:
    """The edition that the event brings, and the one that it supersedes."""
    event = fact.event
    return [(event.originator_id, event.edition), (event.originator_id, event.edition - 1)]


@RANKING.begins(Ranking.Published, key=lambda fact: (fact.event.originator_id, fact.event.edition))
def _published(fact: Fact[Ranking.Published]) -> RankingRow:
    return _ranking(fact.event, "")


@RANKING.each(Ranking.Republished, keys=_editions)
def _republished(row: RankingRow | None, fact: Fact[Ranking.Republished], key: Any) -> RankingRow | None:
    if key[1] == fact.event.edition:
        return _ranking(fact.event, fact.event.reason)
    return None if row is None else replace(row, superseded=True)


def _ranking(event: Ranking.Published | Ranking.Republished, reason: str) -> RankingRow:
    months = months_of(event.span)
    return RankingRow(
        id=identifiers.publication_id(event.originator_id, event.edition),
        ranking_id=event.originator_id,
        edition=event.edition,
        span=event.span,
        kind=months.kind.value,
        first_month=months.first,
        last_month=months.last,
        category=event.category.value,
        scheme_edition=event.scheme_edition,
        inputs_position=event.inputs.position,
        inputs_count=event.inputs.count,
        inputs_digest=event.inputs.digest,
        published_on=event.timestamp.date(),
        reason=reason,
        units=len(event.units),
    )


def _places(fact: Fact[Any]) -> list[Key]:
    event = fact.event
    publication = identifiers.publication_id(event.originator_id, event.edition)
    return [(publication, place) for place in range(len(event.units))]


@RANKED_UNIT.each(Ranking.Published, keys=_places)
def _ranked(row: RankedUnitRow | None, fact: Fact[Ranking.Published], key: Any) -> RankedUnitRow | None:
    return _unit(fact, *key)


@RANKED_UNIT.each(Ranking.Republished, keys=_places)
def _ranked_anew(
    row: RankedUnitRow | None, fact: Fact[Ranking.Republished], key: Any
) -> RankedUnitRow | None:
    return _unit(fact, *key)


def _unit(fact: Fact[Any], publication: UUID, place: int) -> RankedUnitRow:
    unit = fact.event.units[place]
    return RankedUnitRow(
        publication,
        place,
        unit.unit_id,
        unit.rank,
        unit.total,
        unit.change,
        unit.components,
        unit.adjustments,
    )


# -- notices


@NOTICE.begins(Notice.Issued, key=lambda fact: (fact.event.originator_id, fact.event.edition))
def _issued(fact: Fact[Notice.Issued]) -> NoticeRow:
    return _notice(fact.event)


@NOTICE.each(Notice.Reissued, keys=_editions)
def _reissued(row: NoticeRow | None, fact: Fact[Notice.Reissued], key: Any) -> NoticeRow | None:
    if key[1] == fact.event.edition:
        return _notice(fact.event)
    return None if row is None else replace(row, superseded=True)


def _notice(event: Notice.Issued | Notice.Reissued) -> NoticeRow:
    months = months_of(event.span)
    return NoticeRow(
        id=identifiers.publication_id(event.originator_id, event.edition),
        notice_id=event.originator_id,
        edition=event.edition,
        span=event.span,
        kind=months.kind.value,
        last_month=months.last,
        number=event.number,
        title=event.title,
        text=event.text,
        issued_on=event.timestamp.date(),
        publication_ids=tuple(identifiers.publication_id(r.ranking_id, r.edition) for r in event.rankings),
    )


RANKINGS = Projection(
    "rankings",
    version=1,
    tables=(SCHEME, EVALUATION, RANKING, RANKED_UNIT, NOTICE),
    follows=(AssessmentScheme, Evaluation, Ranking, Notice),
    ignores=(AssessmentScheme.PeriodClosed,),
)

# -- reads

AFFECTED = """exists (
    select from read.contribution_version c
    join read.assessed_unit u on u.id = c.subject_id
    where u.category = {t}.category and c.month between {t}.first_month and {t}.last_month
        and c.valid_to > {t}.inputs_position
        and (c.valid_from > {t}.inputs_position) = (c.valid_to = 9223372036854775807)
        and (c.kind = 'component' or exists (
            select from read.ranked_unit e where e.publication_id = {t}.id and e.unit_id = c.subject_id))
        and c.code in (
            select jsonb_path_query(s.content,
                '$[*].categories[*] ? (@.category == $category).components[*].code',
                jsonb_build_object('category', {t}.category)) #>> '{{}}'
            from read.assessment_scheme s where s.edition = {t}.scheme_edition
            union all
            select jsonb_path_query(s.content, '$[*].adjustments[*].code') #>> '{{}}'
            from read.assessment_scheme s where s.edition = {t}.scheme_edition))"""
"""Whether what an edition of a ranking was computed from has changed since: {t} is the edition's row.
Something counts now that did not then, or the other way round; what was given and taken back in between
changes nothing, nor does an adjustment of a unit that was not ranked. So a further edition differs."""

PROGRESS = f"""
select u.id as unit_id, u.category, t.id as task_id, t.completion,
    {EXPECTED.format(t="t", date="$2::date")} as expected
from read.assessed_unit u
join read.task_version t on t.lead_unit_id = u.id or t.supporting_unit_ids @> array[u.id]
where t.valid_from <= $1 and t.valid_to > $1 and u.position <= $1 and not exists (
    select from read.evaluation e
    where e.unit_id = u.id and e.month = $3 and e.component = '{TASK_PROGRESS}')
order by u.code, t.code_key, t.id"""
"""The tasks of every unit whose progress in the month $3 has not been scored yet, as the ledger had them at
the position $1, with what should have been done by the day $2."""

NOTHING_ELSE = """
select e.unit_id, e.score
from read.evaluation e
join read.assessed_unit u on u.id = e.unit_id
where e.month = $1 and e.component = $2 and u.category = $3 and not exists (
    select from read.contribution c
    where c.subject_id = e.unit_id and c.month = $1 and c.code <> $2)
order by e.score, u.code"""
"""The scores of a category's units for the component $2 in a month, of those that have nothing else in it."""
