"""The file that the rating page lets a rater download, checked alone: `duban rating check FILE --key VKEY`.

It needs the log's public key and nothing else: no network, no database, no other file. What is checked is
that the box in the file is the one that was signed: the event that opened it and those that sealed it are in
the tree of a checkpoint under that key; every ballot is certified by the issuers' keys of the first, and
signed by its own. What it cannot tell is said as well (`UNTOLD`).
"""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import msgspec

from domain import rating_scale
from domain.aggregate import AnyEvent
from domain.rating_box import RatingBox
from service import BadInput
from service.ballots.verify import sealed_faults, voided_faults
from service.store.codec import UnknownTopic, UnknownVersion, decode
from service.tlog.checkpoint import Checkpoint, opened
from service.tlog.entry import Entry
from service.tlog.merkle import leaf
from service.tlog.note import PublicKey
from service.tlog.proofs import includes

UNTOLD = """\
It does not tell whose a ballot is (your page has shown you that yours are in it), whether every ballot that
was cast is in it, nor how many might have been: that takes the whole log, and duban rating verify."""


class FileBallot(msgspec.Struct, frozen=True):
    key: bytes
    signatures: tuple[bytes, ...]
    grade: str
    signature: bytes


class FileProof(msgspec.Struct, frozen=True):
    """See `service.ballots.proven.Proof`."""

    index: int
    path: tuple[bytes, ...]
    entry: str
    salt: bytes
    state: str


class FileUnit(msgspec.Struct, frozen=True):
    unit: UUID
    state: str
    proof: FileProof
    ballots: tuple[FileBallot, ...] = ()
    count: int | None = None
    histogram: dict[str, int] = {}
    score: str | None = None


class FileLog(msgspec.Struct, frozen=True):
    checkpoint: str
    vkeys: tuple[str, ...] = ()


class File(msgspec.Struct, frozen=True):
    """As `sealed.json` says it (docs/rating.md)."""

    box: UUID
    log: FileLog
    opened: FileProof
    units: tuple[FileUnit, ...]


Ended = RatingBox.BallotBoxSealed | RatingBox.RatingVoided


@dataclass(frozen=True)
class Checked:
    """A box that was found right as far as its file goes: each unit's event with its place in the log."""

    checkpoint: Checkpoint
    box: RatingBox.RatingOpened
    position: int
    units: tuple[tuple[int, Ended], ...]


class WrongFile(ValueError):
    """The file is not what was signed; the message says what is wrong with it."""


def read_file(content: bytes) -> File:
    """The file as it was downloaded, unverified; BadInput unless it is one."""
    try:
        return msgspec.json.decode(content, type=File)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadInput(f"this is no file of a rating page: {error}") from None


def check(file: File, keys: Sequence[PublicKey], witnesses: Sequence[PublicKey] = ()) -> Checked:
    """Hold the file to the log's keys. Raises WrongFile, BadNote."""
    checkpoint = opened(file.log.checkpoint.encode(), keys)
    for key in witnesses:
        if checkpoint.note.signed_by(key) is None:
            raise WrongFile(f"the checkpoint is not cosigned by {key.name}")
    box, position = _event(file.opened, checkpoint, file.box)
    if not isinstance(box, RatingBox.RatingOpened) or box.originator_version != 1:
        raise WrongFile("what is said to have opened the box has not")
    told = [unit.unit for unit in file.units]
    if sorted(told) != sorted(box.unit_ids):
        raise WrongFile(
            "it does not hold each unit of the box once: was it downloaded before the box was sealed?"
        )
    units = tuple(_unit(unit, box, checkpoint) for unit in file.units)
    return Checked(checkpoint, box, position, units)


def told(found: Checked) -> list[str]:
    """What was found, line by line, and what was not."""
    tree, box = found.checkpoint.tree, found.box
    lines = [f"{tree.origin}: {box.title} ({box.originator_id}) was opened at position {found.position}."]
    for position, event in found.units:
        if isinstance(event, RatingBox.RatingVoided):
            lines.append(f"unit {event.unit_id}: voided at position {position}, with {event.ballots} ballots")
            continue
        histogram = rating_scale.counts(box.scale, Counter(ballot.grade for ballot in event.ballots))
        grades = ", ".join(f"{each.grade} {each.ballots}" for each in histogram)
        score = rating_scale.score(box.scale, histogram)
        sealed = f"sealed at position {position} with {len(event.ballots)} ballots"
        lines.append(f"unit {event.unit_id}: {sealed}: {grades}; score {score}")
    issuers = " and ".join(box.issuers)
    return [
        *lines,
        f"all is right: certified by {issuers}, each signed by its own key, as it was signed.",
        UNTOLD,
    ]


def _unit(unit: FileUnit, box: RatingBox.RatingOpened, checkpoint: Checkpoint) -> tuple[int, Ended]:
    """The event that ended the rating of a unit, with its position; the list beside it must say the same."""
    event, position = _event(unit.proof, checkpoint, box.originator_id)
    match event:
        case RatingBox.BallotBoxSealed(unit_id=unit.unit):
            faults = list(sealed_faults(box, event)) or _differences(unit, box, event)
        case RatingBox.RatingVoided(unit_id=unit.unit):
            agrees = (unit.state, unit.ballots, unit.count) == ("VOIDED", (), event.ballots)
            faults = [*voided_faults(box, event), *([] if agrees else ["the file says something else of it"])]
        case _:
            raise WrongFile(f"position {position}: this event has not ended the rating of unit {unit.unit}")
    if faults:
        raise WrongFile("\n".join(f"position {position}: {fault}" for fault in faults))
    return position, event


def _differences(unit: FileUnit, box: RatingBox.RatingOpened, event: RatingBox.BallotBoxSealed) -> list[str]:
    """Where the file says something else beside the signed event."""
    histogram = rating_scale.counts(box.scale, Counter(ballot.grade for ballot in event.ballots))
    score = f"{rating_scale.score(box.scale, histogram):f}"
    listed = [msgspec.structs.astuple(ballot) for ballot in unit.ballots]
    signed = [(b.key, b.signatures, b.grade, b.signature) for b in event.ballots]
    agrees = {
        "state": unit.state == "SEALED",
        "ballots": listed == signed,
        "count": unit.count == len(signed),
        "histogram": unit.histogram == {each.grade: each.ballots for each in histogram},
        "score": unit.score == score,
    }
    return [
        f"the {name} beside it is not that of the signed event" for name, same in agrees.items() if not same
    ]


def _event(proof: FileProof, checkpoint: Checkpoint, stream: UUID) -> tuple[AnyEvent, int]:
    """The event of a proof, and its position; it is in the tree, and of this box."""
    position = proof.index + 1
    try:
        entry = msgspec.json.decode(proof.entry, type=Entry)
        event = decode(entry.topic, proof.state.encode())
    except (msgspec.DecodeError, UnknownTopic, UnknownVersion) as error:
        raise WrongFile(f"position {position}: it is no event: {error}") from None
    hashed = leaf(proof.entry.encode())
    if not includes(proof.index, checkpoint.size, hashed, proof.path, checkpoint.root):
        raise WrongFile(f"position {position}: the event is not in the tree that was signed")
    digest = hashlib.sha256(proof.salt + proof.state.encode()).digest()
    if (entry.position, entry.stateDigest) != (position, digest):
        raise WrongFile(f"position {position}: its state is not the one that its entry holds the digest of")
    named = (event.originator_id, event.originator_version)
    if named != (entry.streamId, entry.streamVersion) or event.originator_id != stream:
        raise WrongFile(f"position {position}: the event is not of this box")
    return event, position
