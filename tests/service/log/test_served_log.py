"""The log of a running service: read over HTTP and GraphQL as others read it, accepted by verifiers that
nobody here wrote, cosigned by a witness that runs beside it."""

import asyncio
import gzip
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from proofbundle.tlogproof import verify_tlog_proof

from service.log.sources import Address, Unreadable
from service.log.verify import Trust, Wrong, verify
from service.log.witness import Witness
from service.tlog.checkpoint import opened
from service.tlog.note import LOG_KEY, WITNESS_KEY, parse_vkey
from service.tlog.tlog_proof import verified
from tests.patience import PATIENCE_S
from tests.service.api.client import INSPECTOR, LEADER, PUBLIC
from tests.service.api.conftest import database
from tests.service.api.served import Served, served
from tests.service.log import independent
from tests.service.log.independent import by_go, by_scales
from tests.service.log.logs import tamper
from tests.service.store.waiting import until

sumdb = independent.sumdb
ROOT = Path(__file__).parents[3]
WITNESS = "inspector.example/w1"


@asynccontextmanager
async def running(server: str, directory: Path, **more: str) -> AsyncIterator[tuple[Served, str]]:
    """A service with ten units, and its database."""
    async with database(server) as address:
        environment = {"DATABASE_URL": address, "DUBAN_DATA": str(directory / "data"), **more}
        async with served(environment, directory) as client:
            for n in range(10):
                await client.give(
                    "registerUnit", {"code": f"unit.{n}", "name": f"单位{n}", "category": "COUNTY"}
                )
            yield client, address


async def sealed(client: Served, position: int) -> dict[str, Any]:
    """The checkpoint that covers the position, made on demand."""
    query = "query ($p: Position) { checkpoint(covering: $p) { origin size root note vkeys } }"
    data = await client.ask(query, {"p": position})
    found: dict[str, Any] = data["checkpoint"]
    return found


async def position(client: Served) -> int:
    data = await client.ask("{ events(first: 1) { nodes { position } } }", role=INSPECTOR)
    found: int = data["events"]["nodes"][0]["position"]
    return found


async def test_everyone_accepts_the_running_services_log(server: str, sumdb: Path, tmp_path: Path) -> None:
    async with running(server, tmp_path) as (client, _):
        token, url = client.token(INSPECTOR), f"{client.url}/log"
        checkpoint = await sealed(client, 10)
        [vkey] = checkpoint["vkeys"]
        assert (await client.http.get("/log/vkey")).text == f"{vkey}\n"
        old = tmp_path / "old"
        old.write_text(checkpoint["note"], encoding="utf-8")
        await client.give("registerUnit", {"code": "unit.x", "name": "单位", "category": "ZONE"})
        await sealed(client, await position(client))
        assert await asyncio.to_thread(by_go, sumdb, url, vkey, old, token) is None
        assert await asyncio.to_thread(by_scales, url, vkey, old, token) is None
        keys = [parse_vkey(vkey, (LOG_KEY,))]
        since = opened(old.read_bytes(), keys)
        with Address(url, token) as source:
            done = await asyncio.to_thread(verify, source, Trust(keys), since=since, whole=True)
            assert done.checkpoint.size >= 11
        with Address(url) as source, pytest.raises(Unreadable, match="give a token"):
            await asyncio.to_thread(verify, source, Trust(keys))
        proof = (await client.http.get("/log/proof/3", headers=client.headers(INSPECTOR))).content
        found = verified(proof, keys)
        assert found.extra is not None
        theirs = verify_tlog_proof(
            proof.decode(), found.extra, vkey, expected_origin=found.checkpoint.tree.origin
        )
        assert theirs["ok"], theirs


async def test_a_tampered_database_is_seen_from_outside(server: str, sumdb: Path, tmp_path: Path) -> None:
    async with running(server, tmp_path, DUBAN_LOG_ENTRIES_PUBLIC="yes") as (client, dsn):
        url = f"{client.url}/log"
        checkpoint = await sealed(client, 10)
        vkey = checkpoint["vkeys"][0]
        await tamper(dsn, "update log.event set actor = '别人' where position = 7")
        assert await asyncio.to_thread(by_go, sumdb, url, vkey) is not None
        assert await asyncio.to_thread(by_scales, url, vkey) is not None
        with Address(url) as source, pytest.raises(Wrong, match="position 7 "):
            await asyncio.to_thread(verify, source, Trust([parse_vkey(vkey)]))
        answer = await client.http.get("/log/proof/7")
        assert (answer.status_code, "position 7" in answer.text) == (500, True)
        told = await client.codes("{ inclusionProof(position: 7) { hashes } }")
        assert told == ["LOG_INCONSISTENT"]
        # A checkpoint that is none, events that are gone: told, and the service lives on.
        await tamper(dsn, "delete from log.event where position = 5")
        size = checkpoint["size"]
        assert (await client.http.get(f"/log/tile/0/000.p/{size}")).status_code == 500
        await tamper(dsn, "insert into log.checkpoint (size, note) values (10000, 'x')")
        for page in ("checkpoint", "tile/2/000.p/1"):
            answer = await client.http.get(f"/log/{page}")
            assert (answer.status_code, answer.text.count("\n")) == (500, 1)
        assert await client.codes("{ checkpoint { size } }") == ["LOG_INCONSISTENT"]
        await tamper(dsn, "delete from log.checkpoint where size = 10000")
        assert (await client.http.get("/livez")).status_code == 200
        # What was signed stays; what is new is served on.
        assert (await client.ask("{ inclusionProof(position: 8) { index } }"))["inclusionProof"]["index"] == 7


async def test_pages_of_the_log(server: str, tmp_path: Path) -> None:
    async with running(server, tmp_path) as (client, _):
        http, inspector = client.http, client.headers(INSPECTOR)
        size = (await sealed(client, 10))["size"]
        page = await http.get("/log/checkpoint")
        assert page.headers["content-type"] == "text/plain; charset=utf-8"
        assert page.headers["cache-control"] == "no-cache"
        tile = await http.get(f"/log/tile/0/000.p/{size}")
        assert (tile.status_code, len(tile.content)) == (200, 32 * size)
        assert tile.headers["content-type"] == "application/octet-stream"
        assert tile.headers["cache-control"] == "public, max-age=31536000, immutable"
        # Every earlier width is there, a larger one, a full one and an empty one are not.
        assert (await http.get("/log/tile/0/000.p/1")).content == tile.content[:32]
        for path in (f"0/000.p/{size + 1}", "0/000", "0/001.p/1", "1/000.p/1", "0/000.p/0", "x", "", "0/0"):
            assert (await http.get(f"/log/tile/{path}")).status_code == 404, path
        bundle = f"/log/tile/entries/000.p/{size}"
        assert (await http.get(bundle)).status_code == 401
        assert (await http.get(bundle)).headers["www-authenticate"] == "Bearer"
        assert (await http.get(bundle, headers=client.headers(LEADER))).status_code == 403
        assert (await http.get(bundle, headers={"authorization": "Bearer x"})).status_code == 401
        plain = await http.get(bundle, headers={**inspector, "accept-encoding": "identity"})
        assert plain.headers["cache-control"] == "private, max-age=31536000, immutable"
        assert b"directory.unit_registered" in plain.content
        async with http.stream("GET", bundle, headers={**inspector, "accept-encoding": "gzip"}) as packed:
            raw = b"".join([piece async for piece in packed.aiter_raw()])
        assert packed.headers["content-encoding"] == "gzip"
        assert gzip.decompress(raw) == plain.content
        for weight in ("0", "0.0", "0.000"):
            refused = {**inspector, "accept-encoding": f"identity, gzip;q={weight}"}
            assert "content-encoding" not in (await http.get(bundle, headers=refused)).headers
        assert (await http.get(f"/log/proof/{'9' * 5000}", headers=inspector)).status_code == 404
        for position_, status in ((1, 200), (size, 200), (0, 404), (10_000, 404)):
            assert (await http.get(f"/log/proof/{position_}", headers=inspector)).status_code == status
        assert (await http.get("/log/proof/1")).status_code == 401
        for path in ("checkpoint", "vkey", "tile/0/000.p/1"):
            assert (await http.post(f"/log/{path}")).status_code == 405


async def test_proofs_over_graphql(server: str, tmp_path: Path) -> None:
    async with running(server, tmp_path) as (client, _):
        await sealed(client, 10)
        data = await client.ask(
            """{ inclusionProof(position: 4) { position index leafHash hashes entry tlogProof }
              consistencyProof(from: 3) { size root hashes checkpoint { size note } }
              nothing: consistencyProof(from: 0) { size hashes }
              later: inclusionProof(position: 100000) { index }
              none: checkpoint(covering: 100000) { size } last: checkpoint { size } }""",
            role=INSPECTOR,
        )
        proof = data["inclusionProof"]
        assert (proof["position"], proof["index"]) == (4, 3)
        assert data["nothing"] == {"size": 0, "hashes": []}
        assert (data["later"], data["none"]) == (None, None)
        assert data["last"]["size"] >= 10
        checked = verified(proof["tlogProof"].encode(), _keys(await sealed(client, 10)))
        assert checked.extra == proof["entry"].encode()
        # The public sees hashes, and no names.
        assert await client.codes("{ inclusionProof(position: 4) { hashes leafHash } }", role=PUBLIC) == []
        for field in ("entry", "tlogProof"):
            assert await client.codes(f"{{ inclusionProof(position: 4) {{ {field} }} }}", role=PUBLIC) == [
                "FORBIDDEN"
            ]
        for bad in ("inclusionProof(position: 0) { index }", "consistencyProof(from: 5, to: 4) { size }"):
            assert await client.codes(f"{{ {bad} }}") == ["BAD_INPUT"]


def _keys(checkpoint: dict[str, Any]) -> list[Any]:
    return [parse_vkey(vkey) for vkey in checkpoint["vkeys"]]


# -- with a witness


@asynccontextmanager
async def witnessing(directory: Path, vkey: str) -> AsyncIterator[tuple[int, str]]:
    """`duban witness` in a process of its own: its port and its vkey."""
    command = [sys.executable, "-m", "service", "witness", "--name", WITNESS, "--log", vkey, "--port", "0"]
    process = await asyncio.create_subprocess_exec(
        *command,
        "--directory",
        str(directory),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(PATIENCE_S):
            while not (line := (await process.stdout.readline()).decode()).startswith("DUBAN_LOG_WITNESSES="):
                assert line
        address, key = line.strip().split("'")[1].split()
        yield int(address.rpartition(":")[2]), key
    finally:
        process.terminate()
        await process.wait()


async def test_a_witness_cosigns_what_the_service_signs(server: str, sumdb: Path, tmp_path: Path) -> None:
    from service.log.keys import signing_keys

    data = tmp_path / "data"
    settings = _settings(data)
    vkey = (await asyncio.to_thread(signing_keys, settings)).current.public.vkey
    async with witnessing(tmp_path / "witness", vkey) as (port, witness):
        witnesses = f"http://127.0.0.1:{port} {witness}"
        async with running(server, tmp_path, DUBAN_LOG_WITNESSES=witnesses) as (client, _):
            key = parse_vkey(witness, (WITNESS_KEY,))

            async def cosigned() -> bool:
                note = (await client.http.get("/log/checkpoint")).content
                return opened(note, [parse_vkey(vkey)]).note.signed_by(key) is not None

            await until(cosigned)
            # A signature of somebody it does not know is nothing to Go.
            token = client.token(INSPECTOR)
            assert await asyncio.to_thread(by_go, sumdb, f"{client.url}/log", vkey, None, token) is None
        async with httpx.AsyncClient() as person:
            page = (await person.get(f"http://127.0.0.1:{port}/")).text
            assert "events cosigned" in page
            assert "0 refused" in page
            too_long = await person.post(f"http://127.0.0.1:{port}/add-checkpoint", content=bytes(200_000))
            assert too_long.status_code == 413
            assert (await person.get(f"http://127.0.0.1:{port}/add-checkpoint")).status_code == 405
    again = Witness(tmp_path / "witness", WITNESS, [parse_vkey(vkey)])
    assert again.refusals() == []
    command = [
        sys.executable,
        "-m",
        "service",
        "witness",
        "--name",
        WITNESS,
        "--directory",
        str(again.directory),
        "--show",
    ]
    shown = await asyncio.to_thread(
        subprocess.run, command, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert shown.returncode == 0
    assert "vkey" in shown.stdout


def _settings(data: Path) -> Any:
    from service.config import Settings

    return Settings.from_environment({"DUBAN_DATA": str(data)})


async def test_cosignatures_are_asked_for_until_they_are_there(dsn: str, tmp_path: Path) -> None:
    """The witness is away, then new to us, then its reply is lost, then it has seen more than we hold."""
    from service.log import cosigning
    from service.log.cosigning import Known, Uncosigned, cosign
    from service.log.witness import parse_request
    from service.store.clock import SystemClock
    from service.store.database import Database
    from service.store.migrate import migrate
    from service.store.recorder import Recorder
    from tests.service.log.logs import city_of, grow

    await migrate(dsn)
    async with await Database.open(dsn, size=2) as pool, Recorder.open(pool, SystemClock()) as recorder:
        city = city_of(pool, recorder, tmp_path)
        witness = Witness(tmp_path / "witness", WITNESS, [city.key.public])
        known = Known("http://127.0.0.1:1", witness.key.public)
        await grow(recorder, 5)
        await city.signer.seal()
        assert await cosign(pool, [known]) == []
        asked = pytest.MonkeyPatch()
        try:
            asked.setattr(cosigning, "_post", lambda _, request: _reply(witness, request.encode()))
            assert await cosign(pool, [known]) == [WITNESS]
            assert await cosign(pool, [known]) == []
            await grow(recorder, 5)
            lost = await city.signer.seal()
            request = parse_request(b"old 0\n\n" + lost.encode())
            # It cosigned, and we did not hear of it.
            from service.log import stored
            from service.tlog.proofs import consistency_ranges

            proof = await stored.proof(pool, consistency_ranges(5, 10))
            whole = type(request)(5, tuple(proof), lost)
            assert witness.add_checkpoint(whole.encode()).status == 200
            assert await cosign(pool, [known]) == [WITNESS]
            await tamper(dsn, "delete from log.cosignature", "delete from log.checkpoint where size = 10")
            newest = await stored.newest(pool)
            assert newest is not None
            with pytest.raises(Uncosigned, match="EVENTS ARE LOST"):
                await cosigning._asked(pool, known, newest.checkpoint)
        finally:
            asked.undo()


def _reply(witness: Witness, content: bytes) -> tuple[int, bytes]:
    reply = witness.add_checkpoint(content)
    return reply.status, reply.content
