"""How a GraphQL type says what it stands for in SQL.

A read type is an ordinary Strawberry type; each of its fields carries one of the declarations below in its
metadata, and `reads` ties the type to its relation. The compiler reads nothing else. SQL fragments use these
placeholders:

    {t}         the row of the field's own type
    {c}         the row of the type a link leads to
    {v}         the value of a filter, as a bound parameter
    {date}      the business date the row speaks of: today, or for a line of the ledger its `asOf`
    {position}  the position of the log that the row speaks of: the latest shown, or the ledger's `asOf`
    {unit}      the unit of the person asking
    {group}     the supervision group of the person asking
    {actor}     the name of the person asking, as the log has it
    {official}  the official that the person asking is
    {rows}      in a figure of a connection: all the rows it lists, whatever page is shown
"""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Annotated, Any

import strawberry
from graphql import GraphQLObjectType, GraphQLOutputType, get_named_type

from service.api.scalars import Position

PLAN = "plan"


@dataclass(frozen=True)
class Column:
    """A value of the row. `sql` None: the column named like the field (of an embedded object: its key)."""

    sql: str | None = None


@dataclass(frozen=True)
class ToOne:
    """The one row of another relation for which `on` holds, or null."""

    on: str


@dataclass(frozen=True)
class Rows:
    """The few rows of another relation for which `on` holds, all of them, in the order of `by` ({c})."""

    on: str
    by: str


@dataclass(frozen=True)
class Embedded:
    """A list of objects kept in a jsonb column of the row; their fields are columns of the element."""

    sql: str


@dataclass(frozen=True)
class Order:
    """A way to sort: expressions that are never null, each with its SQL type for the cursor."""

    keys: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Filter:
    """A condition on rows. `{v}` is bound, cast to `cast`, after `convert`; a Boolean filter takes `sql` when
    true and its negation when false. Only who may read the field that it `tells` of, else the field of its
    own name where there is one, may ask by it."""

    sql: str
    cast: str = "text"
    convert: Callable[[Any], Any] | None = None
    tells: str | None = None


@dataclass(frozen=True)
class Listing:
    """What is common to all connections over one relation: its orders, its limits, its name in cursors.
    `unique`: no two rows have the same sort keys, so that these alone tell rows apart."""

    name: str
    orders: Mapping[Any, Order]
    default: Enum
    descending: bool = False
    default_first: int = 50
    max_first: int = 100
    unique: bool = False


@dataclass(frozen=True)
class ToMany:
    """A connection over the listing of its node type. `on` links its rows to {t}, or at the root says which
    there are at all; `given` are the field's own arguments that are conditions, beside its filter."""

    listing: str
    on: str | None = None
    given: Mapping[str, Filter] = field(default_factory=dict)


@dataclass(frozen=True)
class One:
    """A root field: the row named by its argument, or null. By `id`, unless the relation has another key."""

    argument: str = "id"


@dataclass(frozen=True)
class AnyNode:
    """The root field `node`: the row of whatever relation its id names."""


@dataclass(frozen=True)
class AsOf(ToMany):
    """A connection that can be read as of an earlier date or position (its argument `asOf`).

    `live_position` is how far the live rows are; the other two turn a date `{v}` into the last position
    recorded on it, and a position into the date it was recorded on. Rows without versions are listed as they
    are now, and only what they say speaks of the earlier moment.
    """

    live_position: str = ""
    position_of_date: str = ""
    date_of_position: str = ""


Plan = Column | ToOne | Rows | Embedded | ToMany | One | AnyNode


@dataclass(frozen=True)
class Relation:
    """The table behind a read type. `prefix` names the type in ids; `versions` is the table of all versions
    of its rows; `visible` restricts the rows for a scope of `service.identity`; `key` is the column that
    names a row, and its SQL type."""

    type: type
    table: str
    prefix: str | None = None
    versions: str | None = None
    visible: Mapping[str, str] = field(default_factory=dict)
    key: tuple[str, str] = ("id", "uuid")


LISTINGS: dict[str, Listing] = {}
RELATIONS: dict[type, Relation] = {}
PREFIXES: dict[str, Relation] = {}


def reads(
    table: str,
    *,
    prefix: str | None = None,
    versions: str | None = None,
    visible: Mapping[str, str] | None = None,
    key: tuple[str, str] = ("id", "uuid"),
) -> Callable[[type], type]:
    """Class decorator: this read type stands for the rows of `table`."""

    def declare(cls: type) -> type:
        relation = Relation(cls, table, prefix, versions, visible or {}, key)
        RELATIONS[cls] = relation
        if prefix is not None:
            if prefix in PREFIXES:
                raise ValueError(f"two read types share the id prefix {prefix!r}")
            PREFIXES[prefix] = relation
        return cls

    return declare


def lists(listing: Listing) -> None:
    """Make a listing known; a connection names it, and may do so before its module is loaded."""
    if listing.name in LISTINGS:
        raise ValueError(f"two listings are called {listing.name!r}")
    LISTINGS[listing.name] = listing


def column(sql: str | None = None, *, description: str | None = None) -> Any:
    return strawberry.field(metadata={PLAN: Column(sql)}, description=description)


def identity(prefix: str) -> Any:
    """The `id` of a node: its prefix and its key."""
    return column(f"'{prefix}:' || {{t}}.id", description="Globally unique; pass it to `node(id:)`.")


def to_one(on: str, *, description: str | None = None) -> Any:
    return strawberry.field(metadata={PLAN: ToOne(on)}, description=description)


def rows(on: str, by: str, *, description: str | None = None) -> Any:
    return strawberry.field(metadata={PLAN: Rows(on, by)}, description=description)


def embedded(sql: str, *, description: str | None = None) -> Any:
    return strawberry.field(metadata={PLAN: Embedded(sql)}, description=description)


def planned(plan: Plan, *, description: str | None = None) -> Callable[[Callable[..., Any]], Any]:
    """Decorator for a field with arguments: the signature declares them, the body is never run."""

    def declare(signature: Callable[..., Any]) -> Any:
        return strawberry.field(
            resolver=signature, metadata={PLAN: plan}, description=description or signature.__doc__
        )

    return declare


def to_many(
    connection: Any, order: Any, filter_: Any, listing: str, on: str | None = None, *, description: str
) -> Any:
    """A connection of a row, or at the root, with the arguments that every connection takes."""
    signature = _signature(connection, order, filter_, root=on is None)
    return strawberry.field(resolver=signature, metadata={PLAN: ToMany(listing, on)}, description=description)


def _signature(connection: Any, order: Any, filter_: Any, root: bool) -> Callable[..., Any]:
    """A function that only declares arguments: Strawberry reads its signature, nobody calls it."""
    types: dict[str, Any] = {"first": int, "after": str, "last": int, "before": str}
    if filter_ is not None:
        types["filter"] = filter_
    if order is not None:
        types["order_by"] = order
    if root:
        types["min_position"] = Position

    def declared(self: Any, **_: Any) -> Any: ...

    keyword = inspect.Parameter.KEYWORD_ONLY
    parameters = [
        inspect.Parameter(
            name,
            keyword,
            default=None,
            annotation=Annotated[type_ | None, strawberry.argument(description=_ARGUMENTS[name])],
        )
        for name, type_ in types.items()
    ]
    own = inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD)
    declared.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [own, *parameters], return_annotation=connection
    )
    return declared


_ARGUMENTS = {
    "first": "How many rows from the start, or after `after`.",
    "after": "Continue behind this cursor.",
    "last": "How many rows from the end, or before `before`; they keep the order of the list.",
    "before": "Continue in front of this cursor.",
    "filter": "Which rows.",
    "order_by": "How they are sorted.",
    "min_position": "Answer only once the read tables have reached this position of the log.",
}


def matches(
    sql: str,
    cast: str = "text",
    convert: Callable[[Any], Any] | None = None,
    *,
    description: str | None = None,
    name: str | None = None,
    tells: str | None = None,
) -> Any:
    """A field of a filter input; `name` where Python would not take it for one."""
    return strawberry.field(
        default=None, metadata={PLAN: Filter(sql, cast, convert, tells)}, description=description, name=name
    )


def plan_of(field: Any) -> Any:
    """The declaration a GraphQL field or input field carries, or None."""
    definition = (field.extensions or {}).get("strawberry-definition")
    return None if definition is None else definition.metadata.get(PLAN)


def object_type(type_: GraphQLOutputType) -> GraphQLObjectType:
    named = get_named_type(type_)
    assert isinstance(named, GraphQLObjectType)
    return named


def relation_of(type_: GraphQLObjectType) -> Relation:
    return RELATIONS[type_.extensions["strawberry-definition"].origin]
