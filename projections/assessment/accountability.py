"""The accountability record (奖惩档案): who was commended or held to account, entry by entry.

`accountability_entry` is the record: one row for each fact, in a unit's record or an official's, with the event
that brought it, its points, and the days it is in force. A row changes only when it is published or taken back
(revoked, changed, overturned); its versions tell the record as of any position. `commendation` and
`accountability_case` show each matter as it stands, `measures` what each edition of the scheme says of merit and
fault, with the rule of priority.

What depends on the day of asking — what is in force, the net standing, who comes first — is SQL over the rows.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from domain import identifiers
from domain.assessment.accountability_case import AccountabilityCase, AppealOutcome, CaseStatus
from domain.assessment.commendation import Commendation, CommendationStatus
from domain.assessment.effect import Effect
from domain.assessment.measures import CommendationForm, PenaltyStep
from domain.assessment.scheme import AssessmentScheme
from domain.assessment.subject import Office, Subject, SubjectKind
from domain.documents import Document, Evidence
from domain.period import month_number
from projections.columns import BigInt
from projections.projection import Fact, Index, Key, Projection, Table


class Whose(Struct, frozen=True, gc=False):
    """Whose record: a unit's or an official's, the other is None. `office_unit_id` and `office_post` are the
    leading post that the official held when it happened."""

    id: UUID
    unit_id: UUID | None
    official_id: UUID | None
    office_unit_id: UUID | None
    office_post: str | None


class Entry(Struct, frozen=True, gc=False):
    """`kind`: nominated, confirmed, refused, awarded, revoked; opened, fact_established, heard, dropped,
    penalized, appealed, upheld, changed, overturned, executed, closed.

    `event_position` is the event that brought it. A measure (form or step) has its code, names, level, edition
    and days in force; an entry without one has no points. `ended_*`: taken back by that event, on that day.
    """

    whose: Whose
    stream_id: UUID
    commendation_id: UUID | None
    case_id: UUID | None
    kind: str
    event_position: BigInt
    at: datetime
    text: str
    evidence: tuple[Evidence, ...]
    document_number: str | None
    decided_by: str | None
    legal_basis: str | None
    actor: str
    measure: str | None = None
    measure_name: str | None = None
    measure_name_en: str | None = None
    level: int | None = None
    points: Decimal = Decimal(0)
    edition: int | None = None
    in_force_from: date | None = None
    in_force_to: date | None = None
    published: bool = False
    outlet: str | None = None
    ended_on: date | None = None
    ended_position: BigInt | None = None
    ended_by: str | None = None


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
    """A case as it stands. `penalty_id` is the penalty that stands or stood last, `appeal` how an appeal stands:
    pending, upheld, changed, overturned, or None without one."""

    whose: Whose
    code: str
    ground: str
    ground_reference: str
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


ENTRY = Table(
    "accountability_entry",
    Entry,
    ("id",),
    keep_versions=True,
    indexes=(
        Index(("unit_id", "event_position")),
        Index(("official_id", "event_position")),
        Index(("stream_id", "event_position")),
        Index(("event_position",)),
    ),
    version_indexes=(Index(("unit_id",)), Index(("official_id",))),
)
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

# -- the reads that depend on the day of asking
#
# {date} is the business date and {position} the position that the answer speaks of; {t} is a row of the
# record, {rows} the rows that a page lists.

IN_FORCE = (
    "({t}.ended_position is null and coalesce({t}.in_force_from <= {date}, false)"
    " and coalesce({t}.in_force_to >= {date}, true))"
)
"""Whether an entry counts at {date}; never null, false for an entry without a measure."""


def sum_of(points: str, rows: str = "{rows}") -> str:
    """The points in force at {date} among `rows`: numeric, zero for none. `points` chooses merits, faults or
    both: a condition on `e.points`."""
    in_force = IN_FORCE.replace("{t}", "e")
    return f"(select coalesce(sum(e.points), 0) from {rows} e where {points} and {in_force})"


MERITS, DEMERITS, STANDING = sum_of("e.points > 0"), sum_of("e.points < 0"), sum_of("true")


def record_of(subject: str) -> str:
    """The record of {t} (a unit or an official: `subject` is the column) as of {position}."""
    return (
        f"(select v.* from read.accountability_entry_version v where v.{subject} = {{t}}.id"
        " and v.valid_from <= {position} and {position} < v.valid_to)"
    )


def rule(column: str) -> str:
    """A column of the measures in force at {date}, as far as they were adopted by {position}."""
    return (
        f"(select m.{column} from read.measures m where m.effective_month <="
        " (date_part('year', {date}) * 12 + date_part('month', {date}) - 1)::integer"
        " and m.position <= {position} order by m.edition desc limit 1)"
    )


def comes_first(subject: str) -> str:
    """Whether {t} comes first by the rule in force: merits enough, and no penalty that bars it."""
    record = record_of(subject)
    in_force = IN_FORCE.replace("{t}", "e")
    barred = f"exists (select from {record} e where {in_force} and e.level >= {rule('barring_level')})"
    return f"({sum_of('e.points > 0', record)} >= {rule('least_merits')} and not {barred})"


# -- entries


def _entry_id(fact: Fact[Any]) -> Key:
    event = fact.event
    return identifiers.entry_id(event.originator_id, event.originator_version)


def _whose(id: UUID, subject: Subject, office: Office | None) -> Whose:
    unit = subject.kind is SubjectKind.UNIT
    return Whose(
        id=id,
        unit_id=subject.id if unit else None,
        official_id=None if unit else subject.id,
        office_unit_id=None if office is None else office.unit_id,
        office_post=None if office is None else office.post,
    )


def _entry(
    fact: Fact[Any],
    kind: str,
    text: str,
    *,
    effect: Effect | None = None,
    evidence: tuple[Evidence, ...] = (),
    document: Document | None = None,
    decided_by: str | None = None,
    legal_basis: str | None = None,
    published: bool = False,
) -> Entry:
    event = fact.event
    id = (
        effect.id
        if effect is not None
        else identifiers.entry_id(event.originator_id, event.originator_version)
    )
    commends = isinstance(event, _COMMENDS)
    plain = Entry(
        whose=_whose(id, event.subject, event.office),
        stream_id=event.originator_id,
        commendation_id=event.originator_id if commends else None,
        case_id=None if commends else event.originator_id,
        kind=kind,
        event_position=fact.position,
        at=event.timestamp,
        text=text,
        evidence=evidence,
        document_number=None if document is None else document.number,
        decided_by=decided_by,
        legal_basis=legal_basis,
        actor=fact.actor,
        published=published,
    )
    return plain if effect is None else _with(plain, effect)


def _with(entry: Entry, effect: Effect) -> Entry:
    return replace(
        entry,
        measure=effect.measure,
        measure_name=effect.name,
        measure_name_en=effect.name_en,
        level=effect.level,
        points=effect.points,
        edition=effect.edition,
        in_force_from=effect.in_force_from,
        in_force_to=effect.in_force_to,
    )


def _ended(entry: Entry, fact: Fact[Any], by: str) -> Entry:
    return replace(entry, ended_on=fact.event.timestamp.date(), ended_position=fact.position, ended_by=by)


_COMMENDS = (
    Commendation.Nominated,
    Commendation.Confirmed,
    Commendation.Refused,
    Commendation.Awarded,
    Commendation.Revoked,
)


@ENTRY.begins(Commendation.Nominated, key=_entry_id)
def _nominated_entry(fact: Fact[Commendation.Nominated]) -> Entry:
    event = fact.event
    return _entry(fact, "nominated", f"{event.title}\n{event.grounds}", evidence=event.evidence)


@ENTRY.begins(Commendation.Confirmed, key=_entry_id)
def _confirmed_entry(fact: Fact[Commendation.Confirmed]) -> Entry:
    return _entry(fact, "confirmed", fact.event.remark)


@ENTRY.begins(Commendation.Refused, key=_entry_id)
def _refused_entry(fact: Fact[Commendation.Refused]) -> Entry:
    return _entry(fact, "refused", fact.event.reason)


@ENTRY.begins(Commendation.Awarded, key=lambda fact: fact.event.effect.id)
def _awarded_entry(fact: Fact[Commendation.Awarded]) -> Entry:
    event = fact.event
    return _entry(fact, "awarded", event.document.title, effect=event.effect, document=event.document)


@ENTRY.each(Commendation.Revoked, keys=lambda fact: (_entry_id(fact), fact.event.award_id))
def _revoked_entry(row: Entry | None, fact: Fact[Commendation.Revoked], key: UUID) -> Entry:
    event = fact.event
    if row is not None:
        return _ended(row, fact, "revoked")
    return _entry(fact, "revoked", event.reason, document=event.document, published=event.published)


@ENTRY.changes(Commendation.Published, key=lambda fact: fact.event.award_id)
def _award_published(row: Entry, fact: Fact[Commendation.Published]) -> Entry:
    return replace(row, published=True, outlet=fact.event.outlet)


@ENTRY.begins(AccountabilityCase.Opened, key=_entry_id)
def _opened_entry(fact: Fact[AccountabilityCase.Opened]) -> Entry:
    return _entry(fact, "opened", fact.event.summary)


@ENTRY.begins(AccountabilityCase.FactEstablished, key=_entry_id)
def _fact_entry(fact: Fact[AccountabilityCase.FactEstablished]) -> Entry:
    return _entry(fact, "fact_established", fact.event.fact, evidence=fact.event.evidence)


@ENTRY.begins(AccountabilityCase.HearingRecorded, key=_entry_id)
def _heard_entry(fact: Fact[AccountabilityCase.HearingRecorded]) -> Entry:
    return _entry(fact, "hearing_waived" if fact.event.waived else "heard", fact.event.statement)


@ENTRY.begins(AccountabilityCase.Dropped, key=_entry_id)
def _dropped_entry(fact: Fact[AccountabilityCase.Dropped]) -> Entry:
    return _entry(fact, "dropped", fact.event.reason)


@ENTRY.begins(AccountabilityCase.PenaltyImposed, key=lambda fact: fact.event.effect.id)
def _penalized_entry(fact: Fact[AccountabilityCase.PenaltyImposed]) -> Entry:
    event, decision = fact.event, fact.event.decision
    return _entry(
        fact,
        "penalized",
        decision.document.title,
        effect=event.effect,
        document=decision.document,
        decided_by=decision.decided_by,
        legal_basis=decision.legal_basis,
    )


@ENTRY.changes(AccountabilityCase.PenaltyPublished, key=lambda fact: fact.event.penalty_id)
def _penalty_published(row: Entry, fact: Fact[AccountabilityCase.PenaltyPublished]) -> Entry:
    return replace(row, published=True, outlet=fact.event.outlet)


@ENTRY.begins(AccountabilityCase.Appealed, key=_entry_id)
def _appealed_entry(fact: Fact[AccountabilityCase.Appealed]) -> Entry:
    return _entry(fact, "appealed", fact.event.grounds, evidence=fact.event.evidence)


def _decided_keys(fact: Fact[AccountabilityCase.AppealDecided]) -> list[Key]:
    """The entry of the decision, and that of the penalty it takes back, if it does."""
    event = fact.event
    decision = event.effect.id if event.effect is not None else _entry_id(fact)
    upheld = event.outcome is AppealOutcome.UPHELD
    return [decision] if upheld else [decision, event.penalty_id]


@ENTRY.each(AccountabilityCase.AppealDecided, keys=_decided_keys)
def _appeal_decided_entry(
    row: Entry | None, fact: Fact[AccountabilityCase.AppealDecided], key: UUID
) -> Entry:
    event = fact.event
    if row is not None:
        return _ended(row, fact, event.outcome.value)
    return _entry(
        fact,
        event.outcome.value,
        event.reason,
        effect=event.effect,
        document=event.document,
        decided_by=event.decided_by,
        published=event.published,
    )


@ENTRY.begins(AccountabilityCase.PenaltyExecuted, key=_entry_id)
def _executed_entry(fact: Fact[AccountabilityCase.PenaltyExecuted]) -> Entry:
    return _entry(fact, "executed", fact.event.remark)


@ENTRY.begins(AccountabilityCase.Closed, key=_entry_id)
def _closed_entry(fact: Fact[AccountabilityCase.Closed]) -> Entry:
    return _entry(fact, "closed", fact.event.remark)


# -- commendations


@COMMENDATION.begins(Commendation.Nominated)
def _nominated(fact: Fact[Commendation.Nominated]) -> CommendationRow:
    event = fact.event
    return CommendationRow(
        whose=_whose(event.originator_id, event.subject, event.office),
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
        whose=_whose(event.originator_id, event.subject, event.office),
        code=event.code,
        ground=event.ground.code,
        ground_reference=event.ground.reference,
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
    barring = next(step for step in measures.ladder if step.code == measures.priority.barring_step)
    return MeasuresRow(
        id=key,
        edition=event.edition,
        title=event.title,
        effective_from=event.effective_from,
        effective_month=month_number(event.effective_from),
        forms=tuple(_form(form) for form in measures.forms),
        ladder=tuple(_step(level, step) for level, step in enumerate(measures.ladder, 1)),
        appeal_days=measures.appeal_days,
        least_merits=measures.priority.least_merits,
        barring_step=barring.code,
        barring_name=barring.name,
        barring_level=measures.level(barring.code),
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


ACCOUNTABILITY = Projection(
    "accountability",
    version=1,
    tables=(ENTRY, COMMENDATION, CASE, MEASURES),
    follows=(Commendation, AccountabilityCase, AssessmentScheme),
    ignores=(AssessmentScheme.PeriodClosed,),
)
