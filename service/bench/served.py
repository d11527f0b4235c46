"""A server as a process of its own: started, waited for, stopped."""

from __future__ import annotations

import os
import re
import selectors
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

import psutil  # type: ignore[import-untyped]

START_S = 60.0
STOP_S = 10.0
HOST = "127.0.0.1"
LISTENING = rb"^listening (\d+)$"


class NotServing(Exception):
    """A server did not start; the message ends with the last lines it wrote."""


@dataclass(frozen=True, slots=True)
class Server:
    """Where a started server listens, and its process."""

    name: str
    port: int
    pid: int
    host: str = HOST


@contextmanager
def serving(
    name: str,
    command: Sequence[str],
    environment: Mapping[str, str],
    log: Path,
    announced: bytes = LISTENING,
) -> Iterator[Server]:
    """Start a server that prints a line with its port when it is ready; stop it with SIGTERM at the end.

    `announced` is the pattern of that line, its first group the port. What is written to standard error goes
    to `log`. Raises NotServing.
    """
    with log.open("wb") as written:
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=written, env={**os.environ, **environment}
        )
    try:
        yield Server(name, _port(process, log, announced), process.pid)
    finally:
        process.terminate()
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()


def _port(process: subprocess.Popen[bytes], log: Path, announced: bytes) -> int:
    """The port from the first whole line that announces one."""
    assert process.stdout is not None
    deadline = monotonic() + START_S
    received = b""
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while selector.select(max(0.0, deadline - monotonic())):
            chunk = os.read(process.stdout.fileno(), 65536)
            received += chunk
            whole_lines = received[: received.rfind(b"\n") + 1]
            if port := re.search(announced, whole_lines, re.MULTILINE):
                return int(port[1])
            if not chunk:
                break
    last = (received + log.read_bytes())[-2000:].decode(errors="replace")
    raise NotServing(f"it did not start: {last.strip()}")


def cpu_seconds(pid: int) -> float:
    """The processor time a process has used, user and system, all of its threads."""
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


def resident_mib(pid: int) -> float:
    """The memory of a process that is in RAM (RSS)."""
    return float(psutil.Process(pid).memory_info().rss / 2**20)
