"""`duban log` and `duban witness` as a person types them."""

import json
from pathlib import Path

import pytest

from service.cli import main as cli
from service.log.witness import Request, Witness
from service.plans import WEIFANG_2020
from service.tlog.checkpoint import Tree, opened, parse_checkpoint
from service.tlog.note import LOG_KEY, Note, PrivateKey, parse_vkey
from service.tlog.tlog_proof import parse_tlog_proof
from tests.service.tlog.trees import leaves, tree_hash

pytestmark = pytest.mark.usefixtures("alone")


def said(capsys: pytest.CaptureFixture[str]) -> str:
    return "".join(capsys.readouterr())


def test_an_inspection(capsys: pytest.CaptureFixture[str]) -> None:
    """A disk that leaves the building, verified, extended, verified again from where it was, and spoiled."""
    assert cli.main(["import", str(WEIFANG_2020)]) == 0
    assert cli.main(["log", "export", "disk"]) == 0
    capsys.readouterr()
    assert cli.main(["log", "vkey"]) == 0
    vkey = capsys.readouterr().out.strip()
    assert Path("disk/vkey").read_text() == f"{vkey}\n"
    size = opened(Path("disk/checkpoint").read_bytes(), [parse_vkey(vkey)]).size
    assert cli.main(["log", "verify", "disk", "--key", vkey, "--resume", "kept"]) == 0
    assert f"{size} events are what was signed" in said(capsys)
    # The key that lies beside the log is told as such.
    assert cli.main(["log", "verify", "disk"]) == 0
    assert "Compare it" in said(capsys)

    assert cli.main(["log", "proof", "7", "7.tlog-proof"]) == 0
    assert parse_tlog_proof(Path("7.tlog-proof").read_bytes()).index == 6
    assert cli.main(["log", "verify", "7.tlog-proof", "--key", "disk/vkey"]) == 0
    assert '"position":7' in said(capsys)
    assert cli.main(["log", "verify", "7.tlog-proof"]) == 2
    # (The log has grown meanwhile: that it was exported is written down.)
    assert cli.main(["log", "proof", str(size + 100)]) == 2
    assert "they are 1 to" in said(capsys)

    Path("old").write_bytes(Path("disk/checkpoint").read_bytes())
    assert cli.main(["log", "rotate"]) == 0
    new = next(line for line in said(capsys).splitlines() if line.startswith("duban.local/log+"))
    assert new != vkey
    assert cli.main(["log", "export", "disk"]) == 0
    assert opened(Path("disk/checkpoint").read_bytes(), [parse_vkey(new)]).size > size
    assert Path("disk/vkey").read_text().splitlines()[0] == new
    assert cli.main(["log", "verify", "disk", "--key", new, "--key", vkey, "--from", "old"]) == 0
    assert f"from position {size + 1} on" in said(capsys)
    assert cli.main(["log", "verify", "disk", "--key", new, "--key", vkey, "--from", "old", "--whole"]) == 0
    assert "Entries were read from" not in said(capsys)

    entries = bytearray(Path("disk/tile/entries/000").read_bytes())
    entries[30] ^= 1
    Path("disk/tile/entries/000").write_bytes(entries)
    # What was verified before is not read again.
    assert cli.main(["log", "verify", "disk", "--key", new, "--resume", "kept"]) == 0
    capsys.readouterr()
    assert cli.main(["log", "verify", "disk", "--key", new]) == 1
    assert said(capsys) == "duban: the entry at position 1 is not the signed one\n"
    Path("kept").write_text("x")
    assert cli.main(["log", "verify", "disk", "--key", new, "--resume", "kept"]) == 1
    assert "remove it" in said(capsys)


def test_a_key_from_the_settings(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    key = PrivateKey.generate("duban.local/log", LOG_KEY)
    Path("key").write_text(key.encode() + "\n")
    monkeypatch.setenv("DUBAN_LOG_KEY_FILE", "key")
    assert cli.main(["log", "vkey"]) == 0
    assert capsys.readouterr().out.strip() == key.public.vkey
    assert not Path(".duban/log/key").exists()
    for name, value, told in (
        ("DUBAN_LOG_ORIGIN", "other.example/log", "another log's"),
        ("DUBAN_LOG_ORIGIN", "two words", "no spaces"),
        ("DUBAN_LOG_OLD_KEY", "PRIVATE+KEY+x", "not a private key"),
        ("DUBAN_LOG_WITNESSES", "http://127.0.0.1:1", "vkey of each"),
        ("DUBAN_LOG_SIGNS", "perhaps", "yes or no"),
    ):
        with monkeypatch.context() as set_:
            set_.setenv(name, value)
            assert cli.main(["log", "vkey"]) == 2
            assert told in said(capsys)
    assert cli.main(["log", "rotate"]) == 2
    assert key.encode() not in said(capsys)


KEY = PrivateKey.generate("a.example/log", LOG_KEY).public.vkey


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["verify", "nowhere"], 1, "neither a directory nor an address"),
        (["verify", ".", "--key", "x"], 2, "x: neither a vkey (name+id+key) nor a file of them"),
        (["verify", ".", "--key", "x+y"], 2, "not a vkey"),
        (["verify", ".", "--key", KEY, "--from", "none"], 2, "--from: none cannot be read"),
        (["verify", ".", "--key", KEY, "--from", "/dev/null"], 1, "--from: /dev/null is no checkpoint"),
        (["verify", "."], 1, "has no vkey"),
        (["verify", "http://127.0.0.1:1/log"], 1, "127.0.0.1:1"),
        (["verify", "http://127.0.0.1:1/log", "--from", "none"], 1, ""),
    ],
)
def test_what_cannot_be_verified_is_one_line(
    words: list[str], code: int, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["log", *words]) == code
    told_ = said(capsys)
    assert told in told_
    assert told_.count("\n") == 1


def test_a_witness_shows_what_it_refused(capsys: pytest.CaptureFixture[str]) -> None:
    key = PrivateKey.generate("duban.local/log", LOG_KEY)
    words = [
        "witness",
        "--directory",
        "w",
        "--name",
        "inspector.example/w1",
        "--log",
        key.public.vkey,
        "--show",
    ]
    assert cli.main(words) == 0
    assert "nothing cosigned yet" in said(capsys)
    witness = Witness(Path("w"), "inspector.example/w1", [key.public])
    for other in (0, 1):
        text = Tree(key.name, 7, tree_hash(leaves(7 + other)[other:])).text()
        checkpoint = parse_checkpoint(Note(text, (key.sign(text),)).encode())
        witness.add_checkpoint(Request(0, (), checkpoint).encode())
    with pytest.raises(SystemExit) as ended:
        cli.main(words)
    assert ended.value.code == 1
    assert "FORK: two trees of 7 events" in said(capsys)
    assert json.loads(Path("w/refused").read_text().splitlines()[0])["what"] == "fork"
    assert cli.main(["witness", "--directory", "w"]) == 2
    assert "--log" in said(capsys)


def test_one_archive_is_enough_for_ratings_and_draws(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["import", str(WEIFANG_2020)]) == 0
    assert cli.main(["log", "export", "disk"]) == 0
    assert cli.main(["rating", "verify", "disk"]) == 1
    assert "export it with --events" in said(capsys)
    assert cli.main(["log", "export", "disk", "--events"]) == 0
    capsys.readouterr()
    for what, found in (("rating", "0 boxes"), ("draw", "0 draws")):
        assert cli.main([what, "verify", "disk", "--key", "disk/vkey"]) == 0
        told = said(capsys)
        assert "events are what was signed" in told
        assert f"all is right: {found}" in told
    stranger = PrivateKey.generate("duban.local/log", LOG_KEY).public.vkey
    assert cli.main(["rating", "verify", "disk", "--key", stranger]) == 1
    assert "is not signed by" in said(capsys)
    # The events alone are held to no signature, and the command says so.
    assert cli.main(["export", "--events", "log.jsonl"]) == 0
    assert cli.main(["draw", "verify", "log.jsonl"]) == 0
    assert "to no signature" in said(capsys)
    assert cli.main(["draw", "verify", "log.jsonl", "--key", stranger]) == 1
    # That events left the building is written down, both times.
    lines = Path("log.jsonl").read_text().splitlines()
    assert sum('"what":"events"' in json.loads(line)["state"] for line in lines) == 1
