"""Lawful erasure in the store: what is erased, and the one door (`log.erase`) through which it goes."""

from collections.abc import Sequence

from service.store.database import Database

TOPIC = "erasure.personal_data_erased"

ERASED = "select position from log.erased where position = any($1)"
CONFIRMED = """
select position from log.event
where topic = 'erasure.personal_data_erased' and position > $1 order by position"""
ERASE = "select log.erase($1)"
TOPICS = (
    "select distinct e.topic from log.erased x join log.event e using (position) where x.by_position = $1"
)


async def erased_among(database: Database, positions: Sequence[int]) -> frozenset[int]:
    """Which of these events are erased."""
    return frozenset(row[0] for row in await database.fetch(ERASED, list(positions)))


async def confirmed_after(database: Database, position: int) -> list[int]:
    """The confirmations behind a position, in order."""
    return [row[0] for row in await database.fetch(CONFIRMED, position)]


async def erase(database: Database, confirmation: int) -> list[str]:
    """Do what a confirmation says, once or again; the topics of the events that it has erased."""
    await database.fetchval(ERASE, confirmation)
    return [row[0] for row in await database.fetch(TOPICS, confirmation)]
