"""What a cell may hold: how each kind of value is read from a file, and how it is written to one.

A cell's content, as the three forms hand it over: text, a number, a truth value, a day, a percentage (a
number that its sheet shows as one), or a list of texts. A blank cell has no content and is never read here.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Generic, TypeVar

from domain.identifiers import require_code
from domain.refusal import Refusal, require_day, require_figure, require_line, require_text
from service.plans.faults import Unreadable

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)


@dataclass(frozen=True)
class Percentage:
    """A number that its sheet shows as a percentage: 32 % is 0.32."""

    value: Decimal


@dataclass(frozen=True)
class Broken:
    """A cell that its form already knows to be no value (a formula), and why."""

    code: str
    shown: str


Content = str | Decimal | bool | date | Percentage | tuple[str, ...] | Broken
Written = str | int | Decimal | bool | date | list[str] | list[int]


@dataclass(frozen=True)
class Kind(Generic[T]):
    """A kind of value. `neutral` stands in for what could not be read until the file is refused; `write` is
    for YAML, `words` for sheets."""

    read: Callable[[Content], T]
    neutral: T
    write: Callable[[T], Written]
    words: Callable[[T], Written]


def _same(value: Written) -> Written:
    return value


@contextmanager
def _by_the_domain(**arguments: object) -> Iterator[None]:
    """What the domain refuses is unreadable, by the domain's code; `arguments` are for its sentence."""
    try:
        yield
    except Refusal as refusal:
        raise Unreadable(refusal.code, **arguments) from refusal


# -- text

_SEPARATORS = re.compile(r"[;；、,，\n]")
FORMULA = ("=", "+", "-", "@")
"""What a sheet program takes for the beginning of a formula."""
_LINE_ENDS = re.compile("\r\n|[\r\u2028\u2029]")


def plain_text(content: Content) -> str:
    """The content as text. A day is none: a sheet program made it of what looked like one (3-4)."""
    if isinstance(content, Broken):
        raise Unreadable(content.code, value=content.shown)
    if isinstance(content, tuple):
        raise Unreadable("cell.not_single")
    if isinstance(content, (bool, date, Percentage)):
        raise Unreadable("cell.not_text")
    return format(content, "f") if isinstance(content, Decimal) else content


def _is_nothing(character: str) -> bool:
    """Whether Unicode has set the code point aside as no character; a workbook cannot hold it."""
    point = ord(character)
    return point & 0xFFFE == 0xFFFE or 0xFDD0 <= point <= 0xFDEF


def clean_text(raw: str, most: int, lines: bool = False) -> str:
    """The text without outer blanks, at most `most` characters; with `lines` it may have several lines."""
    written = _LINE_ENDS.sub("\n", raw).replace("\t", " ") if lines else raw
    require = require_text if lines else require_line
    with _by_the_domain(length=len(written.strip()), most=most):
        text = require(written, "text", most=most)
    if any(map(_is_nothing, text)):
        raise Unreadable("text.unprintable")
    if text.startswith(FORMULA):
        # A sheet program would run it as a formula when the ledger is exported and opened.
        raise Unreadable("text.formula")
    return text


def text(most: int, lines: bool = False) -> Kind[str]:
    return Kind(lambda content: clean_text(plain_text(content), most, lines), "", _same, _same)


def _name(content: Content) -> str:
    """The content as a code or a name. A number with a fraction is none: 17.10 has become 17.1 in it."""
    if isinstance(content, Decimal) and content != content.to_integral_value():
        raise Unreadable("cell.not_text")
    return plain_text(content)


def _code(content: Content) -> str:
    with _by_the_domain():
        return require_code(_name(content).strip())


def _references(content: Content) -> tuple[str, ...]:
    given = content if isinstance(content, tuple) else _SEPARATORS.split(_name(content))
    return tuple(clean_text(item, 100) for item in given if item.strip())


CODE: Kind[str] = Kind(_code, "", _same, _same)
REFERENCE: Kind[str] = Kind(lambda content: clean_text(_name(content), 100), "", _same, _same)
"""The code of a row elsewhere; for units and campaigns the name does as well."""
REFERENCES: Kind[tuple[str, ...]] = Kind(_references, (), list, "; ".join)


# -- numbers

_NUMBER = re.compile(r"[+-]?([0-9]+|[0-9]{1,3}(,[0-9]{3})+)(\.[0-9]+)?")


def _number(content: Content) -> Decimal:
    if isinstance(content, Percentage):
        raise Unreadable("number.percentage")
    if isinstance(content, (bool, date)):
        raise Unreadable("number.malformed", given=str(content))
    given = unicodedata.normalize("NFKC", plain_text(content)).strip()
    if not _NUMBER.fullmatch(given):
        raise Unreadable("number.malformed", given=given[:40])
    return Decimal(given.replace(",", ""))


def _figure(content: Content) -> Decimal:
    number = _number(content)
    with _by_the_domain():
        return require_figure(number, "figure")


def _share(content: Content) -> Decimal:
    return _figure(content.value if isinstance(content, Percentage) else content)


def integer(low: int, high: int) -> Kind[int]:
    def read(content: Content) -> int:
        number = _number(content)
        if number != number.to_integral_value() or not low <= number <= high:
            raise Unreadable("number.out_of_range", low=low, high=high)
        return int(number)

    return Kind(read, low, _same, _same)


ARTICLE = integer(1, 999)


def _articles(content: Content) -> tuple[int, ...]:
    given = content if isinstance(content, tuple) else _SEPARATORS.split(plain_text(content))
    return tuple(ARTICLE.read(item) for item in given if item.strip())


FIGURE: Kind[Decimal] = Kind(_figure, Decimal(0), _same, _same)
SHARE: Kind[Decimal] = Kind(_share, Decimal(0), _same, _same)
ARTICLES: Kind[tuple[int, ...]] = Kind(_articles, (), list, lambda value: "; ".join(map(str, value)))


# -- days, truth, choices

_DAY = re.compile(r"([0-9]{4})(?:-|/|\.|年)([0-9]{1,2})(?:-|/|\.|月)([0-9]{1,2})日?")


def _day(content: Content) -> date:
    with _by_the_domain():
        return require_day(content if isinstance(content, date) else _day_written(content), "day")


def _day_written(content: Content) -> date:
    given = str(content) if isinstance(content, (bool, Percentage)) else plain_text(content)
    match = _DAY.fullmatch(unicodedata.normalize("NFKC", given).strip())
    try:
        if match is not None:
            return date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        pass  # no such day in the calendar: the same fault as below
    raise Unreadable("date.malformed", given=given[:40])


DAY: Kind[date] = Kind(_day, date(1900, 1, 1), _same, _same)

_TRUE, _FALSE = ("true", "yes", "是", "1", "√"), ("false", "no", "否", "0")


def _flag(content: Content) -> bool:
    if isinstance(content, bool):
        return content
    given = unicodedata.normalize("NFKC", plain_text(content)).strip().lower()
    if given not in _TRUE + _FALSE:
        raise Unreadable("flag.malformed")
    return given in _TRUE


FLAG: Kind[bool] = Kind(_flag, False, _same, lambda value: "是" if value else "否")


def choice(words: Mapping[E, str], *more: tuple[str, E]) -> Kind[E]:
    """One of an enumeration: its own value, its Chinese word, or one of the `more` spellings."""
    spellings = {str(member): member for member in words}
    spellings |= {word: member for member, word in words.items()} | dict(more)

    def read(content: Content) -> E:
        given = plain_text(content).strip()
        found = spellings.get(given.lower())
        if found is None:
            allowed, in_words = ", ".join(words), "、".join(words.values())
            raise Unreadable("choice.unknown", given=given[:40], allowed=allowed, words=in_words)
        return found

    return Kind(read, next(iter(words)), str, lambda value: words[value])
