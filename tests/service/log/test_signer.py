"""The signer seals what goes on from what it signed, and nothing else; whoever dies, the next one goes on."""

import asyncio
from pathlib import Path

import pytest

from service.log import signer as signer_module
from service.log import stored
from service.log.keys import SigningKeys
from service.log.proving import consistency, tlog_proof
from service.log.signer import Inconsistent, Signer
from service.log.sources import Directory
from service.log.verify import Trust, verify
from service.store.database import Database
from service.store.recorder import Recorder
from service.tlog.checkpoint import opened
from service.tlog.merkle import EMPTY_ROOT
from service.tlog.note import LOG_KEY, PrivateKey
from service.tlog.tiles import Tile
from tests.service.log.logs import ORIGIN, City, city_of, exported, grow, tamper
from tests.service.log.test_tampering import FLIP, INSERT, SHIFT
from tests.service.store.soundness import require_sound


@pytest.fixture
def city(database: Database, recorder: Recorder, tmp_path: Path) -> City:
    return city_of(database, recorder, tmp_path)


async def count(database: Database, table: str) -> int:
    found: int = await database.fetchval(f"select count(*) from log.{table}")
    return found


async def test_an_empty_log_is_sealed_as_such(city: City) -> None:
    checkpoint = await city.signer.seal()
    assert (checkpoint.size, checkpoint.root) == (0, EMPTY_ROOT)
    assert await exported(city.database, checkpoint, city.key, city.directory / "x")
    assert verify(Directory(city.directory / "x"), Trust([city.key.public])).checkpoint.size == 0


async def test_every_seal_is_of_the_tree_as_it_is(city: City) -> None:
    for more in (1, 254, 1, 1, 255, 300, 5):
        await grow(city.recorder, more)
        checkpoint = await city.signer.seal()
        assert checkpoint.root == await stored.root(city.database, checkpoint.size)
        assert opened(checkpoint.encode(), [city.key.public]).tree == checkpoint.tree
    assert await require_sound(city.database) == checkpoint.size == 817
    assert await count(city.database, "tile") == 3
    for index in range(3):
        tile = Tile(0, index)
        assert await stored.tile(city.database, tile) == await stored.nodes_of(city.database, tile)


async def test_tiles_of_the_second_level(city: City) -> None:
    """65,536 leaves and some, written here in a few statements."""
    size = 65_536 + 300
    from service.tlog.merkle import Frontier, leaf

    tree, rows = Frontier(), []
    for position in range(1, size + 1):
        leaf_hash = leaf(b"%d" % position)
        rows.append((leaf_hash, tree.append(leaf_hash)))
    for first in range(0, size, 8_192):
        some = rows[first : first + 8_192]
        await city.database.execute(
            """insert into log.event (position, stream_id, stream_version, topic, recorded_at, actor,
                correlation, salt, state, leaf_hash, nodes)
            select $3 + n, gen_random_uuid(), 1, 't', now(), 'a', gen_random_uuid(),
                decode(repeat('00', 16), 'hex'), '{}', leaf, nodes
            from unnest($1::bytea[], $2::bytea[]) with ordinality r(leaf, nodes, n)""",
            [row[0] for row in some],
            [row[1] for row in some],
            first,
        )
    # The leaves are of nothing: the signer finds out once it looks.
    with pytest.raises(Inconsistent, match="position 1 "):
        await city.signer.seal()
    city.signer._checked = size
    checkpoint = await city.signer.seal()
    assert checkpoint.root == tree.root()
    assert await count(city.database, "tile") == 258
    assert await city.database.fetchval("select count(*) from log.tile where level = 1") == 1


async def test_what_is_not_new_is_not_signed_again(city: City) -> None:
    await grow(city.recorder, 3)
    first = await city.signer.seal()
    assert await city.signer.seal() == first
    await grow(city.recorder, 1)
    # The last one is younger than it may be.
    assert (await city.signer.seal(age_s=10)).size == 3
    assert (await city.signer.seal()).size == 4
    assert await count(city.database, "checkpoint") == 2


async def test_a_proof_on_demand_is_of_a_new_checkpoint(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signer_module, "DEMANDED_S", 0.0)
    await grow(city.recorder, 3)
    first, again = await asyncio.gather(city.signer.covering(2), city.signer.covering(3))
    assert first.tree == again.tree
    await grow(city.recorder, 1)
    covering = await city.signer.covering(4)
    proof = await tlog_proof(city.database, 4, covering)
    assert proof.extra is not None
    assert proof.proves(proof.extra)
    assert not proof.proves(proof.extra + b" ")
    root, _ = await consistency(city.database, 3, covering)
    assert root == first.root


async def test_many_signers_take_turns(city: City) -> None:
    await grow(city.recorder, 10)
    others = [
        Signer(city.database, ORIGIN, lambda: SigningKeys(city.key), city.directory / f"signed-{n}")
        for n in range(4)
    ]
    sealed = await asyncio.gather(*(signer.seal() for signer in others))
    assert {checkpoint.root for checkpoint in sealed} == {sealed[0].root}
    assert await count(city.database, "checkpoint") == 1


# -- what it refuses


REFUSED: dict[str, tuple[list[str], str, int | None]] = {
    "a new state": ([FLIP.format("state", 0, 310)], "position 310", 310),
    "a new salt": ([FLIP.format("salt", 0, 310)], "position 310", 310),
    "a new actor": (["update log.event set actor = '别人' where position = 310"], "position 310", 310),
    "a new time": (
        ["update log.event set recorded_at = recorded_at - interval '1 h' where position = 310"],
        "position 310",
        310,
    ),
    "a new leaf": ([FLIP.format("leaf_hash", 0, 310)], "position 310", 310),
    "a new node": ([FLIP.format("nodes", 0, 310)], "position 310", 310),
    "a new event is gone": (["delete from log.event where position = 310"], "310 is missing", 310),
    "the last event is gone": (["delete from log.event where position = 320"], "320 is missing", 320),
    "new events are swapped": (
        [
            "update log.event set position = -position where position in (310, 311)",
            "update log.event set position = 621 + position where position < 0",
        ],
        "position 310",
        310,
    ),
    "an event behind the end": ([INSERT.format(321, 310)], "1 to 320, and an event stands at 321", 321),
    "an event far behind": ([INSERT.format(900, 310)], "1 to 320, and an event stands at 900", 321),
    "an event before the first": ([INSERT.format(0, 310)], "an event stands at 0", 0),
    "an event between": (
        [*SHIFT, INSERT.format(100, 99), "update log.head set size = 321"],
        "first 300 events",
        None,
    ),
    "an old node of the frontier": ([FLIP.format("nodes", 32 * 7, 256)], "first 300 events", 300),
    "the end is gone": (
        ["delete from log.event where position > 290", "update log.head set size = 290"],
        "ends at position 290, but 300",
        291,
    ),
    "another root is signed": (
        ["update log.checkpoint set note = overlay(note placing 'A' from 30)"],
        "not this signer's",
        None,
    ),
    "no checkpoint, and another tile": (
        [
            "delete from log.checkpoint",
            FLIP.replace("event", "tile").replace("position", "index").format("hashes", 5, 0),
        ],
        "stored tile/0/000",
        1,
    ),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_an_inconsistent_tree_is_never_signed(city: City, name: str) -> None:
    statements, told, position = REFUSED[name]
    await grow(city.recorder, 300)
    await city.signer.seal()
    await grow(city.recorder, 20)
    await tamper(city.database.dsn, *statements)
    checkpoints = await count(city.database, "checkpoint")
    with pytest.raises(Inconsistent, match=told) as error:
        await city.signer.seal()
    assert position is None or error.value.position == position
    assert city.signer.trouble == str(error.value)
    assert await count(city.database, "checkpoint") == checkpoints


async def test_an_old_leaf_of_the_last_tile_is_seen_when_that_is_full(city: City) -> None:
    await grow(city.recorder, 301)
    await city.signer.seal()
    await tamper(city.database.dsn, FLIP.format("leaf_hash", 0, 300))
    await grow(city.recorder, 210)
    # Nothing that is signed depends on it yet.
    await city.signer.seal()
    await grow(city.recorder, 1)
    with pytest.raises(Inconsistent, match="257 to 512 are not those that were signed"):
        await city.signer.seal()


async def test_a_database_put_back_is_seen(city: City) -> None:
    """Back to an earlier state, checkpoints and all; and grown anew from there."""
    await grow(city.recorder, 100)
    await city.signer.seal()
    await grow(city.recorder, 50)
    await city.signer.seal()
    back = ["delete from log.event where position > 100", "delete from log.checkpoint where size > 100"]
    await tamper(city.database.dsn, *back, "update log.head set size = 100")
    with pytest.raises(Inconsistent, match="ends at position 100, but 150"):
        await city.signer.seal()
    async with Recorder.open(city.database, city.recorder.writer._clock) as recorder:
        await grow(recorder, 60)
    with pytest.raises(Inconsistent, match="history was rewritten"):
        await city.signer.seal()


async def test_a_whole_other_history_is_seen(city: City, dsn: str) -> None:
    await grow(city.recorder, 100)
    await city.signer.seal()
    await tamper(dsn, "delete from log.event", "delete from log.checkpoint", "update log.head set size = 0")
    async with Recorder.open(city.database, city.recorder.writer._clock) as recorder:
        await grow(recorder, 200)
    with pytest.raises(Inconsistent, match="history was rewritten"):
        await city.signer.seal()


async def test_a_stranger_does_not_go_on(city: City) -> None:
    await grow(city.recorder, 3)
    await city.signer.seal()
    stranger = city_of(city.database, city.recorder, city.directory / "stranger")
    with pytest.raises(Inconsistent, match="not this signer's"):
        await stranger.signer.seal()
    renamed = Signer(city.database, "other.example/log", lambda: SigningKeys(city.key), city.directory / "n")
    with pytest.raises(Inconsistent, match="not this signer's"):
        await renamed.seal()


# -- what it survives


async def test_a_checkpoint_that_was_not_recorded_is_gone_on_from(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed between its memory and the database's commit: tiles and checkpoint are made by the next."""
    await grow(city.recorder, 300)
    monkeypatch.setattr(signer_module, "ADD_CHECKPOINT", "select 1 / 0, $1::bigint, $2::bytea")
    with pytest.raises(Exception, match="division by zero"):
        await city.signer.seal()
    assert (city.directory / "signed").exists()
    assert await count(city.database, "tile") == await count(city.database, "checkpoint") == 0
    monkeypatch.undo()
    remembered = opened((city.directory / "signed").read_bytes(), [city.key.public])
    again = city_of(city.database, city.recorder, city.directory, city.key)
    assert (await again.signer.seal()).tree == remembered.tree
    await grow(city.recorder, 300)
    assert (await again.signer.seal()).size == 600
    assert await count(city.database, "tile") == 2


async def test_events_without_their_tiles_are_sealed_later(city: City) -> None:
    """A service killed between commit and tile: the events are there, nothing else is."""
    await grow(city.recorder, 700)
    assert await count(city.database, "tile") == 0
    await city.signer.seal()
    assert await count(city.database, "tile") == 2


async def test_a_clock_that_went_back_keeps_nothing_from_being_signed(city: City) -> None:
    await grow(city.recorder, 3)
    await city.signer.seal()
    await tamper(city.database.dsn, "update log.checkpoint set signed_at = signed_at + interval '1 year'")
    await grow(city.recorder, 3)
    assert (await city.signer.seal(age_s=10)).size == 6


async def test_the_keys_are_handed_over(city: City) -> None:
    await grow(city.recorder, 3)
    before = await city.signer.seal()
    new = PrivateKey.generate(ORIGIN, LOG_KEY)
    city.signer._keys = lambda: SigningKeys(new, city.key)
    handed = await city.signer.seal()
    assert handed.tree == before.tree
    for key in (city.key, new):
        assert opened(handed.encode(), [key.public]).size == 3
    # From then on the new one alone, and the old one may go.
    city.signer._keys = lambda: SigningKeys(new)
    await grow(city.recorder, 3)
    with pytest.raises(ValueError, match="not signed by"):
        opened((await city.signer.seal()).encode(), [city.key.public])
    last = await stored.newest(city.database)
    assert last is not None
    assert last.checkpoint.size == 6
    vkeys = [row[0] for row in await city.database.fetch("select vkey from log.signer order by since")]
    assert vkeys == [city.key.public.vkey, new.public.vkey]


async def test_checkpoints_are_only_added(database: Database, city: City) -> None:
    await grow(city.recorder, 300)
    await city.signer.seal()
    for statement in (
        "update log.checkpoint set note = ''",
        "delete from log.checkpoint",
        "truncate log.checkpoint cascade",
        "delete from log.tile",
        "update log.tile set level = 3",
        "delete from log.cosignature",
        "delete from log.signer",
        "insert into log.checkpoint (size, note) values (299, '')",
    ):
        with pytest.raises(Exception, match=r"append-only|behind a larger one"):
            await database.execute(statement)
