"""Campaigns (攻坚战) and their task forces (专班).

Rules: a campaign runs from a first to a last day; its tasks lie within (article 48). Its task force has 7-8
members, exactly one of them a city leader who leads it (article 45); it is formed as a whole and formed anew
when it changes, and every term has a first day and may have a last.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Self
from uuid import UUID

from eventsourcing.domain import event

from domain import identifiers
from domain.aggregate import Aggregate, Created, Event
from domain.refusal import require, require_day, require_line, require_optional_text


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
        require(7 <= len(members) <= 8, "task_force.size", field="members", size=len(members))
        leaders = sum(m.role is TaskForceRole.LEADER for m in members)
        require(leaders == 1, "task_force.one_leader", field="members", leaders=leaders)
        officials = {m.official_id for m in members}
        require(len(officials) == len(members), "task_force.member_twice", field="members")
        for i, member in enumerate(members):
            lasts = member.until is None or member.until >= member.since
            require(lasts, "task_force.term_ends_before_start", field=f"members.{i}.until")
        require(set(members) != set(self.task_force), "task_force.unchanged", field="members")
        self.trigger(Campaign.TaskForceFormed, at, members=tuple(members))

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
