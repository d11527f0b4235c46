"""What anybody checks of every draw, from the log alone: `duban draw verify FILE`.

The list was published before the draw, the revealed secret is the one committed to, the sources are those
that were announced, RFC 3797 gives just these units; and the list itself is the one that the rule asks for:
every unit of the category that was registered by then, nobody twice before all were drawn.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from domain import draw_pools
from domain.directory import Category, Directory
from domain.meeting import ReviewMeeting
from domain.refusal import Refusal
from service.ballots.lines import Line
from service.ballots.verify import Fault, decoded

TOPICS = frozenset(
    event.TOPIC
    for event in (
        Directory.UnitRegistered,
        ReviewMeeting.CandidatesFrozen,
        ReviewMeeting.UnitsDrawn,
    )
)


@dataclass
class DrawReport:
    draws: int = 0
    units: int = 0
    faults: list[Fault] = field(default_factory=list)


class _City:
    """What the log tells of units and draws so far."""

    def __init__(self, report: DrawReport):
        self.report = report
        self.units: dict[UUID, tuple[str, Category]] = {}
        self.times: Counter[UUID] = Counter()
        self.frozen: dict[UUID, ReviewMeeting.CandidatesFrozen] = {}
        self.drawn: set[UUID] = set()

    def freeze(self, position: int, event: ReviewMeeting.CandidatesFrozen) -> None:
        meeting = event.originator_id
        if meeting in self.frozen:
            self.fault(position, "the candidates were frozen twice")
        self.frozen[meeting] = event
        for quota in event.rule.quotas:
            of_category = [(code, unit) for unit, (code, c) in self.units.items() if c is quota.category]
            listed = [unit for _, unit in sorted(of_category)]
            try:
                due = draw_pools.pool_of(quota, listed, self.times)
            except Refusal as refusal:
                self.fault(position, f"{quota.category.value}: {refusal.en}")
                continue
            if due not in event.pools:
                self.fault(
                    position, f"{quota.category.value}: the list is not the one that the rule asks for"
                )
        if len(event.pools) != len(event.rule.quotas):
            self.fault(position, "there is not one list for each category of the rule")

    def draw(self, position: int, event: ReviewMeeting.UnitsDrawn) -> None:
        meeting = event.originator_id
        frozen = self.frozen.get(meeting)
        if frozen is None:
            self.fault(position, "units were drawn before the candidates were frozen")
            return
        if meeting in self.drawn:
            self.fault(position, "units were drawn twice")
        self.drawn.add(meeting)
        self.report.draws += 1
        self._inputs(position, event, frozen)
        if [each.category for each in event.drawn] != [pool.category for pool in frozen.pools]:
            self.fault(position, "the categories drawn are not those of the frozen lists")
        for pool, drawn in zip(frozen.pools, event.drawn, strict=False):
            again = draw_pools.draw(pool, int(event.secret), event.sources)
            if drawn.key != again.key:
                self.fault(position, f"{pool.category.value}: the key string is {again.key}")
            if drawn.unit_ids != again.unit_ids:
                self.fault(position, f"{pool.category.value}: RFC 3797 draws other units or another order")
            self.times.update(drawn.unit_ids)
            self.report.units += len(drawn.unit_ids)

    def _inputs(
        self, position: int, event: ReviewMeeting.UnitsDrawn, frozen: ReviewMeeting.CandidatesFrozen
    ) -> None:
        if draw_pools.commitment(event.originator_id, int(event.secret)) != frozen.commitment:
            self.fault(position, "the revealed secret is not the one that was committed to")
        if tuple(source.name for source in event.sources) != frozen.sources:
            self.fault(position, "the sources are not those that were announced")

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
            case ReviewMeeting.CandidatesFrozen() as event:
                city.freeze(line.position, event)
            case ReviewMeeting.UnitsDrawn() as event:
                if not event.secret.isdecimal():
                    city.fault(line.position, "the secret is no number")
                    continue
                city.draw(line.position, event)
    return report
