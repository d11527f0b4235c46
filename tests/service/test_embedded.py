"""The embedded database: made once, shared, stopped by the last user, found again after any kind of death."""

import asyncio
import os
import re
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from service.config import Settings
from service.embedded import EmbeddedError, database, embedded_postgres

USER = """
import sys
from pathlib import Path
from service.embedded import embedded_postgres
try:
    with embedded_postgres(Path(sys.argv[1])) as dsn:
        print(dsn, flush=True)
        sys.stdin.read()
except KeyboardInterrupt:
    print("interrupted", flush=True)
print("left", flush=True)
"""
"""A process that uses the database until its input ends or it is interrupted."""


@pytest.fixture
def directory(tmp_path: Path) -> Iterator[Path]:
    """A data directory, with no server left in it after the test, whatever the test did."""
    yield tmp_path / "data"
    if running(tmp_path / "data"):
        with embedded_postgres(tmp_path / "data"):
            pass


@contextmanager
def a_user(directory: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process inside `embedded_postgres`, in a process group of its own like a job of a shell."""
    with subprocess.Popen(
        [sys.executable, "-c", USER, str(directory)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        process_group=0,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("postgresql://")
        try:
            yield process
        finally:
            process.kill()


def ask(dsn: str, *statements: str) -> Any:
    """The one value that the last of the statements returns."""

    async def answer() -> Any:
        connection = await asyncpg.connect(dsn)
        try:
            for statement in statements[:-1]:
                await connection.execute(statement)
            return await connection.fetchval(statements[-1])
        finally:
            await connection.close()

    return asyncio.run(answer())


def postmaster(directory: Path) -> int:
    return int((directory / "cluster" / "postmaster.pid").read_text().splitlines()[0])


def running(directory: Path) -> bool:
    return (directory / "cluster" / "postmaster.pid").exists()


def wait_until(condition: Callable[[], bool]) -> None:
    for _ in range(3000):
        if condition():
            return
        time.sleep(0.01)
    raise AssertionError("waited 30 s in vain")


def gone(pid: int) -> bool:
    """Whether the process has ended; one that waits to be reaped has."""
    found = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return not found.stdout.strip() or found.stdout.strip().startswith("Z")


def test_keeps_what_it_was_given_and_stops_at_the_end(directory: Path) -> None:
    with embedded_postgres(directory) as dsn:
        assert ask(dsn, "create table kept (n int)", "insert into kept values (7) returning n") == 7
        pid = postmaster(directory)
    assert not running(directory)
    assert gone(pid)
    with embedded_postgres(directory) as dsn:
        assert ask(dsn, "select n from kept") == 7


def test_is_postgresql_18_and_durable(directory: Path) -> None:
    with embedded_postgres(directory) as dsn:
        assert ask(dsn, "select current_database()") == "duban"
        assert ask(dsn, "select current_setting('server_version_num')::int / 10000") == 18
        for name in ("fsync", "synchronous_commit", "full_page_writes", "data_checksums"):
            assert ask(dsn, f"select current_setting('{name}')") == "on", name
        assert ask(dsn, "select current_setting('listen_addresses')") == ""
        assert ask(dsn, "select '攻坚' < '督办'") is True


def test_data_and_socket_are_the_owners_alone(directory: Path) -> None:
    with embedded_postgres(directory):
        cluster = directory / "cluster"
        assert stat.S_IMODE(cluster.stat().st_mode) == 0o700
        assert stat.S_IMODE((cluster / ".s.PGSQL.5432").stat().st_mode) == 0o700
        assert stat.S_IMODE(directory.stat().st_mode) & 0o066 == 0


def test_two_processes_share_one_server_and_the_last_one_out_stops_it(directory: Path) -> None:
    with embedded_postgres(directory) as dsn:
        pid = postmaster(directory)
        with a_user(directory) as other:
            other.communicate("")
            assert other.returncode == 0
        assert ask(dsn, "select 1") == 1
        assert postmaster(directory) == pid
        with a_user(directory) as other, ExitStack() as inner:
            inner.enter_context(embedded_postgres(directory))
            assert postmaster(directory) == pid
    assert not running(directory)


def test_many_users_come_and_go_at_once(directory: Path) -> None:
    def visit(_: int) -> int:
        with embedded_postgres(directory) as dsn:
            return int(ask(dsn, "select 1"))

    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(visit, range(18))) == [1] * 18
    assert not running(directory)


def test_a_killed_users_server_is_taken_over_and_then_stopped(directory: Path) -> None:
    with a_user(directory) as user:
        pid = postmaster(directory)
        user.kill()
        user.wait()
    assert not gone(pid)
    with embedded_postgres(directory) as dsn:
        assert postmaster(directory) == pid
        assert ask(dsn, "select 1") == 1
    assert gone(pid)


def test_a_killed_server_recovers_with_its_data(directory: Path) -> None:
    with a_user(directory) as user:
        with embedded_postgres(directory) as dsn:
            ask(dsn, "create table kept (n int)", "insert into kept values (7) returning n")
            pid = postmaster(directory)
        user.kill()
        user.wait()
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: gone(pid))
    assert running(directory)
    with embedded_postgres(directory) as dsn:
        assert ask(dsn, "select n from kept") == 7


def test_a_stale_number_that_another_process_has_is_no_obstacle(directory: Path) -> None:
    with embedded_postgres(directory):
        file = directory / "cluster" / "postmaster.pid"
        lines = file.read_text().splitlines()
        owner = file.stat()
    with subprocess.Popen(["sleep", "600"], user=owner.st_uid if os.geteuid() == 0 else None) as innocent:
        file.write_text("\n".join([str(innocent.pid), *lines[1:], ""]))
        os.chown(file, owner.st_uid, owner.st_gid)
        with embedded_postgres(directory) as dsn:
            assert ask(dsn, "select 1") == 1
        assert innocent.poll() is None
        innocent.kill()


def test_an_interrupt_at_the_terminal_reaches_the_service_and_not_the_server(directory: Path) -> None:
    with embedded_postgres(directory) as dsn, a_user(directory) as user:
        os.killpg(user.pid, signal.SIGINT)
        assert user.stdout is not None
        assert user.stdout.read() == "interrupted\nleft\n"
        assert user.wait() == 0
        assert ask(dsn, "select 1") == 1
    with a_user(directory) as user:
        pid = postmaster(directory)
        os.killpg(user.pid, signal.SIGINT)
        assert user.wait() == 0
    assert gone(pid)


def test_an_interrupted_making_leaves_nothing_that_counts(directory: Path) -> None:
    (directory / "cluster.abandoned" / "base").mkdir(parents=True)
    (directory / "cluster.abandoned" / "PG_VERSION").write_text("18\n")
    with embedded_postgres(directory) as dsn:
        assert ask(dsn, "select 1") == 1
    assert [path.name for path in directory.glob("cluster*")] == ["cluster"]


@pytest.mark.parametrize("name", ["督办 数据", "a,b", "long-" + "x" * 120])
def test_a_path_that_no_socket_can_have_is_no_obstacle(tmp_path: Path, name: str) -> None:
    directory = tmp_path / name
    with embedded_postgres(directory) as dsn:
        assert ask(dsn, "select 1") == 1
        found = re.search(r"host=([^&]+)", dsn)
        assert found is not None
        outside = Path(found[1].replace("%2F", "/"))
        assert stat.S_IMODE(outside.stat().st_mode) == 0o700
        with a_user(directory) as other:
            other.communicate("")
    assert not outside.exists()


def test_a_temporary_directory_that_no_socket_can_be_in_is_refused_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = tmp_path / ("y" * 120)
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    with (
        pytest.raises(EmbeddedError, match="set TMPDIR to a shorter one"),
        embedded_postgres(tmp_path / ("long-" + "x" * 120)),
    ):
        pass


def test_a_socket_directory_that_others_can_enter_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = tmp_path / "督办"
    with embedded_postgres(directory) as dsn:
        found = re.search(r"host=([^&]+)", dsn)
        assert found is not None
        outside = Path(found[1].replace("%2F", "/"))
    outside.mkdir()
    outside.chmod(0o777)
    try:
        with pytest.raises(EmbeddedError, match="only the server's user"), embedded_postgres(directory):
            pass
    finally:
        outside.rmdir()


def test_the_environments_postgresql_variables_lead_nowhere(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "PGPORT": "1",
        "PGHOST": "elsewhere",
        "PGDATA": "/nowhere",
        "PGUSER": "none",
    }.items():
        monkeypatch.setenv(name, value)
    with embedded_postgres(directory) as dsn:
        assert ask(dsn, "select 1") == 1


def test_another_major_version_is_refused_in_words(directory: Path) -> None:
    with embedded_postgres(directory):
        pass
    (directory / "cluster" / "PG_VERSION").write_text("17\n")
    with pytest.raises(EmbeddedError, match="made by PostgreSQL 17"), embedded_postgres(directory):
        pass


def test_a_server_that_cannot_start_says_why(directory: Path) -> None:
    with embedded_postgres(directory):
        pass
    with (directory / "cluster" / "postgresql.conf").open("a") as configuration:
        configuration.write("no_such_setting = 1\n")
    with pytest.raises(EmbeddedError, match="no_such_setting"), embedded_postgres(directory):
        pass


def test_the_directories_above_are_never_opened_for_listing(tmp_path: Path) -> None:
    above = tmp_path / "private"
    above.mkdir(mode=0o700)
    root = os.geteuid() == 0
    with embedded_postgres(above / "data"):
        # The server runs as another user than root, who must pass; everyone else's runs as themselves.
        assert stat.S_IMODE(above.stat().st_mode) == (0o701 if root else 0o700)
        assert (above / "data" / "cluster").stat().st_uid != 0


def test_settings_get_the_embedded_database_where_they_name_none(tmp_path: Path) -> None:
    settings = Settings.from_environment({"DUBAN_DATA": str(tmp_path / "d")})
    with database(settings) as complete:
        assert complete.database_url is not None
        assert complete.owner_url is not None
        # The service does not work as the superuser, who is there to migrate.
        assert (
            ask(complete.database_url, "select (not rolsuper)::int from pg_roles where rolname = user") == 1
        )
        assert ask(complete.owner_url, "select rolsuper::int from pg_roles where rolname = user") == 1
    assert not running(tmp_path / "d" / "postgres")
    given = Settings.from_environment({"DATABASE_URL": "postgresql://somewhere/duban"})
    with database(given) as complete:
        assert complete is given
