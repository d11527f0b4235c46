"""Proofs of the log as it stands, read from its stored nodes and checked against a signed root before they
are given away: a wrong node makes an error here, never a wrong proof."""

from service.log import stored
from service.log.signer import Inconsistent
from service.log.stored import Missing, Reads
from service.tlog.checkpoint import Checkpoint
from service.tlog.merkle import EMPTY_ROOT, leaf
from service.tlog.proofs import consistency_ranges, includes, inclusion_ranges, is_consistent
from service.tlog.tlog_proof import TlogProof


async def tlog_proof(database: Reads, position: int, checkpoint: Checkpoint) -> TlogProof:
    """That the event at a position is in the tree of the checkpoint, which must cover it."""
    ranges = inclusion_ranges(position - 1, checkpoint.size)
    try:
        entry, hashes = await stored.entry_and_proof(database, position, ranges)
    except Missing as error:
        raise Inconsistent(str(error)) from error
    if entry is None:
        raise Inconsistent(f"the event at position {position} is missing", position)
    if not includes(position - 1, checkpoint.size, leaf(entry), hashes, checkpoint.root):
        raise Inconsistent(
            f"the event at position {position}, or a node beside it, is not what was signed", position
        )
    return TlogProof(position - 1, tuple(hashes), checkpoint, entry)


async def consistency(database: Reads, old: int, checkpoint: Checkpoint) -> tuple[bytes, list[bytes]]:
    """The root over the first `old` events, and the proof that the checkpoint's tree goes on from it."""
    try:
        old_root = await stored.root(database, old) if old else EMPTY_ROOT
        hashes = await stored.proof(database, consistency_ranges(old, checkpoint.size))
    except Missing as error:
        raise Inconsistent(str(error)) from error
    if not is_consistent(old, checkpoint.size, old_root, checkpoint.root, hashes):
        raise Inconsistent(f"the nodes of the first {checkpoint.size} events are not those that were signed")
    return old_root, hashes
