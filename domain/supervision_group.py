"""Supervision and evaluation groups (督导评估组, article 48).

Rules: a group is led by a leader of the People's Congress or the CPPCC and covers campaigns and units; it
verifies the reports of what it covers, and of nothing else. An empty list of units covers every unit of its
campaigns.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Self
from uuid import UUID

from eventsourcing.domain import event

from domain import identifiers
from domain.aggregate import Aggregate, Created, Event
from domain.refusal import require, require_line


class SupervisionGroup(Aggregate):
    TOPIC = "group"

    # -- events

    class Formed(Created):
        TOPIC = "group.formed"
        code: str
        name: str
        leader_id: UUID
        campaigns: tuple[UUID, ...]
        units: tuple[UUID, ...]

    class CoverageChanged(Event):
        TOPIC = "group.coverage_changed"
        campaigns: tuple[UUID, ...]
        units: tuple[UUID, ...]

    # -- commands

    @classmethod
    def form(
        cls,
        code: str,
        name: str,
        leader_id: UUID,
        campaigns: Sequence[UUID],
        units: Sequence[UUID],
        at: datetime,
    ) -> Self:
        _require_coverage(campaigns, units)
        return cls.create(
            cls.Formed,
            identifiers.group_id(code),
            at,
            code=code,
            name=require_line(name, "name", most=100),
            leader_id=leader_id,
            campaigns=tuple(campaigns),
            units=tuple(units),
        )

    def change_coverage(self, campaigns: Sequence[UUID], units: Sequence[UUID], at: datetime) -> None:
        _require_coverage(campaigns, units)
        changed = (set(campaigns), set(units)) != (self.campaigns, self.units)
        require(changed, "group.coverage_unchanged", field="campaigns")
        self.trigger(SupervisionGroup.CoverageChanged, at, campaigns=tuple(campaigns), units=tuple(units))

    # -- rules asked by other nouns

    def require_covers(self, campaign_id: UUID | None, unit_id: UUID) -> None:
        """`campaign_id` None: what is of no campaign is covered by its unit alone."""
        in_campaign = campaign_id is None or campaign_id in self.campaigns
        covers = in_campaign and (not self.units or unit_id in self.units)
        require(covers, "group.not_covering", field="group", group=self.name)

    def require_covers_unit(self, unit_id: UUID) -> None:
        covers = not self.units or unit_id in self.units
        require(covers, "evaluation.not_covering_unit", field="unit", group=self.name)

    # -- how events change the state

    @event(Formed)
    def __init__(
        self, code: str, name: str, leader_id: UUID, campaigns: tuple[UUID, ...], units: tuple[UUID, ...]
    ) -> None:
        self.code = code
        self.name = name
        self.leader_id = leader_id
        self.campaigns = set(campaigns)
        self.units = set(units)

    @event(CoverageChanged)
    def _coverage_changed(self, campaigns: tuple[UUID, ...], units: tuple[UUID, ...]) -> None:
        self.campaigns = set(campaigns)
        self.units = set(units)


def _require_coverage(campaigns: Sequence[UUID], units: Sequence[UUID]) -> None:
    require(bool(campaigns), "group.covers_nothing", field="campaigns")
    for field, ids in (("campaigns", campaigns), ("units", units)):
        require(len(set(ids)) == len(ids), "group.covered_twice", field=field)
