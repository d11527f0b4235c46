"""Accountability cases (问责): opened on a ground, facts established, heard, decided, appealed, closed.

Rules (article 51):
- A case is about one unit or one official, and rests on a ground of the registry (domain.assessment.grounds).
- Facts are established one by one. Whoever it is about is heard on all of them: a further fact asks for a
  further hearing.
- A penalty is a step of the ladder of the scheme in force; it rests on established facts and a hearing, has a
  legal basis and a body that decided it, and is imposed once. A case that comes to nothing is dropped.
- Whoever was penalised may appeal once, within the period; nobody else. The appeal does not suspend the
  penalty. It is decided once: upheld, changed to a milder step, or overturned. What is overturned stays in
  the record and counts no more from that day on; so does what was changed, and the milder step counts in its
  place, from the day the first penalty came into force.
- The penalty is executed once, unless it was overturned; the case is closed when it is executed and nothing
  can be appealed any more. Its effect ends by itself when its term is over.
- Who has put things right may be freed of a penalty before that (解除), once it is final. It counts no more
  in the record from that day on. It was right, though: what it took away in a ranking stays taken away.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Self
from uuid import UUID

from eventsourcing.domain import event

from domain import identifiers
from domain.aggregate import Aggregate, Created
from domain.assessment.effect import Effect, effect_of
from domain.assessment.grounds import GroundNamed, require_ground
from domain.assessment.measures import PenaltyStep
from domain.assessment.subject import Office, OnRecord, Subject
from domain.documents import Document, Evidence, require_document, require_evidence
from domain.refusal import Refusal, require, require_day, require_line, require_optional_text, require_text


class CaseStatus(StrEnum):
    OPENED = "opened"  # 已立案
    ESTABLISHED = "established"  # 事实已查明
    HEARD = "heard"  # 已听取陈述申辩
    PENALIZED = "penalized"  # 已作出处理决定
    EXECUTED = "executed"  # 已执行
    OVERTURNED = "overturned"  # 处理决定已撤销
    DROPPED = "dropped"  # 不予问责
    CLOSED = "closed"  # 已结案


class AppealOutcome(StrEnum):
    UPHELD = "upheld"  # 维持
    CHANGED = "changed"  # 变更
    OVERTURNED = "overturned"  # 撤销


_UNDECIDED = (CaseStatus.OPENED, CaseStatus.ESTABLISHED, CaseStatus.HEARD)


@dataclass(frozen=True)
class PenaltyDecision:
    """What a decision (处理决定) rests on: its legal basis, the body that took it, its document."""

    legal_basis: str
    decided_by: str
    document: Document


class AccountabilityCase(Aggregate):
    TOPIC = "accountability_case"

    # -- events

    class Opened(Created):
        """Opened (立案). `office` is the post that an official holds on the day the case is about."""

        TOPIC = "accountability_case.opened"
        code: str
        subject: Subject
        office: Office | None
        ground: GroundNamed
        happened_on: date
        summary: str

    class FactEstablished(OnRecord):
        TOPIC = "accountability_case.fact_established"
        fact: str
        evidence: tuple[Evidence, ...]

    class HearingRecorded(OnRecord):
        """Heard (听取陈述申辩). `waived`: they had the chance, and let it pass."""

        TOPIC = "accountability_case.hearing_recorded"
        statement: str
        waived: bool

    class Dropped(OnRecord):
        TOPIC = "accountability_case.dropped"
        reason: str

    class PenaltyImposed(OnRecord):
        """`appeal_until` is the last day on which an appeal may be lodged."""

        TOPIC = "accountability_case.penalty_imposed"
        effect: Effect
        decision: PenaltyDecision
        appeal_until: date

    class PenaltyPublished(OnRecord):
        TOPIC = "accountability_case.penalty_published"
        penalty_id: UUID
        outlet: str

    class Appealed(OnRecord):
        TOPIC = "accountability_case.appealed"
        penalty_id: UUID
        grounds: str
        evidence: tuple[Evidence, ...]

    class AppealDecided(OnRecord):
        """`penalty_id` is the penalty decided on; `effect` the milder one in its place, if it was changed.
        `published`: the penalty was public, and so is this."""

        TOPIC = "accountability_case.appeal_decided"
        penalty_id: UUID
        published: bool
        outcome: AppealOutcome
        effect: Effect | None
        reason: str
        decided_by: str
        document: Document

    class PenaltyExecuted(OnRecord):
        TOPIC = "accountability_case.penalty_executed"
        penalty_id: UUID
        executed_on: date
        remark: str

    class PenaltyLifted(OnRecord):
        """Lifted before its term was over (提前解除). `published`: the penalty was public, and so is this."""

        TOPIC = "accountability_case.penalty_lifted"
        penalty_id: UUID
        published: bool
        reason: str
        decided_by: str
        document: Document

    class Closed(OnRecord):
        TOPIC = "accountability_case.closed"
        remark: str

    # -- commands

    @classmethod
    def open(
        cls,
        code: str,
        subject: Subject,
        office: Office | None,
        ground: GroundNamed,
        happened_on: date,
        summary: str,
        at: datetime,
    ) -> Self:
        require_day(happened_on, "happenedOn")
        past = happened_on <= at.date()
        require(past, "accountability_case.not_happened_yet", field="happenedOn", today=at.date())
        return cls.create(
            cls.Opened,
            identifiers.accountability_case_id(code),
            at,
            code=code,
            subject=subject,
            office=office,
            ground=require_ground(ground),
            happened_on=happened_on,
            summary=require_text(summary, "summary", most=2000),
        )

    def establish_fact(self, fact: str, evidence: Sequence[Evidence], at: datetime) -> None:
        self._require_undecided()
        self._record(
            AccountabilityCase.FactEstablished,
            at,
            fact=require_text(fact, "fact", most=4000),
            evidence=require_evidence(evidence),
        )

    def hear(self, statement: str, waived: bool, at: datetime) -> None:
        self._require_undecided()
        opened = self.status is CaseStatus.OPENED
        require(not opened, "accountability_case.no_fact", field="accountabilityCase")
        heard = self.status is CaseStatus.HEARD
        require(not heard, "accountability_case.heard", field="accountabilityCase")
        statement = (require_optional_text if waived else require_text)(statement, "statement", most=4000)
        self._record(AccountabilityCase.HearingRecorded, at, statement=statement, waived=waived)

    def drop(self, reason: str, at: datetime) -> None:
        self._require_undecided()
        self._record(AccountabilityCase.Dropped, at, reason=require_text(reason, "reason", most=1000))

    def impose_penalty(
        self,
        step: PenaltyStep,
        level: int,
        edition: int,
        appeal_days: int,
        decision: PenaltyDecision,
        at: datetime,
    ) -> None:
        """This step, of this level, of the ladder of the scheme's edition in force."""
        self._require_undecided()
        opened = self.status is CaseStatus.OPENED
        require(not opened, "penalty.without_fact", field="accountabilityCase")
        heard = self.status is CaseStatus.HEARD
        require(heard, "penalty.unheard", field="accountabilityCase")
        penalty_id = identifiers.effect_id(self.id, self.version + 1)
        self._record(
            AccountabilityCase.PenaltyImposed,
            at,
            effect=effect_of(penalty_id, step, level, edition, at.date()),
            decision=_require_decision(decision, at.date()),
            appeal_until=at.date() + timedelta(days=appeal_days),
        )

    def publish_penalty(self, outlet: str, at: datetime) -> None:
        penalty = self._require_standing()
        require(not self.lifted, "penalty.lifted", field="accountabilityCase")
        require(not self.published, "penalty.published", field="accountabilityCase")
        outlet = require_line(outlet, "outlet", most=200)
        self._record(AccountabilityCase.PenaltyPublished, at, penalty_id=penalty.id, outlet=outlet)

    def appeal(self, by: Subject, grounds: str, evidence: Sequence[Evidence], at: datetime) -> None:
        """Lodged by whoever was penalised."""
        require(by == self.subject, "appeal.not_yours", field=by.kind.value)
        require(self.lodged_on is None, "appeal.lodged_before", field="accountabilityCase")
        penalty = self._require_standing()
        in_time = at.date() <= self.appeal_until
        require(in_time, "appeal.too_late", field="accountabilityCase", until=self.appeal_until)
        self._record(
            AccountabilityCase.Appealed,
            at,
            penalty_id=penalty.id,
            grounds=require_text(grounds, "grounds", most=4000),
            evidence=require_evidence(evidence),
        )

    def uphold_penalty(self, reason: str, decided_by: str, document: Document, at: datetime) -> None:
        self._decide_appeal(AppealOutcome.UPHELD, None, reason, decided_by, document, at)

    def overturn_penalty(self, reason: str, decided_by: str, document: Document, at: datetime) -> None:
        self._decide_appeal(AppealOutcome.OVERTURNED, None, reason, decided_by, document, at)

    def change_penalty(
        self,
        step: PenaltyStep,
        level: int,
        edition: int,
        reason: str,
        decided_by: str,
        document: Document,
        at: datetime,
    ) -> None:
        """To this milder step, which counts from the day the first penalty came into force."""
        penalty = self._require_appealed()
        require(level < penalty.level, "appeal.not_milder", field="step", step=penalty.name)
        changed_id = identifiers.effect_id(self.id, self.version + 1)
        milder = effect_of(changed_id, step, level, edition, penalty.in_force_from)
        self._decide_appeal(AppealOutcome.CHANGED, milder, reason, decided_by, document, at)

    def execute_penalty(self, executed_on: date, remark: str, at: datetime) -> None:
        penalty = self._require_standing()
        executed = self.status is CaseStatus.EXECUTED
        require(not executed, "penalty.executed", field="accountabilityCase")
        since, today = penalty.in_force_from, at.date()
        between = since <= executed_on <= today
        require(between, "penalty.executed_outside", field="executedOn", since=since, today=today)
        self._record(
            AccountabilityCase.PenaltyExecuted,
            at,
            penalty_id=penalty.id,
            executed_on=executed_on,
            remark=require_optional_text(remark, "remark", most=1000),
        )

    def lift_penalty(self, reason: str, decided_by: str, document: Document, at: datetime) -> None:
        """Before or after the case is closed, for closing it does not end the penalty's term."""
        penalty = self._require_final(at.date())
        require(not self.lifted, "penalty.lifted", field="accountabilityCase")
        until = penalty.in_force_to
        running = until is None or at.date() <= until
        require(running, "penalty.expired", field="accountabilityCase", until=until)
        self._record(
            AccountabilityCase.PenaltyLifted,
            at,
            penalty_id=penalty.id,
            published=self.published,
            reason=require_text(reason, "reason", most=4000),
            decided_by=require_line(decided_by, "decidedBy", most=100),
            document=require_document(document, at.date()),
        )

    def close(self, remark: str, at: datetime) -> None:
        if self.status is not CaseStatus.OVERTURNED:
            self._require_standing()
            executed = self.status is CaseStatus.EXECUTED
            require(executed, "penalty.not_executed", field="accountabilityCase")
            require(not self.appeal_pending, "appeal.undecided", field="accountabilityCase")
            final = self.lodged_on is not None or at.date() > self.appeal_until
            require(final, "appeal.period_open", field="accountabilityCase", until=self.appeal_until)
        remark = require_optional_text(remark, "remark", most=1000)
        self._record(AccountabilityCase.Closed, at, remark=remark)

    def _record(self, kind: type[OnRecord], at: datetime, **facts: Any) -> None:
        self.trigger(kind, at, subject=self.subject, office=self.office, **facts)

    def _decide_appeal(
        self,
        outcome: AppealOutcome,
        milder: Effect | None,
        reason: str,
        decided_by: str,
        document: Document,
        at: datetime,
    ) -> None:
        penalty = self._require_appealed()
        self._record(
            AccountabilityCase.AppealDecided,
            at,
            penalty_id=penalty.id,
            published=self.published,
            outcome=outcome,
            effect=milder,
            reason=require_text(reason, "reason", most=4000),
            decided_by=require_line(decided_by, "decidedBy", most=100),
            document=require_document(document, at.date()),
        )

    # -- guards

    def _require_undecided(self) -> None:
        over = self.status in (CaseStatus.DROPPED, CaseStatus.CLOSED)
        require(not over, "accountability_case.closed", field="accountabilityCase")
        undecided = self.status in _UNDECIDED
        require(undecided, "penalty.decided", field="accountabilityCase")

    def _require_standing(self) -> Effect:
        """The penalty that stands now."""
        over = self.status in (CaseStatus.DROPPED, CaseStatus.CLOSED)
        require(not over, "accountability_case.closed", field="accountabilityCase")
        overturned = self.status is CaseStatus.OVERTURNED
        require(not overturned, "penalty.overturned", field="accountabilityCase")
        if self.penalty is None:
            raise Refusal("penalty.none", field="accountabilityCase")
        return self.penalty

    def _require_final(self, today: date) -> Effect:
        """The penalty, executed and with nothing left to appeal."""
        require(not self.overturned, "penalty.overturned", field="accountabilityCase")
        if self.penalty is None:
            raise Refusal("penalty.none", field="accountabilityCase")
        executed = self.status in (CaseStatus.EXECUTED, CaseStatus.CLOSED)
        heard = not self.appeal_pending and (self.lodged_on is not None or today > self.appeal_until)
        require(executed and heard, "penalty.not_final", field="accountabilityCase")
        return self.penalty

    def _require_appealed(self) -> Effect:
        """The penalty that an appeal is pending on."""
        decided = self.lodged_on is not None and not self.appeal_pending
        require(not decided, "appeal.decided", field="accountabilityCase")
        if self.penalty is None or not self.appeal_pending:
            raise Refusal("appeal.none", field="accountabilityCase")
        return self.penalty

    # -- how events change the state

    @event(Opened)
    def __init__(self, code: str, subject: Subject, office: Office | None) -> None:
        self.code = code
        self.subject = subject
        self.office = office
        self.status = CaseStatus.OPENED
        self.penalty: Effect | None = None
        self.published = False
        self.overturned = False
        self.lifted = False
        self.appeal_until = date.max
        self.lodged_on: date | None = None
        self.appeal_pending = False

    @event(FactEstablished)
    def _fact_established(self) -> None:
        self.status = CaseStatus.ESTABLISHED

    @event(HearingRecorded)
    def _hearing_recorded(self) -> None:
        self.status = CaseStatus.HEARD

    @event(Dropped)
    def _dropped(self) -> None:
        self.status = CaseStatus.DROPPED

    @event(PenaltyImposed)
    def _penalty_imposed(self, effect: Effect, appeal_until: date) -> None:
        self.status = CaseStatus.PENALIZED
        self.penalty = effect
        self.appeal_until = appeal_until

    @event(PenaltyPublished)
    def _penalty_published(self) -> None:
        self.published = True

    @event(Appealed)
    def _appealed(self, timestamp: datetime) -> None:
        self.lodged_on = timestamp.date()
        self.appeal_pending = True

    @event(AppealDecided)
    def _appeal_decided(self, outcome: AppealOutcome, effect: Effect | None) -> None:
        self.appeal_pending = False
        if outcome is AppealOutcome.OVERTURNED:
            self.status = CaseStatus.OVERTURNED
            self.overturned = True
        if effect is not None:
            self.penalty = effect

    @event(PenaltyExecuted)
    def _penalty_executed(self) -> None:
        self.status = CaseStatus.EXECUTED

    @event(PenaltyLifted)
    def _penalty_lifted(self) -> None:
        self.lifted = True

    @event(Closed)
    def _closed(self) -> None:
        self.status = CaseStatus.CLOSED


def _require_decision(decision: PenaltyDecision, on: date) -> PenaltyDecision:
    return PenaltyDecision(
        require_line(decision.legal_basis, "legalBasis", most=200),
        require_line(decision.decided_by, "decidedBy", most=100),
        require_document(decision.document, on),
    )
