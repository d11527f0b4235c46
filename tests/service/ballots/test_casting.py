"""Casting, by those who should not: each hostile use is told, and leaves the box right."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from service.app import Application
from service.ballots.boxes import MOST_BALLOTS_AT_ONCE
from service.ballots.client import Rater, signed_ballot
from service.ballots.lines import lines
from service.ballots.state import ballot_json
from service.ballots.verify import verify
from service.commands import CloseCollection
from service.store.clock import SimulatedClock
from tests.service.api.client import Insider
from tests.service.ballots.hall import ONE_EACH, Hall, hall, refusal_in


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
    # Both units again, for nobody has voted on them.
    both = [f"unit:{u}" for u in (await casting.terms()).unit_ids]
    clock.moment += timedelta(hours=3)
    await casting.seal()
    await casting.open("another", units=both)
    casting.codes.clear()
    casting.raters.clear()
    for n in range(5):
        await casting.collect(n)
    await casting.barrier()
    status, body = await casting.cast(old_unit, old)
    assert (status, refusal_in(body)) == (409, "rating.ballot_not_certified")


async def test_a_unit_is_rated_once_at_a_meeting(casting: Hall, clock: SimulatedClock) -> None:
    """Or everybody would vote twice, and what did not please would stay unpublished."""
    both = [f"unit:{u}" for u in (await casting.terms()).unit_ids]
    first_box, raters = casting.box, dict(casting.raters)
    await casting.open("another", units=both[:1])
    casting.codes.clear()
    casting.raters.clear()
    await casting.collect(0)
    closing = {"box": casting.id, "cardsReturned": 0}
    second_box = casting.box

    async def refused() -> str:
        return str((await casting.client.refused("closeCollection", closing))["code"])

    assert await refused() == "rating.rated_already"
    # The first unit gets all ballots, the second too few.
    casting.box = first_box
    first, second = (await casting.terms()).unit_ids
    for n, rater in raters.items():
        await casting.cast(first, rater.ballot(first, "good"))
        if n == 0:
            await casting.cast(second, rater.ballot(second, "good"))
    clock.moment += timedelta(hours=3)
    await casting.finish()
    assert await refused() == "rating.rated_already"
    # What was voided may be rated again.
    casting.raters.clear()
    casting.codes.clear()
    await casting.open("third", units=both[1:])
    for n in range(5):
        await casting.collect(n)
    await casting.barrier()
    await casting.cast_all()
    await casting.finish()
    assert verify([line async for line in lines(casting.app.database)]).faults == []
    # And whoever goes on nevertheless is caught.
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(CloseCollection, "_require_rated_once", _asks_nothing)
        casting.box = second_box
        casting.raters.clear()
        casting.codes.clear()
        for n in range(1, 7):
            await casting.collect(n)
        await casting.barrier()
    clock.moment += timedelta(hours=3)
    await casting.cast_all()
    await casting.seal()
    faults = [f.text for f in verify([line async for line in lines(casting.app.database)]).faults]
    assert faults == ["box another: the unit was rated at this meeting in another box"]


async def test_two_processes_that_close_check_in_at_once_do_not_both(
    service: Insider, clock: SimulatedClock
) -> None:
    room = await hall(service, clock)
    both = [f"unit:{u}" for u in (await room.terms()).unit_ids]
    boxes = [room.box]
    await room.collect(0)
    for n in range(7):
        await room.open(f"another.{n}", units=both)
        room.codes.clear()
        room.raters.clear()
        await room.collect(0)
        boxes.append(room.box)
    async with (
        Application.open(service.app.settings, clock, accounts=False) as other,
        Insider(other) as elsewhere,
    ):
        answers = await asyncio.gather(
            *(
                (service, elsewhere)[n % 2].send("closeCollection", {"box": f"rating:{box}"})
                for n, box in enumerate(boxes)
            )
        )
    told = [answer["data"]["closeCollection"] for answer in answers]
    assert [t.get("code", "closed") for t in told].count("closed") == 1
    assert {t["code"] for t in told if "code" in t} == {"rating.rated_already"}


async def _asks_nothing(*_: object) -> None:
    pass


async def test_two_open_boxes_do_not_meet(casting: Hall, clock: SimulatedClock) -> None:
    first_box, first_raters = casting.box, dict(casting.raters)
    await casting.cast_all()
    await (await casting.meet("2020-06", ONE_EACH, "2020-06")).open("another")
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
