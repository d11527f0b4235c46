"""Sealing and what follows it; an urn that is lost."""

from datetime import timedelta

from service.ballots.client import Rater
from service.store.clock import SimulatedClock
from tests.service.ballots.hall import Hall, refusal_in


async def test_a_box_is_sealed_when_all_is_in_or_at_its_time(casting: Hall, clock: SimulatedClock) -> None:
    unit_id = (await casting.terms()).unit_ids[0]
    for n in range(5):
        await casting.cast(unit_id, casting.raters[n].ballot(unit_id, "good"))
    refusal = await casting.client.refused("sealRating", {"box": casting.id})
    assert refusal["code"] == "rating.sealed_too_early"
    # It is still open.
    last = casting.raters[5].ballot(unit_id, "good")
    assert await casting.cast(unit_id, last) == (200, {"cast": "ACCEPTED"})
    clock.moment += timedelta(hours=2)
    await casting.seal()
    status, body = await casting.cast(unit_id, last)
    assert (status, refusal_in(body)) == (409, "rating.sealed")
    assert (await casting.client.refused("sealRating", {"box": casting.id}))["code"] == "rating.sealed"


async def test_what_comes_after_sealing_comes_in_order_and_once(casting: Hall) -> None:
    client, box = casting.client, {"box": casting.id}
    for name, code in (
        ("destroyIssuerKeys", "rating.not_sealed"),
        ("publishRatingResults", "rating.keys_not_destroyed"),
    ):
        assert (await client.refused(name, box))["code"] == code
    assert (await client.refused("revealUnusedCards", {**box, "seeds": []}))["code"] == "rating.not_sealed"
    await casting.cast_all()
    await casting.seal()
    assert (await client.refused("publishRatingResults", box))["code"] == "rating.keys_not_destroyed"
    await client.give("destroyIssuerKeys", box)
    assert (await client.refused("destroyIssuerKeys", box))["code"] == "rating.keys_destroyed_already"
    await client.give("publishRatingResults", box)
    assert (await client.refused("publishRatingResults", box))["code"] == "rating.published"


async def test_the_keys_and_the_urn_are_gone_afterwards(casting: Hall) -> None:
    await casting.cast_all()
    path = casting.app.settings.data / "ballots" / f"{casting.box}.key"
    wrapping = path.read_bytes()
    await casting.seal()
    await casting.client.give("destroyIssuerKeys", {"box": casting.id})
    assert not path.exists()
    rows = await casting.app.database.fetch("select sealed_private_key from ballots.issuer_key")
    assert {row["sealed_private_key"] for row in rows} == {None}
    left = await casting.app.database.fetch("select tablename from pg_tables where tablename like 'urn\\_%'")
    assert left == []
    assert len(wrapping) == 32


async def test_more_ballots_than_raters_are_not_sealed(casting: Hall) -> None:
    """Somebody with the issuers' keys has put a ballot of their own into the urn."""
    await casting.cast_all()
    app, terms = casting.app, await casting.terms()
    intruder = Rater(terms)
    signing = await app.ballots.issuers[0]._keys.signing(casting.box)
    intruder.take({p: signing[p[0]].blind_sign(m) for p, m in intruder.blinded().items()})
    unit_id = terms.unit_ids[0]
    assert await casting.cast(unit_id, intruder.ballot(unit_id, "excellent")) == (200, {"cast": "ACCEPTED"})
    refusal = await casting.client.refused("sealRating", {"box": casting.id})
    assert refusal["code"] == "rating.more_ballots_than_raters"


async def test_a_crash_while_the_urn_is_open(casting: Hall, clock: SimulatedClock) -> None:
    """What a crash does to an unlogged table, done to it: clients post again until their ballot is sealed."""
    await casting.cast_all()
    urn = f"ballots.urn_{casting.box.hex}"
    await casting.app.database.execute(f"truncate {urn}")
    desk = await casting.app.boxes.desk(casting.box)
    assert [unit.missing for unit in desk.units] == [6, 6]
    await casting.cast_all()
    # Again, once sealing has begun and was cut off before it became a fact.
    await casting.app.ballots.urns.begin_sealing(casting.box)
    await casting.app.database.execute(f"truncate {urn}")
    refusal = await casting.client.refused("sealRating", {"box": casting.id})
    assert refusal["code"] == "rating.urn_lost"
    await casting.cast_all()
    await casting.finish()
    _, body = await casting.get("sealed.json")
    assert [len(unit["ballots"]) for unit in body["units"]] == [6, 6]


async def test_sealing_that_was_cut_off_is_gone_on_with(casting: Hall) -> None:
    await casting.cast_all()
    await casting.app.ballots.urns.begin_sealing(casting.box)
    # Nothing is cast meanwhile.
    unit_id = (await casting.terms()).unit_ids[0]
    status, body = await casting.cast(unit_id, casting.raters[0].ballot(unit_id, "good"))
    assert (status, refusal_in(body)) == (409, "rating.sealed")
    await casting.finish()
