"""Servers that lie, stall or send gigabytes: a verifier says so, and in time."""

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from service.log.sources import Address, Directory, Unreadable, read_tile, source_of
from service.log.verify import Trust, Wrong, verify
from service.tlog.note import LOG_KEY, PrivateKey
from service.tlog.tiles import Tile
from tests.service.log.logs import ORIGIN, signed

TIMEOUT_S = 0.3
ENOUGH_S = 10
KEY = PrivateKey.generate(ORIGIN, LOG_KEY)
Answer = Callable[[socket.socket, str], None]


@contextmanager
def serving(answer: Answer) -> Iterator[str]:
    """A server that answers each request by hand."""
    stopped = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.05)

        def accept() -> None:
            while not stopped.is_set():
                try:
                    connection, _ = listener.accept()
                except TimeoutError:
                    continue
                threading.Thread(target=talk, args=(connection,), daemon=True).start()

        def talk(connection: socket.socket) -> None:
            with connection:
                try:
                    while request := connection.recv(65_536).decode():
                        answer(connection, request.split()[1])
                except OSError:
                    pass

        thread = threading.Thread(target=accept)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/log"
        finally:
            stopped.set()
            thread.join()


def sent(content: bytes, status: str = "200 OK", length: int | None = None) -> bytes:
    size = len(content) if length is None else length
    return f"HTTP/1.1 {status}\r\nContent-Length: {size}\r\n\r\n".encode() + content


def stalls(connection: socket.socket, path: str) -> None:
    connection.recv(1)


def dribbles(connection: socket.socket, path: str) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
    while True:
        connection.sendall(b"x")
        time.sleep(0.02)


def dribbles_headers(connection: socket.socket, path: str) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nX-")
    while True:
        connection.sendall(b"y")
        time.sleep(0.02)


def gigabytes(connection: socket.socket, path: str) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9000000000\r\n\r\n")
    while True:
        connection.sendall(bytes(1_000_000))


def gigabytes_without_end(connection: socket.socket, path: str) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
    while True:
        connection.sendall(bytes(1_000_000))


def breaks_off(connection: socket.socket, path: str) -> None:
    connection.sendall(sent(b"half", length=8))
    connection.close()


def redirects(connection: socket.socket, path: str) -> None:
    connection.sendall(b"HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n")


def speaks_otherwise(connection: socket.socket, path: str) -> None:
    connection.sendall(b"220 smtp.example ESMTP\r\n")
    connection.close()


def hangs_up(connection: socket.socket, path: str) -> None:
    connection.close()


def fails(connection: socket.socket, path: str) -> None:
    connection.sendall(sent(b"oh", "500 Internal Server Error"))


def forbids(connection: socket.socket, path: str) -> None:
    connection.sendall(sent(b"", "401 Unauthorized"))


def is_empty(connection: socket.socket, path: str) -> None:
    connection.sendall(sent(b"", "404 Not Found"))


@pytest.mark.parametrize(
    "answer",
    [
        stalls,
        dribbles,
        dribbles_headers,
        gigabytes,
        gigabytes_without_end,
        breaks_off,
        redirects,
        speaks_otherwise,
        hangs_up,
        fails,
        forbids,
        is_empty,
    ],
)
def test_a_bad_server_is_told_in_time(answer: Answer) -> None:
    began = time.monotonic()
    with serving(answer) as address, Address(address, timeout_s=TIMEOUT_S) as source:
        with pytest.raises(Unreadable) as error:
            verify(source, Trust([KEY.public]))
        assert address.removesuffix("/log") in str(error.value)
        assert "\n" not in str(error.value)
    assert time.monotonic() - began < ENOUGH_S


def test_a_server_that_lies_is_found_out() -> None:
    """Signed by the log; and whatever is asked for is answered with something."""
    checkpoint = signed(KEY, 600, bytes(32)).encode()

    def lies(connection: socket.socket, path: str) -> None:
        width = int(path.rpartition("/")[2]) if ".p/" in path else 256
        content = checkpoint if path.endswith("checkpoint") else bytes(32 * width)
        connection.sendall(sent(content))

    with serving(lies) as address, Address(address, timeout_s=TIMEOUT_S) as source, pytest.raises(Wrong):
        verify(source, Trust([KEY.public]))


def test_a_server_that_goes_bad_midway_is_told() -> None:
    checkpoint = signed(KEY, 600, bytes(32)).encode()

    def weakens(connection: socket.socket, path: str) -> None:
        if path.endswith("checkpoint"):
            connection.sendall(sent(checkpoint))
        else:
            stalls(connection, path)

    with (
        serving(weakens) as address,
        Address(address, timeout_s=TIMEOUT_S) as source,
        pytest.raises(Unreadable, match=r"tile/0/002\.p/88: no whole answer within"),
    ):
        verify(source, Trust([KEY.public]))


def test_a_connection_is_kept_and_made_anew() -> None:
    connections: set[int] = set()

    def counts(connection: socket.socket, path: str) -> None:
        connections.add(id(connection))
        connection.sendall(sent(path.encode()))
        if path.endswith("last"):
            connection.close()

    with serving(counts) as address, Address(address, timeout_s=TIMEOUT_S) as source:
        assert [source.read(name, 100) for name in ("a", "b", "last", "d")] == [
            b"/log/a",
            b"/log/b",
            b"/log/last",
            b"/log/d",
        ]
        assert len(connections) <= 2


NO_HOSTS = ("http://h:99999", "http://h:x", "http://[x", "http://a..b/log", f"http://{'a' * 70}.org/log")


def test_what_is_no_place_is_told(tmp_path: Path) -> None:
    for place in ("ftp://a/b", str(tmp_path / "nowhere"), "http://", *NO_HOSTS):
        with pytest.raises(Unreadable):
            source_of(place)
    with pytest.raises(Unreadable, match="has no checkpoint"):
        verify(source_of(str(tmp_path)), Trust([KEY.public]))


def test_a_file_is_not_larger_than_it_may_be(tmp_path: Path) -> None:
    (tmp_path / "tile" / "0").mkdir(parents=True)
    (tmp_path / "tile" / "0" / "000").write_bytes(bytes(8193))
    with pytest.raises(Unreadable, match="larger than 8192"):
        read_tile(Directory(tmp_path), Tile(0, 0))
    # Where the partial tile is gone, the full one begins alike.
    (tmp_path / "tile" / "0" / "000").write_bytes(bytes(range(256)) * 32)
    assert read_tile(Directory(tmp_path), Tile(0, 0, 2)) == bytes(range(64))


def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "device").symlink_to("/dev/zero")
    (tmp_path / "directory").mkdir()
    for name in ("pipe", "device", "directory"):
        with pytest.raises(Unreadable, match=f"{name} cannot be read: it is not a file"):
            Directory(tmp_path).read(name, 100)
