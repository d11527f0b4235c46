"""Commendations (表扬奖励): nominated with grounds, confirmed or refused, awarded in a form, perhaps revoked.

Rules (article 51):
- A unit or an official is nominated for what they did; the nomination says by whom and on what grounds.
- The office confirms it (认定) or refuses it. Only what is confirmed is awarded, once, in a form of the
  scheme in force, on an authorising document.
- What was awarded may be revoked, on a document: it counts no more from then on, and stays in the record.
- What was awarded is made public by publishing it; what was refused never is.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, Self
from uuid import UUID

from eventsourcing.domain import event

from domain import identifiers
from domain.aggregate import Aggregate, Created
from domain.assessment.effect import Effect, effect_of
from domain.assessment.measures import CommendationForm
from domain.assessment.subject import Office, OnRecord, Subject
from domain.documents import Document, Evidence, require_document, require_evidence
from domain.refusal import Refusal, require, require_line, require_optional_text, require_text


class CommendationStatus(StrEnum):
    NOMINATED = "nominated"  # 已申报
    CONFIRMED = "confirmed"  # 已认定
    REFUSED = "refused"  # 不予认定
    AWARDED = "awarded"  # 已表扬奖励
    REVOKED = "revoked"  # 已撤销


class Commendation(Aggregate):
    TOPIC = "commendation"

    # -- events

    class Nominated(Created):
        """Put forward (申报). By a unit, a group, or with neither by the office. `office` is the post that an
        official holds on that day."""

        TOPIC = "commendation.nominated"
        code: str
        subject: Subject
        office: Office | None
        unit_id: UUID | None
        group_id: UUID | None
        title: str
        grounds: str
        evidence: tuple[Evidence, ...]

    class Confirmed(OnRecord):
        TOPIC = "commendation.confirmed"
        remark: str

    class Refused(OnRecord):
        TOPIC = "commendation.refused"
        reason: str

    class Awarded(OnRecord):
        TOPIC = "commendation.awarded"
        effect: Effect
        document: Document

    class Published(OnRecord):
        TOPIC = "commendation.published"
        award_id: UUID
        outlet: str

    class Revoked(OnRecord):
        """`published`: the award was public, and so is this."""

        TOPIC = "commendation.revoked"
        award_id: UUID
        published: bool
        reason: str
        document: Document

    # -- commands

    @classmethod
    def nominate(
        cls,
        code: str,
        subject: Subject,
        office: Office | None,
        title: str,
        grounds: str,
        evidence: Sequence[Evidence],
        at: datetime,
        unit_id: UUID | None = None,
        group_id: UUID | None = None,
    ) -> Self:
        return cls.create(
            cls.Nominated,
            identifiers.commendation_id(code),
            at,
            code=code,
            subject=subject,
            office=office,
            unit_id=unit_id,
            group_id=group_id,
            title=require_line(title, "title", most=200),
            grounds=require_text(grounds, "grounds", most=4000),
            evidence=require_evidence(evidence),
        )

    def confirm(self, remark: str, at: datetime) -> None:
        self._require_undecided()
        self._record(Commendation.Confirmed, at, remark=require_optional_text(remark, "remark", most=1000))

    def refuse(self, reason: str, at: datetime) -> None:
        self._require_undecided()
        self._record(Commendation.Refused, at, reason=require_text(reason, "reason", most=1000))

    def award(self, form: CommendationForm, edition: int, document: Document, at: datetime) -> None:
        """In this form of the scheme's edition in force."""
        require(self.award_id is None, "commendation.awarded", field="commendation")
        confirmed = self.status is CommendationStatus.CONFIRMED
        require(confirmed, "commendation.not_confirmed", field="commendation")
        award_id = identifiers.effect_id(self.id, self.version + 1)
        self._record(
            Commendation.Awarded,
            at,
            effect=effect_of(award_id, form, 0, edition, at.date()),
            document=require_document(document, at.date()),
        )

    def publish(self, outlet: str, at: datetime) -> None:
        award_id = self._require_standing()
        require(not self.published, "commendation.published", field="commendation")
        outlet = require_line(outlet, "outlet", most=200)
        self._record(Commendation.Published, at, award_id=award_id, outlet=outlet)

    def revoke(self, reason: str, document: Document, at: datetime) -> None:
        self._record(
            Commendation.Revoked,
            at,
            award_id=self._require_standing(),
            published=self.published,
            reason=require_text(reason, "reason", most=1000),
            document=require_document(document, at.date()),
        )

    def _record(self, kind: type[OnRecord], at: datetime, **facts: Any) -> None:
        self.trigger(kind, at, subject=self.subject, office=self.office, **facts)

    # -- guards

    def _require_undecided(self) -> None:
        undecided = self.status is CommendationStatus.NOMINATED
        require(undecided, "commendation.decided", field="commendation")

    def _require_standing(self) -> UUID:
        """The award, unless there is none or it was revoked."""
        revoked = self.status is CommendationStatus.REVOKED
        require(not revoked, "commendation.revoked", field="commendation")
        if self.award_id is None:
            raise Refusal("commendation.not_awarded", field="commendation")
        return self.award_id

    # -- how events change the state

    @event(Nominated)
    def __init__(self, code: str, subject: Subject, office: Office | None) -> None:
        self.code = code
        self.subject = subject
        self.office = office
        self.status = CommendationStatus.NOMINATED
        self.award_id: UUID | None = None
        self.published = False

    @event(Confirmed)
    def _confirmed(self) -> None:
        self.status = CommendationStatus.CONFIRMED

    @event(Refused)
    def _refused(self) -> None:
        self.status = CommendationStatus.REFUSED

    @event(Awarded)
    def _awarded(self, effect: Effect) -> None:
        self.status = CommendationStatus.AWARDED
        self.award_id = effect.id

    @event(Published)
    def _published(self) -> None:
        self.published = True

    @event(Revoked)
    def _revoked(self) -> None:
        self.status = CommendationStatus.REVOKED
