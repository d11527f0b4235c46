"""How filter values are made ready for SQL."""

from typing import Any

from service.api.plan.ids import key_in


def contains(text: Any) -> str | None:
    """The ILIKE pattern for "contains this text", its own wildcards taken literally."""
    if text is None:
        return None
    escaped = str(text).replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


def value_of(chosen: Any) -> Any:
    """What the read tables hold for an enum or a list of them."""
    if isinstance(chosen, list):
        return [value_of(item) for item in chosen]
    return None if chosen is None else chosen.value


def task_key(id_: Any) -> str | None:
    return key_in(id_, "task")


def campaign_key(id_: Any) -> str | None:
    return key_in(id_, "campaign")


def unit_key(id_: Any) -> str | None:
    return key_in(id_, "unit")
