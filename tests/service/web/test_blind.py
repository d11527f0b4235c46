"""The page's own cryptography, run by Node.js: the vectors of RFC 9474, and npm's @cloudflare/blindrsa-ts."""

import json
import shutil
from pathlib import Path

from tests.npm import install, output_of

HERE = Path(__file__).parent
OURS = Path(__file__).parents[3] / "service" / "web" / "rate" / "blind.mjs"
VECTORS = HERE.parent / "ballots" / "rfc9474.json"
PEER = {"@cloudflare/blindrsa-ts": "0.4.4"}


async def test_our_blind_signatures_are_those_of_the_rfc_and_of_a_peer(tmp_path: Path) -> None:
    await install(PEER, tmp_path, "the blind signatures of the rater's page against their peer")
    shutil.copy(HERE / "blind.mjs", tmp_path)
    checked = json.loads(await output_of("node", "blind.mjs", str(OURS), str(VECTORS), cwd=tmp_path))
    assert checked == {"vectors": 2, "rounds": 5}
