"""Writes what is generated from the domain: docs/refusals.md, and the golden bytes of topics without any.

Golden bytes that are there are never written over: they are what the log holds.

    python -m tests.domain.regenerate
"""

from pathlib import Path

import msgspec

from domain.refusals import listing
from tests.domain.golden_events import GOLDEN

ROOT = Path(__file__).parents[2]
REFUSALS = ROOT / "docs" / "refusals.md"
BYTES = Path(__file__).parent / "golden"


def main() -> None:
    REFUSALS.write_text(listing(), encoding="utf-8")
    for topic, event in GOLDEN.items():
        path = BYTES / f"{topic}.json"
        if not path.exists():
            path.write_bytes(msgspec.json.encode(event))


if __name__ == "__main__":
    main()
