"""The accountability record (奖惩档案): who was commended or held to account, entry by entry.

One row for each fact, in a unit's record or an official's, with the event that brought it, its points, and
the days it is in force. A row changes only when it is published or taken back (revoked, changed, overturned);
its versions tell the record as of any position.

What depends on the day of asking (what is in force, the net standing, who comes first) is SQL over the rows.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from domain import identifiers
from domain.assessment.accountability_case import AccountabilityCase, AppealOutcome
from domain.assessment.commendation import Commendation
from domain.assessment.effect import Effect
from domain.assessment.scheme import AssessmentScheme
from domain.documents import Document, Evidence
from projections.assessment.matters import CASE, COMMENDATION, MEASURES, Whose, whose_record
from projections.columns import BigInt
from projections.projection import Fact, Index, Key, Projection, Table


class Entry(Struct, frozen=True, gc=False):
    """`kind`: nominated, confirmed, refused, awarded, revoked; opened, fact_established, heard, dropped,
    penalized, appealed, upheld, changed, overturned, executed, lifted, closed.

    `event_position` is the event that brought it. A measure (form or step) has its code, names, level,
    edition and days in force; an entry without one has no points. `ended_*`: what took it back, and when.
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


def _entry_id(fact: Fact[Any]) -> UUID:
    event = fact.event
    return identifiers.entry_id(event.originator_id, event.originator_version)


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
    commends = fact.topic.startswith("commendation.")
    plain = Entry(
        whose=whose_record(id, event.subject, event.office),
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
    return replace(
        _entry(fact, "opened", fact.event.summary), document_number=fact.event.ground.reference or None
    )


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


@ENTRY.each(AccountabilityCase.PenaltyLifted, keys=lambda fact: (_entry_id(fact), fact.event.penalty_id))
def _lifted_entry(row: Entry | None, fact: Fact[AccountabilityCase.PenaltyLifted], key: UUID) -> Entry:
    event = fact.event
    if row is not None:
        return _ended(row, fact, "lifted")
    return _entry(
        fact,
        "lifted",
        event.reason,
        document=event.document,
        decided_by=event.decided_by,
        published=event.published,
    )


@ENTRY.begins(AccountabilityCase.Closed, key=_entry_id)
def _closed_entry(fact: Fact[AccountabilityCase.Closed]) -> Entry:
    return _entry(fact, "closed", fact.event.remark)


ACCOUNTABILITY = Projection(
    "accountability",
    version=2,
    tables=(ENTRY, COMMENDATION, CASE, MEASURES),
    follows=(Commendation, AccountabilityCase, AssessmentScheme),
    ignores=(AssessmentScheme.PeriodClosed,),
)
