"""The pages' own modules, run by Node.js: blind signatures against the vectors of RFC 9474 and npm's
@cloudflare/blindrsa-ts; and that both languages say the same."""

import json
import shutil
from pathlib import Path

from tests.npm import install, output_of

HERE = Path(__file__).parent
PAGES = Path(__file__).parents[3] / "service" / "web" / "rate"
OURS = PAGES / "blind.mjs"
VECTORS = HERE.parent / "ballots" / "rfc9474.json"
PEER = {"@cloudflare/blindrsa-ts": "0.4.4"}


async def test_our_blind_signatures_are_those_of_the_rfc_and_of_a_peer(tmp_path: Path) -> None:
    await install(PEER, tmp_path, "the blind signatures of the rater's page against their peer")
    shutil.copy(HERE / "blind.mjs", tmp_path)
    checked = json.loads(await output_of("node", "blind.mjs", str(OURS), str(VECTORS), cwd=tmp_path))
    assert checked == {"vectors": 2, "rounds": 2}


async def test_both_languages_say_the_same(tmp_path: Path) -> None:
    await install({}, tmp_path, "the words of the rating pages")
    modules = [str(PAGES / name) for name in ("words.mjs", "staff-words.mjs")]
    await output_of("node", str(HERE / "words.mjs"), *modules, cwd=tmp_path)
