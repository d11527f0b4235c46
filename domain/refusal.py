"""A broken rule: the one exception the domain raises (不予受理), and the guards on what is written.

What a refusal says stands in the catalogue (`domain.refusals`); guards name its code.
"""

import re
from datetime import date
from decimal import Decimal
from unicodedata import category

from domain.refusals import CATALOGUE
from domain.spoken import chinese, english, spoken_field


class Refusal(Exception):
    """A command that the rules do not allow. Nothing has happened when it is raised.

    `code` is stable and machine-readable (`noun.reason`); `en` and `zh` say to a person what to do about it;
    `field` is the path of the input that broke the rule, in the input's own (camelCase) names; `article` is
    the article of the plan that the rule serves. A code outside the catalogue is a KeyError.
    """

    def __init__(self, code: str, /, *, field: str | None = None, **arguments: object):
        wording = CATALOGUE[code]
        name = spoken_field(field or "")
        self.code = code
        self.field = field
        self.article = wording.article
        self.en = wording.en.format(field=name.en, **{k: english(v) for k, v in arguments.items()})
        self.zh = wording.zh.format(field=name.zh, **{k: chinese(v) for k, v in arguments.items()})
        super().__init__(f"{code}: {self.en}")


def require(holds: bool, code: str, /, *, field: str | None = None, **arguments: object) -> None:
    """Raise the refusal of this code unless `holds`."""
    if not holds:
        raise Refusal(code, field=field, **arguments)


# -- text

# PostgreSQL cannot store a NUL and nothing can encode a lone surrogate; controls and direction overrides show
# one text and hold another. Tab and line breaks are writing.
_NOT_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")
_LINE_BREAK = re.compile("[\t\n\r\u2028\u2029]")
# Letters by their category, and blank to the eye.
_BLANK_LETTERS = "\u115f\u1160\u2800\u3164\uffa0"


def require_text(value: str, field: str, *, most: int) -> str:
    """The text without outer blanks; refused when nothing is to be seen of it, when it is longer than `most`
    characters, or when it holds what is not text."""
    text = value.strip()
    require(len(text) <= most, "text.too_long", field=field, length=len(text), most=most)
    require(_NOT_TEXT.search(text) is None, "text.unprintable", field=field)
    require(any(map(_is_visible, text)), "text.empty", field=field)
    return text


def require_optional_text(value: str, field: str, *, most: int) -> str:
    """As `require_text`, but an empty text is allowed."""
    return require_text(value, field, most=most) if value.strip() else ""


def require_line(value: str, field: str, *, most: int) -> str:
    """As `require_text`, on one line: a name, a title."""
    text = require_text(value, field, most=most)
    require(_LINE_BREAK.search(text) is None, "text.several_lines", field=field)
    return text


def require_optional_line(value: str, field: str, *, most: int) -> str:
    """As `require_line`, but an empty line is allowed."""
    return require_line(value, field, most=most) if value.strip() else ""


def _is_visible(character: str) -> bool:
    return category(character)[0] in "LNPS" and character not in _BLANK_LETTERS


# -- figures and days


def require_figure(value: Decimal, field: str) -> Decimal:
    """The figure as it is written down: without an exponent, zero without a sign.

    Refused unless finite, with at most 15 digits before and 6 after the point.
    """
    # Looked at through its digits: arithmetic and comparison raise on signalling NaNs and huge exponents.
    exponent = value.as_tuple().exponent
    sane = isinstance(exponent, int) and (not value or (value.adjusted() < 15 and exponent >= -6))
    require(sane, "figure.out_of_range", field=field)
    if not value:
        return Decimal(0)
    return value.quantize(Decimal(1)) if isinstance(exponent, int) and exponent > 0 else value


def require_day(day: date, field: str) -> date:
    """A day in the years 1900 to 2199, where periods can be counted."""
    require(1900 <= day.year <= 2199, "date.out_of_range", field=field)
    return day
