"""What PostgreSQL publishes of an event is what the writer hashed, to the byte."""

import json
from uuid import uuid4

import pytest
import rfc8785

from service.log import stored
from service.store.database import Database
from service.store.recorder import Origin, Recorder
from service.tlog.merkle import leaf
from service.tlog.tiles import Tile, split_entries
from tests.service.store.events import event

ODD = [
    "office",
    "督办 · 潍坊",
    "".join(map(chr, range(1, 128))),
    "\x7f\x80\x9f\xa0\xad",
    "\b\t\n\f\r\x0b\x1b\"\\/'",
    "\u2028\u2029\ufeff\uffff\ufffe",
    "\U0001f9fe\U0010ffff",
    "é e\u0301 \ud7ff\ue000",
    "</script>&amp; %s $1 {}",
    "x" * 500,
    "\x01" * 500,
]


@pytest.mark.parametrize("state", [b"{}", b"", b"\x00\xff", b"x" * 100_000])
async def test_the_published_entry_is_the_hashed_one(
    recorder: Recorder, database: Database, state: bytes
) -> None:
    for number, text in enumerate(ODD):
        origin = Origin(text, uuid4(), causation=number or None)
        await recorder.insert_events([event(topic=text, state=state)], origin=origin)
    bundle = await stored.tile(database, Tile(None, 0, len(ODD)))
    assert bundle is not None
    entries, is_whole = split_entries(bundle)
    assert is_whole
    leaves = [row[0] for row in await database.fetch("select leaf_hash from log.event order by position")]
    assert [leaf(entry) for entry in entries] == leaves
    for entry, text in zip(entries, ODD, strict=True):
        assert entry == rfc8785.dumps(json.loads(entry))
        assert json.loads(entry)["actor"] == json.loads(entry)["topic"] == text


async def test_a_sessions_settings_change_nothing(recorder: Recorder, database: Database) -> None:
    """Time zone, date style and escape format are the session's; an entry is not."""
    await recorder.insert_events([event()])
    [before] = await database.fetch("select entry from log.entry")
    async with database.acquire() as connection, connection.transaction():
        for setting in (
            "timezone = 'Asia/Kathmandu'",
            "datestyle = 'German, DMY'",
            "intervalstyle = 'iso_8601'",
            "bytea_output = 'escape'",
            "lc_time = 'C'",
        ):
            await connection.execute(f"set local {setting}")
        assert await connection.fetch("select entry from log.entry") == [before]
