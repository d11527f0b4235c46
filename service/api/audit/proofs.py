"""Proofs over the log, for whoever keeps nothing but a checkpoint: what is signed, that an event is in it,
and that it goes on from what was signed before. Hashes are in base64, as in the notes themselves."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Annotated

import strawberry

from service import Failure
from service.api.request import Info
from service.api.scalars import Position
from service.app import Application
from service.errors import BadInput, Forbidden, LogInconsistent, Unavailable
from service.identity import may_read
from service.log import proving, stored
from service.log.signer import Inconsistent
from service.store.errors import UNREACHABLE
from service.tlog import checkpoint as signed
from service.tlog.merkle import leaf
from service.tlog.note import BadNote, b64, parse_vkey
from service.tlog.tlog_proof import TlogProof

SIGNERS = "select vkey from log.signer order by since desc"


@strawberry.type(description="A signed statement of what the log holds (C2SP tlog-checkpoint). 检查点")
class Checkpoint:
    origin: str = strawberry.field(description="The log's name.")
    size: Position = strawberry.field(description="How many events it covers: those up to this position.")
    root: str = strawberry.field(description="The root of the Merkle tree (RFC 6962) over them, in base64.")
    note: str = strawberry.field(description="The signed note itself, with the cosignatures of witnesses.")
    vkeys: list[str] = strawberry.field(
        description="Public keys of the log that have signed it. Whoever verifies has them from elsewhere."
    )


@strawberry.type(description="That an event is in the signed tree (RFC 6962, 2.1.1). 包含证明")
class InclusionProof:
    position: Position = strawberry.field(description="The event's place in the log.")
    index: Position = strawberry.field(description="The index of its leaf: one less.")
    leaf_hash: str = strawberry.field(description="SHA-256(0x00 ‖ entry), in base64.")
    hashes: list[str] = strawberry.field(
        description="From the leaf's sibling to the root's child, in base64."
    )
    checkpoint: Checkpoint = strawberry.field(description="The checkpoint that it leads to.")
    proof: strawberry.Private[TlogProof]

    @strawberry.field(
        description="What is hashed: the envelope as canonical JSON (RFC 8785). For OFFICE, INSPECTOR, "
        "INTEGRATOR."
    )
    def entry(self, info: Info) -> str:
        _require(info, "entry")
        return (self.proof.extra or b"").decode()

    @strawberry.field(
        description="All of it as one file (C2SP tlog-proof), to attach to a letter. For OFFICE, INSPECTOR, "
        "INTEGRATOR."
    )
    def tlog_proof(self, info: Info) -> str:
        _require(info, "tlogProof")
        return self.proof.encode().decode()


@strawberry.type(description="That the signed tree goes on from an earlier one (RFC 6962, 2.1.2). 一致性证明")
class ConsistencyProof:
    size: Position = strawberry.field(description="How many events the earlier tree has.")
    root: str = strawberry.field(description="Its root, in base64.")
    hashes: list[str] = strawberry.field(
        description="The proof, in base64; empty from an empty or equal tree."
    )
    checkpoint: Checkpoint = strawberry.field(description="The checkpoint that goes on from it.")


Covering = Annotated[
    Position | None,
    strawberry.argument(description="The first that covers this position; the last one if left out."),
]


async def checkpoint(info: Info, covering: Covering = None) -> Checkpoint | None:
    app = info.context.app
    async with _told():
        found = await _signed(app, covering)
        return None if found is None else await _shown(app, found)


async def inclusion_proof(
    info: Info, position: Annotated[Position, strawberry.argument(description="The event's place.")]
) -> InclusionProof | None:
    app = info.context.app
    if position < 1:
        raise BadInput("Positions count from 1.")
    async with _told():
        found = await _signed(app, position)
        if found is None:
            return None
        proof = await proving.tlog_proof(app.database, position, found)
        assert proof.extra is not None
        return InclusionProof(
            position=position,
            index=Position(proof.index),
            leaf_hash=b64(leaf(proof.extra)),
            hashes=_written(proof.hashes),
            checkpoint=await _shown(app, found),
            proof=proof,
        )


async def consistency_proof(
    info: Info,
    since: Annotated[
        Position, strawberry.argument(name="from", description="How many events the earlier tree has.")
    ],
    to: Covering = None,
) -> ConsistencyProof | None:
    app = info.context.app
    if to is not None and to < since:
        raise BadInput("A tree goes on from a smaller one only.")
    async with _told():
        found = await _signed(app, since if to is None else to)
        if found is None:
            return None
        if to is None:
            found = (await stored.newest(app.database) or stored.Signed(0, 0, found)).checkpoint
        root, hashes = await proving.consistency(app.database, since, found)
        return ConsistencyProof(
            size=since, root=b64(root), hashes=_written(hashes), checkpoint=await _shown(app, found)
        )


@strawberry.type(description="Proofs over the log.")
class ProofQueries:
    checkpoint: Checkpoint | None = strawberry.field(
        resolver=checkpoint,
        description="What is signed of the log; null where nothing is, or not yet so much. 检查点",
    )
    inclusion_proof: InclusionProof | None = strawberry.field(
        resolver=inclusion_proof,
        description="That an event is in what is signed; null for one that is not there or not signed yet. "
        "包含证明",
    )
    consistency_proof: ConsistencyProof | None = strawberry.field(
        resolver=consistency_proof,
        description="That what is signed goes on from a tree of so many events; null if less is. 一致性证明",
    )


def _require(info: Info, field: str) -> None:
    """Entries name actors: they are for those who may read events."""
    viewer = info.context.viewer
    if not may_read(viewer.role, "InclusionProof", field):
        what = f"InclusionProof.{field}"
        raise Forbidden(f"{viewer.role.name} may not read {what}.", what=what, field=field)


async def _signed(app: Application, covering: int | None) -> signed.Checkpoint | None:
    """The checkpoint asked for, signed now if the log holds what is asked for and this process signs."""
    if covering is None:
        last = await stored.newest(app.database)
        return None if last is None else last.checkpoint
    found = await stored.covering(app.database, covering)
    if found is not None:
        return found.checkpoint
    if app.signer is None or covering > await app.database.fetchval(stored.SIZE):
        return None
    return await app.signer.covering(covering)


async def _shown(app: Application, found: signed.Checkpoint) -> Checkpoint:
    keys = [parse_vkey(row[0]) for row in await app.database.fetch(SIGNERS)]
    return Checkpoint(
        origin=found.tree.origin,
        size=Position(found.size),
        root=b64(found.root),
        note=found.encode().decode(),
        vkeys=[key.vkey for key in keys if found.note.signed_by(key) is not None],
    )


@asynccontextmanager
async def _told() -> AsyncIterator[None]:
    """What is wrong with the log or the database, in the words of a request."""
    try:
        yield
    except (Inconsistent, BadNote) as error:
        raise LogInconsistent(f"The log is not what was signed: {error}.") from error
    except (*UNREACHABLE, Failure) as error:
        raise Unavailable("The database cannot be reached; try again.") from error


def _written(hashes: Sequence[bytes]) -> list[str]:
    return [b64(hashed) for hashed in hashes]
