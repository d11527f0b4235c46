"""Mutations that are no commands, because what they do is no fact: written by hand, answered like commands.

A step has one input and answers with a payload of its own or `Refused`. Who may take it stands in
`service.identity.commands.STEPS`. An anonymous step is answered without looking at who asks: the view does
not even read the Authorization header of a request that does nothing else.
"""

import logging
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeVar, Union

import strawberry

from domain.refusal import Refusal
from service.api.mutations import Refused, refused
from service.api.request import Info
from service.errors import Unavailable
from service.store.errors import UNREACHABLE

log = logging.getLogger(__name__)

Given = TypeVar("Given")
Answer = TypeVar("Answer")


class Steps:
    """The steps of one area, by the name of their mutation."""

    def __init__(self) -> None:
        self.fields: dict[str, Any] = {}
        self.anonymous: set[str] = set()

    def step(
        self, name: str, input_type: type[Given], payload: type[Answer], *, anonymous: bool = False
    ) -> Callable[[Callable[[Info, Given], Awaitable[Answer]]], Callable[[Info, Given], Awaitable[Answer]]]:
        """Declare a step; what it raises as a Refusal is its answer."""

        def declare(take: Callable[[Info, Given], Awaitable[Answer]]) -> Any:
            self.fields[name] = _field(name, input_type, payload, take)
            if anonymous:
                self.anonymous.add(name)
            return take

        return declare


def _field(name: str, input_type: Any, payload: Any, take: Callable[[Info, Any], Awaitable[Any]]) -> Any:
    title = name[0].upper() + name[1:]
    result = Annotated[
        Union[payload, Refused],  # noqa: UP007 - built from values
        strawberry.union(f"{title}Result", description=f"The answer of `{name}`."),
    ]

    async def resolve(self: Any, info: Info, input: Any) -> Any:
        try:
            return await take(info, input)
        except Refusal as refusal:
            return refused(refusal)
        except UNREACHABLE:
            # Nothing of what was asked is written down.
            raise Unavailable("The database cannot be reached; try again.") from None

    given: Any = Annotated[input_type, strawberry.argument(description="The step.")]
    resolve.__annotations__.update({"input": given, "return": result})
    return strawberry.mutation(resolver=resolve, description=(take.__doc__ or "").strip())
