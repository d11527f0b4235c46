"""GraphQL over HTTP, as its specification's own audits see it: npm's graphql-http against the served service.

The audits need Node.js and npm. Without them the test is skipped; with REQUIRE_NPM=1 that is a failure.
"""

import asyncio
import json
import os
import shutil
from pathlib import Path
from typing import Any, NoReturn

import pytest

from tests.service.api.served import Served

PACKAGES = {"graphql-http": "1.23.1", "graphql": "16.15.0"}
AUDITS = 61


def without_npm(why: str) -> NoReturn:
    """Skip, unless whoever runs the tests insists on the audits."""
    if os.environ.get("REQUIRE_NPM") == "1":
        pytest.fail(f"the audits of GraphQL over HTTP cannot be run: {why}")
    pytest.skip(f"THE AUDITS OF GRAPHQL OVER HTTP ARE NOT RUN: {why}")


async def output_of(*command: str, cwd: Path) -> str:
    process = await asyncio.create_subprocess_exec(
        *command, cwd=cwd, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    async with asyncio.timeout(300):
        out, err = await process.communicate()
    if process.returncode != 0:
        raise RuntimeError(f"{command[0]} failed: {err.decode()[-500:]}")
    return out.decode()


@pytest.fixture
def npm(tmp_path: Path) -> Path:
    """A directory to install in, where there is Node.js 18 or newer with npm."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        without_npm("there is no Node.js with npm on this machine")
    (tmp_path / "package.json").write_text(json.dumps({"private": True, "dependencies": PACKAGES}))
    shutil.copy(Path(__file__).parent / "audit.mjs", tmp_path)
    return tmp_path


async def test_the_audits_of_graphql_over_http(served_town: Served, npm: Path) -> None:
    try:
        await output_of("npm", "install", "--no-audit", "--no-fund", "--loglevel=error", cwd=npm)
    except RuntimeError as error:
        without_npm(str(error))
    results: list[dict[str, Any]] = json.loads(
        await output_of("node", "audit.mjs", f"{served_town.url}/graphql", cwd=npm)
    )
    wrong = [f"{r['id']} {r['name']}: {r['status']}, {r['reason']}" for r in results if r["status"] != "ok"]
    assert not wrong, "\n".join(wrong)
    assert len(results) == AUDITS
