"""RFC 9474's own vectors, and what a signer and a rater refuse."""

import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from service.ballots import blind_rsa
from service.ballots.blind_rsa import InvalidInput, SigningKey, blind, encode, finalize, verifies

VECTORS: list[dict[str, Any]] = json.loads((Path(__file__).parent / "rfc9474.json").read_text())
DETERMINISTIC = [vector for vector in VECTORS if not vector["salt"]]


def numbers_of(vector: dict[str, Any]) -> rsa.RSAPrivateNumbers:
    p, q, n, e, d = (int(vector[name], 16) for name in ("p", "q", "n", "e", "d"))
    public = rsa.RSAPublicNumbers(e, n)
    return rsa.RSAPrivateNumbers(p, q, d, d % (p - 1), d % (q - 1), rsa.rsa_crt_iqmp(p, q), public)


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return blind_rsa.new_key()


def test_there_is_a_vector_of_this_suite() -> None:
    assert DETERMINISTIC


@pytest.mark.parametrize("vector", DETERMINISTIC)
def test_the_deterministic_vector_byte_by_byte(vector: dict[str, Any]) -> None:
    numbers = numbers_of(vector)
    public = numbers.public_numbers.public_key()
    message = bytes.fromhex(vector["msg"])
    n = numbers.public_numbers.n
    assert encode(message, n.bit_length() - 1).hex() == vector["encoded_msg"]
    # The vector gives the factor's inverse.
    inverse = int(vector["inv"], 16)
    hidden = blind(public, message, pow(inverse, -1, n))
    assert (hidden.message.hex(), hidden.inverse) == (vector["blinded_msg"], inverse)
    signed = SigningKey(numbers).blind_sign(hidden.message)
    assert signed.hex() == vector["blind_sig"]
    assert finalize(public, message, signed, inverse).hex() == vector["sig"]


@pytest.mark.parametrize("vector", VECTORS)
def test_every_vector_is_blindly_signed_as_the_rfc_says(vector: dict[str, Any]) -> None:
    # Blind signing is the same for all variants.
    signed = SigningKey(numbers_of(vector)).blind_sign(bytes.fromhex(vector["blinded_msg"]))
    assert signed.hex() == vector["blind_sig"]


def test_a_signature_is_good_for_its_message_only(key: rsa.RSAPrivateKey) -> None:
    public, message = key.public_key(), bytes(range(32))
    hidden = blind(public, message)
    signature = finalize(
        public, message, SigningKey(key.private_numbers()).blind_sign(hidden.message), hidden.inverse
    )
    assert verifies(public, message, signature)
    assert not verifies(public, bytes(32), signature)
    assert not verifies(blind_rsa.new_key().public_key(), message, signature)
    assert not verifies(public, message, bytes(256))
    assert not verifies(public, message, b"")


def test_the_signer_refuses_what_is_no_blinded_message(key: rsa.RSAPrivateKey) -> None:
    signer, numbers = SigningKey(key.private_numbers()), key.private_numbers()
    n = numbers.public_numbers.n
    for wrong in (0, n, n + 1, numbers.p, numbers.q):
        with pytest.raises(InvalidInput):
            signer.blind_sign(wrong.to_bytes(256, "big"))
    for size in (0, 255, 257):
        with pytest.raises(InvalidInput):
            signer.blind_sign(bytes(size))


def test_the_rater_refuses_another_issuers_answer(key: rsa.RSAPrivateKey) -> None:
    hidden = blind(key.public_key(), b"message")
    other = SigningKey(blind_rsa.new_key().private_numbers())
    try:
        answer = other.blind_sign(hidden.message)
    except InvalidInput:  # out of the other key's range
        answer = bytes(256)
    with pytest.raises(InvalidInput):
        finalize(key.public_key(), b"message", answer, hidden.inverse)


def test_the_same_message_is_blinded_differently_each_time(key: rsa.RSAPrivateKey) -> None:
    assert len({blind(key.public_key(), b"message").message for _ in range(8)}) == 8


def test_only_keys_of_the_suite_are_taken(key: rsa.RSAPrivateKey) -> None:
    assert blind_rsa.public_key(blind_rsa.spki(key.public_key())).public_numbers() == (
        key.public_key().public_numbers()
    )
    small = rsa.generate_private_key(65537, 1024).public_key()
    for der in (b"", b"no key", blind_rsa.spki(small)):
        with pytest.raises(InvalidInput):
            blind_rsa.public_key(der)
