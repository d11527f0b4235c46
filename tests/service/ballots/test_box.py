"""A box from opening to its result: what it tells on the way, and how it is not opened."""

from datetime import timedelta
from uuid import uuid4

import pytest

from domain import identifiers
from domain.rating_box import RatingBox
from service.ballots import blind_rsa
from service.ballots.encodings import base64_of, octets_of
from service.store.clock import SimulatedClock
from service.store.database import Database
from tests.service.api.client import EVALUATOR, Insider
from tests.service.ballots.hall import Hall, any_octets, hall


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


async def test_every_rater_finds_the_own_ballot_in_the_box(casting: Hall) -> None:
    await casting.cast_all()
    await casting.seal()
    _, body = await casting.get("sealed.json")
    for sealed, unit_id in zip(body["units"], (await casting.terms()).unit_ids, strict=True):
        found = {ballot["key"]: ballot["signatures"] for ballot in sealed["ballots"]}
        for rater in casting.raters.values():
            own = rater.ballot(unit_id, "good")
            assert found[base64_of(own.key)] == [base64_of(signature) for signature in own.signatures]
    view = await casting.client.ask(
        """query ($id: ID!) { ratingBox(id: $id) { phase turnout units { count score histogram { ballots }
        ballots { key grade } } } }""",
        {"id": casting.id},
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


async def appraised(service: Insider, clock: SimulatedClock, seats: int) -> Hall:
    """A box of a public appraisal: a panel's seats rate two units."""
    room = await Hall(service, clock, 0).found()
    closes = (clock.now() + timedelta(days=7)).isoformat()
    opened = {
        "code": "appraisal",
        "title": "社会评议",
        "period": "2020-05",
        "seats": seats,
        "closesAt": closes,
    }
    units = [f"unit:{u}" for u in await _unit_ids(service)][:2]
    await service.give("openRating", {**opened, "units": units}, role=EVALUATOR)
    room.box = identifiers.rating_id("appraisal")
    return room


async def test_a_seat_keeps_its_number_when_another_is_struck_off(
    service: Insider, clock: SimulatedClock
) -> None:
    room = await appraised(service, clock, seats=12)

    async def told() -> list[tuple[str, str]]:
        query = "query ($b: ID!) { ratingDesk(box: $b) { raters { id name } } }"
        desk = await service.ask(query, {"b": room.id}, EVALUATOR)
        return [(rater["id"], rater["name"]) for rater in desk["ratingDesk"]["raters"]]

    seats = [(f"rater:{identifiers.seat_id(room.box, n)}", f"席位{n}") for n in range(1, 13)]
    assert await told() == seats
    struck = {"box": room.id, "rater": seats[4][0], "reason": "缺席"}
    await service.give("strikeRater", struck, role=EVALUATOR)
    assert await told() == [*seats[:4], *seats[5:]]


async def test_panels_rate_in_the_same_box(service: Insider, clock: SimulatedClock) -> None:
    room = await appraised(service, clock, seats=6)
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
        ({"closesAt": "9999-12-31T23:59:59Z"}, "rating.closes_too_late"),
        ({"closesAt": "0001-01-01T00:00:00+14:00"}, "rating.closes_in_past"),
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


_LOGGING = {
    "log_statement = 'all'": "log_parameter_max_length = 0",
    "log_min_duration_statement = 0": "log_parameter_max_length = 0",
    "log_parameter_max_length_on_error = -1": "log_parameter_max_length_on_error = 0",
    "pgaudit.log_parameter = 'on'": "pgaudit.log_parameter = 'off'",
}


@pytest.mark.parametrize("setting", _LOGGING)
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
        await anew.execute(f"set {_LOGGING[setting]}")
        await service.give("openRating", given)
        # Nor does casting begin where it logs by then.
        room.box = identifiers.rating_id("b")
        await room.collect(0)
        await anew.execute(f"reset {_LOGGING[setting].split()[0]}")
        closing = {"box": room.id, "cardsReturned": 0}
        assert (await service.refused("closeCollection", closing))["code"] == "rating.server_logs"
        await room.collect(1)
        await anew.execute(f"set {_LOGGING[setting]}")
        await room.barrier()
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
