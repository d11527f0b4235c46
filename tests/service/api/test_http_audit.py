"""GraphQL over HTTP, as its specification's own audits see it: npm's graphql-http against the served service."""

import json
import shutil
from pathlib import Path
from typing import Any

from tests.npm import install, output_of
from tests.service.api.served import Served

PACKAGES = {"graphql-http": "1.23.1", "graphql": "16.15.0"}
AUDITS = 61


async def test_the_audits_of_graphql_over_http(served_town: Served, tmp_path: Path) -> None:
    await install(PACKAGES, tmp_path, "the audits of GraphQL over HTTP")
    shutil.copy(Path(__file__).parent / "audit.mjs", tmp_path)
    results: list[dict[str, Any]] = json.loads(
        await output_of("node", "audit.mjs", f"{served_town.url}/graphql", cwd=tmp_path)
    )
    wrong = [f"{r['id']} {r['name']}: {r['status']}, {r['reason']}" for r in results if r["status"] != "ok"]
    assert not wrong, "\n".join(wrong)
    assert len(results) == AUDITS
