"""Nobody can tell who gave which grade: not from the transcripts with every key, and not from the disk.

The attacker has the whole data folder after the close: heap, write-ahead log, server log, the log's events
and the service's own log. The raters make it as easy as they can: they cast in the order in which they
checked in.
"""

import asyncio
import hashlib
import logging
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID

import pytest

from service.app import Application
from service.ballots import blind_rsa
from service.ballots.blind_rsa import SigningKey, blind, encode, finalize
from service.ballots.encodings import base64_of
from service.config import Settings
from service.embedded import embedded_postgres
from service.store.clock import SimulatedClock
from tests.service.api.client import Insider
from tests.service.api.conftest import noon
from tests.service.ballots.hall import Hall

RATERS = 40
# Of 40 guesses one is right by chance; seven or more come by chance once in ten thousand times.
CHANCE = 7


def test_every_issuance_fits_every_ballot() -> None:
    """Given the private key and all transcripts, each (issuance, ballot) pair has a blinding factor that
    explains it, so that none is likelier than another."""
    key = blind_rsa.new_key()
    numbers, public = key.private_numbers(), key.public_key()
    n, d = numbers.public_numbers.n, numbers.d
    issuances, ballots = [], []
    for i in range(8):
        message = hashlib.sha256(b"rater %d" % i).digest()
        hidden = blind(public, message)
        signed = SigningKey(numbers).blind_sign(hidden.message)
        issuances.append((hidden.message, signed))
        ballots.append((message, finalize(public, message, signed, hidden.inverse)))
    for blinded, signed in issuances:
        for message, signature in ballots:
            m = int.from_bytes(encode(message, n.bit_length() - 1), "big")
            # What the rater would have drawn, had this been theirs.
            factor = pow(int.from_bytes(blinded, "big") * pow(m, -1, n), d, n)
            again = blind(public, message, factor)
            assert again.message == blinded
            assert finalize(public, message, signed, again.inverse) == signature


@asynccontextmanager
async def standing(server: str, data: Path, clock: SimulatedClock) -> AsyncIterator[Insider]:
    """A client of an application on this server's own database, which stays."""
    settings = Settings.from_environment({"DATABASE_URL": server, "DUBAN_DATA": str(data)})
    async with Application.open(settings, clock) as app, Insider(app) as client:
        yield client


async def rated(
    address: str, data: Path, *, logged_urn: bool = False, analyzed: bool = False
) -> tuple[list[bytes], list[bytes], list[UUID]]:
    """Forty raters collect, then cast in the same order. The keys of their ballots in that order, the keys
    in the order of the sealed box, and who they are."""
    clock = SimulatedClock(noon(2020, 5, 29))
    async with standing(address, data, clock) as client:
        app, room = client.app, await Hall(client, clock, RATERS).found()
        await room.meet(quotas=[{"category": "ZONE", "units": 1}])
        await room.open()
        for n in range(RATERS):
            await room.collect(n)
        await room.barrier()
        if logged_urn:
            await app.database.execute(f"alter table ballots.urn_{room.box.hex} set logged")
        [unit_id] = (await room.terms()).unit_ids
        cast = []
        for n in range(RATERS):
            ballot = room.raters[n].ballot(unit_id, ("excellent", "good", "fair", "poor")[n * 7 % 4])
            assert (await room.cast(unit_id, ballot))[0] == 200
            cast.append(ballot.key)
            if analyzed and n == RATERS // 2:
                await app.database.execute("analyze")
        await room.finish()
        box = [b.key for e in await app.ballots.sealed(room.box) for b in e.ballots]
        await app.database.execute("checkpoint")
        return cast, box, [UUID(room.rater_id(n)[6:]) for n in range(RATERS)]


def found(directory: Path, needles: list[bytes]) -> dict[str, list[bytes]]:
    """For each file that holds any of the needles, those it holds, in the order in which they come first."""
    holding = {}
    for path in sorted(directory.rglob("*")):
        if not path.is_file() or path.is_symlink():
            continue
        content = path.read_bytes()
        places = sorted((at, needle) for needle in needles if (at := content.find(needle)) >= 0)
        if places:
            holding[str(path.relative_to(directory))] = [needle for _, needle in places]
    return holding


def linked(guess: list[bytes], truth: list[bytes]) -> int:
    """How many are right when the i-th that was found is taken for the i-th who checked in."""
    return sum(a == b for a, b in zip(guess, truth, strict=False))


@pytest.fixture
def own_server(tmp_path: Path) -> Path:
    return tmp_path / "postgres"


def test_the_disk_links_no_more_than_chance(
    own_server: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG), embedded_postgres(own_server) as server:
        cast, box, raters = asyncio.run(rated(server, tmp_path / "data"))
        raw = found(own_server, cast)
        # The sealed box is in the log, as text, in the order of keys.
        texts = [base64_of(key).encode() for key in cast]
        written = found(own_server, texts)
    assert linked(box, cast) < CHANCE
    # The ballot's key as it lay in the urn is nowhere: not in a heap, not in the write-ahead log.
    assert raw == {}
    assert any(name.startswith("pg_wal") or "/pg_wal/" in name for name in written)
    for name, order in written.items():
        assert linked(order, texts) < CHANCE, name
    told = caplog.text
    secrets = [*(text.decode() for text in texts), *map(str, raters), *(key.hex() for key in cast)]
    assert [secret for secret in secrets if secret in told] == []


def test_no_statistics_are_taken_of_an_open_urn(own_server: Path, tmp_path: Path) -> None:
    """Statistics are an ordinary table: a sample of the urn in it would be in the write-ahead log, and tell
    who had cast by then. Neither autovacuum nor whoever analyzes the database takes one."""
    with embedded_postgres(own_server) as server:
        cast, _, _ = asyncio.run(rated(server, tmp_path / "data", analyzed=True))
        raw = found(own_server, cast)
    assert raw == {}


def test_an_ordinary_urn_would_link_all_of_them(own_server: Path, tmp_path: Path) -> None:
    """The same attack on a logged urn: it must find everybody, or it would prove nothing."""
    with embedded_postgres(own_server) as server:
        cast, _, _ = asyncio.run(rated(server, tmp_path / "data", logged_urn=True))
        raw = found(own_server, cast)
    in_wal = [order for name, order in raw.items() if "pg_wal" in name]
    assert max(linked(order, cast) for order in in_wal) > RATERS // 2


def test_a_crash_while_the_urn_is_open_loses_the_urn_and_nothing_else(
    own_server: Path, tmp_path: Path
) -> None:
    """The server is killed between casting and sealing: clients post again, and everything is there."""
    clock = SimulatedClock(noon(2020, 5, 29))

    async def until_cast(server: str) -> Hall:
        async with standing(server, tmp_path / "data", clock) as client:
            room = await Hall(client, clock, 5).found()
            await room.meet(quotas=[{"category": "ZONE", "units": 1}])
            await room.open()
            for n in range(5):
                await room.collect(n)
            await room.barrier()
            await room.cast_all()
            assert set((await room.app.ballots.urns.counts(room.box)).values()) == {5}
        return room

    async def after(server: str, room: Hall) -> None:
        async with standing(server, tmp_path / "data", clock) as client:
            room.client = client
            desk = await room.app.boxes.desk(room.box)
            assert [unit.missing for unit in desk.units] == [5]
            await room.cast_all()
            await room.finish()
            [sealed] = await room.app.ballots.sealed(room.box)
            assert len(sealed.ballots) == 5

    with embedded_postgres(own_server) as server:
        room = asyncio.run(until_cast(server))
        [pid_file] = own_server.rglob("postmaster.pid")
        os.kill(int(pid_file.read_text().split()[0]), signal.SIGQUIT)
    with embedded_postgres(own_server) as server:
        asyncio.run(after(server, room))
