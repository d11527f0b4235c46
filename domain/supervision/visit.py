"""Field visits of the supervision groups (督导, article 48) and what they find.

Rules: a group visits units that it covers, on a day that has come. What it finds is one of five kinds:
progress, experience, a typical person, a problem, an opinion of firms or people. A finding that names a
problem may put it on the problem list at once.
"""

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Self
from uuid import UUID

from eventsourcing.domain import event

from domain import identifiers
from domain.aggregate import Aggregate, Created, Event
from domain.assessment.grounds import Ground, register_ground
from domain.refusal import require, require_day, require_line, require_optional_text, require_text

MOST_FINDINGS = 100


class FindingKind(StrEnum):
    PROGRESS = "progress"  # 进展
    EXPERIENCE = "experience"  # 经验
    PERSON = "person"  # 典型人物
    PROBLEM = "problem"  # 问题
    OPINION = "opinion"  # 意见


class Visit(Aggregate):
    TOPIC = "visit"

    # -- events

    class Conducted(Created):
        TOPIC = "visit.conducted"
        code: str
        group_id: UUID
        campaign_id: UUID
        unit_ids: tuple[UUID, ...]
        on: date
        place: str
        summary: str

    class FindingRecorded(Event):
        """`problem_id`: the problem that it put on the list."""

        TOPIC = "visit.finding_recorded"
        finding_id: UUID
        kind: FindingKind
        group_id: UUID
        campaign_id: UUID
        unit_id: UUID
        text: str
        task_id: UUID | None
        official_id: UUID | None
        problem_id: UUID | None

    # -- commands

    @classmethod
    def conduct(
        cls,
        code: str,
        group_id: UUID,
        campaign_id: UUID,
        unit_ids: Sequence[UUID],
        on: date,
        place: str,
        summary: str,
        at: datetime,
    ) -> Self:
        require(bool(unit_ids), "visit.nobody", field="units")
        require(len(set(unit_ids)) == len(unit_ids), "visit.unit_twice", field="units")
        require_day(on, "on")
        require(on <= at.date(), "supervision.not_yet", field="on")
        return cls.create(
            cls.Conducted,
            identifiers.visit_id(code),
            at,
            code=code,
            group_id=group_id,
            campaign_id=campaign_id,
            unit_ids=tuple(unit_ids),
            on=on,
            place=require_line(place, "place", most=200),
            summary=require_optional_text(summary, "summary", most=4000),
        )

    def record_finding(
        self,
        group_id: UUID,
        kind: FindingKind,
        unit_id: UUID,
        text: str,
        task_id: UUID | None,
        official_id: UUID | None,
        problem_id: UUID | None,
        at: datetime,
    ) -> UUID:
        self.require_of(group_id)
        require(unit_id in self.unit_ids, "visit.unit_not_visited", field="unit")
        about_person = official_id is None or kind is FindingKind.PERSON
        require(about_person, "finding.official_of_other_kind", field="official")
        lists = problem_id is None or kind is FindingKind.PROBLEM
        require(lists, "finding.lists_no_problem", field="problemCode")
        require(self.findings < MOST_FINDINGS, "visit.too_many_findings", field="visit")
        finding_id = identifiers.finding_id(self.id, self.version + 1)
        self.trigger(
            Visit.FindingRecorded,
            at,
            finding_id=finding_id,
            kind=kind,
            group_id=group_id,
            campaign_id=self.campaign_id,
            unit_id=unit_id,
            text=require_text(text, "text", most=4000),
            task_id=task_id,
            official_id=official_id,
            problem_id=problem_id,
        )
        return finding_id

    # -- guards

    def require_of(self, group_id: UUID) -> None:
        require(group_id == self.group_id, "visit.not_your_group", field="group")

    # -- how events change the state

    @event(Conducted)
    def __init__(self, group_id: UUID, campaign_id: UUID, unit_ids: tuple[UUID, ...], on: date) -> None:
        self.group_id = group_id
        self.campaign_id = campaign_id
        self.unit_ids = unit_ids
        self.on = on
        self.findings = 0

    @event(FindingRecorded)
    def _finding_recorded(self) -> None:
        self.findings += 1


PROBLEM_FOUND = register_ground(
    Ground(
        "problem_found",
        "problem found by a supervision group",
        "督导发现问题",
        topics=(Visit.FindingRecorded.TOPIC,),
        shows=lambda event: event.kind is FindingKind.PROBLEM,
    )
)
