"""Two issuers: the service, and the inspectorate in a process of its own. Neither mints a ballot alone."""

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from domain.refusal import Refusal
from service.app import Application
from service.ballots.client import Rater, signed_ballot
from service.ballots.inspectorate import Inspectorate
from service.ballots.lines import lines
from service.ballots.verify import verify
from service.config import Settings
from service.store.clock import SimulatedClock
from service.store.database import Database
from tests.patience import PATIENCE_S
from tests.service.api.client import EVALUATOR, Insider
from tests.service.api.conftest import database, noon
from tests.service.ballots.hall import Hall, refusal_in, signatures_in

TOKEN = "shared-by-the-two"


@asynccontextmanager
async def issuer_process(address: str, data: Path) -> AsyncIterator[str]:
    """`duban issuer serve` on a database of its own; its address."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = {
        **{k: v for k, v in os.environ.items() if not k.startswith("DUBAN_")},
        "DATABASE_URL": address,
        "DUBAN_DATA": str(data),
        "PORT": str(port),
        "DUBAN_INSPECTORATE_TOKEN": TOKEN,
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "service", "issuer", "serve"), env=environment
    )
    try:
        url = f"http://127.0.0.1:{port}"
        async with httpx.AsyncClient() as http, asyncio.timeout(PATIENCE_S):
            while True:
                try:
                    assert (await http.post(f"{url}/boxes/{uuid4()}/open")).status_code == 401
                    break
                except httpx.TransportError:
                    assert process.returncode is None
                    await asyncio.sleep(0.05)
        yield url
    finally:
        process.terminate()
        await process.wait()


@pytest.fixture
async def two(server: str, tmp_path: Path) -> AsyncIterator[tuple[Hall, Inspectorate]]:
    """A hall whose ballots both certify, and the inspectorate's side of its box."""
    clock = SimulatedClock(noon(2020, 5, 29))
    async with (
        database(server) as own,
        database(server) as theirs,
        issuer_process(theirs, tmp_path / "inspectorate") as url,
        await Database.open(theirs, size=2) as beside,
    ):
        settings = Settings.from_environment(
            {
                "DATABASE_URL": own,
                "DUBAN_DATA": str(tmp_path / "service"),
                "DUBAN_INSPECTORATE_URL": url,
                "DUBAN_INSPECTORATE_TOKEN": TOKEN,
            }
        )
        async with Application.open(settings, clock) as app, Insider(app) as client:
            room = await Hall(client, clock, 6).found()
            await room.meet(quotas=[{"category": "ZONE", "units": 1}])
            await room.open()
            yield room, Inspectorate(beside, settings)


async def test_two_issuers_from_codes_to_the_result(two: tuple[Hall, Inspectorate]) -> None:
    room, inspectorate = two
    codes, card_code = await inspectorate.codes(room.box, cards=2)
    assert card_code is not None
    assert len(codes) == 6
    seeds = await room.print_cards(2, inspectorateCode=card_code)
    # No more cards than the inspector has allowed.
    more = await room.take(
        "printCards", {"box": room.id, "count": 1, "inspectorateCode": card_code}, "seeds", EVALUATOR
    )
    assert more["code"] == "rating.code_wrong"
    terms = await room.terms()
    assert terms.issuers == ("service", "inspectorate")
    [unit_id] = terms.unit_ids

    def inspectors_code(n: int) -> str:
        return next(code for rater, code in codes.items() if room.rater_id(n).endswith(str(rater)))

    for n in range(4):
        rater = room.raters[n] = Rater(terms)
        code = await room.check_in(n)
        # The service's code alone certifies nothing, and neither does another rater's.
        for wrong in ({}, {"inspectorateCode": inspectors_code(5)}, {"inspectorateCode": "0" * 10}):
            # Nothing is settled by it: not even another set of messages is refused afterwards.
            tried = Rater(terms)
            status, body = await room.post("collect", room.collecting(tried, code, **wrong))
            assert (status, refusal_in(body)) == (409, "rating.code_wrong")
        whole = room.collecting(rater, code, inspectorateCode=inspectors_code(n))
        status, body = await room.post("collect", whole)
        assert status == 200, body
        rater.take(signatures_in(body))
        other = room.collecting(Rater(terms), code, inspectorateCode=inspectors_code(n))
        status, body = await room.post("collect", other)
        assert (status, refusal_in(body)) == (409, "rating.issued_already")
    await room.hand_out(4)
    await room.barrier(returned=1)
    await room.cast_all(lambda n, i: "good")
    # What the service can certify by itself is no ballot.
    own = await room.app.ballots.issuers[0]._keys.signing(room.box)
    minted = Rater(terms)
    hidden = minted.blinded()
    signed = own[unit_id].blind_sign(hidden[unit_id, "service"])
    both = {(unit_id, "service"): signed, (unit_id, "inspectorate"): signed}
    with pytest.raises(ValueError, match="is none"):
        minted.take(both)
    forged = signed_ballot(room.box, unit_id, minted.keys[unit_id], (signed, signed), "excellent")
    status, body = await room.cast(unit_id, forged)
    assert (status, refusal_in(body)) == (409, "rating.ballot_not_certified")
    ballot = (await room.card(seeds[0])).ballot(unit_id, "good")
    assert ballot is not None
    assert await room.cast(unit_id, ballot) == (200, {"cast": "ACCEPTED"})
    await room.finish(unused=seeds[1:])
    # Their keys are gone too, and what they remembered of raters.
    for table in ("issued", "rater"):
        assert await inspectorate.database.fetchval(f"select count(*) from ballots.{table}") == 0
    kept = await inspectorate.database.fetch("select sealed_private_key from ballots.issuer_key")
    assert [row["sealed_private_key"] for row in kept] == [None]
    report = verify([line async for line in lines(room.app.database)])
    assert (report.faults, report.ballots) == ([], 5)


async def test_the_code_of_cards_certifies_nothing_for_those_on_the_roll(
    two: tuple[Hall, Inspectorate],
) -> None:
    """The service knows that code: with it, it could mint for everybody who does not come."""
    room, inspectorate = two
    _, card_code = await inspectorate.codes(room.box, cards=1)
    terms, issuer = await room.terms(), room.app.ballots.issuers[1]
    [unit_id] = terms.unit_ids
    told: set[str] = set()

    async def certified(holder: UUID) -> bool:
        hidden = Rater(terms).blinded()[unit_id, "inspectorate"]
        try:
            return unit_id in await issuer.sign(room.box, holder, card_code, {unit_id: hidden})
        except Refusal as refusal:
            told.add(refusal.code)
            return False

    for n in range(6):
        assert not await certified(UUID(room.rater_id(n)[6:]))
    # The one card that was allowed, and no more: not even when its holder is put on the roll meanwhile.
    card = uuid4()
    assert await certified(card)
    await issuer.keys(room.box, terms.unit_ids, [card])
    assert not await certified(uuid4())
    assert told == {"rating.code_wrong"}


async def test_an_issuer_that_is_away_or_does_not_know_the_service(two: tuple[Hall, Inspectorate]) -> None:
    room, _ = two
    remote: Any = room.app.ballots.issuers[1]
    code = await room.check_in(0)
    body = room.collecting(Rater(await room.terms()), code, inspectorateCode="0" * 10)
    remote._token = "another"
    status, answer = await room.post("collect", body)
    assert (status, refusal_in(answer)) == (503, "rating.issuer_away")
    remote._address = "http://127.0.0.1:9"
    status, answer = await room.post("collect", body)
    assert (status, refusal_in(answer)) == (503, "rating.issuer_away")
    # Without it no box is opened.
    closes = room.clock.now().replace(hour=20).isoformat()
    given = {"code": "other", "title": "评估", "meeting": room.meeting, "closesAt": closes}
    assert (await room.client.refused("openRating", given))["code"] == "rating.issuer_away"
