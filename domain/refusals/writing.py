"""What is wrong with what was written, with a document, or with the request around a command."""

from domain.refusals.wording import Wording

WRITING = {
    "text.empty": Wording("Fill in the {field}.", "请填写{field}。"),
    "text.too_long": Wording(
        "Shorten the {field}: it has {length} characters, at most {most} are allowed.",
        "{field}共{length}字，请压缩至{most}字以内。",
    ),
    "text.several_lines": Wording(
        "Write the {field} on one line, without tabs.", "{field}请写成一行，不得换行或使用制表符。"
    ),
    "text.unprintable": Wording(
        "The {field} holds characters that are not text (control, direction or broken ones); remove them.",
        "{field}含有控制字符或乱码，请清除后重新填写。",
    ),
    "figure.out_of_range": Wording(
        "The {field} must be a number with at most 15 digits before and 6 after the point.",
        "{field}须为数字，整数不超过15位，小数不超过6位。",
    ),
    "code.malformed": Wording(
        "The {field} must be 1-64 of a-z, 0-9, '.', '-', '_', beginning with a letter or digit.",
        "{field}须为1至64位小写字母、数字或“.”“-”“_”，且以字母或数字开头。",
    ),
    "date.out_of_range": Wording(
        "The {field} must lie in the years 1900 to 2199.", "{field}须在1900年至2199年之间，请核对。"
    ),
    "moment.without_zone": Wording(
        "The moment of a command must carry its time zone.", "办理时间须注明时区。"
    ),
    "period.malformed": Wording(
        "Write the {field} as a month such as 2020-05.", "{field}请按“年-月”填写，如2020-05。"
    ),
}

DOCUMENTS = {
    "document.issued_in_future": Wording(
        "The document is dated {issued_on}, after today ({today}); check the date.",
        "文件日期（{issued_on}）晚于今日（{today}），请核对。",
    ),
    "evidence.too_many": Wording(
        "At most {most} pieces of evidence go with a report.", "每份报告最多附{most}件佐证材料，请精简。"
    ),
    "evidence.malformed_url": Wording(
        "Give an http or https address of at most 2,000 characters, without user name or password.",
        "佐证材料请填写http或https网址，不超过2000字符，不得含用户名和密码。",
    ),
    "evidence.malformed_digest": Wording(
        "Give the SHA-256 of the file: 64 hexadecimal digits in lower case.",
        "请填写佐证材料的SHA-256值（64位小写十六进制）。",
    ),
}

REQUESTS = {
    "version.stale": Wording(
        "It was changed in the meantime; read it again and repeat.", "内容已被他人更新，请刷新后重新提交。"
    ),
    "idempotency.malformed_key": Wording(
        "The idempotency key must be 8 to 100 printable ASCII characters without spaces.",
        "请求编号（idempotencyKey）须为8至100位可见ASCII字符，不含空格。",
    ),
    "idempotency.key_reused": Wording(
        "This idempotency key was used for another command; choose a new one.",
        "该请求编号已用于其他请求，请更换。",
    ),
}
