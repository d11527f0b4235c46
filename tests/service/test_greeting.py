"""What the service says when it stands, and that it is true: a process is started, asked, and interrupted."""

import os
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import httpx
import pytest
from graphql import parse, validate

from service.api.schema import schema
from service.config import Settings
from service.greeting import REQUESTS, greeting

ROOT = Path(__file__).parents[2]


def environment(port: int) -> dict[str, str]:
    """This process's, without the settings of the machine."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("DUBAN_", "DATABASE_"))}
    return {**kept, "PYTHONPATH": str(ROOT), "PORT": str(port)}


@contextmanager
def serving(directory: Path) -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
    """`duban serve` in a process group of its own, and the lines of its greeting."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with subprocess.Popen(
        [sys.executable, "-m", "service", "serve"],
        cwd=directory,
        env=environment(port),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        process_group=0,
    ) as process:
        assert process.stdout is not None
        lines: list[str] = []
        try:
            for line in process.stdout:
                lines.append(line.rstrip("\n"))
                if line.startswith("Ctrl-C"):
                    break
            else:
                raise AssertionError(process.communicate()[1])
            yield process, lines
        finally:
            process.kill()


def ask(command: str) -> httpx.Response:
    """Do what a `curl` command says; the words are those that the greeting uses."""
    words = shlex.split(command)
    assert words[:2] == ["curl", "-s"]
    headers = dict(word.split(": ", 1) for flag, word in pairwise(words) if flag == "-H")
    with httpx.Client(transport=httpx.HTTPTransport(retries=5)) as client:
        return client.post(words[2], content=words[words.index("-d") + 1].encode(), headers=headers)


@pytest.mark.parametrize("query", [query for _, _, query in REQUESTS])
def test_its_requests_are_valid(query: str) -> None:
    assert validate(schema._schema, parse(query)) == []


def test_it_names_an_address_that_this_machine_can_reach() -> None:
    said = greeting(Settings.from_environment({"DUBAN_HOST": "::", "PORT": "80", "DUBAN_JWKS": __file__}))
    assert "http://127.0.0.1:80/graphql" in said
    said = greeting(Settings.from_environment({"DUBAN_HOST": "::1", "DUBAN_JWKS": __file__}))
    assert "http://[::1]:8000/graphql" in said


def test_it_gives_no_token_where_it_signs_none() -> None:
    said = greeting(Settings.from_environment({"DUBAN_JWKS": __file__}))
    assert "authorization" not in said
    assert said.count("curl") == 1


def test_its_requests_are_answered_and_an_interrupt_ends_it_cleanly(tmp_path: Path) -> None:
    with serving(tmp_path) as (process, lines):
        commands = [line for line in lines if line.startswith("curl")]
        assert len(commands) == 3
        for command in commands:
            answer = ask(command)
            assert answer.status_code == 200
            assert answer.json().keys() == {"data"}
        # As the terminal does: the whole group, the database's start included.
        os.killpg(process.pid, signal.SIGINT)
        out, err = process.communicate()
        assert (process.returncode, out, err) == (0, "", "")
    assert not (tmp_path / ".duban" / "postgres" / "cluster" / "postmaster.pid").exists()


def test_a_port_that_is_taken_ends_it_without_a_traceback(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = subprocess.run(
            [sys.executable, "-m", "service", "serve"],
            cwd=tmp_path,
            env=environment(taken.getsockname()[1]),
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr.startswith("duban: cannot listen on 127.0.0.1 port ")
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / ".duban" / "postgres" / "cluster" / "postmaster.pid").exists()
