"""Keys and boxes in a signed checkpoint: what a rater's page takes its keys from, and where a proof ends."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from service.log.cosigning import Known, cosign
from service.log.witness import Request, Witness
from service.store.clock import SimulatedClock
from service.tlog.checkpoint import Checkpoint, opened
from service.tlog.merkle import leaf
from service.tlog.note import LOG_KEY, BadNote, PrivateKey, parse_vkey
from service.tlog.proofs import includes
from tests.service.api.client import Insider
from tests.service.ballots.hall import Hall, any_octets, hall, refusal_in


def signed(body: Any) -> Checkpoint:
    """The checkpoint of a body, held to the keys that it names."""
    return opened(body["log"]["checkpoint"].encode(), [parse_vkey(key) for key in body["log"]["vkeys"]])


def proved(proof: Any, checkpoint: Checkpoint) -> dict[str, Any]:
    """The state that a proof is of, once it is shown to be in the tree."""
    entry = msgspec.json.decode(proof["entry"])
    digest = hashlib.sha256(any_octets(proof["salt"]) + proof["state"].encode()).digest()
    assert any_octets(entry["stateDigest"]) == digest
    assert entry["position"] == proof["index"] + 1
    path = [any_octets(node) for node in proof["path"]]
    hashed = leaf(proof["entry"].encode())
    assert includes(proof["index"], checkpoint.size, hashed, path, checkpoint.root)
    state: dict[str, Any] = msgspec.json.decode(proof["state"])
    return {**state, "topic": entry["topic"], "stream": entry["streamId"]}


async def test_a_boxs_keys_are_in_a_signed_checkpoint(service: Insider, clock: SimulatedClock) -> None:
    room = await hall(service, clock)
    status, body = await room.get("keys.json")
    assert status == 200
    state = proved(body["opened"], signed(body))
    assert (state["topic"], state["stream"]) == ("rating.rating_opened", str(room.box))
    terms = await room.terms()
    assert len(state["keys"]) == len(terms.keys) == 2
    # And nothing else tells a key: nobody can be tempted to take one from there.
    _, standing = await room.get("state.json")
    assert not any("keys" in unit for unit in standing["units"])


async def test_a_proof_ends_at_a_signed_checkpoint(casting: Hall) -> None:
    await casting.cast_all()
    await casting.seal()
    _, body = await casting.get("sealed.json")
    checkpoint = signed(body)
    assert proved(body["opened"], checkpoint)["topic"] == "rating.rating_opened"
    for unit in body["units"]:
        state = proved(unit["proof"], checkpoint)
        assert (state["topic"], state["unit_id"]) == ("rating.ballot_box_sealed", unit["unit"])
        assert state["ballots"] == unit["ballots"]
    view = await casting.client.ask(
        """query ($id: ID!) { ratingBox(id: $id) { opened { checkpoint entry index path salt state }
        units { proof { checkpoint index path entry salt state } } } }""",
        {"id": casting.id},
    )
    told = view["ratingBox"]
    for proof in (told["opened"], *(unit["proof"] for unit in told["units"])):
        proved(proof, opened(proof["checkpoint"].encode(), [parse_vkey(body["log"]["vkeys"][0])]))


async def test_what_is_not_signed_yet_is_waited_for(service: Insider, clock: SimulatedClock) -> None:
    room = await hall(service, clock)
    signer, room.app.boxes.prover.signer = room.app.boxes.prover.signer, None
    response = await service.http.get(f"/rate/{room.box}/keys.json")
    assert (response.status_code, response.headers["retry-after"]) == (503, "2")
    assert refusal_in(response.json()) == "rating.unsigned"
    query = "query ($id: ID!) { ratingBox(id: $id) { opened { index } } }"
    assert (await service.ask(query, {"id": room.id}))["ratingBox"]["opened"] is None
    await signer.seal()
    assert (await room.get("keys.json"))[0] == 200


async def test_a_checkpoint_that_every_witness_has_cosigned_is_preferred(
    service: Insider, clock: SimulatedClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = await hall(service, clock)
    app = room.app
    await app.signer.seal()
    vkey = (await app.database.fetch("select vkey from log.signer"))[0]["vkey"]
    witness = Witness(tmp_path / "witness", "inspector.example/w1", [parse_vkey(vkey)])

    def post(_: Known, request: Request) -> tuple[int, bytes]:
        reply = witness.add_checkpoint(request.encode())
        return reply.status, reply.content

    monkeypatch.setattr("service.log.cosigning._post", post)
    app.boxes.prover.witnesses = (witness.key.public,)
    _, lonely = await room.get("keys.json")
    assert signed(lonely).note.signed_by(witness.key.public) is None
    await cosign(app.database, [Known("http://witness.example", witness.key.public)])
    # One more that is not cosigned; and what lacked a cosignature is given out no longer than some seconds.
    await service.give("registerUnit", {"code": "late", "name": "局", "category": "DEPARTMENT"})
    later = await app.signer.seal()
    later_on = SimpleNamespace(monotonic=lambda: float("inf"))
    monkeypatch.setattr("service.web.remembered.time", later_on)
    _, body = await room.get("keys.json")
    assert body["log"]["witnesses"] == [witness.key.public.vkey]
    assert signed(body).note.signed_by(witness.key.public) is not None
    assert signed(body).size < later.size


@pytest.mark.parametrize("path", ["keys.json", "sealed.json"])
async def test_a_log_that_is_not_what_was_signed_proves_nothing(
    service: Insider, clock: SimulatedClock, path: str
) -> None:
    room = await hall(service, clock)
    await room.app.signer.seal()
    await room.app.database.execute(
        "alter table log.event disable trigger all; "
        "update log.event set actor = 'somebody else' where topic = 'rating.rating_opened'; "
        "alter table log.event enable trigger all"
    )
    status, body = await room.get(path)
    assert (status, refusal_in(body)) == (500, "LOG_INCONSISTENT")


FORGERIES: list[Callable[[bytes], bytes]] = [
    lambda note: note.replace(b"\n2", b"\n3", 1) if b"\n2" in note else note.replace(b"\n1", b"\n9", 1),
    lambda note: note.split(b"\n\n")[0] + b"\n\n" + _another(note),
]


def _another(note: bytes) -> bytes:
    """A line by somebody else's key of the same name."""
    text = note.split(b"\n\n")[0].decode() + "\n"
    return PrivateKey.generate(text.split("\n")[0], LOG_KEY).sign(text).line().encode()


@pytest.mark.parametrize("forged", FORGERIES)
async def test_these_checks_notice_a_checkpoint_that_is_forged(
    service: Insider, clock: SimulatedClock, forged: Callable[[bytes], bytes]
) -> None:
    room = await hall(service, clock)
    _, body = await room.get("keys.json")
    body["log"]["checkpoint"] = forged(body["log"]["checkpoint"].encode()).decode()
    with pytest.raises(BadNote):
        signed(body)
