"""Check-in, collecting and the barrier, by those who should and by those who should not."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from service.ballots.client import Rater
from service.ballots.encodings import base64_of
from service.store.clock import SimulatedClock
from tests.service.api.client import EVALUATOR, OFFICE, Insider
from tests.service.ballots.hall import hall, refusal_in


async def test_a_second_issue_for_another_message_is_refused_and_the_same_is_repeated(
    service: Insider, clock: SimulatedClock
) -> None:
    room = await hall(service, clock)
    rater = await room.collect(0)
    again = await room.post("collect", room.collecting(rater, room.codes[0]))
    assert again[0] == 200
    other = Rater(await room.terms())
    status, body = await room.post("collect", room.collecting(other, room.codes[0]))
    assert (status, refusal_in(body)) == (409, "rating.issued_already")
    # Not even one message of another set.
    mixed = room.collecting(rater, room.codes[0])
    first = next(iter(mixed["blinded"]))
    mixed["blinded"][first] = room.collecting(other, room.codes[0])["blinded"][first]
    status, body = await room.post("collect", mixed)
    assert (status, refusal_in(body)) == (409, "rating.issued_already")
    # The code is not renewed for somebody who holds credentials.
    taken = await room.take("checkInRater", {"box": room.id, "rater": room.rater_id(0)}, "code", EVALUATOR)
    assert taken["code"] == "rating.rater_holds_credentials"


async def test_two_devices_that_collect_at_once_with_one_code(
    service: Insider, clock: SimulatedClock
) -> None:
    room = await hall(service, clock)
    code = await room.check_in(0)
    devices = [Rater(await room.terms()) for _ in range(8)]
    answers = await asyncio.gather(*(room.post("collect", room.collecting(d, code)) for d in devices))
    assert sorted(status for status, _ in answers) == [200, *[409] * 7]
    assert {refusal_in(body) for status, body in answers if status == 409} == {"rating.issued_already"}


async def test_who_may_not_collect(service: Insider, clock: SimulatedClock) -> None:
    room = await hall(service, clock)
    rater = Rater(await room.terms())
    await room.check_in(0)

    async def refused(body: dict[str, Any]) -> str:
        status, answer = await room.post("collect", body)
        assert status in (400, 404, 409)
        return refusal_in(answer)

    good = room.collecting(rater, room.codes[0])
    assert await refused({**good, "code": "0" * 10}) == "rating.code_wrong"
    assert await refused({**good, "code": ""}) == "rating.code_wrong"
    first, second = good["blinded"]
    assert await refused({**good, "blinded": {first: good["blinded"][first]}}) == "rating.units_incomplete"
    strange = {str(uuid4()): good["blinded"][first], second: good["blinded"][second]}
    assert await refused({**good, "blinded": strange}) == "rating.units_incomplete"
    for message in ("", "AAAA", base64_of(bytes(256)), base64_of(b"\xff" * 256), 7, None):
        shaped = {first: {"service": message}, second: good["blinded"][second]}
        assert await refused({**good, "blinded": shaped}) == "rating.blinded_malformed", message
    malformed: tuple[Any, ...] = (
        [],
        {},
        {"code": 1, "blinded": {}},
        {"code": "A", "blinded": []},
        {"code": "A", "blinded": {"a": 1}},
    )
    for body in malformed:
        assert await refused(body) == "MALFORMED"
    assert (await room.post("collect", good))[0] == 200
    taken = await room.take("checkInRater", {"box": room.id, "rater": f"rater:{uuid4()}"}, "code", EVALUATOR)
    assert taken["code"] == "rating.not_on_roll"
    room.box = uuid4()
    assert (await room.get("state.json"))[0] == 404
    assert refusal_in((await room.post("collect", good))[1]) == "rating.unknown"


async def test_a_code_typed_with_the_letter_o_is_read_as_printed(
    service: Insider, clock: SimulatedClock
) -> None:
    room = await hall(service, clock)
    rater = Rater(await room.terms())
    while not set(await room.check_in(0)) & set("01"):
        pass
    typed = room.codes[0].replace("0", "o").replace("1", "l").lower()
    assert (await room.post("collect", room.collecting(rater, f"{typed[:5]} {typed[5:]}")))[0] == 200


async def test_a_rater_has_a_phone_or_a_card_and_never_both(service: Insider, clock: SimulatedClock) -> None:
    room = await hall(service, clock)
    await room.print_cards(2)
    await room.collect(0)
    await room.hand_out(1)
    code = (await room.take("handOutCards", {"box": room.id, "raters": [room.rater_id(0)]}, "handedOut"))[
        "code"
    ]
    assert code == "rating.rater_holds_credentials"
    taken = await room.take("checkInRater", {"box": room.id, "rater": room.rater_id(1)}, "code")
    assert taken["code"] == "rating.rater_has_card"
    # Checked in by phone, then a card instead: the code is good for nothing any more.
    await room.check_in(2)
    await room.hand_out(2)
    status, body = await room.post("collect", room.collecting(Rater(await room.terms()), room.codes[2]))
    assert (status, refusal_in(body)) == (409, "rating.code_wrong")
    code = (await room.take("handOutCards", {"box": room.id, "raters": [room.rater_id(3)]}, "handedOut"))[
        "code"
    ]
    assert code == "rating.too_few_cards"
    # And back to the phone.
    back = await room.step("takeCardBack", {"box": room.id, "rater": room.rater_id(2)}, "handedOut", OFFICE)
    assert back == {"__typename": "CardsHandedOut", "handedOut": 1}
    taken = await room.take("takeCardBack", {"box": room.id, "rater": room.rater_id(2)}, "handedOut")
    assert taken["code"] == "rating.rater_has_no_card"
    del room.codes[2]
    await room.collect(2)


async def test_cards_and_phones_at_once_for_one_rater(service: Insider, clock: SimulatedClock) -> None:
    room = await hall(service, clock)
    await room.print_cards(1)
    code = await room.check_in(0)
    rater = Rater(await room.terms())
    given = {"box": room.id, "raters": [room.rater_id(0)]}
    (status, _), taken = await asyncio.gather(
        room.post("collect", room.collecting(rater, code)), room.take("handOutCards", given, "handedOut")
    )
    has_card = taken["__typename"] == "CardsHandedOut"
    assert (status == 200) != has_card


async def test_a_rater_is_struck_off_before_they_hold_credentials_and_not_after(
    service: Insider, clock: SimulatedClock
) -> None:
    room = await hall(service, clock)
    await room.check_in(0)
    strike = {"box": room.id, "reason": "请假"}
    await service.give("strikeRater", {**strike, "rater": room.rater_id(0)}, role=EVALUATOR)
    status, body = await room.post("collect", room.collecting(Rater(await room.terms()), room.codes[0]))
    assert (status, refusal_in(body)) == (409, "rating.code_wrong")
    taken = await room.take("checkInRater", {"box": room.id, "rater": room.rater_id(0)}, "code")
    assert taken["code"] == "rating.not_on_roll"
    await room.collect(1)
    refusal = await service.refused("strikeRater", {**strike, "rater": room.rater_id(1)})
    assert refusal["code"] == "rating.rater_holds_credentials"
    # An attendee who leaves the meeting's roll after issuing keeps the ballot: it is nobody's.
    attendees = [f"official:{room.rater_id(n)[6:]}" for n in range(2, 8)]
    await service.give("reviseMeetingRoll", {"meeting": room.meeting, "attendees": attendees})
    for n in range(2, 6):
        await room.collect(n)
    await room.barrier()
    await room.cast_all()
    await room.finish()


# -- the barrier


async def test_nothing_is_cast_before_the_barrier_and_nothing_issued_after(
    service: Insider, clock: SimulatedClock
) -> None:
    room = await hall(service, clock)
    for n in range(5):
        await room.collect(n)
    unit_id = (await room.terms()).unit_ids[0]
    ballot = room.raters[0].ballot(unit_id, "good")
    status, body = await room.cast(unit_id, ballot)
    assert (status, refusal_in(body)) == (409, "rating.not_casting_yet")
    await room.check_in(5)
    await room.barrier()
    late = Rater(await room.terms())
    status, body = await room.post("collect", room.collecting(late, room.codes[5]))
    assert (status, refusal_in(body)) == (409, "rating.collection_closed")
    # Not even for one who collected before: what was issued is forgotten.
    status, body = await room.post("collect", room.collecting(room.raters[0], room.codes[0]))
    assert (status, refusal_in(body)) == (409, "rating.collection_closed")
    for step, given in (
        ("checkInRater", {"rater": room.rater_id(6)}),
        ("handOutCards", {"raters": [room.rater_id(6)]}),
        ("printCards", {"count": 1}),
    ):
        selection = {"checkInRater": "code", "handOutCards": "handedOut", "printCards": "seeds"}[step]
        taken = await room.take(step, {"box": room.id, **given}, selection)
        assert taken["code"] == "rating.collection_closed", step
    assert (await service.refused("closeCollection", {"box": room.id}))["code"] == "rating.collection_closed"
    # Who checked in and did not collect is no part of the turnout.
    assert (await room.get("state.json"))[1]["turnout"] == 5
    tables = ("issued", "rater")
    for table in tables:
        assert await room.app.database.fetchval(f"select count(*) from ballots.{table}") == 0


async def test_cards_must_add_up_and_a_refused_barrier_lets_collecting_go_on(
    service: Insider, clock: SimulatedClock
) -> None:
    room = await hall(service, clock)
    await room.print_cards(3)
    await room.hand_out(0)
    refusal = await service.refused("closeCollection", {"box": room.id, "cardsReturned": 1})
    assert (refusal["code"], refusal["field"]) == ("rating.cards_do_not_add_up", "cardsReturned")
    for n in range(1, 6):
        await room.collect(n)
    await room.barrier(returned=2)


async def test_a_barrier_whose_urn_was_not_made_is_made_good_by_the_first_ballot(
    service: Insider, clock: SimulatedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = await hall(service, clock)
    for n in range(5):
        await room.collect(n)

    async def died(_: Any) -> None:
        raise ConnectionResetError

    with monkeypatch.context() as patch:
        # The service dies between the fact and what follows from it.
        patch.setattr(room.app.ballots.urns, "open_urn", died)
        await service.send("closeCollection", {"box": room.id})
    await room.cast_all()
    await room.finish()


async def test_no_card_is_taken_back_while_check_in_is_ending(
    service: Insider, clock: SimulatedClock
) -> None:
    """Who holds a card is counted by then: an answer that the card is back would be wrong in the log."""
    room = await hall(service, clock)
    await room.print_cards(2)
    await room.hand_out(0)
    urns = room.app.ballots.urns
    held = await urns.end_collecting(room.box, (await room.terms()).unit_ids[0])
    assert len(held.by_card) == 1
    given = {"box": room.id, "rater": room.rater_id(0)}
    refusal = await room.take("takeCardBack", given, "handedOut", EVALUATOR)
    assert refusal["code"] == "rating.collection_closed"
    assert [rater.way for rater in await urns.raters(room.box)] == ["card"]
    # Where the barrier has not become a fact, check-in goes on.
    await urns.collect_on(room.box)
    assert (await room.step("takeCardBack", given, "handedOut", EVALUATOR))["handedOut"] == 0
    refusal = await room.take("takeCardBack", given, "handedOut", EVALUATOR)
    assert refusal["code"] == "rating.rater_has_no_card"
