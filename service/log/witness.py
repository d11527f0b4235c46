"""The witness: the inspectorate's own process, key and files (C2SP tlog-witness, tlog-cosignature).

It knows the log by its public keys, and remembers of it the last tree that it cosigned. It cosigns a tree
only if that goes on from the last one, and writes it down, on disk, before it replies.

A fork, a rollback or a rewritten history is refused, recorded with both signed notes, and shown to a person.
Two trees of one size are proof by themselves: only the holder of the log's key can have signed both. Others
are suspicions, since anybody can bring an old checkpoint again, or a false proof with a good one: each is
recorded once, and settled when the same tree is cosigned later.
"""

import fcntl
import json
import logging
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from service import Failure
from service.log.files import read_if_there, write_durably, write_first
from service.tlog.checkpoint import Checkpoint, opened, parse_checkpoint, parse_number
from service.tlog.merkle import EMPTY_ROOT, HASH_BYTES
from service.tlog.note import (
    NOTE_BYTES_LIMIT,
    WITNESS_KEY,
    BadNote,
    PrivateKey,
    PublicKey,
    b64,
    cosigned_at,
    unb64,
    verified_by,
)
from service.tlog.proofs import is_consistent

log = logging.getLogger(__name__)

PROOF_LINES_LIMIT = 63
REQUEST_BYTES_LIMIT = NOTE_BYTES_LIMIT + 4096
# Nobody fills the disk with suspicions, nor with proofs.
SUSPICIONS_MOST = 1_000
FORKS_MOST = 10_000

FORK, ROLLBACK, REWRITTEN, SETTLED = "fork", "rollback", "rewritten history", "settled"

SIZE_TYPE = "text/x.tlog.size"
TEXT_TYPE = "text/plain; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Reply:
    """What is answered over HTTP."""

    status: int
    content: bytes
    content_type: str = TEXT_TYPE


@dataclass(frozen=True, slots=True)
class Request:
    """An add-checkpoint request."""

    old: int
    proof: tuple[bytes, ...]
    checkpoint: Checkpoint

    def encode(self) -> bytes:
        lines = [f"old {self.old}", *(b64(hashed) for hashed in self.proof)]
        return "".join(f"{line}\n" for line in lines).encode() + b"\n" + self.checkpoint.encode()


def parse_request(content: bytes) -> Request:
    """A request as it was received; BadNote unless it is one to the letter."""
    head, separator, note = content.partition(b"\n\n")
    try:
        first, *lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError:
        raise BadNote("the request is not text") from None
    if not separator or not first.startswith("old "):
        raise BadNote("a request is an old size, a proof, an empty line and a checkpoint")
    if len(lines) > PROOF_LINES_LIMIT:
        raise BadNote(f"a proof has at most {PROOF_LINES_LIMIT} lines")
    old = parse_number(first.removeprefix("old "), "the old size")
    proof = tuple(unb64(line, "a hash of the proof") for line in lines)
    if any(len(hashed) != HASH_BYTES for hashed in proof):
        raise BadNote(f"a hash has {HASH_BYTES} bytes")
    return Request(old, proof, parse_checkpoint(note))


class Witness:
    """One witness, for the logs whose keys it is given (by origin, the name of the key)."""

    def __init__(
        self,
        directory: Path,
        name: str,
        logs: Sequence[PublicKey],
        now_s: Callable[[], float] = time.time,
    ):
        """In `directory` are its key, made at first use, the last checkpoint of each log, and what it
        refused."""
        self.directory = directory
        self._logs: dict[str, list[PublicKey]] = {}
        for key in logs:
            self._logs.setdefault(key.name, []).append(key)
        self._now_s = now_s
        path = directory / "key"
        if not path.exists():
            write_first(path, f"{PrivateKey.generate(name, WITNESS_KEY).encode()}\n".encode())
        self.key = PrivateKey.parse(path.read_text(), WITNESS_KEY)
        if self.key.name != name:
            raise Failure(f"the key in {directory} is of the witness {self.key.name}, not {name}")

    @property
    def origins(self) -> list[str]:
        """The logs it is for."""
        return sorted(self._logs)

    def keys_of(self, origin: str) -> list[PublicKey]:
        """The keys that it knows a log by."""
        return list(self._logs.get(origin, ()))

    def add_checkpoint(self, content: bytes) -> Reply:
        """Answer one request. What is answered with 200 is on disk."""
        try:
            request = parse_request(content)
        except BadNote as error:
            return _said(400, str(error))
        keys = self._logs.get(request.checkpoint.tree.origin)
        if keys is None:
            return _said(404, "this witness does not know the log")
        try:
            if not verified_by(request.checkpoint.note, keys):
                return _said(403, "no key that this witness trusts has signed the checkpoint")
        except BadNote as error:
            return _said(403, str(error))
        if request.old > request.checkpoint.size:
            return _said(400, "the old size is larger than the checkpoint's")
        with self._alone():
            return self._decide(request, keys)

    def last(self, origin: str) -> Checkpoint | None:
        """The last checkpoint of the log that was cosigned."""
        content = read_if_there(self._path(origin))
        if content is None:
            return None
        try:
            # Only what we cosigned ourselves counts: nobody put another file in its place.
            return opened(content, [self.key.public], origin)
        except BadNote as error:
            raise Failure(f"{self._path(origin)} is not what this witness cosigned: {error}") from None

    def refusals(self) -> list[dict[str, object]]:
        """What was refused although the log's key had signed it, the oldest first; `settled` where the same
        tree was cosigned later."""
        lines = [line for line in self._lines() if line is not None]
        settled = {line["tree"] for line in lines if line["what"] == SETTLED}
        return [{**line, "settled": line["tree"] in settled} for line in lines if line["what"] != SETTLED]

    def cut_short(self) -> int:
        """How many records of refusals a crash has left unreadable; they are in the file as they are."""
        return sum(line is None for line in self._lines())

    # -- deciding

    def _decide(self, request: Request, keys: Sequence[PublicKey]) -> Reply:
        tree, last = request.checkpoint.tree, self.last(request.checkpoint.tree.origin)
        size, root = (0, EMPTY_ROOT) if last is None else (last.size, last.root)
        if tree.size < size:
            self._refuse(ROLLBACK, f"a tree of {tree.size} events, behind one of {size}", request, last)
        if tree.size == size and tree.root != root:
            self._refuse(FORK, f"two trees of {size} events", request, last)
            return _conflict(size)
        if request.old != size:
            return _conflict(size)
        if not is_consistent(size, tree.size, root, tree.root, request.proof):
            self._refuse(REWRITTEN, f"{tree.size} events do not go on from {size}", request, last)
            return _said(422, "the checkpoint does not go on from the last one")
        return self._cosign(request.checkpoint, last, keys)

    def _cosign(self, checkpoint: Checkpoint, last: Checkpoint | None, keys: Sequence[PublicKey]) -> Reply:
        before = None if last is None else last.note.signed_by(self.key.public)
        # A clock that went back must not make an older statement of a newer tree.
        at_s = max(int(self._now_s()), 0 if before is None else cosigned_at(before.signature))
        cosignature = self.key.sign(checkpoint.note.text, at_s)
        theirs = [s for key in keys if (s := checkpoint.note.signed_by(key)) is not None]
        kept = Checkpoint(
            checkpoint.tree, type(checkpoint.note)(checkpoint.note.text, (*theirs, cosignature))
        )
        write_durably(self._path(checkpoint.tree.origin), kept.encode())
        if any(r["tree"] == checkpoint.tree.text() and not r["settled"] for r in self.refusals()):
            self._record({"what": SETTLED, "tree": checkpoint.tree.text(), "at": self._now()})
        return Reply(200, cosignature.line().encode())

    def _refuse(self, what: str, told: str, request: Request, last: Checkpoint | None) -> None:
        """Record it with the evidence, for a person."""
        tree = request.checkpoint.tree
        before = [r for r in self.refusals() if (r["what"] == FORK) == (what == FORK)]
        is_known = any((r["what"], r["tree"]) == (what, tree.text()) for r in before)
        if is_known or len(before) >= (FORKS_MOST if what == FORK else SUSPICIONS_MOST):
            return
        log.critical("REFUSED, %s: %s of the log %s", what, told, tree.origin)
        self._record(
            {
                "at": self._now(),
                "what": what,
                "told": told,
                "origin": tree.origin,
                "tree": tree.text(),
                "cosigned": None if last is None else last.encode().decode(),
                "submitted": request.encode().decode(),
            }
        )

    def _record(self, line: dict[str, object]) -> None:
        with open(self._refused, "ab") as file:
            # What a crash left of a line stays a line by itself.
            if file.tell() and not self._refused.read_bytes().endswith(b"\n"):
                file.write(b"\n")
            file.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())

    def _lines(self) -> list[dict[str, Any] | None]:
        """What is recorded; None for a line that was cut short."""
        return [_read(line) for line in (read_if_there(self._refused) or b"").splitlines()]

    def _now(self) -> str:
        return datetime.fromtimestamp(self._now_s(), UTC).isoformat(timespec="seconds")

    @property
    def _refused(self) -> Path:
        return self.directory / "refused"

    def _path(self, origin: str) -> Path:
        # An origin is the name of a key, which may hold slashes.
        return self.directory / f"{origin.encode().hex()[:200]}.checkpoint"

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Whoever decides, decides alone: in this process, and in any other on the same directory."""
        with open(self.directory / "lock", "ab") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


def _read(line: bytes) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = json.loads(line)
    except ValueError:
        return None
    return found


def _said(status: int, text: str) -> Reply:
    return Reply(status, f"{text}\n".encode())


def _conflict(size: int) -> Reply:
    return Reply(409, f"{size}\n".encode(), SIZE_TYPE)
