"""Cards and urges, problems and the conference on them, visits, oversight, learning from each other."""

from domain.refusals.wording import Wording

CARDS = {
    "card_scheme.none_adopted": Wording(
        "No scheme of cards is adopted; adopt one first.", "尚未发布亮牌办法，请先发布。", 25
    ),
    "card_scheme.unchanged": Wording(
        "This scheme is in force already.", "与现行亮牌办法相同，无需重新发布。", 25
    ),
    "card_scheme.level_dropped": Wording(
        "A later edition keeps the codes of the levels; cards of earlier editions stand.",
        "新版办法应保留原有牌级编码（已亮的牌仍然有效），请补充。",
        25,
    ),
    "card_scheme.ladder_size": Wording("A ladder has 2 to 6 levels.", "牌级应为2至6级。", 25),
    "card_scheme.level_twice": Wording("A level's code is used twice.", "牌级编码重复，请更换。", 25),
    "card_scheme.first_level": Wording(
        "The first level is the one of a task in order: no threshold, no points.",
        "首级表示进展正常，不设门槛、不扣分。",
        25,
    ),
    "card_scheme.not_growing": Wording(
        "Thresholds and penalties must not shrink up the ladder.",
        "牌级越高，门槛和扣分不得降低，请调整。",
        25,
    ),
    "card_scheme.threshold_out_of_range": Wording(
        "The {field} is out of range: a share above 0 and at most 1; 1 to 366 days or reports.",
        "{field}超出范围：进度偏差须大于0且不超过1，天数、期数须为1至366。",
        25,
    ),
    "card_scheme.points_out_of_range": Wording(
        "The {field} must lie in -100 to 0.", "{field}须在-100至0之间。", 25
    ),
    "card_scheme.days_out_of_range": Wording(
        "The {field} is out of range: repeat after 7 to 366 days; up to 5 different notices of 1 to 180 days;"
        " grace of 1 to 60 days.",
        "{field}超出范围：再次亮牌7至366天；提醒至多5档，各1至180天；宽限1至60天。",
        25,
    ),
    "card_scheme.key_task_steps": Wording(
        "A key task cannot enter above the ladder.", "重点任务起始牌级超出阶梯，请减少提级数。", 25
    ),
    "card_scheme.repetition_twice": Wording(
        "A level has two rules of repetition.", "同一牌级设有两条累计规则。", 25
    ),
    "card_scheme.times_out_of_range": Wording("A level repeats 2 to 12 times.", "累计次数须为2至12次。", 25),
    "card_scheme.escalates_downward": Wording(
        "A repetition escalates to a higher level only.", "累计升级须指向更高牌级，请调整。", 25
    ),
    "card_scheme.repetition_empty": Wording(
        "A repetition brings another level, or an interview (and with it perhaps a written report).",
        "累计规则须为升级，或约谈（可同时要求书面说明），二者择一。",
        25,
    ),
    "card.unknown_level": Wording(
        "The scheme has no level {level} that can be shown.",
        "现行亮牌办法没有可亮的牌级{level}，请核对。",
        25,
    ),
    "card.first_level": Wording(
        "The first level says that all is in order; lift the card instead.",
        "首级表示进展正常，请改用摘牌。",
        25,
    ),
    "card.not_higher": Wording(
        "The task has a card of this level or a higher one.", "该任务已亮同级或更高级别的牌。", 25
    ),
    "card.ladder_skipped": Wording(
        "Cards go up step by step; the next is {next}.", "亮牌应逐级进行，下一级为{next}，请勿越级。", 25
    ),
    "card.none_shown": Wording("The task has no card to lift.", "该任务未亮牌，无需摘牌。", 25),
    "card.task_not_in_progress": Wording(
        "The task is delivered or closed; no card is shown on it.", "该任务已交账或销号，不再亮牌。", 25
    ),
    "card.no_interview_ordered": Wording("No interview is due on this task.", "该任务没有待进行的约谈。", 25),
    "card.no_report_ordered": Wording(
        "No written report is due on this task.", "该任务没有待提交的书面说明。", 25
    ),
    "urge.unknown": Wording("There is no such urge.", "未找到该催办，请核对。", 45),
    "urge.exists": Wording("The unit was urged on this occasion already.", "该事项已催办，请勿重复。", 45),
    "urge.acknowledged": Wording("The urge is acknowledged already.", "该催办已签收。", 45),
    "urge.not_your_unit": Wording("Another unit was urged.", "该催办不是发给本单位的。", 45),
    "urge.task_not_in_progress": Wording(
        "The task is delivered or closed; nobody is urged.", "该任务已交账或销号，无需催办。", 45
    ),
    "sweep.conducted": Wording("{on} was swept already.", "{on}已完成每日调度。", 25),
    "sweep.before_the_log": Wording(
        "Nothing was recorded yet at the end of {on}; check the day.",
        "{on}尚无任何记录，无需调度，请核对日期。",
        25,
    ),
    "sweep.out_of_order": Wording(
        "Days are swept in order; {last} is swept already.", "每日调度须按日期顺序进行，已完成至{last}。", 25
    ),
}

PROBLEMS = {
    "problem.unknown": Wording("There is no such problem.", "未找到该问题，请核对。", 25),
    "problem.exists": Wording(
        "A problem with this code is listed already.", "该编码已用于其他问题，请更换。", 25
    ),
    "problem.closed": Wording(
        "The problem is closed; reopen it first.", "该问题已销号，如需处理请先重新打开。", 25
    ),
    "problem.not_closed": Wording("The problem is not closed.", "该问题尚未销号，无需重新打开。", 25),
    "problem.resolved": Wording(
        "The problem is resolved and awaits verification.", "该问题已整改，正待核查销号。", 25
    ),
    "problem.not_resolved": Wording(
        "The problem is not resolved yet; nothing is to be verified.",
        "该问题尚未整改完成，不能核查销号。",
        25,
    ),
    "problem.not_assigned": Wording(
        "The problem is not assigned to a unit yet.", "该问题尚未交办，请先明确责任单位。", 25
    ),
    "problem.assignment_unchanged": Wording(
        "The problem is this unit's already.", "该问题已由该单位负责。", 25
    ),
    "problem.not_your_unit": Wording("The problem is another unit's.", "该问题不由本单位负责。", 25),
    "problem.no_measures": Wording(
        "Set measures and a deadline before the problem is resolved.",
        "请先制定整改措施和时限，再报整改完成。",
        25,
    ),
    "problem.deadline_past": Wording("The {field} must not lie in the past.", "{field}不得早于当日。", 25),
    "problem.deadline_ordered": Wording(
        "The joint conference set {ordered}; a unit cannot put that off.",
        "联席会议已确定整改时限为{ordered}，不得推迟。",
        25,
    ),
    "problem.day_outside": Wording(
        "The day must lie between {since}, when the problem was listed, and today.",
        "日期须在列入清单之日（{since}）至今日之间。",
        25,
    ),
    "problem.source_of_other_role": Wording(
        "A unit lists what it found itself, a group what it found; the rest is the office's.",
        "责任单位只登记自查问题，督导评估组只登记督导发现问题，其他来源由攻坚办登记。",
        25,
    ),
    "problem_list.unknown": Wording(
        "The month's problem list is not compiled yet.", "当月问题清单尚未形成，请先形成清单。", 25
    ),
    "problem_list.exists": Wording(
        "The month's problem list is compiled already.", "当月问题清单已形成。", 25
    ),
    "problem_list.too_early": Wording(
        "The list may be compiled from {earliest} on.", "当月问题清单自{earliest}起方可形成。", 25
    ),
    "joint_conference.unknown": Wording("There is no such conference.", "未找到该次联席会议，请核对。", 25),
    "joint_conference.exists": Wording(
        "The month's conference was held already.", "当月联席会议已召开。", 25
    ),
    "joint_conference.day_outside": Wording(
        "The conference lies between {since}, when its list was compiled, and today.",
        "会议日期须在问题清单形成之日（{since}）至今日之间。",
        25,
    ),
    "joint_conference.nobody": Wording("A conference has units that attend.", "请填写参会单位。", 25),
    "joint_conference.unit_twice": Wording("A unit is named twice.", "参会单位重复，请删除。", 25),
    "joint_conference.not_on_list": Wording(
        "The problem is not on the month's list.", "该问题不在当月问题清单内。", 25
    ),
    "joint_conference.problem_twice": Wording(
        "A problem is decided twice.", "同一问题有两项决定，请合并。", 25
    ),
    "joint_conference.undecided": Wording(
        "Every open problem of the list is decided; {left} are left.",
        "清单内未销号问题须逐项决定，还有{left}项未决定。",
        25,
    ),
}

OVERSIGHT = {
    "supervision.not_yet": Wording("The {field} must not lie in the future.", "{field}不得晚于当日。"),
    "supervision.published": Wording("It is published already.", "已公布，无需重复公布。", 50),
    "visit.unknown": Wording("There is no such visit.", "未找到该次督导，请核对。", 48),
    "visit.exists": Wording(
        "A visit with this code is recorded already.", "该编码已用于其他督导，请更换。", 48
    ),
    "visit.nobody": Wording("A visit goes to at least one unit.", "请填写被督导单位。", 48),
    "visit.unit_twice": Wording("A unit is named twice.", "被督导单位重复，请删除。", 48),
    "visit.unit_not_visited": Wording("The visit did not go to this unit.", "该单位不在本次督导范围内。", 48),
    "visit.not_your_group": Wording("The visit is another group's.", "该次督导由其他督导评估组开展。", 48),
    "visit.too_many_findings": Wording("A visit has at most 100 findings.", "一次督导至多记录100条。", 48),
    "finding.official_of_other_kind": Wording(
        "Only a finding on a person names an official.", "仅“典型人物”可填写干部。", 48
    ),
    "finding.lists_no_problem": Wording(
        "Only a finding of a problem puts one on the list.", "仅“问题”可列入问题清单。", 48
    ),
    "question.unknown": Wording("There is no question of this number.", "没有该序号的问题，请核对。", 50),
    "question.not_your_unit": Wording("The question goes to another unit.", "该问题由其他单位答复。", 50),
    "question.answered": Wording("The question is answered already.", "该问题已答复。", 50),
    "question.too_many": Wording("There are 100 of them already.", "数量已达100条上限。", 50),
    "follow_up.unknown": Wording(
        "There is no follow-up of this number.", "没有该序号的交办事项，请核对。", 50
    ),
    "follow_up.deadline_past": Wording("The {field} must not lie in the past.", "{field}不得早于当日。", 50),
    "follow_up.not_your_unit": Wording("The follow-up is another unit's.", "该交办事项由其他单位负责。", 50),
    "follow_up.completed": Wording("The follow-up is done already.", "该交办事项已办结。", 50),
    "question_time.unknown": Wording("There is no such question time.", "未找到该期问政，请核对。", 50),
    "question_time.exists": Wording("The week has a question time already.", "该周已安排问政。", 50),
    "question_time.week_taken": Wording("The week has a question time already.", "该周已安排问政。", 50),
    "question_time.nobody": Wording("No unit has a leading official.", "尚无在任主要负责人可安排。", 50),
    "question_time.turn_taken": Wording(
        "The unit has had its turn; {left} others come first.",
        "该单位本轮已上台，还有{left}个单位未轮到。",
        50,
    ),
    "question_time.not_held_yet": Wording("The session has not been held yet.", "该期问政尚未举行。", 50),
    "question_time.no_question": Wording("No question was asked.", "该期问政尚无提问。", 50),
    "question_time.unanswered": Wording(
        "{left} questions are not answered yet.", "还有{left}个问题未答复。", 50
    ),
    "question_time.concluded": Wording("The session is concluded.", "该期问政已结束。", 50),
    "inquiry.unknown": Wording("There is no such inquiry.", "未找到该次问询，请核对。", 50),
    "inquiry.exists": Wording(
        "An inquiry with this code exists already.", "该编码已用于其他问询，请更换。", 50
    ),
    "inquiry.unit_twice": Wording("A unit is named twice.", "被问询单位重复，请删除。", 50),
    "inquiry.too_few_departments": Wording(
        "An inquiry asks at least two city departments, not {asked}.",
        "每次问询至少两个市直部门，现为{asked}个，请补充。",
        50,
    ),
    "inquiry.unit_not_asked": Wording(
        "The inquiry does not ask this unit.", "该单位不在本次问询范围内。", 50
    ),
    "inquiry.not_questioned": Wording("The unit was asked nothing yet.", "尚未向该单位提问。", 50),
    "inquiry.unanswered": Wording(
        "The unit has not answered all of its questions.", "该单位尚有问题未答复。", 50
    ),
    "inquiry.rated": Wording("The unit is rated already.", "该单位已评价。", 50),
    "inquiry.not_held_yet": Wording("The inquiry has not been held yet.", "该次问询尚未举行。", 50),
    "appraisal.no_unit": Wording("At least one unit is appraised.", "请填写被评单位。", 50),
    "appraisal.unit_twice": Wording("A unit is named twice.", "单位重复，请删除。", 50),
    "third_party_evaluation.unknown": Wording(
        "There is no such evaluation.", "未找到该第三方评估，请核对。", 50
    ),
    "third_party_evaluation.exists": Wording(
        "An evaluation with this code exists already.", "该编码已用于其他第三方评估，请更换。", 50
    ),
    "third_party_evaluation.reported": Wording(
        "The third party has reported already.", "该评估报告已提交。", 50
    ),
    "third_party_evaluation.not_reported": Wording(
        "The third party has not reported yet.", "该评估报告尚未提交。", 50
    ),
    "third_party_evaluation.not_these_units": Wording(
        "Each of the units is scored once, and no other.", "评估得分须与被评单位逐一对应。", 50
    ),
    "third_party_evaluation.score_out_of_range": Wording(
        "A score lies in 0 to 100.", "评估得分须在0至100之间。", 50
    ),
    "public_appraisal.unknown": Wording("There is no such appraisal.", "未找到该次评议，请核对。", 50),
    "public_appraisal.exists": Wording(
        "An appraisal with this code exists already.", "该编码已用于其他评议，请更换。", 50
    ),
    "public_appraisal.no_panel": Wording("An appraisal has a panel.", "请填写评议团组成。", 50),
    "public_appraisal.group_twice": Wording(
        "A group of the panel is named twice.", "评议团组别重复，请合并。", 50
    ),
    "public_appraisal.seats_out_of_range": Wording(
        "A group has 1 to 1000 seats.", "每组人数须为1至1000人。", 50
    ),
    "public_appraisal.not_held_yet": Wording("The session has not been held yet.", "该次评议尚未举行。", 50),
    "public_appraisal.recorded": Wording("The result is recorded already.", "评议结果已记录。", 50),
    "public_appraisal.no_result": Wording("There is no result to publish yet.", "尚无评议结果可公布。", 50),
    "public_appraisal.units": Wording(
        "Grades are of the units appraised, all of them.", "评议结果须覆盖全部被评单位。", 50
    ),
    "public_appraisal.grade_twice": Wording(
        "A grade of a unit is counted twice.", "同一单位同一等次重复计数。", 50
    ),
    "public_appraisal.count_out_of_range": Wording(
        "The {field} must be 0 to 10000.", "{field}须为0至10000。", 50
    ),
    "public_appraisal.too_many_ballots": Wording(
        "A unit has more grades than the panel has seats ({seats}).", "得票超过评议团人数（{seats}人）。", 50
    ),
}

LEARNING = {
    "exemplary_case.unknown": Wording("There is no such case.", "未找到该案例，请核对。", 47),
    "exemplary_case.exists": Wording(
        "A case with this code exists already.", "该编码已用于其他案例，请更换。", 47
    ),
    "exemplary_case.selected": Wording("The case is selected already.", "该案例已入选。", 47),
    "exemplary_case.not_selected": Wording("The case is not selected yet.", "该案例尚未入选。", 47),
    "exchange_meeting.unknown": Wording("There is no such meeting.", "未找到该次交流会，请核对。", 47),
    "exchange_meeting.exists": Wording(
        "A meeting with this code exists already.", "该编码已用于其他交流会，请更换。", 47
    ),
    "exchange_meeting.no_case": Wording(
        "An exchange meeting shows at least one case.", "交流会应至少展示一个案例。", 47
    ),
    "exchange_meeting.case_twice": Wording("A case is named twice.", "案例重复，请删除。", 47),
    "training_course.unknown": Wording("There is no such course.", "未找到该培训，请核对。", 46),
    "training_course.exists": Wording(
        "A course with this code exists already.", "该编码已用于其他培训，请更换。", 46
    ),
    "training_course.not_scheduled": Wording(
        "The course was held or cancelled already.", "该培训已举办或已取消。", 46
    ),
    "training_course.not_your_unit": Wording("The course is another unit's.", "该培训由其他单位举办。", 46),
    "training_course.attendance": Wording("The attendance is 1 to 100000.", "参训人数须为1至100000人。", 46),
}

TASK_FORCES = {
    "task_force.full": Wording(
        "The task force has 8 members in office already.", "专班在任成员已满8人。", 45
    ),
    "task_force.no_member": Wording("The official is not on the task force.", "该干部不是专班在任成员。", 45),
    "task_force.leader_in_office": Wording(
        "The task force has a leader already; release them first.", "专班已有牵头市领导，请先办理退出。", 45
    ),
}

MONTHLY_REPORTS = {
    "monthly_report.unknown": Wording("There is no such monthly report.", "未找到该督导月报，请核对。", 48),
    "monthly_report.month_not_over": Wording(
        "The month is not over: it ends on {end}, and is reported on from the next day.",
        "该月尚未结束（{end}止），请于次日起生成月报。",
        48,
    ),
    "monthly_report.unchanged": Wording(
        "The report says what its latest edition says; nothing is to be generated.",
        "月报内容与最新版次相同，无需重新生成。",
        48,
    ),
    "monthly_report.submitted": Wording("The report is submitted already.", "该督导月报已报送。", 48),
    "monthly_report.not_latest": Wording(
        "This is not the SHA-256 of the report's latest edition; read that one.",
        "文件指纹与最新版次不符，请核对最新版次。",
        48,
    ),
    "monthly_report.reviewed": Wording("This edition is reviewed already.", "该版次已审核。", 48),
    "monthly_report.not_reviewed": Wording(
        "The latest edition is not reviewed yet; the group's leader reviews it first.",
        "最新版次尚未审核，请先由组长审核。",
        48,
    ),
    "monthly_report.not_your_group": Wording(
        "The report is another group's.", "该月报属于其他督导评估组。", 48
    ),
}
