"""What tests of subscriptions ask for, and what they do meanwhile."""

import asyncio
from collections.abc import AsyncIterator
from itertools import count
from typing import Any

from tests.patience import PATIENCE_S
from tests.service.api.city import unit
from tests.service.api.served import Served
from tests.service.api.small import listing

NUMBERS = count(1)
EVENTS = "subscription ($after: Position) { eventsAppended(after: $after) { position topic version stream actor } }"
CHANGES = """subscription ($after: Position, $task: ID, $campaign: ID, $unit: ID) {
  taskChanged(after: $after, task: $task, campaign: $campaign, unit: $unit) {
    position topic task { id code position reportCount } } }"""


async def taken(results: AsyncIterator[dict[str, Any]], number: int) -> list[dict[str, Any]]:
    """So many results."""
    found: list[dict[str, Any]] = []
    async with asyncio.timeout(PATIENCE_S):
        while len(found) < number:
            found.append(await anext(results))
    return found


async def the_error(results: AsyncIterator[dict[str, Any]]) -> dict[str, Any]:
    """The one error that ends a subscription."""
    async with asyncio.timeout(PATIENCE_S):
        all_of_it = [result async for result in results]
    assert len(all_of_it) == 1
    assert all_of_it[0].get("data") is None
    (error,) = all_of_it[0]["errors"]
    found: dict[str, Any] = error
    return found


async def last_position(service: Served) -> int:
    ledger = await service.ask("{ ledger(first: 0) { position } }")
    position: int = ledger["ledger"]["position"]
    return position


async def rename(service: Served, number: int = 1) -> None:
    """So many events of the directory."""
    for _ in range(number):
        await service.give("renameUnit", {"unit": unit("dept.c"), "name": f"单位 {next(NUMBERS)}"})


async def new_task(service: Served, **changes: Any) -> str:
    """A task of its own for a test; its code."""
    code = f"9.{next(NUMBERS)}"
    await service.give("listTask", listing(code, **changes))
    return code
