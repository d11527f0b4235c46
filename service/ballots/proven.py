"""What a box can be held to: its events in a signed checkpoint of the log.

Whoever rates takes the issuers' keys from here and from nowhere else. A key that was made for one rater
alone would be a mark; in a tree that a witness has cosigned, and that everybody can compare, there is one
set of keys for all (RFC 9576, section 6.2). A rater's proof ends at a checkpoint for the same reason: a root
that nobody has signed binds nobody.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from domain.aggregate import AnyEvent
from domain.rating_box import RatingBox
from domain.refusal import Refusal
from service.ballots.encodings import base64_of
from service.log import proving, stored
from service.log.cosigning import Known
from service.log.signer import Signer
from service.store.codec import decode
from service.store.database import Database
from service.tlog.checkpoint import Checkpoint
from service.tlog.note import parse_vkey

SHOWN = (RatingBox.RatingOpened.TOPIC, RatingBox.BallotBoxSealed.TOPIC, RatingBox.RatingVoided.TOPIC)
EVENTS = """
select position, topic, salt, state from log.event
where stream_id = $1 and topic = any($2::text[]) order by position"""
SIGNERS = "select vkey from log.signer order by since desc"


@dataclass(frozen=True)
class Proof:
    """That an event is in the checkpoint's tree: its entry, which holds the digest of salt and state, and the
    hashes beside the way from the leaf to the root."""

    index: int
    path: tuple[bytes, ...]
    entry: bytes
    salt: bytes
    state: bytes

    @property
    def position(self) -> int:
        return self.index + 1


@dataclass(frozen=True)
class Proven:
    """A box in a checkpoint. `vkeys` are the log's that have signed it, `witnesses` the vkeys of those who
    are asked to cosign; `is_cosigned` when all of them have."""

    checkpoint: Checkpoint
    vkeys: tuple[str, ...]
    witnesses: tuple[str, ...]
    is_cosigned: bool
    opened: Proof
    units: dict[UUID, Proof]


class Prover:
    """Proves boxes. `signer` None: another process signs, and what it has not signed yet is waited for."""

    def __init__(self, database: Database, signer: Signer | None, witnesses: Sequence[Known]):
        self.database = database
        self.signer = signer
        self.witnesses = tuple(witness.key for witness in witnesses)

    async def prove(self, box: UUID) -> Proven:
        """The box's opening, and every unit that is sealed or voided. Refusal while that is not signed;
        raises Inconsistent, BadNote and what asyncpg raises."""
        rows = await self.database.fetch(EVENTS, box, SHOWN)
        if not rows:
            raise Refusal("rating.unknown", field="box")
        checkpoint = await self._covering(rows[-1]["position"])
        proofs = [(decode(row["topic"], row["state"]), await self._proof(row, checkpoint)) for row in rows]
        signers = [parse_vkey(row["vkey"]) for row in await self.database.fetch(SIGNERS)]
        note = checkpoint.note
        return Proven(
            checkpoint,
            tuple(key.vkey for key in signers if note.signed_by(key) is not None),
            tuple(key.vkey for key in self.witnesses),
            all(note.signed_by(key) is not None for key in self.witnesses),
            opened=proofs[0][1],
            units={_unit(event): proof for event, proof in proofs[1:]},
        )

    async def _covering(self, position: int) -> Checkpoint:
        names = [key.name for key in self.witnesses]
        found = await stored.cosigned(self.database, position, names)
        found = found or await stored.covering(self.database, position)
        if found is not None:
            return found.checkpoint
        if self.signer is None:
            raise Refusal("rating.unsigned", field="box")
        return await self.signer.covering(position)

    async def _proof(self, row: Any, checkpoint: Checkpoint) -> Proof:
        proved = await proving.tlog_proof(self.database, row["position"], checkpoint)
        assert proved.extra is not None
        return Proof(proved.index, proved.hashes, proved.extra, row["salt"], row["state"])


def _unit(event: AnyEvent) -> UUID:
    assert isinstance(event, RatingBox.BallotBoxSealed | RatingBox.RatingVoided)
    return event.unit_id


# -- as the rater's page reads it


def log_json(proven: Proven) -> dict[str, Any]:
    """The checkpoint, and whose signatures it is to be held to."""
    return {
        "vkeys": list(proven.vkeys),
        "witnesses": list(proven.witnesses),
        "checkpoint": proven.checkpoint.encode().decode(),
    }


def proof_json(proof: Proof) -> dict[str, Any]:
    return {
        "index": proof.index,
        "path": [base64_of(node) for node in proof.path],
        "entry": proof.entry.decode(),
        "salt": base64_of(proof.salt),
        "state": proof.state.decode(),
    }


def keys_json(proven: Proven) -> dict[str, Any]:
    """The body of `keys.json`."""
    return {"log": log_json(proven), "opened": proof_json(proven.opened)}
