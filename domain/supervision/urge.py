"""Urging (催办, article 45): a unit is told that something is due, or that it is missing.

Rules: a unit of the task is urged before a deadline and when a month's report is missing, once for each
occasion; the office or a group urges by hand at any time while the task is in progress. The unit that was
urged acknowledges it, once.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Self
from uuid import UUID

from eventsourcing.domain import event

from domain.aggregate import Aggregate, Created, Event
from domain.refusal import require, require_optional_text


class Occasion(StrEnum):
    DEADLINE = "deadline"  # 临近时限
    REPORT_MISSING = "report_missing"  # 欠报
    HAND = "hand"  # 人工催办


class Urge(Aggregate):
    TOPIC = "urge"

    # -- events

    class Issued(Created):
        """`due`: the deadline, or the day from which the report was missing; `edition`: of the scheme that
        brought it, None by hand."""

        TOPIC = "urge.issued"
        task_id: UUID
        campaign_id: UUID
        unit_id: UUID
        occasion: Occasion
        on: date
        due: date
        text: str
        edition: int | None = None
        group_id: UUID | None = None

    class Acknowledged(Event):
        TOPIC = "urge.acknowledged"
        unit_id: UUID
        remark: str

    # -- commands

    @classmethod
    def issue(
        cls,
        id: UUID,
        task_id: UUID,
        campaign_id: UUID,
        unit_id: UUID,
        occasion: Occasion,
        on: date,
        due: date,
        text: str,
        at: datetime,
        edition: int | None = None,
        group_id: UUID | None = None,
    ) -> Self:
        return cls.create(
            cls.Issued,
            id,
            at,
            task_id=task_id,
            campaign_id=campaign_id,
            unit_id=unit_id,
            occasion=occasion,
            on=on,
            due=due,
            text=require_optional_text(text, "text", most=1000),
            edition=edition,
            group_id=group_id,
        )

    def acknowledge(self, unit_id: UUID, remark: str, at: datetime) -> None:
        require(unit_id == self.unit_id, "urge.not_your_unit", field="unit")
        require(not self.acknowledged, "urge.acknowledged", field="urge")
        remark = require_optional_text(remark, "remark", most=1000)
        self.trigger(Urge.Acknowledged, at, unit_id=unit_id, remark=remark)

    # -- how events change the state

    @event(Issued)
    def __init__(self, task_id: UUID, unit_id: UUID) -> None:
        self.task_id = task_id
        self.unit_id = unit_id
        self.acknowledged = False

    @event(Acknowledged)
    def _acknowledged(self) -> None:
        self.acknowledged = True
