"""Verifiers that nobody here wrote: Go's sumdb (Debian), and `tlog-scales` and `proofbundle` (PyPI).

Each answers with None for a log that it accepts, and otherwise with why it does not.
"""

import logging
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from proofbundle import merkle as bundle_merkle
from proofbundle.checkpoint import verify_checkpoint
from tlog_scales import tiles as scales_tiles
from tlog_scales.backend import HttpBackend, make_backend
from tlog_scales.reader import TilesReader
from tlog_scales.signing import Vkey
from tlog_scales.tlog import Checkpoint

from tests import missing

ROOT = Path(__file__).parents[3]
PROGRAM = Path(__file__).parent / "sumdb"
GO_PACKAGES = Path("/usr/share/gocode/src/golang.org/x/mod/sumdb")
DEBIAN = ["golang-go", "golang-golang-x-mod-dev"]


@pytest.fixture(scope="session")
def sumdb(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program of `sumdb/main.go`, built with Debian's packages. Without them the tests that need it are
    skipped; with REQUIRE_GO=1 (.ci/run sets it, having installed them) that is a failure."""
    if shutil.which("go") is None or not GO_PACKAGES.is_dir():
        why = f"it needs Debian's {' and '.join(DEBIAN)}"
        missing.skip("Go's verifier of the log", why, insisted="REQUIRE_GO")
    directory = tmp_path_factory.mktemp("sumdb")
    environment = {
        **os.environ,
        "GO111MODULE": "off",
        "GOPATH": "/usr/share/gocode",
        "GOFLAGS": "",
        # Kept from run to run: it is Go's own library that takes long.
        "GOCACHE": str(ROOT / "build" / "go"),
    }
    built = subprocess.run(
        ["go", "build", "-o", directory / "sumdb", "main.go"],
        cwd=PROGRAM,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    return directory / "sumdb"


def by_go(
    program: Path, place: str | Path, vkey: str, old: Path | None = None, token: str | None = None
) -> str | None:
    """golang.org/x/mod/sumdb/note and tlog."""
    done = subprocess.run(
        [program, str(place), vkey, *([] if old is None else [str(old)])],
        env={"DUBAN_TOKEN": token or ""},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    if done.returncode == 0:
        assert done.stdout.startswith("accepted")
        return None
    assert done.stderr.startswith("REJECTED"), done.stderr
    return done.stderr


def by_scales(place: str | Path, vkey: str, old: Path | None = None, token: str | None = None) -> str | None:
    """tlog-scales: signature, every entry by its inclusion proof, the root, and consistency with `old`."""
    logging.getLogger("urllib3").setLevel(logging.ERROR)
    backend = make_backend(str(place))
    if token is not None:
        assert isinstance(backend, HttpBackend)
        backend.session.headers["Authorization"] = f"Bearer {token}"
    try:
        reader = TilesReader(backend)
        signed = reader.get_checkpoint()
        signed.verify(Vkey.from_string(vkey))
        if reader.calculate_root_hash() != signed.root_hash:
            return "the tiles do not hash to the root"
        for index in range(signed.size):
            leaf_hash = scales_tiles.leaf_hash(reader.get_entry(index))
            reader.get_inclusion_proof(index, signed.size).check(leaf_hash, signed.root_hash)
        if old is not None:
            before = Checkpoint.from_text(old.read_text(encoding="utf-8"))
            before.verify(Vkey.from_string(vkey))
            proof = reader.get_consistency_proof(before.size, signed.size)
            proof.check(before.root_hash, signed.root_hash)
    except Exception as error:  # noqa: BLE001 - it raises whatever it meets
        return f"{type(error).__name__}: {error}"
    finally:
        if isinstance(backend, HttpBackend):
            backend.session.close()
    return None


def by_bundle(checkpoint: bytes, entries: list[bytes], vkey: str) -> str | None:
    """proofbundle: the signature, and the root over the entries. It reads no tiles."""
    try:
        found = verify_checkpoint(checkpoint.decode(), vkey)
    except Exception as error:  # noqa: BLE001
        return f"{type(error).__name__}: {error}"
    if not found["ok"]:
        return "the signature is not the log's"
    if len(entries) != found["tree_size"]:
        return f"{len(entries)} entries, not {found['tree_size']}"
    if bundle_merkle.merkle_tree_hash(entries) != found["root"]:
        return "the entries do not hash to the root"
    return None
