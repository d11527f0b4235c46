"""The database's own guard: who may do what with the log, whatever the program says.

Four roles, whose names begin with one prefix: the owner, to whom the log's tables and functions belong, and
as whom nobody works; the writer, as whom the service works: it reads, inserts events and moves its places,
and changes nothing that is recorded; the reader, who reads the log and the read tables; the signer, who reads
what is published and adds tiles and checkpoints. The read tables are the writer's own: they can be built anew
from the log. So are open rating boxes, which are nobody else's to look at.

Whoever migrates makes them (superuser, or with CREATEROLE) and hands the log over to the owner. Where that is
not possible the log stays with whoever migrated, and only the triggers guard it.
"""

import hashlib
import logging
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

import asyncpg

log = logging.getLogger(__name__)

MARK = "select obj_description('log'::regnamespace, 'pg_namespace')"

READ_SCHEMAS = ("read", "read_next")
BALLOTS = "ballots"

# Rights on the log by role. What is not here nobody has but the owner. To lock the head one must be able to
# update something of it: `one`, which a check holds to true.
GRANTS = {
    "writer": (
        "select on all tables in schema log",
        "insert on log.event",
        "update (one) on log.head",
        "insert, update on log.tracking",
        "insert, update on log.webhook_delivery",
        "insert on log.tile, log.checkpoint, log.cosignature, log.signer",
        "execute on function log.erase(bigint)",
    ),
    "reader": ("select on all tables in schema log",),
    "signer": (
        "select on log.entry, log.head, log.tile, log.checkpoint, log.cosignature, log.signer, log.migration",
        "select (position, leaf_hash, nodes) on log.event",
        "insert on log.tile, log.checkpoint, log.cosignature, log.signer",
    ),
}
# Read tables that are made later are the readers' to read as well.
READ_TABLES = (
    "alter default privileges for role {writer} in schema {schema} grant select on tables to {reader}"
)

OWNED = """
select case c.relkind when 'v' then 'view' else 'table' end || ' log.' || quote_ident(c.relname) as name
from pg_class c where c.relnamespace = 'log'::regnamespace and c.relkind in ('r', 'v')
    and c.relowner <> to_regrole($1)
union all
select 'function ' || p.oid::regprocedure from pg_proc p
where p.pronamespace = 'log'::regnamespace and p.proowner <> to_regrole($1)"""
IN_BALLOTS = """
select case c.relkind when 'v' then 'view' else 'table' end || ' ' || c.oid::regclass as name
from pg_class c where c.relnamespace = to_regnamespace($1) and c.relkind in ('r', 'v')
    and c.relowner <> to_regrole($2)
union all
select 'function ' || p.oid::regprocedure from pg_proc p
where p.pronamespace = to_regnamespace($1) and p.proowner <> to_regrole($2)"""
IN_READ = """
select case c.relkind when 'v' then 'view' else 'table' end || ' ' || c.oid::regclass as name
from pg_class c where c.relnamespace = to_regnamespace($1) and c.relkind in ('r', 'v')
    and c.relowner <> to_regrole($2)"""
MAY_MAKE_ROLES = "select rolsuper or rolcreaterole from pg_roles where rolname = current_user"


@dataclass(frozen=True)
class Roles:
    """The names, from their prefix."""

    prefix: str = "duban"

    @property
    def owner(self) -> str:
        return f"{self.prefix}_owner"

    @property
    def writer(self) -> str:
        return f"{self.prefix}_writer"

    @property
    def reader(self) -> str:
        return f"{self.prefix}_reader"

    @property
    def signer(self) -> str:
        return f"{self.prefix}_signer"

    @property
    def names(self) -> tuple[str, ...]:
        return self.owner, self.writer, self.reader, self.signer


async def guard(
    connection: asyncpg.Connection, roles: Roles, logins: dict[str, str] | None = None, *, anew: bool = True
) -> bool:
    """Make the roles and give each what is its; False, with nothing changed, where we may not.

    `anew` False leaves alone what was given by the same rules before.

    `logins`: for a kind of role (`writer`, `reader`, `signer`) an address whose user is to work as it; the
    user is made with the address's password, or given it. Can be done again and again.
    """
    logins = logins or {}
    mark = "guarded " + hashlib.sha256(repr((roles, GRANTS, sorted(logins.items()))).encode()).hexdigest()
    if not anew and await connection.fetchval(MARK) == mark:
        return True
    if not await connection.fetchval(MAY_MAKE_ROLES):
        log.warning("the log's roles cannot be made by %s", await connection.fetchval("select current_user"))
        return False
    for name in roles.names:
        await _make(connection, name, "nologin noinherit")
    for kind, address in logins.items():
        await _let_in(connection, getattr(roles, kind), address)
    me = await connection.fetchval("select current_user")
    async with connection.transaction():
        for name in (roles.owner, roles.writer):
            await connection.execute(f"grant {_quoted(name)} to {_quoted(me)}")
        await _hand_over(connection, roles)
        await _grant(connection, roles)
        await _give_read_schemas(connection, roles)
        await _give_ballots(connection, roles)
        await connection.execute(f"comment on schema log is '{mark}'")
    return True


async def _make(connection: asyncpg.Connection, name: str, how: str) -> None:
    if await connection.fetchval("select to_regrole($1) is null", _quoted(name)):
        try:
            await connection.execute(f"create role {_quoted(name)} {how}")
        except (asyncpg.DuplicateObjectError, asyncpg.UniqueViolationError):
            # Roles are common to all databases of the server: another migration was quicker.
            return


async def _let_in(connection: asyncpg.Connection, role: str, address: str) -> None:
    """The user of an address works as the role."""
    parts = urlsplit(address)
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if not user:
        raise ValueError("the address of the service names no user")
    await _make(connection, user, "login")
    if password:
        # No parameters in this statement; the server quotes it itself.
        quoted = await connection.fetchval("select quote_literal($1)", password)
        await connection.execute(f"alter role {_quoted(user)} login password {quoted}")
    await connection.execute(f"grant {_quoted(role)} to {_quoted(user)}")
    await connection.execute(f"alter role {_quoted(user)} set role = {_quoted(role)}")


async def _hand_over(connection: asyncpg.Connection, roles: Roles) -> None:
    """The log is the owner's."""
    owner = _quoted(roles.owner)
    await connection.execute(f"alter schema log owner to {owner}")
    for row in await connection.fetch(OWNED, owner):
        await connection.execute(f"alter {row['name']} owner to {owner}")


async def _grant(connection: asyncpg.Connection, roles: Roles) -> None:
    for kind, rights in GRANTS.items():
        role = _quoted(getattr(roles, kind))
        await connection.execute(f"revoke all on all tables in schema log from {role}")
        await connection.execute(f"grant usage on schema log to {role}")
        for right in rights:
            await connection.execute(f"grant {right} to {role}")
    await connection.execute("revoke all on schema log from public")


async def _give_read_schemas(connection: asyncpg.Connection, roles: Roles) -> None:
    """The read tables are the writer's, those that were there before it too."""
    writer, reader = _quoted(roles.writer), _quoted(roles.reader)
    for schema in READ_SCHEMAS:
        await connection.execute(f"create schema if not exists {schema}")
        await connection.execute(f"alter schema {schema} owner to {writer}")
        for row in await connection.fetch(IN_READ, schema, writer):
            await connection.execute(f"alter {row['name']} owner to {writer}")
        await connection.execute(f"grant usage on schema {schema} to {reader}")
        await connection.execute(f"grant select on all tables in schema {schema} to {reader}")
        await connection.execute(READ_TABLES.format(writer=writer, reader=reader, schema=schema))


async def _give_ballots(connection: asyncpg.Connection, roles: Roles) -> None:
    """Open boxes are the writer's, who makes an urn for each; nobody else may look into them."""
    writer = _quoted(roles.writer)
    await connection.execute(f"alter schema {BALLOTS} owner to {writer}")
    for row in await connection.fetch(IN_BALLOTS, BALLOTS, writer):
        await connection.execute(f"alter {row['name']} owner to {writer}")
    await connection.execute(f"revoke all on schema {BALLOTS} from public, {_quoted(roles.reader)}")


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
