"""The monthly review meeting (一月一点评会, article 49).

Rules:
- A meeting is scheduled for a month, with an agenda and the roll of those who attend (参会人员名册), which
  may change until the minutes end it. A rating box has the roll as it was when the box was opened.
- First the candidates are frozen: the lists, the rule with its edition, the sources that witnesses will
  enter, and the secret that the service is bound to (its digest). Only then are units drawn, by RFC 3797
  (`domain.draw`), from the revealed secret and what the witnesses entered. Nothing is drawn twice.
- A draw whose sources do not come (a witness is ill, a lottery is cancelled) is abandoned, on grounds, by
  somebody else than who froze the list. Its secret is revealed: once the sources are known to anybody, it
  shows whom the draw would have come to. By the same rule it is frozen once more, with another secret, and
  never a third time: nobody draws until the result pleases.
- Units that were drawn present on site, each once; the leader in charge and the supervision groups comment on
  those that have presented, one by one.
- A chief leader evaluates the stage and sets the next tasks; each follow-up is a task of the ledger. Problems
  that came up once units have presented go onto the list of problems.
- The minutes end the meeting.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Self
from uuid import UUID

from eventsourcing.domain import event

from domain import draw_pools, identifiers
from domain.aggregate import Aggregate, Created, Event
from domain.draw_pools import Drawn, DrawRule, Pool, Source
from domain.period import Period, require_period
from domain.refusal import Refusal, require, require_day, require_line, require_optional_line, require_text

MOST_AGENDA_ITEMS = 30
MOST_ATTENDEES = 2000
MOST_FREEZES = 2


class MeetingStatus(StrEnum):
    SCHEDULED = "scheduled"  # 已安排
    FROZEN = "frozen"  # 抽取名单已固定
    DRAWN = "drawn"  # 已抽取
    ENDED = "ended"  # 已形成纪要


@dataclass(frozen=True)
class AgendaItem:
    """An item of the agenda (议程); `speaker` is a role or a unit, not a person's name."""

    title: str
    speaker: str = ""


class ReviewMeeting(Aggregate):
    TOPIC = "meeting"

    # -- events

    class Scheduled(Created):
        TOPIC = "meeting.scheduled"
        code: str
        title: str
        period: Period
        held_on: date
        place: str
        agenda: tuple[AgendaItem, ...]
        attendee_ids: tuple[UUID, ...]
        demonstration: bool = False

    class RollRevised(Event):
        TOPIC = "meeting.roll_revised"
        attendee_ids: tuple[UUID, ...]

    class CandidatesFrozen(Event):
        """`commitment` is the SHA-256 of the service's secret; `sources` are the names announced."""

        TOPIC = "meeting.candidates_frozen"
        rule: DrawRule
        pools: tuple[Pool, ...]
        commitment: str
        sources: tuple[str, ...]
        frozen_by: str = ""

    class DrawAbandoned(Event):
        """The draw from the list that was frozen is not made. `secret` as in `UnitsDrawn`; None: the one that
        was committed to is lost."""

        TOPIC = "meeting.draw_abandoned"
        grounds: str
        commitment: str
        secret: str | None
        frozen_by: str
        abandoned_by: str

    class UnitsDrawn(Event):
        """`secret` is written in decimal digits: it is larger than what many readers of JSON can hold."""

        TOPIC = "meeting.units_drawn"
        secret: str
        sources: tuple[Source, ...]
        drawn: tuple[Drawn, ...]

    class UnitPresented(Event):
        TOPIC = "meeting.unit_presented"
        unit_id: UUID
        presenter_id: UUID | None
        summary: str

    class CommentMade(Event):
        """By a leader or by a supervision group."""

        TOPIC = "meeting.comment_made"
        unit_id: UUID
        official_id: UUID | None
        group_id: UUID | None
        text: str

    class StageEvaluated(Event):
        TOPIC = "meeting.stage_evaluated"
        official_id: UUID
        text: str

    class FollowUpSet(Event):
        TOPIC = "meeting.follow_up_set"
        task_id: UUID

    class ProblemRaised(Event):
        TOPIC = "meeting.problem_raised"
        problem_id: UUID

    class MinutesKept(Event):
        """`as_planned`: so many units of each category were drawn as article 49 asks for."""

        TOPIC = "meeting.minutes_kept"
        text: str
        held_on: date | None = None
        as_planned: bool = False

    # -- commands

    @classmethod
    def schedule(
        cls,
        code: str,
        title: str,
        period: Period,
        held_on: date,
        place: str,
        agenda: Sequence[AgendaItem],
        attendee_ids: Sequence[UUID],
        at: datetime,
        demonstration: bool = False,
    ) -> Self:
        require_day(held_on, "heldOn")
        return cls.create(
            cls.Scheduled,
            identifiers.meeting_id(code),
            at,
            code=code,
            title=require_line(title, "title", most=200),
            period=require_period(period),
            held_on=held_on,
            place=require_optional_line(place, "place", most=200),
            agenda=_require_agenda(agenda),
            attendee_ids=_require_roll(attendee_ids),
            demonstration=demonstration,
        )

    def revise_roll(self, attendee_ids: Sequence[UUID], at: datetime) -> None:
        self._require_not_ended()
        roll = _require_roll(attendee_ids)
        require(set(roll) != set(self.attendee_ids), "meeting.roll_unchanged", field="attendees")
        self.trigger(ReviewMeeting.RollRevised, at, attendee_ids=roll)

    def freeze_candidates(
        self,
        rule: DrawRule,
        pools: Sequence[Pool],
        commitment: str,
        sources: Sequence[str],
        by: str,
        at: datetime,
    ) -> None:
        """`pools` are those of the rule's quotas; `commitment` binds to a secret that nobody has seen."""
        self.require_to_be_frozen()
        rule = draw_pools.require_rule(rule)
        for before in self.abandoned:
            require(rule == before.rule, "meeting.rule_differs", field="quotas")
            require(commitment != before.commitment, "draw.secret_revealed", field="meeting")
        self.trigger(
            ReviewMeeting.CandidatesFrozen,
            at,
            rule=rule,
            pools=tuple(pools),
            commitment=commitment,
            sources=draw_pools.require_announced(sources),
            frozen_by=by,
        )

    def abandon_draw(self, secret: int | None, grounds: str, by: str, at: datetime) -> None:
        """`secret` is what is kept as the one that was committed to; what is another counts as lost."""
        frozen = self.require_frozen()
        require(by != frozen.by, "meeting.one_person")
        is_it = secret is not None and draw_pools.commitment(self.id, secret) == frozen.commitment
        self.trigger(
            ReviewMeeting.DrawAbandoned,
            at,
            grounds=require_text(grounds, "grounds", most=1000),
            commitment=frozen.commitment,
            secret=str(secret) if is_it else None,
            frozen_by=frozen.by,
            abandoned_by=by,
        )

    def draw_units(self, secret: int, sources: Sequence[Source], at: datetime) -> None:
        frozen = self.require_frozen()
        kept = draw_pools.commitment(self.id, secret) == frozen.commitment
        require(kept, "draw.secret_differs", field="meeting")
        entered = draw_pools.require_sources(frozen.sources, sources)
        drawn = tuple(draw_pools.draw(pool, secret, entered) for pool in frozen.pools)
        self.trigger(ReviewMeeting.UnitsDrawn, at, secret=str(secret), sources=entered, drawn=drawn)

    def record_presentation(
        self, unit_id: UUID, presenter_id: UUID | None, summary: str, at: datetime
    ) -> None:
        self._require_drawn()
        require(unit_id in self.drawn_unit_ids, "meeting.unit_not_drawn", field="unit")
        require(unit_id not in self.presented, "meeting.presented_already", field="unit")
        summary = require_text(summary, "summary", most=4000)
        self.trigger(
            ReviewMeeting.UnitPresented, at, unit_id=unit_id, presenter_id=presenter_id, summary=summary
        )

    def record_comment(
        self, unit_id: UUID, official_id: UUID | None, group_id: UUID | None, text: str, at: datetime
    ) -> None:
        self._require_drawn()
        require(unit_id in self.presented, "meeting.not_presented", field="unit")
        require((official_id is None) != (group_id is None), "meeting.one_commentator", field="official")
        text = require_text(text, "text", most=4000)
        self.trigger(
            ReviewMeeting.CommentMade,
            at,
            unit_id=unit_id,
            official_id=official_id,
            group_id=group_id,
            text=text,
        )

    def evaluate_stage(self, official_id: UUID, text: str, at: datetime) -> None:
        self._require_drawn()
        require(bool(self.presented), "meeting.nobody_presented", field="meeting")
        text = require_text(text, "text", most=8000)
        self.trigger(ReviewMeeting.StageEvaluated, at, official_id=official_id, text=text)

    def set_follow_up(self, task_id: UUID, at: datetime) -> None:
        """A task that the meeting has set: it is put on the ledger by the same command."""
        self._require_drawn()
        require(self.evaluated, "meeting.not_evaluated", field="meeting")
        self.trigger(ReviewMeeting.FollowUpSet, at, task_id=task_id)

    def raise_problem(self, problem_id: UUID, at: datetime) -> None:
        """A problem that the meeting found: it is put on the list by the same command."""
        self._require_drawn()
        require(bool(self.presented), "meeting.nobody_presented", field="meeting")
        self.trigger(ReviewMeeting.ProblemRaised, at, problem_id=problem_id)

    def keep_minutes(self, text: str, at: datetime) -> None:
        self._require_drawn()
        require(self.evaluated, "meeting.not_evaluated", field="meeting")
        text = require_text(text, "text", most=20000)
        facts = {"held_on": self.held_on, "as_planned": draw_pools.as_planned(self.drawn)}
        self.trigger(ReviewMeeting.MinutesKept, at, text=text, **facts)

    # -- rules asked by others

    def require_to_be_frozen(self) -> None:
        require(self.status is MeetingStatus.SCHEDULED, "meeting.frozen_already", field="meeting")
        require(len(self.abandoned) < MOST_FREEZES, "meeting.abandoned_twice", field="meeting")

    def require_frozen(self) -> "Frozen":
        if self.frozen is None:
            raise Refusal("meeting.not_frozen", field="meeting")
        require(self.status is MeetingStatus.FROZEN, "meeting.drawn_already", field="meeting")
        return self.frozen

    def require_rateable(self) -> tuple[UUID, ...]:
        """The units that those present may rate: the ones that were drawn."""
        self._require_drawn()
        return self.drawn_unit_ids

    @property
    def drawn_unit_ids(self) -> tuple[UUID, ...]:
        return tuple(unit for each in self.drawn for unit in each.unit_ids)

    # -- guards

    def _require_not_ended(self) -> None:
        require(self.status is not MeetingStatus.ENDED, "meeting.ended", field="meeting")

    def _require_drawn(self) -> None:
        self._require_not_ended()
        require(self.status is MeetingStatus.DRAWN, "meeting.not_drawn", field="meeting")

    # -- how events change the state

    @event(Scheduled)
    def __init__(self, code: str, period: Period, held_on: date, attendee_ids: tuple[UUID, ...]) -> None:
        self.code = code
        self.period = period
        self.held_on = held_on
        self.attendee_ids = attendee_ids
        self.status = MeetingStatus.SCHEDULED
        self.frozen: Frozen | None = None
        self.abandoned: list[Frozen] = []
        self.drawn: tuple[Drawn, ...] = ()
        self.presented: set[UUID] = set()
        self.evaluated = False

    @event(RollRevised)
    def _roll_revised(self, attendee_ids: tuple[UUID, ...]) -> None:
        self.attendee_ids = attendee_ids

    @event(CandidatesFrozen)
    def _candidates_frozen(
        self,
        rule: DrawRule,
        pools: tuple[Pool, ...],
        commitment: str,
        sources: tuple[str, ...],
        frozen_by: str = "",
    ) -> None:
        self.status = MeetingStatus.FROZEN
        self.frozen = Frozen(rule, pools, commitment, sources, frozen_by)

    @event(DrawAbandoned)
    def _draw_abandoned(self) -> None:
        self.status = MeetingStatus.SCHEDULED
        if self.frozen is not None:
            self.abandoned.append(self.frozen)
        self.frozen = None

    @event(UnitsDrawn)
    def _units_drawn(self, drawn: tuple[Drawn, ...]) -> None:
        self.status = MeetingStatus.DRAWN
        self.drawn = drawn

    @event(UnitPresented)
    def _unit_presented(self, unit_id: UUID) -> None:
        self.presented.add(unit_id)

    @event(StageEvaluated)
    def _stage_evaluated(self) -> None:
        self.evaluated = True

    @event(MinutesKept)
    def _minutes_kept(self) -> None:
        self.status = MeetingStatus.ENDED


@dataclass(frozen=True)
class Frozen:
    """What a draw is bound to."""

    rule: DrawRule
    pools: tuple[Pool, ...]
    commitment: str
    sources: tuple[str, ...]
    by: str


def _require_agenda(agenda: Sequence[AgendaItem]) -> tuple[AgendaItem, ...]:
    require(len(agenda) <= MOST_AGENDA_ITEMS, "meeting.agenda_too_long", field="agenda")
    return tuple(
        replace(
            item,
            title=require_line(item.title, f"agenda.{i}.title", most=200),
            speaker=require_optional_line(item.speaker, f"agenda.{i}.speaker", most=100),
        )
        for i, item in enumerate(agenda)
    )


def _require_roll(attendee_ids: Sequence[UUID]) -> tuple[UUID, ...]:
    require(1 <= len(attendee_ids) <= MOST_ATTENDEES, "meeting.roll_size", field="attendees")
    require(len(set(attendee_ids)) == len(attendee_ids), "meeting.attendee_twice", field="attendees")
    return tuple(attendee_ids)
