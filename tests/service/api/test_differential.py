"""The planner against plain resolvers: thousands of random valid queries, the same answers.

hypothesis-graphql draws what is selected, `documents` gives it arguments, variables, fragments and
directives, and `reference` answers it by an independent executor over the same tables. Both give the same
data, or both refuse.
"""

import json
from collections import Counter
from collections.abc import Mapping
from functools import cache
from random import Random
from typing import Any
from unittest.mock import patch

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLIncludeDirective,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLSkipDirective,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableValues,
    build_schema,
    get_argument_values,
    get_directive_values,
    get_named_type,
    get_variable_values,
    print_ast,
    print_schema,
)
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis_graphql import nodes, queries
from hypothesis_graphql._strategies import sampler, weighted

from service.api.schema import printed
from service.identity import Role, may_read, readers_of
from tests.service.api.city import LAST_DAY, City
from tests.service.api.client import OFFICE, PUBLIC, Person
from tests.service.api.documents import LISTS, Decorator, Document, Pool
from tests.service.api.reference import Reference, known_part
from tests.service.api.reference_nouns import Asking, Refused, check_arguments

DRAWN, EACH = 620, 3
DRAWN_FOR_THE_PUBLIC = 160
DRAWN_WITH_ARGUMENTS = 120
ENOUGH = 2_000


def drawn(schema: GraphQLSchema, count: int, **scalars: Any) -> list[tuple[DocumentNode, int]]:
    """Selections that hypothesis-graphql draws, each with a number to seed the rest by. The same in every
    run."""
    assert schema.query_type is not None
    roots = list(schema.query_type.fields)
    found: list[tuple[DocumentNode, int]] = []

    @settings(
        max_examples=count,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(
        queries(schema, fields=roots, custom_scalars=scalars, print_ast=lambda document: document),
        st.integers(0, 2**32 - 1),
    )
    def collect(document: DocumentNode, seed: int) -> None:
        found.append((document, seed))

    # The library makes its coins anew for every toss, and Hypothesis looks each new one over: half the time.
    with patch.object(sampler, "weighted_boolean", cache(weighted.weighted_boolean)):
        collect()
    return found


def without_arguments(sdl: str, role: Role) -> GraphQLSchema:
    """The schema with what the role may read, for selections alone."""
    schema = build_schema(sdl)
    for type_ in schema.type_map.values():
        if isinstance(type_, GraphQLObjectType) and not type_.name.startswith("__"):
            for name, field in list(type_.fields.items()):
                field.args = {}
                if not _answers(role, schema, type_, name):
                    del type_.fields[name]
    return schema


def _answers(role: Role, schema: GraphQLSchema, type_: GraphQLObjectType, name: str) -> bool:
    if type_ in (schema.mutation_type, schema.subscription_type):
        return True
    led_to = get_named_type(type_.fields[name].type).name
    readers = readers_of(led_to)
    closed = readers is not None and role not in readers
    return may_read(role, type_.name, name) and not closed


def pool_of(reference: Reference) -> Pool:
    """What the data offers, with cursors of every list in every order."""
    asking = Asking(Role.OFFICE, LAST_DAY)
    prefixes = {
        "task": "task",
        "campaign": "campaign",
        "unit": "unit",
        "official": "official",
        "report": "report",
    }
    ids = {
        prefix: [f"{prefix}:{key}" for key in reference.by_id[table]] for prefix, table in prefixes.items()
    }
    ids["group"] = [f"group:{key}" for key in reference.by_id["supervision_group"]]
    for prefix, known in ids.items():
        known.append(f"{prefix}:00000000-0000-5000-8000-000000000000")
    cursors: dict[tuple[str, str, str], list[str]] = {}
    tables = {
        "Task": "task",
        "LedgerEntry": "task",
        "Campaign": "campaign",
        "Unit": "unit",
        "SupervisionGroup": "supervision_group",
        "Report": "report",
    }
    orders = {
        "Task": ["CODE", "DEADLINE", "COMPLETION", "DEVIATION", "CHANGED"],
        "Campaign": ["NUMBER", "NAME"],
        "Unit": ["CODE", "NAME"],
        "SupervisionGroup": ["NAME"],
        "Report": ["PERIOD", "REPORTED_AT"],
    }
    for type_, (listing, _, _) in LISTS.items():
        for by in orders.get(type_, orders["Task"]):
            for direction in ("ASC", "DESC"):
                order = {"first": 100, "orderBy": {"field": by, "direction": direction}}
                page = reference.page(type_, reference.tables[tables[type_]], asking, order)
                cursors[listing, by, direction] = [edge["cursor"] for edge in page["edges"]]
    # It has no orders to choose from.
    del cursors["groups", "NAME", "DESC"]
    return Pool(
        ids=ids,
        codes=["dept.water", "c1", "c3", "8.1", "annex-b", "none", ""],
        texts=["水", "治理", "100%", "田_建", "%", "\\", "ANNEX", "High-Tech", "市", "1", "dept", ""],
        dates=[
            "2019-12-31",
            "2020-03-20",
            "2020-05-05",
            "2020-06-30",
            "2020-08-16",
            "2020-09-20",
            "2021-02-01",
        ],
        positions=[0, 1, *range(30, reference.last, 23), reference.last],
        cursors=cursors,
    )


# -- what both must refuse


class Walk:
    """Walks what is selected of which type, as a service that compiles a document does: whether there are
    rows or not, what the role may not read and what a list does not take is refused."""

    def __init__(self, schema: GraphQLSchema, document: DocumentNode, variables: VariableValues, role: Role):
        self.schema = schema
        self.variables = variables
        self.role = role
        self.operation = next(d for d in document.definitions if isinstance(d, OperationDefinitionNode))
        self.fragments = {
            d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)
        }

    def check(self) -> None:
        assert self.schema.query_type is not None
        self._type(self.schema.query_type, [self.operation.selection_set])

    def _type(self, type_: GraphQLObjectType, sets: list[SelectionSetNode]) -> None:
        found: dict[str, list[FieldNode]] = {}
        self._collect(type_, sets, found, set())
        for fields in found.values():
            name = fields[0].name.value
            if not may_read(self.role, type_.name, name):
                raise Refused("forbidden")
            if name == "__typename":
                continue
            given = get_argument_values(type_.fields[name], fields[0], self.variables)
            named = get_named_type(type_.fields[name].type)
            inner = [node.selection_set for node in fields if node.selection_set is not None]
            if "first" in type_.fields[name].args:
                node = {"LedgerConnection": "LedgerEntry"}.get(
                    named.name, named.name.removesuffix("Connection")
                )
                check_arguments(node, given)
            if isinstance(named, GraphQLInterfaceType):
                kinds = {"group": "SupervisionGroup"}
                prefix = given["id"].partition(":")[0]
                named = self.schema.type_map[kinds.get(prefix, prefix.title())]
                if not may_read(self.role, named.name, "id"):
                    raise Refused("forbidden")
            elif "id" in given and given["id"].partition(":")[0] != {"Report": "report"}.get(
                named.name, named.name.lower()
            ):
                raise Refused("another's id")
            if isinstance(named, GraphQLObjectType):
                self._type(named, inner)

    def _collect(
        self,
        type_: GraphQLObjectType,
        sets: list[SelectionSetNode],
        found: dict[str, list[FieldNode]],
        seen: set[str],
    ) -> None:
        for node in (node for selections in sets for node in selections.selections):
            skip = get_directive_values(GraphQLSkipDirective, node, self.variables)
            include = get_directive_values(GraphQLIncludeDirective, node, self.variables)
            if (skip and skip["if"]) or (include and not include["if"]):
                continue
            if isinstance(node, FieldNode):
                found.setdefault(node.alias.value if node.alias else node.name.value, []).append(node)
                continue
            part: InlineFragmentNode | FragmentDefinitionNode
            if isinstance(node, FragmentSpreadNode):
                if node.name.value in seen:
                    continue
                seen.add(node.name.value)
                part = self.fragments[node.name.value]
            else:
                assert isinstance(node, InlineFragmentNode)
                part = node
            on = part.type_condition
            if (
                on is None
                or on.name.value == type_.name
                or on.name.value in [i.name for i in type_.interfaces]
            ):
                self._collect(type_, [part.selection_set], found, seen)


class Comparison:
    """Puts one document to both, and tells the difference."""

    def __init__(self, city: City, reference: Reference):
        self.city = city
        self.reference = reference
        self.outcomes: Counter[str] = Counter()

    async def difference(self, document: Document, who: Person) -> str | None:
        text = print_ast(document.node)
        body = {"query": text, "variables": document.variables}
        answer = (await self.city.client.post(body, who)).json()
        codes = [error["extensions"]["code"] for error in answer.get("errors", ())]
        if codes == ["LIMIT_EXCEEDED"] or (codes and set(codes) == {"MALFORMED"}):
            # Too large, or two fields under one key: not every decoration is valid.
            self.outcomes[codes[0]] += 1
            return None
        expected = self._expected(document, who.role)
        if expected is None:
            self.outcomes["refused"] += 1
            refused = (
                {"BAD_INPUT", "BAD_CURSOR", "FORBIDDEN"}.issuperset(codes) and codes and "data" not in answer
            )
            return (
                None if refused else f"to be refused, and was not\n{_told(text, document.variables, answer)}"
            )
        self.outcomes["answered"] += 1
        if answer == {"data": expected}:
            return None
        return _told(text, document.variables, {"got": answer, "expected": expected})

    def _expected(self, document: Document, role: Role) -> Mapping[str, Any] | None:
        """The data, or None for what is to be refused."""
        schema = self.reference.schema
        operation = document.node.definitions[0]
        assert isinstance(operation, OperationDefinitionNode)
        variables = get_variable_values(schema, operation.variable_definitions or (), document.variables)
        if isinstance(variables, list):
            return None
        try:
            Walk(schema, document.node, variables, role).check()
        except GraphQLError:
            return None
        result = self.reference.execute(document.node, document.variables, Asking(role, LAST_DAY))
        assert not result.errors, (result.errors, print_ast(document.node), result.errors[0].original_error)
        assert result.data is not None
        return result.data


def _told(text: str, variables: Any, outcome: Any) -> str:
    shown = json.dumps({"variables": variables, **outcome}, ensure_ascii=False)
    return f"{text}\n{shown[:6000]}"


async def test_random_queries_have_the_answers_of_plain_resolvers(city: City) -> None:
    sdl = print_schema(known_part(build_schema(printed())))
    reference = await Reference.load(city.client.app.database, sdl)
    pool = pool_of(reference)
    schema = reference.schema
    comparison = Comparison(city, reference)
    asked = [
        (
            Decorator(schema, pool, Random(f"{seed}/{time}")).decorated(document),
            OFFICE if seed % 20 else PUBLIC,
        )
        for document, seed in drawn(without_arguments(sdl, Role.OFFICE), DRAWN)
        for time in range(EACH)
    ]
    asked += [
        (Decorator(schema, pool, Random(seed)).decorated(document), PUBLIC)
        for document, seed in drawn(without_arguments(sdl, Role.PUBLIC), DRAWN_FOR_THE_PUBLIC)
    ]
    asked += [
        (Document(document, {}), OFFICE)
        for document, _ in drawn(build_schema(sdl), DRAWN_WITH_ARGUMENTS, **_scalars(pool))
    ]
    differences = []
    for document, who in asked:
        difference = await comparison.difference(document, who)
        if difference is not None:
            differences.append(difference)
            if len(differences) > 3:
                break
    outcomes = comparison.outcomes
    assert not differences, "\n\n".join(differences)
    assert outcomes["answered"] + outcomes["refused"] >= ENOUGH, outcomes
    assert outcomes["answered"] >= ENOUGH * 0.6, outcomes
    assert outcomes["refused"] >= ENOUGH * 0.05, outcomes


def _scalars(pool: Pool) -> dict[str, Any]:
    """Strategies for the scalars of arguments, from the data."""
    strings = [
        *pool.codes,
        *pool.texts,
        "2020-05",
        *(c for known in pool.cursors.values() for c in known[:2]),
    ]
    return {
        "ID": st.sampled_from([id_ for known in pool.ids.values() for id_ in known]).map(nodes.String),
        "String": st.sampled_from(strings).map(nodes.String),
        "Date": st.sampled_from(pool.dates).map(nodes.String),
        "Decimal": st.sampled_from(["-0.1", "0", "0.25"]).map(nodes.String),
        "Position": st.sampled_from(pool.positions).map(nodes.Int),
        "Int": st.integers(0, 9).map(nodes.Int),
    }
