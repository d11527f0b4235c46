"""Proofs through what is lawful: an erasure changes no leaf, no proof and no published entry."""

import asyncio
from pathlib import Path

from service.log.export import export
from service.log.proving import tlog_proof
from service.log.sources import Directory
from service.log.verify import Trust, verify
from service.tlog.note import parse_vkey
from service.tlog.tlog_proof import verified
from tests.service.api.client import Insider
from tests.service.api.small import small_town
from tests.service.api.test_audit_erasure import carried_out, order, position_of
from tests.service.log import independent
from tests.service.log.independent import by_go, by_scales

sumdb = independent.sumdb


async def test_an_erasure_keeps_every_proof_valid(service: Insider, sumdb: Path, tmp_path: Path) -> None:
    app = service.app
    assert app.signer is not None
    await small_town(service)
    position = await position_of(service, "directory.official_registered")
    before = await app.signer.seal()
    keys = [parse_vkey(row[0]) for row in await app.database.fetch("select vkey from log.signer")]
    disk, old = tmp_path / "disk", tmp_path / "old"
    old.write_bytes(before.encode())
    await export(app.database, before, keys, disk, lambda done, total: None)
    attached = (await tlog_proof(app.database, position, before)).encode()

    await order(service, position)
    await carried_out(service)
    after = await app.signer.seal()
    assert after.size > before.size
    await export(app.database, after, keys, disk, lambda done, total: None)

    vkey = keys[0].vkey
    assert await asyncio.to_thread(by_go, sumdb, disk, vkey, old) is None
    assert await asyncio.to_thread(by_scales, disk, vkey, old) is None
    whole = await asyncio.to_thread(verify, Directory(disk), Trust(keys), since=before, whole=True)
    assert whole.checkpoint.size == after.size
    # The letter of that day, and a new one: of the same entry.
    again = (await tlog_proof(app.database, position, after)).encode()
    assert verified(attached, keys).extra == verified(again, keys).extra
    # A copy made from nothing is the same.
    await export(app.database, after, keys, tmp_path / "new", lambda done, total: None)
    assert await asyncio.to_thread(by_go, sumdb, tmp_path / "new", vkey, old) is None
