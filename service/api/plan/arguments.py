"""Arguments as the compiler sees them: what is fixed in the plan, and what is bound for each request.

A plan is compiled once for a document and used for many requests, so a variable's value normally becomes a
parameter. Some values change the statement itself: a Boolean in a directive, the size of a page, whether a
filter is given at all. Looking at such a value is noted, by value or by shape, and the plan is kept for
requests that look the same.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from graphql import (
    FieldNode,
    GraphQLField,
    GraphQLInputType,
    ListValueNode,
    ObjectValueNode,
    Undefined,
    ValueNode,
    VariableNode,
    get_nullable_type,
    is_input_object_type,
    is_list_type,
    is_non_null_type,
)
from graphql.utilities.coerce_input_value import coerce_default_value, coerce_input_literal

from service.errors import BadInput

LEFT_OUT: Any = type("LeftOut", (), {"__repr__": lambda _: "LEFT_OUT"})()


@dataclass(frozen=True)
class Const:
    """A value known when the plan is made."""

    value: Any


@dataclass(frozen=True)
class Var:
    """A value found in each request's variables, by name and path."""

    name: str
    path: tuple[str, ...] = ()


@dataclass(frozen=True)
class Items:
    """A list written in the document with variables in it."""

    items: tuple["Given", ...]


Given = Const | Var | Items | dict[str, Any]
Coerced = Mapping[str, Any]


# A variable, a path in it, and the function whose value there the statement depends on.
Seen = tuple[str, tuple[str, ...], Callable[[Any], Any]]


def _itself(value: Any) -> Any:
    return value


class Variables:
    """The variables of the request that a plan is compiled for, and which of them the plan depends on."""

    def __init__(self, coerced: Coerced):
        self.coerced = coerced
        self.seen: set[Seen] = set()

    def constant(self, given: Given, of: Callable[[Any], Any] = _itself) -> Any:
        """The value (or what `of` makes of it), because the statement depends on it."""
        if isinstance(given, Var):
            self.seen.add((given.name, given.path, of))
        return of(binder(given)(self.coerced))

    def arguments(self, field: GraphQLField, node: FieldNode) -> dict[str, Given]:
        """The arguments given to a field or by its defaults; one left out is left out."""
        written = {argument.name.value: argument.value for argument in node.arguments or ()}
        found: dict[str, Given] = {}
        for name, declared in field.args.items():
            given = self._given(written[name], declared.type) if name in written else None
            if given is None:
                default = _default(declared)
                given = None if default is Undefined else Const(default)
            if given is not None:
                found[name] = given
        return found

    def _given(self, node: ValueNode, declared: GraphQLInputType) -> Given | None:
        given = self._written(node, get_nullable_type(declared))
        if is_non_null_type(declared) and given == Const(None):
            # Validation lets a variable with a default stand here, and its value may still be null.
            raise BadInput(f"A value of type {declared} must not be null.")
        return given

    def _written(self, node: ValueNode, type_: Any) -> Given | None:
        if isinstance(node, VariableNode):
            name = node.name.value
            self.seen.add((name, (), shape))
            return _from_value(self.coerced[name], name, ()) if name in self.coerced else None
        if isinstance(node, ObjectValueNode) and is_input_object_type(type_):
            written = {field.name.value: field.value for field in node.fields}
            given: dict[str, Given | None] = {}
            for name, declared in type_.fields.items():
                value = self._given(written[name], declared.type) if name in written else None
                if value is None and (default := _default(declared)) is not Undefined:
                    value = Const(default)
                given[name] = value
            return {name: value for name, value in given.items() if value is not None}
        if isinstance(node, ListValueNode) and is_list_type(type_):
            items = (self._given(item, type_.of_type) for item in node.values)
            return Items(tuple(Const(None) if item is None else item for item in items))
        return Const(coerce_input_literal(node, type_))


def _default(declared: Any) -> Any:
    if declared.default is not None:
        return coerce_default_value(declared)
    return declared.default_value


def _from_value(value: Any, name: str, path: tuple[str, ...]) -> Given:
    if value is None or isinstance(value, (bool, Enum)):
        return Const(value)
    if isinstance(value, dict):
        return {key: _from_value(item, name, (*path, key)) for key, item in value.items()}
    return Var(name, path)


def binder(given: Given) -> Callable[[Coerced], Any]:
    """A function from a request's variables to the value."""
    match given:
        case Const(value):
            return lambda _: value
        case Var(name, ()):
            return lambda coerced: coerced.get(name)
        case Var(name, path):
            return lambda coerced: _walk(coerced.get(name), path)
        case Items(items):
            binders = [binder(item) for item in items]
            return lambda coerced: [bind(coerced) for bind in binders]
        case _:
            bound = {key: binder(item) for key, item in given.items()}
            return lambda coerced: {key: bind(coerced) for key, bind in bound.items()}


def _walk(value: Any, path: tuple[str, ...]) -> Any:
    for key in path:
        value = value[key] if isinstance(value, dict) and key in value else None
    return value


def look(coerced: Coerced, seen: tuple[Seen, ...]) -> tuple[Any, ...]:
    """What a request's variables show to a plan that depends on `seen`: the key to find the plan by."""
    return tuple(of(_walk(coerced.get(name, LEFT_OUT), path)) for name, path, of in seen)


def shape(value: Any) -> Any:
    """What of a variable's value can change a statement: Booleans, enums, and what is null or left out."""
    if value is None or isinstance(value, (bool, Enum)):
        return value
    if value is LEFT_OUT:
        return LEFT_OUT
    if isinstance(value, dict):
        return tuple((key, shape(item)) for key, item in value.items())
    return "·"
