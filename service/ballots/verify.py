"""What an inspector checks of every rating box, from the log alone: `duban rating verify FILE`.

It asks no database and trusts nothing that it can work out again: every signature, no key twice, sorted, no
more ballots than raters, no revealed card among the ballots, histogram and score the box's own. What is
wrong is named with its position.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any
from uuid import UUID

import msgspec

from domain import rating_scale
from domain.aggregate import AnyEvent
from domain.rating_box import Ballot, RatingBox
from service.ballots import blind_rsa
from service.ballots.blind_rsa import InvalidInput
from service.ballots.cards import NotASeed, Use, derived, read_seed, signing_key
from service.ballots.encodings import public_bytes, signed_by, signed_text
from service.ballots.lines import Line
from service.store.codec import UnknownTopic, UnknownVersion
from service.tlog.entry import Entry

PREFIX = f"{RatingBox.TOPIC}."


@dataclass(frozen=True)
class Fault:
    """Something wrong, at a position of the log."""

    position: int
    text: str

    def __str__(self) -> str:
        return f"position {self.position}: {self.text}"


@dataclass
class Report:
    """What was checked, and what is wrong."""

    boxes: int = 0
    sealed: int = 0
    voided: int = 0
    ballots: int = 0
    faults: list[Fault] = field(default_factory=list)


@dataclass
class _Box:
    """A box as the log tells it, checked event by event."""

    report: Report
    opened: RatingBox.RatingOpened
    position: int
    # Keys of ballots and issuers that were seen anywhere: none comes twice.
    seen: dict[bytes, str]
    # By meeting and unit, the box that has rated it.
    rated: dict[tuple[UUID, UUID], UUID]
    struck: set[UUID] = field(default_factory=set)
    collected: RatingBox.CredentialsCollected | None = None
    sealed: dict[UUID, tuple[Ballot, ...]] = field(default_factory=dict)
    voided: set[UUID] = field(default_factory=set)
    batches: dict[str, RatingBox.PaperBatchKeyed] = field(default_factory=dict)
    confirmed: set[str] = field(default_factory=set)
    destroyed: bool = False
    revealed: bool = False
    published: set[UUID] = field(default_factory=set)
    version: int = 0

    # -- event by event

    def take(self, event: Any, actor: str) -> None:
        """An event, and who gave the command that it came of."""
        self.require(
            event.originator_version == self.version + 1, "an event of its stream is missing before it"
        )
        self.version = event.originator_version
        coarse = event.timestamp.second == 0 and event.timestamp.microsecond == 0
        self.require(coarse or isinstance(event, RatingBox.RatingOpened), "its moment is finer than a minute")
        match event:
            case RatingBox.RatingOpened():
                self._opened(event)
            case RatingBox.RaterStruck():
                self.require(self.collected is None, "a rater was struck off after the barrier")
                self.struck.add(event.rater_id)
            case RatingBox.CredentialsCollected():
                self._collected(event)
            case RatingBox.PaperBatchKeyed():
                self._papers_keyed(event, actor)
            case RatingBox.PaperBatchConfirmed():
                self._papers_confirmed(event, actor)
            case RatingBox.BallotBoxSealed():
                self._sealed(event)
            case RatingBox.RatingVoided():
                self._voided(event)
            case RatingBox.IssuerKeysDestroyed():
                self.require(self.settled, "keys were destroyed before every unit was sealed or voided")
                self.destroyed = True
            case RatingBox.UnusedCredentialsRevealed():
                self._revealed(event)
            case RatingBox.RatingResultPublished():
                self._published(event)

    @property
    def settled(self) -> bool:
        return {*self.sealed, *self.voided} == set(self.opened.unit_ids)

    def _opened(self, event: RatingBox.RatingOpened) -> None:
        self.require(event.suite == blind_rsa.SUITE, f"the suite is not {blind_rsa.SUITE}")
        self.require(strictly_sorted(event.roll), "the roll is not sorted, or names somebody twice")
        places = [(key.unit_id, key.issuer) for key in event.keys]
        due = [(unit, issuer) for unit in event.unit_ids for issuer in event.issuers]
        self.require(sorted(places) == sorted(due), "there is not one key for each unit and issuer")
        for key in event.keys:
            try:
                blind_rsa.public_key(key.spki)
            except InvalidInput as error:
                self.fault(f"the key of {key.issuer} for {key.unit_id}: {error}")
            self.first_seen(key.spki, f"the key of {key.issuer} for {key.unit_id}")

    def _collected(self, event: RatingBox.CredentialsCollected) -> None:
        self.require(self.collected is None, "credentials were collected twice")
        self.collected = event
        for raters in (event.by_phone, event.by_card):
            self.require(strictly_sorted(raters), "the raters are not sorted, or one is named twice")
        both = set(event.by_phone) & set(event.by_card)
        self.require(not both, "a rater has collected by phone and by card")
        strangers = {*event.by_phone, *event.by_card} - (set(self.opened.roll) - self.struck)
        self.require(not strangers, f"{len(strangers)} raters are not on the roll")
        cards = event.cards
        adds_up = cards.printed == len(event.by_card) + cards.returned
        self.require(adds_up, "cards printed are not those handed out and returned")
        indexed = len(cards.indexes) == cards.printed and strictly_sorted(cards.indexes)
        self.require(indexed, "the cards' indexes are not as many as the cards, each once, sorted")

    @property
    def turnout(self) -> int:
        held = self.collected
        return 0 if held is None else len(held.by_phone) + len(held.by_card)

    def _papers_keyed(self, event: RatingBox.PaperBatchKeyed, actor: str) -> None:
        self._require_casting()
        self.require(event.batch not in self.batches, "two batches of papers have one code")
        self.require(event.keyed_by == actor, "somebody else than it says has keyed the batch")
        cards = 0 if self.collected is None else len(self.collected.by_card)
        some = 1 <= event.papers <= cards
        self.require(some, f"a batch has {event.papers} papers, and {cards} cards were handed out")
        self.batches[event.batch] = event

    def _papers_confirmed(self, event: RatingBox.PaperBatchConfirmed, actor: str) -> None:
        self._require_casting()
        keyed = self.batches.get(event.batch)
        if keyed is None:
            self.fault("a batch of papers was confirmed that nobody has keyed")
            return
        self.require(event.batch not in self.confirmed, "a batch of papers was confirmed twice")
        self.confirmed.add(event.batch)
        self.require(event.confirmed_by == actor, "somebody else than it says has confirmed the batch")
        second = event.keyed_by == keyed.keyed_by != event.confirmed_by
        self.require(second, "one person has keyed and confirmed a batch of papers")
        self.require(event.papers == keyed.papers, "the two counts of a batch of papers differ")

    def _require_casting(self) -> None:
        casting = self.collected is not None and not self.sealed and not self.voided
        self.require(casting, "papers were keyed while no ballots were cast")

    def _sealed(self, event: RatingBox.BallotBoxSealed) -> None:
        ballots = len(event.ballots)
        self._settle(event, ballots)
        self.sealed[event.unit_id] = event.ballots
        if self.opened.meeting_id is not None:
            first = self.rated.setdefault((self.opened.meeting_id, event.unit_id), self.box)
            self.require(first == self.box, "the unit was rated at this meeting in another box")
        self.report.sealed += 1
        self.report.ballots += ballots
        self.require(ballots <= self.turnout, f"{ballots} ballots are more than the {self.turnout} raters")
        for text in sealed_faults(self.opened, event):
            self.fault(text)
        for ballot in event.ballots:
            self.first_seen(ballot.key, _named(ballot, event.unit_id))

    def _voided(self, event: RatingBox.RatingVoided) -> None:
        self._settle(event, event.ballots)
        self.voided.add(event.unit_id)
        self.report.voided += 1
        for text in voided_faults(self.opened, event):
            self.fault(text)

    def _settle(self, event: RatingBox.BallotBoxSealed | RatingBox.RatingVoided, ballots: int) -> None:
        self.require(self.collected is not None, "it was sealed before credentials were collected")
        before = event.unit_id in {*self.sealed, *self.voided}
        self.require(not before, "the unit was sealed or voided before")
        # Who seals early leaves out whoever has not cast yet.
        missing = self.turnout - ballots
        in_time = missing <= 0 or event.timestamp >= self.opened.closes_at
        self.require(in_time, f"it was sealed before its time, with {missing} ballots missing")

    def _revealed(self, event: RatingBox.UnusedCredentialsRevealed) -> None:
        self.require(self.destroyed, "cards were revealed before the keys were destroyed")
        self.require(not self.revealed, "cards were revealed twice")
        self.revealed = True
        cards = None if self.collected is None else self.collected.cards
        returned = 0 if cards is None else cards.returned
        self.require(len(event.seeds) == returned, f"{len(event.seeds)} cards were revealed of {returned}")
        self.require(strictly_sorted(event.seeds), "the cards are not sorted, or one is revealed twice")
        cast = {unit: {ballot.key for ballot in ballots} for unit, ballots in self.sealed.items()}
        for number, seed in enumerate(event.seeds, 1):
            try:
                sound = read_seed(seed) == seed
            except NotASeed:
                sound = False
            if not sound:
                self.fault(f"revealed card {number} is no card")
                continue
            index = derived(seed, Use.INDEX, self.box, self.opened.unit_ids[0])
            printed = cards is not None and index in cards.indexes
            self.require(printed, f"revealed card {number} was not printed for this box")
            for unit in self.opened.unit_ids:
                voted = public_bytes(signing_key(seed, self.box, unit)) in cast.get(unit, ())
                self.require(not voted, f"revealed card {number} has voted on unit {unit}")

    def _published(self, event: RatingBox.RatingResultPublished) -> None:
        self.require(self.destroyed, "a result was published before the keys were destroyed")
        returned = 0 if self.collected is None else self.collected.cards.returned
        self.require(self.revealed or not returned, "a result was published before the cards were revealed")
        self.require(event.unit_id not in self.published, "the result was published before")
        self.published.add(event.unit_id)
        ballots = self.sealed.get(event.unit_id)
        if ballots is None:
            self.fault("a result was published of a unit that was not sealed")
            return
        scale = self.opened.scale
        histogram = rating_scale.counts(scale, Counter(ballot.grade for ballot in ballots))
        self.require(event.histogram == histogram, "the histogram is not that of the box")
        told = (event.ballots, event.turnout)
        self.require(told == (len(ballots), self.turnout), "ballots and turnout are not those of the box")
        if {ballot.grade for ballot in ballots} <= {grade.code for grade in scale}:
            score = rating_scale.score(scale, histogram)
            self.require(event.score == score, f"the score is {event.score}, that of the box {score}")
        occasion = (event.period, event.meeting_id, event.occasion)
        opened = (self.opened.period, self.opened.meeting_id, self.opened.occasion)
        self.require(occasion == opened, "period and occasion are not those of the box")

    # -- saying so

    @property
    def box(self) -> UUID:
        return self.opened.originator_id

    def first_seen(self, key: bytes, named: str) -> None:
        before = self.seen.setdefault(key, f"{named} in box {self.opened.code}")
        self.require(before == f"{named} in box {self.opened.code}", f"{named} has the key of {before}")

    def require(self, holds: bool, text: str) -> None:
        if not holds:
            self.fault(text)

    def fault(self, text: str) -> None:
        self.report.faults.append(Fault(self.position, f"box {self.opened.code}: {text}"))


def sealed_faults(opened: RatingBox.RatingOpened, event: RatingBox.BallotBoxSealed) -> Iterator[str]:
    """What is wrong with a sealed box, as far as it and the event that opened it tell."""
    if event.unit_id not in opened.unit_ids:
        yield "the unit is not rated in this box"
    keys = [ballot.key for ballot in event.ballots]
    if keys != sorted(keys):
        yield "the ballots are not sorted by their keys"
    if len(set(keys)) != len(keys):
        yield "a key is in the box twice"
    if len(keys) < opened.threshold:
        yield f"{len(keys)} ballots are fewer than {opened.threshold}, and were sealed"
    if event.closes_at != opened.closes_at:
        yield "the closing time is not the scheduled one"
    for ballot in event.ballots:
        for text in _ballot_faults(opened, event.unit_id, ballot):
            yield f"{_named(ballot, event.unit_id)}: {text}"


def voided_faults(opened: RatingBox.RatingOpened, event: RatingBox.RatingVoided) -> Iterator[str]:
    """The same for a unit whose rating was voided."""
    if event.unit_id not in opened.unit_ids:
        yield "the unit is not rated in this box"
    if event.threshold != opened.threshold:
        yield "the threshold is not the box's"
    if event.ballots >= opened.threshold:
        yield f"{event.ballots} ballots were voided, which are enough"


def _ballot_faults(opened: RatingBox.RatingOpened, unit: UUID, ballot: Ballot) -> Iterator[str]:
    if ballot.grade not in {grade.code for grade in opened.scale}:
        yield f"the grade {ballot.grade!r} is not of the scale"
    if len(ballot.signatures) != len(opened.issuers):
        yield "not every issuer has signed"
    keys = {key.issuer: key.spki for key in opened.keys if key.unit_id == unit}
    for issuer, signature in zip(opened.issuers, ballot.signatures, strict=False):
        if issuer not in keys or not _certified(keys[issuer], ballot.key, signature):
            yield f"the signature of {issuer} is false"
    if not signed_by(ballot.key, ballot.signature, signed_text(opened.originator_id, unit, ballot.grade)):
        yield "its own signature does not fit its grade"


def _named(ballot: Ballot, unit: UUID) -> str:
    return f"the ballot {ballot.key.hex()[:16]}… for unit {unit}"


def verify(lines: Iterable[Line]) -> Report:
    """Check every rating box in these lines of a log."""
    report = Report()
    boxes: dict[UUID, _Box] = {}
    seen: dict[bytes, str] = {}
    rated: dict[tuple[UUID, UUID], UUID] = {}
    for line in lines:
        if not line.topic.startswith(PREFIX):
            continue
        event = decoded(line, report.faults)
        if event is None:
            continue
        box = boxes.get(event.originator_id)
        if isinstance(event, RatingBox.RatingOpened):
            if box is not None:
                report.faults.append(Fault(line.position, f"box {event.code} was opened twice"))
                continue
            box = boxes[event.originator_id] = _Box(report, event, line.position, seen, rated)
            report.boxes += 1
        elif box is None:
            report.faults.append(Fault(line.position, "its box was never opened"))
            continue
        box.position = line.position
        box.take(event, actor_of(line))
    return report


def actor_of(line: Line) -> str:
    """Who gave the command; "" where the entry is none, which is told elsewhere."""
    try:
        return msgspec.json.decode(line.entry, type=Entry).actor
    except msgspec.DecodeError:
        return ""


def decoded(line: Line, faults: list[Fault]) -> AnyEvent | None:
    """The event in a line; None, and a fault, when there is none in it."""
    try:
        return line.event()
    except (UnknownTopic, UnknownVersion, msgspec.DecodeError) as error:
        faults.append(Fault(line.position, f"it is no event: {error}"))
        return None


def strictly_sorted(values: Sequence[Any]) -> bool:
    return all(a < b for a, b in pairwise(values))


def _certified(spki: bytes, message: bytes, signature: bytes) -> bool:
    try:
        return blind_rsa.verifies(blind_rsa.public_key(spki), message, signature)
    except InvalidInput:
        return False
