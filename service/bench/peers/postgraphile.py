"""The PostGraphile 5 peer: one process on node's own HTTP server, on the peers' views.

Relations and keys come from smart tags in its settings. See `postgraphile.mjs` beside this file for how it
is made as fast as it honestly goes.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from service.bench.database import Database
from service.bench.peers.node import node_with
from service.bench.peers.views import SCHEMA
from service.bench.served import Server, serving

PACKAGES = {"postgraphile": "5.1.5", "pg": "8.23.1"}
SCRIPT = Path(__file__).with_name("postgraphile.mjs")
CONNECTIONS = 10  # node-postgres's own default; 4 and 16 measured no faster


def link(column: str, to: str, name: str, back: str) -> str:
    """A foreign key that the views do not have: the field that follows it, and the one back."""
    return f"({column}) references {SCHEMA}.{to} (id)|@fieldName {name}|@foreignFieldName {back}"


TAGS = {
    "class": {
        f"{SCHEMA}.unit": {"tags": {"primaryKey": "id"}},
        f"{SCHEMA}.campaign": {"tags": {"primaryKey": "id"}},
        f"{SCHEMA}.task": {
            "tags": {
                "primaryKey": "id",
                "foreignKey": [
                    link("campaign_id", "campaign", "campaign", "tasks"),
                    link("lead_unit_id", "unit", "leadUnit", "ledTasks"),
                ],
            }
        },
        f"{SCHEMA}.report": {
            "tags": {"primaryKey": "id", "foreignKey": link("task_id", "task", "task", "reports")}
        },
    }
}
# Lists beside connections: the same content in fewer steps. No mutations: nobody writes here.
BEHAVIOR = "-insert -update -delete +list +query:resource:list +manyRelation:resource:list"


@contextmanager
def postgraphile(database: Database, directory: Path, log: Path) -> Iterator[Server]:
    """Install (once) and serve. Raises NodeMissing, NotServing."""
    node = node_with(PACKAGES, directory)
    script = directory / SCRIPT.name  # beside node_modules, where its imports are found
    shutil.copyfile(SCRIPT, script)
    settings = {"connections": CONNECTIONS, "schemas": [SCHEMA], "tags": TAGS, "behavior": BEHAVIOR}
    environment = {
        **database.libpq,
        "NODE_ENV": "production",
        "GRAPHILE_ENV": "production",
        "BENCH_PEER": json.dumps(settings),
    }
    with serving("PostGraphile", [str(node), str(script)], environment, log) as server:
        yield server
