"""From a request to a plan: parse, limit, validate, choose the operation, coerce variables, compile — once.

What was prepared is kept, bounded, by the document's text; a plan is kept by what its statement depends on:
the operation, the role, and what the variables show of the values it looked at. The syntax tree of a
document is dropped when it is all planned; it is parsed again for the rare plan that has to be compiled
anew.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any, Generic, NamedTuple, TypeVar

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    VariableDefinitionNode,
    get_variable_values,
    parse,
    validate,
)

from service.api.plan.arguments import Coerced, Seen, Variables, look
from service.api.plan.compile import Compiler
from service.api.plan.declare import plan_of
from service.api.plan.selections import Selections
from service.errors import BadInput, DocumentNotFound, Forbidden, Malformed, Place, RequestError, TooLarge
from service.identity import Viewer, may_mutate
from service.reads import Statement

MAX_TOKENS = 4_000
MAX_DEPTH = 15
MAX_ALIASES = 100
# Of introspection, which is answered by walking the whole schema, once for each alias.
MAX_INTROSPECTED_ALIASES = 10
MAX_FIELDS = 2_000
MAX_ERRORS = 10
MAX_MESSAGE = 500
# Characters of a document that is remembered; a longer one is prepared each time.
MAX_KEPT = 20_000

Value = TypeVar("Value")


class Recent(Generic[Value]):
    """The most recently used values, at most `size` of them."""

    def __init__(self, size: int):
        self.size = size
        self._kept: OrderedDict[Hashable, Value] = OrderedDict()

    def get(self, key: Hashable) -> Value | None:
        value = self._kept.get(key)
        if value is not None:
            self._kept.move_to_end(key)
        return value

    def put(self, key: Hashable, value: Value) -> Value:
        self._kept[key] = value
        if len(self._kept) > self.size:
            self._kept.popitem(last=False)
        return value

    def __len__(self) -> int:
        return len(self._kept)


@dataclass
class Operation:
    """One operation of a document that is valid and within the limits.

    `planned` and `unplanned` say what kinds of root fields it has; one with only planned ones is answered
    by a plan alone.
    """

    text: str
    name: str | None
    type: OperationType
    planned: bool
    unplanned: bool
    variables: tuple[VariableDefinitionNode, ...]
    # The names of its root fields.
    roots: frozenset[str] = frozenset()
    seen: tuple[Seen, ...] = ()
    plans: Recent[Statement] = field(default_factory=lambda: Recent(32))


class Preparer:
    """Prepares requests against one schema."""

    def __init__(self, schema: GraphQLSchema, documents: int = 1_000):
        self.schema = schema
        self._operations: Recent[Operation] = Recent(documents)
        self._persisted: Recent[str] = Recent(documents)

    def text_of(self, query: str | None, extensions: dict[str, Any] | None) -> str:
        """The document's text: given, or remembered by its hash (automatic persisted queries)."""
        persisted = (extensions or {}).get("persistedQuery")
        if not isinstance(persisted, dict):
            if query is None:
                raise Malformed("The request has no query.")
            return query
        digest = persisted.get("sha256Hash")
        if not isinstance(digest, str) or persisted.get("version") != 1:
            raise Malformed("A persisted query is named by version 1 and its sha256Hash.")
        if query is None:
            known = self._persisted.get(digest)
            if known is None:
                raise DocumentNotFound("PersistedQueryNotFound")
            return known
        if hashlib.sha256(query.encode("utf-8", "surrogatepass")).hexdigest() != digest:
            raise Malformed("The persisted query's hash is not the hash of its text.")
        return self._persisted.put(digest, query) if len(query) <= MAX_KEPT else query

    def operation(self, text: str, name: str | None) -> Operation:
        """The operation of this name, prepared before or now."""
        known = self._operations.get((text, name))
        if known is not None:
            return known
        document = self._parsed(text)
        errors = validate(self.schema, document, max_errors=MAX_ERRORS)
        if errors:
            raise _several(Malformed, errors)
        chosen = _chosen(document, name)
        kinds = set(self._root_kinds(chosen, _fragments(document)))
        operation = Operation(
            text,
            name,
            chosen.operation,
            planned=True in kinds,
            unplanned=False in kinds,
            variables=tuple(chosen.variable_definitions or ()),
            roots=frozenset(_root_names(chosen.selection_set, _fragments(document))),
        )
        return self._operations.put((text, name), operation) if len(text) <= MAX_KEPT else operation

    def coerced(self, operation: Operation, given: dict[str, Any] | None) -> Coerced:
        """The request's variables, as the operation declares them."""
        if not operation.variables:
            return {}
        values = get_variable_values(self.schema, operation.variables, given or {}, max_errors=MAX_ERRORS)
        if isinstance(values, list):
            raise _several(BadInput, values)
        return values.coerced

    def statement(self, operation: Operation, coerced: Coerced, viewer: Viewer) -> Statement:
        """The plan for the operation's planned root fields."""
        if operation.variables:
            key: Hashable = (viewer.role, look(coerced, operation.seen))
        else:
            key = viewer.role
        known = operation.plans.get(key)
        if known is not None:
            return known
        document = self._parsed(operation.text)
        variables = Variables(coerced)
        compiler = Compiler(self.schema, _fragments(document), variables, viewer, typed=operation.unplanned)
        statement = compiler.operation(_chosen(document, operation.name))
        if not variables.seen <= set(operation.seen):
            # The plans so far were told apart by less; those that are still wanted are made again.
            operation.seen = tuple({*operation.seen, *variables.seen})
            operation.plans = Recent(operation.plans.size)
        key = (viewer.role, look(coerced, operation.seen)) if operation.variables else viewer.role
        return operation.plans.put(key, statement)

    def require_permitted(self, operation: Operation, coerced: Coerced, viewer: Viewer) -> None:
        """Refuse a mutation any of whose commands the viewer may not give: before the first of them is given,
        and before anything is said about their inputs. What the variables leave out is not asked for."""
        role = viewer.role
        if all(may_mutate(role, name) for name in operation.roots):
            return
        document = self._parsed(operation.text)
        selections = Selections(self.schema, _fragments(document), Variables(coerced))
        assert self.schema.mutation_type is not None
        roots = [_chosen(document, operation.name).selection_set]
        for key, (node, *_) in selections.of(self.schema.mutation_type, roots).items():
            name = node.name.value
            if name != "__typename" and not may_mutate(role, name):
                with Place.of(node, (key,)).blamed():
                    raise Forbidden(f"{role.name} may not {name}.", what=f"Mutation.{name}")

    def _parsed(self, text: str) -> DocumentNode:
        try:
            document = parse(text, no_location=False, max_tokens=MAX_TOKENS)
            _require_modest(document)
        except GraphQLSyntaxError as error:
            raise _several(Malformed, [error]) from None
        except RecursionError:
            raise TooLarge("The document is nested too deeply.") from None
        return document

    def _root_kinds(
        self, operation: OperationDefinitionNode, fragments: dict[str, FragmentDefinitionNode]
    ) -> list[bool]:
        """For each root field of a query: whether it is planned."""
        if operation.operation is not OperationType.QUERY:
            return [False]
        assert self.schema.query_type is not None
        fields = self.schema.query_type.fields
        names = _root_names(operation.selection_set, fragments)
        return [
            name == "__typename" or (name in fields and plan_of(fields[name]) is not None) for name in names
        ]


def _root_names(selections: SelectionSetNode, fragments: dict[str, FragmentDefinitionNode]) -> list[str]:
    names = []
    for node in selections.selections:
        if isinstance(node, FieldNode):
            names.append(node.name.value)
        elif isinstance(node, InlineFragmentNode):
            names += _root_names(node.selection_set, fragments)
        elif isinstance(node, FragmentSpreadNode):
            names += _root_names(fragments[node.name.value].selection_set, fragments)
    return names


def _fragments(document: DocumentNode) -> dict[str, FragmentDefinitionNode]:
    return {d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)}


def _chosen(document: DocumentNode, name: str | None) -> OperationDefinitionNode:
    operations = [d for d in document.definitions if isinstance(d, OperationDefinitionNode)]
    if name is None:
        if len(operations) != 1:
            raise Malformed("The document has several operations: say which by operationName.")
        return operations[0]
    for operation in operations:
        if operation.name is not None and operation.name.value == name:
            return operation
    raise Malformed(f"The document has no operation named {name[:60]!r}.")


class _Extent(NamedTuple):
    """How much a selection amounts to with its fragments written out."""

    depth: int = 0
    aliases: int = 0
    fields: int = 0
    introspected: int = 0

    def beside(self, other: "_Extent") -> "_Extent":
        return _Extent(
            max(self.depth, other.depth),
            self.aliases + other.aliases,
            self.fields + other.fields,
            self.introspected + other.introspected,
        )


class _Extents:
    """The extents of a document's selections, each fragment measured once."""

    def __init__(self, document: DocumentNode):
        self._fragments = _fragments(document)
        self._known: dict[str, _Extent] = {}

    def of(self, selections: SelectionSetNode | None, inside: frozenset[str] = frozenset()) -> _Extent:
        extent = _Extent()
        for node in selections.selections if selections is not None else ():
            if isinstance(node, FieldNode):
                below = self.of(node.selection_set, inside)
                aliases = below.aliases + (node.alias is not None)
                introspected = aliases if node.name.value in ("__schema", "__type") else below.introspected
                field = _Extent(below.depth + 1, aliases, below.fields + 1, introspected)
                extent = extent.beside(field)
            elif isinstance(node, InlineFragmentNode):
                extent = extent.beside(self.of(node.selection_set, inside))
            elif isinstance(node, FragmentSpreadNode):
                extent = extent.beside(self._of_fragment(node.name.value, inside))
        return extent

    def _of_fragment(self, name: str, inside: frozenset[str]) -> _Extent:
        # Cycles and unknown fragments are for validation to report.
        if name in inside or name not in self._fragments:
            return _Extent()
        if name not in self._known:
            self._known[name] = self.of(self._fragments[name].selection_set, inside | {name})
        return self._known[name]


def _require_modest(document: DocumentNode) -> None:
    """Depth, aliases and fields within the limits, fragments written out, before anything costly is done."""
    extents = _Extents(document)
    for definition in document.definitions:
        if not isinstance(definition, OperationDefinitionNode):
            continue
        extent = extents.of(definition.selection_set)
        if extent.depth > MAX_DEPTH and not _is_introspection(definition):
            raise TooLarge(f"The query is {extent.depth} levels deep; at most {MAX_DEPTH} are allowed.")
        if extent.aliases > MAX_ALIASES:
            raise TooLarge(f"The query has {extent.aliases} aliases; at most {MAX_ALIASES} are allowed.")
        if extent.introspected > MAX_INTROSPECTED_ALIASES:
            raise TooLarge(f"Introspection may have at most {MAX_INTROSPECTED_ALIASES} aliases.")
        if extent.fields > MAX_FIELDS:
            raise TooLarge(f"The query has {extent.fields} fields; at most {MAX_FIELDS} are allowed.")


def _is_introspection(operation: OperationDefinitionNode) -> bool:
    """The standard introspection query nests `ofType` deeper than a query should."""
    roots = operation.selection_set.selections
    return all(isinstance(root, FieldNode) and root.name.value.startswith("__") for root in roots)


def _several(kind: type[RequestError], errors: list[GraphQLError]) -> RequestError:
    """The first of several errors, carrying the others."""
    if errors[0].message.endswith("aborted."):
        # The library's own limits: tokens, nesting, comparisons of fields with one key.
        kind = TooLarge
    found = [_located(kind(_shortened(error.message)), error) for error in errors]
    found[0].others = found[1:]
    return found[0]


def _shortened(message: str) -> str:
    # The library's messages repeat what was sent, however long it is.
    return message if len(message) <= MAX_MESSAGE else f"{message[:MAX_MESSAGE]}…"


def _located(error: RequestError, source: GraphQLError) -> RequestError:
    error.nodes, error.source, error.positions, error.locations = (
        source.nodes,
        source.source,
        source.positions,
        source.locations,
    )
    return error
