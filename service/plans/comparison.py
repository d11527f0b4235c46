"""A row of a plan against the fact that first listed it: where they differ, and which command changes it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from domain.spoken import english
from service.plans.entries import Entry
from service.plans.faults import RowError
from service.plans.rows import Place, TaskRow


@dataclass(frozen=True)
class _Way:
    """How a field is changed once it is listed: the command, in Chinese, and whether it needs a document."""

    command: str
    zh: str
    on_document: bool = False


_RENAME = _Way("renameUnit", "单位更名")
_APPOINT = _Way("releaseOfficial, appointOfficial", "任免主要负责人")
_FORCE = _Way("formTaskForce", "组建专班")
_COVERAGE = _Way("changeGroupCoverage", "调整督导范围")
_TARGET = _Way("reviseTarget", "调整目标值", on_document=True)
_DEADLINE = _Way("extendDeadline", "延长时限", on_document=True)
_UNITS = _Way("reassignTask", "调整责任单位", on_document=True)


@dataclass(frozen=True)
class _Field:
    """A field of the listing fact: its column in the file, the way to change it, and the name it has in the
    command where a command and not a fact is compared."""

    column: str
    way: _Way | None = None
    in_command: str = ""


_FIELDS: Mapping[str, Mapping[str, _Field]] = {
    "units": {"name": _Field("name", _RENAME), "category": _Field("category")},
    "officials": {"name": _Field("name")},
    "appointments": {
        "unit_id": _Field("leads", _APPOINT, "unit"),
        "post": _Field("post", _APPOINT),
        "since": _Field("since", _APPOINT),
    },
    "campaigns": {
        "number": _Field("number"),
        "name": _Field("name"),
        "name_missing": _Field("missing"),
        "goal": _Field("goal"),
        "start": _Field("start"),
        "end": _Field("end"),
    },
    "task_forces": {"members": _Field("task_force", _FORCE)},
    "groups": {
        "name": _Field("name"),
        "leader_id": _Field("leader"),
        "campaigns": _Field("campaigns", _COVERAGE),
        "units": _Field("units", _COVERAGE),
    },
    "tasks": {
        "campaign_id": _Field("campaign"),
        "article": _Field("article"),
        "title": _Field("title"),
        "lead_unit_id": _Field("lead", _UNITS),
        "supporting_unit_ids": _Field("supporting", _UNITS),
        "start": _Field("start"),
        "deadline": _Field("deadline", _DEADLINE),
        "milestones": _Field("milestones", _DEADLINE),
        "key_task": _Field("key_task"),
        "assumed": _Field("assumed"),
        "note": _Field("note"),
    },
}
# Their order says nothing.
_UNORDERED = frozenset({"members", "campaigns", "units", "supporting_unit_ids", "assumed"})

_INDICATOR = {
    "name": _Field("name"),
    "direction": _Field("direction"),
    "unit_of_measure": _Field("unit_of_measure"),
    "target": _Field("target", _TARGET),
    "weight": _Field("weight"),
    "baseline": _Field("baseline"),
    "assumed": _Field("assumed"),
}


def differences(entry: Entry, fact: Any, wanted: Any) -> list[RowError]:
    """Every field in which the row would be listed otherwise than it is.

    `fact` is the event that listed it, `wanted` the event that would list the row now, or, in the directory,
    the command that would. The mark of a demonstration is the log's, not the file's, and is not compared.
    """
    errors = []
    for name, field in _FIELDS[entry.noun].items():
        listed, now = getattr(fact, name), getattr(wanted, field.in_command or name)
        if _plain(listed, name) != _plain(now, name):
            errors.append(_error(entry.row.place, field, listed, now))
    if isinstance(entry.row, TaskRow):
        errors += _of_indicators(entry.row, fact.indicators, wanted.indicators)
    return errors


def _plain(value: Any, name: str) -> Any:
    if isinstance(value, str):
        return value.strip()
    return frozenset(value) if name in _UNORDERED else value


def _of_indicators(row: TaskRow, listed: Sequence[Any], now: Sequence[Any]) -> Iterator[RowError]:
    was = {indicator.code: indicator for indicator in listed}
    if set(was) != {indicator.code for indicator in now} or len(listed) != len(now):
        yield _error(row.place, _Field("indicators"), listed, now)
        return
    for indicator, below in zip(now, row.indicators, strict=True):
        for name, field in _INDICATOR.items():
            before, after = getattr(was[indicator.code], name), getattr(indicator, name)
            if before != after:
                yield _error(below.place, field, before, after)


def _error(place: Place, field: _Field, listed: Any, now: Any) -> RowError:
    zh, en = "已立项的内容与文件不一致", "What is listed differs from the file"
    if all(isinstance(v, (str, int, Decimal, date, type(None))) for v in (listed, now)):
        zh += f"（已立项：{_shown(listed) or '空'}；文件：{_shown(now) or '空'}）"
        en += f" (listed: {_shown(listed) or 'nothing'}; file: {_shown(now) or 'nothing'})"
    way = field.way
    if way is None:
        zh += "。立项后不可更改；如属另一事项，请另用编号。"
        en += ". It does not change once it is listed; if it is another thing, give it another code."
    elif way.on_document:
        zh += f"。请凭依据文件办理“{way.zh}”（{way.command}）。"
        en += f": use {way.command} with a document."
    else:
        zh += f"。请办理“{way.zh}”（{way.command}）。"
        en += f": use {way.command}."
    spot = place.spot(field.column)
    return RowError(place.sheet, spot.row, spot.heading, "row.differs", zh, en, spot.letter)


def _shown(value: Any) -> str:
    return "" if value is None else english(value)[:100]
