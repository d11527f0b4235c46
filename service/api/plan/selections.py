"""What is selected of a type: CollectFields of the GraphQL specification, directives applied."""

from collections.abc import Mapping
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    SelectionSetNode,
)

from service.api.plan.arguments import Variables
from service.errors import TooLarge

# PostgreSQL cuts identifiers at 63 bytes; a longer response key would lose its tail.
MAX_KEY = 63

# By response key, the fields that are merged under it.
Selected = dict[str, list[FieldNode]]


class Selections:
    """The selections of one document, for the variables of one request."""

    def __init__(
        self, schema: GraphQLSchema, fragments: Mapping[str, FragmentDefinitionNode], variables: Variables
    ):
        self.schema = schema
        self.fragments = fragments
        self.variables = variables

    def of(self, type_: GraphQLObjectType, sets: list[SelectionSetNode]) -> Selected:
        """What these sets together select of the type."""
        found: Selected = {}
        self._collect(type_, sets, found, set())
        return found

    def _collect(
        self, type_: GraphQLObjectType, sets: list[SelectionSetNode], found: Selected, seen: set[str]
    ) -> None:
        for selections in sets:
            for node in selections.selections:
                if not self._included(node):
                    continue
                if isinstance(node, FieldNode):
                    key = node.alias.value if node.alias else node.name.value
                    if len(key) > MAX_KEY:
                        raise TooLarge(f"The alias {key[:20]}… is longer than {MAX_KEY} characters.")
                    found.setdefault(key, []).append(node)
                elif isinstance(node, InlineFragmentNode):
                    if self._applies(node, type_):
                        self._collect(type_, [node.selection_set], found, seen)
                elif isinstance(node, FragmentSpreadNode) and node.name.value not in seen:
                    seen.add(node.name.value)
                    fragment = self.fragments[node.name.value]
                    if self._applies(fragment, type_):
                        self._collect(type_, [fragment.selection_set], found, seen)

    @staticmethod
    def _applies(fragment: InlineFragmentNode | FragmentDefinitionNode, type_: GraphQLObjectType) -> bool:
        condition = fragment.type_condition
        if condition is None or condition.name.value == type_.name:
            return True
        return any(interface.name == condition.name.value for interface in type_.interfaces)

    def _included(self, node: Any) -> bool:
        for directive in node.directives or ():
            definition = self.schema.get_directive(directive.name.value)
            if definition is not None and directive.name.value in ("skip", "include"):
                given = self.variables.arguments(definition, directive)["if"]  # type: ignore[arg-type]
                if self.variables.constant(given) is (directive.name.value == "skip"):
                    return False
        return True
