"""Commands on campaigns, their task forces, and the supervision groups."""

from datetime import date
from uuid import UUID

from domain import identifiers
from domain.campaign import Campaign, TaskForceMember, TaskForceRole
from domain.supervision_group import SupervisionGroup
from service.commands.command import (
    CampaignId,
    Command,
    GroupId,
    OfficialId,
    UnitId,
    about,
    command,
    directory_of,
    require_new,
)
from service.desk import Desk


@command("launchCampaign")
class LaunchCampaign(Command):
    """Launch a campaign. 启动攻坚战"""

    code: str = about("Short code, unique.")
    number: int = about("Its number in the plan.")
    name: str = about("Name.")
    goal: str = about("What it is to achieve.", default="")
    start: date = about("First day.")
    end: date = about("Last day.")
    name_missing: bool = about("The plan's text lost the name.", default=False)
    demonstration: bool = about("Played, not lived.", default=False)

    async def handle(self, desk: Desk) -> None:
        identifiers.require_code(self.code)
        await require_new(desk, Campaign, self.subject())
        desk.add(
            Campaign.launch(
                self.code,
                self.number,
                self.name,
                self.goal,
                self.start,
                self.end,
                desk.at,
                name_missing=self.name_missing,
                demonstration=self.demonstration,
            )
        )

    def subject(self) -> UUID:
        return identifiers.campaign_id(self.code)


@command("formTaskForce")
class FormTaskForce(Command):
    """Form a campaign's task force, or form it anew. 组建专班"""

    campaign: CampaignId = about("The campaign.")
    members: tuple[TaskForceMember, ...] = about("All its members: 7 or 8, one of them the leader.")

    async def handle(self, desk: Desk) -> None:
        campaign = await desk.load(Campaign, self.campaign, "campaign")
        directory = await directory_of(desk)
        for i, member in enumerate(self.members):
            directory.require_official(member.official_id, f"members.{i}.official")
        campaign.form_task_force(self.members, desk.at)

    def subject(self) -> UUID:
        return self.campaign


@command("appointTaskForceMember")
class AppointTaskForceMember(Command):
    """Appoint an official to a place on a task force. 专班成员任职"""

    campaign: CampaignId = about("The campaign.")
    official: OfficialId = about("Who.")
    role: TaskForceRole = about("The role.")
    since: date = about("First day of the term.")
    until: date | None = about("Last day of the term; null while it is open.", default=None)

    async def handle(self, desk: Desk) -> None:
        campaign = await desk.load(Campaign, self.campaign, "campaign")
        (await directory_of(desk)).require_official(self.official, "official")
        member = TaskForceMember(self.official, self.role, self.since, self.until)
        campaign.appoint_member(member, desk.at)

    def subject(self) -> UUID:
        return self.campaign


@command("releaseTaskForceMember")
class ReleaseTaskForceMember(Command):
    """Release an official from a task force. 专班成员退出"""

    campaign: CampaignId = about("The campaign.")
    official: OfficialId = about("Who.")
    until: date = about("Last day of the term.")

    async def handle(self, desk: Desk) -> None:
        campaign = await desk.load(Campaign, self.campaign, "campaign")
        campaign.release_member(self.official, self.until, desk.at)

    def subject(self) -> UUID:
        return self.campaign


@command("formSupervisionGroup")
class FormSupervisionGroup(Command):
    """Form a supervision and evaluation group. 设立督导评估组"""

    code: str = about("Short code, unique.")
    name: str = about("Name.")
    leader: OfficialId = about("Who leads it.")
    campaigns: tuple[CampaignId, ...] = about("The campaigns it covers.")
    units: tuple[UnitId, ...] = about("The units it covers; empty: all.", default=())

    async def handle(self, desk: Desk) -> None:
        identifiers.require_code(self.code)
        await require_new(desk, SupervisionGroup, self.subject())
        (await directory_of(desk)).require_official(self.leader, "leader")
        await _require_coverage(desk, self.campaigns, self.units)
        desk.add(
            SupervisionGroup.form(self.code, self.name, self.leader, self.campaigns, self.units, desk.at)
        )

    def subject(self) -> UUID:
        return identifiers.group_id(self.code)


@command("changeGroupCoverage")
class ChangeGroupCoverage(Command):
    """Change what a supervision group covers. 调整督导范围"""

    group: GroupId = about("The group.")
    campaigns: tuple[CampaignId, ...] = about("The campaigns it covers from now on.")
    units: tuple[UnitId, ...] = about("The units it covers from now on; empty: all.", default=())

    async def handle(self, desk: Desk) -> None:
        group = await desk.load(SupervisionGroup, self.group, "group")
        await _require_coverage(desk, self.campaigns, self.units)
        group.change_coverage(self.campaigns, self.units, desk.at)

    def subject(self) -> UUID:
        return self.group


async def _require_coverage(desk: Desk, campaigns: tuple[UUID, ...], units: tuple[UUID, ...]) -> None:
    directory = await directory_of(desk)
    for i, unit in enumerate(units):
        directory.require_unit(unit, f"units.{i}")
    for i, campaign in enumerate(campaigns):
        await desk.load(Campaign, campaign, f"campaigns.{i}")
