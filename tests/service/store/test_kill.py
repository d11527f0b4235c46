"""kill -9 of a process with 64 appending clients, twenty times: what it acknowledged is there, once."""

import asyncio
import signal
import sys
from pathlib import Path
from uuid import UUID, uuid4

from eventsourcing.persistence import StoredEvent

from service.store.clock import SystemClock
from service.store.database import Database
from service.store.recorder import Recorder

CLIENTS, ROUNDS, ACKNOWLEDGED = 64, 20, 200


async def appending(dsn: str) -> None:
    """The process to be killed: it prints each event's stream once the append is acknowledged."""
    async with (
        await Database.open(dsn, size=1) as database,
        Recorder.open(database, SystemClock()) as recorder,
    ):

        async def client() -> None:
            while True:
                stream = uuid4()
                (position,) = await recorder.insert_events([StoredEvent(stream, 1, "task.published", b"{}")])
                sys.stdout.write(f"{position} {stream}\n")
                sys.stdout.flush()

        await asyncio.gather(*(client() for _ in range(CLIENTS)))


async def killed(dsn: str) -> dict[int, UUID]:
    """Run it, kill it in the middle, and return what it had acknowledged."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(Path(__file__)), dsn, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    lines = [await process.stdout.readline() for _ in range(ACKNOWLEDGED)]
    process.send_signal(signal.SIGKILL)
    lines += (await process.stdout.read()).splitlines(keepends=True)
    await process.wait()
    whole = [line.split() for line in lines if line.endswith(b"\n")]
    return {int(position): UUID(stream.decode()) for position, stream in whole}


async def test_every_acknowledged_event_survives_kill_9(dsn: str, database: Database) -> None:
    from tests.service.store.soundness import require_sound

    acknowledged: dict[int, UUID] = {}
    for _ in range(ROUNDS):
        acknowledged |= await killed(dsn)
    # The last batch may have been committed without its clients having heard of it, but never the other way.
    count = await require_sound(database)
    assert count >= len(acknowledged) >= ROUNDS * ACKNOWLEDGED
    rows = await database.fetch("select position, stream_id from log.event")
    recorded = {row[0]: row[1] for row in rows}
    assert {p: recorded.get(p) for p in acknowledged} == acknowledged
    assert len(set(recorded.values())) == len(recorded)


if __name__ == "__main__":
    asyncio.run(appending(sys.argv[1]))
