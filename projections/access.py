"""Who saw what, and who tried to (访问留痕): a row for each entry of the log of access."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from domain.access import AccessDay
from projections.columns import BigInt
from projections.projection import Fact, Index, Projection, Table


class AccessRow(Struct, frozen=True, gc=False):
    """Entry `ordinal` of the page at `position`."""

    page: BigInt
    ordinal: int
    actor: str
    role: str
    kind: str
    what: str
    subjects: tuple[UUID, ...]
    times: int
    first_at: datetime
    last_at: datetime


ACCESS = Table(
    "access",
    AccessRow,
    ("page", "ordinal"),
    indexes=(
        Index(("actor", "page", "ordinal")),
        Index(("kind", "page", "ordinal")),
        Index(("subjects",), "gin"),
    ),
)


def _entries(fact: Fact[AccessDay.Noted]) -> Iterable[tuple[int, int]]:
    return [(fact.position, ordinal) for ordinal in range(len(fact.event.entries))]


@ACCESS.each(AccessDay.Noted, keys=_entries)
def _noted(_: AccessRow | None, fact: Fact[AccessDay.Noted], key: tuple[int, int]) -> AccessRow:
    page, ordinal = key
    entry = fact.event.entries[ordinal]
    return AccessRow(
        page,
        ordinal,
        entry.actor,
        entry.role,
        entry.kind.value,
        entry.what,
        entry.subjects,
        entry.times,
        entry.first,
        entry.last,
    )


ACCESSES = Projection(
    "accesses", version=1, tables=(ACCESS,), follows=(AccessDay,), ignores=(AccessDay.DayOpened,)
)
