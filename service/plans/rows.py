"""A plan as plain typed rows (方案文件), each of which remembers where it stood.

Rows are equal when their content is; where they stood does not count. Rows refer to each other by code.

`assumed` (推定) is the same convention in every row: the names of those of its fields that are not in the
plan's text but were filled in by whoever wrote the file. `missing` (缺失) says that the text has lost the
figure (an indicator's target) or the heading (a campaign's name).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

from domain.campaign import TaskForceRole
from domain.directory import Category
from domain.indicator import Direction
from service.plans.faults import Spot


class CampaignKind(StrEnum):
    CAMPAIGN = "campaign"  # 攻坚战
    PART = "part"  # 方案中不属攻坚战、但有任务的部分


@dataclass(frozen=True)
class Place:
    """Where a row stands: section or sheet, row (from 1), and the spots of its cells by field."""

    sheet: str
    row: int
    spots: Mapping[str, Spot] = field(default_factory=dict)

    def spot(self, name: str) -> Spot:
        """The spot of a field; of the row itself where the field is not written."""
        return self.spots.get(name) or Spot(self.row, name)


NOWHERE = Place("", 0)


@dataclass(frozen=True)
class PlanHeader:
    code: str
    name: str
    source: str
    year: int
    start: date
    end: date
    time_zone: str
    # Articles of which the text that reached us has nothing.
    missing_articles: tuple[int, ...] = ()
    note: str = ""
    place: Place = field(default=NOWHERE, compare=False)


@dataclass(frozen=True)
class UnitRow:
    code: str
    name: str
    category: Category
    place: Place = field(default=NOWHERE, compare=False)


@dataclass(frozen=True)
class OfficialRow:
    """An official; `leads` is the unit whose leading official they are since `since`, in the post `post`."""

    code: str
    name: str
    leads: str | None = None
    post: str = ""
    since: date | None = None
    place: Place = field(default=NOWHERE, compare=False)


@dataclass(frozen=True)
class MemberRow:
    """A member of a campaign's task force (专班成员, article 45)."""

    official: str
    role: TaskForceRole
    since: date
    until: date | None = None
    place: Place = field(default=NOWHERE, compare=False)


@dataclass(frozen=True)
class CampaignRow:
    """A campaign, or a part of the plan that is none but has tasks (`kind`). `number` counts within its kind.

    `missing`: the heading is lost; `name` then describes, and says so.
    """

    code: str
    number: int
    name: str
    start: date
    end: date
    kind: CampaignKind = CampaignKind.CAMPAIGN
    missing: bool = False
    goal: str = ""
    assumed: tuple[str, ...] = ()
    task_force: tuple[MemberRow, ...] = ()
    place: Place = field(default=NOWHERE, compare=False)


@dataclass(frozen=True)
class GroupRow:
    """A supervision and evaluation group (督导评估组). No units: every unit of its campaigns."""

    code: str
    name: str
    leader: str
    campaigns: tuple[str, ...]
    units: tuple[str, ...] = ()
    assumed: tuple[str, ...] = ()
    place: Place = field(default=NOWHERE, compare=False)


@dataclass(frozen=True)
class IndicatorRow:
    """A measure of a task. `target` is None exactly where `missing` says that the text lost it. `weight` is
    in percent."""

    code: str
    name: str
    direction: Direction
    target: Decimal | None
    unit_of_measure: str
    weight: Decimal
    missing: bool = False
    baseline: Decimal | None = None
    assumed: tuple[str, ...] = ()
    place: Place = field(default=NOWHERE, compare=False)


@dataclass(frozen=True)
class MilestoneRow:
    """A date by which a share of the task (cumulative, above 0, at most 1) is to be done."""

    due: date
    share: Decimal
    title: str
    assumed: tuple[str, ...] = ()
    place: Place = field(default=NOWHERE, compare=False)


@dataclass(frozen=True)
class TaskRow:
    code: str
    campaign: str
    article: int
    title: str
    lead: str
    start: date
    deadline: date
    indicators: tuple[IndicatorRow, ...]
    supporting: tuple[str, ...] = ()
    milestones: tuple[MilestoneRow, ...] = ()
    key_task: bool = False
    assumed: tuple[str, ...] = ()
    note: str = ""
    place: Place = field(default=NOWHERE, compare=False)


@dataclass(frozen=True)
class PlanDocument:
    """All the rows of a file, in its order. A CSV file has tasks only."""

    header: PlanHeader | None = None
    units: tuple[UnitRow, ...] = ()
    officials: tuple[OfficialRow, ...] = ()
    campaigns: tuple[CampaignRow, ...] = ()
    groups: tuple[GroupRow, ...] = ()
    tasks: tuple[TaskRow, ...] = ()


@dataclass(frozen=True)
class KnownCampaign:
    name: str
    start: date
    end: date


@dataclass(frozen=True)
class Known:
    """What exists beside the file already, by code: names of units and officials, campaigns with their span.

    Rows of the file may refer to it."""

    units: Mapping[str, str] = field(default_factory=dict)
    officials: Mapping[str, str] = field(default_factory=dict)
    campaigns: Mapping[str, KnownCampaign] = field(default_factory=dict)
