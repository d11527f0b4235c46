"""The lock files: every version pinned, every file's hash given, no word of where packages come from."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PIN = re.compile(r"^([a-z0-9][a-z0-9._-]*)==(\S+) \\$")
HASH = re.compile(r"^    --hash=sha256:[0-9a-f]{64}( \\)?$")


def lock(name: str) -> dict[str, list[str]]:
    """What the lock pins: for each package as `name==version` its hashes."""
    pins: dict[str, list[str]] = {}
    for line in (ROOT / name).read_text(encoding="utf-8").splitlines():
        if found := PIN.match(line):
            hashes = pins.setdefault(f"{found[1]}=={found[2]}", [])
        elif line.strip().startswith("--hash"):
            assert HASH.match(line), line
            hashes.append(line.strip(" \\"))
        else:
            assert not line.strip() or line.lstrip().startswith("#"), line
    return pins


def names(requirements: list[str]) -> set[str]:
    return {re.split(r"[<>=\[]", text)[0].replace("_", "-").lower() for text in requirements}


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-service.txt"])
def test_every_package_is_pinned_with_hashes_and_no_place_is_named(name: str) -> None:
    assert all(lock(name).values())
    assert not re.search(r"://|index-url|find-links|trusted-host", (ROOT / name).read_text(encoding="utf-8"))


def test_the_services_lock_is_a_part_of_the_whole() -> None:
    whole = lock("requirements.txt")
    part = lock("requirements-service.txt")
    assert part.items() <= whole.items()


def test_everything_that_the_project_asks_for_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    service = {pin.split("==")[0] for pin in lock("requirements-service.txt")}
    whole = {pin.split("==")[0] for pin in lock("requirements.txt")}
    assert names(project["dependencies"]) <= service
    assert names(project["optional-dependencies"]["dev"]) <= whole
    assert not {"pytest", "mypy", "ruff", "psycopg"} & service


def test_every_dependency_says_why_it_is_there() -> None:
    lines = (ROOT / "pyproject.toml").read_text(encoding="utf-8").splitlines()
    asked = [line for line in lines if re.match(r'^  "[a-zA-Z].*>=', line)]
    assert asked
    assert [line for line in asked if " # " not in line] == []
