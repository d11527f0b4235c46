"""A box from opening to its result, and what is refused on the way. Each hostile use leaves the box right."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from domain import identifiers
from domain.rating_box import RatingBox
from service.ballots import blind_rsa
from service.ballots.boxes import MOST_BALLOTS_AT_ONCE
from service.ballots.client import Rater, signed_ballot
from service.ballots.encodings import base64_of, octets_of
from service.ballots.state import ballot_json
from service.log.inclusion import Inclusion, included
from service.store.clock import SimulatedClock
from service.store.database import Database
from tests.service.api.client import EVALUATOR, OFFICE, Insider
from tests.service.ballots.hall import Hall, any_octets, hall, refusal_in

# -- the way of a box


async def test_a_box_from_check_in_to_the_result(service: Insider, clock: SimulatedClock) -> None:
    room = await hall(service, clock)
    seeds = await room.print_cards(3)
    for n in range(5):
        await room.collect(n)
    await room.hand_out(5, 6)
    await room.barrier(returned=1)
    terms = await room.terms()
    for i, unit_id in enumerate(terms.unit_ids):
        for n in range(5):
            ballot = room.raters[n].ballot(unit_id, "excellent" if n else "poor")
            assert await room.cast(unit_id, ballot) == (200, {"cast": "ACCEPTED"})
        for seed in seeds[:2]:
            of_card = (await room.card(seed)).ballot(unit_id, "good")
            assert of_card is not None
            assert await room.cast(unit_id, of_card) == (200, {"cast": "ACCEPTED"}), i
    await room.finish(unused=seeds[2:])
    status, body = await room.get("sealed.json")
    assert (status, body["turnout"], body["phase"]) == (200, 7, "PUBLISHED")
    for sealed in body["units"]:
        assert sealed["histogram"] == {"excellent": 4, "good": 2, "fair": 0, "poor": 1}
        # (4 * 100 + 2 * 85 + 50) / 7
        assert sealed["score"] == "88.57"
        keys = [any_octets(ballot["key"]) for ballot in sealed["ballots"]]
        assert keys == sorted(keys)
    data = await service.ask(
        """query ($p: Position) { ratings(minPosition: $p) { nodes {
        phase turnout byPhone byCard cardsPrinted cardsReturned
        units { state ballots turnout score histogram { grade ballots } unit { category } } } } }""",
        {"p": await service.position()},
    )
    [rating] = data["ratings"]["nodes"]
    assert (rating["phase"], rating["turnout"], rating["byPhone"], rating["byCard"]) == ("PUBLISHED", 7, 5, 2)
    assert (rating["cardsPrinted"], rating["cardsReturned"]) == (3, 1)
    assert [u["score"] for u in rating["units"]] == ["88.57", "88.57"]
    assert [u["unit"]["category"] for u in rating["units"]] == ["COUNTY", "ZONE"]


async def test_every_rater_finds_the_own_ballot_and_the_proof_that_it_is_in_the_log(
    service: Insider, clock: SimulatedClock
) -> None:
    room = await hall(service, clock)
    for n in range(6):
        await room.collect(n)
    await room.barrier()
    await room.cast_all()
    await room.seal()
    _, body = await room.get("sealed.json")
    for sealed, unit_id in zip(body["units"], (await room.terms()).unit_ids, strict=True):
        found = {ballot["key"]: ballot["grade"] for ballot in sealed["ballots"]}
        for rater in room.raters.values():
            assert base64_of(rater.ballot(unit_id, "good").key) in found
        proof = sealed["proof"]
        told = Inclusion(
            proof["size"],
            proof["index"],
            tuple(any_octets(node) for node in proof["path"]),
            any_octets(proof["root"]),
        )
        assert included(proof["entry"].encode(), told)
        assert not included(proof["entry"].encode() + b" ", told)
        assert proof["index"] == sealed["position"] - 1
    view = await service.ask(
        """query ($id: ID!) { ratingBox(id: $id) { phase turnout units { count score histogram { ballots }
        ballots { key grade } proof { path root size entry } } } }""",
        {"id": room.id},
    )
    by_view = [[(b["key"], b["grade"]) for b in u["ballots"]] for u in view["ratingBox"]["units"]]
    assert by_view == [[(b["key"], b["grade"]) for b in u["ballots"]] for u in body["units"]]


async def test_there_is_no_tally_before_the_box_is_sealed(service: Insider, clock: SimulatedClock) -> None:
    room = await hall(service, clock)
    for n in range(5):
        await room.collect(n)
    await room.barrier()
    await room.cast_all(lambda n, i: "excellent")
    for path in ("state.json", "sealed.json"):
        _, body = await room.get(path)
        text = str(body["units"])
        assert "excellent" not in text
    desk = await service.ask(
        """query ($b: ID!) { ratingDesk(box: $b) {
        units { inUrn expected missing } raters { way collected } } }""",
        {"b": room.id},
        EVALUATOR,
    )
    assert desk["ratingDesk"]["units"] == [{"inUrn": 5, "expected": 5, "missing": 0}] * 2
    # After the barrier nobody is told who came how.
    assert {(r["way"], r["collected"]) for r in desk["ratingDesk"]["raters"]} == {(None, None)}


async def test_a_unit_with_too_few_ballots_is_voided_and_its_ballots_are_nowhere(
    service: Insider, clock: SimulatedClock
) -> None:
    room = await hall(service, clock)
    for n in range(6):
        await room.collect(n)
    await room.barrier()
    first, second = (await room.terms()).unit_ids
    cast = [room.raters[n].ballot(second, "poor") for n in range(4)]
    for n in range(6):
        await room.cast(first, room.raters[n].ballot(first, "good"))
    for ballot in cast:
        await room.cast(second, ballot)
    clock.moment += timedelta(hours=3)
    await room.finish()
    _, body = await room.get("sealed.json")
    assert [u["state"] for u in body["units"]] == ["SEALED", "VOIDED"]
    assert (body["units"][1]["count"], body["units"][1]["ballots"]) == (4, [])
    states = b"".join(r["state"] for r in await room.app.database.fetch("select state from log.event"))
    assert not any(base64_of(ballot.key).encode() in states for ballot in cast)


async def test_panels_rate_in_the_same_box(service: Insider, clock: SimulatedClock) -> None:
    room = await Hall(service, clock, 0).found()
    closes = (clock.now() + timedelta(days=7)).isoformat()
    opened = {"code": "appraisal", "title": "社会评议", "period": "2020-05", "seats": 6, "closesAt": closes}
    units = [f"unit:{u}" for u in await _unit_ids(service)][:2]
    await service.give("openRating", {**opened, "units": units}, role=EVALUATOR)
    room.box = identifiers.rating_id("appraisal")
    seeds = await room.print_cards(6)
    desk = await service.ask(
        "query ($b: ID!) { ratingDesk(box: $b) { raters { id name } } }", {"b": room.id}, EVALUATOR
    )
    seats = [rater["id"] for rater in desk["ratingDesk"]["raters"]]
    await room.step("handOutCards", {"box": room.id, "raters": seats}, "handedOut", EVALUATOR)
    await room.barrier()
    for seed in seeds:
        card = await room.card(seed)
        for unit_id in card.terms.unit_ids:
            ballot = card.ballot(unit_id, "good")
            assert ballot is not None
            assert (await room.cast(unit_id, ballot))[0] == 200
    await room.finish()
    data = await service.ask(
        """query ($p: Position) { ratings(minPosition: $p) { nodes {
        occasion phase meeting { id } units { score } } } }""",
        {"p": await service.position()},
    )
    assert data["ratings"]["nodes"] == [
        {"occasion": "APPRAISAL", "phase": "PUBLISHED", "meeting": None, "units": [{"score": "85.00"}] * 2}
    ]


async def _unit_ids(service: Insider) -> list[str]:
    data = await service.ask(
        "query ($p: Position) { units(minPosition: $p) { nodes { id } } }", {"p": await service.position()}
    )
    return [node["id"][5:] for node in data["units"]["nodes"]]


# -- collecting, by those who should not


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
    for body in (
        [],
        {},
        {"code": 1, "blinded": {}},
        {"code": "A", "blinded": []},
        {"code": "A", "blinded": {"a": 1}},
    ):
        assert await refused(body) == "MALFORMED"  # type: ignore[arg-type]
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


# -- casting, by those who should not


@pytest.fixture
async def casting(service: Insider, clock: SimulatedClock) -> Hall:
    """Six raters hold credentials; nobody has cast."""
    room = await hall(service, clock)
    for n in range(6):
        await room.collect(n)
    await room.barrier()
    return room


async def test_the_same_ballot_again_is_the_same_and_another_grade_is_refused(casting: Hall) -> None:
    unit_id = (await casting.terms()).unit_ids[0]
    ballot = casting.raters[0].ballot(unit_id, "good")
    assert await casting.cast(unit_id, ballot) == (200, {"cast": "ACCEPTED"})
    assert await casting.cast(unit_id, ballot) == (200, {"cast": "REPEATED"})
    for grade in ("excellent", "fair", "poor"):
        status, body = await casting.cast(unit_id, casting.raters[0].ballot(unit_id, grade))
        assert (status, refusal_in(body)) == (409, "rating.already_cast")
    assert (await casting.app.ballots.urns.counts(casting.box)) == {unit_id: 1}


async def test_sixty_four_at_once_are_one_ballot(casting: Hall) -> None:
    first, second = (await casting.terms()).unit_ids
    same = casting.raters[0].ballot(first, "good")
    answers = await asyncio.gather(*(casting.cast(first, same) for _ in range(64)))
    assert sorted(body["cast"] for _, body in answers) == ["ACCEPTED", *["REPEATED"] * 63]
    grades = ("excellent", "good", "fair", "poor")
    differing = [casting.raters[0].ballot(second, grades[n % 4]) for n in range(64)]
    answers = await asyncio.gather(*(casting.cast(second, ballot) for ballot in differing))
    accepted = [n for n, (status, body) in enumerate(answers) if body.get("cast") == "ACCEPTED"]
    assert len(accepted) == 1
    for n, (status, body) in enumerate(answers):
        if n not in accepted and n % 4 == accepted[0] % 4:
            assert (status, body) == (200, {"cast": "REPEATED"})
        elif n not in accepted:
            assert (status, refusal_in(body)) == (409, "rating.already_cast")
    assert await casting.app.ballots.urns.counts(casting.box) == {first: 1, second: 1}


async def test_false_ballots(casting: Hall) -> None:
    first, second = (await casting.terms()).unit_ids
    good = casting.raters[0].ballot(first, "good")

    async def refused(unit_id: Any, ballot: Any) -> str:
        status, body = await casting.cast(unit_id, ballot)
        assert status in (400, 404, 409)
        return refusal_in(body)

    assert await refused(second, good) == "rating.ballot_not_certified"
    assert await refused(uuid4(), good) == "rating.unit_not_rated"
    assert await refused(first, replace(good, grade="splendid")) == "rating.grade_unknown"
    assert await refused(first, replace(good, grade="")) == "rating.grade_unknown"
    assert await refused(first, replace(good, grade="poor")) == "rating.ballot_forged"
    assert await refused(first, replace(good, signature=bytes(64))) == "rating.ballot_forged"
    assert await refused(first, replace(good, key=bytes(32))) == "rating.ballot_not_certified"
    assert await refused(first, replace(good, signatures=())) == "rating.ballot_malformed"
    twice = replace(good, signatures=good.signatures * 2)
    assert await refused(first, twice) == "rating.ballot_malformed"
    other = casting.raters[1].ballot(first, "good")
    assert await refused(first, replace(good, signatures=other.signatures)) == "rating.ballot_not_certified"
    # A key of one's own, certified by nobody.
    rater = Rater(await casting.terms())
    rater.blinded()
    own = signed_ballot(casting.box, first, rater.keys[first], (bytes(256),), "good")
    assert await refused(first, own) == "rating.ballot_not_certified"
    assert await casting.app.ballots.urns.counts(casting.box) == {}


async def test_ballots_without_the_shape_of_one(casting: Hall) -> None:
    unit_id = (await casting.terms()).unit_ids[0]
    good = {"unit": str(unit_id), **ballot_json(casting.raters[0].ballot(unit_id, "good"))}
    for name in good:
        status, body = await casting.post("cast", {k: v for k, v in good.items() if k != name})
        assert (status, refusal_in(body)) == (400, "MALFORMED")
    strange: list[dict[str, Any]] = [
        {"key": good["key"][:-4]},
        {"key": good["key"].rstrip("=")},
        {"key": 7},
        {"grade": 3},
        {"grade": ["good"]},
        {"signatures": "x"},
        {"signatures": [None]},
        {"signature": good["signature"].replace("=", "") + "\n="},
    ]
    for change in strange:
        status, body = await casting.post("cast", good | change)
        assert (status, refusal_in(body)) == (409, "rating.ballot_malformed"), change
    status, body = await casting.post("cast", good | {"unit": str(unit_id).upper()})
    assert (status, refusal_in(body)) == (409, "rating.unit_not_rated")
    for raw in (b"", b"[", b"\xff", b"1" * 1_000_001):
        response = await casting.client.http.post(f"/rate/{casting.box}/cast", content=raw)
        assert response.status_code == 400
    assert (await casting.post("cast", good)) == (200, {"cast": "ACCEPTED"})


async def test_a_ballot_of_another_meetings_box_is_refused(casting: Hall, clock: SimulatedClock) -> None:
    old_unit = (await casting.terms()).unit_ids[0]
    old = casting.raters[0].ballot(old_unit, "good")
    both = [f"unit:{u}" for u in (await casting.terms()).unit_ids]
    await casting.open("another", units=both)
    casting.codes.clear()
    casting.raters.clear()
    for n in range(5):
        await casting.collect(n)
    await casting.barrier()
    status, body = await casting.cast(old_unit, old)
    assert (status, refusal_in(body)) == (409, "rating.ballot_not_certified")


async def test_two_open_boxes_do_not_meet(casting: Hall, clock: SimulatedClock) -> None:
    first_box, first_raters = casting.box, dict(casting.raters)
    await casting.cast_all()
    await casting.open("another")
    casting.codes.clear()
    casting.raters.clear()
    for n in range(5):
        await casting.collect(n)
    await casting.barrier()
    await casting.cast_all()
    second_box, casting.box, casting.raters = casting.box, first_box, first_raters
    await casting.finish()
    counts = await casting.app.ballots.urns.counts(second_box)
    assert set(counts.values()) == {5}
    casting.box = second_box
    await casting.finish()


async def test_a_flood_is_told_to_come_again_and_costs_the_honest_nothing_for_good(
    casting: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    unit_id = (await casting.terms()).unit_ids[0]
    good = casting.raters[0].ballot(unit_id, "good")
    flood = [
        casting.cast(unit_id, replace(good, key=bytes([n % 256] * 32)))
        for n in range(2 * MOST_BALLOTS_AT_ONCE)
    ]
    answers = await asyncio.gather(*flood)
    told = {refusal_in(body) for _, body in answers}
    assert told <= {"rating.ballot_not_certified", "rating.busy"}
    assert await casting.cast(unit_id, good) == (200, {"cast": "ACCEPTED"})
    monkeypatch.setattr(casting.app.ballots, "_looking_at", MOST_BALLOTS_AT_ONCE)
    response = await casting.client.http.post(
        f"/rate/{casting.box}/cast", json={"unit": str(unit_id), **ballot_json(good)}
    )
    assert (response.status_code, response.headers["retry-after"]) == (503, "2")
    assert refusal_in(response.json()) == "rating.busy"


async def test_casting_reads_no_authorization_header(casting: Hall) -> None:
    unit_id = (await casting.terms()).unit_ids[0]
    ballots = [casting.raters[n].ballot(unit_id, "good") for n in range(3)]
    bad = {"authorization": "Bearer no.such.token"}
    response = await casting.client.http.post(
        f"/rate/{casting.box}/cast", json={"unit": str(unit_id), **ballot_json(ballots[0])}, headers=bad
    )
    assert response.json() == {"cast": "ACCEPTED"}
    query = "mutation ($i: CastBallotInput!) { castBallot(input: $i) { ... on BallotCast { outcome } } }"
    for n, headers in ((1, bad), (2, {})):
        given = {"box": casting.id, "unit": f"unit:{unit_id}", **ballot_json(ballots[n])}
        response = await casting.client.http.post(
            "/graphql", json={"query": query, "variables": {"i": given}}, headers=headers
        )
        assert response.json() == {"data": {"castBallot": {"outcome": "ACCEPTED"}}}
    # Whatever else is asked for with it, who asks is looked at.
    mixed = query.replace(
        "{ castBallot",
        '{ other: destroyIssuerKeys(input: {box: "x", idempotencyKey: "12345678"}) { __typename } castBallot',
    )
    response = await casting.client.http.post(
        "/graphql", json={"query": mixed, "variables": {"i": given}}, headers=bad
    )
    assert response.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


# -- sealing


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


# -- cards


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


# -- opening


async def test_how_a_box_is_not_opened(service: Insider, clock: SimulatedClock) -> None:
    room = await Hall(service, clock, 6).found()
    closes = (clock.now() + timedelta(hours=2)).isoformat()
    given = {"code": "b", "title": "评估", "closesAt": closes}
    assert (await service.refused("openRating", given))["code"] == "rating.occasion_unclear"
    unit_id = f"unit:{(await _unit_ids(service))[0]}"
    panel = {**given, "period": "2020-05", "seats": 9, "units": [unit_id]}
    for change, code in (
        ({"units": []}, "rating.unit_count"),
        ({"units": [unit_id, unit_id]}, "rating.unit_twice"),
        ({"units": [f"unit:{uuid4()}"]}, "unit.unknown"),
        ({"seats": 4}, "rating.roll_size"),
        ({"seats": -1}, "rating.roll_size"),
        ({"threshold": 1}, "rating.threshold_out_of_range"),
        ({"closesAt": clock.now().isoformat()}, "rating.closes_in_past"),
        ({"period": "五月"}, "period.malformed"),
        ({"code": "Ä"}, "code.malformed"),
    ):
        assert (await service.refused("openRating", panel | change))["code"] == code
    await room.meet(quotas=[{"category": "ZONE", "units": 1}])
    of_meeting = {**given, "meeting": room.meeting}
    assert (await service.refused("openRating", {**of_meeting, "seats": 5}))[
        "code"
    ] == "rating.occasion_unclear"
    drawn = await service.ask(
        """query ($m: ID!, $p: Position) {
        reviewMeeting(id: $m, minPosition: $p) { drawnUnits { unit { id } } } }""",
        {"m": room.meeting, "p": await service.position()},
    )
    chosen = drawn["reviewMeeting"]["drawnUnits"][0]["unit"]["id"]
    other = next(u for u in await _unit_ids(service) if f"unit:{u}" != chosen)
    refusal = await service.refused("openRating", {**of_meeting, "units": [f"unit:{other}"]})
    assert refusal["code"] == "meeting.unit_not_drawn"
    await service.give("openRating", of_meeting)
    assert (await service.refused("openRating", of_meeting))["code"] == "rating.exists"


@pytest.mark.parametrize("setting", ["log_statement = 'all'", "log_min_duration_statement = 0"])
async def test_no_box_is_opened_where_the_database_would_log_ballots(
    service: Insider, clock: SimulatedClock, setting: str
) -> None:
    room = await Hall(service, clock, 6).found()
    await room.meet(quotas=[{"category": "ZONE", "units": 1}])
    closes = (clock.now() + timedelta(hours=2)).isoformat()
    given = {"code": "b", "title": "评估", "meeting": room.meeting, "closesAt": closes}
    database = await service.app.database.fetchval("select current_database()")
    await service.app.database.execute(f"alter database {database} set {setting}")
    # The setting is that of new sessions.
    async with await Database.open(service.settings.database_url or "", size=1) as anew:
        service.app.ballots.urns.database = anew
        assert (await service.refused("openRating", given))["code"] == "rating.server_logs"
        await anew.execute("set log_parameter_max_length = 0")
        await service.give("openRating", given)
    service.app.ballots.urns.database = service.app.database


async def test_every_box_and_unit_has_a_key_of_its_own(service: Insider, clock: SimulatedClock) -> None:
    room = await hall(service, clock)
    first = (await room.app.ballots.box(room.box)).keys
    await room.open("another")
    second = (await room.app.ballots.box(room.box)).keys
    assert len({key.spki for key in (*first, *second)}) == 4
    for key in first:
        blind_rsa.public_key(key.spki)
    assert octets_of(base64_of(first[0].spki), len(first[0].spki)) == first[0].spki
    opened = [e for e in await room.app.streams.events(room.box) if isinstance(e, RatingBox.RatingOpened)]
    assert opened[0].suite == "RSABSSA-SHA384-PSSZERO-Deterministic"
