"""Assessment schemes, scores, rankings and notices."""

from domain.refusals.wording import Wording

SCHEMES = {
    "scheme.none_in_force": Wording(
        "No assessment scheme is in force for {period}; adopt one first.",
        "{period}尚无施行中的考核办法，请先制定。",
        51,
    ),
    "scheme.without_measures": Wording(
        "The scheme in force says nothing of commendations and penalties; amend it first.",
        "现行考核办法未规定奖惩事项，请先修订。",
        51,
    ),
    "scheme.weights_not_100": Wording(
        "The weights of a category must sum to 100, not {total}.", "各项权重之和应为100，现为{total}。", 51
    ),
    "scheme.weight_not_positive": Wording("A weight must be above zero.", "权重须大于零。", 51),
    "scheme.ranks_nobody": Wording(
        "A scheme ranks at least one category of units.", "考核办法应至少对一类单位排名。", 51
    ),
    "scheme.code_twice": Wording("{field} names the same one twice.", "{field}有重复，请删除重复项。", 51),
    "scheme.too_many": Wording("{field} has more than {most} entries.", "{field}不得超过{most}项。", 51),
    "scheme.digits": Wording(
        "Points are rounded to 0 to {most} decimals.", "得分保留小数位数须为0至{most}位。", 51
    ),
    "scheme.cap_below_zero": Wording(
        "A cap is an amount, zero or above.", "加分、扣分上限须为不小于零的数。", 51
    ),
    "scheme.tie_breaker_unknown": Wording(
        "A tie-breaker names a component or adjustment of the scheme.",
        "并列时的比较项须为本办法所列的考核项或加减分项。",
        51,
    ),
    "scheme.period_published": Wording(
        "Rankings are published up to {period}; the scheme for those months stays. Choose a later one.",
        "{period}及以前的排名已经公布，考核办法不得追溯调整，请选择以后的月份。",
        51,
    ),
    "scheme.unchanged": Wording("The scheme says exactly this already.", "考核办法内容未变，无需修订。", 51),
    "scheme.category_not_ranked": Wording(
        "The scheme does not rank units of this category.", "考核办法不对该类单位排名。", 51
    ),
}

EVALUATIONS = {
    "evaluation.unknown": Wording("There is no such score.", "未找到该项评分，请核对。"),
    "evaluation.exists": Wording(
        "This has been scored already; correct the score instead.",
        "该单位该项已经评分，如有差错请办理更正。",
        51,
    ),
    "evaluation.component_unknown": Wording(
        "The scheme in force has no such component; it has: {known}.",
        "现行考核办法无此考核项，可选：{known}。",
        51,
    ),
    "evaluation.component_of_others": Wording(
        "The scheme does not weigh this component for units of this category; it weighs: {known}.",
        "考核办法对该类单位不设此考核项，可选：{known}。",
        51,
    ),
    "evaluation.not_by_hand": Wording(
        "{component} is not scored by hand: it comes from its own source.",
        "考核项{component}由系统汇总产生，不得人工评分。",
        51,
    ),
    "evaluation.not_this_evaluator": Wording(
        "A supervision group gives the supervision score, and nobody else does.",
        "督导评估分由督导评估组评定，其他考核项由攻坚办评定。",
        48,
    ),
    "evaluation.not_covering_unit": Wording(
        "The unit is not within the coverage of {group}.",
        "该单位不在{group}督导范围内，请由负责的督导评估组评分。",
        48,
    ),
    "evaluation.score_or_grade": Wording(
        "Give a score or a grade, exactly one of them.", "分数与等次须填写且只填写一项。", 51
    ),
    "evaluation.score_outside": Wording(
        "A score lies between 0 and 100, not at {score}.", "评分为百分制，须在0至100之间，现为{score}。", 51
    ),
    "evaluation.score_too_fine": Wording("A score has at most four decimals.", "评分最多保留四位小数。", 51),
    "evaluation.grade_unknown": Wording(
        "The scheme in force has no such grade; it has: {known}.", "现行考核办法无此等次，可选：{known}。", 51
    ),
    "evaluation.period_not_begun": Wording(
        "The period has not begun; score it later.", "该考核周期尚未开始，不能评分。", 51
    ),
    "evaluation.period_not_over": Wording(
        "The month is not over; progress is scored afterwards.", "当月尚未结束，月末后方可计算进度得分。", 51
    ),
    "evaluation.progress_recorded": Wording(
        "The progress of this month has been scored for every unit that has tasks.",
        "该月各单位的进度得分均已记录。",
        51,
    ),
    "evaluation.not_your_score": Wording("A group corrects its own scores only.", "只能更正本组的评分。", 48),
    "evaluation.corrected_already": Wording(
        "The score has been corrected; a correction is not corrected again.",
        "该评分已更正过一次，更正结果不得再次更正。",
        51,
    ),
    "evaluation.correction_unchanged": Wording(
        "The correction brings the score that is there.", "更正后的评分与原评分相同。", 51
    ),
}

RANKINGS = {
    "span.malformed": Wording(
        "A ranked period is a month 2020-05, a quarter 2020-Q2, or a year 2020.",
        "排名周期应写作月份2020-05、季度2020-Q2或年度2020。",
    ),
    "ranking.period_not_over": Wording(
        "The period is not over; publish its ranking afterwards.", "该周期尚未结束，不能公布排名。", 51
    ),
    "ranking.nobody_ranked": Wording(
        "No unit of the category has a score in the period.", "该周期内该类单位尚无评分，无法排名。", 51
    ),
    "ranking.unchanged": Wording(
        "The inputs are those of the published ranking; there is nothing to publish anew.",
        "计分依据与已公布的排名一致，无需重新公布。",
        51,
    ),
}

NOTICES = {
    "notice.ranking_missing": Wording(
        "Publish the ranking of every category first; missing: {categories}.",
        "请先公布各类别排名，尚缺：{categories}。",
        51,
    ),
    "notice.unchanged": Wording(
        "The notice shows the latest rankings already.", "通报已是最新排名，无需重新印发。", 51
    ),
    "notice.number_used": Wording(
        "A notice was issued under this number before; give another.", "该文号已使用，请更换。", 51
    ),
}
