"""The domain's enumerations in the schema, each value with what it means."""

from enum import Enum
from typing import Any

import strawberry


def described(kind: type[Enum], description: str, values: dict[Any, str], name: str | None = None) -> None:
    """Make an enumeration known to the schema; every member has a text, and no text is without a member."""
    if set(values) != set(kind):
        raise ValueError(f"the values of {kind.__name__} are not those that are described")
    strawberry.enum(kind, name=name, description=description)
    definition: Any = kind.__strawberry_definition__  # type: ignore[attr-defined]
    for value in definition.values:
        value.description = values[kind[value.name]]
