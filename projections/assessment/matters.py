"""Each commendation and accountability case as it stands, and what each edition of the scheme says."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from domain import identifiers
from domain.assessment.accountability_case import AccountabilityCase, AppealOutcome, CaseStatus
from domain.assessment.commendation import Commendation, CommendationStatus
from domain.assessment.measures import CommendationForm, PenaltyStep
from domain.assessment.scheme import AssessmentScheme
from domain.assessment.subject import Office, Subject, SubjectKind
from domain.period import month_number
from projections.columns import BigInt
from projections.projection import Fact, Index, Key, Table


class Whose(Struct, frozen=True, gc=False):
    """Whose record: a unit's or an official's, the other is None. `office_unit_id` and `office_post` are the
    leading post that the official held when it happened."""

    id: UUID
    unit_id: UUID | None
    official_id: UUID | None
    office_unit_id: UUID | None
    office_post: str | None


class CommendationRow(Struct, frozen=True, gc=False):
    """A commendation as it stands; the award's figures once it was awarded."""

    whose: Whose
    code: str
    title: str
    status: str
    nominating_unit_id: UUID | None
    nominating_group_id: UUID | None
    nominated_on: date
    award_id: UUID | None = None
    awarded_on: date | None = None
    revoked_on: date | None = None
    published: bool = False


class CaseRow(Struct, frozen=True, gc=False):
    """A case as it stands. `penalty_id` is the penalty that stands or stood last; `appeal` is pending,
    upheld, changed, overturned, or None."""

    whose: Whose
    code: str
    ground: str
    ground_position: BigInt | None
    happened_on: date
    status: str
    opened_on: date
    penalty_id: UUID | None = None
    penalized_on: date | None = None
    appeal_until: date | None = None
    appealed_on: date | None = None
    appeal: str | None = None
    executed_on: date | None = None
    lifted_on: date | None = None
    closed_on: date | None = None
    published: bool = False


class FormOfScheme(Struct, frozen=True, gc=False, rename="camel"):
    """See `domain.assessment.measures.CommendationForm`."""

    code: str
    name: str
    name_en: str
    points: Decimal
    for_units: bool
    for_officials: bool
    term_months: int | None


class StepOfScheme(Struct, frozen=True, gc=False, rename="camel"):
    """See `domain.assessment.measures.PenaltyStep`; `level` is 1 for the mildest."""

    level: int
    code: str
    name: str
    name_en: str
    points: Decimal
    for_units: bool
    for_officials: bool
    term_months: int | None


class MeasuresRow(Struct, frozen=True, gc=False):
    """What an edition says of merit and fault; an edition that says nothing has no row. Never changes."""

    id: UUID
    edition: int
    title: str
    effective_from: str
    effective_month: int
    forms: tuple[FormOfScheme, ...]
    ladder: tuple[StepOfScheme, ...]
    appeal_days: int
    least_merits: Decimal
    barring_step: str
    barring_name: str
    barring_level: int


COMMENDATION = Table(
    "commendation",
    CommendationRow,
    ("id",),
    indexes=(Index(("unit_id",)), Index(("official_id",)), Index(("code",)), Index(("status",))),
)
CASE = Table(
    "accountability_case",
    CaseRow,
    ("id",),
    indexes=(Index(("unit_id",)), Index(("official_id",)), Index(("code",)), Index(("status",))),
)
MEASURES = Table("measures", MeasuresRow, ("id",), indexes=(Index(("edition",)),))


def whose_record(id: UUID, subject: Subject, office: Office | None) -> Whose:
    unit = subject.kind is SubjectKind.UNIT
    return Whose(
        id=id,
        unit_id=subject.id if unit else None,
        official_id=None if unit else subject.id,
        office_unit_id=None if office is None else office.unit_id,
        office_post=None if office is None else office.post,
    )


# -- commendations


@COMMENDATION.begins(Commendation.Nominated)
def _nominated(fact: Fact[Commendation.Nominated]) -> CommendationRow:
    event = fact.event
    return CommendationRow(
        whose=whose_record(event.originator_id, event.subject, event.office),
        code=event.code,
        title=event.title,
        status=CommendationStatus.NOMINATED.value,
        nominating_unit_id=event.unit_id,
        nominating_group_id=event.group_id,
        nominated_on=event.timestamp.date(),
    )


@COMMENDATION.changes(Commendation.Confirmed)
def _confirmed(row: CommendationRow, fact: Fact[Commendation.Confirmed]) -> CommendationRow:
    return replace(row, status=CommendationStatus.CONFIRMED.value)


@COMMENDATION.changes(Commendation.Refused)
def _refused(row: CommendationRow, fact: Fact[Commendation.Refused]) -> CommendationRow:
    return replace(row, status=CommendationStatus.REFUSED.value)


@COMMENDATION.changes(Commendation.Awarded)
def _awarded(row: CommendationRow, fact: Fact[Commendation.Awarded]) -> CommendationRow:
    event = fact.event
    return replace(
        row,
        status=CommendationStatus.AWARDED.value,
        award_id=event.effect.id,
        awarded_on=event.timestamp.date(),
    )


@COMMENDATION.changes(Commendation.Published)
def _commendation_published(row: CommendationRow, fact: Fact[Commendation.Published]) -> CommendationRow:
    return replace(row, published=True)


@COMMENDATION.changes(Commendation.Revoked)
def _revoked(row: CommendationRow, fact: Fact[Commendation.Revoked]) -> CommendationRow:
    return replace(row, status=CommendationStatus.REVOKED.value, revoked_on=fact.event.timestamp.date())


# -- accountability cases


@CASE.begins(AccountabilityCase.Opened)
def _opened(fact: Fact[AccountabilityCase.Opened]) -> CaseRow:
    event = fact.event
    return CaseRow(
        whose=whose_record(event.originator_id, event.subject, event.office),
        code=event.code,
        ground=event.ground.code,
        ground_position=event.ground.position,
        happened_on=event.happened_on,
        status=CaseStatus.OPENED.value,
        opened_on=event.timestamp.date(),
    )


@CASE.changes(AccountabilityCase.FactEstablished)
def _fact_established(row: CaseRow, fact: Fact[AccountabilityCase.FactEstablished]) -> CaseRow:
    return replace(row, status=CaseStatus.ESTABLISHED.value)


@CASE.changes(AccountabilityCase.HearingRecorded)
def _heard(row: CaseRow, fact: Fact[AccountabilityCase.HearingRecorded]) -> CaseRow:
    return replace(row, status=CaseStatus.HEARD.value)


@CASE.changes(AccountabilityCase.Dropped)
def _dropped(row: CaseRow, fact: Fact[AccountabilityCase.Dropped]) -> CaseRow:
    return replace(row, status=CaseStatus.DROPPED.value, closed_on=fact.event.timestamp.date())


@CASE.changes(AccountabilityCase.PenaltyImposed)
def _penalized(row: CaseRow, fact: Fact[AccountabilityCase.PenaltyImposed]) -> CaseRow:
    event = fact.event
    return replace(
        row,
        status=CaseStatus.PENALIZED.value,
        penalty_id=event.effect.id,
        penalized_on=event.timestamp.date(),
        appeal_until=event.appeal_until,
    )


@CASE.changes(AccountabilityCase.PenaltyPublished)
def _case_published(row: CaseRow, fact: Fact[AccountabilityCase.PenaltyPublished]) -> CaseRow:
    return replace(row, published=True)


@CASE.changes(AccountabilityCase.Appealed)
def _appealed(row: CaseRow, fact: Fact[AccountabilityCase.Appealed]) -> CaseRow:
    return replace(row, appeal="pending", appealed_on=fact.event.timestamp.date())


@CASE.changes(AccountabilityCase.AppealDecided)
def _appeal_decided(row: CaseRow, fact: Fact[AccountabilityCase.AppealDecided]) -> CaseRow:
    event = fact.event
    overturned = event.outcome is AppealOutcome.OVERTURNED
    return replace(
        row,
        status=CaseStatus.OVERTURNED.value if overturned else row.status,
        appeal=event.outcome.value,
        penalty_id=row.penalty_id if event.effect is None else event.effect.id,
    )


@CASE.changes(AccountabilityCase.PenaltyExecuted)
def _executed(row: CaseRow, fact: Fact[AccountabilityCase.PenaltyExecuted]) -> CaseRow:
    return replace(row, status=CaseStatus.EXECUTED.value, executed_on=fact.event.executed_on)


@CASE.changes(AccountabilityCase.PenaltyLifted)
def _lifted(row: CaseRow, fact: Fact[AccountabilityCase.PenaltyLifted]) -> CaseRow:
    return replace(row, lifted_on=fact.event.timestamp.date())


@CASE.changes(AccountabilityCase.Closed)
def _closed(row: CaseRow, fact: Fact[AccountabilityCase.Closed]) -> CaseRow:
    return replace(row, status=CaseStatus.CLOSED.value, closed_on=fact.event.timestamp.date())


# -- what each edition says


def _edition_id(fact: Fact[Any]) -> Key:
    return identifiers.measures_id(fact.event.edition)


def _editions(fact: Fact[Any]) -> list[Key]:
    """The row of the edition; none for an edition that says nothing of merit and fault."""
    return [] if fact.event.content.measures is None else [_edition_id(fact)]


def _measures(row: MeasuresRow | None, fact: Fact[Any], key: UUID) -> MeasuresRow:
    event, measures = fact.event, fact.event.content.measures
    ladder = tuple(_step(level, step) for level, step in enumerate(measures.ladder, 1))
    barring = next(step for step in ladder if step.code == measures.priority.barring_step)
    return MeasuresRow(
        id=key,
        edition=event.edition,
        title=event.title,
        effective_from=event.effective_from,
        effective_month=month_number(event.effective_from),
        forms=tuple(_form(form) for form in measures.forms),
        ladder=ladder,
        appeal_days=measures.appeal_days,
        least_merits=measures.priority.least_merits,
        barring_step=barring.code,
        barring_name=barring.name,
        barring_level=barring.level,
    )


MEASURES.each(AssessmentScheme.Adopted, keys=_editions)(_measures)
MEASURES.each(AssessmentScheme.Amended, keys=_editions)(_measures)


def _form(form: CommendationForm) -> FormOfScheme:
    return FormOfScheme(
        code=form.code,
        name=form.name,
        name_en=form.name_en,
        points=form.points,
        for_units=SubjectKind.UNIT in form.subjects,
        for_officials=SubjectKind.OFFICIAL in form.subjects,
        term_months=form.term_months,
    )


def _step(level: int, step: PenaltyStep) -> StepOfScheme:
    return StepOfScheme(
        level=level,
        code=step.code,
        name=step.name,
        name_en=step.name_en,
        points=step.points,
        for_units=SubjectKind.UNIT in step.subjects,
        for_officials=SubjectKind.OFFICIAL in step.subjects,
        term_months=step.term_months,
    )
