"""A card's seed: typed by people, read by scanners, and what is derived from it."""

from uuid import UUID

import pytest

from service.ballots.cards import (
    ALPHABET,
    NotASeed,
    Use,
    derived,
    grouped,
    new_seed,
    open_bundle,
    read_seed,
    seal_bundle,
    signing_key,
)

BOX = UUID("018f4e1c-0000-7000-8000-000000000001")
UNIT = UUID("018f4e1c-0000-7000-8000-000000000002")
OTHER = UUID("018f4e1c-0000-7000-8000-000000000003")
SEED = "0123456789ABCDEFGHJK"


def test_a_seed_has_a_hundred_bits_in_letters_that_are_not_mistaken() -> None:
    seeds = {new_seed() for _ in range(200)}
    assert len(seeds) == 200
    assert {len(seed) for seed in seeds} == {20}
    assert set().union(*seeds) == set(ALPHABET)
    assert all(read_seed(grouped(seed)) == seed for seed in seeds)


@pytest.mark.parametrize(
    "typed",
    [
        "01234 56789 ABCDE FGHJK",
        "o1234-56789-abcde-fghjk",
        " OL23456789ABCDEFGHJK ",
        "0i23456789abcdefghjk\n",
    ],
)
def test_a_seed_is_read_as_people_type_it(typed: str) -> None:
    assert read_seed(typed) == SEED


@pytest.mark.parametrize(
    "typed", ["", "0123", SEED + "0", SEED[:-1] + "U", SEED[:-1] + "!", SEED[:-1] + "五"]
)
def test_what_cannot_be_a_seed_is_refused(typed: str) -> None:
    with pytest.raises(NotASeed):
        read_seed(typed)


def test_nothing_derived_for_one_use_box_or_unit_serves_another() -> None:
    values = {
        derived(seed, use, box, unit)
        for seed in (SEED, SEED[::-1])
        for use in Use
        for box, unit in ((BOX, UNIT), (BOX, OTHER), (UNIT, BOX))
    }
    assert len(values) == 18


def test_derivation_never_changes() -> None:
    """Cards that were printed stay cards."""
    public = signing_key(SEED, BOX, UNIT).public_key().public_bytes_raw()
    assert public.hex() == "2a2965ece3592c0e4067c2b0ed2545d857e14b52e6b2908aea800f1ed167400e"
    assert (
        derived(SEED, Use.INDEX, BOX, UNIT).hex()
        == "1f2421693204fa371e88d791a3d78acf4282f820ec33596b358a503830d24842"
    )


def test_a_bundle_opens_for_its_own_card_and_unit_only() -> None:
    signatures = [bytes([1]) * 256, bytes([2]) * 256]
    index, bundle = seal_bundle(SEED, BOX, UNIT, signatures)
    assert index == derived(SEED, Use.INDEX, BOX, UNIT)
    assert open_bundle(SEED, BOX, UNIT, bundle) == signatures
    assert open_bundle(SEED[::-1], BOX, UNIT, bundle) is None
    assert open_bundle(SEED, BOX, OTHER, bundle) is None
    assert open_bundle(SEED, BOX, UNIT, bundle[:-1] + bytes([bundle[-1] ^ 1])) is None
