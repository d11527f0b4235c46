"""Stable identities: the stream of a thing follows from its code in the plan.

A unit, an official, a campaign, a group or a task is named once, by a short code (`17.1`, `dept.ecology`).
Its identity is the UUIDv5 (RFC 9562) of that code, so the same plan loaded anywhere names the same streams,
and a code used twice meets itself in the store. Only ASCII is a code: no two of them look alike by Unicode's
tricks. What is malformed has no identity and is refused.
"""

import re
from uuid import UUID, uuid5

from domain.refusal import require

NAMESPACE = UUID("6f0d6a51-8d2f-5c1c-9d6b-3f7f0c6f2020")
DIRECTORY = uuid5(NAMESPACE, "directory")

_CODE = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


def require_code(code: str, field: str = "code") -> str:
    """A code: 1-64 of a-z, 0-9, point, hyphen, underscore."""
    require(_CODE.fullmatch(code) is not None, "code.malformed", field=field)
    return code


def unit_id(code: str) -> UUID:
    return _identity("unit", code)


def official_id(code: str) -> UUID:
    return _identity("official", code)


def campaign_id(code: str) -> UUID:
    return _identity("campaign", code)


def group_id(code: str) -> UUID:
    return _identity("group", code)


def task_id(code: str) -> UUID:
    return _identity("task", code)


def report_id(task: UUID, version: int) -> UUID:
    """The report that the event of this version of the task's stream brought."""
    return uuid5(task, f"report/{version}")


# -- meetings and ratings


def meeting_id(code: str) -> UUID:
    return _identity("meeting", code)


def rating_id(code: str) -> UUID:
    return _identity("rating", code)


def seat_id(rating: UUID, number: int) -> UUID:
    """A seat of the panel that rates in this box; who sits there is nowhere recorded."""
    return uuid5(rating, f"seat/{number}")


def _identity(kind: str, code: str) -> UUID:
    return uuid5(NAMESPACE, f"{kind}/{require_code(code)}")
