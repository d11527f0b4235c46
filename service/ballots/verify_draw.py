"""What anybody checks of every draw, from the log alone: `duban draw verify FILE`.

The list was published before the draw, the revealed secret is the one committed to, the sources are those
that were announced, RFC 3797 gives just these units; and the list itself is the one that the rule asks for:
every unit of the category that was registered by then, nobody twice before all were drawn. A draw that was
abandoned is told with its grounds: it is frozen once more at most, at the same meeting and by the same rule,
and no other meeting on the month draws. Of two lists that were frozen at once, the first is drawn from.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from domain import draw_pools
from domain.directory import Category, Directory
from domain.draw_pools import Round
from domain.meeting import MOST_FREEZES, ReviewMeeting
from domain.period import Period
from domain.refusal import Refusal
from service.ballots.lines import Line
from service.ballots.verify import Fault, actor_of, decoded

TOPICS = frozenset(
    event.TOPIC
    for event in (
        Directory.UnitRegistered,
        ReviewMeeting.Scheduled,
        ReviewMeeting.CandidatesFrozen,
        ReviewMeeting.DrawAbandoned,
        ReviewMeeting.UnitsDrawn,
    )
)


@dataclass
class DrawReport:
    """`abandoned`: what is told of each draw that was not made; no fault, but to be looked at."""

    draws: int = 0
    units: int = 0
    abandoned: list[Fault] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


class _City:
    """What the log tells of units and draws so far."""

    def __init__(self, report: DrawReport):
        self.report = report
        self.units: dict[UUID, tuple[str, Category]] = {}
        self.rounds: defaultdict[Category, Round] = defaultdict(Round)
        self.months: dict[UUID, Period] = {}
        # Which meeting a month is drawn for at: the first that has drawn, or abandoned a draw.
        self.taken: dict[Period, UUID] = {}
        self.frozen: dict[UUID, ReviewMeeting.CandidatesFrozen] = {}
        self.abandoned: defaultdict[UUID, list[ReviewMeeting.CandidatesFrozen]] = defaultdict(list)
        self.drawn: set[UUID] = set()
        # Those whose list was frozen while another meeting's was: that one is drawn from, and theirs is not.
        self.second: set[UUID] = set()
        self.months_drawn: dict[Period, UUID] = {}

    def freeze(self, position: int, event: ReviewMeeting.CandidatesFrozen, actor: str) -> None:
        meeting = event.originator_id
        if event.frozen_by not in ("", actor):
            self.fault(position, "somebody else than it says has frozen the list")
        if meeting in self.frozen:
            self.fault(position, "the candidates were frozen twice")
        self._again(position, event)
        self.second.discard(meeting)
        if set(self.frozen) - self.drawn - {meeting}:
            self.second.add(meeting)
        self.frozen[meeting] = event
        for quota in event.rule.quotas:
            of_category = [(code, unit) for unit, (code, c) in self.units.items() if c is quota.category]
            listed = [unit for _, unit in sorted(of_category)]
            try:
                due = draw_pools.pool_of(quota, listed, self.rounds[quota.category])
            except Refusal as refusal:
                self.fault(position, f"{quota.category.value}: {refusal.en}")
                continue
            if due not in event.pools:
                self.fault(
                    position, f"{quota.category.value}: the list is not the one that the rule asks for"
                )
        if len(event.pools) != len(event.rule.quotas):
            self.fault(position, "there is not one list for each category of the rule")

    def _again(self, position: int, event: ReviewMeeting.CandidatesFrozen) -> None:
        """Nobody draws until the result pleases."""
        meeting = event.originator_id
        before = self.abandoned[meeting]
        if len(before) >= MOST_FREEZES:
            self.fault(position, f"the candidates were frozen again after {len(before)} draws were abandoned")
        if any(each.rule != event.rule for each in before):
            self.fault(position, "after a draw was abandoned, the rule is another")
        if any(each.commitment == event.commitment for each in before):
            self.fault(position, "the secret was revealed before")
        if self.taken.get(self.months.get(meeting, ""), meeting) != meeting:
            self.fault(position, "another meeting on this month has drawn, or abandoned a draw")

    def abandon(self, position: int, event: ReviewMeeting.DrawAbandoned, actor: str) -> None:
        meeting = event.originator_id
        frozen = self.frozen.pop(meeting, None)
        if frozen is None or meeting in self.drawn:
            self.fault(position, "a draw was abandoned that was not to be made")
            return
        self.abandoned[meeting].append(frozen)
        self._take(meeting)
        if event.abandoned_by != actor:
            self.fault(position, "somebody else than it says has abandoned the draw")
        if event.abandoned_by == event.frozen_by or event.frozen_by != frozen.frozen_by:
            self.fault(position, "the draw was abandoned by who froze its list")
        told = "the secret is lost"
        if event.secret is not None:
            told = f"the secret was {event.secret}"
            if not self._is_bound_to(position, meeting, event.secret, frozen):
                return
        told = f"a draw was abandoned by {event.abandoned_by}, {told}: {event.grounds}"
        self.report.abandoned.append(Fault(position, told))

    def _is_bound_to(
        self, position: int, meeting: UUID, secret: str, frozen: ReviewMeeting.CandidatesFrozen
    ) -> bool:
        if not secret.isdecimal():
            self.fault(position, "the secret is no number")
            return False
        if draw_pools.commitment(meeting, int(secret)) != frozen.commitment:
            self.fault(position, "the revealed secret is not the one that was committed to")
        return True

    def _take(self, meeting: UUID) -> None:
        if meeting in self.months:
            self.taken.setdefault(self.months[meeting], meeting)

    def draw(self, position: int, event: ReviewMeeting.UnitsDrawn) -> None:
        meeting = event.originator_id
        frozen = self.frozen.get(meeting)
        if frozen is None:
            self.fault(position, "units were drawn before the candidates were frozen")
            return
        if meeting in self.drawn:
            self.fault(position, "units were drawn twice")
        self.drawn.add(meeting)
        if meeting in self.second:
            self.fault(position, "its list was frozen while another meeting's was, and not drawn from yet")
        month = self.months.get(meeting, "")
        if self.months_drawn.setdefault(month, meeting) != meeting:
            self.fault(position, "another meeting on this month has drawn already")
        self._take(meeting)
        if not self._is_bound_to(position, meeting, event.secret, frozen):
            return
        self.report.draws += 1
        if tuple(source.name for source in event.sources) != frozen.sources:
            self.fault(position, "the sources are not those that were announced")
        if [each.category for each in event.drawn] != [pool.category for pool in frozen.pools]:
            self.fault(position, "the categories drawn are not those of the frozen lists")
        for pool, drawn in zip(frozen.pools, event.drawn, strict=False):
            again = draw_pools.draw(pool, int(event.secret), event.sources)
            if drawn.key != again.key:
                self.fault(position, f"{pool.category.value}: the key string is {again.key}")
            if drawn.unit_ids != again.unit_ids:
                self.fault(position, f"{pool.category.value}: RFC 3797 draws other units or another order")
            self.rounds[pool.category] = self.rounds[pool.category].after(drawn.unit_ids)
            self.report.units += len(drawn.unit_ids)

    def fault(self, position: int, text: str) -> None:
        self.report.faults.append(Fault(position, text))


def verify_draws(lines: Iterable[Line]) -> DrawReport:
    """Check every draw in these lines of a log."""
    report = DrawReport()
    city = _City(report)
    for line in lines:
        if line.topic not in TOPICS:
            continue
        match decoded(line, report.faults):
            case Directory.UnitRegistered() as event:
                city.units[event.unit_id] = (event.code, event.category)
            case ReviewMeeting.Scheduled() as event:
                city.months[event.originator_id] = event.period
            case ReviewMeeting.CandidatesFrozen() as event:
                city.freeze(line.position, event, actor_of(line))
            case ReviewMeeting.DrawAbandoned() as event:
                city.abandon(line.position, event, actor_of(line))
            case ReviewMeeting.UnitsDrawn() as event:
                city.draw(line.position, event)
    return report
