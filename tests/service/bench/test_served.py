"""Servers of the bench: started, waited for until they announce a port, stopped."""

from __future__ import annotations

import sys
from pathlib import Path

import psutil  # type: ignore[import-untyped]
import pytest

from service.bench.ours import ANNOUNCED
from service.bench.served import NotServing, serving


def command(says: str) -> list[str]:
    return [sys.executable, "-c", f"import time; print({says!r}, flush=True); time.sleep(60)"]


def test_a_peer_announces_its_port_and_is_stopped_at_the_end(tmp_path: Path) -> None:
    with serving("peer", command("one moment\nlistening 4321"), {}, tmp_path / "log") as server:
        assert server.port == 4321
        assert psutil.pid_exists(server.pid)
    assert not psutil.pid_exists(server.pid)


def test_our_own_server_announces_itself_by_its_greeting(tmp_path: Path) -> None:
    greeting = "Duban 督办 serves at http://127.0.0.1:8765/graphql\n\nA token …"
    with serving("Duban", command(greeting), {}, tmp_path / "log", ANNOUNCED) as server:
        assert server.port == 8765


def test_a_server_that_ends_before_it_listens_is_told_with_its_last_words(tmp_path: Path) -> None:
    failing = [sys.executable, "-c", "import sys; sys.exit('no such database')"]
    with (
        pytest.raises(NotServing, match="no such database"),
        serving("peer", failing, {}, tmp_path / "log"),
    ):
        pass
