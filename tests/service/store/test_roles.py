"""The database's own guard: every way to change what is recorded, tried as each role."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg
import pytest

from domain.directory import Category
from service.app import Application
from service.commands import RegisterUnit
from service.config import Settings
from service.identity import Role, Viewer
from service.store.clock import SystemClock
from service.store.database import Database
from service.store.migrate import NotTheOwner, migrate, prepare
from service.store.recorder import Recorder
from service.store.roles import Roles, guard
from service.tables.rebuild import rebuild
from tests.service.store.events import ORIGIN, event
from tests.service.store.soundness import require_sound

ROLES = Roles("test_guard")
SERVICE = "test_guard_service"


@pytest.fixture
async def guarded(dsn: str) -> str:
    """The superuser's address of a database that is guarded, with an event in its log."""
    settings = Settings.from_environment(
        {"DATABASE_URL": as_user(dsn, SERVICE), "DUBAN_OWNER_URL": dsn, "DUBAN_ROLE_PREFIX": ROLES.prefix}
    )
    await prepare(settings)
    connection = await asyncpg.connect(dsn)
    kinds = ("writer", "reader", "signer")
    await guard(connection, ROLES, {kind: as_user(dsn, f"{ROLES.prefix}_a_{kind}") for kind in kinds})
    await connection.close()
    async with (
        await Database.open(dsn, size=2) as database,
        Recorder.open(database, SystemClock()) as recorder,
    ):
        await recorder.insert_events([event()], origin=ORIGIN)
    return dsn


def as_user(dsn: str, user: str) -> str:
    """The address for another user, who needs no password here (the tests' server trusts its socket)."""
    parts = urlsplit(dsn)
    return urlunsplit(parts._replace(netloc=f"{user}@{parts.netloc.rpartition('@')[2]}"))


@asynccontextmanager
async def session(dsn: str, kind: str) -> AsyncIterator[asyncpg.Connection]:
    """A session of somebody who works as the role; as the owner nobody does, so a superuser becomes it."""
    connection = await asyncpg.connect(dsn if kind == "owner" else as_user(dsn, f"{ROLES.prefix}_a_{kind}"))
    try:
        if kind == "owner":
            await connection.execute(f'set session authorization "{ROLES.owner}"')
        yield connection
    finally:
        await connection.close()


# -- what each may

WAYS = [
    "update log.event set actor = 'x'",
    "update log.event set state = '', salt = ''",
    "update log.event set leaf_hash = leaf_hash",
    "delete from log.event",
    "truncate log.event",
    "truncate log.event, log.erased cascade",
    "merge into log.event e using log.head h on true when matched then delete",
    "merge into log.event e using log.head h on true when matched then update set actor = 'x'",
    "insert into log.event select * from log.event on conflict (position) do update set actor = 'x'",
    "update log.command set key = 'x'",
    "update log.fact set actor = 'x'",
    "update log.sealed set actor = 'x'",
    "delete from log.entry",
    "update log.head set size = 0",
    "update log.head set recorded_at = now()",
    "delete from log.head",
    "insert into log.head values (true, 0, now())",
    "truncate log.head",
    "insert into log.erased values (1, 1, '', '')",
    "update log.erased set remains = ''",
    "delete from log.erased",
    "update log.tile set hashes = hashes",
    "delete from log.checkpoint",
    "update log.checkpoint set note = ''",
    "truncate log.cosignature",
    "update log.migration set digest = ''",
    "delete from log.migration",
    "drop table log.event cascade",
    "drop schema log cascade",
    "drop view log.fact",
    "drop function log.erase(bigint)",
    "drop trigger append_only on log.event",
    "alter table log.event disable trigger all",
    "alter table log.event disable trigger append_only",
    "alter table log.event rename to event_old",
    "alter table log.event owner to current_user",
    "alter table log.event set schema read",
    "alter table log.event drop column leaf_hash",
    "alter table log.event alter column state type text using 'x'",
    "alter table log.event set unlogged",
    "alter schema log rename to old",
    "alter function log.refuse() owner to current_user",
    "alter function log.refuse() security definer",
    "create or replace function log.refuse() returns trigger language plpgsql as 'begin return new; end'",
    "create or replace function log.lock_head() returns trigger language plpgsql as 'begin return old; end'",
    "create or replace view log.fact as select * from log.event",
    "create rule quiet as on insert to log.event do instead nothing",
    "create trigger mine before insert on log.event for each row execute function log.refuse()",
    "create table log.mine (n integer)",
    "create policy mine on log.event using (false)",
    "alter table log.event enable row level security",
    "set session_replication_role = replica",
    "set role postgres",
    "set session authorization postgres",
    "set row_security = off; update log.event set actor = 'x'",
    "copy log.event to program 'true'",
    "copy log.event to '/tmp/duban-never-written'",
    "copy log.event from '/dev/null'",
    "copy log.head from '/dev/null'",
    "select lo_import('/etc/hostname')",
    "create extension if not exists file_fdw",
    "create function read.mine() returns integer language c as 'x', 'y'",
    "alter system set fsync = off",
    "alter database {database} set session_replication_role = replica",
    "alter role {owner} login",
    "grant {owner} to current_user",
    "create role mine in role {owner}",
    "grant update on log.event to public; update log.event set actor = 'x'",
    "reassign owned by {owner} to current_user",
    "drop owned by {owner}",
    "set role {owner}",
    "begin; lock table log.event in access exclusive mode",
]
BY_ONES_OWN_DEFINER = """
create function read.through() returns void language plpgsql security definer as
$$begin update log.event set actor = 'x'; end$$;
select read.through()"""
BY_A_TRIGGER_OF_ONES_OWN = """
create table read.mine (n integer);
create function read.moves() returns trigger language plpgsql as
$$begin update log.head set size = 0; return new; end$$;
create trigger moves before insert on read.mine for each row execute function read.moves();
insert into read.mine values (1)"""
BY_A_VIEW_OF_ONES_OWN = """
create view read.through as select * from log.event;
update read.through set actor = 'x'"""
BY_A_DEFAULT = (
    "alter default privileges in schema log grant update on tables to public; delete from log.event"
)

REFUSED = (
    asyncpg.InsufficientPrivilegeError,
    asyncpg.InvalidParameterValueError,
    asyncpg.WrongObjectTypeError,
    asyncpg.ActiveSQLTransactionError,
    asyncpg.ObjectNotInPrerequisiteStateError,
    asyncpg.FeatureNotSupportedError,
)


def written(statement: str, dsn: str) -> str:
    return (
        statement.format(owner=ROLES.owner, database=urlsplit(dsn).path[1:])
        if "{" in statement
        else statement
    )


async def everything(dsn: str) -> list[Any]:
    """All that is recorded, and all that guards it."""
    connection = await asyncpg.connect(dsn)
    try:
        found = []
        for statement in (
            "select * from log.event",
            "select * from log.head",
            "select * from log.migration",
            "select tgrelid::regclass::text, tgname, tgenabled, tgfoid::regproc::text from pg_trigger"
            " where not tgisinternal order by 1, 2",
            "select proname, prosrc, proowner, prosecdef from pg_proc"
            " where pronamespace = 'log'::regnamespace order by 1",
            "select relname, relowner, relacl::text from pg_class"
            " where relnamespace = 'log'::regnamespace order by 1",
        ):
            found.append(list(map(tuple, await connection.fetch(statement))))
        return found
    finally:
        await connection.close()


async def said_to(connection: asyncpg.Connection, statement: str) -> str:
    """What the database says to a statement: the class of its refusal, or that it was done."""
    try:
        await connection.execute(statement)
    except REFUSED:
        return "refused"
    except asyncpg.PostgresError as error:
        return f"{type(error).__name__}: {error}"
    return "done"


@pytest.mark.parametrize("kind", ["writer", "reader", "signer"])
async def test_nothing_that_is_recorded_or_guards_it_can_be_changed(guarded: str, kind: str) -> None:
    before = await everything(guarded)
    others = (BY_ONES_OWN_DEFINER, BY_A_TRIGGER_OF_ONES_OWN, BY_A_VIEW_OF_ONES_OWN, BY_A_DEFAULT)
    said = {}
    for statement in (*(written(way, guarded) for way in WAYS), *others):
        async with session(guarded, kind) as connection:
            said[statement] = await said_to(connection, statement)
    assert {statement: answer for statement, answer in said.items() if answer != "refused"} == {}
    assert await everything(guarded) == before


@pytest.mark.parametrize("kind", ["reader", "signer"])
async def test_only_the_writer_writes(guarded: str, kind: str) -> None:
    for statement in (
        "insert into log.event select * from log.event",
        "insert into log.tracking values ('x', 1)",
        "select log.erase(1)",
        "select * from log.head for update",
        "create table read.mine (n integer)",
    ):
        async with session(guarded, kind) as connection:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(statement)


async def test_the_signer_reads_no_state(guarded: str) -> None:
    async with session(guarded, "signer") as connection:
        assert await connection.fetchval("select count(*) from log.entry") == 1
        assert len(await connection.fetchval("select log.frontier(1)")) == 1
        for statement in (
            "select state from log.event",
            "select salt from log.event",
            "select * from log.fact",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.fetch(statement)


async def test_the_reader_reads_everything(guarded: str) -> None:
    async with session(guarded, "reader") as connection:
        for table in ("event", "fact", "entry", "head", "erased", "checkpoint", "tile"):
            await connection.fetch(f"select * from log.{table}")


OWNERS = [
    "update log.event set actor = 'x'",
    "delete from log.event",
    "truncate log.event",
    "update log.head set size = 0",
    "delete from log.head",
    "update log.event set state = '', salt = ''",
    "insert into log.erased select 1, 1, sha256(salt || state), '{}' from log.event",
    "set session_replication_role = replica",
    "copy log.event from '/dev/null'; update log.event set state = ''",
]


@pytest.mark.parametrize("statement", OWNERS)
async def test_the_owner_meets_the_triggers(guarded: str, statement: str) -> None:
    """The second wall. (Who owns a table can take its triggers away; nobody works as the owner, and the
    doctor and every witness see what was changed.)"""
    before = await everything(guarded)
    async with session(guarded, "owner") as connection:
        assert await said_to(connection, statement) == "refused"
    assert await everything(guarded) == before


async def test_nobody_works_as_the_owner(guarded: str) -> None:
    for name in ROLES.names:
        with pytest.raises(asyncpg.InvalidAuthorizationSpecificationError):
            await asyncpg.connect(as_user(guarded, name))
    connection = await asyncpg.connect(as_user(guarded, SERVICE))
    try:
        assert await connection.fetchval("select current_user") == ROLES.writer
        for role in ("session_user", ROLES.owner, "postgres"):
            await connection.execute("reset role")
            if role != "session_user":
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    await connection.execute(f'set role "{role}"')
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute("update log.event set actor = 'x'")
    finally:
        await connection.close()


# -- what the service needs


async def test_the_service_works_as_the_writer(guarded: str, tmp_path: Any) -> None:
    """Serving, rebuilding, standing by, without the owner's address: and the log stays sound."""
    settings = Settings.from_environment(
        {
            "DATABASE_URL": as_user(guarded, SERVICE),
            "DUBAN_DATA": str(tmp_path),
            "DUBAN_ROLE_PREFIX": ROLES.prefix,
        }
    )

    for n in range(2):
        async with Application.open(settings, accounts=False) as app:
            command = RegisterUnit(code=f"u{n}", name="单位", category=Category.ZONE)
            done = await app.commands.handle(command, Viewer(Role.OFFICE, "office"), f"key-{n:08}")
            await app.runner.wait_for(done.position, 20, ["directory"])
            await rebuild(app.database, app.recorder, ["directory"])
            assert await app.database.fetchval("select count(*) from read.unit") == n + 1
            owners = await app.database.fetch(
                "select distinct tableowner from pg_tables where schemaname in ('read', 'read_next')"
            )
            assert [row[0] for row in owners] == [ROLES.writer]
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await app.database.execute("update log.event set actor = 'x'")
    async with await Database.open(guarded, size=1) as database:
        await require_sound(database)


async def test_guarding_again_changes_nothing_and_new_tables_are_given_too(guarded: str) -> None:
    before = await everything(guarded)
    connection = await asyncpg.connect(guarded)
    try:
        assert await guard(connection, ROLES)
        assert await guard(connection, ROLES, anew=False)
        assert await everything(guarded) == before
        await connection.execute("create table log.later (n integer)")
        assert await guard(connection, ROLES)
        owner = await connection.fetchval("select tableowner from pg_tables where tablename = 'later'")
        assert owner == ROLES.owner
    finally:
        await connection.close()


async def test_a_database_that_was_not_guarded_is_handed_over(dsn: str, tmp_path: Any) -> None:
    """With the read tables that were there before."""
    settings = Settings.from_environment({"DATABASE_URL": dsn, "DUBAN_DATA": str(tmp_path)})
    async with Application.open(settings, accounts=False):
        pass
    await prepare(
        Settings.from_environment(
            {"DATABASE_URL": as_user(dsn, SERVICE), "DUBAN_OWNER_URL": dsn, "DUBAN_ROLE_PREFIX": ROLES.prefix}
        )
    )
    async with session(dsn, "writer") as connection:
        await connection.execute("drop table read.audit_event")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("delete from log.event")


async def test_a_writer_that_should_migrate_is_told_who_must(guarded: str, tmp_path: Any) -> None:
    (tmp_path / "9999_later.sql").write_text("create table log.later (n integer)")
    with pytest.raises(NotTheOwner, match="9999_later is to be applied by the log's owner"):
        await migrate(as_user(guarded, SERVICE), tmp_path)


async def test_without_the_right_to_make_roles_nothing_is_changed(dsn: str) -> None:
    await migrate(dsn)
    name = f"test_plain_{uuid4().hex[:8]}"
    admin = await asyncpg.connect(dsn)
    try:
        await admin.execute(f"create role {name} login")
        plain = await asyncpg.connect(as_user(dsn, name))
        try:
            assert not await guard(plain, Roles("test_never"))
        finally:
            await plain.close()
        assert await admin.fetchval("select to_regrole('test_never_owner') is null")
    finally:
        await admin.execute(f"drop role {name}")
        await admin.close()
