"""The schema: Strawberry's types are its only definition, and `schema.graphql` is its printed form."""

from typing import Any

import strawberry
from strawberry.extensions import ParserCache, ValidationCache
from strawberry.schema.config import StrawberryConfig

import service.api.accountability.payloads
import service.api.assessment.payloads  # noqa: F401 - what its commands answer with
from service.api.mutations import mutation_type
from service.api.planned import adopt
from service.api.queries import Query
from service.api.ratings.steps import STEPS
from service.api.reports import Report
from service.api.scalars import SCALARS
from service.api.subscriptions import Subscription
from service.api.supervision import payloads as _supervision  # noqa: F401 - the answers of its commands
from service.api.units import Official
from service.api.webhooks import Webhook

# Documents that the executor need not parse and validate again: a quarter of a mutation's processor time.
# Planned reads have a cache of their own. Few, because a large document takes some megabytes.
DOCUMENTS_KEPT = 32


class _Schema(strawberry.Schema):
    def process_errors(self, errors: list[Any], execution_context: Any = None) -> None:
        """Errors are logged where they are masked (operations.py), and only those that are faults of ours."""


schema = _Schema(
    query=Query,
    mutation=mutation_type(STEPS.fields),
    subscription=Subscription,
    types=[Report, Official, Webhook],
    extensions=[lambda: ParserCache(maxsize=DOCUMENTS_KEPT), lambda: ValidationCache(maxsize=DOCUMENTS_KEPT)],
    config=StrawberryConfig(scalar_map=SCALARS, disable_field_suggestions=False),
)
adopt(schema._schema)

__all__ = ["printed", "schema"]


def printed() -> str:
    """The schema in SDL, as schema.graphql holds it."""
    return schema.as_str().rstrip() + "\n"
