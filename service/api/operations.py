"""Operations, whatever they come by: prepared and limited, planned where they can be, masked in the end."""

import logging
from collections.abc import AsyncGenerator, Container
from typing import Any

import orjson
import strawberry
from graphql import GraphQLError, OperationType
from strawberry.types.execution import ExecutionResult, PreExecutionError
from strawberry.utils.aio import aclosing

from service.api.plan.arguments import Coerced
from service.api.plan.prepare import MAX_ERRORS, Operation, Preparer
from service.api.request import Context
from service.errors import BadInput, Malformed, RequestError, Unavailable, internal
from service.store.errors import UNREACHABLE
from service.store.recorder import StoreUnavailable

log = logging.getLogger(__name__)


class Operations:
    """Answers operations against one schema."""

    def __init__(self, schema: strawberry.Schema):
        self.schema = schema
        self.preparer = Preparer(schema._schema)

    def prepared(self, given: dict[str, Any]) -> tuple[Operation, Coerced]:
        """The operation that a request asks for, with its variables. RequestError when it asks for none."""
        text = self.preparer.text_of(given.get("query"), given.get("extensions"))
        operation = self.preparer.operation(text, given.get("operationName"))
        return operation, self.preparer.coerced(operation, given.get("variables"))

    async def answer(
        self, operation: Operation, coerced: Coerced, variables: dict[str, Any] | None, context: Context
    ) -> bytes:
        """The answer to a query or mutation, as JSON. RequestError when there is nothing to answer."""
        if not operation.unplanned:
            return b'{"data":' + await self._planned(operation, coerced, context) + b"}"
        result = await self._executed(operation, coerced, variables, context)
        body: dict[str, Any] = {}
        if result.errors:
            body["errors"] = [error.formatted for error in result.errors]
        body["data"] = result.data
        return orjson.dumps(body)

    async def _planned(self, operation: Operation, coerced: Coerced, context: Context) -> bytes:
        statement = self.preparer.statement(operation, coerced, context.viewer)
        answer: bytes = await context.app.reads.fetch(statement, coerced, context)
        return answer

    async def _executed(
        self, operation: Operation, coerced: Coerced, variables: dict[str, Any] | None, context: Context
    ) -> ExecutionResult:
        """What the executor makes of it, which finds the planned root fields in the context."""
        if operation.type is OperationType.MUTATION:
            self.preparer.require_permitted(operation, coerced, context.viewer)
        if operation.planned:
            context.planned = orjson.loads(await self._planned(operation, coerced, context))
        result = await self.schema.execute(
            operation.text,
            variable_values=variables,
            context_value=context,
            operation_name=operation.name,
        )
        return _masked(result, context)

    async def stream(
        self,
        query: Any,
        *,
        variable_values: Any = None,
        context_value: Any = None,
        operation_name: Any = None,
        operation_extensions: Any = None,
        root_value: Any = None,
        allowed_operation_types: Container[OperationType] | None = None,
    ) -> AsyncGenerator[ExecutionResult, None]:
        """What Strawberry's transports ask of a schema: the results of any operation, one after the other."""
        given = {
            "query": query,
            "variables": variable_values,
            "operationName": operation_name,
            "extensions": operation_extensions,
        }
        return self._results(given, context_value, allowed_operation_types or set(OperationType))

    async def _results(
        self, given: dict[str, Any], context: Context, allowed: Container[OperationType]
    ) -> AsyncGenerator[ExecutionResult, None]:
        try:
            context.require_valid()
            operation, coerced = self.prepared(require_shape(given))
            if operation.type not in allowed:
                raise Malformed("A mutation is sent by POST.")
            if operation.type is not OperationType.SUBSCRIPTION:
                yield await self._at_once(operation, coerced, given["variables"], context)
                return
        except RequestError as error:
            context.app.access.refused(context.viewer, [error])
            yield PreExecutionError(data=None, errors=[error, *error.others])
            return
        pushed = await self.schema.subscribe(
            operation.text,
            variable_values=given["variables"],
            context_value=context,
            operation_name=operation.name,
        )
        async with aclosing(pushed):
            async for result in pushed:
                try:
                    context.require_valid()
                except RequestError as error:
                    yield _masked(ExecutionResult(None, [error]), context)
                    return
                yield _masked(result, context)

    async def _at_once(
        self, operation: Operation, coerced: Coerced, variables: dict[str, Any] | None, context: Context
    ) -> ExecutionResult:
        if operation.unplanned:
            return await self._executed(operation, coerced, variables, context)
        return ExecutionResult(orjson.loads(await self._planned(operation, coerced, context)), None)


def require_shape(given: Any) -> dict[str, Any]:
    """The parameters of a GraphQL request; Malformed unless they are."""
    if isinstance(given, list):
        raise Malformed("Batches are not served: send one operation a request.")
    if not isinstance(given, dict):
        raise Malformed("The request must be a JSON object.")
    for name, kind in (("query", str), ("operationName", str), ("variables", dict), ("extensions", dict)):
        if given.get(name) is not None and not isinstance(given[name], kind):
            raise Malformed(f"{name} must be {'a string' if kind is str else 'an object'}.")
    if given.get("query") is None and "persistedQuery" not in (given.get("extensions") or {}):
        raise Malformed("The request has no query.")
    return given


def shown(error: GraphQLError) -> GraphQLError:
    """An error as the client may see it: ours with their code, the inside ones masked and logged."""
    original = error.original_error
    if isinstance(error, RequestError):
        return error
    if isinstance(original, RequestError):
        return _retold(error, original.message, original.extensions)
    if original is None:
        # Coercion and validation by the library: the client's fault, told in its words.
        return _retold(error, error.message, {"code": BadInput.code})
    if isinstance(original, (StoreUnavailable, *UNREACHABLE)):
        log.warning("the database cannot be reached: %s", original)
        told: RequestError = Unavailable("The database cannot be reached; try again.")
    else:
        told = internal(original)
    return _retold(error, told.message, told.extensions)


def _retold(error: GraphQLError, message: str, extensions: Any) -> GraphQLError:
    return GraphQLError(
        message, error.nodes, error.source, error.positions, error.path, extensions=extensions
    )


def _masked(result: ExecutionResult, context: Context) -> ExecutionResult:
    if result.errors:
        context.app.access.refused(context.viewer, result.errors[:MAX_ERRORS])
        result.errors = [shown(error) for error in result.errors[:MAX_ERRORS]]
    return result
