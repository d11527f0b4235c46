"""The pool: in turn, for good, and nothing between a statement and its connection."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

from service.store.database import Database
from tests.patience import PATIENCE_S
from tests.service.store.proxy import Proxy, proxied
from tests.service.store.waiting import until

SLEEPING = """
select count(*) from pg_stat_activity
where datname = current_database() and state = 'active' and query = 'select pg_sleep(60)'"""


@pytest.fixture
async def single(database: Database) -> AsyncIterator[Database]:
    """One connection, for which many ask."""
    async with await Database.open(database.dsn, size=1) as opened:
        yield opened


async def test_the_four_ways_to_ask(database: Database) -> None:
    assert await database.fetchval("select $1::int + 1", 1) == 2
    assert [tuple(r) for r in await database.fetch("select n from generate_series(1, 2) n")] == [(1,), (2,)]
    assert tuple(await database.fetchrow("select 1, 'a'")) == (1, "a")
    assert await database.execute("create table t (n int)") == "CREATE TABLE"


async def test_json_comes_as_the_bytes_that_were_sent(database: Database) -> None:
    text = '{"b":  1, "a": "督办", "a": 2}'
    assert await database.fetchval(f"select '{text}'::json") == text.encode()
    assert await database.fetchval("select $1::json", text.encode()) == text.encode()
    assert await database.fetchval("select $1::jsonb", b'{"b":1}') == b'{"b": 1}'
    assert await database.fetchval("select null::json") is None
    assert await database.fetchval("select array['1'::json, '[]']") == [b"1", b"[]"]


async def test_the_session_is_set_up(database: Database) -> None:
    async def setting(name: str) -> str:
        value: str = await database.fetchval("select current_setting($1)", name)
        return value

    assert await setting("timezone") == "Asia/Shanghai"
    assert await setting("jit") == "off"
    assert await setting("application_name") == "duban"
    async with await Database.open(database.dsn, size=1, time_zone="Asia/Urumqi") as western:
        assert await western.fetchval("select current_setting('timezone')") == "Asia/Urumqi"


async def test_connections_go_to_those_who_wait_in_the_order_of_asking(single: Database) -> None:
    order: list[int] = []

    async def ask(number: int) -> None:
        await single.fetchval("select 1")
        order.append(number)
        if number < 20:
            # A newcomer, at the very moment a connection comes free, stands behind the others.
            newcomers.append(asyncio.create_task(ask(number + 20)))

    newcomers: list[asyncio.Task[None]] = []
    async with asyncio.timeout(PATIENCE_S):
        await asyncio.gather(*(ask(number) for number in range(20)))
        await asyncio.gather(*newcomers)
    assert order == list(range(40))


async def test_who_gives_up_waiting_loses_only_their_turn(single: Database) -> None:
    async with single.acquire():
        waiting = [asyncio.create_task(single.fetchval(f"select {n}")) for n in range(5)]
        await asyncio.sleep(0)
        waiting[0].cancel()
        waiting[3].cancel()
    answers = await asyncio.wait_for(asyncio.gather(*waiting, return_exceptions=True), 20)
    assert [answers[n] for n in (1, 2, 4)] == [1, 2, 4]
    assert isinstance(answers[0], asyncio.CancelledError)
    # Given up at the very moment the connection was handed over.
    async with single.acquire():
        late = asyncio.create_task(single.fetchval("select 1"))
        await asyncio.sleep(0)
    late.cancel()
    assert await asyncio.wait_for(single.fetchval("select 2"), 20) == 2


async def test_a_statement_given_up_in_flight_spoils_nothing(single: Database, database: Database) -> None:
    async def sleeping() -> bool:
        return bool(await database.fetchval(SLEEPING))

    for _ in range(5):
        slow = asyncio.create_task(single.fetchval("select pg_sleep(60)"))
        await until(sleeping)
        slow.cancel()
        assert await asyncio.wait_for(single.fetchval("select 1"), 20) == 1


async def test_a_transaction_left_open_is_not_handed_on(single: Database) -> None:
    async with single.acquire() as connection:
        await connection.execute("begin")
        await connection.execute("create table half (n int)")
    assert await single.fetchval("select to_regclass('half')") is None
    assert await single.fetchval("select pg_current_xact_id_if_assigned()") is None


async def test_a_failing_statement_keeps_its_connection(single: Database) -> None:
    pid = await single.fetchval("select pg_backend_pid()")
    for statement, error in (
        ("select 1/0", asyncpg.DivisionByZeroError),
        ("selec", asyncpg.PostgresSyntaxError),
        ("select 'x'::int", asyncpg.InvalidTextRepresentationError),
    ):
        with pytest.raises(error):
            await single.fetchval(statement)
    assert await single.fetchval("select pg_backend_pid()") == pid


async def test_lost_connections_are_made_anew(database: Database) -> None:
    async with proxied(database.dsn) as proxy, await Database.open(proxy.dsn, size=3) as distant:
        proxy.cut()
        answers = await asyncio.gather(
            *(distant.fetchval("select 1") for _ in range(9)), return_exceptions=True
        )
        # A statement that was on its way fails, once for each connection at most.
        assert sum(answer != 1 for answer in answers) <= 3
        proxy.refusing = True
        proxy.cut()
        await refused(distant, proxy)
        proxy.refusing = False
        assert await asyncio.gather(*(distant.fetchval("select 1") for _ in range(9))) == [1] * 9


async def refused(distant: Database, proxy: Proxy) -> None:
    """While the server is away every asking fails, and none of them costs a connection for good."""
    for _ in range(12):
        with pytest.raises((OSError, asyncpg.PostgresError, asyncpg.InterfaceError)):
            await distant.fetchval("select 1")


async def test_closing_turns_away_those_who_wait(database: Database) -> None:
    async with await Database.open(database.dsn, size=1) as closing:
        async with closing.acquire() as held:
            waiting = asyncio.create_task(closing.fetchval("select 1"))
            await asyncio.sleep(0)
            await closing.close()
            with pytest.raises(asyncpg.InterfaceError):
                await waiting
            assert await held.fetchval("select 1") == 1
        assert held.is_closed()
        with pytest.raises(asyncpg.InterfaceError):
            await closing.fetchval("select 1")


async def test_a_server_that_is_not_there_is_said_at_once(database: Database) -> None:
    with pytest.raises((OSError, asyncpg.PostgresError)):
        await Database.open(database.dsn.replace("/test_", "/gone_"), size=2)


async def test_connections_are_bounded(database: Database) -> None:
    async with await Database.open(database.dsn, size=2) as pair:
        pids = await asyncio.gather(*(pair.fetchval("select pg_backend_pid()") for _ in range(50)))
    assert len(set(pids)) == 2
