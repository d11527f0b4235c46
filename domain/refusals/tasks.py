"""Tasks, their indicators and their reports."""

from domain.refusals.wording import Wording

TASKS = {
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

INDICATORS = {
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

REPORTS = {
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
