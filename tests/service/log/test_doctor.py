"""The doctor finds and names what a superuser changed behind the triggers, and nothing where nothing is."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import asyncpg
import pytest

from domain import identifiers
from domain.directory import Category
from domain.documents import Document
from service import Failure
from service.app import Application
from service.cli.log import run_log_command
from service.cli.main import parsed
from service.commands import ConfirmErasure, OrderErasure, RegisterOfficial, RegisterUnit
from service.config import Settings
from service.identity import Role, Viewer
from service.log.doctor import GUARD, TRIGGERS, Finding, Report, examine
from service.log.sealing import signer_of
from service.log.signer import Inconsistent
from service.store.database import Database
from service.store.migrate import migrate
from service.tlog.entry import Entry, digest, moment
from service.tlog.merkle import Frontier
from tests.databases import Preparation, new_database
from tests.patience import PATIENCE_S
from tests.service.store.events import ORIGIN, event

OFFICE = Viewer(Role.OFFICE, "office")
EVENTS = 600


async def a_log(data: Path, dsn: str) -> None:
    """Some hundred events, signed, one of them erased: everything there is to compare."""
    settings = Settings.from_environment({"DATABASE_URL": dsn, "DUBAN_DATA": str(data)})
    async with Application.open(settings, accounts=False) as app:
        for n in range(3):
            unit = RegisterUnit(code=f"u{n}", name="单位", category=Category.ZONE)
            await app.commands.handle(unit, OFFICE, f"unit-{n:08}")
        named = await app.commands.handle(RegisterOfficial(code="o1", name="某某"), OFFICE, "official-1")
        ordered = OrderErasure(
            code="e1",
            document=Document("1号", "决定", datetime.now(UTC).date().replace(day=1)),
            ground="申请",
            events=(named.position,),  # type: ignore[arg-type]
        )
        await app.commands.handle(ordered, OFFICE, "order-0001")
        confirmed = await app.commands.handle(
            ConfirmErasure(erasure=identifiers.erasure_id("e1")),  # type: ignore[arg-type]
            Viewer(Role.INSPECTOR, "inspector"),
            "confirm-01",
        )
        await app.erasing.wait_for(confirmed.position, PATIENCE_S)
        # To be there in tiles; an ordinary fact again and again, each of a stream that no table shows.
        await signer_of(settings, app.database).seal()
        size = await app.recorder.max_notification_id() or 0
        opened = [
            event(topic="access.day_opened", state=OPENED % (b"%032x" % n, n)) for n in range(EVENTS - size)
        ]
        await app.recorder.insert_events(opened, origin=ORIGIN)
        await signer_of(settings, app.database).seal()
        await app.runner.wait_for(EVENTS, PATIENCE_S)


OPENED = (
    b'{"originator_id":"%s","originator_version":1,"timestamp":"2020-06-10T12:00:00+08:00",'
    b'"originator_topic":"access","day":"2020-06-10","n":%d}'
)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> tuple[Preparation, Path]:
    """The log that every test has a copy of, and the directory of its keys."""
    data = tmp_path_factory.mktemp("kept")
    return Preparation("", partial(a_log, data)), data


@pytest.fixture
async def dsn(server: str, kept: tuple[Preparation, Path]) -> AsyncIterator[str]:
    async with new_database(server, kept[0]) as address:
        yield address


@pytest.fixture
async def app(dsn: str, kept: tuple[Preparation, Path], tmp_path: Path) -> AsyncIterator[Application]:
    data = shutil.copytree(kept[1], tmp_path / "data")
    settings = Settings.from_environment({"DATABASE_URL": dsn, "DUBAN_DATA": str(data)})
    async with Application.open(settings, accounts=False) as opened:
        yield opened


async def found(app: Application) -> Report:
    return await examine(app.database, app.settings)


def places(report: Report) -> list[tuple[str, int | None]]:
    return [(finding.part, finding.position) for finding in report.findings]


async def test_nothing_is_found_where_nothing_is(app: Application) -> None:
    report = await found(app)
    assert report.findings == []
    assert report.events == EVENTS
    tiles = await app.database.fetch("select level, index from log.tile")
    assert sorted(map(tuple, tiles)) == [(0, 0), (0, 1)]


# What a superuser does with the triggers off, and where it is found.
FLIPPED = "set_byte({0}, 3, get_byte({0}, 3) # 1)"
TAMPERED: list[tuple[str, tuple[str, int | None]]] = [
    (f"update log.event set state = {FLIPPED.format('state')} where position = 300", ("event", 300)),
    (f"update log.event set salt = {FLIPPED.format('salt')} where position = 300", ("event", 300)),
    (f"update log.event set leaf_hash = {FLIPPED.format('leaf_hash')} where position = 300", ("event", 300)),
    ("update log.event set actor = 'someone' where position = 1", ("event", 1)),
    ("update log.event set topic = 'task.listed' where position = 300", ("event", 300)),
    ("update log.event set correlation = gen_random_uuid() where position = 600", ("event", 600)),
    ("update log.event set causation = 1 where position = 300", ("event", 300)),
    ("update log.event set causation = 301 where position = 300", ("event", 300)),
    ("update log.event set recorded_at = recorded_at - interval '1 us' where position = 300", ("event", 300)),
    ("update log.event set recorded_at = recorded_at + interval '1 h' where position = 300", ("event", 300)),
    ("update log.event set stream_id = gen_random_uuid() where position = 300", ("event", 300)),
    ("update log.event set stream_version = 7 where position = 300", ("event", 300)),
    (f"update log.event set nodes = {FLIPPED.format('nodes')} where position = 300", ("node", 300)),
    ("update log.event set nodes = '' where position = 512", ("node", 512)),
    ("delete from log.event where position = 300", ("event", 300)),
    ("delete from log.event where position = 600", ("head", None)),
    ("delete from log.event where position > 590", ("head", None)),
    ("update log.event set position = 601 where position = 300", ("event", 300)),
    (
        "update log.event set position = case position when 300 then -301 else -300 end where position in"
        " (300, 301); update log.event set position = -position where position < 0",
        ("event", 300),
    ),
    (
        "insert into log.event select 601, gen_random_uuid(), 1, topic, recorded_at, actor, correlation,"
        " causation, null, null, null, salt, state, leaf_hash, nodes from log.event where position = 300",
        ("event", 601),
    ),
    (
        "insert into log.event select 0, gen_random_uuid(), 1, topic, recorded_at, actor, correlation,"
        " causation, null, null, null, salt, state, leaf_hash, nodes from log.event where position = 300",
        ("event", 0),
    ),
    ("update log.event set salt = '', state = '' where position = 300", ("erasure", 300)),
    ("update log.event set state = 'x' where position = 5", ("erasure", 5)),
    ("delete from log.erased", ("erasure", 5)),
    ("update log.erased set remains = '{}'", ("erasure", 5)),
    ("update log.erased set state_digest = sha256('')", ("event", 5)),
    ("update log.erased set by_position = 1", ("erasure", 5)),
    ("update log.erased set position = 300", ("erasure", 300)),
    ("update log.erased set position = 900", ("erasure", 900)),
    ("update log.head set size = 599", ("head", None)),
    ("update log.head set size = 601", ("head", None)),
    ("update log.head set recorded_at = now() + interval '1 day'", ("head", None)),
    ("delete from log.head", ("head", None)),
    (f"update log.tile set hashes = {FLIPPED.format('hashes')} where index = 1", ("tile", 257)),
    ("update log.tile set hashes = set_byte(hashes, 8191, 255 - get_byte(hashes, 8191))", ("tile", 256)),
    ("delete from log.tile where index = 0", ("tile", 1)),
    ("insert into log.tile select 0, 2, hashes from log.tile where index = 1", ("tile", None)),
    ("update log.checkpoint set note = set_byte(note, 21, get_byte(note, 21) # 1)", ("checkpoint", 600)),
    ("update log.checkpoint set note = substring(note for 40) where size = 600", ("checkpoint", 600)),
    (
        # In the signature of one that is not the last.
        "update log.checkpoint set note = overlay(note placing 'AAAA' from octet_length(note) - 40)"
        " where number = 1",
        ("checkpoint", 7),
    ),
    ("update log.signer set vkey = 'x'", ("signer", None)),
    ("update log.checkpoint set size = 601 where size = 600", ("checkpoint", 601)),
    (
        "update log.checkpoint c set note = o.note from log.checkpoint o where c.size = 600 and o.size < 600",
        ("checkpoint", 600),
    ),
    ("update read.unit set name = '另一个' where code = 'u1'", ("projection directory", 3)),
    ("delete from read.unit where code = 'u1'", ("projection directory", 3)),
    ("insert into read.unit select gen_random_uuid(), 'x', name, category, null, null, null, '[]',"
     " position, changed_at from read.unit where code = 'u1'", ("projection directory", 3)),
    ("update read.checkpoint set position = 700 where projection = 'ledger'", ("projection ledger", None)),
    ("update read.audit_event set subjects = '{}' where position = 300", ("projection audit", 300)),
]  # fmt: skip


@pytest.mark.parametrize(("statement", "place"), TAMPERED, ids=[t[0][:70] for t in TAMPERED])
async def test_what_was_changed_is_found_and_named(
    dsn: str, app: Application, statement: str, place: tuple[str, int | None]
) -> None:
    admin = await asyncpg.connect(dsn)
    try:
        for table in ("event", "head", "erased", "tile", "checkpoint", "signer"):
            await admin.execute(f"alter table log.{table} disable trigger all")
        await admin.execute(statement)
    finally:
        await admin.close()
    report = await found(app)
    assert place in places(report), [str(f) for f in report.findings]


UNGUARDED = [
    ("alter table log.event disable trigger move_head", "event.move_head is switched off"),
    ("alter table log.event disable trigger user", "event.append_only is switched off"),
    ("alter table log.head enable trigger one_row", "head.one_row is switched off, or does not fire always"),
    ("drop trigger append_only on log.checkpoint", "checkpoint.append_only is gone"),
]


@pytest.mark.parametrize(("statement", "told"), UNGUARDED)
async def test_a_guard_that_is_switched_off_is_named(
    dsn: str, app: Application, statement: str, told: str
) -> None:
    admin = await asyncpg.connect(dsn)
    await admin.execute(statement)
    await admin.close()
    report = await found(app)
    assert {finding.part for finding in report.findings} == {"guard"}
    assert any(told in finding.said for finding in report.findings)


async def test_the_guard_is_all_that_the_migrations_set_up(app: Application) -> None:
    assert dict(await app.database.fetch(TRIGGERS)) == GUARD


@pytest.mark.parametrize("forgotten", ["", "cosignature checkpoint", "cosignature checkpoint tile"])
async def test_a_rewritten_history_agrees_with_itself_but_not_with_what_was_signed(
    dsn: str, app: Application, forgotten: str
) -> None:
    """A superuser who computes every hash anew, and forgets the checkpoints, or removes them and has not the
    signer's memory in his hands."""
    admin = await asyncpg.connect(dsn)
    try:
        await admin.execute("alter table log.event disable trigger all")
        tree = Frontier()
        for row in await admin.fetch("select * from log.event order by position"):
            state = row["state"].replace(b'"n":100', b'"n":999')
            sealed = digest(row["salt"], state)
            if row["salt"] == b"":
                sealed = await admin.fetchval("select state_digest from log.erased")
            leaf = Entry(
                row["actor"], row["causation"], row["correlation"], row["position"],
                moment(row["recorded_at"]), sealed, row["stream_id"], row["stream_version"], row["topic"],
            ).leaf_hash()  # fmt: skip
            await admin.execute(
                "update log.event set state = $2, leaf_hash = $3, nodes = $4 where position = $1",
                row["position"], state, leaf, tree.append(leaf),
            )  # fmt: skip
        for table in forgotten.split():
            await admin.execute(f"alter table log.{table} disable trigger all; delete from log.{table}")
    finally:
        await admin.close()
    report = await found(app)
    assert ("checkpoint", EVENTS) in places(report)
    assert {part for part, _ in places(report)} <= {"tile", "checkpoint", "guard"}
    assert any(f"the signer's memory ({app.settings.data}" in f.said for f in report.findings)


async def test_a_data_directory_of_another_log_is_told(app: Application, server: str) -> None:
    """Of two logs with one data directory, by a slip in DATABASE_URL."""
    async with new_database(server) as address:
        await migrate(address)
        async with await Database.open(address, size=1) as other:
            with pytest.raises(Inconsistent, match="a data directory is for one log"):
                await signer_of(app.settings, other).seal()
            (told,) = (await examine(other, app.settings, projections=False)).findings
    memory = f"the signer's memory ({app.settings.data}/log/signed)"
    assert told.said == f"{memory} is of {EVENTS} events, more than there are"


async def test_many_differences_are_counted_and_few_are_told(dsn: str, app: Application) -> None:
    admin = await asyncpg.connect(dsn)
    await admin.execute("alter table log.event disable trigger all; update log.event set actor = 'x'")
    await admin.close()
    report = await found(app)
    assert report.counts["event"] == EVENTS
    assert len([f for f in report.findings if f.part == "event"]) == 20


async def test_a_service_at_work_is_no_difference(app: Application) -> None:
    """What comes while the doctor looks is not what differs."""

    async def busy() -> None:
        for n in range(40):
            unit = RegisterUnit(code=f"later{n}", name="单位", category=Category.ZONE)
            await app.commands.handle(unit, OFFICE, f"later-{n:08}")

    work = asyncio.create_task(busy())
    report = await found(app)
    await work
    assert report.findings == []


async def test_the_command_says_what_differs_and_fails(
    dsn: str, app: Application, capsys: pytest.CaptureFixture[str]
) -> None:
    options = parsed(["log", "doctor", "--without-projections"])
    await asyncio.to_thread(run_log_command, options, app.settings)
    assert capsys.readouterr().out == f"everything agrees: {EVENTS} events\n"
    admin = await asyncpg.connect(dsn)
    await admin.execute(
        "set session_replication_role = replica; alter table log.event disable trigger never_changed;"
        " alter table log.event disable trigger only_erasure;"
        " update log.event set actor = 'x' where position > 100;"
        " alter table log.event enable always trigger never_changed;"
        " alter table log.event enable always trigger only_erasure"
    )
    await admin.close()
    with pytest.raises(Failure, match=f"500 differences in a log of {EVENTS} events"):
        await asyncio.to_thread(run_log_command, options, app.settings)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "event at position 101: its leaf hash is not that of its content"
    assert lines[-1] == "event: 480 more"


def test_a_finding_says_where() -> None:
    assert str(Finding("event", "its leaf", 7)) == "event at position 7: its leaf"
    assert str(Finding("head", "there is none")) == "head: there is none"
