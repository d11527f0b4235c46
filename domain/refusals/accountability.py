"""Commendations, accountability cases, what they are measured by, and whose record they stand in."""

from domain.refusals.wording import Wording

ACCOUNTABILITY = {
    "subject.one_of_both": Wording(
        "Name either a unit or an official, and not both.", "请填写单位或干部其中一项，不可同时填写。", 51
    ),
    # -- what a scheme says of merit and fault
    "measure.count": Wording("List 1 to {most} for the {field}.", "{field}须列1至{most}项。", 51),
    "measure.code_twice": Wording("A code is used twice for the {field}.", "{field}编码重复，请更换。", 51),
    "measure.term_out_of_range": Wording(
        "The {field} is 1 to {most} months, or left out.", "{field}须为1至{most}，或不填。", 51
    ),
    "measure.points_the_wrong_way": Wording(
        "The {field}: a commendation counts above zero, a penalty not above zero.",
        "{field}有误：表扬奖励须为正分，问责不得为正分。",
        51,
    ),
    "measure.points_too_fine": Wording("The {field} have at most 4 decimals.", "{field}最多4位小数。", 51),
    "measure.for_nobody": Wording(
        "Say whom it is for: units, officials, or both.", "请注明适用对象：单位、干部或两者。", 51
    ),
    "penalty.ladder_not_growing": Wording(
        "A graver step of the ladder takes away no fewer points than a milder one.",
        "问责阶梯须由轻到重排列，重者扣分不得少于轻者。",
        51,
    ),
    "appeal.days_out_of_range": Wording("The {field} is 1 to {most}.", "{field}须为1至{most}。", 51),
    "priority.step_unknown": Wording(
        "The barring step is not on the ladder; name one that is.", "否决档次不在问责阶梯中，请核对。", 51
    ),
    # -- commendations
    "commendation.exists": Wording(
        "A commendation with this code exists already; choose another code.",
        "该编码已用于其他表扬奖励，请更换。",
    ),
    "commendation.unknown": Wording("There is no such commendation.", "未找到该表扬奖励，请核对。"),
    "commendation.form_unknown": Wording(
        "The scheme has no such form; it has: {known}.", "考核办法未规定该形式，可选：{known}。", 51
    ),
    "commendation.form_not_for_them": Wording(
        "The form {form} is not for such a subject.", "“{form}”不适用于该类对象，请更换形式。", 51
    ),
    "commendation.decided": Wording(
        "The nomination has been confirmed or refused already.",
        "该申报已作出认定或不予认定，不再重复办理。",
        51,
    ),
    "commendation.not_confirmed": Wording(
        "Only a confirmed nomination is awarded.", "该申报尚未认定，不能表扬奖励。", 51
    ),
    "commendation.awarded": Wording("It was awarded already.", "已作表扬奖励，不再重复办理。", 51),
    "commendation.not_awarded": Wording("Nothing was awarded yet.", "尚未作出表扬奖励。", 51),
    "commendation.published": Wording("The commendation is public already.", "该表扬奖励已公布。", 51),
    "commendation.revoked": Wording("The commendation was revoked.", "该表扬奖励已撤销，不再办理。", 51),
    # -- accountability cases
    "ground.unknown": Wording(
        "There is no such ground; there are: {known}.", "无此问责事由，可选：{known}。", 51
    ),
    "ground.from_outside": Wording(
        "The ground {ground} comes from outside: give its reference, no event.",
        "事由{ground}来自外部，请填写来源编号，不填事件。",
        51,
    ),
    "ground.rests_on_an_event": Wording(
        "The ground {ground} rests on an event of the log, one of: {topics}.",
        "事由{ground}须依据日志中的事件：{topics}。",
        51,
    ),
    "ground.not_shown": Wording(
        "The event does not show what the ground {ground} says.", "所填事件不能证明事由{ground}，请核对。", 51
    ),
    "ground.not_missed": Wording(
        "No obligation of this id is missed or was met late; `obligations` tells their ids.",
        "该编号的履职任务未逾期，请在履职任务清单中核对。",
        51,
    ),
    "accountability_case.exists": Wording(
        "A case with this code exists already; choose another code.", "该编码已用于其他问责案件，请更换。"
    ),
    "accountability_case.unknown": Wording("There is no such case.", "未找到该问责案件，请核对。"),
    "accountability_case.not_happened_yet": Wording(
        "What a case is about happened no later than today ({today}).",
        "发生日期不得晚于今日（{today}）。",
        51,
    ),
    "accountability_case.no_fact": Wording(
        "Establish a fact first: there is nothing yet to be heard about.",
        "尚未查明事实，请先查明再听取陈述申辩。",
        51,
    ),
    "accountability_case.heard": Wording(
        "They were heard on all the facts established.", "已就查明的事实听取陈述申辩，无需重复。", 51
    ),
    "accountability_case.closed": Wording(
        "The case is closed; nothing more is done in it.", "该案已结案，不再办理。", 51
    ),
    "penalty.step_unknown": Wording(
        "The ladder has no such step; it has: {known}.", "问责阶梯无此方式，可选：{known}。", 51
    ),
    "penalty.step_not_for_them": Wording(
        "The step {step} is not for such a subject.", "“{step}”不适用于该类对象，请更换方式。", 51
    ),
    "penalty.without_fact": Wording(
        "A penalty rests on established facts; establish them first.",
        "作出处理决定前须查明事实，请先办理。",
        51,
    ),
    "penalty.unheard": Wording(
        "Hear them on all the facts before a penalty is imposed.",
        "作出处理决定前须就全部事实听取陈述申辩，请先办理。",
        51,
    ),
    "penalty.decided": Wording(
        "The case was decided already; a second decision is not taken.",
        "该案已作出处理决定，不得重复决定。",
        51,
    ),
    "penalty.none": Wording("No penalty was imposed yet.", "该案尚未作出处理决定。", 51),
    "penalty.published": Wording("The penalty is public already.", "该处理决定已公布。", 51),
    "penalty.overturned": Wording(
        "The penalty was overturned on appeal.", "该处理决定已因申诉撤销，不再办理。", 51
    ),
    "penalty.executed": Wording("The penalty was executed already.", "该处理决定已执行，无需重复办理。", 51),
    "penalty.not_executed": Wording(
        "Execute the penalty before the case is closed.", "处理决定尚未执行，不能结案。", 51
    ),
    "penalty.not_final": Wording(
        "A penalty is lifted once it is executed and nothing is left to appeal.",
        "处理决定执行完毕且申诉期满或申诉办结后，方可提前解除。",
        51,
    ),
    "penalty.lifted": Wording("The penalty was lifted already.", "该处理决定已提前解除。", 51),
    "penalty.expired": Wording(
        "The penalty's effect ended by itself on {until}.",
        "该处理决定的影响期已于{until}届满，无需解除。",
        51,
    ),
    "penalty.executed_outside": Wording(
        "The day of execution lies between {since} and today ({today}).",
        "执行日期须在{since}至今日（{today}）之间。",
        51,
    ),
    # -- appeals
    "appeal.not_yours": Wording(
        "Only the unit or official that was penalised may appeal.",
        "只有被问责的单位或干部本人可以提出申诉。",
        51,
    ),
    "appeal.too_late": Wording(
        "An appeal could be lodged until {until}.", "申诉期限至{until}止，现已逾期，不予受理。", 51
    ),
    "appeal.lodged_before": Wording(
        "An appeal was lodged already; there is one appeal.", "已提出过申诉，每案只受理一次申诉。", 51
    ),
    "appeal.none": Wording("No appeal was lodged.", "该案没有待处理的申诉。", 51),
    "appeal.decided": Wording(
        "The appeal was decided already; a second decision is not taken.",
        "该申诉已作出决定，不得重复决定。",
        51,
    ),
    "appeal.not_milder": Wording(
        "On appeal a penalty is only made milder than {step}.",
        "申诉不得加重处理，新的方式须轻于“{step}”。",
        51,
    ),
    "appeal.undecided": Wording(
        "Decide the appeal before the case is closed.", "申诉尚未处理，不能结案。", 51
    ),
    "appeal.period_open": Wording(
        "An appeal may still be lodged until {until}; close the case after that.",
        "申诉期限至{until}止，期满后方可结案。",
        51,
    ),
}
