"""Ids on the outside: `task:6b1c…`, the prefix of the type and the key of the row."""

import re
from typing import Any

from service.api.plan.declare import Relation
from service.errors import BadInput

_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def key_in(id_: Any, prefix: str | None) -> str | None:
    """The uuid in an id with this prefix, or null for null; BadInput when it is another's or none."""
    if id_ is None:
        return None
    found, _, key = str(id_).partition(":")
    if found != prefix or not _UUID.fullmatch(key):
        raise BadInput(f"{str(id_)[:60]!r} is not the id of a {prefix}.", argument="id")
    return key


def prefix_in(id_: Any) -> str:
    """The prefix of an id, or what stands in its place."""
    return str(id_)[:64].partition(":")[0]


def key_of(relation: Relation) -> Any:
    """The reader of ids of one relation."""
    return lambda id_: key_in(id_, relation.prefix)
