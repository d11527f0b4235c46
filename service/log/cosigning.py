"""What the log asks of its witnesses: a cosignature of each checkpoint.

A witness that is away, slow or wrong keeps nothing back: the checkpoint stands without its cosignature, and
is brought to it again. A witness that has seen more than the log holds is told about loudly: then the log has
lost events.
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass

from service import BadInput, Failure
from service.log import stored
from service.log.fetch import Connection, Unreachable
from service.log.stored import Missing
from service.log.witness import Request
from service.store.database import Database
from service.tlog.checkpoint import Checkpoint, parse_number
from service.tlog.note import WITNESS_KEY, BadNote, PublicKey, Signature, parse_signatures, parse_vkey
from service.tlog.proofs import consistency_ranges

log = logging.getLogger(__name__)

TIMEOUT_S = 5.0
ANSWER_BYTES_LIMIT = 64 * 1024
TRIES = 2

COSIGNED = "select witness from log.cosignature where checkpoint = $1"
LAST_COSIGNED = """
select coalesce(max(c.size), 0) from log.cosignature s join log.checkpoint c on c.number = s.checkpoint
where s.witness = $1"""
ADD = """
insert into log.cosignature (checkpoint, witness, line) values ($1, $2, $3) on conflict do nothing"""


class Uncosigned(Failure):
    """A witness did not cosign; the message says why."""


@dataclass(frozen=True, slots=True)
class Known:
    """A witness: where it is, and its public key."""

    address: str
    key: PublicKey


def known(pairs: Sequence[tuple[str, str]]) -> tuple[Known, ...]:
    """The witnesses of the settings; BadInput for a vkey that is none of a witness."""
    try:
        return tuple(Known(address, parse_vkey(vkey, (WITNESS_KEY,))) for address, vkey in pairs)
    except BadNote as error:
        raise BadInput(f"DUBAN_LOG_WITNESSES: {error}") from None


async def cosign(database: Database, witnesses: Sequence[Known]) -> list[str]:
    """Bring the last checkpoint to every witness that has not cosigned it; the names of those that have now.

    Witnesses that do not cosign are told in the service's log.
    """
    found = await stored.newest(database)
    if found is None or not witnesses:
        return []
    have = {row[0] for row in await database.fetch(COSIGNED, found.number)}
    done = []
    for witness in witnesses:
        if witness.key.name in have:
            continue
        try:
            signature = await _asked(database, witness, found.checkpoint)
        except Uncosigned as error:
            log.error("%s", error)
            continue
        await database.execute(ADD, found.number, witness.key.name, signature.line())
        done.append(witness.key.name)
    return done


async def _asked(database: Database, witness: Known, checkpoint: Checkpoint) -> Signature:
    old = await database.fetchval(LAST_COSIGNED, witness.key.name)
    for _ in range(TRIES):
        try:
            proof = await stored.proof(database, consistency_ranges(old, checkpoint.size))
        except Missing as error:
            raise Uncosigned(f"no proof for the witness {witness.key.name}: {error}") from None
        status, content = await asyncio.to_thread(_post, witness, Request(old, tuple(proof), checkpoint))
        if status == 200:
            return _cosignature(witness, checkpoint, content)
        if status != 409:
            said = content[:200].decode("utf-8", "replace").strip()
            raise Uncosigned(f"the witness {witness.key.name} refuses the checkpoint: {status} {said}")
        old = _size(witness, content)
        if old > checkpoint.size:
            raise Uncosigned(
                f"the witness {witness.key.name} has cosigned {old} events, and this log has sealed "
                f"{checkpoint.size}: EVENTS ARE LOST, or another copy of the log goes on elsewhere"
            )
    raise Uncosigned(f"the witness {witness.key.name} holds another tree of {old} events: THE LOG IS FORKED")


def _post(witness: Known, request: Request) -> tuple[int, bytes]:
    try:
        with Connection(witness.address, timeout_s=TIMEOUT_S) as connection:
            answer = connection.request("POST", "add-checkpoint", ANSWER_BYTES_LIMIT, request.encode())
    except Unreachable as error:
        raise Uncosigned(f"the witness {witness.key.name} does not answer: {error}") from None
    return answer.status, answer.content


def _cosignature(witness: Known, checkpoint: Checkpoint, content: bytes) -> Signature:
    """The witness's own line among those that came."""
    try:
        signed = checkpoint.with_signatures(parse_signatures(content.decode()))
        found = signed.note.signed_by(witness.key)
    except (BadNote, UnicodeDecodeError) as error:
        raise Uncosigned(f"the witness {witness.key.name} answers with no cosignature: {error}") from None
    if found is None:
        raise Uncosigned(f"the witness {witness.key.name} answers with another's cosignature")
    return found


def _size(witness: Known, content: bytes) -> int:
    try:
        return parse_number(content.decode("ascii", "replace").removesuffix("\n"), "the size")
    except BadNote as error:
        raise Uncosigned(f"the witness {witness.key.name} answers 409 without a size: {error}") from None
