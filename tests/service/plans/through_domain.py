"""A plan's rows given to the domain, as the commands that they become."""

from datetime import datetime
from zoneinfo import ZoneInfo

from domain import identifiers
from domain.campaign import Campaign, TaskForceMember
from domain.directory import Directory
from domain.indicator import Indicator
from domain.schedule import Milestone
from domain.supervision_group import SupervisionGroup
from domain.task import Task
from service.plans.rows import CampaignRow, PlanDocument, TaskRow

AT = datetime(2020, 3, 25, 9, tzinfo=ZoneInfo("Asia/Shanghai"))


def listed(document: PlanDocument) -> list[Task]:
    """The tasks of the plan as aggregates; raises `Refusal` for what breaks a rule."""
    directory = Directory.open(AT)
    for unit in document.units:
        directory.register_unit(unit.code, unit.name, unit.category, AT)
    for official in document.officials:
        id_ = directory.register_official(official.code, official.name, AT)
        if official.leads is not None and official.since is not None:
            unit_id = identifiers.unit_id(official.leads)
            directory.appoint_official(id_, unit_id, official.post, official.since, AT)
    campaigns = {row.code: _launched(row, directory) for row in document.campaigns}
    for group in document.groups:
        directory.require_official(identifiers.official_id(group.leader))
        SupervisionGroup.form(
            group.code,
            group.name,
            identifiers.official_id(group.leader),
            [campaigns[code].id for code in group.campaigns],
            [identifiers.unit_id(code) for code in group.units],
            AT,
        )
    return [_listed(row, campaigns[row.campaign], directory) for row in document.tasks]


def _launched(row: CampaignRow, directory: Directory) -> Campaign:
    campaign = Campaign.launch(
        row.code, row.number, row.name, row.goal, row.start, row.end, AT, name_missing=row.missing
    )
    members = [
        TaskForceMember(identifiers.official_id(m.official), m.role, m.since, m.until) for m in row.task_force
    ]
    for member in members:
        directory.require_official(member.official_id)
    if members:
        campaign.form_task_force(members, AT)
    return campaign


def _listed(row: TaskRow, campaign: Campaign, directory: Directory) -> Task:
    campaign.require_within(row.start, "start")
    campaign.require_within(row.deadline, "deadline")
    units = [identifiers.unit_id(code) for code in (row.lead, *row.supporting)]
    for unit in units:
        directory.require_unit(unit)
    indicators = [
        Indicator(
            i.code, i.name, i.direction, i.unit_of_measure, i.target, i.weight, i.baseline, bool(i.assumed)
        )
        for i in row.indicators
    ]
    return Task.put_on_list(
        row.code,
        campaign.id,
        row.article,
        row.title,
        units[0],
        units[1:],
        indicators,
        [Milestone(m.title, m.due, m.share, bool(m.assumed)) for m in row.milestones],
        row.start,
        row.deadline,
        AT,
        key_task=row.key_task,
        assumed=row.assumed,
        note=row.note,
    )
