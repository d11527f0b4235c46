"""Whatever a superuser with the triggers off does to a signed log, or anyone to a copy of it: it is detected
by our verifier, which names it, and by two that nobody here wrote."""

import asyncio
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import pytest

from service.log.signer import Inconsistent
from service.log.sources import Directory, Unreadable
from service.log.verify import Trust, Wrong, verify
from service.log.witness import Request, Witness
from service.store.clock import SystemClock
from service.store.database import Database
from service.store.migrate import migrate
from service.store.recorder import Recorder
from service.tlog.checkpoint import Checkpoint, opened
from service.tlog.note import LOG_KEY, WITNESS_KEY, PrivateKey
from service.tlog.tiles import join_entries, split_entries
from tests.databases import address_of
from tests.service.log import independent
from tests.service.log.independent import by_bundle, by_go, by_scales
from tests.service.log.logs import ORIGIN, as_superuser, city_of, entries_of, exported, grow, rehash, signed

sumdb = independent.sumdb

OLD, SIZE = 300, 600


@dataclass(frozen=True)
class Sealed:
    """A log of two full tiles and a partial one, signed at 300 events and at 600, and its export."""

    dsn: str
    key: PrivateKey
    checkpoint: Checkpoint
    directory: Path
    old: Path

    @property
    def trust(self) -> Trust:
        return Trust([self.key.public])


@pytest.fixture(scope="module")
def sealed(server: str, tmp_path_factory: pytest.TempPathFactory) -> Sealed:
    directory = tmp_path_factory.mktemp("sealed")
    dsn = address_of(server, "test_tampering")

    async def made() -> Sealed:
        admin = await asyncpg.connect(server)
        await admin.execute("drop database if exists test_tampering with (force)")
        await admin.execute("create database test_tampering")
        await admin.close()
        await migrate(dsn)
        async with (
            await Database.open(dsn, size=2) as database,
            Recorder.open(database, SystemClock()) as recorder,
        ):
            city = city_of(database, recorder, directory)
            await grow(recorder, OLD)
            old = await city.signer.seal()
            (directory / "old").write_bytes(old.encode())
            await exported(database, old, city.key, directory / "export")
            await grow(recorder, SIZE - OLD)
            checkpoint = await city.signer.seal()
            await exported(database, checkpoint, city.key, directory / "export")
            return Sealed(dsn, city.key, checkpoint, directory / "export", directory / "old")

    return asyncio.run(made())


def rejected(sealed: Sealed, sumdb: Path, directory: Path, old: Path | None = None) -> Wrong | Unreadable:
    """Both independent verifiers reject the directory, and so does ours: how."""
    vkey = sealed.key.public.vkey
    assert by_go(sumdb, directory, vkey, old) is not None
    assert by_scales(directory, vkey, old) is not None
    since = None if old is None else opened(old.read_bytes(), [sealed.key.public])
    with pytest.raises((Wrong, Unreadable)) as error:
        verify(Directory(directory), sealed.trust, since=since, whole=True)
    assert isinstance(error.value, Wrong | Unreadable)
    return error.value


def test_all_accept_the_log_as_it_is(sealed: Sealed, sumdb: Path) -> None:
    vkey = sealed.key.public.vkey
    assert by_go(sumdb, sealed.directory, vkey, sealed.old) is None
    assert by_scales(sealed.directory, vkey, sealed.old) is None
    assert by_bundle(sealed.checkpoint.encode(), entries_of(sealed.directory, SIZE), vkey) is None
    since = opened(sealed.old.read_bytes(), [sealed.key.public])
    done = verify(Directory(sealed.directory), sealed.trust)
    assert (done.checkpoint.tree, done.first) == (sealed.checkpoint.tree, 1)
    assert verify(Directory(sealed.directory), sealed.trust, since=since).first == OLD + 1
    assert verify(Directory(sealed.directory), sealed.trust, since=since, whole=True).first == 1


# -- in the database

FLIP = "update log.event set {0} = set_byte({0}, {1}, get_byte({0}, {1}) # 1) where position = {2}"
SHIFT = [
    "update log.event set position = -(position + 1) where position >= 100",
    "update log.event set position = -position where position < 0",
]
INSERT = """
insert into log.event (position, stream_id, stream_version, topic, recorded_at, actor, correlation, causation,
    salt, state, leaf_hash, nodes)
select {0}, gen_random_uuid(), 1, topic, recorded_at, actor, correlation, causation,
    salt, state, leaf_hash, nodes
from log.event where position = {1}"""

ENTRIES: dict[str, tuple[int, list[str]]] = {
    "state": (100, [FLIP.format("state", 3, 100)]),
    "state at the end": (SIZE, [FLIP.format("state", 0, SIZE)]),
    "salt": (257, [FLIP.format("salt", 15, 257)]),
    "actor": (1, ["update log.event set actor = '别人' where position = 1"]),
    "topic": (256, ["update log.event set topic = 'test.other' where position = 256"]),
    "stream": (513, ["update log.event set stream_id = gen_random_uuid() where position = 513"]),
    "version": (100, ["update log.event set stream_version = 0 where position = 100"]),
    "correlation": (100, ["update log.event set correlation = gen_random_uuid() where position = 100"]),
    "causation": (100, ["update log.event set causation = 99 where position = 100"]),
    "time": (100, ["update log.event set recorded_at = recorded_at - interval '1 day' where position = 100"]),
    "removed": (100, ["delete from log.event where position = 100"]),
    "removed, and the rest moved up": (
        100,
        [
            "delete from log.event where position = 100",
            "update log.event set position = 1 - position where position > 100",
            "update log.event set position = -position where position < 0",
            INSERT.format(SIZE, SIZE - 1),
        ],
    ),
    "inserted": (100, [*SHIFT, INSERT.format(100, 99)]),
    "swapped": (
        100,
        [
            "update log.event set position = -position where position in (100, 101)",
            "update log.event set position = 201 + position where position < 0",
        ],
    ),
    "with its leaf": (
        100,
        [
            FLIP.format("state", 3, 100),
            "update log.event e set leaf_hash = sha256('\\x00'::bytea || n.entry) from log.entry n"
            " where n.position = e.position and e.position = 100",
        ],
    ),
}


@pytest.mark.parametrize("name", ENTRIES)
async def test_a_changed_event_is_named(sealed: Sealed, sumdb: Path, tmp_path: Path, name: str) -> None:
    position, statements = ENTRIES[name]
    async with as_superuser(sealed.dsn) as forger:
        for statement in statements:
            await forger.execute(statement)
        refused = None
        try:
            await exported(forger, sealed.checkpoint, sealed.key, tmp_path)
        except Inconsistent as error:
            refused = error.position
    if refused is not None:
        # No copy leaves the building.
        assert refused == position
        assert not (tmp_path / "checkpoint").exists()
        return
    found = rejected(sealed, sumdb, tmp_path)
    assert isinstance(found, Wrong)
    assert found.position == position
    assert f"position {position} " in str(found)
    entries = entries_of(tmp_path, SIZE)
    assert by_bundle(sealed.checkpoint.encode(), entries, sealed.key.public.vkey) is not None


FLIP_TILE = "update log.tile set hashes = set_byte(hashes, {1}, get_byte(hashes, {1}) # 1) where index = {0}"

HASHES: dict[str, tuple[int, str, str]] = {
    "tile": (1, "tile/0/000 ", FLIP_TILE.format(0, 32 * 99)),
    "last hash of a tile": (257, "tile/0/001 ", FLIP_TILE.format(1, 8191)),
    "leaf in the partial tile": (590, "tile/0/002.p/88 ", FLIP.format("leaf_hash", 7, 590)),
    "node in the partial tile": (257, "tile/1/000.p/2 ", FLIP.format("nodes", 32 * 7, 512)),
}


@pytest.mark.parametrize("name", HASHES)
async def test_a_changed_tile_is_named(sealed: Sealed, sumdb: Path, tmp_path: Path, name: str) -> None:
    position, tile, statement = HASHES[name]
    async with as_superuser(sealed.dsn) as forger:
        await forger.execute(statement)
        await exported(forger, sealed.checkpoint, sealed.key, tmp_path)
    error = rejected(sealed, sumdb, tmp_path)
    assert isinstance(error, Wrong)
    assert (error.position, tile in str(error)) == (position, True), error


async def test_a_changed_node_makes_no_false_proof(sealed: Sealed) -> None:
    from service.log.proving import consistency, tlog_proof

    async with as_superuser(sealed.dsn) as forger:
        await forger.execute(FLIP.format("nodes", 0, 100))
        with pytest.raises(Inconsistent, match="not what was signed"):
            await tlog_proof(forger, 97, sealed.checkpoint)
        assert (await tlog_proof(forger, 300, sealed.checkpoint)).index == 299
        await forger.execute(FLIP.format("nodes", 32 * 7, 256))
        with pytest.raises(Inconsistent, match="not those that were signed"):
            await consistency(forger, 300, sealed.checkpoint)


async def test_all_hashed_anew_without_the_key(sealed: Sealed, sumdb: Path, tmp_path: Path) -> None:
    async with as_superuser(sealed.dsn) as forger:
        await forger.execute(FLIP.format("state", 3, 100))
        assert await rehash(forger) != sealed.checkpoint.root
        await exported(forger, sealed.checkpoint, sealed.key, tmp_path)
    assert "is not the signed one" in str(rejected(sealed, sumdb, tmp_path))


async def test_all_hashed_anew_and_signed_with_the_logs_key(
    sealed: Sealed, sumdb: Path, tmp_path: Path
) -> None:
    """The copy is whole in itself: who has an older checkpoint, or asks for the witness, is not deceived."""
    witness = Witness(tmp_path / "witness", "inspector.example/w1", [sealed.key.public])
    old = opened(sealed.old.read_bytes(), [sealed.key.public])
    assert witness.add_checkpoint(Request(0, (), old).encode()).status == 200
    async with as_superuser(sealed.dsn) as forger:
        await forger.execute(FLIP.format("state", 3, 100))
        again = signed(sealed.key, SIZE, await rehash(forger))
        await exported(forger, again, sealed.key, tmp_path / "export")
        from service.log.proving import consistency

        _, proof = await consistency(forger, OLD, again)
    vkey = sealed.key.public.vkey
    # Nothing in the copy itself tells.
    assert by_go(sumdb, tmp_path / "export", vkey) is None
    assert verify(Directory(tmp_path / "export"), sealed.trust)
    # An older checkpoint does, and so does what the witness did not cosign.
    error = rejected(sealed, sumdb, tmp_path / "export", sealed.old)
    assert "history was rewritten" in str(error)
    with pytest.raises(Wrong, match="not cosigned by"):
        verify(Directory(tmp_path / "export"), Trust([sealed.key.public], [witness.key.public]))
    reply = witness.add_checkpoint(Request(OLD, tuple(proof), again).encode())
    assert reply.status == 422
    [refused] = witness.refusals()
    assert (refused["what"], refused["settled"]) == ("rewritten history", False)
    # The export does not go on from what the disk holds already.
    shutil.copytree(sealed.directory, tmp_path / "disk")
    async with as_superuser(sealed.dsn) as forger:
        await forger.execute(FLIP.format("state", 3, 100))
        again = signed(sealed.key, SIZE, await rehash(forger))
        with pytest.raises(Inconsistent, match="rewritten"):
            await exported(forger, again, sealed.key, tmp_path / "disk")


# -- in a copy


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def flip(path: Path, at: int = 40) -> None:
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(content)


def without_last_entry(path: Path) -> None:
    path.write_bytes(join_entries(split_entries(path.read_bytes())[0][:-1]))


def swap(path: Path) -> None:
    other = path.with_name("000")
    one, two = path.read_bytes(), other.read_bytes()
    path.write_bytes(two)
    other.write_bytes(one)


COPIES: dict[str, tuple[str, Callable[[Path], object], int | None]] = {
    "a bundle is gone": ("tile/entries/001", Path.unlink, None),
    "the last bundle is gone": ("tile/entries/002.p/88", Path.unlink, None),
    "a bundle is cut": ("tile/entries/001", cut, 512),
    "the last bundle is cut": ("tile/entries/002.p/88", cut, 600),
    "a bundle lacks an entry": ("tile/entries/002.p/88", without_last_entry, 600),
    "a bundle is empty": ("tile/entries/000", lambda path: path.write_bytes(b""), 1),
    "a bit of an entry": ("tile/entries/000", flip, 1),
    "a tile is gone": ("tile/0/001", Path.unlink, None),
    "a tile is cut": ("tile/0/001", cut, 257),
    "a tile is empty": ("tile/0/002.p/88", lambda path: path.write_bytes(b""), 513),
    "a bit of a tile": ("tile/0/000", flip, 1),
    "a bit of the tile above": ("tile/1/000.p/2", flip, 257),
    "tiles are swapped": ("tile/0/001", swap, None),
    "the checkpoint is gone": ("checkpoint", Path.unlink, None),
    "a bit of the origin": ("checkpoint", lambda path: flip(path, 0), None),
    "a bit of the size": ("checkpoint", lambda path: flip(path, len(ORIGIN) + 1), None),
    "a bit of the root": ("checkpoint", lambda path: flip(path, len(ORIGIN) + 9), None),
    "a bit of the signature": ("checkpoint", lambda path: flip(path, -9), None),
}


@pytest.mark.parametrize("name", COPIES)
def test_a_spoiled_copy_is_named(sealed: Sealed, sumdb: Path, tmp_path: Path, name: str) -> None:
    path, spoil, position = COPIES[name]
    copy = shutil.copytree(sealed.directory, tmp_path / "copy")
    spoil(copy / path)
    error = rejected(sealed, sumdb, copy)
    if position is not None:
        assert isinstance(error, Wrong)
        assert error.position == position, error
    elif "swapped" in name:
        assert "tile/0/00" in str(error)
    else:
        assert path.split("/")[-1].split(".")[0] in str(error)


def test_an_older_copy_is_whole_but_no_newer_one(sealed: Sealed, tmp_path: Path) -> None:
    """What is behind the checkpoint is not looked at, and an older checkpoint is told from a newer one."""
    copy = shutil.copytree(sealed.directory, tmp_path / "copy")
    shutil.copy(sealed.old, copy / "checkpoint")
    assert verify(Directory(copy), sealed.trust).checkpoint.size == OLD
    with pytest.raises(Wrong, match="300 events, the checkpoint given 600"):
        verify(Directory(copy), sealed.trust, since=sealed.checkpoint)


def test_somebody_elses_key_and_log_are_refused(sealed: Sealed) -> None:
    other = PrivateKey.generate(ORIGIN, LOG_KEY)
    with pytest.raises(Wrong, match="not signed by"):
        verify(Directory(sealed.directory), Trust([other.public]))
    with pytest.raises(Wrong, match="is of"):
        verify(Directory(sealed.directory), Trust([sealed.key.public], origin="elsewhere"))
    witness = PrivateKey.generate("inspector.example/w1", WITNESS_KEY)
    with pytest.raises(Wrong, match="not cosigned by inspector"):
        verify(Directory(sealed.directory), Trust([sealed.key.public], [witness.public]))
