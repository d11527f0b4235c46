"""The witness: cosigns growth and nothing else, on disk before it replies; what it refuses is shown."""

import json
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from proofbundle.checkpoint import verify_witnessed_checkpoint

from service.log import witness as witness_module
from service.log.witness import Reply, Request, Witness
from service.log.witness_server import told
from service.tlog import proofs
from service.tlog.checkpoint import Checkpoint, opened
from service.tlog.merkle import EMPTY_ROOT
from service.tlog.note import LOG_KEY, PrivateKey, cosigned_at, parse_signatures
from tests.service.log.logs import ORIGIN, signed
from tests.service.tlog.trees import leaves, tree_hash

NAME = "inspector.example/w1"
KEY = PrivateKey.generate(ORIGIN, LOG_KEY)
LEAVES = leaves(64)
FORKED = (*LEAVES[:5], *leaves(100)[70:])


def tree(size: int, hashes: Sequence[bytes] = LEAVES, key: PrivateKey = KEY) -> Checkpoint:
    return signed(key, size, tree_hash(tuple(hashes[:size])))


def request(old: int, size: int, hashes: Sequence[bytes] = LEAVES, key: PrivateKey = KEY) -> bytes:
    given = proofs.proof(
        proofs.consistency_ranges(old, size),
        lambda level, index: tree_hash(tuple(hashes[index << level : index + 1 << level])),
    )
    return Request(old, tuple(given), tree(size, hashes, key)).encode()


class Clock:
    now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def witness(tmp_path: Path, clock: Clock) -> Witness:
    return Witness(tmp_path / "witness", NAME, [KEY.public], clock)


def again(witness: Witness) -> Witness:
    """The same witness, started anew."""
    return Witness(witness.directory, NAME, [KEY.public], witness._now_s)


def cosigned(witness: Witness, reply: Reply, checkpoint: Checkpoint) -> Checkpoint:
    assert reply.status == 200
    whole = checkpoint.with_signatures(parse_signatures(reply.content.decode()))
    assert whole.note.signed_by(witness.key.public) is not None
    return whole


def test_growth_is_cosigned_and_remembered(witness: Witness) -> None:
    at = 0
    for size in (0, 1, 2, 7, 7, 64):
        whole = cosigned(witness, again(witness).add_checkpoint(request(at, size)), tree(size))
        found = verify_witnessed_checkpoint(
            whole.encode().decode(), KEY.public.vkey, [witness.key.public.vkey], expected_origin=ORIGIN
        )
        assert found["ok"]
        last = again(witness).last(ORIGIN)
        assert last is not None
        assert last.tree == whole.tree
        at = size
    assert witness.refusals() == []
    assert "64 events cosigned" in told(witness)


@pytest.mark.parametrize("old", [0, 3, 6, 8])
def test_an_old_size_that_is_not_the_last_is_told_the_last(witness: Witness, old: int) -> None:
    witness.add_checkpoint(request(0, 7))
    reply = witness.add_checkpoint(request(old, 9))
    assert (reply.status, reply.content, reply.content_type) == (409, b"7\n", "text/x.tlog.size")
    assert witness.refusals() == []


def test_a_fork_is_refused_and_is_proof(witness: Witness) -> None:
    cosigned(witness, witness.add_checkpoint(request(0, 7)), tree(7))
    reply = witness.add_checkpoint(request(7, 7, FORKED))
    assert (reply.status, reply.content) == (409, b"7\n")
    witness.add_checkpoint(request(7, 7, FORKED))
    [refused] = again(witness).refusals()
    assert refused["what"] == "fork"
    # Both notes, each with the signature of the log: whoever holds the vkey can check it.
    assert isinstance(refused["submitted"], str)
    assert isinstance(refused["cosigned"], str)
    submitted = refused["submitted"].partition("\n\n")[2]
    roots = {opened(note.encode(), [KEY.public]).root for note in (refused["cosigned"], submitted)}
    assert len(roots) == 2
    assert "FORK: two trees of 7 events" in told(witness)
    assert "evidence" in told(witness)


def test_a_rollback_is_refused_and_shown(witness: Witness) -> None:
    witness.add_checkpoint(request(0, 9))
    assert witness.add_checkpoint(request(0, 7)).status == 409
    assert witness.add_checkpoint(request(7, 7)).status == 409
    assert [r["what"] for r in witness.refusals()] == ["rollback"]
    last = witness.last(ORIGIN)
    assert last is not None
    assert last.size == 9


def test_a_rewritten_history_is_refused_and_shown(witness: Witness) -> None:
    witness.add_checkpoint(request(0, 7))
    assert witness.add_checkpoint(request(7, 20, FORKED)).status == 422
    assert [r["what"] for r in witness.refusals()] == ["rewritten history"]
    last = witness.last(ORIGIN)
    assert last is not None
    assert last.size == 7


def test_a_false_proof_is_settled_by_the_right_one(witness: Witness) -> None:
    witness.add_checkpoint(request(0, 7))
    false = Request(7, (bytes(32),) * 4, tree(20)).encode()
    assert witness.add_checkpoint(false).status == 422
    assert [r["settled"] for r in witness.refusals()] == [False]
    assert witness.add_checkpoint(request(7, 20)).status == 200
    assert [r["settled"] for r in again(witness).refusals()] == [True]
    assert "settled" in told(witness)


def test_a_crash_in_mid_record_keeps_the_witness_from_nothing(witness: Witness) -> None:
    cosigned(witness, witness.add_checkpoint(request(0, 7)), tree(7))
    witness.add_checkpoint(request(7, 7, FORKED))
    refused = witness.directory / "refused"
    refused.write_bytes(refused.read_bytes() + b'{"at": "2020-06-10T04:00:00+00:00", "what": "rollb')
    cosigned(witness, again(witness).add_checkpoint(request(7, 9)), tree(9))
    again(witness).add_checkpoint(request(0, 8))
    assert [r["what"] for r in again(witness).refusals()] == ["fork", "rollback"]
    assert "and 1 of which a crash has left no more than a part" in told(again(witness))


def test_strangers_are_nobody(witness: Witness) -> None:
    other = PrivateKey.generate(ORIGIN, LOG_KEY)
    assert witness.add_checkpoint(request(0, 7, key=other)).status == 403
    unknown = PrivateKey.generate("other.example/log", LOG_KEY)
    text = tree(7).note.text.replace(ORIGIN, unknown.name)
    note = type(tree(7).note)(text, (unknown.sign(text),))
    assert witness.add_checkpoint(b"old 0\n\n" + note.encode()).status == 404
    spoiled = request(0, 7).replace(tree(7).note.signatures[0].line()[-12:-4].encode(), b"AAAAAAAA")
    assert witness.add_checkpoint(spoiled).status == 403
    assert witness.last(ORIGIN) is None
    assert witness.refusals() == []


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"old 0\n",
        b"old 0",
        b"\n\n",
        b"old -1\n\n" + tree(7).encode(),
        b"old 00\n\n" + tree(7).encode(),
        b"old 9\n\n" + tree(7).encode(),
        b"old 0 \n\n" + tree(7).encode(),
        b"new 0\n\n" + tree(7).encode(),
        b"old 0\nAAAA\n\n" + tree(7).encode(),
        b"old 0\n!\n\n" + tree(7).encode(),
        b"old 0\n" + b"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n" * 64 + b"\n" + tree(7).encode(),
        b"old \xff\n\n" + tree(7).encode(),
        b"old 0\n\n" + tree(7).encode()[:-2],
    ],
)
def test_what_is_no_request_is_refused(witness: Witness, content: bytes) -> None:
    assert witness.add_checkpoint(content).status == 400


def test_from_nothing_a_proof_is_empty(witness: Witness) -> None:
    assert witness.add_checkpoint(Request(0, (bytes(32),), tree(7)).encode()).status == 422
    assert witness.add_checkpoint(Request(0, (), signed(KEY, 0, bytes(32))).encode()).status == 409
    assert witness.add_checkpoint(Request(0, (), signed(KEY, 0, EMPTY_ROOT)).encode()).status == 200


def test_a_clock_that_went_back_makes_no_older_statement(witness: Witness, clock: Clock) -> None:
    first = cosigned(witness, witness.add_checkpoint(request(0, 7)), tree(7))
    clock.now -= 3_600
    second = cosigned(witness, again(witness).add_checkpoint(request(7, 9)), tree(9))
    times = [cosigned_at(c.note.signed_by(witness.key.public).signature) for c in (first, second)]  # type: ignore[union-attr]
    assert times[0] == times[1] == 1_700_000_000


def test_killed_before_it_is_written_nothing_is_said(
    witness: Witness, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A crash between checkpoint and cosignature: the log asks again, and a fork has no chance in between."""
    witness.add_checkpoint(request(0, 7))

    def killed(path: Path, content: bytes) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(witness_module, "write_durably", killed)
        with pytest.raises(KeyboardInterrupt):
            witness.add_checkpoint(request(7, 20))
    restarted = again(witness)
    last = restarted.last(ORIGIN)
    assert last is not None
    assert last.size == 7
    assert restarted.add_checkpoint(request(7, 20)).status == 200


def test_killed_after_it_is_written_the_log_asks_again(witness: Witness) -> None:
    """The reply was lost: the log finds out the size, and gets a cosignature of the same tree."""
    witness.add_checkpoint(request(0, 7))
    witness.add_checkpoint(request(7, 20))
    reply = again(witness).add_checkpoint(request(7, 20))
    assert (reply.status, reply.content) == (409, b"20\n")
    cosigned(witness, again(witness).add_checkpoint(request(20, 20)), tree(20))


def test_of_two_at_once_one_is_cosigned(witness: Witness) -> None:
    """Two processes on one directory, two forks at once: never both."""
    witness.add_checkpoint(request(0, 5))
    for _ in range(10):
        barrier = threading.Barrier(2)

        def ask(hashes: Sequence[bytes], barrier: threading.Barrier = barrier) -> int:
            barrier.wait()
            last = witness.last(ORIGIN)
            assert last is not None
            return again(witness).add_checkpoint(request(5, 20, hashes)).status

        with ThreadPoolExecutor(2) as both:
            statuses = sorted(both.map(ask, (LEAVES, FORKED)))
        assert statuses.count(200) <= 1
    last = witness.last(ORIGIN)
    assert last is not None
    assert last.size == 20


def test_its_files_are_not_taken_on_trust(witness: Witness) -> None:
    """Whoever puts another checkpoint in the place of the last one does not have the witness's key."""
    witness.add_checkpoint(request(0, 7))
    [path] = witness.directory.glob("*.checkpoint")
    path.write_bytes(tree(3).encode())
    with pytest.raises(Exception, match="not what this witness cosigned"):
        witness.add_checkpoint(request(3, 20))
    with pytest.raises(Exception, match="of the witness inspector"):
        Witness(witness.directory, "other.example/w", [KEY.public])


def test_suspicions_do_not_fill_the_disk(witness: Witness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(witness_module, "SUSPICIONS_MOST", 3)
    witness.add_checkpoint(request(0, 40))
    for size in range(1, 20):
        assert witness.add_checkpoint(request(0, size)).status == 409
    assert witness.add_checkpoint(request(40, 40, FORKED * 2)).status == 409
    assert [r["what"] for r in witness.refusals()] == ["rollback"] * 3 + ["fork"]
    assert all(json.dumps(r) for r in witness.refusals())
