"""What the database itself holds the log to, whoever writes."""

from typing import Any
from uuid import UUID

import asyncpg
import pytest

from service.store.database import Database
from service.store.recorder import CommandKey, Recorder
from service.tlog.merkle import Frontier
from tests.service.store.events import ORIGIN, event, run_of
from tests.service.store.soundness import require_sound

CHANGES = [
    "update log.event set actor = 'x'",
    "update log.event set actor = 'x' where false",
    "delete from log.event",
    "truncate log.event",
    "truncate log.event cascade",
    "insert into log.event select * from log.event on conflict (position) do update set actor = 'x'",
    "merge into log.event e using log.head h on true when matched then delete",
    "update log.command set key = 'x'",
    "delete from log.command",
    "update log.head set size = 0",
    "delete from log.head",
    "truncate log.head",
    "insert into log.head values (true, 0, now())",
]


@pytest.mark.parametrize("statement", CHANGES)
@pytest.mark.parametrize("triggers", ["origin", "replica"])
async def test_what_is_recorded_is_never_changed(
    recorder: Recorder, database: Database, statement: str, triggers: str
) -> None:
    """Not by a session either that switches ordinary triggers off."""
    await recorder.insert_events([event()], origin=ORIGIN, command=CommandKey("key", b"digest"))
    async with database.acquire() as connection, connection.transaction():
        await connection.execute(f"set local session_replication_role = {triggers}")
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match=r"log\.(event|head) is append-only"):
            async with connection.transaction():
                await connection.execute(statement)
    assert await require_sound(database) == 1


async def test_the_view_of_commands_is_no_way_round(recorder: Recorder, database: Database) -> None:
    await recorder.insert_events([event(), event()], origin=ORIGIN, command=CommandKey("key", b"digest"))
    rows = await database.fetch("select actor, key, digest, first_position, last_position from log.command")
    assert [tuple(row) for row in rows] == [("office", "key", b"digest", 1, 2)]
    with pytest.raises(asyncpg.WrongObjectTypeError):
        await database.execute("truncate log.command")


INSERT = """
insert into log.event (position, stream_id, stream_version, topic, recorded_at, actor, correlation, causation,
    command_key, command_digest, command_events, salt, state, leaf_hash, nodes)
values ($1, $2, $3, 'topic', $4, 'actor', $2, $5, $6, $7, null, $8, 'state', $9, '')"""


async def insert(database: Database, **changed: Any) -> None:
    """An event by hand, sound but for what is changed."""
    row = {
        "position": 4,
        "stream_id": UUID(int=1),
        "stream_version": 4,
        "recorded_at": await database.fetchval("select recorded_at + interval '1 s' from log.head"),
        "causation": None,
        "command_key": None,
        "command_digest": None,
        "salt": bytes(16),
        "leaf_hash": bytes(32),
        **changed,
    }
    await database.execute(INSERT, *row.values())


@pytest.mark.parametrize(
    "broken",
    [
        {"position": 5},
        {"position": 3},
        {"position": 0},
        {"stream_version": 5},
        {"stream_version": 3},
        {"stream_version": 0},
        {"stream_version": -1},
        {"stream_id": UUID(int=2), "stream_version": 2},
        {"stream_id": UUID(int=2), "stream_version": -1},
        {"causation": 4},
        {"causation": 0},
        {"command_key": "key"},
        {"command_digest": b"digest"},
        {"salt": bytes(15)},
        {"leaf_hash": bytes(33)},
    ],
    ids=str,
)
async def test_an_event_that_breaks_a_rule_of_the_log_is_refused(
    recorder: Recorder, database: Database, broken: dict[str, Any]
) -> None:
    await recorder.insert_events(run_of(UUID(int=1), 1, 3))
    with pytest.raises(asyncpg.IntegrityConstraintViolationError):
        await insert(database, **broken)
    assert await require_sound(database) == 3
    await insert(database)
    assert await database.fetchval("select size from log.head") == 4


async def test_recorded_time_that_goes_back_is_refused(recorder: Recorder, database: Database) -> None:
    await recorder.insert_events(run_of(UUID(int=1), 1, 3))
    before = await database.fetchval("select recorded_at - interval '1 us' from log.head")
    with pytest.raises(asyncpg.IntegrityConstraintViolationError, match="end of the log, position 3"):
        await insert(database, recorded_at=before)


async def test_no_rows_are_no_append(recorder: Recorder, database: Database) -> None:
    await recorder.insert_events([event()])
    await database.execute("insert into log.event select * from log.event where false")
    assert await require_sound(database) == 1


async def test_every_frontier_is_in_the_log(recorder: Recorder, database: Database) -> None:
    """Of the present and of every earlier size, so that an earlier head can be compared with the tree."""
    await recorder.insert_events([event() for _ in range(70)])
    leaves = await database.fetch("select leaf_hash from log.event order by position")
    tree = Frontier()
    for size in range(71):
        assert await database.fetchval("select log.frontier($1)", size) == tree.hashes
        if size < 70:
            tree.append(leaves[size][0])


@pytest.mark.parametrize(
    ("state", "shown"),
    [
        ('{"title": "治水", "value": "49.00"}'.encode(), '{"title": "治水", "value": "49.00"}'.encode()),
        (b"null", b"null"),
        (b"state1", None),
        (b"", None),
        (b"\xff\xfe", None),
        (b"\0", None),
        (b"[" * 20_000, None),
    ],
    ids=["json", "null", "text", "empty", "no utf-8", "nul", "deep"],
)
async def test_auditors_read_states_as_json(
    recorder: Recorder, database: Database, state: bytes, shown: bytes | None
) -> None:
    await recorder.insert_events([event(state=state)])
    assert await database.fetchval("select state from log.event_json") == shown
