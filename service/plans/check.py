"""The rules between the rows of a plan (articles 45, 48), each broken one reported where it stands.

The domain refuses the same when the rows become commands, one at a time; here everything is judged before
anything is written. Where a rule is the domain's, its code is too.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any
from zoneinfo import available_timezones

from domain.campaign import TaskForceRole
from domain.indicator import HUNDRED, RATES
from service.plans.columns import CAMPAIGNS, GROUPS, INDICATORS, MILESTONES, TASKS, Form
from service.plans.faults import RowError, fault
from service.plans.rows import (
    CampaignKind,
    CampaignRow,
    GroupRow,
    IndicatorRow,
    Known,
    KnownCampaign,
    OfficialRow,
    Place,
    PlanDocument,
    PlanHeader,
    TaskRow,
)

MOST_INDICATORS = MOST_MILESTONES = 50

Unsound = Collection[tuple[str, int, str]]
"""The cells that could not be read: sheet, row, heading."""


@dataclass
class _Check:
    """The faults found so far. A rule that reads an unsound cell is not judged: that cell's own fault is
    reported already."""

    unsound: Unsound
    errors: list[RowError] = field(default_factory=list)

    def that(
        self,
        holds: bool,
        at: Place,
        name: str,
        code: str,
        /,
        *,
        reads: Sequence[str | tuple[Place, str]] = (),
        **arguments: object,
    ) -> None:
        """Report the fault at the field `name` of the row unless `holds`. `reads` are the other cells that
        the rule reads: fields of the same row, or of another."""
        if holds:
            return
        cells = [(at, name), *(r if isinstance(r, tuple) else (at, r) for r in reads)]
        if not any((p.sheet, p.spot(n).row, p.spot(n).heading) in self.unsound for p, n in cells):
            self.errors.append(fault(at.sheet, at.spot(name), code, **arguments))

    def unique(
        self, rows: Iterable[Any], name: str, code: str, of: Callable[[Any], object] | None = None
    ) -> None:
        """No two rows have the same value of the field; the later one is reported."""
        first: dict[object, Place] = {}
        for row in rows:
            value = getattr(row, name)
            place = first.setdefault(of(row) if of else value, row.place)
            self.that(place is row.place, row.place, name, code, row=place.row, code=value)

    def known(
        self, at: Place, name: str, codes: Iterable[str], among: Collection[str] | None, code: str
    ) -> None:
        """Every code is among the known; None knows nothing and judges nothing."""
        for given in dict.fromkeys(codes):
            self.that(among is None or given in among, at, name, code, given=given)

    def once(self, at: Place, name: str, codes: Sequence[str], code: str) -> None:
        self.that(len(set(codes)) == len(codes), at, name, code)

    def assumed(self, form: Form, row: Any) -> None:
        for name in row.assumed:
            self.that(name in form.assumable, row.place, "assumed", "assumed.unknown", given=name)

    def within(self, at: Place, name: str, day: date, span: Any, code: str) -> None:
        reads = [(span.place, n) for n in ("start", "end")] if hasattr(span, "place") else []
        holds = span.start <= day <= span.end
        self.that(holds, at, name, code, reads=reads, day=day, start=span.start, end=span.end)


@dataclass(frozen=True)
class _Existing:
    """The codes that may be referred to; None where that cannot be judged."""

    units: Collection[str] | None
    officials: Collection[str] | None
    campaigns: Mapping[str, KnownCampaign | CampaignRow] | None


def errors_of(document: PlanDocument, known: Known | None, unsound: Unsound = ()) -> list[RowError]:
    """All rules broken between the document's rows, references resolved in it and in `known`.

    Without `known`, references to a kind of row that the document has none of are not judged.
    """
    found = _Check(unsound)
    existing = _existing(document, known)
    sections = (document.units, document.officials, document.campaigns, document.groups, document.tasks)
    found.that(document.header is not None or any(sections), Place("", 1), "", "plan.empty")
    if document.header is not None:
        _header(found, document.header)
    for rows in sections:
        found.unique(rows, "code", "row.duplicate_code")
    for rows in sections[0], sections[2], sections[3]:
        found.unique(rows, "name", "row.duplicate_name")
    _officials(found, document.officials, existing)
    found.unique(
        document.campaigns, "number", "campaign.duplicate_number", lambda row: (row.kind, row.number)
    )
    for campaign in document.campaigns:
        _campaign(found, campaign, document.header, existing)
    for group in document.groups:
        _group(found, group, existing)
    for task in document.tasks:
        _task(found, task, existing)
    return found.errors


def _existing(document: PlanDocument, known: Known | None) -> _Existing:
    def codes(rows: Sequence[Any], others: Mapping[str, Any]) -> Mapping[str, Any] | None:
        return None if known is None and not rows else dict(others) | {row.code: row for row in rows}

    others = known or Known()
    return _Existing(
        codes(document.units, others.units),
        codes(document.officials, others.officials),
        codes(document.campaigns, others.campaigns),
    )


def _header(found: _Check, header: PlanHeader) -> None:
    at = header.place
    found.that(header.start < header.end, at, "end", "plan.ends_before_start", reads=("start",))
    for name, day in (("start", header.start), ("end", header.end)):
        holds = day.year == header.year
        found.that(holds, at, name, "plan.outside_year", reads=("year",), day=day, year=header.year)
    exists = header.time_zone in available_timezones()
    found.that(exists, at, "time_zone", "plan.time_zone_unknown", given=header.time_zone)


def _officials(found: _Check, officials: Sequence[OfficialRow], existing: _Existing) -> None:
    leading = [official for official in officials if official.leads is not None]
    found.unique(leading, "leads", "unit.has_a_leading_official")
    for row in leading:
        found.known(row.place, "leads", [row.leads or ""], existing.units, "unit.unknown")
        found.that(bool(row.post), row.place, "post", "cell.required")
        found.that(row.since is not None, row.place, "since", "cell.required")


def _campaign(found: _Check, row: CampaignRow, header: PlanHeader | None, existing: _Existing) -> None:
    at, members = row.place, row.task_force
    found.that(row.start < row.end, at, "end", "campaign.ends_before_start", reads=("start",))
    if header is not None:
        found.within(at, "start", row.start, header, "plan.date_outside")
        found.within(at, "end", row.end, header, "plan.date_outside")
    found.assumed(CAMPAIGNS, row)
    if not members:
        return
    campaign = row.kind is CampaignKind.CAMPAIGN
    found.that(campaign, at, "task_force", "task_force.not_a_campaign", reads=("kind",))
    found.that(7 <= len(members) <= 8, at, "task_force", "task_force.size", size=len(members))
    leaders = sum(m.role is TaskForceRole.LEADER for m in members)
    roles = [(m.place, "role") for m in members]
    found.that(leaders == 1, at, "task_force", "task_force.one_leader", reads=roles, leaders=leaders)
    found.unique(members, "official", "task_force.member_twice")
    for member in members:
        found.known(member.place, "official", [member.official], existing.officials, "official.unknown")
        lasts = member.until is None or member.until >= member.since
        found.that(lasts, member.place, "until", "task_force.term_ends_before_start", reads=("since",))


def _group(found: _Check, row: GroupRow, existing: _Existing) -> None:
    at = row.place
    found.that(bool(row.campaigns), at, "campaigns", "group.covers_nothing")
    found.once(at, "campaigns", row.campaigns, "group.covered_twice")
    found.once(at, "units", row.units, "group.covered_twice")
    found.known(at, "leader", [row.leader], existing.officials, "official.unknown")
    found.known(at, "campaigns", row.campaigns, existing.campaigns, "campaign.unknown")
    found.known(at, "units", row.units, existing.units, "unit.unknown")
    found.assumed(GROUPS, row)


def _task(found: _Check, row: TaskRow, existing: _Existing) -> None:
    at = row.place
    found.known(at, "lead", [row.lead], existing.units, "unit.unknown")
    found.known(at, "supporting", row.supporting, existing.units, "unit.unknown")
    found.once(at, "supporting", [*dict.fromkeys([row.lead]), *row.supporting], "task.unit_twice")
    found.known(at, "campaign", [row.campaign], existing.campaigns, "campaign.unknown")
    span = (existing.campaigns or {}).get(row.campaign)
    if span is not None:
        found.within(at, "start", row.start, span, "campaign.date_outside")
        found.within(at, "deadline", row.deadline, span, "campaign.date_outside")
    ordered = row.start < row.deadline
    days = {"start": row.start, "deadline": row.deadline}
    found.that(ordered, at, "deadline", "task.deadline_before_start", reads=("start",), **days)
    found.assumed(TASKS, row)
    _indicators(found, row)
    _milestones(found, row)


def _indicators(found: _Check, task: TaskRow) -> None:
    rows = task.indicators
    found.that(1 <= len(rows) <= MOST_INDICATORS, task.place, "indicators", "task.indicator_count")
    found.unique(rows, "code", "indicator.duplicate_code")
    for row in rows:
        _indicator(found, row)
    total = sum((row.weight for row in rows), Decimal(0))
    weights = [(row.place, "weight") for row in rows]
    at = rows[-1].place if rows else task.place
    holds = not rows or total == HUNDRED
    found.that(holds, at, "weight", "indicator.weights_not_100", reads=weights, total=total)


def _indicator(found: _Check, row: IndicatorRow) -> None:
    at = row.place
    given = row.target is not None
    found.that(given or row.missing, at, "target", "cell.required", reads=("missing",))
    both = given and row.missing
    found.that(not both, at, "target", "indicator.target_and_missing", reads=("missing",))
    found.that(row.weight > 0, at, "weight", "indicator.weight_not_positive")
    for name, figure in (("target", row.target), ("baseline", row.baseline)):
        holds = figure is None or figure >= 0 or row.unit_of_measure in RATES
        spoken = {"name": row.name, "unit": row.unit_of_measure}
        found.that(holds, at, name, "indicator.negative_count", reads=("unit_of_measure",), **spoken)
    found.assumed(INDICATORS, row)


def _milestones(found: _Check, task: TaskRow) -> None:
    few = len(task.milestones) <= MOST_MILESTONES
    found.that(few, task.place, "milestones", "task.too_many_milestones")
    before: list[tuple[Place, str]] = []
    done, last = Decimal(0), task.start
    for row in task.milestones:
        ordered = last <= row.due <= task.deadline
        reads = [(task.place, "start"), (task.place, "deadline"), *before]
        found.that(ordered, row.place, "due", "milestone.out_of_order", reads=reads)
        grows = done < row.share <= 1
        found.that(grows, row.place, "share", "milestone.share_not_growing", reads=before)
        found.assumed(MILESTONES, row)
        before = [(row.place, "due"), (row.place, "share")]
        done, last = row.share, row.due
