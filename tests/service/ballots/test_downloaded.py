"""The file that a rater downloads, checked alone against the log's public key: `duban rating check`."""

import asyncio
from collections.abc import Callable
from copy import deepcopy
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from service.cli import main as cli
from service.embedded import embedded_postgres
from service.store.clock import SimulatedClock
from service.tlog.note import LOG_KEY, WITNESS_KEY, PrivateKey
from tests.service.api.client import Insider
from tests.service.api.conftest import noon, opened
from tests.service.ballots.hall import hall

Body = dict[str, Any]


async def played(server: str, data: Path) -> Body:
    """A box with one unit sealed and one voided, as the page downloads it."""
    clock = SimulatedClock(noon(2020, 5, 29))
    async with opened(server, data, clock) as app, Insider(app) as client:
        room = await hall(client, clock)
        for n in range(6):
            await room.collect(n)
        await room.barrier()
        first, second = (await room.terms()).unit_ids
        for n, rater in room.raters.items():
            await room.cast(first, rater.ballot(first, ("good", "poor")[n % 2]))
            if n < 2:
                await room.cast(second, rater.ballot(second, "fair"))
        clock.moment += timedelta(hours=3)
        await room.seal()
        status, body = await room.get("sealed.json")
        assert status == 200
        found: Body = body
        return found


@pytest.fixture(scope="module")
def sealed_box(tmp_path_factory: pytest.TempPathFactory) -> Body:
    directory = tmp_path_factory.mktemp("downloaded")
    with embedded_postgres(directory / "postgres") as server:
        return asyncio.run(played(server, directory / "data"))


@pytest.fixture
def downloaded(sealed_box: Body) -> Body:
    return deepcopy(sealed_box)


def checked(body: Any, directory: Path, *options: str) -> int:
    path = directory / "rating.json"
    path.write_bytes(body if isinstance(body, bytes) else msgspec.json.encode(body))
    return cli.main(["rating", "check", str(path), *options])


def test_a_file_that_is_right(downloaded: Body, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    [vkey] = downloaded["log"]["vkeys"]
    assert checked(downloaded, tmp_path, "--key", vkey) == 0
    told = capsys.readouterr().out
    sealed, voided = sorted(downloaded["units"], key=lambda unit: unit["state"])
    assert f"unit {sealed['unit']}: sealed at position {sealed['position']} with 6 ballots" in told
    assert "excellent 0, good 3, fair 0, poor 3; score 67.50" in told
    assert f"unit {voided['unit']}: voided at position {voided['position']}, with 2 ballots" in told
    assert "all is right: certified by service" in told
    assert "does not tell whose a ballot is" in told
    # Without a key of one's own, the one that comes along is told as people compare it.
    assert checked(downloaded, tmp_path) == 0
    told = capsys.readouterr().out
    assert "Compare it with the one that was posted in the hall" in told
    assert vkey in told


def _sealed(body: Body) -> Body:
    unit: Body = next(unit for unit in body["units"] if unit["state"] == "SEALED")
    return unit


def _in_state(body: Body, change: Callable[[Body], object]) -> None:
    proof = _sealed(body)["proof"]
    state = msgspec.json.decode(proof["state"])
    change(state)
    proof["state"] = msgspec.json.encode(state).decode()


def _swap_proofs(body: Body) -> None:
    one, other = body["units"]
    one["proof"], other["proof"] = other["proof"], one["proof"]


CHANGES: list[tuple[Callable[[Body], object], str]] = [
    (lambda b: _sealed(b)["ballots"].pop(), "the ballots beside it is not that of the signed event"),
    (lambda b: _sealed(b)["ballots"][0].update(grade="excellent"), "the ballots beside it"),
    (lambda b: _sealed(b)["histogram"].update(poor=2), "the histogram beside it"),
    (lambda b: _sealed(b).update(score="99.00"), "the score beside it"),
    (lambda b: _in_state(b, lambda s: s["ballots"].pop()), "its state is not the one"),
    (lambda b: _sealed(b)["proof"].update(index=1), "not in the tree that was signed"),
    (lambda b: _sealed(b)["proof"]["path"].pop(), "not in the tree that was signed"),
    (lambda b: _sealed(b)["proof"].update(entry="{}"), "it is no event"),
    (lambda b: b["opened"].update(_sealed(b)["proof"]), "what is said to have opened the box has not"),
    (lambda b: b.update(box="00000000-0000-5000-8000-000000000000"), "the event is not of this box"),
    (lambda b: b["units"].pop(), "was it downloaded before the box was sealed?"),
    (lambda b: b["units"].append(b["units"][0]), "does not hold each unit of the box once"),
    (_swap_proofs, "has not ended the rating of unit"),
    (lambda b: b["log"].update(checkpoint=b["log"]["checkpoint"].replace("\n", "0\n", 2)), ""),
]


@pytest.mark.parametrize(("change", "says"), CHANGES)
def test_a_changed_file_is_caught(
    downloaded: Body,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    change: Callable[[Body], object],
    says: str,
) -> None:
    [vkey] = downloaded["log"]["vkeys"]
    change(downloaded)
    assert checked(downloaded, tmp_path, "--key", vkey) == 1
    told = capsys.readouterr()
    assert says in told.err
    assert "all is right" not in told.out


def test_another_key_or_a_missing_witness_or_no_file(
    downloaded: Body, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    [vkey] = downloaded["log"]["vkeys"]
    name = vkey.split("+")[0]
    another = PrivateKey.generate(name, LOG_KEY).public.vkey
    assert checked(downloaded, tmp_path, "--key", another) == 1
    witness = PrivateKey.generate("inspector.example/w1", WITNESS_KEY).public.vkey
    assert checked(downloaded, tmp_path, "--key", vkey, "--witness", witness) == 1
    assert "not cosigned by inspector.example/w1" in capsys.readouterr().err
    assert checked(b"no json", tmp_path, "--key", vkey) == 2
    assert "no file of a rating page" in capsys.readouterr().err
    assert cli.main(["rating", "check", str(tmp_path / "none")]) == 2
