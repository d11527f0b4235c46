"""The schema: Strawberry's types are its only definition, and `schema.graphql` is its printed form."""

import strawberry
from strawberry.schema.config import StrawberryConfig

from service.api.errors import Internal, RequestError
from service.api.mutations import mutation_type
from service.api.planned import adopt
from service.api.queries import Query
from service.api.reports import Report
from service.api.scalars import SCALARS
from service.api.subscriptions import Subscription
from service.api.units import Official

schema = strawberry.Schema(
    query=Query,
    mutation=mutation_type(),
    subscription=Subscription,
    types=[Report, Official],
    config=StrawberryConfig(scalar_map=SCALARS, disable_field_suggestions=False),
)
adopt(schema._schema)

__all__ = ["Internal", "RequestError", "printed", "schema"]


def printed() -> str:
    """The schema in SDL, as schema.graphql holds it."""
    return schema.as_str().rstrip() + "\n"
