"""Cards as people use them, and papers keyed in batches of two people."""

from datetime import timedelta

from domain.rating_box import RatingBox
from service.store.clock import SimulatedClock
from tests.service.api.client import EVALUATOR, OFFICE, Insider
from tests.service.ballots.hall import hall, refusal_in


async def test_a_card_is_typed_as_people_type_and_used_once(service: Insider, clock: SimulatedClock) -> None:
    room = await hall(service, clock)
    seeds = await room.print_cards(2)
    await room.hand_out(0, 1)
    for n in range(2, 6):
        await room.collect(n)
    await room.barrier()
    unit_id = (await room.terms()).unit_ids[0]
    typed = seeds[0].replace("0", "O").replace("1", "l").lower()
    card = await room.card(f"{typed[:5]}-{typed[5:10]} {typed[10:]}")
    first = card.ballot(unit_id, "good")
    assert first is not None
    assert await room.cast(unit_id, first) == (200, {"cast": "ACCEPTED"})
    again = (await room.card(seeds[0])).ballot(unit_id, "poor")
    assert again is not None
    status, body = await room.cast(unit_id, again)
    assert (status, refusal_in(body)) == (409, "rating.already_cast")
    # A card that was never printed opens nothing.
    assert (await room.card("0" * 20)).ballot(unit_id, "good") is None


async def test_only_cards_that_came_back_unused_are_revealed(service: Insider, clock: SimulatedClock) -> None:
    room = await hall(service, clock)
    seeds = await room.print_cards(4)
    await room.hand_out(0, 1)
    for n in range(2, 6):
        await room.collect(n)
    await room.barrier(returned=2)
    await room.cast_all()
    for unit_id in (await room.terms()).unit_ids:
        ballot = (await room.card(seeds[0])).ballot(unit_id, "fair")
        assert ballot is not None
        await room.cast(unit_id, ballot)
    clock.moment += timedelta(hours=3)
    await room.seal()
    await service.give("destroyIssuerKeys", {"box": room.id})
    assert (await service.refused("publishRatingResults", {"box": room.id}))[
        "code"
    ] == "rating.cards_not_revealed"
    for wrong, code in (
        (["short"], "rating.card_malformed"),
        (["0" * 20], "rating.card_unknown"),
        ([seeds[2], seeds[0]], "rating.card_was_used"),
        ([seeds[2]], "rating.seeds_incomplete"),
        ([seeds[2], seeds[2]], "rating.seeds_incomplete"),
    ):
        refusal = await service.refused("revealUnusedCards", {"box": room.id, "seeds": wrong})
        assert refusal["code"] == code
    await service.give("revealUnusedCards", {"box": room.id, "seeds": seeds[2:]})
    refusal = await service.refused("revealUnusedCards", {"box": room.id, "seeds": seeds[2:]})
    assert refusal["code"] == "rating.revealed_already"
    await service.give("publishRatingResults", {"box": room.id})


async def test_nothing_that_a_card_is_made_of_is_kept(service: Insider, clock: SimulatedClock) -> None:
    room = await hall(service, clock)
    seeds = await room.print_cards(3)
    for table in ("box", "bundle", "issued", "rater", "issuer_key"):
        text = str(await room.app.database.fetch(f"select * from ballots.{table}"))
        assert not any(seed in text for seed in seeds)
    refused = await room.take("printCards", {"box": room.id, "count": 501}, "seeds")
    assert refused["code"] == "rating.card_count"


async def test_papers_are_keyed_by_one_person_and_confirmed_by_another(
    service: Insider, clock: SimulatedClock
) -> None:
    room = await hall(service, clock)
    await room.print_cards(3)
    await room.hand_out(0, 1, 2)
    for n in range(3, 6):
        await room.collect(n)
    await room.barrier()
    batch = {"box": room.id, "batch": "b1", "papers": 2}
    assert (await service.refused("keyPaperBatch", {**batch, "papers": 4}, role=EVALUATOR))[
        "code"
    ] == "rating.paper_count"
    await service.give("keyPaperBatch", batch, role=EVALUATOR)
    for given, who, code in (
        (batch, EVALUATOR, "rating.one_person"),
        ({**batch, "papers": 3}, OFFICE, "rating.counts_differ"),
        ({**batch, "batch": "b2"}, OFFICE, "rating.batch_unknown"),
    ):
        assert (await service.refused("confirmPaperBatch", given, role=who))["code"] == code
    await service.give("confirmPaperBatch", batch, role=OFFICE)
    assert (await service.refused("confirmPaperBatch", batch, role=OFFICE))[
        "code"
    ] == "rating.batch_confirmed"
    facts = [
        e for e in await room.app.streams.events(room.box) if isinstance(e, RatingBox.PaperBatchConfirmed)
    ]
    assert [(e.papers, e.keyed_by == e.confirmed_by) for e in facts] == [(2, False)]
    # As coarse as everything else about a box.
    assert {(e.timestamp.second, e.timestamp.microsecond) for e in facts} == {(0, 0)}
