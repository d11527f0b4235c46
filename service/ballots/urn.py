"""What is remembered of a box while it is open: who holds credentials, cards' bundles, and the urn.

The rules of order live in the database (`0002_ballots.sql`), under one lock for each box, so that many
copies of the service keep them together; of an open urn it takes no statistics (`0007_…`). Nothing here is a
fact; what becomes one is read from here by a command.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from domain.rating_box import Ballot
from service.store.database import Database

BEGIN = """
insert into ballots.box (box, phase) values ($1, 'collecting') on conflict do nothing"""
PHASE = "select phase, cards_printed from ballots.box where box = $1"
ISSUE = "select ballots.issue($1, $2, $3, $4, $5)"
HOLDER = "select rater from ballots.rater where box = $1 and code = $2"
RATERS = """
select r.rater, r.way, exists (select from ballots.issued i where i.box = r.box and i.holder = r.rater) as
collected from ballots.rater r where r.box = $1"""
ADMIT = """
insert into ballots.rater (box, rater, way, code)
select $1, $2, 'phone', $3 from ballots.box b where b.box = $1 and b.phase = 'collecting'
on conflict (box, rater) do update set code = excluded.code
where rater.way = 'phone'
    and not exists (select from ballots.issued i where i.box = rater.box and i.holder = rater.rater)
returning true"""
TICK = "select ballots.tick($1, $2, $3)"
# The barrier changes the row that is locked here: a card is taken back before it, or not at all.
TAKE_BACK = """
with open as materialized (
    select b.box from ballots.box b where b.box = $1 and b.phase = 'collecting' for share)
delete from ballots.rater r using open where r.box = open.box and r.rater = $2 and r.way = 'card'
returning true"""
KEEP_BUNDLES = """
insert into ballots.bundle (box, unit, index, bundle)
select $1, b.unit, b.index, b.bundle
from unnest($2::uuid[], $3::bytea[], $4::bytea[]) b (unit, index, bundle) order by b.index"""
COUNT_CARDS = """
update ballots.box set cards_printed = cards_printed + $2
where box = $1 and phase = 'collecting' returning true"""
BUNDLES = "select index, bundle from ballots.bundle where box = $1 order by index"
INDEXES = "select index from ballots.bundle where box = $1 and unit = $2 order by index"
# The lock is waited for, so that whoever is collecting has come to an end.
BARRIER = """
with locked as materialized (select pg_advisory_xact_lock(ballots.lock_of($1)))
update ballots.box set phase = 'collected' from locked
where box = $1 and phase in ('collecting', 'collected') returning cards_printed"""
UNDO_BARRIER = "update ballots.box set phase = 'collecting' where box = $1 and phase = 'collected'"
# A statement that is logged is logged with its parameters: the ballot, and when it came. So is one that fails
# or waits, where parameters are kept of those.
LOGS_BALLOTS = """
select current_setting('log_parameter_max_length') <> '0' and (
    current_setting('log_statement') = 'all'
    or current_setting('log_min_duration_statement') <> '-1'
    or current_setting('log_min_duration_sample') <> '-1'
    or current_setting('log_transaction_sample_rate')::float > 0
    or coalesce(current_setting('auto_explain.log_min_duration', true), '-1') not in ('-1', ''))
    or current_setting('log_parameter_max_length_on_error') <> '0'
    or coalesce(current_setting('pgaudit.log_parameter', true), 'off') = 'on'"""
OPEN_URN = "select ballots.open_urn($1)"
CAST = "select ballots.cast_ballot($1, $2, $3, $4, $5, $6)"
COUNT_URN = "select unit, ballots from ballots.count_urn($1)"
BEGIN_SEALING = "select ballots.begin_sealing($1)"
UNDO_SEALING = "update ballots.box set phase = 'casting', counted = null where box = $1 and phase = 'sealing'"
READ_URN = "select unit, key, signatures, grade, signature from ballots.read_urn($1)"
DROP_URN = "select ballots.drop_urn($1)"
KEEP_SECRET = "insert into ballots.draw_secret (meeting, secret) values ($1, $2) on conflict do nothing"
SECRET = "select secret from ballots.draw_secret where meeting = $1"
FORGET_SECRET = "delete from ballots.draw_secret where meeting = $1 and secret = $2"


@dataclass(frozen=True)
class Checked:
    """A rater who was checked in. `way`: phone or card; `collected`: holds credentials."""

    rater: UUID
    way: str
    collected: bool


@dataclass(frozen=True)
class Collected:
    """Who holds credentials when issuing has ended."""

    by_phone: tuple[UUID, ...]
    by_card: tuple[UUID, ...]
    cards_printed: int
    indexes: tuple[bytes, ...]


class Urns:
    """The tables of `ballots`, asked."""

    def __init__(self, database: Database):
        self.database = database

    async def logs_ballots(self) -> bool:
        """Whether the server's own log would hold the statements that ballots come in."""
        return await self.database.fetchval(LOGS_BALLOTS) is True

    # -- collecting

    async def begin(self, box: UUID) -> None:
        await self.database.execute(BEGIN, box)

    async def phase(self, box: UUID) -> tuple[str, int]:
        """Where the box is here, and how many cards were printed; '' for a box that is not known."""
        row = await self.database.fetchrow(PHASE, box)
        return ("", 0) if row is None else (row["phase"], row["cards_printed"])

    async def raters(self, box: UUID) -> list[Checked]:
        return [Checked(**row) for row in await self.database.fetch(RATERS, box)]

    async def admit(self, box: UUID, rater: UUID, code_digest: bytes) -> bool:
        """Give a rater a new code; False for one who has a card or holds credentials."""
        return await self.database.fetchval(ADMIT, box, rater, code_digest) is True

    async def tick(self, box: UUID, raters: Sequence[UUID], way: str) -> str:
        """Tick who drew a card (way card), or bar one who is struck off (way barred), all or none: ticked,
        holds for one who holds credentials, or closed."""
        answer: str = await self.database.fetchval(TICK, box, list(raters), way)
        return answer

    async def take_back(self, box: UUID, rater: UUID) -> bool:
        """False for one who has no card, and once collecting is over."""
        return await self.database.fetchval(TAKE_BACK, box, rater) is True

    async def holder(self, box: UUID, code_digest: bytes) -> UUID | None:
        """Whose code this is."""
        rater: UUID | None = await self.database.fetchval(HOLDER, box, code_digest)
        return rater

    async def issue(self, box: UUID, holder: UUID, digests: Mapping[tuple[UUID, str], bytes]) -> str:
        """Settle the holder's one set of messages: issued, other, barred or closed."""
        units, issuers = [unit for unit, _ in digests], [issuer for _, issuer in digests]
        messages = list(digests.values())
        settled: str = await self.database.fetchval(ISSUE, box, holder, units, issuers, messages)
        return settled

    async def keep_bundles(self, box: UUID, cards: int, bundles: Sequence[tuple[UUID, bytes, bytes]]) -> bool:
        """Keep (unit, index, bundle) of so many cards, all or none; False once collecting is over."""
        async with self.database.acquire() as connection, connection.transaction():
            if await connection.fetchval(COUNT_CARDS, box, cards) is None:
                return False
            await connection.execute(KEEP_BUNDLES, box, *map(list, zip(*bundles, strict=True)))
        return True

    async def bundles(self, box: UUID) -> list[tuple[bytes, bytes]]:
        return [(row["index"], row["bundle"]) for row in await self.database.fetch(BUNDLES, box)]

    # -- the barrier

    async def end_collecting(self, box: UUID, first_unit: UUID) -> Collected:
        """Nothing is issued any more from here on. Asked again, it tells the same."""
        printed = await self.database.fetchval(BARRIER, box)
        raters = await self.raters(box)
        return Collected(
            by_phone=tuple(r.rater for r in raters if r.way == "phone" and r.collected),
            by_card=tuple(r.rater for r in raters if r.way == "card"),
            cards_printed=printed or 0,
            indexes=tuple(row["index"] for row in await self.database.fetch(INDEXES, box, first_unit)),
        )

    async def collect_on(self, box: UUID) -> None:
        """The barrier did not become a fact."""
        await self.database.execute(UNDO_BARRIER, box)

    async def open_urn(self, box: UUID) -> None:
        """The barrier is a fact: an urn to cast into, and who collected when is forgotten."""
        await self.database.execute(OPEN_URN, box)

    # -- casting

    async def cast(self, box: UUID, unit: UUID, ballot: Ballot) -> str:
        """accepted, repeated, other or closed."""
        answer: str = await self.database.fetchval(
            CAST, box, ballot.key, unit, list(ballot.signatures), ballot.grade, ballot.signature
        )
        return answer

    async def counts(self, box: UUID) -> dict[UUID, int]:
        """How many ballots lie in the urn for each unit; no more is told before it is sealed."""
        return {row["unit"]: row["ballots"] for row in await self.database.fetch(COUNT_URN, box)}

    # -- sealing

    async def begin_sealing(self, box: UUID) -> dict[UUID, list[Ballot]] | None:
        """Every ballot, and nothing is cast from here on; None when ballots were lost since it began
        before."""
        if not await self.database.fetchval(BEGIN_SEALING, box):
            return None
        urn: dict[UUID, list[Ballot]] = {}
        for row in await self.database.fetch(READ_URN, box):
            urn.setdefault(row["unit"], []).append(_ballot(row))
        return urn

    async def cast_on(self, box: UUID) -> None:
        """Sealing did not become a fact."""
        await self.database.execute(UNDO_SEALING, box)

    async def drop(self, box: UUID) -> None:
        """The ballots are in the log, or voided: the urn's file goes."""
        await self.database.execute(DROP_URN, box)

    # -- the secret of a draw

    async def keep_secret(self, meeting: UUID, secret: int) -> int:
        """The meeting's secret: this one, unless there is one already."""
        await self.database.execute(KEEP_SECRET, meeting, str(secret))
        kept = await self.secret(meeting)
        assert kept is not None
        return kept

    async def secret(self, meeting: UUID) -> int | None:
        kept = await self.database.fetchval(SECRET, meeting)
        return None if kept is None else int(kept)

    async def forget_secret(self, meeting: UUID, secret: int) -> None:
        await self.database.execute(FORGET_SECRET, meeting, str(secret))


def _ballot(row: Any) -> Ballot:
    return Ballot(row["key"], tuple(row["signatures"]), row["grade"], row["signature"])
