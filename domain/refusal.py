"""A broken rule: the one exception the domain raises (拒绝)."""

from decimal import Decimal


class Refusal(Exception):
    """A command that the rules do not allow. Nothing has happened when it is raised.

    `code` is stable and machine-readable (`noun.reason`); `en` and `zh` say to a person what to do about it;
    `field` is the path of the input that broke the rule, in the input's own (camelCase) names; `article` is
    the article of the plan that the rule serves.
    """

    def __init__(self, code: str, en: str, zh: str, *, field: str | None = None, article: int | None = None):
        super().__init__(f"{code}: {en}")
        self.code = code
        self.en = en
        self.zh = zh
        self.field = field
        self.article = article


def require(
    holds: bool, code: str, en: str, zh: str, *, field: str | None = None, article: int | None = None
) -> None:
    """Raise the refusal unless `holds`."""
    if not holds:
        raise Refusal(code, en, zh, field=field, article=article)


def require_text(value: str, field: str, *, most: int) -> str:
    """The text without outer blanks; refused when empty, longer than `most` characters, or unprintable."""
    text = value.strip()
    require(bool(text), "text.empty", f"{field} must not be empty.", f"{field} 不能为空。", field=field)
    require(
        len(text) <= most,
        "text.too_long",
        f"{field} has {len(text)} characters; at most {most} are allowed.",
        f"{field} 共 {len(text)} 字,最多 {most} 字。",
        field=field,
    )
    # A NUL cannot be stored by PostgreSQL and a lone surrogate cannot be encoded at all.
    broken = any(c == "\0" or "\ud800" <= c <= "\udfff" for c in text)
    require(
        not broken,
        "text.unprintable",
        f"{field} holds a character that is not text (NUL or a lone surrogate).",
        f"{field} 含有非文本字符(NUL 或不成对的代理码)。",
        field=field,
    )
    return text


def require_optional_text(value: str, field: str, *, most: int) -> str:
    """As `require_text`, but an empty text is allowed."""
    return require_text(value, field, most=most) if value.strip() else ""


def require_figure(value: Decimal, field: str) -> Decimal:
    """A finite decimal of sane size: at most 15 digits before and 6 after the point."""
    sane = value.is_finite() and abs(value) < Decimal(10) ** 15
    if sane:
        exponent = value.as_tuple().exponent
        sane = isinstance(exponent, int) and exponent >= -6
    require(
        sane,
        "figure.out_of_range",
        f"{field} must be a finite number with at most 15 digits before and 6 after the point.",
        f"{field} 须为有限数,整数部分不超过 15 位,小数不超过 6 位。",
        field=field,
    )
    return value
