"""How fields, figures and days are spoken of in the sentences of the domain, in English and Chinese.

A field is the path of an input in its own camelCase names, list places counted from 0: `indicators.0.name` is
"name of indicator 1", 第1项指标的名称.
"""

from datetime import date
from decimal import Decimal
from typing import NamedTuple


class Spoken(NamedTuple):
    en: str
    zh: str


# A name that means something else inside another is listed with its container.
FIELD_NAMES = {
    "article": Spoken("article", "方案条目序号"),
    "assumed": Spoken("assumed field", "推定字段"),
    "baseline": Spoken("baseline", "基数"),
    "campaign": Spoken("campaign", "攻坚战"),
    "campaigns": Spoken("campaign", "攻坚战"),
    "code": Spoken("code", "编码"),
    "deadline": Spoken("deadline", "完成时限"),
    "deliveredOn": Spoken("day of delivery", "完成日期"),
    "document": Spoken("document", "依据文件"),
    "document.number": Spoken("number", "文号"),
    "document.title": Spoken("title", "标题"),
    "due": Spoken("date", "日期"),
    "end": Spoken("last day", "结束日期"),
    "evidence": Spoken("evidence", "佐证材料"),
    "evidence.title": Spoken("title", "名称"),
    "expectedVersion": Spoken("expected version", "预期版本号"),
    "goal": Spoken("goal", "攻坚目标"),
    "group": Spoken("supervision group", "督导评估组"),
    "idempotencyKey": Spoken("idempotency key", "请求编号"),
    "indicator": Spoken("indicator code", "指标编码"),
    "indicators": Spoken("indicator", "指标"),
    "issuedOn": Spoken("date", "日期"),
    "leadUnit": Spoken("lead unit", "牵头单位"),
    "leader": Spoken("leader", "牵头人"),
    "members": Spoken("member", "成员"),
    "milestones": Spoken("milestone", "节点"),
    "milestones.title": Spoken("title", "名称"),
    "name": Spoken("name", "名称"),
    "narrative": Spoken("narrative", "进展情况"),
    "note": Spoken("note", "备注"),
    "number": Spoken("number", "序号"),
    "official": Spoken("official", "干部"),
    "outlet": Spoken("outlet", "公布渠道"),
    "period": Spoken("period", "报告期"),
    "post": Spoken("post", "职务"),
    "reason": Spoken("reason", "理由"),
    "remark": Spoken("remark", "意见"),
    "report": Spoken("report", "报告"),
    "sha256": Spoken("SHA-256", "SHA-256值"),
    "share": Spoken("share", "累计进度"),
    "since": Spoken("first day", "起始日期"),
    "start": Spoken("start", "开始日期"),
    "statement": Spoken("statement", "完成情况说明"),
    "supportingUnits": Spoken("supporting unit", "配合单位"),
    "target": Spoken("target", "目标值"),
    "task": Spoken("task", "任务"),
    "title": Spoken("title", "任务名称"),
    "unit": Spoken("unit", "单位"),
    "unitOfMeasure": Spoken("unit of measure", "计量单位"),
    "units": Spoken("unit", "单位"),
    "until": Spoken("last day", "截止日期"),
    "url": Spoken("address", "网址"),
    "value": Spoken("value", "数值"),
    "values": Spoken("value", "填报项"),
    "topics": Spoken("topic", "事件类型"),
    "webhook": Spoken("webhook", "推送地址"),
    "weight": Spoken("weight", "权重"),
    # -- assessment
    "adjustments": Spoken("adjustment", "加减分项"),
    "categories": Spoken("category", "单位类别"),
    "category": Spoken("category", "单位类别"),
    "component": Spoken("component", "考核项"),
    "components": Spoken("component", "考核项"),
    "content": Spoken("scheme", "考核办法"),
    "digits": Spoken("number of decimals", "小数位数"),
    "effectiveFrom": Spoken("effective from", "施行月份"),
    "evaluation": Spoken("score", "评分"),
    "grade": Spoken("grade", "等次"),
    "grades": Spoken("grade", "等次"),
    "mostAdded": Spoken("most added", "加分上限"),
    "mostDeducted": Spoken("most deducted", "扣分上限"),
    "notice.number": Spoken("number", "文号"),
    "score": Spoken("score", "评分"),
    "text": Spoken("text", "正文"),
    "tieBreakers": Spoken("tie-breaker", "并列比较项"),
    # -- accountability
    "accountabilityCase": Spoken("accountability case", "问责案件"),
    "appealDays": Spoken("appeal period in days", "申诉期限（日）"),
    "barringStep": Spoken("barring step", "一票否决档次"),
    "commendation": Spoken("commendation", "表扬奖励"),
    "decidedBy": Spoken("deciding body", "决定机关"),
    "executedOn": Spoken("day of execution", "执行日期"),
    "fact": Spoken("fact", "事实"),
    "form": Spoken("form", "表扬奖励形式"),
    "forms": Spoken("form", "表扬奖励形式"),
    "ground": Spoken("ground", "事由"),
    "grounds": Spoken("grounds", "事由"),
    "happenedOn": Spoken("day it happened", "发生日期"),
    "ladder": Spoken("step", "问责方式"),
    "leastMerits": Spoken("least merits", "最低加分"),
    "legalBasis": Spoken("legal basis", "处理依据"),
    "measures": Spoken("measures", "奖惩规定"),
    "nameEn": Spoken("English name", "英文名称"),
    "points": Spoken("points", "分值"),
    "position": Spoken("position of the event", "所依据事件"),
    "priority": Spoken("priority rule", "优先规则"),
    "reference": Spoken("reference", "来源编号"),
    "step": Spoken("step", "问责方式"),
    "subjects": Spoken("subjects", "适用对象"),
    "summary": Spoken("summary", "案情摘要"),
    "termMonths": Spoken("term in months", "影响期（月）"),
    # audit
    "erasure": Spoken("erasure", "删除事项"),
    "events": Spoken("event", "事件"),
    # meetings and ratings
    "agenda": Spoken("agenda item", "议程"),
    "agenda.title": Spoken("title", "标题"),
    "attendees": Spoken("attendee", "参会人员"),
    "blinded": Spoken("blinded message", "盲化消息"),
    "box": Spoken("rating box", "票箱"),
    "cardsReturned": Spoken("number of cards returned", "收回卡数"),
    "batch": Spoken("batch", "批次"),
    "closesAt": Spoken("closing time", "封箱时间"),
    "count": Spoken("number", "数量"),
    "edition": Spoken("edition of the rule", "规则版本"),
    "en": Spoken("English name", "英文名称"),
    "heldOn": Spoken("day of the meeting", "会议日期"),
    "key": Spoken("key", "公钥"),
    "meeting": Spoken("review meeting", "点评会"),
    "numbers": Spoken("number", "数字"),
    "papers": Spoken("number of papers", "纸票张数"),
    "place": Spoken("place", "地点"),
    "presenter": Spoken("presenter", "汇报人"),
    "quotas": Spoken("quota", "抽取数量"),
    "rater": Spoken("rater", "评估人员"),
    "roll": Spoken("roll", "名册"),
    "scale": Spoken("grade", "评估等次"),
    "seats": Spoken("number of seats", "席位数"),
    "seeds": Spoken("card", "卡码"),
    "signature": Spoken("signature", "签名"),
    "signatures": Spoken("issuer's signature", "签发签名"),
    "sources": Spoken("source", "抽签数据来源"),
    "speaker": Spoken("speaker", "发言人"),
    "threshold": Spoken("threshold", "公布门槛"),
    "zh": Spoken("Chinese name", "中文名称"),
    # supervision
    "agency": Spoken("agency", "评估机构"),
    "appraisal": Spoken("appraisal", "评议"),
    "askedBy": Spoken("asker", "提问人"),
    "attendance": Spoken("attendance", "参训人数"),
    "ballots": Spoken("ballot session", "票箱场次"),
    "behind": Spoken("schedule deviation", "进度偏差"),
    "case": Spoken("case", "案例"),
    "cases": Spoken("case", "案例"),
    "channel": Spoken("channel", "渠道"),
    "course": Spoken("course", "培训"),
    "day": Spoken("day", "日期"),
    "decisions": Spoken("decision", "决定"),
    "description": Spoken("description", "问题描述"),
    "escalatesTo": Spoken("higher level", "升级牌级"),
    "inquiry": Spoken("inquiry", "问询"),
    "instruction": Spoken("instruction", "交办要求"),
    "keyTaskSteps": Spoken("steps of a key task", "重点任务提级数"),
    "level": Spoken("level", "牌级"),
    "levels": Spoken("level", "牌级"),
    "missingReports": Spoken("missing reports", "欠报期数"),
    "on": Spoken("day", "日期"),
    "opinion": Spoken("opinion", "会商意见"),
    "overdueDays": Spoken("days overdue", "逾期天数"),
    "panel": Spoken("panel group", "评议团组别"),
    "problem": Spoken("problem", "问题"),
    "problemCode": Spoken("code of the problem", "问题编码"),
    "record": Spoken("record", "约谈记录"),
    "repeatDays": Spoken("days until repetition", "再次亮牌间隔"),
    "repetitions": Spoken("repetition", "累计规则"),
    "reportGraceDays": Spoken("days of grace", "报送宽限天数"),
    "result": Spoken("result", "办理结果"),
    "role": Spoken("role", "专班职责"),
    "scores": Spoken("score", "评估得分"),
    "session": Spoken("session", "问政场次"),
    "subjectMatter": Spoken("subject", "评估事项"),
    "theme": Spoken("theme", "主题"),
    "times": Spoken("times", "次数"),
    "urge": Spoken("urge", "催办"),
    "urgeDaysBefore": Spoken("days of notice", "到期提醒天数"),
    "visit": Spoken("visit", "督导"),
    "assessment": Spoken("assessment", "总体评价"),
    "monthlyReport": Spoken("monthly report", "督导月报"),
    "recipient": Spoken("recipient", "报送对象"),
    "suggestions": Spoken("suggestions", "工作建议"),
}


def spoken_field(path: str) -> Spoken:
    """The name of the field at `path`; a part that is not listed stands for itself."""
    named: list[Spoken] = []
    container = ""
    for part in path.split("."):
        if part.isdecimal() and named:
            place = int(part) + 1
            named[-1] = Spoken(f"{named[-1].en} {place}", f"第{place}项{named[-1].zh}")
            continue
        name = FIELD_NAMES.get(f"{container}.{part}") or FIELD_NAMES.get(part) or Spoken(part, part)
        named.append(name)
        container = part
    return Spoken(" of ".join(n.en for n in reversed(named)), "的".join(n.zh for n in named))


def english(value: object) -> str:
    """The value in an English sentence: a figure without an exponent, a day as 2020-06-30."""
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def chinese(value: object) -> str:
    """The value in a Chinese sentence: a figure without an exponent, a day as 2020年6月30日."""
    if isinstance(value, date):
        return f"{value.year}年{value.month}月{value.day}日"
    return english(value)
