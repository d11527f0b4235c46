"""The library's own recorder as a peer: `eventsourcing`'s PostgresApplicationRecorder with sixteen threads.

One event a call, each call a durable transaction, every thread a stream of its own; the pool is as large as
the threads, and open before the clock starts.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from time import perf_counter
from uuid import UUID, uuid5

import psycopg
from eventsourcing.persistence import StoredEvent
from eventsourcing.postgres import PostgresApplicationRecorder, PostgresDatastore

from domain.identifiers import NAMESPACE
from service.bench.database import Database

SCHEMA = "library"
THREADS = 16
START_S = 30.0


def fresh_schema(database: Database) -> None:
    """Drop what an earlier measurement left."""
    with psycopg.connect(database.dsn, autocommit=True) as connection:
        connection.execute(f"drop schema if exists {SCHEMA} cascade")
        connection.execute(f"create schema {SCHEMA}")


def stream_of(thread: int) -> UUID:
    return uuid5(NAMESPACE, f"bench/library/{thread}")


def appended_per_second(
    database: Database, topic: str, state: bytes, seconds: float, *, database_functions: bool = False
) -> float:
    """Events a second that the threads append together, in `seconds` of a closed loop.

    `database_functions` is the library's own option, off by default, to insert by a function in PostgreSQL.
    """
    fresh_schema(database)
    with PostgresDatastore(
        database.name,
        database.socket_dir,
        database.port,
        database.user,
        "",
        schema=SCHEMA,
        pool_size=THREADS,
        enable_db_functions=database_functions,
    ) as datastore:
        datastore.pool.wait(START_S)
        recorder = PostgresApplicationRecorder(datastore)
        recorder.create_table()
        together = Barrier(THREADS, timeout=START_S)

        def append(thread: int) -> tuple[int, float, float]:
            stream = stream_of(thread)
            together.wait()
            began = now = perf_counter()
            version = 0
            while now - began < seconds:
                version += 1
                recorder.insert_events([StoredEvent(stream, version, topic, state)])
                now = perf_counter()
            return version, began, now

        for thread in range(THREADS):
            recorder.insert_events([StoredEvent(stream_of(thread), 0, topic, state)])
        with ThreadPoolExecutor(THREADS) as threads:
            runs = list(threads.map(append, range(THREADS)))
    elapsed = max(end for _, _, end in runs) - min(began for _, began, _ in runs)
    return sum(appended for appended, _, _ in runs) / elapsed
