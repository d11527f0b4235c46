"""Cursors: opaque to clients, bound to one list in one order.

A cursor is base64url-free base64 of a JSON array: the name of the list and its order, then the sort keys of
the row. SQL writes it, Python reads it; one of another list or order is refused.
"""

import base64
import binascii
from typing import Any

import orjson

from service.errors import BadCursor


def written(tag: str, keys: list[str]) -> str:
    """The SQL expression for a row's cursor. The tag is ours, never a client's."""
    values = ", ".join([f"'{tag}'::text", *(f"({key})::text" for key in keys)])
    # encode() breaks its lines after 76 characters.
    return f"replace(encode(convert_to(json_build_array({values})::text, 'utf8'), 'base64'), E'\\n', '')"


def read(cursor: Any, tag: str, count: int) -> list[str]:
    """The sort keys in a cursor, as text; BadCursor when it is not one of this list."""
    try:
        parts = orjson.loads(base64.b64decode(cursor, validate=True))
    except (binascii.Error, ValueError, TypeError):
        raise BadCursor("The cursor is not one that this service gave.") from None
    sound = isinstance(parts, list) and len(parts) == count + 1 and all(isinstance(p, str) for p in parts)
    if not sound or parts[0] != tag:
        raise BadCursor("The cursor belongs to another list or another order.")
    return parts[1:]
