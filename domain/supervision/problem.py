"""Problems (问题, article 25): listed, assigned, discussed, decided, put right, verified and closed (销号).

Rules: a problem is found by a unit, a group, an inquiry, the public, the office or a review meeting. It is
assigned to a unit, which sets measures and a deadline, and resolves it. A deadline of the joint conference
holds for whoever it is assigned to, and is not put off by the unit; a unit that the conference names in
another's place begins anew. A supervision group verifies what was resolved and closes it, or returns it. What
is closed is neither discussed nor decided any more, until a group or the office reopens it.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Self
from uuid import UUID

from eventsourcing.domain import event

from domain import identifiers
from domain.aggregate import Aggregate, Created, Event
from domain.refusal import require, require_day, require_line, require_optional_text, require_text


class ProblemSource(StrEnum):
    UNIT = "unit"  # 单位自查
    GROUP = "group"  # 督导发现
    INQUIRY = "inquiry"  # 工作问询
    PUBLIC = "public"  # 群众反映
    OFFICE = "office"  # 攻坚办调度
    MEETING = "meeting"  # 点评会交办


class ProblemStatus(StrEnum):
    LISTED = "listed"  # 已列入清单
    ASSIGNED = "assigned"  # 已交办
    PLANNED = "planned"  # 已定措施
    RESOLVED = "resolved"  # 已整改,待核销
    RETURNED = "returned"  # 核查退回
    CLOSED = "closed"  # 已销号
    REOPENED = "reopened"  # 重新打开


UNDER_WAY = (
    ProblemStatus.ASSIGNED,
    ProblemStatus.PLANNED,
    ProblemStatus.RETURNED,
    ProblemStatus.REOPENED,
)


class Problem(Aggregate):
    TOPIC = "problem"

    # -- events

    class Listed(Created):
        """`source_id`: the finding, the inquiry, the meeting or the group it came from, if there is one."""

        TOPIC = "problem.listed"
        code: str
        source: ProblemSource
        title: str
        description: str
        campaign_id: UUID | None
        task_id: UUID | None
        found_by: UUID | None
        source_id: UUID | None
        on: date

    class Assigned(Event):
        TOPIC = "problem.assigned"
        unit_id: UUID
        instruction: str

    class Discussed(Event):
        TOPIC = "problem.discussed"
        on: date
        opinion: str

    class MeasuresPlanned(Event):
        TOPIC = "problem.measures_planned"
        unit_id: UUID
        measures: str
        deadline: date

    class Decided(Event):
        """By the joint conference (联席会议)."""

        TOPIC = "problem.decided"
        conference_id: UUID
        decision: str
        unit_id: UUID | None
        deadline: date | None

    class Resolved(Event):
        TOPIC = "problem.resolved"
        unit_id: UUID
        on: date
        result: str

    class Returned(Event):
        TOPIC = "problem.returned"
        group_id: UUID
        reason: str

    class Closed(Event):
        """Verified and closed (销号)."""

        TOPIC = "problem.closed"
        group_id: UUID
        remark: str

    class Reopened(Event):
        """`group_id` None: by the office."""

        TOPIC = "problem.reopened"
        group_id: UUID | None
        reason: str

    # -- commands

    @classmethod
    def list_(
        cls,
        code: str,
        source: ProblemSource,
        title: str,
        description: str,
        campaign_id: UUID | None,
        task_id: UUID | None,
        found_by: UUID | None,
        source_id: UUID | None,
        at: datetime,
    ) -> Self:
        return cls.create(
            cls.Listed,
            identifiers.problem_id(code),
            at,
            code=code,
            source=source,
            title=require_line(title, "title", most=200),
            description=require_text(description, "description", most=4000),
            campaign_id=campaign_id,
            task_id=task_id,
            found_by=found_by,
            source_id=source_id,
            on=at.date(),
        )

    def assign(self, unit_id: UUID, instruction: str, at: datetime) -> None:
        self.require_open()
        require(self.status is not ProblemStatus.RESOLVED, "problem.resolved", field="problem")
        require(unit_id != self.unit_id, "problem.assignment_unchanged", field="unit")
        instruction = require_optional_text(instruction, "instruction", most=2000)
        self.trigger(Problem.Assigned, at, unit_id=unit_id, instruction=instruction)

    def discuss(self, on: date, opinion: str, at: datetime) -> None:
        self.require_open()
        require(self.listed_on <= on <= at.date(), "problem.day_outside", field="on", since=self.listed_on)
        self.trigger(Problem.Discussed, at, on=on, opinion=require_text(opinion, "opinion", most=4000))

    def plan_measures(self, unit_id: UUID, measures: str, deadline: date, at: datetime) -> None:
        self._require_under_way_at(unit_id)
        require_day(deadline, "deadline")
        require(deadline >= at.date(), "problem.deadline_past", field="deadline")
        ordered = self.decided_deadline
        if ordered is not None and ordered >= at.date():
            # Once it has passed, the unit says by when at last.
            require(deadline <= ordered, "problem.deadline_ordered", field="deadline", ordered=ordered)
        measures = require_text(measures, "measures", most=4000)
        self.trigger(Problem.MeasuresPlanned, at, unit_id=unit_id, measures=measures, deadline=deadline)

    def decide(
        self,
        conference_id: UUID,
        decision: str,
        unit_id: UUID | None,
        deadline: date | None,
        at: datetime,
        field: str = "unit",
    ) -> None:
        self.require_open()
        # What is put right is verified, not given to another: as with `assign`.
        stays = unit_id in (None, self.unit_id) or self.status is not ProblemStatus.RESOLVED
        require(stays, "problem.resolved", field=field)
        self.trigger(
            Problem.Decided,
            at,
            conference_id=conference_id,
            decision=decision,
            unit_id=unit_id,
            deadline=deadline,
        )

    def resolve(self, unit_id: UUID, on: date, result: str, at: datetime) -> None:
        self._require_under_way_at(unit_id)
        require(self.deadline is not None, "problem.no_measures", field="problem")
        require(self.listed_on <= on <= at.date(), "problem.day_outside", field="on", since=self.listed_on)
        result = require_text(result, "result", most=4000)
        self.trigger(Problem.Resolved, at, unit_id=unit_id, on=on, result=result)

    def return_to_unit(self, group_id: UUID, reason: str, at: datetime) -> None:
        self._require_resolved()
        self.trigger(
            Problem.Returned, at, group_id=group_id, reason=require_text(reason, "reason", most=1000)
        )

    def close(self, group_id: UUID, remark: str, at: datetime) -> None:
        self._require_resolved()
        remark = require_optional_text(remark, "remark", most=1000)
        self.trigger(Problem.Closed, at, group_id=group_id, remark=remark)

    def reopen(self, group_id: UUID | None, reason: str, at: datetime) -> None:
        require(self.status is ProblemStatus.CLOSED, "problem.not_closed", field="problem")
        reason = require_text(reason, "reason", most=1000)
        self.trigger(Problem.Reopened, at, group_id=group_id, reason=reason)

    # -- what others ask

    @property
    def is_closed(self) -> bool:
        return self.status is ProblemStatus.CLOSED

    # -- guards

    def require_open(self, field: str = "problem") -> None:
        require(self.status is not ProblemStatus.CLOSED, "problem.closed", field=field)

    def _require_under_way_at(self, unit_id: UUID) -> None:
        self.require_open()
        require(self.unit_id is not None, "problem.not_assigned", field="problem")
        require(self.status in UNDER_WAY, "problem.resolved", field="problem")
        require(unit_id == self.unit_id, "problem.not_your_unit", field="unit")

    def _require_resolved(self) -> None:
        self.require_open()
        require(self.status is ProblemStatus.RESOLVED, "problem.not_resolved", field="problem")

    # -- how events change the state

    @event(Listed)
    def __init__(
        self, code: str, title: str, campaign_id: UUID | None, task_id: UUID | None, on: date
    ) -> None:
        self.code = code
        self.title = title
        self.campaign_id = campaign_id
        self.task_id = task_id
        self.listed_on = on
        self.status = ProblemStatus.LISTED
        self.unit_id: UUID | None = None
        self.deadline: date | None = None
        # What the joint conference set; a unit's own goes with the unit.
        self.decided_deadline: date | None = None

    @event(Assigned)
    def _assigned(self, unit_id: UUID) -> None:
        self._given_to(unit_id)

    @event(MeasuresPlanned)
    def _measures_planned(self, deadline: date) -> None:
        self.deadline = deadline
        self.status = ProblemStatus.PLANNED

    @event(Decided)
    def _decided(self, unit_id: UUID | None, deadline: date | None) -> None:
        self.decided_deadline = deadline or self.decided_deadline
        if unit_id is None or unit_id == self.unit_id:
            self.deadline = deadline or self.deadline
        else:
            self._given_to(unit_id)

    def _given_to(self, unit_id: UUID) -> None:
        self.unit_id = unit_id
        self.deadline = self.decided_deadline
        self.status = ProblemStatus.ASSIGNED

    @event(Resolved)
    def _resolved(self) -> None:
        self.status = ProblemStatus.RESOLVED

    @event(Returned)
    def _returned(self) -> None:
        self.status = ProblemStatus.RETURNED

    @event(Closed)
    def _closed(self) -> None:
        self.status = ProblemStatus.CLOSED

    @event(Reopened)
    def _reopened(self) -> None:
        self.status = ProblemStatus.REOPENED
