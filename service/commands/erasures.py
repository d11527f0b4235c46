"""Commands on lawful erasures."""

from collections.abc import Sequence
from typing import NewType
from uuid import UUID

import msgspec

from domain import identifiers
from domain.documents import Document
from domain.erasure import Erasure, Named, Remains, require_named
from domain.personal import holds_personal_data, remains_of
from service.commands.command import Command, about, command, require_new
from service.desk import Desk
from service.store.codec import decode
from service.store.erasures import erased_among
from service.store.recorder import Recorded

ErasureId = NewType("ErasureId", UUID)
EventPosition = NewType("EventPosition", int)


@command("orderErasure")
class OrderErasure(Command):
    """Order that the personal data of some events be erased; another person must confirm it. 提出删除个人信息

    State and salt of the events go for good, their leaves stay. Backups are not reached: they are the
    business of whoever keeps them."""

    code: str = about("Short code, unique.")
    document: Document = about("The document that orders it.")
    ground: str = about("Why. It stays: do not repeat what is to be erased.")
    events: tuple[EventPosition, ...] = about("The events, by their positions; at most 200.")

    async def handle(self, desk: Desk) -> None:
        identifiers.require_code(self.code)
        await require_new(desk, Erasure, self.subject())
        _, named = await _named(desk, self.events)
        require_named(self.events, named)
        desk.add(Erasure.order(self.code, self.document, self.ground, named, desk.viewer.actor, desk.at))

    def subject(self) -> UUID:
        return identifiers.erasure_id(self.code)


@command("confirmErasure")
class ConfirmErasure(Command):
    """Confirm an erasure that another person has ordered: it is done at once, for good. 确认删除个人信息"""

    erasure: ErasureId = about("The erasure.")

    async def handle(self, desk: Desk) -> None:
        erasure = await desk.load(Erasure, self.erasure, "erasure")
        recorded, named = await _named(desk, erasure.positions)
        remains = [_remains(r) for r in recorded if holds_personal_data(r.topic)]
        # The order is why this is recorded: it is the cause of the confirmation.
        desk.cause = await desk.position_of(self.erasure, 1)
        erasure.confirm(named, remains, desk.viewer.actor, desk.at)

    def subject(self) -> UUID:
        return self.erasure


async def _named(desk: Desk, positions: Sequence[int]) -> tuple[list[Recorded], list[Named]]:
    """The events at these positions that there are."""
    recorder = desk.streams.recorder
    recorded = await recorder.select_positions(positions)
    erased = await erased_among(recorder.database, positions)
    return recorded, [Named(r.id, r.topic, r.id in erased) for r in recorded]


def _remains(recorded: Recorded) -> Remains:
    left = msgspec.json.encode(remains_of(recorded.topic, msgspec.json.decode(recorded.state)))
    # What is left must be a fact still.
    decode(recorded.topic, left)
    return Remains(recorded.id, recorded.topic, left.decode())
