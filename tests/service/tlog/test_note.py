"""Notes, keys and checkpoints to the letter: C2SP's own examples, and PyPI's `proofbundle` beside ours."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from proofbundle import checkpoint as theirs

from service.tlog.checkpoint import Tree, opened, parse_checkpoint
from service.tlog.merkle import EMPTY_ROOT
from service.tlog.note import (
    LOG_KEY,
    WITNESS_KEY,
    BadNote,
    Note,
    PrivateKey,
    parse_note,
    parse_vkey,
    parse_vkeys,
    verified_by,
)

ORIGIN = "duban.example/log"
KEY = PrivateKey.generate(ORIGIN, LOG_KEY)
WITNESS = PrivateKey.generate("inspector.example/w1", WITNESS_KEY)
TREE = Tree(ORIGIN, 3, bytes(range(32)))

# From the text of C2SP signed-note and tlog-checkpoint.
NOTE_OF_C2SP = (
    "Ognuno sta solo sul cuor della terra\ntrafitto da un raggio di sole:\n\ned è subito sera.\n\n"
    "— quasimodo.example/salvatore NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=\n"  # noqa: E501
)
CHECKPOINT_OF_C2SP = (
    "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
    "— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"  # noqa: E501
    "— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n"  # noqa: E501
)


def signed(tree: Tree = TREE, *keys: PrivateKey) -> bytes:
    text = tree.text()
    return Note(text, tuple(key.sign(text, 1_700_000_000) for key in keys or (KEY,))).encode()


def test_the_examples_of_the_specification_are_read_and_written_as_they_are() -> None:
    for example in (NOTE_OF_C2SP, CHECKPOINT_OF_C2SP):
        assert parse_note(example.encode()).encode() == example.encode()
    tree = parse_checkpoint(CHECKPOINT_OF_C2SP.encode()).tree
    assert (tree.origin, tree.size) == ("example.com/behind-the-sofa", 20_852_163)
    # The text of a note may hold empty lines; the last one separates.
    assert parse_note(NOTE_OF_C2SP.encode()).text.count("\n\n") == 1


def test_an_independent_reader_accepts_ours() -> None:
    found = theirs.verify_witnessed_checkpoint(
        signed(TREE, KEY, WITNESS).decode(), KEY.public.vkey, [WITNESS.public.vkey], expected_origin=ORIGIN
    )
    assert found["ok"]
    assert (found["tree_size"], found["root"]) == (3, TREE.root)
    assert theirs.vkey(ORIGIN, KEY.public.key) == KEY.public.vkey
    assert theirs.cosign_vkey(WITNESS.name, WITNESS.public.key) == WITNESS.public.vkey


def test_ours_accepts_what_an_independent_writer_wrote() -> None:
    key = Ed25519PrivateKey.generate()
    written = theirs.sign_checkpoint("other.example/log", 7, EMPTY_ROOT, key, "other.example/log")
    vkey = theirs.vkey("other.example/log", key.public_key().public_bytes_raw())
    assert opened(written.encode(), [parse_vkey(vkey)]).size == 7


def test_a_key_goes_round_through_its_written_forms() -> None:
    for key, kind in ((KEY, LOG_KEY), (WITNESS, WITNESS_KEY)):
        again = PrivateKey.parse(key.encode() + "\n", kind)
        assert again.public == key.public == parse_vkey(key.public.vkey)
        assert key.encode() not in repr(key)
    assert [k.name for k in parse_vkeys(f"# the log\n\n{KEY.public.vkey}\n{WITNESS.public.vkey}\n")] == [
        ORIGIN,
        WITNESS.name,
    ]


@pytest.mark.parametrize("kind", [LOG_KEY, WITNESS_KEY])
def test_a_flipped_bit_anywhere_is_seen(kind: int) -> None:
    key = KEY if kind == LOG_KEY else WITNESS
    whole = signed(TREE, key)
    for at in range(len(whole)):
        for bit in (1, 32):
            spoiled = bytearray(whole)
            spoiled[at] ^= bit
            try:
                found = verified_by(parse_note(bytes(spoiled)), [key.public])
            except BadNote:
                continue
            assert not found, at


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"\n",
        b"text\n",
        b"text\n\n",
        b"text\n\nno dash\n",
        b"text\n\n\xe2\x80\x94 name\n",
        b"text\n\n\xe2\x80\x94 name AAAA\n",
        b"text\n\n\xe2\x80\x94 na+me AAAAAAAA\n",
        b"text\n\n\xe2\x80\x94  AAAAAAAA\n",
        b"text\n\n\xe2\x80\x94 name AAAAAAAA",
        b"text\n\n\xe2\x80\x94 name AAAAAAA\n",
        b"text\n\n\xe2\x80\x94 name AAAAAAB=\n",
        b"te\rxt\n\n\xe2\x80\x94 name AAAAAAAA\n",
        b"te\xffxt\n\n\xe2\x80\x94 name AAAAAAAA\n",
        b"x" * 70_000 + b"\n\n\xe2\x80\x94 name AAAAAAAA\n",
        b"text\n\n" + b"\xe2\x80\x94 name AAAAAAAA\n" * 101,
    ],
)
def test_what_is_no_note_is_refused(text: bytes) -> None:
    with pytest.raises(BadNote):
        parse_note(text)


@pytest.mark.parametrize(
    "text",
    [
        "o\n3\n",
        "o\n03\n{root}\n",
        "o\n-3\n{root}\n",
        "o\n+3\n{root}\n",
        "o\n٣\n{root}\n",
        "o\n9223372036854775808\n{root}\n",
        "o\n3\n\n",
        "o\n3\nAAAA\n",
        "o\n3\n{root}=\n",
        "\n3\n{root}\n",
        "o\n3\n{root}\n\nmore\n",
    ],
)
def test_what_is_no_checkpoint_is_refused(text: str) -> None:
    root = TREE.text().split("\n")[2]
    body = text.format(root=root)
    with pytest.raises(BadNote):
        parse_checkpoint(Note(body, (KEY.sign(body),)).encode())


def test_a_checkpoint_of_somebody_else_is_refused() -> None:
    other = PrivateKey.generate(ORIGIN, LOG_KEY)
    assert opened(signed(), [KEY.public]).tree == TREE
    with pytest.raises(BadNote, match="not signed by"):
        opened(signed(), [other.public])
    with pytest.raises(BadNote, match="is of"):
        opened(signed(Tree("elsewhere", 3, bytes(32))), [KEY.public])
    with pytest.raises(BadNote, match="is of"):
        opened(signed(), [KEY.public], "elsewhere")
    # A stranger's signature beside the known one is nothing to us.
    assert opened(signed(TREE, other, KEY), [KEY.public]).tree == TREE


def test_a_false_signature_in_a_known_name_spoils_the_note() -> None:
    text = TREE.text()
    false = PrivateKey.generate(ORIGIN, LOG_KEY).sign(text)
    false = type(false)(false.name, KEY.public.key_id, false.signature)
    with pytest.raises(BadNote, match="false"):
        opened(Note(text, (KEY.sign(text), false)).encode(), [KEY.public])


@pytest.mark.parametrize(
    "vkey",
    ["", "a", "a+b", "a+00000000+AAAA", "a b+00000000+" + "A" * 44, KEY.public.vkey[:-4] + "AAA="],
    ids=range(6),
)
def test_what_is_no_vkey_is_refused(vkey: str) -> None:
    with pytest.raises(BadNote):
        parse_vkey(vkey)


def test_keys_are_for_one_thing() -> None:
    with pytest.raises(BadNote, match="type 4"):
        parse_vkey(WITNESS.public.vkey, (LOG_KEY,))
    with pytest.raises(BadNote, match="another kind"):
        PrivateKey.parse(WITNESS.encode(), LOG_KEY)
    with pytest.raises(BadNote, match="no private key"):
        PrivateKey.parse(KEY.public.vkey, LOG_KEY)
    with pytest.raises(BadNote, match="no spaces"):
        PrivateKey.generate("a b", LOG_KEY)
