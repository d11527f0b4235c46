"""Random histories of merit and fault, and what each record comes to: plain Python over the raw events.

`reckoned` shares nothing with the projection: it is what the rules say, told once more.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID

from domain import identifiers
from domain.aggregate import Event
from domain.assessment.accountability_case import AccountabilityCase, PenaltyDecision
from domain.assessment.commendation import Commendation
from domain.assessment.grounds import GroundNamed
from domain.assessment.subject import Office, Subject, SubjectKind
from domain.documents import Document
from domain.refusal import Refusal
from tests.domain.assessment.merits import MEASURES
from tests.projections.histories import BEGIN

UNITS = [identifiers.unit_id(f"unit{n}") for n in range(3)]
OFFICIALS = [identifiers.official_id(f"official{n}") for n in range(3)]
PAPER = Document("1号", "决定", date(2020, 3, 1))
DECISION = PenaltyDecision("第八条", "攻坚办", PAPER)


class Reckoning:
    """Commendations and cases of a few units and officials, and every event they have recorded, in order."""

    def __init__(self, seed: int):
        self.chance = Random(seed)
        self.now = BEGIN
        self.events: list[Event] = []
        self.matters: list[Commendation | AccountabilityCase] = []

    def live(self, steps: int) -> "Reckoning":
        for _ in range(steps):
            self.now += timedelta(hours=self.chance.randrange(1, 90))
            with suppress(Refusal):
                self._step()
            for matter in self.matters:
                self.events.extend(matter.collect_events())  # type: ignore[arg-type]
        return self

    def _subject(self) -> Subject:
        if self.chance.random() < 0.5:
            return Subject(SubjectKind.UNIT, self.chance.choice(UNITS))
        return Subject(SubjectKind.OFFICIAL, self.chance.choice(OFFICIALS))

    def _step(self) -> None:
        n = len(self.matters)
        if n < 3 or (n < 12 and self.chance.random() < 0.08):
            subject = self._subject()
            office = None if subject.kind is SubjectKind.UNIT else Office(self.chance.choice(UNITS), "局长")
            if self.chance.random() < 0.4:
                given: Any = (f"m{n}", subject, office, "案例", "提前完成。", (), self.now)
                self.matters.append(Commendation.nominate(*given))
            else:
                ground = GroundNamed("complaint", f"信{n}")
                given = (f"c{n}", subject, office, ground, self.now.date(), "拖延。", self.now)
                self.matters.append(AccountabilityCase.open(*given))
            return
        matter = self.chance.choice(self.matters)
        if isinstance(matter, Commendation):
            self._commend(matter)
        else:
            self._hold_to_account(matter)

    def _commend(self, c: Commendation) -> None:
        now, form = self.now, self.chance.choice(MEASURES.forms)
        acts: list[Any] = [
            lambda: c.confirm("", now),
            lambda: c.refuse("不突出。", now),
            lambda: c.award(form, self.chance.randrange(1, 3), PAPER, now),
            lambda: c.award(form, 1, PAPER, now),
            lambda: c.publish("日报", now),
            lambda: c.revoke("不实。", PAPER, now),
        ]
        self._first_allowed(acts)

    def _hold_to_account(self, c: AccountabilityCase) -> None:
        now, level = self.now, self.chance.randrange(len(MEASURES.ladder))
        step = MEASURES.ladder[level]
        acts: list[Any] = [
            lambda: c.establish_fact("未开工。", (), now),
            lambda: c.hear("", True, now),
            lambda: c.impose_penalty(step, level + 1, 1, 30, DECISION, now),
            lambda: c.impose_penalty(step, level + 1, 1, 90, DECISION, now),
            lambda: c.publish_penalty("日报", now),
            lambda: c.appeal(c.subject, "有误。", (), now),
            lambda: c.uphold_penalty("适当。", "督查室", PAPER, now),
            lambda: c.change_penalty(step, level + 1, 2, "较轻。", "督查室", PAPER, now),
            lambda: c.overturn_penalty("不足。", "督查室", PAPER, now),
            lambda: c.execute_penalty(now.date(), "", now),
            lambda: c.lift_penalty("已整改。", "攻坚办", PAPER, now),
            lambda: c.close("", now),
        ]
        if self.chance.random() < 0.03:
            acts.insert(0, lambda: c.drop("查无实据。", now))
        self._first_allowed(acts)

    def _first_allowed(self, acts: list[Any]) -> None:
        """The first of these acts, in any order, that the rules allow now."""
        self.chance.shuffle(acts)
        for act in acts:
            with suppress(Refusal):
                act()
                return


@dataclass(frozen=True)
class Reckoned:
    """What a record comes to."""

    merits: Decimal
    demerits: Decimal

    @property
    def standing(self) -> Decimal:
        return self.merits + self.demerits


def reckoned(events: Sequence[Event], subject: UUID, day: date) -> Reckoned:
    """What the record of a unit or an official comes to on a day, when no more than these events is known."""
    counting: dict[UUID, Any] = {}
    for event in events:
        if event.subject.id != subject:  # type: ignore[attr-defined]
            continue
        if isinstance(event, Commendation.Revoked):
            del counting[event.award_id]
        if isinstance(event, AccountabilityCase.AppealDecided) and event.outcome != "upheld":
            del counting[event.penalty_id]
        if isinstance(event, AccountabilityCase.PenaltyLifted):
            del counting[event.penalty_id]
        effect = getattr(event, "effect", None)
        if effect is not None:
            counting[effect.id] = effect
    points = [
        e.points
        for e in counting.values()
        if e.in_force_from <= day and (e.in_force_to is None or day <= e.in_force_to)
    ]
    return Reckoned(
        sum((p for p in points if p > 0), Decimal(0)), sum((p for p in points if p < 0), Decimal(0))
    )


def shuffled(events: Sequence[Event], seed: int) -> list[Event]:
    """The same streams, each in its own order, otherwise in any order."""
    chance = Random(seed)
    streams: dict[UUID, list[Event]] = {}
    for event in events:
        streams.setdefault(event.originator_id, []).append(event)
    merged: list[Event] = []
    while streams:
        stream = chance.choice(list(streams))
        merged.append(streams[stream].pop(0))
        if not streams[stream]:
            del streams[stream]
    return merged
