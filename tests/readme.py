"""The README's commands, questions and answers: read from it, run for real, and written into it anew.

A fenced block is a question when it is shell or GraphQL; the block of JSON or text that follows is its
answer. A GraphQL question names the shell command that asks it in its first line, as a comment. All are run
in order, in one shell, against one service with the demonstration year, started as `make run` starts it.

    python -m tests.readme      runs everything and writes the answers that differ into README.md
"""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any
from unicodedata import east_asian_width

from tests.patience import PATIENCE_S

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
ADDRESS = "http://127.0.0.1:8000"
WIDTH = 112

_FENCED = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# What sets up a machine, or serves without an end, is checked by reading (tests/test_readme.py).
_NOT_RUN = re.compile(r"^(make|docker|export DATABASE_URL=\S+)", re.MULTILINE)
_DONE = "--done--"


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, its text without the fences, and where the text stands in the README."""

    language: str
    text: str
    start: int
    end: int


@dataclass(frozen=True)
class Question:
    """A block that is run, and the block that shows its answer, if one does."""

    block: Block
    answer: Block | None

    @property
    def name(self) -> str:
        return " ".join(self.block.text.split()).removeprefix("# ")[:60]

    @property
    def command(self) -> str:
        """What is typed into the shell."""
        if self.block.language == "sh":
            return self.block.text
        first = self.block.text.partition("\n")[0]
        return f"{first.removeprefix('# ')} <<'GRAPHQL'\n{self.block.text}GRAPHQL\n"

    @property
    def endless(self) -> bool:
        """A subscription, which goes on until it is stopped."""
        return self.block.text.startswith("curl -sN ")


def blocks(text: str) -> list[Block]:
    return [Block(m[1], m[2], m.start(2), m.end(2)) for m in _FENCED.finditer(text)]


def not_run(text: str) -> list[Block]:
    """The shell blocks that are checked by reading."""
    return [b for b in blocks(text) if b.language == "sh" and _NOT_RUN.search(b.text)]


def questions(text: str) -> list[Question]:
    """Everything that is run, in order."""
    skipped = not_run(text)
    found = [*blocks(text), None]
    return [
        Question(block, following if following and following.language in ("json", "text") else None)
        for block, following in pairwise(found)
        if block is not None and block.language in ("sh", "graphql") and block not in skipped
    ]


# -- the service and the shell


def environment(**settings: str) -> dict[str, str]:
    """This process's, with the settings of the machine replaced."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("DUBAN_", "DATABASE_"))}
    return {**kept, "PYTHONPATH": str(ROOT), **settings}


@contextmanager
def shell() -> Iterator["Shell"]:
    """A shell beside a service that has just been started with the demonstration year."""
    with tempfile.TemporaryDirectory(prefix="duban-readme-") as name:
        directory = Path(name)
        # PostgreSQL runs as another user when this is root, and must pass.
        directory.chmod(0o711)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        variables = environment(PORT=str(port), DUBAN_DATA=str(directory / ".duban"))
        with _serving(directory, variables):
            opened = Shell(directory, variables, port)
            try:
                yield opened
            finally:
                opened.close()


@contextmanager
def _serving(directory: Path, variables: dict[str, str]) -> Iterator[None]:
    with (directory / "errors").open("w+") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "service", "serve", "--demonstration"],
            cwd=directory,
            env=variables,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            process_group=0,
        )
        with process:
            assert process.stdout is not None
            try:
                if not any(line.startswith("Ctrl-C") for line in process.stdout):
                    errors.seek(0)
                    raise AssertionError(f"the service did not start: {errors.read()}")
                yield
            finally:
                process.send_signal(signal.SIGINT)


class Shell:
    """One `sh` in which blocks are run one after the other, as a reader would paste them."""

    def __init__(self, directory: Path, variables: dict[str, str], port: int):
        self.directory = directory
        self.own = f"http://127.0.0.1:{port}"
        (directory / "service").symlink_to(ROOT / "service")
        self._script(".venv/bin/duban", f'"{sys.executable}" -m service')
        self._script(".venv/bin/python3", f'"{sys.executable}"')
        self._script("spare/curl", f'"{sys.executable}" -m tests.curl')
        path = f"{variables['PATH']}:{directory / 'spare'}"
        self._process = subprocess.Popen(
            ["sh"],
            cwd=directory,
            env={**variables, "PATH": path},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def _script(self, path: str, command: str) -> None:
        """A command of the clone's, as this Python runs it; or a `curl`, found where there is no other."""
        script = self.directory / path
        script.parent.mkdir(parents=True, exist_ok=True)
        script.write_text(f'#!/bin/sh\nexec {command} "$@"\n')
        script.chmod(0o755)

    def run(self, command: str) -> str:
        """What the command prints. Raises AssertionError when it fails."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        typed = command.replace(ADDRESS, self.own)
        self._process.stdin.write(f"{typed.rstrip()}\nprintf '\\n{_DONE}%s\\n' $?\n")
        self._process.stdin.flush()
        printed = ""
        for line in self._process.stdout:
            if line.startswith(_DONE):
                assert line == f"{_DONE}0\n", f"{command}\nfailed: {printed}"
                return printed.removesuffix("\n")
            printed += line
        raise AssertionError(f"{command}\nended the shell: {printed}")

    def follow(self, command: str, lines: int) -> str:
        """What an endless command prints, as soon as it is so many lines."""
        heard = self.directory / "heard"
        heard.write_text("")
        process = int(self.run(f"(exec {command.strip()}) >heard & echo $!"))
        try:
            until = time.monotonic() + PATIENCE_S
            while (text := heard.read_text(encoding="utf-8")).rstrip().count("\n") < lines - 1:
                assert time.monotonic() < until, f"{command}\nprinted only: {text}"
                time.sleep(0.02)
        finally:
            os.kill(process, signal.SIGTERM)
        return "".join(text.splitlines(keepends=True)[:lines])

    def ask(self, question: Question) -> str:
        """The answer, as it is printed."""
        if question.endless:
            assert question.answer is not None
            return self.follow(question.command, question.answer.text.count("\n"))
        return self.run(question.command)

    def close(self) -> None:
        self._process.communicate()


# -- writing the answers anew


def laid_out(value: Any, indent: int = 0, before: int = 0) -> str:
    """JSON in few lines: what fits stays on one, and brackets close where their last item ends. `before` says
    how many columns of the first line are taken."""
    flat = json.dumps(value, ensure_ascii=False)
    if before + columns(flat) <= WIDTH or not isinstance(value, dict | list) or not value:
        return flat
    if isinstance(value, list):
        inside = f",\n{' ' * (indent + 2)}".join(laid_out(item, indent + 2, indent + 2) for item in value)
        return f"[{inside}]" if len(value) == 1 else f"[\n{' ' * (indent + 2)}{inside}]"
    deeper = indent if len(value) == 1 else indent + 2
    lines: list[str] = []
    for key, item in value.items():
        name = f"{json.dumps(key)}: "
        begun = deeper if lines else before + 1
        laid = name + laid_out(item, deeper, begun + columns(name))
        joined = f"{lines[-1]}, {laid}" if lines else ""
        first, _, more = joined.partition("\n")
        if lines and deeper + columns(first) <= WIDTH and (not more or first.endswith("[")):
            lines[-1] = joined
        else:
            lines.append(laid)
    return "{" + f",\n{' ' * deeper}".join(lines) + "}"


def columns(text: str) -> int:
    """How wide the text stands: Chinese characters take two columns."""
    return sum(2 if east_asian_width(c) in "WF" else 1 for c in text)


def renamed(shown: Any, real: Any) -> Iterator[tuple[str, str]]:
    """Ids, cursors and positions that have changed, and what they are now: later questions name them."""
    if isinstance(shown, dict) and isinstance(real, dict):
        for key in shown.keys() & real.keys():
            if key in ("id", "position", "endCursor") and shown[key] != real[key]:
                yield str(shown[key]), str(real[key])
            else:
                yield from renamed(shown[key], real[key])
    elif isinstance(shown, list) and isinstance(real, list):
        for before, after in zip(shown, real, strict=False):
            yield from renamed(before, after)


def main() -> None:
    text = README.read_text(encoding="utf-8")
    try:
        with shell() as opened:
            for number in range(len(questions(text))):
                text = answered(text, questions(text)[number], opened)
    finally:
        # When a command fails, what was asked before it is written all the same.
        README.write_text(text, encoding="utf-8")


def answered(text: str, question: Question, opened: Shell) -> str:
    """The README with the real answer to the question, and with its names in what follows."""
    printed = opened.ask(question)
    answer = question.answer
    if answer is None:
        return text
    written = printed
    names: list[tuple[str, str]] = []
    if answer.language == "json":
        real = json.loads(printed)
        written = laid_out(real) + "\n"
        names = list(renamed(json.loads(answer.text), real))
    rest = text[answer.end :]
    for before, after in names:
        rest = re.sub(rf"(?<!\w){re.escape(before)}(?!\w)", after, rest)
    return text[: answer.start] + written + rest


if __name__ == "__main__":
    main()
