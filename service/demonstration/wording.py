"""The words of the demonstration: short sentences of our own, put together by chance. None of it happened."""

import hashlib
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from random import Random

from domain.documents import Document, Evidence
from domain.indicator import Indicator, IndicatorValue
from domain.period import Period
from domain.spoken import english

_MEETINGS = (
    "召开专题调度会{n}次，逐项核对进度清单",
    "组织现场督导{n}次，随时协调解决堵点",
    "会同配合单位集中会商{n}次，明确下一步分工",
    "实行周调度、月通报，本月通报{n}期",
    "由分管负责同志带队实地查看{n}处点位",
    "梳理问题{n}项，已建立台账限时办结",
    "压实包靠责任，完善推进措施{n}条",
    "优化办理流程，本月办结相关事项{n}件",
)
_PACE = {
    "done": ("各项指标已达到目标要求，正整理验收资料。", "任务已全部完成，转入巩固提升和资料归档。"),
    "ahead": ("总体快于序时进度，下月继续保持。", "进度好于预期，拟提前收尾。", "已完成阶段任务并略有超前。"),
    "steady": ("总体符合序时进度。", "按计划有序推进，暂无突出问题。", "阶段任务如期完成，下月按节点推进。"),
    "behind": (
        "受前期手续办理影响，进度略慢，已倒排工期。",
        "要素保障尚有缺口，正对接有关部门协调解决。",
        "部分点位推进偏慢，下月加密调度、补齐短板。",
        "施工力量不足，已要求增加人员设备。",
    ),
    "stalled": ("前置审批尚未办结，进度明显滞后，已提请专题研究。", "主要环节尚未突破，已列入重点问题清单。"),
}
_OUTLETS = ("演示融媒体·攻坚专栏", "演示政务网站·重点任务公开", "演示日报·攻坚进行时", "演示广播·民生热线")
_EVIDENCE = ("{month}月调度台账", "{month}月现场核查记录", "{month}月指标统计表", "{month}月工作照片汇编")
_CORRECTIONS = ("统计口径核对后更正", "个别点位重复计入，现予剔除", "汇总表漏更新，按最新数据更正")
_WITHDRAWALS = ("误将上月数据填入本期，撤回后重报", "报送表选错指标口径，撤回后重报")
_DISPUTES = (
    "现场抽查与填报数据不一致，请核实",
    "佐证材料未覆盖全部点位，请补充或更正",
    "同一事项疑似重复统计，请说明",
    "完成标准把握不严，请按验收口径重新核算",
)
_REMARKS = ("经抽查，数据属实。", "查阅台账并现场核验，情况一致。", "材料齐全，予以认可。", "")
_SETTLED = ("经复核，补充材料后属实。", "现场复查，数据成立。")
_RETURNS = ("档案资料不完整，请补齐后重新交账", "抽查发现个别点位未达标准，请整改后重新交账")
_ACCEPTANCES = ("现场验收合格，同意销号。", "资料齐备、指标达标，同意销号。", "")
_STATEMENTS = (
    "任务各项指标已完成，经自查符合验收条件，申请验收。",
    "已按要求完成全部内容，验收资料已归档，申请销号。",
    "经自评和第三方资料核对，任务完成，现予交账。",
)


def narrative(
    rng: Random,
    period: Period,
    unit: str,
    indicators: Sequence[Indicator],
    values: Sequence[IndicatorValue],
    pace: str,
    *,
    by_now: bool,
) -> str:
    """What was done in the period. `pace`: done, ahead, steady, behind or stalled; `by_now`: the period is
    not over yet."""
    month = int(period[5:])
    met = rng.choice(_MEETINGS).format(n=rng.randint(2, 9))
    figures = "，".join(
        f"{i.name}{english(v.value)}{i.unit_of_measure}" for i, v in zip(indicators, values, strict=True)
    )
    opening = rng.choice((f"{month}月份，{unit}{met}。", f"{unit}{month}月{met}。"))
    return f"【演示】{opening}截至{'目前' if by_now else '月末'}，{figures}。{rng.choice(_PACE[pace])}"


def evidence(rng: Random, code: str, period: Period) -> tuple[Evidence, ...]:
    """None to two invented pieces; the digest is that of an invented text."""
    pieces = rng.sample(_EVIDENCE, rng.choice((0, 1, 1, 1, 2)))
    made = []
    for number, piece in enumerate(pieces, start=1):
        title = "演示·" + piece.format(month=int(period[5:]))
        text = f"演示材料 {code} {period} {number} {title}"
        digest = hashlib.sha256(text.encode()).hexdigest()
        made.append(
            Evidence(f"https://example.invalid/demonstration/{code}/{period}/{number}", digest, title)
        )
    return tuple(made)


def document(number: int, subject: str, task: str, issued_on: date) -> Document:
    """A document (文号) that nobody can take for a real one."""
    year = issued_on.year
    return Document(f"演示〔{year}〕{number}号", f"关于{task}号任务{subject}的通知（演示）", issued_on)


def outlet(rng: Random) -> str:
    return rng.choice(_OUTLETS)


def correction(rng: Random) -> str:
    return rng.choice(_CORRECTIONS)


def withdrawal(rng: Random) -> str:
    return rng.choice(_WITHDRAWALS)


def dispute(rng: Random) -> str:
    return rng.choice(_DISPUTES)


def remark(rng: Random) -> str:
    return rng.choice(_REMARKS)


def settlement(rng: Random) -> str:
    return rng.choice(_SETTLED)


def return_reason(rng: Random) -> str:
    return rng.choice(_RETURNS)


def acceptance(rng: Random) -> str:
    return rng.choice(_ACCEPTANCES)


def statement(rng: Random) -> str:
    return "【演示】" + rng.choice(_STATEMENTS)


def corrected(narrative: str, value: Decimal | None) -> str:
    """The narrative of a corrected report."""
    changed = "" if value is None else f"，主要指标更正为{english(value)}"
    return f"{narrative}（更正{changed}）"


def marked(text: str) -> str:
    """The text, told to be invented."""
    return f"【演示】{text}"
