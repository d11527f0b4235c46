"""Units and officials, campaigns and task forces, supervision groups."""

from domain.refusals.wording import Wording

DIRECTORY = {
    "unit.exists": Wording(
        "A unit with the code {code} is registered already.", "编码为{code}的单位已登记，请勿重复登记。"
    ),
    "unit.unknown": Wording(
        "There is no such unit; register it first, or name another.", "该单位未登记，请核对，或先行登记。"
    ),
    "unit.name_unchanged": Wording("The unit has this name already.", "单位名称未变，无需更名。"),
    "unit.has_a_leading_official": Wording(
        "The unit has a leading official; release them first.", "该单位已有主要负责人，请先办理免职。"
    ),
    "unit.has_no_leading_official": Wording(
        "The unit has no leading official to release.", "该单位无在任主要负责人，无需免职。"
    ),
    "official.exists": Wording(
        "An official with the code {code} is registered already.", "编码为{code}的干部已登记，请勿重复登记。"
    ),
    "official.unknown": Wording(
        "There is no such official; register them first, or name another.",
        "该干部未登记，请核对，或先行登记。",
    ),
    "official.holds_a_post": Wording(
        "The official leads a unit already; release them from that post first.",
        "该干部现任单位主要负责人，请先免去原职。",
    ),
    "official.appointed_before_release": Wording(
        "The post was given up on {until}; the appointment cannot begin before.",
        "原任职至{until}，任职日期不得早于该日。",
    ),
    "official.released_before_appointed": Wording(
        "The release cannot lie before the appointment ({since}).", "免职日期不得早于任职日期（{since}）。"
    ),
}

CAMPAIGNS = {
    "campaign.exists": Wording(
        "A campaign with this code exists already; choose another code.", "该编码已用于其他攻坚战，请更换。"
    ),
    "campaign.unknown": Wording("There is no such campaign.", "未找到该攻坚战，请核对。"),
    "campaign.number_out_of_range": Wording("A campaign's number is 1 to 999.", "攻坚战序号须为1至999。"),
    "campaign.ends_before_start": Wording(
        "A campaign must end after it starts.", "攻坚战结束日期须晚于开始日期。"
    ),
    "campaign.date_outside": Wording(
        "{day} lies outside the campaign ({start} to {end}).",
        "{day}不在攻坚战期间（{start}至{end}），请调整。",
        48,
    ),
    "task_force.size": Wording(
        "A task force has 7 or 8 members, not {size}.", "专班应由7至8人组成，现为{size}人，请调整。", 45
    ),
    "task_force.one_leader": Wording(
        "Exactly one city leader leads a task force, not {leaders}.",
        "专班应由1名市领导牵头，现为{leaders}名，请调整。",
        45,
    ),
    "task_force.member_twice": Wording(
        "An official is named twice on the task force.", "专班成员重复，请删除重复人员。", 45
    ),
    "task_force.term_ends_before_start": Wording(
        "A term must not end before it begins.", "任期截止日期不得早于起始日期。", 45
    ),
    "task_force.unchanged": Wording(
        "The task force is formed like this already.", "专班组成未变，无需重新组建。", 45
    ),
}

GROUPS = {
    "group.exists": Wording(
        "A group with this code exists already; choose another code.", "该编码已用于其他督导评估组，请更换。"
    ),
    "group.unknown": Wording("There is no such supervision group.", "未找到该督导评估组，请核对。"),
    "group.covers_nothing": Wording(
        "A group covers at least one campaign.", "督导评估组应至少负责一个攻坚战，请补充。", 48
    ),
    "group.covered_twice": Wording(
        "The coverage names the same one twice.", "督导范围有重复，请删除重复项。", 48
    ),
    "group.coverage_unchanged": Wording(
        "The group covers exactly this already.", "督导范围未变，无需调整。", 48
    ),
    "group.not_covering": Wording(
        "The task is not within the coverage of {group}.",
        "该任务不在{group}督导范围内，请由负责的督导评估组办理。",
        48,
    ),
}
