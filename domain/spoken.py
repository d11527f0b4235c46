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
    "weight": Spoken("weight", "权重"),
    # supervision
    "agency": Spoken("agency", "评估机构"),
    "appraisal": Spoken("appraisal", "评议"),
    "askedBy": Spoken("asker", "提问人"),
    "attendance": Spoken("attendance", "参训人数"),
    "attendees": Spoken("attending unit", "参会单位"),
    "ballots": Spoken("ballot session", "票箱场次"),
    "behind": Spoken("schedule deviation", "进度偏差"),
    "case": Spoken("case", "案例"),
    "cases": Spoken("case", "案例"),
    "channel": Spoken("channel", "渠道"),
    "count": Spoken("count", "票数"),
    "course": Spoken("course", "培训"),
    "day": Spoken("day", "日期"),
    "decisions": Spoken("decision", "决定"),
    "description": Spoken("description", "问题描述"),
    "escalatesTo": Spoken("higher level", "升级牌级"),
    "evaluation": Spoken("evaluation", "第三方评估"),
    "grade": Spoken("grade", "等次"),
    "grades": Spoken("grade count", "得票"),
    "grounds": Spoken("grounds", "评分依据"),
    "inquiry": Spoken("inquiry", "问询"),
    "instruction": Spoken("instruction", "交办要求"),
    "keyTaskSteps": Spoken("steps of a key task", "重点任务提级数"),
    "level": Spoken("level", "牌级"),
    "levels": Spoken("level", "牌级"),
    "measures": Spoken("measures", "整改措施"),
    "missingReports": Spoken("missing reports", "欠报期数"),
    "on": Spoken("day", "日期"),
    "opinion": Spoken("opinion", "会商意见"),
    "overdueDays": Spoken("days overdue", "逾期天数"),
    "panel": Spoken("panel group", "评议团组别"),
    "place": Spoken("place", "地点"),
    "points": Spoken("points", "计分"),
    "problem": Spoken("problem", "问题"),
    "problemCode": Spoken("code of the problem", "问题编码"),
    "record": Spoken("record", "约谈记录"),
    "repeatDays": Spoken("days until repetition", "再次亮牌间隔"),
    "repetitions": Spoken("repetition", "累计规则"),
    "reportGraceDays": Spoken("days of grace", "报送宽限天数"),
    "result": Spoken("result", "办理结果"),
    "score": Spoken("score", "得分"),
    "role": Spoken("role", "专班职责"),
    "scores": Spoken("score", "评估得分"),
    "session": Spoken("session", "问政场次"),
    "subjectMatter": Spoken("subject", "评估事项"),
    "summary": Spoken("summary", "概要"),
    "text": Spoken("text", "内容"),
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
