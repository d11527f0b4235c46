"""Which facts hold personal data, in which of their fields (个人信息保护法, articles 47 and 13).

Names live in the directory; other people may be named in what is written freely. A lawful erasure takes
exactly these fields: figures, days, ids and documents stay, so that every rule still finds what it needs, and
what is left of the fact is a fact of the same kind. Whoever adds an event with free writing adds a line here.
"""

from collections.abc import Mapping
from typing import Any

ERASED = "【已依法删除】"
"""What is read where a text was erased; an erased list is empty."""

PERSONAL: Mapping[str, tuple[str, ...]] = {
    "directory.official_registered": ("name",),
    "task.listed": ("note",),
    "task.progress_reported": ("narrative", "evidence"),
    "task.report_corrected": ("narrative", "evidence", "reason"),
    "task.report_withdrawn": ("reason",),
    "task.report_verified": ("remark",),
    "task.report_disputed": ("reason",),
    "task.delivered": ("statement",),
    "task.accepted": ("remark",),
    "task.returned": ("reason",),
}


def holds_personal_data(topic: str) -> bool:
    return topic in PERSONAL


def remains_of(topic: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    """What is left of a fact, given by its fields, when its personal data is taken away."""
    personal = PERSONAL[topic]
    return {name: _emptied(value) if name in personal else value for name, value in fields.items()}


def _emptied(value: Any) -> Any:
    if isinstance(value, str):
        return ERASED if value else value
    return [] if isinstance(value, list) else None
