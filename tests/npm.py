"""What the tests run with Node.js and install from npm.

Where there is no Node.js with npm, or npm cannot install, such a test is skipped with a loud word; with
REQUIRE_NPM=1 that is a failure.
"""

import asyncio
import json
import shutil
from collections.abc import Mapping
from pathlib import Path

from tests import missing


async def output_of(*command: str, cwd: Path) -> str:
    process = await asyncio.create_subprocess_exec(
        *command, cwd=cwd, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    async with asyncio.timeout(300):
        out, err = await process.communicate()
    if process.returncode != 0:
        raise RuntimeError(f"{command[0]} failed: {err.decode()[-500:]}")
    return out.decode()


async def install(packages: Mapping[str, str], directory: Path, what: str) -> None:
    """Install packages (name → version) in the directory; `what` names the tests that need them."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        missing.skip(what, "there is no Node.js with npm on this machine", insisted="REQUIRE_NPM")
    (directory / "package.json").write_text(json.dumps({"private": True, "dependencies": dict(packages)}))
    try:
        await output_of("npm", "install", "--no-audit", "--no-fund", "--loglevel=error", cwd=directory)
    except RuntimeError as error:
        missing.skip(what, str(error), insisted="REQUIRE_NPM")
