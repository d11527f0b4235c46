"""Review meetings, the draw, and anonymous ratings."""

from domain.refusals.wording import Wording

MEETINGS = {
    "meeting.exists": Wording(
        "A meeting with this code exists already; choose another code.", "该编码已用于其他点评会，请更换。"
    ),
    "meeting.unknown": Wording("There is no such review meeting.", "未找到该点评会，请核对。"),
    "meeting.agenda_too_long": Wording("An agenda has at most 30 items.", "议程最多30项，请精简。"),
    "meeting.roll_size": Wording(
        "The roll names 1 to 2,000 attendees.", "参会人员名册应有1至2000人，请核对。", 49
    ),
    "meeting.attendee_twice": Wording(
        "An attendee is on the roll twice.", "参会人员重复，请删除重复人员。", 49
    ),
    "meeting.roll_unchanged": Wording("The roll is this already.", "参会人员名册未变，无需调整。"),
    "meeting.frozen_already": Wording(
        "The candidates of this meeting are frozen already.", "该次点评会抽取名单已固定，不得再变。", 49
    ),
    "meeting.not_frozen": Wording(
        "Freeze the candidates first: the list is published before the sources are known.",
        "请先固定并公布抽取名单，再录入抽签数据。",
        49,
    ),
    "meeting.drawn_already": Wording(
        "The units of this meeting are drawn; a draw is not repeated.",
        "该次点评会已抽取单位，不得重复抽取。",
        49,
    ),
    "meeting.rule_differs": Wording(
        "A draw was abandoned: the list is frozen again by the same rule, with the same quotas.",
        "前次抽取已放弃，再次固定名单须用同一规则和同样数量。",
        49,
    ),
    "meeting.abandoned_twice": Wording(
        "Two draws of this meeting were abandoned; there is no third.",
        "该次点评会已两次放弃抽取，不得再抽。",
        49,
    ),
    "meeting.one_person": Wording(
        "A draw is abandoned by somebody else than who froze its list.",
        "放弃抽取须由固定名单以外的人员办理。",
        49,
    ),
    "meeting.not_drawn": Wording("Draw the units first.", "请先抽取现场汇报单位。", 49),
    "meeting.ended": Wording("The minutes have ended this meeting.", "该次点评会已形成纪要，不再办理。"),
    "meeting.unit_not_drawn": Wording(
        "The unit was not drawn for this meeting.", "该单位不是本次抽取的汇报单位。", 49
    ),
    "meeting.presented_already": Wording("The unit has presented.", "该单位已作现场汇报。", 49),
    "meeting.not_presented": Wording(
        "Comments are on units that have presented.", "请在该单位汇报后点评。", 49
    ),
    "meeting.one_commentator": Wording(
        "A comment is made by a leader or by a group: name one of them.",
        "点评人应为分管领导或督导评估组，请填写其中一项。",
        49,
    ),
    "meeting.nobody_presented": Wording(
        "The stage is evaluated after units have presented.", "请在单位汇报后作阶段评价。", 49
    ),
    "meeting.not_evaluated": Wording(
        "First a chief leader evaluates the stage.", "请先由主要领导作阶段评价。", 49
    ),
}

DRAWS = {
    "draw.no_quota": Wording("Say how many units are drawn.", "请填写抽取数量。", 49),
    "draw.category_twice": Wording("A category has two quotas.", "同一类别的抽取数量重复，请保留一项。", 49),
    "draw.edition_of_other_quotas": Wording(
        "The edition {edition} draws other numbers of units; give this rule an edition of its own.",
        "规则版本{edition}对应的抽取数量不同，请另填版本名称。",
        49,
    ),
    "draw.quota_out_of_range": Wording("Draw 1 to 20 units of a category.", "每类抽取数量须为1至20个。", 49),
    "draw.too_few_units": Wording(
        "There are not so many units of the category {category}.",
        "{category}类别的单位不足，请减少抽取数量。",
        49,
    ),
    "draw.source_count": Wording("Announce 1 to 10 sources of chance.", "请公布1至10项抽签数据来源。", 49),
    "draw.source_twice": Wording("Two sources have the same name.", "抽签数据来源名称重复，请更改。", 49),
    "draw.sources_differ": Wording(
        "Enter the sources that were announced, each once: {announced}.",
        "请逐项录入已公布的抽签数据来源：{announced}。",
        49,
    ),
    "draw.number_count": Wording("A source has 1 to 50 numbers.", "每项数据来源应有1至50个数字。", 49),
    "draw.number_out_of_range": Wording(
        "The numbers of a source are whole, from 0 on, with at most 15 digits.",
        "抽签数字须为非负整数，不超过15位。",
        49,
    ),
    "draw.another_pending": Wording(
        "Another meeting has frozen its candidates and not drawn yet; draw there first.",
        "另一次点评会已固定名单、尚未抽取，请先完成该次抽取。",
        49,
    ),
    "draw.another_was_first": Wording(
        "Another meeting had frozen its candidates before and not drawn yet: abandon this draw.",
        "另一次点评会先固定名单且当时尚未抽取，本次抽取应予放弃。",
        49,
    ),
    "draw.month_taken": Wording(
        "Another meeting on this month has drawn, or abandoned a draw: a month is drawn for once.",
        "本月已有其他点评会抽取或放弃抽取，每月只抽取一次。",
        49,
    ),
    "draw.secret_revealed": Wording(
        "This secret was revealed before; bind the draw to a new one.", "该密值已公开，须另行承诺。", 49
    ),
    "draw.secret_differs": Wording(
        "The secret is not the one that was committed to.", "公开的密值与事先承诺不符，不能抽取。", 49
    ),
    "draw.secret_lost": Wording(
        "The secret that was committed to is not kept here any more.", "事先承诺的密值已丢失，不能抽取。", 49
    ),
}

RATINGS = {
    "rating.exists": Wording(
        "A rating box with this code exists already; choose another code.", "该编码已用于其他票箱，请更换。"
    ),
    "rating.unknown": Wording("There is no such rating box.", "未找到该票箱，请核对。"),
    "rating.grade_count": Wording("The scale has {grades} grades.", "评估等次应为{grades}档，请调整。", 49),
    "rating.grade_twice": Wording("Two grades have the same code.", "评估等次编码重复，请更改。", 49),
    "rating.grade_code": Wording(
        "A grade's code is 1 to 20 letters a-z.", "等次编码须为1至20位小写字母。", 49
    ),
    "rating.points_out_of_range": Wording("A grade counts 0 to 100 points.", "等次分值须为0至100。", 49),
    "rating.points_not_falling": Wording(
        "The best grade comes first, and each counts less than the one before.",
        "等次须由高到低排列，分值逐档递减。",
        49,
    ),
    "rating.unit_count": Wording("A box rates 1 to 100 units.", "每个票箱评估1至100个单位。", 49),
    "rating.unit_twice": Wording("A unit is named twice.", "被评单位重复，请删除重复单位。", 49),
    "rating.threshold_out_of_range": Wording(
        "The threshold is 2 to 100 ballots.", "公布门槛须为2至100票。", 49
    ),
    "rating.roll_size": Wording(
        "The roll has as many raters as the threshold at least, and 5,000 at most.",
        "评估人员名册不得少于公布门槛，且不超过5000人。",
        49,
    ),
    "rating.occasion_unclear": Wording(
        "Name a meeting, or the units, period and seats of a panel.",
        "请指定点评会，或填写评议单位、报告期和评议席位数。",
        49,
    ),
    "rating.closes_in_past": Wording(
        "The box closes after now; give a later time.", "封箱时间须晚于现在，请调整。", 49
    ),
    "rating.closes_too_late": Wording(
        "The box closes within {most} days; give an earlier time.", "封箱时间须在{most}天以内，请提前。", 49
    ),
    "rating.not_on_roll": Wording(
        "This rater is not on the roll of the box.", "该人员不在评估名册内，请核对。", 49
    ),
    "rating.rater_holds_credentials": Wording(
        "The rater holds credentials: an anonymous ballot cannot be taken back.",
        "该人员已领取评估凭证，无记名票不能收回，不得移出名册。",
        49,
    ),
    "rating.rater_twice": Wording(
        "A rater has collected by phone and by card.", "同一人员既用手机又领卡，请核对。", 49
    ),
    "rating.rater_has_card": Wording("The rater has drawn a card.", "该人员已领取纸质卡。", 49),
    "rating.rater_has_no_card": Wording("The rater has drawn no card.", "该人员未领取纸质卡。", 49),
    "rating.too_few_cards": Wording(
        "Only {printed} cards were printed; not so many can be handed out.",
        "仅印制{printed}张卡，发出数不得超过印制数。",
        49,
    ),
    "rating.cards_do_not_add_up": Wording(
        "Cards printed ({printed}) must be those handed out ({handed_out}) and returned ({returned}).",
        "印制{printed}张，不等于发出{handed_out}张加收回{returned}张，请重点。",
        49,
    ),
    "rating.nobody_collected": Wording("Nobody holds credentials yet.", "尚无人员领取评估凭证。", 49),
    "rating.rated_already": Wording(
        "Units of this box are rated at the meeting in another box; only a voided rating is repeated.",
        "本票箱的单位已在该次点评会的另一票箱评估，只有作废的评估可以重新进行。",
        49,
    ),
    "rating.collection_closed": Wording(
        "Check-in is over; no more credentials are issued.", "签到已截止，不再发放评估凭证。", 49
    ),
    "rating.not_casting_yet": Wording(
        "Casting begins when check-in is over.", "签到截止后方可投票，请稍候。", 49
    ),
    "rating.paper_count": Wording(
        "A batch has 1 paper at least, and no more than the {handed_out} cards that were handed out.",
        "每批纸票至少1张，不得超过已发出的{handed_out}张卡。",
        49,
    ),
    "rating.batch_exists": Wording(
        "This box has a batch with this code already; take another.", "该编码已用于本票箱的其他批次，请更换。"
    ),
    "rating.batch_unknown": Wording("This box has no such batch of papers.", "未找到该批纸票，请核对。"),
    "rating.batch_confirmed": Wording("The batch is confirmed already.", "该批纸票已复核。", 49),
    "rating.one_person": Wording(
        "Somebody else than who keyed the batch confirms it.", "复核人不得与录入人为同一人，请换人复核。", 49
    ),
    "rating.counts_differ": Wording(
        "The two counts differ: count the papers again, both of you.", "两人清点张数不一致，请重新清点。", 49
    ),
    "rating.sealed": Wording("The box is sealed.", "票箱已封，不再受理。", 49),
    "rating.not_sealed": Wording("The box is not sealed yet.", "票箱尚未封存。", 49),
    "rating.sealed_too_early": Wording(
        "Ballots are missing, and the box is open until its time; seal it then.",
        "尚有选票未投且未到封箱时间，请届时封箱。",
        49,
    ),
    "rating.more_ballots_than_raters": Wording(
        "There are more ballots than raters: the box must not be sealed; call the inspectorate.",
        "票数多于领证人数，不得封箱，请报监察部门核查。",
        49,
    ),
    "rating.urn_lost": Wording(
        "The database lost ballots in a crash. Casting is open again: post again, key the cards again.",
        "数据库故障致选票丢失，投票已重新开放：手机端将自动重投，纸质票请重新录入。",
        49,
    ),
    "rating.keys_destroyed_already": Wording(
        "The issuers' keys are destroyed already.", "签发密钥已销毁。", 49
    ),
    "rating.keys_not_destroyed": Wording(
        "Seal the box and destroy the issuers' keys first.", "请先封箱并销毁签发密钥。", 49
    ),
    "rating.revealed_already": Wording("The unused cards are revealed already.", "未用卡已公开。", 49),
    "rating.seeds_incomplete": Wording(
        "Reveal every card that came back, each once: {returned} of them.",
        "请逐张公开全部收回的卡，共{returned}张。",
        49,
    ),
    "rating.card_malformed": Wording(
        "A card's code has 20 characters; type it as it is printed.", "卡码应为20位，请按卡面录入。", 49
    ),
    "rating.card_unknown": Wording("No such card was printed for this box.", "该卡不是本票箱印制的卡。", 49),
    "rating.card_was_used": Wording(
        "A ballot of this card is in the box: it did not come back unused.",
        "该卡已投票，不是未用卡，请核查。",
        49,
    ),
    "rating.card_count": Wording("Print 1 to 500 cards at once.", "每次印制1至500张卡。", 49),
    "rating.cards_not_revealed": Wording(
        "Reveal the cards that came back before the results.", "请先公开收回的未用卡，再公布结果。", 49
    ),
    "rating.all_voided": Wording(
        "Every unit's rating is voided: there is no result.", "各单位评估均已作废，无结果可公布。", 49
    ),
    "rating.published": Wording("The results are public already.", "结果已公布。", 49),
    "rating.code_wrong": Wording(
        "This check-in code is not good; ask at the desk.", "签到码无效，请到签到台核对。", 49
    ),
    "rating.issued_already": Wording(
        "Credentials were issued to this person already, to another device.",
        "该人员已在其他设备领取凭证，不能再领。",
        49,
    ),
    "rating.units_incomplete": Wording(
        "Bring a blinded message for every unit and issuer of the box, and no other.",
        "请为票箱的每个单位和签发方各提交一份盲化消息。",
        49,
    ),
    "rating.blinded_malformed": Wording(
        "A blinded message is 256 bytes in base64, within the key's range.",
        "盲化消息格式有误，应为256字节的base64。",
        49,
    ),
    "rating.issuer_away": Wording(
        "The inspectorate's issuer cannot be reached or refused; try again.",
        "监察签发方暂不可用或未予签发，请稍后重试。",
        49,
    ),
    "rating.unit_not_rated": Wording(
        "The unit is not rated in this box.", "该单位不在本票箱评估范围内。", 49
    ),
    "rating.grade_unknown": Wording("The scale has no such grade.", "无此评估等次，请在所列等次中选择。", 49),
    "rating.ballot_malformed": Wording(
        "The ballot is not in the form that docs/rating.md describes.", "选票格式有误。", 49
    ),
    "rating.ballot_not_certified": Wording(
        "An issuer's signature does not fit: the ballot is not of this box and unit.",
        "签发签名不符，该票不属于本票箱的该单位。",
        49,
    ),
    "rating.ballot_forged": Wording(
        "The ballot's own signature does not fit its grade.", "选票签名与等次不符，不予受理。", 49
    ),
    "rating.already_cast": Wording(
        "A ballot with this key and another grade is in the box; it stays.",
        "该票已投，等次不能更改。",
        49,
    ),
    "rating.server_logs": Wording(
        "The database logs statements, and would keep ballots with their time: switch that off first.",
        "数据库日志会记录选票及时间，请先关闭语句日志。",
        49,
    ),
    "rating.unsigned": Wording(
        "What opened this box is not in a signed checkpoint yet; checkpoints follow every few seconds.",
        "票箱的设立尚未列入已签名的检查点，请稍候再试。",
        49,
    ),
    "rating.busy": Wording("Many ballots arrive at once; try again in a moment.", "投票较多，请稍后重试。"),
}
