"""Lawful erasure, and the log of access."""

from domain.refusals.wording import Wording

AUDIT = {
    "erasure.exists": Wording(
        "An erasure with this code exists already; choose another code.", "该编码已用于其他删除事项，请更换。"
    ),
    "erasure.unknown": Wording("There is no such erasure order.", "未找到该删除事项，请核对。"),
    "erasure.size": Wording(
        "An erasure names 1 to {most} events.", "一次删除事项应列明1至{most}条事件，请调整。"
    ),
    "erasure.event_twice": Wording("An event is named twice.", "事件重复列出，请删除重复项。"),
    "erasure.no_such_event": Wording(
        "The log has no event at position {position}.", "日志中没有序号为{position}的事件，请核对。"
    ),
    "erasure.nothing_personal": Wording(
        "The event at position {position} ({topic}) holds no personal data; it cannot be erased.",
        "序号{position}的事件（{topic}）不含个人信息，不得删除。",
    ),
    "erasure.erased_before": Wording(
        "The personal data of the event at position {position} is erased already.",
        "序号{position}的事件所含个人信息已删除，无需重复办理。",
    ),
    "erasure.one_person": Wording(
        "Another person must confirm: nobody confirms an erasure they have ordered.",
        "删除事项须由另一人确认，提出人不得自行确认。",
    ),
    "erasure.confirmed": Wording("The erasure is confirmed already.", "该删除事项已确认，无需重复确认。"),
    "access.nothing": Wording("There is nothing to note.", "没有需要登记的访问。"),
}
