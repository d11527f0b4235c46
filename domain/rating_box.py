"""The rating box (无记名评估, article 49; 社会评议, article 50): what of an anonymous rating is a fact.

Rules:
- A box is opened for the units of one occasion, with a scale, a roll of those who may rate (a meeting's
  attendees, or the seats of a panel), a threshold and the public keys of its issuers: one for each unit and
  issuer. Nobody on the roll is struck off once they hold credentials.
- Issuing ends before casting begins: one fact names who holds credentials, by phone or by card, and counts
  the cards: printed = handed out + returned.
- Paper is keyed in batches by two people: one says how many papers a batch has, and keys them; somebody else
  counts them and confirms. Who keyed what, and which ballots are paper, is no fact.
- A unit's ballots enter the log all at once, sorted by their keys, when its box is sealed: after the
  scheduled time, or when every ballot is in. A box with fewer ballots than the threshold is voided, and
  none of its ballots enters the log. There is no tally before.
- Then the issuers' private keys are destroyed, the cards that came back are revealed, and the results are
  published, in this order.

Ballots are checked before they come here (`service.ballots`), and by whoever has the log
(`service.ballots.verify`). Moments here are those of a minute: a finer clock is evidence.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Self
from uuid import UUID

from eventsourcing.domain import event

from domain import identifiers, rating_scale
from domain.aggregate import Aggregate, Created, Event
from domain.period import Period, require_period
from domain.rating_scale import Grade, GradeCount
from domain.refusal import Refusal, require, require_line, require_text

LEAST_THRESHOLD, DEFAULT_THRESHOLD, MOST_THRESHOLD = 2, 5, 100
MOST_UNITS, MOST_RATERS = 100, 5000
MOST_DAYS_OPEN = 366


class Occasion(StrEnum):
    MEETING = "meeting"  # 点评会评估
    APPRAISAL = "appraisal"  # 社会评议


class RatingPhase(StrEnum):
    COLLECTING = "collecting"  # 签到领票
    CASTING = "casting"  # 投票
    SEALED = "sealed"  # 已封箱
    CLOSED = "closed"  # 密钥已销毁
    PUBLISHED = "published"  # 结果已公布


@dataclass(frozen=True)
class IssuerKey:
    """An issuer's public key for one unit: SPKI, DER."""

    unit_id: UUID
    issuer: str
    spki: bytes


@dataclass(frozen=True)
class Ballot:
    """A ballot: its own public key, the issuers' signatures of that key in the order of the box's issuers,
    the grade, and its own signature of box, unit and grade."""

    key: bytes
    signatures: tuple[bytes, ...]
    grade: str
    signature: bytes


@dataclass(frozen=True)
class Cards:
    """The paper: how many cards were printed and came back, and where their bundles lay, sorted."""

    printed: int = 0
    returned: int = 0
    indexes: tuple[bytes, ...] = ()


@dataclass(frozen=True)
class PaperBatch:
    """How many papers one person has keyed together, and whether another has confirmed that."""

    papers: int
    by: str
    confirmed: bool = False


class RatingBox(Aggregate):
    TOPIC = "rating"

    # -- events

    class RatingOpened(Created):
        """`roll` is sorted; `meeting_id` None: an appraisal by a panel, whose seats are the roll."""

        TOPIC = "rating.rating_opened"
        code: str
        title: str
        occasion: Occasion
        meeting_id: UUID | None
        period: Period
        unit_ids: tuple[UUID, ...]
        scale: tuple[Grade, ...]
        threshold: int
        roll: tuple[UUID, ...]
        closes_at: datetime
        suite: str
        issuers: tuple[str, ...]
        keys: tuple[IssuerKey, ...]
        demonstration: bool = False

    class RaterStruck(Event):
        TOPIC = "rating.rater_struck"
        rater_id: UUID
        reason: str

    class CredentialsCollected(Event):
        """The barrier. Who holds credentials, both lists sorted; the turnout is their number."""

        TOPIC = "rating.credentials_collected"
        by_phone: tuple[UUID, ...]
        by_card: tuple[UUID, ...]
        cards: Cards

    class PaperBatchKeyed(Event):
        """`batch` is a code of its own in the box; nothing is known of it but how many papers it has."""

        TOPIC = "rating.paper_batch_keyed"
        batch: str
        papers: int
        keyed_by: str

    class PaperBatchConfirmed(Event):
        """A second person has counted the papers of a batch."""

        TOPIC = "rating.paper_batch_confirmed"
        batch: str
        papers: int
        keyed_by: str
        confirmed_by: str

    class BallotBoxSealed(Event):
        TOPIC = "rating.ballot_box_sealed"
        unit_id: UUID
        ballots: tuple[Ballot, ...]
        closes_at: datetime

    class RatingVoided(Event):
        TOPIC = "rating.rating_voided"
        unit_id: UUID
        ballots: int
        threshold: int

    class IssuerKeysDestroyed(Event):
        TOPIC = "rating.issuer_keys_destroyed"
        issuers: tuple[str, ...]

    class UnusedCredentialsRevealed(Event):
        """The seeds of the cards that came back, sorted."""

        TOPIC = "rating.unused_credentials_revealed"
        seeds: tuple[str, ...]

    class RatingResultPublished(Event):
        TOPIC = "rating.rating_result_published"
        unit_id: UUID
        occasion: Occasion
        meeting_id: UUID | None
        period: Period
        histogram: tuple[GradeCount, ...]
        ballots: int
        turnout: int
        score: Decimal

    # -- commands

    @classmethod
    def open(
        cls,
        code: str,
        title: str,
        meeting_id: UUID | None,
        period: Period,
        unit_ids: Sequence[UUID],
        scale: Sequence[Grade],
        threshold: int,
        roll: Sequence[UUID],
        closes_at: datetime,
        suite: str,
        issuers: Sequence[str],
        keys: Sequence[IssuerKey],
        at: datetime,
        demonstration: bool = False,
    ) -> Self:
        require_opening(unit_ids, threshold, len(roll))
        require_closing(closes_at, at)
        return cls.create(
            cls.RatingOpened,
            identifiers.rating_id(code),
            at,
            code=code,
            title=require_line(title, "title", most=200),
            occasion=Occasion.APPRAISAL if meeting_id is None else Occasion.MEETING,
            meeting_id=meeting_id,
            period=require_period(period),
            unit_ids=tuple(unit_ids),
            scale=rating_scale.require_scale(scale),
            threshold=threshold,
            roll=tuple(sorted(roll)),
            closes_at=_minute(closes_at),
            suite=suite,
            issuers=tuple(issuers),
            keys=tuple(keys),
            demonstration=demonstration,
        )

    def strike(self, rater_id: UUID, holds_credentials: bool, reason: str, at: datetime) -> None:
        self.require_collecting()
        self.require_on_roll(rater_id)
        require(not holds_credentials, "rating.rater_holds_credentials", field="rater")
        reason = require_text(reason, "reason", most=1000)
        self.trigger(RatingBox.RaterStruck, _minute(at), rater_id=rater_id, reason=reason)

    def close_collection(
        self, by_phone: Sequence[UUID], by_card: Sequence[UUID], cards: Cards, at: datetime
    ) -> None:
        self.require_collecting()
        holders = [*by_phone, *by_card]
        require(len(set(holders)) == len(holders), "rating.rater_twice", field="box")
        for rater in holders:
            self.require_on_roll(rater)
        adds_up = cards.printed == len(by_card) + cards.returned and cards.returned >= 0
        require(
            adds_up,
            "rating.cards_do_not_add_up",
            field="cardsReturned",
            printed=cards.printed,
            handed_out=len(by_card),
            returned=cards.returned,
        )
        require(bool(holders), "rating.nobody_collected", field="box")
        self.trigger(
            RatingBox.CredentialsCollected,
            _minute(at),
            by_phone=tuple(sorted(by_phone)),
            by_card=tuple(sorted(by_card)),
            cards=cards,
        )

    def key_papers(self, batch: str, papers: int, by: str, at: datetime) -> None:
        self.require_casting()
        identifiers.require_code(batch, "batch")
        require(batch not in self.batches, "rating.batch_exists", field="batch")
        some = 1 <= papers <= len(self.by_card)
        require(some, "rating.paper_count", field="papers", handed_out=len(self.by_card))
        self.trigger(RatingBox.PaperBatchKeyed, _minute(at), batch=batch, papers=papers, keyed_by=by)

    def confirm_papers(self, batch: str, papers: int, by: str, at: datetime) -> None:
        """`papers` is what the second person has counted."""
        self.require_casting()
        if batch not in self.batches:
            raise Refusal("rating.batch_unknown", field="batch")
        keyed = self.batches[batch]
        require(not keyed.confirmed, "rating.batch_confirmed", field="batch")
        require(by != keyed.by, "rating.one_person")
        require(papers == keyed.papers, "rating.counts_differ", field="papers")
        self.trigger(
            RatingBox.PaperBatchConfirmed,
            _minute(at),
            batch=batch,
            papers=papers,
            keyed_by=keyed.by,
            confirmed_by=by,
        )

    def seal(self, urn: Mapping[UUID, Sequence[Ballot]], at: datetime) -> None:
        """`urn` has the ballots of every unit, each checked."""
        self.require_casting()
        cast = [len(urn.get(unit, ())) for unit in self.unit_ids]
        require(max(cast) <= self.turnout, "rating.more_ballots_than_raters", field="box")
        complete = min(cast) == self.turnout
        require(complete or at >= self.closes_at, "rating.sealed_too_early", field="box")
        for unit, ballots in zip(self.unit_ids, cast, strict=True):
            if ballots < self.threshold:
                self.trigger(
                    RatingBox.RatingVoided,
                    _minute(at),
                    unit_id=unit,
                    ballots=ballots,
                    threshold=self.threshold,
                )
                continue
            in_order = tuple(sorted(urn[unit], key=lambda ballot: ballot.key))
            self.trigger(
                RatingBox.BallotBoxSealed,
                _minute(at),
                unit_id=unit,
                ballots=in_order,
                closes_at=self.closes_at,
            )

    def record_keys_destroyed(self, at: datetime) -> None:
        """To be given once they are."""
        over = self.phase in (RatingPhase.CLOSED, RatingPhase.PUBLISHED)
        require(not over, "rating.keys_destroyed_already", field="box")
        self.require_sealed()
        self.trigger(RatingBox.IssuerKeysDestroyed, _minute(at), issuers=self.issuers)

    def reveal_unused(self, seeds: Sequence[str], at: datetime) -> None:
        """`seeds` are of cards that were printed and of which no ballot is in the box."""
        self._require_closed()
        require(not self.revealed, "rating.revealed_already", field="seeds")
        whole = len(set(seeds)) == len(seeds) == self.cards_returned
        require(whole, "rating.seeds_incomplete", field="seeds", returned=self.cards_returned)
        self.trigger(RatingBox.UnusedCredentialsRevealed, _minute(at), seeds=tuple(sorted(seeds)))

    def publish_results(self, at: datetime) -> None:
        self._require_closed()
        require(bool(self.sealed), "rating.all_voided", field="box")
        require(self.revealed or not self.cards_returned, "rating.cards_not_revealed", field="box")
        for unit, cast in self.sealed.items():
            histogram = rating_scale.counts(self.scale, cast)
            self.trigger(
                RatingBox.RatingResultPublished,
                _minute(at),
                unit_id=unit,
                occasion=self.occasion,
                meeting_id=self.meeting_id,
                period=self.period,
                histogram=histogram,
                ballots=cast.total(),
                turnout=self.turnout,
                score=rating_scale.score(self.scale, histogram),
            )

    # -- rules asked by others

    def require_collecting(self) -> None:
        require(self.phase is RatingPhase.COLLECTING, "rating.collection_closed", field="box")

    def require_casting(self) -> None:
        require(self.phase is not RatingPhase.COLLECTING, "rating.not_casting_yet", field="box")
        require(self.phase is RatingPhase.CASTING, "rating.sealed", field="box")

    def require_sealed(self) -> None:
        over = self.phase not in (RatingPhase.COLLECTING, RatingPhase.CASTING)
        require(over, "rating.not_sealed", field="box")

    def require_on_roll(self, rater_id: UUID) -> None:
        require(rater_id in self.roll, "rating.not_on_roll", field="rater")

    def _require_closed(self) -> None:
        require(self.phase is not RatingPhase.PUBLISHED, "rating.published", field="box")
        require(self.phase is RatingPhase.CLOSED, "rating.keys_not_destroyed", field="box")

    # -- how events change the state

    @event(RatingOpened)
    def __init__(
        self,
        title: str,
        occasion: Occasion,
        meeting_id: UUID | None,
        period: Period,
        unit_ids: tuple[UUID, ...],
        scale: tuple[Grade, ...],
        threshold: int,
        roll: tuple[UUID, ...],
        closes_at: datetime,
        suite: str,
        issuers: tuple[str, ...],
        keys: tuple[IssuerKey, ...],
    ) -> None:
        self.title = title
        self.occasion = occasion
        self.meeting_id = meeting_id
        self.period = period
        self.unit_ids = unit_ids
        self.scale = scale
        self.threshold = threshold
        self.roll = set(roll)
        self.closes_at = closes_at
        self.suite = suite
        self.issuers = issuers
        self.keys = keys
        self.phase = RatingPhase.COLLECTING
        self.turnout = 0
        self.by_phone: tuple[UUID, ...] = ()
        self.by_card: tuple[UUID, ...] = ()
        self.cards = Cards()
        self.batches: dict[str, PaperBatch] = {}
        # Of each unit that is sealed, how many ballots gave each grade; of each that is voided, how many
        # there were.
        self.sealed: dict[UUID, Counter[str]] = {}
        self.voided: dict[UUID, int] = {}
        self.revealed = False

    @property
    def cards_returned(self) -> int:
        return self.cards.returned

    @event(RaterStruck)
    def _rater_struck(self, rater_id: UUID) -> None:
        self.roll.discard(rater_id)

    @event(CredentialsCollected)
    def _credentials_collected(
        self, by_phone: tuple[UUID, ...], by_card: tuple[UUID, ...], cards: Cards
    ) -> None:
        self.phase = RatingPhase.CASTING
        self.by_phone = by_phone
        self.by_card = by_card
        self.cards = cards
        self.turnout = len(by_phone) + len(by_card)

    @event(PaperBatchKeyed)
    def _papers_keyed(self, batch: str, papers: int, keyed_by: str) -> None:
        self.batches[batch] = PaperBatch(papers, keyed_by)

    @event(PaperBatchConfirmed)
    def _papers_confirmed(self, batch: str) -> None:
        self.batches[batch] = replace(self.batches[batch], confirmed=True)

    @event(BallotBoxSealed)
    def _box_sealed(self, unit_id: UUID, ballots: tuple[Ballot, ...]) -> None:
        self.sealed[unit_id] = Counter(ballot.grade for ballot in ballots)
        self._settle_phase()

    @event(RatingVoided)
    def _voided(self, unit_id: UUID, ballots: int) -> None:
        self.voided[unit_id] = ballots
        self._settle_phase()

    def _settle_phase(self) -> None:
        if len(self.sealed) + len(self.voided) == len(self.unit_ids):
            self.phase = RatingPhase.SEALED

    @event(IssuerKeysDestroyed)
    def _keys_destroyed(self) -> None:
        self.phase = RatingPhase.CLOSED

    @event(UnusedCredentialsRevealed)
    def _unused_revealed(self) -> None:
        self.revealed = True

    @event(RatingResultPublished)
    def _result_published(self) -> None:
        self.phase = RatingPhase.PUBLISHED


def require_opening(unit_ids: Sequence[UUID], threshold: int, raters: int) -> None:
    """What can be told before keys are made for the box."""
    require(1 <= len(unit_ids) <= MOST_UNITS, "rating.unit_count", field="units")
    require(len(set(unit_ids)) == len(unit_ids), "rating.unit_twice", field="units")
    sound = LEAST_THRESHOLD <= threshold <= MOST_THRESHOLD
    require(sound, "rating.threshold_out_of_range", field="threshold")
    require(threshold <= raters <= MOST_RATERS, "rating.roll_size", field="roll")


def require_closing(closes_at: datetime, at: datetime) -> None:
    """When a box that is opened now may close. (In whatever time zone it is told: at the end of all time it
    could not be told in another.)"""
    require(closes_at > at, "rating.closes_in_past", field="closesAt")
    soon = closes_at - at <= timedelta(days=MOST_DAYS_OPEN)
    require(soon, "rating.closes_too_late", field="closesAt", most=MOST_DAYS_OPEN)


def histogram_of(ballots: Sequence[Ballot]) -> Counter[str]:
    return Counter(ballot.grade for ballot in ballots)


def require_grade(scale: Sequence[Grade], grade: str) -> None:
    if grade not in {each.code for each in scale}:
        raise Refusal("rating.grade_unknown", field="grade")


def _minute(at: datetime) -> datetime:
    return at.replace(second=0, microsecond=0)
