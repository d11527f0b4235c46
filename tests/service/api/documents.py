"""Random documents: what is selected is drawn by hypothesis-graphql, the rest is put to it here.

Arguments that make sense of the data (ids, cursors, dates, codes) and some that do not; values lifted into
variables, with defaults, null or left out; named and inline fragments; directives; aliases; fields said
twice.
"""

from dataclasses import dataclass, field
from random import Random
from typing import Any

from graphql import (
    ArgumentNode,
    BooleanValueNode,
    ConstDirectiveNode,
    DefinitionNode,
    DirectiveNode,
    DocumentNode,
    EnumValueNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLInputType,
    GraphQLNamedType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    NamedTypeNode,
    NameNode,
    NullValueNode,
    ObjectFieldNode,
    ObjectValueNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    StringValueNode,
    TypeNode,
    ValueNode,
    VariableDefinitionNode,
    VariableNode,
    get_named_type,
    get_nullable_type,
    is_enum_type,
    is_input_object_type,
    is_list_type,
    is_non_null_type,
    parse_type,
)

LEFT_OUT = object()


@dataclass
class Pool:
    """What the data offers for arguments. `cursors` are by list, order and direction."""

    ids: dict[str, list[str]]
    codes: list[str]
    texts: list[str]
    dates: list[str]
    positions: list[int]
    cursors: dict[tuple[str, str, str], list[str]]


# The list that a connection shows, by the type of its nodes, and how it is ordered by itself.
LISTS = {
    "Task": ("tasks", "CODE", "ASC"),
    "LedgerEntry": ("ledger", "CODE", "ASC"),
    "Campaign": ("campaigns", "NUMBER", "ASC"),
    "Unit": ("units", "CODE", "ASC"),
    "SupervisionGroup": ("groups", "NAME", "ASC"),
    "Report": ("reports", "PERIOD", "DESC"),
}


@dataclass
class Document:
    """A document with the variables of its one operation."""

    node: DocumentNode
    variables: dict[str, Any]


@dataclass
class Decorator:
    """Makes a document of a selection that has no arguments. Used once."""

    schema: GraphQLSchema
    pool: Pool
    random: Random
    definitions: list[VariableDefinitionNode] = field(default_factory=list)
    variables: dict[str, Any] = field(default_factory=dict)
    fragments: list[FragmentDefinitionNode] = field(default_factory=list)
    numbers: int = 0

    def decorated(self, drawn: DocumentNode) -> Document:
        operation = drawn.definitions[0]
        assert isinstance(operation, OperationDefinitionNode)
        assert self.schema.query_type is not None
        selections = self._selections(self.schema.query_type, operation.selection_set, 0)
        whole = OperationDefinitionNode(
            operation=operation.operation,
            name=NameNode(value="drawn") if self.definitions else None,
            variable_definitions=tuple(self.definitions),
            directives=(),
            selection_set=selections,
        )
        definitions: tuple[DefinitionNode, ...] = (whole, *self.fragments)
        return Document(DocumentNode(definitions=definitions), self.variables)

    def _chance(self, share: float) -> bool:
        return self.random.random() < share

    def _number(self) -> int:
        self.numbers += 1
        return self.numbers

    # -- selections

    def _selections(self, type_: GraphQLNamedType, drawn: SelectionSetNode, depth: int) -> SelectionSetNode:
        chosen: list[SelectionNode] = []
        for node in drawn.selections:
            if isinstance(node, InlineFragmentNode) and node.type_condition is not None:
                condition = self.schema.type_map[node.type_condition.name.value]
                inner = self._selections(condition, node.selection_set, depth)
                chosen.append(_inline(inner, node.type_condition.name.value, self._directives()))
            elif isinstance(node, FieldNode):
                chosen += self._field(type_, node, depth)
        if self._chance(0.1):
            chosen.append(FieldNode(name=NameNode(value="__typename"), arguments=(), directives=()))
        if type_.name in ("Task", "LedgerEntry") and self._chance(0.15):
            state = SelectionSetNode(selections=(_leaf("code"), _leaf("status"), _leaf("version")))
            chosen.append(_inline(state, "TaskState", self._directives()))
        return self._wrapped(type_, SelectionSetNode(selections=tuple(chosen)))

    def _wrapped(self, type_: GraphQLNamedType, selections: SelectionSetNode) -> SelectionSetNode:
        if self._chance(0.08):
            name = f"F{self._number()}"
            self.fragments.append(
                FragmentDefinitionNode(
                    name=NameNode(value=name),
                    type_condition=NamedTypeNode(name=NameNode(value=type_.name)),
                    variable_definitions=(),
                    directives=(),
                    selection_set=selections,
                )
            )
            spread = FragmentSpreadNode(name=NameNode(value=name), directives=(), arguments=())
            # The first that is spread counts; the second adds nothing.
            return SelectionSetNode(selections=(spread,) * self.random.choice((1, 1, 2)))
        if self._chance(0.08):
            condition = self.random.choice((None, type_.name))
            return SelectionSetNode(selections=(_inline(selections, condition, ()),))
        return selections

    def _field(self, type_: GraphQLNamedType, node: FieldNode, depth: int) -> list[FieldNode]:
        declared: GraphQLField = type_.fields[node.name.value]  # type: ignore[attr-defined]
        named = get_named_type(declared.type)
        inner = self._selections(named, node.selection_set, depth + 1) if node.selection_set else None
        alias = node.alias
        if self._chance(0.08):
            alias = NameNode(value=f"{self.random.choice('atqx')}{self._number()}")
        made = FieldNode(
            alias=alias,
            name=node.name,
            arguments=tuple(self._arguments(declared, node.name.value, depth)),
            directives=self._directives(),
            selection_set=inner,
        )
        return [made, made] if self._chance(0.04) else [made]

    def _directives(self) -> tuple[DirectiveNode, ...]:
        if not self._chance(0.05):
            return ()
        value = self._value(self._chance(0.5), self.schema.get_directive("skip").args["if"].type)  # type: ignore[union-attr]
        given = ArgumentNode(name=NameNode(value="if"), value=value)
        name = NameNode(value=self.random.choice(("skip", "include")))
        return (DirectiveNode(name=name, arguments=(given,)),)

    # -- arguments

    def _arguments(self, declared: GraphQLField, name: str, depth: int) -> list[ArgumentNode]:
        given: dict[str, Any] = {}
        if "first" in declared.args:
            given = self._page(get_named_type(declared.type).name, declared, depth)
        elif "id" in declared.args:
            given = {"id": self._id(name)}
        if "minPosition" in declared.args and self._chance(0.15):
            given["minPosition"] = self.random.choice([None, 0, *self.pool.positions[-3:]])
        arguments = []
        for key, value in given.items():
            if value is not LEFT_OUT:
                node = self._value(value, declared.args[key].type)
                arguments.append(ArgumentNode(name=NameNode(value=key), value=node))
        return arguments

    def _id(self, name: str) -> str:
        kinds = {"node": self.random.choice(list(self.pool.ids)), "progressReport": "report"}
        kind = kinds.get(name, name) if self._chance(0.97) else "unit"
        return self.random.choice(self.pool.ids[kind])

    def _page(self, connection: str, declared: GraphQLField, depth: int) -> dict[str, Any]:
        node_type = {"LedgerConnection": "LedgerEntry"}.get(connection, connection.removesuffix("Connection"))
        listing, by, direction = LISTS[node_type]
        given: dict[str, Any] = {}
        if "orderBy" in declared.args and self._chance(0.5):
            orders = [key[1:] for key in self.pool.cursors if key[0] == listing]
            by, direction = self.random.choice(orders)
            given["orderBy"] = {"field": by, "direction": direction}
        cursors = self.pool.cursors[listing, by, direction]
        if self._chance(0.04):
            cursors = [*self.pool.cursors[self.random.choice(list(self.pool.cursors))], "bm9uc2Vuc2U=", "?"]
        cursor = self.random.choice(cursors) if self._chance(0.35) else LEFT_OUT
        size = self.random.choice((0, 1, 2, 3, 4) if depth else (1, 2, 5, 9, 20, 100))
        if self._chance(0.02):
            size = self.random.choice((-1, 101, 501, 2147483647))
        # Without a size nested lists are as long as can be, which the cost allows but for a few.
        forward, backward = {"first": size, "after": cursor}, {"last": size, "before": cursor}
        given |= backward if self._chance(0.35) else forward
        if self._chance(0.02):
            given |= {"first": size, "before": cursor if cursor is not LEFT_OUT else None, "last": size}
        if self._chance(0.05):
            given |= {key: None for key in ("first", "last", "after", "before") if key not in given}
        if "filter" in declared.args and self._chance(0.5):
            given["filter"] = self._filter(declared.args["filter"].type)
        if "asOf" in declared.args:
            given |= self._ledger()
        return given

    def _ledger(self) -> dict[str, Any]:
        moments: list[Any] = [
            LEFT_OUT,
            LEFT_OUT,
            None,
            {},
            {"date": None, "position": None},
            *[{"date": self.random.choice(self.pool.dates)} for _ in range(3)],
            *[{"position": self.random.choice(self.pool.positions)} for _ in range(3)],
            {"position": self.random.choice(self.pool.positions), "date": None},
        ]
        as_of = self.random.choice(moments)
        if self._chance(0.02):
            as_of = {"date": self.random.choice(self.pool.dates), "position": 1}
        campaign = self.random.choice(self.pool.ids["campaign"]) if self._chance(0.3) else LEFT_OUT
        return {"asOf": as_of, "campaign": campaign}

    def _filter(self, declared: GraphQLInputType) -> Any:
        type_ = get_nullable_type(declared)
        if self._chance(0.05):
            return None
        assert is_input_object_type(type_)
        names = self.random.sample(
            list(type_.fields), min(self.random.choice((0, 1, 1, 1, 2, 3)), len(type_.fields))
        )
        return {name: self._condition(name, type_.fields[name].type) for name in names}

    def _condition(self, name: str, declared: GraphQLInputType) -> Any:
        rng, pool = self.random, self.pool
        if self._chance(0.07):
            return None
        type_ = get_nullable_type(declared)
        if is_list_type(type_):
            members = list(get_named_type(type_).values)  # type: ignore[attr-defined]
            return rng.choices(members, k=rng.randrange(0, 4)) if self._chance(0.8) else rng.choice(members)
        if is_enum_type(type_):
            return rng.choice(list(type_.values))
        match name:
            case "campaign" | "task" | "unit" | "leadUnit":
                kind = "unit" if name == "leadUnit" or self._chance(0.02) else name
                return rng.choice(pool.ids[kind])
            case "code":
                return rng.choice(pool.codes)
            case "text":
                return rng.choice(pool.texts)
            case "article":
                return rng.choice((8, 9, 10, 11, 12, 17, -1, -2147483648))
            case "period":
                return rng.choice(("2020-04", "2020-05", "2020-06", "2020-07", "2020-08", "2020-13", ""))
            case "deviationBelow" | "deviationAbove":
                return rng.choice(("-0.5", "-0.1", "0", "0.05", "0.3", "-1e-2", "2", "1e30"))
        return rng.random() < 0.5

    # -- values

    def _value(self, value: Any, type_: GraphQLInputType) -> ValueNode:
        """The value as a literal, some of it lifted into variables."""
        if self._chance(0.25):
            return self._lifted(value, type_)
        inner = get_nullable_type(type_)
        if value is None:
            return NullValueNode()
        if is_list_type(inner) and isinstance(value, list):
            return ListValueNode(values=tuple(self._value(item, inner.of_type) for item in value))
        if is_input_object_type(inner):
            fields = (
                ObjectFieldNode(name=NameNode(value=key), value=self._value(item, inner.fields[key].type))
                for key, item in value.items()
            )
            return ObjectValueNode(fields=tuple(fields))
        return _literal(value, inner)

    def _lifted(self, value: Any, type_: GraphQLInputType) -> VariableNode:
        name = f"v{self._number()}"
        declared: TypeNode = parse_type(str(type_))
        default: Any = None
        if is_list_type(get_nullable_type(type_)) and value is not None and not isinstance(value, list):
            # A variable is not made a list of one.
            value = [value]
        if value is None:
            if self._chance(0.5):
                self.variables[name] = None
        elif self._chance(0.25):
            # Known by its default alone; or given, and the default is not looked at.
            nullable = get_nullable_type(type_)
            declared = parse_type(str(nullable)) if is_non_null_type(type_) else declared
            default = _constant(value, nullable)
            if self._chance(0.3):
                self.variables[name] = value
            elif self._chance(0.05):
                self.variables[name] = None
        else:
            self.variables[name] = value
            if not is_non_null_type(type_) and self._chance(0.3):
                declared = parse_type(f"{type_}!")
        variable = VariableNode(name=NameNode(value=name))
        directives: tuple[ConstDirectiveNode, ...] = ()
        definition = VariableDefinitionNode(
            variable=variable, type=declared, default_value=default, directives=directives
        )
        self.definitions.append(definition)
        return variable


def _leaf(name: str) -> FieldNode:
    return FieldNode(name=NameNode(value=name), arguments=(), directives=())


def _inline(selections: SelectionSetNode, on: str | None, directives: Any) -> InlineFragmentNode:
    condition = None if on is None else NamedTypeNode(name=NameNode(value=on))
    return InlineFragmentNode(type_condition=condition, directives=directives, selection_set=selections)


def _literal(value: Any, type_: Any) -> ValueNode:
    if is_list_type(type_):
        # One value stands for a list of one.
        return _literal(value, get_nullable_type(type_.of_type))
    if is_enum_type(type_):
        return EnumValueNode(value=value)
    if isinstance(value, bool):
        return BooleanValueNode(value=value)
    return IntValueNode(value=str(value)) if isinstance(value, int) else StringValueNode(value=value)


def _constant(value: Any, type_: Any) -> Any:
    """A literal without variables."""
    inner = get_nullable_type(type_)
    if value is None:
        return NullValueNode()
    if isinstance(value, list):
        return ListValueNode(values=tuple(_constant(item, inner.of_type) for item in value))
    if isinstance(value, dict):
        fields = (
            ObjectFieldNode(name=NameNode(value=key), value=_constant(item, inner.fields[key].type))
            for key, item in value.items()
        )
        return ObjectValueNode(fields=tuple(fields))
    return _literal(value, inner)
