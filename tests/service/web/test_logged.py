"""The page's reading of the signed log (`logged.mjs`), run by Node.js, against the log's own Python: what is
right is taken, and whatever is changed of it is named."""

import copy
import json
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec

from service.tlog.checkpoint import Tree
from service.tlog.entry import Entry, digest
from service.tlog.merkle import leaf
from service.tlog.note import LOG_KEY, WITNESS_KEY, Note, PrivateKey
from tests.npm import install, output_of
from tests.service.tlog.trees import leaves, path, tree_hash

OURS = Path(__file__).parents[3] / "service" / "web" / "rate" / "logged.mjs"
HERE = Path(__file__).parent
ORIGIN = "city.example/log"
BOX, UNIT = UUID(int=7), UUID(int=8)
LOG, WITNESS = PrivateKey.generate(ORIGIN, LOG_KEY), PrivateKey.generate("inspector.example/w", WITNESS_KEY)
SIZES = (1, 2, 3, 4, 5, 7, 8, 21, 255, 256, 257, 300)
SALT = bytes(range(16))
State = dict[str, Any]
Body = dict[str, Any]


def opening() -> State:
    return {
        "title": "五月评估",
        "closes_at": "2020-05-29T17:30:00+08:00",
        "issuers": ["service"],
        "scale": [],
        "unit_ids": [str(UNIT)],
        "keys": [{"unit_id": str(UNIT), "issuer": "service", "spki": "AAAA"}],
    }


def entry_of(index: int, state: bytes, topic: str = "rating.rating_opened", version: int = 1) -> bytes:
    return Entry(
        actor="评估人员",
        causation=None,
        correlation=UUID(int=1),
        position=index + 1,
        recordedAt="2020-05-29T01:00:00.000000Z",
        stateDigest=digest(SALT, state),
        streamId=BOX,
        streamVersion=version,
        topic=topic,
    ).encode()


def body(size: int, index: int, **entry: Any) -> Body:
    """A body of keys.json: the event at an index of a tree of this size, signed and cosigned."""
    state = msgspec.json.encode(opening())
    published = entry_of(index, state, **entry)
    hashes = (*leaves(size)[:index], leaf(published), *leaves(size)[index + 1 :])
    text = Tree(ORIGIN, size, tree_hash(hashes)).text()
    note = Note(text, (LOG.sign(text), WITNESS.sign(text, 1_600_000_000)))
    return {
        "log": {
            "vkeys": [LOG.public.vkey],
            "witnesses": [WITNESS.public.vkey],
            "checkpoint": note.encode().decode(),
        },
        "opened": {
            "index": index,
            "path": [b64encode(node).decode() for node in path(index, hashes)],
            "entry": published.decode(),
            "salt": b64encode(SALT).decode(),
            "state": state.decode(),
        },
    }


async def read(cases: list[Body], directory: Path, box: UUID = BOX) -> list[Any]:
    await install({}, directory, "the signed log as the rating pages read it")
    given = directory / "cases.json"
    given.write_text(json.dumps([{"box": str(box), "body": case} for case in cases]))
    told: list[Any] = json.loads(
        await output_of("node", str(HERE / "logged.mjs"), str(OURS), str(given), cwd=directory)
    )
    return told


async def test_what_is_in_a_signed_tree_is_taken(tmp_path: Path) -> None:
    places = [(size, index) for size in SIZES for index in sorted({0, size // 2, size - 1})]
    told = await read([body(*place) for place in places], tmp_path)
    signers = [[LOG.public.fingerprint, True], [WITNESS.public.fingerprint, True]]
    for place, found in zip(places, told, strict=True):
        assert found == {"keys": {str(UNIT): {"service": "AAAA"}}, "size": place[0], "signers": signers}


def _note(change: Callable[[str], str]) -> Callable[[Body], object]:
    return lambda b: b["log"].update(checkpoint=change(b["log"]["checkpoint"]))


def _other_key(b: Body) -> None:
    b["log"]["vkeys"] = [PrivateKey.generate(ORIGIN, LOG_KEY).public.vkey]


def _own_log(b: Body) -> None:
    """A log that somebody else has signed under the same name: another fingerprint, and nothing else."""
    mallory = PrivateKey.generate(ORIGIN, LOG_KEY)
    text = b["log"]["checkpoint"].split("\n\n")[0] + "\n"
    b["log"]["checkpoint"] = Note(text, (mallory.sign(text),)).encode().decode()


def _another_origin(b: Body) -> None:
    text = b["log"]["checkpoint"].split("\n\n")[0].replace(ORIGIN, "other.example/log") + "\n"
    b["log"]["checkpoint"] = Note(text, (LOG.sign(text),)).encode().decode()


def _other_issuer_key(b: Body) -> None:
    """The attack that all of it is against: a key of one rater's own."""
    b["opened"]["state"] = b["opened"]["state"].replace("AAAA", "BBBB")


def _other_issuer_key_and_entry(b: Body) -> None:
    _other_issuer_key(b)
    b["opened"]["entry"] = entry_of(b["opened"]["index"], b["opened"]["state"].encode()).decode()


def _false_cosignature(b: Body) -> None:
    line = b["log"]["checkpoint"].splitlines()[-1]
    flipped = line[:-10] + ("A" if line[-10] != "A" else "B") + line[-9:]
    b["log"]["checkpoint"] = b["log"]["checkpoint"].replace(line, flipped)


CHANGES: list[tuple[Callable[[Body], object], str]] = [
    (_other_issuer_key, "log.entry"),
    (_other_issuer_key_and_entry, "log.proof"),
    (_other_key, "log.unsigned"),
    (_own_log, "log.unsigned"),
    (_another_origin, "log.unsigned"),
    (_false_cosignature, "log.signature"),
    (_note(lambda note: note.replace("\n21\n", "\n22\n")), "log.signature"),
    (_note(lambda note: note.split("\n\n")[0] + "\n"), "log.checkpoint"),
    (_note(lambda note: note[:-1]), "log.checkpoint"),
    (_note(lambda note: ""), "log.checkpoint"),
    (lambda b: b["log"].update(vkeys=[]), "log.unsigned"),
    (lambda b: b["log"].update(vkeys=[b["log"]["witnesses"][0]]), "log.key"),
    (lambda b: b["log"].update(vkeys=[b["log"]["vkeys"][0].replace("+", "+0", 1)]), "log.key"),
    (lambda b: b["opened"]["path"].pop(), "log.proof"),
    (lambda b: b["opened"]["path"].append(b["opened"]["path"][0]), "log.proof"),
    (lambda b: b["opened"]["path"].reverse(), "log.proof"),
    (lambda b: b["opened"].update(index=4), "log.entry"),
    (lambda b: b["opened"].update(salt="AAAA"), "log.entry"),
]


async def test_whatever_is_changed_is_named(tmp_path: Path) -> None:
    cases = []
    for change, _ in CHANGES:
        case = copy.deepcopy(body(21, 5))
        change(case)
        cases.append(case)
    assert await read(cases, tmp_path) == [says for _, says in CHANGES]


async def test_another_event_is_no_opening_of_the_box(tmp_path: Path) -> None:
    cases = [body(21, 5, topic="rating.rater_struck"), body(21, 5, version=2)]
    assert await read(cases, tmp_path) == ["log.box"] * 2
    assert await read([body(21, 5)], tmp_path, UUID(int=9)) == ["log.box"]


async def test_a_witness_that_has_not_cosigned_is_told(tmp_path: Path) -> None:
    case = body(21, 5)
    text = case["log"]["checkpoint"].split("\n\n")[0] + "\n"
    case["log"]["checkpoint"] = Note(text, (LOG.sign(text),)).encode().decode()
    [told] = await read([case], tmp_path)
    assert told["signers"] == [[LOG.public.fingerprint, True], [WITNESS.public.fingerprint, False]]


def sealed(size: int) -> Body:
    """A whole box, of one unit; its proof is that of the opening, for any event in the tree will do."""
    found = body(size, 5)
    unit = {"unit": str(UNIT), "state": "SEALED", "ballots": [{"grade": "good"}], "count": 1, "score": "85"}
    return {**found, "units": [{**unit, "proof": copy.deepcopy(found["opened"])}]}


RETOLD: list[tuple[Callable[[Body], object], bool]] = [
    (lambda b: None, True),
    (lambda b: b["units"][0].update(ballots=[{"grade": "poor"}]), False),
    (lambda b: b["units"][0].update(state="VOIDED"), False),
    (lambda b: b["units"].clear(), False),
    (lambda b: b["units"][0]["proof"]["path"].reverse(), False),
    (lambda b: b["units"][0]["proof"].update(state="{}"), False),
    (_other_issuer_key, False),
    (_own_log, False),
]


async def test_what_was_checked_is_kept_unless_it_is_told_again_the_same(tmp_path: Path) -> None:
    """A server that shows one box to be looked at and another to be downloaded takes away the evidence."""
    cases = []
    for change, _ in RETOLD:
        anew = sealed(257)
        change(anew)
        if change is _own_log:
            anew["log"]["vkeys"] = [PrivateKey.generate(ORIGIN, LOG_KEY).public.vkey]
        cases.append({**sealed(21), "anew": anew})
    assert await read(cases, tmp_path) == [same for _, same in RETOLD]


def test_people_compare_eighty_bits() -> None:
    shown = LOG.public.fingerprint.split(" ")
    assert [len(bytes.fromhex(group)) for group in shown] == [2] * 5
