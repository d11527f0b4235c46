"""Where a verifier reads a log from: a directory, or an address. Neither is trusted to answer in time, with
as much as it should, or with the truth."""

import errno
import os
import stat
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from service import Failure
from service.log.fetch import TIMEOUT_S, Connection, Unreachable
from service.tlog.note import LOG_KEY, NOTE_BYTES_LIMIT, PublicKey, parse_vkeys
from service.tlog.tiles import Tile

TOKEN_REFUSED = {
    401: "the token is not valid there, or no longer",
    403: "the token is of a role that may not read it; OFFICE, INSPECTOR and INTEGRATOR may",
}


class Unreadable(Failure):
    """Something that a signed log must have cannot be read; the message names it."""


class Source(Protocol):
    """A log's files. Several threads read at once, each from its own clone."""

    name: str

    def read(self, path: str, limit: int) -> bytes | None:
        """The file, of at most `limit` bytes; None if it is not there. Raises Unreadable."""

    def clone(self) -> Self: ...

    def close(self) -> None: ...


class Directory:
    """A log on a disk, as `duban log export` writes it."""

    def __init__(self, directory: Path):
        self.name = str(directory)
        self._directory = directory

    def read(self, path: str, limit: int) -> bytes | None:
        try:
            with open(self._directory / path, "rb", opener=_file_alone) as file:
                content = file.read(limit + 1)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise Unreadable(f"{self._directory / path} cannot be read: {error.strerror}") from None
        if len(content) > limit:
            raise Unreadable(f"{self._directory / path} is larger than {limit} bytes")
        return content

    def clone(self) -> "Directory":
        return self

    def close(self) -> None:
        pass


def _file_alone(path: str, flags: int) -> int:
    """Open a file and nothing else: a pipe in its place would be waited for without end."""
    opened = os.open(path, flags | os.O_NONBLOCK)
    if stat.S_ISREG(os.fstat(opened).st_mode):
        return opened
    os.close(opened)
    raise OSError(errno.EINVAL, "it is not a file")


class Address:
    """A log that is served; `token` is for entries that are not public."""

    def __init__(self, address: str, token: str | None = None, *, timeout_s: float = TIMEOUT_S):
        self.name = address.rstrip("/")
        self._token = token
        self._timeout_s = timeout_s
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        self._connection = Connection(self.name, timeout_s=timeout_s, headers=headers)

    def read(self, path: str, limit: int) -> bytes | None:
        try:
            answer = self._connection.request("GET", path, limit)
        except Unreachable as error:
            raise Unreadable(str(error)) from None
        if answer.status == 404:
            return None
        if answer.status in (401, 403):
            wanted = "give a token (--token)" if self._token is None else TOKEN_REFUSED[answer.status]
            raise Unreadable(f"{self.name}/{path} is not for everyone: {wanted}")
        if answer.status != 200:
            raise Unreadable(f"{self.name}/{path} is answered with status {answer.status}")
        return answer.content

    def clone(self) -> "Address":
        return Address(self.name, self._token, timeout_s=self._timeout_s)

    def close(self) -> None:
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def source_of(place: str, token: str | None = None) -> Directory | Address:
    """A directory or an address, as a person names it."""
    if "://" in place:
        try:
            return Address(place, token)
        except Unreachable as error:
            raise Unreadable(str(error)) from None
    if not Path(place).is_dir():
        raise Unreadable(f"{place} is neither a directory nor an address")
    return Directory(Path(place))


def read_checkpoint(source: Source) -> bytes:
    content = source.read("checkpoint", NOTE_BYTES_LIMIT)
    if content is None:
        raise Unreadable(f"{source.name} has no checkpoint; a service has its log at …/log")
    return content


def read_tile(source: Source, tile: Tile) -> bytes:
    """What is in a tile or bundle. Where the partial one is gone, the full one may be there: its beginning is
    the same."""
    content = source.read(tile.path, tile.bytes_most)
    if content is None and not tile.is_full:
        full = Tile(tile.level, tile.index)
        content = source.read(full.path, full.bytes_most)
        if content is not None and tile.level is not None:
            content = content[: tile.bytes_most]
    if content is None:
        raise Unreadable(f"{source.name} has no {tile.path}")
    return content


def own_keys(source: Source) -> tuple[PublicKey, ...]:
    """The keys that come with a log, for whoever has none from elsewhere: to be shown, and compared. Raises
    Unreadable where none do."""
    found = source.read("vkey", NOTE_BYTES_LIMIT)
    if found is None:
        raise Unreadable(f"{source.name} has no vkey; give the log's public key with --key")
    return tuple(parse_vkeys(found.decode("utf-8", "replace"), (LOG_KEY,)))
