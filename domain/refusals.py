"""Every refusal in one place: its stable code, what it says in English and Chinese, and the article served.

A code is `noun.reason` and never changes its meaning. The sentences say to a person what to do; `{name}` is
an argument of the guard, `{field}` the spoken name of the input field (`domain.spoken`), and a date is
written out in the sentence's own language. `docs/refusals.md` is this list for readers.
"""

from typing import NamedTuple


class Wording(NamedTuple):
    en: str
    zh: str
    article: int | None = None


_WRITING = {
    "text.empty": Wording("Fill in the {field}.", "请填写{field}。"),
    "text.too_long": Wording(
        "Shorten the {field}: it has {length} characters, at most {most} are allowed.",
        "{field}共{length}字，请压缩至{most}字以内。",
    ),
    "text.several_lines": Wording(
        "Write the {field} on one line, without tabs.", "{field}请写成一行，不得换行或使用制表符。"
    ),
    "text.unprintable": Wording(
        "The {field} holds characters that are not text (control, direction or broken ones); remove them.",
        "{field}含有控制字符或乱码，请清除后重新填写。",
    ),
    "figure.out_of_range": Wording(
        "The {field} must be a number with at most 15 digits before and 6 after the point.",
        "{field}须为数字，整数不超过15位，小数不超过6位。",
    ),
    "code.malformed": Wording(
        "The {field} must be 1-64 of a-z, 0-9, '.', '-', '_', beginning with a letter or digit.",
        "{field}须为1至64位小写字母、数字或“.”“-”“_”，且以字母或数字开头。",
    ),
    "date.out_of_range": Wording(
        "The {field} must lie in the years 1900 to 2199.", "{field}须在1900年至2199年之间，请核对。"
    ),
    "moment.without_zone": Wording(
        "The moment of a command must carry its time zone.", "办理时间须注明时区。"
    ),
    "period.malformed": Wording(
        "Write the {field} as a month such as 2020-05.", "{field}请按“年-月”填写，如2020-05。"
    ),
}

_DOCUMENTS = {
    "document.issued_in_future": Wording(
        "The document is dated {issued_on}, after today ({today}); check the date.",
        "文件日期（{issued_on}）晚于今日（{today}），请核对。",
    ),
    "evidence.too_many": Wording(
        "At most {most} pieces of evidence go with a report.", "每份报告最多附{most}件佐证材料，请精简。"
    ),
    "evidence.malformed_url": Wording(
        "Give an http or https address of at most 2,000 characters, without user name or password.",
        "佐证材料请填写http或https网址，不超过2000字符，不得含用户名和密码。",
    ),
    "evidence.malformed_digest": Wording(
        "Give the SHA-256 of the file: 64 hexadecimal digits in lower case.",
        "请填写佐证材料的SHA-256值（64位小写十六进制）。",
    ),
}

_DIRECTORY = {
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

_CAMPAIGNS = {
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

_GROUPS = {
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

_TASKS = {
    "task.exists": Wording(
        "A task with this code exists already; choose another code.", "该编码已用于其他任务，请更换。"
    ),
    "task.unknown": Wording("There is no such task.", "未找到该任务，请核对。"),
    "task.article_out_of_range": Wording(
        "The article of the plan is a number from 1 to 999.", "方案条目序号须为1至999。"
    ),
    "task.unit_twice": Wording(
        "A unit is named twice among lead and supporting units.",
        "牵头单位、配合单位有重复，请删除重复单位。",
        45,
    ),
    "task.indicator_count": Wording(
        "A task has 1 to 50 indicators.", "每项任务应设1至50个指标，请调整。", 48
    ),
    "task.too_many_milestones": Wording(
        "A task has at most 50 milestones.", "每项任务最多设50个节点，请精简。"
    ),
    "task.too_many_assumed": Wording(
        "At most 50 fields are marked as assumed.", "标注为推定的字段最多50个，请精简。"
    ),
    "task.deadline_before_start": Wording(
        "The deadline ({deadline}) must lie after the start ({start}).",
        "完成时限（{deadline}）须晚于开始日期（{start}）。",
        45,
    ),
    "task.deadline_not_later": Wording(
        "An extended deadline lies after the present one ({deadline}).",
        "延长后的时限须晚于现时限（{deadline}）。",
        45,
    ),
    "task.milestones_outdated": Wording(
        "The milestones demand the whole task before the new deadline: give the milestones too.",
        "原节点要求在新时限前全部完成，请一并重新确定节点。",
        45,
    ),
    "task.assignment_unchanged": Wording(
        "The task is assigned like this already.", "责任分工未变，无需调整。", 45
    ),
    "task.published": Wording("The task is public already.", "该任务已公布，无需重复公布。", 50),
    "task.not_published": Wording("Publish the task before its progress.", "请先公布任务，再公布进度。", 50),
    "task.publisher_not_lead_unit": Wording(
        "The lead unit publishes a task and its progress.", "任务和进度应由牵头单位公布。", 50
    ),
    "task.not_your_unit": Wording(
        "The unit neither leads nor supports this task.", "该单位不是此任务的牵头或配合单位，不能办理。", 45
    ),
    "task.not_lead_unit": Wording("Only the lead unit delivers a task.", "交账应由牵头单位办理。", 45),
    "task.closed": Wording(
        "The task is delivered or closed; nothing more is reported for it.",
        "该任务已交账或销号，不再受理报送和交账。",
    ),
    "task.accepted": Wording("The task is closed; it is not changed any more.", "该任务已销号，不再调整。"),
    "task.not_delivered": Wording(
        "Only a delivered task can be accepted or returned.", "该任务尚未交账，不能验收或退回。"
    ),
    "task.delivered_outside": Wording(
        "The day of delivery lies between the start ({start}) and today ({today}).",
        "完成日期须在任务开始日期（{start}）至今日（{today}）之间。",
    ),
    "task.delivered_before_return": Wording(
        "The task was returned on {returned_on}; it cannot have been done before.",
        "该任务已于{returned_on}退回，完成日期不得早于退回日期。",
    ),
    "milestone.out_of_order": Wording(
        "Milestones must be in order of date, between start and deadline.",
        "节点须按日期先后排列，且在开始日期与完成时限之间。",
        45,
    ),
    "milestone.share_not_growing": Wording(
        "A milestone's share must be above the one before it and at most 1.",
        "节点累计进度须逐个递增，且不超过1（即100%）。",
        45,
    ),
}

_INDICATORS = {
    "indicator.unknown": Wording(
        "The task has no indicator {indicator}.", "该任务无编码为{indicator}的指标，请核对。", 48
    ),
    "indicator.duplicate_code": Wording(
        "Two indicators of the task have the same code.", "同一任务的指标编码不得重复。", 48
    ),
    "indicator.weight_not_positive": Wording(
        "An indicator's weight must be above 0.", "指标权重须大于0。", 48
    ),
    "indicator.weights_not_100": Wording(
        "The weights of a task's indicators must sum to 100, not {total}.",
        "各指标权重之和应为100，现为{total}，请调整。",
        48,
    ),
    "indicator.negative_count": Wording(
        "{name} counts {unit}: its {field} cannot be below zero.",
        "“{name}”以“{unit}”计，{field}不得为负数。",
        48,
    ),
    "indicator.target_unchanged": Wording("The target is this already.", "目标值未变，无需调整。", 48),
}

_REPORTS = {
    "report.unknown": Wording("The task has no such report.", "未找到该报告，请核对。"),
    "report.withdrawn": Wording(
        "The report was withdrawn; name the one that replaced it.", "该报告已撤回，请选择现行报告办理。"
    ),
    "report.verified": Wording(
        "The report is verified; if it is wrong, correct it.", "该报告已核实；如有差错，请作更正。", 48
    ),
    "report.disputed": Wording(
        "The report is disputed; it is to be corrected or verified first.",
        "该报告存在异议，请先更正或核实。",
        48,
    ),
    "report.published": Wording("The report is public already.", "该报告已公布，无需重复公布。", 50),
    "report.not_yours": Wording(
        "Only the unit that made the report, or the lead unit, corrects or withdraws it.",
        "报告应由原报送单位或牵头单位更正、撤回。",
        45,
    ),
    "report.correction_unchanged": Wording(
        "The correction changes nothing of the report.", "更正内容与原报告一致，请修改后提交。"
    ),
    "report.period_outside": Wording(
        "A report's period lies between the task's first month ({first}) and this month ({now}).",
        "报告期须在任务首月（{first}）至本月（{now}）之间。",
    ),
    "report.period_taken": Wording(
        "{period} has been reported; correct or withdraw that report.",
        "{period}进度已报送；如有变动，请更正或撤回原报告。",
    ),
    "report.value_twice": Wording("An indicator has two values.", "同一指标重复填报，请保留一个数值。", 48),
    "report.value_missing": Wording("Give a value for: {indicators}.", "请补填以下指标：{indicators}。", 48),
    "report.negative_count": Wording(
        "{name} counts {unit}: {value} is below zero.", "“{name}”以“{unit}”计，不得填报负数（{value}）。", 48
    ),
}

# What the service layer refuses before an aggregate is asked.
_REQUESTS = {
    "version.stale": Wording(
        "It was changed in the meantime; read it again and repeat.", "内容已被他人更新，请刷新后重新提交。"
    ),
    "idempotency.malformed_key": Wording(
        "The idempotency key must be 8 to 100 printable ASCII characters without spaces.",
        "请求编号（idempotencyKey）须为8至100位可见ASCII字符，不含空格。",
    ),
    "idempotency.key_reused": Wording(
        "This idempotency key was used for another command; choose a new one.",
        "该请求编号已用于其他请求，请更换。",
    ),
}

CATALOGUE: dict[str, Wording] = (
    _WRITING | _DOCUMENTS | _DIRECTORY | _CAMPAIGNS | _GROUPS | _TASKS | _INDICATORS | _REPORTS | _REQUESTS
)


def listing() -> str:
    """The catalogue as the Markdown of `docs/refusals.md`."""
    rows = (
        f"| `{code}` | {wording.article or ''} | {wording.en} | {wording.zh} |"
        for code, wording in CATALOGUE.items()
    )
    return "\n".join(
        (
            "# Refusals (不予受理)",
            "",
            "A command that breaks a rule is answered with one of these, and nothing is recorded. The code",
            "is stable; the sentence may be improved. `{name}` stands for a value of the case, `{field}` for",
            "the name of the input field. Generated from `domain/refusals.py`; a test holds it.",
            "",
            "| code | article | English | 中文 |",
            "|---|---|---|---|",
            *rows,
            "",
        )
    )
