"""Mutations: one for each command, made from the table of commands.

The answer is a union of a payload and `Refused`. A payload names the position of the last event recorded;
what it shows of tasks, reports and units is read once the read tables have reached that position.
"""

import logging
from collections.abc import Mapping
from typing import Annotated, Any, Union

import strawberry

from domain.refusal import Refusal
from service import commands
from service.api.inputs import command_from, input_of, key_is_sound
from service.api.payloads import PAYLOADS, answer
from service.api.planned import require_readable
from service.api.request import Context, Info
from service.desk import Done
from service.errors import NotYet, Unavailable
from service.store.errors import UNREACHABLE
from service.store.recorder import IdempotencyConflict, StoreUnavailable, VersionConflict
from service.tables.asked import NotSettled

log = logging.getLogger(__name__)


@strawberry.type(description="The command breaks a rule. Nothing was recorded. 不予受理")
class Refused:
    code: str = strawberry.field(description="Stable code, `noun.reason`; docs/refusals.md lists them.")
    message_zh: str = strawberry.field(description="What is wrong and what to do, in Chinese.")
    message_en: str = strawberry.field(description="The same in English.")
    field: str | None = strawberry.field(description="The input field that broke the rule, if one did.")
    article: int | None = strawberry.field(
        description="The article of the plan that the rule serves, if one does."
    )


def refused(refusal: Refusal) -> Refused:
    return Refused(
        code=refusal.code,
        message_zh=refusal.zh,
        message_en=refusal.en,
        field=refusal.field,
        article=refusal.article,
    )


def _mutation(name: str, command: type[commands.Command]) -> Any:
    input_type = input_of(command)
    payload = PAYLOADS[name]
    title = command.__name__
    result = Annotated[
        Union[payload, Refused],  # type: ignore[valid-type] # noqa: UP007 - built from values
        strawberry.union(f"{title}Result", description=f"The answer of `{name}`."),
    ]

    async def resolve(self: Any, info: Info, input: Any) -> Any:
        require_readable(info, payload.__name__)
        try:
            done = await _done(info.context, command, input)
        except Refusal as refusal:
            return refused(refusal)
        except IdempotencyConflict:
            return refused(Refusal("idempotency.key_reused", field="idempotencyKey"))
        return answer(name, done)

    given: Any = Annotated[input_type, strawberry.argument(description="The command.")]
    resolve.__annotations__.update({"input": given, "return": result})
    return strawberry.mutation(resolver=resolve, description=(command.__doc__ or "").strip())


async def _done(context: Context, command: type[commands.Command], input: Any) -> Done:
    if not key_is_sound(input.idempotency_key):
        raise Refusal("idempotency.malformed_key", field="idempotencyKey")
    given = command_from(command, input)
    try:
        return await context.app.commands.handle(
            given, context.viewer, input.idempotency_key, input.expected_version
        )
    except VersionConflict:
        raise Unavailable("Others keep changing the same stream; try again.") from None
    except NotSettled as late:
        raise NotYet(f"{late}; try again.") from None
    except (StoreUnavailable, *UNREACHABLE) as error:
        log.warning("command failed: %s", error)
        raise Unavailable("The log cannot be reached; try again with the same idempotency key.") from None


def mutation_type(steps: Mapping[str, Any]) -> type:
    """The root of all writes, made from the table of commands, and of `steps` that are none."""
    namespace = {_snake(name): _mutation(name, command) for name, command in commands.COMMANDS.items()}
    namespace |= {_snake(name): field for name, field in steps.items()}
    built = type("Mutation", (), {"__module__": __name__, **namespace})
    return strawberry.type(
        built, description="Writes. Each is one command: recorded whole, or refused and nothing recorded."
    )


def _snake(name: str) -> str:
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name)
