"""The service's own issuer keys at rest, and their end.

A box's private keys lie in the database encrypted (AES-256-GCM) under a key that lies in a file of the
service's data directory and nowhere else. Destroying them means: the file is overwritten and removed, then
the rows' private parts are taken away. What backups and the write-ahead log still hold cannot be opened any
more.

Copies of the service that issue for the same boxes share the data directory, as they do for its signing key.
"""

import asyncio
import os
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)

from service import Failure
from service.ballots.blind_rsa import SigningKey, new_key, spki
from service.store.database import Database

SELECT_KEYS = """
select unit, public_key, sealed_private_key from ballots.issuer_key where box = $1 order by unit"""
INSERT_KEYS = """
insert into ballots.issuer_key (box, unit, public_key, sealed_private_key)
select $1, k.unit, k.public_key, k.sealed from unnest($2::uuid[], $3::bytea[], $4::bytea[])
    k (unit, public_key, sealed)
on conflict do nothing"""
FORGET_KEYS = "update ballots.issuer_key set sealed_private_key = null where box = $1"

_NONCE_BYTES = 12
_BOXES_KEPT = 16


class KeysDestroyed(Failure):
    """The private keys of this box are not here any more."""


class IssuerKeys:
    """The key pairs of one issuer: made at first asking, kept until destroyed."""

    def __init__(self, database: Database, directory: Path):
        self.database = database
        self.directory = directory / "ballots"
        self._signing: dict[UUID, dict[UUID, SigningKey]] = {}
        self._opening = asyncio.Lock()

    async def public(self, box: UUID, units: Sequence[UUID]) -> dict[UUID, bytes]:
        """The public key (SPKI) of each unit; the same at every asking."""
        known = await self._public(box)
        missing = [unit for unit in units if unit not in known]
        if missing:
            made = await asyncio.to_thread(self._made, box, missing)
            rows = [(unit, *pair) for unit, pair in made.items()]
            await self.database.execute(INSERT_KEYS, box, *map(list, zip(*rows, strict=True)))
            known = await self._public(box)
        return {unit: known[unit] for unit in units}

    async def signing(self, box: UUID) -> Mapping[UUID, SigningKey]:
        """The private key of each unit, opened; KeysDestroyed when they are not there."""
        known = self._signing.get(box)
        if known is not None:
            return known
        # Opening takes a while, and a hall comes all at once: one opens, the others wait.
        async with self._opening:
            known = self._signing.get(box)
            if known is None:
                rows = await self.database.fetch(SELECT_KEYS, box)
                known = await asyncio.to_thread(self._opened, box, rows)
                while len(self._signing) >= _BOXES_KEPT:
                    self._signing.pop(next(iter(self._signing)))
                self._signing[box] = known
            return known

    async def destroy(self, box: UUID) -> None:
        """The private keys are gone afterwards; asked again, they stay so."""
        self.forget(box)
        await asyncio.to_thread(_shred, self._path(box))
        await self.database.execute(FORGET_KEYS, box)

    def forget(self, box: UUID) -> None:
        """Keep no private key of this box in memory."""
        self._signing.pop(box, None)

    async def _public(self, box: UUID) -> dict[UUID, bytes]:
        rows = await self.database.fetch(SELECT_KEYS, box)
        return {row["unit"]: row["public_key"] for row in rows}

    def _made(self, box: UUID, units: Sequence[UUID]) -> dict[UUID, tuple[bytes, bytes]]:
        sealing = AESGCM(self._wrapping_key(box))
        made = {}
        for unit in units:
            key, nonce = new_key(), secrets.token_bytes(_NONCE_BYTES)
            private = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
            made[unit] = spki(key.public_key()), nonce + sealing.encrypt(nonce, private, _bound(box, unit))
        return made

    def _opened(self, box: UUID, rows: Sequence[Mapping[str, bytes]]) -> dict[UUID, SigningKey]:
        path = self._path(box)
        if not rows or not path.exists() or any(row["sealed_private_key"] is None for row in rows):
            raise KeysDestroyed(f"the issuer's private keys of box {box} are not here")
        opening = AESGCM(path.read_bytes())
        opened = {}
        for row in rows:
            unit: UUID = row["unit"]  # type: ignore[assignment]
            sealed = row["sealed_private_key"]
            private = opening.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], _bound(box, unit))
            # What we sealed ourselves, and was opened under its seal, needs no test of its primes.
            key = load_der_private_key(private, None, unsafe_skip_rsa_key_validation=True)
            assert isinstance(key, rsa.RSAPrivateKey)
            opened[unit] = SigningKey(key.private_numbers())
        return opened

    def _path(self, box: UUID) -> Path:
        return self.directory / f"{box}.key"

    def _wrapping_key(self, box: UUID) -> bytes:
        """The key of the file, made when there is none; the first process to make it wins."""
        path = self._path(box)
        self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = path.with_suffix(f".{os.getpid()}-{secrets.token_hex(4)}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(AESGCM.generate_key(256))
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
        return path.read_bytes()


def _bound(box: UUID, unit: UUID) -> bytes:
    return box.bytes + unit.bytes


def _shred(path: Path) -> None:
    """Overwrite a key's file and remove it. (On disks that write elsewhere, the old block may live on for a
    while; it opens only what the database holds beside it, and that is taken away as well.)"""
    try:
        with path.open("r+b") as file:
            file.write(secrets.token_bytes(path.stat().st_size))
            file.flush()
            os.fsync(file.fileno())
        path.unlink()
    except FileNotFoundError:
        pass
