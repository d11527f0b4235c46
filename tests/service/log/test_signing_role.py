"""The signer as a role of its own: it seals a log whose states it cannot read."""

from pathlib import Path

import asyncpg
import pytest

from service.config import Settings
from service.log import stored
from service.log.keys import SigningKeys
from service.log.signer import Signer
from service.store.clock import SystemClock
from service.store.database import Database
from service.store.migrate import prepare
from service.store.recorder import Recorder
from service.store.roles import Roles, guard
from service.tlog.note import LOG_KEY, PrivateKey
from tests.service.log.logs import ORIGIN, grow
from tests.service.store.test_roles import as_user

ROLES = Roles("test_signing")


async def test_the_signer_seals_as_its_own_role(dsn: str, tmp_path: Path) -> None:
    service, signing = as_user(dsn, "test_signing_service"), as_user(dsn, "test_signing_a_signer")
    settings = {"DATABASE_URL": service, "DUBAN_OWNER_URL": dsn, "DUBAN_ROLE_PREFIX": ROLES.prefix}
    await prepare(Settings.from_environment(settings))
    connection = await asyncpg.connect(dsn)
    await guard(connection, ROLES, {"signer": signing})
    await connection.close()
    # As `duban log sign` does with the signer's address.
    await prepare(Settings.from_environment({"DATABASE_URL": signing}))
    key = PrivateKey.generate(ORIGIN, LOG_KEY)
    async with (
        await Database.open(service, size=2) as database,
        Recorder.open(database, SystemClock()) as recorder,
        await Database.open(signing, size=1) as signers,
    ):
        for number, pool in enumerate((signers, database), start=1):
            await grow(recorder, 300)
            signer = Signer(pool, ORIGIN, lambda: SigningKeys(key), tmp_path / "signed")
            checkpoint = await signer.seal()
            assert checkpoint.size == 300 * number
            assert checkpoint.root == await stored.root(pool, checkpoint.size)
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await signers.fetchval("select state from log.event limit 1")
