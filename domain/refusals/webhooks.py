"""Webhooks."""

from domain.refusals.wording import Wording

WEBHOOKS = {
    "webhook.exists": Wording(
        "A webhook with this code is registered already; choose another code.",
        "该编码的推送地址已登记，请换用其他编码。",
    ),
    "webhook.unknown": Wording("There is no such webhook; check the id.", "无此推送地址，请核对。"),
    "webhook.malformed_url": Wording(
        "Give an http or https address of at most 2,000 characters, without user name or password.",
        "推送地址须为http或https网址，不超过2000字符，不得含用户名和密码。",
    ),
    "webhook.target_refused": Wording(
        "Webhooks go to public https addresses only, and {host} is not one; the settings may allow it.",
        "推送地址须为公网https网址，{host}不可用；确需内网推送的，请运维人员调整设置。",
    ),
    "webhook.topic_unknown": Wording(
        "There is no topic {topic}; the query `topics` lists them.",
        "无此事件类型（{topic}），请在topics查询中核对。",
    ),
    "webhook.topic_twice": Wording("Name each topic once.", "事件类型重复，请去重。"),
    "webhook.too_many_topics": Wording(
        "At most {most} topics can be named; name none to be told of all.",
        "最多指定{most}类事件；如需全部，请留空。",
    ),
    "webhook.too_many": Wording(
        "An integrator has at most {most} webhooks; remove one that is not needed.",
        "每个接入方最多登记{most}个推送地址，请先停用不需要的。",
    ),
    "webhook.unchanged": Wording(
        "Address and topics are these already.", "推送地址和事件类型均未变化，无需调整。"
    ),
    "webhook.removed": Wording(
        "This webhook was removed; register it anew under another code.",
        "该推送地址已停用，请以新编码重新登记。",
    ),
}
