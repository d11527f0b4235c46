"""Campaigns (攻坚战) and their task forces (专班).

Rules: a campaign runs from a first to a last day; its tasks lie within (article 48). Its task force has 7-8
members, exactly one of them a city leader who leads it (article 45); it is formed as a whole and formed anew
when it changes, and every term has a first day and may have a last. Between two formations members are
released and others appointed in their places, so that it may have too few for a while: that is shown, not
refused.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Self
from uuid import UUID

from eventsourcing.domain import event

from domain import identifiers
from domain.aggregate import Aggregate, Created, Event
from domain.refusal import Refusal, require, require_day, require_line, require_optional_text

LEAST_MEMBERS, MOST_MEMBERS = 7, 8


class TaskForceRole(StrEnum):
    LEADER = "leader"  # 牵头市领导
    PARTICIPANT = "participant"  # 参与的人大、政协领导
    RESPONSIBLE = "responsible"  # 部门责任人
    STAFF = "staff"  # 专职人员


@dataclass(frozen=True)
class TaskForceMember:
    """An official on the task force, in a role, for a term. `until` None: until further notice."""

    official_id: UUID
    role: TaskForceRole
    since: date
    until: date | None = None


class Campaign(Aggregate):
    TOPIC = "campaign"

    # -- events

    class Launched(Created):
        TOPIC = "campaign.launched"
        code: str
        number: int
        name: str
        goal: str
        start: date
        end: date
        # The name was not in the plan's text (its heading is lost).
        name_missing: bool = False
        demonstration: bool = False

    class TaskForceFormed(Event):
        TOPIC = "campaign.task_force_formed"
        members: tuple[TaskForceMember, ...]

    class MemberAppointed(Event):
        """`place`: which of the places of the task force, from 0."""

        TOPIC = "campaign.member_appointed"
        place: int
        member: TaskForceMember

    class MemberReleased(Event):
        TOPIC = "campaign.member_released"
        place: int
        official_id: UUID
        until: date

    # -- commands

    @classmethod
    def launch(
        cls,
        code: str,
        number: int,
        name: str,
        goal: str,
        start: date,
        end: date,
        at: datetime,
        name_missing: bool = False,
        demonstration: bool = False,
    ) -> Self:
        require(1 <= number <= 999, "campaign.number_out_of_range", field="number")
        require_day(start, "start")
        require_day(end, "end")
        require(start < end, "campaign.ends_before_start", field="end")
        return cls.create(
            cls.Launched,
            identifiers.campaign_id(code),
            at,
            code=code,
            number=number,
            name=require_line(name, "name", most=100),
            goal=require_optional_text(goal, "goal", most=2000),
            start=start,
            end=end,
            name_missing=name_missing,
            demonstration=demonstration,
        )

    def form_task_force(self, members: Sequence[TaskForceMember], at: datetime) -> None:
        require(
            LEAST_MEMBERS <= len(members) <= MOST_MEMBERS,
            "task_force.size",
            field="members",
            size=len(members),
        )
        leaders = sum(m.role is TaskForceRole.LEADER for m in members)
        require(leaders == 1, "task_force.one_leader", field="members", leaders=leaders)
        officials = {m.official_id for m in members}
        require(len(officials) == len(members), "task_force.member_twice", field="members")
        for i, member in enumerate(members):
            _require_term(member, f"members.{i}.")
        require(set(members) != set(self.task_force), "task_force.unchanged", field="members")
        self.trigger(Campaign.TaskForceFormed, at, members=tuple(members))

    def appoint_member(self, member: TaskForceMember, at: datetime) -> None:
        _require_term(member)
        staying = [m for m in self.task_force if m.until is None or m.until >= member.since]
        twice = any(m.official_id == member.official_id for m in staying)
        require(not twice, "task_force.member_twice", field="official")
        require(len(staying) < MOST_MEMBERS, "task_force.full", field="official")
        led = member.role is TaskForceRole.LEADER and any(m.role is TaskForceRole.LEADER for m in staying)
        require(not led, "task_force.leader_in_office", field="role")
        left = [(m.until, n) for n, m in enumerate(self.task_force) if m.until and m.until < member.since]
        # The place that has been free the longest: who left another may still be in office today.
        place = len(self.task_force) if len(self.task_force) < MOST_MEMBERS else min(left)[1]
        self.trigger(Campaign.MemberAppointed, at, place=place, member=member)

    def release_member(self, official_id: UUID, until: date, at: datetime) -> None:
        require_day(until, "until")
        for place, member in enumerate(self.task_force):
            if member.official_id == official_id and (member.until is None or member.until > until):
                require(until >= member.since, "task_force.term_ends_before_start", field="until")
                self.trigger(Campaign.MemberReleased, at, place=place, official_id=official_id, until=until)
                return
        raise Refusal("task_force.no_member", field="official")

    # -- rules asked by other nouns

    def require_within(self, day: date, field: str) -> None:
        """A task's dates lie within its campaign's."""
        within = self.start <= day <= self.end
        require(within, "campaign.date_outside", field=field, day=day, start=self.start, end=self.end)

    # -- how events change the state

    @event(Launched)
    def __init__(
        self,
        code: str,
        number: int,
        name: str,
        goal: str,
        start: date,
        end: date,
        name_missing: bool = False,
        demonstration: bool = False,
    ) -> None:
        self.code = code
        self.number = number
        self.name = name
        self.goal = goal
        self.start = start
        self.end = end
        self.demonstration = demonstration
        self.task_force: tuple[TaskForceMember, ...] = ()

    @event(TaskForceFormed)
    def _task_force_formed(self, members: tuple[TaskForceMember, ...]) -> None:
        self.task_force = members

    @event(MemberAppointed)
    def _member_appointed(self, place: int, member: TaskForceMember) -> None:
        places = dict(enumerate(self.task_force)) | {place: member}
        self.task_force = tuple(places[n] for n in sorted(places))

    @event(MemberReleased)
    def _member_released(self, place: int, until: date) -> None:
        places = list(self.task_force)
        places[place] = replace(places[place], until=until)
        self.task_force = tuple(places)


def _require_term(member: TaskForceMember, within: str = "") -> None:
    require_day(member.since, f"{within}since")
    if member.until is not None:
        require_day(member.until, f"{within}until")
        lasts = member.until >= member.since
        require(lasts, "task_force.term_ends_before_start", field=f"{within}until")
