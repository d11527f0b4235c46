"""Migrations: once each, in order, whoever else migrates at the same time."""

import asyncio
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest

from service.store.migrate import MIGRATIONS, MigrationChanged, Unfit, migrate

NAMES = [path.stem for path in sorted(MIGRATIONS.glob("*.sql"))]


async def test_each_is_applied_once(dsn: str) -> None:
    assert await migrate(dsn) == NAMES
    assert await migrate(dsn) == []


async def test_a_database_that_could_not_hold_the_tables_is_left_alone(dsn: str) -> None:
    connection = await asyncpg.connect(dsn)
    name = f"latin_{uuid4().hex}"
    try:
        await connection.execute(
            f"create database {name} template template0 encoding latin1 locale_provider libc locale 'C'"
        )
        database = await connection.fetchval("select current_database()")
        latin = dsn.replace(f"/{database}", f"/{name}")
        with pytest.raises(Unfit, match="encoding is LATIN1"):
            await migrate(latin)
        other = await asyncpg.connect(latin)
        assert await other.fetchval("select to_regnamespace('log')") is None
        await other.close()
    finally:
        await connection.execute(f"drop database if exists {name}")
        await connection.close()


async def test_many_at_once_apply_each_once(dsn: str) -> None:
    applied = await asyncio.gather(*(migrate(dsn) for _ in range(6)))
    assert sorted(name for names in applied for name in names) == NAMES


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    (tmp_path / "0002_second.sql").write_text("insert into first values ('督办')", encoding="utf-8")
    (tmp_path / "0001_first.sql").write_text(
        "create table first (t text); create table other ()", encoding="utf-8"
    )
    return tmp_path


async def test_they_are_applied_in_the_order_of_their_names(dsn: str, directory: Path) -> None:
    assert await migrate(dsn, directory) == ["0001_first", "0002_second"]
    (directory / "0003_third.sql").write_text("update first set t = t || '!'", encoding="utf-8")
    assert await migrate(dsn, directory) == ["0003_third"]
    connection = await asyncpg.connect(dsn)
    try:
        assert await connection.fetchval("select t from first") == "督办!"
    finally:
        await connection.close()


async def test_one_that_fails_leaves_nothing_of_itself(dsn: str, directory: Path) -> None:
    third = directory / "0003_third.sql"
    third.write_text("create table half (); select 1/0", encoding="utf-8")
    with pytest.raises(asyncpg.DivisionByZeroError):
        await migrate(dsn, directory)
    connection = await asyncpg.connect(dsn)
    try:
        assert await connection.fetchval("select to_regclass('half')") is None
        names = await connection.fetch("select name from log.migration order by name")
        assert [row[0] for row in names] == ["0001_first", "0002_second"]
    finally:
        await connection.close()
    third.write_text("create table whole ()", encoding="utf-8")
    assert await migrate(dsn, directory) == ["0003_third"]


async def test_one_that_was_changed_after_it_was_applied_is_told(dsn: str, directory: Path) -> None:
    await migrate(dsn, directory)
    (directory / "0001_first.sql").write_text("create table first (t text, u text)", encoding="utf-8")
    with pytest.raises(MigrationChanged, match="0001_first"):
        await migrate(dsn, directory)
