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
from domain.refusal import require, require_optional_text, require_text


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
        identifiers.require_code(code)
        require(
            1 <= number <= 999,
            "campaign.number_out_of_range",
            "A campaign's number is 1 to 999.",
            "攻坚战序号须为 1 至 999。",
            field="number",
        )
        require(
            start < end,
            "campaign.ends_before_start",
            "A campaign must end after it starts.",
            "攻坚战结束日期须晚于开始日期。",
            field="end",
        )
        return cls.create(
            cls.Launched,
            identifiers.campaign_id(code),
            at,
            code=code,
            number=number,
            name=require_text(name, "name", most=100),
            goal=require_optional_text(goal, "goal", most=2000),
            start=start,
            end=end,
            name_missing=name_missing,
            demonstration=demonstration,
        )

    def form_task_force(self, members: Sequence[TaskForceMember], at: datetime) -> None:
        require(
            7 <= len(members) <= 8,
            "task_force.size",
            f"A task force has 7 or 8 members, not {len(members)}.",
            f"专班由 7 至 8 人组成,现为 {len(members)} 人。",
            field="members",
            article=45,
        )
        leaders = sum(m.role is TaskForceRole.LEADER for m in members)
        require(
            leaders == 1,
            "task_force.one_leader",
            f"Exactly one city leader leads a task force, not {leaders}.",
            f"专班须由 1 名市领导牵头,现为 {leaders} 名。",
            field="members",
            article=45,
        )
        require(
            len({m.official_id for m in members}) == len(members),
            "task_force.member_twice",
            "An official is named twice on the task force.",
            "专班成员重复。",
            field="members",
            article=45,
        )
        for i, member in enumerate(members):
            require(
                member.until is None or member.until >= member.since,
                "task_force.term_ends_before_start",
                "A term must not end before it begins.",
                "任期结束日期不能早于开始日期。",
                field=f"members.{i}.until",
            )
        require(
            tuple(members) != self.task_force,
            "task_force.unchanged",
            "The task force is formed like this already.",
            "专班组成未变化。",
            field="members",
        )
        self.trigger(Campaign.TaskForceFormed, at, members=tuple(members))

    # -- rules asked by other nouns

    def require_within(self, day: date, field: str) -> None:
        """A task's dates lie within its campaign's."""
        require(
            self.start <= day <= self.end,
            "campaign.date_outside",
            f"{day} lies outside the campaign ({self.start} to {self.end}).",
            f"{day} 不在攻坚战期间({self.start} 至 {self.end})。",
            field=field,
            article=48,
        )

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
