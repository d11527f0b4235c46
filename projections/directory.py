"""Who there is: units and officials, campaigns and their task forces, supervision groups."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from domain.campaign import Campaign
from domain.directory import Directory
from domain.supervision_group import SupervisionGroup
from projections.projection import Fact, Index, Projection, Table

LARGEST_TASK_FORCE = 8
"""Members at most (article 45): the rows of a task force are addressed 0 to 7."""


class HeldPost(Struct, frozen=True, gc=False, rename="camel"):
    """A leading post; `unit` and `official` are ids. `until` None: it is held."""

    official: UUID
    unit: UUID
    post: str
    since: date
    until: date | None = None


class Unit(Struct, frozen=True, gc=False):
    """`leading_posts`: who has led it, in the order of the appointments."""

    id: UUID
    code: str
    name: str
    category: str
    leading_official_id: UUID | None = None
    leading_post: str | None = None
    leading_since: date | None = None
    leading_posts: tuple[HeldPost, ...] = ()


class UnitName(Struct, frozen=True, gc=False):
    """What a unit is called; its versions say what it was called when a document was published."""

    id: UUID
    name: str


class Official(Struct, frozen=True, gc=False):
    """`unit_id`, `post` and `since` while the official leads a unit; `posts` are all, in order."""

    id: UUID
    code: str
    name: str
    unit_id: UUID | None = None
    post: str | None = None
    since: date | None = None
    posts: tuple[HeldPost, ...] = ()


class SupervisionGroupRow(Struct, frozen=True, gc=False):
    """No `unit_ids`: every unit of its campaigns."""

    id: UUID
    code: str
    name: str
    leader_id: UUID
    campaign_ids: tuple[UUID, ...]
    unit_ids: tuple[UUID, ...]


class CampaignRow(Struct, frozen=True, gc=False):
    id: UUID
    code: str
    number: int
    name: str
    name_missing: bool
    goal: str
    start_on: date
    end_on: date
    demonstration: bool


class TaskForceMemberRow(Struct, frozen=True, gc=False):
    campaign_id: UUID
    ordinal: int
    official_id: UUID
    role: str
    since: date
    until: date | None


UNIT = Table("unit", Unit, ("id",), indexes=(Index(("category", "code")), Index(("code",))))
UNIT_NAME = Table("unit_name", UnitName, ("id",), keep_versions=True)
OFFICIAL = Table("official", Official, ("id",), indexes=(Index(("unit_id",)), Index(("code",))))
SUPERVISION_GROUP = Table(
    "supervision_group",
    SupervisionGroupRow,
    ("id",),
    indexes=(Index(("code",)), Index(("campaign_ids",), "gin"), Index(("unit_ids",), "gin")),
)
CAMPAIGN = Table("campaign", CampaignRow, ("id",), indexes=(Index(("number", "code")), Index(("code",))))
TASK_FORCE_MEMBER = Table(
    "task_force_member", TaskForceMemberRow, ("campaign_id", "ordinal"), indexes=(Index(("official_id",)),)
)

# -- units


@UNIT.begins(Directory.UnitRegistered, key=lambda fact: fact.event.unit_id)
def _unit_registered(fact: Fact[Directory.UnitRegistered]) -> Unit:
    event = fact.event
    return Unit(event.unit_id, event.code, event.name, event.category.value)


@UNIT.changes(Directory.UnitRenamed, key=lambda fact: fact.event.unit_id)
def _unit_renamed(row: Unit, fact: Fact[Directory.UnitRenamed]) -> Unit:
    return replace(row, name=fact.event.name)


@UNIT_NAME.begins(Directory.UnitRegistered, key=lambda fact: fact.event.unit_id)
def _unit_named(fact: Fact[Directory.UnitRegistered]) -> UnitName:
    return UnitName(fact.event.unit_id, fact.event.name)


@UNIT_NAME.changes(Directory.UnitRenamed, key=lambda fact: fact.event.unit_id)
def _unit_named_anew(row: UnitName, fact: Fact[Directory.UnitRenamed]) -> UnitName:
    return replace(row, name=fact.event.name)


@UNIT.changes(Directory.OfficialAppointed, key=lambda fact: fact.event.unit_id)
def _unit_led(row: Unit, fact: Fact[Directory.OfficialAppointed]) -> Unit:
    event = fact.event
    return replace(
        row,
        leading_official_id=event.official_id,
        leading_post=event.post,
        leading_since=event.since,
        leading_posts=(*row.leading_posts, _post(event)),
    )


@UNIT.changes(Directory.OfficialReleased, key=lambda fact: fact.event.unit_id)
def _unit_unled(row: Unit, fact: Fact[Directory.OfficialReleased]) -> Unit:
    posts = _given_up(row.leading_posts, fact.event.until)
    return replace(row, leading_official_id=None, leading_post=None, leading_since=None, leading_posts=posts)


# -- posts


def _post(event: Directory.OfficialAppointed) -> HeldPost:
    return HeldPost(event.official_id, event.unit_id, event.post, event.since)


def _given_up(posts: tuple[HeldPost, ...], until: date) -> tuple[HeldPost, ...]:
    """The posts, the last of them given up."""
    return (*posts[:-1], replace(posts[-1], until=until))


# -- officials


@OFFICIAL.begins(Directory.OfficialRegistered, key=lambda fact: fact.event.official_id)
def _official_registered(fact: Fact[Directory.OfficialRegistered]) -> Official:
    return Official(fact.event.official_id, fact.event.code, fact.event.name)


@OFFICIAL.changes(Directory.OfficialAppointed, key=lambda fact: fact.event.official_id)
def _official_appointed(row: Official, fact: Fact[Directory.OfficialAppointed]) -> Official:
    event = fact.event
    posts = (*row.posts, _post(event))
    return replace(row, unit_id=event.unit_id, post=event.post, since=event.since, posts=posts)


@OFFICIAL.changes(Directory.OfficialReleased, key=lambda fact: fact.event.official_id)
def _official_released(row: Official, fact: Fact[Directory.OfficialReleased]) -> Official:
    return replace(row, unit_id=None, post=None, since=None, posts=_given_up(row.posts, fact.event.until))


# -- supervision groups


@SUPERVISION_GROUP.begins(SupervisionGroup.Formed)
def _group_formed(fact: Fact[SupervisionGroup.Formed]) -> SupervisionGroupRow:
    event = fact.event
    return SupervisionGroupRow(
        event.originator_id, event.code, event.name, event.leader_id, event.campaigns, event.units
    )


@SUPERVISION_GROUP.changes(SupervisionGroup.CoverageChanged)
def _group_coverage_changed(
    row: SupervisionGroupRow, fact: Fact[SupervisionGroup.CoverageChanged]
) -> SupervisionGroupRow:
    return replace(row, campaign_ids=fact.event.campaigns, unit_ids=fact.event.units)


# -- campaigns


@CAMPAIGN.begins(Campaign.Launched)
def _campaign_launched(fact: Fact[Campaign.Launched]) -> CampaignRow:
    event = fact.event
    return CampaignRow(
        id=event.originator_id,
        code=event.code,
        number=event.number,
        name=event.name,
        name_missing=event.name_missing,
        goal=event.goal,
        start_on=event.start,
        end_on=event.end,
        demonstration=event.demonstration,
    )


def _places(fact: Fact[Campaign.TaskForceFormed]) -> list[tuple[UUID, int]]:
    """Every place on the task force: it is formed as a whole, and there may have been more members before."""
    members = len(fact.event.members)
    if members > LARGEST_TASK_FORCE:
        raise ValueError(f"a task force of {members}; {LARGEST_TASK_FORCE} is the most")
    return [(fact.event.originator_id, ordinal) for ordinal in range(LARGEST_TASK_FORCE)]


@TASK_FORCE_MEMBER.each(Campaign.TaskForceFormed, keys=_places)
def _task_force_formed(
    row: TaskForceMemberRow | None, fact: Fact[Campaign.TaskForceFormed], key: tuple[UUID, int]
) -> TaskForceMemberRow | None:
    campaign_id, ordinal = key
    if ordinal >= len(fact.event.members):
        return None
    member = fact.event.members[ordinal]
    formed = TaskForceMemberRow(
        campaign_id, ordinal, member.official_id, member.role.value, member.since, member.until
    )
    return row if formed == row else formed


@TASK_FORCE_MEMBER.each(
    Campaign.MemberAppointed, keys=lambda fact: [(fact.event.originator_id, fact.event.place)]
)
def _member_appointed(
    row: TaskForceMemberRow | None, fact: Fact[Campaign.MemberAppointed], key: tuple[UUID, int]
) -> TaskForceMemberRow:
    member = fact.event.member
    return TaskForceMemberRow(*key, member.official_id, member.role.value, member.since, member.until)


@TASK_FORCE_MEMBER.changes(
    Campaign.MemberReleased, key=lambda fact: (fact.event.originator_id, fact.event.place)
)
def _member_released(row: TaskForceMemberRow, fact: Fact[Campaign.MemberReleased]) -> TaskForceMemberRow:
    return replace(row, until=fact.event.until)


DIRECTORY = Projection(
    "directory",
    version=3,
    tables=(UNIT, UNIT_NAME, OFFICIAL, SUPERVISION_GROUP, CAMPAIGN, TASK_FORCE_MEMBER),
    follows=(Directory, Campaign, SupervisionGroup),
    ignores=(Directory.Opened,),
)
