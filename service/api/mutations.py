"""Mutations: one for each command, made from the table of commands.

The answer is a union of a payload and `Refused`. A payload names the position of the last event recorded;
what it shows of tasks, reports and units is read once the read tables have reached that position.
"""

import logging
from typing import Annotated, Any, Union
from uuid import UUID

import strawberry

from domain.refusal import Refusal
from service import commands
from service.api.campaigns import Campaign, SupervisionGroup
from service.api.errors import Forbidden, Unavailable
from service.api.inputs import command_from, input_of, key_is_sound
from service.api.planned import RowReader, require_readable
from service.api.reads import UNREACHABLE
from service.api.reports import Report
from service.api.request import Context, Info
from service.api.scalars import Position
from service.api.tasks import Task
from service.api.units import Official, Unit
from service.desk import Done
from service.identity import reach_of
from service.store.recorder import IdempotencyConflict, StoreUnavailable, VersionConflict

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


@strawberry.interface(description="What a command recorded.")
class Recorded:
    position: Position = strawberry.field(
        description="The log position of its last event: pass it as `minPosition` to read what it changed."
    )


def _link(name: str, type_: Any, description: str) -> Any:
    """A field that reads a row once the read tables have caught up."""

    async def resolve(self: Any, info: Info) -> Any:
        return await RowReader(info).read(self.keys[name], self.position)

    resolve.__annotations__["return"] = type_ | None
    return strawberry.field(resolver=resolve, description=description)


class _Keyed:
    keys: strawberry.Private[dict[str, UUID]]


@strawberry.type(description="A change of the directory's units.")
class UnitPayload(_Keyed, Recorded):
    keys: strawberry.Private[dict[str, UUID]]
    unit = _link("unit", Unit, "The unit.")


@strawberry.type(description="A change of the directory's officials.")
class OfficialPayload(_Keyed, Recorded):
    keys: strawberry.Private[dict[str, UUID]]
    official = _link("official", Official, "The official.")


@strawberry.type(description="A change of a campaign.")
class CampaignPayload(_Keyed, Recorded):
    keys: strawberry.Private[dict[str, UUID]]
    campaign = _link("campaign", Campaign, "The campaign.")


@strawberry.type(description="A change of a supervision group.")
class GroupPayload(_Keyed, Recorded):
    keys: strawberry.Private[dict[str, UUID]]
    group = _link("group", SupervisionGroup, "The supervision group.")


@strawberry.type(description="A change of a task.")
class TaskPayload(_Keyed, Recorded):
    keys: strawberry.Private[dict[str, UUID]]
    task = _link("task", Task, "The task.")


@strawberry.type(description="A change of a progress report.")
class ReportPayload(_Keyed, Recorded):
    keys: strawberry.Private[dict[str, UUID]]
    task = _link("task", Task, "The task.")
    report = _link("report", Report, "The report.")


# What each command answers with; the rest answer with TaskPayload.
_PAYLOADS: dict[str, type] = {
    "registerUnit": UnitPayload,
    "renameUnit": UnitPayload,
    "registerOfficial": OfficialPayload,
    "appointOfficial": OfficialPayload,
    "releaseOfficial": OfficialPayload,
    "launchCampaign": CampaignPayload,
    "formTaskForce": CampaignPayload,
    "formSupervisionGroup": GroupPayload,
    "changeGroupCoverage": GroupPayload,
    "reportProgress": ReportPayload,
    "correctReport": ReportPayload,
    "withdrawReport": ReportPayload,
    "publishReport": ReportPayload,
    "verifyReport": ReportPayload,
    "disputeReport": ReportPayload,
}


def _payload(kind: type, done: Done) -> Any:
    event: Any = done.events[-1]
    keys = {
        name: getattr(event, f"{name}_id", event.originator_id)
        for name in ("unit", "official", "campaign", "group", "report")
    }
    # These streams are their own subjects, whatever other ids their events carry.
    keys["task"] = event.originator_id
    if kind in (CampaignPayload, GroupPayload):
        keys["campaign"] = keys["group"] = event.originator_id
    return kind(position=done.position, keys=keys)


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
    payload = _PAYLOADS.get(name, TaskPayload)
    title = command.__name__
    result = Annotated[
        Union[payload, Refused],  # type: ignore[valid-type] # noqa: UP007 - built from values
        strawberry.union(f"{title}Result", description=f"The answer of `{name}`."),
    ]

    async def resolve(self: Any, info: Info, input: Any) -> Any:
        _require_permitted(info, name)
        require_readable(info, payload.__name__)
        try:
            done = await _done(info.context, command, input)
        except Refusal as refusal:
            return refused(refusal)
        except IdempotencyConflict:
            return refused(Refusal("idempotency.key_reused", field="idempotencyKey"))
        return _payload(payload, done)

    given: Any = Annotated[input_type, strawberry.argument(description="The command.")]
    resolve.__annotations__.update({"input": given, "return": result})
    return strawberry.mutation(resolver=resolve, description=(command.__doc__ or "").strip())


def _require_permitted(info: Info, name: str) -> None:
    """Before anything else is said about the input: what is not permitted is not explained."""
    role = info.context.viewer.role
    if reach_of(role, name) is None:
        raise Forbidden(f"{role.name} may not {name}.")


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
    except (StoreUnavailable, *UNREACHABLE) as error:
        log.warning("command failed: %s", error)
        raise Unavailable("The log cannot be reached; try again with the same idempotency key.") from None


def mutation_type() -> type:
    """The root of all writes, made from the table of commands."""
    namespace = {_snake(name): _mutation(name, command) for name, command in commands.COMMANDS.items()}
    built = type("Mutation", (), {"__module__": __name__, **namespace})
    return strawberry.type(
        built, description="Writes. Each is one command: recorded whole, or refused and nothing recorded."
    )


def _snake(name: str) -> str:
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name)
